//! A chain in memory.

use std::collections::{HashMap, hash_map::Entry};

use bitcoin::{
    ScriptBuf, Sequence, TxIn, Witness,
    absolute::LockTime,
    hashes::{Hash as _, HashEngine as _, sha256d},
    transaction::Version,
};
use chain_types::{FeeRate, LockingScript, Satoshis, UnlockingScript};
use statement::PubkeyHash;
use tx_builder::{BlockHash, Coin, OutPoint, Transaction, TxOut, Txid, transaction_output};

use crate::{
    BroadcastError, COINBASE_MATURITY, Chain, ChainError, ChainInfo, Rejection, TxStatus,
    admission::{self, Class, missing_inputs, refuse},
};

/// Reward of the first blocks, and how many blocks it takes to halve, as on regtest (`src/chainparams.cpp`).
const FIRST_REWARD: Satoshis = Satoshis(50 * 100_000_000);
const HALVING_INTERVAL: u32 = 150;

/// A chain in memory with the rules a node has for single transactions since Genesis: forms, sizes, dust, coins,
/// maturity, double spends, fees, scripts under policy and consensus.
///
/// What it is not: there is no network, no proof of work, no header, no clock, and no second branch. A block takes
/// every transaction that waits; its hash depends on what it holds and on the blocks before it, on nothing else.
/// Other than a node it refuses a transaction below its fee rate at once, where a node keeps it without mining it.
#[derive(Clone, Debug)]
pub struct EmbeddedLedger {
    min_fee_rate: FeeRate,
    blocks: Vec<Block>,
    outputs: HashMap<OutPoint, Output>,
    /// Every known transaction, with the height of its block.
    heights: HashMap<Txid, Option<u32>>,
    mempool: Vec<Waiting>,
}

#[derive(Clone, Debug)]
struct Block {
    hash: BlockHash,
    reward: Txid,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Transaction,
    fee: Satoshis,
}

/// An output that no block spends.
#[derive(Clone, Debug)]
struct Output {
    output: TxOut,
    /// Height of the block whose reward it is.
    reward_of: Option<u32>,
    /// A waiting transaction spends it.
    taken: bool,
}

impl EmbeddedLedger {
    /// An empty chain that asks for `min_fee_rate`.
    pub fn new(min_fee_rate: FeeRate) -> Self {
        // The first block's reward can be spent by nobody, as on every network.
        let first = Block { hash: BlockHash::all_zeros(), reward: Txid::all_zeros() };
        Self {
            min_fee_rate,
            blocks: vec![first],
            outputs: HashMap::new(),
            heights: HashMap::new(),
            mempool: Vec::new(),
        }
    }

    fn tip_height(&self) -> u32 {
        u32::try_from(self.blocks.len() - 1).expect("memory ends before 2^32 blocks")
    }

    /// The fee of a transaction that may be taken.
    fn judge(&self, transaction: &Transaction) -> Result<Satoshis, Rejection> {
        let next_height = self.tip_height() + 1;
        admission::check_form(transaction)?;
        admission::check_standard(transaction)?;
        admission::check_final(transaction, next_height)?;
        let spent = transaction.input.iter().map(|input| self.outputs.get(&input.previous_output));
        let spent = spent.collect::<Option<Vec<_>>>().ok_or_else(missing_inputs)?;
        if spent.iter().any(|output| output.taken) {
            return Err(refuse(Class::Conflict, "txn-mempool-conflict"));
        }
        let immature = |reward_height: u32| next_height - reward_height < COINBASE_MATURITY;
        if spent.iter().any(|output| output.reward_of.is_some_and(immature)) {
            return Err(refuse(Class::Invalid, "bad-txns-premature-spend-of-coinbase"));
        }
        let coins: Vec<_> = spent.iter().map(|output| &output.output).collect();
        let fee = admission::check_fee(transaction, &coins)?;
        if fee < self.min_fee_rate.fee(transaction.total_size()) {
            return Err(refuse(Class::InsufficientFee, "mempool min fee not met"));
        }
        admission::check_scripts(transaction, &coins)?;
        Ok(fee)
    }

