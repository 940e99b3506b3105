//! Why a file is not imported.

use core::fmt::Display;
use std::error::Error;

/// Why a file is not imported; every message says where, what was found, what was expected and what helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The bytes do not follow the encoding at all: cut short, damaged, or another kind of file.
    #[error("{file}: {field} is not {expected}; fetch the file again or check that it is of this format")]
    Encoding {
        /// The file.
        file: String,
        /// The part that cannot be decoded, such as `the file` or `node[3]`.
        field: String,
        /// What the part should be, such as `a MessagePack map`.
        expected: &'static str,
        /// What the decoder said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A value does not fit the format, the rest of the file, or what can be imported.
    #[error("{file}: {field} is {found}, expected {expected}; {advice}")]
    Field {
        /// The file.
        file: String,
        /// Path of the value: node, operator, tensor or layer, and the attribute or field in it.
        field: String,
        /// The value found.
        found: String,
        /// What would fit.
        expected: String,
        /// What the user can do about it.
        advice: String,
    },
    /// The network was read, but the model made of it is refused; the names are those of the model's layers.
    #[error("{file}: the imported model is refused")]
    Model {
        /// The file.
        file: String,
        /// Why.
        source: prover::ModelError,
    },
}

/// An [`ImportError::Field`] unless `holds`.
pub(crate) fn require(
    holds: bool,
    file: &str,
    field: impl FnOnce() -> String,
    found: impl Display,
    expected: impl Display,
    advice: impl Display,
) -> Result<(), ImportError> {
    if holds {
        return Ok(());
    }
    Err(ImportError::Field {
        file: file.to_owned(),
        field: field(),
        found: found.to_string(),
        expected: expected.to_string(),
        advice: advice.to_string(),
    })
}
