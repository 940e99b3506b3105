//! The SDK's script machine on claims and refunds of every contract, and on what must be refused.

use bitcoin::{Amount, absolute::LockTime};
use contracts::Signed;
use serde::{Deserialize, Serialize};
use tx_builder::{Transaction, encode_hex};

use crate::{
    subjects::{Subject, pushes, subjects, with_pushes},
    tools::ask_all,
};

/// A spend to be judged.
#[derive(Serialize)]
struct Spend {
    name: String,
    transaction: String,
    input: usize,
    spent: Vec<Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u32>,
}

#[derive(Serialize)]
struct Output {
    value: u64,
    locking_script: String,
}

#[derive(Deserialize)]
struct Judged {
    name: String,
    verdict: String,
    opcode: Option<String>,
}

impl Spend {
    fn of(name: String, transaction: &Transaction, signed: &Signed) -> Self {
        let output = |output: &tx_builder::TxOut| Output {
            value: output.value.to_sat(),
            locking_script: hex::encode(output.script_pubkey.as_bytes()),
        };
        Self {
            name,
            transaction: encode_hex(transaction),
            input: 0,
            spent: signed.spent.iter().map(output).collect(),
            memory_limit: None,
        }
    }
}

/// What the SDK says of a spend, with the opcode; each of these will do.
type Reason = &'static [(&'static str, Option<&'static str>)];

const OK: Reason = &[("ok", None)];
const FALSE: Reason = &[("The top stack element must be truthy after script evaluation.", None)];
const VERIFY: Reason = &[("OP_VERIFY requires the top stack value to be truthy.", Some("OP_VERIFY"))];
const NOT_EQUAL: Reason = &[("OP_NUMEQUALVERIFY requires the top stack item to be truthy.", Some("OP_NUMEQUALVERIFY"))];
const OTHER_KEY: Reason = &[("OP_EQUALVERIFY requires the top two stack items to be equal.", Some("OP_EQUALVERIFY"))];
const SIGNATURE: Reason =
    &[("OP_CHECKSIGVERIFY requires that a valid signature is provided.", Some("OP_CHECKSIGVERIFY"))];
/// The script makes a signature of the preimage it is given: of one digest in two it is in no good form, of the other it
/// is not this transaction's.
const PREIMAGE: Reason = &[("The signature format is invalid.", Some("OP_CHECKSIG")), FALSE[0]];

/// The same with a bit of one push turned over.
fn flipped(signed: &Signed, push: usize) -> Transaction {
    let mut pushes = pushes(&signed.transaction);
    pushes[push][0] ^= 1;
    with_pushes(signed.transaction.clone(), &pushes)
}

/// The same with one satoshi less in an output that pays somebody.
fn poorer(signed: &Signed) -> Transaction {
    let mut transaction = signed.transaction.clone();
    let paid = transaction.output.iter_mut().find(|output| output.value > Amount::ZERO);
    paid.expect("a spend pays somebody").value -= Amount::ONE_SAT;
    transaction
}

/// Claims and refunds that must fail, and why.
fn tampered(subject: &Subject) -> Vec<(&'static str, Transaction, &Signed, Reason)> {
    let Subject { definition, claim, refund, .. } = subject;
    let is_introspected = *definition == "settlement" || subject.name.contains("signed commitment");
    // Where the outputs are read after the verifier, its answer is checked before.
    let unproved = if is_introspected { VERIFY } else { FALSE };
    // A settlement has nobody's signature: the preimage is not that of these outputs.
    let other_outputs = if *definition == "settlement" { FALSE } else { SIGNATURE };
    let mut later = refund.transaction.clone();
    later.lock_time = LockTime::from_consensus(refund.transaction.lock_time.to_consensus_u32() - 1);
    vec![
        ("claim, quotient", flipped(claim, 0), claim, unproved),
        ("claim, slopes", flipped(claim, 2), claim, unproved),
        ("claim, proof", flipped(claim, 3), claim, NOT_EQUAL),
        ("claim, outputs", poorer(claim), claim, other_outputs),
        ("refund, preimage", flipped(refund, 0), refund, PREIMAGE),
        ("refund, key", flipped(refund, 2), refund, OTHER_KEY),
        ("refund, outputs", poorer(refund), refund, SIGNATURE),
        ("refund, earlier lock time", later, refund, SIGNATURE),
    ]
}

#[test]
fn sdk__spends_of_every_contract__are_valid_and_tampered_ones_are_not() {
    let mut spends = Vec::new();
    let mut expected: Vec<Reason> = Vec::new();
    for subject in subjects() {
        let mut add = |what: &str, transaction: &Transaction, signed, reason| {
            spends.push(Spend::of(format!("{}: {what}", subject.name), transaction, signed));
            expected.push(reason);
        };
        add("claim", &subject.claim.transaction, &subject.claim, OK);
        add("refund", &subject.refund.transaction, &subject.refund, OK);
        for (what, transaction, signed, reason) in &tampered(subject) {
            add(what, transaction, signed, *reason);
        }
    }
    let judged: Vec<Judged> = ask_all("spends.mjs", &spends);
    let wrong = |(judged, expected): (&Judged, &Reason)| {
        let found = (judged.verdict.as_str(), judged.opcode.as_deref());
        (!expected.contains(&found)).then(|| format!("{}: {found:?}, expected {expected:?}", judged.name))
    };
    let wrong: Vec<_> = judged.iter().zip(&expected).filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), judged.len(), wrong.join("\n"));
}

#[test]
fn sdk__memory_limit__counts_what_lies_on_the_stack() {
    // Its default is 32,000,000 bytes.
    let subject = &subjects()[0];
    let with_limit = |limit| Spend {
        memory_limit: Some(limit),
        ..Spend::of(format!("{limit}"), &subject.claim.transaction, &subject.claim)
    };
    let judged: Vec<Judged> = ask_all("spends.mjs", &[with_limit(100_000), with_limit(20_000)]);
    assert_eq!(judged[0].verdict, "ok");
    assert_eq!(judged[1].verdict, "Stack memory usage has exceeded 20000 bytes");
}
