//! Merkle paths: proof that transactions stand in a block, in the form other wallets and services exchange.
//!
//! Source: BRC-74, the BSV Unified Merkle Path, <https://bsv.brc.dev/transactions/0074>, with the flags that services
//! write today: 0 a hash, 1 no hash (its left sibling counts twice), 2 a hash that is a transaction of interest.

mod error;

pub use error::MerklePathError;

use std::collections::BTreeMap;

use bitcoin::{Txid, VarInt, merkle_tree};

use crate::wire::{Reader, put};

/// The root of a block's tree of transactions, which stands in its header.
pub use bitcoin::TxMerkleNode as MerkleRoot;

/// More levels than 2^64 transactions have.
const MAX_LEVELS: usize = 64;

/// What stands at one place of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    /// A hash; on the lowest level that of a transaction, which may be marked as the one the path was made for.
    Hash { node: MerkleRoot, is_marked: bool },
    /// Nothing: the level ends before it, so its left sibling is hashed with itself.
    Duplicate,
}

impl Leaf {
    const PLAIN: u8 = 0;
    const DUPLICATE: u8 = 1;
    const MARKED: u8 = 2;
}

type Level = BTreeMap<u64, Leaf>;

/// Proof that transactions stand in one block: those of its lowest level, all under one root.
///
/// Only whole proofs exist as values: every leaf leads to the root. What remains to be asked is whether a block of
/// that height has this root, which takes a source of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerklePath {
    block_height: u32,
    levels: Vec<Level>,
    root: MerkleRoot,
}

fn parent(left: MerkleRoot, right: MerkleRoot) -> MerkleRoot {
    merkle_tree::calculate_root([left, right].into_iter()).expect("two nodes have a root")
}

fn node_of(txid: &Txid) -> MerkleRoot {
    MerkleRoot::from_raw_hash(txid.to_raw_hash())
}

/// What is known of the level above, from all that is known of one.
fn level_above(level_idx: usize, level: &Level) -> Result<BTreeMap<u64, MerkleRoot>, MerklePathError> {
    let missing = |offset| MerklePathError::MissingSibling { level: level_idx, offset };
    let mut above = BTreeMap::new();
    for &offset in level.keys() {
        let (left_offset, right_offset) = (offset & !1, offset | 1);
        let Some(Leaf::Hash { node: left, .. }) = level.get(&left_offset) else { return Err(missing(left_offset)) };
        let right = match level.get(&right_offset) {
            Some(Leaf::Hash { node, .. }) => node,
            Some(Leaf::Duplicate) => left,
            None => return Err(missing(right_offset)),
        };
        above.entry(offset >> 1).or_insert_with(|| parent(*left, *right));
    }
    Ok(above)
}

impl MerklePath {
    /// Checks that everything leads to one root. A leaf that follows from the level below need not be given.
    fn new(block_height: u32, levels: Vec<Level>) -> Result<Self, MerklePathError> {
        if levels.is_empty() || levels.len() > MAX_LEVELS {
            return Err(MerklePathError::Levels { found: levels.len() });
        }
        let lowest = &levels[0];
        if !lowest.values().any(|leaf| matches!(leaf, Leaf::Hash { .. })) {
            return Err(MerklePathError::Empty);
        }
        // A block of one transaction has no siblings: its root is that transaction.
        if let (1, 1, Some(Leaf::Hash { node, .. })) = (levels.len(), lowest.len(), lowest.get(&0)) {
            let root = *node;
            return Ok(Self { block_height, levels, root });
        }
        let mut known = lowest.clone();
        for (level_idx, level) in levels.iter().enumerate().skip(1) {
            let computed = level_above(level_idx - 1, &known)?;
            known = level.clone();
            for (offset, node) in computed {
                let given = known.insert(offset, Leaf::Hash { node, is_marked: false });
                if given.is_some_and(|given| given != Leaf::Hash { node, is_marked: false }) {
                    return Err(MerklePathError::Inconsistent { level: level_idx, offset });
                }
            }
        }
        let root = level_above(levels.len() - 1, &known)?;
        let root = *root.get(&0).ok_or(MerklePathError::Empty)?;
        Ok(Self { block_height, levels, root })
    }

