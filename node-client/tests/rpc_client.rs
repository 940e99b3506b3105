//! The JSON-RPC client against a socket that replays what nodes answer, and what they should not.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use chain_types::{LockingScript, Satoshis};
use ledger::{BroadcastError, Chain as _, Retry};
use node_client::{Auth, RpcClient, RpcError, RpcNode};
use serde_json::{Value, json};
use tx_builder::{OutPoint, Transaction, Txid, decode_hex, transaction_output};

const TRANSACTION: &str = "0100000001111111111111111111111111111111111111111111111111111111111111111100000000\
     0151ffffffff010100000000000000015100000000";

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Reply {
    Http(u16, &'static str),
    Moved(&'static str),
    Hang,
    Close,
}

/// A server that gives one reply per connection; what it was asked arrives at the receiver.
fn serve(replies: Vec<Reply>) -> (RpcClient, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, receiver) = channel();
    let is_silent = replies.iter().any(|reply| matches!(reply, Reply::Hang));
    thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&stream);
            // Most tests do not look at what was asked.
            let _ = asked.send(request);
            match reply {
                Reply::Http(status, body) => {
                    let len = body.len();
                    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
                    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
                }
                Reply::Moved(to) => {
                    let head =
                        format!("HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    stream.write_all(head.as_bytes()).unwrap();
                }
                Reply::Hang => thread::sleep(Duration::from_secs(20)),
                Reply::Close => drop(stream),
            }
        }
    });
    let auth = Auth::password("user".to_owned(), "pass".to_owned());
    // A busy machine must not look like a silent server.
    let timeout = Duration::from_millis(if is_silent { 500 } else { 20_000 });
    (RpcClient::new(url, auth, timeout).unwrap(), receiver)
}

