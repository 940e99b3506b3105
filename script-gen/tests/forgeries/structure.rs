//! What holds for every choice of hints, true or not, seen on the script's bytes alone.

use ark_bn254::Fq;
use ark_std::UniformRand;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use script_gen::{Hints, SpendData};

use crate::{
    black_box::Script,
    common::{Spend, spend},
    prover::{Blob, LINES},
    relations::Relation,
};

/// The script without its direct checks, so that it runs to its end on any hints.
fn without_direct_checks(spend: &Spend) -> Script {
    let script = Script::of(&spend.verifier);
    (0..2).fold(script, |script, _| script.without_equality("verifier/g1_points", 0))
}

fn random_spend(like: &SpendData, seed: u64) -> SpendData {
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut random = |blob: &[u8]| {
        let mut bytes = vec![0; blob.len()];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let hints = Hints {
        quotient: random(&like.hints.quotient),
        representatives: random(&like.hints.representatives),
        slopes: random(&like.hints.slopes),
        proof: random(&like.hints.proof),
    };
    SpendData { hints, inputs: like.inputs.clone() }
}

#[test]
fn quotient__found_by_running_the_script__is_that_of_the_hints() {
    let spend = spend();
    let data = spend.data(&spend.hints);
    let script = Script::of(&spend.verifier);
    assert_eq!(script.complete(&data).as_ref(), Some(&data));
    let relations = script.relations(&script.sites(&data), &data);
    assert_eq!(relations.violated(), []);
    assert_eq!(relations.complete_without(&data, &[]).as_ref(), Some(&data));
    spend.run(&spend.hints).expect("a valid spend");
    // A false input has none.
    let mut other = data;
    other.inputs[0][3] ^= 1;
    assert_eq!(script.complete(&other), None);
}

#[test]
fn relations__added_by_the_script__are_all_of_them() {
    let spend = spend();
    let data = spend.data(&spend.hints);
    let found = Script::of(&spend.verifier).sites(&data).relations();
    let mut expected = vec![Relation::Twist, Relation::EndX, Relation::EndY, Relation::Final];
    expected.extend((0..LINES.len()).map(Relation::Slope));
    expected.extend((0..spend.hints.representatives.len() / 192 - 1).map(Relation::Representative));
    assert_eq!(found.len(), expected.len());
    assert!(expected.iter().all(|relation| found.contains(relation)));
}

/// The identity compares odd parts only: an even part would be out of its sight. Here every digit is random, so every
/// relation is false.
#[test]
fn total__any_hints__is_odd() {
    let spend = spend();
    let script = without_direct_checks(spend);
    let rng = &mut StdRng::seed_from_u64(201);
    for seed in 0..8 {
        let random = random_spend(&spend.data(&spend.hints), seed);
        let z = Fq::rand(rng);
        assert_eq!(script.difference_at(-z, &random), -script.difference_at(z, &random), "seed {seed}");
    }
}

/// A number that no check sees would be the spender's to choose.
#[test]
fn hints__each_number__is_seen() {
    let spend = spend();
    let script = without_direct_checks(spend).with_constant_hashed(0, &[7; 32]);
    let z = Fq::rand(&mut StdRng::seed_from_u64(202));
    let data = random_spend(&spend.data(&spend.hints), 99);
    // Every byte changes rho: with the challenges fixed, only what the relations themselves see is left.
    let whole = script.difference_at(z, &data);
    let blobs: [Blob; 4] = [|h| &mut h.quotient, |h| &mut h.representatives, |h| &mut h.slopes, |h| &mut h.proof];
    for (b, blob) in blobs.into_iter().enumerate() {
        for k in 0..blob(&mut data.hints.clone()).len() / 32 {
            let mut changed = data.clone();
            blob(&mut changed.hints)[32 * k] ^= 1;
            assert_ne!(script.difference_at(z, &changed), whole, "blob {b}, number {k}");
        }
    }
    for k in 0..8 * data.inputs[0].len() {
        let mut changed = data.clone();
        changed.inputs[0][k / 8] ^= 1 << (k % 8);
        assert_ne!(script.difference_at(z, &changed), whole, "bit {k} of the input");
    }
}
