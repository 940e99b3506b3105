//! Proofs that other tools make in the test run, on a real node: a coin is locked under the tool's key and spent with
//! its proof; with one thing wrong, the spend is refused for the reason that the script machine gives.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

#[path = "common/foreign.rs"]
mod foreign;

use ark_bn254::Fr;
use chain_types::{FeeRate, LockingScript, UnlockingScript};
use foreign::Foreign;
use foreign_tools::{Circuit, Tool, made};
use ledger::{EmbeddedLedger, Rejection, TestChain};
use node_tests::{contract::lock_all, start_node};
use num_bigint::BigUint;
use rand::rngs::OsRng;
use script_gen::{Groth16Verifier, HintError, PublicInput, SpendData, Target};
use tx_builder::{Coin, OutPoint, SigningKey, Transaction, spend};

const FALSE: &str = "16: mandatory-script-verify-flag-failed \
                     (Script evaluated without error but finished with a false/empty top stack element)";
const NOT_EQUAL: &str = "16: mandatory-script-verify-flag-failed (Script failed an OP_NUMEQUALVERIFY operation)";
const NOT_BELOW: &str = "16: mandatory-script-verify-flag-failed (Script failed an OP_VERIFY operation)";

impl Foreign {
    fn made_by(tool: Tool, circuit: Circuit) -> Self {
        Self::of(made().unwrap_or_else(|error| panic!("{error}")), tool, circuit)
    }

    fn verifier(&self, kinds: &[PublicInput]) -> Groth16Verifier {
        Groth16Verifier::new(&self.key, kinds, Target::GENESIS).expect("a tool's own key")
    }

    /// The public inputs with another value for one.
    fn with_other(&self, index: usize) -> Vec<Fr> {
        let mut inputs = self.public_inputs.clone();
        inputs[index] -= Fr::from(1);
        inputs
    }
}

/// How each public input enters the script: all three kinds at once, the full one being r - 1; one full one alone.
fn kinds(circuit: Circuit, public_inputs: &[Fr]) -> Vec<PublicInput> {
    match circuit {
        Circuit::Three => vec![PublicInput::Bits(8), PublicInput::Full, PublicInput::Fixed(public_inputs[2])],
        Circuit::One => vec![PublicInput::Full],
    }
}

/// One coin's story: spends that are refused, with the reason, then perhaps one that is mined.
struct Story {
    label: String,
    locking: LockingScript,
    refused: Vec<(String, UnlockingScript, &'static str)>,
    mined: Option<UnlockingScript>,
}

fn stories(tool: Tool, other_tool: Tool, circuit: Circuit) -> Vec<Story> {
    let foreign = Foreign::made_by(tool, circuit);
    let kinds = kinds(circuit, &foreign.public_inputs);
    let verifier = foreign.verifier(&kinds);
    let honest = verifier.spend(&foreign.proof, &foreign.public_inputs).expect("a tool's own proof");
    let label = format!("{tool:?}, circuit {circuit:?}");

    let other = Foreign::made_by(other_tool, circuit);
    let others = other.verifier(&kinds).spend(&other.proof, &other.public_inputs).expect("a tool's own proof");
    assert_eq!(verifier.spend(&other.proof, &other.public_inputs).err(), Some(HintError::ProofInvalid), "{label}");
    let mut refused = vec![
        ("proof of another key".to_owned(), others.unlocking_script(), FALSE),
        ("A, a byte".to_owned(), flipped(&honest, 0).unlocking_script(), NOT_EQUAL),
        ("B, a byte".to_owned(), flipped(&honest, 1).unlocking_script(), FALSE),
    ];
    let mut stories = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let inputs = foreign.with_other(index);
        if let PublicInput::Fixed(_) = kind {
            assert_eq!(verifier.encode(&inputs).err(), Some(HintError::InputFixed { index }), "{label}");
            // Another value is another script: the honest spend must not open it.
            let mut kinds = kinds.clone();
            kinds[index] = PublicInput::Fixed(inputs[index]);
            stories.push(Story {
                label: format!("{label}, input {index} fixed to another value"),
                locking: foreign.verifier(&kinds).locking_script().clone(),
                refused: vec![("the honest spend".to_owned(), honest.unlocking_script(), FALSE)],
                mined: None,
            });
            continue;
        }
        assert_eq!(verifier.spend(&foreign.proof, &inputs).err(), Some(HintError::ProofInvalid), "{label}");
        let inputs = verifier.encode(&inputs).expect("no larger than before");
        let changed = SpendData { inputs, ..honest.clone() };
        refused.push((format!("input {index}, another value"), changed.unlocking_script(), FALSE));
        if let PublicInput::Full = kind {
            let above_r = plus_r(&honest, &foreign.public_inputs[index]);
            refused.push((format!("input {index}, the same modulo r"), above_r.unlocking_script(), NOT_BELOW));
        }
    }
    let locking = verifier.locking_script().clone();
    stories.push(Story { label, locking, refused, mined: Some(honest.unlocking_script()) });
    stories
}

