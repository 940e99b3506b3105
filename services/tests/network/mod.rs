//! A network on this machine: one chain, an ARC before it, and an explorer that may be behind. Both answer any number of
//! requests, in the forms of `replies/PROVENANCE`.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use ledger::{BroadcastError, Chain as _, EmbeddedLedger, Rejection, TestChain as _};
use serde_json::{Value, json};
use services::{Endpoint, Service, arc, explorer::Explorer};
use statement::PubkeyHash;
use tx_builder::{OutPoint, Txid, decode_hex, encode_hex};

use crate::common::{Request, read_request};

/// How long a client waits: long enough for a busy machine, short enough to be waited for once.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Status and body; none if the client is never answered.
type Answer = Option<(u16, String)>;

/// What the servers share.
struct State {
    /// As miners have it.
    chain: EmbeddedLedger,
    /// As the explorer had it when it last looked.
    seen: EmbeddedLedger,
    /// What was handed to ARC: it knows no other.
    taken: BTreeSet<Txid>,
    /// Submissions that ARC takes and never answers.
    silent: usize,
    /// What ARC reports as competing, of any transaction that is in no block.
    competing: Vec<Txid>,
}

pub(crate) struct Network {
    state: Arc<Mutex<State>>,
    submissions: Arc<AtomicUsize>,
    pub(crate) service: Service,
}

