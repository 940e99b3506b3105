//! Every opcode by itself: what it leaves on the stacks, and what it refuses.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use chain_types::ScriptDecodeError;
use notation::elements;
use script_vm::{ConditionalFault, Machine, Rules, ScriptError, StackState};

mod notation;

fn run(before: &str, code: &str, rules: Rules) -> Result<StackState, ScriptError> {
    notation::run(before, code, notation::SMALL, rules)
}

fn accepts(rows: &[(&str, &str, &str)]) {
    for (before, code, after) in rows {
        let expected = StackState { stack: elements(after), alt_stack: Vec::new() };
        assert_eq!(run(before, code, Rules::GenesisPolicy), Ok(expected), "[{before}] {code} -> [{after}]");
    }
}

fn refuses(rows: &[(&str, &str, ScriptError)]) {
    for (before, code, reason) in rows {
        assert_eq!(run(before, code, Rules::GenesisPolicy), Err(reason.clone()), "[{before}] {code}");
    }
}

#[test]
fn stack_opcodes__enough_elements__move_them() {
    accepts(&[
        ("1 2", "2DROP", "-"),
        ("1 2", "2DUP", "1 2 1 2"),
        ("1 2 3", "3DUP", "1 2 3 1 2 3"),
        ("1 2 3 4", "2OVER", "1 2 3 4 1 2"),
        ("1 2 3 4 5 6", "2ROT", "3 4 5 6 1 2"),
        ("1 2 3 4", "2SWAP", "3 4 1 2"),
        ("3", "IFDUP", "3 3"),
        ("0x80", "IFDUP", "0x80"),
        ("-", "DEPTH", "0"),
        ("7 7 7", "DEPTH", "7 7 7 3"),
        ("1 2", "DROP", "1"),
        ("1 2", "DUP", "1 2 2"),
        ("1 2", "NIP", "2"),
        ("1 2", "OVER", "1 2 1"),
        ("1 2 3 0", "PICK", "1 2 3 3"),
        ("1 2 3 2", "PICK", "1 2 3 1"),
        ("1 2 3 0", "ROLL", "1 2 3"),
        ("1 2 3 2", "ROLL", "2 3 1"),
        ("1 2 3", "ROT", "2 3 1"),
        ("1 2", "SWAP", "2 1"),
        ("1 2", "TUCK", "2 1 2"),
        ("1 2", "TOALTSTACK 9 FROMALTSTACK", "1 9 2"),
    ]);
}

#[test]
fn stack_opcodes__one_element_too_few__are_refused() {
    for (need, names) in [
        (
            1,
            "TOALTSTACK DROP DUP IFDUP VERIFY SIZE INVERT BIN2NUM 1ADD 1SUB NEGATE ABS NOT 0NOTEQUAL RIPEMD160 SHA1 \
             SHA256 HASH160 HASH256 CHECKMULTISIG CHECKMULTISIGVERIFY",
        ),
        (
            2,
            "2DROP 2DUP NIP OVER PICK ROLL SWAP TUCK CAT SPLIT NUM2BIN AND OR XOR EQUAL EQUALVERIFY ADD SUB MUL DIV MOD \
             LSHIFT RSHIFT BOOLAND BOOLOR NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL \
             GREATERTHANOREQUAL MIN MAX CHECKSIG CHECKSIGVERIFY",
        ),
        (3, "3DUP ROT WITHIN"),
        (4, "2OVER 2SWAP"),
        (6, "2ROT"),
    ] {
        for name in names.split_whitespace() {
            let before = "1 ".repeat(need - 1);
            refuses(&[(&before, name, ScriptError::StackTooShort { have: need - 1, need })]);
        }
    }
    refuses(&[
        ("1", "FROMALTSTACK", ScriptError::AltStackEmpty),
        ("7 7 2", "PICK", ScriptError::DepthOutOfRange { have: 2 }),
        ("7 7 -1", "PICK", ScriptError::DepthOutOfRange { have: 2 }),
        ("7 7 2", "ROLL", ScriptError::DepthOutOfRange { have: 2 }),
        // Beyond usize on any machine.
        ("7 7 9223372036854775807", "ROLL", ScriptError::DepthOutOfRange { have: 2 }),
    ]);
}

