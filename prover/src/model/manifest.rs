//! The JSON of `manifest.json` and the weights file, exactly as `models/FORMAT.md` describes it.

use crate::digest::Digest;
use serde::Deserialize;

pub(super) const MANIFEST_FORMAT: &str = "provelock-model";
pub(super) const WEIGHTS_FORMAT: &str = "provelock-weights";
pub(super) const FORMAT_VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    pub(super) name: String,
    pub(super) task: String,
    pub(super) input: Input,
    pub(super) layers: Vec<LayerEntry>,
    pub(super) classes: Vec<String>,
    pub(super) weights: WeightsFile,
    pub(super) provenance: Provenance,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) shape: [u32; 3],
    pub(super) crop: u32,
    pub(super) bits: u32,
    pub(super) scale: u32,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum LayerEntry {
    Conv2d(ConvEntry),
    Dense(DenseEntry),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConvEntry {
    pub(super) name: String,
    pub(super) in_channels: u32,
    pub(super) out_channels: u32,
    pub(super) kernel: u32,
    pub(super) stride: u32,
    pub(super) weight_bits: u32,
    pub(super) weight_scale: u32,
    pub(super) output_scale: String,
    pub(super) activation: ActivationEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DenseEntry {
    pub(super) name: String,
    pub(super) inputs: u32,
    pub(super) outputs: u32,
    pub(super) weight_bits: u32,
    pub(super) weight_scale: u32,
    pub(super) output_scale: String,
    pub(super) activation: ActivationEntry,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ActivationEntry {
    Square,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeightsFile {
    pub(super) file: String,
    pub(super) sha256: Digest,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// How to train it again.
    pub recipe: String,
    /// Where the training data comes from.
    pub data: String,
    /// The licence of the weights.
    pub licence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    pub(super) layers: Vec<WeightsEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeightsEntry {
    pub(super) name: String,
    pub(super) weights: Vec<Vec<i64>>,
    pub(super) biases: Vec<String>,
}

/// What both kinds of layer declare.
pub(super) struct Common<'a> {
    pub(super) name: &'a str,
    pub(super) weight_bits: u32,
    pub(super) weight_scale: u32,
    pub(super) output_scale: &'a str,
    pub(super) activation: ActivationEntry,
}

impl LayerEntry {
    pub(super) fn common(&self) -> Common<'_> {
        match self {
            Self::Conv2d(ConvEntry { name, weight_bits, weight_scale, output_scale, activation, .. })
            | Self::Dense(DenseEntry { name, weight_bits, weight_scale, output_scale, activation, .. }) => Common {
                name,
                weight_bits: *weight_bits,
                weight_scale: *weight_scale,
                output_scale,
                activation: *activation,
            },
        }
    }
}
