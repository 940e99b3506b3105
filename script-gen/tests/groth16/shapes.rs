//! Valid spends for every shape of the loop: where f may be cut, in tables and digits of every width, alone and beside
//! other open inputs.
//!
//! A quotient pays for so many operations between two cuts, so a bit more or less in one input moves all cuts after it.
//! Most lengths share a few layouts; the rare ones belong to inputs of up to 24 bits, which the sweep takes one by one.
//! It asserts that each operation of the loop was the first after a cut in some case.

use std::collections::BTreeSet;

use chain_types::Profile;
use script_gen::{Groth16Verifier, PublicInput};

use crate::common::{Spend, assert_refused, readings::Check};

/// An operation of the loop that can be the first after a cut. A fragment's name does not tell the residue witness's
/// powers apart, nor the two last lines; their neighbours do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum AfterCut {
    Doubling,
    Addition,
    Power,
    /// A digit of a public input, after another operation.
    Digit,
    /// A digit of the second open input.
    NextDigit,
    /// The line through psi(Q).
    FirstLastLine,
    /// The line through -psi^2(Q).
    SecondLastLine,
    /// The first power of the residue witness.
    Frobenius,
    /// Another.
    LaterFrobenius,
}

impl AfterCut {
    const ALL: [Self; 9] = [
        Self::Doubling,
        Self::Addition,
        Self::Power,
        Self::Digit,
        Self::NextDigit,
        Self::FirstLastLine,
        Self::SecondLastLine,
        Self::Frobenius,
        Self::LaterFrobenius,
    ];

    /// What the fragments before and after a cut tell; nothing of a cut that is there because its value is kept.
    fn between(before: &str, after: &str) -> Option<Self> {
        match (before, after) {
            (_, "doubling") => Some(Self::Doubling),
            (_, "addition") => Some(Self::Addition),
            ("addition", "power") => Some(Self::Power),
            ("public_input", "public_input") => Some(Self::NextDigit),
            (_, "public_input") => Some(Self::Digit),
            ("frobenius_lines", "frobenius_lines") => Some(Self::SecondLastLine),
            (_, "frobenius_lines") => Some(Self::FirstLastLine),
            ("residue", "residue") => Some(Self::LaterFrobenius),
            (_, "residue") => Some(Self::Frobenius),
            _ => None,
        }
    }

    fn all_of(verifier: &Groth16Verifier) -> BTreeSet<Self> {
        let mut names: Vec<&str> = Vec::new();
        for (_, path) in verifier.fragments() {
            let name = path.strip_prefix("verifier/miller_loop/").unwrap_or(path);
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        let cuts = names.windows(3).filter(|around| around[1] == "chunk");
        cuts.filter_map(|around| Self::between(around[0], around[2])).collect()
    }
}

/// Verifiers' inputs: of every length up to 24 bits, then of lengths that are 11 apart, alone; fewer beside a full one,
/// before and after it; some pairs of small ones, whose cuts fall where no single input's do.
fn cases() -> Vec<Vec<PublicInput>> {
    use PublicInput::{Bits, Full};
    let spread = |step: u32| (1..=24).chain((24 + step..=253).step_by(step as usize)).chain([253]);
    let pairs = [(2, 2), (2, 8), (3, 7), (4, 14), (6, 5), (7, 3), (13, 6), (14, 14), (15, 20), (20, 2), (30, 7)];
    let mut cases = vec![vec![], vec![Full], vec![Full, Full]];
    cases.extend(spread(11).map(|bits| vec![Bits(bits)]));
    cases.extend(spread(37).step_by(2).map(|bits| vec![Bits(bits), Full]));
    cases.extend(spread(37).skip(1).step_by(4).map(|bits| vec![Full, Bits(bits)]));
    cases.extend(pairs.map(|(one, other)| vec![Bits(one), Bits(other)]));
    cases
}

fn sweep(profile: Profile) {
    let mut seen = BTreeSet::new();
    for (seed, inputs) in (0..).zip(cases()) {
        let label = format!("{inputs:?}, {profile:?}");
        let spend = Spend::under(profile, seed, &inputs, 9);
        spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{label}: {failure}"));
        let mut changed = spend.hints.clone();
        changed.representatives[seed as usize] ^= 1;
        assert_refused(spend.run(&changed), Check::Identity, &label);
        seen.extend(AfterCut::all_of(&spend.verifier));
    }
    assert_eq!(seen, BTreeSet::from(AfterCut::ALL), "{profile:?}");
}

#[test]
fn shapes__under_genesis__accept_valid_proofs_wherever_cut() {
    sweep(Profile::Genesis);
}

#[test]
fn shapes__under_chronicle__accept_valid_proofs_wherever_cut() {
    sweep(Profile::Chronicle);
}
