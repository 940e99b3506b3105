//! ARC and explorer as one chain: what a wallet sees for each of ARC's states.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::sync::mpsc::Receiver;

use common::{Reply, Request, beef, recorded, recorded_about, serve, transaction, txid_of};
use ledger::{BroadcastError, Chain as _, Retry, TxStatus};
use serde_json::{Value, json};
use services::{
    Service, ServiceError,
    arc::{Arc, ArcStatus},
    explorer::Explorer,
};
use tx_builder::{Txid, encode_hex};

const WAITS: TxStatus = TxStatus::WAITING;
const BLOCK: &str = "000000000000000004a288072ebb35e37233f419918f9783d499979cb6ac33eb";

fn service(arc: Vec<Reply>, explorer: Vec<Reply>) -> Service {
    asked_service(arc, explorer).0
}

/// With what either server is asked.
fn asked_service(arc: Vec<Reply>, explorer: Vec<Reply>) -> (Service, Receiver<Request>, Receiver<Request>) {
    let ((arc, of_arc), (explorer, of_explorer)) = (serve(arc), serve(explorer));
    (Service::new(Arc::new(arc), Explorer::new(explorer)), of_arc, of_explorer)
}

fn report_with(txid: Txid, fields: &Value) -> Reply {
    let mut document: Value = serde_json::from_str(&recorded_about("arc/seen.json", txid)).expect("JSON");
    fields.as_object().expect("fields").iter().for_each(|(name, value)| document[name] = value.clone());
    Reply::new(200, document.to_string())
}

fn report(status: ArcStatus) -> Reply {
    let fields = json!({ "txStatus": status.name(), "extraInfo": "words" });
    let mined = json!({ "txStatus": "MINED", "blockHash": BLOCK, "blockHeight": 575_045 });
    let fields = if status == ArcStatus::Mined { mined } else { fields };
    report_with(transaction().compute_txid(), &fields)
}

fn unknown_to_arc() -> Reply {
    Reply::new(404, recorded("arc/error_404.json"))
}

fn unknown_to_explorer() -> Reply {
    let txid = transaction().compute_txid();
    Reply::new(200, json!([{ "txid": txid.to_string(), "error": "unknown" }]).to_string())
}

fn mined_at_explorer() -> Reply {
    let txid = transaction().compute_txid().to_string();
    Reply::new(200, json!([{ "txid": txid, "blockhash": BLOCK, "confirmations": 3 }]).to_string())
}

fn header(fields: &Value) -> Reply {
    let mut document: Value = serde_json::from_str(&recorded("explorer/header.json")).expect("JSON");
    fields.as_object().expect("fields").iter().for_each(|(name, value)| document[name] = value.clone());
    Reply::new(200, document.to_string())
}

fn mined_in_block(confirmations: u32) -> TxStatus {
    TxStatus::mined(BLOCK.parse().expect("a hash"), confirmations)
}

#[test]
fn broadcast__each_status__is_a_verdict_or_none() {
    let txid = transaction().compute_txid();
    for status in ArcStatus::ALL {
        let outcome = service(vec![report(status)], vec![]).broadcast(&transaction());
        match (status, outcome) {
            (ArcStatus::Mined | ArcStatus::DoubleSpendAttempted, Err(BroadcastError::AlreadyKnown { txid: found })) => {
                assert_eq!(found, txid)
            }
            (ArcStatus::Rejected, Err(BroadcastError::Rejected(rejection))) => {
                assert_eq!((rejection.code, rejection.reason.as_str()), (-26, "words"));
            }
            (ArcStatus::SeenInOrphanMempool, Err(BroadcastError::Chain(error))) => {
                let source = error.source.downcast_ref();
                assert!(matches!(source, Some(ServiceError::Orphan { txid: found }) if *found == txid), "{source:?}");
                assert_eq!(error.retry, Retry::Safe);
            }
            (ArcStatus::Unknown, Err(BroadcastError::Chain(error))) => {
                let source = error.source.downcast_ref();
                assert!(
                    matches!(source, Some(ServiceError::NoVerdict { txid: found }) if *found == txid),
                    "{source:?}"
                );
                assert_eq!(error.retry, Retry::Safe);
            }
            (
                ArcStatus::Mined
                | ArcStatus::DoubleSpendAttempted
                | ArcStatus::Rejected
                | ArcStatus::SeenInOrphanMempool
                | ArcStatus::Unknown,
                other,
            ) => panic!("{status:?}: {other:?}"),
            (_, outcome) => assert_eq!(outcome.expect("taken"), txid, "{status:?}"),
        }
    }
}

