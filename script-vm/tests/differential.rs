//! Compares the machine with an independent one, the crate bsv-rs, on random scripts.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use bsv_rs::script::{
    self as other, ExecutionContext, ProtocolEra, ScriptEvaluationError, ScriptFlags, Spend, SpendParams,
};
use chain_types::{LockingScript, Opcode, Profile, ScriptLimits, UnlockingScript};
use random_scripts::{GENERATOR, RandomScripts};
use script_vm::{Failure, Hook, Machine, Metrics, NoSignatures, Rules, ScriptError, ScriptRole, TxVersion, View};

mod random_scripts;

const PAIRS: usize = 10_000;

const CHRONICLE_OPCODES: [Opcode; 10] = [
    Opcode::OP_VER,
    Opcode::OP_VERIF,
    Opcode::OP_VERNOTIF,
    Opcode::OP_2MUL,
    Opcode::OP_2DIV,
    Opcode::OP_SUBSTR,
    Opcode::OP_LEFT,
    Opcode::OP_RIGHT,
    Opcode::OP_LSHIFTNUM,
    Opcode::OP_RSHIFTNUM,
];

fn ask_other(
    unlocking: &UnlockingScript,
    locking: &LockingScript,
    limits: ScriptLimits,
    rules: Rules,
) -> Result<bool, Box<ScriptEvaluationError>> {
    let mut spend = Spend::new(SpendParams {
        source_txid: [0; 32],
        source_output_index: 0,
        source_satoshis: 1,
        locking_script: other::LockingScript::from_binary(locking.as_bytes()).expect("any bytes are a script"),
        transaction_version: rules.version().unwrap_or(TxVersion::STRICT).0,
        other_inputs: Vec::new(),
        outputs: Vec::new(),
        input_index: 0,
        unlocking_script: other::UnlockingScript::from_binary(unlocking.as_bytes()).expect("any bytes are a script"),
        input_sequence: u32::MAX,
        lock_time: 0,
        // Bounds what OP_NUM2BIN may ask for under consensus rules, where the other machine knows no limit.
        memory_limit: Some(limits.max_stack_memory),
        work_limit: None,
    });
    let flags = match rules {
        Rules::GenesisPolicy => ScriptFlags::standard(ProtocolEra::PostGenesis),
        Rules::ChroniclePolicy { .. } => ScriptFlags::standard(ProtocolEra::PostChronicle),
        Rules::ChronicleConsensus { .. } => ScriptFlags::block(ProtocolEra::PostChronicle),
        _ => ScriptFlags::block(ProtocolEra::PostGenesis),
    };
    spend.set_flags(flags);
    if let Rules::ChroniclePolicy { mined_under, .. } | Rules::ChronicleConsensus { mined_under, .. } = rules {
        spend.set_utxo_after_chronicle(mined_under == Profile::Chronicle);
    }
    spend.set_script_num_length_policy(limits.max_script_num_len);
    spend.set_stack_memory_policy(limits.max_stack_memory);
    spend.validate().map_err(Box::new)
}

/// Says how the two answers differ, if they do: by the verdict, or by the instruction that fails.
fn difference(
    ours: &Result<Metrics, Box<Failure>>,
    other: &Result<bool, Box<ScriptEvaluationError>>,
) -> Option<String> {
    match (ours, other) {
        (Ok(_), Ok(true)) => None,
        (Err(failure), Err(error)) => {
            let context = match error.context {
                ExecutionContext::UnlockingScript => ScriptRole::Unlocking,
                ExecutionContext::LockingScript => ScriptRole::Locking,
            };
            let at_end = failure.opcode.is_none() || failure.reason == ScriptError::NotPushOnly;
            let same = at_end || (failure.role, failure.index) == (context, error.program_counter);
            (!same).then(|| format!("{failure}\nthe other: {context} {} {}", error.program_counter, error.message))
        }
        (Ok(_), other) => Some(format!("ours accepts, the other: {other:?}")),
        (Err(failure), other) => Some(format!("the other: {other:?}, ours: {failure}")),
    }
}

/// Notes what the other machine is known to judge unlike the node, whose verdicts on all three are among the vectors:
/// it takes a shift by a count of over eight bytes for a negative one, refuses a well-formed public key that is
/// not on the curve where the node finds the signature invalid, and reads on after an OP_RETURN at top level that
/// follows one in a conditional.
#[derive(Default)]
struct KnownFaults {
    hits: usize,
    returned: Option<ScriptRole>,
}

