//! The opcodes of Chronicle: what they leave, what they refuse, and what they are for older outputs.

use chain_types::{Profile, ScriptLimits, script_num};
use num_bigint::{BigInt, BigUint, Sign};
use rand::{Rng, SeedableRng, rngs::StdRng};
use script_vm::{ConditionalFault, Machine, Rules, ScriptError, StackState, TxVersion};

use crate::notation::{self, SMALL, elements};

const fn policy(version: i32, mined_under: Profile) -> Rules {
    Rules::ChroniclePolicy { version: TxVersion(version), mined_under }
}

const fn consensus(version: i32, mined_under: Profile) -> Rules {
    Rules::ChronicleConsensus { version: TxVersion(version), mined_under }
}

/// Rule sets that have the opcodes, whatever else they ask for.
const WITH_OPCODES: [Rules; 4] = [
    policy(1, Profile::Chronicle),
    policy(2, Profile::Chronicle),
    consensus(1, Profile::Chronicle),
    consensus(2, Profile::Chronicle),
];

/// Rule sets for outputs mined before: (policy, block).
const WITHOUT: [(Rules, Rules); 3] = [
    (Rules::GenesisPolicy, Rules::GenesisConsensus),
    (policy(1, Profile::Genesis), consensus(1, Profile::Genesis)),
    (policy(2, Profile::Genesis), consensus(2, Profile::Genesis)),
];

fn after(text: &str) -> Result<StackState, ScriptError> {
    Ok(StackState { stack: elements(text), alt_stack: Vec::new() })
}

fn run(before: &str, code: &str, rules: Rules) -> Result<StackState, ScriptError> {
    notation::run(before, code, SMALL, rules)
}

fn accepts(rows: &[(&str, &str, &str)]) {
    for (before, code, expected) in rows {
        for rules in WITH_OPCODES {
            assert_eq!(run(before, code, rules), after(expected), "[{before}] {code} -> [{expected}] {rules:?}");
        }
    }
}

fn refuses(rows: &[(&str, &str, ScriptError)]) {
    for (before, code, reason) in rows {
        for rules in WITH_OPCODES {
            assert_eq!(run(before, code, rules), Err(reason.clone()), "[{before}] {code} {rules:?}");
        }
    }
}

#[test]
fn opcodes__older_output__are_nops_disabled_or_without_meaning() {
    for (policy, block) in WITHOUT {
        for name in ["SUBSTR", "LEFT", "RIGHT", "LSHIFTNUM", "RSHIFTNUM"] {
            let before = "0x112233 1 1";
            assert_eq!(run(before, name, policy), Err(ScriptError::DiscouragedNop), "{name} {policy:?}");
            assert_eq!(run(before, name, block), after(before), "{name} {block:?}");
        }
        for rules in [policy, block] {
            for name in ["2MUL", "2DIV"] {
                assert_eq!(run("7", name, rules), Err(ScriptError::DisabledOpcode), "{name} {rules:?}");
            }
            for name in ["VER", "VERIF", "VERNOTIF"] {
                assert_eq!(run("7", name, rules), Err(ScriptError::BadOpcode), "{name} {rules:?}");
            }
            let skipped = "0 IF VER VERIF VERNOTIF 2MUL 2DIV SUBSTR LEFT RIGHT LSHIFTNUM RSHIFTNUM ENDIF 9";
            assert_eq!(run("-", skipped, rules), after("9"), "{rules:?}");
        }
    }
}

#[test]
fn opcodes__one_element_too_few__are_refused() {
    for (need, names) in [(1, "2MUL 2DIV"), (2, "LEFT RIGHT LSHIFTNUM RSHIFTNUM"), (3, "SUBSTR")] {
        for name in names.split_whitespace() {
            refuses(&[(&"1 ".repeat(need - 1), name, ScriptError::StackTooShort { have: need - 1, need })]);
        }
    }
}

#[test]
fn ver__any_version__pushes_its_four_bytes() {
    for (version, bytes) in [
        (1, "0x01000000"),
        (2, "0x02000000"),
        (77, "0x4d000000"),
        (0, "0x00000000"),
        (-1, "0xffffffff"),
        (i32::MIN, "0x00000080"),
    ] {
        for rules in [policy(version, Profile::Chronicle), consensus(version, Profile::Chronicle)] {
            assert_eq!(run("-", "VER", rules), after(bytes), "{version}");
            assert_eq!(run("-", "VER VERIF 5 ELSE 6 ENDIF", rules), after("5"), "{version}");
            assert_eq!(run("-", "VER VERNOTIF 5 ELSE 6 ENDIF", rules), after("6"), "{version}");
        }
    }
}

