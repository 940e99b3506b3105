//! The JSON of `manifest.json` and the weights file, exactly as `models/FORMAT.md` describes it.
//!
//! These are plain descriptions, not yet checked against each other: [`Model::from_manifest`](super::Model) does that.
//! Importers fill them in; integers that may exceed what JSON numbers hold, and scales, are decimal strings.

use super::input::InputVisibility;
use super::node::WeightVisibility;
use crate::digest::Digest;
use serde::{Deserialize, Serialize};

/// What `format` says in a manifest.
pub const MANIFEST_FORMAT: &str = "provelock-model";
/// What `format` says in a weights file.
pub const WEIGHTS_FORMAT: &str = "provelock-weights";
/// The one version that is read, of both files.
pub const FORMAT_VERSION: u64 = 2;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub version: u64,
    /// 1 to 64 characters of `a-z 0-9 -`.
    pub name: String,
    /// What the model is for, in words.
    pub task: String,
    /// What it reads.
    pub input: InputEntry,
    /// Its layers in order; the values of the last one are the logits.
    pub layers: Vec<LayerEntry>,
    /// What a proof tells.
    pub output: OutputEntry,
    /// One name per logit.
    pub classes: Vec<String>,
    /// Where the weights are.
    pub weights: WeightsFile,
    /// Where the model comes from.
    pub provenance: Provenance,
}

/// `input`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputEntry {
    /// Channels, height, width.
    pub shape: [u32; 3],
    /// Least value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
    /// Units per one: `"p"` or `"p/q"`.
    pub scale: String,
    /// Who knows it.
    pub visibility: InputVisibility,
    /// How an image becomes the tensor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageEntry>,
}

/// `input.image`; exactly one of `bits` and `table`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageEntry {
    /// Side of the raw image: 28.
    pub side: u32,
    /// Side of the central square.
    pub crop: u32,
    /// A byte `x` becomes `x >> (8 - bits)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// A byte `x` becomes `table[x]`; 256 integers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Vec<i64>>,
}

/// One of `layers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the operation of its name in models/FORMAT.md")]
pub enum LayerEntry {
    Conv2d(ConvEntry),
    Dense(DenseEntry),
    Product(PlainEntry),
    Square(PlainEntry),
    Add(PlainEntry),
    Flatten(PlainEntry),
    SumPool(PoolEntry),
    AvgPool(PoolEntry),
    MaxPool(PoolEntry),
    Rescale(RescaleEntry),
    Relu(ReluEntry),
}

/// A cross-correlation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// Planes written.
    pub out_channels: u32,
    /// Height and width.
    pub kernel: [u32; 2],
    /// Steps down and right.
    pub stride: [u32; 2],
    /// Zeros at the top, left, bottom and right.
    #[serde(default)]
    pub padding: [u32; 4],
    /// Groups of channels.
    #[serde(default = "one")]
    pub groups: u32,
    /// Whether rows and columns that no step reaches are left out instead of refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub drop_remainder: bool,
    /// Bits of a weight, 2 to 32.
    pub weight_bits: u32,
    /// Bits of a bias, 2 to 200.
    pub bias_bits: u32,
    /// Units per one: `"p"` or `"p/q"`.
    pub weight_scale: String,
    /// Who knows the weights.
    pub visibility: WeightVisibility,
}

/// A layer in which every output reads every input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// Values written.
    pub outputs: u32,
    /// Bits of a weight, 2 to 32.
    pub weight_bits: u32,
    /// Bits of a bias, 2 to 200.
    pub bias_bits: u32,
    /// Units per one: `"p"` or `"p/q"`.
    pub weight_scale: String,
    /// Who knows the weights.
    pub visibility: WeightVisibility,
}

/// A layer without parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
}

/// Pooling over windows of each channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// Height and width.
    pub kernel: [u32; 2],
    /// Steps down and right.
    pub stride: [u32; 2],
    /// Whether rows and columns that no step reaches are left out instead of refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub drop_remainder: bool,
}

