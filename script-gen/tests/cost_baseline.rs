//! Sizes and counts cannot drift: `bench-data/script_cost.csv` holds them, and static counts equal metered ones.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p script-gen --test cost_baseline` writes the table anew.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;
#[path = "introspection/scene.rs"]
#[allow(dead_code, reason = "each test program uses its own part")]
mod scene;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf, sync::LazyLock};

use ark_bn254::Fr;
use bitcoin::Transaction;
use chain_types::{LockingScript, Opcode, Profile, UnlockingScript};
use common::{InsecureKey, ONE_232, fragment_map, machine, values};
use ledger::TxSignatureChecker;
use rand::{SeedableRng, rngs::StdRng};
use scene::{Scene, VALUE, output, payout, people, signed_output};
use script_gen::{
    ClaimWitness, FixedInput, Groth16Verifier, InputTerm, OpenTerm, Payee, Payouts, PublicInput, ScriptCost, Signer,
    Target,
};
use script_vm::{FragmentMap, Hook, Metrics, NoSignatures, ScriptRole, SignatureChecker, View};

/// The name of the fragment that is none: what is left on the stack is dropped.
const CLEAN_UP: &str = "clean_up";

/// The verifiers in the table.
const VERIFIERS: [(&str, &[PublicInput]); 4] = [
    ("fixed", &[]),
    ("one_232", &[ONE_232]),
    ("one_254", &[PublicInput::Full]),
    ("two_254", &[PublicInput::Full, PublicInput::Full]),
];

/// The contracts in the table, as their definitions have them, for the bundled networks and a set of 10,000 images.
const CONTRACTS: [&str; 8] = [
    "inference_payment",
    "inference_payment_committed",
    "inference_payment_signed",
    "model_bounty",
    "private_model_inference",
    "private_model_inference_given",
    "settlement",
    "model_sale",
];

/// A contract of this kind, with the values of its public inputs after the binding.
fn contract(name: &str, profile: Profile) -> (Scene, Vec<Fr>) {
    let value = |bits: u32| common::below_power_of_two(-Fr::from(u64::from(bits) + 3), bits);
    let mut values = Vec::new();
    let mut fixed = |input: &str, bits: u32| -> InputTerm {
        values.push(value(bits));
        FixedInput::new(input, bits, value(bits)).expect("it fits").into()
    };
    let open = |input: &str, bits: u32| -> InputTerm { OpenTerm::new(input, bits).expect("a name").into() };
    let words = [("input[0]", 252), ("input[1]", 252), ("input[2]", 252), ("input[3]", 252), ("input[4]", 192)];
    let prover = Payee::Prover { signer: None };
    let (inputs, payee) = match name {
        "inference_payment" => (vec![fixed("class", 4)], prover),
        "inference_payment_committed" => (vec![fixed("class", 4), fixed("input_commitment", 254)], prover),
        "inference_payment_signed" => {
            let signer =
                Signer { public_key: people().signer.public_key_bytes(), input: "input_commitment".to_owned() };
            (vec![fixed("class", 4), open("input_commitment", 254)], Payee::Prover { signer: Some(signer) })
        }
        "model_bounty" => (vec![fixed("min_correct", 14), open("model_commitment", 254)], prover),
        "private_model_inference" => {
            let class = fixed("class", 4);
            let words = words.map(|(word, bits)| fixed(word, bits));
            let inputs = [class].into_iter().chain(words).chain([fixed("model_commitment", 254)]);
            (inputs.collect(), prover)
        }
        "private_model_inference_given" => {
            let class = fixed("class", 4);
            let words = words.map(|(word, bits)| open(word, bits));
            let inputs = [class].into_iter().chain(words).chain([fixed("model_commitment", 254)]);
            (inputs.collect(), prover)
        }
        "settlement" => {
            let by_class = vec![Some(vec![payout(90_000, &people().prover)]); 10];
            let payouts = Payouts::new("class", by_class).expect("good payouts");
            (vec![open("class", 4), fixed("input_commitment", 254)], Payee::ByClass(payouts))
        }
        "model_sale" => {
            let payee = Payee::Named { recipient: people().prover.pubkey_hash() };
            (vec![fixed("min_correct", 14), fixed("ciphertext_digest", 254), open("sale_key", 128)], payee)
        }
        other => panic!("no contract {other}"),
    };
    let values = inputs.iter().map(|input| match (input.value(), input.name()) {
        (Some(fixed), _) => fixed,
        (None, "class") => Fr::from(9u8),
        (None, _) => value(input.bits()),
    });
    let values = values.collect();
    (Scene::new(profile, inputs, payee), values)
}

