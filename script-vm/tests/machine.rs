//! The machine as a whole: limits, final checks, metering, hooks, failure reports, and rubbish.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use chain_types::{LockingScript, Opcode, ScriptLimits, UnlockingScript, encode_push};
use rand::{Rng, SeedableRng, rngs::StdRng};
use script_vm::{
    Failure, FragmentMap, Hook, Machine, Metrics, NoSignatures, Rules, ScriptError, ScriptRole, SignatureChecker,
    SignatureVerdict, StackState, View,
};

const SMALL: ScriptLimits = ScriptLimits { max_script_len: 100, max_script_num_len: 8, max_stack_memory: 200 };

fn locking(bytes: &[u8]) -> LockingScript {
    LockingScript::from_bytes(bytes.to_vec())
}

fn unlocking(bytes: &[u8]) -> UnlockingScript {
    UnlockingScript::from_bytes(bytes.to_vec())
}

fn judge(machine: &Machine, input: &[u8], output: &[u8]) -> Result<Metrics, Box<Failure>> {
    machine.run(&unlocking(input), &locking(output), &NoSignatures)
}

fn reason(machine: &Machine, input: &[u8], output: &[u8]) -> ScriptError {
    judge(machine, input, output).expect_err("a refusal").reason
}

#[test]
fn limits__script_size__counts_each_script() {
    let machine = Machine::new(SMALL, Rules::GenesisPolicy);
    let nops = |count: usize| vec![Opcode::OP_NOP.0; count];
    assert!(judge(&machine, &[0x51], &nops(100)).is_ok());
    assert_eq!(reason(&machine, &[0x51], &nops(101)), ScriptError::ScriptTooLarge { got: 101, limit: 100 });
    let long = [encode_push(&[7; 99]), vec![0x51]].concat();
    let failure = judge(&machine, &long, &nops(1)).expect_err("a long unlocking script");
    assert_eq!(failure.role, ScriptRole::Unlocking);
    assert_eq!(failure.reason, ScriptError::ScriptTooLarge { got: 102, limit: 100 });
}

#[test]
fn limits__stack_memory__counts_both_stacks_with_overhead() {
    let machine = Machine::new(SMALL, Rules::GenesisPolicy);
    // Two elements of 68 bytes and their overheads are exactly 200 bytes; the second goes to the other stack.
    let element = encode_push(&[1; 68]);
    let exact = [&element[..], &[Opcode::OP_DUP.0, Opcode::OP_TOALTSTACK.0, Opcode::OP_SIZE.0]].concat();
    assert_eq!(reason(&machine, &[], &exact), ScriptError::StackMemory { got: 233, limit: 200 });
    let fits = [&element[..], &[Opcode::OP_DUP.0, Opcode::OP_TOALTSTACK.0]].concat();
    let metrics = judge(&machine, &[], &fits).expect("exactly at the limit");
    assert_eq!((metrics.peak_stack_bytes, metrics.peak_stack_items), (200, 2));
    let over = [&encode_push(&[1; 69])[..], &[Opcode::OP_DUP.0]].concat();
    assert_eq!(reason(&machine, &[], &over), ScriptError::StackMemory { got: 202, limit: 200 });
}

#[test]
fn limits__step_budget__counts_skipped_instructions() {
    let script = [0x00, Opcode::OP_IF.0, 0x51, 0x51, Opcode::OP_ENDIF.0];
    assert!(judge(&Machine::policy().with_step_budget(6), &[0x51], &script).is_ok());
    let starved = Machine::policy().with_step_budget(5);
    let failure = judge(&starved, &[0x51], &script).expect_err("one step too many");
    assert_eq!((failure.reason.clone(), failure.offset), (ScriptError::StepBudget { limit: 5 }, 4));
    assert_eq!(failure.reason.node_message(), None);
}

#[test]
fn end__what_is_left__is_judged_by_the_rules() {
    let policy = Machine::policy();
    let consensus = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
    assert!(judge(&consensus, &[0x51, 0x51], &[]).is_ok());
    assert_eq!(reason(&policy, &[0x51, 0x51], &[]), ScriptError::CleanStack { items: 2 });
    for machine in [&policy, &consensus] {
        assert!(judge(machine, &[0x51], &[]).is_ok());
        assert_eq!(reason(machine, &[0x51, 0x00], &[]), ScriptError::EvalFalse);
        assert_eq!(reason(machine, &[], &[]), ScriptError::EvalFalse);
        assert_eq!(reason(machine, &[0x51, Opcode::OP_NOP.0], &[]), ScriptError::NotPushOnly);
        // The alternative stack does not count.
        assert!(judge(machine, &[0x51, 0x51], &[Opcode::OP_TOALTSTACK.0]).is_ok());
    }
    let longer_push = [0x01, 0x05];
    assert!(judge(&consensus, &longer_push, &[]).is_ok());
    assert_eq!(reason(&policy, &longer_push, &[]), ScriptError::NonMinimalPush);
}

