//! `verify`: a proof under a key, and whether it is about what it should be about.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::VerifyArgs;
use crate::output::Output;
use core::fmt;
use prover::groth16::{ProofDocument, VerifyingKey};
use serde::Serialize;
use statement::Statement;

#[derive(Serialize)]
struct Answer {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    model: String,
    class: u8,
    recipient: String,
    nonce: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            None => {
                writeln!(f, "The proof holds: the network {} says {} about a hidden image.", self.model, self.class)?
            }
            Some(reason) => writeln!(f, "The proof is refused: {reason}.")?,
        }
        writeln!(f, "  for key hash  {}", self.recipient)?;
        write!(f, "  for nonce     {}", self.nonce)
    }
}

pub(crate) fn run(args: &VerifyArgs, output: &Output) -> anyhow::Result<Verdict> {
    let vk = VerifyingKey::read(&args.verifying_key).advise("use the .vk.json file that `provelock setup` wrote")?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    let Statement { class, recipient, nonce } = *document.statement();
    let reason = other_statement(args, document.statement())
        .or_else(|| document.verify(&vk).err().map(|rejection| rejection.to_string()));
    let answer = Answer {
        accepted: reason.is_none(),
        reason,
        model: document.binding().model.clone(),
        class: class.index(),
        recipient: hex::encode(recipient.0),
        nonce: hex::encode(nonce.0),
    };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.accepted))
}

/// What the proof is about beside what the user asked for.
fn other_statement(args: &VerifyArgs, found: &Statement) -> Option<String> {
    let differs = |what: &str, found: String, expected: String| {
        (found != expected).then(|| format!("it is about {what} {found}, expected {expected}"))
    };
    let class = args.class.and_then(|class| differs("class", found.class.to_string(), class.to_string()));
    let hash = |expected: [u8; 20]| differs("key hash", hex::encode(found.recipient.0), hex::encode(expected));
    let nonce = |expected: [u8; 8]| differs("nonce", hex::encode(found.nonce.0), hex::encode(expected));
    class
        .or_else(|| args.recipient.and_then(|expected| hash(expected.0)))
        .or_else(|| args.nonce.and_then(|expected| nonce(expected.0)))
}
