//! The example in JavaScript on a real node, with the files that the program writes.

use std::fs;

use chain_types::LockingScript;
use contracts::{SignedCommitment, Way};
use foreign_tools::{ToolError, Workplace};
use ledger::{Chain, TestChain};
use node_tests::{
    regtest::Node,
    scenario::{REFUND_HEIGHT, Scenario, scenario, scenarios},
    start_node,
};
use script_gen::HintsFile;
use serde_json::{Value, json};
use tx_builder::{Coin, Network, OutPoint, SigningKey, decode_hex};

use crate::{subjects::under_chronicle, tools::workplace};

/// The contracts that the example claims, each in another way or of another definition.
const CLAIMED: [&str; 6] = [
    "inference-payment",
    "inference-payment (signed commitment)",
    "model-bounty",
    "private-model-inference (image given at spending)",
    "settlement",
    "model-sale",
];
/// Those whose coins go back: one that reads its transaction in refunds alone, one that does in claims as well.
const REFUNDED: [&str; 2] = ["inference-payment", "settlement"];

/// What the SDK says of a spend, then what the node says; each of these will do.
type Reasons = [&'static [&'static str]; 2];

const NOT_EQUAL: Reasons = [
    &["OP_NUMEQUALVERIFY requires the top stack item to be truthy"],
    &["Script failed an OP_NUMEQUALVERIFY operation"],
];
const FALSE: Reasons = [
    &["The top stack element must be truthy"],
    &["Script evaluated without error but finished with a false/empty top stack element"],
];
const VERIFY: Reasons =
    [&["OP_VERIFY requires the top stack value to be truthy"], &["Script failed an OP_VERIFY operation"]];
const SIGNATURE: Reasons = [
    &["OP_CHECKSIGVERIFY requires that a valid signature is provided"],
    &["Signature must be zero for failed CHECK(MULTI)SIG operation"],
];
/// The script makes a signature of another preimage than the transaction's: of one digest in two it is in no good form,
/// of the other it is none of this transaction.
const PREIMAGE: Reasons = [
    &["The signature format is invalid", "The top stack element must be truthy"],
    &["Non-canonical DER signature", "Signature must be zero for failed CHECK(MULTI)SIG operation"],
];

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

    /// Writes the contract's files, as `contract build`, `contract hints` and `key new` do.
    fn put_files(&self, scenario: &Scenario) {
        let Scenario { artifact, funder, prover, .. } = scenario;
        self.put("lock.json", artifact.to_json());
        self.put("hints.json", hints(scenario));
        self.put_key("funder.key", funder);
        self.put_key("prover.key", prover);
    }

    /// Runs one of the scripts with arguments separated by spaces; answers the transaction's id, or why there is none.
    fn run(&self, command: &str) -> Result<String, String> {
        let (script, arguments) = command.split_once(' ').expect("a script and arguments");
        let (url, cookie) = (self.node.url(), self.node.cookie_file());
        let cookie = cookie.to_str().expect("a path without surprises");
        let arguments = arguments.split(' ').chain(["--rpc", &url, "--cookie", cookie]);
        match self.place.run(script, arguments) {
            Ok(txid) => Ok(txid.trim_end().to_owned()),
            Err(ToolError::Script { said, .. }) => Err(said),
            Err(error) => panic!("{error}"),
        }
    }

    fn refused(&self, command: &str, reasons: &[&str]) {
        let said = self.run(command).expect_err(command);
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{command}: expected {reasons:?}, found {said}");
    }

    /// The SDK's script machine refuses it, and the node does that is asked nevertheless.
    fn refused_by_both(&self, command: &str, [sdk, node]: Reasons) {
        self.refused(command, sdk);
        self.refused(&format!("{command} --unchecked"), node);
    }

    /// Deploys the contract of `lock.json`, and answers its coin.
    fn deploy(&mut self, scenario: &Scenario, out: &str) -> Coin {
        let command = format!("deploy.mjs --contract lock.json --key funder.key --amount 100000 --out {out}");
        let txid = self.run(&command).expect("a plain payment");
        let text = fs::read_to_string(self.place.path().join(out)).expect("written");
        let deployment = decode_hex(&text).expect("a transaction");
        assert_eq!(txid, deployment.compute_txid().to_string());
        let coin = Coin::of(&deployment, 0).expect("output 0");
        assert_eq!(coin.locking_script, *scenario.contract.locking_script());
        self.mine(scenario);
        coin
    }

    fn mine(&mut self, scenario: &Scenario) {
        self.node.mine(1, scenario.funder.pubkey_hash()).expect("a chain that mines");
    }

    fn is_unspent(&self, coin: &Coin) -> bool {
        self.node.unspent(coin.outpoint).expect("a node that answers").is_some()
    }

    /// Runs a script whose spend is mined; its outputs of some value are under `paid`.
    fn spend(&mut self, scenario: &Scenario, coin: &Coin, command: &str, paid: &[LockingScript]) {
        let name = scenario.name();
        assert!(self.is_unspent(coin), "{name}: nothing was spent");
        let txid = self.run(command).unwrap_or_else(|said| panic!("{name}: {said}"));
        self.mine(scenario);
        let txid = txid.parse().expect("an id");
        let status = self.node.status(txid).expect("a node that answers");
        assert_eq!(status.map(|status| status.confirmations), Some(1), "{name}");
        assert!(!self.is_unspent(coin), "{name}");
        let outputs =
            (0..3).filter_map(|vout| self.node.unspent(OutPoint::new(txid, vout)).expect("a node that answers"));
        let found: Vec<_> = outputs.map(|output| output.script_pubkey.into_bytes()).collect();
        assert_eq!(found, paid.iter().map(|script| script.as_bytes().to_vec()).collect::<Vec<_>>(), "{name}");
    }
}

