//! Recomputes the numbers and the facts about numbers that `docs/math/verifier.md` rests on, from the curve's
//! parameter u alone, and holds the document to them.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use ark_bn254::{Fq, Fq2, Fq6, Fq12, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field, One, UniformRand, Zero};
use num_bigint::BigInt;
use rand::{SeedableRng, rngs::StdRng};

use common::Spend;

const DOCUMENT: &str = include_str!("../../docs/math/verifier.md");

fn int(n: impl Into<BigInt>) -> BigInt {
    n.into()
}

/// u, and the polynomials in it.
struct Curve {
    /// Base field modulus.
    q: BigInt,
    /// Order of the groups.
    r: BigInt,
    /// Trace of Frobenius.
    t: BigInt,
    /// 6u+2
    loop_count: BigInt,
    /// Cofactor of the twist: its order is r times this.
    cofactor: BigInt,
}

impl Curve {
    fn new() -> Self {
        let u = int(4_965_661_367_192_848_881u64);
        let power = |k: u32| u.pow(k);
        let q: BigInt = 36 * power(4) + 36 * power(3) + 24 * power(2) + 6 * &u + 1;
        let t: BigInt = 6 * power(2) + 1;
        let r = &q + 1 - &t;
        let cofactor = &q - 1 + &t;
        Self { q, r, t, loop_count: 6 * u + 2, cofactor }
    }

    /// Order of the twist.
    fn twist_order(&self) -> BigInt {
        &self.r * &self.cofactor
    }

    /// Resultant of `a + b X` and the characteristic polynomial `X^2 - t X + q` of psi: if it is prime to the order of a
    /// point B, then `a B + b psi(B)` is not O.
    fn norm(&self, a: &BigInt, b: &BigInt) -> BigInt {
        a * a + a * b * &self.t + b * b * &self.q
    }

    /// lambda = 6u+2 + q - q^2 + q^3
    fn lambda(&self) -> BigInt {
        &self.loop_count + &self.q - self.q.pow(2) + self.q.pow(3)
    }

    /// Order of Fq12* modulo Fq6*.
    fn torus_order(&self) -> BigInt {
        self.q.pow(6) + 1
    }

    /// Digits after the leading one, 64 of them: non-adjacent form with 1, 0, -1 in front replaced by 1, 1.
    fn digits(&self) -> Vec<i32> {
        let n = u128::try_from(&self.loop_count).expect("66 bits");
        let bit = |n: u128, k: u32| i32::from((n >> k) & 1 == 1);
        let naf: Vec<i32> = (1..=66).rev().map(|k| bit(3 * n, k) - bit(n, k)).collect();
        assert_eq!(naf[..3], [1, 0, -1]);
        std::iter::once(1).chain(naf[3..].iter().copied()).collect()
    }
}

#[track_caller]
fn assert_coprime(a: &BigInt, b: &BigInt) {
    assert!(a.modinv(b).is_some(), "{a} and {b}");
}

#[test]
fn parameters__from_u__are_arkworks() {
    use ark_ff::PrimeField;
    let curve = Curve::new();
    let unsigned = |n: num_bigint::BigUint| BigInt::from(n);
    assert_eq!(curve.q, unsigned(Fq::MODULUS.into()));
    assert_eq!(curve.r, unsigned(ark_bn254::Fr::MODULUS.into()));
    // A digest of 256 bits hits a residue modulo q at most six times.
    assert_eq!(((BigInt::one() << 256usize) - 1) / &curve.q, int(5), "residues 0 to 2^256 - 1 - 5 q have a sixth");
}

#[test]
fn twist__order__is_r_times_the_cofactor() {
    let curve = Curve::new();
    let rng = &mut StdRng::seed_from_u64(1);
    let order = curve.twist_order().magnitude().to_u64_digits();
    assert!(curve.twist_order().bit(0), "no point has y = 0");
    assert_coprime(&curve.r, &curve.cofactor);
    for _ in 0..4 {
        let point = std::iter::repeat_with(|| G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), false))
            .flatten()
            .next()
            .expect("half of all x have a point");
        assert!(point.mul_bigint(&order).into_affine().is_zero());
        assert!(!point.mul_bigint(curve.r.magnitude().to_u64_digits()).into_affine().is_zero());
    }
}