    fn add_outputs(&mut self, transaction: &Transaction, reward_of: Option<u32>) -> Txid {
        let txid = transaction.compute_txid();
        for (vout, output) in (0..).zip(&transaction.output) {
            if !admission::is_data(output) {
                let output = Output { output: output.clone(), reward_of, taken: false };
                self.outputs.insert(OutPoint::new(txid, vout), output);
            }
        }
        txid
    }

    fn mine_one(&mut self, pay_to: PubkeyHash) -> BlockHash {
        let height = self.tip_height() + 1;
        let waiting = core::mem::take(&mut self.mempool);
        let fees = waiting.iter().map(|waiting| waiting.fee.0).sum::<u64>();
        let reward = reward_transaction(height, Satoshis(reward_at(height).0 + fees), pay_to);
        let reward_txid = self.add_outputs(&reward, Some(height));
        self.heights.insert(reward_txid, Some(height));
        let previous = self.blocks.last().map_or_else(BlockHash::all_zeros, |block| block.hash);
        let mut hash = BlockHash::engine();
        hash.input(previous.as_byte_array());
        hash.input(reward_txid.as_byte_array());
        for Waiting { transaction, .. } in waiting {
            for input in &transaction.input {
                self.outputs.remove(&input.previous_output);
            }
            let txid = transaction.compute_txid();
            self.heights.insert(txid, Some(height));
            hash.input(txid.as_byte_array());
        }
        let hash = BlockHash::from_raw_hash(sha256d::Hash::from_engine(hash));
        self.blocks.push(Block { hash, reward: reward_txid });
        hash
    }
}

const fn reward_at(height: u32) -> Satoshis {
    let halvings = height / HALVING_INTERVAL;
    Satoshis(if halvings < u64::BITS { FIRST_REWARD.0 >> halvings } else { 0 })
}

fn reward_transaction(height: u32, value: Satoshis, pay_to: PubkeyHash) -> Transaction {
    // The height keeps two rewards from being the same transaction.
    let mut script = UnlockingScript::default();
    script.push_slice(&height.to_le_bytes());
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script.into_bytes()),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let output = transaction_output(LockingScript::p2pkh(&pay_to.0), value);
    Transaction { version: Version(1), lock_time: LockTime::ZERO, input: vec![input], output: vec![output] }
}

impl Chain for EmbeddedLedger {
    fn info(&self) -> Result<ChainInfo, ChainError> {
        Ok(ChainInfo { network: "embedded".to_owned(), version: None, height: self.tip_height() })
    }

    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        let txid = transaction.compute_txid();
        if self.heights.contains_key(&txid) {
            return Err(BroadcastError::AlreadyKnown { txid });
        }
        let fee = self.judge(transaction).map_err(BroadcastError::Rejected)?;
        for input in &transaction.input {
            if let Entry::Occupied(mut spent) = self.outputs.entry(input.previous_output) {
                spent.get_mut().taken = true;
            }
        }
        self.add_outputs(transaction, None);
        self.heights.insert(txid, None);
        self.mempool.push(Waiting { transaction: transaction.clone(), fee });
        Ok(txid)
    }

    fn mine(&mut self, n_blocks: u32, pay_to: PubkeyHash) -> Result<Vec<BlockHash>, ChainError> {
        Ok((0..n_blocks).map(|_| self.mine_one(pay_to)).collect())
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        Ok(self.outputs.get(&outpoint).filter(|output| !output.taken).map(|output| output.output.clone()))
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        let status = |height: &Option<u32>| match height {
            Some(height) => TxStatus {
                confirmations: self.tip_height() - height + 1,
                block: self.blocks.get(*height as usize).map(|block| block.hash),
            },
            None => TxStatus { confirmations: 0, block: None },
        };
        Ok(self.heights.get(&txid).map(status))
    }

    fn coinbase(&self, block: BlockHash) -> Result<Option<Coin>, ChainError> {
        let Some(block) = self.blocks.iter().find(|known| known.hash == block) else { return Ok(None) };
        let outpoint = OutPoint::new(block.reward, 0);
        Ok(self.unspent(outpoint)?.map(|output| Coin::new(outpoint, &output)))
    }
}
