//! Recomputes the numbers and the facts about numbers that `docs/math/verifier.md` rests on, from the curve's
//! parameter u alone, and holds the document to them.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::{fs, path::Path};

use ark_bn254::{Fq, Fq2, Fq6, Fq12, Fr, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field, One, UniformRand, Zero};
use chain_types::{Profile, UnlockingScript};
use num_bigint::BigInt;
use rand::{Rng, SeedableRng, rngs::StdRng};
use script_gen::PublicInput;
use script_vm::ScriptError;

use common::{LOOP_DIGITS, ONE_232, Spend, assert_refused, readings::Check, spend_under};

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
fn constants__factors_in_fq4_and_r_th_powers__have_the_pairing_value_one() {
    let curve = Curve::new();
    // (q^12 - 1) / r is a multiple of q^4 - 1, so it kills Fq4*; times r it kills Fq12*.
    let exponent: BigInt = (curve.q.pow(12) - 1) / &curve.r;
    assert_eq!(&exponent % (curve.q.pow(4) - 1), BigInt::zero());
    assert_eq!((curve.q.pow(12) - 1) % &curve.r, BigInt::zero());
    let rng = &mut StdRng::seed_from_u64(5);
    let pairing_value = |f: &Fq12| f.pow(exponent.magnitude().to_u64_digits());
    let fq6 = |c0, c1, c2| Fq6::new(c0, c1, c2);
    let (zero, c, a) = (Fq2::ZERO, Fq2::rand(rng), Fq6::rand(rng));
    // c + w^3, where w^3 = v w and w^6 = xi.
    let in_fq4 = Fq12::new(fq6(c, zero, zero), fq6(zero, Fq2::ONE, zero));
    let cube = in_fq4 - Fq12::new(fq6(c, zero, zero), Fq6::ZERO);
    assert_eq!(cube.square(), Fq12::new(fq6(Fq2::new(Fq::from(9), Fq::ONE), zero, zero), Fq6::ZERO), "w^6 = xi");
    assert_eq!(in_fq4.frobenius_map(4), in_fq4);
    assert_eq!(pairing_value(&in_fq4), Fq12::ONE);
    // (a + w)(c + w^3) = (a c + v^2) + (a v + c) w
    let product = Fq12::new(a, Fq6::ONE) * in_fq4;
    let scaled = |x: Fq6, by: Fq2| x * fq6(by, zero, zero);
    let even = scaled(a, c) + fq6(zero, zero, Fq2::ONE);
    let odd = a * fq6(zero, Fq2::ONE, zero) + fq6(c, zero, zero);
    assert_eq!(product, Fq12::new(even, odd));
    // (1 + w)^r
    let power = Fq12::new(Fq6::ONE, Fq6::ONE).pow(curve.r.magnitude().to_u64_digits());
    assert_eq!(pairing_value(&power), Fq12::ONE);
    assert_ne!(pairing_value(&Fq12::new(a, Fq6::ONE)), Fq12::ONE, "others have another");
}

/// One step of the chain of multiples of B: the running multiple before it, and what is done.
#[derive(Clone, Copy, Debug)]
enum Step {
    Double(i128),
    Add(i128, i8),
}

/// The chain: from B, each doubling followed by the addition of the digit's multiple, if it is not 0.
fn chain() -> Vec<Step> {
    let mut multiple = 1;
    let mut steps = Vec::new();
    for digit in LOOP_DIGITS {
        steps.push(Step::Double(multiple));
        multiple *= 2;
        if digit != 0 {
            steps.push(Step::Add(multiple, digit));
            multiple += i128::from(digit);
        }
    }
    steps
}

#[test]
fn loop_digits__summed__are_6u_plus_2_with_16_additions() {
    let sum = LOOP_DIGITS.iter().fold(int(1), |sum, digit| 2 * sum + digit);
    assert_eq!(sum, Curve::new().loop_count);
    assert_eq!(LOOP_DIGITS.iter().filter(|digit| **digit != 0).count(), N_ADDITIONS);
    let rows: Vec<String> = LOOP_DIGITS
        .chunks(16)
        .map(|row| format!("    {}", row.iter().map(|digit| digit.to_string()).collect::<Vec<_>>().join(" ")))
        .collect();
    let rows = rows.join("\n");
    assert!(DOCUMENT.contains(&rows), "docs/math/verifier.md lacks the digits\n{rows}");
}

