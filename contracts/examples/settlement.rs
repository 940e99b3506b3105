//! `settlement`: two players bet on what a network reads in a sealed image. The outputs of each outcome are part of the
//! contract; anybody may submit the proof, and nobody can redirect the coins.
//!
//! `cargo run --release -p contracts --example settlement`

mod common;

use std::io::Write;

use chain_types::{LockingScript, Satoshis};
use common::{Outcome, RATE, chain_with_coin, images, network};
use contracts::{Evidence, Locked, Purse, lock};
use ledger::Chain as _;
use prover::circuit::{Answer, CLASS, Claim, input_layout};
use prover::groth16::{prove, setup};
use prover::model::InputVisibility;
use prover::{Circuit, CircuitSpec, InputCommitment, Salt, infer};
use rand::rngs::OsRng;
use script_gen::{Contract, FixedInput, LockTime, OpenTerm, Payee, Payout, Payouts, Refund, Target, Terms};
use statement::Nonce;
use tx_builder::SigningKey;

fn main() -> Outcome {
    run(&mut std::io::stdout())
}

/// Tells the story to `out`.
pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let [house, ann, ben, postman] = [(); 4].map(|()| SigningKey::random(&mut OsRng));

    let model = network("mnist-tiny")?;
    let spec = CircuitSpec { input: InputVisibility::Committed, ..CircuitSpec::of(&model) };
    let circuit = Circuit::inference(&model, &spec)?;
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;

    // The sealed image: everybody sees its commitment, the postman knows the image.
    let set = images()?;
    let (image, _) = set.get(0).ok_or("no image")?;
    let input = model.input().tensor(image)?;
    let salt = Salt::random(&mut OsRng);
    let pixels = input.values().iter().map(|pixel| (*pixel).into());
    let commitment = InputCommitment::new(&input_layout(&model)?, pixels, &salt)?;

    // Even classes pay Ann, odd ones Ben; the house has one part in ten of either. What the coin holds beyond is the fee.
    let pay = |who: &SigningKey, value| Payout {
        value: Satoshis(value),
        locking_script: LockingScript::p2pkh(&who.pubkey_hash().0),
    };
    let outcome = |class: usize| Some(vec![pay(if class % 2 == 0 { &ann } else { &ben }, 90_000), pay(&house, 10_000)]);
    let payouts = Payouts::new(CLASS, (0..10).map(outcome).collect())?;
    let terms = Terms {
        inputs: vec![
            OpenTerm::new(CLASS, 4)?.into(),
            FixedInput::new("input_commitment", 254, commitment.element())?.into(),
        ],
        nonce: Nonce(*b"game 001"),
        payee: Payee::ByClass(payouts),
        refund: Refund { recipient: house.pubkey_hash(), lock_time: LockTime::new(500)? },
    };
    let contract = Contract::new(vk.inner(), terms, Target::GENESIS)?;
    let (mut chain, coin) = chain_with_coin(&house)?;
    let deployment = lock(&contract, Satoshis(105_000), &Purse { key: &house, coins: &[coin] }, RATE)?;
    chain.broadcast(&deployment.transaction)?;
    writeln!(out, "The house locks 105,000 satoshis on the image {commitment}.")?;

    // The postman opens the image and proves its class. The proof names nobody.
    let class = infer(&model, &input)?.class;
    let assignment = circuit.assign(&Claim {
        binding: &contract.binding(postman.pubkey_hash()),
        model: &model,
        model_salt: None,
        inputs: &[input],
        input_salts: &[salt],
        answer: &Answer::Class(vec![class]),
    })?;
    let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
    let evidence = Evidence::new(&contract, proof.inner(), assignment.public_inputs())?;
    let settled = Locked::of(&contract, &deployment.transaction)?.settle(&evidence, RATE)?;

    // The postman would rather be paid: the script finds other outputs than the contract's.
    let mut stolen = settled.transaction.clone();
    stolen.output[0].script_pubkey = LockingScript::p2pkh(&postman.pubkey_hash().0).into_bytes().into();
    match chain.broadcast(&stolen) {
        Err(refused) => writeln!(out, "With an output of the postman's: {refused}.")?,
        Ok(_) => return Err("the coins were redirected".into()),
    }
    chain.broadcast(&settled.transaction)?;
    let winner = if class % 2 == 0 { "Ann" } else { "Ben" };
    writeln!(
        out,
        "The image is a {class}: {winner} has 90,000 satoshis, the house 10,000, the miner {}.",
        settled.fee
    )?;
    Ok(())
}
