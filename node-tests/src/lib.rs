//! Tests that need more than one crate, most of them on a real Bitcoin SV node: see the files under `tests/`.
//!
//! A node is found or fetched by [`regtest`]; a test that cannot have one fails, and says how to get one.

pub use node_client::regtest;