fn desk() -> Desk {
    Desk { place: workplace("example-javascript", "examples/javascript"), node: start_node() }
}

fn hints(scenario: &Scenario) -> String {
    let Scenario { contract, artifact, evidence, .. } = scenario;
    HintsFile::new(artifact, contract, &evidence.data, evidence.recipient).to_json()
}

/// The hints with other bytes for the item `name`.
fn hints_with(scenario: &Scenario, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut hints: Value = serde_json::from_str(&hints(scenario)).expect("a file of our own");
    let items = hints["items"].as_array_mut().expect("a list");
    let item = items.iter_mut().find(|item| item["name"] == name).expect("it is there");
    let mut bytes = hex::decode(item["hex"].as_str().expect("known")).expect("hex");
    change(&mut bytes);
    item["hex"] = hex::encode(bytes).into();
    hints.to_string()
}

/// A file with another value at a place such as `/terms/nonce`.
fn with(text: &str, place: &str, value: impl Into<Value>) -> String {
    let mut file: Value = serde_json::from_str(text).expect("a file of our own");
    *file.pointer_mut(place).expect("it is there") = value.into();
    file.to_string()
}

/// A claim of the coin in `deploy.hex`.
fn claim_command(lock: &str, hints: &str, others: &str) -> String {
    format!("spend.mjs --deploy-tx deploy.hex --contract {lock}.json --hints {hints}.json{others}")
}

/// Deploys a contract, tries what must fail, and claims the coin.
fn claim(desk: &mut Desk, scenario: &Scenario) {
    desk.put_files(scenario);
    let coin = desk.deploy(scenario, "deploy.hex");
    let (others, unproved) = match scenario.locked(&coin).way() {
        Way::Claim | Way::Refund => (" --key prover.key", FALSE),
        // Where the outputs are read after the verifier, its answer is checked before.
        Way::AttestedClaim => {
            refuse_words(desk, scenario, &coin);
            (" --key prover.key --attestation word.json", VERIFY)
        }
        Way::Settlement => {
            refuse_payments(desk, scenario);
            ("", VERIFY)
        }
    };
    for (item, reasons) in [("proof", NOT_EQUAL), ("quotient", unproved)] {
        desk.put(&format!("{item}.json"), hints_with(scenario, item, |bytes| bytes[0] ^= 1));
        desk.refused_by_both(&claim_command("lock", item, others), reasons);
    }
    desk.spend(scenario, &coin, &claim_command("lock", "hints", others), &scenario.paid());
}

/// After a claim by the prover: files that show by themselves that they are the wrong ones, and the claim once more.
fn refuse_files(desk: &Desk, scenario: &Scenario) {
    desk.refused(&claim_command("lock", "hints", ""), &["--key is missing"]);
    desk.refused(&claim_command("lock", "hints", " --key funder.key"), &["funder.key: found key hash"]);
    desk.put("others.json", with(&hints(scenario), "/locking_script_sha256", "00".repeat(32)));
    desk.refused(&claim_command("lock", "others", ""), &["others.json: found locking script 0000"]);
    desk.put("old.json", with(&scenario.artifact.to_json(), "/version", 3));
    let expected = "found format provelock-contract version 3, expected provelock-contract version 4";
    desk.refused(&claim_command("old", "hints", ""), &[expected]);
    // Signatures are deterministic: it is the same transaction.
    desk.refused(&claim_command("lock", "hints", " --key prover.key"), &["txn-already-known"]);
}

/// Words that are not the signer's for this claim; leaves the right one in `word.json`.
fn refuse_words(desk: &Desk, scenario: &Scenario, coin: &Coin) {
    put_words(desk, scenario, coin);
    let spend = |word: &str| claim_command("lock", "hints", &format!(" --key prover.key{word}"));
    desk.refused(&spend(""), &["--attestation is missing"]);
    desk.refused(&spend(" --attestation other-coin.json"), &["other-coin.json: found coin"]);
    desk.refused(&spend(" --attestation other-commitment.json"), &["other-commitment.json: found commitment"]);
    desk.refused_by_both(&spend(" --attestation not-signers.json"), SIGNATURE);
}