/// A division that rounds to the nearest integer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RescaleEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// At least 2.
    pub divisor: u64,
}

/// A rectifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReluEntry {
    /// The layer's name.
    pub name: String,
    /// What it reads; the previous layer if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// The upper end in integer units, a decimal string; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

/// `output`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutputEntry {
    /// The class of the largest logit.
    Class(ClassEntry),
    /// All logits.
    Logits(NoFields),
    /// A class and a least value of its logit.
    Score(NoFields),
    /// A class among the best.
    TopK(TopKEntry),
}

/// Fields of output kind `class`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    /// Bits of the range checks on leads; the worst case if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_bits: Option<u32>,
}

/// Fields of output kind `top_k`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopKEntry {
    /// How many classes count as best.
    pub k: u32,
    /// Bits of the range checks on leads; the worst case if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_bits: Option<u32>,
}

/// An object without fields of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// `weights`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsFile {
    /// Name of a file in the same folder.
    pub file: String,
    /// Digest of its bytes.
    pub sha256: Digest,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// How to make it again.
    pub recipe: String,
    /// Where the training data comes from.
    pub data: String,
    /// The licence of the weights.
    pub licence: String,
}

/// The weights file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// [`WEIGHTS_FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub version: u64,
    /// One entry per `conv2d` or `dense` layer, in the manifest's order.
    pub layers: Vec<WeightsEntry>,
}

/// Weights and biases of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsEntry {
    /// The layer's name.
    pub name: String,
    /// One row per output channel or output.
    pub weights: Vec<Vec<i64>>,
    /// One decimal integer per row.
    pub biases: Vec<String>,
}

impl LayerEntry {
    /// The layer's name.
    pub fn name(&self) -> &str {
        self.common().0
    }

    /// The names of what it reads, if given.
    pub fn inputs(&self) -> Option<&[String]> {
        self.common().1.as_deref()
    }

    /// Whether the weights file has an entry for it.
    pub const fn has_weights(&self) -> bool {
        matches!(self, Self::Conv2d(_) | Self::Dense(_))
    }

    const fn common(&self) -> (&String, &Option<Vec<String>>) {
        match self {
            Self::Conv2d(ConvEntry { name, inputs, .. })
            | Self::Dense(DenseEntry { name, inputs, .. })
            | Self::Product(PlainEntry { name, inputs })
            | Self::Square(PlainEntry { name, inputs })
            | Self::Add(PlainEntry { name, inputs })
            | Self::Flatten(PlainEntry { name, inputs })
            | Self::SumPool(PoolEntry { name, inputs, .. })
            | Self::AvgPool(PoolEntry { name, inputs, .. })
            | Self::MaxPool(PoolEntry { name, inputs, .. })
            | Self::Rescale(RescaleEntry { name, inputs, .. })
            | Self::Relu(ReluEntry { name, inputs, .. }) => (name, inputs),
        }
    }
}

impl Weights {
    /// The file's bytes: one row of weights per line, so that a change can be reviewed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let lines = |indent: &str, lines: Vec<String>| lines.join(&format!(",\n{indent}"));
        let layer = |entry: &WeightsEntry| {
            let row = |row: &Vec<i64>| format!("[{}]", row.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
            let rows = lines("        ", entry.weights.iter().map(row).collect());
            let biases: Vec<_> = entry.biases.iter().map(|bias| text(bias)).collect();
            format!(
                "    {{\n      \"name\": {},\n      \"weights\": [\n        {rows}\n      ],\n      \"biases\": [{}]\n    }}",
                text(&entry.name),
                biases.join(",")
            )
        };
        let layers = self.layers.iter().map(layer).collect::<Vec<_>>().join(",\n");
        let (format, version) = (text(&self.format), self.version);
        format!("{{\n  \"format\": {format},\n  \"version\": {version},\n  \"layers\": [\n{layers}\n  ]\n}}\n")
            .into_bytes()
    }
}

const fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde's skip_serializing_if calls")]
const fn is_false(value: &bool) -> bool {
    !*value
}
