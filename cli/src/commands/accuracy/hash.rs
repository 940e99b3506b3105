//! `accuracy hash`: what names a set of images in keys and certificates.

use super::first;
use crate::Verdict;
use crate::args::AccuracyHashArgs;
use crate::bundled;
use crate::output::Output;
use core::fmt;
use prover::accuracy::AccuracySpec;
use prover::circuit::WeightTie;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    images: usize,
    shape: String,
    sha256: String,
    /// As keys spell it.
    spec: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sha256)?;
        write!(
            f,
            "SHA-256 of {} images as tensors {} with their labels; docs/math/accuracy.md gives the bytes",
            self.images, self.shape
        )
    }
}

pub(super) fn run(args: &AccuracyHashArgs, output: &Output) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let set = first(&args.first, &model)?;
    output.answer(&Answer {
        images: set.n_inputs(),
        shape: model.input().shape.to_string(),
        sha256: set.digest().to_string(),
        spec: AccuracySpec::of(&set, WeightTie::Commitment).to_string(),
    })?;
    Ok(Verdict::Yes)
}
