//! Servers on this machine that answer as a node, ARC or an explorer does, and keep what they were asked.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path, such as `GET /chain/info`.
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// What is answered: status and body, or nothing for ever.
pub(crate) type Answer = Option<(u16, String)>;

/// A server that runs until the test's process ends.
pub(crate) struct Served {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Served {
    pub(crate) fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                // A client that hangs up ends its connection, and nothing else.
                thread::spawn(move || serve(&stream, &log, answer.as_ref()));
            }
        });
        Self { url, asked }
    }

    /// All requests so far whose line or body contains `part`.
    pub(crate) fn asked(&self, part: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.line.contains(part) || asked.body.contains(part)).cloned().collect()
    }

    /// Waits until such a request has come.
    pub(crate) fn wait_for(&self, part: &str) {
        let start = Instant::now();
        while self.asked(part).is_empty() {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody asks for {part}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn serve(
    mut stream: &TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
) -> Option<()> {
    let asked = read(stream)?;
    log.lock().unwrap().push(asked.clone());
    let Some((status, body)) = answer(&asked) else {
        thread::sleep(Duration::from_secs(600));
        return None;
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).ok()
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut next = || {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
    };
    let line = next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let (mut len, mut authorization) = (0, None);
    loop {
        let header = next()?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "content-length" => len = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line, authorization, body: String::from_utf8(body).ok()? })
}

/// What a node of this file does with a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    Takes,
    /// The call arrives, an answer never comes.
    NeverAnswers,
}

/// A node's JSON-RPC interface, as far as the program uses it: `getblockchaininfo`, `getnetworkinfo`,
/// `sendrawtransaction` (node v1.2.2, `src/rpc/blockchain.cpp`, `net.cpp`, `rawtransaction.cpp`); of all others it says
/// that there is no such method.
pub(crate) fn node(chain: &'static str, sending: Sending) -> Served {
    Served::new(move |asked| {
        let request: Value = serde_json::from_str(&asked.body).ok()?;
        let result = match request["method"].as_str()? {
            "getblockchaininfo" => json!({ "chain": chain, "blocks": 800_000 }),
            "getnetworkinfo" => json!({ "subversion": "/Bitcoin SV:1.2.2/" }),
            "sendrawtransaction" if sending == Sending::NeverAnswers => return None,
            "sendrawtransaction" => {
                let transaction = tx_builder::decode_hex(request["params"][0].as_str()?).ok()?;
                json!(transaction.compute_txid().to_string())
            }
            _ => {
                let error = json!({ "code": -32_601, "message": "Method not found" });
                return Some((404, json!({ "result": null, "error": error, "id": request["id"] }).to_string()));
            }
        };
        Some((200, json!({ "result": result, "error": null, "id": request["id"] }).to_string()))
    })
}
