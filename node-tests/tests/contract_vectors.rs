//! Raw deployments and spends of every contract, `fixtures/contracts`: shown to a fresh node, which must answer as recorded.
//! `fixtures/contracts/README.md` says how to show them to another.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p node-tests --test contract_vectors` makes them anew.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

use std::path::PathBuf;

use chain_types::{FeeRate, LockingScript};
use contracts::check_amount;
use ledger::{Chain, TestChain};
use node_tests::contract::{AMOUNT, repository};
use node_tests::regtest::Node;
use node_tests::scenario::{REFUND_HEIGHT, Scenario, redirected, scenarios};
use node_tests::start_node;
use rand::rngs::OsRng;
use script_gen::{ContractArtifact, ContractDefinition};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use statement::PubkeyHash;
use tx_builder::{Coin, Draft, Network, SigningKey, Transaction, decode_hex, encode_hex};

const FORMAT: &str = "provelock contract vectors";
const VERSION: u32 = 1;
/// What is recorded of a spend that a node takes.
const OK: &str = "ok";

/// The file `chain.json`: what a node must know before it is shown a deployment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainFile {
    format: String,
    version: u32,
    /// Which node recorded the verdicts.
    node: String,
    /// Raw blocks in hex, the first on top of regtest's genesis block.
    blocks: Vec<String>,
}

/// A contract, its coins' transaction, and spends of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    format: String,
    version: u32,
    contract: String,
    variant: String,
    /// The contract's file, as `contract build` writes it.
    lock: Value,
    /// Keys in the wallet import format, of test networks: everybody can read them here.
    keys: Keys,
    /// Satoshis of outputs 0 and 1, both under the contract.
    amount: u64,
    deploy_transaction: String,
    spends: Vec<Spend>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    prover: String,
    funder: String,
    /// Who signs the input's commitment; empty if nobody has to.
    signer: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spend {
    name: String,
    transaction: String,
    /// The least height of the chain at which it is to be shown.
    height: u32,
    /// `ok`, or why the node refuses it.
    answer: String,
}

fn folder() -> PathBuf {
    repository("fixtures/contracts")
}

fn wif(key: &SigningKey) -> String {
    key.to_wif(Network::Test).to_string()
}

fn write(name: &str, value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).expect("strings and numbers") + "\n";
    std::fs::write(folder().join(name), text).expect("the fixtures' folder can be written");
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file_name(scenario: &Scenario) -> String {
    let variant = scenario.variant.replace(' ', "-");
    if variant.is_empty() {
        format!("{}.json", scenario.definition)
    } else {
        format!("{}-{variant}.json", scenario.definition)
    }
}

fn answer(chain: &mut dyn TestChain, transaction: &Transaction) -> String {
    match chain.broadcast(transaction) {
        Ok(txid) => {
            assert!(chain.status(txid).expect("a node that answers").is_some(), "taken, and not kept aside");
            OK.to_owned()
        }
        Err(error) => error.rejection().unwrap_or_else(|| panic!("{error}")).reason.clone(),
    }
}

/// The spends of a deployment's two coins, in the order in which they are shown.
fn spends(scenario: &Scenario, deploy: &Transaction) -> Vec<(&'static str, Transaction, u32)> {
    let coin = |vout| Coin::of(deploy, vout).expect("two coins");
    let claim = scenario.claim(&coin(0)).transaction;
    let changed = scenario.claim_with(&scenario.tampered(0), &coin(0));
    let redirected = redirected(&claim, &LockingScript::p2pkh(&[0x77; 20]));
    let refund = scenario.refund(&coin(1)).transaction;
    vec![
        ("a bit of the proof changed", changed, 0),
        ("the payment sent elsewhere", redirected, 0),
        ("claim", claim, 0),
        ("refund", refund, REFUND_HEIGHT),
    ]
}

/// Two coins of the contract, paid for by a block's reward.
fn deploy(scenario: &Scenario, miner: &SigningKey, reward: Coin) -> Transaction {
    check_amount(&scenario.contract, AMOUNT, FeeRate::DEFAULT).expect("the amount pays for every spend");
    let script = scenario.contract.locking_script();
    let draft = Draft::new(FeeRate::DEFAULT, miner.pubkey_hash()).add_p2pkh(reward);
    let mut funded = draft.pay(script.clone(), AMOUNT).pay(script.clone(), AMOUNT).fund().expect("a reward is enough");
    funded.sign_all(miner).expect("the miner's own coin");
    funded.finish().expect("signed")
}

/// The time in a raw block's header: bytes 68 to 71.
fn time_of(block: &str) -> u32 {
    let digits = block.get(2 * 68..2 * 72).expect("a block has a header of 80 bytes");
    u32::from_str_radix(digits, 16).expect("hexadecimal digits").swap_bytes()
}

fn raw_block(node: &Node, height: u32) -> String {
    node.rpc().call("getblockbyheight", json!([height, 0])).expect("a mined block")
}

