//! The way back: only the funder, only in a transaction with the contract's own lock time that is not final before it.

use bitcoin::{Amount, Sequence, Transaction, absolute};
use chain_types::Profile;
use script_gen::RefundWitness;
use script_vm::ScriptError;

use crate::scene::{
    LOCK_TIME, Scene, assert_accepted, assert_refused, bad_signature, input, output, payout, preimage, sighash,
};

/// Contracts of each kind: they share the way back.
fn scenes(profile: Profile) -> [Scene; 3] {
    [Scene::payment(profile), Scene::settlement(profile), Scene::attested(profile)]
}

fn refund(scene: &Scene, transaction: &Transaction) -> RefundWitness {
    scene.refund_witness(transaction, &scene.people.funder)
}

#[test]
fn refund__by_the_funder_with_the_lock_time__is_accepted() {
    for profile in Profile::ALL {
        for scene in scenes(profile) {
            let mut transaction = scene.ground_by_sequence(scene.refunding());
            let unlocking = scene.contract.refund_script(&refund(&scene, &transaction));
            assert_accepted(scene.run(&transaction, 0, &unlocking), "the funder's refund");
            assert!(unlocking.len() <= scene.contract.max_refund_len());
            assert!(unlocking.len() + 4 > scene.contract.max_refund_len(), "the bound is near");

            // Any outputs and further inputs: the funder's signature alone covers them.
            transaction.output.push(output(&payout(500, &scene.people.stranger)));
            transaction.input.push(input(9));
            let transaction = scene.ground_by_sequence(transaction);
            let unlocking = scene.contract.refund_script(&refund(&scene, &transaction));
            assert_accepted(scene.run(&transaction, 0, &unlocking), "in two outputs, with a further coin");
        }
    }
}

#[test]
fn refund__another_lock_time_or_a_final_input__is_refused() {
    type Edit = fn(&mut Transaction);
    let edits: [(&str, Edit); 6] = [
        ("one block less", |t| t.lock_time = absolute::LockTime::from_consensus(LOCK_TIME - 1)),
        ("one block more", |t| t.lock_time = absolute::LockTime::from_consensus(LOCK_TIME + 1)),
        ("no lock time", |t| t.lock_time = absolute::LockTime::ZERO),
        ("a time for a height", |t| t.lock_time = absolute::LockTime::from_consensus(LOCK_TIME + 500_000_000)),
        ("a final input", |t| t.input[0].sequence.0 |= 0xff00_0000),
        ("another sequence number", |t| t.input[0].sequence.0 ^= 0x0300_0000),
    ];
    for profile in Profile::ALL {
        for scene in scenes(profile) {
            for (what, edit) in edits {
                // The preimage that the script puts together could be signed; it is not the transaction's.
                let mut transaction = scene.ground_by_sequence(scene.refunding());
                edit(&mut transaction);
                let expected = scene.contract.refund_preimage();
                let whole = preimage(&transaction, 0, &expected.script_code, expected.sighash_type);
                expected.head(&whole).expect_err("the library says so before anything is signed");
                let unlocking = scene.contract.refund_script(&refund(&scene, &transaction));
                assert_refused(scene.run(&transaction, 0, &unlocking), bad_signature(profile), what);
            }
            // The most final of all, which no digest could be found for by sequence.
            let mut transaction = scene.refunding();
            transaction.input[0].sequence = Sequence::MAX;
            let unlocking = scene.contract.refund_script(&refund(&scene, &transaction));
            assert!(scene.run(&transaction, 0, &unlocking).is_err(), "sequence ffffffff");
        }
    }
}

