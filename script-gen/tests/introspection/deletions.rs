//! What each check of the frame is for: with it taken out of the script, a spend succeeds that must not.

use ark_bn254::Fr;
use bitcoin::{Sequence, absolute};
use chain_types::{LockingScript, Opcode, Profile};
use script_gen::{Attestation, ClaimWitness};

use crate::scene::{Scene, assert_accepted, commitment, output, payout, preimage, signed, signed_output};

/// The contract's script with this stretch of a fragment replaced; both as opcodes or pushes.
fn replaced(scene: &Scene, fragment: &str, from: &[u8], to: &[u8]) -> LockingScript {
    let script = scene.contract.locking_script().as_bytes();
    let fragments = scene.contract.fragments();
    let (range, _) = fragments.iter().find(|(_, path)| *path == fragment).expect("the contract has it");
    let piece = &script[range.clone()];
    let places: Vec<usize> = (0..piece.len()).filter(|at| piece[*at..].starts_with(from)).collect();
    let at = range.start + *places.last().expect("it is there");
    LockingScript::from_bytes([&script[..at], to, &script[at + from.len()..]].concat())
}

const DROP_TWO: [u8; 1] = [Opcode::OP_2DROP.0];

#[test]
fn deleted__funders_key_or_signature__lets_anybody_refund() {
    for profile in Profile::ALL {
        let scene = Scene::payment(profile);
        let transaction = scene.ground_by_sequence(scene.refunding());
        let head = scene.head(&transaction, 0, &scene.contract.refund_preimage());
        let stranger = &scene.people.stranger;
        let any_key = replaced(&scene, "refund", &[Opcode::OP_EQUALVERIFY.0], &DROP_TWO);
        let unlocking = scene.refund_under(&any_key, &transaction, stranger, head);
        assert_accepted(scene.run_script(&any_key, &transaction, 0, &unlocking), "any key");

        let mut witness = scene.refund_witness(&transaction, &scene.people.funder);
        witness.signature = scene.sign(&transaction, 0, stranger, 0x41);
        let unsigned = replaced(&scene, "refund", &[Opcode::OP_CHECKSIGVERIFY.0], &DROP_TWO);
        let unlocking = scene.contract.refund_script(&witness);
        assert_accepted(scene.run_script(&unsigned, &transaction, 0, &unlocking), "no signature");
    }
}

/// With the end of the preimage left to the spender, lock time and sequence number are too.
#[test]
fn deleted__end_of_the_refunds_preimage__lets_the_funder_refund_early() {
    let scene = Scene::payment(Profile::Genesis);
    let lock = [&[5][..], &900_000u32.to_le_bytes(), &[0x42, 0x58, Opcode::OP_NUM2BIN.0, Opcode::OP_CAT.0]].concat();
    let zeros = [0x51, 1, 33, Opcode::OP_NUM2BIN.0, Opcode::OP_CAT.0];
    let free = replaced(&scene, "refund", &[&zeros[..], &lock].concat(), &[]);
    let mut transaction = scene.refunding();
    transaction.lock_time = absolute::LockTime::ZERO;
    transaction.input[0].sequence = Sequence(5);
    let transaction = scene.ground_by_sequence(transaction);
    let expected = scene.contract.refund_preimage();
    let whole = preimage(&transaction, 0, &expected.script_code, expected.sighash_type);
    let unlocking = scene.refund_under(&free, &transaction, &scene.people.funder, whole);
    assert_accepted(scene.run_script(&free, &transaction, 0, &unlocking), "no lock time");
    // With the sequence number left open alone, a final one makes the lock time void.
    let outputs = [0, 1, 32, Opcode::OP_NUM2BIN.0, Opcode::OP_CAT.0];
    let final_allowed = replaced(&scene, "refund", &zeros, &outputs);
    let mut transaction = scene.refunding();
    transaction.input[0].sequence = Sequence(0xff00_0000);
    let transaction = scene.ground_by_sequence(transaction);
    let mut head = scene.head(&transaction, 0, &expected);
    head.push(0xff);
    let unlocking = scene.refund_under(&final_allowed, &transaction, &scene.people.funder, head);
    assert_accepted(scene.run_script(&final_allowed, &transaction, 0, &unlocking), "any sequence number");
}

