//! Two nodes: one that mines, one that is shown everything afterwards.

use ledger::{Chain as _, TestChain as _};
use node_tests::regtest::{Node, find_bitcoind};
use rand::rngs::OsRng;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use statement::PubkeyHash;
use tx_builder::{SigningKey, Transaction, encode_hex};

use crate::took::{Took, timed};

/// `verifyscript` gives up after the limit for standard transactions, 3 ms by default, whatever the script. This node
/// alone is told otherwise; the two limits must differ. No other limit is touched.
const PATIENT: [&str; 2] = ["-maxstdtxvalidationduration=8000", "-maxnonstdtxvalidationduration=9000"];
/// What `verifyscript` is granted, in milliseconds: all that the settings allow.
const SCRIPT_LIMIT_MS: u32 = 8_000;

/// How long one transaction took, three ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validation {
    /// `verifyscript`: its script, once.
    pub(crate) script: Took,
    /// `sendrawtransaction`: all rules of the mempool; every script twice.
    pub(crate) mempool: Took,
    /// `submitblock` to a node that has not seen it: a block with nothing else.
    pub(crate) block: Took,
}

pub(crate) struct Nodes {
    /// Takes transactions, and mines; all of its policy is the default.
    pub(crate) miner: Node,
    /// Has the same blocks, and nothing in its mempool, hence no verdict kept from before.
    receiver: Node,
    payee: PubkeyHash,
    /// Blocks that both have.
    height: u32,
}

#[derive(Deserialize)]
struct Verdict {
    result: String,
}

impl Nodes {
    pub(crate) fn start() -> Self {
        let bitcoind = find_bitcoind().unwrap_or_else(|error| panic!("{error}"));
        let start = |settings: &[&str]| Node::start_with(&bitcoind, settings).unwrap_or_else(|error| panic!("{error}"));
        let payee = SigningKey::random(&mut OsRng).pubkey_hash();
        Self { miner: start(&[]), receiver: start(&PATIENT), payee, height: 0 }
    }

    pub(crate) fn version(&self) -> String {
        self.miner.info().expect("a node that answers").version.expect("nodes have one")
    }

    /// Shows the receiver every block it lacks.
    pub(crate) fn catch_up(&mut self) {
        let mined = self.miner.info().expect("a node that answers").height;
        while self.height < mined {
            self.submit_next();
        }
    }

    /// Shows the receiver the next block; answers how long it took over it.
    fn submit_next(&mut self) -> Took {
        self.height += 1;
        let raw = 0;
        let block: String =
            self.miner.rpc().call("getblockbyheight", json!([self.height, raw])).expect("a mined block");
        let (refusal, took): (Option<String>, _) = timed_call(&self.receiver, "submitblock", json!([block]));
        assert_eq!(refusal, None, "block {}", self.height);
        assert_eq!(self.receiver.info().expect("a node that answers").height, self.height, "the block is connected");
        took
    }

    /// Has the transaction validated in every way, and mined.
    pub(crate) fn validate(&mut self, transaction: &Transaction) -> Validation {
        let script = self.verify_script(transaction);
        let hex = encode_hex(transaction);
        let (txid, mempool): (String, _) = timed_call(&self.miner, "sendrawtransaction", json!([hex]));
        assert_eq!(txid, transaction.compute_txid().to_string());
        self.miner.mine(1, self.payee).expect("a node that mines");
        let block = self.submit_next();
        let status = self.receiver.status(transaction.compute_txid()).expect("a node that answers");
        assert_eq!(status.map(|status| status.confirmations), Some(1), "the block held the transaction");
        Validation { script, mempool, block }
    }

    fn verify_script(&self, transaction: &Transaction) -> Took {
        let stop_on_first_invalid = true;
        let scripts: Value = json!([{ "tx": encode_hex(transaction), "n": 0 }]);
        let params = json!([scripts, stop_on_first_invalid, SCRIPT_LIMIT_MS]);
        let (verdicts, took): (Vec<Verdict>, _) = timed_call(&self.receiver, "verifyscript", params);
        assert!(
            matches!(&verdicts[..], [Verdict { result }] if result == "ok"),
            "{:?}",
            verdicts.first().map(|v| &v.result)
        );
        took
    }
}

/// Calls a node and times it. Transport, and reading and writing of JSON, are part of the time.
fn timed_call<T: DeserializeOwned>(node: &Node, method: &str, params: Value) -> (T, Took) {
    timed(node.pid(), || node.rpc().call(method, params).expect("honest spends and blocks are taken"))
}
