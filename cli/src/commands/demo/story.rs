//! The demo told to people.

use super::attempts::Outcome;
use super::chain::Judgement;
use super::report::{Proving, unlocking_len};
use super::scene::{Scene, ScenePayee};
use crate::output::Output;
use crate::public;
use crate::values::{grouped, spent};
use chain_types::Satoshis;
use contracts::Signed;
use core::fmt::Display;
use ledger::ChainInfo;
use script_gen::Contract;
use statement::Binding;
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

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn opening(&mut self, contract: &str, chain: &ChainInfo) -> anyhow::Result<()> {
        let keeper = match &chain.version {
            Some(version) => format!("a real node, {version}, on a private {} chain", chain.network),
            None => "a chain in memory that applies a node's rules and limits".to_owned(),
        };
        let about = match contract {
            "model-bounty" => "a prize for a network that nobody sees",
            "private-model-inference" => "a coin that opens for the word of a hidden network",
            "settlement" => "a bet that a hidden image decides",
            "model-sale" => "a coin for the key to a hidden network",
            _ => "a coin that opens for a proof about a hidden image",
        };
        self.output.text(format_args!("provelock: {about}"))?;
        self.output.text(format_args!("Chain: {keeper}\n"))
    }

    pub(super) fn scene(&mut self, scene: &Scene<'_>) -> anyhow::Result<()> {
        for step in &scene.opening {
            self.step(&step.title)?;
            step.lines.iter().try_for_each(|line| self.more(line))?;
        }
        Ok(())
    }

    pub(super) fn keys(&mut self, scene: &Scene<'_>, setup_time: Duration) -> anyhow::Result<()> {
        let constraints = grouped(scene.circuit.shape().constraints);
        let keys = format!("{constraints} constraints with keys. {}", spent(setup_time));
        if scene.variant.is_some() {
            return self.more(format_args!("Setup: {keys}"));
        }
        self.step(format_args!("Setup: what is to be proved becomes {keys}"))?;
        self.more("Whoever runs a setup could keep its randomness and forge; this run keeps none of it.")
    }

    pub(super) fn contract(&mut self, scene: &Scene<'_>, contract: &Contract) -> anyhow::Result<()> {
        let (cost, terms) = (contract.cost().total, contract.terms());
        self.step(format_args!("Bob writes a locking script that {}.", scene.terms))?;
        self.more(format_args!(
            "{} bytes, {} instructions: the script itself checks the whole proof.",
            grouped(cost.bytes),
            grouped(cost.opcodes)
        ))?;
        let fixed: Vec<_> = terms.fixed().cloned().collect();
        let fixed = public::by_name(&fixed);
        if !fixed.is_empty() {
            self.more(format_args!("fixed in it               {}", public::listed(&fixed)))?;
        }
        let open = public::listed_names(terms.open().map(|open| open.name()));
        if !open.is_empty() {
            self.more(format_args!("given by the spend        {open}"))?;
        }
        self.more(format_args!("its nonce                 {}", hex::encode(terms.nonce.0)))?;
        self.more(format_args!("Bob's again from          {} on, if nobody claims it", terms.refund.lock_time))
    }

    pub(super) fn deployed(&mut self, scene: &Scene<'_>, deploy: &Signed, amount: Satoshis) -> anyhow::Result<()> {
        if scene.variant.is_some() {
            return Ok(());
        }
        let Signed { transaction, fee, .. } = deploy;
        self.step(format_args!("Bob locks {} sat under it; the transaction is mined.", grouped(amount.0)))?;
        self.more(format_args!("transaction {}", transaction.compute_txid()))?;
        self.more(format_args!("{} bytes, fee {} sat", grouped(transaction.total_size()), grouped(fee.0)))
    }

    pub(super) fn proof(&mut self, scene: &Scene<'_>, binding: &Binding, proving: &Proving) -> anyhow::Result<()> {
        let (proved, verified) = (spent(proving.prove_time), spent(proving.verify_time));
        self.step(format_args!("Alice proves: \"{}\". {proved}", scene.claim))?;
        if scene.variant.is_some() {
            return Ok(());
        }
        let recipient = match scene.payee {
            ScenePayee::Prover | ScenePayee::Attested { .. } => hex::encode(binding.recipient.0),
            ScenePayee::ByClass(_) => "none: whoever sends it changes nothing".to_owned(),
        };
        self.more(format_args!("bound to the key hash     {recipient}"))?;
        self.more(format_args!("bound to Bob's contract   {}", hex::encode(binding.nonce.0)))?;
        self.more(format_args!("Checked off the chain: the proof holds. {verified}"))
    }

    pub(super) fn cheats(&mut self, outcomes: &[Outcome]) -> anyhow::Result<()> {
        self.step(format_args!(
            "First, {} attempts to cheat. On the right: the piece of script that stops each.",
            outcomes.len()
        ))?;
        outcomes.iter().try_for_each(|outcome| self.outcome(outcome))?;
        let mut reasons: Vec<&str> = outcomes.iter().filter_map(|outcome| outcome.reason.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        self.more("In the chain's words:")?;
        reasons.iter().try_for_each(|reason| self.more(format_args!("  {reason}")))
    }

    fn outcome(&self, outcome: &Outcome) -> anyhow::Result<()> {
        let verdict = if outcome.accepted { "ACCEPTED" } else { "refused" };
        let place = outcome.failure.as_ref().map_or("none: the chain's own rule", |place| place.fragment.as_str());
        self.more(format_args!("{verdict:<8} {:<50} {place}", outcome.what))
    }

    pub(super) fn spent(
        &mut self,
        scene: &Scene<'_>,
        honest: &Signed,
        judgement: &Judgement,
        accepted: bool,
    ) -> anyhow::Result<()> {
        match (judgement, &scene.payee) {
            (Judgement::Refused(reason), _) => self.step(format_args!("The honest spend is REFUSED: {reason}"))?,
            (Judgement::Accepted, _) if !accepted => self.step("The honest spend was taken, but did not pay.")?,
            (Judgement::Accepted, ScenePayee::ByClass(_)) => {
                self.step("Somebody sends the proof; it is accepted and mined, and pays as agreed.")?;
            }
            (Judgement::Accepted, _) => self.step("Alice's honest spend is accepted and mined; the coins are hers.")?,
        }
        self.more(format_args!("transaction {}", honest.transaction.compute_txid()))?;
        let unlock = unlocking_len(honest);
        let lock = honest.spent.first().map_or(0, |output| output.script_pubkey.len());
        self.more(format_args!(
            "locking {} + unlocking {} = {} bytes of script, fee {} sat",
            grouped(lock),
            grouped(unlock),
            grouped(lock + unlock),
            grouped(honest.fee.0)
        ))
    }

    pub(super) fn reading(&self, lines: &[String]) -> anyhow::Result<()> {
        lines.iter().try_for_each(|line| self.more(line))
    }

    pub(super) fn refunded(
        &mut self,
        scene: &Scene<'_>,
        refund: &Signed,
        late: &Outcome,
        accepted: bool,
    ) -> anyhow::Result<()> {
        let verdict = if accepted { "Nobody claims another coin: from its lock time on it is Bob's again." } else { "Bob's refund after the lock time is REFUSED." };
        if scene.variant.is_some() {
            return self.more(verdict);
        }
        self.step(verdict)?;
        self.outcome(late)?;
        self.more(format_args!("{} bytes of script, fee {} sat", grouped(unlocking_len(refund)), grouped(refund.fee.0)))
    }

    pub(super) fn ending(&mut self, holds: bool) -> anyhow::Result<()> {
        let verdict = if holds { "All as it should be" } else { "NOT as it should be" };
        self.output.text(format_args!("\n{verdict}. {} in all.", spent(self.started.elapsed())))
    }
}
