//! Points that are none, with hints that are right in all else, and a K for which the end fits: what is left to refuse
//! them is one check.

use ark_bn254::{Fq, Fq2, Fq12, G2Affine};
use ark_ff::{BigInteger, Field, PrimeField, UniformRand};
use num_bigint::BigUint;
use rand::{SeedableRng, rngs::StdRng};
use script_gen::Hints;

use crate::{
    black_box::Script,
    common::{Spend, assert_refused, proof_number, readings::Check, run_on, written_proof},
    deletions::{bytes, conjugate, constant, element},
};

type Point = (Fq2, Fq2);

/// The numbers of a proof, on the curves or not.
struct Numbers {
    a: (Fq, Fq),
    b: Point,
    c: (Fq, Fq),
    scales: [Fq; 2],
}

fn psi((x, y): Point) -> Point {
    let q: BigUint = Fq::MODULUS.into();
    let power = |divisor: u32| Fq2::new(Fq::from(9), Fq::from(1)).pow(((q.clone() - 1u32) / divisor).to_u64_digits());
    let conjugate = |a: Fq2| Fq2::new(a.c0, -a.c1);
    (conjugate(x) * power(3), conjugate(y) * power(2))
}

fn negative((x, y): Point) -> Point {
    (x, -y)
}

/// A running point with its line evaluated at a point of the other group, and the slopes met.
struct Runner {
    at: (Fq, Fq),
    base: Point,
    t: Point,
    slopes: Vec<Fq2>,
}

impl Runner {
    fn new(at: (Fq, Fq), base: Point) -> Self {
        Self { at, base, t: base, slopes: Vec::new() }
    }

    /// The line through the running point and another, over y: no formula asks which curve they are on.
    fn line(&mut self, (x, y): Point) -> Fq12 {
        let t = self.t;
        let tangent = t.0.square() * Fq2::from(3) / (t.1 + t.1);
        let slope = if t == (x, y) { tangent } else { (y - t.1) / (x - t.0) };
        let next = slope.square() - t.0 - x;
        self.t = (next, slope * (t.0 - next) - t.1);
        self.slopes.push(slope);
        let mut value = Fq12::ONE;
        let over_y = |a: Fq2, by: Fq| Fq2::new(a.c0 * by / self.at.1, a.c1 * by / self.at.1);
        value.c1.c0 = over_y(slope, -self.at.0);
        value.c1.c1 = over_y(t.1 - slope * t.0, -Fq::from(1));
        value
    }
}

/// Digits of 6u+2 after the leading one; the leading 1, 0, -1 of the non-adjacent form is walked as 1, 1.
fn digits() -> Vec<i32> {
    let n = 6 * 4_965_661_367_192_848_881u128 + 2;
    let bit = |n: u128, k: u32| i32::from((n >> k) & 1 == 1);
    let digit = |k: u32| bit(3 * n, k + 1) - bit(n, k + 1);
    std::iter::once(1).chain((0..63).rev().map(digit)).collect()
}

/// Hints for these numbers and any d, a chunk every second step, and the K that closes the equation.
fn hints(spend: &Spend, numbers: &Numbers) -> (Hints, Fq12) {
    let mut hints = spend.hints.clone();
    let n_chunks = hints.representatives.len() / 192 - 1;
    assert_eq!(n_chunks, 32, "a chunk is two steps");
    let delta = spend.key.vk.delta_g2;
    let minus_c = (numbers.c.0, -numbers.c.1);
    let mut pairs = [Runner::new(numbers.a, numbers.b), Runner::new(minus_c, (delta.x, delta.y))];
    let d = element(&hints.representatives[192 * n_chunks..]);
    let mut f = d;
    let mut add = |f: &mut Fq12, other: fn(&Runner) -> Point| {
        for pair in &mut pairs {
            *f *= pair.line(other(pair));
        }
    };
    for (k, digit) in digits().into_iter().enumerate() {
        f.square_in_place();
        add(&mut f, |pair| pair.t);
        match digit {
            1 => add(&mut f, |pair| pair.base),
            -1 => add(&mut f, |pair| negative(pair.base)),
            _ => {}
        }
        f *= [conjugate(d), Fq12::ONE, d][(digit + 1) as usize];
        if k % 2 == 1 {
            let at = 192 * (n_chunks - 1 - k / 2);
            hints.representatives[at..][..192].copy_from_slice(&bytes(f));
        }
    }
    add(&mut f, |pair| psi(pair.base));
    add(&mut f, |pair| negative(psi(psi(pair.base))));
    f *= d.frobenius_map(1) * conjugate(d.frobenius_map(2)) * d.frobenius_map(3);
    let (a, b, c) = (numbers.a, numbers.b, numbers.c);
    let proof = [a.0, a.1, b.0.c0, b.0.c1, b.1.c0, b.1.c1, c.0, c.1, numbers.scales[0], numbers.scales[1]];
    let to_bytes = |x: Fq| x.into_bigint().to_bytes_le();
    hints.proof = proof.into_iter().flat_map(to_bytes).collect();
    hints.slopes = pairs[0].slopes.iter().rev().flat_map(|s| [s.c0, s.c1]).flat_map(to_bytes).collect();
    (hints, conjugate(f))
}

