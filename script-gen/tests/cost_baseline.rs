//! Sizes and counts cannot drift: `bench-data/script_cost.csv` holds them, and static counts equal metered ones.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p script-gen --test cost_baseline` writes the table anew.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::{fmt::Write as _, fs, path::PathBuf};

use chain_types::ScriptLimits;
use common::{InsecureKey, packed};
use script_gen::Groth16Verifier;
use script_vm::{Machine, Metrics, NoSignatures};

struct Measured {
    verifier: Groth16Verifier,
    unlocking_len: usize,
    unlocking_opcodes: usize,
    metrics: Metrics,
}

fn measure(input_len: usize) -> Measured {
    let key = InsecureKey::new(7, usize::from(input_len > 0));
    let input: Vec<u8> = (100..).take(input_len).collect();
    let inputs: Vec<_> = if input_len > 0 { vec![packed(&input)] } else { vec![] };
    let limits = ScriptLimits::GENESIS_POLICY;
    let verifier = Groth16Verifier::new(&key.vk, input_len, limits).expect("a good key");
    let hints = verifier.hints(&key.prove(&inputs, 3), &input).expect("a valid proof");
    let unlocking = verifier.unlocking_script(&hints, &input);
    let metrics = Machine::policy().run(&unlocking, verifier.locking_script(), &NoSignatures);
    Measured {
        unlocking_len: unlocking.len(),
        unlocking_opcodes: unlocking.instructions().count(),
        metrics: metrics.expect("a valid proof is accepted"),
        verifier,
    }
}

/// The verifiers in the table: all inputs fixed; one of 232 bits at spending, as in the digit contract.
const CASES: [(&str, usize); 2] = [("fixed", 0), ("one_232", 29)];

fn table() -> String {
    let mut out = String::from("verifier,fragment,bytes,opcodes,pushes,widest_number,peak_stack_bytes\n");
    for (name, input_len) in CASES {
        let measured = measure(input_len);
        let cost = measured.verifier.cost();
        for (path, cost) in &cost.fragments {
            let path = if path.is_empty() { "clean_up" } else { path };
            writeln!(out, "{name},{path},{},{},{},,", cost.bytes, cost.opcodes, cost.pushes).expect("a string");
        }
        let (total, metrics) = (cost.total, &measured.metrics);
        let (widest, peak) = (metrics.widest_number, metrics.peak_stack_bytes);
        writeln!(out, "{name},LOCKING,{},{},{},{widest},{peak}", total.bytes, total.opcodes, total.pushes)
            .expect("a string");
        let unlocking = measured.unlocking_opcodes;
        writeln!(out, "{name},UNLOCKING,{},{unlocking},{unlocking},,", measured.unlocking_len).expect("a string");
        writeln!(out, "{name},TOTAL,{},,,,", total.bytes + measured.unlocking_len).expect("a string");
    }
    out
}

#[test]
fn cost__table__is_as_checked_in() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../bench-data/script_cost.csv");
    let found = table();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("bench-data can be made");
        fs::write(&path, &found).expect("the table can be written");
    }
    let expected = fs::read_to_string(&path).expect("bench-data/script_cost.csv is in the repository");
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "a cost changed; if it should have, run again with UPDATE_GOLDEN=1");
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "rows came or went");
}

#[test]
fn cost__static_counts__equal_metered_ones() {
    for (name, input_len) in CASES {
        let measured = measure(input_len);
        let cost = measured.verifier.cost();
        let run = measured.metrics.instructions;
        let expected = (cost.total.opcodes + measured.unlocking_opcodes) as u64;
        assert_eq!(run, expected, "{name}: every instruction runs exactly once");
        assert_eq!(cost.total.bytes, measured.verifier.locking_script().len(), "{name}");
        let by_fragment: usize = cost.fragments.values().map(|c| c.bytes).sum();
        assert_eq!(by_fragment, cost.total.bytes, "{name}: every byte has a fragment");
        let widest = measured.metrics.widest_number as u64;
        assert!(widest <= cost.widest_number, "{name}: {widest} metered, {} proven", cost.widest_number);
    }
}

#[test]
fn cost__one_232_bit_input__is_below_the_bar() {
    let measured = measure(29);
    let total = measured.verifier.locking_script().len() + measured.unlocking_len;
    assert!(total <= 48_000, "{total} bytes");
}
