//! What a proof is bound to, and how it is packed into one field element.
//!
//! Prover and script generator never depend on each other; this crate is the one definition both
//! sides share of *which bytes* bind a proof to its spender, *where each of their bits goes*, and how public inputs
//! are named.
//!
//! # Bytes
//!
//! `recipient HASH160 (20 B) || nonce (8 B)`, [`BINDING_LEN`] = 28 bytes, [`BINDING_BITS`] = 224 bits: the first public
//! input of every circuit, named [`BINDING`]. What else a circuit says (a class, a commitment) are public inputs of
//! their own, each with a name ([`is_input_name`]) and a width in bits.
//!
//! # Field element
//!
//! The locking script reads the bytes as 56 digits of four bits (high nibble of each byte first)
//! and multiplies one table entry per digit into the squaring chain of the Miller loop
//! (`docs/math/verifier.md`, "Public inputs"). With `n` digits, bit `j` of digit `i` therefore weighs
//! `2^((n - 1 - i) + n j)`: see [`bit_weight`]. The map from bytes to weights is a permutation of
//! `0..8 * len`, so the packing is injective, and 224 bits stay below the 254-bit group order, so no
//! two byte strings share a field element.
//!
//! ```
//! use statement::{Binding, Nonce, PubkeyHash};
//! let binding = Binding { recipient: PubkeyHash([0xab; 20]), nonce: Nonce([1; 8]) };
//! assert_eq!(binding.to_bytes()[19..21], [0xab, 1]);
//! assert_eq!(Binding::from_bytes(&binding.to_bytes())?, binding);
//! # Ok::<(), statement::StatementError>(())
//! ```

/// Name of every circuit's first public input.
pub const BINDING: &str = "binding";
/// Length of the packed binding in bytes.
pub const BINDING_LEN: usize = 20 + 8;
/// Length of the packed binding in bits, hence the bound of the public input: `x < 2^224`.
pub const BINDING_BITS: u32 = 8 * BINDING_LEN as u32;
/// Bits of a public input that may be any element of the scalar field.
pub const FIELD_BITS: u32 = 254;
/// Most characters in the name of a public input.
pub const MAX_INPUT_NAME: usize = 64;
/// Number of classes a digit network tells apart.
pub const N_CLASSES: u8 = 10;

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

/// Eight bytes that tell one deployed contract from every other that fixes the same public inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(pub [u8; 8]);

/// Whom and which contract a proof is for. No constraint of a circuit touches it; that a proof cannot be moved to
/// another binding all the same is argued in `docs/math/circuit.md`, "The binding".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// Who may spend.
    pub recipient: PubkeyHash,
    /// The contract's nonce, fixed at deployment.
    pub nonce: Nonce,
}

/// Why bytes are not a binding, or a number is no class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The number names no class.
    #[error("class {found} is out of range: expected 0 to {}", N_CLASSES - 1)]
    ClassOutOfRange {
        /// The number found.
        found: u8,
    },
    /// The byte string has another length than [`BINDING_LEN`].
    #[error("a binding is {BINDING_LEN} bytes, found {found}")]
    Length {
        /// The length found.
        found: usize,
    },
}

impl Binding {
    /// The packed bytes: recipient, nonce.
    pub fn to_bytes(&self) -> [u8; BINDING_LEN] {
        let mut bytes = [0; BINDING_LEN];
        bytes[..20].copy_from_slice(&self.recipient.0);
        bytes[20..].copy_from_slice(&self.nonce.0);
        bytes
    }

    /// Reads packed bytes back.
    ///
    /// # Errors
    /// [`StatementError::Length`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatementError> {
        let wrong_len = || StatementError::Length { found: bytes.len() };
        let bytes: &[u8; BINDING_LEN] = bytes.try_into().map_err(|_| wrong_len())?;
        let (recipient, nonce) = bytes.split_at(20);
        Ok(Self {
            recipient: PubkeyHash(recipient.try_into().map_err(|_| wrong_len())?),
            nonce: Nonce(nonce.try_into().map_err(|_| wrong_len())?),
        })
    }
}

/// Whether `name` may name a public input: a lower-case letter, then lower-case letters, digits and underscores, then
/// perhaps an index such as `[12]` without leading zeros; at most [`MAX_INPUT_NAME`] characters.
///
/// So a name has one spelling, and can stand in a file, a command line or a comment as it is.
pub fn is_input_name(name: &str) -> bool {
    let (word, index) = match name.split_once('[') {
        None => (name, None),
        Some((word, rest)) => (word, Some(rest.strip_suffix(']').unwrap_or_default())),
    };
    let is_word = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let is_index = |index: &str| {
        let is_number = !index.is_empty() && index.chars().all(|c| c.is_ascii_digit());
        is_number && (index == "0" || !index.starts_with('0'))
    };
    name.len() <= MAX_INPUT_NAME && is_word && index.is_none_or(is_index)
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
    fn binding__wrong_length__is_refused() {
        for found in [0, 27, 29] {
            assert_eq!(Binding::from_bytes(&vec![0; found]), Err(StatementError::Length { found }));
        }
    }

    #[test]
    fn binding__bytes__are_recipient_then_nonce() {
        let bytes: [u8; BINDING_LEN] = core::array::from_fn(|k| k as u8);
        let binding = Binding::from_bytes(&bytes).expect("28 bytes");
        assert_eq!(binding.recipient.0[..], bytes[..20]);
        assert_eq!(binding.nonce.0[..], bytes[20..]);
        assert_eq!(binding.to_bytes(), bytes);
    }

    #[test]
    fn input_name__good_and_bad__are_told_apart() {
        let longest = "a".repeat(MAX_INPUT_NAME);
        for good in ["binding", "class", "logits[0]", "classes[99]", "min_correct", "a1", longest.as_str()] {
            assert!(is_input_name(good), "{good}");
        }
        let long = "a".repeat(MAX_INPUT_NAME + 1);
        for bad in [
            "",
            "Class",
            "1a",
            "_a",
            "a b",
            "a\n",
            "a=1",
            "logits[]",
            "logits[01]",
            "logits[0",
            "logits[0]x",
            "logits[x]",
            "[0]",
            "a[0][1]",
            "\u{e4}",
            long.as_str(),
        ] {
            assert!(!is_input_name(bad), "{bad:?}");
        }
    }
}
