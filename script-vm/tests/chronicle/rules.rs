//! What the rules since Chronicle waive, for which versions, and what they do not.

use chain_types::{LockingScript, Opcode, Profile, ScriptDecodeError, ScriptLimits, UnlockingScript, encode_push};
use script_vm::{
    ConditionalFault, Failure, Machine, Metrics, NoSignatures, Rules, ScriptError, ScriptRole, SignatureChecker,
    SignatureVerdict, StackState, TxVersion,
};

use crate::notation::script;

/// Half of the group order of secp256k1 and one more: the smallest S that is high.
const HIGH_S: &str = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";
const KEY: &str = "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const LOW_SIGNATURE: &str = "0x300602010102010141";

const STRICT_VERSIONS: [i32; 4] = [i32::MIN, -1, 0, 1];
const RELAXED_VERSIONS: [i32; 4] = [2, 3, 77, i32::MAX];

#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Policy,
    PolicyAndBlock,
}

fn policy_and_block(version: i32, mined_under: Profile) -> [Rules; 2] {
    let version = TxVersion(version);
    [Rules::ChroniclePolicy { version, mined_under }, Rules::ChronicleConsensus { version, mined_under }]
}

/// Finds every signature valid.
struct AnySignature;

impl SignatureChecker for AnySignature {
    fn check(&self, _signature: &[u8], _public_key: &[u8], _script_code: &[u8]) -> SignatureVerdict {
        SignatureVerdict::Valid
    }
}

/// A script in which `K` is a public key and `S` a signature.
fn signed_script(text: &str) -> Vec<u8> {
    let tokens = text.split_whitespace().map(|token| match token {
        "K" => KEY,
        "S" => LOW_SIGNATURE,
        token => token,
    });
    script(&tokens.collect::<Vec<_>>().join(" "))
}

struct Spend {
    unlocking: Vec<u8>,
    locking: Vec<u8>,
    checker: &'static dyn SignatureChecker,
}

impl Spend {
    fn new(unlocking: &str, locking: &str, checker: &'static dyn SignatureChecker) -> Self {
        Self { unlocking: signed_script(unlocking), locking: signed_script(locking), checker }
    }

    fn judge(&self, limits: ScriptLimits, rules: Rules) -> Result<Metrics, Box<Failure>> {
        let unlocking = UnlockingScript::from_bytes(self.unlocking.clone());
        let locking = LockingScript::from_bytes(self.locking.clone());
        Machine::new(limits, rules).run(&unlocking, &locking, self.checker)
    }

    fn verdict(&self, rules: Rules) -> Option<ScriptError> {
        self.judge(ScriptLimits::CHRONICLE_POLICY, rules).err().map(|failure| failure.reason)
    }
}

/// One rule: refused for `reason` wherever it holds, accepted wherever it does not.
fn check_waived(spend: &Spend, asks: Asks, reason: &ScriptError) {
    let refused = Some(reason.clone());
    let in_block = if asks == Asks::Policy { None } else { refused.clone() };
    assert_eq!(spend.verdict(Rules::GenesisPolicy), refused);
    assert_eq!(spend.verdict(Rules::GenesisConsensus), in_block);
    // What is waived does not depend on the output's age.
    for mined_under in Profile::ALL {
        for version in STRICT_VERSIONS {
            let verdicts = policy_and_block(version, mined_under).map(|rules| spend.verdict(rules));
            assert_eq!(verdicts, [refused.clone(), in_block.clone()], "version {version}, {mined_under}");
        }
        for version in RELAXED_VERSIONS {
            let verdicts = policy_and_block(version, mined_under).map(|rules| spend.verdict(rules));
            assert_eq!(verdicts, [None, None], "version {version}, {mined_under}");
        }
    }
}

/// The same verdict under every rule set since Chronicle.
fn check_kept(spend: &Spend, reason: &ScriptError) {
    for mined_under in Profile::ALL {
        for version in STRICT_VERSIONS.into_iter().chain(RELAXED_VERSIONS) {
            for rules in policy_and_block(version, mined_under) {
                assert_eq!(spend.verdict(rules).as_ref(), Some(reason), "{rules:?}");
            }
        }
    }
}

