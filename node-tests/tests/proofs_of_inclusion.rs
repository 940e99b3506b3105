//! Merkle paths, BEEF and Extended Format of transactions that a real node has mined.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use chain_types::{FeeRate, LockingScript, Profile, Satoshis};
use ledger::{Chain as _, TestChain as _, check_input, mature_coin, policy_machine};
use node_tests::{regtest::Node, start_node};
use rand::{SeedableRng as _, rngs::StdRng};
use tx_builder::{
    Beef, Coin, Draft, ExtendedTransaction, MerklePath, MerkleRoot, SigningKey, Transaction, Txid, VerifyError,
};

fn key() -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(5))
}

/// Pays to `n_outputs` coins of the key's own, each of another value.
fn split(key: &SigningKey, coin: &Coin, n_outputs: u64) -> Transaction {
    let own = || LockingScript::p2pkh(&key.pubkey_hash().0);
    let draft = Draft::new(FeeRate::DEFAULT, key.pubkey_hash()).add_p2pkh(coin.clone());
    let mut funded = (1..=n_outputs).fold(draft, |draft, i| draft.pay(own(), Satoshis(i * 10_000))).fund().unwrap();
    funded.sign_all(key).unwrap();
    funded.finish().unwrap()
}

fn txids_of(node: &Node, height: u32) -> (Vec<Txid>, MerkleRoot) {
    let hash: String = node.rpc().call("getblockhash", [height]).unwrap();
    let block: serde_json::Value = node.rpc().call("getblock", (hash, 1)).unwrap();
    let txids = block["tx"].as_array().unwrap().iter().map(|txid| txid.as_str().unwrap().parse().unwrap());
    (txids.collect(), block["merkleroot"].as_str().unwrap().parse().unwrap())
}

#[test]
fn node__mined_transactions__are_proved_and_another_wallet_could_check_it() {
    let mut node = start_node();
    let key = key();
    let reward = mature_coin(&mut node, key.pubkey_hash()).unwrap();
    // A block of one transaction: the reward's own.
    let alone = node.chain().merkle_path(reward.outpoint.txid).unwrap().unwrap();
    assert_eq!((alone.block_height(), txids_of(&node, 1)), (1, (vec![reward.outpoint.txid], alone.root())));

    // A block of eight: its own reward, one that splits a coin, six that spend from that.
    let parent = split(&key, &reward, 6);
    node.broadcast(&parent).unwrap();
    let children: Vec<_> = (0..6).map(|vout| split(&key, &Coin::of(&parent, vout).unwrap(), 0)).collect();
    for child in &children {
        node.broadcast(child).unwrap();
    }
    assert_eq!(node.chain().merkle_path(children[0].compute_txid()).unwrap(), None, "it waits");
    node.mine(1, key.pubkey_hash()).unwrap();
    let height = node.info().unwrap().height;
    let (txids, root) = txids_of(&node, height);
    assert_eq!(txids.len(), 8);
    for txid in &txids {
        let path = node.chain().merkle_path(*txid).unwrap().unwrap();
        assert_eq!((path.block_height(), path.root()), (height, root));
        assert_eq!(path, MerklePath::of_block(height, &txids, &[*txid]).unwrap(), "the same path from the whole block");
        assert_eq!(MerklePath::from_bytes(&path.to_bytes()).unwrap(), path);
    }
    assert_eq!(node.chain().merkle_path(Txid::from_raw_hash(root.to_raw_hash())).unwrap(), None, "not known");

    // A payment that still waits, for somebody who has headers only.
    let grandchild = split(&key, &Coin::of(&children[0], 0).unwrap(), 0);
    let path = node.chain().merkle_path(children[0].compute_txid()).unwrap();
    let beef = Beef::new(vec![(children[0].clone(), path)], grandchild.clone()).unwrap();
    let received = Beef::from_hex(&beef.to_hex()).unwrap();
    assert_eq!(received, beef);
    received.verify(|height, root| node.chain().has_merkle_root(height, root)).unwrap();
    let extended = received.extended().unwrap();
    let spent = &extended.spent()[0];
    let machine = policy_machine(Profile::Genesis, extended.transaction());
    check_input(extended.transaction(), 0, spent, &machine).unwrap();
    assert_eq!(ExtendedTransaction::from_hex(&extended.to_hex()).unwrap(), extended);
    assert_eq!(node.unspent(grandchild.input[0].previous_output).unwrap().as_ref(), Some(spent));
    assert_eq!(node.broadcast(extended.transaction()).unwrap(), grandchild.compute_txid());

    // A proof for another height, and one for a tree that no block has.
    let [lower, beyond] = [height - 1, height + 1000];
    assert!(!node.chain().has_merkle_root(lower, root).unwrap());
    assert!(!node.chain().has_merkle_root(beyond, root).unwrap());
    let child = &children[0];
    let made_up = MerklePath::of_block(height, &[txids[0], child.compute_txid()], &[child.compute_txid()]).unwrap();
    let forged = Beef::new(vec![(child.clone(), Some(made_up))], grandchild).unwrap();
    let refused = forged.verify(|height, root| node.chain().has_merkle_root(height, root)).unwrap_err();
    assert!(matches!(refused, VerifyError::UnknownRoot { height: found, .. } if found == height), "{refused:?}");
}
