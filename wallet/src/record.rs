//! What a wallet keeps: contracts, proofs, transactions.

use core::fmt;
use std::collections::BTreeSet;

use bitcoin::{OutPoint, Transaction, Txid};
use chain_types::LockingScript;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::State;

macro_rules! digest_id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
                Self(Sha256::digest(bytes).into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = hex::FromHexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut id = [0; 32];
                hex::decode_to_slice(text, &mut id)?;
                Ok(Self(id))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

digest_id!(ContractId, "SHA-256 of a contract's locking script: 64 hexadecimal digits.");
digest_id!(ProofId, "SHA-256 of a proof file's text: 64 hexadecimal digits.");

impl ContractId {
    /// The id of the contract with this locking script.
    pub fn of(locking_script: &LockingScript) -> Self {
        Self::of_bytes(locking_script.as_bytes())
    }
}

/// A contract, as its artifact says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// What it is called: the name of its definition, or any other.
    pub name: String,
    /// The text of its artifact; the wallet does not read it.
    pub artifact: String,
}

/// A proof, as the file it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The contract it is for.
    pub contract: ContractId,
    /// The text of the file; the wallet does not read it.
    pub text: String,
}

/// What a transaction is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// Locks coins under a contract.
    Deployment {
        /// The contract.
        contract: ContractId,
        /// The output that is under it.
        vout: u32,
    },
    /// Spends a contract's coin with a proof.
    Claim {
        /// The contract.
        contract: ContractId,
        /// Its coin.
        coin: OutPoint,
        /// The proof, if the wallet keeps it.
        proof: Option<ProofId>,
    },
    /// Takes a contract's coin back after its lock time.
    Refund {
        /// The contract.
        contract: ContractId,
        /// Its coin.
        coin: OutPoint,
    },
    /// Anything else.
    Payment {
        /// The owner's words.
        note: String,
    },
}

impl Purpose {
    /// The contract it is about.
    pub const fn contract(&self) -> Option<ContractId> {
        match self {
            Self::Deployment { contract, .. } | Self::Claim { contract, .. } | Self::Refund { contract, .. } => {
                Some(*contract)
            }
            Self::Payment { .. } => None,
        }
    }

    /// The contract's coin it spends.
    pub const fn contract_coin(&self) -> Option<OutPoint> {
        match self {
            Self::Claim { coin, .. } | Self::Refund { coin, .. } => Some(*coin),
            Self::Deployment { .. } | Self::Payment { .. } => None,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deployment { contract, .. } => write!(f, "deployment of contract {contract}"),
            Self::Claim { coin, .. } => write!(f, "claim of coin {coin}"),
            Self::Refund { coin, .. } => write!(f, "refund of coin {coin}"),
            Self::Payment { note } => write!(f, "payment ({note})"),
        }
    }
}

/// One entry of a transaction's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Place in the order of all events of the wallet, from 0. There is no clock.
    pub at: u64,
    /// The state it got into.
    pub state: State,
}

/// A transaction that is stored durably.
///
/// Only a wallet makes one, from what it has committed to its file, and only such a one is ever broadcast:
///
/// ```compile_fail,E0451
/// # fn forge(transaction: wallet::Transaction) -> wallet::Recorded {
/// wallet::Recorded { transaction, purpose: wallet::Purpose::Payment { note: String::new() }, history: Vec::new() }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorded {
    pub(crate) transaction: Transaction,
    pub(crate) purpose: Purpose,
    /// Never empty: the first event is the recording.
    pub(crate) history: Vec<Event>,
}

impl Recorded {
    /// Its id.
    pub fn txid(&self) -> Txid {
        self.transaction.compute_txid()
    }

    /// The transaction, signed.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// What it is for.
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// All its states, the first first.
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// Where it stands.
    pub fn state(&self) -> &State {
        self.history.last().map_or(&State::Recorded, |event| &event.state)
    }

    /// Whether it is in the chain, or may get there: everything but what was given up before any chain has seen it.
    pub(crate) fn may_be_mined(&self) -> bool {
        // A transaction that was refused, asked for again and given up then has been seen.
        *self.state() != State::Abandoned || self.history.iter().any(|event| event.state == State::Sent)
    }

    /// Whether it is about to be sent, and no chain is known ever to have had it: what was sent may not have arrived.
    pub(crate) fn may_be_unseen(&self) -> bool {
        matches!(self.state(), State::Recorded | State::Sent)
            && !self.history.iter().any(|event| {
                matches!(event.state, State::Waiting { .. } | State::Mined { .. } | State::Orphaned { .. })
            })
    }

    /// Whether another transaction pays the same: the same outputs in the same order, out of the same coins. Only one of
    /// the two can be mined, and whichever it is, everybody gets what was meant.
    pub fn pays_as(&self, other: &Transaction) -> bool {
        let theirs: BTreeSet<_> = other.input.iter().map(|input| input.previous_output).collect();
        self.transaction.output == other.output && self.spends().collect::<BTreeSet<_>>() == theirs
    }

    /// The coins it spends.
    pub fn spends(&self) -> impl Iterator<Item = OutPoint> {
        self.transaction.input.iter().map(|input| input.previous_output)
    }

    /// Place in the order in which the wallet's transactions were recorded.
    pub(crate) fn recorded_at(&self) -> u64 {
        self.history.first().map_or(0, |event| event.at)
    }
}
