//! A chain in memory.

use std::collections::{HashMap, hash_map::Entry};

use bitcoin::{
    ScriptBuf, Sequence, TxIn, Witness,
    absolute::LockTime,
    hashes::{Hash as _, HashEngine as _, sha256d},
    transaction::Version,
};
use chain_types::{FeeRate, LockingScript, Profile, Satoshis, UnlockingScript};
use statement::PubkeyHash;
use tx_builder::{BlockHash, Coin, OutPoint, Transaction, TxOut, Txid, transaction_output};

use crate::{
    BroadcastError, COINBASE_MATURITY, Chain, ChainError, ChainInfo, Rejection, TestChain, TxStatus,
    admission::{self, Class, missing_inputs, refuse},
};

/// Reward of the first blocks, and how many blocks it takes to halve, as on regtest (`src/chainparams.cpp`).
const FIRST_REWARD: Satoshis = Satoshis(50 * 100_000_000);
const HALVING_INTERVAL: u32 = 150;

/// A chain in memory with the rules a node has for single transactions since Genesis, or since Chronicle: forms, sizes, dust, coins,
/// maturity, double spends, fees, scripts under policy and consensus.
///
/// What it is not: there is no network, no proof of work, no header, no clock, and no second branch. A block takes
/// every transaction that waits; its hash depends on what it holds and on the blocks before it, on nothing else.
/// It refuses at once a transaction below its fee rate, or one that is not final yet, where a node keeps it aside
/// without mining it.
#[derive(Clone, Debug)]
pub struct EmbeddedLedger {
    profile: Profile,
    min_fee_rate: FeeRate,
    blocks: Vec<Block>,
    outputs: HashMap<OutPoint, Output>,
    /// Which known transaction spends a coin.
    spenders: HashMap<OutPoint, Txid>,
    /// Every known transaction, with the height of its block.
    heights: HashMap<Txid, Option<u32>>,
    /// All of them but the rewards.
    transactions: HashMap<Txid, Transaction>,
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
    /// An empty chain that asks for `min_fee_rate`, under the rules since Genesis.
    pub fn new(min_fee_rate: FeeRate) -> Self {
        // The first block's reward can be spent by nobody, as on every network.
        let first = Block { hash: BlockHash::all_zeros(), reward: Txid::all_zeros() };
        Self {
            profile: Profile::Genesis,
            min_fee_rate,
            blocks: vec![first],
            outputs: HashMap::new(),
            spenders: HashMap::new(),
            heights: HashMap::new(),
            transactions: HashMap::new(),
            mempool: Vec::new(),
        }
    }

    /// Applies the rules of `profile` to all of the chain: every output counts as mined under them.
    #[must_use]
    pub const fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    fn tip_height(&self) -> u32 {
        u32::try_from(self.blocks.len() - 1).expect("memory ends before 2^32 blocks")
    }

    /// The fee of a transaction that may be taken.
    fn judge(&self, transaction: &Transaction) -> Result<Satoshis, Rejection> {
        let next_height = self.tip_height() + 1;
        admission::check_form(transaction)?;
        admission::check_standard(self.profile, transaction)?;
        admission::check_final(transaction, next_height)?;
        let spent = transaction.input.iter().map(|input| self.outputs.get(&input.previous_output));
        let spent = spent.collect::<Option<Vec<_>>>().ok_or_else(missing_inputs)?;
        if spent.iter().any(|output| output.taken) {
            let spender = |input: &TxIn| self.spenders.get(&input.previous_output).copied();
            let rival = transaction.input.iter().find_map(spender);
            return Err(Rejection { rival, ..refuse(Class::Conflict, "txn-mempool-conflict") });
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
        admission::check_scripts(self.profile, transaction, &coins)?;
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
        Ok(ChainInfo { network: "embedded".to_owned(), version: None, height: self.tip_height(), median_time: None })
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
            self.spenders.insert(input.previous_output, txid);
        }
        self.add_outputs(transaction, None);
        self.heights.insert(txid, None);
        self.transactions.insert(txid, transaction.clone());
        self.mempool.push(Waiting { transaction: transaction.clone(), fee });
        Ok(txid)
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        Ok(self.outputs.get(&outpoint).filter(|output| !output.taken).map(|output| output.output.clone()))
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        let status = |height: &Option<u32>| match height {
            Some(height) => TxStatus {
                confirmations: self.tip_height() - height + 1,
                block: self.blocks.get(*height as usize).map(|block| block.hash),
                rivals: Vec::new(),
            },
            None => TxStatus::WAITING,
        };
        Ok(self.heights.get(&txid).map(status))
    }

