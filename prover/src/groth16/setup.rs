//! Groth16's setup over the compact rows: Groth, "On the Size of Pairing-based Non-interactive Arguments"
//! (EUROCRYPT 2016), section 3.2, with the symbols of that section.
//!
//! The result is the key that ark-groth16 makes from the same randomness (a test compares them). Its own generator
//! keeps several copies of every matrix, 40 bytes a term and more; this one needs the rows as they are.

use super::progress::{Meter, Progress};
use crate::circuit::R1cs;
use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::scalar_mul::{BatchMulPreprocessing, ScalarMul};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, UniformRand, Zero};
use ark_groth16::{ProvingKey, VerifyingKey};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Scalars multiplied at once: bounds the memory for projective points.
const CHUNK: usize = 1 << 15;
/// A multiplication in G2 takes about as long as three in G1.
const G2_WORK: u64 = 3;

/// The evaluation domain of `n_constraints` constraints and the extra row that each wire known to the verifier gets.
pub(super) fn domain(n_constraints: usize, n_known: usize) -> Option<Radix2EvaluationDomain<Fr>> {
    Radix2EvaluationDomain::new(n_constraints + n_known)
}

/// Makes the proving key, which holds the verifying key; `None` if there is no domain of that size.
pub(super) fn generate<R: RngCore + CryptoRng>(
    r1cs: &R1cs,
    rng: &mut R,
    report: &(dyn Fn(Progress) + Sync),
) -> Option<ProvingKey<Bn254>> {
    let (n_known, n_wires) = (r1cs.n_known(), r1cs.wires().len());
    let domain = domain(r1cs.n_constraints(), n_known)?;
    let meter = Meter::new((3 + G2_WORK) * n_wires as u64 + domain.size() as u64 - 1, report);

    // Whatever would let its owner forge proofs is wiped when it goes out of scope; what the processor copied to registers
    // and stack meanwhile is out of reach.
    let secrets: Zeroizing<[Fr; 4]> = Zeroizing::new(core::array::from_fn(|_| Fr::rand(rng)));
    let [alpha, beta, gamma, delta] = &*secrets;
    let (g1, g2) = (G1Projective::rand(rng), G2Projective::rand(rng));
    // The secret evaluation point, called x in the paper; not a root of unity, so that t(x) is not zero.
    let x = Zeroizing::new(domain.sample_element_outside_domain(rng));
    let [gamma_inverse, delta_inverse] =
        [gamma, delta].map(|secret| secret.inverse().expect("a random element is zero with probability 2^-254"));

    meter.begin("evaluating the constraints");
    let [u, v, w] = wire_polynomials(r1cs, &domain, *x).map(Zeroizing::new);
    let combined = |inverse: Fr| move |((u, v), w): ((&Fr, &Fr), &Fr)| (*beta * u + *alpha * v + w) * inverse;
    let combine = |from: usize, to: usize, inverse: Fr| -> Zeroizing<Vec<Fr>> {
        Zeroizing::new(u[from..to].par_iter().zip(&v[from..to]).zip(&w[from..to]).map(combined(inverse)).collect())
    };
    let gamma_abc = combine(0, n_known, gamma_inverse);
    let l = combine(n_known, n_wires, delta_inverse);
    drop(w);
    // x^i t(x) / delta
    let first = domain.evaluate_vanishing_polynomial(*x) * delta_inverse;
    let powers = (0..domain.size() as u64 - 1).into_par_iter().map(|i| first * x.pow([i]));
    let h: Zeroizing<Vec<Fr>> = Zeroizing::new(powers.collect());

    let table = BatchMulPreprocessing::new(g2, v.len());
    let b_g2_query = multiples(&table, &v, &meter, "points of B in G2", G2_WORK);
    drop(table);
    let table = BatchMulPreprocessing::new(g1, u.len() + v.len() + l.len() + h.len());
    let a_query = multiples(&table, &u, &meter, "points of A", 1);
    drop(u);
    let b_g1_query = multiples(&table, &v, &meter, "points of B in G1", 1);
    drop(v);
    let h_query = multiples(&table, &h, &meter, "points of the quotient", 1);
    drop(h);
    let l_query = multiples(&table, &l, &meter, "points of C", 1);
    drop(l);
    let gamma_abc_g1 = multiples(&table, &gamma_abc, &meter, "points of the public inputs", 1);

    let vk = VerifyingKey {
        alpha_g1: (g1 * alpha).into_affine(),
        beta_g2: (g2 * beta).into_affine(),
        gamma_g2: (g2 * gamma).into_affine(),
        delta_g2: (g2 * delta).into_affine(),
        gamma_abc_g1,
    };
    let (beta_g1, delta_g1) = ((g1 * beta).into_affine(), (g1 * delta).into_affine());
    Some(ProvingKey { vk, beta_g1, delta_g1, a_query, b_g1_query, b_g2_query, h_query, l_query })
}

/// `u_i(x)`, `v_i(x)` and `w_i(x)` for every wire i.
fn wire_polynomials(r1cs: &R1cs, domain: &Radix2EvaluationDomain<Fr>, x: Fr) -> [Vec<Fr>; 3] {
    let lagrange = domain.evaluate_all_lagrange_coefficients(x);
    let (rows, extra) = lagrange.split_at(r1cs.n_constraints());
    let mut polynomials = r1cs.combine_rows(rows);
    // One extra row `x_i * 0 = 0` per known wire makes their polynomials linearly independent of all others, so that
    // a proof cannot be moved to another value of an input that no constraint mentions.
    let [u, _, _] = &mut polynomials;
    u[..r1cs.n_known()].iter_mut().zip(extra).for_each(|(u, extra)| *u += extra);
    polynomials
}

/// The table's base times each scalar, `work` units of work each.
fn multiples<G>(
    table: &BatchMulPreprocessing<G>,
    scalars: &[Fr],
    meter: &Meter<'_>,
    stage: &'static str,
    work: u64,
) -> Vec<G::MulBase>
where
    G: ScalarMul<ScalarField = Fr>,
    G::MulBase: AffineRepr,
{
    meter.begin(stage);
    let mut points = Vec::with_capacity(scalars.len());
    for chunk in scalars.chunks(CHUNK) {
        // Many wires are in no row of B: their points are the identity for free.
        let nonzero: Vec<_> = chunk.iter().filter(|scalar| !scalar.is_zero()).copied().collect();
        let mut multiples = table.batch_mul(&nonzero).into_iter();
        let point = |scalar: &Fr| if scalar.is_zero() { None } else { multiples.next() };
        points.extend(chunk.iter().map(point).map(|point| point.unwrap_or_else(G::MulBase::zero)));
        meter.add(stage, work * chunk.len() as u64);
    }
    points
}
