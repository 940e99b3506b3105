//! Points that are not what they claim to be, with hints that are as right as they can be.

use std::collections::HashMap;

use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, short_weierstrass::SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand};
use rand::{SeedableRng, rngs::StdRng};
use script_gen::Hints;

use crate::{
    common::{
        B_X, B_Y, KAPPA_A, KAPPA_C, LOOP_DIGITS, SCALE_A, SCALE_C, Spend, assert_refused, g2, proof_number,
        readings::Check, spend, with_numbers, written_proof,
    },
    scales::root_of_unity,
};

/// A point of the twist whose order is not r.
pub(crate) fn outside_the_subgroup(seed: u64) -> G2Affine {
    let rng = &mut StdRng::seed_from_u64(seed);
    loop {
        let found = G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), false);
        if let Some(point) = found.filter(|point| !point.is_in_correct_subgroup_assuming_on_curve()) {
            assert!(point.is_on_curve());
            return point;
        }
    }
}

/// The twist endomorphism, from its definition: Frobenius between the untwist and the twist.
fn psi(p: G2Affine) -> G2Affine {
    let xi = Fq2::new(Fq::from(9), Fq::ONE);
    let q: num_bigint::BigUint = Fq::MODULUS.into();
    let power = |divisor: u32| xi.pow(((q.clone() - 1u32) / divisor).to_u64_digits());
    let conjugate = |mut a: Fq2| {
        a.conjugate_in_place();
        a
    };
    G2Affine::new_unchecked(conjugate(p.x) * power(3), conjugate(p.y) * power(2))
}

/// The slopes of the loop's lines for `base`, by arkworks' point arithmetic, and where they end.
fn slopes(base: G2Affine) -> (Vec<Fq2>, G2Affine) {
    let mut slopes = Vec::new();
    let mut line = |t: &mut G2Affine, p: G2Affine| {
        let tangent = (t.x.square() * Fq2::from(3)) / (t.y + t.y);
        slopes.push(if *t == p { tangent } else { (p.y - t.y) / (p.x - t.x) });
        *t = (*t + p).into_affine();
    };
    let (mut t, mut multiple) = (base, 1);
    let mut passed = HashMap::from([(1, base)]);
    for digit in LOOP_DIGITS {
        let doubled = t;
        line(&mut t, doubled);
        multiple *= 2;
        passed.insert(multiple, t);
        if digit != 0 {
            let added = passed[&i128::from(digit.unsigned_abs())];
            line(&mut t, if digit > 0 { added } else { -added });
            multiple += i128::from(digit);
            passed.insert(multiple, t);
        }
    }
    line(&mut t, psi(base));
    line(&mut t, -psi(psi(base)));
    (slopes, t)
}

fn bytes(numbers: &[Fq]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.into_bigint().to_bytes_le()).collect()
}

fn slopes_blob(slopes: &[Fq2]) -> Vec<u8> {
    bytes(&slopes.iter().rev().flat_map(|s| [s.c0, s.c1]).collect::<Vec<_>>())
}

fn with_b(spend: &Spend, b: G2Affine, slopes: &[Fq2]) -> Hints {
    let numbers = [(B_X, b.x.c0), (B_X + 1, b.x.c1), (B_Y, b.y.c0), (B_Y + 1, b.y.c1)];
    Hints { slopes: slopes_blob(slopes), ..with_numbers(&spend.hints, &numbers) }
}

#[test]
fn slopes__of_the_spends_own_b__are_the_hints() {
    let spend = spend();
    let b = written_proof(&spend.hints).b;
    let (slopes, end) = slopes(b);
    assert!(slopes_blob(&slopes) == spend.hints.slopes);
    assert_eq!(end, -psi(psi(psi(b))));
}

#[test]
fn loop_end__point_outside_the_subgroup__is_not_minus_psi_cubed() {
    for seed in 0..8 {
        let inside = g2((80 + seed).into());
        assert_eq!(slopes(inside).1, -psi(psi(psi(inside))), "seed {seed}");
        let outside = outside_the_subgroup(seed);
        assert_ne!(slopes(outside).1, -psi(psi(psi(outside))), "seed {seed}");
    }
}

