//! The client of ARC against a server that replays what ARC answers, and what nobody should.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::time::{Duration, Instant};

use chain_types::FeeRate;
use common::{Reply, Request, beef, recorded, recorded_about, serve, transaction, txid_of};
use ledger::{BroadcastError, Chain as _, Retry};
use serde_json::{Value, json};
use services::{
    ApiKey, Endpoint, EndpointError, Service, ServiceError,
    arc::{
        Arc, ArcStatus, Callback, CallbackError, CallbackToken, MinedIn, ProblemKind, Report, Submission, SubmitError,
        Updates, read_callback,
    },
    explorer::Explorer,
};
use tx_builder::encode_hex;

fn seen() -> String {
    recorded_about("arc/seen.json", transaction().compute_txid())
}

/// The recorded answer with some fields replaced.
fn seen_with(fields: &Value) -> String {
    let mut document: Value = serde_json::from_str(&seen()).expect("JSON");
    for (name, value) in fields.as_object().expect("fields") {
        document[name] = value.clone();
    }
    document.to_string()
}

fn submit(reply: Reply) -> Result<Report, SubmitError> {
    Arc::new(serve(vec![reply]).0).submit(Submission::Raw(&transaction()))
}

fn no_verdict(reply: Reply) -> ServiceError {
    match submit(reply) {
        Err(SubmitError::Service(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn token() -> CallbackToken {
    CallbackToken::new("c8a7-secret".to_owned()).expect("printable")
}

#[test]
fn submit__each_form__is_sent_as_documented() {
    let beef = beef();
    let extended = beef.extended().expect("its parent is there");
    let subject = recorded_about("arc/seen.json", beef.subject().compute_txid());
    let (endpoint, asked) = serve(vec![Reply::new(200, seen()), Reply::new(200, &subject), Reply::new(200, &subject)]);
    let arc = Arc::new(endpoint);
    for submission in [Submission::Raw(&transaction()), Submission::Extended(&extended), Submission::Beef(&beef)] {
        assert_eq!(arc.submit(submission).expect("taken").status, ArcStatus::SeenOnNetwork);
    }
    for raw in [encode_hex(&transaction()), extended.to_hex(), beef.to_hex()] {
        let request = asked.recv().expect("three requests");
        assert_eq!(request.line, "POST /api/v1/tx HTTP/1.1");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.json(), json!({ "rawTx": raw }));
        let optional = ["authorization", "x-callbackurl", "x-callbacktoken", "x-fullstatusupdates", "x-waitfor"];
        assert!(optional.iter().all(|name| request.header(name).is_none()), "{request:?}");
        assert!(request.headers.keys().all(|name| !name.starts_with("x-skip")), "every check stays on: {request:?}");
    }
}

#[test]
fn submit__key_callback_and_wait__are_headers_and_no_secret_is_shown() {
    let (endpoint, asked) = serve(vec![Reply::new(200, seen())]);
    let key = ApiKey::new("mainnet_1234567890".to_owned()).expect("printable");
    let callback = Callback::new("https://example.org/arc", token(), Updates::All).expect("an address");
    let arc = Arc::new(endpoint.with_key(key).expect("this machine"))
        .with_callback(callback)
        .with_wait(ArcStatus::SeenOnNetwork, Duration::from_secs(90));
    let shown = format!("{arc:?}");
    assert!(!shown.contains("mainnet_1234567890") && !shown.contains("c8a7"), "{shown}");

    arc.submit(Submission::Raw(&transaction())).expect("taken");
    let request = asked.recv().expect("one request");
    for (name, value) in [
        ("authorization", "Bearer mainnet_1234567890"),
        ("x-callbackurl", "https://example.org/arc"),
        ("x-callbacktoken", "c8a7-secret"),
        ("x-fullstatusupdates", "true"),
        ("x-waitfor", "SEEN_ON_NETWORK"),
        ("x-maxtimeout", "30"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
}

#[test]
fn submit__each_status__is_read() {
    for status in ArcStatus::ALL.into_iter().filter(|status| *status != ArcStatus::Mined) {
        let rivals = [txid_of("a"), txid_of("b")];
        let fields = json!({
            "txStatus": status.name(), "extraInfo": "words", "competingTxs": rivals.map(|txid| txid.to_string()),
        });
        let report = submit(Reply::new(200, seen_with(&fields))).expect("an answer");
        assert_eq!((report.status, report.mined_in, report.merkle_path), (status, None, None));
        assert_eq!((report.rivals.as_slice(), report.detail.as_deref()), (rivals.as_slice(), Some("words")));
    }
}

#[test]
fn submit__each_refusal__keeps_code_kind_and_words() {
    use ProblemKind as Kind;
    for (status, kind, words) in [
        (400, Kind::Request, "malformed"),
        (460, Kind::NotExtended, "Missing input scripts"),
        (461, Kind::UnlockingScripts, "Malformed transaction"),
        (462, Kind::Inputs, "non-existent or spent"),
        (463, Kind::Malformed, "Malformed transaction"),
        (464, Kind::Outputs, "Invalid outputs"),
        (465, Kind::Fee, "The fees are too low"),
        (466, Kind::Conflict, "conflicting tx"),
        (467, Kind::Beef, "mined ancestors not found"),
        (468, Kind::Beef, "Invalid BUMPs"),
        (469, Kind::Beef, "Merkle Roots validation failed"),
        (471, Kind::Frozen, "policy blacklisted"),
        (472, Kind::Frozen, "consensus blacklisted"),
        (473, Kind::CumulativeFee, "cumulative fee is too low"),
    ] {
        let reply = Reply::new(status, recorded(&format!("arc/error_{status}.json")));
        let Err(SubmitError::Refused(problem)) = submit(reply.clone()) else { panic!("{status} is a refusal") };
        assert_eq!((problem.status, problem.kind), (status, kind));
        assert!(problem.reason.contains(words), "{problem}");

        // The wallet sees a verdict, unless ARC only misses what the transaction spends: then it is sent again with that.
        let explorer = Explorer::new(serve(vec![Reply::new(404, "")]).0);
        let mut service = Service::new(Arc::new(serve(vec![reply]).0), explorer);
        let error = service.broadcast(&transaction()).expect_err("refused");
        assert_eq!(error.rejection().map(|rejection| rejection.code), Some(i64::from(status)), "{error:?}");
        assert_eq!(error.retry(), Retry::Pointless);
    }
}

#[test]
fn submit__refusal_within_a_success__is_one() {
    let Err(SubmitError::Refused(problem)) = submit(Reply::new(200, recorded("arc/outputs_463.json"))) else {
        panic!("the document says 463")
    };
    assert_eq!((problem.status, problem.kind), (463, ProblemKind::Malformed));
    assert!(problem.reason.ends_with("transaction output 0 satoshis is invalid"), "{problem}");
}

#[test]
fn submit__no_verdict__is_named_and_classed() {
    type Error = ServiceError;
    let generic = no_verdict(Reply::new(409, recorded("arc/error_409.json")));
    assert!(
        matches!(&generic, Error::Status { status: 409, excerpt, .. } if excerpt.contains("could not be")),
        "{generic:?}"
    );
    let broken = no_verdict(Reply::new(500, "<html>"));
    assert!(matches!(&broken, Error::Status { status: 500, .. }), "{broken:?}");
    let other_service = no_verdict(Reply::new(404, "no such page"));
    assert!(matches!(&other_service, Error::Status { status: 404, .. }), "{other_service:?}");
    let moved = no_verdict(Reply::Http(308, "Location: http://127.0.0.1:9/\r\n", String::new()));
    assert!(matches!(&moved, Error::Status { status: 308, .. }), "{moved:?}");
    let late = no_verdict(Reply::Hang);
    assert!(matches!(&late, Error::Timeout { .. }), "{late:?}");
    let closed = no_verdict(Reply::Close);
    assert!(matches!(&closed, Error::Broken { .. }), "{closed:?}");
    let cut = no_verdict(Reply::Truncated(200, seen()));
    assert!(matches!(&cut, Error::Broken { .. }), "{cut:?}");
    let huge = no_verdict(Reply::Huge(64 << 20));
    assert!(matches!(&huge, Error::TooLarge { limit: 0x10_0000, .. }), "{huge:?}");
    let key = no_verdict(Reply::new(401, ""));
    assert!(matches!(&key, Error::Unauthorized { status: 401, .. }), "{key:?}");
    for body in ["nonsense", "", "[]", "{}", "{\"txid\":\"22\",\"txStatus\":\"SEEN_ON_NETWORK\"}"] {
        let error = no_verdict(Reply::new(200, body));
        assert!(matches!(&error, Error::Schema { excerpt, .. } if excerpt == body), "{body}: {error:?}");
    }
    for fields in [
        json!({"txStatus": "CONFIRMED"}),
        json!({"blockHash": "12", "blockHeight": 1}),
        json!({"txStatus": "MINED"}),
        json!({"competingTxs": ["x"]}),
        json!({"merklePath": "00"}),
    ] {
        let error = no_verdict(Reply::new(200, seen_with(&fields)));
        assert!(matches!(&error, Error::Schema { .. }), "{fields}: {error:?}");
    }
    let endpoint = Endpoint::new("http://127.0.0.1:1").expect("an address");
    let Err(SubmitError::Service(refused)) = Arc::new(endpoint).submit(Submission::Raw(&transaction())) else {
        panic!("nobody listens")
    };
    assert!(matches!(&refused, Error::Connect { .. }), "{refused:?}");

    for (error, retry) in [
        (generic, Retry::LookFirst),
        (broken, Retry::LookFirst),
        (other_service, Retry::Pointless),
        (moved, Retry::Pointless),
        (late, Retry::LookFirst),
        (closed, Retry::LookFirst),
        (cut, Retry::LookFirst),
        (huge, Retry::Pointless),
        (key, Retry::Pointless),
        (refused, Retry::Safe),
    ] {
        assert_eq!(error.retry(), retry, "{error:?}");
    }
}

#[test]
fn submit__answer_about_another_transaction__is_refused() {
    let other = no_verdict(Reply::new(200, recorded("arc/seen.json")));
    let found = "c0d6fce714e4225614f000c6a5addaaa1341acbb9c87115114dcf84f37b945a6";
    assert!(
        matches!(&other, ServiceError::OtherTransaction { expected, found: other, .. }
            if *expected == transaction().compute_txid() && other.to_string() == found),
        "{other:?}"
    );
    assert_eq!(other.retry(), Retry::LookFirst);
}

#[test]
fn submit__asked_too_often__waits_as_told_and_not_forever() {
    let slow_down = |headers| Reply::Http(429, headers, String::new());
    let started = Instant::now();
    let (endpoint, asked) = serve(vec![slow_down("Retry-After: 1\r\n"), slow_down(""), Reply::new(200, seen())]);
    let report = Arc::new(endpoint).submit(Submission::Raw(&transaction())).expect("the third time");
    assert_eq!(report.status, ArcStatus::SeenOnNetwork);
    assert!(started.elapsed() >= Duration::from_secs(1), "a second, as the service asked");
    let bodies: Vec<_> = asked.try_iter().map(|request: Request| request.body).collect();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]), "the same request each time");

    let (endpoint, asked) = serve(vec![slow_down(""); 4]);
    let tired = Arc::new(endpoint).submit(Submission::Raw(&transaction())).expect_err("three repeats are allowed");
    let SubmitError::Service(tired) = tired else { panic!("{tired:?}") };
    // 5, 10 and 20 ms.
    assert!(
        matches!(&tired, ServiceError::RateLimited { waited, asked: None, .. } if *waited == Duration::from_millis(35)),
        "{tired:?}"
    );
    assert_eq!((tired.retry(), asked.try_iter().count()), (Retry::Safe, 4));

    let impatient = no_verdict(slow_down("Retry-After: 3600\r\n"));
    // An hour is longer than this client waits.
    assert!(
        matches!(&impatient, ServiceError::RateLimited { waited: Duration::ZERO, asked: Some(asked), .. }
            if asked.as_secs() == 3600),
        "{impatient:?}"
    );
}

#[test]
fn report__mined__has_block_and_path() {
    let beef = beef();
    let (parent, path) = (beef.transactions().next().expect("two").compute_txid(), &beef.paths()[0]);
    let block = "0000000000000aac89fbed163ed60061ba33bc0ab9de8e7fd8b34ad94c2414cd";
    let answer = |fields: &[(&str, Value)]| {
        let mut document: Value = serde_json::from_str(&recorded_about("arc/mined.json", parent)).expect("JSON");
        document["merklePath"] = path.to_hex().into();
        document["blockHeight"] = path.block_height().into();
        fields.iter().for_each(|(name, value)| document[*name] = value.clone());
        Reply::new(200, document.to_string())
    };
    let (endpoint, asked) = serve(vec![answer(&[])]);
    let report = Arc::new(endpoint).report(parent).expect("an answer").expect("it is known");
    assert_eq!(asked.recv().expect("one request").line, format!("GET /api/v1/tx/{parent} HTTP/1.1"));
    let block = block.parse().expect("a hash");
    assert_eq!(report.mined_in, Some(MinedIn { block, height: path.block_height() }));
    assert_eq!((report.status, report.merkle_path.as_ref()), (ArcStatus::Mined, Some(path)));

    for (reply, words) in [
        (answer(&[("blockHeight", 736_228.into())]), "block height"),
        (answer(&[("blockHash", "".into())]), "without its block"),
        (answer(&[("merklePath", "fe".into())]), "merkle path"),
        // The documented example proves other transactions than the one it names.
        (Reply::new(200, recorded_about("arc/mined.json", parent)), "does not contain"),
    ] {
        let error = Arc::new(serve(vec![reply]).0).report(parent).expect_err("it contradicts itself");
        let ServiceError::Schema { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains(words), "{source}");
        assert_eq!(error.retry(), Retry::Safe, "asking has no effect");
    }
}

#[test]
fn report__unknown__is_none_and_a_wrong_address_is_an_error() {
    let ask = |reply| Arc::new(serve(vec![reply]).0).report(txid_of("1"));
    assert_eq!(ask(Reply::new(404, recorded("arc/error_404.json"))).expect("ARC's words"), None);
    for body in ["<html>", "{}", r#"{"status":200}"#] {
        let error = ask(Reply::new(404, body)).expect_err("anybody's 404");
        assert!(matches!(error, ServiceError::Schema { .. }), "{error:?}");
    }
}

#[test]
fn policy__documented__is_a_fee_rate() {
    let ask = |body: String| Arc::new(serve(vec![Reply::new(200, body)]).0).policy();
    let policy = ask(recorded("arc/policy.json")).expect("documented");
    assert_eq!(policy.fee_rate, FeeRate(1));
    assert_eq!((policy.max_script_len, policy.max_transaction_len), (500_000, 10_000_000));
    assert_eq!(policy.takes_raw, Some(true));
    let fee = |satoshis: u64, bytes: u64| {
        let mut document: Value = serde_json::from_str(&recorded("arc/policy.json")).expect("JSON");
        document["policy"]["miningFee"] = json!({ "satoshis": satoshis, "bytes": bytes });
        ask(document.to_string()).map(|policy| policy.fee_rate.0)
    };
    for (satoshis, bytes, rate) in [(100, 1000, 100), (1, 3, 334), (0, 1, 0), (u64::MAX, 1000, u64::MAX)] {
        assert_eq!(fee(satoshis, bytes).expect("a rate"), rate, "{satoshis} for {bytes}");
    }
    for (satoshis, bytes) in [(1, 0), (u64::MAX, 1)] {
        assert!(matches!(fee(satoshis, bytes), Err(ServiceError::Schema { .. })), "{satoshis} for {bytes}");
    }
}

#[test]
fn health__documented__is_read() {
    let health = Arc::new(serve(vec![Reply::new(200, recorded("arc/health.json"))]).0).health().expect("documented");
    assert!(!health.is_healthy);
    assert_eq!((health.version.as_deref(), health.reason.as_deref()), (Some("v1.0.0"), Some("no db connection")));
}

#[test]
fn callback__documented__is_read_only_with_its_token() {
    let authorization = Some("Bearer c8a7-secret");
    let one = recorded("arc/callback_seen.json");
    let reports = read_callback(&token(), authorization, one.as_bytes()).expect("documented");
    assert_eq!((reports.len(), reports[0].status), (1, ArcStatus::SeenOnNetwork));
    let batch = recorded("arc/callbacks.json");
    let reports = read_callback(&token(), authorization, batch.as_bytes()).expect("documented");
    assert_eq!(reports[0].status, ArcStatus::DoubleSpendAttempted);
    assert_eq!(reports[0].rivals[0].to_string(), "505097ba93702491a8a8e5c195a3d2706baf9d43af5e8898aeace0e251f240d2");
    assert_eq!(reports[1].mined_in.map(|mined_in| mined_in.height), Some(837_394));

    for wrong in [
        None,
        Some(""),
        Some("c8a7-secret"),
        Some("Bearer "),
        Some("Bearer c8a7-secreT"),
        Some("Bearer c8a7-secret "),
        Some("bearer c8a7-secret"),
    ] {
        let error = read_callback(&token(), wrong, b"not even read").expect_err("another token");
        assert!(matches!(error, CallbackError::Token), "{wrong:?}: {error:?}");
    }
}

#[test]
fn callback__damaged__is_refused_by_name() {
    type Error = CallbackError;
    let read = |body: &str| read_callback(&token(), Some("Bearer c8a7-secret"), body.as_bytes()).expect_err("damaged");
    for body in ["", "[]", "null", "{}", "{\"count\":1}{"] {
        assert!(matches!(read(body), Error::Schema(_)), "{body}");
    }
    let miscounted = read(&recorded("arc/callbacks.json").replace("\"count\": 2", "\"count\": 3"));
    assert!(matches!(miscounted, Error::Count { expected: 3, found: 2 }), "{miscounted:?}");
    let empty = read(r#"{"count":1,"callbacks":null}"#);
    assert!(matches!(empty, Error::Count { expected: 1, found: 0 }), "{empty:?}");
    let status = read(&recorded("arc/callback_seen.json").replace("SEEN_ON_NETWORK", "SEEN"));
    assert!(matches!(status, Error::Content(_)), "{status:?}");
    let huge = read(&" ".repeat((1 << 20) + 1));
    assert!(matches!(huge, Error::TooLarge { len: 0x10_0001 }), "{huge:?}");
}

#[test]
fn endpoint__what_cannot_be_used__is_refused_by_name() {
    for text in [
        "",
        "arc.taal.com",
        "ftp://arc.taal.com",
        "https://",
        "https://user:pass@arc.taal.com",
        "https://arc.taal.com/?a=b",
        "https://arc.taal.com/#a",
        "https://a b",
    ] {
        assert!(matches!(Endpoint::new(text), Err(EndpointError::Url { found }) if found == text), "{text}");
    }
    let key = || ApiKey::new("k".to_owned()).expect("printable");
    for text in ["http://arc.example.org", "http://10.0.0.1:9090", "http://localhost.example.org"] {
        let refused = Endpoint::new(text).expect("an address").with_key(key()).expect_err("readable on the way");
        assert_eq!(refused, EndpointError::KeyInTheClear { base: text.to_owned() });
    }
    for text in
        [services::endpoints::ARC_MAIN, services::endpoints::ARC_TEST, "http://localhost:9090/", "http://[::1]:9"]
    {
        let endpoint = Endpoint::new(text).expect("an address").with_key(key()).expect("private enough");
        assert_eq!(endpoint.base(), text.trim_end_matches('/'));
    }
    for text in ["", "a b", "a\r\nX-Other: 1", "ключ"] {
        assert!(ApiKey::new(text.to_owned()).is_err() && CallbackToken::new(text.to_owned()).is_err(), "{text:?}");
    }
}

#[test]
fn broadcast__lost_answer__may_be_sent_again() {
    let service = |reply| Service::new(Arc::new(serve(vec![reply]).0), Explorer::new(serve(vec![]).0));
    for reply in [Reply::Close, Reply::Hang, Reply::new(502, ""), Reply::Truncated(200, seen())] {
        let lost = service(reply).broadcast(&transaction()).expect_err("no answer");
        assert!(matches!(lost, BroadcastError::Chain(_)), "{lost:?}");
        assert_eq!(lost.retry(), Retry::Safe);
    }
    let key = service(Reply::new(403, "")).broadcast(&transaction()).expect_err("no access");
    assert_eq!((key.rejection(), key.retry()), (None, Retry::Pointless));
}
