//! A chain to build on: the interface [`Chain`] that nodes, services and [`EmbeddedLedger`] share, and [`TestChain`] for
//! those whose blocks are made on demand. No I/O.
//!
//! ```
//! use chain_types::FeeRate;
//! use ledger::{Chain as _, EmbeddedLedger, TestChain as _, mature_coin};
//! use rand::SeedableRng;
//! use tx_builder::{Draft, SigningKey};
//!
//! let key = SigningKey::random(&mut rand::rngs::StdRng::seed_from_u64(1));
//! let mut ledger = EmbeddedLedger::new(FeeRate::DEFAULT);
//! let coin = mature_coin(&mut ledger, key.pubkey_hash())?;
//! let mut funded = Draft::new(FeeRate::DEFAULT, key.pubkey_hash()).add_p2pkh(coin).fund()?;
//! funded.sign_all(&key)?;
//! let txid = ledger.broadcast(&funded.finish()?)?;
//! ledger.mine(1, key.pubkey_hash())?;
//! assert_eq!(ledger.status(txid)?.map(|status| status.confirmations), Some(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod chain;
mod embedded;
mod input;

pub use admission::MAX_FEE;
pub use chain::{
    BroadcastError, COINBASE_MATURITY, Chain, ChainError, ChainInfo, Rejection, Retry, TestChain, TxStatus, mature_coin,
};
pub use embedded::EmbeddedLedger;
pub use input::{InputError, TxSignatureChecker, check_input, policy_machine};