    /// The path of `wanted` in the block that consists of `txids`, in their order.
    ///
    /// # Errors
    /// [`MerklePathError::NotInBlock`]; [`MerklePathError::Empty`] if nothing is wanted.
    pub fn of_block(block_height: u32, txids: &[Txid], wanted: &[Txid]) -> Result<Self, MerklePathError> {
        let mut places = Vec::new();
        for txid in wanted {
            let place = txids.iter().position(|other| other == txid);
            places.push(place.ok_or(MerklePathError::NotInBlock { txid: *txid })?);
        }
        let mut row: Vec<MerkleRoot> = txids.iter().map(node_of).collect();
        let leaf_at = |row: &[MerkleRoot], place: usize, is_marked| {
            row.get(place).map_or(Leaf::Duplicate, |node| Leaf::Hash { node: *node, is_marked })
        };
        let lowest = places.iter().map(|&place| (place as u64, leaf_at(&row, place, true)));
        let mut levels = vec![lowest.collect::<Level>()];
        while row.len() > 1 {
            let level = levels.last_mut().expect("there is the lowest");
            for place in &mut places {
                let sibling = *place ^ 1;
                level.entry(sibling as u64).or_insert_with(|| leaf_at(&row, sibling, false));
                *place >>= 1;
            }
            row = row.chunks(2).map(|pair| parent(pair[0], *pair.last().expect("one or two"))).collect();
            if row.len() > 1 {
                levels.push(Level::new());
            }
        }
        Self::new(block_height, levels)
    }

    /// The path of one transaction from its place in the block and the `nodes` of a proof in the form of BRC-10, as a node
    /// (`getmerkleproof2`) and explorers give it: hashes in hexadecimal from the lowest level up, `*` where the level ends.
    ///
    /// # Errors
    /// [`MerklePathError::Node`]; else as [`Self::of_branch`].
    pub fn of_tsc(
        block_height: u32,
        txid: Txid,
        place: u64,
        nodes: &[impl AsRef<str>],
    ) -> Result<Self, MerklePathError> {
        let sibling = |node: &str| match node {
            "*" => Ok(None),
            hash => hash.parse().map(Some).map_err(|_| MerklePathError::Node { found: hash.to_owned() }),
        };
        let siblings = nodes.iter().map(|node| sibling(node.as_ref())).collect::<Result<Vec<_>, _>>()?;
        Self::of_branch(block_height, txid, place, &siblings)
    }

    /// The path of one transaction from its place in the block and its siblings from the lowest level up, none where
    /// the level ends.
    ///
    /// # Errors
    /// [`MerklePathError`], for instance [`MerklePathError::Flag`] if a sibling is missing on the left.
    pub fn of_branch(
        block_height: u32,
        txid: Txid,
        place: u64,
        siblings: &[Option<MerkleRoot>],
    ) -> Result<Self, MerklePathError> {
        let mut levels = vec![Level::new(); siblings.len().max(1)];
        levels[0].insert(place, Leaf::Hash { node: node_of(&txid), is_marked: true });
        for (level_idx, (level, sibling)) in levels.iter_mut().zip(siblings).enumerate() {
            let offset = place.checked_shr(u32::try_from(level_idx).unwrap_or(u32::MAX)).unwrap_or(0) ^ 1;
            let leaf = sibling.map_or(Leaf::Duplicate, |node| Leaf::Hash { node, is_marked: false });
            check_place(level_idx, siblings.len(), offset, leaf)?;
            level.insert(offset, leaf);
        }
        Self::new(block_height, levels)
    }

    /// The height of the block.
    pub const fn block_height(&self) -> u32 {
        self.block_height
    }

    /// The root that the block's header must have.
    pub const fn root(&self) -> MerkleRoot {
        self.root
    }

    /// Whether the transaction is proved to stand in the block.
    pub fn contains(&self, txid: &Txid) -> bool {
        let wanted = node_of(txid);
        self.levels[0].values().any(|leaf| matches!(leaf, Leaf::Hash { node, .. } if *node == wanted))
    }

    /// The transactions that are marked as those the path was made for.
    pub fn marked(&self) -> impl Iterator<Item = Txid> {
        self.levels[0].values().filter_map(|leaf| match leaf {
            Leaf::Hash { node, is_marked: true } => Some(Txid::from_raw_hash(node.to_raw_hash())),
            _ => None,
        })
    }

