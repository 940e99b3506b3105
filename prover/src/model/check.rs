//! Reading the two files, and the checks that do not concern a single layer.

use super::MANIFEST_FILE;
use super::build::MAX_VALUES;
use super::error::{ModelError, require};
use super::input::InputSpec;
use super::manifest::{
    FORMAT_VERSION, ImageEntry, InputEntry, MANIFEST_FORMAT, Manifest, OutputEntry, Provenance, WEIGHTS_FORMAT, Weights,
};
use super::node::Node;
use super::output::{OutputKind, OutputSpec};
use super::range::Ranges;
use super::shape::Shape;
use crate::digest::Digest;
use crate::files::{HeaderError, check_header};
use crate::image::{Preprocessing, SIDE};
use core::fmt::Debug;
use std::collections::HashSet;

const MAX_LAYERS: usize = 256;
const MAX_CLASSES: usize = 1024;
/// Longest class name in bytes.
const MAX_CLASS_LEN: usize = 256;

/// A [`ModelError::Field`] of the manifest unless `holds`.
fn check(holds: bool, field: &str, found: &dyn Debug, expected: impl ToString) -> Result<(), ModelError> {
    require(holds, MANIFEST_FILE, || field.to_owned(), format_args!("{found:?}"), expected)
}

pub(super) fn parse_manifest(bytes: &[u8]) -> Result<Manifest, ModelError> {
    let file = || MANIFEST_FILE.to_owned();
    check_header(bytes, MANIFEST_FORMAT, FORMAT_VERSION)
        .map_err(|source| ModelError::Header { file: file(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|source| ModelError::Json { file: file(), source })?;
    // Checked before the name is joined to a path: a manifest must not reach outside its folder.
    check_file_name(&manifest)?;
    Ok(manifest)
}

fn check_file_name(manifest: &Manifest) -> Result<(), ModelError> {
    let name = &manifest.weights.file;
    let plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
    check(plain && name != MANIFEST_FILE, "weights.file", name, "the name of another file in the same folder")
}

pub(super) fn parse_weights(manifest: &Manifest, bytes: &[u8]) -> Result<Weights, ModelError> {
    let file = &manifest.weights.file;
    let (found, expected) = (Digest::of(bytes), manifest.weights.sha256);
    if found != expected {
        return Err(ModelError::Hash { file: file.clone(), found, expected });
    }
    check_header(bytes, WEIGHTS_FORMAT, FORMAT_VERSION)
        .map_err(|source| ModelError::Header { file: file.clone(), source })?;
    serde_json::from_slice(bytes).map_err(|source| ModelError::Json { file: file.clone(), source })
}

/// What the parsers check, for descriptions that no parser has seen.
pub(super) fn check_headers(manifest: &Manifest, weights: &Weights) -> Result<(), ModelError> {
    check_file_name(manifest)?;
    let files = [
        (MANIFEST_FILE, &manifest.format, MANIFEST_FORMAT, manifest.version),
        (&manifest.weights.file, &weights.format, WEIGHTS_FORMAT, weights.version),
    ];
    for (file, format, expected, version) in files {
        let header = |source| ModelError::Header { file: file.to_owned(), source };
        if format != expected {
            return Err(header(HeaderError::Format { found: format.clone(), expected }));
        }
        if version != FORMAT_VERSION {
            return Err(header(HeaderError::Version { found: version, expected: FORMAT_VERSION }));
        }
    }
    Ok(())
}

/// As many entries in the weights file as layers with weights.
pub(super) fn check_counts(manifest: &Manifest, weights: &Weights) -> Result<(), ModelError> {
    let expected = manifest.layers.iter().filter(|layer| layer.has_weights()).count();
    let found = weights.layers.len();
    let field = || "layers".to_owned();
    let expected_text = format_args!("{expected}, one per conv2d or dense layer of the manifest").to_string();
    require(found == expected, &manifest.weights.file, field, found, expected_text)
}

/// Checks what does not depend on the layers' operations, and what the network reads.
pub(super) fn check_manifest(manifest: &Manifest) -> Result<InputSpec, ModelError> {
    let Manifest { name, layers, classes, provenance, .. } = manifest;
    let is_name = |text: &str, extra: char| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == extra;
        (1..=64).contains(&text.len()) && text.chars().all(allowed)
    };
    check(is_name(name, '-'), "name", name, "1 to 64 characters of a-z, 0-9 and -")?;
    check((1..=MAX_LAYERS).contains(&layers.len()), "layers", &layers.len(), format_args!("1 to {MAX_LAYERS} layers"))?;
    let mut names = HashSet::from(["input"]);
    for (idx, layer) in layers.iter().enumerate() {
        let name = layer.name();
        let expected = "1 to 64 characters of a-z, 0-9 and _, used once, and not \"input\"";
        check(is_name(name, '_') && names.insert(name), &format!("layers[{idx}].name"), &name, expected)?;
    }
    let expected = format_args!("1 to {MAX_CLASSES} classes").to_string();
    check((1..=MAX_CLASSES).contains(&classes.len()), "classes", &classes.len(), expected)?;
    for (idx, class) in classes.iter().enumerate() {
        let fits = !class.trim().is_empty() && class.len() <= MAX_CLASS_LEN;
        check(fits, &format!("classes[{idx}]"), class, format_args!("some text of at most {MAX_CLASS_LEN} bytes"))?;
    }
    let Provenance { recipe, data, licence } = provenance;
    for (field, text) in [("recipe", recipe), ("data", data), ("licence", licence)] {
        check(!text.trim().is_empty(), &format!("provenance.{field}"), text, "some text")?;
    }
    check_input(&manifest.input)
}

fn check_input(entry: &InputEntry) -> Result<InputSpec, ModelError> {
    let &InputEntry { shape, min, max, ref scale, visibility, ref image } = entry;
    let sides = shape.map(|side| side as usize);
    let n_values = sides.iter().fold(1usize, |product, side| product.saturating_mul(*side));
    let expected = format_args!("three positive numbers whose product is at most {MAX_VALUES}").to_string();
    check((1..=MAX_VALUES).contains(&n_values), "input.shape", &shape, expected)?;
    let [channels, height, width] = sides;
    let shape = Shape { channels, height, width };
    check(min < max, "input.max", &max, format_args!("more than min, {min}"))?;
    let wrong_scale = |_| field_error("input.scale", scale, "a positive \"p\" or \"p/q\" in lowest terms");
    let scale = scale.parse().map_err(wrong_scale)?;
    let image = image.as_ref().map(|image| check_image(image, shape, min, max)).transpose()?;
    Ok(InputSpec { shape, min, max, scale, visibility, image })
}

fn check_image(entry: &ImageEntry, shape: Shape, min: i64, max: i64) -> Result<Preprocessing, ModelError> {
    let ImageEntry { side, crop, bits, table } = entry;
    check(*side as usize == SIDE, "input.image.side", side, SIDE)?;
    let crop_side = *crop as usize;
    let fits = (1..=SIDE).contains(&crop_side) && (SIDE - crop_side).is_multiple_of(2);
    check(fits, "input.image.crop", crop, "an even number from 2 to 28")?;
    let expected = Shape { channels: 1, height: crop_side, width: crop_side };
    let found = [shape.channels, shape.height, shape.width];
    check(shape == expected, "input.shape", &found, format_args!("{expected}, the cropped image"))?;
    let preprocessing = match (bits, table) {
        (Some(bits), None) => {
            check((1..=8).contains(bits), "input.image.bits", bits, "1 to 8")?;
            Preprocessing::from_bits(crop_side, *bits)
        }
        (None, Some(table)) => {
            check(table.len() == 256, "input.image.table", &table.len(), "256 integers, one per byte")?;
            Preprocessing::from_table(crop_side, table)
        }
        (bits, table) => {
            let found = [("bits", bits.is_some()), ("table", table.is_some())];
            return Err(field_error("input.image", &found, "exactly one of bits and table"));
        }
    };
    // Crop, bits and the table's length have been checked.
    let preprocessing = preprocessing.ok_or_else(|| field_error("input.image", entry, "bits or a table"))?;
    let field = |byte: usize| {
        if table.is_some() { format!("input.image.table[{byte}]") } else { "input.image.bits".to_owned() }
    };
    for (byte, value) in preprocessing.table().iter().enumerate() {
        let expected = format_args!("values from min to max, {min} to {max}").to_string();
        check((min..=max).contains(value), &field(byte), &format_args!("{value} for byte {byte}"), expected)?;
    }
    Ok(preprocessing)
}

fn field_error(field: &str, found: &dyn Debug, expected: &str) -> ModelError {
    ModelError::Field {
        file: MANIFEST_FILE.to_owned(),
        field: field.to_owned(),
        found: format!("{found:?}"),
        expected: expected.to_owned(),
    }
}

/// Checks that there is one logit per class, and what the proof tells.
pub(super) fn check_output(manifest: &Manifest, nodes: &[Node], ranges: &Ranges) -> Result<OutputSpec, ModelError> {
    let classes = manifest.classes.len();
    let logits = nodes.last().map_or(0, |node| node.shape().n_values());
    check(classes == logits, "classes", &classes, format_args!("{logits}, one per value of the last layer"))?;
    let (kind, lead_bits) = match &manifest.output {
        OutputEntry::Class(class) => (OutputKind::Class, class.lead_bits),
        OutputEntry::Logits(_) => (OutputKind::Logits, None),
        OutputEntry::Score(_) => (OutputKind::Score, None),
        OutputEntry::TopK(top) => {
            let k = top.k as usize;
            check((1..classes).contains(&k), "output.k", &k, format_args!("1 to {}", classes - 1))?;
            (OutputKind::TopK { k }, top.lead_bits)
        }
    };
    let worst = ranges.lead_bits();
    let lead_bits = lead_bits.unwrap_or(worst);
    let expected = format_args!("1 to {worst}, the bits of the largest possible lead").to_string();
    check((1..=worst).contains(&lead_bits), "output.lead_bits", &lead_bits, expected)?;
    Ok(OutputSpec { kind, lead_bits })
}