#[test]
fn byte_opcodes__boundaries__give_the_bytes() {
    accepts(&[
        ("0x01 0x0203", "CAT", "0x010203"),
        ("0x0102 -", "0 CAT", "0x0102"),
        ("0x0102 0", "SPLIT", "0x 0x0102"),
        ("0x0102 2", "SPLIT", "0x0102 0x"),
        ("5 0", "SWAP NUM2BIN", "0x0000000000"),
        ("-5 3", "NUM2BIN", "0x050080"),
        ("0x80 2", "NUM2BIN", "0x0000"),
        ("0x0500 1", "NUM2BIN", "0x05"),
        ("-128 2", "NUM2BIN", "0x8080"),
        ("0x050080", "BIN2NUM", "-5"),
        ("0x0080", "BIN2NUM", "0"),
        ("0x050000000000000000000000", "BIN2NUM", "5"),
        ("0x112233", "SIZE", "0x112233 3"),
        ("0x00ff", "INVERT", "0xff00"),
        ("0x0f 0x3c", "AND", "0x0c"),
        ("0x0f 0x3c", "OR", "0x3f"),
        ("0x0f 0x3c", "XOR", "0x33"),
        ("0x8001 1", "LSHIFT", "0x0002"),
        ("0x8001 1", "RSHIFT", "0x4000"),
        ("0x8001 16", "LSHIFT", "0x0000"),
        ("0x8001 9223372036854775807", "RSHIFT", "0x0000"),
        ("0x0500 5", "EQUAL", "0"),
        ("5", "2 3 ADD EQUAL", "1"),
        ("5 5", "EQUALVERIFY", "-"),
    ]);
}

#[test]
fn byte_opcodes__outside_their_domain__name_the_reason() {
    refuses(&[
        ("0x0102 3", "SPLIT", ScriptError::SplitOutOfRange { len: 2 }),
        ("0x0102 -1", "SPLIT", ScriptError::SplitOutOfRange { len: 2 }),
        ("128 1", "NUM2BIN", ScriptError::Num2BinTooShort { got: 2, wanted: 1 }),
        ("5 -1", "NUM2BIN", ScriptError::Num2BinLength),
        ("5 2147483648", "NUM2BIN", ScriptError::Num2BinLength),
        // Refused before two gigabytes are taken.
        ("5 2147483647", "NUM2BIN", ScriptError::StackMemory { got: 2_147_483_679, limit: 1_000 }),
        ("0x112233445566778899", "BIN2NUM", ScriptError::Bin2NumTooLong { got: 9, limit: 8 }),
        ("0x01 0x0203", "AND", ScriptError::OperandLengths { left: 1, right: 2 }),
        ("0x01 -1", "LSHIFT", ScriptError::NegativeShift),
        ("0x01 -1", "RSHIFT", ScriptError::NegativeShift),
        ("5 6", "EQUALVERIFY", ScriptError::EqualVerify),
    ]);
}

#[test]
fn number_opcodes__signs_and_edges__follow_the_node() {
    accepts(&[
        ("-1", "1ADD", "0"),
        ("127", "1ADD", "128"),
        ("0", "1SUB", "-1"),
        ("0", "NEGATE", "0"),
        ("-5", "NEGATE", "5"),
        ("-128", "ABS", "128"),
        ("5", "NOT", "0"),
        ("0", "NOT", "1"),
        ("-5", "0NOTEQUAL", "1"),
        ("-7 7", "ADD", "0"),
        ("5 7", "SUB", "-2"),
        ("-7 3", "MUL", "-21"),
        ("7 0", "MUL", "0"),
        ("-7 3", "DIV", "-2"),
        ("7 -3", "DIV", "-2"),
        ("-1 5", "DIV", "0"),
        ("-7 3", "MOD", "-1"),
        ("7 -3", "MOD", "1"),
        ("-6 3", "MOD", "0"),
        ("5 0", "BOOLAND", "0"),
        ("5 -1", "BOOLAND", "1"),
        ("0 0", "BOOLOR", "0"),
        ("0 -1", "BOOLOR", "1"),
        ("5 5", "NUMEQUAL", "1"),
        ("5 5", "NUMEQUALVERIFY", "-"),
        ("5 5", "NUMNOTEQUAL", "0"),
        ("-6 -5", "LESSTHAN", "1"),
        ("5 5", "GREATERTHAN", "0"),
        ("5 5", "LESSTHANOREQUAL", "1"),
        ("5 5", "GREATERTHANOREQUAL", "1"),
        ("-6 5", "MIN", "-6"),
        ("-6 5", "MAX", "5"),
        ("5 5 6", "WITHIN", "1"),
        ("6 5 6", "WITHIN", "0"),
        ("4 5 6", "WITHIN", "0"),
        // The longest number, 2^63 - 1, as operand and as result.
        ("9223372036854775806", "1ADD", "9223372036854775807"),
        ("3037000499 3037000499", "MUL", "9223372030926249001"),
    ]);
}

