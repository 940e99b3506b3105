//! Why a wallet refuses.

use bitcoin::{OutPoint, Txid};
use ledger::ChainError;

use crate::{ContractId, ProofId, StateName, StoreError};

/// Why something was not taken into a wallet. Nothing was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One locking script, two artifacts.
    #[error("contract {id} is there already as {known:?} with another artifact or name: keep to that one")]
    OtherContract {
        /// The contract.
        id: ContractId,
        /// The name it is known by.
        known: String,
    },
    /// A purpose names a contract that was never added.
    #[error("contract {id} is not in the wallet: add it first")]
    UnknownContract {
        /// The contract.
        id: ContractId,
    },
    /// A purpose names a proof that was never added, or that is for another contract.
    #[error("proof {id} of contract {contract} is not in the wallet: add it first")]
    UnknownProof {
        /// The proof.
        id: ProofId,
        /// The contract.
        contract: ContractId,
    },
    /// A deployment whose output is under another script: coins would be locked for somebody else, or for ever.
    #[error("output {vout} of transaction {txid} is not under the locking script of contract {contract}")]
    OtherScript {
        /// The transaction.
        txid: Txid,
        /// The output.
        vout: u32,
        /// The contract.
        contract: ContractId,
    },
    /// A contract is for one coin: one proof would open them all. A refused deployment counts, as it may yet be mined.
    #[error(
        "contract {contract} is deployed already by transaction {by}, which is {state}, and both could be mined: build a \
         contract with a new nonce, or, if that transaction was refused, spend a coin that it spends as well"
    )]
    AlreadyDeployed {
        /// The contract.
        contract: ContractId,
        /// The transaction.
        by: Txid,
        /// Where it stands.
        state: StateName,
    },
    /// A claim or refund that spends something else.
    #[error("transaction {txid} does not spend coin {coin}, which it is said to be for")]
    CoinNotSpent {
        /// The transaction.
        txid: Txid,
        /// The coin.
        coin: OutPoint,
    },
    /// The same transaction, said to be for something else.
    #[error("transaction {txid} is recorded already, as {known}")]
    OtherPurpose {
        /// The transaction.
        txid: Txid,
        /// What it is recorded for.
        known: String,
    },
    /// A coin that an unfinished or mined transaction spends.
    #[error("coin {coin} is reserved for transaction {by}, which is {state}: resume that, or use another coin")]
    CoinReserved {
        /// The coin.
        coin: OutPoint,
        /// The transaction.
        by: Txid,
        /// Where it stands.
        state: StateName,
    },
    /// A coin that a refused transaction would have made.
    #[error("coin {coin} does not exist: the transaction that makes it is {state}{}", instead(*substitute))]
    DeadParent {
        /// The coin.
        coin: OutPoint,
        /// Where its transaction stands.
        state: StateName,
        /// The transaction that pays the same in its place.
        substitute: Option<Txid>,
    },
    /// Not something a wallet sends.
    #[error("transaction {txid} spends no coin")]
    NoInputs {
        /// The transaction.
        txid: Txid,
    },
}

/// What to spend instead, after a sentence that says that a coin is not there.
pub(crate) fn instead(substitute: Option<Txid>) -> String {
    let say = |txid| format!("; {txid} pays the same in its place: spend its output of the same number");
    substitute.map(say).unwrap_or_default()
}

/// Why a transaction is not given up or tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such transaction.
    #[error("transaction {txid} is not in the wallet")]
    Unknown {
        /// The transaction.
        txid: Txid,
    },
    /// The state does not allow it.
    #[error("transaction {txid} is {from} and cannot become {to}")]
    Illegal {
        /// The transaction.
        txid: Txid,
        /// Where it stands.
        from: StateName,
        /// Where it should get.
        to: StateName,
    },
    /// Its coins are in use again, or gone, or its contract has another deployment.
    #[error(transparent)]
    Recorded(Box<RecordError>),
    /// Another recorded transaction spends what it makes.
    #[error("transaction {child} spends an output of {txid}: give that up first")]
    HasChild {
        /// The transaction.
        txid: Txid,
        /// The other.
        child: Txid,
    },
}

/// Why nothing could be resumed. What single transactions wait for is in the report instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The file. Transactions before the failed write may have been moved on; none was sent without a record.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain does not say which it is and how long: nothing was sent.
    #[error("the chain does not answer, nothing was sent: try again once it does")]
    Chain(#[from] ChainError),
    /// The wallet's coins are on another chain: nothing was sent.
    #[error("this is a wallet of the chain {wallet:?}, not of {chain:?}: nothing was sent")]
    OtherNetwork {
        /// The wallet's.
        wallet: String,
        /// The one given.
        chain: String,
    },
    /// No such transaction.
    #[error("transaction {txid} is not in the wallet")]
    Unknown {
        /// The transaction.
        txid: Txid,
    },
}
