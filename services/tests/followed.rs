//! A wallet that knows the chain by way of ARC and an explorer alone.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;
mod network;

use core::num::NonZeroU32;
use std::path::PathBuf;

use chain_types::{FeeRate, LockingScript, Satoshis, UnlockingScript};
use ledger::{Chain as _, EmbeddedLedger, TestChain as _, mature_coin};
use network::Network;
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use tx_builder::{Coin, Draft, OutPoint, SigningKey, Transaction, Txid, deploy};
use wallet::{Depth, Pending, Purpose, State, StateName, Wallet};

use StateName::{Conflicted, Mined, Recorded, Sent, Settled, Waiting};

const RATE: FeeRate = FeeRate::DEFAULT;
const AMOUNT: Satoshis = Satoshis(50_000);

fn key(seed: u64) -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(seed))
}

/// A network, a coin of key 1 on it, and an empty wallet.
struct Scene {
    network: Network,
    coin: Coin,
    wallet: Wallet,
    folder: TempDir,
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("wallet")
}

impl Scene {
    fn new() -> Self {
        let mut chain = EmbeddedLedger::new(RATE);
        let coin = pocket_money(&mut chain);
        let folder = tempfile::tempdir().expect("a folder");
        let wallet = Wallet::create(&path(&folder), "test").expect("a new file");
        Self { network: Network::new(chain), coin, wallet, folder }
    }

    /// As a process that ends and one that starts.
    fn reopen(self) -> Self {
        drop(self.wallet);
        Self { wallet: Wallet::open(&path(&self.folder)).expect("whole"), ..self }
    }

    fn resume(&mut self, txid: Txid) -> (StateName, Option<Pending>) {
        let depth = Depth(NonZeroU32::new(3).expect("not zero"));
        let report = self.wallet.resume(&mut self.network.service, depth).expect("the explorer answers");
        let progress = report.of(txid).expect("followed");
        (progress.after.name(), progress.pending.clone())
    }

    fn history(&self, txid: Txid) -> Vec<StateName> {
        let history = self.wallet.transaction(txid).expect("recorded").history();
        history.iter().map(|event| event.state.name()).collect()
    }

    fn state(&self, txid: Txid) -> State {
        self.wallet.transaction(txid).expect("recorded").state().clone()
    }

    fn pay(&self, to: u64) -> Transaction {
        pay(&self.coin, to)
    }
}

/// A mined coin that is no block's reward: explorers know those by the transactions they are in.
fn pocket_money(chain: &mut EmbeddedLedger) -> Coin {
    let reward = mature_coin(chain, key(1).pubkey_hash()).expect("a ledger can mine");
    let paid = pay(&reward, 1);
    chain.broadcast(&paid).expect("good");
    chain.mine(1, key(9).pubkey_hash()).expect("a ledger can mine");
    Coin::of(&paid, 0).expect("one output")
}

fn pay(coin: &Coin, to: u64) -> Transaction {
    let mut funded = Draft::new(RATE, key(to).pubkey_hash()).add_p2pkh(coin.clone()).fund().expect("enough");
    funded.sign_all(&key(1)).expect("own coin");
    funded.finish().expect("signed")
}

/// A contract that the number 7 opens.
fn lock() -> LockingScript {
    // OP_7 OP_EQUAL
    LockingScript::from_bytes(vec![0x57, 0x87])
}

fn waits(pending: Option<&Pending>) -> bool {
    matches!(pending, Some(Pending::Answer { .. }))
}

