//! Classes of Fq12* modulo Fq6*, and what has a given pairing value: its power (q^12 - 1)/r.

use ark_bn254::{Fq, Fq2, Fq6, Fq12, Fr};
use ark_ff::{AdditiveGroup, Field, PrimeField};
use num_bigint::{BigInt, BigUint};

use crate::{algebra::roots, prover::element};

fn modulus<F: PrimeField>() -> BigInt
where
    BigUint: From<F::BigInt>,
{
    BigUint::from(F::MODULUS).into()
}

/// (q^6 + 1)/r
fn cofactor() -> BigInt {
    (modulus::<Fq>().pow(6) + 1) / modulus::<Fr>()
}

pub(crate) fn has_trivial_pairing_value(f: Fq12) -> bool {
    f.pow(cofactor().magnitude().to_u64_digits()).c1 == Fq6::ZERO
}

/// `6u+2 + q - q^2 + q^3`
fn lambda() -> BigInt {
    let q = modulus::<Fq>();
    BigInt::from(4_965_661_367_192_848_881u64) * 6 + 2 + &q - q.pow(2) + q.pow(3)
}

/// The power that is found in f at the end.
pub(crate) fn lambda_power(d: Fq12) -> Fq12 {
    d.pow(lambda().magnitude().to_u64_digits())
}

/// The d that closes the equation for a value whose pairing value is one.
pub(crate) fn residue_witness(value: Fq12) -> Fq12 {
    let cofactor = cofactor();
    let exponent = &cofactor - lambda().modinv(&cofactor).expect("lambda is invertible modulo the cofactor");
    value.pow(exponent.magnitude().to_u64_digits())
}

/// The element `k_0 + k_1 v + k_3 v^3 + k_4 v^4 + w` that the script has for this pairing value: the first of `f`, `f g`,
/// `f g^2` .. with `g = (1 + w)^r` that has exactly one of its class times an element of Fq4.
pub(crate) fn short(f: Fq12) -> [Fq; 4] {
    let g = Fq12::new(Fq6::ONE, Fq6::ONE).pow(Fr::MODULUS.0);
    std::iter::successors(Some(f), |f| Some(*f * g)).find_map(short_of_class).expect("about half of all have one")
}

fn short_of_class(f: Fq12) -> Option<[Fq; 4]> {
    let a = f.c0 * f.c1.inverse()?;
    // (a + w)(c + w^3) is of the class of (a c + v^2)/(a v + c) + w: its v^2 vanishes if N = 0, a cubic in c.
    let at = |c: Fq2| {
        let c = Fq6::new(c, Fq2::ZERO, Fq2::ZERO);
        let (v, v2) = (Fq6::new(Fq2::ZERO, Fq2::ONE, Fq2::ZERO), Fq6::new(Fq2::ZERO, Fq2::ZERO, Fq2::ONE));
        (a * c + v2, a * v + c)
    };
    // The inverse of Fq6 over Fq2 is the norm of the denominator, another cubic: the numerator's coordinate is left.
    let coordinate = |c: Fq2| {
        let (numerator, denominator) = at(c);
        (numerator * adjoint(denominator)).c2
    };
    let points: Vec<Fq2> = (0..5u64).map(Fq2::from).collect();
    let cubic = crate::algebra::interpolate(&points, &points.iter().map(|c| coordinate(*c)).collect::<Vec<_>>());
    let [c] = roots(&cubic)[..] else { return None };
    let (numerator, denominator) = at(c);
    let short = numerator * denominator.inverse()?;
    let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
    assert_eq!(short.c2, Fq2::ZERO);
    Some([low(short.c0), low(short.c1), short.c0.c1, short.c1.c1])
}

/// The inverse times the norm.
fn adjoint(a: Fq6) -> Fq6 {
    let xi = Fq2::new(Fq::from(9), Fq::ONE);
    let (c0, c1, c2) = (a.c0, a.c1, a.c2);
    Fq6::new(c0.square() - xi * c1 * c2, xi * c2.square() - c0 * c1, c1.square() - c0 * c2)
}

/// The element of these coefficients.
pub(crate) fn of_short([k_0, k_1, k_3, k_4]: [Fq; 4]) -> Fq12 {
    let coefficients = [k_0, k_1, Fq::ZERO, k_3, k_4, Fq::ZERO];
    element(&coefficients.into_iter().flat_map(crate::prover::to_bytes).collect::<Vec<u8>>())
}
