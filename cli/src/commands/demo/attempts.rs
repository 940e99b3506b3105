//! Attempts to take the contract's coin without a right to it.

use super::chain::{Judgement, judge};
use crate::output::Output;
use crate::payment::{SpendDraft, check_spend};
use chain_types::{LockingScript, Satoshis};
use ledger::{Chain, InputError};
use rand::rngs::OsRng;
use script_gen::{Hints, ProofContract};
use serde::Serialize;
use tx_builder::{Coin, Signature, SigningKey, Transaction, transaction_output};

/// The residue witness ends the blob of representatives: six numbers of 32 bytes.
const RESIDUE_WITNESS_LEN: usize = 6 * 32;

/// Which question a cheat puts to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Part of the honest spend is changed.
    Tampered,
    /// Somebody else uses the honest hints.
    Stolen,
    /// The honest hints are used on another contract.
    Replayed,
}

/// A transaction that must be refused.
pub(super) struct Attempt<'a> {
    what: &'static str,
    kind: Kind,
    transaction: Transaction,
    coin: Coin,
    contract: &'a ProofContract,
}

/// What became of an attempt.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) what: &'static str,
    pub(super) kind: Kind,
    pub(super) accepted: bool,
    /// The chain's words; none if it accepted.
    pub(super) reason: Option<String>,
    /// What failed in our own script machine, and in which piece of the script.
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

/// Every cheat of the demo: `draft` with `hints` is the honest spend of `coin`.
pub(super) fn all<'a>(
    draft: &SpendDraft<'a>,
    hints: &Hints,
    coin: &Coin,
    second: &'a ProofContract,
    second_coin: Coin,
) -> anyhow::Result<Vec<Attempt<'a>>> {
    let signature = draft.signature()?;
    let contract = draft.contract();
    let tampered =
        |what, transaction| Attempt { what, kind: Kind::Tampered, transaction, coin: coin.clone(), contract };
    let mut attempts = Vec::new();
    for (what, changed) in changed_hints(hints) {
        attempts.push(tampered(what, draft.with(&changed, &signature)?));
    }
    let mut rerouted = draft.with(hints, &signature)?;
    let elsewhere = SigningKey::random(&mut OsRng);
    for output in &mut rerouted.output {
        let lock = LockingScript::p2pkh(&elsewhere.pubkey_hash().0);
        *output = transaction_output(lock, Satoshis(output.value.to_sat()));
    }
    attempts.push(tampered("the payment sent to another address", rerouted));
    attempts.push(tampered("one bit of the signature", draft.with(hints, &changed_signature(&signature))?));

    let thief = SigningKey::random(&mut OsRng);
    let theft = draft.by(&thief, coin.clone(), contract)?.signed(hints)?;
    attempts.push(Attempt {
        what: "stolen proof: a thief's own key and signature",
        kind: Kind::Stolen,
        transaction: theft.transaction,
        coin: coin.clone(),
        contract,
    });
    let replay = draft.by(draft.key(), second_coin.clone(), second)?.signed(hints)?;
    attempts.push(Attempt {
        what: "replayed proof: a second contract, other nonce",
        kind: Kind::Replayed,
        transaction: replay.transaction,
        coin: second_coin,
        contract: second,
    });
    Ok(attempts)
}

/// One bit of each kind of hint.
fn changed_hints(hints: &Hints) -> Vec<(&'static str, Hints)> {
    let with = |change: fn(&mut Hints)| {
        let mut changed = hints.clone();
        change(&mut changed);
        changed
    };
    vec![
        ("one bit of the proof's point A", with(|hints| flip(&mut hints.proof, 0))),
        ("one bit of a line's slope", with(|hints| flip(&mut hints.slopes, 0))),
        ("one bit of a Miller-loop value", with(|hints| flip(&mut hints.representatives, 0))),
        (
            "one bit of the residue witness",
            with(|hints| {
                let start = hints.representatives.len().saturating_sub(RESIDUE_WITNESS_LEN);
                flip(&mut hints.representatives, start);
            }),
        ),
        ("one bit of the quotient", with(|hints| flip(&mut hints.quotient, 0))),
    ]
}

fn flip(blob: &mut [u8], at: usize) {
    if let Some(byte) = blob.get_mut(at) {
        *byte ^= 1;
    }
}

/// Flips the lowest bit of the number `s`, which ends one byte before the type byte.
fn changed_signature(signature: &Signature) -> Signature {
    let mut bytes = signature.as_bytes().to_vec();
    let at = bytes.len().saturating_sub(2);
    flip(&mut bytes, at);
    Signature::from_bytes(bytes)
}

/// Hands every attempt to the chain.
pub(super) fn try_all(
    chain: &mut dyn Chain,
    attempts: &[Attempt<'_>],
    output: &Output,
) -> anyhow::Result<Vec<Outcome>> {
    let stage = output.steps("trying to cheat", attempts.len());
    let mut outcomes = Vec::new();
    for (done, attempt) in (1..).zip(attempts) {
        let judgement = judge(chain, &attempt.transaction)?;
        let (accepted, reason) = match judgement {
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
    let spent = transaction_output(attempt.coin.locking_script.clone(), attempt.coin.value);
    match check_spend(&attempt.transaction, &spent, attempt.contract) {
        Err(InputError::Script(failure)) => Some(Place {
            fragment: failure.fragment.clone().unwrap_or_else(|| failure.role.to_string()),
            reason: failure.reason.to_string(),
            byte: failure.offset,
        }),
        _ => None,
    }
}