#[test]
fn ver__read_as_a_number__is_not_minimal_unless_the_version_waives_that() {
    let long = Err(ScriptError::NonMinimalNumber { len: 4 });
    assert_eq!(run("-", "VER 1ADD", policy(1, Profile::Chronicle)), long);
    assert_eq!(run("-", "VER 1ADD", policy(2, Profile::Chronicle)), after("3"));
}

#[test]
fn verif__four_bytes_of_the_version_only__take_the_branch() {
    let version_2 = policy(2, Profile::Chronicle);
    for (element, taken) in [
        ("0x02000000", true),
        ("0x01000000", false),
        ("2", false),
        ("0x0200000000", false),
        ("0x020000", false),
        ("0x02000001", false),
        ("0", false),
    ] {
        let (on_if, on_notif) = if taken { ("5", "6") } else { ("6", "5") };
        assert_eq!(run(element, "VERIF 5 ELSE 6 ENDIF", version_2), after(on_if), "{element}");
        assert_eq!(run(element, "VERNOTIF 5 ELSE 6 ENDIF", version_2), after(on_notif), "{element}");
    }
}

#[test]
fn verif__not_executed__nests_only_for_outputs_that_have_it() {
    for name in ["VERIF", "VERNOTIF"] {
        let balanced = format!("0 IF {name} 2 ELSE 3 ENDIF ENDIF 4");
        let as_if_ignored = format!("0 IF {name} 2 ELSE 3 ENDIF 4");
        let unclosed = ScriptError::Conditional(ConditionalFault::Unclosed);
        let no_if = ScriptError::Conditional(ConditionalFault::EndIfWithoutIf);
        accepts(&[("-", &balanced, "4")]);
        refuses(&[("-", &as_if_ignored, unclosed)]);
        for (policy, block) in WITHOUT {
            for rules in [policy, block] {
                assert_eq!(run("-", &balanced, rules), Err(no_if.clone()), "{rules:?}");
                assert_eq!(run("-", &as_if_ignored, rules), after("3 4"), "{rules:?}");
            }
        }
    }
}

#[test]
fn verif__broken__names_the_fault() {
    for name in ["VERIF", "VERNOTIF"] {
        for (before, rest, fault) in [
            ("-", "ENDIF", ConditionalFault::NoCondition),
            ("7", "ELSE ELSE ENDIF", ConditionalFault::SecondElse),
            ("7", "", ConditionalFault::Unclosed),
        ] {
            refuses(&[(before, &format!("{name} {rest}"), ScriptError::Conditional(fault))]);
        }
    }
}

#[test]
fn double_and_halve__signs_and_edges__follow_the_node() {
    accepts(&[
        ("7", "2MUL", "14"),
        ("-7", "2MUL", "-14"),
        ("0", "2MUL", "0"),
        ("64", "2MUL", "128"),
        ("4611686018427387903", "2MUL", "9223372036854775806"),
        ("7", "2DIV", "3"),
        ("-7", "2DIV", "-3"),
        ("1", "2DIV", "0"),
        ("-1", "2DIV", "0"),
        ("0", "2DIV", "0"),
        ("9223372036854775807", "2DIV", "4611686018427387903"),
    ]);
    let (long_result, long_operand) =
        (ScriptError::ResultTooLong { got: 9, limit: 8 }, ScriptError::OperandTooLong { got: 9, limit: 8 });
    refuses(&[
        ("4611686018427387904", "2MUL", long_result.clone()),
        ("-4611686018427387904", "2MUL", long_result),
        ("9223372036854775808", "2MUL", long_operand.clone()),
        ("9223372036854775808", "2DIV", long_operand),
    ]);
}

#[test]
fn substring__inside_the_element__gives_the_bytes() {
    accepts(&[
        ("0x11223344 0 4", "SUBSTR", "0x11223344"),
        ("0x11223344 1 2", "SUBSTR", "0x2233"),
        ("0x11223344 3 1", "SUBSTR", "0x44"),
        ("0x11223344 3 0", "SUBSTR", "0x"),
        ("0x1122 0", "LEFT", "0x"),
        ("0x1122 1", "LEFT", "0x11"),
        ("0x1122 2", "LEFT", "0x1122"),
        ("0x1122 0", "RIGHT", "0x"),
        ("0x1122 1", "RIGHT", "0x22"),
        ("0x1122 2", "RIGHT", "0x1122"),
        ("0 0", "LEFT", "0"),
        ("0 0", "RIGHT", "0"),
        // Of a number its bytes are taken.
        ("1000", "1 ADD 1 LEFT", "0xe9"),
    ]);
}

