//! `model commit`: a commitment to hidden weights.

use crate::Verdict;
use crate::args::ModelCommitArgs;
use crate::bundled;
use crate::output::Output;
use crate::secret::Secret;
use core::fmt;
use prover::Model;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
pub(in crate::commands) struct Answer {
    model: String,
    /// Public.
    commitment: String,
    /// Holds the salt.
    secret_file: PathBuf,
    #[serde(skip)]
    what: &'static str,
}

impl Answer {
    pub(in crate::commands) fn new(what: &'static str, model: &Model, secret: &Secret, file: &Path) -> Self {
        let (model, commitment) = (model.name().to_owned(), secret.commitment().to_owned());
        Self { model, commitment, secret_file: file.to_owned(), what }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A commitment to {} of the network {}", self.what, self.model)?;
        writeln!(f, "  commitment  {}  (public)", self.commitment)?;
        writeln!(f, "  secret      {}  (readable by you alone)", self.secret_file.display())?;
        write!(f, "Keep the file: without its salt nothing can be proved about the commitment any more.")
    }
}

pub(crate) fn run(args: &ModelCommitArgs, output: &Output) -> anyhow::Result<Verdict> {
    Secret::EXISTING.check(&args.out)?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    let secret = Secret::of_model(&model)?;
    secret.write(&args.out)?;
    output.answer(&Answer::new("the hidden weights", &model, &secret, &args.out))?;
    Ok(Verdict::Yes)
}