/// The claim and the refund of a contract's coin, each with its transaction.
fn spends(scene: &Scene, values: &[Fr]) -> [(Transaction, UnlockingScript); 2] {
    let (contract, data) = (&scene.contract, scene.data(values));
    let prover = &scene.people.prover;
    let terms = contract.terms();
    let claim = match &terms.payee {
        Payee::Prover { signer: None } | Payee::Named { .. } => {
            let transaction = scene.transaction(vec![output(&payout(99_000, prover))]);
            let signature = scene.sign(&transaction, 0, prover, 0x41);
            let witness = ClaimWitness::Prover { signature, public_key: prover.public_key_bytes() };
            (transaction, contract.claim_script(&data, &witness))
        }
        payee => {
            let expected = contract.claim_preimage(&data).expect("the transaction is looked at");
            let outputs = match payee {
                Payee::Prover { .. } | Payee::Named { .. } => vec![signed_output(values[1])],
                Payee::ByClass(_) => terms.claim_outputs(9).expect("class 9 pays").iter().map(output).collect(),
            };
            let transaction = scene.ground_by_lock_time(scene.transaction(outputs), 0, &expected);
            let attestation = scene.attest(&transaction, 0, &expected);
            let unlocking = match payee {
                Payee::Prover { .. } | Payee::Named { .. } => scene.attested_claim(&data, &transaction, 0, attestation),
                Payee::ByClass(_) => {
                    let (preimage_head, lock_time) = (attestation.preimage_head, attestation.lock_time);
                    contract.claim_script(&data, &ClaimWitness::ByClass { preimage_head, lock_time })
                }
            };
            (transaction, unlocking)
        }
    };
    let refund = scene.ground_by_sequence(scene.refunding());
    let witness = scene.refund_witness(&refund, &scene.people.funder);
    [claim, (refund, contract.refund_script(&witness))]
}

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

/// One way to spend: what it took.
struct Run {
    unlocking: UnlockingScript,
    /// Bytes of the longest that there could be: signatures vary.
    most_bytes: usize,
    metrics: Metrics,
    fragments: BTreeMap<String, Meter>,
}

/// A locking script with all that is known of its cost.
struct Measured {
    name: &'static str,
    profile: Profile,
    cost: ScriptCost,
    locking_len: usize,
    claim: Run,
    refund: Option<Run>,
}

impl Run {
    fn new(
        profile: Profile,
        (locking, fragments): (&LockingScript, &FragmentMap),
        (unlocking, most_bytes): (UnlockingScript, usize),
        checker: &dyn SignatureChecker,
    ) -> Self {
        let mut meter = FragmentMeter { fragments, found: BTreeMap::new() };
        let run = machine(profile).run_with_hook(&unlocking, locking, checker, &mut meter);
        let metrics = run.unwrap_or_else(|failure| panic!("{profile}: {failure}"));
        // Two signatures, each of 70 to 72 bytes but for one in 256.
        assert!((most_bytes.saturating_sub(6)..=most_bytes).contains(&unlocking.len()), "{profile}: {most_bytes}");
        Self { unlocking, most_bytes, metrics, fragments: meter.found }
    }

    fn unlocking_opcodes(&self) -> usize {
        self.unlocking.instructions().count()
    }

    fn opcodes(&self) -> usize {
        self.fragments.values().map(|meter| meter.opcodes).sum()
    }

    fn most(&self, of: fn(&Meter) -> usize) -> usize {
        self.fragments.values().map(of).max().expect("fragments")
    }
}

impl Measured {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        std::iter::once(&self.claim).chain(&self.refund)
    }

    /// Of the way to spend that runs most of the fragment.
    fn meter(&self, path: &str) -> Meter {
        let found = self.runs().filter_map(|run| run.fragments.get(path));
        found.max_by_key(|meter| meter.opcodes).copied().unwrap_or_default()
    }

    fn total(&self) -> usize {
        self.locking_len + self.claim.most_bytes
    }

    /// The table's rows.
    fn rows(&self) -> String {
        let (name, profile) = (self.name, self.profile);
        let mut out = String::new();
        let mut row = |fragment: &str, columns: String| {
            writeln!(out, "{name},{profile},{fragment},{columns}").expect("a string takes all");
        };
        for (path, cost) in &self.cost.fragments {
            let Meter { widest_number, peak_stack_bytes, .. } = self.meter(path);
            let path = if path.is_empty() { CLEAN_UP } else { path };
            row(path, format!("{},{},{},{widest_number},{peak_stack_bytes}", cost.bytes, cost.opcodes, cost.pushes));
        }
        let (total, claim) = (self.cost.total, &self.claim);
        let (widest, peak) = (claim.metrics.widest_number, claim.metrics.peak_stack_bytes);
        row("LOCKING", format!("{},{},{},{widest},{peak}", total.bytes, total.opcodes, total.pushes));
        let unlocking = claim.unlocking_opcodes();
        row("UNLOCKING", format!("{},{unlocking},{unlocking},,", claim.most_bytes));
        row("TOTAL", format!("{},{},{},,", self.total(), total.opcodes + unlocking, total.pushes + unlocking));
        if let Some(refund) = &self.refund {
            let unlocking = refund.unlocking_opcodes();
            row("REFUND", format!("{},{unlocking},{unlocking},,", refund.most_bytes));
        }
        out
    }
}

