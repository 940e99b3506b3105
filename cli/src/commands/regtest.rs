//! `regtest`: a node with a coin, to try things with.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::RegtestArgs;
use crate::config;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::values::{grouped, read_recipient};
use anyhow::{Context as _, anyhow};
use chain_types::{FeeRate, LockingScript, Satoshis};
use core::fmt;
use ledger::{Chain as _, TestChain as _, mature_coin};
use node_client::regtest::{Node, find_bitcoind};
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use serde_json::json;
use statement::PubkeyHash;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use tx_builder::{Address, Draft, Network, SigningKey, Transaction};

/// How often the node is asked whether a transaction waits.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most blocks that one line asks for: some seconds of work.
const MAX_BLOCKS: u32 = 1_000;

#[derive(Serialize)]
struct Answer {
    node: String,
    rpc: String,
    rpc_cookie: PathBuf,
    config: PathBuf,
    coin_tx: PathBuf,
    coin_vout: u32,
    coin_txid: String,
    amount_sats: u64,
    address: String,
    height: u32,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A node on a private chain, {} at {}", self.node, self.rpc)?;
        writeln!(f, "  cookie    {}", self.rpc_cookie.display())?;
        writeln!(f, "  settings  {}  (export PROVELOCK_CONFIG={0})", self.config.display())?;
        let (amount, file) = (grouped(self.amount_sats), self.coin_tx.display());
        writeln!(f, "  coin      {amount} sat of {}, output {} of {file}", self.address, self.coin_vout)?;
        write!(f, "Transactions are mined as they come. Enter mines a block, a number and Enter so many; Ctrl-C stops.")
    }
}

/// What the user wants.
enum Wish {
    Mine(u32),
    /// A line that says nothing of the kind.
    Unclear,
    Stop,
}

pub(crate) fn run(args: &RegtestArgs, output: &Output) -> anyhow::Result<Verdict> {
    let owner = read_recipient("--fund", &args.fund)?;
    make_folder(&args.out)?;
    let (sender, wishes) = channel();
    let stop = sender.clone();
    ctrlc::set_handler(move || drop(stop.send(Wish::Stop))).context("cannot listen for Ctrl-C")?;

    let stage = output.stage("starting a node and mining a coin");
    // With its own wallet, which is told of the address: other commands ask it for coins.
    let bitcoind = find_bitcoind().advise("`provelock doctor --node` says what is missing")?;
    let mut node = Node::start_with(&bitcoind, &["-disablewallet=0"])?;
    let miner = SigningKey::random(&mut OsRng);
    let address = Address { pubkey_hash: owner, network: Network::Test }.to_string();
    let _: serde_json::Value = node.rpc().call("importaddress", json!([address]))?;
    let coin = funded(&mut node, &miner, owner, Satoshis(args.amount))?;
    drop(stage);
    let coin_tx = args.out.join("coin.hex");
    files::write(&coin_tx, tx_builder::encode_hex(&coin).as_bytes(), Existing::Keep, Readers::Default)?;
    let config = args.out.join("provelock.toml");
    let text = config::of_regtest(&node.url(), &node.cookie_file(), Path::new("wallet"))?;
    files::write(&config, text.as_bytes(), Existing::Keep, Readers::Default)?;

    let info = node.info()?;
    output.answer(&Answer {
        node: info.version.unwrap_or_default(),
        rpc: node.url(),
        rpc_cookie: node.cookie_file(),
        config,
        coin_tx,
        coin_vout: 0,
        coin_txid: coin.compute_txid().to_string(),
        amount_sats: args.amount,
        address,
        height: info.height,
    })?;
    thread::spawn(move || listen(&sender));
    mine(&mut node, miner.pubkey_hash(), &wishes, output)?;
    Ok(Verdict::Yes)
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
        .advise("choose another name, or delete the folder of a chain that is gone")
}

/// A mined transaction whose output 0 pays `amount` to `owner`.
fn funded(node: &mut Node, miner: &SigningKey, owner: PubkeyHash, amount: Satoshis) -> anyhow::Result<Transaction> {
    let reward = mature_coin(node, miner.pubkey_hash())?;
    let draft = Draft::new(FeeRate::DEFAULT, miner.pubkey_hash()).pay(LockingScript::p2pkh(&owner.0), amount);
    let mut funded = draft.add_p2pkh(reward).fund()?;
    funded.sign_all(miner)?;
    let transaction = funded.finish()?;
    node.broadcast(&transaction)?;
    node.mine(1, miner.pubkey_hash())?;
    Ok(transaction)
}

/// Hands on what is typed. A closed standard input asks for nothing: the program may run in the background.
fn listen(wishes: &Sender<Wish>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let count = if line.trim().is_empty() { Some(1) } else { line.trim().parse().ok() };
        let count = count.filter(|count| (1..=MAX_BLOCKS).contains(count));
        if wishes.send(count.map_or(Wish::Unclear, Wish::Mine)).is_err() {
            return;
        }
    }
}

fn mine(node: &mut Node, miner: PubkeyHash, wishes: &Receiver<Wish>, output: &Output) -> anyhow::Result<()> {
    loop {
        let count = match wishes.recv_timeout(PATIENCE) {
            Ok(Wish::Stop) => return Ok(()),
            Ok(Wish::Mine(count)) => count,
            Ok(Wish::Unclear) => {
                output.text(format_args!("expected Enter, or a number of blocks from 1 to {MAX_BLOCKS}"))?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Err(anyhow!("nobody listens any more")),
            Err(RecvTimeoutError::Timeout) if waiting(node)? == 0 => continue,
            Err(RecvTimeoutError::Timeout) => 1,
        };
        let waiting = waiting(node)?;
        node.mine(count, miner)?;
        let height = node.info()?.height;
        output.text(format_args!("block {height}, transactions that waited: {waiting}"))?;
    }
}

/// Transactions in the node's mempool.
fn waiting(node: &Node) -> anyhow::Result<usize> {
    #[derive(Deserialize)]
    struct Info {
        size: usize,
    }
    Ok(node.rpc().call::<Info>("getmempoolinfo", json!([]))?.size)
}