/// Makes all files anew, with the verdicts of a real node.
fn update() {
    let all = scenarios();
    let miner = SigningKey::random(&mut OsRng);
    let mut node = start_node();
    let n = u32::try_from(all.len()).expect("a few");
    let blocks = node.mine(n + ledger::COINBASE_MATURITY, miner.pubkey_hash()).expect("a node that mines");
    let chain = ChainFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        node: node.info().expect("a node that answers").version.expect("nodes have one"),
        blocks: (1..).take(blocks.len()).map(|height| raw_block(&node, height)).collect(),
    };
    write("chain.json", &chain);
    let deployed: Vec<_> = all
        .iter()
        .zip(&blocks)
        .map(|(scenario, block)| {
            let reward = node.coinbase(*block).expect("a node that answers").expect("an unspent reward");
            let transaction = deploy(scenario, &miner, reward);
            node.broadcast(&transaction).unwrap_or_else(|error| panic!("{}: {error}", scenario.name()));
            transaction
        })
        .collect();
    let mut vectors: Vec<_> = all
        .iter()
        .zip(&deployed)
        .map(|(scenario, transaction)| {
            let spends = spends(scenario, transaction).into_iter().map(|(name, transaction, height)| Spend {
                name: name.to_owned(),
                transaction: encode_hex(&transaction),
                height,
                answer: String::new(),
            });
            let is_signed = scenario.contract.terms().signer().is_some();
            Vector {
                format: FORMAT.to_owned(),
                version: VERSION,
                contract: scenario.definition.to_owned(),
                variant: scenario.variant.to_owned(),
                lock: serde_json::from_str(&scenario.artifact.to_json()).expect("the artifact is JSON"),
                keys: Keys {
                    prover: wif(&scenario.prover),
                    funder: wif(&scenario.funder),
                    signer: if is_signed { wif(&scenario.signer) } else { String::new() },
                },
                amount: AMOUNT.0,
                deploy_transaction: encode_hex(transaction),
                spends: spends.collect(),
            }
        })
        .collect();
    show_spends(&mut node, &mut vectors, |spend, said| said.clone_into(&mut spend.answer));
    for (scenario, vector) in all.iter().zip(&vectors) {
        write(&file_name(scenario), vector);
    }
}

/// Mines the deployments, then shows every spend at its height.
fn show_spends(node: &mut Node, vectors: &mut [Vector], mut heard: impl FnMut(&mut Spend, &str)) {
    let payee = PubkeyHash([0x55; 20]);
    node.mine(1, payee).expect("a node that mines");
    for height in [0, REFUND_HEIGHT] {
        let now = node.info().expect("a node that answers").height;
        if now < height {
            node.mine(height - now, payee).expect("a node that mines");
        }
        for spend in vectors.iter_mut().flat_map(|vector| &mut vector.spends).filter(|spend| spend.height == height) {
            let transaction = decode_hex(&spend.transaction).expect("a raw transaction");
            let said = answer(node, &transaction);
            heard(spend, &said);
        }
    }
    node.mine(1, payee).expect("a node that mines");
    for spend in vectors.iter().flat_map(|vector| &vector.spends) {
        let transaction = decode_hex(&spend.transaction).expect("a raw transaction");
        let status = node.status(transaction.compute_txid()).expect("a node that answers");
        assert_eq!(status.is_some_and(|status| status.confirmations > 0), spend.answer == OK, "{}", spend.name);
    }
}

fn vectors() -> Vec<(String, Vector)> {
    let entries = std::fs::read_dir(folder()).expect("the fixtures' folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"));
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".json") && name != "chain.json").collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let vector = read(&name);
            (name, vector)
        })
        .collect()
}

#[test]
fn contract_vectors__on_a_fresh_node__get_the_recorded_answers() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        update();
    }
    let chain: ChainFile = read("chain.json");
    assert_eq!((chain.format.as_str(), chain.version), (FORMAT, VERSION));
    let mut node = start_node();
    // By the clock of the last block, whatever this machine's says: a node takes no block of a later time than its own.
    let last = chain.blocks.last().expect("a chain");
    let () = node.rpc().call("setmocktime", json!([time_of(last)])).expect("a node of a test network");
    for block in &chain.blocks {
        let refusal: Option<String> = node.rpc().call("submitblock", json!([block])).expect("a node that answers");
        assert_eq!(refusal, None);
    }
    let (names, mut vectors): (Vec<_>, Vec<_>) = vectors().into_iter().unzip();
    let mut kinds: Vec<_> = vectors.iter().map(|vector| vector.contract.as_str()).collect();
    kinds.dedup();
    kinds.sort_unstable();
    let mut known = ContractDefinition::NAMES;
    known.sort_unstable();
    assert_eq!(kinds, known, "every contract of the library has vectors");
    for (name, vector) in names.iter().zip(&vectors) {
        assert_eq!((vector.format.as_str(), vector.version), (FORMAT, VERSION), "{name}");
        let (_, contract) = ContractArtifact::parse(&vector.lock.to_string())
            .unwrap_or_else(|error| panic!("{name}: {error}; UPDATE_GOLDEN=1 makes it anew"));
        let transaction = decode_hex(&vector.deploy_transaction).expect("a raw transaction");
        for vout in [0, 1] {
            let coin = Coin::of(&transaction, vout).expect("two coins");
            assert_eq!((&coin.locking_script, coin.value.0), (contract.locking_script(), vector.amount), "{name}");
        }
        assert_eq!(
            SigningKey::from_wif(&vector.keys.funder).expect("a key").0.pubkey_hash(),
            contract.terms().refund.recipient
        );
        let answers: Vec<_> = vector.spends.iter().map(|spend| (spend.name.as_str(), spend.answer == OK)).collect();
        let expected = [
            ("a bit of the proof changed", false),
            ("the payment sent elsewhere", false),
            ("claim", true),
            ("refund", true),
        ];
        assert_eq!(answers, expected, "{name}");
        node.broadcast(&transaction).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut shown = 0;
    show_spends(&mut node, &mut vectors, |spend, said| {
        assert_eq!(said, spend.answer, "{}", spend.name);
        shown += 1;
    });
    assert_eq!(shown, 4 * names.len());
}
