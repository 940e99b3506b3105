//! `verify`: a proof under a key, and whether it is about what it should be about.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::VerifyArgs;
use crate::output::Output;
use crate::public;
use core::fmt;
use prover::groth16::{ProofDocument, VerifyingKey};
use script_gen::FixedInput;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Answer {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model: String,
    spec: String,
    public_inputs: BTreeMap<String, String>,
    recipient: String,
    nonce: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            None => writeln!(f, "The proof holds: the network {} says this about a hidden image.", self.model)?,
            Some(reason) => writeln!(f, "The proof is refused: {reason}.")?,
        }
        writeln!(f, "  circuit       {}", self.spec)?;
        writeln!(f, "  public inputs {}", public::listed(&self.public_inputs))?;
        writeln!(f, "  for key hash  {}", self.recipient)?;
        write!(f, "  for nonce     {}", self.nonce)
    }
}

pub(crate) fn run(args: &VerifyArgs, output: &Output) -> anyhow::Result<Verdict> {
    let vk = VerifyingKey::read(&args.verifying_key).advise("use the .vk.json file that `provelock setup` wrote")?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    let expected = public::known(&vk, &public::given(args.class, &args.public))?;
    let public_inputs = public::by_name(&public::of_proof(document.public_inputs())?);
    let reason = other_inputs(args, &document, &public_inputs, &expected)
        .or_else(|| document.verify(&vk).err().map(|rejection| rejection.to_string()));
    let answer = Answer {
        accepted: reason.is_none(),
        reason,
        model: document.model().to_owned(),
        spec: document.spec().to_owned(),
        public_inputs,
        recipient: hex::encode(document.binding().recipient.0),
        nonce: hex::encode(document.binding().nonce.0),
    };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.accepted))
}

/// What the proof is about beside what the user asked for.
fn other_inputs(
    args: &VerifyArgs,
    proof: &ProofDocument,
    said: &BTreeMap<String, String>,
    expected: &[FixedInput],
) -> Option<String> {
    let differs = |what: &str, found: String, expected: String| {
        (found != expected).then(|| format!("it is about {what} {found}, expected {expected}"))
    };
    let value = |input: &FixedInput| {
        let found = said.get(input.name()).cloned().unwrap_or_else(|| "unknown".to_owned());
        differs(input.name(), found, input.value_text())
    };
    let found = proof.binding();
    let hash = |expected: [u8; 20]| differs("key hash", hex::encode(found.recipient.0), hex::encode(expected));
    let nonce = |expected: [u8; 8]| differs("nonce", hex::encode(found.nonce.0), hex::encode(expected));
    (expected.iter().find_map(value))
        .or_else(|| args.recipient.and_then(|expected| hash(expected.0)))
        .or_else(|| args.nonce.and_then(|expected| nonce(expected.0)))
}
