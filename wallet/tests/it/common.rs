//! A private node with coins to spend, and a wallet beside it.

use core::num::NonZeroU32;

use chain_types::{FeeRate, LockingScript, Satoshis};
use ledger::{COINBASE_MATURITY, Chain as _, TestChain};
use node_client::regtest::{Node, find_bitcoind};
use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::json;
use tempfile::TempDir;
use tx_builder::{BlockHash, Coin, Draft, SigningKey, Transaction, Txid, deploy};
use wallet::{ContractId, Depth, Pending, Purpose, Report, State, StateName, Wallet};

pub(crate) const AMOUNT: Satoshis = Satoshis(50_000);
pub(crate) const RATE: FeeRate = FeeRate::DEFAULT;

pub(crate) fn key(seed: u64) -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(seed))
}

pub(crate) fn depth(n: u32) -> Depth {
    Depth(NonZeroU32::new(n).unwrap())
}

/// A script that anybody can unlock with the number 7, told apart by `nonce`.
pub(crate) fn lock(nonce: u8) -> LockingScript {
    // <nonce> OP_DROP OP_7 OP_EQUAL
    LockingScript::from_bytes(vec![0x02, nonce, 0x80, 0x75, 0x57, 0x87])
}

/// All of `coin` less the fee, to `to`.
pub(crate) fn pay(coin: &Coin, owner: &SigningKey, to: &SigningKey, rate: FeeRate) -> Transaction {
    let mut funded = Draft::new(rate, to.pubkey_hash()).add_p2pkh(coin.clone()).fund().unwrap();
    funded.sign_all(owner).unwrap();
    funded.finish().unwrap()
}

pub(crate) fn deployment(script: &LockingScript, coin: &Coin, owner: &SigningKey) -> Transaction {
    let mut funded = deploy(script.clone(), AMOUNT, [coin.clone()], owner.pubkey_hash(), RATE).unwrap();
    funded.sign_all(owner).unwrap();
    funded.finish().unwrap()
}

pub(crate) fn payment() -> Purpose {
    Purpose::Payment { note: "test".to_owned() }
}

/// Rewards of the first blocks, ripe.
pub(crate) fn coins(chain: &mut dyn TestChain, owner: &SigningKey, n: u32) -> Vec<Coin> {
    let blocks = chain.mine(n + COINBASE_MATURITY, owner.pubkey_hash()).unwrap();
    let reward = |block: &BlockHash| chain.coinbase(*block).unwrap().unwrap();
    blocks.iter().take(n as usize).map(reward).collect()
}

/// A node, five coins of `owner`, and an empty wallet.
pub(crate) struct Scene {
    pub(crate) node: Node,
    pub(crate) owner: SigningKey,
    pub(crate) coins: Vec<Coin>,
    pub(crate) wallet: Wallet,
    folder: TempDir,
}

/// So that a restarted node has forgotten what waited.
const FORGETFUL: &[&str] = &["-persistmempool=0"];

impl Scene {
    pub(crate) fn new() -> Self {
        let mut node = Node::start_with(&find_bitcoind().unwrap(), FORGETFUL).unwrap();
        let owner = key(1);
        let coins = coins(&mut node, &owner, 5);
        let folder = tempfile::tempdir().unwrap();
        let wallet = Wallet::create(&folder.path().join("wallet"), "regtest").unwrap();
        Self { node, owner, coins, wallet, folder }
    }

    /// As a process that ends and one that starts.
    pub(crate) fn reopen(self) -> Self {
        let Self { node, owner, coins, wallet, folder } = self;
        drop(wallet);
        let wallet = Wallet::open(&folder.path().join("wallet")).unwrap();
        Self { node, owner, coins, wallet, folder }
    }

    pub(crate) fn mine(&mut self, n: u32) -> Vec<BlockHash> {
        self.node.mine(n, self.owner.pubkey_hash()).unwrap()
    }

    /// A payment of the coin to the key of that seed.
    pub(crate) fn payment(&self, coin: usize, to: u64) -> Transaction {
        pay(&self.coins[coin], &self.owner, &key(to), RATE)
    }

    pub(crate) fn record(&mut self, transaction: &Transaction) -> Txid {
        self.wallet.record(transaction, payment()).unwrap().txid()
    }

    pub(crate) fn resume(&mut self) -> Report {
        self.wallet.resume(&mut self.node, depth(3)).unwrap()
    }

    /// Resumes and says what became of one transaction.
    pub(crate) fn resumed(&mut self, txid: Txid) -> (StateName, Option<Pending>) {
        let report = self.resume();
        let progress = report.of(txid).unwrap();
        (progress.after.name(), progress.pending.clone())
    }

    pub(crate) fn state(&self, txid: Txid) -> State {
        self.wallet.transaction(txid).unwrap().state().clone()
    }

    pub(crate) fn history(&self, txid: Txid) -> Vec<StateName> {
        let history = self.wallet.transaction(txid).unwrap().history();
        history.iter().map(|event| event.state.name()).collect()
    }

    pub(crate) fn mempool(&self) -> Vec<Txid> {
        self.node.rpc().call("getrawmempool", json!([])).unwrap()
    }

    pub(crate) fn restart_forgetful(&mut self) {
        self.node.restart_with(&find_bitcoind().unwrap(), FORGETFUL).unwrap();
        assert_eq!(self.mempool(), [], "a restarted node that has forgotten");
    }

    /// Blocks that differ from any other at their height, whatever the second.
    pub(crate) fn mine_others(&mut self, n: u32) -> Vec<BlockHash> {
        self.node.mine(n, key(99).pubkey_hash()).unwrap()
    }

    /// Takes a block and all on top of it out of the chain.
    pub(crate) fn invalidate(&self, block: BlockHash) {
        self.node.rpc().call::<()>("invalidateblock", json!([block.to_string()])).unwrap();
    }

    pub(crate) fn reconsider(&self, block: BlockHash) {
        self.node.rpc().call::<()>("reconsiderblock", json!([block.to_string()])).unwrap();
    }

    /// Somebody else's transaction, sent past the wallet.
    pub(crate) fn send_foreign(&mut self, transaction: &Transaction) -> Txid {
        self.node.broadcast(transaction).unwrap()
    }

    pub(crate) fn is_reserved(&self, coin: usize) -> bool {
        self.wallet.reserved().contains_key(&self.coins[coin].outpoint)
    }

    pub(crate) fn add_contract(&mut self, nonce: u8) -> (LockingScript, ContractId) {
        let script = lock(nonce);
        let id = self.wallet.add_contract("test", &script, "artifact").unwrap();
        (script, id)
    }
}

pub(crate) fn passed(blocks: u32) -> Option<Pending> {
    Some(Pending::Block { passed: blocks })
}

pub(crate) fn is_answer(pending: Option<&Pending>) -> bool {
    matches!(pending, Some(Pending::Answer { .. }))
}
