//! Re-randomises a proof so that the script can scale its lines to an even part of one.
//!
//! The script works with `s = z r` where `r^3 y = 1`: then slopes, points and lines need no further factor. Such an r
//! exists for a third of all y. Anyone can turn a proof into others of the same statement: `(tA, B/t, C)`, and
//! `(A, B + t delta, C + t A)`; the first t = 1, 2, .. that serves is taken, so the outcome is a function of the proof.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use ark_groth16::Proof;
use num_bigint::BigUint;

use crate::bn254::base_modulus;

/// A proof with scales: `scale_a^3 y_A = 1`, `scale_c^3 y_C = -1`.
pub(super) struct ScaledProof {
    pub(super) proof: Proof<Bn254>,
    pub(super) scale_a: Fq,
    pub(super) scale_c: Fq,
}

impl ScaledProof {
    /// Finds scales for a proof made of points of order r, none of them the identity.
    pub(super) fn of(proof: &Proof<Bn254>, delta: &G2Affine) -> Self {
        let scalars = || (1u64..).map(Fr::from);
        // A third of all points has a scale: a hundred misses in a row happen with probability 2^-58.
        let found = scalars().find_map(|t| {
            let a = (proof.a * t).into_affine();
            Some((a, (proof.b * t.inverse()?).into_affine(), scale(&a, Fq::ONE)?))
        });
        let (a, b, scale_a) = found.expect("the multiples of a point of order r never end");
        let found = std::iter::once(Fr::from(0u64)).chain(scalars()).find_map(|t| {
            let c = (G1Projective::from(proof.c) + a * t).into_affine();
            let b = (b + *delta * t).into_affine();
            if c.is_zero() || b.is_zero() {
                return None;
            }
            Some((b, c, scale(&c, -Fq::ONE)?))
        });
        let (b, c, scale_c) = found.expect("the multiples of a point of order r never end");
        Self { proof: Proof { a, b, c }, scale_a, scale_c }
    }
}

/// r with `r^3 y = unit`, if there is one.
fn scale(point: &G1Affine, unit: Fq) -> Option<Fq> {
    cube_root(unit * point.y.inverse()?)
}

/// `q - 1 = 9 m` with m prime to 3.
static M: LazyLock<BigUint> = LazyLock::new(|| (base_modulus() - 1u8) / 9u8);
/// Inverse of 3 modulo m.
static THIRD: LazyLock<BigUint> = LazyLock::new(|| BigUint::from(3u8).modinv(&M).expect("m is prime to 3"));
/// An element of order 9: the m-th power of the first number that is no cube.
static NINTH_ROOT: LazyLock<Fq> = LazyLock::new(|| {
    let no_cube = (2u64..).map(Fq::from).find(|x| x.pow((&*M * 3u8).to_u64_digits()) != Fq::ONE);
    no_cube.expect("two thirds of all elements are no cubes").pow(M.to_u64_digits())
});

/// A cube root of x, if there is one.
fn cube_root(x: Fq) -> Option<Fq> {
    // x^(1/3 mod m) is a cube root up to an m-th power's part, which is a power of the ninth root.
    let mut root = x.pow(THIRD.to_u64_digits());
    for _ in 0..9 {
        if root.square() * root == x {
            return Some(root);
        }
        root *= &*NINTH_ROOT;
    }
    None
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_std::{UniformRand, test_rng};

    #[test]
    fn cube_root__cubes_and_others__are_told_apart() {
        let rng = &mut test_rng();
        let mut cubes = 0;
        for _ in 0..300 {
            let x = Fq::rand(rng);
            let root = cube_root(x.square() * x).expect("a cube");
            assert_eq!(root.square() * root, x.square() * x);
            cubes += usize::from(cube_root(x).is_some());
        }
        assert!((60..140).contains(&cubes), "{cubes} of 300 random elements are cubes, about 100 expected");
    }
}
