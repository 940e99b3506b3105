//! Attempts to take the contract's coin without a right to it.

use super::chain::{Judgement, judge};
use super::forge::{self, Blob, Refunding, claim_by, with_pushes};
use super::scene::{Lie, Scene, ScenePayee};
use super::world::People;
use crate::output::Output;
use anyhow::Context as _;
use chain_types::{FeeRate, LockingScript, Satoshis};
use contracts::{Evidence, Locked, check};
use ledger::{InputError, TestChain};
use script_gen::{Contract, Payout, SpendData};
use serde::Serialize;
use tx_builder::{SigningKey, Transaction, TxOut, transaction_output};

/// The residue witness ends the blob of representatives: six numbers of 32 bytes.
const RESIDUE_WITNESS_AT: isize = -6 * 32;
/// The number `s` of a signature ends one byte before its end, which is the type.
const S_AT: isize = -2;
/// A byte in the middle of a preimage's head: of the digest of all sequences.
const MIDDLE_OF_HEAD: isize = 40;

/// Which question a cheat puts to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Part of the honest spend is changed, or it is asked for something else.
    Tampered,
    /// Somebody wants the coins that are another's.
    Stolen,
    /// The honest proof is used on another contract.
    Replayed,
    /// The funder wants the coins back before the lock time.
    RefundedEarly,
}

/// A transaction that must be refused.
pub(super) struct Attempt<'a> {
    what: &'static str,
    kind: Kind,
    transaction: Transaction,
    spent: Vec<TxOut>,
    contract: &'a Contract,
}

/// What became of an attempt.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) what: &'static str,
    pub(super) kind: Kind,
    pub(super) accepted: bool,
    /// The chain's words; none if it accepted.
    pub(super) reason: Option<String>,
    /// What failed in our own script machine, and in which piece of the script; none if the scripts hold, and the chain
    /// refuses for another reason.
    pub(super) failure: Option<Place>,
}

/// Where a script fails.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Place {
    pub(super) fragment: String,
    pub(super) reason: String,
    /// Offset of the failing instruction in its script.
    pub(super) byte: usize,
}

/// What the honest spend is made of, and another coin to use it on.
pub(super) struct Honest<'a> {
    pub(super) locked: &'a Locked<'a>,
    pub(super) evidence: &'a Evidence,
    pub(super) transaction: &'a Transaction,
    /// A coin of the same terms, but for the nonce.
    pub(super) second: &'a Locked<'a>,
    /// Further proofs: what each lie of the scene that has one would be spent with.
    pub(super) others: &'a [SpendData],
    pub(super) fee_rate: FeeRate,
}

impl<'a> Honest<'a> {
    fn attempt(&self, what: &'static str, kind: Kind, transaction: Transaction) -> Attempt<'a> {
        Attempt::on(self.locked, what, kind, transaction)
    }
}

impl<'a> Attempt<'a> {
    fn on(locked: &Locked<'a>, what: &'static str, kind: Kind, transaction: Transaction) -> Self {
        let coin = locked.coin();
        let spent = vec![transaction_output(coin.locking_script.clone(), coin.value)];
        Self { what, kind, transaction, spent, contract: locked.contract() }
    }
}

/// Every cheat of a scene, in an order in which a node tells each one's own reason: what it would keep aside comes last.
pub(super) fn all<'a>(honest: &Honest<'a>, scene: &Scene<'_>, people: &People) -> anyhow::Result<Vec<Attempt<'a>>> {
    let mut attempts = changed_hints(honest)?;
    attempts.extend(lies(honest, scene, people)?);
    attempts.extend(match &scene.payee {
        ScenePayee::Prover | ScenePayee::Attested { .. } => claims(honest, scene, people)?,
        ScenePayee::ByClass(payouts) => settlements(honest, payouts, people)?,
    });
    let early = [
        ("a refund without a lock time", Refunding::WithoutLockTime),
        ("a refund whose sequence makes it final", Refunding::WithFinalSequence),
        ("a refund before its lock time", Refunding::AsAgreed),
    ];
    for (what, how) in early {
        let refund = forge::refund(honest.locked, &people.bob, how, honest.fee_rate)?;
        attempts.push(honest.attempt(what, Kind::RefundedEarly, refund));
    }
    Ok(attempts)
}

/// What is tried on the second coin once its lock time has come.
pub(super) fn late<'a>(second: &Locked<'a>, people: &People, fee_rate: FeeRate) -> anyhow::Result<Attempt<'a>> {
    let refund = forge::refund(second, &people.mallory, Refunding::AsAgreed, fee_rate)?;
    Ok(Attempt::on(second, "a refund to somebody else", Kind::Stolen, refund))
}

