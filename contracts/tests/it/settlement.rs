//! Settlements by class: anybody's to make, nobody's to redirect.

use chain_types::{FeeRate, Profile, Satoshis};
use contracts::{Locked, Purse, SpendError};
use script_gen::introspection::ExpectedPreimage;
use tx_builder::{BuildError, Coin, Sequence, UnlockError, transaction_output};

use crate::support::*;

#[test]
fn settle__class_that_pays__makes_its_outputs_and_no_other() {
    for profile in [Profile::Genesis, Profile::Chronicle] {
        let funder = key();
        let contract = settlement(&funder, seven_or_eight(), profile);
        let (mut chain, locked) = deploy(&contract, &funder);
        let anybody = key();
        let settled = locked.settle(&committed().evidence(&contract, &anybody), RATE).expect("a good proof");
        let expected = contract.terms().claim_outputs(SEVEN).expect("it pays");
        let expected: Vec<_> =
            expected.iter().map(|pay| transaction_output(pay.locking_script.clone(), pay.value)).collect();
        assert_eq!(settled.transaction.output, expected);
        let nonce = chain_types::LockingScript::data(&contract.terms().nonce.0);
        assert_eq!(settled.transaction.output[2].script_pubkey.as_bytes(), nonce.as_bytes(), "and the nonce");
        assert_eq!(settled.fee, Satoshis(10_000));
        assert!(
            settled.transaction.input.iter().all(|input| input.sequence == Sequence::MAX),
            "final at any lock time"
        );
        take(&mut chain, &settled);
    }
}

