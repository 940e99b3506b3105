//! BEEF: a transaction with its ancestors down to mined ones and the proofs of those, so that whoever gets it can check
//! all of it with nothing but block headers.
//!
//! Source: BRC-62, <https://bsv.brc.dev/transactions/0062>; read are also BRC-96 (version 2) without entries that hold a
//! txid alone, and BRC-95 (Atomic BEEF), which names the transaction in question.

mod error;

pub use error::{BeefError, ExtendedOfBeefError, StructureError, VerifyError};

use std::collections::{HashMap, HashSet};

use bitcoin::{OutPoint, Transaction, TxOut, Txid, VarInt};
use chain_types::Satoshis;

use crate::{
    ExtendedTransaction, MerklePath, MerkleRoot,
    raw::check_form,
    wire::{Reader, put},
};

/// Versions as they stand in the first four bytes.
const V1: [u8; 4] = [0x01, 0x00, 0xbe, 0xef];
const V2: [u8; 4] = [0x02, 0x00, 0xbe, 0xef];
/// Before the version, followed by the txid in question.
const ATOMIC: [u8; 4] = [0x01, 0x01, 0x01, 0x01];

/// Two hashes in a row are 64 bytes long as well: a proof could pass an inner node of the tree off as a transaction.
const AMBIGUOUS_LEN: usize = 64;

/// A transaction and, if it is mined, which of the paths proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    transaction: Transaction,
    path_idx: Option<usize>,
}

/// A transaction, the last one, with its ancestors and their proofs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beef {
    paths: Vec<MerklePath>,
    entries: Vec<Entry>,
}

impl Beef {
    /// Puts `ancestors`, parents before children, each with the path that proves it if it is mined, and the `subject`
    /// together. Paths of one block are merged.
    ///
    /// # Errors
    /// [`StructureError`], one variant per defect.
    pub fn new(
        ancestors: Vec<(Transaction, Option<MerklePath>)>,
        subject: Transaction,
    ) -> Result<Self, StructureError> {
        let mut beef = Self { paths: Vec::new(), entries: Vec::new() };
        for (transaction, path) in ancestors {
            let path_idx = path.map(|path| beef.add_path(path));
            beef.entries.push(Entry { transaction, path_idx });
        }
        beef.entries.push(Entry { transaction: subject, path_idx: None });
        beef.check()?;
        Ok(beef)
    }

    fn add_path(&mut self, path: MerklePath) -> usize {
        for (path_idx, own) in self.paths.iter_mut().enumerate() {
            if let Ok(merged) = own.merge(&path) {
                *own = merged;
                return path_idx;
            }
        }
        self.paths.push(path);
        self.paths.len() - 1
    }

    /// The transaction all of this is about.
    pub fn subject(&self) -> &Transaction {
        &self.entries.last().expect("there is one, as was checked").transaction
    }

