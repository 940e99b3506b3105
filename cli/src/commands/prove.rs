//! `prove`: what a network says about an image, without the image.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{ImageArgs, ProveArgs, RecipientArgs};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::values::{millis, read_key, spent};
use crate::{bundled, digit, image_file, public};
use anyhow::{Context as _, bail};
use core::fmt;
use prover::groth16::{ProofDocument, ProveError, ProvingKey};
use prover::{Circuit, Image, groth16, infer};
use rand::rngs::OsRng;
use serde::Serialize;
use statement::{Binding, PubkeyHash};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a proof takes per constraint, roughly, on two cores.
const PER_CONSTRAINT: Duration = Duration::from_micros(25);

/// About how long a proof takes.
pub(super) fn estimate(constraints: usize) -> Duration {
    PER_CONSTRAINT.saturating_mul(u32::try_from(constraints).unwrap_or(u32::MAX))
}

#[derive(Serialize)]
struct Answer {
    proved: bool,
    /// What the network says.
    class: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Proof>,
    #[serde(skip)]
    drawing: Vec<String>,
}

#[derive(Serialize)]
struct Proof {
    file: PathBuf,
    public_inputs: BTreeMap<String, String>,
    recipient: String,
    nonce: String,
    prove_ms: u64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.drawing {
            writeln!(f, "    {line}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, "No proof: {reason}.")?;
        }
        if let Some(Proof { file, public_inputs, recipient, nonce, prove_ms }) = &self.proof {
            writeln!(f, "Proved that the network says {}. {}", self.class, spent(Duration::from_millis(*prove_ms)))?;
            writeln!(f, "  public inputs {}", public::listed(public_inputs))?;
            writeln!(f, "  for key hash  {recipient}")?;
            writeln!(f, "  for nonce     {nonce}")?;
            write!(f, "  written to    {}", file.display())?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &ProveArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    let image = read_image(&args.image)?;
    let recipient = read_recipient(&args.recipient)?;
    let said = infer(&model, &image).class;
    let mut answer =
        Answer { proved: false, class: said.index(), reason: None, proof: None, drawing: digit::draw(&image) };
    if let Some(class) = args.class.filter(|class| *class != said) {
        answer.reason = Some(format!("the network says {said}, not {class}, and untrue things have no proof"));
        output.answer(&answer)?;
        return Ok(Verdict::No);
    }

    let proving_key = ProvingKey::read(&args.proving_key)
        .advise("use the proving key that `provelock setup` wrote, or run `setup` again")?;
    let circuit = Circuit::new(&model);
    let binding = Binding { recipient, nonce: args.nonce };
    let stage = output.stage("proving", estimate(circuit.shape().constraints));
    let started = Instant::now();
    let assignment = circuit.assign(&image, said, &binding);
    let proof = groth16::prove(&proving_key, &circuit, &assignment, &mut OsRng).or_else(explain)?;
    let prove_ms = millis(started.elapsed());
    drop(stage);

    let said = assignment.public_inputs().get(1..).unwrap_or_default();
    let document = ProofDocument::new(proving_key.verifying_key(), binding, said, proof)?;
    files::write(&args.out.out, document.to_json().as_bytes(), existing, Readers::Default)?;
    answer.proved = true;
    answer.proof = Some(Proof {
        file: args.out.out.clone(),
        public_inputs: public::by_name(&public::of_proof(document.public_inputs())?),
        recipient: hex::encode(recipient.0),
        nonce: hex::encode(args.nonce.0),
        prove_ms,
    });
    output.answer(&answer)?;
    Ok(Verdict::Yes)
}

fn explain<T>(error: ProveError) -> anyhow::Result<T> {
    let advice = match &error {
        ProveError::OtherCircuit { .. } => "give the --model that the proving key was made for",
        _ => "run `provelock setup` again and use its proving key",
    };
    Err(error).advise(advice)
}

fn read_image(args: &ImageArgs) -> anyhow::Result<Image> {
    match (args.image_index, &args.image) {
        (Some(index), _) => {
            let set = bundled::test_set()?;
            let expected = || format!("--image-index is {index}, expected 0 to {}", set.len().saturating_sub(1));
            Ok(set.get(index).with_context(expected)?.0.clone())
        }
        (None, Some(path)) => image_file::read(path).advise("save the digit as a 28x28 grey PGM, white on black"),
        // The argument group asks for exactly one.
        (None, None) => bail!("no image given: add --image-index or --image"),
    }
}

fn read_recipient(args: &RecipientArgs) -> anyhow::Result<PubkeyHash> {
    match (args.recipient, &args.address, &args.key) {
        (Some(recipient), _, _) => Ok(recipient),
        (None, Some(address), _) => Ok(address.pubkey_hash),
        (None, None, Some(path)) => Ok(read_key(path)?.pubkey_hash()),
        // The argument group asks for exactly one.
        (None, None, None) => bail!("no spender given: add --key, --address or --recipient"),
    }
}
