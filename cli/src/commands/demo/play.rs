//! Plays one scene: setup, contract, proof, cheats, spend, refund.

use super::attempts::{self, Honest, Outcome};
use super::chain::{Judgement, judge};
use super::report::{Played, Proving};
use super::scene::{Lie, Scene, ScenePayee, Shown};
use super::statement::Statement;
use super::story::Story;
use super::world::People;
use crate::commands::contract::build::random_nonce;
use crate::output::Output;
use crate::proving;
use anyhow::{Context as _, ensure};
use ark_bn254::Fr;
use chain_types::{FeeRate, Satoshis, UnlockingScript};
use contracts::{Evidence, Locked, Purse, Signed, lock};
use ledger::{TestChain, mature_coin};
use prover::circuit::{Assignment, CLASS};
use prover::groth16::{self, Proof, ProvingKey};
use prover::public::PublicInput;
use script_gen::{
    Contract, ContractArtifact, ContractDefinition, FixedInput, InputTerm, LockTime, OpenTerm, Payee, Payouts, Refund,
    Signer, SpendData, Terms,
};
use statement::{Binding, Nonce, PubkeyHash};
use std::time::Instant;
use tx_builder::{Coin, OutPoint, Transaction};

/// What the demo locks under each contract: plenty for the fees of a test chain.
pub(super) const AMOUNT: Satoshis = Satoshis(1_000_000);
/// Blocks from the first contract of a scene to its lock time.
const LOCKED_BLOCKS: u32 = 10;