#[test]
fn refund__head_of_another_length_or_transaction__is_refused() {
    for profile in Profile::ALL {
        let scene = Scene::payment(profile);
        let transaction = scene.ground_by_sequence(scene.refunding());
        let good = refund(&scene, &transaction);
        let run = |head: Vec<u8>| {
            let witness = RefundWitness { preimage_head: head, ..good.clone() };
            scene.run(&transaction, 0, &scene.contract.refund_script(&witness))
        };
        assert_accepted(run(good.preimage_head.clone()), "the right head");
        let head = &good.preimage_head;
        let mut other = transaction.clone();
        other.input[0].previous_output.vout = 1;
        // Only some digests can be signed at all: either way none is accepted.
        for changed in [
            head[1..].to_vec(),
            head[..head.len() - 1].to_vec(),
            [&head[..], &[1]].concat(),
            Vec::new(),
            scene.head(&other, 0, &scene.contract.refund_preimage()),
        ] {
            assert!(run(changed.clone()).is_err(), "{} bytes", changed.len());
        }
        // The head of another coin's refund, with a digest that can be signed.
        let other = scene.ground_by_sequence(other);
        assert_refused(
            run(scene.head(&other, 0, &scene.contract.refund_preimage())),
            bad_signature(profile),
            "another coin's head",
        );
    }
}

#[test]
fn refund__by_anybody_else_or_with_other_outputs__is_refused() {
    for profile in Profile::ALL {
        for scene in scenes(profile) {
            let transaction = scene.ground_by_sequence(scene.refunding());
            let stranger = scene.refund_witness(&transaction, &scene.people.stranger);
            let run = |witness: &RefundWitness, transaction: &Transaction| {
                scene.run(transaction, 0, &scene.contract.refund_script(witness))
            };
            let not_the_key = (Some("refund"), ScriptError::EqualVerify);
            assert_refused(run(&stranger, &transaction), not_the_key, "another key");
            let not_signed = |profile| match profile {
                Profile::Genesis => (Some("refund"), ScriptError::NullFail),
                _ => (Some("refund"), ScriptError::CheckSigVerify),
            };
            let good = refund(&scene, &transaction);
            let forged = RefundWitness { signature: stranger.signature, ..good.clone() };
            assert_refused(
                run(&forged, &transaction),
                not_signed(profile),
                "another's signature under the funder's key",
            );

            // The trick signs no outputs; the funder's signature does.
            let mut redirected = transaction.clone();
            redirected.output[0] = output(&payout(99_000, &scene.people.stranger));
            assert_refused(run(&good, &redirected), not_signed(profile), "outputs changed after signing");
            let mut cheaper = transaction.clone();
            cheaper.output[0].value -= Amount::ONE_SAT;
            assert_refused(run(&good, &cheaper), not_signed(profile), "a value changed after signing");
        }
    }
}

/// The trick's type and code in a refund are what the contract says.
#[test]
fn refund__type_and_code__are_as_told() {
    for profile in Profile::ALL {
        for scene in scenes(profile) {
            let expected = scene.contract.refund_preimage();
            let by_type = if profile == Profile::Genesis { 0x42 } else { 0xe2 };
            assert_eq!(expected.sighash_type, by_type);
            assert!(scene.contract.locking_script().as_bytes().ends_with(&expected.script_code));
            let code: &[u8] =
                if scene.contract.claim_preimage(&scene_data(&scene)).is_some() { &[0xac] } else { &[0xac, 0x68] };
            assert_eq!(expected.script_code, code);
            // Outputs do not enter the digest.
            let transaction = scene.refunding();
            let mut other = transaction.clone();
            other.output.clear();
            other.output.push(output(&payout(1, &scene.people.stranger)));
            let digest = |t: &Transaction| sighash(t, 0, &expected.script_code, expected.sighash_type);
            assert_eq!(digest(&transaction), digest(&other));
        }
    }
}

fn scene_data(scene: &Scene) -> script_gen::SpendData {
    use ark_bn254::Fr;
    let open: Vec<Fr> = match scene.contract.terms().inputs.len() {
        1 if scene.contract.terms().payouts().is_some() => vec![Fr::from(2u8)],
        1 => vec![Fr::from(7u8)],
        _ => vec![crate::scene::commitment(), Fr::from(1u8)],
    };
    scene.data(&open)
}
