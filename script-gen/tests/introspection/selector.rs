//! The choice between claim and refund: what is meant for one way never opens the other.

use ark_bn254::Fr;
use chain_types::{Opcode, Profile, UnlockingScript};
use ledger::TxSignatureChecker;
use script_gen::ClaimWitness;
use script_vm::{Hook, ScriptError, ScriptRole, View};

use crate::{
    common::machine,
    scene::{Scene, VALUE, assert_accepted, assert_refused, bad_signature, commitment, output, payout, signed_output},
};

/// A claim of a payment by `key`, with its transaction.
fn claim(scene: &Scene, by: &tx_builder::SigningKey) -> (bitcoin::Transaction, UnlockingScript) {
    let data = scene.data(&[Fr::from(7u8)]);
    let transaction = scene.transaction(vec![output(&payout(99_000, by))]);
    let signature = scene.sign(&transaction, 0, by, 0x41);
    let witness = ClaimWitness::Prover { signature, public_key: by.public_key_bytes() };
    (transaction, scene.contract.claim_script(&data, &witness))
}

fn with_pushes(script: &UnlockingScript, pushes: &[&[u8]]) -> UnlockingScript {
    let mut script = script.clone();
    pushes.iter().for_each(|push| script.push_slice(push));
    script
}

#[test]
fn claim__with_and_without_an_empty_element_on_top__goes_its_way() {
    for profile in Profile::ALL {
        let scene = Scene::payment(profile);
        let (transaction, unlocking) = claim(&scene, &scene.people.prover);
        assert_accepted(scene.run(&transaction, 0, &unlocking), "a claim");
        // Sent through the refund's branch, the prover's key is not the funder's.
        for selector in [&[][..], &[0], &[0x80], &[0, 0]] {
            let refused = scene.run(&transaction, 0, &with_pushes(&unlocking, &[selector]));
            assert_refused(refused, (Some("refund"), ScriptError::EqualVerify), &format!("{selector:x?}"));
        }
        // A funder who signs, without the lock time: the last hint is no preimage.
        let (transaction, unlocking) = claim(&scene, &scene.people.funder);
        let refused = scene.run(&transaction, 0, &with_pushes(&unlocking, &[&[]])).expect_err("no refund");
        assert!(matches!(refused.fragment.as_deref(), Some("introspect") | None), "{refused}");
    }
}

#[test]
fn refund__without_an_empty_element_on_top__is_a_claim_without_a_proof() {
    for profile in Profile::ALL {
        let scene = Scene::payment(profile);
        let transaction = scene.ground_by_sequence(scene.refunding());
        let witness = scene.refund_witness(&transaction, &scene.people.funder);
        let pushes: [&[u8]; 3] = [&witness.preimage_head, &witness.signature, &witness.public_key];
        let run = |selector: Option<&[u8]>| {
            let unlocking = with_pushes(&with_pushes(&UnlockingScript::default(), &pushes), selector.as_slice());
            scene.run(&transaction, 0, &unlocking)
        };
        // Every element that is false asks for a refund; the script has taken it off the stack.
        for selector in [&[][..], &[0], &[0, 0], &[0x80]] {
            assert_accepted(run(Some(selector)), &format!("{selector:x?}"));
        }
        let failure = run(None).expect_err("no selector");
        assert!(failure.fragment.as_deref().is_some_and(|path| path.starts_with("verifier")), "{failure}");
        let failure = run(Some(&[1])).expect_err("a true selector");
        assert_eq!(failure.fragment.as_deref(), Some("binding"), "{failure}");
        let failure = scene.run(&transaction, 0, &UnlockingScript::default()).expect_err("nothing at all");
        assert_eq!(failure.fragment.as_deref(), Some("select"), "{failure}");
    }
}

/// An element below what a refund reads is left on the stack, as policy under Genesis rules does not allow.
#[test]
fn refund__with_elements_below__is_refused_by_policy_alone() {
    let scene = Scene::payment(Profile::Genesis);
    let transaction = scene.ground_by_sequence(scene.refunding());
    let witness = scene.refund_witness(&transaction, &scene.people.funder);
    let mut unlocking = with_pushes(&UnlockingScript::default(), &[&[1]]);
    let refund = scene.contract.refund_script(&witness);
    unlocking = UnlockingScript::from_bytes([unlocking.as_bytes(), refund.as_bytes()].concat());
    let failure = scene.run(&transaction, 0, &unlocking).expect_err("two elements are left");
    assert_eq!(failure.reason, ScriptError::CleanStack { items: 2 }, "{failure}");
}