/// One bit of each kind of hint.
fn changed_hints<'a>(honest: &Honest<'a>) -> anyhow::Result<Vec<Attempt<'a>>> {
    let hints = [
        ("one bit of the proof's point A", Blob::Proof, 0),
        ("one bit of a line's slope", Blob::Slopes, 0),
        ("one bit of a Miller-loop value", Blob::Representatives, 0),
        ("one bit of the residue witness", Blob::Representatives, RESIDUE_WITNESS_AT),
        ("one bit of the quotient", Blob::Quotient, 0),
    ];
    let changed = hints.map(|(what, blob, at)| {
        let transaction = with_pushes(honest.transaction, |pushes| pushes.flip_hint(blob, at))?;
        Ok(honest.attempt(what, Kind::Tampered, transaction))
    });
    changed.into_iter().collect()
}

/// What is tried with this contract alone.
fn lies<'a>(honest: &Honest<'a>, scene: &Scene<'_>, people: &People) -> anyhow::Result<Vec<Attempt<'a>>> {
    let mut others = honest.others.iter();
    let mut attempts = Vec::new();
    for lie in &scene.lies {
        let (what, data) = match lie {
            Lie::Other { what, .. } => (*what, others.next().context("each other statement has a proof")?.clone()),
            Lie::Value { what, input } => (*what, with_another_value(honest, input)?),
        };
        let transaction = match &scene.payee {
            ScenePayee::Prover => with_pushes(honest.transaction, |pushes| pushes.set_data(&data))?,
            ScenePayee::Attested { .. } => {
                // The transaction carries what the proof is about, so that only the signer's word is wrong.
                let mut claim = honest.transaction.clone();
                let signed = data.inputs.last().context("the signed input is open")?;
                if let Some(output) = claim.output.first_mut() {
                    *output = transaction_output(LockingScript::data(signed), Satoshis(0));
                }
                let claim = claim_by(&claim, &people.alice, honest.locked.coin(), honest.locked.contract())?;
                with_pushes(&claim, |pushes| pushes.set_data(&data))?
            }
            ScenePayee::ByClass(payouts) => {
                let class = honest.locked.contract().class(&data).context("the class is open")?;
                forge::settlement(honest.locked, &data, outputs_of(payouts, class)?, honest.fee_rate)?
            }
        };
        attempts.push(honest.attempt(what, Kind::Tampered, transaction));
    }
    Ok(attempts)
}

/// The honest data with another value of an open input.
fn with_another_value(honest: &Honest<'_>, name: &str) -> anyhow::Result<SpendData> {
    let (contract, mut data) = (honest.locked.contract(), honest.evidence.data.clone());
    let place = contract.terms().open().position(|open| open.name() == name);
    let bytes = place.and_then(|place| data.inputs.get_mut(place)).with_context(|| format!("{name} is not open"))?;
    // The lowest bit of a class of four bits, which lies in the upper half of its byte; some bit of anything longer.
    *bytes.first_mut().with_context(|| format!("{name} has no byte"))? ^= 1 << 4;
    Ok(data)
}

