//! Whom a spend pays: the key that signs it, or whom that names.

use chain_types::{LockingScript, Profile, Satoshis};
use contracts::{Signed, SpendError, Spender};
use statement::PubkeyHash;
use tx_builder::transaction_output;

use crate::support::*;

const ELSEWHERE: PubkeyHash = PubkeyHash([0x5e; 20]);

/// Why a transaction that a key's signature does not cover is refused: Chronicle waives the null-fail rule for version 2.
const fn unsigned(profile: Profile) -> &'static str {
    match profile {
        Profile::Genesis => SIGNATURE,
        Profile::Chronicle => "OP_CHECKSIGVERIFY",
    }
}

/// The last output, which takes all but the fee, pays [`ELSEWHERE`].
#[track_caller]
fn assert_pays_elsewhere(signed: &Signed) {
    let paid = transaction_output(LockingScript::p2pkh(&ELSEWHERE.0), Satoshis(AMOUNT.0 - signed.fee.0));
    assert_eq!(signed.transaction.output.last(), Some(&paid));
}

#[test]
fn claim__paid_elsewhere__is_taken_and_nobody_can_redirect_it() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let (funder, prover) = (key(), key());
        let contract = payment(&funder, profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let evidence = hidden().evidence(&contract, &prover);
        let spender = Spender { key: &prover, pay_to: ELSEWHERE };
        let claim = locked.claim(spender, &evidence, RATE).expect("a good claim");
        assert_pays_elsewhere(&claim);
        assert_eq!(claim.transaction.output.len(), 1);
        // The twin: whoever sees it cannot pay the prover's own key instead, or anybody else.
        let own = locked.claim(&prover, &evidence, RATE).expect("a good claim");
        let mut redirected = claim.transaction.clone();
        redirected.output.clone_from(&own.transaction.output);
        assert!(refuse(&mut chain, &redirected).contains(unsigned(profile)));
        take(&mut chain, &claim);
    }
}

#[test]
fn claim_attested__paid_elsewhere__is_taken() {
    let (funder, signer, prover) = (key(), key(), key());
    let contract = attested(&funder, &signer, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    // The signer signs before it is known who will be paid.
    let word = locked.attest(&signer, committed().commitment()).expect("the contract's signer");
    let evidence = committed().evidence(&contract, &prover);
    let spender = Spender { key: &prover, pay_to: ELSEWHERE };
    let claim = locked.claim_attested(spender, &evidence, &word, RATE).expect("a good claim");
    assert_pays_elsewhere(&claim);
    take(&mut chain, &claim);
}

#[test]
fn refund__paid_elsewhere__is_taken_and_nobody_can_redirect_it() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let funder = key();
        let contract = settlement(&funder, seven_or_eight(), profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let refund = locked.refund(Spender { key: &funder, pay_to: ELSEWHERE }, RATE).expect("the funder's own");
        assert_pays_elsewhere(&refund);
        mine_to(&mut chain, LOCK_HEIGHT);
        let mut redirected = refund.transaction.clone();
        redirected.output[0].script_pubkey = payout(9, 0).locking_script.into_bytes().into();
        assert!(refuse(&mut chain, &redirected).contains(unsigned(profile)));
        take(&mut chain, &refund);
    }
}

#[test]
fn spender__key_of_somebody_else__is_refused_whomever_it_pays() {
    let (funder, prover, thief) = (key(), key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let evidence = hidden().evidence(&contract, &prover);
    // Paying the rightful owner does not make the key the right one.
    let claim = locked.claim(Spender { key: &thief, pay_to: prover.pubkey_hash() }, &evidence, RATE);
    assert!(matches!(claim, Err(SpendError::OtherRecipient { key, .. }) if key == thief.pubkey_hash()));
    let refund = locked.refund(Spender { key: &thief, pay_to: funder.pubkey_hash() }, RATE);
    assert!(matches!(refund, Err(SpendError::NotTheFunder { key, .. }) if key == thief.pubkey_hash()));
}