    fn spender(&self, outpoint: OutPoint) -> Result<Option<Txid>, ChainError> {
        Ok(self.spenders.get(&outpoint).copied())
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        Ok(self.transactions.get(&txid).cloned())
    }
}

impl TestChain for EmbeddedLedger {
    fn mine(&mut self, n_blocks: u32, pay_to: PubkeyHash) -> Result<Vec<BlockHash>, ChainError> {
        Ok((0..n_blocks).map(|_| self.mine_one(pay_to)).collect())
    }

    fn coinbase(&self, block: BlockHash) -> Result<Option<Coin>, ChainError> {
        let Some(block) = self.blocks.iter().find(|known| known.hash == block) else { return Ok(None) };
        let outpoint = OutPoint::new(block.reward, 0);
        Ok(self.unspent(outpoint)?.map(|output| Coin::new(outpoint, &output)))
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use chain_types::Opcode;
    use rand::{SeedableRng as _, rngs::StdRng};
    use tx_builder::{Draft, Funded, SigningKey};

    use super::*;
    use crate::mature_coin;

    // Verdicts and their reasons are tested beside a real node's, in node-tests. Here: what a node does not show.

    fn start() -> (EmbeddedLedger, SigningKey, Coin) {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(1));
        let mut ledger = EmbeddedLedger::new(FeeRate::DEFAULT);
        let coin = mature_coin(&mut ledger, key.pubkey_hash()).expect("a ledger can mine");
        (ledger, key, coin)
    }

    fn signed(funded: Funded, key: &SigningKey) -> Transaction {
        let mut funded = funded;
        funded.sign_all(key).expect("own coins");
        funded.finish().expect("signed")
    }

    fn spend(coin: Coin, key: &SigningKey, rate: FeeRate) -> Transaction {
        signed(Draft::new(rate, key.pubkey_hash()).add_p2pkh(coin).fund().expect("enough"), key)
    }

    fn reason(refused: Result<Txid, BroadcastError>) -> String {
        let error = refused.expect_err("refused");
        error.rejection().unwrap_or_else(|| panic!("{error}")).reason.clone()
    }

    #[test]
    fn mine__same_actions__give_the_same_blocks_and_others_do_not() {
        let blocks = |rate| {
            let (mut ledger, key, coin) = start();
            ledger.broadcast(&spend(coin, &key, rate)).expect("good");
            ledger.mine(2, key.pubkey_hash()).expect("a ledger can mine")
        };
        assert_eq!(blocks(FeeRate(100)), blocks(FeeRate(100)));
        let (one, other) = (blocks(FeeRate(100)), blocks(FeeRate(200)));
        assert!(one[0] != other[0] && one[1] != other[1]);
    }

    #[test]
    fn mine__rewards__halve_like_regtest() {
        for (height, satoshis) in
            [(1, 5_000_000_000), (149, 5_000_000_000), (150, 2_500_000_000), (300, 1_250_000_000), (u32::MAX, 0)]
        {
            assert_eq!(reward_at(height), Satoshis(satoshis), "{height}");
        }
        let (mut ledger, key, _) = start();
        let blocks = ledger.mine(100, key.pubkey_hash()).expect("a ledger can mine");
        let reward = ledger.coinbase(blocks[99]).expect("it answers").expect("unspent");
        assert_eq!(reward.value, Satoshis(2_500_000_000));
        assert_eq!(ledger.coinbase(BlockHash::all_zeros()).expect("it answers"), None);
    }

