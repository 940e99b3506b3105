//! One reading per hint digit: a real node and the script machine answer alike, whatever form a digit takes.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "../../script-gen/tests/common/readings.rs"]
mod readings;

use std::collections::BTreeMap;

use chain_types::{FeeRate, Satoshis};
use ledger::Chain;
use node_tests::{
    contract::{lock_many, network},
    start_node,
};
use rand::rngs::OsRng;
use readings::{Check, Verdict, readings};
use script_gen::{Groth16Verifier, PublicInput, Target};
use script_vm::{Machine, NoSignatures};
use statement::{BINDING_BITS, Binding, Nonce};
use tx_builder::{SigningKey, spend};

fn reason(check: Check) -> &'static str {
    match check {
        Check::Identity => "Script evaluated without error but finished with a false/empty top stack element",
        Check::G1 => "Script failed an OP_NUMEQUALVERIFY operation",
    }
}

#[test]
fn readings__every_class_and_form__get_the_same_verdict_from_node_and_machine() {
    let (network, owner) = (network(), SigningKey::random(&mut OsRng));
    let binding = Binding { recipient: owner.pubkey_hash(), nonce: Nonce([0; 8]) };
    let values = network.public_inputs(&binding);
    let inputs = [PublicInput::Bits(BINDING_BITS), PublicInput::Fixed(values[1])];
    let verifier = Groth16Verifier::new(network.verifying_key.inner(), &inputs, Target::GENESIS).expect("a usable key");
    let proof = network.prove(&binding);
    let spend_data = verifier.spend(proof.inner(), &values).expect("an honest proof");

    let mut node = start_node();
    let mut verdicts: BTreeMap<bool, usize> = BTreeMap::new();
    let cases = readings(&verifier, &spend_data);
    // The bare verifier binds no transaction, so any output will do: the script is the same for every coin.
    let coins = lock_many(&mut node, verifier.locking_script(), cases.len());
    for (case, coin) in cases.into_iter().zip(coins) {
        let run = Machine::policy().run(&case.unlocking, verifier.locking_script(), &NoSignatures);
        let mut funded =
            spend(coin, case.unlocking.len(), owner.pubkey_hash(), FeeRate::DEFAULT).expect("the coin pays the fee");
        funded.unlock(0, case.unlocking.clone()).expect("the length was asked for");
        assert!(funded.fee() > Satoshis(0));
        let answer = node.broadcast(&funded.finish().expect("its one input is unlocked"));
        match case.verdict {
            Verdict::Accepted => {
                answer.unwrap_or_else(|error| panic!("{}: the node says {error}", case.label));
                run.unwrap_or_else(|failure| panic!("{}: the machine says {failure}", case.label));
            }
            Verdict::Refused(check) => {
                let rejection = answer.expect_err(&case.label).rejection().cloned().expect("an answer");
                assert!(rejection.reason.contains(reason(check)), "{}: {}", case.label, rejection.reason);
                let failure = run.expect_err(&case.label);
                assert_eq!(failure.reason.node_message(), Some(reason(check)), "{}", case.label);
            }
        }
        *verdicts.entry(case.verdict == Verdict::Accepted).or_default() += 1;
    }
    // Both verdicts occur, in numbers: neither side of the test can have gone quiet.
    assert!(verdicts.values().all(|n| *n >= 10) && verdicts.len() == 2, "{verdicts:?}");
}