#[test]
fn settle__other_outputs__are_refused_by_the_script() {
    let funder = key();
    let contract = settlement(&funder, seven_or_eight(), Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let evidence = committed().evidence(&contract, &key());
    let honest = locked.settle(&evidence, RATE).expect("a good proof");
    let altered = |alter: &dyn Fn(&mut tx_builder::Transaction)| {
        let mut altered = honest.transaction.clone();
        alter(&mut altered);
        altered
    };
    for (what, transaction) in [
        ("redirected", altered(&|t| t.output[0] = transaction_output(payout(9, 0).locking_script, Satoshis(60_000)))),
        ("less", altered(&|t| t.output[0].value -= bitcoin::Amount::ONE_SAT)),
        ("swapped", altered(&|t| t.output.swap(0, 1))),
        ("one left out", altered(&|t| drop(t.output.pop()))),
        ("one more", altered(&|t| t.output.push(transaction_output(payout(9, 0).locking_script, Satoshis(1))))),
        ("another lock time", altered(&|t| t.lock_time = tx_builder::LockTime::from_consensus(99_999))),
    ] {
        let reason = refuse(&mut chain, &transaction);
        assert!(reason.contains(SIGNATURE), "{what}: {reason}");
    }

    // With a preimage's head that is true of the redirected transaction: the script puts its own outputs in.
    let mut payouts = seven_or_eight();
    payouts[SEVEN] = Some(vec![payout(9, 90_000)]);
    let thiefs = settlement(&funder, payouts, Profile::Genesis);
    let coin = Coin { locking_script: thiefs.locking_script().clone(), ..locked.coin().clone() };
    let thiefs = Locked::new(&thiefs, coin).expect("the thief's own script");
    let draft = thiefs.draft_settlement(SEVEN, None, RATE).expect("it pays the thief");
    let expected = contract.claim_preimage(&evidence.data).expect("a seven pays");
    let stolen = forged_settlement(&locked, &evidence, &expected, draft);
    assert_eq!(stolen.output[0].script_pubkey.as_bytes(), payout(9, 0).locking_script.as_bytes());
    let reason = refuse(&mut chain, &stolen);
    assert!(reason.contains(SIGNATURE), "{reason}");
    take(&mut chain, &honest);
}

#[test]
fn settle__class_that_pays_nobody__is_refused_by_name_and_by_the_script() {
    let funder = key();
    let mut payouts = vec![None; 10];
    payouts[8] = Some(vec![payout(3, 90_000)]);
    let contract = settlement(&funder, payouts, Profile::Genesis);
    let (mut chain, locked) = deploy(&contract, &funder);
    let evidence = committed().evidence(&contract, &key());
    let refused = locked.settle(&evidence, RATE).expect_err("a seven pays nobody");
    assert!(matches!(refused, SpendError::NobodyPaid { class: SEVEN }));

    // With the outputs of an eight. Where nobody is paid the script demands a hash of zeros.
    let eight = locked.draft_settlement(8, None, RATE).expect("an eight pays");
    let demanded = ExpectedPreimage {
        sighash_type: 0x41,
        script_code: contract.refund_preimage().script_code,
        required: vec![0; 32],
        n_free: 8,
    };
    let reason = refuse(&mut chain, &forged_settlement(&locked, &evidence, &demanded, eight));
    assert!(reason.contains(SIGNATURE), "{reason}");
}

#[test]
fn settle__coin_that_does_not_pay_the_fee__takes_anothers_coin() {
    let (funder, anybody) = (key(), key());
    let contract = settlement(&funder, seven_or_eight(), Profile::Genesis);
    // The contract's coin holds 90,000 and no more, which `lock` would refuse.
    let (mut chain, coin) = chain(&funder, Profile::Genesis);
    let draft = tx_builder::Draft::new(RATE, funder.pubkey_hash())
        .pay(contract.locking_script().clone(), Satoshis(90_000))
        .pay(chain_types::LockingScript::p2pkh(&anybody.pubkey_hash().0), Satoshis(1_000))
        .pay(chain_types::LockingScript::p2pkh(&anybody.pubkey_hash().0), Satoshis(7_000))
        .pay(chain_types::LockingScript::p2pkh(&anybody.pubkey_hash().0), Satoshis(9_000));
    let mut funded = draft.add_p2pkh(coin).fund().expect("enough");
    funded.sign_all(&funder).expect("own coin");
    let deployment = funded.finish().expect("signed");
    ledger::Chain::broadcast(&mut chain, &deployment).expect("payments");
    let locked = Locked::of(&contract, &deployment).expect("output 0");
    let evidence = committed().evidence(&contract, &anybody);

    let refused = locked.settle(&evidence, RATE).expect_err("nothing is left for the fee");
    let SpendError::Build(BuildError::InsufficientFunds { have, need }) = refused else { panic!("{refused}") };
    assert!(have == Satoshis(90_000) && need > have);

    let coins: Vec<_> = (1..4).map(|vout| Coin::of(&deployment, vout).expect("four outputs")).collect();
    let purse = Purse { key: &anybody, coins: &coins };
    let settled = locked.settle_with(&evidence, &purse, RATE).expect("the purse pays");
    let paid_by = settled.transaction.input[1].previous_output;
    assert_eq!(
        (settled.transaction.input.len(), paid_by),
        (2, coins[1].outpoint),
        "1,000 are too little, 9,000 are too much"
    );
    assert_eq!(settled.transaction.output.len(), 3);
    assert_eq!(settled.fee, Satoshis(7_000));
    let purse = Purse { key: &funder, coins: &coins };
    let refused = locked.settle_with(&evidence, &purse, RATE).expect_err("not the funder's coins");
    assert!(matches!(refused, SpendError::Unlock(UnlockError::NotOfThisKey { input_idx: 1 })));
    let dear = locked.settle_with(&evidence, &Purse { key: &anybody, coins: &coins }, FeeRate(10_000));
    // 1,000 do not pay for their own input at this rate.
    assert!(matches!(dear, Err(SpendError::Build(BuildError::InsufficientFunds { have: Satoshis(106_000), .. }))));
    take(&mut chain, &settled);
}

#[test]
fn settle_with__coin_far_above_the_fee__is_refused_and_says_which_would_do() {
    let (funder, anybody) = (key(), key());
    let contract = settlement(&funder, seven_or_eight(), Profile::Genesis);
    let (_, locked) = deploy(&contract, &funder);
    let poor = Coin { value: Satoshis(90_000), ..locked.coin().clone() };
    let locked = Locked::new(&contract, poor).expect("its script is the contract's");
    let evidence = committed().evidence(&contract, &anybody);
    let with = |value: u64| {
        let coin = Coin {
            outpoint: tx_builder::OutPoint::new("11".repeat(32).parse().expect("64 digits"), 0),
            value: Satoshis(value),
            locking_script: chain_types::LockingScript::p2pkh(&anybody.pubkey_hash().0),
        };
        locked.settle_with(&evidence, &Purse { key: &anybody, coins: &[coin] }, RATE)
    };
    let refused = with(1_000_000).expect_err("a settlement has no change");
    let SpendError::Excess { fee, due, coin } = refused else { panic!("{refused}") };
    assert_eq!((fee, coin), (Satoshis(1_000_000), due), "the contract's coin holds the payouts and no more");
    let message = refused.to_string();
    assert!(message.contains("no change") && message.contains(&format!("a coin of {coin} first")), "{message}");
    // The coin it names is just enough; twice as much is still taken, a satoshi more is not.
    assert_eq!(with(coin.0).expect("just enough").fee, due);
    let short = with(coin.0 - 1).expect_err("a satoshi short");
    assert!(matches!(short, SpendError::Build(BuildError::InsufficientFunds { .. })), "{short}");
    assert_eq!(with(2 * due.0).expect("twice").fee, Satoshis(2 * due.0));
    assert!(matches!(with(2 * due.0 + 1), Err(SpendError::Excess { .. })));
    // What the contract's own coin leaves is its funder's choice.
    let rich = Coin { value: Satoshis(1_000_000), ..locked.coin().clone() };
    let rich = Locked::new(&contract, rich).expect("its script is the contract's");
    assert_eq!(rich.settle(&evidence, RATE).expect("a good proof").fee, Satoshis(910_000));
}