#[test]
fn number_opcodes__bad_operand_or_result__name_the_reason() {
    let long = ScriptError::ResultTooLong { got: 9, limit: 8 };
    refuses(&[
        ("7 0", "DIV", ScriptError::DivisionByZero),
        ("7 0", "MOD", ScriptError::ModuloByZero),
        ("5 6", "NUMEQUALVERIFY", ScriptError::NumEqualVerify),
        ("9223372036854775807", "1ADD", long.clone()),
        ("-9223372036854775807", "1SUB", long.clone()),
        ("9223372036854775807 1", "ADD", long.clone()),
        ("3037000500 3037000500", "MUL", long),
        ("9223372036854775807 9223372036854775807", "MUL", ScriptError::ResultTooLong { got: 16, limit: 8 }),
        ("1 9223372036854775808", "ADD", ScriptError::OperandTooLong { got: 9, limit: 8 }),
        ("9223372036854775808 0", "MOD", ScriptError::OperandTooLong { got: 9, limit: 8 }),
        ("0x0500", "1ADD", ScriptError::NonMinimalNumber { len: 2 }),
        ("0x80", "NOT", ScriptError::NonMinimalNumber { len: 1 }),
        ("5 0x0600 7", "WITHIN", ScriptError::NonMinimalNumber { len: 2 }),
    ]);
}

#[test]
fn number_opcodes__consensus__takes_numbers_that_are_not_minimal() {
    let after = |text: &str| Ok(StackState { stack: elements(text), alt_stack: Vec::new() });
    assert_eq!(run("0x0500 0x80", "ADD", Rules::GenesisConsensus), after("5"));
    assert_eq!(run("0x0500 0x80", "ADD", Rules::GenesisPolicy), Err(ScriptError::NonMinimalNumber { len: 2 }));
}

#[test]
fn conditionals__each_form__runs_the_branch_taken() {
    accepts(&[
        ("1", "IF 2 ELSE 3 ENDIF", "2"),
        ("0", "IF 2 ELSE 3 ENDIF", "3"),
        ("0x0080", "NOTIF 2 ELSE 3 ENDIF", "2"),
        ("0", "IF 1 IF ELSE 2MUL ENDIF VERIF RESERVED ENDIF 4", "4"),
        ("1", "IF 0 IF 2 ELSE 3 ENDIF ELSE 4 ENDIF", "3"),
        ("1", "VERIFY 5", "5"),
        ("-", "6 RETURN 2MUL ENDIF", "6"),
        ("1", "IF 6 RETURN 2MUL IF ELSE ENDIF ELSE 7 ENDIF 8", "6"),
        ("1", "IF RETURN ENDIF RETURN ENDIF", "-"),
        ("-", "NOP", "-"),
        ("0", "IF NOP1 NOP10 VER ENDIF", "-"),
    ]);
    let deep = format!("0 {} {} 5", "IF ".repeat(100), "ENDIF ".repeat(100));
    accepts(&[("-", &deep, "5")]);
}

