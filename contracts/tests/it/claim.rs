//! Claims for the prover.

use chain_types::Profile;
use contracts::{CheckError, Locked, SpendError, Way};
use ledger::InputError;
use script_gen::ClaimWitness;
use script_vm::ScriptError;
use tx_builder::{BuildError, Coin, Sequence};

use crate::support::*;

#[test]
fn claim__own_proof__is_taken_once_and_pays_all_but_the_fee() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let (funder, prover) = (key(), key());
        let contract = payment(&funder, profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let claim = locked.claim(&prover, &hidden().evidence(&contract, &prover), RATE).expect("a good claim");
        assert_eq!(claim.transaction.input[0].previous_output, locked.coin().outpoint);
        assert_eq!(claim.transaction.input[0].sequence, Sequence::MAX);
        assert_eq!(Coin::of(&claim.transaction, 0).expect("one output").value.0, AMOUNT.0 - claim.fee.0);
        assert_eq!(claim.spent[0].script_pubkey.as_bytes(), contract.locking_script().as_bytes());
        take(&mut chain, &claim);
        let late = key();
        let second = locked.claim(&late, &hidden().evidence(&contract, &late), RATE).expect("a good claim in itself");
        assert!(refuse(&mut chain, &second.transaction).contains("Missing inputs"), "a coin is spent once");
    }
}

#[test]
fn claim__anothers_proof__is_refused_by_name_and_by_the_script() {
    let (funder, prover, thief) = (key(), key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let evidence = hidden().evidence(&contract, &prover);
    let refused = locked.claim(&thief, &evidence, RATE).expect_err("the proof names the prover");
    let (bound, thiefs) = (prover.pubkey_hash(), thief.pubkey_hash());
    assert!(matches!(refused, SpendError::OtherRecipient { bound: b, key: k } if (b, k) == (bound, thiefs)));

    let mut funded = locked.draft_claim(thiefs, RATE).expect("the coin pays");
    let signature = funded.sign(0, &thief).expect("input 0").as_bytes().to_vec();
    let witness = ClaimWitness::Prover { signature, public_key: thief.public_key_bytes() };
    funded.unlock(0, contract.claim_script(&evidence.data, &witness)).expect("as long as an honest one");
    let stolen = funded.finish().expect("unlocked");
    assert!(refuse(&mut chain, &stolen).contains(FALSE));
}

#[test]
fn claim__proof_for_another_nonce__is_refused_by_the_script_machine() {
    let (funder, prover) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let mut terms = contract.terms().clone();
    terms.nonce.0[7] ^= 1;
    let target = script_gen::Target::GENESIS;
    let other = script_gen::Contract::new(hidden().vk.inner(), terms, target).expect("a usable key");
    let (_, locked) = deploy(&contract, &funder);
    let refused = locked.claim(&prover, &hidden().evidence(&other, &prover), RATE).expect_err("another binding");
    let SpendError::Check(CheckError::Input { input_idx: 0, source: InputError::Script(failure) }) = refused else {
        panic!("{refused}");
    };
    assert_eq!(failure.reason, ScriptError::EvalFalse, "{failure}");
}

#[test]
fn claim__damaged_hints__are_refused_before_they_are_sent() {
    let (funder, prover) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let mut evidence = hidden().evidence(&contract, &prover);
    evidence.data.hints.proof[0] ^= 1;
    let refused = locked.claim(&prover, &evidence, RATE).expect_err("not that proof");
    let SpendError::Check(CheckError::Input { input_idx: 0, source: InputError::Script(failure) }) = refused else {
        panic!("{refused}");
    };
    assert_eq!(failure.reason, ScriptError::NumEqualVerify, "{failure}");
}

#[test]
fn locked__coin_of_another_script_or_deployment__is_refused_by_name() {
    let funder = key();
    let contract = payment(&funder, Profile::Genesis);
    let (_, coin) = chain(&funder, Profile::Genesis);
    let outpoint = coin.outpoint;
    let refused = Locked::new(&contract, coin.clone()).expect_err("a plain coin");
    let SpendError::NotUnderContract { outpoint: at, found: 25, expected } = refused else { panic!("{refused}") };
    assert_eq!((at, expected), (outpoint, contract.locking_script().len()));

    let draft = tx_builder::Draft::new(RATE, funder.pubkey_hash()).add_p2pkh(coin);
    let mut plain = draft.fund().expect("enough");
    plain.sign_all(&funder).expect("own coin");
    let plain = plain.finish().expect("signed");
    let refused = Locked::of(&contract, &plain).expect_err("no contract there");
    assert!(matches!(refused, SpendError::NotDeployed { txid } if txid == plain.compute_txid()));
}

#[test]
fn claim__coin_that_does_not_pay_its_fee__is_refused_by_name() {
    let (funder, prover) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let poor = Coin { value: chain_types::Satoshis(500), ..locked.coin().clone() };
    let locked = Locked::new(&contract, poor).expect("its script is the contract's");
    let refused = locked.claim(&prover, &hidden().evidence(&contract, &prover), RATE).expect_err("too poor");
    let SpendError::Build(BuildError::InsufficientFunds { have, need }) = refused else { panic!("{refused}") };
    assert_eq!(have.0, 500);
    assert!(need > have);
}

#[test]
fn claim__contract_that_pays_otherwise__is_refused_by_name() {
    let (funder, prover) = (key(), key());
    let payment = payment(&funder, Profile::Genesis);
    let by_class = settlement(&funder, seven_or_eight(), Profile::Genesis);
    let signed = attested(&funder, &key(), Profile::Genesis);
    let evidence = hidden().evidence(&payment, &prover);
    for (contract, expected) in [(&by_class, Way::Settlement), (&signed, Way::AttestedClaim)] {
        let (_, locked) = deploy(contract, &funder);
        let refused = locked.claim(&prover, &evidence, RATE).expect_err("another way");
        assert!(
            matches!(refused, SpendError::OtherWay { asked: Way::Claim, expected: e } if e == expected),
            "{refused}"
        );
    }
    let (_, locked) = deploy(&payment, &funder);
    let refused = locked.settle(&evidence, RATE).expect_err("another way");
    assert!(matches!(refused, SpendError::OtherWay { asked: Way::Settlement, expected: Way::Claim }));
}
