//! Raw transactions for a node with Chronicle rules, `fixtures/chronicle`: made anew, compared with the files, and
//! judged from the files by the embedded ledger and the script machine. `fixtures/chronicle/README.md` says how to show
//! them to a node.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p node-tests --test chronicle_vectors` writes the files anew.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "common/foreign.rs"]
mod foreign;
#[path = "common/vector.rs"]
mod vector;

use std::{collections::BTreeMap, path::PathBuf};

use chain_types::{FeeRate, LockingScript, Profile, ScriptLimits, UnlockingScript};
use foreign::Foreign;
use foreign_tools::{Circuit, Tool, fixtures};
use ledger::{Chain, EmbeddedLedger, Rejection, TestChain, check_input, mature_coin, policy_machine};
use node_tests::{
    contract::{AMOUNT, lock_all, network_with_setup_by, refund},
    start_node,
};
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{ClaimWitness, Contract, Groth16Verifier, Hints, InputTerm, PublicInput, SpendData, Target, Terms};
use script_vm::{Machine, Rules, TxVersion};
use statement::Nonce;
use tx_builder::{
    Coin, Draft, Signature, SigningKey, Transaction, Version, decode_hex, encode_hex, transaction_output,
};
use vector::{Answer, Judge, Spend, Vector};

const FALSE: &str = "Script evaluated without error but finished with a false/empty top stack element";
const NOT_MINIMAL: &str = "Non-minimally encoded script number";

/// How a coin is unlocked: from the signature and the public key.
type Unlock = Box<dyn Fn(&Hints, &Signature, &SigningKey) -> UnlockingScript>;

/// A contract with what opens it.
struct Subject {
    name: &'static str,
    locking: LockingScript,
    unlocking_len: usize,
    hints: Hints,
    unlock: Unlock,
}

fn owner() -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(1))
}

fn bare(name: &'static str, foreign: &Foreign, kind: PublicInput) -> Subject {
    let verifier = Groth16Verifier::new(&foreign.key, &[kind], Target::CHRONICLE).expect("a tool's own key");
    let SpendData { hints, inputs } =
        verifier.spend(&foreign.proof, &foreign.public_inputs).expect("a tool's own proof");
    Subject {
        name,
        locking: verifier.locking_script().clone(),
        unlocking_len: verifier.unlocking_len(),
        hints,
        unlock: Box::new(move |hints, _, _| {
            SpendData { hints: hints.clone(), inputs: inputs.clone() }.unlocking_script()
        }),
    }
}

fn digit() -> Subject {
    let rng = &mut StdRng::seed_from_u64(2);
    let network = network_with_setup_by(rng);
    let recipient = owner().pubkey_hash();
    let fixed = network.fixed().into_iter().map(InputTerm::from);
    let terms = Terms::pay_prover(fixed, Nonce(*b"vectors!"), refund());
    let contract = Contract::new(network.verifying_key.inner(), terms, Target::CHRONICLE);
    let contract = contract.expect("the network's key is usable");
    let binding = contract.binding(recipient);
    let proof = network.prove_by(&binding, rng);
    let data = contract.spend_data(proof.inner(), &network.public_inputs(&binding)).expect("an honest proof has hints");
    Subject {
        name: "digit",
        locking: contract.locking_script().clone(),
        unlocking_len: contract.max_claim_len(),
        hints: data.hints,
        unlock: Box::new(move |hints, signature, owner| {
            let data = SpendData { hints: hints.clone(), inputs: Vec::new() };
            let (signature, public_key) = (signature.as_bytes().to_vec(), owner.public_key_bytes());
            contract.claim_script(&data, &ClaimWitness::Prover { signature, public_key })
        }),
    }
}

fn subjects() -> [Subject; 3] {
    let files = fixtures().unwrap_or_else(|error| panic!("{error}"));
    let arkworks = Foreign::of(&files, Tool::ArkworksCompressed, Circuit::One);
    let snarkjs = Foreign::of(&files, Tool::Snarkjs, Circuit::One);
    [
        bare("fixed", &arkworks, PublicInput::Fixed(arkworks.public_inputs[0])),
        bare("one_254", &snarkjs, PublicInput::Full),
        digit(),
    ]
}