/// What all scenes of a run share.
pub(super) struct Stage<'a> {
    pub(super) chain: &'a mut dyn TestChain,
    pub(super) people: &'a People,
    pub(super) fee_rate: FeeRate,
    pub(super) story: Story<'a>,
    pub(super) output: &'a Output,
    /// What Bob pays with next.
    purse: Coin,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        chain: &'a mut dyn TestChain,
        people: &'a People,
        fee_rate: FeeRate,
        story: Story<'a>,
        output: &'a Output,
    ) -> anyhow::Result<Self> {
        let purse = mature_coin(chain, people.bob.pubkey_hash())?;
        Ok(Self { chain, people, fee_rate, story, output, purse })
    }

    /// Plays a scene to its end.
    pub(super) fn play(&mut self, scene: &Scene<'_>) -> anyhow::Result<Played> {
        self.story.scene(scene)?;
        let (proving_key, _, setup_time) = proving::make_keys(&scene.circuit, self.output)?;
        self.story.keys(scene, setup_time)?;

        let (binding, assignment) = self.assign(scene, &scene.statement, random_nonce())?;
        let terms = self.terms(scene, &assignment, binding.nonce)?;
        let contract = build(scene, &proving_key, terms.clone())?;
        ensure!(contract.binding(self.people.alice.pubkey_hash()) == binding, "the proof is not bound to the contract");
        let second = build(scene, &proving_key, Terms { nonce: random_nonce(), ..terms.clone() })?;
        self.story.contract(scene, &contract)?;
        let deploy = self.deploy(&contract)?;
        let second_deploy = self.deploy(&second)?;
        let (locked, second) =
            (Locked::of(&contract, &deploy.transaction)?, Locked::of(&second, &second_deploy.transaction)?);
        self.story.deployed(scene, &deploy, AMOUNT)?;

        let (proof, proving) = self.prove(scene, &proving_key, &assignment)?;
        self.story.proof(scene, &binding, &proving)?;
        let evidence = Evidence::new(&contract, proof.inner(), assignment.public_inputs())?;
        let honest = self.spend(scene, &locked, &evidence, &assignment)?;

        let others = self.others(scene, &proving_key, &terms)?;
        let all = Honest {
            locked: &locked,
            evidence: &evidence,
            transaction: &honest.transaction,
            second: &second,
            others: &others,
            fee_rate: self.fee_rate,
        };
        let cheats = attempts::all(&all, scene, self.people)?;
        let mut outcomes = attempts::try_all(self.chain, &cheats, self.output)?;
        self.story.cheats(&outcomes)?;

        let judgement = judge(self.chain, &honest.transaction)?;
        let accepted = judgement == Judgement::Accepted && self.settle(locked.coin().outpoint, &honest.transaction)?;
        self.story.spent(scene, &honest, &judgement, accepted)?;
        let mut facts = scene.facts.clone();
        if accepted {
            let (lines, mut read) = (scene.reading)(&shown(&contract, &honest.transaction)?)?;
            self.story.reading(&lines)?;
            facts.append(&mut read);
        }

        let (refund, late, refunded_late_accepted) = self.refund(&second)?;
        self.story.refunded(scene, &refund, &late, refunded_late_accepted)?;
        outcomes.push(late);
        Ok(Played {
            variant: scene.variant,
            accepted,
            refunded_late_accepted,
            outcomes,
            facts,
            constraints: scene.circuit.shape().constraints,
            setup_time,
            proving,
            cost: contract.cost().total,
            deploy,
            spend: honest,
            refund,
        })
    }

    /// What a proof of `statement` is bound to, under a contract of this nonce, and its wires.
    fn assign(
        &self,
        scene: &Scene<'_>,
        statement: &Statement<'_>,
        nonce: Nonce,
    ) -> anyhow::Result<(Binding, Assignment)> {
        let recipient = match scene.payee {
            ScenePayee::Prover | ScenePayee::Attested { .. } => self.people.alice.pubkey_hash(),
            // Whoever sends it: the class says who is paid.
            ScenePayee::ByClass(_) => PubkeyHash([0; 20]),
        };
        let binding = Binding { recipient, nonce };
        Ok((binding, statement.assign(&scene.circuit, &binding)?))
    }

    /// The contract's terms: fixed is what `assignment` says, but for what the scene leaves open.
    fn terms(&self, scene: &Scene<'_>, assignment: &Assignment, nonce: Nonce) -> anyhow::Result<Terms> {
        let height = self.chain.info()?.height;
        let payee = match &scene.payee {
            ScenePayee::Prover if ContractDefinition::named(scene.contract)?.pays_named() => {
                Payee::Named { recipient: self.people.alice.pubkey_hash() }
            }
            ScenePayee::Prover => Payee::Prover { signer: None },
            ScenePayee::Attested { signer, input } => {
                let signer = Signer { public_key: signer.public_key_bytes(), input: (*input).to_owned() };
                Payee::Prover { signer: Some(signer) }
            }
            ScenePayee::ByClass(payouts) => Payee::ByClass(Payouts::new(CLASS, payouts.clone())?),
        };
        let lock_time = LockTime::new(height + LOCKED_BLOCKS)?;
        let refund = Refund { recipient: self.people.bob.pubkey_hash(), lock_time };
        Ok(Terms { inputs: inputs(scene, assignment)?, nonce, payee, refund })
    }

    /// Locks coins under a contract and mines the transaction.
    fn deploy(&mut self, contract: &Contract) -> anyhow::Result<Signed> {
        let purse = Purse { key: &self.people.bob, coins: core::slice::from_ref(&self.purse) };
        let signed = lock(contract, AMOUNT, &purse, self.fee_rate)?;
        self.chain.broadcast(&signed.transaction).context("the chain does not take the contract")?;
        self.mine(1)?;
        self.purse = Coin::of(&signed.transaction, 1)?;
        Ok(signed)
    }

    fn mine(&mut self, n_blocks: u32) -> anyhow::Result<()> {
        self.chain.mine(n_blocks, self.people.bob.pubkey_hash())?;
        Ok(())
    }

    fn prove(&self, scene: &Scene<'_>, key: &ProvingKey, assignment: &Assignment) -> anyhow::Result<(Proof, Proving)> {
        let (proof, prove_time) = proving::make_proof(key, &scene.circuit, assignment, self.output)?;
        let started = Instant::now();
        groth16::verify(key.verifying_key(), assignment.public_inputs(), &proof)?;
        Ok((proof, Proving { prove_time, verify_time: started.elapsed() }))
    }

    /// The spend by whoever has a right to it.
    fn spend(
        &self,
        scene: &Scene<'_>,
        locked: &Locked<'_>,
        evidence: &Evidence,
        assignment: &Assignment,
    ) -> anyhow::Result<Signed> {
        let (alice, fee_rate) = (&self.people.alice, self.fee_rate);
        Ok(match scene.payee {
            ScenePayee::Prover => locked.claim(alice, evidence, fee_rate)?,
            ScenePayee::Attested { signer, input } => {
                let place = scene.circuit.public_inputs().iter().position(|public| public.name == input);
                let value = place.and_then(|place| assignment.public_inputs().get(place));
                let word = locked.attest(signer, *value.with_context(|| format!("the circuit has no {input}"))?)?;
                locked.claim_attested(alice, evidence, &word, fee_rate)?
            }
            ScenePayee::ByClass(_) => locked.settle(evidence, fee_rate)?,
        })
    }

    /// For each lie that has a proof of its own, what it would be spent with: under a contract that asks for that.
    fn others(&self, scene: &Scene<'_>, key: &ProvingKey, terms: &Terms) -> anyhow::Result<Vec<SpendData>> {
        let mut others = Vec::new();
        for lie in &scene.lies {
            let Lie::Other { statement, .. } = lie else { continue };
            let (_, assignment) = self.assign(scene, statement, terms.nonce)?;
            let asked = build(scene, key, Terms { inputs: inputs(scene, &assignment)?, ..terms.clone() })?;
            let (proof, _) = proving::make_proof(key, &scene.circuit, &assignment, self.output)?;
            others.push(asked.spend_data(proof.inner(), assignment.public_inputs())?);
        }
        Ok(others)
    }

    /// Mines the honest spend; whether it is in a block, the contract's coin spent and the new ones there.
    fn settle(&mut self, contract: OutPoint, honest: &Transaction) -> anyhow::Result<bool> {
        self.mine(1)?;
        let txid = honest.compute_txid();
        let mined = self.chain.status(txid)?.is_some_and(|status| status.confirmations == 1);
        let spent = self.chain.unspent(contract)?.is_none();
        // Outputs that carry data alone are nobody's coins.
        let paid = (0..).zip(&honest.output).filter(|(_, output)| output.value.to_sat() > 0);
        let mut received = true;
        for (vout, output) in paid {
            received &= self.chain.unspent(OutPoint::new(txid, vout))?.as_ref() == Some(output);
        }
        Ok(mined && spent && received)
    }

    /// After the lock time the second coin is Bob's again, and nobody else's.
    fn refund(&mut self, second: &Locked<'_>) -> anyhow::Result<(Signed, Outcome, bool)> {
        let lock_time = second.contract().terms().refund.lock_time.get();
        let height = self.chain.info()?.height;
        self.mine(lock_time.saturating_sub(height))?;
        let late = attempts::late(second, self.people, self.fee_rate)?;
        let mut outcomes = attempts::try_all(self.chain, core::slice::from_ref(&late), self.output)?;
        let refund = second.refund(&self.people.bob, self.fee_rate)?;
        let judgement = judge(self.chain, &refund.transaction)?;
        let accepted = judgement == Judgement::Accepted && self.settle(second.coin().outpoint, &refund.transaction)?;
        Ok((refund, outcomes.pop().context("one attempt has one outcome")?, accepted))
    }
}