    /// All transactions, parents before children.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.entries.iter().map(|entry| &entry.transaction)
    }

    /// The proofs.
    pub fn paths(&self) -> &[MerklePath] {
        &self.paths
    }

    /// The subject with what it spends.
    ///
    /// # Errors
    /// [`StructureError::MissingParent`] if the subject is proved itself and its parents were left out.
    pub fn extended(&self) -> Result<ExtendedTransaction, ExtendedOfBeefError> {
        let subject = self.subject();
        let txid = subject.compute_txid();
        let parents: HashMap<_, _> = self.transactions().map(|parent| (parent.compute_txid(), parent)).collect();
        let mut spent = Vec::new();
        for input in &subject.input {
            let outpoint = input.previous_output;
            let output = output_of(&parents, outpoint).ok_or(StructureError::MissingParent { txid, outpoint })?;
            spent.push(output.clone());
        }
        Ok(ExtendedTransaction::new(subject.clone(), spent)?)
    }

    /// Checks the proofs against block headers: `is_root_of` says whether the block of that height on the longest chain
    /// has that merkle root. Everything else was checked when this value was made.
    ///
    /// Scripts are not run and signatures not checked: `ledger::check_input` does it for each input of a transaction
    /// that is not mined. Nothing says that the coins have not been spent elsewhere: only a node can.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify<E: std::error::Error + 'static>(
        &self,
        mut is_root_of: impl FnMut(u32, MerkleRoot) -> Result<bool, E>,
    ) -> Result<(), VerifyError<E>> {
        for path in &self.paths {
            let (height, root) = (path.block_height(), path.root());
            if !is_root_of(height, root).map_err(VerifyError::Headers)? {
                return Err(VerifyError::UnknownRoot { height, root });
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StructureError> {
        let mut earlier: HashMap<Txid, &Transaction> = HashMap::new();
        let mut spent: HashMap<OutPoint, Txid> = HashMap::new();
        for Entry { transaction, path_idx } in &self.entries {
            let txid = transaction.compute_txid();
            if earlier.contains_key(&txid) {
                return Err(StructureError::Repeated { txid });
            }
            match path_idx {
                Some(path_idx) => self.check_proof(transaction, txid, *path_idx)?,
                None => check_unproved(transaction, txid, &earlier)?,
            }
            for input in &transaction.input {
                let outpoint = input.previous_output;
                if spent.insert(outpoint, txid).is_some() {
                    return Err(StructureError::SpentTwice { txid, outpoint });
                }
            }
            earlier.insert(txid, transaction);
        }
        Ok(())
    }

    fn check_proof(&self, transaction: &Transaction, txid: Txid, path_idx: usize) -> Result<(), StructureError> {
        let n_paths = self.paths.len();
        let path = self.paths.get(path_idx).ok_or(StructureError::NoSuchPath { txid, path_idx, n_paths })?;
        if !path.contains(&txid) {
            return Err(StructureError::NotInPath { txid, path_idx });
        }
        if transaction.total_size() == AMBIGUOUS_LEN {
            return Err(StructureError::Ambiguous { txid });
        }
        Ok(())
    }

    /// That all transactions lead to the last one, as Atomic BEEF demands.
    fn check_related(&self) -> Result<(), StructureError> {
        let mut needed = HashSet::from([self.subject().compute_txid()]);
        for transaction in self.entries.iter().rev().map(|entry| &entry.transaction) {
            let txid = transaction.compute_txid();
            if !needed.contains(&txid) {
                return Err(StructureError::Unrelated { txid });
            }
            needed.extend(transaction.input.iter().map(|input| input.previous_output.txid));
        }
        Ok(())
    }

    /// The binary form of BRC-62.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = V1.to_vec();
        put(&mut bytes, &VarInt::from(self.paths.len()));
        self.paths.iter().for_each(|path| bytes.extend(path.to_bytes()));
        put(&mut bytes, &VarInt::from(self.entries.len()));
        for Entry { transaction, path_idx } in &self.entries {
            put(&mut bytes, transaction);
            match path_idx {
                Some(path_idx) => {
                    bytes.push(1);
                    put(&mut bytes, &VarInt::from(*path_idx));
                }
                None => bytes.push(0),
            }
        }
        bytes
    }

    /// The binary form of BRC-62 in hexadecimal.
    pub fn to_hex(&self) -> String {
        hex::encode(self.to_bytes())
    }

    /// The binary form of BRC-95, which names the subject.
    ///
    /// # Errors
    /// [`StructureError::Unrelated`] if there are transactions that it does not descend from.
    pub fn to_atomic_bytes(&self) -> Result<Vec<u8>, StructureError> {
        self.check_related()?;
        let mut bytes = ATOMIC.to_vec();
        put(&mut bytes, &self.subject().compute_txid());
        bytes.extend(self.to_bytes());
        Ok(bytes)
    }

    /// Reads a binary form.
    ///
    /// # Errors
    /// [`BeefError`], one variant per defect.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BeefError> {
        let mut reader = Reader::new(bytes);
        let mut found: [u8; 4] = reader.next()?;
        let mut named: Option<Txid> = None;
        if found == ATOMIC {
            named = Some(reader.next()?);
            found = reader.next()?;
        }
        let read_entry = match found {
            V1 => read_entry_v1,
            V2 => read_entry_v2,
            _ => return Err(BeefError::Version { found }),
        };
        let mut beef = Self { paths: Vec::new(), entries: Vec::new() };
        // Each round of either loop reads bytes, so a false count ends at the end of the bytes.
        for path_idx in 0..reader.number()? {
            let path_idx = usize::try_from(path_idx).unwrap_or(usize::MAX);
            beef.paths.push(MerklePath::read(&mut reader).map_err(|source| BeefError::Path { path_idx, source })?);
        }
        for entry_idx in 0..reader.number()? {
            beef.entries.push(read_entry(&mut reader, entry_idx)?);
        }
        if reader.left() > 0 {
            return Err(BeefError::TrailingBytes { n_bytes: reader.left() });
        }
        if beef.entries.is_empty() {
            return Err(BeefError::Empty);
        }
        beef.check()?;
        if let Some(named) = named {
            let found = beef.subject().compute_txid();
            if named != found {
                return Err(BeefError::OtherSubject { named, found });
            }
            beef.check_related()?;
        }
        Ok(beef)
    }

    /// Reads a binary form in hexadecimal; white space around it is ignored.
    ///
    /// # Errors
    /// [`BeefError`], one variant per defect.
    pub fn from_hex(text: &str) -> Result<Self, BeefError> {
        Self::from_bytes(&hex::decode(text.trim())?)
    }
}

