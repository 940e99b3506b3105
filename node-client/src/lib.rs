//! Talks to a Bitcoin SV node: its JSON-RPC interface as a [`ledger::Chain`], and private regtest nodes.
//!
//! ```no_run
//! use ledger::Chain as _;
//! let mut node = node_client::regtest::Node::start()?;
//! println!("{:?}", node.info()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sockets, processes and the cache folder of the node's package are here and nowhere else in the libraries.

mod amount;
pub mod env_vars;
pub mod regtest;
mod rpc;
mod rpc_node;
mod wire;

pub use rpc::{Auth, RpcClient, RpcError};
pub use rpc_node::RpcNode;