/// Without the last check, any preimage is believed.
#[test]
fn deleted__the_trick__lets_anybody_pay_whom_they_like() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let stolen = scene.transaction(vec![output(&payout(99_000, &scene.people.stranger))]);
        let witness = ClaimWitness::ByClass { preimage_head: vec![1], lock_time: [0; 4] };
        let unlocking = scene.contract.claim_script(&data, &witness);
        let last = [Opcode::OP_CODESEPARATOR.0, Opcode::OP_CHECKSIG.0];
        let believing = replaced(&scene, "introspect", &last, &[Opcode::OP_2DROP.0, 0x51]);
        assert_accepted(scene.run_script(&believing, &stolen, 0, &unlocking), "any outputs");
        assert!(scene.run(&stolen, 0, &unlocking).is_err());
    }
}

/// Without the listed digest, any outputs will do; with the proof left unverified, any class.
#[test]
fn deleted__listed_outputs_or_the_verdict__lets_anybody_choose() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let own = [payout(99_000, &scene.people.stranger)];
        let mut expected = scene.contract.claim_preimage(&data).expect("class 9 pays");
        let transaction = scene.transaction(own.iter().map(output).collect());
        let transaction = scene.ground_by_lock_time(transaction, 0, &expected);
        let lock_time = transaction.lock_time.to_consensus_u32().to_le_bytes();
        // Head and digest in one, the table's entry dropped.
        expected.required.clear();
        let preimage_head = scene.head(&transaction, 0, &expected);
        let witness = ClaimWitness::ByClass { preimage_head, lock_time };
        let join = [Opcode::OP_SWAP.0, Opcode::OP_CAT.0, Opcode::OP_FROMALTSTACK.0];
        let any = replaced(&scene, "payout", &join, &[Opcode::OP_NIP.0, Opcode::OP_FROMALTSTACK.0]);
        let unlocking = scene.contract.claim_script(&data, &witness);
        assert_accepted(scene.run_script(&any, &transaction, 0, &unlocking), "any outputs");

        let mut other = data.clone();
        other.inputs = vec![vec![2 << 4]];
        let two = scene.contract.claim_preimage(&other).expect("class 2 pays");
        let outputs = scene.contract.terms().claim_outputs(2).expect("class 2 pays");
        let transaction = scene.transaction(outputs.iter().map(output).collect());
        let transaction = scene.ground_by_lock_time(transaction, 0, &two);
        let lock_time = transaction.lock_time.to_consensus_u32().to_le_bytes();
        let witness = ClaimWitness::ByClass { preimage_head: scene.head(&transaction, 0, &two), lock_time };
        let unlocking = scene.contract.claim_script(&other, &witness);
        let unverified = replaced(&scene, "", &[Opcode::OP_VERIFY.0], &[Opcode::OP_DROP.0]);
        assert_accepted(scene.run_script(&unverified, &transaction, 0, &unlocking), "any class");
    }
}

#[test]
fn deleted__signers_check__lets_the_prover_choose_the_commitment() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = scene.data(&[commitment(), Fr::from(1u8)]);
        let expected = scene.contract.claim_preimage(&data).expect("a signer");
        let transaction = scene.transaction(vec![signed_output(commitment())]);
        let transaction = scene.ground_by_lock_time(transaction, 0, &expected);
        let unsigned = replaced(&scene, "signer", &[Opcode::OP_CHECKSIGVERIFY.0], &DROP_TWO);
        let mut forged = scene.sign(&transaction, 0, &scene.people.stranger, 0xc3);
        forged.pop();
        let attestation = Attestation { signature: forged, ..scene.attest(&transaction, 0, &expected) };
        // The prover's own signature covers the script that is run.
        let claim = |locking: &LockingScript| {
            let signature = signed(locking.as_bytes(), &transaction, 0, &scene.people.prover, 0x41);
            let public_key = scene.people.prover.public_key_bytes();
            let attestation = attestation.clone();
            scene.contract.claim_script(&data, &ClaimWitness::Attested { signature, public_key, attestation })
        };
        assert!(scene.run(&transaction, 0, &claim(scene.contract.locking_script())).is_err());
        assert_accepted(scene.run_script(&unsigned, &transaction, 0, &claim(&unsigned)), "anybody's signature");
    }
}