impl Network {
    /// A network that begins with this chain.
    pub(crate) fn new(chain: EmbeddedLedger) -> Self {
        let state = State { seen: chain.clone(), chain, taken: BTreeSet::new(), silent: 0, competing: Vec::new() };
        let (state, submissions) = (Arc::new(Mutex::new(state)), Arc::new(AtomicUsize::new(0)));
        let (of_arc, of_explorer, count) = (Arc::clone(&state), Arc::clone(&state), Arc::clone(&submissions));
        let arc = listen(move |request| {
            if request.line.starts_with("POST /v1/tx ") {
                count.fetch_add(1, Ordering::SeqCst);
            }
            of_arc.lock().expect("no server has failed").arc(request)
        });
        let explorer = listen(move |request| of_explorer.lock().expect("no server has failed").explorer(request));
        Self { state, submissions, service: Service::new(arc::Arc::new(arc), Explorer::new(explorer)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no server has failed")
    }

    /// A block, which the explorer does not hear of yet.
    pub(crate) fn mine(&self, n: u32) {
        self.state().chain.mine(n, PubkeyHash([9; 20])).expect("a ledger can mine");
    }

    /// The explorer is up to date for the moment.
    pub(crate) fn catch_up(&self) {
        let mut state = self.state();
        state.seen = state.chain.clone();
    }

    /// ARC takes the next submission, and does not say so.
    pub(crate) fn silence_next(&self) {
        self.state().silent = 1;
    }

    /// What competes, by ARC, with every transaction that waits.
    pub(crate) fn compete(&self, rivals: &[Txid]) {
        self.state().competing = rivals.to_vec();
    }

    /// Another chain wins.
    pub(crate) fn replace(&self, chain: EmbeddedLedger) {
        self.state().chain = chain;
    }

    /// The chain as miners have it.
    pub(crate) fn chain(&self) -> EmbeddedLedger {
        self.state().chain.clone()
    }

    /// Transactions that were handed to ARC so far.
    pub(crate) fn submissions(&self) -> usize {
        self.submissions.load(Ordering::SeqCst)
    }
}

/// A server whose every connection has a thread and one request.
fn listen(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || serve(stream, answer.as_ref()));
        }
    });
    Endpoint::new(&url).expect("an address").with_timeout(TIMEOUT)
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Answer) {
    let Some((status, body)) = answer(&read_request(&stream)) else {
        // Nothing is said until the client has gone.
        let _ = stream.read(&mut [0]);
        return;
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client may hang up.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

impl State {
    /// `pkg/api/arc.yaml` of the project: `POST /v1/tx`, `GET /v1/tx/{txid}`.
    fn arc(&mut self, request: &Request) -> Answer {
        let path = request.line.split(' ').nth(1).expect("a request line");
        if let Some(txid) = path.strip_prefix("/v1/tx/") {
            let txid = txid.parse().expect("a transaction id");
            let problem =
                json!({ "status": 404, "title": "Not found", "detail": "The requested resource could not be found" });
            return Some(self.report(txid).unwrap_or((404, problem.to_string())));
        }
        let transaction = decode_hex(request.json()["rawTx"].as_str().expect("hex")).expect("a transaction");
        let txid = transaction.compute_txid();
        let answer = match self.chain.broadcast(&transaction) {
            Ok(_) | Err(BroadcastError::AlreadyKnown { .. }) => {
                self.taken.insert(txid);
                self.report(txid).expect("just taken")
            }
            Err(BroadcastError::Rejected(Rejection { reason, rival: None, .. })) => {
                let title = "Invalid inputs";
                (
                    462,
                    json!({ "status": 462, "title": title, "txid": txid.to_string(), "extraInfo": reason }).to_string(),
                )
            }
            Err(BroadcastError::Rejected(Rejection { reason, rival: Some(rival), .. })) => {
                let fields =
                    json!({ "txStatus": "REJECTED", "extraInfo": reason, "competingTxs": [rival.to_string()] });
                (200, document(txid, &fields))
            }
            Err(other) => panic!("a ledger answers: {other:?}"),
        };
        let is_silent = self.silent > 0;
        self.silent = self.silent.saturating_sub(1);
        (!is_silent).then_some(answer)
    }

    /// What ARC knows of a transaction that was handed in, without a proof.
    fn report(&self, txid: Txid) -> Answer {
        self.taken.get(&txid)?;
        let status = self.chain.status(txid).expect("a ledger answers")?;
        let fields = match status.block {
            Some(block) => {
                let height = self.chain.info().expect("a ledger answers").height + 1 - status.confirmations;
                json!({ "txStatus": "MINED", "blockHash": block.to_string(), "blockHeight": height })
            }
            None if self.competing.is_empty() => json!({ "txStatus": "SEEN_ON_NETWORK" }),
            None => {
                let rivals: Vec<_> = self.competing.iter().map(Txid::to_string).collect();
                json!({ "txStatus": "DOUBLE_SPEND_ATTEMPTED", "competingTxs": rivals })
            }
        };
        Some((200, document(txid, &fields)))
    }

    /// WhatsOnChain: `/chain/info`, `/tx/{txid}/hex`, `/tx/{txid}/{vout}/spent`, `/txs/status`.
    fn explorer(&self, request: &Request) -> Answer {
        let path = request.line.split(' ').nth(1).expect("a request line");
        let parts: Vec<_> = path.split('/').skip(1).collect();
        let txid = |text: &str| text.parse::<Txid>().expect("a transaction id");
        let seen = &self.seen;
        let (status, body) = match parts[..] {
            ["chain", "info"] => {
                let height = seen.info().expect("a ledger answers").height;
                (200, json!({ "chain": "test", "blocks": height }).to_string())
            }
            ["tx", id, "hex"] => match seen.transaction(txid(id)).expect("a ledger answers") {
                Some(transaction) => (200, encode_hex(&transaction)),
                None => (404, "Not Found".to_owned()),
            },
            ["tx", id, vout, "spent"] => {
                let coin = OutPoint::new(txid(id), vout.parse().expect("a number"));
                let is_known = seen.status(coin.txid).expect("a ledger answers").is_some();
                match seen.spender(coin).expect("a ledger answers") {
                    Some(spender) => (200, json!({ "txid": spender.to_string(), "vin": 0 }).to_string()),
                    None if is_known => (404, "Not Found".to_owned()),
                    None => (400, "Bad Request".to_owned()),
                }
            }
            ["txs", "status"] => {
                let asked: Value = request.json();
                let id = asked["txids"][0].as_str().expect("one id");
                let known = match seen.status(txid(id)).expect("a ledger answers") {
                    None => json!({ "txid": id, "error": "unknown" }),
                    Some(status) => match status.block {
                        None => json!({ "txid": id }),
                        Some(block) => {
                            json!({ "txid": id, "blockhash": block.to_string(), "confirmations": status.confirmations })
                        }
                    },
                };
                (200, json!([known]).to_string())
            }
            _ => (404, "no such page".to_owned()),
        };
        Some((status, body))
    }
}

/// ARC's report of a transaction.
fn document(txid: Txid, fields: &Value) -> String {
    let mut document = json!({
        "status": 200, "title": "OK", "timestamp": "2023-03-09T12:03:48.382910514Z", "txid": txid.to_string(),
        "blockHash": "", "blockHeight": 0, "merklePath": "", "extraInfo": "", "competingTxs": null,
    });
    fields.as_object().expect("fields").iter().for_each(|(name, value)| document[name] = value.clone());
    document.to_string()
}
