//! Why a coin is not locked or not spent.

use chain_types::Satoshis;
use ledger::MAX_FEE;
use script_gen::{ReadError, introspection::PreimageError};
use statement::PubkeyHash;
use tx_builder::{BuildError, OutPoint, SighashError, SighashTypeError, Txid, UnlockError};

use crate::{AttestationFault, CheckError};

/// A way out of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The prover claims the coin: [`Locked::claim`](crate::Locked::claim).
    Claim,
    /// The prover claims it with a signer's word: [`Locked::claim_attested`](crate::Locked::claim_attested).
    AttestedClaim,
    /// Anybody settles it by class: [`Locked::settle`](crate::Locked::settle).
    Settlement,
    /// The funder takes it back: [`Locked::refund`](crate::Locked::refund).
    Refund,
}

/// `claim`, `attested claim`, `settlement`, `refund`.
impl core::fmt::Display for Way {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Claim => "claim",
            Self::AttestedClaim => "attested claim",
            Self::Settlement => "settlement",
            Self::Refund => "refund",
        })
    }
}

/// Why a coin is not spent. That a refund comes before its lock time is no error here: the chain knows its height and its
/// clock, and refuses it (or keeps it aside) until then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpendError {
    /// The coin's script is another.
    #[error("the coin at {outpoint} is not under this contract: its locking script has {found} bytes, ours {expected}")]
    NotUnderContract {
        /// The coin.
        outpoint: OutPoint,
        /// Bytes of its script.
        found: usize,
        /// Bytes of the contract's.
        expected: usize,
    },
    /// No output of a transaction is under the contract.
    #[error("transaction {txid} has no output under this contract")]
    NotDeployed {
        /// The transaction.
        txid: Txid,
    },
    /// A transaction leaves the coin alone.
    #[error("transaction {txid} does not spend the coin at {outpoint}")]
    NotASpend {
        /// The transaction.
        txid: Txid,
        /// The coin.
        outpoint: OutPoint,
    },
    /// A spend's unlocking script is no claim.
    #[error("the spend is no claim")]
    Read(#[from] ReadError),
    /// The contract pays in another way.
    #[error("this contract is spent by {expected}, not by {asked}")]
    OtherWay {
        /// What was tried.
        asked: Way,
        /// What it takes.
        expected: Way,
    },
    /// The proof was made for somebody else.
    #[error("the proof is bound to the key hash {}, this key has {}", hex::encode(bound.0), hex::encode(key.0))]
    OtherRecipient {
        /// Whom the proof is for.
        bound: PubkeyHash,
        /// The key that was to spend.
        key: PubkeyHash,
    },
    /// The refund is somebody else's.
    #[error("the refund is for the key hash {}, this key has {}", hex::encode(funder.0), hex::encode(key.0))]
    NotTheFunder {
        /// Whose it is.
        funder: PubkeyHash,
        /// The key that was to spend.
        key: PubkeyHash,
    },
    /// A proof of this class moves no coin.
    #[error("class {class} pays nobody: the coin stays until its refund")]
    NobodyPaid {
        /// The class.
        class: usize,
    },
    /// The coins that are at hand for a settlement's fee hold too much: it has no change.
    #[error(
        "the coins at hand would leave {fee} to the fee, where {due} is due: the contract fixes every output of a \
         settlement, so there is no change; pay yourself a coin of {coin} first, and bring that"
    )]
    Excess {
        /// What the settlement would pay.
        fee: Satoshis,
        /// What its size takes at the fee rate.
        due: Satoshis,
        /// The one coin that would do, with nothing to spare.
        coin: Satoshis,
    },
    /// The signer's word does not fit.
    #[error("the attestation does not fit")]
    Attestation(#[from] AttestationFault),
    /// Coins and outputs do not make a transaction; [`BuildError::InsufficientFunds`] if the coin does not pay the fee.
    #[error("the spend cannot be paid for")]
    Build(#[from] BuildError),
    /// The unlocking script is longer than announced, or an extra coin is another key's.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// There is no such input.
    #[error(transparent)]
    Sighash(#[from] SighashError),
    /// The contract's script checks a signature of no known type.
    #[error(transparent)]
    SighashType(#[from] SighashTypeError),
    /// The transaction is not as the contract's script demands.
    #[error(transparent)]
    Preimage(#[from] PreimageError),
    /// No value of the free field gave a hash that the script takes.
    #[error("none of {tries} variants of the transaction has a signature hash that the script takes")]
    NoSignableHash {
        /// Variants tried.
        tries: u32,
    },
    /// The script machine refuses the spend.
    #[error("the script machine refuses the spend")]
    Check(#[from] CheckError),
}

/// Why nothing is locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The coin could not pay for its own spend: it would be stuck.
    #[error("{amount} does not pay for the {way}{}: that takes {need} at this fee rate", of_class(*class))]
    TooSmall {
        /// Which spend.
        way: Way,
        /// Of which class, for a settlement.
        class: Option<usize>,
        /// What was to be locked.
        amount: Satoshis,
        /// What the spend takes: payouts and fee.
        need: Satoshis,
    },
    /// What a settlement would leave to its fee is more than a node takes for one: nobody could send it.
    #[error(
        "the settlement of class {class} would leave {fee} to the fee, nodes relay at most {MAX_FEE}: lock less or pay out more"
    )]
    Wasted {
        /// The class.
        class: usize,
        /// What the coin holds beyond the payouts.
        fee: Satoshis,
    },
    /// The coins at hand do not make the deployment.
    #[error("the deployment cannot be paid for")]
    Build(#[from] BuildError),
    /// A coin is another key's.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
}

fn of_class(class: Option<usize>) -> String {
    class.map_or_else(String::new, |class| format!(" of class {class}"))
}
