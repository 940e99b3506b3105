//! `accuracy setup`: the keys of certificates about a set.

use super::{circuit, first};
use crate::Verdict;
use crate::args::AccuracySetupArgs;
use crate::bundled;
use crate::commands::setup::KeyFiles;
use crate::output::Output;

pub(super) fn run(args: &AccuracySetupArgs, output: &Output) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let set = first(&args.first, &model)?;
    let files = KeyFiles::new(&args.out, &format!("{}-accuracy-{}", model.name(), set.n_inputs()))?;
    let circuit = circuit(&model, &set, output)?;
    output.answer(&files.make(&circuit, "public images and labels, committed model".to_owned(), output)?)?;
    Ok(Verdict::Yes)
}