    /// The path of everything that either path proves. Leaves that follow from others are left out.
    ///
    /// # Errors
    /// [`MerklePathError::DifferentBlocks`].
    pub fn merge(&self, other: &Self) -> Result<Self, MerklePathError> {
        let is_same = self.levels.len() == other.levels.len() && self.block_height == other.block_height;
        if !is_same || self.root != other.root {
            let (heights, roots) = ([self.block_height, other.block_height], [self.root, other.root]);
            return Err(MerklePathError::DifferentBlocks { heights, roots });
        }
        let mut levels = self.levels.clone();
        for (level, theirs) in levels.iter_mut().zip(&other.levels) {
            for (offset, leaf) in theirs {
                let is_marked = matches!(leaf, Leaf::Hash { is_marked: true, .. });
                level
                    .entry(*offset)
                    .and_modify(|own| {
                        if is_marked {
                            *own = *leaf
                        }
                    })
                    .or_insert(*leaf);
            }
        }
        let mut known = levels[0].clone();
        for (below_idx, level) in levels.iter_mut().skip(1).enumerate() {
            let computed = level_above(below_idx, &known)?;
            level.retain(|offset, _| !computed.contains_key(offset));
            known = level.clone();
            known.extend(computed.into_iter().map(|(offset, node)| (offset, Leaf::Hash { node, is_marked: false })));
        }
        Self::new(self.block_height, levels)
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, &VarInt(self.block_height.into()));
        put(&mut bytes, &u8::try_from(self.levels.len()).expect("at most 64 levels"));
        for level in &self.levels {
            put(&mut bytes, &VarInt::from(level.len()));
            for (offset, leaf) in level {
                put(&mut bytes, &VarInt(*offset));
                match leaf {
                    Leaf::Duplicate => bytes.push(Leaf::DUPLICATE),
                    Leaf::Hash { node, is_marked } => {
                        bytes.push(if *is_marked { Leaf::MARKED } else { Leaf::PLAIN });
                        put(&mut bytes, node);
                    }
                }
            }
        }
        bytes
    }

    /// The binary form in hexadecimal.
    pub fn to_hex(&self) -> String {
        hex::encode(self.to_bytes())
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// [`MerklePathError`], one variant per defect.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MerklePathError> {
        let mut reader = Reader::new(bytes);
        let path = Self::read(&mut reader)?;
        match reader.left() {
            0 => Ok(path),
            n_bytes => Err(MerklePathError::TrailingBytes { n_bytes }),
        }
    }

    /// Reads the binary form in hexadecimal; white space around it is ignored.
    ///
    /// # Errors
    /// [`MerklePathError`], one variant per defect.
    pub fn from_hex(text: &str) -> Result<Self, MerklePathError> {
        Self::from_bytes(&hex::decode(text.trim())?)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, MerklePathError> {
        let found = reader.number()?;
        let block_height = u32::try_from(found).map_err(|_| MerklePathError::BlockHeight { found })?;
        let n_levels = usize::from(reader.next::<u8>()?);
        if !(1..=MAX_LEVELS).contains(&n_levels) {
            return Err(MerklePathError::Levels { found: n_levels });
        }
        let mut levels = Vec::new();
        for level_idx in 0..n_levels {
            levels.push(read_level(reader, level_idx, n_levels)?);
        }
        Self::new(block_height, levels)
    }
}

fn read_level(reader: &mut Reader<'_>, level_idx: usize, n_levels: usize) -> Result<Level, MerklePathError> {
    let mut level = Level::new();
    // Each round reads two bytes at least, so a false count ends at the end of the bytes.
    for _ in 0..reader.number()? {
        let (offset, flag) = (reader.number()?, reader.next::<u8>()?);
        let leaf = match flag {
            Leaf::DUPLICATE => Leaf::Duplicate,
            Leaf::PLAIN => Leaf::Hash { node: reader.next()?, is_marked: false },
            Leaf::MARKED if level_idx == 0 => Leaf::Hash { node: reader.next()?, is_marked: true },
            found => return Err(MerklePathError::Flag { found, level: level_idx, offset }),
        };
        check_place(level_idx, n_levels, offset, leaf)?;
        if level.insert(offset, leaf).is_some() {
            return Err(MerklePathError::RepeatedOffset { level: level_idx, offset });
        }
    }
    Ok(level)
}

/// A level of a tree of n levels, itself included, has at most 2^n leaves; only a right sibling can be a duplicate.
fn check_place(level: usize, n_levels: usize, offset: u64, leaf: Leaf) -> Result<(), MerklePathError> {
    let above = u32::try_from(n_levels - level).unwrap_or(u32::MAX);
    if offset.checked_shr(above).is_some_and(|beyond| beyond != 0) {
        return Err(MerklePathError::Offset { level, offset });
    }
    if leaf == Leaf::Duplicate && offset.is_multiple_of(2) {
        return Err(MerklePathError::Flag { found: Leaf::DUPLICATE, level, offset });
    }
    Ok(())
}
