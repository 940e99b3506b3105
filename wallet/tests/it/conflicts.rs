//! Somebody else spends the coin, or we do by accident.

use chain_types::FeeRate;
use ledger::{Chain as _, EmbeddedLedger, TestChain as _};
use tx_builder::{Coin, Transaction};
use wallet::{ChangeError, Purpose, RecordError, State, StateName, Wallet};

use crate::common::{AMOUNT, RATE, Scene, coins, deployment, depth, key, passed, pay, payment};

#[test]
fn fault__rival_in_the_mempool__is_conflicted_and_named() {
    let mut scene = Scene::new();
    let (ours, free) = (scene.payment(0, 2), scene.payment(1, 2));
    let (txid, twin) = (scene.record(&ours), scene.record(&free));
    let rival = scene.payment(0, 3);
    let rival = scene.send_foreign(&rival);
    let report = scene.resume();
    let coin = scene.coins[0].outpoint;
    assert_eq!(report.of(txid).unwrap().after, State::Conflicted { coin, rival: Some(rival) });
    assert_eq!(report.of(twin).unwrap().after.name(), StateName::Waiting, "the twin without a rival");
    assert!(!scene.is_reserved(0) && scene.is_reserved(1));
    assert!(scene.wallet.substitute_of(txid).is_none(), "it pays others");
    // It is not sent again behind its owner's back.
    let mempool = scene.mempool();
    scene.resume();
    assert_eq!(scene.history(txid), [StateName::Recorded, StateName::Sent, StateName::Conflicted]);
    assert_eq!(scene.mempool(), mempool);
}

#[test]
fn fault__rival_mined__is_conflicted_for_good() {
    let mut scene = Scene::new();
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    let rival = scene.payment(0, 3);
    scene.send_foreign(&rival);
    scene.mine(1);
    // A node keeps no record of who spent a coin.
    let conflicted = State::Conflicted { coin: scene.coins[0].outpoint, rival: None };
    assert_eq!(scene.resume().of(txid).unwrap().after, conflicted);
    scene.mine(3);
    assert!(scene.resume().is_finished());
    // Asked for, it is tried again, and refused again.
    scene.wallet.retry(txid).unwrap();
    assert_eq!(scene.resume().of(txid).unwrap().after, conflicted);

    // A chain that keeps such a record names the rival.
    let owner = key(1);
    let mut chain = EmbeddedLedger::new(FeeRate::DEFAULT);
    let coin = coins(&mut chain, &owner, 1).remove(0);
    let folder = tempfile::tempdir().unwrap();
    let mut wallet = Wallet::create(&folder.path().join("wallet"), "embedded").unwrap();
    wallet.record(&pay(&coin, &owner, &key(2), FeeRate::DEFAULT), payment()).unwrap();
    let rival = chain.broadcast(&pay(&coin, &owner, &key(3), FeeRate::DEFAULT)).unwrap();
    chain.mine(1, owner.pubkey_hash()).unwrap();
    let report = wallet.resume(&mut chain, depth(3)).unwrap();
    assert_eq!(report.transactions[0].after, State::Conflicted { coin: coin.outpoint, rival: Some(rival) });
}

#[test]
fn fault__rival_after_our_broadcast__is_conflicted_once_it_has_won() {
    let mut scene = Scene::new();
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
    // While ours is known, the rival is refused, and nothing changes.
    let rival = scene.payment(0, 3);
    assert!(scene.node.broadcast(&rival).unwrap_err().rejection().is_some());
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
    // Another node, which has seen the rival first, mines it.
    scene.restart_forgetful();
    let rival_txid = scene.send_foreign(&rival);
    scene.mine(1);
    assert_eq!(scene.resumed(txid), (StateName::Conflicted, None));
    assert_eq!(scene.node.status(rival_txid).unwrap().unwrap().confirmations, 1);
    assert_eq!(scene.history(txid), [StateName::Recorded, StateName::Sent, StateName::Waiting, StateName::Conflicted]);
}

#[test]
fn fault__own_second_spend__is_refused_before_it_can_be_sent() {
    let mut scene = Scene::new();
    let (script, contract) = scene.add_contract(1);
    let first = deployment(&script, &scene.coins[0], &scene.owner);
    let txid = scene.wallet.record(&first, Purpose::Deployment { contract, vout: 0 }).unwrap().txid();
    let second = scene.payment(0, 2);
    for expected in [StateName::Recorded, StateName::Waiting, StateName::Mined, StateName::Settled] {
        let refused = scene.wallet.record(&second, payment());
        assert!(
            matches!(refused, Err(RecordError::CoinReserved { by, state, .. }) if by == txid && state == expected),
            "{refused:?}"
        );
        // The same contract twice would pay twice for one proof.
        let twice = deployment(&script, &scene.coins[1], &scene.owner);
        let twice = scene.wallet.record(&twice, Purpose::Deployment { contract, vout: 0 });
        assert!(matches!(twice, Err(RecordError::AlreadyDeployed { by, .. }) if by == txid), "{twice:?}");
        match expected {
            StateName::Recorded => {}
            StateName::Waiting => drop(scene.mine(1)),
            _ => drop(scene.mine(2)),
        }
        scene.resume();
    }
    assert!(scene.wallet.transaction(second.compute_txid()).is_none());
    // The twin: another coin.
    assert!(scene.wallet.record(&scene.payment(1, 2), payment()).is_ok());
}

/// Changed after it was signed: nodes refuse it for its signature.
fn spoiled(mut transaction: Transaction) -> Transaction {
    transaction.version.0 = 2;
    transaction
}