#[test]
fn status__each_status_of_arc__is_what_a_wallet_acts_on() {
    let txid = transaction().compute_txid();
    for status in ArcStatus::ALL {
        let ask = |explorer| service(vec![report(status)], vec![explorer]).status(txid).expect("an answer");
        match status {
            ArcStatus::Unknown | ArcStatus::Rejected | ArcStatus::SeenInOrphanMempool => {
                assert_eq!(ask(unknown_to_explorer()), None, "{status:?}");
                let mined = ask(mined_at_explorer());
                assert_eq!(mined, Some(mined_in_block(3)), "{status:?}");
            }
            ArcStatus::Mined => {
                // Without a proof, the explorer's word.
                assert_eq!(ask(mined_at_explorer()), Some(mined_in_block(3)));
                assert_eq!(ask(unknown_to_explorer()), Some(WAITS));
            }
            _ => assert_eq!(ask(unknown_to_explorer()), Some(WAITS), "{status:?}"),
        }
    }
}

#[test]
fn status__double_spend_attempted__names_the_rivals_until_it_is_mined() {
    let own = transaction().compute_txid();
    let rivals = ["b", "a", "b"].map(txid_of).map(|rival| rival.to_string());
    let named = json!({ "txStatus": "DOUBLE_SPEND_ATTEMPTED", "competingTxs": [rivals[0], rivals[1], rivals[2], own.to_string()] });
    let ask = |fields: &Value, explorer| service(vec![report_with(own, fields)], vec![explorer]).status(own);
    // Each once, in order, itself left out.
    let contested = TxStatus { rivals: ["a", "b"].map(txid_of).to_vec(), ..WAITS };
    assert_eq!(ask(&named, unknown_to_explorer()).expect("an answer"), Some(contested));
    assert_eq!(ask(&named, mined_at_explorer()).expect("an answer"), Some(mined_in_block(3)), "it has won");
    for unnamed in [json!(null), json!([])] {
        let fields = json!({ "txStatus": "DOUBLE_SPEND_ATTEMPTED", "competingTxs": unnamed });
        assert_eq!(ask(&fields, unknown_to_explorer()).expect("an answer"), Some(WAITS), "ARC does not say who");
    }
    let nonsense = json!({ "txStatus": "DOUBLE_SPEND_ATTEMPTED", "competingTxs": ["no id"] });
    let error = ask(&nonsense, unknown_to_explorer()).expect_err("no answer");
    assert!(matches!(error.source.downcast_ref(), Some(ServiceError::Schema { .. })), "{error:?}");
}

#[test]
fn transaction__explorer__gives_it_checked() {
    let ours = transaction();
    let ask = |reply| service(vec![], vec![reply]).transaction(ours.compute_txid());
    assert_eq!(ask(Reply::new(200, encode_hex(&ours))).expect("an answer"), Some(ours.clone()));
    assert_eq!(ask(Reply::new(404, "")).expect("not known"), None);
    let beef = beef();
    let other = ask(Reply::new(200, encode_hex(beef.subject()))).expect_err("another transaction");
    let source = other.source.downcast_ref();
    assert!(matches!(source, Some(ServiceError::OtherTransaction { .. })), "{source:?}");
}

#[test]
fn fault__arc_missed_the_block__explorers_word_is_taken() {
    let txid = transaction().compute_txid();
    let in_mempool = Reply::new(200, json!([{ "txid": txid.to_string() }]).to_string());
    let statuses = [ArcStatus::Queued, ArcStatus::SeenOnNetwork, ArcStatus::DoubleSpendAttempted];
    for status in [&statuses[..], &[ArcStatus::MinedInStaleBlock]].concat() {
        let ask = |explorer| service(vec![report(status)], vec![explorer]).status(txid);
        let mined = ask(mined_at_explorer()).expect("an answer");
        assert_eq!(mined, Some(mined_in_block(3)), "{status:?}");
        assert_eq!(ask(in_mempool.clone()).expect("an answer"), Some(WAITS), "{status:?}");
        // Without the explorer it is not known whether it is mined.
        assert_eq!(ask(Reply::Close).expect_err("no answer").retry, Retry::Safe, "{status:?}");
    }
}

#[test]
fn status__arc_knows_nothing_or_fails__explorer_decides_only_what_it_knows() {
    let txid = transaction().compute_txid();
    let mined = Some(mined_in_block(3));
    let ask = |arc, explorer| service(vec![arc], vec![explorer]).status(txid);
    assert_eq!(ask(unknown_to_arc(), mined_at_explorer()).expect("an answer"), mined);
    assert_eq!(ask(unknown_to_arc(), unknown_to_explorer()).expect("an answer"), None);
    assert_eq!(ask(unknown_to_arc(), Reply::Close).expect_err("no answer").retry, Retry::Safe);
    assert_eq!(ask(Reply::new(500, ""), mined_at_explorer()).expect("an answer"), mined);
    // Not known to the explorer and no word of ARC: that is no answer.
    let silent = ask(Reply::new(500, ""), unknown_to_explorer()).expect_err("no answer");
    let source = silent.source.downcast_ref();
    assert!(matches!(source, Some(ServiceError::Status { status: 500, .. })), "{source:?}");
    assert_eq!(silent.retry, Retry::Safe);
}

