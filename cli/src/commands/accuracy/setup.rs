//! `accuracy setup`, `sale setup`: the keys of certificates about a set.

use super::{circuit, first};
use crate::Verdict;
use crate::args::CertificateSetupArgs;
use crate::bundled;
use crate::commands::setup::KeyFiles;
use crate::output::Output;
use prover::accuracy::AccuracySpec;
use prover::circuit::WeightTie;

pub(in crate::commands) fn run(
    args: &CertificateSetupArgs,
    tie: WeightTie,
    output: &Output,
) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let set = first(&args.first, &model)?;
    let kind = AccuracySpec::kind(tie);
    let files = KeyFiles::new(&args.out, &format!("{}-{kind}-{}", model.name(), set.n_inputs()))?;
    let circuit = circuit(&model, &set, tie, output)?;
    let visibility = match tie {
        WeightTie::Commitment => "public images and labels, committed model",
        WeightTie::Ciphertext => "public images and labels, encrypted model",
    };
    output.answer(&files.make(&circuit, visibility.to_owned(), output)?)?;
    Ok(Verdict::Yes)
}
