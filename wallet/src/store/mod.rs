//! The wallet's file: an embedded database of contracts, proofs, transactions, and the journal of their states.

mod backend;
mod error;
#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod power_failure;

mod sealed;
mod snapshot;

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use bitcoin::{Txid, hashes::Hash as _};
use redb::{Database, StorageBackend, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

pub use error::StoreError;
pub(crate) use snapshot::Snapshot;

use self::backend::{LockedFile, Memory};
use crate::{Contract, ContractId, Event, Proof, ProofId, Purpose};

/// The format's name, first in every wallet.
pub(crate) const FORMAT: &str = "provelock-wallet";
/// The version that is written. In version 1, a transaction that waits has no rivals.
pub(crate) const VERSION: u32 = 2;
/// The versions that are read.
const READ: core::ops::RangeInclusive<u32> = 1..=VERSION;

type Values<'a, K> = TableDefinition<'a, K, &'static [u8]>;
const META: Values<&str> = TableDefinition::new("meta");
/// The one row of [`META`].
const HEADER: &str = "header";
const CONTRACTS: Values<[u8; 32]> = TableDefinition::new("contracts");
const PROOFS: Values<[u8; 32]> = TableDefinition::new("proofs");
const TRANSACTIONS: Values<[u8; 32]> = TableDefinition::new("transactions");
/// By number, from 0 without gaps.
const EVENTS: Values<u64> = TableDefinition::new("events");

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
    network: String,
}

impl Header {
    fn new(network: &str) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, network: network.to_owned() }
    }
}

/// What never changes of a transaction.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// In hexadecimal.
    pub(crate) raw: String,
    pub(crate) purpose: Purpose,
}

/// An [`Event`] and what it happened to; its number is its key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalEntry {
    txid: Txid,
    state: crate::State,
}

/// An open, locked wallet file. Every `put_..` is durable when it returns, or has not happened.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
    path: PathBuf,
}

/// Why a put failed, before the path is known.
type PutError = Box<redb::Error>;

