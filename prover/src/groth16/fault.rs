//! Why a key or proof file is refused.

use crate::digest::Digest;
use crate::files::{FileError, HeaderError};
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
    /// The key takes another number of public inputs than a statement has.
    #[error("the key takes {found} public inputs, expected 1")]
    InputCount {
        /// Public inputs of the key.
        found: usize,
    },
    /// The class byte names no class.
    #[error("class {found} is out of range")]
    Class {
        /// The byte found.
        found: u8,
    },
    /// The packed public input is not the one of class, recipient and nonce.
    #[error("x is {found}, but class, recipient and nonce pack to {expected}")]
    PublicInput {
        /// The value in the file.
        found: String,
        /// The packed statement.
        expected: String,
    },
}
