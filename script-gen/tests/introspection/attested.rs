//! A required signer: the claim's own output carries the public input, and the signer has signed that output.

use ark_bn254::Fr;
use bitcoin::{Amount, Transaction, TxOut};
use chain_types::Profile;
use script_gen::{Attestation, SpendData, introspection::ExpectedPreimage};
use script_vm::{Failure, Metrics, ScriptError};

use crate::scene::{
    Scene, assert_accepted, assert_refused, bad_signature, commitment, input, output, payout, signed_output,
};

fn data(scene: &Scene) -> SpendData {
    scene.data(&[commitment(), Fr::from(1u8)])
}

fn expected(scene: &Scene, data: &SpendData) -> ExpectedPreimage {
    scene.contract.claim_preimage(data).expect("a signer is required")
}

/// A claim with these outputs, ground.
fn claiming(scene: &Scene, data: &SpendData, outputs: Vec<TxOut>) -> Transaction {
    scene.ground_by_lock_time(scene.transaction(outputs), 0, &expected(scene, data))
}

fn run(
    scene: &Scene,
    data: &SpendData,
    transaction: &Transaction,
    attestation: Attestation,
) -> Result<Metrics, Box<Failure>> {
    scene.run(transaction, 0, &scene.attested_claim(data, transaction, 0, attestation))
}

fn outputs(scene: &Scene) -> Vec<TxOut> {
    vec![signed_output(commitment()), output(&payout(99_000, &scene.people.prover))]
}

/// The signature is no good: where the signer's is checked.
fn not_signed(profile: Profile) -> (Option<&'static str>, ScriptError) {
    match profile {
        Profile::Genesis => (Some("signer"), ScriptError::NullFail),
        _ => (Some("signer"), ScriptError::CheckSigVerify),
    }
}

#[test]
fn claim__with_the_signers_word__is_accepted_whoever_is_paid() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = data(&scene);
        let transaction = claiming(&scene, &data, outputs(&scene));
        let word = scene.attest(&transaction, 0, &expected(&scene, &data));
        let unlocking = scene.attested_claim(&data, &transaction, 0, word.clone());
        assert_accepted(scene.run(&transaction, 0, &unlocking), "the signer's word");
        assert!(unlocking.len() <= scene.contract.max_claim_len());
        assert!(unlocking.len() + 8 > scene.contract.max_claim_len());
        let read = scene.contract.read_claim(&unlocking).expect("a claim");
        assert_eq!(read.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [commitment(), Fr::from(1u8)]);

        // Given ahead: the signer knows neither the other outputs nor further coins.
        let mut elsewhere = transaction.clone();
        elsewhere.output[1] = output(&payout(50_000, &scene.people.funder));
        elsewhere.output.push(output(&payout(40_000, &scene.people.prover)));
        elsewhere.input.push(input(9));
        assert_accepted(run(&scene, &data, &elsewhere, word), "the same word, other outputs");
    }
}

#[test]
fn claim__as_another_input__has_its_output_at_the_same_index() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = data(&scene);
        let expected = expected(&scene, &data);
        let mut transaction =
            scene.transaction(vec![output(&payout(99_000, &scene.people.prover)), signed_output(commitment())]);
        transaction.input.insert(0, input(9));
        let transaction = scene.ground_by_lock_time(transaction, 1, &expected);
        let word = scene.attest(&transaction, 1, &expected);
        let unlocking = scene.attested_claim(&data, &transaction, 1, word);
        assert_accepted(scene.run(&transaction, 1, &unlocking), "input and output 1");

        let mut swapped = transaction;
        swapped.output.swap(0, 1);
        let swapped = scene.ground_by_lock_time(swapped, 1, &expected);
        let word = scene.attest(&swapped, 1, &expected);
        let refused = scene.run(&swapped, 1, &scene.attested_claim(&data, &swapped, 1, word));
        assert!(refused.is_err(), "the output stands beside another input");
    }
}

