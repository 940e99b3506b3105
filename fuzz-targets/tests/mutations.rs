//! Every target over its seeds and mutations of them: nothing panics, and what is read reads back the same.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use fuzz_targets::{Cost, Outcome, TARGETS, Target};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::panic;

/// Random mutations of each target, over all its seeds.
const fn n_mutations(cost: Cost) -> usize {
    match cost {
        Cost::Low => 4_000,
        Cost::High => 60,
    }
}

/// Prefixes and single flips of each seed: all of them, spread evenly if the seed is longer.
const fn n_positions(cost: Cost) -> usize {
    match cost {
        Cost::Low => 4_096,
        Cost::High => 40,
    }
}

fn check(target: &Target, input: &[u8]) -> Outcome {
    panic::catch_unwind(|| (target.run)(input))
        .unwrap_or_else(|_| panic!("{}: panics at the input {}", target.name, hex::encode(input)))
}

fn positions(len: usize, cost: Cost) -> impl Iterator<Item = usize> {
    (0..len).step_by(len.div_ceil(n_positions(cost)).max(1))
}

/// One to four small changes, of the kinds that parsers stumble over.
fn mutate(rng: &mut StdRng, seeds: &[Vec<u8>]) -> Vec<u8> {
    const TOKENS: [&[u8]; 12] =
        [b"\"", b"[", b"{", b"}", b",", b"0x", b"-1", b"1e99", b"\\u0000", b"null", &[0xff; 8], &[0; 32]];
    let mut input = seeds[rng.gen_range(0..seeds.len())].clone();
    for _ in 0..rng.gen_range(1..=4) {
        let at = rng.gen_range(0..=input.len());
        let end = (at + rng.gen_range(0..64)).min(input.len());
        match rng.gen_range(0..6) {
            0 => drop(input.drain(at..end)),
            1 => input.extend_from_within(at..end),
            2 => drop(input.splice(at..at, TOKENS[rng.gen_range(0..TOKENS.len())].iter().copied())),
            3 => input[at..end].fill(rng.r#gen()),
            4 => {
                let other = &seeds[rng.gen_range(0..seeds.len())];
                input.truncate(at);
                input.extend(&other[at.min(other.len())..]);
            }
            _ => input[at..end].iter_mut().for_each(|byte| *byte = byte.wrapping_add(1)),
        }
    }
    input
}

fn run_over_mutations(target: &Target) {
    const RNG_SEED: u64 = 0x6772_6f74_6831_3620;
    let seeds = target.read_seeds().expect("the seeds are in the repository");
    for seed in &seeds {
        for at in positions(seed.len(), target.cost) {
            check(target, &seed[..at]);
            let mut flipped = seed.clone();
            flipped[at] ^= 1 << (at % 8);
            check(target, &flipped);
        }
    }
    let mut rng = StdRng::seed_from_u64(RNG_SEED);
    for _ in 0..n_mutations(target.cost) {
        check(target, &mutate(&mut rng, &seeds));
    }
}

#[test]
fn targets__mutated_seeds__never_panic() {
    let queue = std::sync::Mutex::new(TARGETS.iter());
    let next = || queue.lock().expect("nobody panics while it is locked").next();
    let work = || {
        while let Some(target) = next() {
            run_over_mutations(target)
        }
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..n_threads).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn targets__seeds__reach_behind_the_parser() {
    // A whole proving key has 760 kB; a contract is refused once this generator writes another script.
    const REFUSED: [&str; 2] = ["own_proving_key", "contract_artifact"];
    for target in TARGETS {
        let seeds = target.read_seeds().expect("the seeds are in the repository");
        let is_read = seeds.iter().any(|seed| check(target, seed) == Outcome::Read);
        assert_eq!(is_read, !REFUSED.contains(&target.name), "{}", target.name);
        assert_eq!(
            check(target, b""),
            if target.name.starts_with("script_") { Outcome::Read } else { Outcome::Refused }
        );
    }
}

#[test]
fn targets__of_cargo_fuzz__are_the_same() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    let names: Vec<_> =
        manifest.lines().filter_map(|line| line.strip_prefix("{ name = \"")?.split('"').next()).collect();
    assert_eq!(names, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
}
