//! `verify`: a proof under a key, and whether it is about what it should be about.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{AboutArgs, ProofArgs, VerifyArgs};
use crate::output::Output;
use crate::readout::Said;
use crate::{bundled, proving, public};
use core::fmt;
use prover::CircuitSpec;
use prover::circuit::SALE_KEY;
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
    /// What the public inputs say, unpacked; none if the network is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<Said>,
    recipient: String,
    nonce: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            None => writeln!(f, "The proof holds, about the network {}.", self.model)?,
            Some(reason) => writeln!(f, "The proof is refused: {reason}.")?,
        }
        if let Some(said) = &self.says {
            let what = if said.logits.is_empty() { "class" } else { "logits" };
            said.lines().iter().try_for_each(|line| writeln!(f, "  {what:<13} {line}"))?;
        }
        writeln!(f, "  circuit       {}", self.spec)?;
        writeln!(f, "  public inputs {}", public::listed(&self.public_inputs))?;
        writeln!(f, "  for key hash  {}", self.recipient)?;
        write!(f, "  for nonce     {}", self.nonce)
    }
}

pub(crate) fn run(args: &VerifyArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (vk, document) = read(&args.proof)?;
    let expected = public::known(&vk, &public::given(args.class, &args.about.public))?;
    let public_inputs = public::by_name(&public::of_proof(document.public_inputs())?);
    let reason = other_inputs(&args.about, &document, &public_inputs, &expected)
        .or_else(|| document.verify(&vk).err().map(|rejection| rejection.to_string()));
    let says = match says(args.model.model.as_deref(), &vk, &document, output)? {
        Ok(says) => says.filter(|_| reason.is_none()),
        Err(other) => return no(&document, public_inputs, other, output),
    };
    let Some(reason) = reason else {
        output.answer(&answer(&document, public_inputs, None, says))?;
        return Ok(Verdict::Yes);
    };
    no(&document, public_inputs, reason, output)
}

fn no(
    document: &ProofDocument,
    public_inputs: BTreeMap<String, String>,
    reason: String,
    output: &Output,
) -> anyhow::Result<Verdict> {
    output.answer(&answer(document, public_inputs, Some(reason), None))?;
    Ok(Verdict::No)
}

fn answer(
    document: &ProofDocument,
    mut public_inputs: BTreeMap<String, String>,
    reason: Option<String>,
    says: Option<Said>,
) -> Answer {
    // What is shown gets into logs, and until the spend the key is a secret.
    public_inputs.remove(SALE_KEY);
    Answer {
        accepted: reason.is_none(),
        reason,
        model: document.model().to_owned(),
        spec: document.spec().to_owned(),
        public_inputs,
        says,
        recipient: hex::encode(document.binding().recipient.0),
        nonce: hex::encode(document.binding().nonce.0),
    }
}

/// Reads the key and the proof.
pub(super) fn read(args: &ProofArgs) -> anyhow::Result<(VerifyingKey, ProofDocument)> {
    let vk = VerifyingKey::read(&args.verifying_key).advise("use the .vk.json file that `provelock setup` wrote")?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    Ok((vk, document))
}

/// What the public inputs say, if the network is at hand. A network named by the user has to be the key's.
fn says(
    named: Option<&str>,
    vk: &VerifyingKey,
    document: &ProofDocument,
    output: &Output,
) -> anyhow::Result<Result<Option<Said>, String>> {
    let key = vk.circuit();
    let Ok(spec) = key.spec.parse::<CircuitSpec>() else {
        return Ok(Ok(None));
    };
    if named.is_none() && !bundled::has(&key.model) {
        return Ok(Ok(None));
    }
    let model = bundled::model_of_key(named, key)?;
    let circuit = proving::circuit(&model, &spec, output)?;
    match (named, circuit.id() == key.id) {
        (_, true) => Ok(Ok(Some(Said::of(&model, &spec, document.public_inputs())?))),
        // Another network of a bundled one's name.
        (None, false) => Ok(Ok(None)),
        (Some(_), false) => {
            let (name, found) = (model.name(), circuit.id());
            Ok(Err(format!("the verifying key is for circuit {}, the network {name} gives {found}", key.id)))
        }
    }
}

/// What the proof is about beside what the user asked for.
pub(super) fn other_inputs(
    args: &AboutArgs,
    proof: &ProofDocument,
    said: &BTreeMap<String, String>,
    expected: &[FixedInput],
) -> Option<String> {
    let differs = |what: &str, found: String, expected: String| {
        (found != expected).then(|| format!("it is about {what} {found}, expected {expected}"))
    };
    let value = |input: &FixedInput| {
        let found = said.get(input.name()).cloned().unwrap_or_else(|| "unknown".to_owned());
        let is_other = found != input.value_text();
        match input.name() {
            SALE_KEY => is_other.then(|| format!("it is about another {SALE_KEY}")),
            name => differs(name, found, input.value_text()),
        }
    };
    let found = proof.binding();
    let hash = |expected: [u8; 20]| differs("key hash", hex::encode(found.recipient.0), hex::encode(expected));
    let nonce = |expected: [u8; 8]| differs("nonce", hex::encode(found.nonce.0), hex::encode(expected));
    (expected.iter().find_map(value))
        .or_else(|| args.recipient.and_then(|expected| hash(expected.0)))
        .or_else(|| args.nonce.and_then(|expected| nonce(expected.0)))
}