/// Theft and tampering where the prover is paid.
fn claims<'a>(honest: &Honest<'a>, scene: &Scene<'_>, people: &People) -> anyhow::Result<Vec<Attempt<'a>>> {
    let (transaction, coin, contract) = (honest.transaction, honest.locked.coin(), honest.locked.contract());
    let mut rerouted = transaction.clone();
    if let Some(paid) = rerouted.output.last_mut() {
        *paid = to(&people.mallory, Satoshis(paid.value.to_sat()));
    }
    let mut attempts = vec![
        honest.attempt("the payment sent to another address", Kind::Tampered, rerouted),
        honest.attempt(
            "one bit of the signature",
            Kind::Tampered,
            with_pushes(transaction, |pushes| pushes.flip_added(contract, S_AT))?,
        ),
        honest.attempt(
            "stolen proof: a thief's own key and signature",
            Kind::Stolen,
            claim_by(transaction, &people.mallory, coin, contract)?,
        ),
        Attempt::on(
            honest.second,
            "replayed proof: a second contract, other nonce",
            Kind::Replayed,
            claim_by(transaction, &people.alice, honest.second.coin(), contract)?,
        ),
    ];
    if let ScenePayee::Attested { .. } = scene.payee {
        let forged = forge::attestation_by(transaction, &people.alice, coin)?;
        let claim = with_pushes(transaction, |pushes| pushes.set_attestation(contract, forged))?;
        attempts.push(honest.attempt("Alice's own signature for Dora's", Kind::Tampered, claim));
    }
    Ok(attempts)
}

/// Theft and tampering where the class says who is paid.
fn settlements<'a>(
    honest: &Honest<'a>,
    payouts: &[Option<Vec<Payout>>],
    people: &People,
) -> anyhow::Result<Vec<Attempt<'a>>> {
    let (contract, data) = (honest.locked.contract(), &honest.evidence.data);
    let class = contract.class(data).context("the class is open")?;
    let agreed = outputs_of(payouts, class)?;
    let mut redirected = agreed.to_vec();
    for output in &mut redirected {
        output.locking_script = LockingScript::p2pkh(&people.mallory.pubkey_hash().0);
    }
    let wrong_class = outputs_of(payouts, (class + 1) % payouts.len())?;
    let mut less = agreed.to_vec();
    if let Some(output) = less.first_mut() {
        output.value = Satoshis(output.value.0.saturating_sub(1));
    }
    let settle = |outputs: &[Payout]| forge::settlement(honest.locked, data, outputs, honest.fee_rate);
    Ok(vec![
        honest.attempt("the outputs sent to whoever submits it", Kind::Stolen, settle(&redirected)?),
        honest.attempt("the outputs of another class", Kind::Stolen, settle(wrong_class)?),
        honest.attempt("one satoshi less to the winner", Kind::Stolen, settle(&less)?),
        honest.attempt(
            "one bit of the preimage",
            Kind::Tampered,
            with_pushes(honest.transaction, |pushes| pushes.flip_added(contract, MIDDLE_OF_HEAD))?,
        ),
        Attempt::on(
            honest.second,
            "replayed proof: a second contract, other nonce",
            Kind::Replayed,
            forge::settlement(honest.second, data, agreed, honest.fee_rate)?,
        ),
    ])
}

fn outputs_of(payouts: &[Option<Vec<Payout>>], class: usize) -> anyhow::Result<&[Payout]> {
    payouts.get(class).and_then(Option::as_deref).with_context(|| format!("class {class} pays nobody"))
}

fn to(key: &SigningKey, value: Satoshis) -> TxOut {
    transaction_output(LockingScript::p2pkh(&key.pubkey_hash().0), value)
}

/// Hands every attempt to the chain.
pub(super) fn try_all(
    chain: &mut dyn TestChain,
    attempts: &[Attempt<'_>],
    output: &Output,
) -> anyhow::Result<Vec<Outcome>> {
    let stage = output.steps("trying to cheat", attempts.len());
    let mut outcomes = Vec::new();
    for (done, attempt) in (1..).zip(attempts) {
        let (accepted, reason) = match judge(chain, &attempt.transaction)? {
            Judgement::Accepted => (true, None),
            Judgement::Refused(reason) => (false, Some(reason)),
        };
        outcomes.push(Outcome { what: attempt.what, kind: attempt.kind, accepted, reason, failure: place(attempt) });
        stage.done(done);
    }
    Ok(outcomes)
}

/// Where our own script machine stops.
fn place(attempt: &Attempt<'_>) -> Option<Place> {
    match check(&attempt.transaction, &attempt.spent, attempt.contract) {
        Err(contracts::CheckError::Input { source: InputError::Script(failure), .. }) => Some(Place {
            fragment: failure.fragment.clone().unwrap_or_else(|| failure.role.to_string()),
            reason: failure.reason.to_string(),
            byte: failure.offset,
        }),
        _ => None,
    }
}
