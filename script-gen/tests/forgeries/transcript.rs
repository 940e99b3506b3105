//! Challenges that do not depend on what they should.

use ark_bn254::{Fq, Fq2};
use ark_ff::{AdditiveGroup, Field};
use script_gen::{Hints, PublicInput, SpendData};

use crate::{
    algebra::{common_zeros, interpolate, roots},
    black_box::Script,
    common::{ONE_232, Spend},
    deletions::FALSE,
    lab::{Forgery, lab, without_inputs},
    lines::multiples_of_b,
    numeric_world,
    prover::{Blob, Walk, next, to_bytes},
    relations::Relation,
    row::{Outcome, Row, Standing, judge},
};

const FALSE_PROOF: &str = "A, B, C of a false statement";

/// A blob of numbers, and one number of it.
#[derive(Clone, Copy)]
struct Place {
    blob: Blob,
    number: usize,
}

impl Place {
    fn with(self, hints: &Hints, x: Fq) -> SpendData {
        let mut hints = hints.clone();
        (self.blob)(&mut hints)[32 * self.number..][..32].copy_from_slice(&to_bytes(x));
        without_inputs(hints)
    }
}

/// Degrees of the total in any one number that is tried here stay below.
const N_VALUES: u64 = 24;

/// Where the challenges do not depend on a number, it is chosen last: so that the identity holds at the point drawn.
fn chosen_last(left: &Script, hints: &Hints, places: &[Place]) -> SpendData {
    let z = left.drawn(&without_inputs(hints.clone()))[2];
    let chosen = places.iter().find_map(|place| {
        let points: Vec<Fq> = (0..N_VALUES).map(Fq::from).collect();
        let values: Vec<Fq> = points.iter().map(|x| left.difference_at(z, &place.with(hints, *x))).collect();
        let difference = interpolate(&points, &values);
        assert_eq!(difference.last(), Some(&Fq::ZERO), "the degree is below the bound");
        let spend = place.with(hints, *roots(&difference).first()?);
        assert_eq!(left.drawn(&spend)[2], z, "z does not depend on the number");
        Some(spend)
    });
    chosen.expect("two thirds of all polynomials have a zero")
}

fn row(hint: &'static str, check: &str, left: &Script, spend: &SpendData) -> Row {
    let outcomes = [&lab().script, left].map(|script| judge(script, spend));
    assert!(lab().script.complete(spend).is_none(), "no quotient for the whole script");
    Row::needed(hint, check, FALSE_PROOF, outcomes)
}

fn rows_of_coverage() -> Vec<Row> {
    let (script, hints) = (&lab().script, &FALSE.hints);
    let places =
        |blob: Blob, numbers: std::ops::Range<usize>| numbers.map(|number| Place { blob, number }).collect::<Vec<_>>();
    let before_d = hints.representatives.len() - 192;
    let representatives: Blob = |h| &mut h.representatives;
    let of = |hint, check, left: Script, places: &[Place]| row(hint, check, &left, &chosen_last(&left, hints, places));
    let without_d = script.without_tail(1, before_d);
    vec![
        // Numbers 1 to 4 are B's: A and C are seen by the direct checks.
        of("A, B, C", "rho covers the proof", script.without_lower(0), &places(|h| &mut h.proof, 1..5)),
        // The last lines' slopes lie first.
        of("slopes of B", "rho covers the slopes", script.without_upper(0), &places(|h| &mut h.slopes, 0..6)),
        of(
            "representatives",
            "rho covers the representatives",
            script.without_upper(1),
            &places(representatives, 0..2),
        ),
        of("d", "rho covers d", without_d, &places(representatives, before_d / 32..before_d / 32 + 6)),
        of("Q", "z covers Q", script.without_upper(2), &places(|h| &mut h.quotient, 0..1)),
    ]
}

