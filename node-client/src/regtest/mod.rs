//! A private node: started on a regtest chain of its own in a temporary folder, stopped when dropped.

mod provision;

use core::fmt;
use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use ledger::{BroadcastError, Chain, ChainError, ChainInfo, TestChain, TxStatus};
use serde_json::json;
use statement::PubkeyHash;
use tempfile::TempDir;
use tx_builder::{BlockHash, Coin, OutPoint, Transaction, TxOut, Txid};

pub use provision::{ProvisionError, find_bitcoind, node_cache_folder};

use crate::{Auth, RpcClient, RpcError, RpcNode};

/// The node's settings. Those that are not listed keep their defaults: script size, number length, stack memory,
/// transaction size and all other limits of policy are what a miner gets who changes nothing.
const SETTINGS: &[&str] = &[
    "-regtest",
    "-server",
    // Nobody connects, and no wallet is needed.
    "-listen=0",
    "-disablewallet=1",
    "-rpcbind=127.0.0.1",
    "-rpcallowip=127.0.0.1",
    // Lets `getrawtransaction` find mined transactions; an index, no policy.
    "-txindex=1",
    // Genesis rules from the first block; regtest would wait until block 10,000.
    "-genesisactivationheight=1",
    // Mainnet's default: regtest would take transactions that are not standard, and hide what mainnet refuses.
    "-acceptnonstdtxn=0",
    // The node does not start without these three. Block size and stack memory bind no test of ours; the mining fee is
    // the usual 100 satoshis per 1,000 bytes.
    "-excessiveblocksize=1000000000",
    "-maxstackmemoryusageconsensus=200000000",
    "-minminingtxfee=0.000001",
];

/// How long a node may take to answer its first call.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a node may take to exit once asked; then it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How often another port is tried when somebody else was faster.
const PORT_ATTEMPTS: u32 = 5;
/// What the node says when its port is taken (node v1.2.2, `src/init.cpp`, `AppInitServers`).
const PORT_TAKEN: &str = "Unable to start HTTP server";
/// Length of the end of a log that goes into an error.
const LOG_TAIL_CHARS: usize = 2_000;

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no node to start.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A file, a port or the process could not be had.
    #[error("cannot start {bitcoind:?}")]
    Io {
        /// The node's program.
        bitcoind: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// The node gave up.
    #[error("{bitcoind:?} exited while starting ({status}); the end of its log:\n{log}")]
    Exited {
        /// The node's program.
        bitcoind: PathBuf,
        /// How.
        status: ExitStatus,
        /// The end of what it wrote.
        log: String,
    },
    /// The node runs, but does not answer.
    #[error("{bitcoind:?} did not answer within {START_LIMIT:?}; the end of its log:\n{log}")]
    NotReady {
        /// The node's program.
        bitcoind: PathBuf,
        /// The last answer, if any.
        source: Option<RpcError>,
        /// The end of what it wrote.
        log: String,
    },
}

/// A running node. Dropping it stops the process and removes its folder; a process that dies without dropping leaves
/// both behind.
pub struct Node {
    // Fields are dropped in this order: the process must be gone before its folder.
    process: Process,
    chain: RpcNode,
    port: u16,
    data: TempDir,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("pid", &self.pid()).finish_non_exhaustive()
    }
}

impl Node {
    /// Finds or fetches a node, and starts it.
    ///
    /// # Errors
    /// [`StartError`], with the end of the node's log.
    pub fn start() -> Result<Self, StartError> {
        Self::start_with(&find_bitcoind()?, &[])
    }

    /// Starts `bitcoind` with settings beside (and after) the usual ones.
    ///
    /// # Errors
    /// [`StartError`], with the end of the node's log.
    pub fn start_with(bitcoind: &Path, settings: &[&str]) -> Result<Self, StartError> {
        let io_error = |source| StartError::Io { bitcoind: bitcoind.to_owned(), source };
        let data = tempfile::Builder::new().prefix("provelock-node-").tempdir().map_err(io_error)?;
        let port = free_port().map_err(io_error)?;
        let (process, rpc, port) = Process::start(bitcoind, settings, data.path(), port)?;
        Ok(Self { process, chain: RpcNode::new(rpc), port, data })
    }

    /// Stops the node and starts `bitcoind` on the same folder (and port, unless somebody has taken it meanwhile), with
    /// settings beside (and after) the usual ones. Blocks stay, and so does the mempool unless it is told otherwise (`-persistmempool=0`).
    ///
    /// # Errors
    /// [`StartError`], with the end of the node's log; no node runs then.
    pub fn restart_with(&mut self, bitcoind: &Path, settings: &[&str]) -> Result<(), StartError> {
        self.process.stop();
        let (process, rpc, port) = Process::start(bitcoind, settings, self.data.path(), self.port)?;
        self.process = process;
        self.port = port;
        self.chain = RpcNode::new(rpc);
        Ok(())
    }

    /// Where the node listens, for another client.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// The file by which another client logs in ([`Auth::cookie`]); every start writes a new one.
    pub fn cookie_file(&self) -> PathBuf {
        cookie_file(self.data.path())
    }

    /// The operating system's number of the process.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// The node as a chain, with what it knows beyond [`Chain`].
    pub const fn chain(&self) -> &RpcNode {
        &self.chain
    }

    /// The node's JSON-RPC interface.
    pub const fn rpc(&self) -> &RpcClient {
        self.chain.rpc()
    }
}

/// The node's standard output and error.
const OUTPUT: &str = "output.log";
/// The files that say why a node gave up, the telling one last.
const LOGS: [&str; 2] = ["regtest/bitcoind.log", OUTPUT];

