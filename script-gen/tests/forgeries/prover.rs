//! The cheating prover: walks B's points with whatever slopes it likes and finds all other hints for them.
//!
//! It knows the chain of the loop and the order of f's factors (docs/math/verifier.md, "The loop"), and takes nothing
//! from the generator: its digits are a copy, and where f is cut it sees on a valid spend.

use std::{collections::HashMap, sync::LazyLock};

use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_groth16::Proof;
use num_bigint::{BigInt, BigUint};
use script_gen::Hints;

use crate::common::Spend;

/// A blob of the hints.
pub(crate) type Blob = fn(&mut Hints) -> &mut Vec<u8>;
/// A pair of coordinates, on a curve or not.
pub(crate) type Point = (Fq2, Fq2);

#[rustfmt::skip]
const DIGITS: [i8; 64] = [
    1, -1, 3, 0, 0, 0, 0, 0, -5, 0, 0, 0, -1, 0, 0, 0,
    3, 0, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 0, 0, -3, 0,
    0, 0, -2, 0, 0, 0, 0, 0, -3, 0, 0, 0, 0, 0, -5, 0,
    0, 0, 2, 0, 0, 0, -2, 0, 0, 0, -3, 0, 1, 0, 0, 0,
];
const KEPT: [i128; 3] = [2, 3, 5];

/// What a line goes through beside the running point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    /// Nothing: the tangent of this step.
    Tangent(usize),
    Multiple(i8),
    Psi,
    MinusPsi2,
}

/// A line of the loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) through: Through,
    /// The multiple of the base point that its end is, if it is kept for later lines.
    pub(crate) keep: Option<i8>,
}

/// The lines of the loop, in order.
pub(crate) static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let mut lines = Vec::new();
    let mut multiple = 1i128;
    let kept = |multiple: i128| KEPT.contains(&multiple).then(|| i8::try_from(multiple).expect("small"));
    for (step, digit) in DIGITS.into_iter().enumerate() {
        multiple *= 2;
        lines.push(Line { through: Through::Tangent(step), keep: kept(multiple) });
        if digit != 0 {
            multiple += i128::from(digit);
            lines.push(Line { through: Through::Multiple(digit), keep: kept(multiple) });
        }
    }
    assert_eq!(multiple, 6 * 4_965_661_367_192_848_881 + 2, "6u+2");
    lines.extend([Through::Psi, Through::MinusPsi2].map(|through| Line { through, keep: None }));
    lines
});

/// Lines up to the last whose end is kept: a wrong slope among them spoils points that are added later.
pub(crate) fn n_early_lines() -> usize {
    LINES.iter().rposition(|line| line.keep.is_some()).expect("some are kept") + 1
}

pub(crate) fn psi((x, y): Point) -> Point {
    let q: BigUint = Fq::MODULUS.into();
    let power = |divisor: u32| Fq2::new(Fq::from(9), Fq::from(1)).pow(((q.clone() - 1u32) / divisor).to_u64_digits());
    let conjugate = |a: Fq2| Fq2::new(a.c0, -a.c1);
    (conjugate(x) * power(3), conjugate(y) * power(2))
}

pub(crate) fn negative((x, y): Point) -> Point {
    (x, -y)
}

/// Where a line of this slope leads, through a point and one with this x: no formula asks which curve they are on.
pub(crate) fn next((x, y): Point, slope: Fq2, other_x: Fq2) -> Point {
    let next = slope.square() - x - other_x;
    (next, slope * (x - next) - y)
}

/// A point's way through the loop.
#[derive(Clone)]
pub(crate) struct Walk {
    /// Where each line starts, then where the last one ends.
    pub(crate) points: Vec<Point>,
    /// The second point of each line: the first again for a tangent.
    pub(crate) others: Vec<Point>,
    pub(crate) slopes: Vec<Fq2>,
}

impl Walk {
    /// From `base`, with the right slopes but where others are given.
    pub(crate) fn new(base: Point, wrong: &[(usize, Fq2)]) -> Self {
        Self::with_images(base, [psi(base), negative(psi(psi(base)))], wrong)
    }

