//! `contract list`: the library.

use crate::Verdict;
use crate::output::Output;
use core::fmt;
use script_gen::{CircuitKind, ContractDefinition, DefinitionError, InputRule, Source};
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    contracts: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    summary: String,
    /// What the verifying key's circuit proves: `inference`, `accuracy` or `sale`.
    circuit: &'static str,
    /// Which commands make its keys and its proofs.
    keys: &'static str,
    /// The rules its scripts are made for, unless `contract build` is given others.
    profile: &'static str,
    /// Who gets the coins.
    payee: &'static str,
    public_inputs: Vec<Input>,
    refund: &'static str,
}

#[derive(Serialize)]
struct Input {
    name: String,
    /// Where its value comes from: `contract`, fixed when that is built; `spend`; or either.
    source: &'static str,
    /// Whether a key must have it.
    required: bool,
    /// Whether a contract may ask for somebody's signature of it.
    may_be_signed: bool,
}

/// What all contracts have.
const REFUND: &str = "to the funder's key from the contract's lock time on";

pub(crate) fn run(output: &Output) -> anyhow::Result<Verdict> {
    let contracts = ContractDefinition::all()?.iter().map(Entry::of).collect::<Result<_, _>>()?;
    output.answer(&Answer { contracts })?;
    Ok(Verdict::Yes)
}

impl Entry {
    fn of(definition: &ContractDefinition) -> Result<Self, DefinitionError> {
        let keys = match definition.circuit {
            CircuitKind::Inference => "setup, prove",
            CircuitKind::Accuracy => "accuracy setup, accuracy prove",
            CircuitKind::Sale => "sale setup, sale prove",
        };
        Ok(Self {
            name: definition.name.clone(),
            summary: definition.summary.clone(),
            circuit: definition.circuit.name(),
            keys,
            profile: definition.target()?.profile.name(),
            payee: match definition.pays_by_class() {
                false if definition.pays_named() => "one key, which the contract names, with a proof bound to it",
                true => "the outputs listed for the class that is proved, whoever sends the proof",
                false => "the key that the proof is bound to",
            },
            public_inputs: definition.inputs().iter().map(Input::of).collect(),
            refund: REFUND,
        })
    }
}

impl Input {
    fn of(rule: &InputRule) -> Self {
        let source = match rule.source {
            Source::Deployment => "contract",
            Source::Spending => "spend",
            Source::Either => "contract or spend",
        };
        let InputRule { name, required, may_be_signed, .. } = rule;
        Self { name: name.clone(), source, required: *required, may_be_signed: *may_be_signed }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { name, summary, keys, payee, public_inputs, .. } in &self.contracts {
            writeln!(f, "{name}\n  {summary}")?;
            writeln!(f, "  keys and proofs  {keys}")?;
            writeln!(f, "  paid             {payee}")?;
            let width = public_inputs.iter().map(|input| input.name.len()).max().unwrap_or(0);
            for (k, Input { name, source, required, may_be_signed }) in public_inputs.iter().enumerate() {
                let label = if k == 0 { "public inputs" } else { "" };
                let must = if *required { "" } else { ", if the key has it" };
                let signed = if *may_be_signed { "; may need a signature" } else { "" };
                writeln!(f, "  {label:<15}  {name:<width$}  from the {source}{must}{signed}")?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "Each has a nonce, and a refund {REFUND}.\n\
             Every key's first public input, the binding, is made of who is paid and the nonce.\n\
             `contract build` makes a contract; `demo --contract NAME` tells its story."
        )
    }
}