#[test]
fn substring__outside_the_element__names_its_length() {
    let outside = |len| ScriptError::SubstringOutOfRange { len };
    refuses(&[
        ("0x11223344 -1 1", "SUBSTR", outside(4)),
        ("0x11223344 0 -1", "SUBSTR", outside(4)),
        ("0x11223344 0 5", "SUBSTR", outside(4)),
        ("0x11223344 3 2", "SUBSTR", outside(4)),
        // Nothing begins at the end, not even nothing.
        ("0x11223344 4 0", "SUBSTR", outside(4)),
        ("0 0 0", "SUBSTR", outside(0)),
        ("0x11 0 9223372036854775807", "SUBSTR", outside(1)),
        ("0x11 9223372036854775807 1", "SUBSTR", outside(1)),
        ("0x1122 3", "LEFT", outside(2)),
        ("0x1122 -1", "LEFT", outside(2)),
        ("0x1122 3", "RIGHT", outside(2)),
        ("0x1122 -1", "RIGHT", outside(2)),
    ]);
}

#[test]
fn substring__index_over_eight_bytes__is_refused_under_any_number_limit() {
    let wide = ScriptLimits { max_script_num_len: 100, ..SMALL };
    let too_long = Err(ScriptError::OperandTooLong { got: 9, limit: 8 });
    for rules in WITH_OPCODES {
        // Modulo 2^64 each of these would be in range.
        let run = |before: &str, code: &str| notation::run(before, code, wide, rules);
        assert_eq!(run("0x1122 0 18446744073709551617", "SUBSTR"), too_long);
        assert_eq!(run("0x1122 18446744073709551617 1", "SUBSTR"), too_long);
        assert_eq!(run("0x1122 18446744073709551617", "LEFT"), too_long);
        assert_eq!(run("0x1122 18446744073709551617", "RIGHT"), too_long);
        assert_eq!(run("0x1122 1", "RIGHT"), after("0x22"));
    }
}

#[test]
fn shift_left__in_range__multiplies_and_keeps_the_sign() {
    accepts(&[
        ("1 0", "LSHIFTNUM", "1"),
        ("1 62", "LSHIFTNUM", "4611686018427387904"),
        ("-3 2", "LSHIFTNUM", "-12"),
        ("127 1", "LSHIFTNUM", "254"),
        ("-127 1", "LSHIFTNUM", "-254"),
        ("0 71", "LSHIFTNUM", "0"),
        ("1152921504606846975 3", "LSHIFTNUM", "9223372036854775800"),
    ]);
}

#[test]
fn shift_left__result_or_count_too_large__is_refused() {
    let long = |got| ScriptError::ResultTooLong { got, limit: 8 };
    refuses(&[
        ("7 -1", "LSHIFTNUM", ScriptError::NegativeShift),
        ("1 63", "LSHIFTNUM", long(9)),
        ("-1 63", "LSHIFTNUM", long(9)),
        // The node's first guess counts the zero's bytes, too.
        ("0 72", "LSHIFTNUM", long(9)),
        ("1 9223372036854775807", "LSHIFTNUM", long(1 << 60)),
        ("1 9223372036854775808", "LSHIFTNUM", ScriptError::OperandTooLong { got: 9, limit: 8 }),
        ("9223372036854775808 1", "LSHIFTNUM", ScriptError::OperandTooLong { got: 9, limit: 8 }),
    ]);
}

#[test]
fn shift_left__huge_count_without_a_number_limit__takes_no_memory() {
    let roomy = ScriptLimits { max_script_num_len: usize::MAX, ..SMALL };
    for rules in WITH_OPCODES {
        let run = |before: &str| notation::run(before, "LSHIFTNUM", roomy, rules);
        assert_eq!(run("1 2147483648"), Err(ScriptError::ShiftTooFar));
        assert_eq!(run("0 2147483648"), Err(ScriptError::ShiftTooFar));
        assert_eq!(run("1 36893488147419103232"), Err(ScriptError::ShiftTooFar));
        let quarter_gibibyte = (1 << 28) + 1 + 32;
        assert_eq!(run("1 2147483647"), Err(ScriptError::StackMemory { got: quarter_gibibyte, limit: 1_000 }));
        assert_eq!(run("0 2147483647"), after("0"));
        // Exactly the room there is: 968 bytes and their overhead.
        assert_eq!(run("1 7742").map(|state| state.stack[0].len()), Ok(968));
        assert_eq!(run("1 7743"), Err(ScriptError::StackMemory { got: 1_001, limit: 1_000 }));
    }
}