    /// The same with other points in the place of psi(B) and -psi^2(B).
    pub(crate) fn with_images(base: Point, images: [Point; 2], wrong: &[(usize, Fq2)]) -> Self {
        let mut kept = HashMap::from([(1, base)]);
        let mut walk = Self { points: vec![base], others: Vec::new(), slopes: Vec::new() };
        let mut t = base;
        for (k, line) in LINES.iter().enumerate() {
            let other = match line.through {
                Through::Tangent(_) => t,
                Through::Multiple(m) if m > 0 => kept[&m],
                Through::Multiple(m) => negative(kept[&-m]),
                Through::Psi => images[0],
                Through::MinusPsi2 => images[1],
            };
            let given = wrong.iter().find(|(at, _)| *at == k).map(|(_, slope)| *slope);
            let slope = given.unwrap_or_else(|| match line.through {
                Through::Tangent(_) => t.0.square() * Fq2::from(3) / t.1.double(),
                _ => (other.1 - t.1) / (other.0 - t.0),
            });
            t = next(t, slope, other.0);
            walk.points.push(t);
            walk.others.push(other);
            walk.slopes.push(slope);
            if let Some(multiple) = line.keep {
                kept.insert(multiple, t);
            }
        }
        walk
    }

    /// Line k over y, at a point of the other group; one at infinity.
    fn value(&self, k: usize, point: Option<(Fq, Fq)>) -> Fq12 {
        let Some((x, y)) = point else { return Fq12::ONE };
        let ((t_x, t_y), slope) = (self.points[k], self.slopes[k]);
        let over_y = |a: Fq2, by: Fq| Fq2::new(a.c0 * by / y, a.c1 * by / y);
        let mut value = Fq12::ONE;
        value.c1.c0 = over_y(slope, -x);
        value.c1.c1 = over_y(t_y - slope * t_x, -Fq::ONE);
        value
    }
}

/// A point of G1 as the script takes it, on the curve or not: `(kappa / r^2, 1 / r^3)`.
#[derive(Clone, Copy)]
pub(crate) struct Scaled {
    pub(crate) kappa: Fq,
    pub(crate) scale: Fq,
}

impl Scaled {
    /// Its coordinates; at infinity it has none.
    fn point(self) -> Option<(Fq, Fq)> {
        let inverse = self.scale.inverse()?;
        Some((self.kappa * inverse.square(), inverse.square() * inverse))
    }

    fn affine(self) -> G1Affine {
        self.point().map_or_else(G1Affine::zero, |(x, y)| G1Affine::new_unchecked(x, y))
    }
}

/// The numbers of a proof, on the curves or not.
#[derive(Clone)]
pub(crate) struct Numbers {
    pub(crate) a: Scaled,
    pub(crate) b: Point,
    pub(crate) minus_c: Scaled,
}

impl Numbers {
    /// Those of a valid spend.
    pub(crate) fn of(hints: &Hints) -> Self {
        let n = |k: usize| Fq::from_le_bytes_mod_order(&hints.proof[32 * k..][..32]);
        let fq2 = |k| Fq2::new(n(k), n(k + 1));
        let scaled = |kappa, scale| Scaled { kappa: n(kappa), scale: n(scale) };
        Self { a: scaled(0, 6), b: (fq2(1), fq2(3)), minus_c: scaled(5, 7) }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (x, y) = self.b;
        let (a, c) = (self.a, self.minus_c);
        let numbers = [a.kappa, x.c0, x.c1, y.c0, y.c1, c.kappa, a.scale, c.scale];
        numbers.into_iter().flat_map(to_bytes).collect()
    }

    /// The points, whether or not they are any.
    pub(crate) fn proof(&self) -> Proof<Bn254> {
        Proof { a: self.a.affine(), b: G2Affine::new_unchecked(self.b.0, self.b.1), c: -self.minus_c.affine() }
    }
}