/// Settlements that pay others than the proved class lists.
fn refuse_payments(desk: &Desk, scenario: &Scenario) {
    let thief = hex::encode(LockingScript::p2pkh(&[9; 20]).as_bytes());
    let first_payee = "/terms/payee/payouts/0/0/locking_script";
    desk.put("redirected.json", with(&scenario.artifact.to_json(), first_payee, thief));
    desk.refused_by_both(&claim_command("redirected", "hints", ""), PREIMAGE);
    // Classes of four bits, in the top bits of a byte: another that pays, and one that does not.
    desk.put("other-class.json", hints_with(scenario, "class", |byte| byte[0] = 1 << 4));
    desk.refused_by_both(&claim_command("lock", "other-class", ""), VERIFY);
    desk.put("nobody.json", hints_with(scenario, "class", |byte| byte[0] = 2 << 4));
    desk.refused(&claim_command("lock", "nobody", ""), &["class 2 pays nobody"]);
}

/// The signer's word, as `contract attest` writes it, and what is none for this claim.
fn put_words(desk: &Desk, scenario: &Scenario, coin: &Coin) {
    let word = scenario.locked(coin).attest(&scenario.signer, scenario.commitment()).expect("the contract's signer");
    desk.put("word.json", word.to_json());
    let other = SignedCommitment { coin: OutPoint::new(coin.outpoint.txid, 1), ..word.clone() };
    desk.put("other-coin.json", other.to_json());
    let other = SignedCommitment { commitment: word.commitment + word.commitment, ..word.clone() };
    desk.put("other-commitment.json", other.to_json());
    let mut other = word;
    // The last bit of a number in DER.
    *other.signature.last_mut().expect("bytes") ^= 1;
    desk.put("not-signers.json", other.to_json());
}

/// A refund of `out`'s coin.
fn refund_command(lock: &str, key: &str, out: &str) -> String {
    format!("refund.mjs --contract {lock}.json --key {key}.key --deploy-tx {out}")
}

/// Deploys a contract and asks for the coin before its time.
fn refund_early(desk: &mut Desk, scenario: &Scenario, out: &str) -> Coin {
    desk.put_files(scenario);
    let coin = desk.deploy(scenario, out);
    let next = desk.node.info().expect("a node that answers").height + 1;
    assert!(next <= REFUND_HEIGHT, "{next}: before the lock time");
    let early = format!("nothing was sent: the next block's height is {next}, expected more than {REFUND_HEIGHT}");
    desk.refused(&refund_command("lock", "funder", out), &[&early]);
    // A lock time that has come is not the contract's.
    desk.put("early.json", with(&scenario.artifact.to_json(), "/terms/refund/lock_time", 1));
    desk.refused_by_both(&refund_command("early", "funder", out), PREIMAGE);
    desk.refused(&refund_command("lock", "prover", out), &["prover.key: found key hash"]);
    coin
}

fn refund(desk: &mut Desk, scenario: &Scenario, out: &str, coin: &Coin) {
    desk.put_files(scenario);
    let funder = LockingScript::p2pkh(&scenario.funder.pubkey_hash().0);
    desk.spend(scenario, coin, &refund_command("lock", "funder", out), &[funder]);
}

#[test]
fn example__in_javascript__deploys_claims_and_refunds_on_a_real_node() {
    let mut desk = desk();
    let all = scenarios();
    let named = |name: &&str| all.iter().find(|scenario| scenario.name() == **name).expect("a contract of the library");
    // Every deployment mines for a coin: these come first, while no lock time has come.
    let early: Vec<_> = REFUNDED
        .iter()
        .map(named)
        .zip(["first.hex", "second.hex"])
        .map(|(scenario, out)| (scenario, out, refund_early(&mut desk, scenario, out)))
        .collect();
    CLAIMED.iter().map(named).for_each(|scenario| claim(&mut desk, scenario));
    refuse_files(&desk, named(&CLAIMED[CLAIMED.len() - 1]));
    for (scenario, out, coin) in &early {
        refund(&mut desk, scenario, out, coin);
    }
}

#[test]
fn example__spends_of_chronicle__pass_in_the_sdk_and_not_on_a_node_without_its_rules() {
    let mut desk = desk();
    let scenario = under_chronicle(scenario("inference-payment"));
    desk.put_files(&scenario);
    let coin = desk.deploy(&scenario, "deploy.hex");
    desk.node.mine(REFUND_HEIGHT, scenario.funder.pubkey_hash()).expect("a chain that mines");
    let refused = |command: &str, reason: &str| {
        desk.refused(command, &[&format!("sendrawtransaction: 16: mandatory-script-verify-flag-failed ({reason})")]);
    };
    refused(&claim_command("lock", "hints", " --key prover.key"), "NOPx reserved for soft-fork upgrades");
    refused(&refund_command("lock", "funder", "deploy.hex"), "Signature hash type missing or not understood");
    assert!(desk.is_unspent(&coin), "nothing was spent");
}
