//! A server on this machine that replays answers and keeps what it was asked.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use services::{Endpoint, Patience};
use tx_builder::{Transaction, Txid, decode_hex};

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with status, further header lines and body.
    Http(u16, &'static str, String),
    /// Answers, but breaks off before the promised end.
    Truncated(u16, String),
    /// Answers with this many bytes.
    Huge(u64),
    /// Is silent until the client hangs up.
    Hang,
    /// Closes the connection.
    Close,
}

impl Reply {
    /// An ordinary answer.
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Http(status, "", body.into())
    }
}

/// A request as the server got it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the client sends JSON")
    }
}

/// A server that gives one reply per connection, in this order; what it was asked arrives at the receiver.
pub(crate) fn serve(replies: Vec<Reply>) -> (Endpoint, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/api", listener.local_addr().expect("bound"));
    let (asked, receiver) = channel();
    let is_silent = replies.iter().any(|reply| matches!(reply, Reply::Hang));
    thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().expect("a client");
            // Most tests do not look at what was asked.
            let _ = asked.send(read_request(&stream));
            answer(&mut stream, reply);
        }
    });
    let patience =
        Patience { repeats: 3, first_pause: Duration::from_millis(5), longest_pause: Duration::from_secs(1) };
    let endpoint = Endpoint::new(&url).expect("an address").with_patience(patience);
    // A busy machine must not look like a silent server.
    let timeout = Duration::from_millis(if is_silent { 300 } else { 20_000 });
    (endpoint.with_timeout(timeout), receiver)
}

fn answer(stream: &mut TcpStream, reply: Reply) {
    let head = |status: u16, headers: &str, len: u64| {
        format!("HTTP/1.1 {status} X\r\nContent-Length: {len}\r\nConnection: close\r\n{headers}\r\n")
    };
    // The client may have hung up: some tests want it to.
    let mut write = |bytes: &[u8]| drop(stream.write_all(bytes));
    match reply {
        Reply::Http(status, headers, body) => {
            write(format!("{}{body}", head(status, headers, body.len() as u64)).as_bytes())
        }
        Reply::Truncated(status, body) => {
            write(format!("{}{body}", head(status, "", body.len() as u64 + 10)).as_bytes());
        }
        Reply::Huge(len) => {
            write(head(200, "", len).as_bytes());
            let chunk = vec![b' '; 1 << 16];
            for _ in 0..len.div_ceil(1 << 16) {
                if stream.write_all(&chunk).is_err() {
                    return;
                }
            }
        }
        Reply::Hang => {
            // Nothing more comes; the end of the connection does.
            let _ = stream.read(&mut [0]);
        }
        Reply::Close => {}
    }
}

pub(crate) fn read_request(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut next = || {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    };
    let line = next();
    let mut headers = HashMap::new();
    loop {
        let line = next();
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let len = headers.get("content-length").map_or(0, |len| len.parse().expect("a number"));
    let mut body = vec![0; len];
    reader.read_exact(&mut body).expect("the whole body");
    Request { line, headers, body: String::from_utf8(body).expect("text") }
}

/// A recorded answer, see `replies/PROVENANCE`.
pub(crate) fn recorded(name: &str) -> String {
    let path = format!("{}/tests/replies/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The same, but about another transaction.
pub(crate) fn recorded_about(name: &str, txid: Txid) -> String {
    let mut document: serde_json::Value = serde_json::from_str(&recorded(name)).expect("JSON");
    document["txid"] = txid.to_string().into();
    document.to_string()
}

/// The example of BRC-62: a payment and what it spends.
pub(crate) fn beef() -> tx_builder::Beef {
    tx_builder::Beef::from_hex(include_str!("../../../tx-builder/tests/vectors/brc62.beef.hex")).expect("the example")
}

/// A transaction that spends 1111..:0.
pub(crate) fn transaction() -> Transaction {
    decode_hex(
        "0100000001111111111111111111111111111111111111111111111111111111111111111100000000\
         0151ffffffff010100000000000000015100000000",
    )
    .expect("well-formed")
}

/// A txid of one digit.
pub(crate) fn txid_of(digit: &str) -> Txid {
    digit.repeat(64).parse().expect("a txid")
}
