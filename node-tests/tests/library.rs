//! Every contract of the library, in every way it pays, on a real node and on the embedded ledger: deployed, refused to
//! everybody without a right to it, claimed, refunded from its lock time on and not before.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

use std::collections::BTreeSet;

use ark_ff::One;
use chain_types::{FeeRate, LockingScript, UnlockingScript};
use contracts::Way;
use ledger::{EmbeddedLedger, Rejection, TestChain};
use node_tests::case::Truth;
use node_tests::contract::{draft, lock_all, refuse, signed};
use node_tests::scenario::{REFUND_HEIGHT, Scenario, payees, redirected, scenarios};
use node_tests::start_node;
use prover::circuit::{CLASS, MODEL_COMMITMENT, SALE_KEY};
use prover::sale::SaleKey;
use rand::rngs::OsRng;
use script_gen::{Contract, ContractArtifact, ContractDefinition, Payee, RefundWitness};
use statement::Nonce;
use tx_builder::{Coin, OutPoint, SighashType, SigningKey, Transaction};

const FALSE: &str = "Script evaluated without error but finished with a false/empty top stack element";
const NOT_EQUAL: &str = "Script failed an OP_NUMEQUALVERIFY operation";
const EQUAL_VERIFY: &str = "Script failed an OP_EQUALVERIFY operation";
const SIGNATURE: &str = "Signature must be zero for failed CHECK(MULTI)SIG operation";
const VERIFY: &str = "Script failed an OP_VERIFY operation";
const RATE: FeeRate = FeeRate::DEFAULT;

fn unlocking(transaction: &Transaction) -> UnlockingScript {
    UnlockingScript::from_bytes(transaction.input[0].script_sig.to_bytes())
}

/// A claim by whoever holds `key` with the honest evidence.
fn claim_by(scenario: &Scenario, key: &SigningKey, coin: &Coin) -> Transaction {
    let Scenario { contract, evidence, .. } = scenario;
    signed(&draft(contract, coin, key), key, |witness| contract.claim_script(&evidence.data, &witness))
}

/// What must be refused on the contract's own coin, with a part of the reason.
fn cheats(scenario: &Scenario, coin: &Coin) -> Vec<(&'static str, Transaction, &'static str)> {
    let Scenario { contract, prover, funder, evidence, .. } = scenario;
    let honest = scenario.claim(coin).transaction;
    let thief = SigningKey::random(&mut OsRng);
    let thief_hash = thief.pubkey_hash();
    let elsewhere = LockingScript::p2pkh(&thief_hash.0);
    let locked = scenario.locked(coin);
    let mut out = vec![
        ("a tampered A", scenario.claim_with(&scenario.tampered(0), coin), NOT_EQUAL),
        (
            "a tampered B",
            scenario.claim_with(&scenario.tampered(1), coin),
            if locked.way() == Way::Claim { FALSE } else { VERIFY },
        ),
        ("the payment sent elsewhere", redirected(&honest, &elsewhere), SIGNATURE),
    ];
    match locked.way() {
        Way::Claim | Way::Refund => {
            let is_named = matches!(contract.terms().payee, Payee::Named { .. });
            let reason = if is_named { NOT_EQUAL } else { FALSE };
            out.push(("a thief's key under the proof", claim_by(scenario, &thief, coin), reason));
            if is_named {
                // The claim shows all that is needed to prove it anew; the contract takes no other key, not the funder's either.
                out.push(("the funder's key under the proof", claim_by(scenario, funder, coin), NOT_EQUAL));
            }
        }
        Way::AttestedClaim => {
            // The spender's signature covers all outputs, so a changed commitment fails there; signed anew by the spender,
            // it fails the signer's.
            let mut funded =
                locked.draft_attested(prover.pubkey_hash(), scenario.commitment() + ark_bn254::Fr::one(), RATE);
            let funded = funded.as_mut().expect("the coin pays the fee");
            funded.set_lock_time(honest.lock_time);
            let script = resigned(scenario, &unlocking(&honest), funded.sign(0, prover).expect("an input").as_bytes());
            funded.unlock(0, script).expect("as long");
            out.push(("another commitment in the output", funded.clone().finish().expect("unlocked"), SIGNATURE));
            let others = locked.draft_claim(prover.pubkey_hash(), RATE);
            assert!(others.is_err(), "{}: a plain claim is refused by name", scenario.name());
        }
        Way::Settlement => {
            let [first, other, _] = payees();
            assert_eq!(scenario.paid(), [first], "the scenario's class is 0");
            out.push(("the payee of the other class", redirected(&honest, &other), SIGNATURE));
            for (what, class) in [("another class", 1), ("a class that pays nobody", 2)] {
                let mut data = evidence.data.clone();
                data.inputs[0] = vec![class << 4];
                out.push((what, scenario.claim_with(&data, coin), VERIFY));
            }
        }
    }
    // A claim through the branch of the refund, and a refund by others.
    let refund = scenario.refund(coin).transaction;
    let stranger = {
        let mut funded = locked.draft_refund(thief_hash, RATE).expect("the coin pays the fee");
        // Final, so that the script is judged.
        funded.set_sequence(0, tx_builder::Sequence::MAX).expect("an input");
        let signature = funded.sign(0, &thief).expect("an input").as_bytes().to_vec();
        let witness = RefundWitness { preimage_head: vec![0; 100], signature, public_key: thief.public_key_bytes() };
        funded.unlock(0, contract.refund_script(&witness)).expect("as long");
        funded.finish().expect("unlocked")
    };
    out.push(("a thief's refund", stranger, EQUAL_VERIFY));
    for (what, change) in early_refunds() {
        out.push((what, refund_with(scenario, coin, change), SIGNATURE));
    }
    assert_eq!(refund.output[0].script_pubkey.as_bytes(), LockingScript::p2pkh(&funder.pubkey_hash().0).as_bytes());
    out
}

