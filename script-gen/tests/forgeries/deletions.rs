//! False proofs under a key as it is: hints that are true under another alpha, bent where a check is missing.

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq6, Fq12};
use ark_ff::{Field, PrimeField};
use num_bigint::{BigInt, BigUint};
use script_gen::{Hints, SpendData};

use crate::{
    black_box::Script,
    common::{InsecureKey, verifier},
    lab::{constant, is_valid, lab, prover, without_inputs},
    prover::{Numbers, bytes, conjugate, element},
    relations::Relation,
    residue::of_short,
    row::{Outcome, Row, in_parallel, judge},
};

const FALSE_PROOF: &str = "A, B, C of a false statement";

/// Hints of a proof that is valid under a key with another alpha and false under the lab's.
pub(crate) struct FalseProof {
    pub(crate) hints: Hints,
    /// The other key's K, as a class, over this key's: a square, so of odd order.
    ratio: Fq12,
}

pub(crate) static FALSE: LazyLock<FalseProof> = LazyLock::new(|| {
    let key = &lab().spend.key;
    // The two keys' scripts differ in K alone. Half of all ratios are squares of classes.
    let others = (1u64..).map(|k| {
        let mut trapdoor = key.trapdoor.clone();
        trapdoor.alpha += ark_bn254::Fr::from(k);
        InsecureKey::of(trapdoor)
    });
    let with_ratio =
        others.map(|other| (of_short(constant(&other.vk)) * conjugate(of_short(constant(&key.vk))), other));
    let is_square = |ratio: &Fq12| ratio.pow(odd_order().to_u64_digits()).c1 == Fq6::default();
    let (ratio, other) = with_ratio.into_iter().find(|(ratio, _)| is_square(ratio)).expect("half of them");
    let hints = verifier(&other, &[]).spend(&other.prove(&[], 213), &[]).expect("valid under the other key").hints;
    assert!(!is_valid(&key.vk, &Numbers::of(&hints).proof()));
    FalseProof { hints, ratio }
});

/// The group of classes has order q^6 + 1, twice this number.
fn odd_order() -> BigUint {
    let q: BigUint = Fq::MODULUS.into();
    (q.pow(6) + 1u8) / 2u8
}

fn power(class: Fq12, exponent: &BigInt) -> Fq12 {
    let power = class.pow(exponent.magnitude().to_u64_digits());
    if exponent < &BigInt::from(0) { conjugate(power) } else { power }
}

/// Behind a cut whose relation is missing f can be anything: here what makes the end fit.
fn row_of_representative(at: usize) -> Row {
    let mut forged = FALSE.hints.clone();
    let (powers, end) = prover().spread(at);
    let order = BigInt::from(odd_order());
    let factor = power(FALSE.ratio, &end.modinv(&order).expect("prime to the order"));
    let n = forged.representatives.len() / 192 - 1;
    for (later, exponent) in (at..n).zip(&powers) {
        // Representatives lie in reverse order of use, before the witness.
        let bytes_at = 192 * (n - 1 - later);
        let value = element(&forged.representatives[bytes_at..][..192]) * power(factor, exponent);
        forged.representatives[bytes_at..][..192].copy_from_slice(&bytes(value));
    }
    let relation = Relation::Representative(at);
    Row::needed("representatives", relation, FALSE_PROOF, outcomes(&forged, relation))
}

/// What the script says of hints that violate one relation alone, with it and without.
fn outcomes(hints: &Hints, relation: Relation) -> [Outcome; 2] {
    let (script, sites) = (&lab().script, &lab().sites);
    let spend = without_inputs(hints.clone());
    let relations = script.relations(sites, &spend);
    assert_eq!(relations.violated(), [relation]);
    assert!(relations.complete_without(&spend, &[]).is_none(), "no quotient for the whole script");
    let spend = relations.complete_without(&spend, &[relation]).expect("all others hold");
    [script, &script.without(sites, relation)].map(|script| judge(script, &spend))
}

/// If nothing looked at the difference.
fn row_of_verdict() -> Row {
    let left: Script = lab().script.without_verdict();
    let spend: SpendData = without_inputs(FALSE.hints.clone());
    Row::needed("all", "the identity", FALSE_PROOF, [&lab().script, &left].map(|script| judge(script, &spend)))
}

pub(crate) fn rows() -> Vec<Row> {
    let n = lab().spend.hints.representatives.len() / 192 - 1;
    let mut rows = in_parallel(&(0..n).collect::<Vec<_>>(), |at| row_of_representative(*at));
    rows.push(Row::needed("d", Relation::Final, FALSE_PROOF, outcomes(&FALSE.hints, Relation::Final)));
    rows.push(row_of_verdict());
    rows
}
