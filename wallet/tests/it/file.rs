//! The wallet's file: in use, missing, damaged, and on a full disk.

use std::{env, fs, path::Path, process::Command};

use chain_types::{LockingScript, Satoshis};
use tx_builder::{Coin, OutPoint};
use wallet::{RecordError, StateName, StoreError, Wallet};

use crate::common::{RATE, key, pay, payment};

/// Records the `n`th of many transactions.
fn record(wallet: &mut Wallet, n: u32) -> Result<(), RecordError> {
    let locking_script = LockingScript::p2pkh(&key(1).pubkey_hash().0);
    let outpoint = OutPoint::new("11".repeat(32).parse().unwrap(), n);
    let coin = Coin { outpoint, value: Satoshis(10_000), locking_script };
    wallet.record(&pay(&coin, &key(1), &key(2), RATE), payment()).map(drop)
}

#[test]
fn fault__opened_twice__second_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    let first = Wallet::create(&path, "regtest").unwrap();
    let second = Wallet::open(&path).unwrap_err();
    assert!(matches!(&second, StoreError::InUse { path: p } if *p == path), "{second}");
    drop(first);
    assert!(Wallet::open(&path).is_ok());
}

#[test]
fn fault__place_unusable__says_why_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    assert!(matches!(Wallet::open(&path).unwrap_err(), StoreError::Missing { .. }));
    assert!(!path.exists(), "opening makes nothing");
    drop(Wallet::create(&path, "regtest").unwrap());
    let before = fs::read(&path).unwrap();
    assert!(matches!(Wallet::create(&path, "regtest").unwrap_err(), StoreError::Exists { .. }));
    assert_eq!(fs::read(&path).unwrap(), before);
    let nowhere = folder.path().join("missing/wallet");
    assert!(matches!(Wallet::create(&nowhere, "regtest").unwrap_err(), StoreError::Io { what: "made", .. }));
    // A file system that takes no files, whoever asks.
    let refused = Wallet::create(Path::new("/proc/wallet"), "regtest").unwrap_err();
    assert!(matches!(refused, StoreError::Io { what: "made", .. }), "{refused}");
    let refused = Wallet::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Io { what: "opened", .. }), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn fault__damaged__is_refused_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    let mut wallet = Wallet::create(&path, "regtest").unwrap();
    (0..3).for_each(|n| record(&mut wallet, n).unwrap());
    drop(wallet);
    let whole = fs::read(&path).unwrap();
    let note = whole.windows(7).position(|window| window == br#""test"}"#).unwrap();
    let mut changed = whole.clone();
    changed[note + 1] ^= 1;
    for damaged in [Vec::new(), b"not a wallet".to_vec(), whole[..whole.len() / 2].to_vec(), changed] {
        fs::write(&path, &damaged).unwrap();
        for _ in 0..2 {
            let error = Wallet::open(&path).unwrap_err();
            assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains("was left as it is"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
        assert!(matches!(Wallet::create(&path, "regtest").unwrap_err(), StoreError::Exists { .. }));
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(Wallet::open(&path).unwrap().transactions().len(), 3, "the twin");
}

/// Where the child's wallet is.
const FULL: &str = "PROVELOCK_TEST_FULL";
const FILL: &str = "file::fault__file_may_not_grow__what_was_recorded_is_there";

/// How many transactions could be recorded before the file could not grow.
fn fill(path: &Path) -> u32 {
    let mut wallet = Wallet::open(path).unwrap();
    for n in 0..100_000 {
        match record(&mut wallet, n) {
            Ok(()) => {}
            Err(RecordError::Store(StoreError::Write { .. })) => {
                assert_eq!(wallet.transactions().len(), n as usize, "what failed is not there");
                let again = record(&mut wallet, n).unwrap_err();
                assert!(matches!(again, RecordError::Store(StoreError::Write { .. })), "{again}");
                return n;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the file grew without end");
}

/// The operating system refuses to let the file grow, as it does when the disk is full.
#[test]
fn fault__file_may_not_grow__what_was_recorded_is_there() {
    if let Ok(path) = env::var(FULL) {
        let n = fill(Path::new(&path));
        return fs::write(format!("{path}.n"), n.to_string()).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wallet");
    drop(Wallet::create(&path, "regtest").unwrap());
    let limit = fs::metadata(&path).unwrap().len() / 1_024 + 300;
    // The limit's signal is ignored, so that writing fails with an error instead.
    let shell = format!(r#"trap "" XFSZ; ulimit -f {limit}; exec "$0" --exact {FILL}"#);
    let child = Command::new("bash").args(["-c", &shell]).arg(env::current_exe().unwrap()).env(FULL, &path).output();
    let child = child.unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let n: usize = fs::read_to_string(folder.path().join("wallet.n")).unwrap().parse().unwrap();
    let mut wallet = Wallet::open(&path).unwrap();
    let found = wallet.transactions().len();
    assert!(found == n || found == n + 1, "{found} found of {n} recorded");
    assert!(wallet.transactions().iter().all(|recorded| recorded.state().name() == StateName::Recorded));
    // There is room again.
    record(&mut wallet, 200_000).unwrap();
    assert!(n > 10, "only {n} before the file was full");
}
