//! Transactions that a node refuses, keeps aside, or does not mine.

use chain_types::FeeRate;
use ledger::{Chain as _, EmbeddedLedger, TestChain as _};
use serde_json::json;
use tx_builder::{Coin, Draft, Transaction, Txid};
use wallet::{Pending, Purpose, State, StateName, Wallet};

use crate::{
    common::{AMOUNT, RATE, Scene, coins, deployment, depth, key, passed, pay, payment},
    proxy::{Fault, Proxy},
};

/// Spends the contract's coin with a wrong or the right number.
fn claim(coin: &Coin, number: u8, to: u64) -> Transaction {
    let draft = Draft::new(RATE, key(to).pubkey_hash()).add_contract(coin.clone(), 1);
    let mut funded = draft.fund().unwrap();
    funded.unlock(0, chain_types::UnlockingScript::from_bytes(vec![0x50 + number])).unwrap();
    funded.finish().unwrap()
}

#[test]
fn fault__script_refused__keeps_the_nodes_words_and_frees_the_coin() {
    let mut scene = Scene::new();
    let (script, contract) = scene.add_contract(1);
    let deploy = deployment(&script, &scene.coins[0], &scene.owner);
    let deployed = scene.wallet.record(&deploy, Purpose::Deployment { contract, vout: 0 }).unwrap().txid();
    let coin = Coin::of(&deploy, 0).unwrap();
    assert_eq!(coin.value, AMOUNT);
    let purpose = Purpose::Claim { contract, coin: coin.outpoint, proof: None };
    let wrong = scene.wallet.record(&claim(&coin, 6, 2), purpose.clone()).unwrap().txid();
    let report = scene.resume();
    let expected = "16: mandatory-script-verify-flag-failed (Script evaluated without error but finished with a \
                    false/empty top stack element)";
    let rejected = State::Rejected { code: -26, reason: expected.to_owned() };
    assert_eq!(report.of(wrong).unwrap().after, rejected);
    assert_eq!(report.of(deployed).unwrap().after.name(), StateName::Waiting);
    assert!(!scene.wallet.reserved().contains_key(&coin.outpoint));
    // Tried again as it is, it is refused again.
    scene.wallet.retry(wrong).unwrap();
    assert_eq!(scene.resume().of(wrong).unwrap().after, rejected);
    // The twin with the right number takes the same coin.
    let right = scene.wallet.record(&claim(&coin, 7, 2), purpose).unwrap().txid();
    scene.resume();
    scene.mine(3);
    assert!(scene.resume().is_finished());
    assert_eq!(scene.state(right).name(), StateName::Settled);
    let coins = scene.wallet.coins_of(contract);
    assert_eq!((coins.len(), coins[0].coin, &coins[0].spends), (1, coin.outpoint, &vec![wrong, right]));
}

#[test]
fn fault__fee_too_low__waits_and_says_for_how_many_blocks() {
    let mut scene = Scene::new();
    let cheap = pay(&scene.coins[0], &scene.owner, &key(2), FeeRate(1));
    let fair = scene.payment(1, 2);
    let (cheap, fair) = (scene.record(&cheap), scene.record(&fair));
    scene.resume();
    scene.mine(4);
    let report = scene.resume();
    assert_eq!(report.of(fair).unwrap().after.name(), StateName::Settled, "the twin at the usual rate");
    let stuck = report.of(cheap).unwrap();
    assert_eq!((stuck.after.name(), &stuck.pending), (StateName::Waiting, &passed(4)));
    assert!(!report.is_finished() && scene.is_reserved(0));
}

#[test]
fn fault__parent_unknown__waits_for_it_and_goes_on() {
    let mut scene = Scene::new();
    // Somebody else's transaction, which our node has not heard of.
    let parent = scene.payment(0, 1);
    let coin = Coin::of(&parent, 0).unwrap();
    let child = pay(&coin, &scene.owner, &key(2), RATE);
    let child = scene.record(&child);
    let orphaned = (StateName::Orphaned, Some(Pending::Parent { coin: coin.outpoint }));
    assert_eq!(scene.resumed(child), orphaned);
    assert_eq!(scene.resumed(child), orphaned);
    assert_eq!(scene.history(child), [StateName::Recorded, StateName::Sent, StateName::Orphaned]);
    assert!(scene.wallet.reserved().contains_key(&coin.outpoint));
    scene.send_foreign(&parent);
    assert_eq!(scene.resumed(child).0, StateName::Waiting);
    scene.mine(3);
    assert_eq!(scene.resumed(child), (StateName::Settled, None));
}