#[test]
fn torus__identity_class_and_inverse__are_as_written() {
    let rng = &mut StdRng::seed_from_u64(2);
    // (q^12 - 1) / r kills Fq6*: it is a multiple of q^6 - 1.
    let curve = Curve::new();
    let order_6 = curve.q.pow(6) - 1;
    let exponent: BigInt = (curve.q.pow(12) - 1) / &curve.r;
    assert_eq!(exponent % order_6, BigInt::zero());
    // i = w^6 - 9, xi = 9 + i = w^6, P6(v) = v^6 - 18 v^3 + 82 = 0.
    let w = Fq12::new(Fq6::ZERO, Fq6::ONE);
    let v = w.square();
    let i = Fq12::new(Fq6::new(Fq2::new(Fq::ZERO, Fq::ONE), Fq2::ZERO, Fq2::ZERO), Fq6::ZERO);
    let scalar = |n: u64| Fq12::from(n);
    assert_eq!(v.pow([3]) - scalar(9), i);
    assert_eq!(v.pow([6]) - scalar(18) * v.pow([3]) + scalar(82), Fq12::ZERO);
    // The conjugate of a + w is its inverse up to Fq6.
    let f = Fq12::new(Fq6::rand(rng), Fq6::ONE);
    let mut conjugate = f;
    conjugate.conjugate_in_place();
    assert!((f * conjugate).c1 == Fq6::ZERO);
    // w^(q^k) = g_k w, and g_2 lies in Fq.
    for k in 1..=3usize {
        let exponent: BigInt = (curve.q.pow(k as u32) - 1) / 6;
        let g = Fq2::new(Fq::from(9), Fq::ONE).pow(exponent.magnitude().to_u64_digits());
        assert_eq!(w.frobenius_map(k), w * Fq12::new(Fq6::new(g, Fq2::ZERO, Fq2::ZERO), Fq6::ZERO), "{k}");
        assert_eq!(k == 2, g.c1 == Fq::ZERO, "{k}");
    }
}

#[test]
fn residue_witness__exponents__leave_nothing_but_r_th_powers() {
    let curve = Curve::new();
    let (torus, lambda) = (curve.torus_order(), curve.lambda());
    let m = &lambda / &curve.r;
    assert!((&lambda - &m * &curve.r).is_zero(), "lambda = m r");
    let index = &torus / &curve.r;
    assert!((&torus - &index * &curve.r).is_zero(), "r divides q^6 + 1");
    assert_coprime(&index, &curve.r);
    assert_coprime(&m, &index);
    assert_coprime(&lambda, &index);
}

#[test]
fn loop_digits__recoded__are_64_with_21_additions() {
    let curve = Curve::new();
    let digits = curve.digits();
    assert_eq!(digits.len(), 64);
    assert_eq!(digits.iter().filter(|digit| **digit != 0).count(), 21);
    assert_eq!(digits.iter().fold(int(1), |sum, digit| 2 * sum + digit), curve.loop_count);
}

#[test]
fn exceptional_points__at_every_step__do_not_occur() {
    let curve = Curve::new();
    let order = curve.twist_order();
    let mut k = BigInt::one();
    for digit in curve.digits() {
        // T = k B is doubled: it is not O, and no point has y = 0.
        assert_coprime(&k, &order);
        k *= 2;
        if digit != 0 {
            // T = k B and B or -B are added: neither equal nor opposite.
            assert_coprime(&k, &order);
            assert_coprime(&(&k - 1), &order);
            assert_coprime(&(&k + 1), &order);
            k += digit;
        }
    }
    assert_eq!(k, curve.loop_count);
    // T = (6u+2) B meets +-psi(B); then T = (6u+2) B + psi(B) meets O and +-psi^2(B), where psi^2 = t psi - q.
    let (one, a) = (BigInt::one(), &curve.loop_count);
    for b in [one.clone(), -one.clone()] {
        assert_coprime(&curve.norm(a, &b), &order);
    }
    assert_coprime(&curve.norm(&(a - &curve.q), &(&one + &curve.t)), &order);
    assert_coprime(&curve.norm(&(a + &curve.q), &(&one - &curve.t)), &order);
}

