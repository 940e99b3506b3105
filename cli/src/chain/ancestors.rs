//! A transaction with the ancestors that prove it, for receivers that keep headers alone.

use crate::advice::Advise as _;
use anyhow::{Context as _, anyhow};
use services::explorer::Explorer;
use std::collections::BTreeSet;
use tx_builder::{Beef, MerklePath, Transaction, Txid};

/// Most ancestors that are looked up: each takes two requests, and a chain of so many unconfirmed ones is a mistake.
const MAX_ANCESTORS: usize = 100;

/// The transaction in BEEF (BRC-62): with its ancestors as far as the last that are mined, each of those with its proof.
///
/// # Errors
/// An ancestor that the explorer does not know; too many of them.
pub(super) fn beef(explorer: &Explorer, subject: &Transaction) -> anyhow::Result<Beef> {
    let mut walk = Walk { explorer, seen: BTreeSet::new(), ancestors: Vec::new() };
    walk.parents_of(subject)?;
    Beef::new(walk.ancestors, subject.clone()).context("the ancestors do not make a BEEF")
}

struct Walk<'a> {
    explorer: &'a Explorer,
    seen: BTreeSet<Txid>,
    /// Parents before children.
    ancestors: Vec<(Transaction, Option<MerklePath>)>,
}

impl Walk<'_> {
    fn parents_of(&mut self, transaction: &Transaction) -> anyhow::Result<()> {
        transaction.input.iter().try_for_each(|input| self.visit(input.previous_output.txid))
    }

    fn visit(&mut self, txid: Txid) -> anyhow::Result<()> {
        if !self.seen.insert(txid) {
            return Ok(());
        }
        if self.seen.len() > MAX_ANCESTORS {
            return Err(anyhow!("more than {MAX_ANCESTORS} ancestors of the transaction are in no block"))
                .advise("wait until they are");
        }
        let transaction = self.explorer.transaction(txid)?;
        let transaction = transaction
            .ok_or_else(|| anyhow!("the explorer does not know {txid}, which makes a coin of this transaction"))
            .advise("send that first, or leave --beef out")?;
        let path = self.explorer.merkle_path(txid)?;
        if path.is_none() {
            self.parents_of(&transaction)?;
        }
        self.ancestors.push((transaction, path));
        Ok(())
    }
}
