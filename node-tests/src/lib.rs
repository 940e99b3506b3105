//! Tests that need more than one crate, most of them on a real Bitcoin SV node: see the files under `tests/`.

pub mod case;
pub mod contract;
pub mod networks;
pub mod scenario;

pub use node_client::regtest;

/// A node of the test's own, found or fetched, gone when dropped.
///
/// # Panics
/// Without a node, with a message that says how to get one: a test that cannot ask a node has failed.
#[track_caller]
pub fn start_node() -> regtest::Node {
    regtest::Node::start().unwrap_or_else(|error| panic!("{error}"))
}
