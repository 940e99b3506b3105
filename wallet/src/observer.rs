//! Who is told before and after everything that outlives the process.

use core::fmt;

use bitcoin::Txid;

use crate::{ContractId, ProofId, StateName};

/// Something that outlives the process: a durable write, or a message to a chain that may have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stores a contract.
    StoreContract(ContractId),
    /// Stores a proof.
    StoreProof(ProofId),
    /// Writes a transaction's new state into the journal; the first, `recorded`, together with the transaction.
    Journal {
        /// The transaction.
        txid: Txid,
        /// The state.
        state: StateName,
    },
    /// Hands a transaction to the chain.
    Broadcast(Txid),
}

/// Is told before and after every [`Action`]; after a write only if it succeeded, after a broadcast whatever the chain
/// said. Progress can be shown here, and a test can end the process.
pub trait Observer: Send {
    /// The action is about to be taken.
    fn before(&mut self, action: &Action) {
        let _ = action;
    }

    /// The action is done.
    fn after(&mut self, action: &Action) {
        let _ = action;
    }
}

/// Looks away.
impl Observer for () {}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreContract(id) => write!(f, "store contract {id}"),
            Self::StoreProof(id) => write!(f, "store proof {id}"),
            Self::Journal { txid, state } => write!(f, "journal {txid} as {state}"),
            Self::Broadcast(txid) => write!(f, "broadcast {txid}"),
        }
    }
}
