//! Computes the spender's hints for a proof and packs them into an unlocking script.
//!
//! Hints are untrusted: the locking script checks each (`docs/math/verifier.md`, table of hints). Data flows one way:
//! proof, then the values of the check ([`witness`]), then their bytes, then the quotient *over those bytes*
//! ([`quotient`]), since the challenges are drawn from them.

mod quotient;
mod residue;
mod scaling;
mod witness;

use ark_bn254::Bn254;
use ark_groth16::Proof;
use chain_types::UnlockingScript;

use crate::{
    bn254::to_le_bytes,
    error::HintError,
    ir::Program,
    verifier::{Constants, Layout, six_blob, slopes_blob},
};
use witness::Witness;

/// The spender's blobs, each in the order in which the script reads it. All numbers are 32 bytes, little-endian.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Coefficients of the quotient polynomial, lowest power of v first; read as unsigned numbers.
    pub quotient: Vec<u8>,
    /// Representatives in reverse order of use, read as unsigned numbers, then the residue witness, read as signed
    /// ones: six coefficients each.
    pub representatives: Vec<u8>,
    /// Slopes of the lines of B in reverse order of use: two coefficients each, read as unsigned numbers.
    pub slopes: Vec<u8>,
    /// `kappa_A, x_B (2), y_B (2), kappa_C`, read as signed numbers, then the scales `r_A, r_C`, read as unsigned ones:
    /// `A = (kappa / r^2, 1 / r^3)`, `C = (kappa / r^2, -1 / r^3)`. The proof is re-randomised so that the scales exist.
    pub proof: Vec<u8>,
}

impl core::fmt::Debug for Hints {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let lens = [&self.quotient, &self.representatives, &self.slopes, &self.proof].map(Vec::len);
        write!(f, "Hints(quotient, representatives, slopes, proof: {lens:?} bytes)")
    }
}

impl Hints {
    /// Appends the pushes of all blobs, deepest first.
    pub(crate) fn push_onto(&self, script: &mut UnlockingScript) {
        for blob in [&self.quotient, &self.representatives, &self.slopes, &self.proof] {
            script.push_slice(blob);
        }
    }
}

/// Finds the hints of `proof` for the program recorded by [`crate::verifier::record`] with the open public
/// inputs in these bytes.
pub(crate) fn compute(
    program: &Program,
    layout: &Layout,
    constants: &Constants,
    proof: &Proof<Bn254>,
    inputs: &[Vec<u8>],
) -> Result<Hints, HintError> {
    let witness = Witness::of(layout, constants, proof, inputs)?;
    let hints = Hints {
        quotient: Vec::new(),
        representatives: witness
            .representatives
            .iter()
            .rev()
            .chain([&witness.d])
            .flat_map(|r| six_blob(&r.0))
            .collect(),
        slopes: slopes_blob(&witness.slopes),
        proof: witness.proof_numbers.iter().flat_map(|n| to_le_bytes(*n)).collect(),
    };
    complete(program, layout, constants, hints, inputs)
}

/// Replaces the quotient of `hints` by the one that their bytes and those of the inputs call for.
pub(crate) fn complete(
    program: &Program,
    layout: &Layout,
    constants: &Constants,
    hints: Hints,
    inputs: &[Vec<u8>],
) -> Result<Hints, HintError> {
    let quotient = quotient::quotient(program, layout, constants, &hints, inputs)?;
    Ok(Hints { quotient, ..hints })
}