/// The spend with a bit of the proof's `number` flipped: 0 is of A, 1 of B.
fn flipped(spend: &SpendData, number: usize) -> SpendData {
    let mut spend = spend.clone();
    spend.hints.proof[32 * number + 7] ^= 1;
    spend
}

/// The spend with r added to the bytes of the input that is `value`.
fn plus_r(spend: &SpendData, value: &Fr) -> SpendData {
    let r_minus_1 = BigUint::from(-Fr::from(1));
    let bytes_of = |number: &BigUint| {
        let mut bytes = number.to_bytes_le();
        bytes.resize(32, 0);
        bytes
    };
    let value = BigUint::from(*value);
    let mut spend = spend.clone();
    let input =
        spend.inputs.iter_mut().find(|input| **input == bytes_of(&value)).expect("an open input of full length");
    *input = bytes_of(&(value + r_minus_1 + 1u8));
    spend
}

/// A spend of a bare verifier's coin: nothing to sign.
fn transaction(coin: &Coin, unlocking: &UnlockingScript, payee: &SigningKey) -> Transaction {
    let funded = spend(coin.clone(), unlocking.len(), payee.pubkey_hash(), FeeRate::DEFAULT);
    let mut funded = funded.expect("the coin pays the fee");
    funded.unlock(0, unlocking.clone()).expect("as long as announced");
    funded.finish().expect("its one input is unlocked")
}

/// Plays the stories; answers the refusals.
fn play(chain: &mut dyn TestChain, stories: &[Story]) -> Vec<(String, Rejection)> {
    let payee = SigningKey::random(&mut OsRng);
    let scripts: Vec<_> = stories.iter().map(|story| story.locking.clone()).collect();
    let coins = lock_all(chain, &scripts);
    let (mut refusals, mut taken) = (Vec::new(), Vec::new());
    for (story, coin) in stories.iter().zip(&coins) {
        for (what, unlocking, reason) in &story.refused {
            let label = format!("{}: {what}", story.label);
            let error = chain.broadcast(&transaction(coin, unlocking, &payee)).expect_err(&label);
            let rejection = error.rejection().unwrap_or_else(|| panic!("{label}: {error}"));
            assert_eq!(rejection.reason, *reason, "{label}");
            refusals.push((label, rejection.clone()));
        }
        assert!(chain.unspent(coin.outpoint).expect("a chain that answers").is_some(), "{}", story.label);
        if let Some(unlocking) = &story.mined {
            let txid = chain.broadcast(&transaction(coin, unlocking, &payee));
            taken.push((&story.label, txid.unwrap_or_else(|error| panic!("{}: {error}", story.label))));
        }
    }
    let blocks = chain.mine(1, payee.pubkey_hash()).expect("a chain that mines");
    for (label, txid) in taken {
        let status = chain.status(txid).expect("a chain that answers").expect("a known transaction");
        assert_eq!((status.confirmations, status.block), (1, blocks.first().copied()), "{label}");
        let paid = chain.unspent(OutPoint::new(txid, 0)).expect("a chain that answers").expect("the payee's coin");
        let payee = LockingScript::p2pkh(&payee.pubkey_hash().0);
        assert_eq!(paid.script_pubkey.as_bytes(), payee.as_bytes(), "{label}");
    }
    refusals
}

#[test]
fn foreign_proofs__of_every_tool__are_mined_and_their_twins_refused() {
    let mut all = Vec::new();
    for (k, tool) in Tool::ALL.into_iter().enumerate() {
        let other_tool = Tool::ALL[(k + 1) % Tool::ALL.len()];
        for circuit in Circuit::ALL {
            all.extend(stories(tool, other_tool, circuit));
        }
    }
    assert_eq!(all.iter().filter(|story| story.mined.is_some()).count(), 8, "four tools, two circuits");
    let on_node = play(&mut start_node(), &all);
    // The ledger's verdicts are the script machine's.
    let on_ledger = play(&mut EmbeddedLedger::new(FeeRate::DEFAULT), &all);
    assert_eq!(on_node, on_ledger);
}
