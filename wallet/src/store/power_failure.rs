//! What is left of a file when the power fails in the middle of a write, when the disk is full, and when bytes rot.

use core::ops::Bound;
use std::{
    io,
    sync::{Arc, Mutex},
};

use bitcoin::Transaction;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use redb::{BackendError, Database, StorageBackend};
use tx_builder::{decode_hex, encode_hex};

use super::{Defect, Signed, Snapshot, Store, backend::range};
use crate::{Event, Purpose, State};

/// What the database asks of its file.
#[derive(Clone, Debug)]
enum Operation {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

/// A disk that remembers in which order it was written to.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    bytes: Vec<u8>,
    operations: Vec<Operation>,
    /// Changes it takes before it is full; any number, if none.
    room: Option<usize>,
}

/// The error of a full disk on Linux.
const ENOSPC: i32 = 28;

impl Disk {
    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        act(&mut self.0.lock().expect("no test thread panics inside"))
    }

    fn change(&self, operation: Operation) -> io::Result<()> {
        self.with(|inside| {
            if let Some(room) = &mut inside.room {
                *room = room.checked_sub(1).ok_or_else(|| io::Error::from_raw_os_error(ENOSPC))?;
            }
            apply(&mut inside.bytes, &operation)?;
            inside.operations.push(operation);
            Ok(())
        })
    }

    fn bytes(&self) -> Vec<u8> {
        self.with(|inside| inside.bytes.clone())
    }
}