#[test]
fn loop_digits__added_multiples__are_passed_before() {
    let mut passed = vec![1];
    for step in chain() {
        match step {
            Step::Double(multiple) => passed.push(2 * multiple),
            Step::Add(multiple, digit) => {
                assert!(passed.contains(&i128::from(digit.unsigned_abs())), "{digit}");
                passed.push(multiple + i128::from(digit));
            }
        }
    }
}

#[test]
fn exceptional_points__at_every_step__do_not_occur() {
    let curve = Curve::new();
    let order = curve.twist_order();
    for step in chain() {
        match step {
            // T = k B is doubled: it is not O, and no point has y = 0.
            Step::Double(k) => assert_coprime(&int(k), &order),
            // T = k B and m B are added: neither is O, and they are neither equal nor opposite.
            Step::Add(k, m) => {
                let m = i128::from(m);
                for multiple in [k, m, k - m, k + m] {
                    assert_coprime(&int(multiple), &order);
                }
            }
        }
    }
    assert_coprime(&curve.loop_count, &order);
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
    let entry: BigInt = &digit + 3 * &q * &digit;
    assert!(entry.bits() <= 512, "a slot of 128 bytes: {}", entry.bits());
    // The quotient's slots are added up by halves, each time with a factor below q; the last sum is a number of its own.
    let folded = (0..4).fold(six, |sum, _| &sum + &sum * &q);
    assert!(folded.bits() < 1536, "four folds, so up to 32 slots: {}", folded.bits());
}

#[test]
fn packed_hints__slots_at_once__fit_the_longest_number() {
    // Coefficient j of every slot is a number of all bytes but j coefficients' (under Chronicle rules not shortened), and is
    // multiplied by a number of 32 bytes, below q; sums carry a few bits.
    let limit = 10_000;
    for (per_slot, slots) in [(6, 52), (4, 78)] {
        let longest = |slots: usize| {
            let bits = |j: usize| 8 * 32 * (slots * per_slot - j) - 1 + if j == 0 { 0 } else { 254 };
            let most = (0..per_slot).map(bits).max().expect("a coefficient") + per_slot;
            // One bit more for the sign.
            most / 8 + 1
        };
        assert!(longest(slots) <= limit, "{} bytes", longest(slots));
        let shortest = 32 * ((slots + 1) * per_slot - (per_slot - 1)) + 32;
        assert!(shortest > limit, "one slot more takes {shortest} bytes even in the shortest form");
    }
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
fn line_degrees__scaled_coordinates__stay_at_14_and_21() {
    // s has degree 1, coordinates of B, g_1 and g_1^2 have degree 6; products are not reduced.
    let (s, slope, g) = (1, 1 + 6, 6);
    let scaled = |x: usize, y: usize| (2 * s + x, 3 * s + y);
    let base = scaled(6, 6);
    // psi multiplies x by g_1^2, y by g_1^2 and g_1; psi^2 multiplies by elements of Fq.
    let (psi_1, minus_psi_2) = (scaled(6 + g, 6 + 2 * g), base);
    let end = psi_1;
    let (mut t, mut tangents, mut chords) = (base, 0, 0);
    let mut passed = vec![base];
    let mut line = |t: &mut (usize, usize), added: Option<(usize, usize)>| {
        let (x, y) = *t;
        match added {
            None => tangents = tangents.max(slope + y).max(2 * x),
            Some(q) => chords = chords.max(y).max(q.1).max(slope + q.0.max(x)),
        }
        let line = y.max(slope + x);
        let next_x = (2 * slope).max(x).max(added.map_or(0, |q| q.0));
        *t = (next_x, line.max(slope + next_x));
        assert_eq!(*t, (14, 21), "from the first line on");
        assert!(line <= LINE_DEGREE);
    };
    for step in chain() {
        // A multiple of B that is added was once the running point.
        let most = *passed.iter().max().expect("B itself");
        line(&mut t, matches!(step, Step::Add(..)).then_some(most));
        passed.push(t);
    }
    line(&mut t, Some(psi_1));
    line(&mut t, Some(minus_psi_2));
    assert_eq!((tangents, chords), (28, 21));
    assert!(end.0 <= t.0 && end.1 <= t.1, "the loop's end is compared at no higher degree");
}

/// Degree of n, where a line is 1 + n.
const LINE_DEGREE: usize = 21;
const N_DOUBLINGS: usize = LOOP_DIGITS.len();
const N_ADDITIONS: usize = 16;

/// Degrees in w of the even and the odd part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Degrees(usize, usize);

impl Degrees {
    /// a(v) + w
    const REPRESENTATIVE: Self = Self(10, 1);
    /// A table entry: a(v) + w without v^5.
    const ENTRY: Self = Self(8, 1);
    /// (1 + n_1 n_2) + (n_1 + n_2)
    const LINES: Self = Self(2 * LINE_DEGREE, LINE_DEGREE);
    /// d(g^2 v) + g w with g and g^2 of degree 6, unreduced.
    const TWISTED: Self = Self(5 * (6 + 2), 6 + 1);

    fn times(self, other: Self) -> Self {
        Self((self.0 + other.0).max(self.1 + other.1), (self.0 + other.1).max(self.1 + other.0))
    }

    /// Degree of the odd part of the product with a representative's conjugate.
    fn of_relation(self) -> usize {
        self.times(Self::REPRESENTATIVE).1
    }
}

/// What happens to f.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// It is squared and multiplied by tangents.
    Double,
    Multiply(Degrees),
    /// It is replaced by a representative in any case.
    Keep,
}

