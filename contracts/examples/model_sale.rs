//! `model-sale`: a buyer's coin against a seller's model, with nobody in between. The seller sends the model encrypted;
//! the coin opens for a proof that what is encrypted gets 18 of 20 images right, and the claim shows the key.
//!
//! `cargo run --release -p contracts --example model_sale`

mod common;

use std::io::Write;

use chain_types::Satoshis;
use common::{Outcome, RATE, chain_with_coin, images, network};
use contracts::{Evidence, Locked, Purse, lock};
use ledger::Chain as _;
use prover::accuracy::LabelledSet;
use prover::circuit::{CIPHERTEXT_DIGEST, MIN_CORRECT, SALE_KEY, SaleClaim};
use prover::groth16::{prove, setup};
use prover::sale::{Ciphertext, SaleKey};
use prover::{Circuit, infer};
use rand::rngs::OsRng;
use script_gen::{Contract, FixedInput, LockTime, OpenTerm, Payee, Refund, Target, Terms};
use statement::Nonce;
use tx_builder::SigningKey;

fn main() -> Outcome {
    run(&mut std::io::stdout())
}

/// Tells the story to `out`.
pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let [buyer, seller] = [(); 2].map(|()| SigningKey::random(&mut OsRng));

    // Setup, once for an architecture and a set of labelled images.
    let model = network("mnist-private")?;
    let architecture = model.architecture();
    let set = LabelledSet::of_images(architecture.input(), images()?.iter().take(20))?;
    let circuit = Circuit::sale(&architecture, &set)?;
    let (proving_key, vk) = setup(&circuit, &mut OsRng)?;

    // The seller encrypts the model, under a key for this sale alone, and sends the file.
    let key = SaleKey::random(&mut OsRng);
    let ciphertext = Ciphertext::encrypt(&model, &key)?;
    writeln!(out, "The seller sends {} encrypted words, digest {}.", ciphertext.n_words(), ciphertext.digest())?;

    // The buyer computes the digest of what has arrived and pays for that.
    let (mut chain, coin) = chain_with_coin(&buyer)?;
    let bits = circuit.public_inputs()[1].bits;
    let inputs = [
        FixedInput::parse(MIN_CORRECT, bits, "18")?.into(),
        FixedInput::new(CIPHERTEXT_DIGEST, 254, ciphertext.digest().element())?.into(),
        OpenTerm::new(SALE_KEY, 128)?.into(),
    ];
    let refund = Refund { recipient: buyer.pubkey_hash(), lock_time: LockTime::new(500)? };
    // The claim shows the key: with it the buyer could prove as well as the seller, so the contract names who is paid.
    let payee = Payee::Named { recipient: seller.pubkey_hash() };
    let terms = Terms { inputs: inputs.to_vec(), nonce: Nonce(*b"sale 001"), payee, refund };
    let contract = Contract::new(vk.inner(), terms, Target::GENESIS)?;
    let deployment = lock(&contract, Satoshis(2_000_000), &Purse { key: &buyer, coins: &[coin] }, RATE)?;
    chain.broadcast(&deployment.transaction)?;
    let locked = Locked::of(&contract, &deployment.transaction)?;
    writeln!(out, "The buyer locks 2,000,000 satoshis for a model behind that digest with 18 of 20 right.")?;

    // The seller proves it and claims, which shows the key.
    let assignment = circuit.assign_sale(&SaleClaim {
        binding: &contract.binding(seller.pubkey_hash()),
        model: &model,
        key: &key,
        min_correct: 18,
    })?;
    let proof = prove(&proving_key, &circuit, &assignment, &mut OsRng)?;
    let evidence = Evidence::new(&contract, proof.inner(), assignment.public_inputs())?;
    let claim = locked.claim(&seller, &evidence, RATE)?;
    chain.broadcast(&claim.transaction)?;
    let paid = claim.transaction.output[0].value.to_sat();
    writeln!(out, "The seller is paid {paid} satoshis.")?;

    // The buyer reads the key from the claim, decrypts, and counts.
    let read = locked.read(&claim.transaction)?;
    let (_, element) = read.first().ok_or("a claim of a sale shows the key")?;
    let bought = ciphertext.decrypt(&SaleKey::from_element(*element)?, &architecture)?;
    let mut right = 0;
    for (input, label) in set.iter() {
        right += usize::from(infer(&bought, input)?.class == label);
    }
    writeln!(out, "The buyer decrypts the model: {right} of {} images are right.", set.n_inputs())?;
    Ok(())
}
