//! Encrypted weights, their digest and their file.

use super::error::{CiphertextError, CiphertextFault, DecryptError, EncryptError};
use super::key::SaleKey;
use crate::circuit::{committed_values, model_layout};
use crate::commitment::layout::tag;
use crate::commitment::poseidon::{RATE, sponge, squeeze};
use crate::commitment::{Domain, Layout, digest_element, parse};
use crate::digest::Digest;
use crate::files::{check_header, read_limited, write_atomic};
use crate::model::Model;
use crate::public::big_endian;
use ark_bn254::Fr;
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "provelock-ciphertext";
const VERSION: u64 = 1;
/// Most words: a word holds at least one weight, and this many take more than the largest weights file.
const MAX_WORDS: usize = 1 << 20;
/// Most bytes of a file: 80 for a word with room for any layout of the JSON that we write.
const MAX_LEN: u64 = 80 << 20;

digest_element!(
    CiphertextDigest,
    "The digest of a ciphertext, the public input `ciphertext_digest`: what a buyer fixes."
);

/// The committed weights and biases of a model, encrypted. Without the key it tells their number and widths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext {
    /// Digest of the layout's header in the domain of ciphertexts.
    layout: Digest,
    words: Vec<Fr>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u64,
    layout: Digest,
    words: Vec<String>,
}

impl Ciphertext {
    /// Encrypts what `model` hides.
    ///
    /// # Security
    /// Use a key for one ciphertext.
    ///
    /// # Errors
    /// [`EncryptError`] if the model hides nothing.
    ///
    /// # Panics
    /// Never: a model's weights keep to their widths.
    pub fn encrypt(model: &Model, key: &SaleKey) -> Result<Self, EncryptError> {
        let layout = hidden_layout(model)?;
        let mut words = layout.pack(committed_values(model)).expect("a model's weights keep to their widths");
        words.iter_mut().zip(keystream(&layout, key)).for_each(|(word, stream)| *word += stream);
        Ok(Self { layout: layout.digest(Domain::Ciphertext), words })
    }

    /// The model of `architecture` that `key` decrypts this to. The committed weights of `architecture` do not count.
    ///
    /// Not checked: that the key is the right one. A wrong one decrypts to numbers that are no weights of their widths,
    /// or, in a ciphertext of few words, to meaningless ones: evaluate the model.
    ///
    /// # Errors
    /// [`DecryptError`] if the architecture is another one, or if what comes out are no weights.
    pub fn decrypt(&self, key: &SaleKey, architecture: &Model) -> Result<Model, DecryptError> {
        let layout = hidden_layout(architecture)?;
        let expected = layout.digest(Domain::Ciphertext);
        if self.layout != expected {
            let (found, model) = (self.layout, architecture.name().to_owned());
            return Err(DecryptError::Layout { found, model, expected });
        }
        let (found, expected) = (self.words.len(), layout.n_elements());
        if found != expected {
            return Err(DecryptError::Words { found, expected });
        }
        let words: Vec<_> =
            self.words.iter().zip(keystream(&layout, key)).map(|(word, stream)| *word - stream).collect();
        let values = layout.unpack(&words).map_err(DecryptError::NoWeights)?;
        architecture.with_committed(&values).map_err(DecryptError::Model)
    }

    /// The public input `ciphertext_digest`. Anyone can compute it from the file alone.
    pub fn digest(&self) -> CiphertextDigest {
        CiphertextDigest::from_element(sponge(tag(&self.layout), self.words.iter().copied()))
    }

    /// Names tensors, lengths and widths of the encrypted weights.
    pub const fn layout(&self) -> Digest {
        self.layout
    }

    /// Number of words.
    pub fn n_words(&self) -> usize {
        self.words.len()
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            layout: self.layout,
            words: self.words.iter().map(|word| hex::encode(big_endian(*word))).collect(),
        };
        serde_json::to_string_pretty(&file).expect("strings and numbers are JSON") + "\n"
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`CiphertextFault`] says what is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, CiphertextFault> {
        check_header(json, FORMAT, VERSION)?;
        let File { layout, words, .. } = serde_json::from_slice(json)?;
        if !(1..=MAX_WORDS).contains(&words.len()) {
            return Err(CiphertextFault::Words { found: words.len(), limit: MAX_WORDS });
        }
        let word = |(index, text): (usize, &String)| parse(text).map_err(|_| CiphertextFault::Word { index });
        let words = words.iter().enumerate().map(word).collect::<Result<_, _>>()?;
        Ok(Self { layout, words })
    }

    /// Writes the file, atomically.
    ///
    /// # Errors
    /// [`CiphertextError::File`].
    pub fn write(&self, path: &Path) -> Result<(), CiphertextError> {
        Ok(write_atomic(path, &[self.to_json().as_bytes()])?)
    }

    /// Reads a ciphertext file.
    ///
    /// # Errors
    /// [`CiphertextError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, CiphertextError> {
        let bytes = read_limited(path, MAX_LEN)?;
        Self::from_json(&bytes).map_err(|source| CiphertextError::Content { path: path.to_owned(), source })
    }
}

/// What a model hides.
fn hidden_layout(model: &Model) -> Result<Layout, EncryptError> {
    let layout = model_layout(model)?;
    if layout.n_values() == 0 {
        return Err(EncryptError::NothingHidden { model: model.name().to_owned() });
    }
    Ok(layout)
}

/// One element for each word of `layout`: the sponge's whole rate after absorbing the key and the block's number.
fn keystream(layout: &Layout, key: &SaleKey) -> impl Iterator<Item = Fr> + use<> {
    let (tag, key, n_words) = (layout.tag(Domain::Keystream), key.element(), layout.n_elements());
    let blocks = 0..n_words.div_ceil(RATE) as u64;
    blocks.flat_map(move |block| squeeze::<RATE>(tag, [key, Fr::from(block)])).take(n_words)
}
