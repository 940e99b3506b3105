//! `accuracy ..` and `bench ..`.

use super::{AboutArgs, BindingArgs, KeyModelArg, KeysOutArgs, ModelArg, OutArgs, ProofArgs, SetArgs};
use clap::{Args as ClapArgs, Subcommand};
use core::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AccuracyCommand {
    /// Makes the keys of certificates about a set of images.
    Setup(AccuracySetupArgs),
    /// Proves that hidden weights, committed to, classify at least so many images of the set correctly.
    Prove(AccuracyProveArgs),
    /// Checks a certificate, its set of images and its network.
    Verify(AccuracyVerifyArgs),
    /// Computes the hash of a set as a network reads it, which names the set in keys and certificates.
    Hash(AccuracyHashArgs),
}

// The first images of a set.
#[derive(Debug, ClapArgs)]
pub(crate) struct FirstArgs {
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// Takes the first N images.
    #[arg(long, value_name = "N", default_value = "1000")]
    pub(crate) first: NonZeroUsize,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock accuracy setup --model my-network --first 100 --out keys
  provelock accuracy setup --model my-network --images images.gz --labels labels.gz --first 500 --out keys

Images and labels become constants of the circuit; the weights stay hidden behind their commitment.")]
pub(crate) struct AccuracySetupArgs {
    #[command(flatten)]
    pub(crate) certificate: CertificateSetupArgs,
}

// What keys of certificates and sales are made of.
#[derive(Debug, ClapArgs)]
pub(crate) struct CertificateSetupArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) first: FirstArgs,
    #[command(flatten)]
    pub(crate) out: KeysOutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock accuracy prove --proving-key keys/my-network-accuracy-100.proving-key --model my-network \\
      --commitment my-network.secret --key alice.key --nonce 0011223344556677 --out certificate.json
  provelock accuracy prove --proving-key keys/my-network-accuracy-100.proving-key --model my-network \\
      --commitment my-network.secret --contract bounty.json --key alice.key --out certificate.json

Exits with 1 if the network is right on fewer images, or if the contract wants another statement.")]
pub(crate) struct AccuracyProveArgs {
    /// The file of `model commit`.
    #[arg(long, value_name = "FILE")]
    pub(crate) commitment: PathBuf,
    #[command(flatten)]
    pub(crate) certificate: CertificateProveArgs,
}

// What certificates and sales are proved with.
#[derive(Debug, ClapArgs)]
pub(crate) struct CertificateProveArgs {
    #[command(flatten)]
    pub(crate) model: KeyModelArg,
    /// The proving key that `setup` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) proving_key: PathBuf,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// How many images are said to be classified correctly, at least; as the contract fixes, or else as many as are, if not
    /// given.
    #[arg(long, value_name = "T")]
    pub(crate) min_correct: Option<u64>,
    #[command(flatten)]
    pub(crate) binding: BindingArgs,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock accuracy verify --verifying-key keys/my-network-accuracy-100.vk.json --proof certificate.json \\
      --model my-network --min-correct 98
  provelock accuracy verify --verifying-key keys/my-network-accuracy-100.vk.json --proof certificate.json \\
      --model my-network --images images.gz --labels labels.gz --public model_commitment=0x1234

--model gives the shapes of the layers; its hidden weights may be any. Images, labels and shapes are made into the
circuit again and compared with the key. Exits with 0 if the certificate holds and is about everything given, else with 1.")]
pub(crate) struct AccuracyVerifyArgs {
    #[command(flatten)]
    pub(crate) certificate: CertificateVerifyArgs,
}

// What certificates and sales are checked against.
#[derive(Debug, ClapArgs)]
pub(crate) struct CertificateVerifyArgs {
    #[command(flatten)]
    pub(crate) model: KeyModelArg,
    #[command(flatten)]
    pub(crate) proof: ProofArgs,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// How many images must be classified correctly, at least.
    #[arg(long, value_name = "T")]
    pub(crate) min_correct: Option<u64>,
    #[command(flatten)]
    pub(crate) about: AboutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock accuracy hash --model mnist-square --first 100
  provelock accuracy hash --model my-network --images images.gz --labels labels.gz --first 500 --format json")]
pub(crate) struct AccuracyHashArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) first: FirstArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Measures setup, witness, proof, check, memory and key of every circuit, each in a process of its own.
    Prove(BenchProveArgs),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock bench prove
  provelock bench prove --only mnist-square --format json
  provelock bench prove --all --format json

Times are medians of several runs where a run takes less than seconds. Memory is the peak of the process that made the keys,
wrote and read them, and proved.")]
pub(crate) struct BenchProveArgs {
    /// Also measures what takes minutes and gigabytes.
    #[arg(long, conflicts_with = "only")]
    pub(crate) all: bool,
    /// Measures this circuit alone, in this process.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
}