#[test]
fn minimal_data__longer_push__is_refused_by_policy_up_to_version_1() {
    let mut spend = Spend::new("-", "-", &NoSignatures);
    spend.unlocking = vec![0x01, 0x05];
    check_waived(&spend, Asks::Policy, &ScriptError::NonMinimalPush);
    spend.unlocking = vec![Opcode::OP_PUSHDATA2.0, 1, 0, 0x77];
    check_waived(&spend, Asks::Policy, &ScriptError::NonMinimalPush);
}

#[test]
fn minimal_data__longer_number__is_refused_by_policy_up_to_version_1() {
    let spend = Spend::new("0x0500", "1ADD", &NoSignatures);
    check_waived(&spend, Asks::Policy, &ScriptError::NonMinimalNumber { len: 2 });
    let count = Spend::new("0 S 0x0100 K 1", "CHECKMULTISIG", &AnySignature);
    check_waived(&count, Asks::Policy, &ScriptError::NonMinimalNumber { len: 2 });
}

#[test]
fn low_s__high_s_and_valid__is_refused_up_to_version_1() {
    let high = hex::decode(format!("30250201010220{HIGH_S}41")).expect("hexadecimal");
    let mut spend = Spend::new("-", "K CHECKSIG", &AnySignature);
    spend.unlocking = encode_push(&high);
    check_waived(&spend, Asks::PolicyAndBlock, &ScriptError::HighS);
}

#[test]
fn null_fail__wrong_signature_left_standing__is_refused_up_to_version_1() {
    for (unlocking, locking) in
        [("S", "K CHECKSIG NOT"), ("0 S", "1 K 1 CHECKMULTISIG NOT"), ("0 0 S", "2 K K 2 CHECKMULTISIG NOT")]
    {
        let spend = Spend::new(unlocking, locking, &NoSignatures);
        check_waived(&spend, Asks::PolicyAndBlock, &ScriptError::NullFail);
    }
}

#[test]
fn null_fail__wrong_signature_verified__is_refused_for_every_version() {
    let relaxed = TxVersion::RELAXED;
    for (unlocking, locking, reason) in [
        ("S", "K CHECKSIGVERIFY 1", ScriptError::CheckSigVerify),
        ("0 S", "1 K 1 CHECKMULTISIGVERIFY 1", ScriptError::CheckMultisigVerify),
        ("S", "K CHECKSIG", ScriptError::EvalFalse),
    ] {
        let spend = Spend::new(unlocking, locking, &NoSignatures);
        for rules in policy_and_block(relaxed.0, Profile::Chronicle) {
            assert_eq!(spend.verdict(rules), Some(reason.clone()), "{locking}");
        }
        for rules in policy_and_block(TxVersion::STRICT.0, Profile::Chronicle) {
            assert_eq!(spend.verdict(rules), Some(ScriptError::NullFail), "{locking}");
        }
    }
}

#[test]
fn null_dummy__dummy_not_empty__is_refused_by_policy_up_to_version_1() {
    let spend = Spend::new("1 S", "1 K 1 CHECKMULTISIG", &AnySignature);
    check_waived(&spend, Asks::Policy, &ScriptError::NullDummy);
}

#[test]
fn clean_stack__two_elements__are_refused_by_policy_up_to_version_1() {
    let spend = Spend::new("1 1", "-", &NoSignatures);
    check_waived(&spend, Asks::Policy, &ScriptError::CleanStack { items: 2 });
}

#[test]
fn push_only__opcodes_that_unlock__are_refused_up_to_version_1() {
    for (unlocking, locking) in [
        ("2 3 ADD", "5 NUMEQUAL"),
        ("1 IF 5 ELSE 6 ENDIF", "5 NUMEQUAL"),
        // A return ends the unlocking script only.
        ("5 RETURN 6", "5 NUMEQUAL"),
    ] {
        let spend = Spend::new(unlocking, locking, &NoSignatures);
        check_waived(&spend, Asks::PolicyAndBlock, &ScriptError::NotPushOnly);
    }
}

