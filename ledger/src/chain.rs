//! What a chain offers, whoever keeps it: the embedded ledger or a real node.

use std::error::Error;

use chain_types::Satoshis;
use statement::PubkeyHash;
use tx_builder::{BlockHash, Coin, OutPoint, Transaction, TxOut, Txid};

/// A block reward may be spent by the 100th block after it (node v1.2.2, `src/consensus/consensus.h`).
pub const COINBASE_MATURITY: u32 = 100;

/// Who keeps the chain, and how long it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// `embedded`, or the network's name as the node gives it (`regtest`, `main`, ..).
    pub network: String,
    /// The node's name and version; none for the embedded ledger.
    pub version: Option<String>,
    /// Number of blocks after the first.
    pub height: u32,
    /// The median time of the last 11 blocks, in seconds since 1970: a transaction whose lock time is by clock may be in
    /// the next block once this is later (BIP113). None if the chain has no clock, as the embedded ledger, or does not
    /// say.
    pub median_time: Option<u32>,
}

/// Where a known transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxStatus {
    /// Blocks from the one that holds it to the tip, both counted; 0 while it waits in the mempool.
    pub confirmations: u32,
    /// The block that holds it.
    pub block: Option<BlockHash>,
    /// Other transactions that wait and spend one of its coins, in order, each once: one of them all will be mined. Empty
    /// also if the chain keeps no record of them, as a node does not, which knows one spender of a coin.
    pub rivals: Vec<Txid>,
}

impl TxStatus {
    /// In a mempool, with no other that would spend its coins.
    pub const WAITING: Self = Self { confirmations: 0, block: None, rivals: Vec::new() };

    /// In a block, so many blocks deep, its own included.
    pub const fn mined(block: BlockHash, confirmations: u32) -> Self {
        Self { confirmations, block: Some(block), rivals: Vec::new() }
    }
}

/// Whether the same request may simply be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It had no effect, or has none the second time.
    Safe,
    /// It may have had its effect: look before asking again.
    LookFirst,
    /// It will fail again until something else changes.
    Pointless,
}

/// The chain did not answer, or not so that it could be understood.
#[derive(Debug, thiserror::Error)]
#[error("the chain gave no usable answer")]
pub struct ChainError {
    /// Whether to ask again.
    pub retry: Retry,
    /// What went wrong.
    pub source: Box<dyn Error + Send + Sync>,
}

/// A transaction that was judged and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The node's error code: -25 for missing coins, -26 for a broken rule.
    pub code: i64,
    /// The node's reason, for instance `16: mandatory-script-verify-flag-failed (..)`.
    pub reason: String,
    /// The waiting transaction that has taken a coin first, if that is why and the chain says which.
    pub rival: Option<Txid>,
}

/// Why a transaction was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BroadcastError {
    /// Judged and refused.
    #[error("refused with code {}: {}", .0.code, .0.reason)]
    Rejected(Rejection),
    /// It is in the mempool or a block already: nothing is lost.
    #[error("transaction {txid} is known already")]
    AlreadyKnown {
        /// The transaction.
        txid: Txid,
    },
    /// No verdict.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl BroadcastError {
    /// Whether the same transaction may simply be sent again. A transaction takes effect once at most, so that after
    /// a lost answer it may.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Rejected(_) | Self::AlreadyKnown { .. } => Retry::Pointless,
            Self::Chain(error) => match error.retry {
                Retry::LookFirst => Retry::Safe,
                retry => retry,
            },
        }
    }

    /// The verdict, if there is one.
    pub const fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}

/// A chain of blocks that takes transactions.
pub trait Chain {
    /// Who keeps the chain, and how long it is.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer.
    fn info(&self) -> Result<ChainInfo, ChainError>;

    /// Hands in a transaction; it waits in the mempool until a block is mined.
    ///
    /// # Errors
    /// [`BroadcastError`]: refused, known already, or no answer.
    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError>;

    /// The output at `outpoint` unless it does not exist or is spent, the mempool included.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer.
    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError>;

    /// Where a transaction stands; none if it is not known.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer.
    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError>;

    /// The transaction that spends the coin at `outpoint`. None if there is none, and also if the chain keeps no record
    /// by which it could tell, as a node does not: this is for reports, not for decisions.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer.
    fn spender(&self, outpoint: OutPoint) -> Result<Option<Txid>, ChainError> {
        let _ = outpoint;
        Ok(None)
    }

    /// A transaction in the mempool or a block, as the chain has it; none if it is not known.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer, or one that is another transaction.
    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError>;
}

/// A chain whose blocks are made on demand.
pub trait TestChain: Chain {
    /// Mines blocks at once, with every transaction that waits; their rewards are paid to `pay_to`.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer, or if the node's chain is none for tests.
    fn mine(&mut self, n_blocks: u32, pay_to: PubkeyHash) -> Result<Vec<BlockHash>, ChainError>;

    /// The reward of a block; none if the block is not known or the reward is spent.
    ///
    /// # Errors
    /// [`ChainError`] if there is no answer.
    fn coinbase(&self, block: BlockHash) -> Result<Option<Coin>, ChainError>;
}

/// The chain contradicted itself while [`mature_coin`] asked it.
#[derive(Debug, thiserror::Error)]
#[error("the chain mined a block whose reward it does not know")]
struct RewardUnknown;

/// Mines a reward for `owner` and enough blocks on top to spend it.
///
/// # Errors
/// [`ChainError`] if the chain does not answer, or is none for tests.
pub fn mature_coin(chain: &mut (impl TestChain + ?Sized), owner: PubkeyHash) -> Result<Coin, ChainError> {
    let blocks = chain.mine(1 + COINBASE_MATURITY, owner)?;
    let reward = match blocks.first() {
        Some(block) => chain.coinbase(*block)?,
        None => None,
    };
    let unknown = || ChainError { retry: Retry::LookFirst, source: Box::new(RewardUnknown) };
    reward.filter(|coin| coin.value > Satoshis(0)).ok_or_else(unknown)
}
