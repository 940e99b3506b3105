//! Who is paid for which class.

use chain_types::{LockingScript, Satoshis};
use sha2::{Digest, Sha256};

/// What a transaction pays for each class that can be proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payouts {
    input: String,
    by_class: Vec<Option<Vec<Payout>>>,
}

/// One output of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Its value.
    pub value: Satoshis,
    /// Its script.
    pub locking_script: LockingScript,
}

/// Why a list of payouts is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayoutError {
    /// No class pays.
    #[error("no class pays anybody: expected outputs for one class or more")]
    NoClass,
    /// A class that pays has no output: a transaction must have one.
    #[error("class {class}: no output; leave the class out if it pays nobody")]
    NoOutput {
        /// The class.
        class: usize,
    },
    /// More than all coins.
    #[error("class {class}: the outputs' values add up to more than all coins there can be")]
    Value {
        /// The class.
        class: usize,
    },
    /// More classes than the script takes.
    #[error("{found} classes, expected at most {MAX_CLASSES}")]
    Classes {
        /// Entries of the list.
        found: usize,
    },
}

/// Most entries of the list: a class is read from seven bits at most.
pub(super) const MAX_CLASSES: usize = 128;
/// Bytes of a digest of outputs.
pub(super) const OUTPUTS_HASH_LEN: usize = 32;

impl Payouts {
    /// The outputs of a claim for each class from 0 up, in the order in which the transaction has them, `None` where
    /// nobody is paid; `input` is the name of the public input that is the class. Classes beyond the list pay nobody.
    ///
    /// # Errors
    /// [`PayoutError`].
    pub fn new(input: &str, by_class: Vec<Option<Vec<Payout>>>) -> Result<Self, PayoutError> {
        if by_class.len() > MAX_CLASSES {
            return Err(PayoutError::Classes { found: by_class.len() });
        }
        if by_class.iter().all(Option::is_none) {
            return Err(PayoutError::NoClass);
        }
        for (class, outputs) in by_class.iter().enumerate() {
            let Some(outputs) = outputs else { continue };
            if outputs.is_empty() {
                return Err(PayoutError::NoOutput { class });
            }
            let mut values = outputs.iter().map(|payout| payout.value);
            values.try_fold(Satoshis(0), Satoshis::checked_add).map_err(|_| PayoutError::Value { class })?;
        }
        Ok(Self { input: input.to_owned(), by_class })
    }

    /// Name of the public input that is the class.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// For each class from 0 up, its outputs; `None` where nobody is paid.
    pub fn by_class(&self) -> &[Option<Vec<Payout>>] {
        &self.by_class
    }

    /// The outputs of a claim for `class`; `None` if it pays nobody.
    pub fn outputs(&self, class: usize) -> Option<&[Payout]> {
        self.by_class.get(class)?.as_deref()
    }

    /// The digest of these outputs as a signature's preimage has it; `None` if the class pays nobody.
    pub fn outputs_hash(&self, class: usize) -> Option<[u8; 32]> {
        self.outputs(class).map(outputs_hash)
    }

    /// All digests, one after another; zeros, which no outputs have, where nobody is paid.
    pub(super) fn table(&self) -> Vec<u8> {
        let hashes = (0..self.by_class.len()).map(|class| self.outputs_hash(class).unwrap_or([0; OUTPUTS_HASH_LEN]));
        hashes.flatten().collect()
    }
}

/// The double SHA-256 of outputs as a transaction has them.
/// Source: node v1.2.2, `src/script/interpreter.cpp` lines 2053-2061.
pub(super) fn outputs_hash(outputs: &[Payout]) -> [u8; 32] {
    let bytes: Vec<u8> = outputs.iter().flat_map(Payout::to_bytes).collect();
    Sha256::digest(Sha256::digest(bytes)).into()
}

impl Payout {
    /// The output as a transaction has it: value, length of the script, script.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.value.0.to_le_bytes().to_vec();
        bytes.extend(compact_size(self.locking_script.len()));
        bytes.extend(self.locking_script.as_bytes());
        bytes
    }
}

/// A length as transactions write it.
fn compact_size(n: usize) -> Vec<u8> {
    let wide = |prefix: u8, bytes: &[u8]| [&[prefix], bytes].concat();
    match n as u64 {
        n @ 0..=0xfc => vec![n as u8],
        n @ 0xfd..=0xffff => wide(0xfd, &(n as u16).to_le_bytes()),
        n @ 0x1_0000..=0xffff_ffff => wide(0xfe, &(n as u32).to_le_bytes()),
        n => wide(0xff, &n.to_le_bytes()),
    }
}