/// The authorization header and the body.
fn read_request(stream: &TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let (mut len, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => len = value.parse().unwrap(),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => authorization = value.to_owned(),
            Some(_) => {}
            None if line.is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    (authorization, serde_json::from_slice(&body).unwrap())
}

fn call(reply: Reply) -> Result<u32, RpcError> {
    serve(vec![reply]).0.call("getblockcount", json!([]))
}

fn node(reply: Reply) -> RpcNode {
    RpcNode::new(serve(vec![reply]).0)
}

fn transaction() -> Transaction {
    decode_hex(TRANSACTION).unwrap()
}

fn txid_of(digit: &str) -> Txid {
    digit.repeat(64).parse().unwrap()
}

#[test]
fn call__good_answer__gives_the_result_and_asks_properly() {
    let (client, asked) = serve(vec![Reply::Http(200, r#"{"result":7,"error":null,"id":"provelock"}"#)]);
    assert_eq!(client.call::<u32>("getblockcount", json!([1, "a"])).unwrap(), 7);
    let (authorization, request) = asked.recv().unwrap();
    assert_eq!(authorization, "Basic dXNlcjpwYXNz");
    let expected = json!({"jsonrpc": "1.0", "id": "provelock", "method": "getblockcount", "params": [1, "a"]});
    assert_eq!(request, expected);
    assert!(!format!("{client:?}").contains("pass"), "no password in debug output");
}

#[test]
fn call__error_of_the_node__keeps_code_and_words_whatever_the_status() {
    let body = r#"{"result":null,"error":{"code":-8,"message":"parameter 1 must be of length 64"},"id":1}"#;
    for status in [200, 404, 500] {
        match call(Reply::Http(status, body)) {
            Err(RpcError::Rpc { code: -8, message, .. }) => assert!(message.contains("length 64")),
            other => panic!("{other:?}"),
        }
    }
    let warming = call(Reply::Http(500, r#"{"result":null,"error":{"code":-28,"message":"Loading"},"id":1}"#));
    assert_eq!(warming.unwrap_err().retry(), Retry::Safe);
}

#[test]
fn call__http_failure__keeps_the_status() {
    for (status, body, retry) in [
        (401, "", Retry::Pointless),
        (403, "<html>", Retry::Pointless),
        (500, "Work queue depth exceeded", Retry::Pointless),
        (503, "", Retry::Safe),
        (500, r#"{"result":1,"error":null}"#, Retry::Pointless),
    ] {
        let error = call(Reply::Http(status, body)).unwrap_err();
        assert!(matches!(&error, RpcError::HttpStatus { status: got, .. } if got.as_u16() == status), "{error:?}");
        assert_eq!(error.retry(), retry);
    }
}

#[test]
fn call__answer_of_another_form__is_a_schema_error_with_an_excerpt() {
    for body in ["nonsense", "[]", "", r#"{"result":"7","error":null}"#, r#"{"result":null,"error":"text"}"#, "{}"] {
        let error = call(Reply::Http(200, body)).unwrap_err();
        assert!(matches!(&error, RpcError::Schema { excerpt, .. } if excerpt == body), "{body}: {error:?}");
        assert_eq!(error.retry(), Retry::LookFirst);
    }
}

#[test]
fn new__address_that_would_show_the_login__is_refused() {
    let new = |url: &str| {
        let auth = Auth::password("user".to_owned(), "pass".to_owned());
        RpcClient::new(url.to_owned(), auth, Duration::from_millis(500))
    };
    for url in ["http://127.0.0.1:18332", "http://localhost:18332/", "http://[::1]:18332"] {
        assert!(new(url).is_ok(), "{url}");
    }
    for url in ["http://node.example:8332", "http://192.168.0.2:8332", "http://127.0.0.1.example:8332"] {
        let error = new(url).unwrap_err();
        assert!(matches!(&error, RpcError::LoginInTheClear { url: found } if found == url), "{error:?}");
        assert!(error.to_string().contains("not on this machine"), "{error}");
    }
    let error = new("https://127.0.0.1:8332").unwrap_err();
    assert!(matches!(error, RpcError::Https { .. }), "{error:?}");
    for url in ["http://me:secret@127.0.0.1:8332", "http://127.0.0.1:8332@node.example", "ftp://127.0.0.1", "127", ""] {
        let error = new(url).unwrap_err();
        assert!(matches!(error, RpcError::Url { .. }), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        assert_eq!(error.retry(), Retry::Pointless);
    }
}

#[test]
fn call__redirect__is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let to = format!("http://{}", elsewhere.local_addr().unwrap());
    let error = call(Reply::Moved(Box::leak(to.into_boxed_str()))).unwrap_err();
    assert!(matches!(&error, RpcError::HttpStatus { status, .. } if status.as_u16() == 307), "{error:?}");
    assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn call__answer_longer_than_the_limit__is_refused() {
    const BODY: &str = r#"{"result":7,"error":null}"#;
    let limit = BODY.len() as u64;
    let ask = |limit| serve(vec![Reply::Http(200, BODY)]).0.with_limit(limit).call::<u32>("getblockcount", json!([]));
    assert_eq!(ask(limit).unwrap(), 7);
    let error = ask(limit - 1).unwrap_err();
    assert!(matches!(error, RpcError::TooLarge { limit: 24, .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::LookFirst);
}

#[test]
fn call__no_answer__is_a_transport_error_that_says_which() {
    let timeout = call(Reply::Hang).unwrap_err();
    assert!(matches!(&timeout, RpcError::Transport { source, .. } if source.is_timeout()), "{timeout:?}");
    assert_eq!(timeout.retry(), Retry::LookFirst);
    let closed = call(Reply::Close).unwrap_err();
    assert!(matches!(&closed, RpcError::Transport { source, .. } if !source.is_timeout()), "{closed:?}");
    let auth = Auth::password(String::new(), String::new());
    let client = RpcClient::new("http://127.0.0.1:1".to_owned(), auth, Duration::from_secs(20)).unwrap();
    let refused = client.call::<u32>("getblockcount", json!([])).unwrap_err();
    assert!(matches!(&refused, RpcError::Transport { source, .. } if source.is_connect()), "{refused:?}");
    assert_eq!(refused.retry(), Retry::Safe);
}

#[test]
fn broadcast__each_answer__is_sorted() {
    let refusal = |code: i64, message: &str| {
        let body = json!({"result": null, "error": {"code": code, "message": message}, "id": 1}).to_string();
        let body: &'static str = Box::leak(body.into_boxed_str());
        node(Reply::Http(500, body)).broadcast(&transaction()).unwrap_err()
    };
    for (code, message) in [(-26, "64: dust"), (-25, "Missing inputs"), (-22, "TX decode failed")] {
        let error = refusal(code, message);
        let rejection = error.rejection().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!((rejection.code, rejection.reason.as_str()), (code, message));
        assert_eq!(error.retry(), Retry::Pointless);
    }
    for (code, message) in [
        (-27, "Transaction already in block chain"),
        (-26, "257: txn-already-known"),
        (-27, "Transaction already in the mempool"),
    ] {
        let error = refusal(code, message);
        let known = transaction().compute_txid();
        assert!(matches!(error, BroadcastError::AlreadyKnown { txid } if txid == known), "{error:?}");
    }
    let warming = refusal(-28, "Loading block index...");
    assert!(matches!(warming, BroadcastError::Chain(_)), "{warming:?}");
    assert_eq!(warming.retry(), Retry::Safe);
    let lost = node(Reply::Close).broadcast(&transaction()).unwrap_err();
    assert_eq!((lost.rejection(), lost.retry()), (None, Retry::Safe), "a transaction may be sent again");
}

#[test]
fn broadcast__taken__gives_the_txid_the_node_says() {
    let (client, asked) = serve(vec![Reply::Http(
        200,
        r#"{"result":"2222222222222222222222222222222222222222222222222222222222222222","error":null}"#,
    )]);
    assert_eq!(RpcNode::new(client).broadcast(&transaction()).unwrap(), txid_of("2"));
    let (_, request) = asked.recv().unwrap();
    assert_eq!((&request["method"], &request["params"]), (&json!("sendrawtransaction"), &json!([TRANSACTION])));
    let not_a_txid = node(Reply::Http(200, r#"{"result":"22","error":null}"#)).broadcast(&transaction());
    assert!(matches!(not_a_txid, Err(BroadcastError::Chain(_))));
}

#[test]
fn unspent__output__is_exact_and_anything_else_is_refused() {
    let ask = |body| node(Reply::Http(200, body)).unspent(OutPoint::new(txid_of("1"), 0));
    let found = ask(r#"{"result":{"value":0.00000001,"scriptPubKey":{"hex":"51","type":"x"}},"error":null}"#);
    assert_eq!(found.unwrap(), Some(transaction_output(LockingScript::from_bytes(vec![0x51]), Satoshis(1))));
    assert_eq!(ask(r#"{"result":null,"error":null}"#).unwrap(), None);
    for body in [
        r#"{"result":{"value":1e-8,"scriptPubKey":{"hex":"51"}},"error":null}"#,
        r#"{"result":{"value":-1,"scriptPubKey":{"hex":"51"}},"error":null}"#,
        r#"{"result":{"value":1,"scriptPubKey":{"hex":"5"}},"error":null}"#,
        r#"{"result":{"value":1},"error":null}"#,
        // Not the same as no output.
        r#"{"error":null}"#,
        "{}",
    ] {
        let error = ask(body).unwrap_err();
        let source = error.source.downcast_ref::<RpcError>();
        assert!(matches!(source, Some(RpcError::Schema { .. })), "{body}: {source:?}");
    }
}

#[test]
fn status__unknown_or_no_index__are_told_apart() {
    let ask = |status, body| node(Reply::Http(status, body)).status(txid_of("1"));
    let waiting = ask(200, r#"{"result":{"txid":"11"},"error":null}"#).unwrap().unwrap();
    assert_eq!((waiting.confirmations, waiting.block), (0, None));
    let stale = r#"{"result":{"confirmations":0,"blockhash":"1111111111111111111111111111111111111111111111111111111111111111"},"error":null}"#;
    assert_eq!(ask(200, stale).unwrap(), None, "only in a block that is not in the chain any more");
    let unknown = r#"{"result":null,"error":{"code":-5,"message":"No such mempool or blockchain transaction."}}"#;
    assert_eq!(ask(500, unknown).unwrap(), None);
    let no_index = r#"{"result":null,"error":{"code":-5,"message":"No such mempool transaction. Use -txindex to .."}}"#;
    assert_eq!(ask(500, no_index).unwrap_err().retry, Retry::Pointless);
}

#[test]
fn auth__cookie_file__is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".cookie");
    assert!(Auth::cookie(&path).is_err());
    for other in [
        "",
        "secret",
        "__cookie__:",
        ":secret",
        "__cookie__:secret\nmore:secret\n",
        "__cookie__:a secret\n",
        "{\"format\":\"provelock-key\"}",
        "age-encryption.org/v1 -> scrypt: x",
    ] {
        std::fs::write(&path, other).unwrap();
        let refused = Auth::cookie(&path).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData, "{other}");
        assert!(refused.to_string().contains("expected one line USER:PASSWORD"), "{refused}");
    }
    std::fs::write(&path, [&b"u:"[..], &[b'x'; 999]].concat()).unwrap();
    assert!(Auth::cookie(&path).is_err(), "longer than any login");
    for good in ["alice:x:y", "a-b.c@d_e:p\r\n"] {
        std::fs::write(&path, good).unwrap();
        Auth::cookie(&path).unwrap();
    }
    std::fs::write(&path, "__cookie__:secret\n").unwrap();
    let text = format!("{:?}", Auth::cookie(&path).unwrap());
    assert!(text.contains("__cookie__") && !text.contains("secret"), "{text}");
}

#[test]
fn merkle_path__each_answer__is_checked() {
    // Block 575,045 of the main chain, and the place of its last transaction of five.
    const BLOCK: &str = "000000000000000004a288072ebb35e37233f419918f9783d499979cb6ac33eb";
    const ROOT: &str = "4ebcba09addd720991d03473f39dce4b9a72cc164e505cd446687a54df9b1585";
    const TXID: &str = "0f9d562702259822778193ff46f0c6d5e4aa744a433982770d3134e2bf454d10";
    // None of the block's.
    const OTHER: &str = "db82ce24f6e6d3f47e7ac6cdbb9a6e4e6a5e1ae9d5a8eb3c9eb3c55e2e1a5b0e";
    let result = |result: Value| {
        let body = json!({"result": result, "error": null, "id": 1}).to_string();
        Reply::Http(200, Box::leak(body.into_boxed_str()))
    };
    let mined = || result(json!({"confirmations": 3, "blockhash": BLOCK}));
    let header = |root: &str, confirmations: i64| {
        result(json!({"height": 575_045, "merkleroot": root, "confirmations": confirmations}))
    };
    let ask = |replies| RpcNode::new(serve(replies).0).merkle_path(TXID.parse().unwrap());
    let not_found = |code: i64| {
        let body = json!({"result": null, "error": {"code": code, "message": "not found"}, "id": 1}).to_string();
        Reply::Http(500, Box::leak(body.into_boxed_str()))
    };

    assert_eq!(ask(vec![not_found(-5)]).unwrap(), None, "not known");
    assert_eq!(ask(vec![result(json!({}))]).unwrap(), None, "not mined");
    assert_eq!(ask(vec![mined(), header(ROOT, -1)]).unwrap(), None, "not on the longest chain");
    let alone = ask(vec![mined(), header(TXID, 3), not_found(-5), result(json!({"tx": [TXID]}))]);
    assert_eq!(alone.unwrap().unwrap().root().to_string(), TXID);
    let absent = ask(vec![mined(), header(ROOT, 3), not_found(-5), result(json!({"tx": [ROOT, TXID]}))]);
    assert!(matches!(absent, Err(RpcError::Rpc { code: -5, .. })), "{absent:?}");
    for proof in [
        json!({"index": 4, "txOrId": TXID, "nodes": ["*", "*", OTHER]}),
        json!({"index": 4, "txOrId": ROOT, "nodes": ["*", "*", OTHER]}),
        json!({"index": 5, "txOrId": TXID, "nodes": ["*", "*", OTHER]}),
        json!({"index": 4, "txOrId": TXID, "nodes": ["x"]}),
        json!({"index": 4, "txOrId": TXID}),
    ] {
        let refused = ask(vec![mined(), header(ROOT, 3), result(proof.clone())]);
        assert!(matches!(refused, Err(RpcError::Schema { .. })), "{proof}: {refused:?}");
    }
}

#[test]
fn has_merkle_root__height_beyond_the_tip__is_no() {
    let beyond = r#"{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":1}"#;
    let root = "1".repeat(64).parse().unwrap();
    assert!(!node(Reply::Http(500, beyond)).has_merkle_root(9, root).unwrap());
    assert!(node(Reply::Http(500, "")).has_merkle_root(9, root).is_err());
}