/// The contract and its definition's word that it is of its kind.
fn build(scene: &Scene<'_>, key: &ProvingKey, terms: Terms) -> anyhow::Result<Contract> {
    let definition = ContractDefinition::named(scene.contract)?;
    let public = scene.circuit.public_inputs().iter();
    let names: Vec<_> = public.map(|input| (input.name.as_str(), input.bits)).collect();
    definition.check(&names, &terms)?;
    Ok(ContractArtifact::build(&definition, key.verifying_key().inner(), terms)?.1)
}

/// The circuit's public inputs but the binding as terms: open, or fixed at what `assignment` says.
fn inputs(scene: &Scene<'_>, assignment: &Assignment) -> anyhow::Result<Vec<InputTerm>> {
    let values = scene.circuit.public_inputs().iter().zip(assignment.public_inputs()).skip(1);
    let term = |(PublicInput { name, bits }, value): (&PublicInput, &Fr)| {
        Ok(if scene.open.contains(&name.as_str()) {
            OpenTerm::new(name, *bits)?.into()
        } else {
            FixedInput::new(name, *bits, *value)?.into()
        })
    };
    values.map(term).collect()
}

/// What a spend on the chain shows.
fn shown<'t>(contract: &Contract, transaction: &'t Transaction) -> anyhow::Result<Shown<'t>> {
    let input = transaction.input.first().context("a spend has an input")?;
    let unlocking = UnlockingScript::from_bytes(input.script_sig.as_bytes().to_vec());
    let open = contract.read_claim(&unlocking)?;
    Ok(Shown { transaction, open: open.into_iter().map(|(term, value)| (term.name().to_owned(), value)).collect() })
}
