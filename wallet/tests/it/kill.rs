//! A process that is killed at every step of a contract's life, and the next one, which goes on.
//!
//! The test's own program runs as the child. It plays [`story`] and kills itself with SIGKILL at one moment: before or
//! after something that outlives it. A second child plays the story again from what the first has left. The node, which
//! is real, and the wallet's file then say whether money was lost or spent twice.

use std::{
    env, fs,
    io::Write as _,
    iter,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    slice,
    sync::atomic::{AtomicUsize, Ordering},
};

use chain_types::{LockingScript, Satoshis};
use contracts::{Locked, Purse, lock};
use ledger::{Chain as _, EmbeddedLedger, TestChain};
use node_client::{Auth, RpcClient, RpcNode, regtest::Node};
use rand::Rng as _;
use script_gen::ContractArtifact;
use serde_json::{Value, json};
use tempfile::TempDir;
use tx_builder::{Coin, OutPoint, SigningKey, Txid};
use wallet::{Action, Observer, Purpose, StateName, Wallet};

use crate::{
    common::{AMOUNT, RATE, coins, depth, key},
    shop::Shop,
};

/// The moments of the story: before and after each of 18 actions. These are: make the wallet, store the contract; for
/// the deployment journal `recorded`, `sent`, hand in, journal `waiting`, mine, journal `mined`; store the proof; for
/// the claim the same six, with `settled` for the deployment after them; mine; journal `settled` for the claim.
const MOMENTS: usize = 36;

/// Moments this process has passed.
static PASSED: AtomicUsize = AtomicUsize::new(0);

/// Where the process is to be killed: after so many moments; never, if none.
#[derive(Clone, Copy)]
struct Fate(Option<usize>);

impl Fate {
    fn moment(self) {
        let n = PASSED.fetch_add(1, Ordering::SeqCst);
        if self.0 == Some(n) {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
        }
    }

    fn around<T>(self, act: impl FnOnce() -> T) -> T {
        self.moment();
        let done = act();
        self.moment();
        done
    }
}

impl Observer for Fate {
    fn before(&mut self, _: &Action) {
        self.moment();
    }

    fn after(&mut self, _: &Action) {
        self.moment();
    }
}

fn funder() -> SigningKey {
    key(1)
}

fn prover() -> SigningKey {
    key(2)
}

/// Deploys a contract with the coin, claims it with a proof, and follows both until they are two blocks deep. What of
/// this has been done already it finds in the wallet. Whatever it makes anew is another each time: the contract's nonce,
/// the amount, the proof. So a second run that did not find what the first has done would leave its traces.
fn story(chain: &mut dyn TestChain, path: &Path, funding: &Coin, shop: &Shop, fate: Fate) {
    let wallet = if path.exists() {
        Wallet::open(path).unwrap()
    } else {
        let network = chain.info().unwrap().network;
        fate.around(|| Wallet::create(path, &network)).unwrap()
    };
    let mut wallet = wallet.observed_by(fate);

    let known = wallet.list().contracts.first().map(|row| row.id);
    let id = known.unwrap_or_else(|| {
        let (artifact, contract) = shop.new_contract(&funder());
        wallet.add_contract("inference-payment", contract.locking_script(), &artifact).unwrap()
    });
    let (_, contract) = ContractArtifact::parse(&wallet.contract(id).unwrap().artifact).unwrap();

    let known = wallet.transactions().first().map(|recorded| recorded.transaction().clone());
    let deployment = known.unwrap_or_else(|| {
        let amount = Satoshis(AMOUNT.0 + rand::thread_rng().gen_range(0..1_000_000));
        let purse = Purse { key: &funder(), coins: slice::from_ref(funding) };
        let deployment = lock(&contract, amount, &purse, RATE).unwrap().transaction;
        wallet.record(&deployment, Purpose::Deployment { contract: id, vout: 0 }).unwrap();
        deployment
    });
    let deployed = deployment.compute_txid();
    settle(chain, &mut wallet, fate, |wallet| {
        let state = wallet.transaction(deployed).unwrap().state().name();
        matches!(state, StateName::Mined | StateName::Settled)
    });

    let known = wallet.list().proofs.first().map(|row| row.id);
    let proof = known.unwrap_or_else(|| {
        let proof = shop.new_proof(&contract, &prover());
        wallet.add_proof(id, &proof).unwrap()
    });
    let locked = Locked::of(&contract, &deployment).unwrap();
    if wallet.coins_of(id)[0].spends.is_empty() {
        let evidence = Shop::evidence(&contract, &wallet.proof(proof).unwrap().text);
        let claim = locked.claim(&prover(), &evidence, RATE).unwrap().transaction;
        let purpose = Purpose::Claim { contract: id, coin: locked.coin().outpoint, proof: Some(proof) };
        wallet.record(&claim, purpose).unwrap();
    }
    settle(chain, &mut wallet, fate, |wallet| {
        wallet.transactions().into_iter().all(|recorded| recorded.state().name() == StateName::Settled)
    });
}

