//! Wrong slopes of B's lines.
//!
//! One wrong slope helps nobody (docs/math/forger.md): from the loop's end backwards every point is where it should be.
//! Two do, next to each other: the running point leaves the curve and comes back.

use ark_bn254::{Fq2, G2Affine};
use ark_ec::CurveGroup;
use ark_ff::Field;

use crate::{
    algebra::{interpolate, roots},
    lab::{Forgery, lab},
    prover::{LINES, Numbers, Through, Walk, n_early_lines, next},
    relations::Relation,
    row::{Row, Standing, in_parallel},
};

const SLOPES: &str = "slopes of B";
const FALSE_PROOF: &str = "A, B, C of a false statement";

/// B's multiples, all of order r.
pub(crate) fn multiples_of_b() -> impl Iterator<Item = Numbers> {
    let numbers = Numbers::of(&lab().spend.hints);
    let b = numbers.proof().b;
    (1u64..).map(move |m| {
        let b: G2Affine = (b * ark_bn254::Fr::from(m)).into_affine();
        Numbers { b: (b.x, b.y), ..numbers.clone() }
    })
}

/// Slopes of lines k and k + 1 that lead off the curve and back to the right point: zeros of a polynomial of degree 6.
fn detour(honest: &Walk, k: usize) -> Option<[(usize, Fq2); 2]> {
    let (start, other_x) = (honest.points[k], honest.others[k].0);
    let end = honest.points[k + 2];
    let second_x = |x: Fq2| match LINES[k + 1].through {
        Through::Tangent(_) => x,
        _ => honest.others[k + 1].0,
    };
    let miss = |slope: Fq2| {
        let (x, y) = next(start, slope, other_x);
        (end.1 + y).square() - (end.0 + x + second_x(x)) * (x - end.0).square()
    };
    let points: Vec<Fq2> = (0..8u64).map(Fq2::from).collect();
    let wrong = roots(&interpolate(&points, &points.iter().map(|slope| miss(*slope)).collect::<Vec<_>>()));
    let leads_there = |first: Fq2| {
        let (x, y) = next(start, first, other_x);
        let second = (end.1 + y) * (x - end.0).inverse()?;
        (next((x, y), second, second_x(x)) == end).then_some([(k, first), (k + 1, second)])
    };
    wrong.into_iter().filter(|slope| *slope != honest.slopes[k]).find_map(leads_there)
}

/// Rows of two neighbouring lines, each with the other's check out.
fn rows_of_pair(k: usize) -> Vec<Row> {
    let with_detour = multiples_of_b().find_map(|numbers| {
        let wrong = detour(&Walk::new(numbers.b, &[]), k)?;
        Some((Walk::new(numbers.b, &wrong), numbers))
    });
    let (walk, numbers) = with_detour.expect("most B have one");
    let forgery = Forgery::new(&numbers, &walk);
    assert!(forgery.is_false_under_its_constant());
    let relations = [Relation::Slope(k), Relation::Slope(k + 1)];
    let outcomes = forgery.outcomes(&relations);
    let standing = if k < n_early_lines() { Standing::Open } else { Standing::NeededBeside };
    let row = |at: usize, outcomes| {
        Row::needed(SLOPES, relations[at], FALSE_PROOF, outcomes).beside(relations[1 - at]).standing(standing)
    };
    outcomes.into_iter().enumerate().map(|(at, outcomes)| row(at, outcomes)).collect()
}

/// The last slope turned: the right x at the end and another y.
fn rows_of_last() -> Vec<Row> {
    let last = LINES.len() - 1;
    let numbers = Numbers::of(&lab().spend.hints);
    let honest = Walk::new(numbers.b, &[]);
    let forgery = Forgery::new(&numbers, &Walk::new(numbers.b, &[(last, -honest.slopes[last])]));
    assert!(forgery.is_false_under_its_constant());
    let relations = [Relation::Slope(last), Relation::EndY];
    let outcomes = forgery.outcomes(&relations);
    let hints = [SLOPES, "B"];
    let row =
        |at: usize, outcomes| Row::needed(hints[at], relations[at], FALSE_PROOF, outcomes).beside(relations[1 - at]);
    outcomes.into_iter().enumerate().map(|(at, outcomes)| row(at, outcomes)).collect()
}

/// A slope among those whose ends are added again later: here the loop's end is not checked either.
fn row_of_early(k: usize) -> Row {
    let numbers = Numbers::of(&lab().spend.hints);
    let honest = Walk::new(numbers.b, &[]);
    let forgery = Forgery::new(&numbers, &Walk::new(numbers.b, &[(k, honest.slopes[k] + Fq2::ONE)]));
    assert!(forgery.is_false_under_its_constant());
    let outcomes = forgery.outcomes(&[Relation::Slope(k), Relation::EndX, Relation::EndY]).remove(0);
    Row::needed(SLOPES, Relation::Slope(k), FALSE_PROOF, outcomes)
        .beside("x and y of the loop's end")
        .standing(Standing::Open)
}

pub(crate) fn rows() -> Vec<Row> {
    // A detour from one of these lines would pass by a point that is added again later.
    let spoiling = LINES[..n_early_lines() - 1].iter().rposition(|line| line.keep.is_some());
    let first_pair = spoiling.expect("some are kept") + 1;
    let early: Vec<usize> = (0..first_pair).collect();
    let pairs: Vec<usize> = (first_pair..LINES.len() - 1).step_by(2).collect();
    let mut rows = in_parallel(&early, |k| row_of_early(*k));
    rows.extend(in_parallel(&pairs, |k| rows_of_pair(*k)).into_iter().flatten());
    // The last line may be the second of a pair already; its other partner is the y of the loop's end.
    let mut last = rows_of_last();
    if rows.len() == LINES.len() {
        last.remove(0);
    }
    rows.extend(last);
    rows
}
