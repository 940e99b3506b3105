//! Points that are none.

use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::UniformRand;
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    lab::{Forgery, lab},
    prover::{Numbers, Walk},
    relations::Relation,
    row::{Row, judge},
};

/// Direct checks: A is on its curve, C is.
const DIRECT: &str = "verifier/g1_points";

/// A point off the curve, with hints and a K that are right in all else.
fn row_off_the_curve(hint: &'static str, check: usize, numbers: &Numbers) -> Row {
    let Forgery { script, spend, .. } = Forgery::new(numbers, &Walk::new(numbers.b, &[]));
    let left = script.without_equality(DIRECT, check);
    let spend = left.complete(&spend).expect("all relations hold");
    let outcomes = [&script, &left].map(|script| judge(script, &spend));
    Row::needed(hint, format!("{} on its curve", &hint[..1]), "a point of no curve", outcomes)
}

/// On another curve that psi maps to itself.
fn row_of_twist() -> Row {
    let mut numbers = Numbers::of(&lab().spend.hints);
    let (x, y) = numbers.b;
    numbers.b = (x * Fq2::from(4), y * Fq2::from(8));
    let outcomes = Forgery::new(&numbers, &Walk::new(numbers.b, &[])).outcomes(&[Relation::Twist]).remove(0);
    Row::needed("B", Relation::Twist, "(4 x, 8 y): of order r on another curve", outcomes)
}

/// A point of the twist outside the subgroup: both coordinates of the loop's end are wrong.
fn row_of_subgroup() -> Row {
    let rng = &mut StdRng::seed_from_u64(243);
    let mut found = std::iter::repeat_with(|| G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), true)).flatten();
    let outside = found.find(|point| !point.is_in_correct_subgroup_assuming_on_curve()).expect("nearly all are");
    let numbers = Numbers { b: (outside.x, outside.y), ..Numbers::of(&lab().spend.hints) };
    let forgery = Forgery::new(&numbers, &Walk::new(numbers.b, &[]));
    let outcomes = forgery.outcomes(&[Relation::EndX, Relation::EndY]).remove(0);
    Row::needed("B", Relation::EndX, "B of the twist, but not of order r", outcomes).beside(Relation::EndY)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut a = Numbers::of(&lab().spend.hints);
    let mut c = a.clone();
    a.a.kappa += Fq::from(1);
    c.minus_c.kappa += Fq::from(1);
    vec![
        row_off_the_curve("A (kappa, r)", 0, &a),
        row_off_the_curve("C (kappa, r)", 1, &c),
        row_of_twist(),
        row_of_subgroup(),
    ]
}
