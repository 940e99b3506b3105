//! One contract's part of the story, as data: what is proved, under which terms, and which lies are told.

use super::statement::Statement;
use ark_bn254::Fr;
use prover::Circuit;
use script_gen::Payout;
use serde_json::{Map, Value};
use tx_builder::{SigningKey, Transaction};

/// A contract with a proof for it.
pub(super) struct Scene<'a> {
    /// Name of the contract's definition.
    pub(super) contract: &'static str,
    /// What is special about a further way to use the same contract.
    pub(super) variant: Option<&'static str>,
    /// What there is before the contract.
    pub(super) opening: Vec<Step>,
    /// Completes "Bob writes a locking script that".
    pub(super) terms: String,
    /// What the proof says.
    pub(super) claim: String,
    /// Public inputs whose values the spend gives; the others are fixed at what `statement` says.
    pub(super) open: &'static [&'static str],
    pub(super) payee: ScenePayee<'a>,
    pub(super) circuit: Circuit,
    pub(super) statement: Statement<'a>,
    pub(super) lies: Vec<Lie<'a>>,
    /// What only this contract's result has.
    pub(super) facts: Facts,
    pub(super) reading: Reading<'a>,
}

/// Further keys of the result for programs.
pub(super) type Facts = Map<String, Value>;

/// Reads the mined spend, with nothing but what the chain shows: what the story says of it, and facts.
pub(super) type Reading<'a> = Box<dyn Fn(&Shown<'_>) -> anyhow::Result<(Vec<String>, Facts)> + 'a>;

/// A mined spend.
pub(super) struct Shown<'a> {
    pub(super) transaction: &'a Transaction,
    /// Its open public inputs, by name, as its unlocking script gives them.
    pub(super) open: Vec<(String, Fr)>,
}

impl Shown<'_> {
    /// The value of an open public input.
    pub(super) fn value(&self, name: &str) -> anyhow::Result<Fr> {
        let found = self.open.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| *value).ok_or_else(|| anyhow::anyhow!("the spend shows no {name}"))
    }
}

/// Who gets the coins.
pub(super) enum ScenePayee<'a> {
    /// Whoever the proof is bound to.
    Prover,
    /// The same, if this key has signed the open input.
    Attested { signer: &'a SigningKey, input: &'static str },
    /// What is agreed for the class that is proved: one entry for each.
    ByClass(Vec<Option<Vec<Payout>>>),
}

/// A way to ask for the coins that this contract alone has.
pub(super) enum Lie<'a> {
    /// A true proof of something else, with the hints that it would need.
    Other { what: &'static str, statement: Statement<'a> },
    /// The honest proof, with another value of an open public input beside it.
    Value { what: &'static str, input: &'static str },
}

/// A title with lines below it.
pub(super) struct Step {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

impl Step {
    pub(super) fn new(title: impl Into<String>, lines: impl IntoIterator<Item = String>) -> Self {
        Self { title: title.into(), lines: lines.into_iter().collect() }
    }
}
