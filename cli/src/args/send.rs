//! Where transactions go, and how far that is followed.

use super::key::parse_network;
use clap::Args as ClapArgs;
use core::num::NonZeroU32;
use std::path::PathBuf;
use wallet::keys::KeyNetwork;

// Which chain, and who gives access to it. What is not given comes from the configuration.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct ChainArgs {
    /// JSON-RPC address of a node, such as http://127.0.0.1:18332.
    #[arg(long, value_name = "URL", conflicts_with_all = ["arc", "explorer"])]
    pub(crate) rpc: Option<String>,
    /// The node's cookie file; otherwise PROVELOCK_RPC_USER and PROVELOCK_RPC_PASSWORD log in.
    #[arg(long, value_name = "FILE", requires = "rpc", conflicts_with_all = ["arc", "explorer"])]
    pub(crate) rpc_cookie: Option<PathBuf>,
    /// Base URL of an ARC service, or `default` for the well-known one of the network.
    #[arg(long, value_name = "URL")]
    pub(crate) arc: Option<String>,
    /// Base URL of a block explorer, or `default`, which is meant if it is needed and not given.
    #[arg(long, value_name = "URL")]
    pub(crate) explorer: Option<String>,
    /// Which network: regtest, testnet or mainnet; that of the key if there is one.
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    pub(crate) network: Option<KeyNetwork>,
    /// Allows mainnet, which moves real money, and nothing but mainnet.
    #[arg(long)]
    pub(crate) mainnet: bool,
    /// Configuration file; otherwise the one that PROVELOCK_CONFIG names.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What only a transaction that is sent can have. Each of the files has to name it, for an argument that conflicts with a
/// given one is not required.
const SENDING: [&str; 4] = ["rpc", "arc", "wait", "yes"];

// What becomes of a finished transaction.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct SendArgs {
    /// Writes the transaction to a file and tells nobody about it.
    #[arg(long, requires = "out", conflicts_with_all = SENDING)]
    pub(crate) dry_run: bool,
    /// File for the raw transaction in hex, with --dry-run.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with_all = SENDING)]
    pub(crate) out: Option<PathBuf>,
    /// File for the transaction in Extended Format (BRC-30) in hex, with --dry-run.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with_all = SENDING)]
    pub(crate) ef: Option<PathBuf>,
    /// File for the transaction and its ancestors in BEEF (BRC-62) in hex, with --dry-run; the explorer is asked for them.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with_all = SENDING)]
    pub(crate) beef: Option<PathBuf>,
    /// Replaces files that exist.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    /// The wallet's file, where the transaction is recorded before it is sent; made if it does not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) wallet: Option<PathBuf>,
    /// Sends on mainnet without asking again.
    #[arg(long, requires = "mainnet")]
    pub(crate) yes: bool,
    /// Waits until the transaction is in a block and so many deep, the block itself counted; 1 if no number is given.
    #[arg(long, value_name = "BLOCKS", num_args = 0..=1, default_missing_value = "1")]
    pub(crate) wait: Option<NonZeroU32>,
}
