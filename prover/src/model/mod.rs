//! Quantised networks: the stored format, its validation, and the proof that nothing can wrap modulo r.
//!
//! The format is described in `models/FORMAT.md`. A [`Model`] in memory is valid: shapes fit, weights keep to
//! their declared bits, scales are derived, and [`Ranges`] bounds every value for every admissible input.

mod build;
mod check;
mod error;
mod input;
pub mod manifest;
mod node;
mod output;
mod range;
mod scale;
mod shape;

pub use error::ModelError;
pub use input::{InputSpec, InputVisibility, Tensor, TensorError};
pub use manifest::{Manifest, Provenance, Weights};
pub use node::{Linear, LinearKind, Node, Op, ValueRef, WeightVisibility};
pub use output::{OutputKind, OutputSpec};
pub use range::{Interval, MAX_EXACT_BITS, NodeRange, Ranges};
pub use scale::{Scale, ScaleError};
pub use shape::{Shape, Window};

use crate::digest::Digest;
use crate::files::{read_limited, write_atomic};
use manifest::{FORMAT_VERSION, WEIGHTS_FORMAT, WeightsEntry};
use num_bigint::BigInt;
use std::path::Path;

const MANIFEST_FILE: &str = "manifest.json";
const MAX_MANIFEST_LEN: u64 = 1 << 20;
const MAX_WEIGHTS_LEN: u64 = 64 << 20;

/// A validated network with integer weights.
#[derive(Clone, Debug)]
pub struct Model {
    manifest: Manifest,
    input: InputSpec,
    nodes: Vec<Node>,
    output: OutputSpec,
    ranges: Ranges,
    sha256: Digest,
}

impl Model {
    /// Loads the model in folder `dir`.
    ///
    /// # Errors
    /// [`ModelError`] names the file, the field, what was found and what was expected.
    pub fn load(dir: &Path) -> Result<Self, ModelError> {
        let bytes = read_limited(&dir.join(MANIFEST_FILE), MAX_MANIFEST_LEN)?;
        let manifest = check::parse_manifest(&bytes)?;
        let weights = read_limited(&dir.join(&manifest.weights.file), MAX_WEIGHTS_LEN)?;
        let weights = check::parse_weights(&manifest, &weights)?;
        Self::build(manifest, weights, Digest::of(&bytes))
    }

    /// Builds a model from the bytes of its two files, for copies embedded in a program.
    ///
    /// # Errors
    /// As [`Model::load`], without the file errors.
    pub fn from_parts(manifest: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let sha256 = Digest::of(manifest);
        let manifest = check::parse_manifest(manifest)?;
        let weights = check::parse_weights(&manifest, weights)?;
        Self::build(manifest, weights, sha256)
    }

    /// Builds a model from descriptions, for importers. The manifest's digest of the weights file is replaced by
    /// that of [`Weights::to_bytes`].
    ///
    /// # Errors
    /// As [`Model::from_parts`].
    pub fn from_manifest(mut manifest: Manifest, weights: Weights) -> Result<Self, ModelError> {
        manifest.weights.sha256 = Digest::of(&weights.to_bytes());
        check::check_headers(&manifest, &weights)?;
        let sha256 = Digest::of(&manifest_bytes(&manifest));
        Self::build(manifest, weights, sha256)
    }

    fn build(manifest: Manifest, weights: Weights, sha256: Digest) -> Result<Self, ModelError> {
        let input = check::check_manifest(&manifest)?;
        check::check_counts(&manifest, &weights)?;
        let nodes = build::build_nodes(&manifest, weights, &input)?;
        check::check_classes(&manifest, &nodes)?;
        let ranges = Ranges::of(&nodes, &input)?;
        let output = check::check_output(&manifest, &ranges)?;
        Ok(Self { manifest, input, nodes, output, ranges, sha256 })
    }

    /// The bytes of the two files, `manifest.json` and the weights file, of this model.
    ///
    /// [`Model::from_parts`] reads them back to the same network. They are a normal form, so [`Model::sha256`] of
    /// the copy may differ from the original's, and a second copy is equal to the first byte for byte.
    pub fn to_parts(&self) -> (Vec<u8>, Vec<u8>) {
        let weights = self.weights().to_bytes();
        let mut manifest = self.manifest.clone();
        manifest.weights.sha256 = Digest::of(&weights);
        (manifest_bytes(&manifest), weights)
    }

