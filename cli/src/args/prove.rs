//! `setup`, `input ..`, `prove`, `batch ..` and `verify`.

use super::{KeyModelArg, ModelArg, OutArgs, PassphraseArgs};
use crate::public::{self, NamedText};
use crate::values::{self, Indexes};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use core::num::NonZeroUsize;
use prover::model::{InputVisibility, OutputKind, WeightVisibility};
use prover::{CircuitSpec, Model};
use statement::{Class, Nonce, PubkeyHash};
use std::path::PathBuf;
use tx_builder::Address;

/// Who knows the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VisibilityChoice {
    /// Everyone: its values are public inputs.
    Public,
    /// The prover alone.
    Private,
    /// The prover; everyone else knows a commitment to it.
    Committed,
}

impl From<VisibilityChoice> for InputVisibility {
    fn from(choice: VisibilityChoice) -> Self {
        match choice {
            VisibilityChoice::Public => Self::Public,
            VisibilityChoice::Private => Self::Private,
            VisibilityChoice::Committed => Self::Committed,
        }
    }
}

/// Who knows the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightsChoice {
    /// Everyone: they are constants of the circuit.
    Public,
    /// The prover; everyone else knows a commitment to them.
    Committed,
}

impl From<WeightsChoice> for WeightVisibility {
    fn from(choice: WeightsChoice) -> Self {
        match choice {
            WeightsChoice::Public => Self::Public,
            WeightsChoice::Committed => Self::Committed,
        }
    }
}

// Which circuit is made of a network; what is not given is as the manifest says.
#[derive(Debug, ClapArgs)]
pub(crate) struct SpecArgs {
    /// Who knows the input; the manifest's choice if not given.
    #[arg(long, value_enum)]
    input: Option<VisibilityChoice>,
    /// What is proved of the logits: class, logits, score, or top-k=3; the manifest's choice if not given.
    #[arg(long, value_name = "CLAIM", value_parser = values::parse_claim)]
    claim: Option<OutputKind>,
    /// Inputs that one proof is about.
    #[arg(long, value_name = "N", default_value = "1")]
    batch: NonZeroUsize,
}