/// Resumes, and lets a block pass, until it is done.
fn settle(chain: &mut dyn TestChain, wallet: &mut Wallet, fate: Fate, is_done: impl Fn(&Wallet) -> bool) {
    for _ in 0..6 {
        wallet.resume(chain, depth(2)).unwrap();
        if is_done(wallet) {
            return;
        }
        fate.around(|| chain.mine(1, key(9).pubkey_hash())).unwrap();
    }
    panic!("still not done: {:?}", wallet.list());
}

/// What a child is told by its parent, as JSON.
const ORDER: &str = "PROVELOCK_TEST_KILL";
/// The test that a child runs.
const STORY: &str = "kill::kill__nowhere__ends_with_both_transactions_settled";

/// Plays the story on the parent's node.
fn obey(order: &str) {
    let order: Value = serde_json::from_str(order).unwrap();
    let text = |field: &str| order[field].as_str().unwrap();
    let auth = Auth::cookie(Path::new(text("cookie"))).unwrap();
    let rpc = RpcClient::new(text("url").to_owned(), auth, RpcClient::DEFAULT_TIMEOUT).unwrap();
    let locking_script = LockingScript::p2pkh(&funder().pubkey_hash().0);
    let value = Satoshis(order["value"].as_u64().unwrap());
    let funding = Coin { outpoint: text("outpoint").parse().unwrap(), value, locking_script };
    let fate = Fate(order["fate"].as_u64().map(|n| usize::try_from(n).unwrap()));
    let shop = Shop::open(Path::new(text("shop")));
    story(&mut RpcNode::new(rpc), Path::new(text("wallet")), &funding, &shop, fate);
    fs::write(text("passed"), PASSED.load(Ordering::SeqCst).to_string()).unwrap();
}

/// Alone, the story on the embedded ledger; as a child, wherever the parent says, and up to the moment it says.
#[test]
fn kill__nowhere__ends_with_both_transactions_settled() {
    if let Ok(order) = env::var(ORDER) {
        return obey(&order);
    }
    let mut chain = EmbeddedLedger::new(RATE);
    let funding = coins(&mut chain, &funder(), 1).remove(0);
    let folder = tempfile::tempdir().unwrap();
    Shop::set_up(folder.path());
    story(&mut chain, &folder.path().join("wallet"), &funding, &Shop::open(folder.path()), Fate(None));
    assert_eq!(PASSED.load(Ordering::SeqCst), MOMENTS);
}

/// One life of a contract on the node, with a wallet of its own.
struct Life<'a> {
    node: &'a Node,
    funding: &'a Coin,
    shop: &'a Path,
    folder: TempDir,
}