/// What f is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Factor {
    Itself,
    Lines(usize),
    Power(i8),
    /// None: f is replaced by its representative and kept.
    Keep(i8),
    /// What the table says of a digit of a public input.
    Digit(usize),
    Frobenius(usize),
}

/// All factors of f, with a full public input of so many digits, or without. What is kept holds no digit: those due
/// before follow as often as the squarings between would have made of them.
fn factors(n_digits: usize) -> Vec<Factor> {
    let mut factors = Vec::new();
    let mut due = Vec::new();
    for (k, line) in LINES.iter().enumerate() {
        if let Through::Tangent(step) = line.through {
            factors.push(Factor::Itself);
            due = due.iter().flat_map(|digit| [*digit; 2]).chain((step < n_digits).then_some(step)).collect();
        }
        factors.push(Factor::Lines(k));
        if let Through::Multiple(m) = line.through {
            factors.push(Factor::Power(m));
        }
        factors.extend(line.keep.map(Factor::Keep));
        let ends_step = matches!(LINES.get(k + 1).map(|next| next.through), Some(Through::Tangent(_) | Through::Psi));
        if ends_step && k + 1 >= n_early_lines() {
            factors.extend(due.drain(..).map(Factor::Digit));
        }
    }
    factors.extend([1, 2, 3].map(Factor::Frobenius));
    factors
}

/// What is written where f is cut, in order of use, and f at the end.
struct Run {
    cuts: Vec<Fq12>,
    end: Fq12,
}

/// Makes hints for the script of a spend.
pub(crate) struct Prover<'a> {
    spend: &'a Spend,
    factors: Vec<Factor>,
    /// Whether f is cut before each factor.
    cuts: Vec<bool>,
    delta: Walk,
}

/// The witness that ends the blob of the representatives.
pub(crate) fn witness(hints: &Hints) -> Fq12 {
    element(&hints.representatives[hints.representatives.len() - 192..])
}

impl<'a> Prover<'a> {
    /// Sees from a valid spend where f is cut; its public input, if it has one, is of these table entries.
    pub(crate) fn new(spend: &'a Spend, digits: &[Fq12]) -> Self {
        let delta = spend.key.vk.delta_g2;
        let factors = factors(digits.len());
        let cuts = vec![false; factors.len()];
        let mut prover = Self { spend, factors, cuts, delta: Walk::new((delta.x, delta.y), &[]) };
        let hints = &spend.hints;
        let d = witness(hints);
        let numbers = Numbers::of(hints);
        let walk = Walk::new(numbers.b, &[]);
        let mut left = hints.representatives.chunks(192).rev().skip(1).map(element);
        let mut claimed = left.next();
        let mut cuts = Vec::new();
        prover.run((&numbers, &walk), digits, d, |factor, f| {
            let is_cut = claimed.is_some_and(|claimed| is_one_class(claimed, f));
            if is_cut {
                claimed = left.next();
            }
            cuts.push(is_cut && !matches!(factor, Factor::Keep(_)));
        });
        assert_eq!(claimed, None, "every representative is one of f's values");
        prover.cuts = cuts;
        prover
    }

    /// Follows f from d through all factors; `before` sees each with the value it meets.
    fn run(
        &self,
        (numbers, walk): (&Numbers, &Walk),
        digits: &[Fq12],
        d: Fq12,
        mut before: impl FnMut(Factor, Fq12),
    ) -> Run {
        let mut kept = HashMap::from([(1, d)]);
        let (a, minus_c) = (numbers.a.point(), numbers.minus_c.point());
        let mut run = Run { cuts: Vec::new(), end: d };
        let f = &mut run.end;
        for (factor, cut) in self.factors.iter().zip(&self.cuts) {
            before(*factor, *f);
            if *cut {
                run.cuts.push(*f);
            }
            match *factor {
                Factor::Itself => *f = f.square(),
                Factor::Lines(k) => *f *= walk.value(k, a) * self.delta.value(k, minus_c),
                Factor::Power(m) if m > 0 => *f *= kept[&m],
                Factor::Power(m) => *f *= conjugate(kept[&-m]),
                Factor::Keep(m) => {
                    run.cuts.push(*f);
                    kept.insert(m, *f);
                }
                Factor::Digit(digit) => *f *= digits[digit],
                Factor::Frobenius(2) => *f *= conjugate(d.frobenius_map(2)),
                Factor::Frobenius(k) => *f *= d.frobenius_map(k),
            }
        }
        run
    }

