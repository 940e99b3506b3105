//! The demo told to people.

use super::attempts::Outcome;
use super::chain::Judgement;
use super::report::{Network, Proving, Report};
use crate::digit;
use crate::output::Output;
use crate::payment::Signed;
use crate::values::{grouped, percent, spent};
use chain_types::Satoshis;
use core::fmt::Display;
use ledger::ChainInfo;
use prover::Circuit;
use script_gen::ProofContract;
use statement::{Binding, Class};
use std::time::{Duration, Instant};

/// Prints numbered steps as they happen.
pub(super) struct Story<'a> {
    output: &'a Output,
    started: Instant,
    step: usize,
}

impl<'a> Story<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self { output, started: Instant::now(), step: 0 }
    }

    fn step(&mut self, title: impl Display) -> anyhow::Result<()> {
        self.step += 1;
        self.output.text(format_args!("{:>2}  {title}", self.step))
    }

    fn more(&self, line: impl Display) -> anyhow::Result<()> {
        self.output.text(format_args!("    {line}"))
    }

    pub(super) fn opening(&mut self, chain: &ChainInfo) -> anyhow::Result<()> {
        let keeper = match &chain.version {
            Some(version) => format!("a real node, {version}, on a private {} chain", chain.network),
            None => "a chain in memory that applies a node's rules and limits".to_owned(),
        };
        self.output.text("provelock: a coin that opens for a proof about a hidden image")?;
        self.output.text(format_args!("Chain: {keeper}\n"))
    }

    pub(super) fn image(&mut self, network: &Network) -> anyhow::Result<()> {
        let Network { model, evaluation, index, image, label, class } = network;
        self.step(format_args!("Alice holds MNIST test image {index}, labelled {label}. Nobody else will see it."))?;
        for line in digit::draw(image) {
            self.more(format_args!("    {line}"))?;
        }
        self.step(format_args!("The public network {model} says {class}."))?;
        self.more(format_args!(
            "It is right on {} of {} test images ({}), in exact integers. {}",
            grouped(evaluation.correct()),
            grouped(evaluation.images()),
            percent(evaluation.accuracy()),
            spent(evaluation.elapsed)
        ))
    }

    pub(super) fn keys(&mut self, circuit: &Circuit, setup_time: Duration) -> anyhow::Result<()> {
        let constraints = grouped(circuit.shape().constraints);
        self.step(format_args!(
            "Setup: the network becomes {constraints} constraints with keys. {}",
            spent(setup_time)
        ))?;
        self.more("Whoever runs a setup could keep its randomness and forge; this run keeps none of it.")
    }

    pub(super) fn contract(&mut self, contract: &ProofContract, class: Class) -> anyhow::Result<()> {
        let cost = contract.cost();
        self.step(format_args!("Bob writes a locking script that pays whoever shows a proof of class {class}."))?;
        self.more(format_args!(
            "{} bytes, {} instructions: the script itself checks the whole proof.",
            grouped(contract.locking_script().len()),
            grouped(cost.total.opcodes)
        ))?;
        self.more(format_args!("Its nonce {} tells it from every other contract.", hex::encode(contract.nonce().0)))
    }

    pub(super) fn deployed(&mut self, deploy: &Signed, amount: Satoshis) -> anyhow::Result<()> {
        let Signed { transaction, fee } = deploy;
        self.step(format_args!("Bob locks {} sat under it; the transaction is mined.", grouped(amount.0)))?;
        self.more(format_args!("transaction {}", transaction.compute_txid()))?;
        self.more(format_args!("{} bytes, fee {} sat", grouped(transaction.total_size()), grouped(fee.0)))
    }

    pub(super) fn proof(&mut self, class: Class, binding: &Binding, proving: &Proving) -> anyhow::Result<()> {
        let Binding { recipient, nonce } = binding;
        let (proved, verified) = (spent(proving.prove_time), spent(proving.verify_time));
        self.step(format_args!("Alice proves: \"I know an image that this network calls {class}\". {proved}"))?;
        self.more(format_args!("bound to her key hash     {}", hex::encode(recipient.0)))?;
        self.more(format_args!("bound to Bob's contract   {}", hex::encode(nonce.0)))?;
        self.more(format_args!("Checked off the chain: the proof holds. {verified}"))
    }

    pub(super) fn cheats(&mut self, outcomes: &[Outcome]) -> anyhow::Result<()> {
        self.step(format_args!(
            "First, {} attempts to cheat. On the right: the piece of script that stops each.",
            outcomes.len()
        ))?;
        for outcome in outcomes {
            let verdict = if outcome.accepted { "ACCEPTED" } else { "refused" };
            let place = outcome.failure.as_ref().map_or("", |place| place.fragment.as_str());
            self.more(format_args!("{verdict:<8} {:<47} {place}", outcome.what))?;
        }
        let mut reasons: Vec<&str> = outcomes.iter().filter_map(|outcome| outcome.reason.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        self.more("In the chain's words:")?;
        reasons.iter().try_for_each(|reason| self.more(format_args!("  {reason}")))
    }

    pub(super) fn ending(&mut self, report: &Report, judgement: &Judgement) -> anyhow::Result<()> {
        match judgement {
            Judgement::Refused(reason) => self.step(format_args!("The honest spend is REFUSED: {reason}"))?,
            Judgement::Accepted if !report.accepted => {
                self.step("The honest spend was taken, but did not pay Alice.")?
            }
            Judgement::Accepted => self.step("Alice's honest spend is accepted and mined; the coins are hers.")?,
        }
        self.more(format_args!("transaction {}", report.spend_txid))?;
        let (lock, unlock) = (report.locking_script_bytes, report.unlocking_script_bytes);
        self.more(format_args!(
            "locking {} + unlocking {} = {} bytes of script, fee {} sat",
            grouped(lock),
            grouped(unlock),
            grouped(lock + unlock),
            grouped(report.fee_sats)
        ))?;
        let verdict = if report.holds() { "All as it should be" } else { "NOT as it should be" };
        self.output.text(format_args!("\n{verdict}. {} in all.", spent(self.started.elapsed())))
    }
}
