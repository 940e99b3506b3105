//! Sizes and counts cannot drift: `bench-data/script_cost.csv` holds them, and static counts equal metered ones.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p script-gen --test cost_baseline` writes the table anew.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf, sync::LazyLock};

use ark_bn254::Fr;
use chain_types::{LockingScript, Opcode, Profile, UnlockingScript};
use common::{InsecureKey, ONE_232, contract::AnySignature, contract::Paid, fragment_map, machine, values};
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{Groth16Verifier, PublicInput, ScriptCost, Target};
use script_vm::{FragmentMap, Hook, Metrics, ScriptRole, View};

/// The name of the fragment that is none: what is left on the stack is dropped.
const CLEAN_UP: &str = "clean_up";

/// The verifiers in the table.
const VERIFIERS: [(&str, &[PublicInput]); 4] = [
    ("fixed", &[]),
    ("one_232", &[ONE_232]),
    ("one_254", &[PublicInput::Full]),
    ("two_254", &[PublicInput::Full, PublicInput::Full]),
];
const CONTRACT: &str = "proof_contract";

/// What a run has shown of one fragment.
#[derive(Clone, Copy, Default)]
struct Meter {
    opcodes: usize,
    widest_number: usize,
    peak_stack_bytes: usize,
}

/// Meters the locking script by fragment.
struct FragmentMeter<'a> {
    fragments: &'a FragmentMap,
    found: BTreeMap<String, Meter>,
}

impl FragmentMeter<'_> {
    fn at(&mut self, view: &View<'_>) -> Option<&mut Meter> {
        let path = self.fragments.path_at(view.offset)?;
        (view.role == ScriptRole::Locking).then(|| self.found.entry(path.to_owned()).or_default())
    }
}

/// How many numbers an opcode computes with, and whether it leaves one.
const fn arithmetic(opcode: Opcode) -> (usize, bool) {
    match opcode {
        Opcode::OP_BIN2NUM => (0, true),
        Opcode::OP_LSHIFT | Opcode::OP_RSHIFT => (0, false),
        Opcode::OP_NUMEQUALVERIFY => (2, false),
        Opcode(0x8b..=0x92) => (1, true),
        Opcode(0x93..=0xa4) | Opcode::OP_LSHIFTNUM | Opcode::OP_RSHIFTNUM => (2, true),
        _ => (0, false),
    }
}

impl Hook for FragmentMeter<'_> {
    fn before(&mut self, view: &View<'_>) {
        let Some(meter) = self.at(view) else { return };
        meter.opcodes += 1;
        let operands = view.stack().iter().rev().take(arithmetic(view.opcode).0);
        meter.widest_number = operands.map(|n| n.len()).fold(meter.widest_number, usize::max);
        meter.peak_stack_bytes = meter.peak_stack_bytes.max(view.stack_bytes());
    }

    fn after(&mut self, view: &View<'_>) {
        let Some(meter) = self.at(view) else { return };
        if let (true, Some(result)) = (arithmetic(view.opcode).1, view.stack().last()) {
            meter.widest_number = meter.widest_number.max(result.len());
        }
        meter.peak_stack_bytes = meter.peak_stack_bytes.max(view.stack_bytes());
    }
}

/// A locking script with all that is known of its cost.
struct Measured {
    name: &'static str,
    profile: Profile,
    cost: ScriptCost,
    locking_len: usize,
    unlocking: UnlockingScript,
    metrics: Metrics,
    fragments: BTreeMap<String, Meter>,
}

