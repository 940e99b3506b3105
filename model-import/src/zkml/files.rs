//! zkml's MessagePack files, and what can be checked before the network is understood.

use crate::ImportError;
use crate::error::require;
use core::fmt::Display;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::io::Cursor;

pub(super) const CONFIG: &str = "config.msgpack";
pub(super) const MODEL: &str = "model.msgpack";
pub(super) const INPUT: &str = "inp.msgpack";

/// Deepest nesting: a file is a map of lists of maps of lists of lists. The decoder recurses, so this bounds its stack.
const MAX_DEPTH: usize = 16;

/// `config.msgpack` (tensors without data) or `model.msgpack`.
///
/// Keys of zkml's prover (`k`, `num_cols`, `commit`, ...) say nothing about the network and are skipped.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkFile {
    /// Units per one.
    pub(super) global_sf: i64,
    pub(super) inp_idxes: Vec<u32>,
    pub(super) out_idxes: Vec<u32>,
    pub(super) layers: Vec<LayerEntry>,
    pub(super) tensors: Vec<TensorEntry>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerEntry {
    pub(super) layer_type: String,
    pub(super) params: Vec<i64>,
    pub(super) inp_idxes: Vec<u32>,
    pub(super) inp_shapes: Vec<Vec<u32>>,
    pub(super) out_idxes: Vec<u32>,
    pub(super) out_shapes: Vec<Vec<u32>>,
    pub(super) mask: Vec<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TensorEntry {
    pub(super) idx: u32,
    pub(super) shape: Vec<u32>,
    pub(super) data: Vec<i64>,
}

/// Reads one MessagePack value that makes up the whole file.
///
/// `rmp-serde`: the decoder zkml itself uses; it takes memory for what is there, not for the lengths announced.
pub(super) fn decode<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, ImportError> {
    let mut decoder = rmp_serde::Deserializer::new(Cursor::new(bytes));
    decoder.set_max_depth(MAX_DEPTH);
    let value = serde_path_to_error::deserialize(&mut decoder).map_err(|error| {
        let path = error.path().to_string();
        ImportError::Encoding {
            file: file.to_owned(),
            field: if path == "." { "the file".to_owned() } else { path },
            expected: "MessagePack as zkml's converter writes it",
            source: error.into_inner().into(),
        }
    })?;
    let (read, len) = (decoder.position(), bytes.len() as u64);
    let field = || "the file".to_owned();
    let advice = "fetch the file again";
    require(read == len, file, field, format_args!("{len} bytes"), format_args!("to end at byte {read}"), advice)?;
    Ok(value)
}

pub(super) fn refused(
    file: &str,
    field: impl Display,
    found: impl Display,
    expected: impl Display,
    advice: impl Display,
) -> ImportError {
    ImportError::Field {
        file: file.to_owned(),
        field: field.to_string(),
        found: found.to_string(),
        expected: expected.to_string(),
        advice: advice.to_string(),
    }
}

pub(super) fn shape_text(shape: &[u32]) -> String {
    format!("{shape:?}")
}

/// Number of values of a shape, if it is a number at all.
pub(super) fn n_values(shape: &[u32]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |n, extent| n.checked_mul(*extent as usize))
}

impl TensorEntry {
    /// As many values as the shape has places, each a signed 32-bit integer: zkml maps larger ones to other field elements.
    pub(super) fn check(&self, file: &str, place: usize) -> Result<(), ImportError> {
        let advice = "convert the network again";
        let (found, expected) = (self.data.len(), n_values(&self.shape));
        let values = format_args!("as many values as shape {}", shape_text(&self.shape));
        require(expected == Some(found), file, || format!("tensors[{place}].data"), found, values, advice)?;
        let wide = self.data.iter().enumerate().find(|(_, value)| i32::try_from(**value).is_err());
        let Some((at, value)) = wide else { return Ok(()) };
        let advice = "convert the network with a smaller scale factor";
        Err(refused(file, format_args!("tensors[{place}].data[{at}]"), value, "a signed 32-bit integer", advice))
    }
}

impl NetworkFile {
    /// Checks that this configuration is the one of `model`: the same layers, and the same tensors beside the network's input.
    pub(super) fn check_same(&self, model: &Self) -> Result<(), ImportError> {
        let advice = "take both files of one conversion";
        let same = |holds, field: &str, found: &dyn Display| {
            require(holds, CONFIG, || field.to_owned(), found, format_args!("as in {MODEL}"), advice)
        };
        same(self.global_sf == model.global_sf, "global_sf", &self.global_sf)?;
        same(self.inp_idxes == model.inp_idxes, "inp_idxes", &shape_text(&self.inp_idxes))?;
        same(self.out_idxes == model.out_idxes, "out_idxes", &shape_text(&self.out_idxes))?;
        same(self.layers.len() == model.layers.len(), "layers", &self.layers.len())?;
        for (idx, (mine, other)) in self.layers.iter().zip(&model.layers).enumerate() {
            same(mine == other, &format!("layers[{idx}]"), &format_args!("another {}", mine.layer_type))?;
        }
        let shapes = |file: &Self| -> HashSet<(u32, Vec<u32>)> {
            let weights = file.tensors.iter().filter(|tensor| !file.inp_idxes.contains(&tensor.idx));
            weights.map(|tensor| (tensor.idx, tensor.shape.clone())).collect()
        };
        let mut others = shapes(model);
        for (idx, shape) in shapes(self) {
            let found = format!("tensor {idx} of shape {}", shape_text(&shape));
            same(others.remove(&(idx, shape)), "tensors", &found)?;
        }
        let missing = others.into_iter().min();
        let expected = missing.as_ref().map_or(0, |(idx, _)| *idx);
        let expected = format_args!("with tensor {expected}, as in {MODEL}");
        require(missing.is_none(), CONFIG, || "tensors".to_owned(), "without it", expected, advice)
    }
}
