//! Coins into a contract.

use chain_types::{FeeRate, Profile, Satoshis};
use contracts::{LockError, Purse, Way, check_amount, lock, settlement_fees};
use tx_builder::{BuildError, Coin, UnlockError};

use crate::support::*;

#[test]
fn lock__purse_with_enough__makes_the_contract_and_change() {
    let funder = key();
    let contract = payment(&funder, Profile::Genesis);
    let (mut chain, coin) = chain(&funder, Profile::Genesis);
    let value = coin.value;
    let deployment = lock(&contract, AMOUNT, &Purse { key: &funder, coins: &[coin] }, RATE).expect("enough");
    let outputs: Vec<_> = (0..2).map(|vout| Coin::of(&deployment.transaction, vout).expect("two outputs")).collect();
    assert_eq!((outputs[0].value, &outputs[0].locking_script), (AMOUNT, contract.locking_script()));
    assert_eq!(outputs[1].value.0, value.0 - AMOUNT.0 - deployment.fee.0);
    assert_eq!(outputs[1].locking_script, chain_types::LockingScript::p2pkh(&funder.pubkey_hash().0));
    take(&mut chain, &deployment);
}

#[test]
fn lock__amount_below_a_spends_cost__is_refused_by_name_and_at_it_taken() {
    let (funder, signer) = (key(), key());
    let mut dear_eight = seven_or_eight();
    dear_eight[8] = Some(vec![payout(3, 95_000)]);
    for (contract, way, class, paid) in [
        (payment(&funder, Profile::Genesis), Way::Claim, None, 0),
        (attested(&funder, &signer, Profile::Genesis), Way::AttestedClaim, None, 0),
        (settlement(&funder, dear_eight, Profile::Genesis), Way::Settlement, Some(SEVEN), 90_000),
    ] {
        let refused = check_amount(&contract, Satoshis(500), RATE).expect_err("too little");
        let LockError::TooSmall { way: w, class: c, amount: Satoshis(500), need } = refused else {
            panic!("{refused}")
        };
        assert_eq!((w, c), (way, class));
        let fee = RATE.fee(contract.max_claim_len()).0;
        assert!(need.0 > paid + fee && need.0 < paid + fee + 100, "{need} for {way}");
    }
    let by_class = settlement(&funder, seven_or_eight(), Profile::Genesis);
    let refused = check_amount(&by_class, Satoshis(90_000), RATE).expect_err("no satoshi for the fee");
    let LockError::TooSmall { need, .. } = refused else { panic!("{refused}") };
    // A settlement of an eight has one output less: the seven's cost decides.
    assert!(check_amount(&by_class, need, RATE).is_ok());
    assert!(check_amount(&by_class, Satoshis(need.0 - 1), RATE).is_err());
    assert!(check_amount(&by_class, need, FeeRate(10 * RATE.0)).is_err());
}

#[test]
fn lock__settlement_that_leaves_too_much__is_refused_by_name() {
    let funder = key();
    let by_class = settlement(&funder, seven_or_eight(), Profile::Genesis);
    // The node's limit for a fee.
    let most = Satoshis(90_000 + 10_000_000);
    assert!(check_amount(&by_class, most, RATE).is_ok());
    let refused = check_amount(&by_class, Satoshis(most.0 + 1), RATE).expect_err("no node would relay it");
    assert!(matches!(refused, LockError::Wasted { class: SEVEN, fee: Satoshis(10_000_001) }), "{refused}");
    let fees = settlement_fees(&by_class, Satoshis(90_000 + 3_000), RATE).expect("it pays for both");
    let [seven, eight] = fees[..] else { panic!("{fees:?}") };
    let classes = [(seven.class, seven.fee), (eight.class, eight.fee)];
    assert_eq!(classes, [(SEVEN, Satoshis(3_000)), (SEVEN + 1, Satoshis(3_000))]);
    assert!(eight.due < seven.due, "it has one output less");
    let bound = RATE.fee(by_class.max_claim_len()).0;
    for due in [seven.due.0, eight.due.0] {
        assert!((bound..bound + 50).contains(&due), "{due} beside {bound} of the script");
    }
    assert_eq!(settlement_fees(&payment(&funder, Profile::Genesis), Satoshis(90_000), RATE).expect("no classes"), []);
}

#[test]
fn lock__purse_too_light_or_anothers__is_refused_by_name() {
    let (funder, other) = (key(), key());
    let contract = payment(&funder, Profile::Genesis);
    let (_, coin) = chain(&funder, Profile::Genesis);
    let light = Coin { value: Satoshis(AMOUNT.0 + 1), ..coin.clone() };
    let refused = lock(&contract, AMOUNT, &Purse { key: &funder, coins: &[light] }, RATE).expect_err("no fee");
    let LockError::Build(BuildError::InsufficientFunds { have, need }) = refused else { panic!("{refused}") };
    assert!(have.0 == AMOUNT.0 + 1 && need > have);
    let refused = lock(&contract, AMOUNT, &Purse { key: &other, coins: &[coin] }, RATE).expect_err("not its coin");
    assert!(matches!(refused, LockError::Unlock(UnlockError::NotOfThisKey { input_idx: 0 })));
    let absurd = lock(&contract, Satoshis(u64::MAX), &Purse { key: &funder, coins: &[] }, RATE).expect_err("absurd");
    assert!(matches!(absurd, LockError::Build(BuildError::Amount(_))), "{absurd}");
}
