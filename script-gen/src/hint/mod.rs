//! Computes the spender's hints for a proof and packs them into an unlocking script.
//!
//! Hints are untrusted: the locking script checks each (`docs/math/verifier.md`, table of hints). Nothing here needs
//! the proof to be valid until the residue witness is taken: without a valid proof there is none.

mod residue;

use std::collections::HashMap;

use ark_bn254::{Bn254, Fq, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::{Field, PrimeField};
use ark_groth16::Proof;
use chain_types::UnlockingScript;
use sha2::{Digest, Sha256};

use crate::{
    bn254::{LOOP_DIGITS, Line, Pair, lines, miller_chain, to_le_bytes},
    error::HintError,
    ir::{Leaf, Program, meaning},
    poly::Poly,
    torus::{Representative, conjugate},
    verifier::{Constants, Layout, layout::SIX_LEN, six_blob, slopes_blob},
};

/// The spender's blobs, each in the order in which the script reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hints {
    /// Coefficients of the quotient polynomial, lowest power of v first.
    pub quotient: Vec<u8>,
    /// Representatives in reverse order of use, then the residue witness: six coefficients each.
    pub representatives: Vec<u8>,
    /// Slopes of the lines of B in reverse order of use: two coefficients each.
    pub slopes: Vec<u8>,
    /// A, B, C and the inverses of y_A and y_C: ten numbers of 32 bytes, little-endian.
    pub proof: Vec<u8>,
}

impl Hints {
    /// Appends the pushes of all blobs, deepest first.
    pub fn push_onto(&self, script: &mut UnlockingScript) {
        for blob in [&self.quotient, &self.representatives, &self.slopes, &self.proof] {
            script.push_slice(blob);
        }
    }

    /// Number of 32-byte coefficients in `quotient`, `representatives`, `slopes` and `proof` together.
    pub fn n_coefficients(&self) -> usize {
        [&self.quotient, &self.representatives, &self.slopes, &self.proof].iter().map(|blob| blob.len() / 32).sum()
    }
}

/// All intermediate values of the check, as field elements.
struct Witness {
    proof_numbers: [Fq; 10],
    slopes: Vec<Line>,
    d: Representative,
    representatives: Vec<Representative>,
    entries: Vec<Representative>,
}

/// Finds the hints of `proof` for the program recorded by [`crate::verifier::record`] with `input` given at spending.
pub(crate) fn compute(
    program: &Program,
    layout: &Layout,
    constants: &Constants,
    proof: &Proof<Bn254>,
    input: &[u8],
) -> Result<Hints, HintError> {
    if input.len() != layout.input_len() {
        return Err(HintError::InputLength { found: input.len(), expected: layout.input_len() });
    }
    let witness = Witness::of(layout, constants, proof, input)?;
    let mut hints = Hints {
        quotient: Vec::new(),
        representatives: witness.representatives.iter().rev().chain([&witness.d]).flat_map(|r| six_blob(&r.0)).collect(),
        slopes: slopes_blob(&witness.slopes),
        proof: witness.proof_numbers.iter().flat_map(|n| to_le_bytes(*n)).collect(),
    };
    let leaves = witness.leaves(&Challenges::draw(&hints, input), constants);
    // Every leaf the total depends on is in the map.
    let total = meaning::evaluate(program, &leaves, Leaf::Total).expect("all hints have a value");
    let mut quotient = total.divide_by_odd_modulus().ok_or(HintError::ProofInvalid)?;
    let capacity = layout.quotient_len() / 32;
    while quotient.len() > capacity && quotient.last() == Some(&Fq::from(0)) {
        quotient.pop();
    }
    if quotient.len() > capacity {
        return Err(HintError::QuotientTooLong { found: quotient.len(), capacity });
    }
    quotient.resize(capacity, Fq::from(0));
    hints.quotient = quotient.iter().flat_map(|c| to_le_bytes(*c)).collect();
    debug_assert_eq!(hints.quotient.len() % SIX_LEN, 0);
    Ok(hints)
}

struct Challenges {
    rho: Fq,
    sigma: Fq,
}

impl Challenges {
    /// As the script draws them: little-endian digests, read as unsigned numbers.
    fn draw(hints: &Hints, input: &[u8]) -> Self {
        let mut transcript = Sha256::new();
        for part in [&hints.proof[..], &hints.slopes, &hints.representatives, input] {
            transcript.update(part);
        }
        let rho = transcript.finalize();
        let sigma = Sha256::digest(rho);
        Self { rho: Fq::from_le_bytes_mod_order(&rho), sigma: Fq::from_le_bytes_mod_order(&sigma) }
    }
}