fn apply(bytes: &mut Vec<u8>, operation: &Operation) -> io::Result<()> {
    match operation {
        Operation::Write(offset, data) => {
            let place = bytes.get_mut(range(*offset, data.len())?);
            place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        }
        Operation::SetLen(len) => bytes.resize(range(*len, 0)?.start, 0),
        Operation::Sync => {}
    }
    Ok(())
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.with(|inside| inside.bytes.len()) as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let range = range(offset, out.len())?;
        self.with(|inside| {
            out.copy_from_slice(inside.bytes.get(range).ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Operation::SetLen(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Operation::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Operation::Write(offset, data.to_vec()))
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}

fn transaction(lock_time: u32) -> Transaction {
    let raw = format!("0100000001{}000000000151ffffffff01010000000000000001517b000000", "11".repeat(32));
    let mut transaction = decode_hex(&raw).expect("well-formed");
    transaction.lock_time = bitcoin::absolute::LockTime::from_consensus(lock_time);
    transaction
}

/// The `n`th thing that is written: a transaction with its first event, then two more events of it.
fn write_nth(store: &Store, n: u64) -> Result<(), super::StoreError> {
    let transaction = transaction(u32::try_from(n / 3).expect("few"));
    let txid = transaction.compute_txid();
    let event = |state| Event { at: n, state };
    match n % 3 {
        0 => {
            let purpose = Purpose::Payment { note: "x".repeat(3_000) };
            let signed = Signed { raw: encode_hex(&transaction), purpose };
            store.put_transaction(txid, &signed, &event(State::Recorded))
        }
        1 => store.put_event(txid, &event(State::Sent)),
        _ => store.put_event(txid, &event(State::Waiting { since_height: 7, rivals: vec![] })),
    }
}

fn open(disk: &Disk) -> Store {
    let database = Database::builder().create_with_backend(disk.clone()).expect("a whole file");
    Store { database, path: "disk".into() }
}

/// A disk with a new, empty wallet.
fn new_disk() -> Disk {
    let disk = Disk::default();
    Store::initialise(disk.clone(), "regtest").expect("an empty disk");
    disk
}

/// How many events a file holds; that it holds only whole ones, [`Snapshot::read`] sees to.
fn n_events(bytes: Vec<u8>) -> Result<u64, Defect> {
    Store::rehearse(bytes).map(|snapshot: Snapshot| snapshot.next_event)
}

/// The file after a power failure: all that was flushed, and of what was not any part, in any order, torn anywhere.
fn after_failure(operations: &[Operation], rng: &mut StdRng) -> Vec<u8> {
    let flushed = operations.iter().rposition(|operation| matches!(operation, Operation::Sync)).unwrap_or(0);
    let (flushed, pending) = operations.split_at(flushed);
    let mut bytes = Vec::new();
    for operation in flushed {
        apply(&mut bytes, operation).expect("as it was applied before");
    }
    for operation in pending {
        match operation {
            _ if rng.gen_ratio(1, 3) => {}
            Operation::Write(offset, data) if rng.gen_ratio(1, 3) => {
                let torn = data[..rng.gen_range(0..=data.len())].to_vec();
                // What lies beyond the end of a file that was not made longer is lost.
                let _ = apply(&mut bytes, &Operation::Write(*offset, torn));
            }
            operation => drop(apply(&mut bytes, operation)),
        }
    }
    bytes
}

#[test]
fn fault__power_fails_in_a_write__what_was_acknowledged_is_there() {
    let disk = new_disk();
    let n_before = disk.with(|inside| inside.operations.len());
    let mut acknowledged = vec![(n_before, 0)];
    {
        let store = open(&disk);
        for n in 0..9 {
            write_nth(&store, n).expect("an endless disk");
            acknowledged.push((disk.with(|inside| inside.operations.len()), n + 1));
        }
    }
    let operations = disk.with(|inside| inside.operations.clone());
    let mut rng = StdRng::seed_from_u64(5);
    let mut failures = 0;
    for cut in n_before..=operations.len() {
        for _ in 0..4 {
            let bytes = after_failure(&operations[..cut], &mut rng);
            let found = n_events(bytes.clone()).unwrap_or_else(|defect| panic!("cut at {cut}: {defect:?}"));
            let at_least = acknowledged.iter().rev().find(|(at, _)| *at <= cut).map_or(0, |(_, n)| *n);
            assert!((at_least..=at_least + 1).contains(&found), "cut at {cut}: {found} events, not {at_least}");
            failures += 1;
            // And it can be written to again.
            let survivor = Disk::default();
            survivor.with(|inside| inside.bytes = bytes);
            write_nth(&open(&survivor), found).expect("a whole file");
            assert_eq!(n_events(survivor.bytes()), Ok(found + 1));
        }
    }
    assert!(failures > 400, "only {failures} power failures");
}

#[test]
fn fault__disk_full__nothing_is_lost_and_nothing_pretended() {
    for room in 0.. {
        let disk = new_disk();
        {
            let store = open(&disk);
            write_nth(&store, 0).expect("an endless disk");
            disk.with(|inside| inside.room = Some(room));
            let written = (1..3).map(|n| write_nth(&store, n)).take_while(Result::is_ok).count() as u64;
            if written == 2 {
                assert!(room > 10, "only {room} full disks");
                return;
            }
            let error = write_nth(&store, 1 + written).expect_err("full");
            assert!(matches!(error, super::StoreError::Write { .. }), "{error:?}");
            let found = n_events(disk.bytes()).expect("a whole file");
            // The commit that failed may be found whole: it is not known which, and nothing was said.
            assert!((1 + written..=2 + written).contains(&found), "{found} events after {written}");
            disk.with(|inside| inside.room = None);
        }
        let found = n_events(disk.bytes()).expect("a whole file, room or not");
        write_nth(&open(&disk), found).expect("there is room again");
        assert_eq!(n_events(disk.bytes()), Ok(found + 1));
    }
}

/// A file of nine events.
fn whole_file() -> Vec<u8> {
    let disk = new_disk();
    let store = open(&disk);
    for n in 0..9 {
        write_nth(&store, n).expect("an endless disk");
    }
    drop(store);
    disk.bytes()
}

#[test]
fn fault__byte_changed__is_found_or_was_in_nothing() {
    let whole = whole_file();
    let read = |bytes| Store::rehearse(bytes).map(|snapshot| format!("{snapshot:?}"));
    let expected = read(whole.clone());
    assert!(expected.is_ok());
    let (mut found, mut harmless) = (0, 0);
    let positions = (0..512).chain((512..whole.len()).step_by(509));
    for position in positions {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x10;
        match read(bytes) {
            Err(Defect::Damaged(_)) => found += 1,
            read => {
                assert_eq!(read, expected, "byte {position}");
                harmless += 1;
            }
        }
    }
    assert!(found > 30 && harmless > 30, "{found} found, {harmless} harmless");
}

#[test]
fn fault__file_cut_short__is_found() {
    let whole = whole_file();
    assert_eq!(n_events(whole.clone()), Ok(9));
    for len in (0..whole.len()).step_by(1_021).chain([1, 100, 4_096, whole.len() - 1]) {
        assert!(matches!(n_events(whole[..len].to_vec()), Err(Defect::Damaged(_))), "{len} bytes");
    }
}

/// A file with one more row, written past the checks.
fn with_row<K: redb::Key + 'static>(
    table: super::Values<'_, K>,
    key: K::SelfType<'_>,
    value: &impl serde::Serialize,
) -> Result<u64, Defect> {
    let disk = Disk::default();
    disk.with(|inside| inside.bytes = whole_file());
    super::put(&open(&disk).database, |write| super::insert(write, table, key, value)).expect("an endless disk");
    n_events(disk.bytes())
}

#[test]
fn fault__newer_version__is_refused_by_its_number() {
    let header =
        |format: &str, version| super::Header { format: format.to_owned(), version, network: "regtest".to_owned() };
    let with = |header| with_row(super::META, super::HEADER, &header);
    assert_eq!(with(header(super::FORMAT, super::VERSION)), Ok(9), "the twin");
    assert_eq!(with(header(super::FORMAT, 1)), Ok(9), "an older one");
    assert_eq!(with(header(super::FORMAT, 3)), Err(Defect::Version(3)));
    assert_eq!(with(header(super::FORMAT, 0)), Err(Defect::Version(0)));
    let other = with(header("another", super::VERSION)).expect_err("no wallet");
    assert_eq!(other, Defect::Damaged(r#"its format is "another", not "provelock-wallet""#.to_owned()));
}

#[test]
fn fault__older_version__is_read_and_marked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wallet");
    Store::create(&path, "regtest").expect("a new file");
    let (store, _) = Store::open(&path).expect("whole");
    write_nth(&store, 0).expect("there is room");
    let old = super::Header { version: 1, ..super::Header::new("regtest") };
    store.put(|write| super::insert(write, super::META, super::HEADER, &old)).expect("there is room");
    drop(store);
    for version in [1, super::VERSION] {
        let (store, snapshot) = Store::open(&path).expect("an older one is read");
        assert_eq!((snapshot.version, snapshot.next_event, snapshot.network.as_str()), (version, 1, "regtest"));
        drop(store);
    }
}

#[test]
fn fault__journal_that_contradicts_itself__is_found() {
    let txid = transaction(0).compute_txid();
    let unknown = transaction(99).compute_txid();
    let entry = |txid, state| super::JournalEntry { txid, state };
    let with = |at, entry| with_row(super::EVENTS, at, &entry);
    let rejected = State::Rejected { code: -26, reason: "64: dust".to_owned() };
    assert_eq!(with(9, entry(txid, rejected)), Ok(10), "the twin");
    for (at, entry, expected) in [
        (9, entry(txid, State::Abandoned), "event 9 of the journal takes transaction {txid} from waiting to abandoned"),
        (10, entry(txid, State::Sent), "event 10 of the journal stands where event 9 should"),
        (9, entry(unknown, State::Recorded), "event 9 of the journal is about transaction {txid}, which is not there"),
        (0, entry(txid, State::Sent), "event 0 of the journal takes transaction {txid} from recorded to sent"),
    ] {
        let expected = expected.replace("{txid}", &entry.txid.to_string());
        assert_eq!(with(at, entry), Err(Defect::Damaged(expected)));
    }
    let signed = || Signed { raw: encode_hex(&transaction(0)), purpose: Purpose::Payment { note: String::new() } };
    let other = with_row(super::TRANSACTIONS, [7; 32], &signed()).expect_err("another's id");
    let id = "07".repeat(32);
    assert_eq!(other, Defect::Damaged(format!("transaction {id} is another transaction")));
}