#[test]
fn status__proof_of_arc_against_header__must_agree() {
    let beef = beef();
    let (parent, path) = (beef.transactions().next().expect("two").compute_txid(), &beef.paths()[0]);
    let mined = || {
        let fields = json!({
            "txStatus": "MINED", "blockHash": BLOCK, "blockHeight": path.block_height(), "merklePath": path.to_hex(),
        });
        report_with(parent, &fields)
    };
    let root = path.root().to_string();
    let ask = |reply| service(vec![mined()], vec![reply]).status(parent);
    let proved = ask(header(&json!({ "merkleroot": root }))).expect("both agree");
    assert_eq!(proved, Some(mined_in_block(330_021)));
    let stale = ask(header(&json!({ "merkleroot": root, "confirmations": -1 }))).expect("beside the chain");
    assert_eq!((stale, ask(Reply::new(404, "")).expect("not there yet")), (Some(WAITS), Some(WAITS)));
    let forged = ask(header(&json!({}))).expect_err("another root");
    let source = forged.source.downcast_ref();
    assert!(matches!(source, Some(ServiceError::Contradiction { txid, .. }) if *txid == parent), "{source:?}");
}

#[test]
fn broadcast__arc_misses_what_is_spent__gets_the_extended_format() {
    let beef = beef();
    let (parent, subject) = (beef.transactions().next().expect("two"), beef.subject());
    let not_extended = || Reply::new(460, recorded("arc/error_460.json"));
    let taken = report_with(subject.compute_txid(), &json!({}));
    let (mut chain, of_arc, of_explorer) =
        asked_service(vec![not_extended(), taken], vec![Reply::new(200, encode_hex(parent))]);
    assert_eq!(chain.broadcast(subject).expect("taken"), subject.compute_txid());
    let sent: Vec<_> = of_arc.try_iter().map(|request| request.json()["rawTx"].clone()).collect();
    let extended = beef.extended().expect("its parent is there").to_hex();
    assert_eq!(sent, [json!(encode_hex(subject)), json!(extended)]);
    let line = of_explorer.recv().expect("one request").line;
    assert_eq!(line, format!("GET /api/tx/{}/hex HTTP/1.1", parent.compute_txid()));

    let unknown_parent = service(vec![not_extended()], vec![Reply::new(404, "")]).broadcast(subject);
    let rejection = unknown_parent.expect_err("ARC's refusal stands");
    assert_eq!(rejection.rejection().map(|rejection| rejection.code), Some(460));
    let silent = service(vec![not_extended()], vec![Reply::Close]).broadcast(subject).expect_err("no verdict");
    assert_eq!((silent.rejection(), silent.retry()), (None, Retry::Safe));
}

#[test]
fn unspent__explorer__gives_the_output_or_none() {
    let beef = beef();
    let parent = beef.transactions().next().expect("two");
    let outpoint = beef.subject().input[0].previous_output;
    let raw = || Reply::new(200, encode_hex(parent));
    let ask = |replies| service(vec![], replies).unspent(outpoint);
    let unspent = ask(vec![Reply::new(404, ""), raw()]).expect("an answer");
    assert_eq!(unspent.as_ref(), parent.output.first());
    assert_eq!(ask(vec![Reply::new(200, recorded("explorer/spent.json"))]).expect("spent"), None);
    let elsewhere = tx_builder::OutPoint::new(parent.compute_txid(), 1);
    let beyond = service(vec![], vec![Reply::new(404, ""), raw()]).unspent(elsewhere);
    assert_eq!(beyond.expect("an answer"), None, "the transaction has one output");
    assert_eq!(ask(vec![Reply::Close]).expect_err("no answer").retry, Retry::Safe);
}

#[test]
fn fault__explorer_behind__coin_it_does_not_know_is_no_answer() {
    let outpoint = beef().subject().input[0].previous_output;
    let ask = |replies| service(vec![], replies).unspent(outpoint);
    // It does not know the output; it calls it unspent, as no spender is known, and does not know its transaction.
    for replies in [vec![Reply::new(400, "")], vec![Reply::new(404, ""), Reply::new(404, "")]] {
        let error = ask(replies).expect_err("no answer");
        let source = error.source.downcast_ref();
        assert!(matches!(source, Some(ServiceError::UnknownCoin { coin }) if *coin == outpoint), "{source:?}");
        assert_eq!(error.retry, Retry::Safe);
    }
    // The twin: a spender.
    assert_eq!(ask(vec![Reply::new(200, recorded("explorer/spent.json"))]).expect("spent"), None);
}