/// The unlocking script with another signature by the spender.
fn resigned(scenario: &Scenario, script: &UnlockingScript, signature: &[u8]) -> UnlockingScript {
    let evidence = scenario.evidence.data.unlocking_script();
    let rest = &script.as_bytes()[evidence.len()..];
    let old_len = 1 + usize::from(rest[0]);
    let mut pushed = UnlockingScript::default();
    pushed.push_slice(signature);
    UnlockingScript::from_bytes([evidence.as_bytes(), pushed.as_bytes(), &rest[old_len..]].concat())
}

type Change = fn(&mut tx_builder::Funded);

/// Ways to make a refund that is final before its time: by the lock time or by the sequence.
fn early_refunds() -> [(&'static str, Change); 3] {
    [
        ("a refund without lock time", |funded| funded.set_lock_time(tx_builder::LockTime::ZERO)),
        ("a refund with an earlier lock time", |funded| {
            funded.set_lock_time(tx_builder::LockTime::from_consensus(1));
        }),
        ("a refund whose lock time does not count", |funded| {
            funded.set_sequence(0, tx_builder::Sequence::MAX).expect("an input");
        }),
    ]
}

/// The funder's refund, changed and signed anew by the funder; the rest of the script is the honest refund's.
fn refund_with(scenario: &Scenario, coin: &Coin, change: Change) -> Transaction {
    let Scenario { contract, funder, .. } = scenario;
    let locked = scenario.locked(coin);
    let mut funded = locked.draft_refund(funder.pubkey_hash(), RATE).expect("the coin pays the fee");
    let honest = scenario.refund(coin).transaction;
    funded.set_sequence(0, honest.input[0].sequence).expect("an input");
    let expected = contract.refund_preimage();
    let sighash_type = SighashType::from_byte(expected.sighash_type).expect("a defined type");
    let preimage = funded.preimage_of_code(0, &expected.script_code, sighash_type).expect("an input");
    // The head of what the script wants to see, which the changed transaction no longer is.
    let preimage_head = expected.head(&preimage.to_bytes()).expect("as the script demands");
    change(&mut funded);
    let signature = funded.sign(0, funder).expect("an input").as_bytes().to_vec();
    let witness = RefundWitness { preimage_head, signature, public_key: funder.public_key_bytes() };
    funded.unlock(0, contract.refund_script(&witness)).expect("as long");
    funded.finish().expect("unlocked")
}

/// The same contract with another nonce: the proof must not open it.
fn twin(scenario: &Scenario) -> Contract {
    let mut terms = scenario.contract.terms().clone();
    terms.nonce = Nonce(*b"Scenario");
    scenario.case.contract_with(terms)
}

fn unspent(chain: &dyn TestChain, coin: &Coin) -> bool {
    chain.unspent(coin.outpoint).expect("a chain that answers").is_some()
}

/// A scenario's coins: for the cheats and the claim, for a refund that comes early, for one that comes in time, and one
/// under the twin.
struct Coins {
    claimed: Coin,
    early: Coin,
    refunded: Coin,
    twins: Coin,
}

impl Coins {
    fn scripts(scenario: &Scenario) -> [LockingScript; 4] {
        let own = || scenario.contract.locking_script().clone();
        [own(), own(), own(), twin(scenario).locking_script().clone()]
    }

    fn of(coins: &[Coin]) -> Self {
        let [claimed, early, refunded, twins] = coins else { panic!("four coins for each scenario") };
        Self { claimed: claimed.clone(), early: early.clone(), refunded: refunded.clone(), twins: twins.clone() }
    }
}

/// Refuses what must be refused, then claims. Answers the refusals.
fn play(chain: &mut dyn TestChain, scenario: &Scenario, coins: &Coins) -> Vec<(String, Rejection)> {
    let name = scenario.name();
    let mut refusals = Vec::new();
    let mut refused = |chain: &mut dyn TestChain, what: &str, transaction: &Transaction, reason: &str| {
        let what = format!("{name}: {what}");
        refusals.push((what.clone(), refuse(chain, &what, transaction, reason)));
    };
    for (what, transaction, reason) in cheats(scenario, &coins.claimed) {
        refused(chain, what, &transaction, reason);
    }
    // The same proof where it was not made for: the twin's coin, unlocked just as the own one's.
    let mut replayed = scenario.claim(&coins.claimed).transaction;
    replayed.input[0].previous_output = coins.twins.outpoint;
    let reason = if scenario.locked(&coins.claimed).way() == Way::Settlement { VERIFY } else { SIGNATURE };
    refused(chain, "the claim on the coin of another nonce", &replayed, reason);
    assert!(unspent(chain, &coins.claimed) && unspent(chain, &coins.twins), "{name}: nothing is spent");

    let claim = mine_claim(chain, scenario, &coins.claimed);
    let paid = claim.output.iter().map(|output| output.script_pubkey.as_bytes());
    let paid: Vec<_> = paid.filter(|script| !script.starts_with(&LockingScript::DATA_PREFIX)).collect();
    assert_eq!(paid, scenario.paid().iter().map(LockingScript::as_bytes).collect::<Vec<_>>(), "{name}");
    for (vout, output) in (0..).zip(&claim.output) {
        let is_there =
            chain.unspent(OutPoint::new(claim.compute_txid(), vout)).expect("a chain that answers").is_some();
        assert_eq!(is_there, output.value.to_sat() > 0, "{name}: output {vout}");
    }
    read_back(scenario, &claim);
    refusals
}

fn mine_claim(chain: &mut dyn TestChain, scenario: &Scenario, coin: &Coin) -> Transaction {
    let name = scenario.name();
    let claim = scenario.claim(coin).transaction;
    let txid = chain.broadcast(&claim).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_mined(chain, &name, txid, coin, &scenario.prover);
    claim
}

fn assert_mined(chain: &mut dyn TestChain, name: &str, txid: tx_builder::Txid, coin: &Coin, payee: &SigningKey) {
    chain.mine(1, payee.pubkey_hash()).expect("a chain that mines");
    let status = chain.status(txid).expect("a chain that answers").map(|status| status.confirmations);
    assert_eq!(status, Some(1), "{name}");
    assert!(!unspent(chain, coin), "{name}");
}

/// What anybody reads from the claim: the public inputs that were given at spending.
fn read_back(scenario: &Scenario, claim: &Transaction) {
    let name = scenario.name();
    let said = scenario.contract.read_claim(&unlocking(claim)).expect("a claim of this contract");
    for (open, value) in &said {
        assert_eq!(*value, scenario.public_input(open.name()), "{name}: {}", open.name());
    }
    let names: Vec<_> = said.iter().map(|(open, _)| open.name()).collect();
    let given = |name| said.iter().find(|(open, _)| open.name() == name).map(|(_, value)| *value);
    match scenario.definition {
        "model-bounty" => assert_eq!(names, [MODEL_COMMITMENT]),
        "settlement" => assert_eq!(names, [CLASS]),
        "model-sale" => {
            let Truth::Sale(truth) = &scenario.case.truth else { panic!("{name}: a sale") };
            let key = SaleKey::from_element(given(SALE_KEY).expect("the key")).expect("128 bits");
            let architecture = truth.model.architecture();
            let bought = truth.ciphertext().decrypt(&key, &architecture).expect("the buyer can decrypt");
            assert_eq!(bought.to_parts(), truth.model.to_parts(), "the buyer has the seller's model");
        }
        _ => {}
    }
}

/// A refund before its time: a node keeps it aside, the embedded ledger refuses it. Either way it is not mined, and the
/// claim takes the coin all the same.
fn refund_early(chain: &mut dyn TestChain, scenario: &Scenario, coin: &Coin) {
    let name = scenario.name();
    let early = scenario.refund(coin).transaction;
    if let Err(error) = chain.broadcast(&early) {
        assert!(error.rejection().is_some_and(|r| r.reason.contains("nonfinal")), "{name}: {error}");
    }
    chain.mine(1, scenario.prover.pubkey_hash()).expect("a chain that mines");
    assert_eq!(chain.status(early.compute_txid()).expect("a chain that answers"), None, "{name}: before its time");
    assert!(unspent(chain, coin), "{name}");
    mine_claim(chain, scenario, coin);
}

/// A refund in time: the funder has the coin, and nobody who comes with a proof afterwards.
fn refund_in_time(chain: &mut dyn TestChain, scenario: &Scenario, coin: &Coin) {
    let name = scenario.name();
    let refund = scenario.refund(coin).transaction;
    let txid = chain.broadcast(&refund).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_mined(chain, &name, txid, coin, &scenario.prover);
    let back = chain.unspent(OutPoint::new(txid, 0)).expect("a chain that answers").expect("the funder's coin");
    let funder = LockingScript::p2pkh(&scenario.funder.pubkey_hash().0);
    assert_eq!(back.script_pubkey.as_bytes(), funder.as_bytes(), "{name}");
    refuse(chain, &name, &scenario.claim(coin).transaction, "Missing inputs");
}

/// Plays all scenarios; answers the refusals.
fn on(chain: &mut dyn TestChain, all: &[Scenario]) -> Vec<(String, Rejection)> {
    let scripts: Vec<_> = all.iter().flat_map(Coins::scripts).collect();
    let coins = lock_all(chain, &scripts);
    let coins: Vec<_> = coins.chunks(4).map(Coins::of).collect();
    let refusals = all.iter().zip(&coins).flat_map(|(scenario, coins)| play(chain, scenario, coins)).collect();
    for (scenario, coins) in all.iter().zip(&coins) {
        refund_early(chain, scenario, &coins.early);
    }
    let height = chain.info().expect("a chain that answers").height;
    assert!(height + 1 < REFUND_HEIGHT, "{height}: all this was before the lock time");
    chain.mine(REFUND_HEIGHT - height, all[0].prover.pubkey_hash()).expect("a chain that mines");
    for (scenario, coins) in all.iter().zip(&coins) {
        refund_in_time(chain, scenario, &coins.refunded);
    }
    refusals
}

#[test]
fn library__every_contract__pays_for_its_proof_and_refuses_all_else_on_node_and_ledger() {
    let all = scenarios();
    let definitions: BTreeSet<_> = all.iter().map(|scenario| scenario.definition).collect();
    assert_eq!(definitions, BTreeSet::from(ContractDefinition::NAMES), "every contract of the library is played");
    for scenario in &all {
        let (artifact, contract) = ContractArtifact::parse(&scenario.artifact.to_json()).expect("its own file");
        assert_eq!(artifact, scenario.artifact);
        assert_eq!(contract.locking_script(), scenario.contract.locking_script());
    }
    let on_node = on(&mut start_node(), &all);
    let on_ledger = on(&mut EmbeddedLedger::new(RATE), &all);
    assert_eq!(on_node, on_ledger);
    assert!(on_node.len() >= 8 * all.len(), "{} refusals", on_node.len());
}
