//! The whole story in one command.

mod attempts;
mod chain;
mod report;
mod story;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::DemoArgs;
use crate::bundled;
use crate::commands::contract::build::random_nonce;
use crate::evaluation::Evaluation;
use crate::output::Output;
use crate::payment::{self, Signed, SpendDraft};
use crate::{proving, public};
use anyhow::{Context as _, anyhow};
use chain::{Judgement, judge};
use chain_types::{FeeRate, Satoshis};
use core::num::NonZeroUsize;
use ledger::{TestChain, mature_coin};
use prover::circuit::{Answer as ClaimedAnswer, Claim};
use prover::groth16::{self, Proof, ProvingKey, VerifyingKey};
use prover::{Circuit, CircuitSpec, Dataset, Image, Model, infer};
use rand::rngs::OsRng;
use report::{Network, Proving, Report};
use script_gen::{ContractArtifact, ContractDefinition, ProofContract};
use statement::{Binding, Class};
use std::time::Instant;
use story::Story;
use tx_builder::{Coin, SigningKey, TxOut};

/// What the demo locks: plenty for the fees of a test chain.
const AMOUNT: Satoshis = Satoshis(1_000_000);
/// The class of the image that is hidden if the user names none.
const USUAL_CLASS: u8 = 7;

pub(crate) fn run(args: &DemoArgs, output: &Output) -> anyhow::Result<Verdict> {
    let fee_rate = args.fee.rate();
    if fee_rate < FeeRate::DEFAULT {
        return Err(anyhow!("--fee-rate is {}, nothing below {} is mined here", fee_rate.0, FeeRate::DEFAULT.0))
            .advise("give a higher --fee-rate, or none");
    }
    let (model, set) = (bundled::model_or(None)?, bundled::test_set()?);
    if let Some(index) = args.image.filter(|index| *index >= set.len()) {
        return Err(anyhow!("--image is {index}, expected 0 to {}", set.len().saturating_sub(1)))
            .advise("give the number of a bundled test image, or none");
    }
    let mut story = Story::new(output);
    let mut chain = chain::open(args.chain, output)?;
    story.opening(&chain.info()?)?;

    let network = choose_image(args.image, &model, &set, output)?;
    story.image(&network)?;
    let circuit = proving::circuit(&model, &CircuitSpec::of(&model), output)?;
    let (proving_key, _, setup_time) = proving::make_keys(&circuit, output)?;
    story.keys(&circuit, setup_time)?;

    let (alice, bob) = (SigningKey::random(&mut OsRng), SigningKey::random(&mut OsRng));
    let contract = build_contract(proving_key.verifying_key(), network.class)?;
    story.contract(&contract, network.class)?;
    let mut funder = Funder { chain: chain.as_mut(), key: &bob, fee_rate };
    let coin = mature_coin(funder.chain, bob.pubkey_hash())?;
    let (locked, deploy) = funder.deploy(&contract, coin)?;
    story.deployed(&deploy, AMOUNT)?;

    let binding = contract.binding(alice.pubkey_hash());
    let (proof, proving) = make_proof(&circuit, &proving_key, &model, &network, &binding, output)?;
    story.proof(network.class, &binding, &proving)?;

    let hints = contract.hints(proof.inner(), alice.pubkey_hash())?;
    let draft = SpendDraft::new(&contract, locked.clone(), &alice, fee_rate)?;
    let honest = draft.signed(&hints)?;
    // Paid with the first contract's change: the same network and class, another nonce.
    let second = build_contract(proving_key.verifying_key(), network.class)?;
    let (replay_target, _) = funder.deploy(&second, Coin::of(&deploy.transaction, 1)?)?;
    let cheats = attempts::all(&draft, &hints, &locked, &second, replay_target)?;
    let tampers = attempts::try_all(funder.chain, &cheats, output)?;
    story.cheats(&tampers)?;

    let judgement = judge(funder.chain, &honest.transaction)?;
    let accepted = judgement == Judgement::Accepted && funder.settle(&locked, &honest)?;
    let verdict = report::Verdict { accepted, tampers, chain: funder.chain.info()? };
    let timings = report::Timings { constraints: circuit.shape().constraints, setup_time, proving };
    let report = Report::new(&network, &timings, &contract, &deploy, &honest, verdict);
    story.ending(&report, &judgement)?;
    output.json(&report)?;
    Ok(Verdict::of(report.holds()))
}

