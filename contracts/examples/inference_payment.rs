//! `inference-payment`: an insurer pays for a photograph that a public network calls a seven, if a notary has signed the
//! photograph's commitment. Nobody but the claimant sees the photograph.
//!
//! `cargo run --release -p contracts --example inference_payment`

mod common;

use std::io::Write;

use chain_types::Satoshis;
use common::{Outcome, RATE, chain_with_coin, images, network};
use contracts::{Evidence, Locked, Purse, SpendError, lock};
use ledger::Chain as _;
use prover::circuit::{Answer, CLASS, Claim, input_layout};
use prover::groth16::{prove, setup};
use prover::model::InputVisibility;
use prover::{Circuit, CircuitSpec, InputCommitment, Salt, infer};
use rand::rngs::OsRng;
use script_gen::{Contract, FixedInput, LockTime, OpenTerm, Payee, Refund, Signer, Target, Terms};
use statement::Nonce;
use tx_builder::SigningKey;

fn main() -> Outcome {
    run(&mut std::io::stdout())
}

/// Tells the story to `out`.
pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let [insurer, notary, claimant] = [(); 3].map(|()| SigningKey::random(&mut OsRng));

    // Setup, once for a network. The input is committed: the commitment is a public input, the photograph is not.
    let model = network("mnist-tiny")?;
    let spec = CircuitSpec { input: InputVisibility::Committed, ..CircuitSpec::of(&model) };
    let circuit = Circuit::inference(&model, &spec)?;
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;

    // The contract: class 7; a commitment given at spending and signed by the notary; back to the insurer after block 500.
    let (mut chain, coin) = chain_with_coin(&insurer)?;
    let signer = Signer { public_key: notary.public_key_bytes(), input: "input_commitment".to_owned() };
    let terms = Terms {
        inputs: vec![FixedInput::parse(CLASS, 4, "7")?.into(), OpenTerm::new("input_commitment", 254)?.into()],
        nonce: Nonce(*b"claim 01"),
        payee: Payee::Prover { signer: Some(signer) },
        refund: Refund { recipient: insurer.pubkey_hash(), lock_time: LockTime::new(500)? },
    };
    let contract = Contract::new(vk.inner(), terms, Target::GENESIS)?;
    let purse = Purse { key: &insurer, coins: &[coin] };
    let deployment = lock(&contract, Satoshis(100_000), &purse, RATE)?;
    chain.broadcast(&deployment.transaction)?;
    let locked = Locked::of(&contract, &deployment.transaction)?;
    writeln!(out, "The insurer locks 100,000 satoshis under a script of {} bytes.", contract.locking_script().len())?;

    // The claimant takes a photograph and commits to it; the notary, who has seen it, signs the commitment.
    let set = images()?;
    let (photograph, _) = set.iter().find(|(_, label)| *label == 7).ok_or("no photograph of a seven")?;
    let input = model.input().tensor(photograph)?;
    let salt = Salt::random(&mut OsRng);
    let pixels = input.values().iter().map(|pixel| (*pixel).into());
    let commitment = InputCommitment::new(&input_layout(&model)?, pixels, &salt)?;
    let word = locked.attest(&notary, commitment.element())?;
    writeln!(out, "The notary signs the commitment {commitment} for this coin.")?;

    // The claimant proves what the network says of what is committed to.
    let class = infer(&model, &input)?.class;
    let assignment = circuit.assign(&Claim {
        binding: &contract.binding(claimant.pubkey_hash()),
        model: &model,
        model_salt: None,
        inputs: &[input],
        input_salts: &[salt],
        answer: &Answer::Class(vec![class]),
    })?;
    let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
    let evidence = Evidence::new(&contract, proof.inner(), assignment.public_inputs())?;

    // A photograph that the notary has not seen does not do.
    let unseen = locked.attest(&notary, 5.into())?;
    match locked.claim_attested(&claimant, &evidence, &unseen, RATE) {
        Err(SpendError::Attestation(fault)) => {
            writeln!(out, "With the notary's word for another photograph: {fault}.")?
        }
        other => return Err(format!("expected a refusal, found {other:?}").into()),
    }

    let claim = locked.claim_attested(&claimant, &evidence, &word, RATE)?;
    chain.broadcast(&claim.transaction)?;
    let paid = claim.transaction.output[1].value.to_sat();
    writeln!(out, "The claimant proves a {class} and is paid {paid} satoshis; the fee is {}.", claim.fee)?;
    Ok(())
}
