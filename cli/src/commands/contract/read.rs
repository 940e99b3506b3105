//! `contract read`: what a spend of a contract shows to everybody.

use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::ReadArgs;
use crate::output::Output;
use crate::public;
use crate::values::read_transaction;
use anyhow::{Context as _, anyhow};
use ark_bn254::Fr;
use chain_types::UnlockingScript;
use contracts::Locked;
use core::fmt;
use script_gen::{Contract, FixedInput, OpenTerm, ReadError};
use serde::Serialize;
use std::collections::BTreeMap;
use tx_builder::{Coin, Transaction};

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
    let (artifact, contract) = read_contract(&args.contract.file)?;
    let transaction = read_transaction(&args.spend_tx)?;
    let (input, read) = claimed(args, &contract, &transaction)?;
    let value = |(open, value): &(&OpenTerm, _)| FixedInput::new(open.name(), open.bits(), *value);
    let values: Vec<_> = read.iter().map(value).collect::<Result<_, _>>()?;
    output.answer(&Answer {
        contract: artifact.contract,
        txid: transaction.compute_txid().to_string(),
        input,
        public_inputs: public::by_name(&values),
    })?;
    Ok(Verdict::Yes)
}

/// Which input is the claim, and what it gives. With the deployment that is the one that spends the contract's coin, and it
/// is run; without, the one whose pushes look like a claim, if there is but one.
fn claimed<'a>(
    args: &ReadArgs,
    contract: &'a Contract,
    spend: &Transaction,
) -> anyhow::Result<(usize, Vec<(&'a OpenTerm, Fr)>)> {
    if let Some(file_or_hex) = &args.deploy_tx {
        let deployment = read_transaction(file_or_hex)?;
        let (input, locked) = coin_in(contract, &deployment, spend)
            .ok_or_else(|| anyhow!("--spend-tx spends no output of --deploy-tx that is under this contract"))
            .advise("give both transactions of one coin, and the contract's own file")?;
        let read = locked.read(spend).with_context(|| not_a_claim(input)).advise(ADVICE)?;
        return Ok((input, read));
    }
    let read = |input: usize| {
        let script = spend.input.get(input)?.script_sig.to_bytes();
        Some(contract.read_claim(&UnlockingScript::from_bytes(script)))
    };
    let input = match args.input {
        Some(input) => input,
        None => {
            // A script that computes may be a claim, too.
            let may_be = |input: &usize| matches!(read(*input), Some(Ok(_) | Err(ReadError::NotPushes)));
            let candidates: Vec<_> = (0..spend.input.len()).filter(may_be).collect();
            match candidates[..] {
                [] => 0,
                [input] => input,
                _ => {
                    return Err(anyhow!("inputs {candidates:?} of --spend-tx could all be the claim"))
                        .advise("add --deploy-tx FILE_OR_HEX: it says which of them spends the contract's coin");
                }
            }
        }
    };
    let read = read(input)
        .ok_or_else(|| anyhow!("--input is {input}, --spend-tx has {} inputs", spend.input.len()))
        .advise("inputs are counted from 0")?;
    let advice = match &read {
        Err(ReadError::NotPushes) => {
            "a spend of version 2 may compute what it shows: add --deploy-tx FILE_OR_HEX, and its script is run"
        }
        _ => ADVICE,
    };
    Ok((input, read.with_context(|| not_a_claim(input)).advise(advice)?))
}

const ADVICE: &str = "give the transaction that spent the contract's coin, and the contract's own file";

fn not_a_claim(input: usize) -> String {
    format!("input {input} of --spend-tx is no claim of this contract")
}

/// The input of `spend` that spends a coin which `deployment` has locked under the contract.
fn coin_in<'a>(contract: &'a Contract, deployment: &Transaction, spend: &Transaction) -> Option<(usize, Locked<'a>)> {
    let txid = deployment.compute_txid();
    spend.input.iter().enumerate().filter(|(_, input)| input.previous_output.txid == txid).find_map(|(index, input)| {
        let coin = Coin::of(deployment, input.previous_output.vout).ok()?;
        Some((index, Locked::new(contract, coin).ok()?))
    })
}
