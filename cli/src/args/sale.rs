//! `sale ..`.

use super::{CertificateProveArgs, CertificateSetupArgs, CertificateVerifyArgs, ModelArg, OutArgs, OutFolderArgs};
use crate::sale_key;
use clap::{Args as ClapArgs, Subcommand};
use prover::sale::SaleKey;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum SaleCommand {
    /// Seller: encrypts hidden weights under a new key, which it writes to a file that only you can read.
    Encrypt(SaleEncryptArgs),
    /// Buyer: computes the digest of a ciphertext, which a contract fixes.
    Digest(SaleDigestArgs),
    /// Makes the keys of sales about a set of images; needs no weights.
    Setup(SaleSetupArgs),
    /// Seller: proves that the ciphertext is a network that classifies at least so many images of the set correctly.
    Prove(SaleProveArgs),
    /// Checks the proof of a sale, its set of images, its network and its ciphertext.
    Verify(SaleVerifyArgs),
    /// Buyer: decrypts the network with the key that the spend revealed.
    Decrypt(SaleDecryptArgs),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock sale encrypt --model my-network --out ciphertext.json --key-out sale.key

Send the buyer the ciphertext and the network of `model blank`. Whoever has the key file and the ciphertext has the
network. Every sale has a key of its own: a key file that exists is never replaced.")]
pub(crate) struct SaleEncryptArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    /// The file for the new key; must not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_out: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock sale digest ciphertext.json
  provelock sale digest ciphertext.json --format json

Fix the digest of the file that you have, not one that you were told, and keep the file: without it the key is worth nothing.")]
pub(crate) struct SaleDigestArgs {
    /// A file of `sale encrypt`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock sale setup --model my-network-blank --first 100 --out keys
  provelock sale setup --model my-network-blank --images images.gz --labels labels.gz --first 500 --out keys

Images, labels and public weights become constants of the circuit; hidden weights are not in it.
Whoever runs a setup could keep its randomness and forge proofs: a seller who does could collect for nothing. The buyer may
run it: the contract names the seller, so a proof that the buyer forges pays the seller alone.")]
pub(crate) struct SaleSetupArgs {
    #[command(flatten)]
    pub(crate) certificate: CertificateSetupArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock sale prove --proving-key keys/my-network-sale-100.proving-key --model my-network \\
      --ciphertext ciphertext.json --sale-key sale.key --contract sale.json --out sale-proof.json

The proof's public inputs hold the sale's key: keep the file to yourself until `contract spend` sends it.
Exits with 1 if the network is right on fewer images, or if the contract wants another statement.")]
pub(crate) struct SaleProveArgs {
    /// The ciphertext that the buyer has.
    #[arg(long, value_name = "FILE")]
    pub(crate) ciphertext: PathBuf,
    /// The key file that `sale encrypt` wrote with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) sale_key: PathBuf,
    #[command(flatten)]
    pub(crate) certificate: CertificateProveArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock sale verify --verifying-key keys/my-network-sale-100.vk.json --proof sale-proof.json \\
      --model my-network-blank --ciphertext ciphertext.json --min-correct 98

--model gives the shapes of the layers; its hidden weights may be any. Images, labels and shapes are made into the
circuit again and compared with the key. Exits with 0 if the proof holds and is about everything given, else with 1.")]
pub(crate) struct SaleVerifyArgs {
    /// The ciphertext that the proof must be about.
    #[arg(long, value_name = "FILE")]
    pub(crate) ciphertext: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) certificate: CertificateVerifyArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock sale decrypt --ciphertext ciphertext.json --key 00112233445566778899aabbccddeeff \\
      --model my-network-blank --out bought
  provelock sale decrypt --ciphertext ciphertext.json --sale-key sale.key --model my-network-blank --out bought
  provelock model eval --model bought

The key is the public input sale_key of the spend. Exits with 1 if it decrypts the ciphertext to no weights.")]
pub(crate) struct SaleDecryptArgs {
    /// The ciphertext.
    #[arg(long, value_name = "FILE")]
    pub(crate) ciphertext: PathBuf,
    #[command(flatten)]
    pub(crate) key: SaleKeyArgs,
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) out: OutFolderArgs,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct SaleKeyArgs {
    /// The key that the spend revealed: 32 hex digits, or 0x and up to 64 as public inputs are printed.
    #[arg(long, value_name = "HEX", value_parser = sale_key::parse)]
    pub(crate) key: Option<SaleKey>,
    /// The seller's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) sale_key: Option<PathBuf>,
}
