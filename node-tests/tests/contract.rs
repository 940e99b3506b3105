//! The contract on a real node and on the embedded ledger: deployed, spent, and refused when anything is wrong.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

use std::sync::OnceLock;

use ark_bn254::Fr;
use chain_types::{FeeRate, LockingScript, Satoshis, UnlockingScript};
use ledger::{Chain, EmbeddedLedger, Rejection, TestChain};
use node_tests::{
    case::Case,
    contract::{AMOUNT, SEVEN, draft, lock, network, refuse, signed},
    start_node,
};
use prover::circuit::CLASS;
use rand::rngs::OsRng;
use script_gen::{ClaimWitness, Contract, HintError, Hints, SpendData};
use statement::Nonce;
use tx_builder::{Coin, Draft, OutPoint, SigningKey, Transaction};

const FALSE: &str = "Script evaluated without error but finished with a false/empty top stack element";
const NOT_EQUAL: &str = "Script failed an OP_NUMEQUALVERIFY operation";
const OPERAND_SIZE: &str = "Invalid operand size";
const SIGNATURE: &str = "Signature must be zero for failed CHECK(MULTI)SIG operation";
const NOT_CLEAN: &str = "Script did not clean its stack";
const NOT_MINIMAL: &str = "Data push larger than necessary";
const STACK: &str = "Operation not valid with the current stack size";

/// A contract, its owner, a proof for them: made once.
struct Story {
    contract: Contract,
    owner: SigningKey,
    hints: Hints,
}

/// A claim's unlocking script: the contract has no public input that is given at spending.
fn unlocking(contract: &Contract, hints: &Hints, witness: &ClaimWitness) -> UnlockingScript {
    contract.claim_script(&SpendData { hints: hints.clone(), inputs: Vec::new() }, witness)
}

fn story() -> &'static Story {
    static STORY: OnceLock<Story> = OnceLock::new();
    STORY.get_or_init(|| {
        let network = network();
        let contract = network.contract(network.fixed(), Nonce(*b"contract"));
        let owner = SigningKey::random(&mut OsRng);
        let hints = network.evidence(&contract, owner.pubkey_hash()).data.hints;
        Story { contract, owner, hints }
    })
}

fn honest(story: &Story, coin: &Coin) -> Transaction {
    let funded = draft(&story.contract, coin, &story.owner);
    signed(&funded, &story.owner, |witness| unlocking(&story.contract, &story.hints, &witness))
}

fn with_unlocking(mut transaction: Transaction, unlocking: UnlockingScript) -> Transaction {
    transaction.input[0].script_sig = unlocking.into_bytes().into();
    transaction
}

fn flipped(blob: &[u8], at: usize) -> Vec<u8> {
    let mut blob = blob.to_vec();
    blob[at] ^= 1;
    blob
}