#[test]
fn forged_b__on_the_twist_but_outside_the_subgroup__is_refused() {
    let spend = spend();
    let b = outside_the_subgroup(73);
    let hints = with_b(spend, b, &slopes(b).0);
    spend.assert_no_quotient_helps(&hints, Check::Identity, "outside the subgroup");
    // The part of B in the subgroup is right: only the foreign part is new.
    let mixed = (written_proof(&spend.hints).b + clear_subgroup(b)).into_affine();
    let hints = with_b(spend, mixed, &slopes(mixed).0);
    spend.assert_no_quotient_helps(&hints, Check::Identity, "B plus a point of the cofactor's order");
}

/// r times a point: what is left of it outside the subgroup.
fn clear_subgroup(point: G2Affine) -> G2Affine {
    let left = point.mul_bigint(ark_bn254::Fr::MODULUS).into_affine();
    assert!(!left.is_zero());
    left
}

#[test]
fn forged_b__on_an_isomorphic_curve__is_refused() {
    // (t^2 x, t^3 y) has slopes t times those of (x, y): every slope relation and the loop's end still hold. Of B's own
    // relations only the equation of the twist tells (the lines' values, and with them the chunks', differ too).
    let spend = spend();
    let t = Fq2::from(2);
    let own = written_proof(&spend.hints).b;
    let b = G2Affine::new_unchecked(own.x * t.square(), own.y * t.square() * t);
    assert_ne!(b.y.square(), b.x.square() * b.x + ark_bn254::g2::Config::COEFF_B);
    let scaled: Vec<Fq2> = slopes(own).0.iter().map(|s| *s * t).collect();
    spend.assert_no_quotient_helps(&with_b(spend, b, &scaled), Check::Identity, "(4x, 8y)");
}

#[test]
fn forged_a_and_c__off_the_curve__are_refused() {
    let spend = spend();
    let half = Fq::from(2).inverse().expect("not zero");
    for (label, kappa, scale) in [("A", KAPPA_A, SCALE_A), ("C", KAPPA_C, SCALE_C)] {
        let (k, r) = (proof_number(&spend.hints, kappa), proof_number(&spend.hints, scale));
        assert_eq!(k.pow([3]) + Fq::from(3) * r.pow([6]), Fq::ONE, "{label}");
        let with = |numbers: &[(usize, Fq)]| with_numbers(&spend.hints, numbers);
        // On the curve y^2 = x^3 + b for another b: (4 x, 8 y) has the same kappa, and half the scale.
        spend.assert_no_quotient_helps(&with(&[(scale, r * half)]), Check::G1, label);
        // Another x with the same y.
        spend.assert_no_quotient_helps(&with(&[(kappa, k.double())]), Check::G1, label);
        spend.assert_no_quotient_helps(&with(&[(kappa, -k)]), Check::G1, label);
        // The curve has no point with y = 0, its order being odd; and no number here says 0.
        assert_refused(spend.run(&with(&[(kappa, Fq::ZERO), (scale, Fq::ZERO)])), Check::G1, label);
        // The other point with this x has the opposite scale: A and -A are both on the curve, the equation tells.
        spend.assert_no_quotient_helps(&with(&[(scale, -r)]), Check::Identity, label);
        // Points of the curve with this y: x times a cube root of one. Again the equation tells.
        let omega = root_of_unity(3);
        spend.assert_no_quotient_helps(&with(&[(kappa, k * omega)]), Check::Identity, label);
    }
}

#[test]
fn forged_b__with_y_zero__is_refused() {
    let spend = spend();
    let mut b = written_proof(&spend.hints).b;
    let slopes = slopes(b).0;
    b.y = Fq2::from(0);
    spend.assert_no_quotient_helps(&with_b(spend, b, &slopes), Check::Identity, "B.y = 0");
}
