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
use anyhow::{Context as _, anyhow};
use chain::{Judgement, judge};
use chain_types::{FeeRate, Satoshis};
use ledger::{Chain, mature_coin};
use prover::groth16::{ProofDocument, VerifyingKey, prove, setup};
use prover::{Circuit, Dataset, Model, infer};
use rand::rngs::OsRng;
use report::{Network, Proving, Report};
use script_gen::{ContractArtifact, ContractDefinition, DigitContract};
use statement::{Class, Nonce, Statement};
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
    let mut story = Story::new(output);
    let mut chain = chain::open(args.chain, output)?;
    let (model, set) = (bundled::model_or(None)?, bundled::test_set()?);
    story.opening(&chain.info()?)?;

    let network = choose_image(args.image, &model, &set, output)?;
    story.image(&network)?;
    let key = SigningKey::random(&mut OsRng);
    let nonce = random_nonce();
    let statement = Statement { class: network.class, recipient: key.pubkey_hash(), nonce };
    let (document, vk, proving) = make_proof(&model, &network, &statement, output)?;
    story.proof(&statement, &proving)?;

    let contract = build_contract(&vk, network.class, nonce)?;
    story.contract(&contract)?;
    let mut shop = Shop { chain: chain.as_mut(), key: &key, fee_rate };
    let coin = mature_coin(shop.chain, key.pubkey_hash())?;
    let (deployed, deploy) = shop.deploy(&contract, coin)?;
    story.deployed(&deploy, AMOUNT)?;

    let hints = contract.hints(document.proof().inner(), key.pubkey_hash())?;
    let draft = SpendDraft::new(&contract, deployed.clone(), &hints, &key, fee_rate)?;
    let honest = draft.signed(&hints)?;
    // Deployed with the first contract's change: the same key, class and owner, another nonce.
    let second = build_contract(&vk, network.class, random_nonce())?;
    let (replay_target, _) = shop.deploy(&second, Coin::of(&deploy.transaction, 1)?)?;
    let cheats = attempts::all(&draft, &hints, &deployed, &second, replay_target)?;
    let tampers = attempts::try_all(shop.chain, &cheats, output)?;
    story.cheats(&tampers)?;

    let judgement = judge(shop.chain, &honest.transaction)?;
    let accepted = shop.settle(&judgement, &deployed, &honest)?;
    let report = Report::new(&network, &proving, &contract, &deploy, &honest, tampers, accepted, &shop.chain.info()?);
    story.ending(&report, &judgement)?;
    output.json(&report)?;
    Ok(Verdict::of(report.holds()))
}

/// Evaluates the network on every test image and picks the one to hide.
fn choose_image(index: Option<usize>, model: &Model, set: &Dataset, output: &Output) -> anyhow::Result<Network> {
    let stage = output.steps("evaluating the network", set.len());
    let evaluation = Evaluation::of(model, set, |done| stage.done(done));
    let usual =
        || set.iter().position(|(image, label)| label.index() == USUAL_CLASS && infer(model, image).class == label);
    let index = index.or_else(usual).with_context(|| format!("the network reads no test image as {USUAL_CLASS}"))?;
    let (image, label) =
        set.get(index).with_context(|| format!("--image is {index}, expected 0 to {}", set.len().saturating_sub(1)))?;
    let class = infer(model, image).class;
    Ok(Network { model: model.name().to_owned(), evaluation, index, image: image.clone(), label, class })
}

fn make_proof(
    model: &Model,
    network: &Network,
    statement: &Statement,
    output: &Output,
) -> anyhow::Result<(ProofDocument, VerifyingKey, Proving)> {
    let circuit = Circuit::new(model);
    let constraints = circuit.shape().constraints;
    let stage = output.stage("making the keys of the network", super::setup::estimate(constraints));
    let started = Instant::now();
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;
    let setup_time = started.elapsed();
    drop(stage);

    let stage = output.stage("proving", super::prove::estimate(constraints));
    let started = Instant::now();
    let assignment = circuit.assign(&network.image, statement);
    let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
    let prove_time = started.elapsed();
    drop(stage);

    let document = ProofDocument::new(&vk, *statement, proof);
    let started = Instant::now();
    document.verify(&vk)?;
    let proving = Proving { constraints, setup_time, prove_time, verify_time: started.elapsed() };
    Ok((document, vk, proving))
}

fn build_contract(vk: &VerifyingKey, class: Class, nonce: Nonce) -> anyhow::Result<DigitContract> {
    let definition = ContractDefinition::inference_payment()?;
    Ok(ContractArtifact::build(&definition, vk.inner(), class, nonce)?.1)
}

/// Somebody with a key on a chain.
struct Shop<'a> {
    chain: &'a mut dyn Chain,
    key: &'a SigningKey,
    fee_rate: FeeRate,
}

impl Shop<'_> {
    /// Locks coins under a contract and mines the transaction.
    fn deploy(&mut self, contract: &DigitContract, coin: Coin) -> anyhow::Result<(Coin, Signed)> {
        let signed = payment::deploy(contract.locking_script(), AMOUNT, coin, self.key, self.fee_rate)?;
        self.chain.broadcast(&signed.transaction).context("the chain does not take the contract")?;
        self.chain.mine(1, self.key.pubkey_hash())?;
        Ok((Coin::of(&signed.transaction, 0)?, signed))
    }

    /// Mines the honest spend; whether it is in a block, the contract's coin spent and the new one there.
    fn settle(&mut self, judgement: &Judgement, contract: &Coin, honest: &Signed) -> anyhow::Result<bool> {
        if matches!(judgement, Judgement::Refused(_)) {
            return Ok(false);
        }
        self.chain.mine(1, self.key.pubkey_hash())?;
        let paid = Coin::of(&honest.transaction, 0)?;
        let mined = self.chain.status(paid.outpoint.txid)?.is_some_and(|status| status.confirmations == 1);
        let spent = self.chain.unspent(contract.outpoint)?.is_none();
        let received: Option<TxOut> = self.chain.unspent(paid.outpoint)?;
        Ok(mined && spent && received.as_ref() == honest.transaction.output.first())
    }
}
