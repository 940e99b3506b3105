//! Why a folder is not a model.

use crate::digest::Digest;
use crate::files::{FileError, HeaderError};

/// Why a model is refused; every message says where, what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read or is too large.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file announces another format or version.
    #[error("{file}: wrong format or version")]
    Header {
        /// The file.
        file: String,
        /// What is announced.
        source: HeaderError,
    },
    /// The file is not the JSON that its format describes: syntax, unknown key, missing key, wrong type.
    #[error("{file}: does not follow models/FORMAT.md")]
    Json {
        /// The file.
        file: String,
        /// Place and reason.
        source: serde_json::Error,
    },
    /// A field's value does not fit the format or the other fields.
    #[error("{file}: {field} is {found}, expected {expected}; correct it or export the model again")]
    Field {
        /// The file.
        file: String,
        /// Path of the field, such as `layers[1].inputs`.
        field: String,
        /// The value found.
        found: String,
        /// What would fit.
        expected: String,
    },
    /// The weights file is not the one the manifest was written for.
    #[error("{file}: SHA-256 is {found}, the manifest expects {expected}; restore the file or export the model again")]
    Hash {
        /// The weights file.
        file: String,
        /// Its digest.
        found: Digest,
        /// The manifest's digest.
        expected: Digest,
    },
    /// A weight lies outside the range that its layer declares.
    #[error("{file}: weight [{row}][{column}] of layer {layer} is {found}, expected a signed {bits}-bit integer")]
    Weight {
        /// The weights file.
        file: String,
        /// The layer's name.
        layer: String,
        /// Output of the weight.
        row: usize,
        /// Index within the row.
        column: usize,
        /// The weight found.
        found: i64,
        /// The declared bits.
        bits: u32,
    },
    /// Some admissible input could make a value too large for exact arithmetic modulo r.
    #[error(
        "layer {layer}: {value} can take {bits} bits, at most {limit} are exact modulo r; \
         use fewer layers, fewer weight bits, smaller inputs, or rescale between layers"
    )]
    Wraps {
        /// The layer's name.
        layer: String,
        /// Which value: `accumulator`, `square`, `product`, `sum`, `logit difference` ...
        value: &'static str,
        /// Bits of its largest magnitude.
        bits: u64,
        /// The largest number of bits admitted.
        limit: u64,
    },
}

/// A [`ModelError::Field`] unless `holds`.
pub(super) fn require(
    holds: bool,
    file: &str,
    field: impl FnOnce() -> String,
    found: impl ToString,
    expected: impl ToString,
) -> Result<(), ModelError> {
    if holds {
        return Ok(());
    }
    Err(ModelError::Field {
        file: file.to_owned(),
        field: field(),
        found: found.to_string(),
        expected: expected.to_string(),
    })
}
