//! BEEF: the published example, chains of transactions made here, another implementation, damage.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use std::{convert::Infallible, slice};

use bitcoin::{Amount, ScriptBuf, Sequence, TxIn, TxOut, Witness, absolute::LockTime, hashes::Hash as _};
use tx_builder::{
    Beef, BeefError, ExtendedOfBeefError, MerklePath, MerklePathError, OutPoint, RawTransactionError, StructureError,
    Transaction, Txid, VerifyError, Version, encode_hex,
};

const EXAMPLE: &str = include_str!("vectors/brc62.beef.hex");

/// A transaction with one output of each value, under a script that anybody can spend.
fn transaction(spends: &[OutPoint], values: &[u64]) -> Transaction {
    let input = |outpoint: &OutPoint| TxIn {
        previous_output: *outpoint,
        script_sig: ScriptBuf::from_bytes(vec![0x51]),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let output =
        |value: &u64| TxOut { value: Amount::from_sat(*value), script_pubkey: ScriptBuf::from_bytes(vec![0x51; 9]) };
    Transaction {
        version: Version::ONE,
        lock_time: LockTime::ZERO,
        input: spends.iter().map(input).collect(),
        output: values.iter().map(output).collect(),
    }
}

fn coin(transaction: &Transaction, vout: u32) -> OutPoint {
    OutPoint::new(transaction.compute_txid(), vout)
}

fn unknown_coin(tag: u8) -> OutPoint {
    OutPoint::new(Txid::from_byte_array([tag; 32]), 0)
}

/// The path of a transaction in a block with two others.
fn mined(transaction: &Transaction, height: u32) -> MerklePath {
    let txid = transaction.compute_txid();
    let txids = [Txid::from_byte_array([1; 32]), txid, Txid::from_byte_array([2; 32])];
    MerklePath::of_block(height, &txids, &[txid]).unwrap()
}

/// A mined transaction of two outputs, one that spends the first, and one that spends a coin of each.
fn family() -> [Transaction; 3] {
    let grandparent = transaction(&[unknown_coin(9)], &[1000, 500]);
    let parent = transaction(&[coin(&grandparent, 0)], &[900]);
    let child = transaction(&[coin(&parent, 0), coin(&grandparent, 1)], &[1300]);
    [grandparent, parent, child]
}

fn family_beef() -> Beef {
    let [grandparent, parent, child] = family();
    let path = mined(&grandparent, 7);
    Beef::new(vec![(grandparent, Some(path)), (parent, None)], child).unwrap()
}

/// Version 1 with these entries, each a transaction and what follows it.
fn beef_bytes(paths: &[MerklePath], entries: &[(&Transaction, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0xbe, 0xef, u8::try_from(paths.len()).unwrap()];
    paths.iter().for_each(|path| bytes.extend(path.to_bytes()));
    bytes.push(u8::try_from(entries.len()).unwrap());
    for (transaction, proof) in entries {
        bytes.extend(hex::decode(encode_hex(transaction)).unwrap());
        bytes.extend(*proof);
    }
    bytes
}

fn structure(bytes: &[u8]) -> StructureError {
    match Beef::from_bytes(bytes) {
        Err(BeefError::Structure(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn read__example_of_the_standard__is_whole_and_writes_the_same() {
    let beef = Beef::from_hex(EXAMPLE).unwrap();
    let [parent] = &beef.transactions().take(1).collect::<Vec<_>>()[..] else { panic!("two transactions") };
    assert_eq!(beef.transactions().count(), 2);
    assert_eq!(beef.subject().input[0].previous_output, coin(parent, 0));
    assert_eq!(parent.compute_txid().to_string(), "3ecead27a44d013ad1aae40038acbb1883ac9242406808bb4667c15b4f164eac");
    let root = "bb6f640cc4ee56bf38eb5a1969ac0c16caa2d3d202b22bf3735d10eec0ca6e00";
    assert_eq!((beef.paths()[0].block_height(), beef.paths()[0].root().to_string().as_str()), (814_435, root));
    assert_eq!(beef.to_hex(), EXAMPLE.trim());
    let extended = beef.extended().unwrap();
    assert_eq!(extended.fee().unwrap().0, 2);
    assert_eq!(extended.spent(), &parent.output[..]);
}

#[test]
fn read__example_in_version_2_and_atomic__is_the_same() {
    let beef = Beef::from_hex(EXAMPLE).unwrap();
    assert_eq!(Beef::from_bytes(&beef.to_atomic_bytes().unwrap()).unwrap(), beef);
    // Version 2 puts the kind before the transaction.
    let [parent, subject] = [0, 1].map(|i| encode_hex(beef.transactions().nth(i).unwrap()));
    let v2 = format!("0200beef01{}020100{parent}00{subject}", beef.paths()[0].to_hex());
    assert_eq!(Beef::from_hex(&v2).unwrap(), beef);
    let txid_only = format!("0200beef0001{}{}", "02", "11".repeat(32));
    assert!(matches!(Beef::from_hex(&txid_only), Err(BeefError::TxidOnly { entry_idx: 0 })));
}

#[test]
fn write__family__is_read_by_another_implementation() {
    let beef = family_beef();
    let mut theirs = bsv_rs::transaction::Beef::from_binary(&beef.to_bytes()).unwrap();
    assert!(theirs.is_valid(false));
    assert_eq!(theirs.to_hex(), beef.to_hex());
    let subject = beef.subject().compute_txid().to_string();
    let mut atomic = bsv_rs::transaction::Beef::from_binary(&beef.to_atomic_bytes().unwrap()).unwrap();
    assert!(atomic.is_atomic() && atomic.is_valid(false));
    assert!(atomic.find_atomic_transaction(&subject).is_some());
    assert_eq!(beef.extended().unwrap().fee().unwrap().0, 900 + 500 - 1300);
}

#[test]
fn new__two_mined_in_one_block__share_a_path() {
    let (one, other) = (transaction(&[unknown_coin(1)], &[10]), transaction(&[unknown_coin(2)], &[20]));
    let txids = [one.compute_txid(), other.compute_txid(), Txid::from_byte_array([3; 32])];
    let path = |place: usize| Some(MerklePath::of_block(7, &txids, &txids[place..=place]).unwrap());
    let subject = transaction(&[coin(&one, 0), coin(&other, 0)], &[30]);
    let beef = Beef::new(vec![(one, path(0)), (other, path(1))], subject).unwrap();
    assert_eq!(beef.paths().len(), 1);
    assert_eq!(Beef::from_bytes(&beef.to_bytes()).unwrap(), beef);
}

#[test]
fn verify__headers__decide() {
    #[derive(Debug, thiserror::Error)]
    #[error("no answer")]
    struct NoAnswer;
    let beef = family_beef();
    let root = beef.paths()[0].root();
    let known = |height, found| Ok::<_, Infallible>((height, found) == (7, root));
    assert!(beef.verify(known).is_ok());
    let other = beef.verify(|_, _| Ok::<_, Infallible>(false)).unwrap_err();
    assert!(matches!(other, VerifyError::UnknownRoot { height: 7, root: found } if found == root));
    let silent = beef.verify(|_, _| Err(NoAnswer)).unwrap_err();
    assert!(matches!(silent, VerifyError::Headers(NoAnswer)));
}

#[test]
fn new__structure_broken__is_refused_by_name() {
    type Error = StructureError;
    let [grandparent, parent, child] = family();
    let path = mined(&grandparent, 7);
    let refused = |ancestors, subject: &Transaction| Beef::new(ancestors, subject.clone()).unwrap_err();
    let txid = |transaction: &Transaction| transaction.compute_txid();

    let orphan = refused(vec![(grandparent.clone(), Some(path.clone()))], &child);
    assert_eq!(orphan, Error::MissingParent { txid: txid(&child), outpoint: coin(&parent, 0) });
    let disordered = refused(vec![(parent.clone(), None), (grandparent.clone(), Some(path.clone()))], &child);
    assert_eq!(disordered, Error::MissingParent { txid: txid(&parent), outpoint: coin(&grandparent, 0) });
    let no_such_output = transaction(&[coin(&grandparent, 2)], &[1]);
    let missing = refused(vec![(grandparent.clone(), Some(path.clone()))], &no_such_output);
    assert_eq!(missing, Error::MissingParent { txid: txid(&no_such_output), outpoint: coin(&grandparent, 2) });
    let of_other = refused(vec![(parent.clone(), Some(path.clone()))], &child);
    assert_eq!(of_other, Error::NotInPath { txid: txid(&parent), path_idx: 0 });
    let family = vec![(grandparent.clone(), Some(path.clone())), (parent.clone(), None)];
    assert_eq!(refused(family.clone(), &parent), Error::Repeated { txid: txid(&parent) });
    let rival = transaction(&[coin(&parent, 0), coin(&grandparent, 0)], &[1]);
    assert_eq!(
        refused(family.clone(), &rival),
        Error::SpentTwice { txid: txid(&rival), outpoint: coin(&grandparent, 0) }
    );
    let greedy = transaction(&[coin(&parent, 0)], &[901]);
    assert!(matches!(refused(family.clone(), &greedy), Error::Amount { txid: found, .. } if found == txid(&greedy)));
    let absurd = transaction(&[coin(&parent, 0)], &[u64::MAX, u64::MAX]);
    assert!(matches!(refused(family, &absurd), Error::Amount { .. }));

    // 64 bytes: what an inner node of a tree hashes.
    let mut ambiguous = transaction(&[unknown_coin(4)], &[]);
    ambiguous.input[0].script_sig = ScriptBuf::from_bytes(vec![0x51; 13]);
    assert_eq!(ambiguous.total_size(), 64);
    let path = mined(&ambiguous, 7);
    let refused = refused(vec![(ambiguous.clone(), Some(path))], &transaction(&[coin(&ambiguous, 0)], &[]));
    assert_eq!(refused, Error::Ambiguous { txid: txid(&ambiguous) });
}

#[test]
fn read__structure_broken__is_refused_by_name() {
    type Error = StructureError;
    let [grandparent, ..] = family();
    let path = mined(&grandparent, 7);
    let txid = grandparent.compute_txid();
    let no_path = structure(&beef_bytes(&[], &[(&grandparent, &[1, 0])]));
    assert_eq!(no_path, Error::NoSuchPath { txid, path_idx: 0, n_paths: 0 });
    let other_path = structure(&beef_bytes(slice::from_ref(&path), &[(&grandparent, &[1, 1])]));
    assert_eq!(other_path, Error::NoSuchPath { txid, path_idx: 1, n_paths: 1 });
    let unproved = structure(&beef_bytes(slice::from_ref(&path), &[(&grandparent, &[0])]));
    assert_eq!(unproved, Error::MissingParent { txid, outpoint: unknown_coin(9) });
    let twice = structure(&beef_bytes(slice::from_ref(&path), &[(&grandparent, &[1, 0]), (&grandparent, &[1, 0])]));
    assert_eq!(twice, Error::Repeated { txid });
    let alone = Beef::from_bytes(&beef_bytes(&[path], &[(&grandparent, &[1, 0])])).unwrap();
    let extended = alone.extended().unwrap_err();
    assert!(matches!(extended, ExtendedOfBeefError::Structure(Error::MissingParent { .. })), "{extended:?}");
}

#[test]
fn read__atomic__subject_and_nothing_unrelated() {
    let beef = family_beef();
    let mut named_otherwise = beef.to_atomic_bytes().unwrap();
    named_otherwise[4] ^= 1;
    let found = beef.subject().compute_txid();
    let refused = Beef::from_bytes(&named_otherwise).unwrap_err();
    assert!(matches!(refused, BeefError::OtherSubject { found: last, .. } if last == found), "{refused:?}");

    let stranger = transaction(&[unknown_coin(5)], &[1]);
    let path = mined(&stranger, 8);
    let [grandparent, parent, child] = family();
    let with_stranger =
        vec![(stranger.clone(), Some(path)), (grandparent.clone(), Some(mined(&grandparent, 7))), (parent, None)];
    let unrelated = Beef::new(with_stranger, child).unwrap();
    assert_eq!(Beef::from_bytes(&unrelated.to_bytes()).unwrap(), unrelated, "plain BEEF allows for it");
    let txid = stranger.compute_txid();
    assert_eq!(unrelated.to_atomic_bytes(), Err(StructureError::Unrelated { txid }));
    let mut forced = beef.to_atomic_bytes().unwrap()[..36].to_vec();
    forced.extend(unrelated.to_bytes());
    assert_eq!(structure(&forced), StructureError::Unrelated { txid });
}

#[test]
fn read__damaged__is_refused_by_name() {
    let bytes = hex::decode(EXAMPLE.trim()).unwrap();
    for len in 0..bytes.len() {
        let cut = Beef::from_bytes(&bytes[..len]);
        let is_cut =
            matches!(&cut, Err(BeefError::Encoding(_) | BeefError::Path { source: MerklePathError::Encoding(_), .. }));
        assert!(is_cut, "{len}: {cut:?}");
    }
    let trailing = Beef::from_bytes(&[bytes.as_slice(), &[0; 3]].concat());
    assert!(matches!(trailing, Err(BeefError::TrailingBytes { n_bytes: 3 })), "{trailing:?}");
    assert!(matches!(Beef::from_hex("0g"), Err(BeefError::Hex(_))));
    let version = Beef::from_hex("0300beef0000");
    assert!(matches!(version, Err(BeefError::Version { found: [3, 0, 0xbe, 0xef] })), "{version:?}");
    assert!(matches!(Beef::from_hex("0100beef0000"), Err(BeefError::Empty)));
    let path = Beef::from_hex("0100beef010100");
    assert!(
        matches!(path, Err(BeefError::Path { path_idx: 0, source: MerklePathError::Levels { found: 0 } })),
        "{path:?}"
    );
    for counts in ["ffffffffffffffffff", "00ffffffffffffffffff"] {
        let absurd = Beef::from_hex(&format!("0100beef{counts}"));
        assert!(matches!(absurd, Err(BeefError::Encoding(_) | BeefError::Path { .. })), "{absurd:?}");
    }
    let [grandparent, ..] = family();
    let kind = Beef::from_bytes(&beef_bytes(&[], &[(&grandparent, &[2])]));
    assert!(matches!(kind, Err(BeefError::Kind { entry_idx: 0, found: 2 })), "{kind:?}");
    let mut witness = grandparent.clone();
    witness.input[0].witness.push([1]);
    let witness = Beef::from_bytes(&beef_bytes(&[], &[(&witness, &[0])]));
    assert!(
        matches!(witness, Err(BeefError::Transaction { entry_idx: 0, source: RawTransactionError::Witness })),
        "{witness:?}"
    );
}
