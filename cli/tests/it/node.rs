//! The same on a real Bitcoin SV node. Without one these tests fail, and say how to get one.

use crate::common::{AMOUNT, NONCE, PROVE, Workshop, run_in, workshop};
use crate::demo::assert_demo;
use chain_types::{FeeRate, LockingScript, Satoshis};
use ledger::{Chain as _, TestChain as _, mature_coin};
use node_client::regtest::Node;
use std::path::{Path, PathBuf};
use tx_builder::{Draft, OutPoint, SigningKey};

#[test]
fn demo__regtest__is_the_same_on_a_real_node() {
    let report = run_in(Path::new("/"), "demo --chain regtest --format json").yes();
    assert_demo(&report);
    assert_eq!((&report["chain"], &report["class"]), (&"regtest".into(), &7.into()));
    assert!(report["node_version"].as_str().unwrap().starts_with("/Bitcoin SV:"), "{}", report["node_version"]);
}

/// The node's address and cookie, as its command line gives them.
fn address_and_cookie(node: &Node) -> (String, PathBuf) {
    let command = std::fs::read_to_string(format!("/proc/{}/cmdline", node.pid())).unwrap();
    let argument = |name: &str| command.split('\0').find_map(|argument| argument.strip_prefix(name)).unwrap();
    let cookie = Path::new(argument("-datadir=")).join("regtest/.cookie");
    (format!("http://127.0.0.1:{}", argument("-rpcport=")), cookie)
}

/// Pays Alice a coin on the node and writes the transaction to `name`.
fn coin_on(node: &mut Node, shop: &Workshop, alice: &SigningKey, name: &str) {
    let reward = mature_coin(node, alice.pubkey_hash()).unwrap();
    let lock = LockingScript::p2pkh(&alice.pubkey_hash().0);
    let draft = Draft::new(FeeRate::DEFAULT, alice.pubkey_hash()).pay(lock, Satoshis(10 * AMOUNT)).add_p2pkh(reward);
    let mut funded = draft.fund().unwrap();
    funded.sign_all(alice).unwrap();
    let transaction = funded.finish().unwrap();
    node.broadcast(&transaction).unwrap();
    std::fs::write(shop.path(name), tx_builder::encode_hex(&transaction)).unwrap();
}

#[test]
fn flow__rpc__deploys_and_spends_on_a_real_node() {
    let shop = workshop();
    let mut node = Node::start().unwrap_or_else(|error| panic!("{error}"));
    let alice = shop.signing_key("alice.key");
    coin_on(&mut node, shop, &alice, "node-coin.hex");
    let (url, cookie) = address_and_cookie(&node);
    let rpc = format!("--rpc {url} --rpc-cookie {}", cookie.display());
    let deploy =
        "contract deploy --contract lock.json --amount 100000 --key alice.key --coin-tx node-coin.hex --coin-vout 0";
    shop.run(&format!("{deploy} --dry-run --out node-deploy.hex")).yes();
    let deployed = shop.run(&format!("{deploy} {rpc}")).yes();
    let deploy_txid = shop.transaction("node-deploy.hex").compute_txid();
    assert_eq!(deployed["txid"], deploy_txid.to_string(), "the dry run writes what is sent");
    node.mine(1, alice.pubkey_hash()).unwrap();

    let spend = "contract spend --contract lock.json --deploy-tx node-deploy.hex --proof proof.json --key alice.key";
    let spent = shop.run(&format!("{spend} {rpc}")).yes();
    node.mine(1, alice.pubkey_hash()).unwrap();
    assert_eq!(node.unspent(OutPoint::new(deploy_txid, 0)).unwrap(), None);
    let spend_txid = spent["txid"].as_str().unwrap().parse().unwrap();
    assert_eq!(node.status(spend_txid).unwrap().unwrap().confirmations, 1);
    // Another proof for the same coin: a transaction of its own, and the coin is gone.
    shop.run(&format!("{PROVE} --nonce {NONCE} --out node-again.json")).yes();
    let again = spend.replace("proof.json", "node-again.json");
    shop.run(&format!("{again} {rpc}")).no("Missing inputs");
    let wrong_login = [("PROVELOCK_RPC_USER", "alice"), ("PROVELOCK_RPC_PASSWORD", "wrong")];
    crate::common::run_with(&shop.folder, &format!("{spend} --rpc {url}"), &wrong_login).error(&["HTTP status 401"]);
}