/// The digits of the public input: high nibble of each byte first.
fn digits(input: &[u8]) -> impl Iterator<Item = usize> {
    input.iter().flat_map(|byte| [usize::from(byte >> 4), usize::from(byte & 15)])
}

impl Witness {
    fn of(layout: &Layout, constants: &Constants, proof: &Proof<Bn254>, input: &[u8]) -> Result<Self, HintError> {
        let inverse_a_y = inverse_y(&proof.a, "A")?;
        let inverse_c_y = inverse_y(&proof.c, "C")?;
        if proof.b.is_zero() {
            return Err(HintError::Identity { field: "B" });
        }
        if !crate::verifier::is_in_group(&proof.b) {
            return Err(HintError::NotInGroup { field: "B" });
        }
        let slopes = lines(&proof.b).map_err(|_| HintError::NotInGroup { field: "B" })?;
        let entries: Vec<Representative> = match &constants.table {
            Some(table) => digits(input).map(|digit| table[digit]).collect(),
            None => Vec::new(),
        };
        let pairs = || {
            let a = Pair::new(proof.a, &slopes).ok_or(HintError::Identity { field: "A" })?;
            let c = Pair::new(-proof.c, &constants.delta_lines).ok_or(HintError::Identity { field: "C" })?;
            Ok::<_, HintError>([a, c])
        };
        let entry = |k: usize| layout.digit_of_step(k).map_or(ark_bn254::Fq12::ONE, |i| entries[i].to_fq12());
        let f = miller_chain(&mut pairs()?, ark_bn254::Fq12::ONE, entry, |_| ark_bn254::Fq12::ONE, |_, _| ());
        let d = residue::residue_witness(&(f * constants.k.to_fq12())).ok_or(HintError::ProofInvalid)?;

        let d_value = d.to_fq12();
        let mut representatives = Vec::new();
        miller_chain(
            &mut pairs()?,
            d_value,
            entry,
            |digit| if digit > 0 { d_value } else { conjugate(d_value) },
            |k, f| {
                if layout.cuts[k] {
                    representatives.push(Representative::of(f));
                }
            },
        );
        // A value in Fq6 after a chunk has no representative; a blinded prover meets one with probability about 2^-254.
        let representatives = representatives.into_iter().collect::<Option<_>>().ok_or(HintError::ProofInvalid)?;
        debug_assert_eq!(LOOP_DIGITS.len(), layout.cuts.len());
        let (a, b, c) = (proof.a, proof.b, proof.c);
        let proof_numbers =
            [a.x, a.y, b.x.c0, b.x.c1, b.y.c0, b.y.c1, c.x, c.y, inverse_a_y, inverse_c_y];
        Ok(Self { proof_numbers, slopes, d, representatives, entries })
    }

    /// What each value of the script stands for, as polynomials in w.
    fn leaves(&self, challenges: &Challenges, constants: &Constants) -> HashMap<Leaf, Poly> {
        // c0 + c1 i = c0 - 9 c1 + c1 w^6
        let slope = |line: &Line| {
            Poly::strided(&[line.slope.c0 - line.slope.c1 * Fq::from(9), line.slope.c1], 6)
        };
        let six = |r: &Representative| Poly::strided(&r.0, 2);
        let mut leaves = HashMap::from([
            (Leaf::Z, Poly::w()),
            (Leaf::Rho, Poly::scalar(challenges.rho)),
            (Leaf::Sigma, Poly::scalar(challenges.sigma)),
        ]);
        leaves.extend(self.slopes.iter().enumerate().map(|(k, line)| (Leaf::SlopeB(k), slope(line))));
        leaves.extend(constants.delta_lines.iter().enumerate().map(|(k, line)| (Leaf::SlopeDelta(k), slope(line))));
        leaves.extend(self.representatives.iter().enumerate().map(|(k, r)| (Leaf::Representative(k), six(r))));
        leaves.extend(self.entries.iter().enumerate().map(|(k, r)| (Leaf::TableEntry(k), six(r))));
        leaves.extend(self.d.0.iter().enumerate().map(|(k, c)| (Leaf::ResidueDigit(k), Poly::scalar(*c))));
        leaves.extend(self.proof_numbers.iter().enumerate().map(|(k, n)| (Leaf::Proof(k), Poly::scalar(*n))));
        leaves
    }
}

fn inverse_y(point: &G1Affine, field: &'static str) -> Result<Fq, HintError> {
    if point.is_zero() {
        return Err(HintError::Identity { field });
    }
    if !crate::verifier::is_in_group(point) {
        return Err(HintError::NotInGroup { field });
    }
    // No point of the curve has y = 0: its order is odd.
    point.y.inverse().ok_or(HintError::NotInGroup { field })
}
