//! Before the claim of a named payee is sent: sending it gives away what it pays for.
//!
//! A contract that names its payee pays for something that a claim shows, such as the key of a sale. It is public from the
//! moment the claim is *sent*, whether or not it is ever mined (`docs/math/sale.md`). So the coin must be there first, too
//! deep for its funder to undo, and the refund too far off to overtake the claim. A claim that any prover may make gives
//! nothing away that is worth something without the coin.

use core::num::NonZeroU32;

use ledger::{Chain, ChainError, ChainInfo};
use script_gen::{Contract, LockTime, Payee};
use tx_builder::{OutPoint, Txid};

/// What must be true of a chain before a claim that discloses something is sent for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// How deep in the chain the deployment must be, in blocks, its own included.
    pub confirmations: NonZeroU32,
    /// The time, in seconds since 1970: what a lock time by clock is compared with.
    pub now: u64,
}

/// Why a claim is better not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The deployment is not in the chain, or not deep enough: its funder can undo it.
    #[error(
        "the claim would show the funder what he pays for, and the deployment {} is {} blocks deep, expected {needed}: \
         he could still spend its coins otherwise",
        coin.txid,
        found
    )]
    NotDeep {
        /// The contract's coin.
        coin: OutPoint,
        /// Blocks from the deployment's to the tip, both counted; 0 if it waits or is not known.
        found: u32,
        /// How many there should be.
        needed: NonZeroU32,
    },
    /// There is no such coin under the contract: it is spent, perhaps by a transaction that waits.
    #[error(
        "the claim would show the funder what he pays for, and the coin {coin} is spent, or not under the contract"
    )]
    NoCoin {
        /// The contract's coin.
        coin: OutPoint,
    },
    /// The refund could overtake the claim.
    #[error(
        "the claim would show the funder what he pays for, and his refund is valid after {lock_time}: {left} {} are left, \
         expected {margin}",
        unit(*lock_time)
    )]
    TooLate {
        /// The contract's.
        lock_time: LockTime,
        /// Blocks, or seconds for a lock time by clock, until then.
        left: u64,
        /// How many there should be.
        margin: u64,
    },
    /// The chain does not say: then nothing is sent either.
    #[error("the claim would show the funder what he pays for, and the chain does not say whether his coin is there")]
    Chain(#[from] ChainError),
}

const fn unit(lock_time: LockTime) -> &'static str {
    if lock_time.is_height() { "blocks" } else { "seconds" }
}

/// Whether a claim of the contract gives away what its funder pays for.
pub const fn discloses(contract: &Contract) -> bool {
    matches!(contract.terms().payee, Payee::Named { .. })
}

impl Disclosure {
    /// Blocks in which the claim may be mined before the refund may: an hour, as blocks come.
    pub const MARGIN_BLOCKS: u64 = 6;
    /// The same for a lock time by clock, in seconds. The chain's own clock, the median of its last blocks, is about an hour
    /// behind, which is in the claim's favour.
    pub const MARGIN_SECONDS: u64 = 2 * 3_600;

    /// Whether `claim`, which spends `coin`, may be sent. A claim that discloses nothing may, and one that the chain has
    /// already.
    ///
    /// # Errors
    /// [`DisclosureError`], one variant per reason.
    pub fn check(
        &self,
        contract: &Contract,
        coin: OutPoint,
        claim: Txid,
        chain: &dyn Chain,
    ) -> Result<(), DisclosureError> {
        // A chain that does not say may not have it: then the rest is asked.
        if !discloses(contract) || matches!(chain.status(claim), Ok(Some(_))) {
            return Ok(());
        }
        let found = chain.status(coin.txid)?.map_or(0, |status| status.confirmations);
        if found < self.confirmations.get() {
            return Err(DisclosureError::NotDeep { coin, found, needed: self.confirmations });
        }
        let script = contract.locking_script().as_bytes();
        if chain.unspent(coin)?.is_none_or(|output| output.script_pubkey.as_bytes() != script) {
            return Err(DisclosureError::NoCoin { coin });
        }
        self.check_lock_time(contract.terms().refund.lock_time, &chain.info()?)
    }

    fn check_lock_time(&self, lock_time: LockTime, info: &ChainInfo) -> Result<(), DisclosureError> {
        let (now, margin) = if lock_time.is_height() {
            (info.height.into(), Self::MARGIN_BLOCKS)
        } else {
            (self.now, Self::MARGIN_SECONDS)
        };
        let left = u64::from(lock_time.get()).saturating_sub(now);
        if left < margin { Err(DisclosureError::TooLate { lock_time, left, margin }) } else { Ok(()) }
    }
}