#[test]
fn loop_end__at_minus_psi_cubed__means_order_r() {
    let curve = Curve::new();
    let Curve { q, r, t, loop_count, cofactor } = &curve;
    // 6u+2 + X - X^2 + X^3 modulo X^2 - t X + q
    let constant: BigInt = loop_count + q - t * q;
    let linear: BigInt = 1 - t + t * t - q;
    let norm = curve.norm(&constant, &linear);
    assert!((&norm % r).is_zero(), "points of order r pass");
    assert_coprime(&norm, cofactor);
    // Without the last check a point of any order would do: the test would be empty if the cofactor were one.
    assert!(cofactor > &BigInt::one());
}

#[test]
fn packed_hints__largest_sums__stay_in_their_slots() {
    let digit: BigInt = (BigInt::one() << 256usize) - 1;
    let q: BigInt = Curve::new().q - 1;
    let slope: BigInt = 2 * &q * &digit;
    assert!(slope.bits() <= 511, "a slot of 64 bytes, top bit free: {}", slope.bits());
    let six: BigInt = &digit + 5 * &q * &digit;
    assert!(six.bits() <= 513, "a slot of 192 bytes: {}", six.bits());
}

#[test]
fn packed_hints__points_with_a_negative_factor__are_at_most_49() {
    // v^3 = z^6 in 0..9: one z for 0, six for each sixth power among 1 to 8.
    let exponent: BigInt = (Curve::new().q - 1) / 6;
    let is_sixth_power = |k: &u64| Fq::from(*k).pow(exponent.magnitude().to_u64_digits()) == Fq::ONE;
    let points = 1 + 6 * (1..9).filter(is_sixth_power).count();
    assert!(points <= 49, "{points}");
}

#[test]
fn scales__cubes__are_a_third() {
    let q = Curve::new().q;
    let remainder = |n: u32| -> BigInt { (&q - 1) % n };
    assert_eq!((remainder(9), remainder(27).is_zero()), (BigInt::zero(), false), "q - 1 = 9 m, m prime to 3");
    let exponent: BigInt = (&q - 1) / 3;
    let is_cube = |x: Fq| x.pow(exponent.magnitude().to_u64_digits()) == Fq::ONE;
    assert!(is_cube(-Fq::ONE));
    let rng = &mut StdRng::seed_from_u64(3);
    let cubes = (0..900).filter(|_| is_cube(Fq::rand(rng))).count();
    assert!((240..360).contains(&cubes), "{cubes} of 900");
    assert_eq!((100.0 * (2.0f64 / 3.0).log2()).ceil(), -58.0, "a hundred misses");
}

#[test]
fn line_degrees__scaled_coordinates__stay_at_21_and_end_at_27() {
    // s has degree 1, coordinates of B and g_1 have degree 6; those of B's images are products, unreduced.
    let g = 6;
    let (s, slope) = (1, 1 + 6);
    let scaled = |x: usize, y: usize| (2 * s + x, 3 * s + y);
    let base = scaled(6, 6);
    // psi multiplies by g_1 two and three times; psi^2 by constants of Fq.
    let (psi_1, minus_psi_2) = (scaled(6 + 2 * g, 6 + 3 * g), scaled(6, 6));
    let end = psi_1;
    let (mut t, mut tangents, mut chords) = (base, 0, 0);
    let mut line = |t: &mut (usize, usize), added: Option<(usize, usize)>| {
        let (x, y) = *t;
        match added {
            None => tangents = tangents.max(slope + y).max(2 * x),
            Some(q) => chords = chords.max(y).max(q.1).max(slope + q.0.max(x)),
        }
        let line = y.max(slope + x);
        let next_x = (2 * slope).max(x).max(added.map_or(0, |q| q.0));
        *t = (next_x, line.max(slope + next_x));
        line
    };
    for digit in Curve::new().digits() {
        assert!(line(&mut t, None) <= 21);
        if digit != 0 {
            assert!(line(&mut t, Some(base)) <= 21);
        }
    }
    assert_eq!((t, line(&mut t, Some(psi_1))), ((14, 21), 21));
    assert_eq!((t, line(&mut t, Some(minus_psi_2))), ((20, 27), 27));
    assert_eq!((t, tangents, chords), ((20, 27), 28, 27));
    assert!(end.0 <= t.0 && end.1 <= t.1, "the loop's end is compared at no higher degree");
}

