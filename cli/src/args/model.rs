//! `model ..`.

use super::{OutFolderArgs, SpecArgs, VisibilityChoice, WeightsChoice};
use clap::{Args as ClapArgs, Subcommand};
use core::num::NonZeroUsize;
use std::path::{Path, PathBuf};

#[derive(Debug, ClapArgs)]
pub(crate) struct ModelArg {
    /// A bundled network by name (mnist-square if not given), or the folder of one in the format of models/FORMAT.md.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeyModelArg {
    /// The network that the key was made for, by name or folder; found by the key if it is a bundled one.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Measures how often a network is right, in the exact integers that the proofs use.
    Eval(EvalArgs),
    /// Shows layers, shapes, bounds, constraints and public inputs of a network, as a picture too.
    Inspect(ModelInspectArgs),
    /// Makes a network of another tool one of this program: ONNX, or zkml's MessagePack.
    Import(ImportArgs),
    /// Commits to the hidden weights of a network: draws a salt and writes it to a file that only you can read.
    Commit(ModelCommitArgs),
    /// Writes a network without its hidden weights: what others need to make keys and to check proofs.
    Blank(ModelBlankArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SetArgs {
    /// Images in the IDX format, plain or gzipped; the bundled MNIST test images if not given.
    #[arg(long, value_name = "FILE", requires = "labels")]
    images: Option<PathBuf>,
    /// Their labels in the IDX format.
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,
}

impl SetArgs {
    /// Images and labels, if given.
    pub(crate) fn files(&self) -> Option<(&Path, &Path)> {
        self.images.as_deref().zip(self.labels.as_deref())
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock model eval
  provelock model eval --model zkml-mnist --top-k 3
  provelock model eval --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz --format json")]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// Counts, too, how often the label is among the K largest logits.
    #[arg(long, value_name = "K")]
    pub(crate) top_k: Option<NonZeroUsize>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock model inspect --model mnist-square
  provelock model inspect --model zkml-mnist --svg zkml.svg
  provelock model inspect --model my-network --input committed --claim logits --batch 8 --format json

Constraints are those of the circuit that `setup` makes with the same options.")]
pub(crate) struct ModelInspectArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Draws the network into this SVG file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Replaces the picture if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock model import mnist-cnn.onnx --out my-network
  provelock model import net.onnx --out my-network --weight-bits 6 --pixel-bits 1 --weights committed
  provelock model import model.msgpack --config config.msgpack --input-max 1024 --full-ink 512 --out zkml-mnist

The kind of file is told by its content. An ONNX network is quantised: the first --samples images choose its scales, and
all others measure what that costs. A zkml network is fixed-point already and stays what it is, bit for bit.")]
pub(crate) struct ImportArgs {
    /// An ONNX file, or zkml's model.msgpack.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Folder of the new model; must not exist, unless with --force.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replaces the model in the folder.
    #[arg(long)]
    pub(crate) force: bool,
    /// Its name, of a-z, 0-9 and -; the folder's name if not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// One name per class, separated by commas; numbers if not given.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) classes: Option<Vec<String>>,
    #[command(flatten, next_help_heading = "ONNX")]
    pub(crate) onnx: OnnxArgs,
    #[command(flatten, next_help_heading = "zkml")]
    pub(crate) zkml: ZkmlArgs,
}

// What an ONNX file does not say.
#[derive(Debug, ClapArgs)]
pub(crate) struct OnnxArgs {
    #[command(flatten)]
    pub(crate) set: SetArgs,
    /// Images that choose the scales.
    #[arg(long, value_name = "N", default_value = "500")]
    pub(crate) samples: NonZeroUsize,
    /// Bits of a weight, 2 to 24.
    #[arg(long, value_name = "BITS", default_value_t = 8)]
    pub(crate) weight_bits: u32,
    /// Bits of a requantised value, 2 to 24.
    #[arg(long, value_name = "BITS", default_value_t = 8)]
    pub(crate) activation_bits: u32,
    /// Upper bits of a pixel that the model reads, 1 to 8: few make a hidden image cheap to prove about.
    #[arg(long, value_name = "BITS", default_value_t = 8)]
    pub(crate) pixel_bits: u32,
    /// Mean that was subtracted from pixels of 0 to 1 in training.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) mean: f64,
    /// Standard deviation that they were divided by.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0)]
    pub(crate) std: f64,
    /// Who knows the input, unless `setup` says otherwise.
    #[arg(long, value_enum, default_value_t = VisibilityChoice::Private)]
    pub(crate) input: VisibilityChoice,
    /// Who knows the weights.
    #[arg(long, value_enum, default_value_t = WeightsChoice::Public)]
    pub(crate) weights: WeightsChoice,
}

// What zkml's files do not say.
#[derive(Debug, ClapArgs)]
pub(crate) struct ZkmlArgs {
    /// zkml's config.msgpack, which describes the same network without weights.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Least value of an input, in the network's integers.
    #[arg(long, value_name = "INTEGER", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) input_min: i64,
    /// Largest value of an input.
    #[arg(long, value_name = "INTEGER")]
    pub(crate) input_max: Option<i64>,
    /// What full ink of a 28x28 image becomes: a byte x is read as round(x * FULL / 255). Without it the model reads
    /// integers only.
    #[arg(long, value_name = "FULL")]
    pub(crate) full_ink: Option<u16>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock model commit --model my-network --out my-network.secret

Prints the commitment, which is public. The file holds the salt: without it nothing can be proved about the commitment
any more, and who has it and guesses the weights can tell that the guess is right. One commitment serves every circuit of
the network, so an accuracy certificate and a later inference provably speak of the same weights.")]
pub(crate) struct ModelCommitArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    /// The file to write; one that exists is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock model blank --model my-network --out my-network-blank
  provelock accuracy setup --model my-network-blank --first 100 --out keys

Hidden weights and biases become zeros; all else stays. Circuits and keys made of the blank network are those of the
network itself, so whoever has no weights can run `setup`, `accuracy setup`, `sale setup` and every `verify`.")]
pub(crate) struct ModelBlankArgs {
    #[command(flatten)]
    pub(crate) model: ModelArg,
    #[command(flatten)]
    pub(crate) out: OutFolderArgs,
}
