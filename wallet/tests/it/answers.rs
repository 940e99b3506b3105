//! Nodes that go away, and answers that are lost, late or nonsense.

use ledger::{Chain as _, Retry};
use tx_builder::{Coin, Txid};
use wallet::{Pending, Report, ResumeError, StateName};

use crate::{
    common::{RATE, Scene, depth, is_answer, key, passed, pay},
    proxy::{Fault, Proxy},
};

const SEND: &str = "sendrawtransaction";
const STATUS: &str = "getrawtransaction";

fn resume(scene: &mut Scene, proxy: &mut Proxy) -> Result<Report, ResumeError> {
    scene.wallet.resume(&mut proxy.chain, depth(3))
}

fn through(scene: &mut Scene, proxy: &mut Proxy, txid: Txid) -> (StateName, Option<Pending>) {
    let report = resume(scene, proxy).unwrap();
    let progress = report.of(txid).unwrap();
    (progress.after.name(), progress.pending.clone())
}

/// A recorded payment whose broadcast has gone wrong.
fn sent_through(fault: Fault) -> (Scene, Proxy, Txid) {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    proxy.break_calls(SEND, fault);
    let (state, pending) = through(&mut scene, &mut proxy, txid);
    assert_eq!(state, StateName::Sent);
    assert!(is_answer(pending.as_ref()), "{pending:?}");
    (scene, proxy, txid)
}

#[test]
fn fault__answer_lost__is_looked_up_and_not_sent_as_another() {
    let (scene, mut proxy, txid) = sent_through(Fault::LoseAnswer);
    assert_eq!(scene.mempool(), [txid], "the node has it");
    proxy.heal();
    let mut scene = scene.reopen();
    assert!(scene.is_reserved(0));
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
    scene.mine(3);
    assert_eq!(scene.resumed(txid), (StateName::Settled, None));
}

#[test]
fn fault__answer_lost_then_mined__is_found_in_its_block() {
    let (mut scene, _proxy, txid) = sent_through(Fault::LoseAnswer);
    scene.mine(2);
    assert_eq!(scene.resumed(txid), (StateName::Mined, Some(Pending::Confirmations { have: 2, need: 3 })));
}

/// A node then says of the transaction itself that its inputs are missing.
#[test]
fn fault__answer_lost_then_mined_and_spent_on__is_no_conflict() {
    let (mut scene, _proxy, txid) = sent_through(Fault::LoseAnswer);
    scene.mine(1);
    let output = Coin::of(scene.wallet.transaction(txid).unwrap().transaction(), 0).unwrap();
    scene.send_foreign(&pay(&output, &key(2), &key(3), RATE));
    scene.mine(1);
    let again = scene.node.broadcast(&scene.payment(0, 2)).unwrap_err();
    assert_eq!(again.rejection().unwrap().reason, "Missing inputs");
    assert_eq!(scene.resumed(txid), (StateName::Mined, Some(Pending::Confirmations { have: 2, need: 3 })));
}

#[test]
fn fault__call_lost__is_sent_again() {
    let (scene, mut proxy, txid) = sent_through(Fault::LoseCall);
    assert_eq!(scene.mempool(), [], "the node has not heard of it");
    proxy.heal();
    let mut scene = scene.reopen();
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
}

#[test]
fn fault__node_gone__nothing_is_sent_or_changed() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    proxy.break_calls("getblockchaininfo", Fault::LoseCall);
    let error = resume(&mut scene, &mut proxy).unwrap_err();
    assert!(matches!(error, ResumeError::Chain(_)), "{error:?}");
    assert_eq!(scene.history(txid), [StateName::Recorded]);
    // A port where nobody listens.
    let auth = node_client::Auth::cookie(&scene.node.cookie_file()).unwrap();
    let rpc = node_client::RpcClient::new("http://127.0.0.1:1".to_owned(), auth, core::time::Duration::from_secs(30));
    let error = scene.wallet.resume(&mut node_client::RpcNode::new(rpc.unwrap()), depth(3)).unwrap_err();
    assert!(matches!(&error, ResumeError::Chain(error) if error.retry == Retry::Safe), "{error:?}");
    assert_eq!(scene.history(txid), [StateName::Recorded]);
    assert_eq!(scene.resumed(txid), (StateName::Waiting, passed(0)));
}

#[test]
fn fault__node_gone_while_following__state_stays() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    assert_eq!(scene.resumed(txid).0, StateName::Waiting);
    scene.mine(1);
    proxy.break_calls(STATUS, Fault::LoseCall);
    let (state, pending) = through(&mut scene, &mut proxy, txid);
    assert_eq!(state, StateName::Waiting);
    assert!(is_answer(pending.as_ref()), "{pending:?}");
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, txid).0, StateName::Mined);
}

#[test]
fn fault__answer_late__is_looked_up() {
    let (mut scene, mut proxy, txid) = sent_through(Fault::Delay);
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, txid), (StateName::Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
    // The same while it is followed.
    scene.mine(1);
    proxy.break_calls(STATUS, Fault::Delay);
    let (state, pending) = through(&mut scene, &mut proxy, txid);
    assert!(state == StateName::Waiting && is_answer(pending.as_ref()), "{state} {pending:?}");
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, txid).0, StateName::Mined);
}