#[test]
fn claim__without_the_signers_word_for_this_very_input__is_refused() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = data(&scene);
        let expected = expected(&scene, &data);
        let transaction = claiming(&scene, &data, outputs(&scene));
        let good = scene.attest(&transaction, 0, &expected);
        assert_accepted(run(&scene, &data, &transaction, good.clone()), "the signer's word");

        let with = |signature: Vec<u8>| Attestation { signature, ..good.clone() };
        let by = |signing: &tx_builder::SigningKey, of: &Transaction, by_type: u8| {
            let mut signature = scene.sign(of, 0, signing, by_type);
            signature.pop();
            with(signature)
        };
        let signer = &scene.people.signer;
        let refused = |word: Attestation, label: &str| {
            assert_refused(run(&scene, &data, &transaction, word), not_signed(profile), label);
        };
        refused(by(&scene.people.stranger, &transaction, 0xc3), "another's signature");
        refused(by(&scene.people.prover, &transaction, 0xc3), "the prover's own signature");
        let edited = |edit: &dyn Fn(&mut Transaction)| {
            let mut other = transaction.clone();
            edit(&mut other);
            by(signer, &other, 0xc3)
        };
        refused(edited(&|t| t.output[0] = signed_output(Fr::from(5u8))), "the word for another commitment");
        refused(edited(&|t| t.input[0].previous_output.vout = 1), "the word for another contract's coin");
        refused(edited(&|t| t.output[0].value = Amount::ONE_SAT), "the word for an output of value");
        refused(edited(&|t| t.input[0].sequence.0 -= 1), "the word for another sequence number");
        for by_type in [0x41, 0x42, 0x43, 0xc1, 0xc2] {
            refused(by(signer, &transaction, by_type), "the word of another type");
        }
        let typed = with(scene.sign(&transaction, 0, signer, 0xc3));
        assert_refused(
            run(&scene, &data, &transaction, typed),
            (Some("signer"), ScriptError::SignatureDer),
            "its type byte twice",
        );
        let mut none = run(&scene, &data, &transaction, with(Vec::new())).expect_err("no signature");
        none.reason = match none.reason {
            ScriptError::SignatureDer => ScriptError::SignatureDer,
            other => panic!("no signature: {other}"),
        };
        assert_eq!(none.fragment.as_deref(), Some("signer"));
    }
}

/// The signer has signed one commitment; the proof is about another.
#[test]
fn claim__signed_output_of_another_commitment__is_refused() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = data(&scene);
        let signed = scene.data(&[Fr::from(5u8), Fr::from(1u8)]);
        let mut outputs = outputs(&scene);
        outputs[0] = signed_output(Fr::from(5u8));
        // The word is good, and for its own proof the claim too.
        let transaction = claiming(&scene, &signed, outputs);
        let word = scene.attest(&transaction, 0, &expected(&scene, &signed));
        assert_accepted(run(&scene, &signed, &transaction, word), "a proof about what was signed");
        let word = scene.attest(&transaction, 0, &expected(&scene, &data));
        let failure = run(&scene, &data, &transaction, word).expect_err("a proof about another");
        assert!(matches!(failure.fragment.as_deref(), Some("introspect") | None), "{failure}");

        // By name, where the script's own preimage could be signed.
        let honest = claiming(&scene, &data, self::outputs(&scene));
        let mut other = honest.clone();
        other.output[0] = signed_output(Fr::from(5u8));
        let word = scene.attest(&other, 0, &expected(&scene, &data));
        assert_refused(run(&scene, &data, &other, word), bad_signature(profile), "the output is another");

        // Outputs that are nearly the one that is demanded.
        let near = |edit: &dyn Fn(&mut Vec<TxOut>)| {
            let mut near = honest.clone();
            edit(&mut near.output);
            let word = scene.attest(&near, 0, &expected(&scene, &data));
            assert_refused(run(&scene, &data, &near, word), bad_signature(profile), "nearly the output");
        };
        near(&|o| o[0].value = Amount::ONE_SAT);
        near(&|o| o[0].script_pubkey.as_mut_bytes()[0] = 0x51);
        near(&|o| {
            let longer = [o[0].script_pubkey.as_bytes(), &[0]].concat();
            o[0].script_pubkey = bitcoin::ScriptBuf::from_bytes(longer);
        });
        near(&|o| o.swap(0, 1));
        near(&|o| o.clear());
    }
}

#[test]
fn claim__commitment_in_other_bytes__is_refused_by_name() {
    for profile in Profile::ALL {
        let scene = Scene::attested(profile);
        let data = data(&scene);
        let transaction = claiming(&scene, &data, outputs(&scene));
        let word = scene.attest(&transaction, 0, &expected(&scene, &data));
        let run_with = |bytes: Vec<u8>| {
            let changed = SpendData { inputs: vec![bytes, data.inputs[1].clone()], ..data.clone() };
            run(&scene, &changed, &transaction, word.clone())
        };
        let own = data.inputs[0].clone();
        let inputs = Some("verifier/public_inputs");
        assert_refused(run_with(own[..31].to_vec()), (inputs, ScriptError::NumEqualVerify), "31 bytes");
        assert_refused(run_with([&own[..], &[0]].concat()), (inputs, ScriptError::NumEqualVerify), "33 bytes");
        assert_refused(run_with(vec![0xff; 32]), (inputs, ScriptError::Verify), "not below r");
    }
}