/// A port nobody listens on at this moment.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn cookie_file(data: &Path) -> PathBuf {
    data.join("regtest/.cookie")
}

fn log_tail(data: &Path) -> String {
    let tail = |name: &str| {
        let log = fs::read(data.join(name)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let skipped = log.chars().count().saturating_sub(LOG_TAIL_CHARS);
        log.chars().skip(skipped).collect::<String>()
    };
    LOGS.map(tail).join("\n")
}

/// The node's process, stopped and waited for when dropped.
struct Process {
    child: Child,
    /// To ask it to stop; none until it answers.
    rpc: Option<RpcClient>,
}

impl Process {
    /// Starts on `port`, or on another if somebody has it: the port it listens on comes back.
    fn start(
        bitcoind: &Path,
        settings: &[&str],
        data: &Path,
        mut port: u16,
    ) -> Result<(Self, RpcClient, u16), StartError> {
        let mut attempt = 1;
        loop {
            match Self::start_on(bitcoind, settings, data, port) {
                Err(StartError::Exited { log, .. }) if log.contains(PORT_TAKEN) && attempt < PORT_ATTEMPTS => {
                    attempt += 1;
                    port = free_port().map_err(|source| StartError::Io { bitcoind: bitcoind.to_owned(), source })?;
                }
                outcome => return outcome.map(|(process, rpc)| (process, rpc, port)),
            }
        }
    }

    fn start_on(bitcoind: &Path, settings: &[&str], data: &Path, port: u16) -> Result<(Self, RpcClient), StartError> {
        let io_error = |source| StartError::Io { bitcoind: bitcoind.to_owned(), source };
        let output = File::create(data.join(OUTPUT)).map_err(io_error)?;
        let child = Command::new(bitcoind)
            .args(SETTINGS)
            .args(settings)
            .arg(format!("-datadir={}", data.display()))
            .arg(format!("-rpcport={port}"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(io_error)?)
            .stderr(output)
            .spawn()
            .map_err(io_error)?;
        let mut process = Self { child, rpc: None };
        let rpc = process.wait_until_ready(bitcoind, data, port)?;
        process.rpc = Some(rpc.clone());
        Ok((process, rpc))
    }

    fn wait_until_ready(&mut self, bitcoind: &Path, data: &Path, port: u16) -> Result<RpcClient, StartError> {
        let bitcoind = bitcoind.to_owned();
        let started = Instant::now();
        let mut last = None;
        while started.elapsed() < START_LIMIT {
            match self.child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => return Err(StartError::Exited { bitcoind, status, log: log_tail(data) }),
                Err(source) => return Err(StartError::Io { bitcoind, source }),
            }
            // The node writes its cookie before it answers.
            if let Ok(auth) = Auth::cookie(&cookie_file(data)) {
                match first_answer(port, auth) {
                    Ok(rpc) => return Ok(rpc),
                    Err(error) => last = Some(error),
                }
            }
            thread::sleep(POLL_INTERVAL);
        }
        Err(StartError::NotReady { bitcoind, source: last, log: log_tail(data) })
    }

    /// Asks the node to stop, and kills it if it does not. Once it is gone this does nothing.
    fn stop(&mut self) {
        let asked = self.rpc.take().map(|rpc| rpc.call::<String>("stop", json!([])));
        if matches!(asked, Some(Ok(_))) && self.exited_within(STOP_LIMIT) {
            return;
        }
        // Errors mean that the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether the process is gone after at most `limit`.
    fn exited_within(&mut self, limit: Duration) -> bool {
        let asked = Instant::now();
        while asked.elapsed() < limit {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(POLL_INTERVAL),
                Ok(Some(_)) => return true,
                Err(_) => return false,
            }
        }
        false
    }
}

fn first_answer(port: u16, auth: Auth) -> Result<RpcClient, RpcError> {
    let rpc = RpcClient::new(url(port), auth, RpcClient::DEFAULT_TIMEOUT)?;
    rpc.call::<serde_json::Value>("getblockchaininfo", json!([]))?;
    Ok(rpc)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Chain for Node {
    fn info(&self) -> Result<ChainInfo, ChainError> {
        self.chain.info()
    }

    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        self.chain.broadcast(transaction)
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        self.chain.unspent(outpoint)
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        self.chain.status(txid)
    }

    fn spender(&self, outpoint: OutPoint) -> Result<Option<Txid>, ChainError> {
        self.chain.spender(outpoint)
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        self.chain.transaction(txid)
    }
}

impl TestChain for Node {
    fn mine(&mut self, n_blocks: u32, pay_to: PubkeyHash) -> Result<Vec<BlockHash>, ChainError> {
        self.chain.mine(n_blocks, pay_to)
    }

    fn coinbase(&self, block: BlockHash) -> Result<Option<Coin>, ChainError> {
        self.chain.coinbase(block)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn start_with__program_that_exits__shows_status_and_what_it_wrote() {
        let error = Node::start_with(Path::new("/bin/echo"), &["not a node"]).expect_err("echo is no node");
        let StartError::Exited { status, log, .. } = error else { panic!("{error:?}") };
        assert!(status.success());
        assert!(log.contains("not a node"), "{log}");
    }

    #[test]
    fn start_with__missing_program__is_an_io_error() {
        let error = Node::start_with(Path::new("/nonexistent/bitcoind"), &[]).expect_err("nothing there");
        assert!(matches!(error, StartError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound));
    }
}