impl Store {
    /// Makes a new file for the chain called `network`: whole, or not at all.
    pub(crate) fn create(path: &Path, network: &str) -> Result<(), StoreError> {
        let io_error = |source| StoreError::Io { path: path.to_owned(), what: "made", source };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::NamedTempFile::new_in(folder).map_err(io_error)?;
        let locked = LockedFile::lock(file.reopen().map_err(io_error)?).map_err(io_error)?;
        let locked = locked.ok_or_else(|| StoreError::InUse { path: path.to_owned() })?;
        Self::initialise(locked, network).map_err(|source| StoreError::Write { path: path.to_owned(), source })?;
        file.as_file().sync_all().map_err(io_error)?;
        file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists { path: path.to_owned() },
            _ => io_error(error.error),
        })?;
        // The name must be as durable as the file.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error)
    }

    fn initialise(backend: impl StorageBackend, network: &str) -> Result<(), PutError> {
        let database = Database::builder().create_with_backend(backend).map_err(boxed)?;
        put(&database, |write| {
            insert(write, META, HEADER, &Header::new(network))?;
            // So that every table is there to be read.
            for table in [CONTRACTS, PROOFS, TRANSACTIONS] {
                write.open_table(table).map_err(boxed)?;
            }
            write.open_table(EVENTS).map_err(boxed)?;
            Ok(())
        })
    }

    /// Opens, locks and reads all of a file. A damaged one is not changed: whether it is whole is found out on a copy
    /// in memory, since the database's own opening may already write.
    pub(crate) fn open(path: &Path) -> Result<(Self, Snapshot), StoreError> {
        let io_error = |what| move |source| StoreError::Io { path: path.to_owned(), what, source };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing { path: path.to_owned() },
            _ => io_error("opened")(error),
        })?;
        let file = LockedFile::lock(file).map_err(io_error("locked"))?;
        let file = file.ok_or_else(|| StoreError::InUse { path: path.to_owned() })?;
        let bytes = file.bytes().map_err(io_error("read"))?;
        let snapshot = Self::rehearse(bytes).map_err(|defect| defect.at(path))?;
        let database = Database::builder().create_with_backend(file);
        let database = database.map_err(|error| StoreError::Write { path: path.to_owned(), source: boxed(error) })?;
        let store = Self { database, path: path.to_owned() };
        if snapshot.version != VERSION {
            // Before anything is written that an older program would take for damage.
            store.put(|write| insert(write, META, HEADER, &Header::new(&snapshot.network)))?;
        }
        Ok((store, snapshot))
    }

    /// Reads a file's bytes as [`Self::open`] would, checking all of the database and all of our records.
    fn rehearse(bytes: Vec<u8>) -> Result<Snapshot, Defect> {
        // The database takes an empty file for one it may start in.
        if bytes.is_empty() {
            return Err(Defect::Damaged("it is empty".to_owned()));
        }
        let mut builder = Database::builder();
        builder.set_check_integrity_on_open(true);
        let database = builder.create_with_backend(Memory::new(bytes)).map_err(Defect::damaged)?;
        Snapshot::read(&database)
    }

    pub(crate) fn put_contract(&self, id: ContractId, contract: &Contract) -> Result<(), StoreError> {
        self.put(|write| insert(write, CONTRACTS, id.0, contract))
    }

    pub(crate) fn put_proof(&self, id: ProofId, proof: &Proof) -> Result<(), StoreError> {
        self.put(|write| insert(write, PROOFS, id.0, proof))
    }

    /// A new transaction and its first event, both or none.
    pub(crate) fn put_transaction(&self, txid: Txid, signed: &Signed, first: &Event) -> Result<(), StoreError> {
        self.put(|write| {
            insert(write, TRANSACTIONS, txid.to_byte_array(), signed)?;
            insert_event(write, txid, first)
        })
    }

    pub(crate) fn put_event(&self, txid: Txid, event: &Event) -> Result<(), StoreError> {
        self.put(|write| insert_event(write, txid, event))
    }

    fn put(&self, act: impl FnOnce(&WriteTransaction) -> Result<(), PutError>) -> Result<(), StoreError> {
        put(&self.database, act).map_err(|source| StoreError::Write { path: self.path.clone(), source })
    }
}

/// What a file is instead of a wallet.
#[derive(Debug, PartialEq, Eq)]
enum Defect {
    Damaged(String),
    Version(u32),
}

impl Defect {
    fn damaged(error: impl Into<redb::Error>) -> Self {
        Self::Damaged(format!("the database says: {}", error.into()))
    }

    fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Damaged(what) => StoreError::Damaged { path, what },
            Self::Version(found) => StoreError::Version { path, found, expected: VERSION },
        }
    }
}

fn boxed(error: impl Into<redb::Error>) -> PutError {
    Box::new(error.into())
}

/// Commits what `act` does, all or nothing.
fn put(database: &Database, act: impl FnOnce(&WriteTransaction) -> Result<(), PutError>) -> Result<(), PutError> {
    let mut write = database.begin_write().map_err(boxed)?;
    // Data first, then the pointer to it, each flushed: a pointer to a commit that is not whole is damage, never a
    // power failure, and no older commit is taken in its place without a word.
    write.set_two_phase_commit(true);
    act(&write)?;
    write.commit().map_err(boxed)
}

fn insert<K: redb::Key + 'static>(
    write: &WriteTransaction,
    table: Values<'_, K>,
    key: K::SelfType<'_>,
    value: &impl Serialize,
) -> Result<(), PutError> {
    let mut table = write.open_table(table).map_err(boxed)?;
    table.insert(key, sealed::seal(value).as_slice()).map_err(boxed)?;
    Ok(())
}

fn insert_event(write: &WriteTransaction, txid: Txid, event: &Event) -> Result<(), PutError> {
    insert(write, EVENTS, event.at, &JournalEntry { txid, state: event.state.clone() })
}
