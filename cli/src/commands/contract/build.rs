//! `contract build`: the locking script.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::BuildArgs;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::payment::spend_rule;
use crate::public;
use crate::values::grouped;
use anyhow::Context as _;
use core::fmt;
use prover::groth16::{ProofDocument, VerifyingKey};
use rand::{RngCore as _, rngs::OsRng};
use script_gen::{ContractArtifact, ContractDefinition, FixedInput};
use serde::Serialize;
use statement::Nonce;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    contract: PathBuf,
    public_inputs: BTreeMap<String, String>,
    nonce: String,
    profile: String,
    vk_sha256: String,
    locking_script_bytes: usize,
    locking_opcodes: usize,
    /// What a spend must keep beside the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_rule: Option<&'static str>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A contract that pays for a proof, in {}", self.contract.display())?;
        writeln!(f, "  public inputs   {}", public::listed(&self.public_inputs))?;
        writeln!(f, "  nonce           {}  (proofs must name it)", self.nonce)?;
        writeln!(f, "  rules           {}", self.profile)?;
        if let Some(rule) = self.spend_rule {
            writeln!(f, "  to spend        {rule}")?;
        }
        writeln!(f, "  key points      SHA-256 {}", self.vk_sha256)?;
        let (bytes, opcodes) = (grouped(self.locking_script_bytes), grouped(self.locking_opcodes));
        write!(f, "  locking script  {bytes} bytes, {opcodes} instructions")
    }
}

pub(crate) fn run(args: &BuildArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    args.asm.as_deref().map_or(Ok(()), |path| existing.check(path))?;
    let vk = VerifyingKey::read(&args.verifying_key).advise("use the .vk.json file that `provelock setup` wrote")?;
    let fixed = fixed_inputs(args, &vk)?;
    let nonce = args.nonce.unwrap_or_else(random_nonce);
    let definition = ContractDefinition::inference_payment()?;
    let definition = match args.profile {
        Some(profile) => definition.with_profile(profile),
        None => definition,
    };
    let (artifact, contract) = ContractArtifact::build(&definition, vk.inner(), fixed, nonce)?;
    files::write(&args.out.out, artifact.to_json().as_bytes(), existing, Readers::Default)?;
    if let Some(path) = &args.asm {
        files::write(path, contract.assembly()?.as_bytes(), existing, Readers::Default)?;
    }
    output.answer(&Answer {
        contract: args.out.out.clone(),
        public_inputs: public::by_name(contract.fixed()),
        nonce: artifact.nonce,
        profile: artifact.profile,
        vk_sha256: artifact.vk_sha256,
        locking_script_bytes: contract.locking_script().len(),
        locking_opcodes: contract.cost().total.opcodes,
        spend_rule: spend_rule(contract.profile()),
    })?;
    Ok(Verdict::Yes)
}

/// The values that a proof must have: as given, or those of a proof that the key accepts.
fn fixed_inputs(args: &BuildArgs, vk: &VerifyingKey) -> anyhow::Result<Vec<FixedInput>> {
    let Some(path) = &args.proof else {
        return public::all(vk, &public::given(args.class, &args.public));
    };
    let document = ProofDocument::read(path).advise("use the file that `provelock prove` wrote, unchanged")?;
    document
        .verify(vk)
        .with_context(|| format!("{} is refused under this verifying key", path.display()))
        .advise("give a proof made with the proving key of the same setup")?;
    public::of_accepted(vk, document.public_inputs())
}

/// A nonce nobody used before, but for a chance of about 2^-64 per contract.
pub(crate) fn random_nonce() -> Nonce {
    let mut nonce = Nonce([0; 8]);
    OsRng.fill_bytes(&mut nonce.0);
    nonce
}
