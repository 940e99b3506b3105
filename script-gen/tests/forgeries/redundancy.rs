//! Why one check of a late line, or of one coordinate of the loop's end, may be missing: the facts about BN254 on which
//! the argument of docs/math/forger.md rests.
//!
//! Endomorphisms of the twist are written `a + b psi`, with `psi^2 = t psi - q`. One whose norm is prime to the twist's
//! order maps no point but O to O.

use std::collections::HashMap;

use num_bigint::BigInt;

use crate::prover::{LINES, Through, n_early_lines};

#[derive(Clone, Debug)]
struct Endomorphism(BigInt, BigInt);

/// q, r and the trace of psi, as polynomials in u.
fn curve() -> [BigInt; 3] {
    let u = BigInt::from(4_965_661_367_192_848_881u64);
    let of = |middle: u32| 36 * u.pow(4) + 36 * u.pow(3) + middle * u.pow(2) + 6 * &u + 1;
    let (q, r) = (of(24), of(18));
    let trace = &q + 1 - &r;
    [q, r, trace]
}

/// Order of the twist over Fq2.
fn twist_order() -> BigInt {
    let [q, r, _] = curve();
    &r * (2 * q - &r)
}

fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.magnitude().clone(), b.magnitude().clone());
    while b != num_bigint::BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a.into()
}

impl Endomorphism {
    fn of(n: impl Into<BigInt>) -> Self {
        Self(n.into(), BigInt::ZERO)
    }

    fn psi(power: u32) -> Self {
        let [q, _, trace] = curve();
        (0..power).fold(Self::of(1), |Self(a, b), _| Self(-&b * &q, a + b * &trace))
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0, &self.1 + &other.1)
    }

    fn times(&self, n: impl Into<BigInt>) -> Self {
        let n = n.into();
        Self(&self.0 * &n, &self.1 * &n)
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(-1))
    }

    fn after_psi_cubed(&self) -> Self {
        let [q, _, trace] = curve();
        (0..3).fold(self.clone(), |Self(a, b), _| Self(-&b * &q, a + b * &trace))
    }

    /// Whether it maps no point of the twist but O to O.
    fn is_injective(&self) -> bool {
        let [q, _, trace] = curve();
        let norm = self.0.pow(2) + &self.0 * &self.1 * trace + self.1.pow(2) * q;
        gcd(&norm, &twist_order()) == BigInt::from(1)
    }
}

/// One line: the points it goes through and where it ends, as multiples of B.
struct Step {
    from: Endomorphism,
    other: Option<Endomorphism>,
    to: Endomorphism,
}

type End<'a> = &'a dyn Fn(&Step) -> Endomorphism;

/// The loop, with line `at` ending elsewhere.
fn walk(deviation: Option<(usize, End)>) -> Vec<Step> {
    let mut kept = HashMap::from([(1, Endomorphism::of(1))]);
    let mut t = Endomorphism::of(1);
    let mut steps = Vec::new();
    for (k, line) in LINES.iter().enumerate() {
        let other = match line.through {
            Through::Tangent(_) => None,
            Through::Multiple(m) => Some(kept[&m.abs()].times(m.signum())),
            Through::Psi => Some(Endomorphism::psi(1)),
            Through::MinusPsi2 => Some(Endomorphism::psi(2).times(-1)),
        };
        let to = other.as_ref().map_or_else(|| t.times(2), |other| t.plus(other));
        let mut step = Step { from: t, other, to };
        if let Some((_, end)) = deviation.filter(|(at, _)| *at == k) {
            step.to = end(&step);
        }
        t = step.to.clone();
        if let Some(multiple) = line.keep {
            kept.insert(multiple, t.clone());
        }
        steps.push(step);
    }
    steps
}

/// What must be O at the loop's end.
fn miss(steps: &[Step]) -> Endomorphism {
    steps[LINES.len() - 1].to.plus(&Endomorphism::psi(3))
}

/// The end that is asked for is met: by points of order r, and by no others (`soundness_constants`).
#[test]
fn right_slopes__all_of_them__meet_the_end() {
    assert!(!miss(&walk(None)).is_injective());
}

/// A line of a wrong slope between points of the curve ends at `-T`, or, a chord, at `T - Q`.
#[test]
fn wrong_slope__between_points_of_the_curve__misses_the_end() {
    for k in n_early_lines()..LINES.len() {
        let negative = |step: &Step| step.from.times(-1);
        assert!(miss(&walk(Some((k, &negative)))).is_injective(), "line {k} to -T");
        let difference = |step: &Step| step.other.as_ref().map_or_else(|| step.from.times(-1), |q| step.from.minus(q));
        assert!(miss(&walk(Some((k, &difference)))).is_injective(), "line {k} to T - Q");
    }
}

/// The right end gives the right slope: the line's two points T and -T' are different ones.
#[test]
fn right_end__of_every_line__is_not_minus_its_start() {
    for (k, step) in walk(None).iter().enumerate() {
        assert!(step.from.plus(&step.to).is_injective(), "line {k}");
    }
}

/// From the end backwards: a chord that ends at T' and goes through Q starts at T' - Q, unless `T' = -Q`.
#[test]
fn backwards__from_the_end__every_chord_has_one_start() {
    // The point after each line, times a power of two.
    let mut t = Endomorphism::psi(3).times(-1);
    let mut power = BigInt::from(1);
    for (k, step) in walk(None).iter().enumerate().skip(n_early_lines()).rev() {
        match &step.other {
            None => power *= 2,
            Some(other) => {
                let other = other.times(power.clone());
                assert!(t.plus(&other).is_injective(), "line {k}");
                t = t.minus(&other);
            }
        }
    }
    assert_eq!(gcd(&twist_order(), &BigInt::from(6)), BigInt::from(1), "halves and thirds are unique");
}

/// With the x alone right the loop ends at psi^3(B) instead of its negative; with the y alone, at the image of
/// -psi^3(B) under an automorphism of order 3, which is `(-V -+ (2 psi - t)) / 2V` where `4 q - t^2 = 3 V^2`.
#[test]
fn loop_end__one_coordinate__is_enough() {
    let [q, _, trace] = curve();
    let end = walk(None)[LINES.len() - 1].to.clone();
    assert!(end.minus(&Endomorphism::psi(3)).is_injective(), "x alone");
    let square: BigInt = (BigInt::from(4) * &q - trace.pow(2)) / 3;
    let v = square.sqrt();
    assert_eq!(v.pow(2) * 3u32, 4 * q - trace.pow(2));
    assert_eq!(gcd(&twist_order(), &(BigInt::from(2) * &v)), BigInt::from(1));
    let root = Endomorphism(-&trace, BigInt::from(2));
    for sign in [1, -1] {
        let turned = Endomorphism::of(-&v).plus(&root.times(sign)).after_psi_cubed();
        assert!(end.times(2 * &v).plus(&turned).is_injective(), "y alone");
    }
}

/// The remaining case of a tangent: through (0, 0), from where it may have any slope, it leads to `y^2 = x^3`, and the
/// twist is another curve.
#[test]
fn twist__constant__is_not_zero() {
    let xi = ark_bn254::Fq2::new(ark_bn254::Fq::from(9), ark_bn254::Fq::from(1));
    let constant = ark_bn254::Fq2::from(3) / xi;
    assert_ne!(constant, ark_bn254::Fq2::from(0));
    assert_eq!(<ark_bn254::g2::Config as ark_ec::short_weierstrass::SWCurveConfig>::COEFF_B, constant);
}
