//! Quantised networks: the stored format, its validation, and the proof that nothing can wrap modulo r.
//!
//! The format is described in `models/FORMAT.md`. A [`Model`] in memory is valid: shapes fit, weights keep to
//! their declared bits, scales multiply up, and [`Ranges`] bounds every value for every admissible input.

mod build;
mod error;
mod layer;
mod manifest;
mod range;

pub use error::ModelError;
pub use layer::{Activation, Layer, LayerShape};
pub use manifest::Provenance;
pub use range::{LayerRange, MAX_EXACT_BITS, Ranges};

use crate::digest::Digest;
use crate::files::{check_header, read_limited};
use crate::image::{Preprocessing, SIDE};
use error::require;
use manifest::{FORMAT_VERSION, MANIFEST_FORMAT, Manifest, WEIGHTS_FORMAT, Weights};
use statement::N_CLASSES;
use std::path::Path;

const MANIFEST_FILE: &str = "manifest.json";
const MAX_MANIFEST_LEN: u64 = 1 << 20;
const MAX_WEIGHTS_LEN: u64 = 64 << 20;
const MAX_LAYERS: usize = 16;

/// A validated network with integer weights.
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    task: String,
    preprocessing: Preprocessing,
    layers: Vec<Layer>,
    classes: Vec<String>,
    provenance: Provenance,
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
        let manifest = parse_manifest(&bytes)?;
        let weights = read_limited(&dir.join(&manifest.weights.file), MAX_WEIGHTS_LEN)?;
        Self::build(manifest, &bytes, &weights)
    }

    /// Builds a model from the bytes of its two files, for copies embedded in a program.
    ///
    /// # Errors
    /// As [`Model::load`], without the file errors.
    pub fn from_parts(manifest: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        Self::build(parse_manifest(manifest)?, manifest, weights)
    }

    fn build(manifest: Manifest, manifest_bytes: &[u8], weights_bytes: &[u8]) -> Result<Self, ModelError> {
        let preprocessing = check_manifest(&manifest)?;
        let weights = parse_weights(&manifest, weights_bytes)?;
        let layers = build::build_layers(&manifest, weights, preprocessing.crop())?;
        let ranges = Ranges::of(&layers, preprocessing.bits())?;
        Ok(Self {
            name: manifest.name,
            task: manifest.task,
            preprocessing,
            layers,
            classes: manifest.classes,
            provenance: manifest.provenance,
            ranges,
            sha256: Digest::of(manifest_bytes),
        })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in words.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// How a raw image becomes pixels.
    pub const fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The layers in order; at least one, the last one gives one logit per class.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// One name per class.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Where the model comes from.
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
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

fn parse_manifest(bytes: &[u8]) -> Result<Manifest, ModelError> {
    let file = || MANIFEST_FILE.to_owned();
    check_header(bytes, MANIFEST_FORMAT, FORMAT_VERSION)
        .map_err(|source| ModelError::Header { file: file(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|source| ModelError::Json { file: file(), source })?;
    // Checked before the name is joined to a path: a manifest must not reach outside its folder.
    let name = &manifest.weights.file;
    let plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
    let expected = "the name of a file in the same folder";
    require(plain, MANIFEST_FILE, || "weights.file".into(), format_args!("{name:?}"), expected)?;
    Ok(manifest)
}

/// Checks what does not depend on the weights, and the preprocessing.
fn check_manifest(manifest: &Manifest) -> Result<Preprocessing, ModelError> {
    let check = |holds, field: &str, found: &dyn core::fmt::Debug, expected: &str| {
        require(holds, MANIFEST_FILE, || field.to_owned(), format_args!("{found:?}"), expected)
    };
    let Manifest { name, input, layers, classes, provenance, .. } = manifest;
    let is_name = |text: &str, max: usize, extra: char| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == extra;
        (1..=max).contains(&text.len()) && text.chars().all(allowed)
    };
    check(is_name(name, 64, '-'), "name", name, "1 to 64 characters of a-z, 0-9 and -")?;
    let side = SIDE as u32;
    check(input.shape == [1, side, side], "input.shape", &input.shape, "[1, 28, 28]")?;
    check(input.scale > 0, "input.scale", &input.scale, "a positive integer")?;
    check((1..=8).contains(&input.bits), "input.bits", &input.bits, "1 to 8")?;
    check((1..=MAX_LAYERS).contains(&layers.len()), "layers", &layers.len(), "1 to 16 layers")?;
    check(classes.len() == usize::from(N_CLASSES), "classes", &classes.len(), "10 classes")?;
    for (idx, layer) in layers.iter().enumerate() {
        let name = layer.common().name;
        let is_new = layers[..idx].iter().all(|earlier| earlier.common().name != name);
        let expected = "1 to 32 characters of a-z, 0-9 and _, used once";
        check(is_name(name, 32, '_') && is_new, &format!("layers[{idx}].name"), &name, expected)?;
    }
    let Provenance { recipe, data, licence } = provenance;
    for (field, text) in [("recipe", recipe), ("data", data), ("licence", licence)] {
        check(!text.trim().is_empty(), &format!("provenance.{field}"), text, "some text")?;
    }
    let crop = input.crop;
    // Shape and bits are fine, so only the crop can be refused here.
    Preprocessing::new(crop as usize, input.bits).ok_or_else(|| ModelError::Field {
        file: MANIFEST_FILE.to_owned(),
        field: "input.crop".to_owned(),
        found: crop.to_string(),
        expected: "an even number from 2 to 28".to_owned(),
    })
}

fn parse_weights(manifest: &Manifest, bytes: &[u8]) -> Result<Weights, ModelError> {
    let file = &manifest.weights.file;
    let (found, expected) = (Digest::of(bytes), manifest.weights.sha256);
    if found != expected {
        return Err(ModelError::Hash { file: file.clone(), found, expected });
    }
    check_header(bytes, WEIGHTS_FORMAT, FORMAT_VERSION)
        .map_err(|source| ModelError::Header { file: file.clone(), source })?;
    let weights: Weights =
        serde_json::from_slice(bytes).map_err(|source| ModelError::Json { file: file.clone(), source })?;
    let (found, expected) = (weights.layers.len(), manifest.layers.len());
    require(found == expected, file, || "layers".into(), found, format_args!("{expected}, as in the manifest"))?;
    Ok(weights)
}
