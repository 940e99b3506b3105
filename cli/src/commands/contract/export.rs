//! `contract export`: a contract in the format of another tool.

use super::read_contract;
use crate::Verdict;
use crate::args::{ExportArgs, ExportFormat};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use core::fmt;
use script_gen::ScryptArtifact;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    artifact: PathBuf,
    contract: String,
    /// What the artifact's constructor takes, in its order, with the contract's own values.
    constructor: Vec<Value>,
}

#[derive(Serialize)]
struct Value {
    name: &'static str,
    hex: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The contract, {}, as an artifact of sCrypt, in {}", self.contract, self.artifact.display())?;
        write!(f, "\nIts constructor makes the same locking script of")?;
        self.constructor.iter().try_for_each(|Value { name, hex }| write!(f, "\n  {name:<17} {hex}"))
    }
}

pub(crate) fn run(args: &ExportArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let (artifact, contract) = read_contract(&args.contract.file)?;
    let ExportFormat::Scrypt = args.to;
    let scrypt = ScryptArtifact::new(&artifact, &contract);
    files::write(&args.out.out, scrypt.to_json().as_bytes(), existing, Readers::Default)?;
    let values = ScryptArtifact::constructor_values(&contract).into_iter();
    output.answer(&Answer {
        artifact: args.out.out.clone(),
        contract: artifact.contract,
        constructor: values.map(|(name, value)| Value { name, hex: hex::encode(value) }).collect(),
    })?;
    Ok(Verdict::Yes)
}
