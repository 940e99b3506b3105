//! The values of the check as field elements.

use ark_bn254::{Bn254, Fq, Fq12};
use ark_ec::AffineRepr;
use ark_ff::Field;
use ark_groth16::Proof;

use super::{residue::residue_witness, scaling::ScaledProof};
use crate::{
    bn254::{Line, Pair, lines, miller_chain},
    error::HintError,
    torus::{Representative, conjugate},
    verifier::{Constants, Layout, check_point, layout::PROOF_NUMBERS},
};

/// All values the spender supplies beside the quotient.
pub(super) struct Witness {
    pub(super) proof_numbers: [Fq; PROOF_NUMBERS],
    /// Lines of B.
    pub(super) slopes: Vec<Line>,
    /// The residue witness.
    pub(super) d: Representative,
    /// The class of f after each chunk.
    pub(super) representatives: Vec<Representative>,
}

impl Witness {
    pub(super) fn of(
        layout: &Layout,
        constants: &Constants,
        proof: &Proof<Bn254>,
        input: &[u8],
    ) -> Result<Self, HintError> {
        check_points(proof)?;
        let ScaledProof { proof, scale_a, scale_c } = ScaledProof::of(proof, &constants.delta);
        let slopes = lines(&proof.b).map_err(|_| HintError::NotInGroup { field: "B" })?;
        let entries = constants.entries(input);
        let pairs = || {
            let a = Pair::new(proof.a, &slopes).ok_or(HintError::Identity { field: "A" })?;
            let c = Pair::new(-proof.c, &constants.delta_lines).ok_or(HintError::Identity { field: "C" })?;
            Ok::<_, HintError>([a, c])
        };
        let entry = |k: usize| layout.digit_of_step(k).map_or(Fq12::ONE, |i| entries[i].to_fq12());
        let f = miller_chain(&mut pairs()?, Fq12::ONE, entry, |_| Fq12::ONE, |_, _| ());
        let d = residue_witness(&(f * constants.k.to_fq12())).ok_or(HintError::ProofInvalid)?;

        let d_value = d.to_fq12();
        let mut representatives = Vec::new();
        let d_factor = |digit| if digit > 0 { d_value } else { conjugate(d_value) };
        miller_chain(&mut pairs()?, d_value, entry, d_factor, |k, f| {
            if layout.cuts[k] {
                representatives.push(Representative::of(f));
            }
        });
        // A value in Fq6 after a chunk has no representative: a blinded prover meets one with probability about 2^-254.
        let representatives = representatives.into_iter().collect::<Option<_>>().ok_or(HintError::ProofInvalid)?;
        let (a, b, c) = (proof.a, proof.b, proof.c);
        let proof_numbers = [a.x, a.y, b.x.c0, b.x.c1, b.y.c0, b.y.c1, c.x, c.y, scale_a, scale_c];
        Ok(Self { proof_numbers, slopes, d, representatives })
    }
}

fn check_points(proof: &Proof<Bn254>) -> Result<(), HintError> {
    check_proof_point(&proof.a, "A")?;
    check_proof_point(&proof.b, "B")?;
    check_proof_point(&proof.c, "C")
}

fn check_proof_point(point: &impl AffineRepr, field: &'static str) -> Result<(), HintError> {
    check_point(point, HintError::Identity { field }, HintError::NotInGroup { field })
}
