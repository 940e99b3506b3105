//! Holds the machine to a real node's recorded verdicts and reasons, `fixtures/script-vectors`.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use chain_types::{LockingScript, ScriptLimits, UnlockingScript};
use script_vm::{Machine, Rules, ScriptError, SignatureChecker, SignatureVerdict};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    format: String,
    version: u32,
    node: String,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    limits: Limits,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    max_script_len: usize,
    max_script_num_len: usize,
    max_stack_memory: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    unlocking: String,
    locking: String,
    policy: String,
    consensus: String,
    #[serde(default)]
    signatures: Vec<Signed>,
}

/// A signature that is valid for the vector's transaction, by the key, over the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    signature: String,
    public_key: String,
    code: String,
}

struct Listed<'a>(&'a [Signed]);

impl SignatureChecker for Listed<'_> {
    fn check(&self, signature: &[u8], public_key: &[u8], script_code: &[u8]) -> SignatureVerdict {
        let (signature, public_key, code) = (hex::encode(signature), hex::encode(public_key), hex::encode(script_code));
        let listed = self.0.iter().any(|s| s.signature == signature && s.public_key == public_key && s.code == code);
        if listed { SignatureVerdict::Valid } else { SignatureVerdict::Invalid }
    }
}

fn vectors() -> Vectors {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/script-vectors/vectors.json");
    let text = std::fs::read_to_string(path).expect("the vectors are in the repository");
    let vectors: Vectors = serde_json::from_str(&text).expect("the vectors are well formed");
    assert_eq!((vectors.format.as_str(), vectors.version), ("provelock-script-vectors", 1));
    assert_eq!(vectors.node, "/Bitcoin SV:1.0.13/");
    vectors
}

/// What the machine says of a case, in the node's words, and whether it is the one point where it follows node 1.2
/// rather than 1.0: results over the number limit are refused at once, not when used.
fn verdict(machine: &Machine, case: &Case) -> (String, bool) {
    let script = |text: &str| hex::decode(text).expect("hexadecimal");
    let unlocking = UnlockingScript::from_bytes(script(&case.unlocking));
    let locking = LockingScript::from_bytes(script(&case.locking));
    match machine.run(&unlocking, &locking, &Listed(&case.signatures)) {
        Ok(_) => ("ok".to_owned(), false),
        Err(failure) => {
            let message = failure.reason.node_message().expect("a reason the node has, too");
            (message.to_owned(), matches!(failure.reason, ScriptError::ResultTooLong { .. }))
        }
    }
}

#[test]
fn node_vectors__every_case__same_verdict_and_reason() {
    let mut wrong = Vec::new();
    let mut stricter = Vec::new();
    let mut checked = 0;
    for Group { name: group, limits, cases } in vectors().groups {
        let Limits { max_script_len, max_script_num_len, max_stack_memory } = limits;
        let limits = ScriptLimits { max_script_len, max_script_num_len, max_stack_memory };
        for case in &cases {
            for (rules, node) in [(Rules::GenesisPolicy, &case.policy), (Rules::GenesisConsensus, &case.consensus)] {
                let (ours, is_long_result) = verdict(&Machine::new(limits, rules), case);
                checked += 1;
                if ours != *node && is_long_result {
                    stricter.push(format!("{group}: {}", case.name));
                } else if ours != *node {
                    wrong.push(format!("{group}: {} under {rules:?}: {ours:?}, the node says {node:?}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 1_928, "{checked}");
    stricter.dedup();
    assert_eq!(
        stricter,
        [
            "default limits: result of 10001 bytes, not used again",
            "tight limits: product over the limit, not used again",
        ]
    );
}
