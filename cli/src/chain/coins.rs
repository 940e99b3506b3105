//! Unspent outputs at a key's address, as somebody else says.

use crate::advice::Advise as _;
use anyhow::{Context as _, anyhow};
use chain_types::{LockingScript, Satoshis};
use node_client::RpcNode;
use serde_json::json;
use services::explorer::Explorer;
use std::collections::BTreeSet;
use tx_builder::{Address, Coin, OutPoint, Transaction, Txid};

/// Who is asked.
pub(crate) enum Source {
    /// The node's own wallet, which knows addresses that were imported into it.
    Node(RpcNode),
    Explorer(Explorer),
}

impl Source {
    /// A transaction that the chain knows.
    ///
    /// # Errors
    /// No usable answer; it is not known.
    pub(crate) fn transaction(&self, txid: Txid) -> anyhow::Result<Transaction> {
        match self {
            Self::Node(node) => {
                let hex = node.rpc().call::<String>("getrawtransaction", json!([txid.to_string()]));
                let hex = hex.with_context(|| format!("the node gives no transaction {txid}")).advise(
                    "a node knows what waits and, with -txindex, what is in blocks: ask an explorer, or give the raw transaction",
                )?;
                let found = tx_builder::decode_hex(&hex).context("the node answers with what is no transaction")?;
                match found.compute_txid() {
                    id if id == txid => Ok(found),
                    id => Err(anyhow!("the node answers with transaction {id}, {txid} was asked for")),
                }
            }
            Self::Explorer(explorer) => explorer
                .transaction(txid)?
                .ok_or_else(|| anyhow!("the explorer does not know transaction {txid}"))
                .advise("check the id and the network, or give the raw transaction"),
        }
    }

    /// The coins at an address that are in `free`, the most valuable first.
    ///
    /// # Errors
    /// No usable answer; no coins.
    pub(crate) fn coins(&self, address: &Address, reserved: &BTreeSet<OutPoint>) -> anyhow::Result<Vec<Coin>> {
        let script = LockingScript::p2pkh(&address.pubkey_hash.0);
        let (coins, advice) = match self {
            Self::Node(node) => (
                node.coins_of(address).context("the node does not say which coins the key has")?,
                format!(
                    "pay {address}; have the node watch it: its RPC `importaddress {address}`; or name a coin with \
                     --coin-tx and --coin-vout"
                ),
            ),
            Self::Explorer(explorer) => (
                explorer.coins(&script).context("the explorer does not say which coins the key has")?,
                format!("pay {address}, or name a coin with --coin-tx and --coin-vout"),
            ),
        };
        // What is under another script could not be signed for.
        let mut coins: Vec<_> = coins
            .into_iter()
            .filter(|coin| coin.locking_script == script && coin.value > Satoshis(0))
            .filter(|coin| !reserved.contains(&coin.outpoint))
            .collect();
        if coins.is_empty() {
            return Err(anyhow!("there are no free coins at {address}")).advise(advice);
        }
        coins.sort_by_key(|coin| (core::cmp::Reverse(coin.value), coin.outpoint));
        Ok(coins)
    }
}