#[test]
fn fault__deployment_refused__second_with_other_coins_is_not_recorded() {
    let mut scene = Scene::new();
    let (script, contract) = scene.add_contract(1);
    let purpose = || Purpose::Deployment { contract, vout: 0 };
    let bad = spoiled(deployment(&script, &scene.coins[0], &scene.owner));
    // Somebody takes the coin of the next first.
    let lost = deployment(&script, &scene.coins[0], &scene.owner);
    let apart = deployment(&script, &scene.coins[1], &scene.owner);
    let refused = |wallet: &mut Wallet, by, expected| {
        let error = wallet.record(&apart, purpose()).map(drop).unwrap_err();
        let named = matches!(error, RecordError::AlreadyDeployed { by: b, state, .. } if b == by && state == expected);
        assert!(named, "{error:?}");
        let text = error.to_string();
        assert!(text.contains("new nonce") && text.contains("spend a coin that it spends as well"), "{text}");
    };
    let bad = scene.wallet.record(&bad, purpose()).unwrap().txid();
    assert_eq!(scene.resumed(bad), (StateName::Rejected, None));
    refused(&mut scene.wallet, bad, StateName::Rejected);
    // With the same coin, one of the two at most can be mined.
    let rival = scene.payment(0, 3);
    scene.send_foreign(&rival);
    let lost = scene.wallet.record(&lost, purpose()).unwrap().txid();
    assert_eq!(scene.resumed(lost), (StateName::Conflicted, None));
    let error = scene.wallet.record(&apart, purpose()).map(drop).unwrap_err();
    assert!(matches!(error, RecordError::AlreadyDeployed { .. }), "{error:?}");
    // Asked for again, it is given up: but it has been seen.
    scene.wallet.retry(bad).unwrap();
    scene.wallet.abandon(bad).unwrap();
    scene.wallet.retry(lost).unwrap();
    scene.wallet.abandon(lost).unwrap();
    let error = scene.wallet.record(&apart, purpose()).map(drop).unwrap_err();
    assert!(matches!(error, RecordError::AlreadyDeployed { state: StateName::Abandoned, .. }), "{error:?}");
    assert!(scene.wallet.transaction(apart.compute_txid()).is_none());
    // The twins: another contract, and a deployment that was given up before anybody had seen it.
    let (other, contract) = scene.add_contract(2);
    let first = deployment(&other, &scene.coins[1], &scene.owner);
    let first = scene.wallet.record(&first, Purpose::Deployment { contract, vout: 0 }).unwrap().txid();
    scene.wallet.abandon(first).unwrap();
    let second = deployment(&other, &scene.coins[2], &scene.owner);
    assert!(scene.wallet.record(&second, Purpose::Deployment { contract, vout: 0 }).is_ok());
}

#[test]
fn record__deployment_beside_refused_ones__must_share_a_coin_with_each() {
    let mut scene = Scene::new();
    let (script, contract) = scene.add_contract(1);
    let purpose = || Purpose::Deployment { contract, vout: 0 };
    let both = [scene.coins[0].clone(), scene.coins[1].clone()];
    let of = |coins: &[Coin]| {
        let mut funded =
            tx_builder::deploy(script.clone(), AMOUNT, coins.to_vec(), key(1).pubkey_hash(), RATE).unwrap();
        funded.sign_all(&key(1)).unwrap();
        funded.finish().unwrap()
    };
    for refused in [spoiled(of(&both)), spoiled(of(&both[..1]))] {
        let txid = scene.wallet.record(&refused, purpose()).unwrap().txid();
        assert_eq!(scene.resumed(txid), (StateName::Rejected, None));
        scene.wallet.retry(txid).unwrap();
        assert_eq!(scene.resumed(txid), (StateName::Rejected, None));
    }
    // The first spends coin 1 as well, the second does not.
    let narrow = spoiled(of(&both[..1])).compute_txid();
    let refused = scene.wallet.record(&of(&both[1..]), purpose()).map(drop).unwrap_err();
    assert!(matches!(refused, RecordError::AlreadyDeployed { by, .. } if by == narrow), "{refused:?}");
    let right = scene.wallet.record(&of(&both[..1]), purpose()).unwrap().txid();
    assert_eq!(scene.resumed(right).0, StateName::Waiting);
}

#[test]
fn abandon__never_sent__frees_coins_and_sent_is_refused() {
    let mut scene = Scene::new();
    let (kept, dropped) = (scene.payment(0, 2), scene.payment(1, 1));
    let (kept, dropped_txid) = (scene.record(&kept), scene.record(&dropped));
    let child = pay(&Coin::of(&dropped, 0).unwrap(), &scene.owner, &key(2), FeeRate::DEFAULT);
    let child = scene.record(&child);
    let refused = scene.wallet.abandon(dropped_txid);
    assert!(matches!(refused, Err(ChangeError::HasChild { child: c, .. }) if c == child), "{refused:?}");
    scene.wallet.abandon(child).unwrap();
    scene.wallet.abandon(dropped_txid).unwrap();
    assert!(!scene.is_reserved(1));
    scene.resume();
    let refused = scene.wallet.abandon(kept);
    assert!(
        matches!(refused, Err(ChangeError::Illegal { from: StateName::Waiting, to: StateName::Abandoned, .. })),
        "{refused:?}"
    );
    assert_eq!(scene.mempool(), [kept], "what was given up is never sent");
    // What it would have made cannot be spent.
    let orphan = pay(&Coin::of(&dropped, 0).unwrap(), &scene.owner, &key(3), FeeRate::DEFAULT);
    let refused = scene.wallet.record(&orphan, payment());
    assert!(matches!(refused, Err(RecordError::DeadParent { state: StateName::Abandoned, .. })), "{refused:?}");
}
