//! `model blank`: a network without its hidden weights.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{ModelBlankArgs, OutFolderArgs};
use crate::bundled;
use crate::output::Output;
use crate::secret;
use anyhow::{Context as _, anyhow};
use core::fmt;
use prover::Model;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    model: String,
    model_sha256: String,
    folder: PathBuf,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The network {} without its hidden weights, which are zeros now", self.model)?;
        writeln!(f, "  SHA-256   {}", self.model_sha256)?;
        writeln!(f, "  folder    {}", self.folder.display())?;
        write!(f, "Circuits and keys made of it are those of the network itself.")
    }
}

pub(in crate::commands) fn run(args: &ModelBlankArgs, output: &Output) -> anyhow::Result<Verdict> {
    check_folder(&args.out)?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    if !secret::is_committed(&model)? {
        return Err(anyhow!("the network {} has no committed layer: its weights are public", model.name()))
            .advise("give it to others as it is");
    }
    let blank = model.architecture();
    save(&blank, &args.out)?;
    output.answer(&Answer {
        model: blank.name().to_owned(),
        model_sha256: blank.sha256().to_string(),
        folder: args.out.out.clone(),
    })?;
    Ok(Verdict::Yes)
}

/// Fails before work whose result could not be kept.
pub(in crate::commands) fn check_folder(args: &OutFolderArgs) -> anyhow::Result<()> {
    if args.out.exists() && !args.force {
        return Err(anyhow!("{} exists already", args.out.display()))
            .advise("choose another folder, or add --force to replace the network in it");
    }
    Ok(())
}

/// Writes a network's two files into a folder, which is made if it does not exist.
pub(in crate::commands) fn save(
    model: &Model,
    OutFolderArgs { out: folder, .. }: &OutFolderArgs,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
        .advise("choose another folder with --out")?;
    model.save(folder).advise("choose another folder with --out")
}
