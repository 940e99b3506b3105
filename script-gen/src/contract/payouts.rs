//! Who is paid for which class.

use chain_types::{LockingScript, Opcode, Satoshis};
use sha2::{Digest, Sha256};
use statement::Nonce;

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
    /// An output that nodes do not relay: no value, and not OP_FALSE OP_RETURN.
    #[error("class {class}: an output without value, which nodes take for dust; only OP_FALSE OP_RETURN may have none")]
    Dust {
        /// The class.
        class: usize,
    },
    /// An output that no block may hold.
    #[error("class {class}: an output that pays to a script's hash (P2SH), which no block may hold since Genesis")]
    ScriptHash {
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
            if outputs.iter().any(|payout| payout.value.0 == 0 && !payout.is_data()) {
                return Err(PayoutError::Dust { class });
            }
            if outputs.iter().any(Payout::is_script_hash) {
                return Err(PayoutError::ScriptHash { class });
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

    /// The outputs listed for `class`; `None` if it pays nobody. A claim has one more: see
    /// [`Terms::claim_outputs`](super::Terms::claim_outputs).
    pub fn outputs(&self, class: usize) -> Option<&[Payout]> {
        self.by_class.get(class)?.as_deref()
    }

    /// All outputs of a claim.
    pub(super) fn claim_outputs(&self, class: usize, nonce: Nonce) -> Option<Vec<Payout>> {
        let listed = self.outputs(class)?;
        Some(listed.iter().cloned().chain([mark(nonce)]).collect())
    }

    /// The digest of a claim's outputs as a signature's preimage has it; `None` if the class pays nobody.
    pub(super) fn outputs_hash(&self, class: usize, nonce: Nonce) -> Option<[u8; OUTPUTS_HASH_LEN]> {
        self.claim_outputs(class, nonce).map(|outputs| outputs_hash(&outputs))
    }

    /// All digests, one after another; zeros, which no outputs have, where nobody is paid.
    pub(super) fn table(&self, nonce: Nonce) -> Vec<u8> {
        let entry = |class| self.outputs_hash(class, nonce).unwrap_or([0; OUTPUTS_HASH_LEN]);
        (0..self.by_class.len()).flat_map(entry).collect()
    }
}

/// An output that tells a contract's claim from another's: no value, OP_FALSE OP_RETURN and the nonce. One transaction could
/// otherwise spend two contracts that list the same outputs, pay these once, and leave the rest to whoever mines it.
fn mark(nonce: Nonce) -> Payout {
    let mut locking_script = LockingScript::default();
    locking_script.push_opcode(Opcode::OP_0);
    locking_script.push_opcode(Opcode::OP_RETURN);
    locking_script.push_slice(&nonce.0);
    Payout { value: Satoshis(0), locking_script }
}

/// The double SHA-256 of outputs as a transaction has them.
/// Source: node v1.2.2, `src/script/interpreter.cpp` lines 2053-2061.
fn outputs_hash(outputs: &[Payout]) -> [u8; OUTPUTS_HASH_LEN] {
    let bytes: Vec<u8> = outputs.iter().flat_map(Payout::to_bytes).collect();
    Sha256::digest(Sha256::digest(bytes)).into()
}

impl Payout {
    /// Whether it carries data, and nobody can spend it: the node asks no value of it.
    /// Source: node v1.2.2, `src/primitives/transaction.h` lines 203-213.
    fn is_data(&self) -> bool {
        self.locking_script.as_bytes().starts_with(&[Opcode::OP_0.0, Opcode::OP_RETURN.0])
    }

    /// Whether it has the form that P2SH had.
    /// Source: node v1.2.2, `src/validation.cpp` lines 610-623.
    fn is_script_hash(&self) -> bool {
        matches!(self.locking_script.as_bytes(), [hash160, 20, hash @ .., equal]
            if *hash160 == Opcode::OP_HASH160.0 && hash.len() == 20 && *equal == Opcode::OP_EQUAL.0)
    }

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