    /// f at the end, from d = 1: what d must make up for.
    pub(crate) fn miller_value(&self, numbers: &Numbers, walk: &Walk, digits: &[Fq12]) -> Fq12 {
        self.run((numbers, walk), digits, Fq12::ONE, |_, _| {}).end
    }

    /// Hints for these numbers, slopes, digits and d. Their quotient is still to be found.
    pub(crate) fn hints(&self, numbers: &Numbers, walk: &Walk, digits: &[Fq12], d: Fq12) -> Hints {
        let run = self.run((numbers, walk), digits, d, |_, _| {});
        Hints {
            quotient: vec![0; self.spend.hints.quotient.len()],
            representatives: run.cuts.iter().rev().chain([&d]).flat_map(|f| bytes(*f)).collect(),
            slopes: walk.slopes.iter().rev().flat_map(|s| [s.c0, s.c1]).flat_map(to_bytes).collect(),
            proof: numbers.to_bytes(),
        }
    }

    /// How a factor of f between cut `at` and the one before it spreads: the power to which it is found in each later
    /// representative, from `at` on, and in f at the end.
    pub(crate) fn spread(&self, at: usize) -> (Vec<BigInt>, BigInt) {
        let mut kept: HashMap<i8, BigInt> = HashMap::from([(1, BigInt::ZERO)]);
        let (mut power, mut n_cuts, mut powers) = (BigInt::ZERO, 0, Vec::new());
        for (factor, cut) in self.factors.iter().zip(&self.cuts) {
            if *cut || matches!(factor, Factor::Keep(_)) {
                if n_cuts == at {
                    power = BigInt::from(1);
                }
                n_cuts += 1;
                powers.push(power.clone());
            }
            match *factor {
                Factor::Itself => power *= 2,
                Factor::Power(m) if m > 0 => power += &kept[&m],
                Factor::Power(m) => power -= &kept[&-m],
                Factor::Keep(m) => {
                    kept.insert(m, power.clone());
                }
                Factor::Lines(_) | Factor::Digit(_) | Factor::Frobenius(_) => {}
            }
        }
        (powers.split_off(at), power)
    }
}

pub(crate) fn to_bytes(x: Fq) -> Vec<u8> {
    x.into_bigint().to_bytes_le()
}

pub(crate) fn conjugate(mut f: Fq12) -> Fq12 {
    f.conjugate_in_place();
    f
}

/// Whether two values differ by a factor in Fq6.
pub(crate) fn is_one_class(f: Fq12, other: Fq12) -> bool {
    (f * conjugate(other)).c1 == Fq6::ZERO
}

/// `a(v) + w` from its coefficients, by `i = v^3 - 9`.
pub(crate) fn element(bytes: &[u8]) -> Fq12 {
    let a: Vec<Fq> = bytes.chunks(32).map(Fq::from_le_bytes_mod_order).collect();
    let fq2 = |low: Fq, high: Fq| Fq2::new(low + high * Fq::from(9), high);
    Fq12::new(Fq6::new(fq2(a[0], a[3]), fq2(a[1], a[4]), fq2(a[2], a[5])), Fq6::ONE)
}

/// The coefficients of the representative of a value's class.
pub(crate) fn bytes(f: Fq12) -> Vec<u8> {
    let a = f.c0 * f.c1.inverse().expect("not the identity's class");
    let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
    let coefficients = [low(a.c0), low(a.c1), low(a.c2), a.c0.c1, a.c1.c1, a.c2.c1];
    coefficients.into_iter().flat_map(to_bytes).collect()
}