#[test]
fn fault__parent_refused__child_is_refused_and_frees_its_other_coins() {
    let mut scene = Scene::new();
    let parent = scene.payment(0, 1);
    let of_parent = Coin::of(&parent, 0).unwrap();
    let draft = Draft::new(RATE, key(2).pubkey_hash()).add_p2pkh(of_parent.clone()).add_p2pkh(scene.coins[1].clone());
    let mut funded = draft.fund().unwrap();
    funded.sign_all(&scene.owner).unwrap();
    let (parent, child) = (scene.record(&parent), scene.record(&funded.finish().unwrap()));
    let rival = scene.payment(0, 3);
    scene.send_foreign(&rival);
    let report = scene.resume();
    assert_eq!(report.of(parent).unwrap().after.name(), StateName::Conflicted);
    let State::Rejected { code: -25, reason } = &report.of(child).unwrap().after else { panic!("{report:?}") };
    let expected = format!("the transaction that makes coin {} is conflicted", of_parent.outpoint);
    assert!(reason.ends_with(&expected), "{reason}");
    assert!(!scene.is_reserved(1));
}

#[test]
fn fault__lock_time_not_reached__is_not_sent_before() {
    let mut scene = Scene::new();
    let mut locked = scene.payment(0, 2);
    let height = scene.node.info().unwrap().height + 2;
    locked.lock_time = bitcoin::absolute::LockTime::from_height(height).unwrap();
    locked.input[0].sequence = bitcoin::Sequence::ZERO;
    let locked = resigned(locked, &scene.coins[0], &scene.owner);
    let txid = scene.record(&locked);
    for _ in 0..2 {
        assert_eq!(scene.resumed(txid), (StateName::Recorded, Some(Pending::Height { height })));
        assert_eq!(scene.mempool(), []);
        let aside: Vec<String> = scene.node.rpc().call("getrawnonfinalmempool", json!([])).unwrap();
        assert!(aside.is_empty(), "a node would keep it aside for minutes after its time");
        scene.mine(1);
    }
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
    scene.mine(3);
    assert_eq!(scene.resumed(txid), (StateName::Settled, None));
}

/// A recorded payment that waits for a time by clock.
fn locked_until(scene: &Scene, coin: usize, seconds: u32) -> Transaction {
    let mut transaction = scene.payment(coin, 2);
    transaction.lock_time = bitcoin::absolute::LockTime::from_time(seconds).unwrap();
    transaction.input[0].sequence = bitcoin::Sequence::ZERO;
    resigned(transaction, &scene.coins[coin], &scene.owner)
}

fn kept_aside(scene: &Scene) -> Vec<Txid> {
    scene.node.rpc().call("getrawnonfinalmempool", json!([])).unwrap()
}

#[test]
fn fault__lock_time_by_clock_not_reached__is_not_sent_before() {
    let mut scene = Scene::new();
    let median = |scene: &Scene| scene.node.info().unwrap().median_time.unwrap();
    let start = median(&scene);
    let [past, edge, future] = [(0, start - 1), (1, start), (2, start + 100_000)].map(|(coin, seconds)| {
        let transaction = locked_until(&scene, coin, seconds);
        scene.record(&transaction)
    });
    let wait = |seconds| (StateName::Recorded, Some(Pending::Time { seconds }));
    assert_eq!(scene.resumed(past), (StateName::Waiting, passed(0)), "the twin whose time has come");
    assert_eq!(scene.resumed(edge), wait(start));
    assert_eq!(scene.resumed(future), wait(start + 100_000));
    assert_eq!((scene.mempool(), kept_aside(&scene)), (vec![past], vec![]));
    // The node draws the line there too: what is locked until its median time it keeps aside.
    let foreign = locked_until(&scene, 3, start);
    let foreign = scene.send_foreign(&foreign);
    assert_eq!((scene.mempool(), kept_aside(&scene)), (vec![past], vec![foreign]));

    // A block's time is at least one second after the median of the 11 before it.
    for _ in 0..12 {
        scene.mine(1);
        let (state, _) = scene.resumed(edge);
        let has_come = median(&scene) > start;
        assert_eq!(state != StateName::Recorded, has_come);
        if has_come {
            break;
        }
    }
    assert_eq!(scene.state(edge).name(), StateName::Waiting);
    assert!(scene.mempool().contains(&edge));
    assert_eq!(scene.resumed(future), wait(start + 100_000));
    let () = scene.node.rpc().call("setmocktime", json!([start + 200_000])).unwrap();
    scene.mine(11);
    assert_eq!(scene.resumed(future), (StateName::Waiting, passed(0)));
    scene.mine(3);
    assert_eq!(scene.resumed(future), (StateName::Settled, None));
}

