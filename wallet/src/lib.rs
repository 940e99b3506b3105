//! What a user owns and must not lose: keys, encrypted at rest, and a wallet: contracts, proofs and transactions in a
//! crash-safe file, with a journal of where each transaction stands.
//!
//! A transaction is recorded before it is sent, and nothing that is not recorded can be sent. [`Wallet::resume`] does
//! the rest, as often as it is called: it sends, hears the verdict, follows the transaction into the chain until it
//! is deep enough, and sends it again when a reorganisation or a restarted node has lost it. A process may be killed
//! at any moment: the next one opens the file and goes on.
//!
//! ```
//! use chain_types::{FeeRate, LockingScript, Satoshis};
//! use ledger::{EmbeddedLedger, TestChain as _, mature_coin};
//! use rand::SeedableRng as _;
//! use tx_builder::{SigningKey, deploy};
//! use wallet::{Depth, Purpose, State, Wallet};
//!
//! let key = SigningKey::random(&mut rand::rngs::StdRng::seed_from_u64(1));
//! let mut chain = EmbeddedLedger::new(FeeRate::DEFAULT);
//! let coin = mature_coin(&mut chain, key.pubkey_hash())?;
//! let lock = LockingScript::p2pkh(&[7; 20]); // a contract's script, for instance
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("wallet");
//! let mut wallet = Wallet::create(&path, "embedded")?;
//! let contract = wallet.add_contract("inference-payment", &lock, "the artifact's text")?;
//! let mut funded = deploy(lock, Satoshis(10_000), [coin], key.pubkey_hash(), FeeRate::DEFAULT)?;
//! funded.sign_all(&key)?;
//! wallet.record(&funded.finish()?, Purpose::Deployment { contract, vout: 0 })?;
//! drop(wallet); // or the power fails
//!
//! let mut wallet = Wallet::open(&path)?;
//! let report = wallet.resume(&mut chain, Depth::DEFAULT)?;
//! assert!(matches!(report.transactions[0].after, State::Waiting { .. }));
//! chain.mine(6, key.pubkey_hash())?;
//! assert!(wallet.resume(&mut chain, Depth::DEFAULT)?.is_finished());
//! assert!(matches!(wallet.list().transactions[0].state, State::Settled { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is not here: making and checking transactions (crates `tx-builder`, `script-gen`), talking to chains (whoever
//! implements [`ledger::Chain`]). There is no clock: events are ordered by number, waiting is counted in blocks.

mod error;
mod find;
mod follow;
mod gate;
pub mod keys;
mod listing;
mod observer;
mod record;
mod state;
mod store;
mod wallet;

pub use bitcoin::Transaction;
pub use error::{ChangeError, RecordError, ResumeError};
pub use find::FindError;
pub use follow::{Depth, Pending, Progress, Report};
pub use gate::Gate;
pub use listing::{ContractCoin, ContractRow, Listing, ProofRow, TransactionRow};
pub use observer::{Action, Observer};
pub use record::{Contract, ContractId, Event, Proof, ProofId, Purpose, Recorded};
pub use state::{State, StateName, TRANSITIONS};
pub use store::StoreError;
pub use wallet::Wallet;
