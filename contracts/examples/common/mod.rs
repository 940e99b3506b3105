//! What the examples share: networks and images of the repository, and a chain in memory.

use std::error::Error;
use std::path::{Path, PathBuf};

use chain_types::FeeRate;
use ledger::{EmbeddedLedger, TestChain as _, mature_coin};
use prover::{Dataset, Model};
use tx_builder::{Coin, SigningKey};

/// What may go wrong: an example says it and stops.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Satoshis per 1,000 bytes that every transaction pays.
pub(crate) const RATE: FeeRate = FeeRate::DEFAULT;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// A bundled network.
pub(crate) fn network(name: &str) -> Outcome<Model> {
    Ok(Model::load(&models().join(name))?)
}

/// The bundled test images and their labels.
pub(crate) fn images() -> Outcome<Dataset> {
    let file = |name: &str| models().join(format!("data/mnist/t10k-{name}-ubyte.gz"));
    Ok(Dataset::load(&file("images-idx3"), &file("labels-idx1"))?)
}

/// A chain on which `owner` has a coin.
pub(crate) fn chain_with_coin(owner: &SigningKey) -> Outcome<(EmbeddedLedger, Coin)> {
    let mut chain = EmbeddedLedger::new(RATE);
    let coin = mature_coin(&mut chain, owner.pubkey_hash())?;
    // One block more, so that examples start on a chain that has moved on.
    chain.mine(1, owner.pubkey_hash())?;
    Ok((chain, coin))
}
