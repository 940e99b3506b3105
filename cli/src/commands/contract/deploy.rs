//! `contract deploy`: coins go under a contract.

use super::read_contract;
use super::send::{Destination, Sent};
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::DeployArgs;
use crate::keys;
use crate::output::Output;
use crate::payment;
use crate::values::{grouped, read_transaction};
use anyhow::Context as _;
use core::fmt;
use ledger::check_input;
use script_vm::Machine;
use serde::Serialize;
use tx_builder::Coin;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    /// The contract's output.
    vout: u32,
    amount_sats: u64,
    nonce: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, nonce) = (grouped(self.amount_sats), &self.nonce);
        writeln!(f, "Locks {amount} sat under the contract with nonce {nonce}, as output {}", self.vout)?;
        self.sent.fmt(f)
    }
}

pub(crate) fn run(args: &DeployArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.contract)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?.into_signing_key();
    let coin = Coin::of(&read_transaction(&args.coin_tx)?, args.coin_vout)
        .context("--coin-tx has no such output")
        .advise("check --coin-vout: outputs are counted from 0")?;
    let destination = Destination::open(&args.send)?;
    let spent = tx_builder::transaction_output(coin.locking_script.clone(), coin.value);
    let signed = payment::deploy(contract.locking_script(), args.amount, coin, &key, args.fee.rate())?;
    payment::check_spendable(&signed, &contract, args.fee.rate())?;
    check_input(&signed.transaction, 0, &spent, &Machine::policy())
        .context("the coin's own script fails, so nothing was sent")?;
    let sent = destination.send(&signed)?;
    let answer = Answer { sent, vout: 0, amount_sats: args.amount.0, nonce: artifact.nonce };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}