impl Measured {
    fn new(
        (name, profile): (&'static str, Profile),
        cost: ScriptCost,
        (locking, fragments): (&LockingScript, FragmentMap),
        unlocking: UnlockingScript,
    ) -> Self {
        let mut meter = FragmentMeter { fragments: &fragments, found: BTreeMap::new() };
        let run = machine(profile).run_with_hook(&unlocking, locking, &AnySignature, &mut meter);
        let metrics = run.unwrap_or_else(|failure| panic!("{name}, {profile}: {failure}"));
        let fragments = meter.found;
        Self { name, profile, cost, locking_len: locking.len(), unlocking, metrics, fragments }
    }

    fn unlocking_opcodes(&self) -> usize {
        self.unlocking.instructions().count()
    }

    fn total(&self) -> usize {
        self.locking_len + self.unlocking.len()
    }

    /// The table's rows.
    fn rows(&self) -> String {
        let (name, profile) = (self.name, self.profile);
        let mut out = String::new();
        let mut row = |fragment: &str, columns: String| {
            writeln!(out, "{name},{profile},{fragment},{columns}").expect("a string takes all");
        };
        for (path, cost) in &self.cost.fragments {
            let Meter { widest_number, peak_stack_bytes, .. } = self.fragments[path];
            let path = if path.is_empty() { CLEAN_UP } else { path };
            row(path, format!("{},{},{},{widest_number},{peak_stack_bytes}", cost.bytes, cost.opcodes, cost.pushes));
        }
        let (total, metrics) = (self.cost.total, &self.metrics);
        let (widest, peak) = (metrics.widest_number, metrics.peak_stack_bytes);
        row("LOCKING", format!("{},{},{},{widest},{peak}", total.bytes, total.opcodes, total.pushes));
        let unlocking = self.unlocking_opcodes();
        row("UNLOCKING", format!("{},{unlocking},{unlocking},,", self.unlocking.len()));
        row("TOTAL", format!("{},{},{},,", self.total(), total.opcodes + unlocking, total.pushes + unlocking));
        out
    }
}

fn measure_verifier(name: &'static str, inputs: &[PublicInput], profile: Profile) -> Measured {
    let key = InsecureKey::new(7, inputs.len());
    let verifier = Groth16Verifier::new(&key.vk, inputs, Target::policy(profile)).expect("a good key");
    let values: Vec<Fr> = values(inputs, &mut StdRng::seed_from_u64(3));
    let spend = verifier.spend(&key.prove(&values, 3), &values).expect("a valid proof");
    let fragments = fragment_map(&verifier.fragments());
    let locking = (verifier.locking_script(), fragments);
    Measured::new((name, profile), verifier.cost(), locking, spend.unlocking_script())
}

fn measure_contract(profile: Profile) -> Measured {
    let paid = Paid::under(Target::policy(profile));
    let fragments = fragment_map(&paid.contract.fragments());
    let locking = (paid.contract.locking_script(), fragments);
    Measured::new((CONTRACT, profile), paid.contract.cost(), locking, paid.unlocking_script())
}

static MEASURED: LazyLock<Vec<Measured>> = LazyLock::new(|| {
    let of_profile = |profile| {
        let verifiers = VERIFIERS.into_iter().map(move |(name, inputs)| measure_verifier(name, inputs, profile));
        verifiers.chain([measure_contract(profile)])
    };
    Profile::ALL.into_iter().flat_map(of_profile).collect()
});

#[test]
fn cost__table__is_as_checked_in() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../bench-data/script_cost.csv");
    let rows: String = MEASURED.iter().map(Measured::rows).collect();
    let found = format!("verifier,profile,fragment,bytes,opcodes,pushes,widest_number,peak_stack_bytes\n{rows}");
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
    for measured in &*MEASURED {
        let label = format!("{}, {}", measured.name, measured.profile);
        let (cost, metrics) = (&measured.cost, &measured.metrics);
        let expected = (cost.total.opcodes + measured.unlocking_opcodes()) as u64;
        assert_eq!(metrics.instructions, expected, "{label}: every instruction runs exactly once");
        assert_eq!(cost.total.bytes, measured.locking_len, "{label}");
        let by_fragment: usize = cost.fragments.values().map(|c| c.bytes).sum();
        assert_eq!(by_fragment, cost.total.bytes, "{label}: every byte has a fragment");
        let opcodes: BTreeMap<_, _> = cost.fragments.iter().map(|(path, cost)| (path, cost.opcodes)).collect();
        let metered: BTreeMap<_, _> = measured.fragments.iter().map(|(path, meter)| (path, meter.opcodes)).collect();
        assert_eq!(metered, opcodes, "{label}");
    }
}

#[test]
fn cost__of_fragments__is_that_of_the_script_at_its_widest() {
    for measured in &*MEASURED {
        let label = format!("{}, {}", measured.name, measured.profile);
        let most = |of: fn(&Meter) -> usize| measured.fragments.values().map(of).max().expect("fragments");
        assert_eq!(most(|meter| meter.widest_number), measured.metrics.widest_number, "{label}");
        assert_eq!(most(|meter| meter.peak_stack_bytes), measured.metrics.peak_stack_bytes, "{label}");
        // The proven bound holds for any spender's bytes, and is not far above what valid ones need.
        let (widest, bound) = (measured.metrics.widest_number as u64, measured.cost.widest_number);
        assert!(widest <= bound && bound <= widest + 100, "{label}: {widest} metered, {bound} proven");
    }
}

fn total(name: &str, profile: Profile) -> usize {
    let found = MEASURED.iter().find(|measured| measured.name == name && measured.profile == profile);
    found.expect("it is measured").total()
}

#[test]
fn cost__of_each_verifier__is_below_its_bar() {
    for profile in Profile::ALL {
        let fixed = total("fixed", profile);
        assert!(fixed <= 36_000, "{profile}: {fixed} bytes without an input");
        let one_232 = total("one_232", profile);
        assert!(one_232 <= 41_000, "{profile}: {one_232} bytes with an input of 232 bits");
        let further = total("two_254", profile) - total("one_254", profile);
        assert!(further <= 6_000, "{profile}: {further} bytes for a further input");
    }
}