#[test]
fn metrics__a_known_script__are_counted_by_hand() {
    // 300 * 300 = 90000 (3 bytes), its square has 5; the branch not taken does not count.
    let script = [
        &encode_push(&[0x2c, 0x01])[..],
        &[Opcode::OP_DUP.0, Opcode::OP_MUL.0, Opcode::OP_DUP.0, Opcode::OP_MUL.0],
        &[0x00, Opcode::OP_IF.0, Opcode::OP_MUL.0, Opcode::OP_ELSE.0, Opcode::OP_NOP.0, Opcode::OP_ENDIF.0],
    ]
    .concat();
    let metrics = judge(&Machine::policy(), &[], &script).expect("a true script");
    assert_eq!(metrics.instructions, 10);
    assert_eq!(metrics.operations(), 8);
    assert_eq!((metrics.times(Opcode::OP_MUL), metrics.times(Opcode::OP_DUP), metrics.times(Opcode(2))), (2, 2, 1));
    assert_eq!(metrics.widest_number, 5);
    assert_eq!((metrics.peak_stack_items, metrics.peak_stack_bytes), (2, 70));
    assert_eq!(metrics.per_opcode().map(|(_, times)| times).sum::<u64>(), metrics.instructions);
}

#[derive(Default)]
struct Trace(Vec<String>);

impl Hook for Trace {
    fn before(&mut self, view: &View<'_>) {
        let View { role, offset, index, opcode, .. } = view;
        self.0.push(format!("{role} {offset} {index} {opcode} {}", view.stack().len()));
    }

    fn after(&mut self, view: &View<'_>) {
        self.0.push(format!("{} {} {}", view.stack().len(), view.alt_stack().len(), view.stack_bytes()));
    }
}

#[test]
fn hook__each_executed_instruction__is_seen_before_and_after() {
    let mut trace = Trace::default();
    let script = [Opcode::OP_TOALTSTACK.0, 0x00, Opcode::OP_IF.0, 0x55, Opcode::OP_ENDIF.0, Opcode::OP_VERIFY.0];
    let failed =
        Machine::policy().run_with_hook(&unlocking(&[0x00, 0x52]), &locking(&script), &NoSignatures, &mut trace);
    assert_eq!(failed.expect_err("zero is not true").reason, ScriptError::Verify);
    assert_eq!(
        trace.0,
        [
            "unlocking script 0 0 OP_0 0",
            "1 0 32",
            "unlocking script 1 1 OP_2 1",
            "2 0 65",
            "locking script 0 0 OP_TOALTSTACK 2",
            "1 1 65",
            "locking script 1 1 OP_0 1",
            "2 1 97",
            "locking script 2 2 OP_IF 2",
            "1 1 65",
            "locking script 4 4 OP_ENDIF 1",
            "1 1 65",
            // The failing instruction has no after.
            "locking script 5 5 OP_VERIFY 1",
        ]
    );
}

#[test]
fn failure__in_a_named_piece__reads_like_a_diagnostic() {
    let mut script = encode_push(&[0xab; 40]);
    script.extend([Opcode::OP_DUP.0, Opcode::OP_TOALTSTACK.0, 0x55, 0x00, Opcode::OP_MOD.0, Opcode::OP_1ADD.0]);
    let mut fragments = FragmentMap::default();
    fragments.add(0..script.len(), "verifier");
    fragments.add(45..46, "verifier/reduce");
    let machine = Machine::policy().with_fragments(fragments);
    let failure = judge(&machine, &[0x51], &script).expect_err("a remainder modulo zero");
    assert_eq!((failure.offset, failure.index, failure.opcode), (45, 5, Some(Opcode::OP_MOD)));
    assert_eq!(failure.fragment.as_deref(), Some("verifier/reduce"));
    assert_eq!(
        failure.to_string(),
        "OP_MOD: remainder modulo zero\n  \
         --> locking script, byte 45, instruction 5, in verifier/reduce\n  \
         \u{20}      41 | OP_DUP\n  \
         \u{20}      42 | OP_TOALTSTACK\n  \
         \u{20}      43 | OP_5\n  \
         \u{20}      44 | OP_0\n  \
         >      45 | OP_MOD\n  \
         \u{20}      46 | OP_1ADD\n  \
         stack (4, top at the right): [0x01 <40 bytes 0xabababababababab..> 0x05 <empty>]\n  \
         alt stack (1, top at the right): [<40 bytes 0xabababababababab..>]\n  \
         a node says: Modulo by zero error"
    );
}

