//! Why something cannot be committed to, or read as a commitment or salt.

use super::poseidon::ELEMENT_BITS;
use num_bigint::BigInt;
use std::sync::Arc;

/// Why there is no commitment to these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitmentError {
    /// A value of this width does not fit into a field element, or there is only one value it could have.
    #[error("{tensor}: values of {bits} bits cannot be packed; 1 to {ELEMENT_BITS} bits can")]
    Width {
        /// Name of the tensor.
        tensor: Arc<str>,
        /// Its bits per value.
        bits: u32,
    },
    /// The largest value is not above the smallest.
    #[error("{tensor}: the range {min}..={max} does not hold two values")]
    EmptyRange {
        /// Name of the tensor.
        tensor: Arc<str>,
        /// Its declared smallest value.
        min: i64,
        /// Its declared largest value.
        max: i64,
    },
    /// A value outside its tensor's range.
    #[error("{tensor}[{index}] is {found}, which is not in {lowest}..={highest}")]
    Range {
        /// Name of the tensor.
        tensor: Arc<str>,
        /// Index in the tensor.
        index: usize,
        /// The value.
        found: BigInt,
        /// Smallest value.
        lowest: BigInt,
        /// Largest value.
        highest: BigInt,
    },
    /// Another number of values than all tensors together have.
    #[error("found {found} values to commit to, expected {expected}")]
    Count {
        /// Values given; when there are too many, counting stopped at the first one too many.
        found: usize,
        /// Values of all tensors.
        expected: usize,
    },
    /// Another number of packed elements than the values take.
    #[error("found {found} packed elements, expected {expected}")]
    Elements {
        /// Elements given.
        found: usize,
        /// Elements that all tensors take.
        expected: usize,
    },
    /// A packed element above what its values can make.
    #[error("packed element {index} is not below 2^{bits}: it holds no values of these widths")]
    Element {
        /// Its place, from 0.
        index: usize,
        /// Bits of the values packed into it.
        bits: u32,
    },
}

/// Why a text is not a commitment, or not the digest of a ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseCommitmentError {
    /// Other characters or another length.
    #[error("it is not 64 lower-case hex digits, found {found} bytes of text")]
    Digits {
        /// Bytes of the text.
        found: usize,
    },
    /// Not below r.
    #[error("the number is not below the order of BN254's scalar field")]
    NotReduced,
}

/// Why a text is not a salt. No variant repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSaltError {
    /// Other characters or another length.
    #[error("a salt is 64 lower-case hex digits, found {found} bytes of text")]
    Digits {
        /// Bytes of the text.
        found: usize,
    },
    /// Not below `2^253`.
    #[error("a salt has {ELEMENT_BITS} bits, this number has more")]
    TooLarge,
}