    #[test]
    fn broadcast__fee_below_the_rate__is_refused_and_at_the_rate_taken() {
        let (mut ledger, key, coin) = start();
        let cheap = spend(coin.clone(), &key, FeeRate(90));
        assert_eq!(reason(ledger.broadcast(&cheap)), "66: mempool min fee not met");
        assert!(ledger.broadcast(&spend(coin, &key, FeeRate(100))).is_ok());
    }

    #[test]
    fn broadcast__no_inputs__is_refused_by_name() {
        // Such a transaction has no raw form that a node would read as one.
        let (mut ledger, key, coin) = start();
        let mut transaction = spend(coin, &key, FeeRate(100));
        transaction.input.clear();
        assert_eq!(reason(ledger.broadcast(&transaction)), "16: bad-txns-vin-empty");
    }

    #[test]
    fn broadcast__coin_still_in_the_mempool__may_be_spent_on() {
        let (mut ledger, key, coin) = start();
        let first = spend(coin, &key, FeeRate(100));
        let second = spend(Coin::of(&first, 0).expect("one output"), &key, FeeRate(100));
        assert_eq!(reason(ledger.broadcast(&second)), "Missing inputs");
        ledger.broadcast(&first).expect("good");
        let txid = ledger.broadcast(&second).expect("good once its coin is known");
        ledger.mine(1, key.pubkey_hash()).expect("a ledger can mine");
        assert_eq!(ledger.unspent(OutPoint::new(first.compute_txid(), 0)).expect("it answers"), None);
        assert!(ledger.unspent(OutPoint::new(txid, 0)).expect("it answers").is_some());
    }

    #[test]
    fn broadcast__refused__changes_nothing() {
        let (mut ledger, key, coin) = start();
        let mut broken = spend(coin.clone(), &key, FeeRate(100));
        broken.output[0].value -= bitcoin::Amount::ONE_SAT;
        let failed = "16: mandatory-script-verify-flag-failed";
        assert!(reason(ledger.broadcast(&broken)).starts_with(failed));
        assert_eq!(ledger.status(broken.compute_txid()).expect("it answers"), None);
        assert!(ledger.unspent(coin.outpoint).expect("it answers").is_some());
        assert!(ledger.broadcast(&spend(coin, &key, FeeRate(100))).is_ok());
    }

    #[test]
    fn broadcast__lock_time_not_reached__is_refused_until_then() {
        let (mut ledger, key, coin) = start();
        let height = ledger.info().expect("it answers").height;
        let locked = |sequence| {
            let mut funded =
                Draft::new(FeeRate(100), key.pubkey_hash()).add_p2pkh(coin.clone()).fund().expect("enough");
            funded.set_lock_time(LockTime::from_consensus(height + 1));
            funded.set_sequence(0, sequence).expect("one input");
            signed(funded, &key)
        };
        assert_eq!(reason(ledger.broadcast(&locked(Sequence::ZERO))), "64: bad-txns-nonfinal");
        // The next block may hold what is locked until the tip's height.
        ledger.clone().broadcast(&locked(Sequence::MAX)).expect("no input says that the lock time counts");
        ledger.mine(1, key.pubkey_hash()).expect("a ledger can mine");
        ledger.broadcast(&locked(Sequence::ZERO)).expect("its time has come");
    }

    #[test]
    fn broadcast__data_output__needs_no_value_and_is_no_coin() {
        let (mut ledger, key, coin) = start();
        let mut data = LockingScript::default();
        data.push_opcode(Opcode::OP_0);
        data.push_opcode(Opcode::OP_RETURN);
        let draft = Draft::new(FeeRate(100), key.pubkey_hash()).pay(data, Satoshis(1)).add_p2pkh(coin);
        let txid = ledger.broadcast(&signed(draft.fund().expect("enough"), &key)).expect("good");
        assert_eq!(ledger.unspent(OutPoint::new(txid, 0)).expect("it answers"), None);
        assert!(ledger.unspent(OutPoint::new(txid, 1)).expect("it answers").is_some());
    }
}