    /// Writes the two files into folder `dir`, which must exist.
    ///
    /// # Errors
    /// [`ModelError::File`] if a file cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        let (manifest, weights) = self.to_parts();
        write_atomic(&dir.join(&self.manifest.weights.file), &[&weights])?;
        Ok(write_atomic(&dir.join(MANIFEST_FILE), &[&manifest])?)
    }

    /// The weights as the weights file holds them.
    pub fn weights(&self) -> Weights {
        let entry = |node: &Node| match &node.op {
            Op::Linear(linear) => Some(WeightsEntry {
                name: node.name.to_string(),
                weights: linear
                    .weights()
                    .chunks(linear.row_len())
                    .map(|row| row.iter().map(|w| i64::from(*w)).collect())
                    .collect(),
                biases: linear.biases().iter().map(ToString::to_string).collect(),
            }),
            _ => None,
        };
        let layers = self.nodes.iter().filter_map(entry).collect();
        Weights { format: WEIGHTS_FORMAT.to_owned(), version: FORMAT_VERSION, layers }
    }

    /// The model without what it hides: committed weights and biases are zeros. Circuits made of it are those of the
    /// model itself, so whoever checks a proof, or makes the keys for one, needs no more than this.
    ///
    /// # Panics
    /// Never: bounds of committed layers are those of all weights of their widths.
    pub fn architecture(&self) -> Self {
        let zeros = |entry: &mut WeightsEntry| {
            entry.weights.iter_mut().flatten().for_each(|weight| *weight = 0);
            entry.biases.iter_mut().for_each(|bias| *bias = "0".to_owned());
        };
        self.with_hidden(zeros).expect("zero is a weight of every width, and no bound depends on hidden weights")
    }

    /// The model with other committed weights and biases, in the order of
    /// [`committed_values`](crate::circuit::committed_values).
    ///
    /// # Errors
    /// [`ModelError`] for a value that is not of its layer's width, or for another number of values.
    pub fn with_committed(&self, values: &[BigInt]) -> Result<Self, ModelError> {
        let n_hidden = crate::circuit::committed_values(self).count();
        let file = &self.manifest.weights.file;
        error::require(values.len() == n_hidden, file, || "layers".to_owned(), values.len(), n_hidden)?;
        let mut values = values.iter();
        self.with_hidden(|entry| {
            // A weight beyond 64 bits is beyond its width too, which is checked where all weights are.
            let weight = |value: &BigInt| i64::try_from(value).unwrap_or(i64::MAX);
            entry.weights.iter_mut().flatten().zip(values.by_ref()).for_each(|(to, from)| *to = weight(from));
            entry.biases.iter_mut().zip(values.by_ref()).for_each(|(to, from)| *to = from.to_string());
        })
    }

    /// The model with the entries of committed layers edited.
    fn with_hidden(&self, mut edit: impl FnMut(&mut WeightsEntry)) -> Result<Self, ModelError> {
        let mut weights = self.weights();
        let linear = self.nodes.iter().filter_map(|node| match &node.op {
            Op::Linear(linear) => Some(linear),
            _ => None,
        });
        let hidden = linear.zip(&mut weights.layers);
        let hidden = hidden.filter(|(linear, _)| linear.visibility() == WeightVisibility::Committed);
        hidden.for_each(|(_, entry)| edit(entry));
        Self::from_manifest(self.manifest.clone(), weights)
    }

    /// The description that the model was built from.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// What it is for, in words.
    pub fn task(&self) -> &str {
        &self.manifest.task
    }

    /// What it reads.
    pub const fn input(&self) -> &InputSpec {
        &self.input
    }

    /// The layers in order; at least one, and the values of the last one are the logits.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What a proof tells, unless a circuit says otherwise.
    pub const fn output(&self) -> &OutputSpec {
        &self.output
    }

    /// One name per class, in the order of the logits.
    pub fn classes(&self) -> &[String] {
        &self.manifest.classes
    }

    /// Where the model comes from.
    pub const fn provenance(&self) -> &Provenance {
        &self.manifest.provenance
    }

    /// The proven bounds of every value.
    pub const fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// SHA-256 of the manifest's bytes; the manifest holds the weights' digest, so it stands for the whole model.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }
}

/// The normal form of a manifest.
fn manifest_bytes(manifest: &Manifest) -> Vec<u8> {
    // Strings, integers and lists of them: there is no map with other keys and no number that JSON lacks.
    let mut bytes = serde_json::to_vec_pretty(manifest).expect("a manifest is made of strings and integers");
    bytes.push(b'\n');
    bytes
}
