//! Why something cannot be encrypted, decrypted, or read as a ciphertext or key.

use crate::circuit::CircuitError;
use crate::commitment::CommitmentError;
use crate::digest::Digest;
use crate::files::{FileError, HeaderError};
use crate::model::ModelError;
use std::path::PathBuf;

/// Why a model has no ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// All its weights are public.
    #[error("the model {model} has no committed layer: its weights are public, and there is nothing to sell")]
    NothingHidden {
        /// The model's name.
        model: String,
    },
    /// Widths that cannot be packed.
    #[error(transparent)]
    Layout(#[from] CircuitError),
}

/// Why a ciphertext and a key give no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The architecture hides nothing, or what it hides cannot be packed.
    #[error("the architecture has no ciphertexts")]
    Architecture(#[from] EncryptError),
    /// The ciphertext is of a model with other hidden layers.
    #[error(
        "the ciphertext is of layout {found}, the architecture {model} has {expected}: give the architecture that it \
         was made for"
    )]
    Layout {
        /// The ciphertext's.
        found: Digest,
        /// The architecture's name.
        model: String,
        /// The architecture's.
        expected: Digest,
    },
    /// Words are missing, or there are too many.
    #[error("the ciphertext has {found} words, its layout {expected}: the file was cut or changed")]
    Words {
        /// Words of the ciphertext.
        found: usize,
        /// Words of the layout.
        expected: usize,
    },
    /// What comes out are no weights of the declared widths.
    #[error("the key decrypts the ciphertext to no weights: it is not its key, or the ciphertext was changed")]
    NoWeights(#[source] CommitmentError),
    /// The weights make no model: an error in one of the two, as all their widths were checked.
    #[error("the decrypted weights make no model")]
    Model(#[source] ModelError),
}

/// A file that is no ciphertext.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CiphertextError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file was read, but its content is refused.
    #[error("{} is refused", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CiphertextFault,
    },
}

/// What is wrong with the bytes of a ciphertext.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CiphertextFault {
    /// Another format or version.
    #[error("wrong format or version")]
    Header(#[from] HeaderError),
    /// Not the JSON of this format: syntax, unknown or missing key, wrong type or length.
    #[error("not the JSON of this format")]
    Json(#[from] serde_json::Error),
    /// No words, or more than any model has.
    #[error("`words` holds {found} words, expected 1 to {limit}")]
    Words {
        /// Words found.
        found: usize,
        /// Most words.
        limit: usize,
    },
    /// A word that is no field element.
    #[error("`words[{index}]` is not 64 lower-case hex digits of a number below the order of BN254's scalar field")]
    Word {
        /// Its place, from 0.
        index: usize,
    },
}

/// Why a text or an element is not a sale's key. No variant repeats it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Other characters or another length.
    #[error("a sale's key is 32 lower-case hex digits, found {found} bytes of text")]
    Digits {
        /// Bytes of the text.
        found: usize,
    },
    /// Not below `2^128`.
    #[error("a sale's key has 128 bits, this number has more")]
    TooLarge,
}
