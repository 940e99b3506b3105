//! A real node of our own: started, asked, mined on, stopped.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use std::path::PathBuf;

use chain_types::{FeeRate, LockingScript, Satoshis};
use ledger::{BroadcastError, COINBASE_MATURITY, Chain, EmbeddedLedger, TestChain, mature_coin};
use node_tests::{
    regtest::{Node, StartError, find_bitcoind},
    start_node,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tx_builder::{Coin, Draft, OutPoint, SigningKey, Transaction};

fn key() -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(1))
}

fn spend(key: &SigningKey, coin: &Coin, rate: FeeRate) -> Transaction {
    let mut funded = Draft::new(rate, key.pubkey_hash()).add_p2pkh(coin.clone()).fund().unwrap();
    funded.sign_all(key).unwrap();
    funded.finish().unwrap()
}

/// What a caller of [`Chain`] may rely on, whoever keeps the chain.
fn check_chain(chain: &mut dyn TestChain) {
    let key = key();
    assert_eq!(chain.info().unwrap().height, 0);
    let coin = mature_coin(chain, key.pubkey_hash()).unwrap();
    assert_eq!(chain.info().unwrap().height, 1 + COINBASE_MATURITY);
    assert_eq!(coin.value, Satoshis(5_000_000_000));
    assert_eq!(coin.locking_script, LockingScript::p2pkh(&key.pubkey_hash().0));
    assert!(chain.unspent(coin.outpoint).unwrap().is_some());

    let transaction = spend(&key, &coin, FeeRate::DEFAULT);
    let txid = transaction.compute_txid();
    assert_eq!(chain.status(txid).unwrap(), None);
    assert_eq!(chain.broadcast(&transaction).unwrap(), txid);
    assert_eq!(chain.unspent(coin.outpoint).unwrap(), None, "taken by the mempool");
    let waiting = chain.status(txid).unwrap().unwrap();
    assert_eq!((waiting.confirmations, waiting.block), (0, None));
    let again = chain.broadcast(&transaction).unwrap_err();
    assert!(matches!(again, BroadcastError::AlreadyKnown { txid: known } if known == txid), "{again:?}");

    let blocks = chain.mine(2, key.pubkey_hash()).unwrap();
    let mined = chain.status(txid).unwrap().unwrap();
    assert_eq!((mined.confirmations, mined.block), (2, blocks.first().copied()));
    assert_eq!(chain.unspent(OutPoint::new(txid, 0)).unwrap().as_ref(), transaction.output.first());
    assert_eq!(chain.unspent(OutPoint::new(txid, 1)).unwrap(), None);
    let reward = chain.coinbase(blocks[0]).unwrap().unwrap();
    let fee = coin.value.0 - transaction.output[0].value.to_sat();
    assert_eq!(reward.value, Satoshis(5_000_000_000 + fee), "the block took the fee");
}

#[test]
fn chain__fund_spend_mine__is_the_same_on_the_node() {
    let mut node = start_node();
    let info = node.info().unwrap();
    assert_eq!(info.network, "regtest");
    assert!(info.version.unwrap().starts_with("/Bitcoin SV:"));
    check_chain(&mut node);
}

#[test]
fn chain__fund_spend_mine__is_the_same_on_the_embedded_ledger() {
    let mut ledger = EmbeddedLedger::new(FeeRate::DEFAULT);
    assert_eq!(ledger.info().unwrap().version, None);
    check_chain(&mut ledger);
}

#[test]
fn node__dropped__leaves_no_process_and_no_folder() {
    let node = start_node();
    let process = PathBuf::from(format!("/proc/{}", node.pid()));
    let command = std::fs::read(process.join("cmdline")).unwrap();
    let command = String::from_utf8(command).unwrap();
    let data = command.split('\0').find_map(|argument| argument.strip_prefix("-datadir=")).unwrap();
    let data = PathBuf::from(data);
    assert!(data.is_dir());
    drop(node);
    assert!(!process.exists(), "process {process:?}");
    assert!(!data.exists(), "folder {data:?}");
}

#[test]
fn node__two_at_once__keep_apart() {
    let (mut one, other) = (start_node(), start_node());
    one.mine(3, key().pubkey_hash()).unwrap();
    assert_eq!((one.info().unwrap().height, other.info().unwrap().height), (3, 0));
}

#[test]
fn node__impossible_setting__fails_to_start_with_the_nodes_reason() {
    let bitcoind = find_bitcoind().unwrap();
    let error = Node::start_with(&bitcoind, &["-maxscriptsizepolicy=-1"]).unwrap_err();
    let StartError::Exited { status, log, .. } = error else { panic!("{error:?}") };
    assert!(!status.success());
    assert!(log.contains("Policy value for max script size"), "{log}");
}
