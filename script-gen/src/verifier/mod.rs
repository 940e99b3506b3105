//! The verifier: one Groth16 proof over BN254, checked by evaluating all relations at a random point.
//!
//! What is checked and why it suffices: `docs/math/verifier.md`. In short: `f(A,B) f(-C,delta) K prod (table entries)`
//! must be an r-th residue in Fq12, up to Fq6; the spender supplies the witness and all intermediate values, and the
//! script checks every relation between them at one point w = z drawn by hashing all of them.

mod blobs;
mod class;
mod constants;
mod curve;
mod inputs;
pub(crate) mod layout;
mod miller_loop;
pub(crate) mod public_input;
mod relations;
mod residue;
mod slots;

pub(crate) use blobs::{six_blob, slopes_blob};
pub(crate) use constants::{Constants, check_point};
pub(crate) use layout::Layout;

use self::{
    curve::{EvalPoint, FrobeniusCoeffs, ProofNumbers, Scale, set_up_pairs, verify_g1_points},
    inputs::{DigitReader, push_tables, verify_input},
    layout::{COEFF_LEN, PROOF_NUMBERS},
    miller_loop::{LoopHints, MillerLoop},
    relations::{Combination, Relations},
    residue::{ResidueWitness, verify_residue},
    slots::{Pattern, Slots},
};
use crate::{
    bn254::to_le_bytes,
    ir::{Builder, Bytes, Leaf, Num},
};

/// The spender's data, in the order in which it lies on the stack, deepest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HintBlobs {
    quotient: Bytes,
    representatives: Bytes,
    slopes: Bytes,
    proof: Bytes,
}

impl HintBlobs {
    /// Declares the blobs as the lowest elements of the stack.
    pub(crate) fn declare(b: &mut Builder, layout: &Layout) -> Self {
        Self {
            quotient: b.initial(layout.quotient_len()),
            representatives: b.initial(layout.representatives_len()),
            slopes: b.initial(layout.slopes_len()),
            proof: b.initial(PROOF_NUMBERS * COEFF_LEN),
        }
    }
}

struct Challenges {
    rho: Num,
    sigma: Num,
    z: Num,
}

/// rho covers all the spender chooses but the quotient; sigma is its hash; z covers rho and the quotient.
fn draw_challenges(b: &mut Builder, blobs: HintBlobs, inputs: &[Bytes]) -> Challenges {
    let mut transcript = b.cat(blobs.proof, blobs.slopes);
    transcript = b.cat(transcript, blobs.representatives);
    for input in inputs {
        transcript = b.cat(transcript, *input);
    }
    let rho = b.sha256(transcript);
    let sigma = b.sha256(rho);
    let with_quotient = b.cat(rho, blobs.quotient);
    let z = b.sha256(with_quotient);
    let mut number = |digest: Bytes, leaf: Leaf| {
        let number = b.unsigned_number(digest);
        b.mark(leaf, number);
        number
    };
    Challenges { rho: number(rho, Leaf::Rho), sigma: number(sigma, Leaf::Sigma), z: number(z, Leaf::Z) }
}

/// Records the verifier and answers 1 if the proof holds, else 0; fails where a direct check does.
///
/// `inputs` are the bytes of the open public inputs, in the layout's order.
pub(crate) fn record(
    b: &mut Builder,
    layout: &Layout,
    constants: &Constants,
    blobs: HintBlobs,
    inputs: &[Bytes],
) -> Num {
    b.fragment("verifier", |b| {
        let digits: Vec<Bytes> = b.fragment("public_inputs", |b| {
            layout.inputs.iter().zip(inputs).map(|(shape, bytes)| verify_input(b, shape, *bytes)).collect()
        });
        let blobs = b.fragment("lengths", |b| HintBlobs {
            // Masks of these lengths are laid over the other two, and over these up to what is read last.
            representatives: b.verify_len(blobs.representatives),
            proof: b.verify_len(blobs.proof),
            ..blobs
        });
        let challenges = b.unit("challenges", |b| draw_challenges(b, blobs, inputs));
        let mut relations =
            Relations { odd: Combination::new(challenges.rho), even: Combination::new(challenges.sigma) };
        let powers = b.unit("powers", |b| Powers::new(b, challenges.z));
        let point = powers.point;
        let proof = b.unit("proof", |b| ProofNumbers::parse(b, blobs.proof));
        let scales = b.unit("g1_points", |b| verify_g1_points(b, proof, point));
        let hints = b.unit("hints", |b| evaluate_hints(b, layout, constants, blobs, &powers, scales));
        let tables = b.fragment("tables", |b| push_tables(b, hints.tables, layout));
        let readers = layout.inputs.iter().zip(digits).zip(tables);
        let inputs = readers.map(|((shape, digits), table)| DigitReader::new(*shape, digits, table)).collect();
        let coeffs = b.unit("frobenius_coeffs", |b| FrobeniusCoeffs::push(b, point));
        let set_up =
            |b: &mut Builder| set_up_pairs(b, proof, scales, &constants.delta, (point, coeffs), &mut relations);
        let pairs = b.fragment("pairs", set_up);
        let d = b.unit("residue_witness", |b| ResidueWitness::read(b, hints.d, point));
        let loop_hints = LoopHints {
            slopes_b: hints.slopes_b,
            slopes_delta: hints.slopes_delta,
            representatives: hints.representatives,
            inputs,
            d,
        };
        let f = b.fragment("miller_loop", |b| {
            MillerLoop::new(b, layout, (point, coeffs), pairs, loop_hints, &mut relations).run(b)
        });
        b.unit("residue", |b| verify_residue(b, f, &constants.k, point, &mut relations));
        b.unit("identity", |b| verify_identity(b, relations, point, challenges.rho, hints.quotient))
    })
}

