//! Groth16's prover over the values of the compact rows: Groth, "On the Size of Pairing-based Non-interactive
//! Arguments" (EUROCRYPT 2016), section 3.2.
//!
//! The result is the proof that ark-groth16 makes from the same r and s (a test compares them).

use super::progress::Meter;
use super::setup::domain;
use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInt, FftField, Field, PrimeField, Zero};
use ark_groth16::{Proof, ProvingKey};
use ark_poly::EvaluationDomain;
use rayon::prelude::*;

/// Work of a term of a sum in G2, when one in G1 is 1.
const G2_WORK: usize = 3;
/// Work per point of the evaluation domain.
const QUOTIENT_WORK: usize = 2;

const QUOTIENT: &str = "computing the quotient";
const SUMS: &str = "adding up points";

/// The work that [`create`] reports for a key.
pub(super) fn work(key: &ProvingKey<Bn254>) -> usize {
    let g1 = [&key.a_query, &key.b_g1_query, &key.l_query, &key.h_query];
    g1.map(Vec::len).iter().sum::<usize>() + G2_WORK * key.b_g2_query.len() + QUOTIENT_WORK * key.h_query.len()
}

/// The blinding of a proof.
pub(super) struct Blinding {
    pub(super) r: Fr,
    pub(super) s: Fr,
}

/// Proves that `wires` satisfies the constraints whose sides have the values `rows`: A w, B w, C w.
///
/// The key must be one for these constraints and `n_known` known wires; `rows` must satisfy A w * B w = C w.
/// Gives `None` if no domain is that large, which no key of such a size allows either.
pub(super) fn create(
    key: &ProvingKey<Bn254>,
    n_known: usize,
    rows: [Vec<Fr>; 3],
    wires: &[Fr],
    Blinding { r, s }: Blinding,
    meter: &Meter<'_>,
) -> Option<Proof<Bn254>> {
    meter.begin(QUOTIENT);
    let h = quotient(rows, &wires[..n_known])?;
    meter.add(QUOTIENT, (QUOTIENT_WORK * key.h_query.len()) as u64);
    meter.begin(SUMS);
    let bits: Vec<BigInt<4>> = wires.par_iter().map(|wire| wire.into_bigint()).collect();
    let ((h_sum, l_sum), (a, (b_g1, b_g2))) = rayon::join(
        || rayon::join(|| sum(&key.h_query, &h, 1, meter), || sum(&key.l_query, &bits[n_known..], 1, meter)),
        || {
            rayon::join(
                || sum(&key.a_query, &bits, 1, meter),
                || {
                    rayon::join(
                        || sum(&key.b_g1_query, &bits, 1, meter),
                        || sum(&key.b_g2_query, &bits, G2_WORK, meter),
                    )
                },
            )
        },
    );
    let a = a + key.vk.alpha_g1 + key.delta_g1 * r;
    let b_g1 = b_g1 + key.beta_g1 + key.delta_g1 * s;
    let b_g2 = b_g2 + key.vk.beta_g2 + key.vk.delta_g2 * s;
    let c: G1Projective = h_sum + l_sum + a * s + b_g1 * r - key.delta_g1 * (r * s);
    Some(Proof { a: a.into_affine(), b: b_g2.into_affine(), c: c.into_affine() })
}

fn sum<P>(points: &[P], scalars: &[BigInt<4>], work: usize, meter: &Meter<'_>) -> P::Group
where
    P: AffineRepr<ScalarField = Fr>,
    P::Group: VariableBaseMSM<MulBase = P>,
{
    let sum = P::Group::msm_bigint(points, scalars);
    meter.add(SUMS, (work * points.len()) as u64);
    sum
}

/// The coefficients of `h = (u v - w) / t`, where u, v and w take the values `rows` on the evaluation domain and t
/// vanishes there; u also takes the values of the `known` wires, one per extra row.
fn quotient([mut u, mut v, mut w]: [Vec<Fr>; 3], known: &[Fr]) -> Option<Vec<BigInt<4>>> {
    let domain = domain(u.len(), known.len())?;
    u.extend(known);
    // On a coset, t is one nonzero constant and the division is one of values.
    let coset = domain.get_coset(Fr::GENERATOR)?;
    let move_to_coset = |values: &mut Vec<Fr>| {
        domain.ifft_in_place(values);
        coset.fft_in_place(values);
    };
    rayon::join(|| move_to_coset(&mut u), || rayon::join(|| move_to_coset(&mut v), || move_to_coset(&mut w)));
    let t_inverse = domain.evaluate_vanishing_polynomial(Fr::GENERATOR).inverse()?;
    u.par_iter_mut().zip(v).zip(w).for_each(|((u, v), w)| *u = (*u * v - w) * t_inverse);
    coset.ifft_in_place(&mut u);
    debug_assert!(u.last().is_some_and(Zero::is_zero), "the degree of h is at most that of t minus two");
    Some(u.into_par_iter().map(|coefficient| coefficient.into_bigint()).collect())
}
