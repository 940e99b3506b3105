//! Services that hand transactions to miners and answer questions about the chain, for who runs no node.
//!
//! - [`arc::Arc`]: a client of ARC, which takes transactions and reports what becomes of them;
//! - [`explorer::Explorer`]: a client of a block explorer, for coins, raw transactions, blocks and proofs;
//! - [`Service`]: both as one [`ledger::Chain`], which is what a wallet works with.
//!
//! Where they are is configuration; [`endpoints`] has the addresses that BSV wallets commonly use. A request takes as long as
//! [`Endpoint::with_timeout`] allows, answers are read up to a limit, redirects and proxies are not used, and a service that
//! asks for a pause gets it, within [`Patience`]. Keys travel in a header, over https or within this machine only.
//! Errors say what was asked of whom and whether to ask again ([`ServiceError::retry`]).
//!
//! ```
//! use services::{ApiKey, Endpoint, EndpointError, Service, arc::Arc, endpoints, explorer::Explorer};
//!
//! let key = ApiKey::new("testnet_0123456789".to_owned())?;
//! let arc = Arc::new(Endpoint::new(endpoints::ARC_TEST)?.with_key(key.clone())?);
//! let explorer = Explorer::new(Endpoint::new(endpoints::EXPLORER_TEST)?);
//! let chain = Service::new(arc, explorer);
//! assert_eq!(chain.arc().endpoint().base(), "https://arc-test.taal.com");
//! assert!(!format!("{chain:?}").contains("0123456789"), "a key is shown nowhere");
//!
//! // Nobody on the way can read a key.
//! let readable = Endpoint::new("http://arc.example.org")?.with_key(key);
//! assert!(matches!(readable, Err(EndpointError::KeyInTheClear { .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! From here on, `chain` is used like any other: `chain.broadcast(&transaction)`, `chain.status(txid)`, see
//! [`ledger::Chain`]; `chain.arc().policy()` gives the fee rate to build transactions with.

pub mod arc;
pub mod endpoints;
mod error;
pub mod explorer;
mod http;
mod secret;
mod service;

pub use error::{RequestName, ServiceError};
pub use http::{ApiKey, Endpoint, EndpointError, Patience};
pub use secret::SecretError;
pub use service::Service;
