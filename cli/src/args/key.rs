//! The arguments of `key ..`, and those of every command that opens a key.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use wallet::keys::KeyNetwork;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Draws a new key and writes it, encrypted, to a file that only you can read.
    New(KeyNewArgs),
    /// Shows a key's address, public key and its hash, never the key.
    Show(KeyShowArgs),
    /// Encrypts a key in the wallet import format, from a file or standard input.
    Import(KeyImportArgs),
    /// Writes the key itself, not encrypted, for another wallet.
    Export(KeyExportArgs),
    /// Encrypts a key's file under another passphrase.
    Passwd(KeyPasswdArgs),
}

// Where the passphrase of an encrypted key comes from.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct PassphraseArgs {
    /// File that holds the key's passphrase; otherwise PROVELOCK_PASSPHRASE, otherwise the terminal is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

// A key that signs.
#[derive(Debug, ClapArgs)]
pub(crate) struct KeyArg {
    /// The key's file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

pub(super) fn parse_network(text: &str) -> Result<KeyNetwork, String> {
    text.parse().map_err(|error: wallet::keys::UnknownNetwork| error.to_string())
}

// A key's file to be written.
#[derive(Debug, ClapArgs)]
pub(crate) struct NewKeyArgs {
    /// Which network's coins the key owns: regtest, testnet or mainnet.
    #[arg(long, value_name = "NETWORK", value_parser = parse_network, default_value = "regtest")]
    pub(crate) network: KeyNetwork,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Writes a regtest key without encryption: its coins are worth nothing.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock key new --no-passphrase --out alice.key
  provelock key new --network testnet --out alice.key

The file is an armored age file under a passphrase, which `age --decrypt` opens, too. It is never replaced: it may own
coins. Whoever forgets the passphrase has lost them. Only regtest keys may go without one.")]
pub(crate) struct KeyNewArgs {
    #[command(flatten)]
    pub(crate) new: NewKeyArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock key show alice.key
  provelock key show alice.key --passphrase-file passphrase.txt")]
pub(crate) struct KeyShowArgs {
    /// A file made by `key new` or `key import`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock key import --wif old.key --network testnet --out alice.key
  provelock key import --network testnet --out alice.key < old.key

The key is never an argument: other users of the machine see those. Delete the old file once the new one works.")]
pub(crate) struct KeyImportArgs {
    /// File with the key in the wallet import format; standard input if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) wif: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) new: NewKeyArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock key export alice.key --reveal --out alice.wif

Whoever reads the new file owns the coins. It is readable by you alone.")]
pub(crate) struct KeyExportArgs {
    /// A file made by `key new` or `key import`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Says that the key is to be written without encryption.
    #[arg(long, required = true)]
    pub(crate) reveal: bool,
    /// The file to write, in the wallet import format.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock key passwd alice.key
  provelock key passwd alice.key --passphrase-file old.txt --new-passphrase-file new.txt

The file is replaced by one that holds the same key, whole or not at all. A regtest key without passphrase gets one.")]
pub(crate) struct KeyPasswdArgs {
    /// A file made by `key new` or `key import`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// File that holds the new passphrase; otherwise the terminal is asked.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
}