impl Subject {
    fn spend(&self, coin: &Coin, version: Version, hints: &Hints) -> Transaction {
        let owner = owner();
        let draft = Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).with_version(version);
        let mut funded = draft.add_contract(coin.clone(), self.unlocking_len).fund().expect("the coin pays the fee");
        let signature = funded.sign(0, &owner).expect("there is an input 0");
        funded.unlock(0, (self.unlock)(hints, &signature, &owner)).expect("as long as announced");
        funded.finish().expect("its one input is unlocked")
    }

    /// The coins, the honest spend and its twins, with the verdicts that a node owes them.
    fn vector(&self) -> Vector {
        let owner = owner();
        let mut ledger = chronicle();
        let reward = mature_coin(&mut ledger, owner.pubkey_hash()).expect("a ledger can mine");
        let coin = paid(Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).add_p2pkh(reward), &owner);
        let own = Coin::of(&coin, 0).expect("one output");
        let draft = Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).add_p2pkh(own);
        let deploy = paid(draft.pay(self.locking.clone(), AMOUNT), &owner);
        let locked = Coin::of(&deploy, 0).expect("the contract's output");

        let mut changed = self.hints.clone();
        changed.quotient[0] ^= 1;
        let honest = self.spend(&locked, Version::TWO, &self.hints);
        let spend = |name: &str, transaction: &Transaction, [mempool, block]: [&str; 2]| Spend {
            name: name.to_owned(),
            transaction: encode_hex(transaction),
            mempool: Answer::new(Judge::Mempool, mempool),
            block: Answer::new(Judge::Block, block),
        };
        let spends = vec![
            spend("one byte of a hint changed", &self.spend(&locked, Version::TWO, &changed), [FALSE; 2]),
            // Version 1 keeps the rules against malleability, which only the mempool has.
            spend("as version 1", &self.spend(&locked, Version::ONE, &self.hints), [NOT_MINIMAL, Answer::OK]),
            spend("honest", &honest, [Answer::OK; 2]),
        ];
        Vector::new(self.name, [&coin, &deploy, &honest], spends)
    }
}

/// The transaction, signed by the owner of all its coins.
fn paid(draft: Draft, owner: &SigningKey) -> Transaction {
    let mut funded = draft.fund().expect("the coin pays the fee");
    funded.sign_all(owner).expect("the owner's own coin");
    funded.finish().expect("signed")
}

fn chronicle() -> EmbeddedLedger {
    EmbeddedLedger::new(FeeRate::DEFAULT).with_profile(Profile::Chronicle)
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/chronicle").join(format!("{name}.json"))
}

/// The files, by name.
fn vectors() -> BTreeMap<&'static str, Vector> {
    let read = |name| (name, Vector::read(&path(name)));
    ["fixed", "one_254", "digit"].map(read).into()
}

fn read_transaction(hex: &str) -> Transaction {
    decode_hex(hex).expect("a transaction of the files")
}

/// The machine that `verifyscript` amounts to under a judge's flags: policy's limits under either.
fn machine(judge: Judge, transaction: &Transaction) -> Machine {
    let block =
        Rules::ChronicleConsensus { version: TxVersion(transaction.version.0), mined_under: Profile::Chronicle };
    match judge {
        Judge::Mempool => policy_machine(Profile::Chronicle, transaction),
        Judge::Block => Machine::new(Profile::Chronicle.policy_limits(), block),
    }
}

/// What the ledger says of a spend with these answers.
fn rejection(spend: &Spend) -> Option<Rejection> {
    let Spend { mempool, block, .. } = spend;
    let reason = match (mempool.is_ok(), block.is_ok()) {
        (true, _) => return None,
        (false, true) => format!("64: non-mandatory-script-verify-flag ({})", mempool.result),
        (false, false) => format!("16: mandatory-script-verify-flag-failed ({})", mempool.result),
    };
    Some(Rejection { code: -26, reason, rival: None })
}

/// Brings a fresh chain to where the contract's coin is mined.
fn deployed(mut ledger: EmbeddedLedger, vector: &Vector) -> (EmbeddedLedger, Coin) {
    let owner = owner().pubkey_hash();
    mature_coin(&mut ledger, owner).expect("a ledger can mine");
    for transaction in [&vector.coin_transaction, &vector.deploy_transaction] {
        ledger.broadcast(&read_transaction(transaction)).unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        ledger.mine(1, owner).expect("a ledger can mine");
    }
    let coin = Coin::of(&read_transaction(&vector.deploy_transaction), 0).expect("the contract's output");
    (ledger, coin)
}

