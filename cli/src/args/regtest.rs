//! `regtest`.

use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock regtest --fund alice.key --out regtest      leave it running, and go on in another terminal:
  export PROVELOCK_CONFIG=regtest/provelock.toml
  provelock contract deploy --contract lock.json --amount 100000 --key alice.key

The folder gets `provelock.toml`, by which other commands reach the node and keep a wallet beside it. The node is asked
for the coins of the address; `coin.hex` is the mined transaction whose output 0 is the first, for whoever wants it by name
(--coin-tx regtest/coin.hex --coin-vout 0). A block is mined whenever a transaction waits. Enter mines one more, a number
and Enter so many: lock times by height need them. Ctrl-C stops the node; its chain is gone then.")]
pub(crate) struct RegtestArgs {
    /// Who gets a coin: an address, or the key file of its owner.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) fund: String,
    /// The coin, in satoshis.
    #[arg(long, value_name = "SATOSHIS", default_value_t = 10_000_000,
        value_parser = clap::value_parser!(u64).range(1_000..=4_000_000_000))]
    pub(crate) amount: u64,
    /// Folder for the files of this chain; must not exist.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