fn output_of<'a>(transactions: &HashMap<Txid, &'a Transaction>, outpoint: OutPoint) -> Option<&'a TxOut> {
    transactions.get(&outpoint.txid)?.output.get(usize::try_from(outpoint.vout).ok()?)
}

/// A transaction without a proof must spend what earlier ones have, and no more.
fn check_unproved(
    transaction: &Transaction,
    txid: Txid,
    earlier: &HashMap<Txid, &Transaction>,
) -> Result<(), StructureError> {
    let amount = |source| StructureError::Amount { txid, source };
    let mut have = Satoshis(0);
    for input in &transaction.input {
        let outpoint = input.previous_output;
        let output = output_of(earlier, outpoint).ok_or(StructureError::MissingParent { txid, outpoint })?;
        have = have.checked_add(Satoshis(output.value.to_sat())).map_err(amount)?;
    }
    let paid = transaction.output.iter();
    let paid = paid.map(|output| Satoshis(output.value.to_sat())).try_fold(Satoshis(0), Satoshis::checked_add);
    have.checked_sub(paid.map_err(amount)?).map_err(amount)?;
    Ok(())
}

fn read_transaction(reader: &mut Reader<'_>, entry_idx: u64) -> Result<Transaction, BeefError> {
    check_form(reader.next()?).map_err(|source| BeefError::Transaction { entry_idx, source })
}

fn read_path_idx(reader: &mut Reader<'_>) -> Result<usize, BeefError> {
    Ok(usize::try_from(reader.number()?).unwrap_or(usize::MAX))
}

/// The transaction, whether it is proved, by which path.
fn read_entry_v1(reader: &mut Reader<'_>, entry_idx: u64) -> Result<Entry, BeefError> {
    let transaction = read_transaction(reader, entry_idx)?;
    let path_idx = match reader.next::<u8>()? {
        0 => None,
        1 => Some(read_path_idx(reader)?),
        found => return Err(BeefError::Kind { entry_idx, found }),
    };
    Ok(Entry { transaction, path_idx })
}

/// Whether it is proved, by which path, the transaction.
fn read_entry_v2(reader: &mut Reader<'_>, entry_idx: u64) -> Result<Entry, BeefError> {
    let path_idx = match reader.next::<u8>()? {
        0 => None,
        1 => Some(read_path_idx(reader)?),
        2 => return Err(BeefError::TxidOnly { entry_idx }),
        found => return Err(BeefError::Kind { entry_idx, found }),
    };
    Ok(Entry { transaction: read_transaction(reader, entry_idx)?, path_idx })
}
