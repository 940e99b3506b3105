//! What can be wrong with a BEEF.

use bitcoin::{OutPoint, Txid, consensus::encode};
use chain_types::AmountError;

use super::{ATOMIC, V1, V2};
use crate::{ExtendedError, MerklePathError, MerkleRoot, RawTransactionError};

/// Why bytes are no BEEF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeefError {
    /// Odd length or other characters.
    #[error("the BEEF is not hexadecimal")]
    Hex(#[from] hex::FromHexError),
    /// Cut short, absurd lengths.
    #[error("the bytes are not BEEF")]
    Encoding(#[from] encode::Error),
    /// Something else, or a version that is not known.
    #[error("the first bytes are {}: expected {} or {}, or {} before it", hex::encode(.found), hex::encode(V1), hex::encode(V2), hex::encode(ATOMIC))]
    Version {
        /// The four bytes that stand there.
        found: [u8; 4],
    },
    /// One of the merkle paths is none.
    #[error("merkle path {path_idx}")]
    Path {
        /// Which, from 0.
        path_idx: usize,
        /// What is wrong with it.
        source: MerklePathError,
    },
    /// One of the transactions has another form than Bitcoin SV's.
    #[error("transaction {entry_idx}")]
    Transaction {
        /// Which, from 0.
        entry_idx: u64,
        /// What is wrong with it.
        source: RawTransactionError,
    },
    /// A byte that says neither that there is a proof nor that there is none.
    #[error("transaction {entry_idx} is of kind {found}: expected 0 or 1")]
    Kind {
        /// Which, from 0.
        entry_idx: u64,
        /// The byte.
        found: u8,
    },
    /// A transaction of which only the txid is given: nothing here could check it.
    #[error("transaction {entry_idx} is given by its txid alone; ask for the transaction itself")]
    TxidOnly {
        /// Which, from 0.
        entry_idx: u64,
    },
    /// No transactions.
    #[error("there is no transaction")]
    Empty,
    /// Something follows.
    #[error("{n_bytes} bytes follow the BEEF")]
    TrailingBytes {
        /// How many.
        n_bytes: usize,
    },
    /// The transaction named at the start does not stand at the end.
    #[error("it is said to be about {named}, and ends with {found}")]
    OtherSubject {
        /// The txid named.
        named: Txid,
        /// The txid of the last transaction.
        found: Txid,
    },
    /// An ancestor is missing, or something else is not as it must be.
    #[error(transparent)]
    Structure(#[from] StructureError),
}

/// Why transactions and paths do not make a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// The same transaction twice.
    #[error("transaction {txid} is there twice")]
    Repeated {
        /// The transaction.
        txid: Txid,
    },
    /// A proof that is not there.
    #[error("transaction {txid} names merkle path {path_idx} of {n_paths}")]
    NoSuchPath {
        /// The transaction.
        txid: Txid,
        /// The path it names, from 0.
        path_idx: usize,
        /// Paths there are.
        n_paths: usize,
    },
    /// A proof of something else.
    #[error("merkle path {path_idx} does not contain transaction {txid}")]
    NotInPath {
        /// The transaction.
        txid: Txid,
        /// The path it names, from 0.
        path_idx: usize,
    },
    /// A mined transaction of 64 bytes, which could be an inner node of the tree.
    #[error("transaction {txid} of 64 bytes cannot be told from an inner node of the tree")]
    Ambiguous {
        /// The transaction.
        txid: Txid,
    },
    /// A transaction without a proof spends what is not among those before it.
    #[error("transaction {txid} is not proved and spends {outpoint}, which no earlier transaction has")]
    MissingParent {
        /// The transaction.
        txid: Txid,
        /// What it spends.
        outpoint: OutPoint,
    },
    /// The same coin twice.
    #[error("transaction {txid} spends {outpoint}, which is spent already")]
    SpentTwice {
        /// The later one.
        txid: Txid,
        /// What it spends.
        outpoint: OutPoint,
    },
    /// A transaction without a proof makes coins.
    #[error("transaction {txid}: outputs and inputs")]
    Amount {
        /// The transaction.
        txid: Txid,
        /// Which exceeds which.
        source: AmountError,
    },
    /// A transaction that the last one does not descend from.
    #[error("transaction {txid} is no ancestor of the last")]
    Unrelated {
        /// The transaction.
        txid: Txid,
    },
}

/// Why a whole BEEF is not to be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError<E: std::error::Error + 'static> {
    /// No block of the longest chain has this root.
    #[error("no block of height {height} has merkle root {root}")]
    UnknownRoot {
        /// The height that the path gives.
        height: u32,
        /// The root that the path leads to.
        root: MerkleRoot,
    },
    /// The source of headers did not answer.
    #[error("the headers could not be asked")]
    Headers(#[source] E),
}

/// Why a BEEF gives no extended transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtendedOfBeefError {
    /// A parent was left out.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// The transaction has no inputs.
    #[error(transparent)]
    Extended(#[from] ExtendedError),
}
