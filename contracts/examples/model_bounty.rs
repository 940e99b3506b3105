//! `model-bounty`: a host pays the first who proves that a model nobody has seen gets 18 of 20 public images right. The
//! winner's commitment can be read from the spend. A bounty that nobody wins goes back to the host.
//!
//! `cargo run --release -p contracts --example model_bounty`

mod common;

use std::io::Write;

use chain_types::Satoshis;
use common::{Outcome, RATE, chain_with_coin, images, network};
use contracts::{Evidence, Locked, Purse, lock};
use ledger::{Chain as _, TestChain as _};
use prover::accuracy::LabelledSet;
use prover::circuit::{AccuracyClaim, MIN_CORRECT, MODEL_COMMITMENT};
use prover::groth16::{prove, setup};
use prover::{Circuit, ModelCommitment, Salt};
use rand::rngs::OsRng;
use script_gen::{Contract, FixedInput, LockTime, OpenTerm, Refund, Target, Terms};
use statement::Nonce;
use tx_builder::{Coin, SigningKey};

const LOCK_HEIGHT: u32 = 150;

fn main() -> Outcome {
    run(&mut std::io::stdout())
}

/// Tells the story to `out`.
pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let [host, winner] = [(); 2].map(|()| SigningKey::random(&mut OsRng));

    // The benchmark: an architecture, whose weights are anyone's to choose, and labelled images. Setup, once for both.
    let model = network("mnist-private")?;
    let set = LabelledSet::of_images(model.input(), images()?.iter().take(20))?;
    let circuit = Circuit::accuracy(&model.architecture(), &set)?;
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;

    // The contract fixes how many must be right; the model's commitment is given at spending. Two bounties, two nonces:
    // with one nonce, one proof would win both.
    let (mut chain, coin) = chain_with_coin(&host)?;
    let refund = Refund { recipient: host.pubkey_hash(), lock_time: LockTime::new(LOCK_HEIGHT)? };
    let bits = circuit.public_inputs()[1].bits;
    let bounty = |nonce: &[u8; 8]| -> Outcome<Contract> {
        let at_least = FixedInput::parse(MIN_CORRECT, bits, "18")?;
        let inputs = [at_least.into(), OpenTerm::new(MODEL_COMMITMENT, 254)?.into()];
        Ok(Contract::new(vk.inner(), Terms::pay_prover(inputs, Nonce(*nonce), refund), Target::GENESIS)?)
    };
    let (first, second) = (bounty(b"bounty 1")?, bounty(b"bounty 2")?);
    let deployment = lock(&first, Satoshis(500_000), &Purse { key: &host, coins: &[coin] }, RATE)?;
    chain.broadcast(&deployment.transaction)?;
    let change = Coin::of(&deployment.transaction, 1)?;
    let unclaimed = lock(&second, Satoshis(500_000), &Purse { key: &host, coins: &[change] }, RATE)?;
    chain.broadcast(&unclaimed.transaction)?;
    writeln!(out, "The host locks two bounties of 500,000 satoshis for 18 of {} images.", set.n_inputs())?;

    // The winner proves it of a model, under a commitment, and claims.
    let salt = Salt::random(&mut OsRng);
    let assignment = circuit.assign_accuracy(&AccuracyClaim {
        binding: &first.binding(winner.pubkey_hash()),
        model: &model,
        model_salt: &salt,
        min_correct: 18,
    })?;
    let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
    let evidence = Evidence::new(&first, proof.inner(), assignment.public_inputs())?;
    let locked = Locked::of(&first, &deployment.transaction)?;
    let claim = locked.claim(&winner, &evidence, RATE)?;
    chain.broadcast(&claim.transaction)?;
    let paid = claim.transaction.output[0].value.to_sat();
    writeln!(out, "The winner is paid {paid} satoshis.")?;

    // Whoever sees the claim reads from it which model has won.
    let read = locked.read(&claim.transaction)?;
    let (_, commitment) = read.first().ok_or("a claim of a bounty names a model")?;
    writeln!(out, "The spend names the model: {}.", ModelCommitment::from_element(*commitment))?;

    // The other bounty goes back, but not early.
    let refund = Locked::of(&second, &unclaimed.transaction)?.refund(&host, RATE)?;
    match chain.broadcast(&refund.transaction) {
        Err(refused) => writeln!(out, "The host asks for the second bounty too early: {refused}.")?,
        Ok(_) => return Err("a refund before its time".into()),
    }
    let height = chain.info()?.height;
    chain.mine(LOCK_HEIGHT - height, host.pubkey_hash())?;
    chain.broadcast(&refund.transaction)?;
    let back = refund.transaction.output[0].value.to_sat();
    writeln!(out, "After block {LOCK_HEIGHT} the host has {back} satoshis back.")?;
    Ok(())
}
