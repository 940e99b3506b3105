//! The public statement a digit contract pays for, and its packing into one field element.
//!
//! Prover and script generator never depend on each other; this crate is the one definition both
//! sides share of *which bytes* a proof speaks about and *where each of their bits goes*.
//!
//! # Bytes
//!
//! `class (1 B) || recipient HASH160 (20 B) || nonce (8 B)`, [`STATEMENT_LEN`] = 29 bytes, 232 bits.
//!
//! # Field element
//!
//! The locking script reads the bytes as 58 digits of four bits (high nibble of each byte first)
//! and multiplies one table entry per digit into the squaring chain of the Miller loop
//! (`docs/math/verifier.md`, "Public inputs"). With `n` digits, bit `j` of digit `i` therefore weighs
//! `2^((n - 1 - i) + n j)`: see [`bit_weight`]. The map from bytes to weights is a permutation of
//! `0..8 * len`, so the packing is injective, and 232 bits stay below the 254-bit group order, so no
//! two byte strings share a field element.
//!
//! ```
//! use statement::{Class, Nonce, PubkeyHash, Statement};
//! let statement = Statement { class: Class::new(7)?, recipient: PubkeyHash([0xab; 20]), nonce: Nonce([1; 8]) };
//! assert_eq!(statement.to_bytes()[0], 7);
//! assert_eq!(Statement::from_bytes(&statement.to_bytes())?, statement);
//! # Ok::<(), statement::StatementError>(())
//! ```

/// Number of classes a digit network tells apart.
pub const N_CLASSES: u8 = 10;
/// Length of the packed statement in bytes.
pub const STATEMENT_LEN: usize = 1 + 20 + 8;
/// Length of the packed statement in bits, hence the bound of the public input: `x < 2^232`.
pub const STATEMENT_BITS: usize = 8 * STATEMENT_LEN;

/// A class the network can answer: an integer in `0..10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u8);

impl Class {
    /// Wraps a class index.
    ///
    /// # Errors
    /// [`StatementError::ClassOutOfRange`] unless `index < 10`.
    pub const fn new(index: u8) -> Result<Self, StatementError> {
        if index < N_CLASSES { Ok(Self(index)) } else { Err(StatementError::ClassOutOfRange { found: index }) }
    }

    /// The class index, `0..10`.
    pub const fn index(self) -> u8 {
        self.0
    }
}

impl core::fmt::Display for Class {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// HASH160 (RIPEMD-160 of SHA-256) of the spender's serialized public key, in the order the opcode leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PubkeyHash(pub [u8; 20]);

/// Eight bytes that tell one deployed contract from every other with the same model and class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(pub [u8; 8]);

/// What a proof is about: the class, who may take the coins, and which contract pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// The class the network gives to the hidden input.
    pub class: Class,
    /// Who may spend.
    pub recipient: PubkeyHash,
    /// The contract's nonce, fixed at deployment.
    pub nonce: Nonce,
}

/// Why bytes are not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The class byte names no class.
    #[error("class {found} is out of range: expected 0 to {}", N_CLASSES - 1)]
    ClassOutOfRange {
        /// The byte found.
        found: u8,
    },
    /// The byte string has another length than [`STATEMENT_LEN`].
    #[error("a statement is {STATEMENT_LEN} bytes, found {found}")]
    Length {
        /// The length found.
        found: usize,
    },
}

impl Statement {
    /// The packed bytes: class, recipient, nonce.
    pub fn to_bytes(&self) -> [u8; STATEMENT_LEN] {
        let mut bytes = [0; STATEMENT_LEN];
        bytes[0] = self.class.0;
        bytes[1..21].copy_from_slice(&self.recipient.0);
        bytes[21..].copy_from_slice(&self.nonce.0);
        bytes
    }

    /// Reads packed bytes back.
    ///
    /// # Errors
    /// [`StatementError::Length`] or [`StatementError::ClassOutOfRange`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatementError> {
        let wrong_len = || StatementError::Length { found: bytes.len() };
        let bytes: &[u8; STATEMENT_LEN] = bytes.try_into().map_err(|_| wrong_len())?;
        let (recipient, nonce) = bytes[1..].split_at(20);
        Ok(Self {
            class: Class::new(bytes[0])?,
            recipient: PubkeyHash(recipient.try_into().map_err(|_| wrong_len())?),
            nonce: Nonce(nonce.try_into().map_err(|_| wrong_len())?),
        })
    }
}

/// The exponent of two that bit `bit` (0 = least significant) of byte `byte` weighs in the packed public
/// input made of `len` bytes.
///
/// Digit `i = 2 byte + (bit < 4)` holds the bit at position `j = bit mod 4`; with `n = 2 len` digits its
/// weight is `(n - 1 - i) + n j`, in `0..8 len`.
pub const fn bit_weight(len: usize, byte: usize, bit: usize) -> usize {
    assert!(byte < len && bit < 8, "the bit lies outside the packed bytes");
    let n = 2 * len;
    let i = 2 * byte + if bit < 4 { 1 } else { 0 };
    (n - 1 - i) + n * (bit % 4)
}

/// The packed public input of `bytes` as bits, least significant first, `8 * bytes.len()` of them.
pub fn public_input_bits(bytes: &[u8]) -> Vec<bool> {
    let mut bits = vec![false; 8 * bytes.len()];
    for (k, byte) in bytes.iter().enumerate() {
        for j in 0..8 {
            bits[bit_weight(bytes.len(), k, j)] = byte >> j & 1 == 1;
        }
    }
    bits
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn bit_weight__every_length__is_a_permutation() {
        for len in 1..=31 {
            let mut seen = vec![false; 8 * len];
            for byte in 0..len {
                for bit in 0..8 {
                    let weight = bit_weight(len, byte, bit);
                    assert!(!seen[weight], "weight {weight} is used twice at length {len}");
                    seen[weight] = true;
                }
            }
        }
    }

    #[test]
    fn public_input_bits__single_bits__land_on_their_weight() {
        // Hand-derived from docs/math: one byte has two digits; the high nibble's low bit weighs 2^1,
        // the low nibble's low bit 2^0, the low nibble's top bit 2^(0 + 2 * 3).
        assert_eq!(public_input_bits(&[0x10]).iter().position(|b| *b), Some(1));
        assert_eq!(public_input_bits(&[0x01]).iter().position(|b| *b), Some(0));
        assert_eq!(public_input_bits(&[0x08]).iter().position(|b| *b), Some(6));
    }

    #[test]
    fn class__ten_and_above__is_refused() {
        assert_eq!(Class::new(10), Err(StatementError::ClassOutOfRange { found: 10 }));
        assert_eq!(Class::new(9).map(Class::index), Ok(9));
    }

    #[test]
    fn statement__wrong_length_or_class__is_refused() {
        assert_eq!(Statement::from_bytes(&[0; 28]), Err(StatementError::Length { found: 28 }));
        let mut bytes = [0; STATEMENT_LEN];
        bytes[0] = 10;
        assert_eq!(Statement::from_bytes(&bytes), Err(StatementError::ClassOutOfRange { found: 10 }));
    }
}