/// A settlement's claim and refund share the trick: neither's data opens the other's branch.
#[test]
fn shared_trick__data_of_one_way__does_not_open_the_other() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let refund = scene.ground_by_sequence(scene.refunding());
        let witness = scene.refund_witness(&refund, &scene.people.funder);
        // The head of the refund's preimage, in a claim.
        let head = witness.preimage_head.clone();
        let lock_time = refund.lock_time.to_consensus_u32().to_le_bytes();
        let claim = scene.contract.claim_script(&data, &ClaimWitness::ByClass { preimage_head: head, lock_time });
        let failure = scene.run(&refund, 0, &claim).expect_err("a claim has its own type");
        assert!(matches!(failure.fragment.as_deref(), Some("introspect") | None), "{failure}");

        // The whole claim's preimage head, in a refund: another type and end.
        let expected = scene.contract.claim_preimage(&data).expect("class 9 pays");
        let outputs = scene.contract.terms().claim_outputs(9).expect("class 9 pays");
        let transaction =
            scene.ground_by_lock_time(scene.transaction(outputs.iter().map(output).collect()), 0, &expected);
        let mut witness = scene.refund_witness(&transaction, &scene.people.funder);
        witness.preimage_head = scene.head(&transaction, 0, &expected);
        let failure = scene.run(&transaction, 0, &scene.contract.refund_script(&witness)).expect_err("no lock time");
        assert!(matches!(failure.fragment.as_deref(), Some("introspect") | None), "{failure}");
        assert_refused(
            scene.run(
                &refund,
                0,
                &scene.contract.refund_script(&{
                    let mut own = scene.refund_witness(&refund, &scene.people.funder);
                    own.preimage_head = scene.head(
                        &scene.ground_by_sequence({
                            let mut other = scene.refunding();
                            other.input[0].previous_output.vout = 3;
                            other
                        }),
                        0,
                        &scene.contract.refund_preimage(),
                    );
                    own
                }),
            ),
            bad_signature(profile),
            "the head of another coin's refund",
        );
    }
}

/// What lies on the alternative stack when a script ends.
#[derive(Default)]
struct AltStack {
    most: usize,
    last: usize,
}

impl Hook for AltStack {
    fn after(&mut self, view: &View<'_>) {
        if view.role == ScriptRole::Locking {
            self.last = view.alt_stack().len();
            self.most = self.most.max(self.last);
        }
    }
}

#[test]
fn alternative_stack__every_way_to_open__is_empty_at_the_end() {
    for profile in Profile::ALL {
        let run = |scene: &Scene, transaction: &bitcoin::Transaction, unlocking: &UnlockingScript| {
            let checker = TxSignatureChecker::new(transaction, 0, VALUE).expect("an input");
            let mut hook = AltStack::default();
            let locking = scene.contract.locking_script();
            machine(profile).run_with_hook(unlocking, locking, &checker, &mut hook).expect("it opens");
            (hook.most, hook.last)
        };
        for scene in [Scene::payment(profile), Scene::settlement(profile), Scene::attested(profile)] {
            let refund = scene.ground_by_sequence(scene.refunding());
            let witness = scene.refund_witness(&refund, &scene.people.funder);
            assert_eq!(run(&scene, &refund, &scene.contract.refund_script(&witness)), (0, 0));
        }
        let scene = Scene::payment(profile);
        let (transaction, unlocking) = claim(&scene, &scene.people.prover);
        assert_eq!(run(&scene, &transaction, &unlocking).1, 0);

        let scene = Scene::attested(profile);
        let data = scene.data(&[commitment(), Fr::from(1u8)]);
        let expected = scene.contract.claim_preimage(&data).expect("a signer");
        let transaction = scene.transaction(vec![signed_output(commitment())]);
        let transaction = scene.ground_by_lock_time(transaction, 0, &expected);
        let word = scene.attest(&transaction, 0, &expected);
        let (most, last) = run(&scene, &transaction, &scene.attested_claim(&data, &transaction, 0, word));
        assert!(most >= 3 && last == 0, "{most} {last}");
    }
}

#[test]
fn separator__of_each_contract__stands_once_before_the_last_check() {
    for profile in Profile::ALL {
        for scene in [Scene::payment(profile), Scene::settlement(profile), Scene::attested(profile)] {
            let script = scene.contract.locking_script();
            let opcodes: Vec<u8> =
                script.instructions().map(|read| script.as_bytes()[read.expect("whole").0]).collect();
            assert_eq!(opcodes.iter().filter(|op| **op == Opcode::OP_CODESEPARATOR.0).count(), 1);
            let from_end = opcodes.iter().rev().position(|op| *op == Opcode::OP_CODESEPARATOR.0);
            assert_eq!(from_end, Some(scene.contract.refund_preimage().script_code.len()));
        }
    }
}
