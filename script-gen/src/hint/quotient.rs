//! The quotient polynomial over the spender's bytes.
//!
//! Bytes are read here by the same rules as in the script, so that any representative of a residue that the script
//! takes is taken here.

use std::collections::HashMap;

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, PrimeField};
use sha2::{Digest, Sha256};

use super::Hints;
use crate::{
    bn254::to_le_bytes,
    error::HintError,
    ir::{Leaf, Program, meaning},
    poly::Poly,
    verifier::{
        Constants, Layout,
        layout::{COEFF_LEN, N_COORDINATES, SIX_LEN, SLOPE_LEN},
    },
};

/// Coefficients of Q with `total(w) = w Q(v) P6(v)`, in the bytes of the quotient blob.
///
/// # Errors
/// [`HintError::ProofInvalid`] if some relation does not hold as a polynomial: then there is no quotient.
pub(super) fn quotient(
    program: &Program,
    layout: &Layout,
    constants: &Constants,
    hints: &Hints,
    inputs: &[Vec<u8>],
) -> Result<Vec<u8>, HintError> {
    check_len("proof", hints.proof.len(), crate::verifier::layout::PROOF_NUMBERS * COEFF_LEN)?;
    check_len("slopes", hints.slopes.len(), layout.slopes_len())?;
    check_len("representatives", hints.representatives.len(), layout.representatives_len())?;
    if inputs.len() != layout.inputs.len() {
        return Err(HintError::InputCount { found: inputs.len(), expected: layout.inputs.len() });
    }
    for (shape, bytes) in layout.inputs.iter().zip(inputs) {
        check_len("public input", bytes.len(), shape.len())?;
    }
    let leaves = leaves(layout, constants, hints, inputs);
    // Every leaf the total depends on is in the map.
    let total = meaning::evaluate(program, &leaves, Leaf::Total).expect("all hints have a value");
    let mut quotient = total.divide_by_odd_modulus().ok_or(HintError::ProofInvalid)?;
    while quotient.last() == Some(&Fq::ZERO) {
        quotient.pop();
    }
    let capacity = layout.quotient_len() / COEFF_LEN;
    if quotient.len() > capacity {
        return Err(HintError::QuotientTooLong { found: quotient.len(), capacity });
    }
    quotient.resize(capacity, Fq::ZERO);
    Ok(quotient.iter().flat_map(|c| to_le_bytes(*c)).collect())
}

fn check_len(blob: &'static str, found: usize, expected: usize) -> Result<(), HintError> {
    if found == expected { Ok(()) } else { Err(HintError::BlobLength { blob, found, expected }) }
}

/// A 32-byte number read as unsigned.
fn unsigned(bytes: &[u8]) -> Fq {
    Fq::from_le_bytes_mod_order(bytes)
}

/// A 32-byte number read as sign and magnitude, as OP_BIN2NUM does.
fn signed(bytes: &[u8]) -> Fq {
    let mut magnitude = bytes.to_vec();
    let Some(top) = magnitude.last_mut() else { return Fq::ZERO };
    let negative = *top & 0x80 != 0;
    *top &= 0x7f;
    let value = unsigned(&magnitude);
    if negative { -value } else { value }
}

fn coefficients(bytes: &[u8], read: fn(&[u8]) -> Fq) -> Vec<Fq> {
    bytes.chunks(COEFF_LEN).map(read).collect()
}

/// What each value of the script stands for, as polynomials in w.
fn leaves(layout: &Layout, constants: &Constants, hints: &Hints, inputs: &[Vec<u8>]) -> HashMap<Leaf, Poly> {
    let (coordinates, scales) = hints.proof.split_at(N_COORDINATES * COEFF_LEN);
    let (coordinates, scales) = (coefficients(coordinates, signed), coefficients(scales, unsigned));
    // (c0 + c1 i) r w, where i = w^6 - 9: a slope scaled by s = z r.
    let slope = |c: &[Fq], r: Fq| Poly::w().mul(&Poly::strided(&[(c[0] - c[1] * Fq::from(9)) * r, c[1] * r], 6));
    let (rho, sigma) = challenges(hints, inputs);
    let mut leaves =
        HashMap::from([(Leaf::Z, Poly::w()), (Leaf::Rho, Poly::scalar(rho)), (Leaf::Sigma, Poly::scalar(sigma))]);
    let (representatives, d) = hints.representatives.split_at(hints.representatives.len() - SIX_LEN);
    let of_b = hints.slopes.rchunks(SLOPE_LEN).map(|c| slope(&coefficients(c, unsigned), scales[0]));
    let of_delta = constants.delta_lines.iter().map(|line| slope(&[line.slope.c0, line.slope.c1], scales[1]));
    let of_chunks = representatives.rchunks(SIX_LEN).map(|c| Poly::strided(&coefficients(c, unsigned), 2));
    leaves.extend(of_b.enumerate().map(|(k, poly)| (Leaf::SlopeB(k), poly)));
    leaves.extend(of_delta.enumerate().map(|(k, poly)| (Leaf::SlopeDelta(k), poly)));
    leaves.extend(of_chunks.enumerate().map(|(k, poly)| (Leaf::Representative(k), poly)));
    for (input, (shape, bytes)) in layout.inputs.iter().zip(inputs).enumerate() {
        for (digit, entry) in constants.entries(input, &shape.digits(bytes)).enumerate() {
            leaves.insert(Leaf::TableEntry { input, digit }, Poly::strided(&entry.coefficients(), 2));
        }
    }
    let of_d = coefficients(d, signed).into_iter().map(Poly::scalar);
    leaves.extend(of_d.enumerate().map(|(k, poly)| (Leaf::ResidueDigit(k), poly)));
    let of_proof = coordinates.iter().chain(&scales).map(|n| Poly::scalar(*n));
    leaves.extend(of_proof.enumerate().map(|(k, poly)| (Leaf::Proof(k), poly)));
    leaves
}

/// rho and sigma as the script draws them: little-endian digests, read as unsigned numbers.
fn challenges(hints: &Hints, inputs: &[Vec<u8>]) -> (Fq, Fq) {
    let mut transcript = Sha256::new();
    for part in [&hints.proof, &hints.slopes, &hints.representatives].into_iter().chain(inputs) {
        transcript.update(part);
    }
    let rho = transcript.finalize();
    (unsigned(&rho), unsigned(&Sha256::digest(rho)))
}