impl Life<'_> {
    fn wallet(&self) -> PathBuf {
        self.folder.path().join("wallet")
    }

    fn passed(&self) -> PathBuf {
        self.folder.path().join("passed")
    }

    fn play(&self, fate: Fate) -> ExitStatus {
        let order = json!({
            "url": self.node.url(),
            "cookie": self.node.cookie_file(),
            "outpoint": self.funding.outpoint.to_string(),
            "value": self.funding.value.0,
            "shop": self.shop,
            "wallet": self.wallet(),
            "passed": self.passed(),
            "fate": fate.0,
        });
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", STORY]).env(ORDER, order.to_string());
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(fate.0.is_some() || output.status.success(), "{said}");
        output.status
    }

    /// The one right end: the coin spent once, the contract's coin spent once, the money with the prover, the change
    /// with the funder, nothing else on the chain, nothing left to do.
    fn check(&self, first_height: u32) {
        let wallet = Wallet::open(&self.wallet()).unwrap();
        let [deployment, claim] = wallet.transactions()[..] else { panic!("{:?}", wallet.list()) };
        assert!([deployment, claim].iter().all(|recorded| recorded.state().name() == StateName::Settled));
        assert_eq!(deployment.spends().collect::<Vec<_>>(), [self.funding.outpoint]);
        assert_eq!(claim.spends().collect::<Vec<_>>(), [OutPoint::new(deployment.txid(), 0)]);
        let mut mined: Vec<Txid> = Vec::new();
        for height in first_height + 1..=self.node.info().unwrap().height {
            let block: Value = self.node.rpc().call("getblockbyheight", json!([height, 1])).unwrap();
            let txids = block["tx"].as_array().unwrap().iter().skip(1);
            mined.extend(txids.map(|txid| txid.as_str().unwrap().parse::<Txid>().unwrap()));
        }
        assert_eq!(mined, [deployment.txid(), claim.txid()]);
        let waiting: Vec<String> = self.node.rpc().call("getrawmempool", json!([])).unwrap();
        assert!(waiting.is_empty());
        let unspent = |txid, vout| self.node.unspent(OutPoint::new(txid, vout)).unwrap();
        assert!(self.node.unspent(self.funding.outpoint).unwrap().is_none());
        assert!(unspent(deployment.txid(), 0).is_none());
        let change = unspent(deployment.txid(), 1).unwrap();
        let price = unspent(claim.txid(), 0).unwrap();
        assert_eq!(change.script_pubkey.as_bytes(), LockingScript::p2pkh(&funder().pubkey_hash().0).as_bytes());
        assert_eq!(price.script_pubkey.as_bytes(), LockingScript::p2pkh(&prover().pubkey_hash().0).as_bytes());
        assert_eq!(Some(&price), claim.transaction().output.first());
        // The fee of some 20 kB at 100 satoshis per 1,000 bytes.
        assert!(price.value.to_sat() >= AMOUNT.0 - 5_000, "{price:?}");
    }
}

#[test]
fn kill__at_every_moment__next_process_ends_right() {
    let mut node = Node::start().unwrap();
    let fundings = coins(&mut node, &funder(), u32::try_from(MOMENTS).unwrap() + 1);
    let shop = tempfile::tempdir().unwrap();
    Shop::set_up(shop.path());
    let fates = iter::once(None).chain((0..MOMENTS).map(Some));
    for (fate, funding) in fates.zip(&fundings) {
        let life = Life { node: &node, funding, shop: shop.path(), folder: tempfile::tempdir().unwrap() };
        let first_height = node.info().unwrap().height;
        if let Some(moment) = fate {
            let killed = life.play(Fate(Some(moment)));
            assert_eq!(killed.signal(), Some(SIGKILL), "moment {moment}: {killed}");
        }
        life.play(Fate(None));
        if fate.is_none() {
            // The count is that of a life without a kill, on the real node.
            let passed = fs::read_to_string(life.passed()).unwrap();
            assert_eq!(passed, MOMENTS.to_string());
        }
        life.check(first_height);
    }
    writeln!(std::io::stderr(), "killed at each of {MOMENTS} moments").unwrap();
}

const SIGKILL: i32 = 9;
