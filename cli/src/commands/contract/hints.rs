//! `contract hints`: a proof as the contract's script takes it, for other programs that build transactions.

use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::HintsArgs;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use anyhow::Context as _;
use contracts::Evidence;
use core::fmt;
use prover::groth16::ProofDocument;
use script_gen::HintsFile;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    hints: PathBuf,
    contract: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "What a claim of the contract, {}, supplies for the proof, in {}",
            self.contract,
            self.hints.display()
        )
    }
}

pub(crate) fn run(args: &HintsArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let (artifact, contract) = read_contract(&args.contract.file)?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    let evidence = Evidence::new(&contract, document.proof().inner(), &document.values())
        .with_context(|| format!("{} does not open {}", args.proof.display(), args.contract.file.display()))
        .advise("prove what the contract fixes, with its nonce: `provelock contract inspect` shows them")?;
    let hints = HintsFile::new(&artifact, &contract, &evidence.data, evidence.recipient);
    // A sale's hints hold its key.
    files::write(&args.out.out, hints.to_json().as_bytes(), existing, Readers::Owner)?;
    output.answer(&Answer { hints: args.out.out.clone(), contract: artifact.contract })?;
    Ok(Verdict::Yes)
}
