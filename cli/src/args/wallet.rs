//! The arguments of `wallet ..`.

use super::key::parse_network;
use super::{ChainArgs, OutArgs};
use crate::values;
use clap::{Args as ClapArgs, Subcommand};
use core::num::NonZeroU32;
use std::path::PathBuf;
use tx_builder::Txid;
use wallet::keys::KeyNetwork;

#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Lists contracts and transactions, and where each stands.
    List(WalletListArgs),
    /// Shows a transaction with its whole history, and the transaction itself in hex.
    Show(WalletShowArgs),
    /// Goes on with everything that is unfinished: sends, looks for blocks, sends again what a chain has lost.
    Resume(WalletResumeArgs),
    /// Has a refused transaction sent again by the next `wallet resume`.
    Retry(WalletChangeArgs),
    /// Gives up a transaction that was recorded and never sent.
    Abandon(WalletChangeArgs),
    /// Writes the file of a contract that the wallet keeps, as `contract build` wrote it.
    Export(WalletExportArgs),
}

// A wallet that exists.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct WalletArg {
    /// The wallet's file; otherwise the configuration's, otherwise the network's in the user's data folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) wallet: Option<PathBuf>,
}

// A wallet that is only read, or changed without a chain.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct LocalWalletArgs {
    #[command(flatten)]
    pub(crate) wallet: WalletArg,
    /// Which network's wallet: regtest, testnet or mainnet; regtest if neither this nor --wallet is given.
    #[arg(long, value_name = "NETWORK", value_parser = parse_network)]
    pub(crate) network: Option<KeyNetwork>,
    /// Configuration file; otherwise the one that PROVELOCK_CONFIG names.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock wallet list
  provelock wallet list --network testnet --format json")]
pub(crate) struct WalletListArgs {
    #[command(flatten)]
    pub(crate) local: LocalWalletArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock wallet show 8ab4f1df9d2f6c3b8a2fd4e16ba4f8c1cb2e6b9e5a3b1d50c2c9be5d3b0d7a4c")]
pub(crate) struct WalletShowArgs {
    /// The transaction's id: 64 hex digits.
    #[arg(value_name = "TXID", value_parser = values::parse_txid)]
    pub(crate) txid: Txid,
    #[command(flatten)]
    pub(crate) local: LocalWalletArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock wallet resume --rpc http://127.0.0.1:18332 --rpc-cookie ~/.bitcoin/regtest/.cookie
  provelock wallet resume --network testnet --arc default
  provelock wallet resume --network mainnet --mainnet --arc default --wait

It may be stopped at any moment and called again at any time: what is sent twice counts once.
A claim that shows what it pays for, as that of a model-sale, is held back under the same rule as by `contract spend` until
a chain is known to have had it.
Exits with 0 unless a transaction was refused or held back, or there is no answer yet on whether one was taken.")]
pub(crate) struct WalletResumeArgs {
    #[command(flatten)]
    pub(crate) wallet: WalletArg,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    /// Waits until every transaction is in a block and so many deep, the block itself counted; 1 if no number is given.
    #[arg(long, value_name = "BLOCKS", num_args = 0..=1, default_missing_value = "1")]
    pub(crate) wait: Option<NonZeroU32>,
    /// Sends on mainnet what was never sent without asking again.
    #[arg(long, requires = "mainnet")]
    pub(crate) yes: bool,
    /// Sends claims that would be held back: whoever sees one has what it pays for, and may take the coin back.
    #[arg(long)]
    pub(crate) disclose_anyway: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock wallet abandon 8ab4f1df9d2f6c3b8a2fd4e16ba4f8c1cb2e6b9e5a3b1d50c2c9be5d3b0d7a4c
  provelock wallet retry 8ab4f1df9d2f6c3b8a2fd4e16ba4f8c1cb2e6b9e5a3b1d50c2c9be5d3b0d7a4c

Nothing is forgotten: the wallet keeps what it knows.")]
pub(crate) struct WalletChangeArgs {
    /// The transaction's id: 64 hex digits.
    #[arg(value_name = "TXID", value_parser = values::parse_txid)]
    pub(crate) txid: Txid,
    #[command(flatten)]
    pub(crate) local: LocalWalletArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock wallet export 5725a120 --out lock.json
  provelock wallet export settlement --network testnet --out lock.json

`wallet list` shows ids and names. The file is what `contract build` wrote: without it a coin can be neither claimed nor
taken back.")]
pub(crate) struct WalletExportArgs {
    /// The contract: its id, the first 8 or more digits of that, or a name that no other contract of the wallet has.
    #[arg(value_name = "CONTRACT")]
    pub(crate) contract: String,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    #[command(flatten)]
    pub(crate) local: LocalWalletArgs,
}