impl Operation {
    fn after(self, f: Degrees) -> Degrees {
        match self {
            Self::Double => f.times(f).times(Degrees::LINES),
            Self::Multiply(factor) => f.times(factor),
            Self::Keep => Degrees::REPRESENTATIVE,
        }
    }
}

fn operations(n_digits: &[usize]) -> Vec<Operation> {
    use Operation::{Double, Keep, Multiply};
    let digits_at =
        |step: usize| n_digits.iter().filter(move |n| step + **n >= N_DOUBLINGS).map(|_| Multiply(Degrees::ENTRY));
    let is_kept = |multiple: i128| [2, 3, 5].contains(&multiple);
    let mut operations = Vec::new();
    let mut multiple = 1;
    for (step, digit) in LOOP_DIGITS.iter().enumerate() {
        operations.push(Double);
        multiple *= 2;
        operations.extend(is_kept(multiple).then_some(Keep));
        if *digit != 0 {
            operations.extend([Degrees::LINES, Degrees::REPRESENTATIVE].map(Multiply));
            multiple += i128::from(*digit);
            operations.extend(is_kept(multiple).then_some(Keep));
        }
        match step {
            0 => {}
            // The first digit is due before 5 B is kept, and multiplied in twice after it.
            1 => operations.extend(digits_at(0).flat_map(|digit| [digit; 2]).chain(digits_at(1))),
            _ => operations.extend(digits_at(step)),
        }
    }
    let last = [Degrees::LINES, Degrees::LINES, Degrees::TWISTED, Degrees::REPRESENTATIVE, Degrees::TWISTED];
    operations.extend(last.map(Multiply));
    operations
}

/// How many representatives are needed for no relation to be of a degree above `most`.
fn representatives_for(most: usize, n_digits: &[usize]) -> usize {
    let (mut f, mut representatives) = (Degrees::REPRESENTATIVE, 0);
    for operation in operations(n_digits) {
        representatives += usize::from(operation == Operation::Keep);
        f = match operation.after(f) {
            grown if grown.of_relation() > most => {
                representatives += 1;
                operation.after(Degrees::REPRESENTATIVE)
            }
            grown => grown,
        };
        assert!(f.of_relation() <= most, "one operation alone is of a higher degree");
    }
    representatives
}