/// Evaluates the network on every test image and picks the one to hide.
fn choose_image(index: Option<usize>, model: &Model, set: &Dataset, output: &Output) -> anyhow::Result<Network> {
    let stage = output.steps("evaluating the network", set.len());
    let evaluation = Evaluation::of(model, set, NonZeroUsize::MIN, |done| stage.done(done))?;
    let says = |image: &Image| -> anyhow::Result<usize> { Ok(infer(model, &model.input().tensor(image)?)?.class) };
    let usual = |(image, label): (&Image, usize)| {
        label == usize::from(USUAL_CLASS) && says(image).is_ok_and(|class| class == label)
    };
    let index = index.or_else(|| set.iter().position(usual));
    let index = index.with_context(|| format!("the network reads no test image as {USUAL_CLASS}"))?;
    let (image, label) =
        set.get(index).with_context(|| format!("--image is {index}, expected 0 to {}", set.len().saturating_sub(1)))?;
    let class = digit(says(image)?)?;
    Ok(Network { model: model.name().to_owned(), evaluation, index, image: image.clone(), label: digit(label)?, class })
}

/// A class of the demo's network, which knows ten.
fn digit(class: usize) -> anyhow::Result<Class> {
    Ok(Class::new(u8::try_from(class)?)?)
}

fn make_proof(
    circuit: &Circuit,
    proving_key: &ProvingKey,
    model: &Model,
    network: &Network,
    binding: &Binding,
    output: &Output,
) -> anyhow::Result<(Proof, Proving)> {
    let started = Instant::now();
    let claim = Claim {
        binding,
        model,
        model_salt: None,
        inputs: &[model.input().tensor(&network.image)?],
        input_salts: &[],
        answer: &ClaimedAnswer::Class(vec![usize::from(network.class.index())]),
    };
    let assignment = circuit.assign(&claim)?;
    let (proof, _) = proving::make_proof(proving_key, circuit, &assignment, output)?;
    let prove_time = started.elapsed();
    let started = Instant::now();
    groth16::verify(proving_key.verifying_key(), assignment.public_inputs(), &proof)?;
    Ok((proof, Proving { prove_time, verify_time: started.elapsed() }))
}

/// A contract with a nonce of its own.
fn build_contract(vk: &VerifyingKey, class: Class) -> anyhow::Result<ProofContract> {
    let definition = ContractDefinition::inference_payment()?;
    Ok(ContractArtifact::build(&definition, vk.inner(), public::of_class(vk, class)?, random_nonce())?.1)
}

/// Whoever pays for proofs.
struct Funder<'a> {
    chain: &'a mut dyn TestChain,
    key: &'a SigningKey,
    fee_rate: FeeRate,
}

impl Funder<'_> {
    /// Locks coins under a contract and mines the transaction.
    fn deploy(&mut self, contract: &ProofContract, coin: Coin) -> anyhow::Result<(Coin, Signed)> {
        let signed = payment::deploy(contract.locking_script(), AMOUNT, coin, self.key, self.fee_rate)?;
        self.chain.broadcast(&signed.transaction).context("the chain does not take the contract")?;
        self.chain.mine(1, self.key.pubkey_hash())?;
        Ok((Coin::of(&signed.transaction, 0)?, signed))
    }

    /// Mines the honest spend; whether it is in a block, the contract's coin spent and the new one there.
    fn settle(&mut self, contract: &Coin, honest: &Signed) -> anyhow::Result<bool> {
        self.chain.mine(1, self.key.pubkey_hash())?;
        let paid = Coin::of(&honest.transaction, 0)?;
        let mined = self.chain.status(paid.outpoint.txid)?.is_some_and(|status| status.confirmations == 1);
        let spent = self.chain.unspent(contract.outpoint)?.is_none();
        let received: Option<TxOut> = self.chain.unspent(paid.outpoint)?;
        Ok(mined && spent && received.as_ref() == honest.transaction.output.first())
    }
}