/// A node keeps aside what is sent to it too early.
#[test]
fn fault__lock_time_by_clock_of_a_chain_that_does_not_say_its_time__is_not_taken_for_waiting() {
    let mut scene = Scene::new();
    let start = scene.node.info().unwrap().median_time.unwrap();
    let (past, future) = (locked_until(&scene, 0, start - 1), locked_until(&scene, 1, start + 100_000));
    let (past, future) = (scene.record(&past), scene.record(&future));
    let mut proxy = Proxy::before(&scene.node);
    let silent = r#"{"result":{"chain":"regtest","blocks":105},"error":null}"#.to_owned();
    proxy.break_calls("getblockchaininfo", Fault::Say(200, silent));
    for _ in 0..2 {
        let report = scene.wallet.resume(&mut proxy.chain, depth(3)).unwrap();
        assert_eq!(report.of(past).unwrap().after.name(), StateName::Waiting, "the twin whose time has come");
        let early = report.of(future).unwrap();
        let seconds = start + 100_000;
        assert_eq!((early.after.name(), &early.pending), (StateName::Sent, &Some(Pending::Time { seconds })));
    }
    assert_eq!((scene.mempool(), kept_aside(&scene)), (vec![past], vec![future]));
    assert!(scene.is_reserved(1));
}

/// The transaction with the one signature it needs.
fn resigned(mut transaction: Transaction, coin: &Coin, owner: &tx_builder::SigningKey) -> Transaction {
    let sighash_type = tx_builder::SighashType::ALL_FORKID;
    let code = coin.locking_script.as_bytes();
    let preimage = tx_builder::SighashPreimage::new(&transaction, 0, code, coin.value, sighash_type).unwrap();
    let signature = owner.sign(&preimage.sighash(), sighash_type);
    let unlocking = tx_builder::p2pkh_unlocking(&signature, &owner.public_key_bytes());
    transaction.input[0].script_sig = bitcoin::ScriptBuf::from_bytes(unlocking.into_bytes());
    transaction
}

#[test]
fn resume__embedded_ledger__has_the_same_states_as_the_node() {
    let owner = key(1);
    let mut chain = EmbeddedLedger::new(RATE);
    let coins = coins(&mut chain, &owner, 3);
    let folder = tempfile::tempdir().unwrap();
    let mut wallet = Wallet::create(&folder.path().join("wallet"), "embedded").unwrap();
    let good = wallet.record(&pay(&coins[0], &owner, &key(2), RATE), payment()).unwrap().txid();
    let cheap = wallet.record(&pay(&coins[1], &owner, &key(2), FeeRate(1)), payment()).unwrap().txid();
    let unknown = pay(&coins[2], &owner, &owner, RATE);
    let orphan = pay(&Coin::of(&unknown, 0).unwrap(), &owner, &key(2), RATE);
    let orphan = wallet.record(&orphan, payment()).unwrap().txid();
    let report = wallet.resume(&mut chain, depth(2)).unwrap();
    let names = [good, cheap, orphan].map(|txid| report.of(txid).unwrap().after.name());
    assert_eq!(names, [StateName::Waiting, StateName::Rejected, StateName::Orphaned]);
    chain.mine(2, owner.pubkey_hash()).unwrap();
    let report = wallet.resume(&mut chain, depth(2)).unwrap();
    assert_eq!(report.of(good).unwrap().after.name(), StateName::Settled);
    // A settled transaction is looked at no more.
    assert_eq!(wallet.resume(&mut chain, depth(2)).unwrap().of(good), None);
}
