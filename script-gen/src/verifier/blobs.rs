//! Coefficients as bytes, in the order in which the script reads them.

use ark_bn254::Fq;

use crate::bn254::{Line, to_le_bytes};

/// Slopes in the order in which slots are read: from the end.
pub(crate) fn slopes_blob(lines: &[Line]) -> Vec<u8> {
    lines.iter().rev().flat_map(|line| [to_le_bytes(line.slope.c0), to_le_bytes(line.slope.c1)]).flatten().collect()
}

/// Six coefficients as bytes.
pub(crate) fn six_blob(coeffs: &[Fq; 6]) -> Vec<u8> {
    coeffs.iter().flat_map(|c| to_le_bytes(*c)).collect()
}