#[test]
fn chronicle_vectors__made_anew__are_the_files() {
    for subject in subjects() {
        let (made, path) = (subject.vector().to_json(), path(subject.name));
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::write(&path, &made).expect("the repository can be written");
        }
        let kept = std::fs::read_to_string(&path).expect("a file of the repository");
        // Not assert_eq: the texts are long.
        assert!(kept == made, "{}: scripts changed; if that is meant, run with UPDATE_GOLDEN=1", subject.name);
    }
}

#[test]
fn chronicle_vectors__on_the_ledger__get_the_verdicts_listed() {
    for (name, vector) in vectors() {
        let (mut ledger, coin) = deployed(chronicle(), &vector);
        assert_eq!(coin.locking_script.as_bytes(), vector.locking_script(), "{name}");
        assert_eq!(coin.value.0, vector.amount, "{name}");
        let spent = transaction_output(coin.locking_script.clone(), coin.value);
        for spend in &vector.spends {
            let label = format!("{name}, {}", spend.name);
            let transaction = read_transaction(&spend.transaction);
            for (judge, answer) in [(Judge::Mempool, &spend.mempool), (Judge::Block, &spend.block)] {
                let run = check_input(&transaction, 0, &spent, &machine(judge, &transaction));
                assert_eq!(Answer::of_run(judge, run), *answer, "{label}");
            }
            let found = ledger.broadcast(&transaction).err();
            let found = found.map(|error| error.rejection().unwrap_or_else(|| panic!("{label}: {error}")).clone());
            assert_eq!(found, rejection(spend), "{label}");
        }
        let honest = read_transaction(&vector.honest().transaction);
        assert_eq!(honest.version, Version::TWO, "{name}");
        assert_eq!(honest.input[0].script_sig.as_bytes(), vector.unlocking_script(), "{name}");
        ledger.mine(1, owner().pubkey_hash()).expect("a ledger can mine");
        let status = ledger.status(honest.compute_txid()).expect("a ledger answers");
        assert_eq!(status.map(|status| status.confirmations), Some(1), "{name}: the honest spend is mined");
    }
}

/// What Genesis rules say of an honest spend: of the mempool, then of a block. The contract begins with an opcode
/// that has no meaning yet, the bare verifiers with a number in a form of Chronicle's; a block lets both pass and fails
/// at what the missing opcodes leave behind.
fn genesis_reasons(name: &str) -> [&'static str; 2] {
    match name {
        "digit" => ["NOPx reserved for soft-fork upgrades", "Script failed an OP_EQUALVERIFY operation"],
        _ => [NOT_MINIMAL, "Invalid operand size"],
    }
}

/// The ledger and a real node with Genesis rules agree. On the node the coin is another, which a script would notice only
/// later.
#[test]
fn chronicle_vectors__under_genesis_rules__are_refused() {
    let vectors = vectors();
    let mut node = start_node();
    let scripts: Vec<_> = vectors.values().map(|v| LockingScript::from_bytes(v.locking_script())).collect();
    let coins = lock_all(&mut node, &scripts);
    let block = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
    for ((name, vector), on_node) in vectors.iter().zip(&coins) {
        let [in_mempool, in_block] = genesis_reasons(name);
        let honest = read_transaction(&vector.honest().transaction);
        let (mut ledger, coin) = deployed(EmbeddedLedger::new(FeeRate::DEFAULT), vector);
        let spent = transaction_output(coin.locking_script.clone(), coin.value);
        let run = check_input(&honest, 0, &spent, &block);
        assert_eq!(Answer::of_run(Judge::Block, run), Answer::new(Judge::Block, in_block), "{name}");

        let mut on_other_coin = honest.clone();
        on_other_coin.input[0].previous_output = on_node.outpoint;
        let refused = |chain: &mut dyn TestChain, transaction| {
            let error = chain.broadcast(transaction).expect_err(name);
            error.rejection().unwrap_or_else(|| panic!("{name}: {error}")).reason.clone()
        };
        let expected = format!("16: mandatory-script-verify-flag-failed ({in_mempool})");
        for found in [refused(&mut ledger, &honest), refused(&mut node, &on_other_coin)] {
            assert_eq!(found, expected, "{name}");
        }
    }
}