#[test]
fn unlocking_script__broken__is_refused_for_versions_that_run_it() {
    let push_cut_short = ScriptError::Truncated(ScriptDecodeError::TruncatedPush { offset: 1, wanted: 5, left: 1 });
    for (unlocking, reason) in [
        (vec![0x51, 0x05, 0x01], push_cut_short),
        (script("1 IF 1"), ScriptError::Conditional(ConditionalFault::Unclosed)),
        (script("1 0 VERIFY"), ScriptError::Verify),
        (script("1 RESERVED"), ScriptError::BadOpcode),
    ] {
        let mut spend = Spend::new("-", "-", &NoSignatures);
        spend.unlocking = unlocking;
        for rules in policy_and_block(2, Profile::Chronicle) {
            let failure = spend.judge(ScriptLimits::CHRONICLE_POLICY, rules).expect_err("broken");
            assert_eq!((failure.role, failure.reason.clone()), (ScriptRole::Unlocking, reason.clone()), "{failure}");
        }
    }
    // OP_RESERVED passes for a push, and then fails when executed.
    let mut spend = Spend::new("-", "-", &NoSignatures);
    spend.unlocking = vec![0x51, 0x05, 0x01];
    for rules in policy_and_block(1, Profile::Chronicle) {
        assert_eq!(spend.verdict(rules), Some(ScriptError::NotPushOnly));
    }
}

#[test]
fn alt_stack__of_the_unlocking_script__is_gone_but_stays_charged() {
    let spend = Spend::new("5 TOALTSTACK 1", "FROMALTSTACK", &NoSignatures);
    let [policy, _] = policy_and_block(2, Profile::Chronicle);
    assert_eq!(spend.verdict(policy), Some(ScriptError::AltStackEmpty));
    assert_eq!(Spend::new("5 TOALTSTACK 1", "-", &NoSignatures).verdict(policy), None);
    // 33 bytes each for the element that is gone, for 1, and for its copy.
    let spend = Spend::new("5 TOALTSTACK 1", "DUP DROP", &NoSignatures);
    let room = |max_stack_memory| ScriptLimits { max_stack_memory, ..ScriptLimits::CHRONICLE_POLICY };
    assert!(spend.judge(room(99), policy).is_ok());
    let failure = spend.judge(room(98), policy).expect_err("no room");
    assert_eq!(failure.reason, ScriptError::StackMemory { got: 99, limit: 98 });
}

#[test]
fn encodings__broken__are_refused_for_every_version() {
    check_kept(&Spend::new("5", "K CHECKSIG NOT", &AnySignature), &ScriptError::SignatureDer);
    check_kept(&Spend::new("S", "5 CHECKSIG NOT", &AnySignature), &ScriptError::PublicKeyType);
    check_kept(&Spend::new("0", "-", &NoSignatures), &ScriptError::EvalFalse);
    let none = |verdicts: [Option<ScriptError>; 2]| assert_eq!(verdicts, [None, None]);
    none(
        policy_and_block(2, Profile::Chronicle)
            .map(|rules| Spend::new("S", "K CHECKSIG", &AnySignature).verdict(rules)),
    );
}

#[test]
fn nops__kept_for_the_future__are_refused_by_policy_for_every_version() {
    for name in ["NOP1", "NOP2", "NOP3", "NOP9", "NOP10"] {
        let spend = Spend::new("1", name, &NoSignatures);
        for version in [1, 2] {
            let verdicts = policy_and_block(version, Profile::Chronicle).map(|rules| spend.verdict(rules));
            assert_eq!(verdicts, [Some(ScriptError::DiscouragedNop), None], "{name}");
        }
    }
}

#[test]
fn condition__any_true_element__is_taken_by_every_rule_set() {
    // The node knows a rule that a condition be 1 or empty, and sets it nowhere.
    for condition in ["2", "0x0100", "0x8001"] {
        let spend = Spend::new(condition, "IF 1 ELSE 0 ENDIF", &NoSignatures);
        for version in [1, 2] {
            let verdicts = policy_and_block(version, Profile::Chronicle).map(|rules| spend.verdict(rules));
            assert_eq!(verdicts, [None, None], "{condition}");
        }
    }
    let negative_zero = Spend::new("0x80", "IF 1 ELSE 0 ENDIF", &NoSignatures);
    let verdicts = policy_and_block(2, Profile::Chronicle).map(|rules| negative_zero.verdict(rules));
    assert_eq!(verdicts, [Some(ScriptError::EvalFalse), Some(ScriptError::EvalFalse)]);
}