#[test]
fn failure__at_the_end_or_in_rubbish__still_has_a_window() {
    let failure = judge(&Machine::policy(), &[0x51], &[0x00]).expect_err("false");
    assert_eq!((failure.offset, failure.index, failure.opcode), (1, 1, None));
    assert!(failure.to_string().contains(">       1 | end of script"), "{failure}");
    let failure = judge(&Machine::policy(), &[0x51], &[0x61, 0x05, 0x00]).expect_err("cut short");
    assert_eq!((failure.offset, failure.index), (1, 1));
    assert!(failure.to_string().contains(">       1 | cut short"), "{failure}");
}

struct Knows {
    code: Vec<u8>,
}

impl SignatureChecker for Knows {
    fn check(&self, _signature: &[u8], _public_key: &[u8], script_code: &[u8]) -> SignatureVerdict {
        if script_code == self.code { SignatureVerdict::Valid } else { SignatureVerdict::Invalid }
    }
}

#[test]
fn signatures__code_signed__starts_after_the_last_separator_executed() {
    let signature = [0x30, 6, 2, 1, 1, 2, 1, 1, 0x41];
    let mut key = [7; 33];
    key[0] = 3;
    let tail = [encode_push(&key), vec![Opcode::OP_CHECKSIG.0]].concat();
    let head = [0x51, Opcode::OP_IF.0, Opcode::OP_CODESEPARATOR.0, Opcode::OP_ELSE.0, Opcode::OP_CODESEPARATOR.0];
    let script = [&head[..], &[Opcode::OP_ENDIF.0], &tail].concat();
    let run = |code: &[u8]| {
        Machine::policy().run(&unlocking(&encode_push(&signature)), &locking(&script), &Knows { code: code.to_vec() })
    };
    assert!(run(&script[3..]).is_ok());
    assert_eq!(run(&script).expect_err("other code").reason, ScriptError::NullFail);
    assert_eq!(run(&script[5..]).expect_err("other code").reason, ScriptError::NullFail);
}

#[test]
fn fragment__given_stacks__are_used_and_returned() {
    let before = StackState { stack: vec![vec![3], vec![4]], alt_stack: vec![vec![9], vec![5]] };
    let code = [Opcode::OP_FROMALTSTACK.0, Opcode::OP_MUL.0];
    let (after, metrics) = Machine::policy().run_fragment(&before, &code).expect("a product");
    assert_eq!(after, StackState { stack: vec![vec![3], vec![20]], alt_stack: vec![vec![9]] });
    assert_eq!((metrics.instructions, metrics.peak_stack_items), (2, 4));
    let too_much = StackState { stack: vec![vec![0; 200]], alt_stack: Vec::new() };
    let failure = Machine::new(SMALL, Rules::GenesisPolicy).run_fragment(&too_much, &[]).expect_err("too much");
    assert_eq!(failure.reason, ScriptError::StackMemory { got: 232, limit: 200 });
    assert_eq!(failure.role, ScriptRole::Fragment);
}

#[test]
fn rubbish__random_bytes__never_panic() {
    let seed = 0x5eed_0004;
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let limits = ScriptLimits { max_script_len: 200, max_script_num_len: 100, max_stack_memory: 5_000 };
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let rules = if round % 2 == 0 { Rules::GenesisPolicy } else { Rules::GenesisConsensus };
        let mut input = vec![0; rng.gen_range(0..12)];
        // Small numbers get further than any byte does.
        input.iter_mut().for_each(|byte| *byte = rng.gen_range(0x4f..=0x60));
        let mut output = vec![0; rng.gen_range(0..60)];
        for byte in &mut output {
            let opcodes = if rng.gen_bool(0.9) { 0x4f..=0xb9 } else { 0..=0xff };
            *byte = rng.gen_range(opcodes);
        }
        match judge(&Machine::new(limits, rules), &input, &output) {
            Ok(_) => accepted += 1,
            Err(failure) => {
                refused += 1;
                assert!(!failure.to_string().is_empty());
            }
        }
    }
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused");
}
