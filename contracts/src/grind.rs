//! Transactions whose signature hash has the form that a script which checks a preimage takes.
//!
//! Such a script makes the signature for a known key itself (`docs/math/introspection.md`); it can for one hash in four.
//! The spender tries values of a field that nothing else depends on until the hash is one of these.

use script_gen::introspection::{ExpectedPreimage, REFUND_SEQUENCE_TOP, is_signable};
use tx_builder::{Funded, LockTime, Sequence, SighashType};

use crate::SpendError;

/// Values tried at most. One in four will do: all of these fail with probability below `2^-1600`.
const MAX_TRIES: u32 = 1 << 12;

/// Sets the lowest lock time with which the hash that the script checks has its form; answers the preimage's head.
///
/// Every sequence stays the highest, which makes the transaction final whatever its lock time. A node keeps a spend aside
/// that is not final yet, and until then takes no other spend of the coin but one whose sequences all are the highest:
/// whoever could park a spend could else hold up a claim (docs/threat_model.md).
pub(crate) fn grind_lock_time(funded: &mut Funded, expected: &ExpectedPreimage) -> Result<Vec<u8>, SpendError> {
    grind(funded, expected, |funded, n| {
        funded.set_lock_time(LockTime::from_consensus(n));
        Ok(())
    })
}

/// The same by the low three bytes of the sequence; the highest is the one that a refund's script demands, so that the
/// lock time counts.
pub(crate) fn grind_refund_sequence(funded: &mut Funded, expected: &ExpectedPreimage) -> Result<Vec<u8>, SpendError> {
    let top = u32::from(REFUND_SEQUENCE_TOP) << 24;
    grind(funded, expected, |funded, n| Ok(funded.set_sequence(CONTRACT_INPUT, Sequence(top | n))?))
}

/// Where a spend has the contract's coin.
pub(crate) const CONTRACT_INPUT: usize = 0;

fn grind(
    funded: &mut Funded,
    expected: &ExpectedPreimage,
    set: impl Fn(&mut Funded, u32) -> Result<(), SpendError>,
) -> Result<Vec<u8>, SpendError> {
    let sighash_type = SighashType::from_byte(expected.sighash_type).map_err(SpendError::SighashType)?;
    for n in 0..MAX_TRIES {
        set(funded, n)?;
        let preimage = funded.preimage_of_code(CONTRACT_INPUT, &expected.script_code, sighash_type)?;
        if is_signable(&preimage.sighash().0) {
            return Ok(expected.head(&preimage.to_bytes())?);
        }
    }
    Err(SpendError::NoSignableHash { tries: MAX_TRIES })
}
