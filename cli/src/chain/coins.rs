//! Unspent outputs at a key's address, as somebody else says.

use crate::advice::Advise as _;
use anyhow::{Context as _, anyhow};
use chain_types::{LockingScript, Satoshis};
use node_client::RpcNode;
use services::explorer::Explorer;
use std::collections::BTreeSet;
use tx_builder::{Address, Coin, OutPoint};

/// Who is asked.
pub(crate) enum Source {
    /// The node's own wallet, which knows addresses that were imported into it.
    Node(RpcNode),
    Explorer(Explorer),
}

impl Source {
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
