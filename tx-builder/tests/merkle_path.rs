//! Merkle paths: published vectors, a block of the main chain, another implementation, damage.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use bitcoin::{hashes::Hash as _, merkle_tree};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tx_builder::{MerklePath, MerklePathError, MerkleRoot, Txid};

const BRC74: &str = include_str!("vectors/brc74.bump.hex");
const VALID: &str = include_str!("vectors/valid_bumps.txt");
const INVALID: &str = include_str!("vectors/invalid_bumps.txt");

fn txid(text: &str) -> Txid {
    text.parse().unwrap()
}

fn random_txids(rng: &mut StdRng, n: usize) -> Vec<Txid> {
    (0..n).map(|_| Txid::from_byte_array(rng.r#gen())).collect()
}

fn root_of(txids: &[Txid]) -> MerkleRoot {
    merkle_tree::calculate_root(txids.iter().map(|txid| MerkleRoot::from_raw_hash(txid.to_raw_hash()))).unwrap()
}

/// A path with one level after the other, from the text of each.
fn path_of(levels: &[&str]) -> Result<MerklePath, MerklePathError> {
    MerklePath::from_hex(&format!("01{:02x}{}", levels.len(), levels.concat()))
}

#[test]
fn read__example_of_the_standard__has_its_root_and_writes_the_same() {
    let path = MerklePath::from_hex(BRC74).unwrap();
    assert_eq!(path.block_height(), 813_706);
    assert_eq!(path.root().to_string(), "57aab6e6fb1b697174ffb64e062c4728f2ffd33ddcfa02a43b64d8cd29b483b4");
    let first = txid("304e737fdfcb017a1a322e78b067ecebb5e07b44f0a36ed1f01264d2014f7711");
    let marked = [
        txid("d888711d588021e588984e8278a2decf927298173a06737066e43f3e75534e00"),
        txid("98c9c5dd79a18f40837061d5e0395ffb52e700a2689e641d19f053fc9619445e"),
    ];
    assert_eq!(path.marked().collect::<Vec<_>>(), marked);
    assert!(path.contains(&first) && marked.iter().all(|txid| path.contains(txid)));
    assert!(!path.contains(&Txid::all_zeros()));
    assert_eq!(path.to_hex(), BRC74.trim());
}

#[test]
fn read__valid_vectors__write_the_same_and_have_the_root_another_implementation_computes() {
    let alone = "fdd2040101000202ef57aa9f29c8141ae17935c88434457b2117890f23efba0d0e0cba7a7a37d5";
    for text in VALID.lines().chain([BRC74.trim(), alone]) {
        let path = MerklePath::from_hex(text).unwrap();
        assert_eq!(path.to_hex(), text);
        let theirs = bsv_rs::transaction::MerklePath::from_hex(text).unwrap();
        assert_eq!(theirs.compute_root(None).unwrap(), path.root().to_string());
    }
}

#[test]
fn read__invalid_vectors__are_refused_by_name() {
    type Error = MerklePathError;
    let mut refused = INVALID.lines().map(|line| MerklePath::from_hex(line.rsplit_once(": ").unwrap().1).unwrap_err());
    // In the order of the file: an offset that leads nowhere, two repeated ones, two missing hashes, two roots.
    let mut next = || refused.next().unwrap();
    assert!(matches!(next(), Error::MissingSibling { level: 1, offset: 13 }));
    assert!(matches!(next(), Error::RepeatedOffset { level: 1, offset: 413 }));
    assert!(matches!(next(), Error::RepeatedOffset { level: 3, offset: 231 }));
    // Its lowest level is left out, so that the levels end before the last.
    assert!(matches!(next(), Error::Encoding(_)));
    assert!(matches!(next(), Error::MissingSibling { level: 6, offset: 29 }));
    assert!(matches!(next(), Error::Inconsistent { level: 1, offset: 413 | 412 }));
    assert!(refused.next().is_none());
}

#[test]
fn of_block__block_of_the_main_chain__leads_to_its_root() {
    // Block 575,045 with its five transactions: WhatsOnChain's documentation of "Get by Hash".
    let txids = [
        "bb146889d71357667c58a37258f40b0521a6ba7a259fbfa721b747d55567551a",
        "c7e8317b48e72644e2b83c87c54f61bcda82326392f969a097fb801aed69b500",
        "fd39debc631cf1a97702052fa60303d53062d6f2c1b624ab1f5fc0d20233736f",
        "65cb37947ccb7c5b7cc4ac36a200613bfc39a7f7c6c0314a23dbcc5b3908b5b8",
        "0f9d562702259822778193ff46f0c6d5e4aa744a433982770d3134e2bf454d10",
    ]
    .map(txid);
    for wanted in txids {
        let path = MerklePath::of_block(575_045, &txids, &[wanted]).unwrap();
        assert_eq!(path.root().to_string(), "4ebcba09addd720991d03473f39dce4b9a72cc164e505cd446687a54df9b1585");
        assert_eq!(path.marked().collect::<Vec<_>>(), [wanted]);
    }
}

#[test]
fn of_block__every_size_and_place__round_trips_and_agrees_with_another_implementation() {
    let mut rng = StdRng::seed_from_u64(0x6275_6d70);
    for n in 1..=33 {
        let txids = random_txids(&mut rng, n);
        for wanted in &txids {
            let path = MerklePath::of_block(7, &txids, &[*wanted]).unwrap();
            assert_eq!(path.root(), root_of(&txids), "{n}");
            assert_eq!(MerklePath::from_bytes(&path.to_bytes()).unwrap(), path);
            let theirs = bsv_rs::transaction::MerklePath::from_hex(&path.to_hex()).unwrap();
            assert_eq!(theirs.compute_root(Some(&wanted.to_string())).unwrap(), path.root().to_string());
        }
    }
}

#[test]
fn of_branch__siblings_of_every_place__give_the_same_path() {
    let mut rng = StdRng::seed_from_u64(0x6272_616e);
    for n in 1..=17_usize {
        let txids = random_txids(&mut rng, n);
        for (place, wanted) in txids.iter().enumerate() {
            let (mut row, mut at, mut siblings) = (txids.clone(), place, Vec::new());
            while row.len() > 1 {
                siblings.push(row.get(at ^ 1).map(|txid| MerkleRoot::from_raw_hash(txid.to_raw_hash())));
                row = row
                    .chunks(2)
                    .map(|pair| Txid::from_raw_hash(root_of(&[pair[0], *pair.last().unwrap()]).into()))
                    .collect();
                at /= 2;
            }
            let path = MerklePath::of_branch(7, *wanted, place as u64, &siblings).unwrap();
            assert_eq!(path, MerklePath::of_block(7, &txids, &[*wanted]).unwrap(), "{place} of {n}");
        }
    }
}

#[test]
fn of_branch__sibling_missing_on_the_left_or_place_beyond_the_tree__is_refused() {
    type Error = MerklePathError;
    let txid = Txid::all_zeros();
    let left = MerklePath::of_branch(7, txid, 1, &[None]);
    assert!(matches!(left, Err(Error::Flag { found: 1, level: 0, offset: 0 })), "{left:?}");
    let node = Some(MerkleRoot::all_zeros());
    let beyond = MerklePath::of_branch(7, txid, 2, &[node]);
    assert!(matches!(beyond, Err(Error::Offset { level: 0, offset: 3 })), "{beyond:?}");
    let beyond = MerklePath::of_branch(7, txid, 1, &[]);
    assert!(matches!(beyond, Err(Error::MissingSibling { level: 0, .. })), "{beyond:?}");
    let too_deep = MerklePath::of_branch(7, txid, 0, &[node; 65]);
    assert!(matches!(too_deep, Err(Error::Levels { found: 65 })), "{too_deep:?}");
}

#[test]
fn merge__paths_of_one_block__prove_both_and_drop_what_follows() {
    let mut rng = StdRng::seed_from_u64(0x6d65_7267);
    for n in 2..=20 {
        let txids = random_txids(&mut rng, n);
        let mut wanted = txids.clone();
        wanted.shuffle(&mut rng);
        let wanted = &wanted[..rng.gen_range(1..=n)];
        let merged = wanted
            .iter()
            .map(|txid| MerklePath::of_block(7, &txids, &[*txid]).unwrap())
            .reduce(|merged, path| merged.merge(&path).unwrap())
            .unwrap();
        assert!(wanted.iter().all(|txid| merged.contains(txid)));
        assert_eq!(merged.marked().count(), wanted.len());
        assert_eq!(merged.root(), root_of(&txids));
        assert_eq!(MerklePath::from_bytes(&merged.to_bytes()).unwrap(), merged);
        let whole = MerklePath::of_block(7, &txids, wanted).unwrap();
        assert!(merged.to_bytes().len() <= whole.to_bytes().len());
    }
}

#[test]
fn merge__paths_of_two_blocks__is_refused() {
    let mut rng = StdRng::seed_from_u64(0x7477_6f62);
    let (one, other) = (random_txids(&mut rng, 4), random_txids(&mut rng, 4));
    let path = |height, txids: &[Txid]| MerklePath::of_block(height, txids, &txids[..1]).unwrap();
    for (a, b) in
        [(path(7, &one), path(8, &one)), (path(7, &one), path(7, &other)), (path(7, &one), path(7, &one[..2]))]
    {
        assert!(matches!(a.merge(&b), Err(MerklePathError::DifferentBlocks { .. })));
    }
}

#[test]
fn of_block__not_in_it_or_nothing_wanted__is_refused() {
    let txids = random_txids(&mut StdRng::seed_from_u64(1), 3);
    let absent = Txid::all_zeros();
    let refused = MerklePath::of_block(7, &txids, &[txids[0], absent]);
    assert!(matches!(refused, Err(MerklePathError::NotInBlock { txid }) if txid == absent));
    assert!(matches!(MerklePath::of_block(7, &txids, &[]), Err(MerklePathError::Empty)));
}

#[test]
fn read__each_defect__is_refused_by_name() {
    type Error = MerklePathError;
    let hash = "11".repeat(32);
    let (left, right) = (format!("0002{hash}"), format!("0100{hash}"));
    let whole = path_of(&[&format!("02{left}{right}")]);
    assert!(whole.is_ok(), "{whole:?}");

    let duplicated = path_of(&[&format!("02{left}0101")]).unwrap();
    assert_eq!(duplicated.root(), whole.unwrap().root(), "both leaves are the same hash");
    let flag = path_of(&[&format!("02{left}0103{hash}")]);
    assert!(matches!(flag, Err(Error::Flag { found: 3, level: 0, offset: 1 })), "{flag:?}");
    let duplicate_left = path_of(&[&format!("020001{right}")]);
    assert!(matches!(duplicate_left, Err(Error::Flag { found: 1, level: 0, offset: 0 })), "{duplicate_left:?}");
    let marked_above = path_of(&[&format!("02{left}{right}"), &format!("010102{hash}")]);
    assert!(matches!(marked_above, Err(Error::Flag { found: 2, level: 1, offset: 1 })), "{marked_above:?}");
    let beyond = path_of(&[&format!("02{left}0200{hash}")]);
    assert!(matches!(beyond, Err(Error::Offset { level: 0, offset: 2 })), "{beyond:?}");
    let alone = path_of(&[&format!("01{left}")]).unwrap();
    assert_eq!(alone.root().to_string(), hash);
    let only_right = path_of(&[&format!("01{right}")]);
    assert!(matches!(only_right, Err(Error::MissingSibling { level: 0, offset: 0 })), "{only_right:?}");
    for nothing in
        [path_of(&["00"]), path_of(&["010101"]), path_of(&["00", &format!("02{left}{right}").replace("0002", "0000")])]
    {
        assert!(matches!(nothing, Err(Error::Empty)), "{nothing:?}");
    }
    let no_levels = path_of(&[]);
    assert!(matches!(no_levels, Err(Error::Levels { found: 0 })), "{no_levels:?}");
    let too_deep = MerklePath::from_hex(&format!("0141{}", "00".repeat(65)));
    assert!(matches!(too_deep, Err(Error::Levels { found: 65 })), "{too_deep:?}");
    let height = MerklePath::from_hex("ff000000000100000001");
    assert!(matches!(height, Err(Error::BlockHeight { found: 0x1_0000_0000 })), "{height:?}");
    assert!(matches!(MerklePath::from_hex("0g"), Err(Error::Hex(_))));
}

#[test]
fn read__cut_short_or_absurd_counts__end_with_the_bytes() {
    let bytes = hex::decode(BRC74.trim()).unwrap();
    for len in 0..bytes.len() {
        let cut = MerklePath::from_bytes(&bytes[..len]);
        assert!(matches!(cut, Err(MerklePathError::Encoding(_))), "{len}: {cut:?}");
    }
    let trailing = MerklePath::from_bytes(&[bytes.as_slice(), &[0]].concat());
    assert!(matches!(trailing, Err(MerklePathError::TrailingBytes { n_bytes: 1 })), "{trailing:?}");
    let leaves = path_of(&["ffffffffffffffffff"]);
    assert!(matches!(leaves, Err(MerklePathError::Encoding(_))), "{leaves:?}");
    let long_form = path_of(&["fd0100"]);
    assert!(matches!(long_form, Err(MerklePathError::Encoding(_))), "{long_form:?}");
}

#[test]
fn read__any_changed_hash__leads_to_another_root_or_none() {
    let bytes = hex::decode(BRC74.trim()).unwrap();
    let root = MerklePath::from_bytes(&bytes).unwrap().root();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        // The height and the marks are no part of the tree.
        if let Ok(path) = MerklePath::from_bytes(&changed)
            && path.root() == root
        {
            assert!(path.block_height() != 813_706 || path.marked().count() != 2, "byte {at}");
        }
    }
}
