//! `contract read`: what a spend of a contract shows to everybody.

use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{ReadArgs, SpendTxArgs};
use crate::chain::{Connected, connect};
use crate::config::Config;
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
use tx_builder::{Coin, OutPoint, Transaction, Txid};

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
            return write!(f, "  gives no public input: all are fixed");
        }
        write!(f, "  gives")?;
        let width = self.public_inputs.keys().map(String::len).max().unwrap_or(0);
        // A row's elements in the order of their numbers, not of their letters.
        let mut names: Vec<_> = self.public_inputs.keys().collect();
        names.sort_by_key(|name| (name.len(), name.as_str()));
        names.into_iter().try_for_each(|name| write!(f, "\n    {name:<width$}  {}", self.public_inputs[name]))
    }
}

pub(crate) fn run(args: &ReadArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.contract.file)?;
    let found = Found::of(args)?;
    let transaction = &found.spend;
    let (input, read) = claimed(args.input, &contract, &found)?;
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

/// A transaction that a chain knows.
fn known(connected: &Connected, txid: Txid) -> anyhow::Result<Transaction> {
    const ADVICE: &str = "check the id and the network; a node knows what waits and, with -txindex, what is in blocks: else \
                          ask an explorer, or give the raw transaction";
    let gives_none = || format!("{} gives no transaction {txid}", connected.whose);
    let found = connected.chain.transaction(txid).with_context(gives_none).advise(ADVICE)?;
    found.ok_or_else(|| anyhow!(gives_none())).advise(ADVICE)
}

/// A spend, and what it spends if that is known.
struct Found {
    spend: Transaction,
    /// The transaction that has locked the coin.
    deployment: Option<Transaction>,
    /// Which of its outputs is the coin; any under the contract if not known.
    vout: Option<u32>,
}

impl Found {
    /// Reads the transactions, or asks a chain for them.
    fn of(args: &ReadArgs) -> anyhow::Result<Self> {
        let SpendTxArgs { spend_tx, spend_txid, coin } = &args.spend;
        let deployment = args.deploy_tx.as_deref().map(read_transaction).transpose()?;
        if let Some(file_or_hex) = spend_tx {
            return Ok(Self { spend: read_transaction(file_or_hex)?, deployment, vout: None });
        }
        let config = Config::load(args.chain.config.as_deref())?;
        let connected = connect(&args.chain, &config, None, "--spend-tx FILE_OR_HEX, ")?;
        let whose = &connected.whose;
        let Some(coin) = coin else {
            // The arguments ask for one of the three.
            let txid = spend_txid.ok_or_else(|| anyhow!("no spend is given")).advise("add --spend-tx FILE_OR_HEX")?;
            return Ok(Self { spend: known(&connected, txid)?, deployment, vout: None });
        };
        let spender =
            connected.chain.spender(*coin).with_context(|| format!("{whose} does not say what spent {coin}"))?;
        let txid = spender.ok_or_else(|| anyhow!("{whose} names no transaction that spends {coin}")).advise(
            "it may not be spent yet; nodes keep no record of that: ask an explorer, with --explorer URL, or give --spend-txid",
        )?;
        Ok(Self {
            spend: known(&connected, txid)?,
            deployment: Some(known(&connected, coin.txid)?),
            vout: Some(coin.vout),
        })
    }
}

/// Which input is the claim, and what it gives. With the deployment that is the one that spends the contract's coin, and it
/// is run; without, the one whose pushes look like a claim, if there is but one.
fn claimed<'a>(
    input: Option<usize>,
    contract: &'a Contract,
    found: &Found,
) -> anyhow::Result<(usize, Vec<(&'a OpenTerm, Fr)>)> {
    let spend = &found.spend;
    if let Some(deployment) = &found.deployment {
        let (input, locked) = coin_in(contract, deployment, found)
            .ok_or_else(|| anyhow!("the spend spends no output of the deployment that is under this contract"))
            .advise("give both transactions of one coin, and the contract's own file")?;
        let read = locked.read(spend).with_context(|| not_a_claim(input)).advise(ADVICE)?;
        return Ok((input, read));
    }
    let read = |input: usize| {
        let script = spend.input.get(input)?.script_sig.to_bytes();
        Some(contract.read_claim(&UnlockingScript::from_bytes(script)))
    };
    let input = match input {
        Some(input) => input,
        None => {
            // A script that computes may be a claim, too.
            let may_be = |input: &usize| matches!(read(*input), Some(Ok(_) | Err(ReadError::NotPushes)));
            let candidates: Vec<_> = (0..spend.input.len()).filter(may_be).collect();
            match candidates[..] {
                [] => 0,
                [input] => input,
                _ => {
                    return Err(anyhow!("inputs {candidates:?} of the spend could all be the claim"))
                        .advise("add --deploy-tx FILE_OR_HEX: it says which of them spends the contract's coin");
                }
            }
        }
    };
    let read = read(input)
        .ok_or_else(|| anyhow!("--input is {input}, the spend has {} inputs", spend.input.len()))
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
    format!("input {input} of the spend is no claim of this contract")
}

/// The input of the spend that spends a coin which `deployment` has locked under the contract.
fn coin_in<'a>(contract: &'a Contract, deployment: &Transaction, found: &Found) -> Option<(usize, Locked<'a>)> {
    let txid = deployment.compute_txid();
    let is_meant = |coin: OutPoint| coin.txid == txid && found.vout.is_none_or(|vout| vout == coin.vout);
    let mut inputs = found.spend.input.iter().enumerate().filter(|(_, input)| is_meant(input.previous_output));
    inputs.find_map(|(index, input)| {
        let coin = Coin::of(deployment, input.previous_output.vout).ok()?;
        Some((index, Locked::new(contract, coin).ok()?))
    })
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn answer__row_of_values__is_printed_value_by_value() {
        let values = (0..12).map(|k| (format!("input[{k}]"), (1_000 + k).to_string()));
        let public_inputs: BTreeMap<_, _> = values.chain([("class".to_owned(), "7".to_owned())]).collect();
        let answer = Answer { contract: "c".to_owned(), txid: "t".to_owned(), input: 0, public_inputs };
        let text = answer.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2 + 13, "{text}");
        assert_eq!(lines[2..5], ["    class      7", "    input[0]   1000", "    input[1]   1001"]);
        assert_eq!(lines[14], "    input[11]  1011");
        let none = Answer { public_inputs: BTreeMap::new(), ..answer };
        assert!(none.to_string().ends_with("gives no public input: all are fixed"));
    }
}
