//! scryptlib on the artifacts of every contract.

use chain_types::Profile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tx_builder::encode_hex;

use crate::{
    subjects::{Subject, pushes, subjects},
    tools::ask_all,
};

/// What scryptlib is to make of an artifact.
#[derive(Clone, Serialize)]
struct Request {
    artifact: Value,
    arguments: Vec<String>,
    /// A deployed script.
    locking_script: String,
    calls: Vec<Call>,
}

/// A call of a public function.
#[derive(Clone, Serialize)]
struct Call {
    function: &'static str,
    arguments: Vec<String>,
    /// The transaction that the call is in, and the value of the coin it spends.
    transaction: String,
    value: u64,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Answer {
    Made(Box<Made>),
    Refused { error: String },
}

/// What scryptlib has made.
#[derive(Debug, Deserialize, PartialEq)]
struct Made {
    locking_script: String,
    asm: String,
    md5: String,
    recognised: Vec<String>,
    calls: Vec<Called>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Called {
    unlocking_script: String,
    verdict: String,
}

fn all_hex(values: &[Vec<u8>]) -> Vec<String> {
    values.iter().map(hex::encode).collect()
}

fn request(subject: &Subject) -> Request {
    let call = |function, signed: &contracts::Signed| {
        let mut arguments = all_hex(&pushes(&signed.transaction));
        if function == "refund" {
            // The empty push on top is the number of the function.
            assert_eq!(arguments.pop().as_deref(), Some(""));
        }
        Call {
            function,
            arguments,
            transaction: encode_hex(&signed.transaction),
            value: signed.spent[0].value.to_sat(),
        }
    };
    Request {
        artifact: serde_json::from_str(&subject.artifact).expect("JSON"),
        arguments: all_hex(&subject.values),
        locking_script: hex::encode(subject.locking_script.as_bytes()),
        calls: vec![call("claim", &subject.claim), call("refund", &subject.refund)],
    }
}

/// Whether scryptlib's own script machine may say this of a claim and of a refund. It has the rules of Genesis only. A
/// claim of Chronicle stops at the first opcode that it lacks, or before at a number that Chronicle alone takes in this
/// form: where, and whether its message has a name for the opcode before, differs with the proof's numbers. A refund
/// stops where the claim that it skips has such an opcode.
fn are_expected(profile: Profile, [claim, refund]: [&str; 2]) -> bool {
    match profile {
        Profile::Genesis => [claim, refund] == ["ok"; 2],
        Profile::Chronicle => claim != "ok" && refund == "SCRIPT_ERR_DISABLED_OPCODE",
    }
}

#[test]
fn scryptlib__artifact_of_every_contract__gives_its_scripts() {
    let requests: Vec<Request> = subjects().iter().map(request).collect();
    let answers: Vec<Answer> = ask_all("artifact.mjs", &requests);
    for (subject, (request, answer)) in subjects().iter().zip(requests.iter().zip(answers)) {
        let Answer::Made(made) = answer else { panic!("{}: {answer:?}", subject.name) };
        assert_eq!(made.locking_script, request.locking_script, "{}", subject.name);
        assert_eq!(made.asm, request.locking_script, "{}", subject.name);
        assert_eq!(made.md5, request.artifact["md5"], "{}", subject.name);
        assert_eq!(made.recognised, request.arguments, "{}", subject.name);

        let scripts = [&subject.claim, &subject.refund]
            .map(|spend| hex::encode(spend.transaction.input[0].script_sig.as_bytes()));
        assert_eq!(made.calls.iter().map(|call| &call.unlocking_script).collect::<Vec<_>>(), scripts.each_ref());
        let [claim, refund] = &made.calls[..] else { panic!("{}: two calls", subject.name) };
        let verdicts = [claim, refund].map(|call| call.verdict.as_str());
        assert!(are_expected(subject.profile, verdicts), "{}: {verdicts:?}", subject.name);
    }
}

#[test]
fn scryptlib__wrong_values__are_refused_or_another_contract() {
    let honest = request(&subjects()[0]);
    let stranger = subjects().iter().find(|subject| subject.definition == "settlement").expect("it is there");
    let few = Request { arguments: honest.arguments[1..].to_vec(), ..honest.clone() };
    let no_hex = Request { arguments: [&["seven".to_owned()], &honest.arguments[1..]].concat(), ..honest.clone() };
    let other = Request { locking_script: hex::encode(stranger.locking_script.as_bytes()), ..honest.clone() };
    let no_script = Request { artifact: json!({ "contract": "Nothing", "version": 9, "abi": [] }), ..honest.clone() };
    let mut nonce = honest.clone();
    nonce.arguments[0] = "00".repeat(8);
    let answers: Vec<Answer> = ask_all("artifact.mjs", &[few, no_hex, other, no_script, nonce]);

    let refused = |error: &str| Answer::Refused { error: error.to_owned() };
    let name = "InferencePayment";
    assert_eq!(
        answers[0],
        refused(&format!("wrong number of arguments for '{name}.constructor', expected 3 but got 2"))
    );
    assert_eq!(answers[2], refused(&format!("the raw script cannot match the ASM template of contract {name}")));
    assert_eq!(answers[3], refused("Missing field `hex` in artifact"));
    assert_eq!(answers[1], refused("invalid hex string in script"));
    let Answer::Made(made) = &answers[4] else { panic!("{:?}", answers[4]) };
    assert_ne!(made.locking_script, honest.locking_script, "another nonce is another contract");
    let verdict = &made.calls[0].verdict;
    assert_eq!(verdict, "SCRIPT_ERR_NULLFAIL", "the claim's signature is over the honest script");
}