#[test]
fn shift_left__over_both_limits__names_that_of_numbers() {
    let limits = ScriptLimits { max_script_num_len: 100, max_stack_memory: 100, ..SMALL };
    for rules in WITH_OPCODES {
        let run = |before: &str| notation::run(before, "LSHIFTNUM", limits, rules);
        assert_eq!(run("1 799"), Err(ScriptError::ResultTooLong { got: 101, limit: 100 }));
        assert_eq!(run("1 798"), Err(ScriptError::StackMemory { got: 132, limit: 100 }));
    }
}

#[test]
fn shift_right__in_range__divides_towards_zero() {
    accepts(&[
        ("7 0", "RSHIFTNUM", "7"),
        ("7 1", "RSHIFTNUM", "3"),
        ("-7 1", "RSHIFTNUM", "-3"),
        ("-1 1", "RSHIFTNUM", "0"),
        ("-8 3", "RSHIFTNUM", "-1"),
        ("7 3", "RSHIFTNUM", "0"),
        ("0 5", "RSHIFTNUM", "0"),
        ("-9223372036854775807 2147483647", "RSHIFTNUM", "0"),
    ]);
    refuses(&[
        ("7 -1", "RSHIFTNUM", ScriptError::NegativeShift),
        ("7 2147483648", "RSHIFTNUM", ScriptError::ShiftTooFar),
        ("0 2147483648", "RSHIFTNUM", ScriptError::ShiftTooFar),
        ("7 9223372036854775808", "RSHIFTNUM", ScriptError::OperandTooLong { got: 9, limit: 8 }),
        ("9223372036854775808 7", "RSHIFTNUM", ScriptError::OperandTooLong { got: 9, limit: 8 }),
    ]);
}

#[test]
fn operands__not_minimal__are_refused_by_policy_for_version_1_alone() {
    for (before, code, expected, len) in [
        ("0x0700", "2MUL", "14", 2),
        ("0x0700", "2DIV", "3", 2),
        ("0x1122 0x0000 1", "SUBSTR", "0x11", 2),
        ("0x1122 0 0x0100", "SUBSTR", "0x11", 2),
        ("0x1122 0x0100", "LEFT", "0x11", 2),
        ("0x1122 0x0100", "RIGHT", "0x22", 2),
        ("0x0700 1", "LSHIFTNUM", "14", 2),
        ("7 0x010000", "LSHIFTNUM", "14", 3),
        ("0x0700 1", "RSHIFTNUM", "3", 2),
        ("7 0x010000", "RSHIFTNUM", "3", 3),
    ] {
        let strict = policy(1, Profile::Chronicle);
        assert_eq!(run(before, code, strict), Err(ScriptError::NonMinimalNumber { len }), "[{before}] {code}");
        for rules in &WITH_OPCODES[1..] {
            assert_eq!(run(before, code, *rules), after(expected), "[{before}] {code} {rules:?}");
        }
    }
}

/// A number of up to 400 bits of either sign; short ones, whose edges matter, more often.
fn random_number(rng: &mut StdRng) -> BigInt {
    let mut bytes = vec![0; rng.gen_range(0..50)];
    if rng.gen_bool(0.5) {
        bytes.truncate(3);
    }
    rng.fill(&mut bytes[..]);
    let magnitude = BigUint::from_bytes_le(&bytes);
    BigInt::from_biguint(if rng.gen_bool(0.5) { Sign::Plus } else { Sign::Minus }, magnitude)
}

#[test]
fn arithmetic__random_numbers__agree_with_products_and_quotients() {
    let seed = 0x5eed_0005;
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let machine = Machine::chronicle_policy(TxVersion::RELAXED);
    let halved = |a: &BigInt, by: &BigUint| BigInt::from_biguint(a.sign(), a.magnitude() / by);
    for _ in 0..5_000 {
        let (a, bits) = (random_number(&mut rng), rng.gen_range(0..450u32));
        let power = BigUint::from(2u8).pow(bits);
        let product = &a * BigInt::from(power.clone());
        for (code, operands, expected) in [
            ("LSHIFTNUM", vec![a.clone(), bits.into()], product),
            ("RSHIFTNUM", vec![a.clone(), bits.into()], halved(&a, &power)),
            ("2MUL", vec![a.clone()], &a + &a),
            ("2DIV", vec![a.clone()], halved(&a, &2u8.into())),
        ] {
            let before = StackState { stack: operands.iter().map(script_num::encode).collect(), alt_stack: Vec::new() };
            let ran = machine.run_fragment(&before, &notation::script(code)).map(|(after, _)| after.stack);
            assert_eq!(ran.expect("no limit is near"), [script_num::encode(&expected)], "{code} {operands:?}");
        }
    }
}
