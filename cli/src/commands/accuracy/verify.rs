//! `accuracy verify`, `sale verify`: a certificate, its set and its network.

use super::{circuit, labelled, spec_of};
use crate::Verdict;
use crate::args::CertificateVerifyArgs;
use crate::commands::verify::{other_inputs, read};
use crate::output::Output;
use crate::values::grouped;
use crate::{bundled, public};
use anyhow::Context as _;
use core::fmt;
use prover::circuit::{CIPHERTEXT_DIGEST, MIN_CORRECT, MODEL_COMMITMENT, WeightTie};
use prover::sale::CiphertextDigest;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model: String,
    images: usize,
    min_correct: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_commitment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_digest: Option<String>,
    set_sha256: String,
    circuit: String,
    recipient: String,
    nonce: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            None => {
                let (images, min_correct) = (grouped(self.images), &self.min_correct);
                let weights =
                    if self.model_commitment.is_some() { "weights committed to" } else { "encrypted weights" };
                writeln!(
                    f,
                    "The certificate holds: the {weights} are right on at least {min_correct} of {images} images."
                )?;
            }
            Some(reason) => writeln!(f, "The certificate is refused: {reason}.")?,
        }
        writeln!(f, "  network       {}", self.model)?;
        if let Some(commitment) = &self.model_commitment {
            writeln!(f, "  commitment    {commitment}")?;
        }
        if let Some(digest) = &self.ciphertext_digest {
            writeln!(f, "  ciphertext    {digest}")?;
        }
        writeln!(f, "  set           SHA-256 {}", self.set_sha256)?;
        writeln!(f, "  circuit       {}", self.circuit)?;
        writeln!(f, "  for key hash  {}", self.recipient)?;
        write!(f, "  for nonce     {}", self.nonce)
    }
}

/// Checks a proof for weights that `tie` pins; of a sale the key is not shown.
pub(in crate::commands) fn run(
    args: &CertificateVerifyArgs,
    tie: WeightTie,
    ciphertext: Option<CiphertextDigest>,
    output: &Output,
) -> anyhow::Result<Verdict> {
    let (vk, document) = read(&args.proof)?;
    let key = vk.circuit();
    let spec = spec_of(key, tie)?;
    let model = bundled::model_of_key(args.model.model.as_deref(), key)?;
    let expected = public::known(&vk, &args.about.public)?;
    let public_inputs = public::by_name(&public::of_proof(document.public_inputs())?);
    let value = |name: &str| public_inputs.get(name).cloned().with_context(|| format!("the proof has no {name}"));
    let min_correct = value(MIN_CORRECT)?;
    let (model_commitment, ciphertext_digest) = match tie {
        WeightTie::Commitment => (Some(value(MODEL_COMMITMENT)?), None),
        WeightTie::Ciphertext => (None, Some(value(CIPHERTEXT_DIGEST)?)),
    };
    let other_ciphertext = || {
        let expected = ciphertext?;
        let found = document.value(CIPHERTEXT_DIGEST).map(CiphertextDigest::from_element)?;
        (found != expected).then(|| format!("it is about the ciphertext {found}, the file's digest is {expected}"))
    };
    let set = labelled(&args.set, spec.n, &model)?;
    let (found, named) = (set.digest(), spec.set);
    let too_few = || {
        let proved: u64 = min_correct.parse().ok()?;
        let wanted = args.min_correct?;
        (proved < wanted).then(|| format!("it is about {proved} correct images, expected {wanted}"))
    };
    let other_set = (found != named).then(|| format!("it is about the set {named}, these images make {found}"));
    let mut reason = other_set
        .or_else(|| other_inputs(&args.about, &document, &public_inputs, &expected))
        .or_else(other_ciphertext)
        .or_else(too_few)
        .or_else(|| document.verify(&vk).err().map(|rejection| rejection.to_string()));
    if reason.is_none() {
        let rebuilt = circuit(&model, &set, tie, output)?.id();
        reason = (rebuilt != key.id)
            .then(|| format!("the verifying key is for circuit {}, set and network make {rebuilt}", key.id));
    }
    let answer = Answer {
        accepted: reason.is_none(),
        reason,
        model: model.name().to_owned(),
        images: spec.n.get(),
        min_correct,
        model_commitment,
        ciphertext_digest,
        set_sha256: named.to_string(),
        circuit: key.id.to_string(),
        recipient: hex::encode(document.binding().recipient.0),
        nonce: hex::encode(document.binding().nonce.0),
    };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.accepted))
}
