//! Refunds: for the funder, from the lock time on.

use chain_types::Profile;
use contracts::{CheckError, SpendError, check};
use script_gen::introspection::REFUND_SEQUENCE_TOP;
use script_gen::{ReadError, RefundWitness};
use tx_builder::{Funded, LockTime, Sequence, SigningKey, Transaction};

use crate::support::*;

#[test]
fn refund__before_and_after_the_lock_time__is_refused_then_taken() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let funder = key();
        let contract = payment(&funder, profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let refund = locked.refund(&funder, RATE).expect("the funder's own");
        assert_eq!(refund.transaction.lock_time.to_consensus_u32(), LOCK_HEIGHT);
        assert_eq!(refund.transaction.input[0].sequence.0 >> 24, u32::from(REFUND_SEQUENCE_TOP));
        assert_eq!(refund.transaction.output[0].value.to_sat(), AMOUNT.0 - refund.fee.0);
        mine_to(&mut chain, LOCK_HEIGHT - 1);
        assert!(refuse(&mut chain, &refund.transaction).contains("bad-txns-nonfinal"), "a block too early");
        mine_to(&mut chain, LOCK_HEIGHT);
        take(&mut chain, &refund);
    }
}

#[test]
fn refund__of_every_contract__is_taken() {
    let (funder, signer) = (key(), key());
    for profile in [Profile::Genesis, Profile::Chronicle] {
        for contract in [attested(&funder, &signer, profile), settlement(&funder, seven_or_eight(), profile)] {
            let (mut chain, locked) = deploy(&contract, &funder);
            let refund = locked.refund(&funder, RATE).expect("the funder's own");
            mine_to(&mut chain, LOCK_HEIGHT);
            take(&mut chain, &refund);
        }
    }
}

#[test]
fn refund__not_the_funder__is_refused_by_name_and_by_the_script() {
    let (funder, thief) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let refused = locked.refund(&thief, RATE).expect_err("the funder's alone");
    let (owner, thiefs) = (funder.pubkey_hash(), thief.pubkey_hash());
    assert!(matches!(refused, SpendError::NotTheFunder { funder: f, key: k } if (f, k) == (owner, thiefs)));

    mine_to(&mut chain, LOCK_HEIGHT);
    let mut funded = locked.draft_refund(thiefs, RATE).expect("the coin pays");
    let stolen = by_hand(&mut funded, &locked, &thief, REFUND_SEQUENCE_TOP);
    assert!(refuse(&mut chain, &stolen).contains("OP_EQUALVERIFY"));
}

#[test]
fn refund__other_lock_time_or_final_input__is_refused_by_the_script() {
    let funder = key();
    let contract = payment(&funder, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let draft = || locked.draft_refund(funder.pubkey_hash(), RATE).expect("the coin pays");
    let mut early = draft();
    early.set_lock_time(LockTime::from_consensus(LOCK_HEIGHT - 20));
    let early = by_hand(&mut early, &locked, &funder, REFUND_SEQUENCE_TOP);
    assert!(refuse(&mut chain, &early).contains(SIGNATURE), "the chain would take this lock time");
    // Not final by its top byte but another, and then with every sequence the highest, which makes any lock time final.
    let other = by_hand(&mut draft(), &locked, &funder, REFUND_SEQUENCE_TOP + 1);
    let last = locked.refund(&funder, RATE).expect("the funder's own");
    mine_to(&mut chain, LOCK_HEIGHT);
    assert!(refuse(&mut chain, &other).contains(SIGNATURE));
    let mut is_final = last.transaction.clone();
    is_final.input[0].sequence = Sequence::MAX;
    assert!(refuse(&mut chain, &is_final).contains(SIGNATURE));
    take(&mut chain, &last);
}

#[test]
fn refund__after_a_claim__finds_no_coin() {
    let (funder, prover) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    take(&mut chain, &locked.claim(&prover, &hidden().evidence(&contract, &prover), RATE).expect("a good claim"));
    mine_to(&mut chain, LOCK_HEIGHT);
    let refund = locked.refund(&funder, RATE).expect("whether the coin is there is for the chain to say");
    assert!(refuse(&mut chain, &refund.transaction).contains("Missing inputs"));
}

#[test]
fn read__refund_or_foreign_spend__is_refused_by_name_and_a_claim_is_read() {
    let (funder, prover) = (key(), key());
    let contract = settlement(&funder, seven_or_eight(), Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let refund = locked.refund(&funder, RATE).expect("the funder's own").transaction;
    let refused = locked.read(&refund).expect_err("no claim");
    assert!(matches!(refused, SpendError::Read(ReadError::Refund)), "{refused}");
    let settled = locked.settle(&committed().evidence(&contract, &prover), RATE).expect("a good proof").transaction;
    let read = locked.read(&settled).expect("a claim");
    let read: Vec<_> = read.iter().map(|(open, value)| (open.name(), *value)).collect();
    assert_eq!(read, [("class", 7.into())]);

    let mut elsewhere = settled;
    elsewhere.input[0].previous_output.vout += 1;
    let (txid, outpoint) = (elsewhere.compute_txid(), locked.coin().outpoint);
    let refused = locked.read(&elsewhere).expect_err("another coin");
    assert!(matches!(refused, SpendError::NotASpend { txid: t, outpoint: o } if (t, o) == (txid, outpoint)));
}

#[test]
fn check__too_few_spent_outputs__are_refused_by_name() {
    let funder = key();
    let contract = payment(&funder, Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let refund = locked.refund(&funder, RATE).expect("the funder's own");
    assert!(check(&refund.transaction, &refund.spent, &contract).is_ok());
    let refused = check(&refund.transaction, &[], &contract).expect_err("nothing is spent");
    assert!(matches!(refused, CheckError::SpentCount { found: 0, expected: 1 }));
}

/// A refund as somebody would make it who does not care for the contract's terms.
fn by_hand(funded: &mut Funded, locked: &contracts::Locked<'_>, owner: &SigningKey, sequence_top: u8) -> Transaction {
    let expected = locked.contract().refund_preimage();
    let sequence = |low| Sequence(u32::from(sequence_top) << 24 | low);
    let vary = |funded: &mut Funded, n| funded.set_sequence(0, sequence(n)).expect("input 0");
    let preimage_head = forged_head(funded, &expected, vary);
    let signature = funded.sign(0, owner).expect("input 0").as_bytes().to_vec();
    let witness = RefundWitness { preimage_head, signature, public_key: owner.public_key_bytes() };
    funded.unlock(0, locked.contract().refund_script(&witness)).expect("as long as an honest one");
    funded.clone().finish().expect("unlocked")
}