/// What the document says of some open public inputs.
struct Sizes {
    name: &'static str,
    representatives: usize,
    coefficients: usize,
    /// Largest degree in w of the last identity's sides.
    degree: usize,
    bits_rho: f64,
    bits_z: f64,
}

/// Open inputs of the rows, with the number of digits of each.
fn rows() -> [(&'static str, Vec<PublicInput>, Vec<usize>); 6] {
    [
        ("none", vec![], vec![]),
        ("one of 8 bits", vec![PublicInput::Bits(8)], vec![8]),
        ("one of 232 bits", vec![ONE_232], vec![58]),
        ("one in full", vec![PublicInput::Full], vec![64]),
        ("two in full", vec![PublicInput::Full; 2], vec![64; 2]),
        ("eight in full", vec![PublicInput::Full; 8], vec![64; 8]),
    ]
}

impl Sizes {
    fn new(name: &'static str, inputs: &[PublicInput]) -> Self {
        let hints = Spend::new(1, inputs, 2).hints;
        let representatives = hints.representatives.len() / 192 - 1;
        let coefficients = hints.quotient.len() / 32;
        // w Q(v) P6(v)
        let degree = 1 + 2 * (coefficients - 1) + 12;
        // rho: the larger of the odd relations' number and the even ones' less one; z: the degree, and the 49 residues at
        // which v^3 is below 9. Each residue has at most six digests of 2^256.
        let chords = N_ADDITIONS + 2;
        // Odd: chords, representatives, N at the loop's end, K. Even: the twist, tangents, X at the loop's end.
        let (odd, even) = (chords + representatives + 2, 1 + N_DOUBLINGS + 1);
        assert_eq!((odd, even), (representatives + 20, 66));
        let bits = |roots: usize| 256.0 - (6.0 * roots as f64).log2();
        let (bits_rho, bits_z) = (bits(odd.max(even - 1)), bits(degree + 49));
        Self { name, representatives, coefficients, degree, bits_rho, bits_z }
    }

    fn row(&self) -> String {
        let Self { name, representatives, coefficients, degree, bits_rho, bits_z } = self;
        format!("| {name} | {representatives} | {coefficients} | {degree} | 2^-{bits_rho:.1} | 2^-{bits_z:.1} |")
    }
}

#[test]
fn relations__of_every_chunk_and_the_last__are_at_most_of_the_quotients_degree() {
    for (name, inputs, n_digits) in rows() {
        let sizes = Sizes::new(name, &inputs);
        assert_eq!(representatives_for(sizes.degree, &n_digits), sizes.representatives, "{name}");
        assert!(sizes.degree > 28, "relations of B are of lower degree");
        assert!(sizes.coefficients <= 6 * 32, "the quotient's slots can be added up");
    }
}

#[test]
fn document__degrees_and_error_bounds__are_those_of_the_scripts() {
    let rows = rows().map(|(name, inputs, _)| Sizes::new(name, &inputs).row()).join("\n");
    assert!(DOCUMENT.contains(&rows), "docs/math/verifier.md lacks the rows\n{rows}");
}

#[test]
fn error__of_the_largest_layout__is_below_2_to_minus_244() {
    // 32 slots of six coefficients; odd relations whose sum, growing by a digest a relation, has at most 10,000 bytes.
    let degree = 1 + 2 * (6 * 32 - 1) + 12;
    let odd = 10_000 * 8 / 256;
    assert_eq!((degree, odd), (395, 312));
    let bits = 256.0 - (6.0 * f64::from((degree + 49).max(odd).max(65))).log2();
    assert_eq!(format!("{bits:.1}"), "244.6");
}

#[test]
fn chronicle__unlocking_script_that_computes__is_judged_by_what_it_leaves() {
    let (genesis, spend) = (spend_under(Profile::Genesis), spend_under(Profile::Chronicle));
    assert_eq!(genesis.data(&genesis.hints), spend.data(&spend.hints), "one unlocking script for both profiles");
    let valid = spend.data(&spend.hints).unlocking_script().into_bytes();
    let mut wrong = spend.hints.clone();
    // The lowest byte of the witness's last coefficient.
    let at = wrong.representatives.len() - 32;
    wrong.representatives[at] ^= 1;
    let wrong = spend.data(&wrong).unlocking_script().into_bytes();
    let [one, to_alt, op_if, endif, op_return, dup, drop] = [0x51, 0x6b, 0x63, 0x68, 0x6a, 0x76, 0x75];
    for (case, before, after) in [
        ("items underneath", vec![one, one], vec![]),
        ("items left on the alternative stack", vec![one, to_alt, one, to_alt], vec![]),
        ("a conditional", vec![one, op_if], vec![endif]),
        ("a computation", vec![], vec![dup, drop]),
        ("an end before the end", vec![], vec![op_return, one, one]),
    ] {
        let script = |pushes: &[u8]| UnlockingScript::from_bytes([&before, pushes, &after].concat());
        spend.run_script(&script(&valid)).unwrap_or_else(|failure| panic!("{case}: {failure}"));
        assert_refused(spend.run_script(&script(&wrong)), Check::Identity, case);
        let strict = genesis.run_script(&script(&valid)).expect_err("policy before Chronicle");
        assert!(matches!(strict.reason, ScriptError::CleanStack { .. } | ScriptError::NotPushOnly), "{case}: {strict}");
    }
}

fn power_of_two(k: usize) -> Fr {
    Fr::from(2u8).pow([k as u64])
}

/// `sum_j (m_j - 1/2) 2^(n j)`, m_j bit j of a digit.
fn half_weights(digit: usize, width: usize, n: usize) -> Fr {
    let half = Fr::from(2u8).inverse().expect("not zero");
    let term = |j: usize| if digit >> j & 1 == 1 { half } else { -half } * power_of_two(n * j);
    (0..width).map(term).sum()
}

#[test]
fn table__of_every_width_and_length__has_no_identity_and_conjugate_halves() {
    for (width, n) in (1..=4).flat_map(|width| (1..=64).map(move |n| (width, n))) {
        for digit in 0..1 << width {
            let weights = half_weights(digit, width, n);
            assert_ne!(weights, Fr::ZERO, "digit {digit} of {width} bits, {n} digits");
            let complement = (1 << width) - 1 - digit;
            assert_eq!(half_weights(complement, width, n), -weights, "digit {digit} of {width} bits, {n} digits");
        }
    }
}

#[test]
fn table__entries_at_their_steps__sum_to_the_value() {
    let rng = &mut StdRng::seed_from_u64(4);
    for (width, n) in (1..=4).flat_map(|width| (1..=64).map(move |n| (width, n))) {
        let digits: Vec<usize> = (0..n).map(|_| rng.gen_range(0..1 << width)).collect();
        let place = |i: usize| power_of_two(n - 1 - i);
        let bit = |i: usize, j: usize| if digits[i] >> j & 1 == 1 { place(i) * power_of_two(n * j) } else { Fr::ZERO };
        let value: Fr = (0..n).flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| bit(i, j)).sum();
        let entries: Fr = (0..n).map(|i| place(i) * half_weights(digits[i], width, n)).sum();
        let rest = (power_of_two(n * width) - Fr::ONE) / Fr::from(2u8);
        assert_eq!(entries + rest, value, "{n} digits of {width} bits");
    }
}

fn sources_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |entry: fs::DirEntry| match entry.path() {
        path if path.is_dir() => sources_below(&path),
        path => vec![fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))],
    };
    entries.flat_map(|entry| read(entry.expect("a readable folder"))).collect()
}

#[test]
fn document__tests_it_names__exist() {
    // Every word of the form `area__case__expected` in the document is a test of this crate, or of the statement's.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = sources_below(&root.join("tests"));
    sources.extend(sources_below(&root.join("../statement/src")));
    let words = DOCUMENT.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named: Vec<&str> = words.filter(|word| word.contains("__")).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        let definition = format!("fn {name}()");
        assert!(sources.iter().any(|source| source.contains(&definition)), "no test is called {name}");
    }
}