#[test]
fn hash_type__each_byte__is_legal_by_the_era_of_the_spend_alone() {
    let with = |hash_type: u8| {
        let mut spend = Spend::new("-", "K CHECKSIG", &AnySignature);
        spend.unlocking = encode_push(&[0x30, 6, 2, 1, 1, 2, 1, 1, hash_type]);
        spend
    };
    for got in 0..=u8::MAX {
        let undefined = Some(ScriptError::HashType { got });
        let without_forkid = Some(ScriptError::MustUseForkId { got });
        let (genesis, chronicle) = match got {
            0x41..=0x43 | 0xc1..=0xc3 => (None, None),
            0x61..=0x63 | 0xe1..=0xe3 => (undefined, None),
            0x01..=0x03 | 0x81..=0x83 => (without_forkid.clone(), without_forkid),
            0x21..=0x23 | 0xa1..=0xa3 => (undefined, without_forkid),
            _ => (undefined.clone(), undefined),
        };
        let spend = with(got);
        for rules in [Rules::GenesisPolicy, Rules::GenesisConsensus] {
            assert_eq!(spend.verdict(rules), genesis, "{got:#x}");
        }
        for mined_under in Profile::ALL {
            for version in [1, 2] {
                for rules in policy_and_block(version, mined_under) {
                    assert_eq!(spend.verdict(rules), chronicle, "{got:#x} {rules:?}");
                }
            }
        }
    }
}

/// Finds signatures valid over one code alone.
struct Over(Vec<u8>);

impl SignatureChecker for Over {
    fn check(&self, _signature: &[u8], _public_key: &[u8], script_code: &[u8]) -> SignatureVerdict {
        if script_code == self.0 { SignatureVerdict::Valid } else { SignatureVerdict::Invalid }
    }
}

#[test]
fn signatures__checked_while_unlocking__cover_the_locking_script_too() {
    let text = signed_script;
    let locking = text("CODESEPARATOR VERIFY 1");
    for (head, tail) in
        [("-", "S K CHECKSIG"), ("1 DROP CODESEPARATOR", "S K CHECKSIG"), ("CODESEPARATOR", "0 S 1 K 1 CHECKMULTISIG")]
    {
        let unlocking = [text(head), text(tail)].concat();
        let run = |code: Vec<u8>| {
            let machine = Machine::chronicle_policy(TxVersion::RELAXED);
            let unlocking = UnlockingScript::from_bytes(unlocking.clone());
            machine.run(&unlocking, &LockingScript::from_bytes(locking.clone()), &Over(code)).map_err(|e| e.reason)
        };
        assert!(run([text(tail), locking.clone()].concat()).is_ok(), "{head} {tail}");
        assert_eq!(run(text(tail)), Err(ScriptError::Verify), "without the locking script");
        assert_eq!(run(locking.clone()), Err(ScriptError::Verify), "the locking script alone");
    }
}

#[test]
fn number_length__at_the_limit__is_taken_and_a_byte_more_refused() {
    let one_add = |len: usize, limits| {
        let mut number = vec![0xff; len];
        number[len - 1] = 0x01;
        let before = StackState { stack: vec![number], alt_stack: Vec::new() };
        let [_, block] = policy_and_block(2, Profile::Chronicle);
        Machine::new(limits, block).run_fragment(&before, &script("1ADD")).map(|_| ()).map_err(|failure| failure.reason)
    };
    for (limits, limit) in [
        (ScriptLimits::GENESIS_CONSENSUS, 750_000),
        (ScriptLimits::CHRONICLE_CONSENSUS, 32_000_000),
        (ScriptLimits::CHRONICLE_POLICY, 10_000),
    ] {
        assert_eq!(one_add(limit, limits), Ok(()));
        let got = limit + 1;
        assert_eq!(one_add(got, limits), Err(ScriptError::OperandTooLong { got, limit }));
    }
}