#[test]
fn fault__words_of_a_refusal__are_cut_and_cannot_steer_a_terminal() {
    let (txid, tail) = (transaction().compute_txid(), "x".repeat(300));
    let hostile = format!("\u{1b}[2J\r\u{9b}1m\u{202e}\"fee\" {tail}");
    let shown = format!("\\u{{1b}}[2J\\r\\u{{9b}}1m\\u{{202e}}\"fee\" {}", &tail[..185]);
    let reason = |refused: Result<Txid, BroadcastError>| match refused {
        Err(BroadcastError::Rejected(rejection)) => rejection.reason,
        other => panic!("{other:?}"),
    };
    // ARC's problem document, its report of a rejection, and the explorer's node.
    let problem = Reply::new(465, json!({ "status": 465, "detail": hostile }).to_string());
    assert_eq!(reason(service(vec![problem], vec![]).broadcast(&transaction())), shown);
    let rejected = report_with(txid, &json!({ "txStatus": "REJECTED", "extraInfo": hostile }));
    assert_eq!(reason(service(vec![rejected], vec![]).broadcast(&transaction())), shown);
    let chain = service(vec![], vec![Reply::new(400, hostile.clone())]);
    assert_eq!(reason(chain.explorer().broadcast(&transaction())), shown);
    // The twin: plain words stay as they are.
    let plain = report_with(txid, &json!({ "txStatus": "REJECTED", "extraInfo": "66: \"low\" fee's \\ é" }));
    assert_eq!(reason(service(vec![plain], vec![]).broadcast(&transaction())), "66: \"low\" fee's \\ é");
}

#[test]
fn spender__explorer__names_it() {
    let ask = |reply| service(vec![], vec![reply]).spender(tx_builder::OutPoint::new(txid_of("1"), 0));
    let spender = "87645a7c4a9a5a9b9cd1468db19cdba44129c35cc487fc57c4d8843141ad2551".parse().ok();
    assert_eq!(ask(Reply::new(200, recorded("explorer/spent.json"))).expect("documented"), spender);
    for nobody in [Reply::new(404, ""), Reply::new(400, "")] {
        assert_eq!(ask(nobody).expect("documented"), None);
    }
    assert_eq!(ask(Reply::Close).expect_err("no answer").retry, Retry::Safe);
}

#[test]
fn broadcast__conflict__names_the_rival_if_anybody_does() {
    let own = transaction().compute_txid();
    let rival = |arc, explorer| {
        let refused = service(vec![arc], explorer).broadcast(&transaction()).expect_err("refused");
        refused.rejection().unwrap_or_else(|| panic!("{refused:?}")).rival
    };
    let named = json!({ "txStatus": "REJECTED", "competingTxs": [txid_of("a").to_string()] });
    assert_eq!(rival(report_with(own, &named), vec![]), Some(txid_of("a")));
    let conflict = || Reply::new(466, recorded("arc/error_466.json"));
    let spent_by = |txid: Txid| Reply::new(200, json!({ "txid": txid.to_string(), "vin": 0 }).to_string());
    assert_eq!(rival(conflict(), vec![spent_by(txid_of("b"))]), Some(txid_of("b")));
    assert_eq!(rival(conflict(), vec![spent_by(own)]), None, "it spends its coin itself");
    for silence in [Reply::new(404, ""), Reply::Close] {
        assert_eq!(rival(conflict(), vec![silence]), None, "the refusal stands without the name");
    }
    let fee = Reply::new(465, recorded("arc/error_465.json"));
    assert_eq!(rival(fee, vec![spent_by(txid_of("b"))]), None, "it is not about coins");
}

#[test]
fn info__is_the_explorers() {
    let info = service(vec![], vec![Reply::new(200, recorded("explorer/chain_info.json"))]).info();
    let info = info.expect("documented");
    assert_eq!((info.network.as_str(), info.median_time), ("main", Some(1_752_242_156)));
    // Explorers of which only what is needed is known.
    let short = json!({ "chain": "test", "blocks": 7 }).to_string();
    assert_eq!(service(vec![], vec![Reply::new(200, short)]).info().expect("enough").median_time, None);
    let silent = service(vec![], vec![Reply::Truncated(200, recorded("explorer/chain_info.json"))]).info();
    assert_eq!(silent.expect_err("cut short").retry, Retry::Safe);
}
