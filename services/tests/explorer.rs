//! The client of an explorer against a server that replays what WhatsOnChain answers, and what nobody should.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use chain_types::{LockingScript, Satoshis};
use common::{Reply, beef, recorded, serve, transaction, txid_of};
use ledger::{BroadcastError, Retry, TxStatus};
use serde_json::{Value, json};
use services::{
    ApiKey, ServiceError,
    explorer::{BlockInfo, Explorer, Spending},
};
use tx_builder::{BlockHash, MerklePath, OutPoint, Txid, encode_hex};

fn explorer(reply: Reply) -> Explorer {
    Explorer::new(serve(vec![reply]).0)
}

/// The script of the documented example of unspent outputs.
fn script() -> LockingScript {
    let address: tx_builder::Address = "1L2F8wYxTRagCZLnsm2engg8ngGECSeuE5".parse().expect("an address");
    LockingScript::p2pkh(&address.pubkey_hash.0)
}

fn altered(name: &str, fields: &Value) -> String {
    let mut document: Value = serde_json::from_str(&recorded(name)).expect("JSON");
    for (name, value) in fields.as_object().expect("fields") {
        document[name] = value.clone();
    }
    document.to_string()
}

#[test]
fn info__documented__names_chain_and_height() {
    let (endpoint, asked) = serve(vec![Reply::new(200, recorded("explorer/chain_info.json"))]);
    let key = ApiKey::new("woc-key".to_owned()).expect("printable");
    let explorer = Explorer::new(endpoint.with_key(key).expect("this machine"));
    let info = explorer.info().expect("documented");
    assert_eq!((info.network.as_str(), info.version, info.height), ("main", None, 905_064));
    let request = asked.recv().expect("one request");
    assert_eq!(request.line, "GET /api/chain/info HTTP/1.1");
    assert_eq!(request.header("authorization"), Some("woc-key"));
    assert!(!format!("{explorer:?}").contains("woc-key"));
}

#[test]
fn coins__documented__are_the_unspent_ones_of_every_page() {
    let page = |token: &str| altered("explorer/unspent_all.json", &json!({ "nextPageToken": token }));
    let (endpoint, asked) = serve(vec![Reply::new(200, page("0a1b")), Reply::new(200, page(""))]);
    let coins = Explorer::new(endpoint).coins(&script()).expect("documented");
    let found: Vec<_> = coins.iter().map(|coin| (coin.outpoint.vout, coin.value)).collect();
    assert_eq!(found, [(1, Satoshis(98)), (99, Satoshis(1000))].repeat(2));
    assert!(coins.iter().all(|coin| coin.locking_script == script()));
    let path = "/api/script/b3005d46af31c4b5675b73c17579b7bd366dfe10635b7b43ac111aea5226efb6/unspent/all";
    let lines: Vec<_> = asked.try_iter().map(|request| request.line).collect();
    assert_eq!(lines, [format!("GET {path} HTTP/1.1"), format!("GET {path}?token=0a1b HTTP/1.1")]);
}