/// Powers of the evaluation point.
struct Powers {
    point: EvalPoint,
    /// v, v^2, .., v^5
    v: [Num; 5],
}

impl Powers {
    fn new(b: &mut Builder, z: Num) -> Self {
        b.modulus();
        let v = b.mul_reduced(z, z);
        let v2 = b.mul_reduced(v, v);
        let v3 = b.mul_reduced(v2, v);
        let v4 = b.mul_reduced(v3, v);
        let v5 = b.mul_reduced(v4, v);
        let nine = b.int(9);
        let u = b.sub(v3, nine);
        Self { point: EvalPoint { z, v, v3, u }, v: [v, v2, v3, v4, v5] }
    }
}

/// Blobs after evaluation, to be read slot by slot.
struct EvaluatedHints {
    slopes_b: Slots,
    slopes_delta: Slots,
    representatives: Vec<Slots>,
    /// For each group of open inputs, the upper halves of their tables.
    tables: Vec<Slots>,
    quotient: Num,
    d: Bytes,
}

fn evaluate_hints(
    b: &mut Builder,
    layout: &Layout,
    constants: &Constants,
    blobs: HintBlobs,
    powers: &Powers,
    [scale_a, scale_c]: [Scale; 2],
) -> EvaluatedHints {
    let pattern = Pattern::push(b);
    let u = powers.point.u;
    let pairs_mask = pattern.mask(b, 2, constants.delta_lines.len());
    let slopes_delta = b.bytes(slopes_blob(&constants.delta_lines));
    let slopes_delta = Slots::of_slopes(b, slopes_delta, pairs_mask, u, scale_c.s);
    let slopes_b = Slots::of_slopes(b, blobs.slopes, pairs_mask, u, scale_a.s);

    // Quotient and representatives as one blob, cut into as few pieces as numbers may be long.
    let (representatives, d) = b.split(blobs.representatives, layout.n_representatives() * layout::SIX_LEN);
    let mut rest = b.cat(blobs.quotient, representatives);
    let mut pieces = Vec::new();
    while rest.len > layout.slots_at_once * layout::SIX_LEN {
        let (piece, tail) = b.split(rest, layout.slots_at_once * layout::SIX_LEN);
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    let mut representatives = Slots::of_blobs(b, pattern, &pieces, &powers.v);
    let (quotient, others) = representatives[0].split_at(b, layout.n_quotient_slots);
    representatives[0] = others;
    // In powers of v^6 over the slots, the highest last in the blob.
    let v6 = b.mul_reduced(powers.point.v3, powers.point.v3);
    let quotient = quotient.fold(b, v6);
    let quotient = b.reduce(quotient);

    let blobs: Vec<Bytes> = layout
        .table_groups()
        .map(|group| {
            let entries = constants.tables[group].iter().flatten();
            b.bytes(entries.flat_map(|entry| entry.0.map(to_le_bytes)).flatten().collect())
        })
        .collect();
    let [v, _, v3, v4, _] = powers.v;
    let tables = Slots::of_blobs(b, pattern, &blobs, &[v, v3, v4]);
    EvaluatedHints { slopes_b, slopes_delta, representatives, tables, quotient, d }
}

/// `rho * odd + z * even = z Q(v) P6(v)`: the last line, on which every relation rests.
fn verify_identity(b: &mut Builder, relations: Relations, point: EvalPoint, rho: Num, quotient: Num) -> Num {
    let odd = relations.odd.sum(b);
    let odd = b.mul(odd, rho);
    let even = relations.even.sum(b);
    let even = b.mul(even, point.z);
    let total = b.add(odd, even);
    b.mark(Leaf::Total, total);
    let v6 = b.square(point.v3);
    let eighteen = b.int(18);
    let middle = b.mul(point.v3, eighteen);
    let modulus = b.sub(v6, middle);
    let last = b.int(82);
    let modulus = b.add(modulus, last);
    let product = b.mul(modulus, quotient);
    let product = b.mul(product, point.z);
    let difference = b.sub(total, product);
    let residue = b.reduce(difference);
    b.is_zero(residue)
}
