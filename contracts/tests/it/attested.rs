//! Claims that need a signer's word.

use ark_bn254::Fr;
use chain_types::Profile;
use contracts::{AttestationFault, AttestationFileError, Locked, SignedCommitment, SpendError, Way};
use script_gen::introspection::is_signable;
use tx_builder::{Coin, LockTime, OutPoint, SighashType, SignatureError, SigningKey};

use crate::support::*;

const SINGLE: SighashType = SighashType::SINGLE_ANYONE_CAN_PAY_FORKID;

#[test]
fn claim_attested__signers_word__is_taken_and_shows_the_commitment() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let (funder, signer, prover) = (key(), key(), key());
        let contract = attested(&funder, &signer, profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let word = locked.attest(&signer, committed().commitment()).expect("the contract's signer");
        // The word travels as a file, and comes before there is a proof.
        let word = SignedCommitment::from_json(&word.to_json()).expect("its own file");
        let evidence = committed().evidence(&contract, &prover);
        let claim = locked.claim_attested(&prover, &evidence, &word, RATE).expect("a good claim");
        let shown = [&[0x00, 0x6a, 32], &evidence.data.inputs[0][..]].concat();
        assert_eq!(claim.transaction.output[0].script_pubkey.as_bytes(), shown);
        assert_eq!(claim.transaction.output[0].value.to_sat(), 0);
        assert_eq!(claim.transaction.output[1].value.to_sat(), AMOUNT.0 - claim.fee.0);
        take(&mut chain, &claim);
    }
}

