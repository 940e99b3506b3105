//! Why a key or proof file is refused.

use crate::digest::Digest;
use crate::files::{FileError, HeaderError};
use crate::public::LayoutError;
use std::path::PathBuf;

/// A file that is not the key or proof it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file was read, but its content is refused.
    #[error("{} is refused", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ArtifactFault,
    },
}

/// What is wrong with the bytes of a key or proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactFault {
    /// Another format or version.
    #[error("wrong format or version")]
    Header(#[from] HeaderError),
    /// Not the JSON of this format: syntax, unknown or missing key, wrong type or length.
    #[error("not the JSON of this format")]
    Json(#[from] serde_json::Error),
    /// The first line of a proving key does not end within its limit.
    #[error("the first line is not a header of at most {limit} bytes")]
    HeaderLine {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes after the header are fewer or more than it announces.
    #[error("{found} bytes follow the header, it announces {expected}; the file was cut or mixed up")]
    PayloadLen {
        /// Bytes found.
        found: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// The content does not match its checksum.
    #[error("the checksum is {expected}, the content has {found}; the file was changed or damaged")]
    Checksum {
        /// The digest of the content.
        found: Digest,
        /// The digest written in the file.
        expected: Digest,
    },
    /// Bytes that encode no point of the group of order r.
    #[error("{field} is not the encoding of a point of the group of order r")]
    Point {
        /// Name of the point.
        field: String,
    },
    /// A point that hides the witness in a proof is the identity, which hides nothing.
    #[error("{field} is the identity: proofs of this key would tell of what they have to hide")]
    Identity {
        /// Name of the point.
        field: &'static str,
    },
    /// The names or widths of the public inputs are those of no circuit.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The key has points for another number of public inputs than it names.
    #[error("gamma_abc_g1 has points for {found} public inputs, the key names {expected}")]
    InputCount {
        /// Points, but for the constant's.
        found: usize,
        /// Names.
        expected: usize,
    },
    /// The circuit's specification is too long.
    #[error("circuit.spec has {found} bytes, expected at most {limit}")]
    SpecLen {
        /// Its length.
        found: usize,
        /// The longest that is read.
        limit: usize,
    },
    /// The value of a public input is not below r.
    #[error("public input {name} is 0x{found}, no element of the scalar field")]
    NotAnElement {
        /// Its name.
        name: String,
        /// The value in the file.
        found: String,
    },
    /// The first public input is not what recipient and nonce pack to.
    #[error("public input binding is 0x{found}, but recipient and nonce pack to 0x{expected}")]
    Binding {
        /// The value in the file.
        found: String,
        /// The packed binding.
        expected: String,
    },
}
