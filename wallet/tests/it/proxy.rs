//! A proxy between a wallet and a real node that loses, delays and falsifies answers.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use node_client::{Auth, RpcClient, RpcNode, regtest::Node};
use serde_json::Value;

/// What happens to the calls of one method.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The node hears the call, and its answer is lost.
    LoseAnswer,
    /// The connection ends before the node hears the call.
    LoseCall,
    /// The node hears the call, and its answer comes after the client has given up.
    Delay,
    /// Somebody else answers instead of the node.
    Say(u16, String),
}

/// How long the client waits for an answer: long, for a busy machine must not look like a node that is late.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it waits while calls are delayed.
const IMPATIENCE: Duration = Duration::from_secs(2);

/// Listens until the test's process ends.
pub(crate) struct Proxy {
    faults: Arc<Mutex<HashMap<String, Fault>>>,
    url: String,
    auth: Auth,
    pub(crate) chain: RpcNode,
}

impl Proxy {
    pub(crate) fn before(node: &Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = node.url().trim_start_matches("http://").to_owned();
        let faults = Arc::new(Mutex::new(HashMap::new()));
        let auth = Auth::cookie(&node.cookie_file()).unwrap();
        let chain = client(&url, &auth, PATIENCE);
        let shared = Arc::clone(&faults);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (target, faults) = (target.clone(), Arc::clone(&shared));
                // Errors end a connection, as they do on any network.
                thread::spawn(move || while serve(&client, &target, &faults).is_some() {});
            }
        });
        Self { faults, url, auth, chain }
    }

    /// From now on, calls of `method` go wrong.
    pub(crate) fn break_calls(&mut self, method: &str, fault: Fault) {
        if matches!(fault, Fault::Delay) {
            self.chain = client(&self.url, &self.auth, IMPATIENCE);
        }
        self.faults.lock().unwrap().insert(method.to_owned(), fault);
    }

    /// From now on, nothing goes wrong.
    pub(crate) fn heal(&mut self) {
        self.chain = client(&self.url, &self.auth, PATIENCE);
        self.faults.lock().unwrap().clear();
    }
}

fn client(url: &str, auth: &Auth, timeout: Duration) -> RpcNode {
    RpcNode::new(RpcClient::new(url.to_owned(), auth.clone(), timeout).unwrap())
}

/// One call; none if the connection is to be closed.
fn serve(mut client: &TcpStream, target: &str, faults: &Mutex<HashMap<String, Fault>>) -> Option<()> {
    let (head, body) = read_message(client)?;
    let call: Value = serde_json::from_slice(&body).ok()?;
    let fault = faults.lock().unwrap().get(call["method"].as_str()?).cloned();
    let forward = || {
        let mut node = TcpStream::connect(target).ok()?;
        node.write_all(&[head.as_bytes(), &body].concat()).ok()?;
        read_message(&node)
    };
    match fault {
        None => {
            let (head, body) = forward()?;
            client.write_all(&[head.as_bytes(), &body].concat()).ok()
        }
        Some(Fault::LoseAnswer) => forward().and(None),
        Some(Fault::LoseCall) => None,
        Some(Fault::Delay) => {
            forward()?;
            thread::sleep(IMPATIENCE * 2);
            None
        }
        Some(Fault::Say(status, body)) => {
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
            client.write_all(format!("{head}{body}").as_bytes()).ok()
        }
    }
}

/// Head with its empty line, and body.
fn read_message(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut len, mut is_chunked) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        head.push_str(&line);
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => len = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("transfer-encoding") => is_chunked = value == "chunked",
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    // Chunks are passed on as they are; the last is empty.
    while is_chunked && !body.ends_with(b"\r\n0\r\n\r\n") {
        reader.read_until(b'\n', &mut body).ok().filter(|n| *n > 0)?;
    }
    Some((head, body))
}
