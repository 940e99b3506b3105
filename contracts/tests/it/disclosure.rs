//! When the claim of a named payee may be sent.

use core::num::NonZeroU32;

use chain_types::Profile;
use contracts::{Disclosure, DisclosureError, Locked, Purse, discloses, lock};
use ledger::{Chain as _, EmbeddedLedger, TestChain as _};
use script_gen::{Contract, LockTime, Payee, Refund, Target, Terms};
use statement::Nonce;
use tx_builder::{OutPoint, SigningKey, Txid};

use crate::support::*;

const NOW: u64 = 1_700_000_000;

fn rule(confirmations: u32) -> Disclosure {
    Disclosure { confirmations: NonZeroU32::new(confirmations).expect("not 0"), now: NOW }
}

/// Pays `seller` for a proof that is bound to him, or gives the coin back to `funder` after `lock_time`.
fn sale(funder: &SigningKey, seller: &SigningKey, lock_time: u32) -> Contract {
    let refund = Refund { recipient: funder.pubkey_hash(), lock_time: LockTime::new(lock_time).expect("not 0") };
    let payee = Payee::Named { recipient: seller.pubkey_hash() };
    let terms = Terms { inputs: vec![class("7")], nonce: Nonce(*b"discloes"), payee, refund };
    Contract::new(hidden().vk.inner(), terms, Target::GENESIS).expect("a usable key")
}

fn somebodys() -> Txid {
    "11".repeat(32).parse().expect("an id")
}

fn check(locked: &Locked<'_>, confirmations: u32, chain: &EmbeddedLedger) -> Result<(), DisclosureError> {
    rule(confirmations).check(locked.contract(), locked.coin().outpoint, somebodys(), chain)
}

#[test]
fn disclosure__deployment_that_is_not_deep__is_refused_by_name() {
    let (funder, seller) = (key(), key());
    let contract = sale(&funder, &seller, LOCK_HEIGHT);
    assert!(discloses(&contract));
    let (mut chain, coin) = chain(&funder, Profile::Genesis);
    let deployment = lock(&contract, AMOUNT, &Purse { key: &funder, coins: &[coin] }, RATE).expect("the coin pays");
    let locked = Locked::of(&contract, &deployment.transaction).expect("output 0");
    let depth = |chain: &EmbeddedLedger, confirmations| match check(&locked, confirmations, chain) {
        Ok(()) => None,
        Err(DisclosureError::NotDeep { coin, found, needed }) => {
            assert_eq!((coin, needed.get()), (locked.coin().outpoint, confirmations));
            Some(found)
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(depth(&chain, 1), Some(0), "kept back: nobody but its maker has it");
    chain.broadcast(&deployment.transaction).expect("a payment");
    assert_eq!(depth(&chain, 1), Some(0), "it waits");
    chain.mine(1, key().pubkey_hash()).expect("a ledger mines");
    assert_eq!(depth(&chain, 1), None);
    assert_eq!(depth(&chain, 3), Some(1));
    chain.mine(2, key().pubkey_hash()).expect("a ledger mines");
    assert_eq!(depth(&chain, 3), None);
}

#[test]
fn disclosure__coin_that_is_spent__is_refused_but_for_the_claim_that_has_it() {
    let (funder, seller) = (key(), key());
    let contract = sale(&funder, &seller, LOCK_HEIGHT);
    let (mut chain, locked) = deploy(&contract, &funder);
    let claim = locked.claim(&seller, &hidden().evidence(&contract, &seller), RATE).expect("a good claim");
    let coin = locked.coin().outpoint;
    let own = claim.transaction.compute_txid();
    assert!(rule(1).check(&contract, coin, own, &chain).is_ok());
    chain.broadcast(&claim.transaction).expect("a good claim");
    // Somebody else's spend waits, for all that this claim knows.
    let refused = check(&locked, 1, &chain).expect_err("spent");
    assert!(matches!(refused, DisclosureError::NoCoin { coin: at } if at == coin), "{refused}");
    assert!(rule(1).check(&contract, coin, own, &chain).is_ok(), "it is known already, and may be sent again");
    // Another output of the same transaction is not under the contract.
    let change = OutPoint { vout: 1, ..coin };
    let refused = rule(1).check(&contract, change, somebodys(), &chain).expect_err("change");
    assert!(matches!(refused, DisclosureError::NoCoin { coin: at } if at == change), "{refused}");
}

#[test]
fn disclosure__refund_that_is_near__is_refused_by_what_is_left() {
    let (funder, seller) = (key(), key());
    let left = |contract: &Contract, chain: &EmbeddedLedger, locked: &Locked<'_>| {
        assert_eq!(contract.terms(), locked.contract().terms());
        match check(locked, 1, chain) {
            Ok(()) => None,
            Err(DisclosureError::TooLate { left, margin, .. }) => Some((left, margin)),
            Err(error) => panic!("{error}"),
        }
    };
    let by_height = sale(&funder, &seller, LOCK_HEIGHT);
    let (mut chain, locked) = deploy(&by_height, &funder);
    mine_to(&mut chain, LOCK_HEIGHT - 6);
    assert_eq!(left(&by_height, &chain, &locked), None);
    mine_to(&mut chain, LOCK_HEIGHT - 5);
    assert_eq!(left(&by_height, &chain, &locked), Some((5, 6)));
    mine_to(&mut chain, LOCK_HEIGHT + 1);
    assert_eq!(left(&by_height, &chain, &locked), Some((0, 6)));

    let now = u32::try_from(NOW).expect("before 2106");
    for (lock_time, expected) in [(now + 7_200, None), (now + 7_199, Some((7_199, 7_200))), (now - 1, Some((0, 7_200)))]
    {
        let by_clock = sale(&funder, &seller, lock_time);
        let (chain, locked) = deploy(&by_clock, &funder);
        assert_eq!(left(&by_clock, &chain, &locked), expected);
    }
}

#[test]
fn disclosure__claim_of_any_prover__gives_nothing_away() {
    let funder = key();
    let contract = payment(&funder, Profile::Genesis);
    assert!(!discloses(&contract));
    let (chain, _) = chain(&funder, Profile::Genesis);
    let nowhere = OutPoint::new(somebodys(), 0);
    assert!(rule(6).check(&contract, nowhere, somebodys(), &chain).is_ok());
    // The twin: one named payee.
    let refused = rule(6).check(&sale(&funder, &key(), 1), nowhere, somebodys(), &chain).expect_err("no deployment");
    assert!(matches!(refused, DisclosureError::NotDeep { found: 0, .. }), "{refused}");
    assert!(refused.to_string().contains("is 0 blocks deep, expected 6"), "{refused}");
}