fn measure_verifier(name: &'static str, inputs: &[PublicInput], profile: Profile) -> Measured {
    let key = InsecureKey::new(7, inputs.len());
    let verifier = Groth16Verifier::new(&key.vk, inputs, Target::policy(profile)).expect("a good key");
    let values: Vec<Fr> = values(inputs, &mut StdRng::seed_from_u64(3));
    let spend = verifier.spend(&key.prove(&values, 3), &values).expect("a valid proof");
    let locking = (verifier.locking_script(), &fragment_map(&verifier.fragments()));
    let unlocking = (spend.unlocking_script(), verifier.unlocking_len());
    let claim = Run::new(profile, locking, unlocking, &NoSignatures);
    let (cost, locking_len) = (verifier.cost(), verifier.locking_script().len());
    Measured { name, profile, cost, locking_len, claim, refund: None }
}

fn measure_contract(name: &'static str, profile: Profile) -> Measured {
    let (scene, values) = contract(name, profile);
    let contract = &scene.contract;
    let locking = (contract.locking_script(), &fragment_map(&contract.fragments()));
    let run = |(transaction, unlocking): (Transaction, UnlockingScript), most_bytes| {
        let checker = TxSignatureChecker::new(&transaction, 0, VALUE).expect("an input");
        Run::new(profile, locking, (unlocking, most_bytes), &checker)
    };
    let [claim, refund] = spends(&scene, &values);
    let (claim, refund) = (run(claim, contract.max_claim_len()), run(refund, contract.max_refund_len()));
    let (cost, locking_len) = (contract.cost(), contract.locking_script().len());
    Measured { name, profile, cost, locking_len, claim, refund: Some(refund) }
}

static MEASURED: LazyLock<Vec<Measured>> = LazyLock::new(|| {
    let of_profile = |profile| {
        let verifiers = VERIFIERS.into_iter().map(move |(name, inputs)| measure_verifier(name, inputs, profile));
        verifiers.chain(CONTRACTS.into_iter().map(move |name| measure_contract(name, profile)))
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
        let cost = &measured.cost;
        assert_eq!(cost.total.bytes, measured.locking_len, "{label}");
        let by_fragment: usize = cost.fragments.values().map(|c| c.bytes).sum();
        assert_eq!(by_fragment, cost.total.bytes, "{label}: every byte has a fragment");
        for run in measured.runs() {
            let expected = (run.opcodes() + run.unlocking_opcodes()) as u64;
            assert_eq!(run.metrics.instructions, expected, "{label}: every instruction is of a fragment");
        }
        // Each fragment is run whole by a claim or by a refund; by the other perhaps its OP_ELSE or OP_ENDIF.
        for (path, cost) in &cost.fragments {
            assert_eq!(measured.meter(path).opcodes, cost.opcodes, "{label}: {path}");
        }
        if let Some(refund) = &measured.refund {
            let run_whole: Vec<&str> = refund.fragments.keys().map(String::as_str).collect();
            assert_eq!(run_whole, ["introspect", "refund", "select"], "{label}");
        }
    }
}

#[test]
fn cost__of_fragments__is_that_of_the_script_at_its_widest() {
    for measured in &*MEASURED {
        let label = format!("{}, {}", measured.name, measured.profile);
        for run in measured.runs() {
            assert_eq!(run.most(|meter| meter.peak_stack_bytes), run.metrics.peak_stack_bytes, "{label}");
        }
        assert_eq!(measured.claim.most(|meter| meter.widest_number), measured.claim.metrics.widest_number, "{label}");
        // The proven bound holds for any spender's bytes, and is not far above what valid ones need.
        let (widest, bound) = (measured.claim.metrics.widest_number as u64, measured.cost.widest_number);
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
