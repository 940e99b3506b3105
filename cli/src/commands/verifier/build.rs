//! `verifier build`: a key becomes a locking script.

use super::Chosen;
use crate::Verdict;
use crate::args::{VerifierBuildArgs, WARNING};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::payment::spend_rule;
use crate::values::grouped;
use core::fmt;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    verifier: PathBuf,
    key_format: String,
    profile: &'static str,
    inputs: Vec<String>,
    vk_sha256: String,
    locking_script_bytes: usize,
    locking_opcodes: usize,
    unlocking_script_bytes: usize,
    total_bytes: usize,
    /// What a spend must keep beside the scripts.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_rule: Option<&'static str>,
    warning: &'static str,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A verifier for any proof under this key, in {}", self.verifier.display())?;
        writeln!(f, "  key               {}, SHA-256 {}", self.key_format, self.vk_sha256)?;
        writeln!(f, "  rules             {}", self.profile)?;
        for (index, input) in self.inputs.iter().enumerate() {
            writeln!(f, "  {:<17} {input}", format!("public input {index}"))?;
        }
        let (locking, opcodes) = (grouped(self.locking_script_bytes), grouped(self.locking_opcodes));
        writeln!(f, "  locking script    {locking} bytes, {opcodes} instructions")?;
        writeln!(f, "  unlocking script  {} bytes at most", grouped(self.unlocking_script_bytes))?;
        writeln!(f, "  together          {} bytes", grouped(self.total_bytes))?;
        if let Some(rule) = self.spend_rule {
            writeln!(f, "  to spend          {rule}")?;
        }
        write!(f, "WARNING: {}", self.warning)
    }
}

pub(crate) fn run(args: &VerifierBuildArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let profile = args.kinds.profile.unwrap_or_default();
    let Chosen { artifact, verifier, key_format, .. } = Chosen::build(&args.vk, &args.kinds.input, profile, output)?;
    files::write(&args.out.out, artifact.to_json().as_bytes(), existing, Readers::Default)?;
    output.answer(&Answer {
        verifier: args.out.out.clone(),
        key_format: key_format.unwrap_or_default(),
        profile: profile.name(),
        inputs: artifact.inputs,
        vk_sha256: artifact.vk_sha256,
        locking_script_bytes: artifact.locking_script_bytes,
        locking_opcodes: verifier.cost().total.opcodes,
        unlocking_script_bytes: artifact.unlocking_script_bytes,
        total_bytes: artifact.locking_script_bytes + artifact.unlocking_script_bytes,
        spend_rule: spend_rule(profile),
        warning: WARNING,
    })?;
    Ok(Verdict::Yes)
}
