//! What can be wrong with a merkle path.

use bitcoin::{Txid, consensus::encode};

use super::{MAX_LEVELS, MerkleRoot};

/// Why there is no merkle path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MerklePathError {
    /// Odd length or other characters.
    #[error("the merkle path is not hexadecimal")]
    Hex(#[from] hex::FromHexError),
    /// Cut short, absurd lengths.
    #[error("the bytes are not a merkle path")]
    Encoding(#[from] encode::Error),
    /// Something follows.
    #[error("{n_bytes} bytes follow the merkle path")]
    TrailingBytes {
        /// How many.
        n_bytes: usize,
    },
    /// A block height that no block has.
    #[error("block height {found} is beyond {}", u32::MAX)]
    BlockHeight {
        /// The height found.
        found: u64,
    },
    /// No levels, or too many.
    #[error("a tree of {found} levels: 1 to {MAX_LEVELS} are possible")]
    Levels {
        /// Levels found.
        found: usize,
    },
    /// A leaf beyond its level's end, which the number of levels gives.
    #[error("no leaf {offset} on level {level}")]
    Offset {
        /// Counted from the transactions up.
        level: usize,
        /// Counted from the left.
        offset: u64,
    },
    /// Two leaves at one place.
    #[error("two leaves {offset} on level {level}")]
    RepeatedOffset {
        /// Counted from the transactions up.
        level: usize,
        /// Counted from the left.
        offset: u64,
    },
    /// A flag with no meaning, or with none at its place.
    #[error("flag {found} at leaf {offset} of level {level} has no meaning there")]
    Flag {
        /// The flag found.
        found: u8,
        /// Counted from the transactions up.
        level: usize,
        /// Counted from the left.
        offset: u64,
    },
    /// A leaf without the sibling that it takes to go up.
    #[error("no hash for leaf {offset} of level {level}")]
    MissingSibling {
        /// Counted from the transactions up.
        level: usize,
        /// The leaf that is missing.
        offset: u64,
    },
    /// A leaf is given, and follows differently from the level below.
    #[error("leaf {offset} of level {level} is not what the level below gives")]
    Inconsistent {
        /// Counted from the transactions up.
        level: usize,
        /// Counted from the left.
        offset: u64,
    },
    /// No transaction on the lowest level.
    #[error("the merkle path is about no transaction")]
    Empty,
    /// A transaction that is to be proved is not in the block.
    #[error("transaction {txid} is not in the block")]
    NotInBlock {
        /// The transaction.
        txid: Txid,
    },
    /// A node of a proof that is neither a hash nor the sign for none.
    #[error("{found:?} is neither a hash nor \"*\"")]
    Node {
        /// The text.
        found: String,
    },
    /// Paths of two blocks, or of two trees.
    #[error("merkle paths of different blocks: heights {heights:?}, roots {roots:?}")]
    DifferentBlocks {
        /// Both heights.
        heights: [u32; 2],
        /// Both roots.
        roots: [MerkleRoot; 2],
    },
}