#[test]
fn coins__none__is_an_empty_list() {
    for reply in [
        Reply::new(404, ""),
        Reply::new(200, r#"{"result":null,"error":""}"#),
        Reply::new(200, r#"{"result":[],"error":""}"#),
    ] {
        assert_eq!(explorer(reply).coins(&script()).expect("an answer"), []);
    }
}

#[test]
fn coins__impossible__are_refused() {
    let coin = |fields: Value| altered("explorer/unspent_all.json", &json!({ "result": [fields] }));
    for body in [
        coin(json!({"tx_pos": 0, "tx_hash": "12", "value": 1})),
        coin(json!({"tx_pos": 0, "tx_hash": txid_of("1").to_string(), "value": 2_100_000_000_000_001_u64})),
        coin(json!({"tx_pos": 0, "tx_hash": txid_of("1").to_string(), "value": -1})),
        coin(json!({"tx_pos": 4_294_967_296_u64, "tx_hash": txid_of("1").to_string(), "value": 1})),
        altered("explorer/unspent_all.json", &json!({ "error": "something" })),
        altered("explorer/unspent_all.json", &json!({ "nextPageToken": "a&b=/../" })),
        "[]".to_owned(),
    ] {
        let error = explorer(Reply::new(200, &body)).coins(&script()).expect_err("impossible");
        assert!(matches!(error, ServiceError::Schema { .. }), "{body}: {error:?}");
    }
}

#[test]
fn transaction__raw__is_checked_against_its_txid() {
    let txid = transaction().compute_txid();
    let raw = encode_hex(&transaction());
    for body in [raw.clone(), format!("\"{raw}\"\n")] {
        let (endpoint, asked) = serve(vec![Reply::new(200, body)]);
        assert_eq!(Explorer::new(endpoint).transaction(txid).expect("its bytes"), Some(transaction()));
        assert_eq!(asked.recv().expect("one request").line, format!("GET /api/tx/{txid}/hex HTTP/1.1"));
    }
    assert_eq!(explorer(Reply::new(404, "Not Found")).transaction(txid).expect("not known"), None);
    let other = explorer(Reply::new(200, &raw)).transaction(txid_of("1")).expect_err("another one");
    assert!(matches!(other, ServiceError::OtherTransaction { found, .. } if found == txid), "{other:?}");
    for body in ["", "<html>", &raw[2..]] {
        let error = explorer(Reply::new(200, body)).transaction(txid).expect_err("no transaction");
        assert!(matches!(error, ServiceError::Schema { .. }), "{error:?}");
        assert_eq!(error.retry(), Retry::Safe);
    }
}

#[test]
fn status__documented__tells_mined_waiting_and_unknown() {
    let ask = |name: &str, txid: &str| {
        let (endpoint, asked) = serve(vec![Reply::new(200, recorded(name))]);
        let status = Explorer::new(endpoint).status(txid.parse().expect("a txid")).expect("documented");
        let request = asked.recv().expect("one request");
        assert_eq!(request.line, "POST /api/txs/status HTTP/1.1");
        assert_eq!(request.json(), json!({ "txids": [txid] }));
        status
    };
    let mined = ask("explorer/status_mined.json", "294cd1ebd5689fdee03509f92c32184c0f52f037d4046af250229b97e0c8f1aa");
    let block = "000000000000000004b5ce6670f2ff27354a1e87d0a01bf61f3307f4ccd358b5".parse().expect("a hash");
    assert_eq!(mined, Some(TxStatus::mined(block, 278_272)));
    let waiting =
        ask("explorer/status_waiting.json", "6815f8014db74eab8b7f75925c68929597f1d97efa970109d990824c25e5e62b");
    assert_eq!(waiting, Some(TxStatus::WAITING));
    let unknown =
        ask("explorer/status_unknown.json", "6815f8014db74eab8b7f75925c68929597f1d97efa970109d990824c25e5e62c");
    assert_eq!(unknown, None);
}

#[test]
fn status__anything_else__is_an_error() {
    let txid = txid_of("1");
    let status = |fields: Value| {
        let mut entry = json!({ "txid": txid.to_string() });
        fields.as_object().expect("fields").iter().for_each(|(name, value)| entry[name] = value.clone());
        json!([entry]).to_string()
    };
    for body in [
        "[]".to_owned(),
        "{}".to_owned(),
        status(json!({"blockhash": "12"})),
        status(json!({"error": "busy"})),
        r#"[{"txid":"12"}]"#.to_owned(),
    ] {
        let error = explorer(Reply::new(200, &body)).status(txid).expect_err("not documented");
        assert!(matches!(error, ServiceError::Schema { .. }), "{body}: {error:?}");
    }
    let other = explorer(Reply::new(200, recorded("explorer/status_mined.json"))).status(txid);
    assert!(matches!(other, Err(ServiceError::OtherTransaction { .. })), "{other:?}");
    for (reply, retry) in [
        (Reply::new(500, ""), Retry::Safe),
        (Reply::Hang, Retry::Safe),
        (Reply::Close, Retry::Safe),
        (Reply::new(401, ""), Retry::Pointless),
        (Reply::new(400, "Bad Request"), Retry::Pointless),
        (Reply::Huge(32 << 20), Retry::Pointless),
    ] {
        let error = explorer(reply.clone()).status(txid).expect_err("no answer");
        assert_eq!(error.retry(), retry, "{reply:?}: {error:?}");
    }
}

#[test]
fn spending__each_documented_answer__is_told_apart() {
    let outpoint = OutPoint::new(txid_of("1"), 2);
    let (endpoint, asked) = serve(vec![Reply::new(200, recorded("explorer/spent.json"))]);
    let spender = "87645a7c4a9a5a9b9cd1468db19cdba44129c35cc487fc57c4d8843141ad2551".parse().expect("a txid");
    assert_eq!(Explorer::new(endpoint).spending(outpoint).expect("documented"), Spending::By(spender));
    assert_eq!(asked.recv().expect("one request").line, format!("GET /api/tx/{}/2/spent HTTP/1.1", txid_of("1")));
    let ask = |reply| explorer(reply).spending(outpoint);
    assert_eq!(ask(Reply::new(404, "")).expect("documented"), Spending::Unspent);
    assert_eq!(ask(Reply::new(400, "")).expect("documented"), Spending::Unknown);
    assert!(matches!(ask(Reply::new(200, "{}")), Err(ServiceError::Schema { .. })));
    assert!(matches!(ask(Reply::new(200, r#"{"txid":"1"}"#)), Err(ServiceError::Schema { .. })));
    assert!(matches!(ask(Reply::new(503, "")), Err(ServiceError::Status { status: 503, .. })));
}

const BLOCK: &str = "000000000000000004a288072ebb35e37233f419918f9783d499979cb6ac33eb";

fn block() -> BlockHash {
    BLOCK.parse().expect("a block hash")
}

#[test]
fn block__documented__has_height_depth_and_root() {
    let (endpoint, asked) = serve(vec![Reply::new(200, recorded("explorer/header.json"))]);
    let found = Explorer::new(endpoint).block(block()).expect("documented").expect("known");
    assert_eq!(asked.recv().expect("one request").line, format!("GET /api/block/{BLOCK}/header HTTP/1.1"));
    let merkle_root = "4ebcba09addd720991d03473f39dce4b9a72cc164e505cd446687a54df9b1585".parse().expect("a root");
    assert_eq!(found, BlockInfo { height: 575_045, confirmations: 330_021, merkle_root });
    assert_eq!(explorer(Reply::new(404, "")).block(block()).expect("not known"), None);
    let ask = |fields| explorer(Reply::new(200, altered("explorer/header.json", &fields))).block(block());
    let stale = ask(json!({"confirmations": -1})).expect("a block beside the chain").expect("known");
    assert_eq!(stale.confirmations, 0);
    for fields in [json!({"hash": "0".repeat(64)}), json!({"merkleroot": "12"}), json!({"confirmations": 1_i64 << 40})]
    {
        assert!(matches!(ask(fields.clone()), Err(ServiceError::Schema { .. })), "{fields}");
    }
}

/// The five transactions of the documented block.
fn txids() -> [Txid; 5] {
    [
        "bb146889d71357667c58a37258f40b0521a6ba7a259fbfa721b747d55567551a",
        "c7e8317b48e72644e2b83c87c54f61bcda82326392f969a097fb801aed69b500",
        "fd39debc631cf1a97702052fa60303d53062d6f2c1b624ab1f5fc0d20233736f",
        "65cb37947ccb7c5b7cc4ac36a200613bfc39a7f7c6c0314a23dbcc5b3908b5b8",
        "0f9d562702259822778193ff46f0c6d5e4aa744a433982770d3134e2bf454d10",
    ]
    .map(|txid| txid.parse().expect("a txid"))
}

/// The proof of the last of them, in the form of BRC-10: twice no sibling, then the root of the other four.
fn proof(fields: &Value) -> String {
    let left =
        bitcoin::merkle_tree::calculate_root(txids()[..4].iter().map(|txid| txid.to_raw_hash())).expect("a root");
    let mut proof = json!({
        "index": 4, "txOrId": txids()[4].to_string(), "target": BLOCK, "nodes": ["*", "*", left.to_string()],
    });
    fields.as_object().expect("fields").iter().for_each(|(name, value)| proof[name] = value.clone());
    json!([proof]).to_string()
}

#[test]
fn merkle_path__of_a_block_of_the_main_chain__leads_to_its_header() {
    let txid = txids()[4];
    let header = || Reply::new(200, recorded("explorer/header.json"));
    let (endpoint, asked) = serve(vec![Reply::new(200, proof(&json!({}))), header()]);
    let path = Explorer::new(endpoint).merkle_path(txid).expect("documented").expect("mined");
    assert_eq!(path, MerklePath::of_block(575_045, &txids(), &[txid]).expect("it is in the block"));
    let lines: Vec<_> = asked.try_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [format!("GET /api/tx/{txid}/proof/tsc HTTP/1.1"), format!("GET /api/block/{BLOCK}/header HTTP/1.1")]
    );

    let ask = |replies| Explorer::new(serve(replies).0).merkle_path(txid);
    for nothing in ["null", "[]"] {
        assert_eq!(ask(vec![Reply::new(200, nothing)]).expect("not mined"), None);
    }
    assert_eq!(ask(vec![Reply::new(404, "")]).expect("not known"), None);
    let stale = Reply::new(200, altered("explorer/header.json", &json!({"confirmations": -1})));
    assert_eq!(ask(vec![Reply::new(200, proof(&json!({}))), stale]).expect("beside the chain"), None);
    let forged = ask(vec![Reply::new(200, proof(&json!({"nodes": ["*", "*", "0".repeat(64)]}))), header()]);
    assert!(matches!(forged, Err(ServiceError::Contradiction { txid: found, .. }) if found == txid), "{forged:?}");
    for fields in [
        json!({"txOrId": txids()[0].to_string()}),
        json!({"target": "12"}),
        json!({"nodes": ["x"]}),
        json!({"index": 5}),
        json!({"index": 1_u64 << 60}),
    ] {
        let error = ask(vec![Reply::new(200, proof(&fields)), header()]).expect_err("no proof");
        assert!(matches!(error, ServiceError::Schema { .. }), "{fields}: {error:?}");
    }
}

#[test]
fn broadcast__each_answer__is_sorted() {
    let txid = transaction().compute_txid();
    let (endpoint, asked) = serve(vec![Reply::new(200, format!("\"{txid}\"\n"))]);
    assert_eq!(Explorer::new(endpoint).broadcast(&transaction()).expect("taken"), txid);
    let request = asked.recv().expect("one request");
    assert_eq!(request.line, "POST /api/tx/raw HTTP/1.1");
    assert_eq!(request.json(), json!({ "txhex": encode_hex(&transaction()) }));

    let send = |reply| explorer(reply).broadcast(&transaction()).expect_err("not taken");
    for words in ["257: txn-already-known", "Transaction already in the mempool"] {
        let known = send(Reply::new(400, format!("unexpected response code 500: {words}")));
        assert!(matches!(known, BroadcastError::AlreadyKnown { txid: found } if found == txid), "{known:?}");
    }
    for words in ["258: txn-mempool-conflict", "Missing inputs", "66: insufficient priority"] {
        let refused = send(Reply::new(400, words));
        let rejection = refused.rejection().unwrap_or_else(|| panic!("{refused:?}"));
        assert_eq!((rejection.code, rejection.reason.as_str()), (-26, words));
    }
    let other = send(Reply::new(200, txid_of("2").to_string()));
    assert_eq!((other.rejection(), other.retry()), (None, Retry::Safe), "it may be sent again: {other:?}");
    for reply in [Reply::new(500, ""), Reply::new(200, "thanks"), Reply::Hang, Reply::Close] {
        let lost = send(reply);
        assert_eq!((lost.rejection(), lost.retry()), (None, Retry::Safe), "{lost:?}");
    }
}

#[test]
fn transaction__of_beef__proves_what_the_path_says() {
    // What an explorer gives is enough to make the proof that another wallet wants.
    let beef = beef();
    let parent = beef.transactions().next().expect("two");
    let raw = Reply::new(200, encode_hex(parent));
    let found = explorer(raw).transaction(parent.compute_txid()).expect("its bytes").expect("known");
    let again = tx_builder::Beef::new(vec![(found, Some(beef.paths()[0].clone()))], beef.subject().clone());
    assert_eq!(again.expect("whole"), beef);
}