#[test]
fn attest__other_key_or_contract__is_refused_by_name() {
    let (funder, signer) = (key(), key());
    let contract = attested(&funder, &signer, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let other = key();
    let refused = locked.attest(&other, committed().commitment()).expect_err("not the signer");
    let expected =
        AttestationFault::OtherSigner { found: other.public_key_bytes(), expected: signer.public_key_bytes() };
    assert_eq!(fault(refused), expected);
    let payment = payment(&funder, Profile::Genesis);
    let (_, plain) = deploy(&payment, &funder);
    let refused = plain.attest(&signer, committed().commitment()).expect_err("no signer there");
    assert!(matches!(refused, SpendError::OtherWay { asked: Way::AttestedClaim, expected: Way::Claim }));
}

#[test]
fn claim_attested__word_that_does_not_fit__is_refused_by_name() {
    let (funder, signer, prover) = (key(), key(), key());
    let contract = attested(&funder, &signer, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let evidence = committed().evidence(&contract, &prover);
    let commitment = committed().commitment();
    let good = locked.attest(&signer, commitment).expect("the contract's signer");
    let verdict =
        |word: &SignedCommitment| fault(locked.claim_attested(&prover, &evidence, word, RATE).expect_err("bad"));

    let coin = OutPoint { vout: 1, ..good.coin };
    let other_coin = AttestationFault::OtherCoin { found: coin, expected: good.coin };
    assert_eq!(verdict(&SignedCommitment { coin, ..good.clone() }), other_coin);
    let other = locked.attest(&signer, Fr::from(5)).expect("a signer signs what they like");
    let (found, expected) = ("5".to_owned(), commitment.to_string());
    assert_eq!(verdict(&other), AttestationFault::OtherCommitment { found, expected });
    let mismatch = AttestationFault::Signature(SignatureError::Mismatch);
    assert_eq!(verdict(&SignedCommitment { commitment, ..other }), mismatch);
    assert_eq!(verdict(&SignedCommitment { lock_time: good.lock_time + 1, ..good.clone() }), mismatch);
    assert_eq!(verdict(&by_hand(&locked, &key(), good.lock_time)), mismatch);
    let der = SignedCommitment { signature: vec![0x30; 70], ..good.clone() };
    assert_eq!(verdict(&der), AttestationFault::Signature(SignatureError::Der));
    let lock_time = (0..1_000).find(|lock_time| !signable(&locked, *lock_time)).expect("three in four will not do");
    assert_eq!(verdict(&by_hand(&locked, &signer, lock_time)), AttestationFault::NotSignable { lock_time });
    assert_eq!(by_hand(&locked, &signer, good.lock_time), good, "by hand as by the library");
    assert!(locked.claim_attested(&prover, &evidence, &good, RATE).is_ok());
}

#[test]
fn claim_attested__altered_after_signing__is_refused_by_the_script() {
    let (funder, signer, prover) = (key(), key(), key());
    let contract = attested(&funder, &signer, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let word = locked.attest(&signer, committed().commitment()).expect("the contract's signer");
    let evidence = committed().evidence(&contract, &prover);
    let claim = locked.claim_attested(&prover, &evidence, &word, RATE).expect("a good claim");
    let mut redirected = claim.transaction.clone();
    redirected.output[1].script_pubkey = payout(9, 0).locking_script.into_bytes().into();
    assert!(refuse(&mut chain, &redirected).contains(SIGNATURE), "the prover's signature covers it");
    let mut silent = claim.transaction.clone();
    silent.output.remove(0);
    assert!(refuse(&mut chain, &silent).contains(SIGNATURE), "the signer's signature covers it");
    take(&mut chain, &claim);
}

#[test]
fn attestation_file__damaged__is_refused_by_field() {
    let (funder, signer) = (key(), key());
    let contract = attested(&funder, &signer, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let word = locked.attest(&signer, committed().commitment()).expect("the contract's signer");
    let good: serde_json::Value = serde_json::from_str(&word.to_json()).expect("its own file");
    let with = |name: &str, value: serde_json::Value| {
        let mut file = good.clone();
        file[name] = value;
        SignedCommitment::from_json(&file.to_string()).expect_err(name)
    };
    // r itself, which would be read as 0.
    let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    for (name, value) in [("txid", "00"), ("commitment", "zz"), ("commitment", modulus), ("signature", "30")] {
        let refused = with(name, value.into());
        let AttestationFileError::Field { field, found, .. } = &refused else { panic!("{refused}") };
        assert_eq!((*field, found.as_str()), (name, value));
    }
    let refused = with("version", 2.into());
    assert_eq!(refused, AttestationFileError::Format { format: "provelock-attestation".to_owned(), version: 2 });
    for refused in [with("note", "".into()), with("vout", (-1).into()), with("lock_time", "0".into())] {
        assert!(matches!(refused, AttestationFileError::Json(_)), "{refused}");
    }
    assert_eq!(SignedCommitment::from_json(&good.to_string()), Ok(word));
}

fn fault(error: SpendError) -> AttestationFault {
    match error {
        SpendError::Attestation(fault) => fault,
        error => panic!("{error}"),
    }
}

/// Whether the script takes a claim with this lock time.
fn signable(locked: &Locked<'_>, lock_time: u32) -> bool {
    let contract = locked.contract();
    let code = contract.refund_preimage().script_code;
    let mut funded = locked.draft_attested(key().pubkey_hash(), committed().commitment(), RATE).expect("the coin pays");
    funded.set_lock_time(LockTime::from_consensus(lock_time));
    is_signable(&funded.preimage_of_code(0, &code, SINGLE).expect("input 0").sighash().0)
}

/// A word for the image's commitment, by anybody, with any lock time.
fn by_hand(locked: &Locked<'_>, signer: &SigningKey, lock_time: u32) -> SignedCommitment {
    let commitment = committed().commitment();
    let mut funded = locked.draft_attested(key().pubkey_hash(), commitment, RATE).expect("the coin pays");
    funded.set_lock_time(LockTime::from_consensus(lock_time));
    let Coin { outpoint: coin, locking_script, .. } = locked.coin().clone();
    let sighash = funded.preimage_of_code(0, locking_script.as_bytes(), SINGLE).expect("input 0").sighash();
    let mut signature = signer.sign(&sighash, SINGLE).as_bytes().to_vec();
    signature.pop();
    SignedCommitment { coin, commitment, lock_time, signature }
}