/// What services answer when something else than their program answers, and what no node says.
fn nonsense() -> Vec<(u16, String)> {
    let other = "22".repeat(32);
    [
        (200, "<html>Gateway</html>".to_owned()),
        (200, String::new()),
        (200, "{}".to_owned()),
        (200, r#"{"result":17,"error":null}"#.to_owned()),
        (200, format!(r#"{{"result":"{other}","error":null}}"#)),
        (500, "Internal Server Error".to_owned()),
        (502, "<html>Bad Gateway</html>".to_owned()),
        (503, String::new()),
        (429, r#"{"detail":"slow down"}"#.to_owned()),
        (401, String::new()),
    ]
    .to_vec()
}

#[test]
fn fault__nonsense_about_a_broadcast__concludes_nothing() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    for (status, body) in nonsense() {
        proxy.break_calls(SEND, Fault::Say(status, body.clone()));
        let (state, pending) = through(&mut scene, &mut proxy, txid);
        assert!(state == StateName::Sent && is_answer(pending.as_ref()), "{status} {body}: {state} {pending:?}");
    }
    assert_eq!(scene.history(txid), [StateName::Recorded, StateName::Sent], "asking again is nothing new");
    assert_eq!(scene.mempool(), []);
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, txid), (StateName::Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
}

#[test]
fn fault__nonsense_about_a_status__concludes_nothing() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let (ours, refused) = (scene.payment(0, 2), scene.payment(1, 2));
    let (txid, refused) = (scene.record(&ours), scene.record(&refused));
    let rival = scene.payment(1, 3);
    scene.send_foreign(&rival);
    // A block without a name beside what is nonsense for every call.
    let unnamed = (200, r#"{"result":{"confirmations":3},"error":null}"#.to_owned());
    let n_answers = nonsense().len();
    assert_eq!(n_answers, 10);
    for (status, body) in nonsense() {
        proxy.break_calls(STATUS, Fault::Say(status, body.clone()));
        let report = resume(&mut scene, &mut proxy).unwrap();
        // The broadcast was taken at the first round; afterwards it is looked for.
        let ours = report.of(txid).unwrap();
        assert_eq!(ours.after.name(), StateName::Waiting, "{status} {body}");
        // A refusal is no conflict as long as it is not known that it is not our own transaction.
        let refused = report.of(refused).unwrap();
        assert!(refused.after.name() == StateName::Sent && is_answer(refused.pending.as_ref()), "{refused:?}");
    }
    proxy.break_calls(STATUS, Fault::Say(unnamed.0, unnamed.1));
    let (state, pending) = through(&mut scene, &mut proxy, txid);
    assert!(state == StateName::Waiting && is_answer(pending.as_ref()), "{state} {pending:?}");
    // Whether the coin is there.
    proxy.heal();
    for (status, body) in nonsense() {
        proxy.break_calls("gettxout", Fault::Say(status, body.clone()));
        let (state, pending) = through(&mut scene, &mut proxy, refused);
        assert!(state == StateName::Sent && is_answer(pending.as_ref()), "{status} {body}: {state} {pending:?}");
    }
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, refused), (StateName::Conflicted, None));
    assert_eq!(through(&mut scene, &mut proxy, txid), (StateName::Waiting, passed(0)));
}

/// As an explorer that does not know a coin: without an answer about it, its unknown parent is still waited for.
#[test]
fn refusal__no_answer_about_a_coin_of_an_unknown_parent__is_orphaned() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let parent = scene.payment(0, 1);
    let child = pay(&Coin::of(&parent, 0).unwrap(), &scene.owner, &key(2), RATE);
    let child = scene.record(&child);
    proxy.break_calls("gettxout", Fault::Say(503, String::new()));
    assert_eq!(through(&mut scene, &mut proxy, child).0, StateName::Orphaned);
    // Its parent known and spent otherwise, the same silence is no conflict.
    scene.send_foreign(&parent);
    let rival = pay(&Coin::of(&parent, 0).unwrap(), &scene.owner, &key(3), RATE);
    scene.send_foreign(&rival);
    let (state, pending) = through(&mut scene, &mut proxy, child);
    assert!(state == StateName::Orphaned && is_answer(pending.as_ref()), "{state} {pending:?}");
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, child), (StateName::Conflicted, None));
}

#[test]
fn fault__another_network__nothing_is_sent() {
    let mut scene = Scene::new();
    let mut proxy = Proxy::before(&scene.node);
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    let main = r#"{"result":{"chain":"main","blocks":900000},"error":null}"#.to_owned();
    proxy.break_calls("getblockchaininfo", Fault::Say(200, main));
    let error = resume(&mut scene, &mut proxy).unwrap_err();
    let expected = r#"this is a wallet of the chain "regtest", not of "main": nothing was sent"#;
    assert_eq!(error.to_string(), expected);
    assert_eq!((scene.history(txid), scene.mempool()), (vec![StateName::Recorded], vec![]));
    proxy.heal();
    assert_eq!(through(&mut scene, &mut proxy, txid).0, StateName::Waiting);
}
