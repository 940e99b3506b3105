//! `private-model-inference`: somebody pays for what a model says of one image. The model is private, known by its
//! commitment alone; the image is public and part of the contract.
//!
//! `cargo run --release -p contracts --example private_model_inference`

mod common;

use std::io::Write;

use ark_bn254::Fr;
use chain_types::Satoshis;
use common::{Outcome, RATE, chain_with_coin, images, network};
use contracts::{Evidence, Locked, Purse, lock};
use ledger::Chain as _;
use prover::circuit::{Answer, CLASS, Claim, Layout, MODEL_COMMITMENT, committed_values, model_layout};
use prover::groth16::{prove, setup};
use prover::model::InputVisibility;
use prover::{Circuit, CircuitSpec, ModelCommitment, Salt, infer};
use rand::rngs::OsRng;
use script_gen::{Contract, FixedInput, HintError, LockTime, Refund, Target, Terms};
use statement::Nonce;
use tx_builder::SigningKey;

fn main() -> Outcome {
    run(&mut std::io::stdout())
}

/// Tells the story to `out`.
pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let [asker, owner] = [(); 2].map(|()| SigningKey::random(&mut OsRng));

    // The owner of a model publishes its architecture and a commitment to its weights.
    let model = network("mnist-private")?;
    let architecture = model.architecture();
    let salt = Salt::random(&mut OsRng);
    let commitment = ModelCommitment::new(&model_layout(&model)?, committed_values(&model), &salt)?;
    writeln!(out, "The model is known as {commitment}.")?;

    // Setup, once for an architecture, by somebody both trust.
    let spec = CircuitSpec { input: InputVisibility::Public, ..CircuitSpec::of(&architecture) };
    let circuit = Circuit::inference(&architecture, &spec)?;
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;

    // The asker wants to know whether the model calls the first image a seven, and pays if it does. Class, image and model
    // are fixed; only who is paid is open.
    let set = images()?;
    let (image, _) = set.get(0).ok_or("no image")?;
    let input = architecture.input().tensor(image)?;
    let packing = Layout::of(&architecture, &spec)?.input.ok_or("the input is public")?;
    let pixels: Vec<_> = input.values().iter().map(|pixel| (*pixel).into()).collect();
    let mut words = packing.pack(&pixels).ok_or("pixels of the network")?.into_iter();
    let value = |name: &str| match name {
        CLASS => Some(Fr::from(7)),
        MODEL_COMMITMENT => Some(commitment.element()),
        _ => words.next().map(Fr::from),
    };
    let (after_binding, mut value) = (&circuit.public_inputs()[1..], value);
    let mut inputs = Vec::new();
    for public in after_binding {
        let value = value(&public.name).ok_or("an input of another circuit")?;
        inputs.push(FixedInput::new(&public.name, public.bits, value)?.into());
    }
    let refund = Refund { recipient: asker.pubkey_hash(), lock_time: LockTime::new(500)? };
    let terms = Terms::pay_prover(inputs, Nonce(*b"question"), refund);
    let contract = Contract::new(vk.inner(), terms, Target::GENESIS)?;
    let (mut chain, coin) = chain_with_coin(&asker)?;
    let deployment = lock(&contract, Satoshis(100_000), &Purse { key: &asker, coins: &[coin] }, RATE)?;
    chain.broadcast(&deployment.transaction)?;
    writeln!(out, "The asker locks 100,000 satoshis: {} public inputs are fixed.", after_binding.len())?;

    // The owner runs the model, proves what it says, and claims. With weights other than those committed to, the proof is
    // about another commitment, and the contract does not take it.
    let claim = |model: &prover::Model| -> Outcome<Result<Evidence, HintError>> {
        let class = infer(model, &input)?.class;
        let assignment = circuit.assign(&Claim {
            binding: &contract.binding(owner.pubkey_hash()),
            model,
            model_salt: Some(&salt),
            inputs: std::slice::from_ref(&input),
            input_salts: &[],
            answer: &Answer::Class(vec![class]),
        })?;
        let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
        Ok(Evidence::new(&contract, proof.inner(), assignment.public_inputs()))
    };
    match claim(&architecture)? {
        Err(refused) => writeln!(out, "A proof about other weights: {refused}.")?,
        Ok(_) => return Err("a proof about other weights was taken".into()),
    }
    let spend = Locked::of(&contract, &deployment.transaction)?.claim(&owner, &claim(&model)??, RATE)?;
    chain.broadcast(&spend.transaction)?;
    let paid = spend.transaction.output[0].value.to_sat();
    writeln!(out, "The owner proves a seven, keeps the weights, and is paid {paid} satoshis.")?;
    Ok(())
}