impl Hook for KnownFaults {
    fn before(&mut self, view: &View<'_>) {
        let hit = match view.opcode {
            Opcode::OP_LSHIFT | Opcode::OP_RSHIFT => view.stack().last().is_some_and(|count| count.len() > 8),
            Opcode(0xac..=0xaf) => view.stack().iter().any(|key| key.len() == 33 && *key.bytes() != GENERATOR),
            Opcode::OP_RETURN => self.returned.replace(view.role) == Some(view.role),
            _ => false,
        };
        self.hits += usize::from(hit);
    }
}

fn check(seed: u64, limits: ScriptLimits, rules: Rules) {
    let setting = format!("seed {seed:#x}, {limits:?}, {rules:?}");
    let machine = Machine::new(limits, rules);
    let mut scripts = RandomScripts::new(seed, limits, rules);
    let mut differences = Vec::new();
    let (mut accepted, mut left_out, mut restored) = (0, 0, [0; CHRONICLE_OPCODES.len()]);
    for _ in 0..PAIRS {
        let (unlocking, locking) = scripts.next_pair();
        let mut known_faults = KnownFaults::default();
        let ours = machine.run_with_hook(&unlocking, &locking, &NoSignatures, &mut known_faults);
        let too_large = matches!(&ours, Err(failure) if matches!(failure.reason, ScriptError::ScriptTooLarge { .. }));
        // The other machine has no limit on scripts.
        if too_large || known_faults.hits > 0 {
            left_out += 1;
            continue;
        }
        if let Ok(metrics) = &ours {
            accepted += 1;
            restored.iter_mut().zip(CHRONICLE_OPCODES).for_each(|(sum, opcode)| *sum += metrics.times(opcode));
        }
        if let Some(text) = difference(&ours, &ask_other(&unlocking, &locking, limits, rules)) {
            differences.push(format!(
                "unlocking {} locking {}\n{text}",
                hex::encode(unlocking.as_bytes()),
                hex::encode(locking.as_bytes())
            ));
        }
    }
    assert!(differences.is_empty(), "{setting}: {} of {PAIRS} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(left_out < PAIRS / 10, "{setting}: {left_out} left out");
    assert!(
        PAIRS / 2 < accepted && accepted < PAIRS * 19 / 20,
        "{setting}: {accepted} accepted: not a test of both verdicts"
    );
    if let Rules::ChroniclePolicy { mined_under: Profile::Chronicle, .. }
    | Rules::ChronicleConsensus { mined_under: Profile::Chronicle, .. } = rules
    {
        assert!(restored.iter().all(|times| *times > 100), "{setting}: {CHRONICLE_OPCODES:?} ran {restored:?} times");
    }
}

const TIGHT: ScriptLimits = ScriptLimits { max_script_len: 5_000, max_script_num_len: 48, max_stack_memory: 2_500 };

#[test]
fn differential__random_scripts_under_policy__same_verdict_and_place() {
    check(0x5eed_0001, ScriptLimits::GENESIS_POLICY, Rules::GenesisPolicy);
}

#[test]
fn differential__random_scripts_under_tight_policy__same_verdict_and_place() {
    check(0x5eed_0002, TIGHT, Rules::GenesisPolicy);
}

#[test]
fn differential__random_scripts_under_consensus__same_verdict_and_place() {
    // The other machine has no settable number length under block rules; nor has ours then.
    let limits = ScriptLimits { max_stack_memory: 1_000_000, ..ScriptLimits::GENESIS_CONSENSUS };
    check(0x5eed_0003, limits, Rules::GenesisConsensus);
}

#[test]
fn differential__random_scripts_since_chronicle_under_policy__same_verdict_and_place() {
    for (seed, version, mined_under) in
        [(0x5eed_0011, 1, Profile::Chronicle), (0x5eed_0012, 2, Profile::Chronicle), (0x5eed_0013, 2, Profile::Genesis)]
    {
        let rules = Rules::ChroniclePolicy { version: TxVersion(version), mined_under };
        check(seed, ScriptLimits::CHRONICLE_POLICY, rules);
        check(seed + 0x10, TIGHT, rules);
    }
}

#[test]
fn differential__random_scripts_since_chronicle_under_consensus__same_verdict_and_place() {
    for (seed, version, mined_under, limits) in [
        (0x5eed_0031, 1, Profile::Chronicle, ScriptLimits::CHRONICLE_CONSENSUS),
        (0x5eed_0032, 2, Profile::Chronicle, ScriptLimits::CHRONICLE_CONSENSUS),
        (0x5eed_0033, 2, Profile::Genesis, ScriptLimits::GENESIS_CONSENSUS),
    ] {
        let rules = Rules::ChronicleConsensus { version: TxVersion(version), mined_under };
        check(seed, ScriptLimits { max_stack_memory: 1_000_000, ..limits }, rules);
    }
}