/// Spends that must fail, with a part of the node's reason.
fn tampered(story: &Story, coin: &Coin) -> Vec<(String, Transaction, &'static str)> {
    let Story { contract, owner, hints } = story;
    let good = honest(story, coin);
    let mut out = Vec::new();
    let funded = draft(contract, coin, owner);
    let mut with_hints = |what: String, hints: Hints, reason| {
        let transaction = signed(&funded, owner, |witness| unlocking(contract, &hints, &witness));
        out.push((what, transaction, reason));
    };
    // A and C are checked on their own, B and all hints by the last line.
    for (number, name) in ["kappa_A", "x_B.0", "x_B.1", "y_B.0", "y_B.1", "kappa_C", "r_A", "r_C"].iter().enumerate() {
        let reason = if name.contains("_B") { FALSE } else { NOT_EQUAL };
        with_hints(
            format!("proof: {name}"),
            Hints { proof: flipped(&hints.proof, 32 * number), ..hints.clone() },
            reason,
        );
    }
    for at in [0, hints.slopes.len() / 2, hints.slopes.len() - 32] {
        with_hints(format!("slopes: byte {at}"), Hints { slopes: flipped(&hints.slopes, at), ..hints.clone() }, FALSE);
    }
    let last_representative = hints.representatives.len() - 192;
    for at in [0, 192 * 7 + 64, last_representative - 32, last_representative, hints.representatives.len() - 32] {
        let representatives = flipped(&hints.representatives, at);
        with_hints(format!("representatives: byte {at}"), Hints { representatives, ..hints.clone() }, FALSE);
    }
    for at in [0, hints.quotient.len() / 2, hints.quotient.len() - 32] {
        with_hints(
            format!("quotient: byte {at}"),
            Hints { quotient: flipped(&hints.quotient, at), ..hints.clone() },
            FALSE,
        );
    }
    let without_first = |blob: &[u8]| blob[1..].to_vec();
    for (what, shorter, reason) in [
        ("quotient", Hints { quotient: without_first(&hints.quotient), ..hints.clone() }, OPERAND_SIZE),
        (
            "representatives",
            Hints { representatives: without_first(&hints.representatives), ..hints.clone() },
            NOT_EQUAL,
        ),
        ("slopes", Hints { slopes: without_first(&hints.slopes), ..hints.clone() }, OPERAND_SIZE),
        ("proof", Hints { proof: without_first(&hints.proof), ..hints.clone() }, NOT_EQUAL),
    ] {
        with_hints(format!("{what}: a byte short"), shorter, reason);
    }
    let zeros = |blob: &[u8]| vec![0; blob.len()];
    let all_zero = Hints {
        quotient: zeros(&hints.quotient),
        representatives: zeros(&hints.representatives),
        slopes: zeros(&hints.slopes),
        proof: zeros(&hints.proof),
    };
    with_hints("all hints zero".to_owned(), all_zero, NOT_EQUAL);

    // These spends are longer than an honest one: they pay for the room, so that the script alone is at fault.
    let room = contract.max_claim_len() + 8;
    let roomy = Draft::new(FeeRate::DEFAULT, owner.pubkey_hash()).add_contract(coin.clone(), room).fund();
    let roomy = signed(&roomy.expect("the coin pays the fee"), owner, |witness| unlocking(contract, hints, &witness));
    let honest = UnlockingScript::from_bytes(roomy.input[0].script_sig.to_bytes());
    let mut underneath = UnlockingScript::default();
    underneath.push_slice(&[1]);
    let underneath = [underneath.as_bytes(), honest.as_bytes()].concat();
    let script = |bytes| with_unlocking(roomy.clone(), UnlockingScript::from_bytes(bytes));
    out.push(("an item underneath".to_owned(), script(underneath), NOT_CLEAN));
    let key_start = honest.len() - 34;
    let mut longer_push = honest.as_bytes()[..key_start].to_vec();
    longer_push.push(0x4c);
    longer_push.extend(&honest.as_bytes()[key_start..]);
    out.push(("the key pushed by a longer opcode".to_owned(), script(longer_push), NOT_MINIMAL));
    out.push(("nothing".to_owned(), script(Vec::new()), STACK));

    let mut redirected = good.clone();
    redirected.output[0].script_pubkey = LockingScript::p2pkh(&[9; 20]).into_bytes().into();
    out.push(("another output".to_owned(), redirected, SIGNATURE));
    let mut cheaper = good.clone();
    cheaper.output[0].value -= bitcoin::Amount::from_sat(1);
    out.push(("another value".to_owned(), cheaper, SIGNATURE));
    let thief = SigningKey::random(&mut OsRng);
    let stolen = signed(&draft(contract, coin, &thief), &thief, |witness| unlocking(contract, hints, &witness));
    out.push(("the proof under a thief's own key and signature".to_owned(), stolen, FALSE));
    let borrowed = signed(&funded, &thief, |witness| {
        let ClaimWitness::Prover { signature, .. } = witness else { panic!("a prover's claim") };
        let witness = ClaimWitness::Prover { signature, public_key: owner.public_key_bytes() };
        unlocking(contract, hints, &witness)
    });
    out.push(("the owner's key with a thief's signature".to_owned(), borrowed, SIGNATURE));
    out
}