/// What the document says of one length of public input.
struct Sizes {
    input_len: usize,
    chunks: usize,
    coefficients: usize,
    /// Largest degree in w of the last identity's sides.
    degree: usize,
    bits_rho: f64,
    bits_z: f64,
}

impl Sizes {
    fn new(input_len: usize) -> Self {
        let hints = Spend::new(1, input_len, 2).hints;
        let chunks = hints.representatives.len() / 192 - 1;
        let coefficients = hints.quotient.len() / 32;
        // w Q(v) P6(v)
        let degree = 1 + 2 * (coefficients - 1) + 12;
        // rho: the larger of the odd relations' number and the even ones' less one; z: the degree, and the 49 residues at
        // which v^3 is below 9. Each residue has at most six digests of 2^256.
        let digits = Curve::new().digits();
        let chords = digits.iter().filter(|digit| **digit != 0).count() + 2;
        // Odd: chords, chunks, N at the loop's end, K. Even: the twist, tangents, X at the loop's end.
        let (odd, even) = (chords + chunks + 2, 1 + digits.len() + 1);
        assert_eq!((odd, even), (chunks + 25, 66));
        let bits = |roots: usize| 256.0 - (6.0 * roots as f64).log2();
        Self { input_len, chunks, coefficients, degree, bits_rho: bits(odd.max(even - 1)), bits_z: bits(degree + 49) }
    }

    fn row(&self) -> String {
        let Self { input_len, chunks, coefficients, degree, bits_rho, bits_z } = self;
        format!("| {input_len} | {chunks} | {coefficients} | {degree} | 2^-{bits_rho:.1} | 2^-{bits_z:.1} |")
    }
}

/// Degrees in w of the even and the odd part of a product.
fn multiply(f: (usize, usize), g: (usize, usize)) -> (usize, usize) {
    ((f.0 + g.0).max(f.1 + g.1), (f.0 + g.1).max(f.1 + g.0))
}

#[test]
fn final_relation__degree__fits_every_quotient() {
    // 1 + n_1 n_2 and n_1 + n_2, where n has degree 21, on the last line 27.
    let (lines, last_lines) = ((42, 21), (54, 27));
    let representative = (10, 1);
    // g_1 and g_3 have degree 6 in w, unreduced: w goes to degree 7, v to degree 14.
    let (frobenius_1, frobenius_2, frobenius_3) = ((70, 7), (10, 1), (70, 7));
    let factors = [representative, lines, last_lines, frobenius_1, frobenius_2, frobenius_3, representative];
    let (_, odd) = factors.into_iter().reduce(multiply).expect("seven factors");
    assert_eq!(odd, 257);
    for input_len in [0, 29] {
        assert!(Sizes::new(input_len).degree >= odd);
    }
}

#[test]
fn document__degrees_and_error_bounds__are_those_of_the_scripts() {
    let rows = [0, 1, 20, 29, 31].map(|input_len| Sizes::new(input_len).row()).join("\n");
    assert!(DOCUMENT.contains(&rows), "docs/math/verifier.md lacks the rows\n{rows}");
}

#[test]
fn document__tests_it_names__exist() {
    // Every word of the form `area__case__expected` in the document is a test of this crate.
    let sources = [
        include_str!("groth16/accept.rs"),
        include_str!("groth16/build.rs"),
        include_str!("groth16/forged_points.rs"),
        include_str!("groth16/hints.rs"),
        include_str!("groth16/readings.rs"),
        include_str!("groth16/residue.rs"),
        include_str!("groth16/scales.rs"),
        include_str!("groth16/tamper.rs"),
        include_str!("binding.rs"),
        include_str!("soundness_constants.rs"),
        include_str!("../../statement/src/lib.rs"),
    ];
    let words = DOCUMENT.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named: Vec<&str> = words.filter(|word| word.contains("__")).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        let definition = format!("fn {name}()");
        assert!(sources.iter().any(|source| source.contains(&definition)), "no test is called {name}");
    }
}
