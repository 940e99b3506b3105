//! A sample of `examples/differential.rs`.

use crate::common::differential::{Category, Outcome, batch};

#[test]
fn verifier__random_valid_and_invalid_proofs__agrees_with_arkworks() {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for seed in 0..5 {
        for (case, outcome) in batch(seed).into_iter().enumerate() {
            assert!(outcome.agrees(), "seed {seed}, case {case}: {outcome:?}");
            outcomes.push(outcome);
        }
    }
    assert!(outcomes.len() > 150, "{}", outcomes.len());
    for category in Category::ALL {
        assert!(outcomes.iter().any(|outcome| outcome.category == category), "{category:?}");
    }
    let both = outcomes.iter().filter(|outcome| outcome.arkworks && outcome.script).count();
    let neither = outcomes.iter().filter(|outcome| !outcome.arkworks && !outcome.script).count();
    assert!(both >= 20 && neither > 100, "{both} accepted, {neither} refused by both");
}