#[test]
fn fault__arc_late_and_explorer_behind__contract_is_deployed_and_claimed_once() {
    let mut scene = Scene::new();
    let contract = scene.wallet.add_contract("seven", &lock(), "artifact").expect("new");
    let mut funded = deploy(lock(), AMOUNT, [scene.coin.clone()], key(1).pubkey_hash(), RATE).expect("enough");
    funded.sign_all(&key(1)).expect("own coin");
    let deployment = funded.finish().expect("signed");
    let deployed = scene.wallet.record(&deployment, Purpose::Deployment { contract, vout: 0 }).expect("new").txid();

    // ARC takes it, and its answer does not come.
    scene.network.silence_next();
    let (state, pending) = scene.resume(deployed);
    assert!(state == Sent && waits(pending.as_ref()), "{state} {pending:?}");
    let mut scene = scene.reopen();
    assert_eq!(scene.resume(deployed), (Waiting, Some(Pending::Block { passed: 0 })));
    assert_eq!(scene.network.submissions(), 2);

    // It is mined. ARC says so and proves nothing; the explorer has not heard of it.
    scene.network.mine(1);
    assert_eq!(scene.resume(deployed), (Waiting, Some(Pending::Block { passed: 0 })));
    scene.network.catch_up();
    assert_eq!(scene.resume(deployed), (Mined, Some(Pending::Confirmations { have: 1, need: 3 })));

    // The claim spends what the explorer knows; it is behind again when that is mined.
    let coin = Coin::of(&deployment, 0).expect("the contract's");
    let mut funded = Draft::new(RATE, key(2).pubkey_hash()).add_contract(coin.clone(), 1).fund().expect("enough");
    funded.unlock(0, UnlockingScript::from_bytes(vec![0x57])).expect("one byte");
    let claim = funded.finish().expect("unlocked");
    let purpose = Purpose::Claim { contract, coin: coin.outpoint, proof: None };
    let claimed = scene.wallet.record(&claim, purpose).expect("new").txid();
    assert_eq!(scene.resume(claimed), (Waiting, Some(Pending::Block { passed: 0 })));
    scene.network.mine(2);
    assert_eq!(scene.resume(claimed), (Waiting, Some(Pending::Block { passed: 0 })));
    assert_eq!(scene.state(deployed).name(), Mined, "what was mined stays so while the explorer is behind");
    scene.network.catch_up();
    assert_eq!(scene.resume(claimed), (Mined, Some(Pending::Confirmations { have: 2, need: 3 })));
    scene.network.mine(1);
    scene.network.catch_up();
    assert_eq!(scene.resume(claimed), (Settled, None));

    assert_eq!(scene.history(deployed), [Recorded, Sent, Waiting, Mined, Settled]);
    assert_eq!(scene.history(claimed), [Recorded, Sent, Waiting, Mined, Settled]);
    assert_eq!(scene.network.submissions(), 3, "nothing was sent that was known");
    let chain = scene.network.chain();
    assert_eq!(chain.spender(scene.coin.outpoint).expect("it answers"), Some(deployed));
    assert_eq!(chain.spender(coin.outpoint).expect("it answers"), Some(claimed));
    let paid = chain.unspent(OutPoint::new(claimed, 0)).expect("it answers").expect("unspent");
    assert_eq!(paid.script_pubkey.as_bytes(), LockingScript::p2pkh(&key(2).pubkey_hash().0).as_bytes());
}

#[test]
fn fault__double_spend_attempted_by_arc__waits_with_the_rivals_named_until_one_is_mined() {
    let mut scene = Scene::new();
    let before = scene.network.chain();
    let (ours, theirs) = (scene.pay(2), scene.pay(3));
    let rival = theirs.compute_txid();
    let txid = scene.wallet.record(&ours, Purpose::Payment { note: "test".to_owned() }).expect("new").txid();
    scene.network.compete(&[rival]);
    assert_eq!(scene.resume(txid), (Waiting, Some(Pending::Block { passed: 0 })));
    let height = before.info().expect("it answers").height;
    let contested = State::Waiting { since_height: height, rivals: vec![rival] };
    // It is in the file, the listing and the words for it, and its coin stays reserved.
    let mut scene = scene.reopen();
    assert_eq!(scene.wallet.list().transactions[0].state, contested);
    let words = contested.to_string();
    assert!(words.contains("waiting") && words.ends_with(&format!("its coins are wanted by {rival}")), "{words}");
    assert!(scene.wallet.reserved().contains_key(&scene.coin.outpoint));
    // To hear the same again is nothing new; to hear that nobody competes any more is.
    scene.resume(txid);
    assert_eq!(scene.history(txid), [Recorded, Sent, Waiting]);
    scene.network.compete(&[]);
    scene.resume(txid);
    assert_eq!(scene.state(txid), State::Waiting { since_height: height, rivals: vec![] });
    scene.network.compete(&[rival]);
    scene.resume(txid);
    assert_eq!(scene.state(txid), contested);

    // Mined by a miner and not known to the explorer: ARC's word alone settles nothing.
    let contested_chain = scene.network.chain();
    scene.network.mine(3);
    assert_eq!(scene.resume(txid).0, Waiting);
    scene.network.replace(contested_chain.clone());
    assert_eq!(scene.resume(txid).0, Waiting);

    // The rival wins elsewhere.
    let mut other = before;
    other.broadcast(&theirs).expect("good");
    other.mine(1, key(9).pubkey_hash()).expect("a ledger can mine");
    scene.network.replace(other);
    scene.network.catch_up();
    let lost = State::Conflicted { coin: scene.coin.outpoint, rival: Some(rival) };
    assert_eq!(scene.resume(txid).0, Conflicted);
    assert_eq!(scene.state(txid), lost);
    assert!(scene.wallet.substitute_of(txid).is_none() && scene.wallet.transactions().len() == 1);

    // The twin: ours wins.
    scene.network.replace(contested_chain);
    scene.network.mine(3);
    scene.network.catch_up();
    assert_eq!(scene.resume(txid), (Settled, None));
}