impl SpecArgs {
    pub(crate) fn of(&self, model: &Model) -> CircuitSpec {
        let default = CircuitSpec::of(model);
        CircuitSpec {
            input: self.input.map_or(default.input, InputVisibility::from),
            output: self.claim.unwrap_or(default.output),
            batch: self.batch,
        }
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock setup --out keys
  provelock setup --model zkml-mnist --input public --claim logits --out keys
  provelock setup --model my-network --batch 8 --out keys --force

The keys remember what they are for: `prove` needs no option of these again.
Whoever runs a setup could keep its randomness and prove untrue things under its keys for ever. Use keys that you
made, or that somebody made whom you trust with the coins.")]
pub(crate) struct SetupArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) out: KeysOutArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeysOutArgs {
    /// Folder for the two key files; made if it does not exist.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replaces key files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct InputArgs {
    /// One of the bundled MNIST test images, 0 to 9999; several for a batch, also as 0-7.
    #[arg(long, value_name = "N", value_parser = values::parse_indexes)]
    pub(crate) image_index: Vec<Indexes>,
    /// A 28x28 grey image: binary PGM (P5) or 784 raw bytes; 0 is background, 255 full ink.
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Vec<PathBuf>,
    /// The network's integers as a JSON list, or zkml's inp.msgpack.
    #[arg(long, value_name = "FILE")]
    pub(crate) tensor: Vec<PathBuf>,
}

// None where the contract says who is paid.
#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub(crate) struct RecipientArgs {
    /// HASH160 of the spender's public key, 40 hex digits.
    #[arg(long, value_name = "HEX", value_parser = values::parse_pubkey_hash)]
    pub(crate) recipient: Option<PubkeyHash>,
    /// The spender's address.
    #[arg(long, value_name = "ADDRESS", value_parser = values::parse_address)]
    pub(crate) address: Option<Address>,
    /// The spender's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

// Whom a proof is for.
#[derive(Debug, ClapArgs)]
pub(crate) struct BindingArgs {
    #[command(flatten)]
    pub(crate) recipient: RecipientArgs,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// The contract to be spent, a file of `contract build`: it says the nonce, what is to be proved and, unless it pays the
    /// prover, for whom.
    #[arg(long, value_name = "FILE", required_unless_present = "nonce", conflicts_with = "nonce")]
    pub(crate) contract: Option<PathBuf>,
    /// The nonce of the contract to be spent, 16 hex digits, if its file is not at hand.
    #[arg(long, value_name = "HEX", value_parser = values::parse_nonce)]
    pub(crate) nonce: Option<Nonce>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InputCommand {
    /// Commits to an input that stays hidden: draws a salt and writes it to a file that only you can read.
    Commit(InputCommitArgs),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock input commit --model mnist-square --image-index 0 --out seven.secret
  provelock input commit --model my-network --tensor input.json --out input.secret

Prints the commitment, which is public. The file holds the salt, not the input: keep both.")]
pub(crate) struct InputCommitArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The file to write; one that exists is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

// What is proved, and with what.
#[derive(Debug, ClapArgs)]
pub(crate) struct ClaimArgs {
    #[command(flatten)]
    pub(crate) model: KeyModelArg,
    /// The proving key that `setup` wrote for this network.
    #[arg(long, value_name = "FILE")]
    pub(crate) proving_key: PathBuf,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The file of `model commit`, if the network's weights are committed.
    #[arg(long, value_name = "FILE")]
    pub(crate) commitment: Option<PathBuf>,
    /// The file of `input commit`, if the input is committed; one for each input, in order.
    #[arg(long, value_name = "FILE")]
    pub(crate) input_commitment: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) binding: BindingArgs,
    /// The class to prove; the contract's, or else what the network says, if not given. With top-k keys, any class among the
    /// best.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<usize>,
    /// With score keys: what the class's logit reaches at least; the contract's, or else the logit itself, if not given.
    #[arg(long, value_name = "INTEGER", allow_negative_numbers = true)]
    pub(crate) min_score: Option<num_bigint::BigInt>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock prove --proving-key keys/mnist-square.proving-key --image-index 0 --contract lock.json --key alice.key \\
      --out proof.json
  provelock prove --proving-key keys/mnist-square-committed-input.proving-key --image-index 0 \\
      --input-commitment seven.secret --contract settlement.json --out proof.json
  provelock prove --proving-key keys/mnist-square.proving-key --image my-seven.pgm --class 7 \\
      --recipient 751e76e8199196d454941c45d1b3a323f1433bd6 --nonce 0011223344556677 --out proof.json
  provelock prove --proving-key keys/my-network.proving-key --model my-network --commitment my-network.secret \\
      --tensor input.json --key alice.key --nonce 0011223344556677 --out proof.json

With --contract the answer is no before anything is proved that would not open it. A contract that pays the prover needs
--key, --address or --recipient of whoever will spend it; one that names who is paid, or pays by class as settlements do,
needs none. With --nonce, which `contract inspect` shows, nothing is compared; a proof that pays by class is then for
--recipient 0000000000000000000000000000000000000000, nobody.
Exits with 1 if the network does not say --class, or if the contract wants another statement.")]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    pub(crate) claim: ClaimArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// Proves what a network says about several inputs at once.
    Prove(BatchProveArgs),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock setup --batch 8 --out keys
  provelock batch prove --proving-key keys/mnist-square-x8.proving-key --image-index 0-7 --key alice.key \\
      --nonce 0011223344556677 --out proof.json

Takes as many inputs as the key is for.")]
pub(crate) struct BatchProveArgs {
    #[command(flatten)]
    pub(crate) claim: ClaimArgs,
}

// What a proof has to be about.
#[derive(Debug, ClapArgs)]
pub(crate) struct AboutArgs {
    /// The value that a public input must have, decimal or 0x and hex digits; may be given for each.
    #[arg(long, value_name = "NAME=VALUE", value_parser = public::parse_public)]
    pub(crate) public: Vec<NamedText>,
    /// The public-key hash the proof must be about, 40 hex digits.
    #[arg(long, value_name = "HEX", value_parser = values::parse_pubkey_hash)]
    pub(crate) recipient: Option<PubkeyHash>,
    /// The contract nonce the proof must be about, 16 hex digits.
    #[arg(long, value_name = "HEX", value_parser = values::parse_nonce)]
    pub(crate) nonce: Option<Nonce>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProofArgs {
    /// The verifying key that `setup` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) verifying_key: PathBuf,
    /// The proof that `prove` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock verify --verifying-key keys/mnist-square.vk.json --proof proof.json
  provelock verify --verifying-key keys/mnist-square.vk.json --proof proof.json --public class=7 \\
      --nonce 0011223344556677
  provelock verify --model my-network --verifying-key keys/my-network.vk.json --proof proof.json

With --model the key is compared with the circuit of that network, and packed values are shown one by one.
Exits with 0 if the proof holds and is about everything given, else with 1.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) model: KeyModelArg,
    #[command(flatten)]
    pub(crate) proof: ProofArgs,
    /// The class the proof must be about, 0 to 9: short for --public class=CLASS.
    #[arg(long, value_name = "CLASS", value_parser = values::parse_class)]
    pub(crate) class: Option<Class>,
    #[command(flatten)]
    pub(crate) about: AboutArgs,
}
