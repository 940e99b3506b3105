//! The example in JavaScript on a real node, with the files that the program writes.

use std::fs;

use foreign_tools::{ToolError, Workplace};
use ledger::{Chain, TestChain};
use node_tests::{
    regtest::Node,
    scenario::{Scenario, scenarios},
    start_node,
};
use script_gen::HintsFile;
use serde_json::{Value, json};
use tx_builder::{Coin, Network, SigningKey, decode_hex};

use crate::tools::workplace;

/// The contract's files and the node, for the example's scripts.
struct Desk {
    place: Workplace,
    node: Node,
}

impl Desk {
    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.place.path().join(name), text).expect("a folder of our own");
    }

    fn put_key(&self, name: &str, key: &SigningKey) {
        let wif = key.to_wif(Network::Test);
        let file = json!({ "format": "provelock-key", "version": 1, "network": "regtest", "wif": wif.as_str() });
        self.put(name, file.to_string());
    }

    /// Runs one of the scripts with arguments separated by spaces; answers the transaction's id, or why there is none.
    fn run(&self, command: &str) -> Result<String, String> {
        let (script, arguments) = command.split_once(' ').expect("a script and arguments");
        let (url, cookie) = (self.node.url(), self.node.cookie_file());
        let cookie = cookie.to_str().expect("a path without surprises");
        let arguments = arguments.split(' ').chain(["--contract", "lock.json", "--rpc", &url, "--cookie", cookie]);
        match self.place.run(script, arguments) {
            Ok(txid) => Ok(txid.trim_end().to_owned()),
            Err(ToolError::Script { said, .. }) => Err(said),
            Err(error) => panic!("{error}"),
        }
    }

    fn refused(&self, command: &str, reason: &str) {
        let said = self.run(command).expect_err(command);
        assert!(said.contains(reason), "{command}: expected {reason:?}, found {said}");
    }
}

/// The hints with a bit of the item `name` turned over.
fn tampered(hints: &str, name: &str) -> String {
    let mut hints: Value = serde_json::from_str(hints).expect("a file of our own");
    let items = hints["items"].as_array_mut().expect("a list");
    let item = items.iter_mut().find(|item| item["name"] == name).expect("it is there");
    let mut bytes = hex::decode(item["hex"].as_str().expect("known")).expect("hex");
    bytes[0] ^= 1;
    item["hex"] = hex::encode(bytes).into();
    hints.to_string()
}

/// Deploys a contract, tries what must fail, and claims the coin.
fn run_example(desk: &mut Desk, scenario: &Scenario) {
    let Scenario { contract, artifact, evidence, prover, funder, .. } = scenario;
    let hints = HintsFile::new(artifact, contract, &evidence.data, evidence.recipient).to_json();
    desk.put("lock.json", artifact.to_json());
    desk.put("hints.json", &hints);
    desk.put("proof.json", tampered(&hints, "proof"));
    desk.put("quotient.json", tampered(&hints, "quotient"));
    desk.put_key("funder.key", funder);
    desk.put_key("prover.key", prover);

    let txid = desk.run("deploy.mjs --key funder.key --amount 100000 --out deploy.hex").expect("a plain payment");
    let text = fs::read_to_string(desk.place.path().join("deploy.hex")).expect("written");
    let deployment = decode_hex(&text).expect("a transaction");
    assert_eq!(txid, deployment.compute_txid().to_string());
    let coin = Coin::of(&deployment, 0).expect("output 0");
    assert_eq!(coin.locking_script, *contract.locking_script());
    desk.node.mine(1, funder.pubkey_hash()).expect("a chain that mines");

    let spend =
        |hints: &str, key: &str| format!("spend.mjs --deploy-tx deploy.hex --hints {hints}.json --key {key}.key");
    // The SDK's script machine and the node refuse for the same reasons.
    for (hints, sdk, node) in [
        ("proof", "OP_NUMEQUALVERIFY requires the top stack item", "Script failed an OP_NUMEQUALVERIFY operation"),
        ("quotient", "The top stack element must be truthy", "finished with a false/empty top stack element"),
    ] {
        desk.refused(&spend(hints, "prover"), sdk);
        desk.refused(&format!("{} --unchecked", spend(hints, "prover")), node);
    }
    desk.refused(&spend("hints", "funder"), "the proof is for the key hash");
    desk.put("lock.json", artifact.to_json().replace("\"version\": 4", "\"version\": 3"));
    desk.refused(
        &spend("hints", "prover"),
        "found provelock-contract version 3, expected provelock-contract version 4",
    );
    desk.put("lock.json", artifact.to_json());
    assert!(desk.node.unspent(coin.outpoint).expect("a node that answers").is_some(), "nothing was spent");

    let txid = desk.run(&spend("hints", "prover")).expect("a proof, the right key");
    desk.node.mine(1, funder.pubkey_hash()).expect("a chain that mines");
    let status = desk.node.status(txid.parse().expect("an id")).expect("a node that answers");
    assert_eq!(status.map(|status| status.confirmations), Some(1));
    assert!(desk.node.unspent(coin.outpoint).expect("a node that answers").is_none());
    // Its signature is deterministic: it is the same transaction.
    desk.refused(&spend("hints", "prover"), "txn-already-known");
}

#[test]
fn example__in_javascript__deploys_and_spends_on_a_real_node() {
    let mut desk = Desk { place: workplace("example-javascript", "examples/javascript"), node: start_node() };
    let wanted = ["inference-payment", "model-bounty", "private-model-inference (image given at spending)"];
    let chosen: Vec<_> =
        scenarios().into_iter().filter(|scenario| wanted.contains(&scenario.name().as_str())).collect();
    assert_eq!(chosen.len(), wanted.len());
    for scenario in &chosen {
        run_example(&mut desk, scenario);
    }
}
