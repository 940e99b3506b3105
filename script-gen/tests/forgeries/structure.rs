//! What holds for every choice of hints, true or not, seen on the script's bytes alone.

use ark_bn254::Fq;
use ark_std::UniformRand;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use script_gen::Hints;

use crate::{
    black_box::{Script, with_input},
    common::{Spend, spend},
};

/// The script without its direct checks, so that it runs to its end on any hints.
fn without_direct_checks(spend: &Spend) -> Script {
    let script = Script::of(&spend.verifier);
    (0..4).fold(script, |script, _| script.without_equality("verifier/g1_points", 0))
}

fn random_hints(like: &Hints, seed: u64) -> Hints {
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut random = |blob: &[u8]| {
        let mut bytes = vec![0; blob.len()];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    Hints {
        quotient: random(&like.quotient),
        representatives: random(&like.representatives),
        slopes: random(&like.slopes),
        proof: random(&like.proof),
    }
}

#[test]
fn quotient__found_by_running_the_script__is_that_of_the_hints() {
    let spend = spend();
    let found = Script::of(&spend.verifier).complete(&spend.hints, &spend.input);
    assert!(found.as_ref() == Some(&spend.hints));
    spend.run(&spend.hints).expect("a valid spend");
    // A false input has none.
    let mut input = spend.input.clone();
    input[3] ^= 1;
    assert!(Script::of(&spend.verifier).complete(&spend.hints, &input).is_none());
}

#[test]
fn relations__added_by_the_script__are_all_of_them() {
    let spend = spend();
    let additions = Script::of(&spend.verifier).additions(&spend.hints, &spend.input);
    let n_chunks = spend.hints.representatives.len() / 192 - 1;
    // The first relation of each combination is not added to anything.
    assert_eq!(additions.odd.len() + 1, n_chunks + 25);
    assert_eq!(additions.even.len() + 1, 66);
}

/// The identity compares odd parts only: an even part would be out of its sight. Here every digit is random, so every
/// relation is false.
#[test]
fn total__any_hints__is_odd() {
    let spend = spend();
    let script = without_direct_checks(spend);
    let rng = &mut StdRng::seed_from_u64(201);
    for seed in 0..8 {
        let hints = random_hints(&spend.hints, seed);
        let blobs = with_input(&hints, &hints.quotient, &spend.input);
        let z = Fq::rand(rng);
        assert_eq!(script.difference_at(-z, &blobs), -script.difference_at(z, &blobs), "seed {seed}");
    }
}

/// A number that no check sees would be the spender's to choose.
#[test]
fn hints__each_number__is_seen() {
    let spend = spend();
    let script = without_direct_checks(spend).without_transcript();
    let z = Fq::rand(&mut StdRng::seed_from_u64(202));
    let hints = random_hints(&spend.hints, 99);
    // Every byte changes rho: with the challenges fixed, only what the relations themselves see is left.
    let at = |hints: &Hints, input: &[u8]| script.difference_at(z, &with_input(hints, &hints.quotient, input));
    let whole = at(&hints, &spend.input);
    let blobs: [fn(&mut Hints) -> &mut Vec<u8>; 4] =
        [|h| &mut h.quotient, |h| &mut h.representatives, |h| &mut h.slopes, |h| &mut h.proof];
    for (b, blob) in blobs.into_iter().enumerate() {
        for k in 0..blob(&mut hints.clone()).len() / 32 {
            let mut changed = hints.clone();
            blob(&mut changed)[32 * k] ^= 1;
            // y_A and y_C are in the direct checks alone, which are tested in `deletions`.
            let is_direct = b == 3 && [1, 7].contains(&k);
            assert_eq!(at(&changed, &spend.input) == whole, is_direct, "blob {b}, number {k}");
        }
    }
    for k in 0..8 * spend.input.len() {
        let mut input = spend.input.clone();
        input[k / 8] ^= 1 << (k % 8);
        assert_ne!(at(&hints, &input), whole, "bit {k} of the input");
    }
}
