//! The values of the check as field elements.

use std::collections::HashMap;

use ark_bn254::{Bn254, Fq, Fq12, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::Field;
use ark_groth16::Proof;

use super::{residue::residue_witness, scaling::ScaledProof};
use crate::{
    bn254::{Line, Pair, lines},
    error::HintError,
    torus::{Representative, ShortRepresentative, conjugate},
    verifier::{
        Constants, Layout, check_point,
        layout::{LoopOp, PROOF_NUMBERS},
    },
};

/// All values the spender supplies beside the quotient.
pub(super) struct Witness {
    pub(super) proof_numbers: [Fq; PROOF_NUMBERS],
    /// Lines of B.
    pub(super) slopes: Vec<Line>,
    /// The residue witness.
    pub(super) d: Representative,
    /// The class of f wherever it is cut.
    pub(super) representatives: Vec<Representative>,
}

impl Witness {
    pub(super) fn of(
        layout: &Layout,
        constants: &Constants,
        proof: &Proof<Bn254>,
        inputs: &[Vec<u8>],
    ) -> Result<Self, HintError> {
        check_points(proof)?;
        let ScaledProof { proof, scale_a, scale_c } = ScaledProof::of(proof, &constants.delta);
        let slopes = lines(&proof.b).map_err(|_| HintError::NotInGroup { field: "B" })?;
        let shapes = layout.inputs.iter().zip(inputs).enumerate();
        let entries: Vec<Vec<Fq12>> = shapes
            .map(|(k, (shape, bytes))| {
                constants.entries(k, &shape.digits(bytes)).map(ShortRepresentative::to_fq12).collect()
            })
            .collect();
        let pairs = || {
            let a = Pair::new(proof.a, &slopes).ok_or(HintError::Identity { field: "A" })?;
            let c = Pair::new(-proof.c, &constants.delta_lines).ok_or(HintError::Identity { field: "C" })?;
            Ok::<_, HintError>([a, c])
        };
        let (f, _) = run(layout, &entries, pairs()?, Fq12::ONE);
        let d = residue_witness(&(f * constants.k.to_fq12())).ok_or(HintError::ProofInvalid)?;
        let (_, values) = run(layout, &entries, pairs()?, d.to_fq12());
        // A value in Fq6 where f is cut has no representative: a blinded prover meets one with probability about 2^-254.
        let representatives =
            values.iter().map(Representative::of).collect::<Option<_>>().ok_or(HintError::ProofInvalid)?;
        let Proof { a, b, c } = proof;
        let kappa = |p: G1Affine, scale: Fq| p.x * scale.square();
        let (kappa_a, kappa_c) = (kappa(a, scale_a), kappa(c, scale_c));
        let proof_numbers = [kappa_a, b.x.c0, b.x.c1, b.y.c0, b.y.c1, kappa_c, scale_a, scale_c];
        Ok(Self { proof_numbers, slopes, d, representatives })
    }
}

/// Runs the loop's operations from `d` and answers f at the end and its values where it is cut.
fn run(layout: &Layout, entries: &[Vec<Fq12>], mut pairs: [Pair<'_>; 2], d: Fq12) -> (Fq12, Vec<Fq12>) {
    let mut f = d;
    let mut kept = HashMap::from([(1, d)]);
    let mut values = Vec::new();
    for (op, cut) in layout.ops.iter().zip(&layout.cuts) {
        if *cut {
            values.push(f);
        }
        match *op {
            LoopOp::Double => {
                f.square_in_place();
                pairs.iter_mut().for_each(|pair| f *= pair.next_line());
            }
            LoopOp::Chord(_) => pairs.iter_mut().for_each(|pair| f *= pair.next_line()),
            LoopOp::Power(m) => {
                let power = kept[&m.unsigned_abs()];
                f *= if m > 0 { power } else { conjugate(power) };
            }
            LoopOp::Digit { input, digit } => f *= entries[input][digit],
            LoopOp::Keep(m) => {
                values.push(f);
                kept.insert(m, f);
            }
            LoopOp::Frobenius(k) => {
                let power = d.frobenius_map(k as usize);
                f *= if k == 2 { conjugate(power) } else { power };
            }
        }
    }
    (f, values)
}

fn check_points(proof: &Proof<Bn254>) -> Result<(), HintError> {
    check_proof_point(&proof.a, "A")?;
    check_proof_point(&proof.b, "B")?;
    check_proof_point(&proof.c, "C")
}

fn check_proof_point(point: &impl AffineRepr, field: &'static str) -> Result<(), HintError> {
    check_point(point, HintError::Identity { field }, HintError::NotInGroup { field })
}
