//! `contract read`: what a spend of a contract shows to everybody.

use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{ReadArgs, SpendTxArgs};
use crate::chain::connect;
use crate::config::Config;
use crate::output::Output;
use crate::public;
use crate::values::read_transaction;
use anyhow::{Context as _, anyhow};
use chain_types::UnlockingScript;
use core::fmt;
use script_gen::FixedInput;
use serde::Serialize;
use std::collections::BTreeMap;
use tx_builder::Transaction;

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
    let (artifact, contract) = read_contract(&args.contract)?;
    let (transaction, input) = spend(args)?;
    let spending = transaction
        .input
        .get(input)
        .ok_or_else(|| anyhow!("--input is {input}, the spend has {} inputs", transaction.input.len()))
        .advise("inputs are counted from 0")?;
    let script = UnlockingScript::from_bytes(spending.script_sig.to_bytes());
    let read = contract.read_claim(&script);
    let read = read
        .with_context(|| format!("input {input} of the spend is no claim of this contract"))
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

/// The transaction, and which of its inputs spends the contract.
fn spend(args: &ReadArgs) -> anyhow::Result<(Transaction, usize)> {
    let SpendTxArgs { spend_tx, spend_txid, coin } = &args.spend;
    if let Some(file_or_hex) = spend_tx {
        return Ok((read_transaction(file_or_hex)?, args.input));
    }
    let config = Config::load(args.chain.config.as_deref())?;
    let connected = connect(&args.chain, &config, None, "--spend-tx FILE_OR_HEX, ")?;
    let whose = &connected.whose;
    let Some(coin) = coin else {
        let txid = spend_txid.ok_or_else(|| anyhow!("no spend is given"))?;
        return Ok((connected.source.transaction(txid)?, args.input));
    };
    let spender = connected.chain.spender(*coin).with_context(|| format!("{whose} does not say what spent {coin}"))?;
    let txid = spender.ok_or_else(|| anyhow!("{whose} names no transaction that spends {coin}")).advise(
        "it may not be spent yet; nodes keep no record of that: ask an explorer, with --explorer URL, or give --spend-txid",
    )?;
    let transaction = connected.source.transaction(txid)?;
    let input = transaction.input.iter().position(|input| input.previous_output == *coin);
    let input = input
        .ok_or_else(|| anyhow!("{whose} says that {txid} spends {coin}, which is not so"))
        .advise("ask another explorer, or give --spend-tx FILE_OR_HEX")?;
    Ok((transaction, input))
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