/// Deploys, tries every tampered spend, then the honest one; answers the refusals.
fn run_story(chain: &mut dyn TestChain) -> Vec<(String, Rejection)> {
    let story = story();
    let coin = lock(chain, story.contract.locking_script());
    let refusals = tampered(story, &coin)
        .into_iter()
        .map(|(what, transaction, reason)| {
            let rejection = refuse(chain, &what, &transaction, reason);
            (what, rejection)
        })
        .collect();
    assert!(chain.unspent(coin.outpoint).expect("a chain that answers").is_some(), "the coin is still there");

    let good = honest(story, &coin);
    let txid = chain.broadcast(&good).expect("a proof, the right key, a signature");
    let blocks = chain.mine(1, story.owner.pubkey_hash()).expect("a chain that mines");
    let status = chain.status(txid).expect("a chain that answers").expect("known");
    assert_eq!((status.confirmations, status.block), (1, blocks.first().copied()));
    assert_eq!(chain.unspent(coin.outpoint).expect("a chain that answers"), None);
    let paid = chain.unspent(OutPoint::new(txid, 0)).expect("a chain that answers").expect("the owner's coin");
    assert_eq!(paid.script_pubkey.as_bytes(), LockingScript::p2pkh(&story.owner.pubkey_hash().0).as_bytes());
    // The fee is for the longest signature; this one may be shorter.
    let room = story.contract.max_claim_len() - good.input[0].script_sig.len();
    let fee = Satoshis(AMOUNT.0 - paid.value.to_sat());
    assert_eq!(fee, FeeRate::DEFAULT.fee(good.total_size() + room), "{} bytes, {room} left", good.total_size());
    refusals
}

#[test]
fn contract__honest_and_tampered_spends__get_the_same_verdicts_from_node_and_ledger() {
    let on_node = run_story(&mut start_node());
    let on_ledger = run_story(&mut EmbeddedLedger::new(FeeRate::DEFAULT));
    assert!(on_node.len() >= 30, "{} tampered spends", on_node.len());
    for (node, ledger) in on_node.iter().zip(&on_ledger) {
        assert_eq!(node, ledger);
    }
    assert_eq!(on_node.len(), on_ledger.len());
}

/// The proof for one contract against another of the same network.
fn replay(other: impl FnOnce(&Case, &Story) -> Contract) {
    let (network, story) = (network(), story());
    let other = other(network, story);
    let mut node = start_node();
    let coin = lock(&mut node, other.locking_script());
    let funded = draft(&other, &coin, &story.owner);
    let replayed = signed(&funded, &story.owner, |witness| unlocking(&other, &story.hints, &witness));
    refuse(&mut node, "a proof made for another contract", &replayed, FALSE);
}

#[test]
fn contract__proof_of_a_contract_with_another_nonce__is_refused() {
    replay(|network, _| network.contract(network.fixed(), Nonce(*b"another!")));
}

#[test]
fn contract__proof_of_another_class__is_refused() {
    let other = Fr::from(1) - Fr::from(SEVEN);
    replay(|network, story| network.contract(network.fixed_otherwise(CLASS, other), story.contract.terms().nonce));
}

#[test]
fn contract__proof_for_another_binding__has_no_hints() {
    // Nothing in the circuit mentions the binding: the key alone holds a proof to it.
    let (network, owner) = (network(), &story().owner);
    let contract = network.contract(network.fixed(), Nonce(*b"bindings"));
    let proof = network.prove(&contract.binding(owner.pubkey_hash()));
    let data = |contract: &Contract, recipient| {
        contract.spend_data(proof.inner(), &network.public_inputs(&contract.binding(recipient))).map(|_| ())
    };
    assert_eq!(data(&contract, owner.pubkey_hash()), Ok(()));
    let thief = SigningKey::random(&mut OsRng).pubkey_hash();
    assert_eq!(data(&contract, thief), Err(HintError::ProofInvalid));
    let other = network.contract(network.fixed(), Nonce(*b"BINDINGS"));
    assert_eq!(data(&other, owner.pubkey_hash()), Err(HintError::ProofInvalid));
}

#[test]
fn contract__second_contract_with_its_own_proof__pays() {
    // The twin of the replays: what they lack is only a proof of their own.
    let (network, story) = (network(), story());
    let other = network.contract(network.fixed(), Nonce(*b"another!"));
    let hints = network.evidence(&other, story.owner.pubkey_hash()).data.hints;
    let mut node = start_node();
    let coin = lock(&mut node, other.locking_script());
    let funded = draft(&other, &coin, &story.owner);
    let spend = signed(&funded, &story.owner, |witness| unlocking(&other, &hints, &witness));
    let txid = node.broadcast(&spend).expect("a proof, the right key, a signature");
    node.mine(1, story.owner.pubkey_hash()).expect("a chain that mines");
    assert_eq!(node.status(txid).expect("a chain that answers").map(|s| s.confirmations), Some(1));
}
