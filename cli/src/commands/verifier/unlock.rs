//! `verifier unlock`: a proof becomes an unlocking script.

use super::{Chosen, machine};
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{VerifierUnlockArgs, WARNING};
use crate::files::{self, Existing, Readers};
use crate::foreign::{Claim, Read, read_proof, read_public_inputs};
use crate::output::Output;
use crate::payment::spend_rule;
use contracts::fragment_names;
use crate::values::grouped;
use anyhow::anyhow;
use ark_bn254::Fr;
use core::fmt;
use script_gen::{HintError, PublicInput};
use script_vm::NoSignatures;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    accepted: bool,
    /// None if the key came in a verifier's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_format: Option<String>,
    proof_format: String,
    public_format: String,
    profile: &'static str,
    locking_script_bytes: usize,
    unlocking_script_bytes: usize,
    /// Metered by the run.
    widest_number: usize,
    peak_stack: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_rule: Option<&'static str>,
    warning: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    /// Hex.
    unlocking_script: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The proof opens the verifier: both scripts ran to their end here, under a node's default limits."
        )?;
        writeln!(f, "  proof             {}; public inputs: {}", self.proof_format, self.public_format)?;
        let (locking, unlocking) = (grouped(self.locking_script_bytes), grouped(self.unlocking_script_bytes));
        writeln!(f, "  locking script    {locking} bytes")?;
        writeln!(f, "  unlocking script  {unlocking} bytes")?;
        if let Some(rule) = self.spend_rule {
            writeln!(f, "  to spend          {rule}")?;
        }
        writeln!(f, "WARNING: {}", self.warning)?;
        match &self.file {
            Some(file) => write!(f, "Unlocking script, hex: in {}", file.display()),
            None => write!(f, "Unlocking script, hex:\n{}", self.unlocking_script),
        }
    }
}

#[derive(Serialize)]
struct Refused {
    accepted: bool,
    reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The proof does not open the verifier: {}", self.reason)
    }
}

pub(crate) fn run(args: &VerifierUnlockArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.force);
    args.out.as_deref().map_or(Ok(()), |path| existing.check(path))?;
    let Read { content: claim, format: proof_format } = read_proof(&args.proof)?;
    let Read { content: values, format: public_format } = public_inputs(args, &claim, &proof_format)?;
    let Chosen { verifier, inputs, profile, key_format, .. } = Chosen::open(&args.source, &args.kinds, output)?;
    let refuse = |reason: String| {
        output.answer(&Refused { accepted: false, reason })?;
        Ok(Verdict::No)
    };
    let unlocking = match verifier.spend(&claim.proof, &values) {
        Ok(spend) => spend.unlocking_script(),
        Err(error) => return explain(error, &inputs, &values).and_then(refuse),
    };
    let machine = machine(profile).with_fragments(fragment_names(verifier.fragments()));
    let metrics = match machine.run(&unlocking, verifier.locking_script(), &NoSignatures) {
        Ok(metrics) => metrics,
        Err(failure) => return refuse(format!("the script fails\n{failure}")),
    };
    let text = hex::encode(unlocking.as_bytes());
    if let Some(path) = &args.out {
        files::write(path, format!("{text}\n").as_bytes(), existing, Readers::Default)?;
    }
    output.answer(&Answer {
        accepted: true,
        key_format,
        proof_format,
        public_format,
        profile: profile.name(),
        locking_script_bytes: verifier.locking_script().len(),
        unlocking_script_bytes: unlocking.len(),
        widest_number: metrics.widest_number,
        peak_stack: metrics.peak_stack_bytes,
        spend_rule: spend_rule(profile),
        warning: WARNING,
        file: args.out.clone(),
        unlocking_script: text,
    })?;
    Ok(Verdict::Yes)
}

/// The public inputs of `--public`, or else those in the proof's file.
fn public_inputs(args: &VerifierUnlockArgs, claim: &Claim, proof_format: &str) -> anyhow::Result<Read<Vec<Fr>>> {
    match (&args.public, &claim.public_inputs) {
        (Some(path), _) => read_public_inputs(path),
        (None, Some(values)) => Ok(Read { content: values.clone(), format: "in the proof's file".to_owned() }),
        (None, None) => {
            let proof = args.proof.display();
            Err(anyhow!("--public is missing: {proof} ({proof_format}) holds no public inputs"))
                .advise("add --public FILE with all public inputs, such as snarkjs' public.json")
        }
    }
}

/// Why a proof does not open the verifier; an error if the verifier, not the proof, is at fault.
fn explain(error: HintError, inputs: &[PublicInput], values: &[Fr]) -> anyhow::Result<String> {
    match error {
        HintError::ProofInvalid => Ok(format!(
            "{error}: it is of another key or of other public inputs, or it was changed; check the order of the inputs"
        )),
        HintError::InputFixed { index } => {
            let given = values.get(index).map(Fr::to_string).unwrap_or_default();
            let kind = inputs.get(index).map(PublicInput::to_string).unwrap_or_default();
            Ok(format!("public input {index} is {given}, the locking script has {kind}"))
        }
        HintError::InputTooLarge { .. }
        | HintError::InputCount { .. }
        | HintError::Identity { .. }
        | HintError::NotInGroup { .. } => Ok(error.to_string()),
        other => Err(other.into()),
    }
}
