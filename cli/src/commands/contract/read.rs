//! `contract read`: what a spend of a contract shows to everybody.

use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::ReadArgs;
use crate::output::Output;
use crate::public;
use crate::values::read_transaction;
use anyhow::{Context as _, anyhow};
use chain_types::UnlockingScript;
use core::fmt;
use script_gen::FixedInput;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Answer {
    contract: String,
    txid: String,
    /// Which input of the transaction spends the contract.
    input: usize,
    /// What the spend gives, by name.
    public_inputs: BTreeMap<String, String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A claim of the contract, {}: input {} of transaction {}", self.contract, self.input, self.txid)?;
        if self.public_inputs.is_empty() {
            write!(f, "  gives no public input: all are fixed")
        } else {
            write!(f, "  gives  {}", public::listed(&self.public_inputs))
        }
    }
}

pub(crate) fn run(args: &ReadArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.contract)?;
    let transaction = read_transaction(&args.spend_tx)?;
    let input = args.input;
    let spending = transaction
        .input
        .get(input)
        .ok_or_else(|| anyhow!("--input is {input}, --spend-tx has {} inputs", transaction.input.len()))
        .advise("inputs are counted from 0")?;
    let script = UnlockingScript::from_bytes(spending.script_sig.to_bytes());
    let read = contract.read_claim(&script);
    let read = read
        .with_context(|| format!("input {input} of --spend-tx is no claim of this contract"))
        .advise("give the transaction that spent the contract's coin, and the contract's own file")?;
    let value = |(open, value): &(&script_gen::OpenTerm, _)| FixedInput::new(open.name(), open.bits(), *value);
    let values: Vec<_> = read.iter().map(value).collect::<Result<_, _>>()?;
    output.answer(&Answer {
        contract: artifact.contract,
        txid: transaction.compute_txid().to_string(),
        input,
        public_inputs: public::by_name(&values),
    })?;
    Ok(Verdict::Yes)
}
