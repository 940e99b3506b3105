//! The chain that the demo plays on.

use crate::advice::Advise as _;
use crate::args::ChainChoice;
use crate::output::Output;
use anyhow::Context as _;
use chain_types::FeeRate;
use ledger::{BroadcastError, EmbeddedLedger, TestChain};
use node_client::regtest::Node;
use tx_builder::Transaction;

/// An empty chain. A node stops when the chain is dropped.
pub(super) fn open(choice: ChainChoice, output: &Output) -> anyhow::Result<Box<dyn TestChain>> {
    match choice {
        ChainChoice::Embedded => Ok(Box::new(EmbeddedLedger::new(FeeRate::DEFAULT))),
        ChainChoice::Regtest => {
            let _stage = output.stage("starting a Bitcoin SV node (fetched once if there is none)");
            let node = Node::start()
                .context("no Bitcoin SV node could be started")
                .advise("`provelock doctor --node` shows what is missing; the embedded chain needs no node")?;
            Ok(Box::new(node))
        }
    }
}

/// What a chain says of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Accepted,
    Refused(String),
}

/// A node answers with a txid here, too, but no miner may take the transaction, and no node knows it.
const KEPT_ASIDE: &str = "not final: kept aside, in neither the mempool nor a block";

/// Hands a transaction in; only a missing verdict is an error. Accepted is what waits for the next block.
pub(super) fn judge(chain: &mut dyn TestChain, transaction: &Transaction) -> anyhow::Result<Judgement> {
    match chain.broadcast(transaction) {
        Ok(txid) => Ok(match chain.status(txid)? {
            Some(_) => Judgement::Accepted,
            None => Judgement::Refused(KEPT_ASIDE.to_owned()),
        }),
        Err(BroadcastError::Rejected(rejection)) => Ok(Judgement::Refused(rejection.reason)),
        Err(error) => Err(error.into()),
    }
}