#[test]
fn conditionals__broken__name_the_fault() {
    for (before, code, fault) in [
        ("-", "IF ENDIF", ConditionalFault::NoCondition),
        ("-", "NOTIF ENDIF", ConditionalFault::NoCondition),
        ("1", "ELSE", ConditionalFault::ElseWithoutIf),
        ("1", "IF ELSE ELSE ENDIF", ConditionalFault::SecondElse),
        ("0", "IF 1 IF ELSE ELSE ENDIF ENDIF", ConditionalFault::SecondElse),
        ("1", "ENDIF", ConditionalFault::EndIfWithoutIf),
        ("1", "IF", ConditionalFault::Unclosed),
        ("1", "IF RETURN", ConditionalFault::Unclosed),
    ] {
        refuses(&[(before, code, ScriptError::Conditional(fault))]);
    }
    refuses(&[
        ("0", "VERIFY", ScriptError::Verify),
        ("1", "IF VERIF ENDIF ENDIF", ScriptError::BadOpcode),
        ("-", "RESERVED", ScriptError::BadOpcode),
        ("-", "NOP1", ScriptError::DiscouragedNop),
    ]);
    assert!(run("-", "NOP1", Rules::GenesisConsensus).is_ok());
}

#[test]
fn pushes__truncated__are_refused_executed_or_not() {
    for (code, offset) in [(vec![0x51, 0x02, 0xff], 1), (vec![0x00, 0x63, 0x4d, 0xff], 2)] {
        let failure = Machine::policy().run_fragment(&StackState::default(), &code).expect_err("cut short");
        let ScriptError::Truncated(ScriptDecodeError::TruncatedPush { offset: got, .. }) = failure.reason else {
            panic!("{failure}");
        };
        assert_eq!((got, failure.offset), (offset, offset));
    }
    // After a return nothing is read.
    let state = Machine::policy().run_fragment(&StackState::default(), &[0x51, 0x6a, 0x02, 0xff]);
    assert_eq!(state.map(|(after, _)| after.stack).map_err(|f| f.reason), Ok(vec![vec![1]]));
}

#[test]
fn hashes__empty_string__are_the_known_ones() {
    accepts(&[
        ("0", "RIPEMD160", "0x9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        ("0", "SHA1", "0xda39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("0", "SHA256", "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("0", "HASH160", "0xb472a266d0bd89c13706a4132ccfb16f7c3b9fcb"),
        ("0", "HASH256", "0x5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"),
        // The hash of a number is that of its shortest form.
        ("5", "5 SUB SHA1", "0xda39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ]);
}

#[test]
fn signature_opcodes__no_valid_signature__answer_false_or_name_the_reason() {
    let key = "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let wrong = "0x300602010102010141";
    let before = |text: &str| text.replace('K', key).replace('S', wrong);
    for (stack, code, after) in
        [("0 K", "CHECKSIG", "0"), ("0 0 1 K 1", "CHECKMULTISIG", "0"), ("0 0 0", "CHECKMULTISIG", "1")]
    {
        accepts(&[(&before(stack), code, after)]);
    }
    for (stack, code, reason) in [
        ("S K", "CHECKSIG", ScriptError::NullFail),
        ("0 K", "CHECKSIGVERIFY", ScriptError::CheckSigVerify),
        ("0 5", "CHECKSIG", ScriptError::PublicKeyType),
        ("5 K", "CHECKSIG", ScriptError::SignatureDer),
        ("0 S 1 K 1", "CHECKMULTISIG", ScriptError::NullFail),
        ("0 0 1 K 1", "CHECKMULTISIGVERIFY", ScriptError::CheckMultisigVerify),
        ("1 0 0", "CHECKMULTISIG", ScriptError::NullDummy),
        ("0 0 -1", "CHECKMULTISIG", ScriptError::PublicKeyCount),
        ("0 1 0", "CHECKMULTISIG", ScriptError::SignatureCount { public_keys: 0 }),
        ("0 0 4294967296", "CHECKMULTISIG", ScriptError::OperandTooLong { got: 5, limit: 4 }),
        ("0 0 2147483647", "CHECKMULTISIG", ScriptError::StackTooShort { have: 3, need: 2_147_483_649 }),
        ("0 0", "CHECKMULTISIG", ScriptError::StackTooShort { have: 2, need: 3 }),
    ] {
        refuses(&[(&before(stack), code, reason)]);
    }
}