/// sigma known beforehand: three neighbouring tangents are wrong, and their errors cancel in the sum over sigma.
fn row_of_sigma() -> Row {
    const FIRST: usize = 6;
    let fixed = |script: &Script| script.with_constant_hashed(1, &[5; 32]);
    let sigma = Fq2::new(fixed(&lab().script).drawn(&lab().spend.data(&lab().spend.hints))[1], Fq::ZERO);
    let error = |(x, y): (Fq2, Fq2), slope: Fq2| x.square() * Fq2::from(3) - (y * slope).double();
    let found = multiples_of_b().find_map(|numbers| {
        let honest = Walk::new(numbers.b, &[]);
        let (start, end) = (honest.points[FIRST], honest.points[FIRST + 3]);
        // From the first slope forwards, from the third backwards; the second leads from one point to the other.
        let ends_of_second = |first: Fq2, third: Fq2| {
            let from = next(start, first, start.0);
            let x = (third.square() - end.0) / Fq2::from(2);
            (from, (x, third * (x - end.0) - end.1))
        };
        let pair = |first: Fq2, third: Fq2| {
            let (from, to) = ends_of_second(first, third);
            let (run, rise) = (from.0 - to.0, from.1 + to.1);
            let outer = sigma.square() * error(start, first) + error(to, third);
            let inner = from.0.square() * Fq2::from(3) * run - (from.1 * rise).double();
            [rise.square() - (to.0 + from.0.double()) * run.square(), outer * run + sigma * inner]
        };
        let zeros = common_zeros(pair, 8, 40);
        zeros.into_iter().filter(|(first, _)| *first != honest.slopes[FIRST]).find_map(|(first, third)| {
            let (from, to) = ends_of_second(first, third);
            let second = (from.1 + to.1) * (from.0 - to.0).inverse()?;
            let wrong = [(FIRST, first), (FIRST + 1, second), (FIRST + 2, third)];
            let walk = Walk::new(numbers.b, &wrong);
            (walk.points[FIRST + 3] == end).then(|| (numbers.clone(), walk))
        })
    });
    let (numbers, walk) = found.expect("some B has one");
    let forgery = Forgery::new(&numbers, &walk);
    assert!(forgery.is_false_under_its_constant());
    let Forgery { script, spend, .. } = forgery;
    let violated = [FIRST, FIRST + 1, FIRST + 2].map(Relation::Slope);
    assert_eq!(script.relations(&lab().sites, &spend).violated(), violated);
    let left = fixed(&script);
    let spend = left.complete(&spend).expect("the errors cancel");
    Row::needed(
        "slopes of B",
        "sigma depends on rho",
        FALSE_PROOF,
        [&script, &left].map(|script| judge(script, &spend)),
    )
}

/// An input that rho does not cover can be chosen after z, but only digit by digit: nothing to solve for.
fn rows_of_inputs() -> Vec<Row> {
    let spend = Spend::new(231, &[PublicInput::Full, ONE_232], 232);
    let script = Script::of(&spend.verifier);
    let data = spend.data(&spend.hints);
    let row = |input: usize| {
        let left = script.without_upper(2 + input);
        let mut other = data.clone();
        other.inputs[input][0] ^= 0x10;
        assert_eq!(left.drawn(&other), left.drawn(&data), "the challenges do not see it");
        assert_ne!(script.drawn(&other)[0], script.drawn(&data)[0]);
        let [with, without] = [&script, &left].map(|script| judge(script, &other));
        assert!(with != Outcome::Accepted && without != Outcome::Accepted);
        Row {
            hint: "public input",
            check: format!("rho covers input {input}"),
            statement: "a valid proof's hints with another input",
            beside: String::new(),
            with,
            without,
            standing: Standing::Open,
        }
    };
    (0..data.inputs.len()).map(row).collect()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = rows_of_coverage();
    rows.extend(rows_of_inputs());
    rows.push(row_of_sigma());
    rows.push(numeric_world::row());
    rows
}