fn with_constant(script: &Script, from: Fq12, to: Fq12) -> Script {
    let (from, to) = (bytes(from), bytes(to));
    let numbers = from.chunks(32).zip(to.chunks(32)).map(|(from, to)| [from, to].map(Fq::from_le_bytes_mod_order));
    numbers.fold(script.clone(), |script, [from, to]| script.with_number(from, to))
}

/// Refused by the whole script, accepted by what `remove` leaves of it: under the same K both times.
#[track_caller]
fn assert_forges(numbers: &Numbers, remove: impl Fn(&Script) -> Script, check: Check, label: &str) {
    let spend = spend();
    let (forged, k) = hints(spend, numbers);
    let whole = with_constant(&Script::of(&spend.verifier), constant(&spend.key.vk), k);
    let left = remove(&whole);
    let forged = left.complete(&forged, &[]).unwrap_or_else(|| panic!("{label}: no quotient for what is left"));
    let unlocking = spend.verifier.unlocking_script(&forged, &[]);
    let run = |script: &Script| run_on(&spend.verifier, &script.locking_script(), &unlocking);
    run(&left).unwrap_or_else(|failure| panic!("{label}: {failure}"));
    assert_refused(run(&whole), check, label);
    if matches!(check, Check::Identity) {
        assert!(whole.complete(&forged, &[]).is_none(), "{label}: no quotient for the whole script");
    }
}

fn spend() -> &'static Spend {
    static SPEND: std::sync::LazyLock<Spend> = std::sync::LazyLock::new(|| Spend::new(241, 0, 242));
    &SPEND
}

fn honest() -> Numbers {
    let hints = &spend().hints;
    let proof = written_proof(hints);
    Numbers {
        a: (proof.a.x, proof.a.y),
        b: (proof.b.x, proof.b.y),
        c: (proof.c.x, proof.c.y),
        scales: [8, 9].map(|k| proof_number(hints, k)),
    }
}

#[test]
fn curve_checks__left_out__let_points_of_no_curve_pass() {
    let mut numbers = honest();
    numbers.a.0 += Fq::from(1);
    assert_forges(&numbers, |script| script.without_equality("verifier/g1_points", 0), Check::G1, "A");
    let mut numbers = honest();
    numbers.c.0 += Fq::from(1);
    assert_forges(&numbers, |script| script.without_equality("verifier/g1_points", 2), Check::G1, "C");
}

#[test]
fn twist_check__left_out__lets_another_curve_pass() {
    let mut numbers = honest();
    let (x, y) = numbers.b;
    numbers.b = (x * Fq2::from(4), y * Fq2::from(8));
    let spend = spend();
    let remove = |script: &Script| {
        let second = Script::of(&spend.verifier).additions(&spend.hints, &[]).even[0];
        script.without_first_relation(second)
    };
    assert_forges(&numbers, remove, Check::Identity, "(4x, 8y)");
}

#[test]
fn loop_end__left_out__lets_points_outside_the_subgroup_pass() {
    let rng = &mut StdRng::seed_from_u64(243);
    let mut found = std::iter::repeat_with(|| G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), true)).flatten();
    let outside = found.find(|point| !point.is_in_correct_subgroup_assuming_on_curve()).expect("nearly all are");
    let mut numbers = honest();
    numbers.b = (outside.x, outside.y);
    let spend = spend();
    let remove = |script: &Script| {
        let additions = Script::of(&spend.verifier).additions(&spend.hints, &[]);
        let ends = additions.odd.iter().chain(&additions.even);
        let ends: Vec<_> = ends.filter(|end| script.fragment_of(**end) == "verifier/miller_loop/subgroup").collect();
        assert_eq!(ends.len(), 2, "x and y");
        ends.iter().fold(script.clone(), |script, end| script.without_relation(**end))
    };
    assert_forges(&numbers, remove, Check::Identity, "outside the subgroup");
}
