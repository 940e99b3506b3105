//! `model eval`: how often a network is right.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::EvalArgs;
use crate::bundled;
use crate::evaluation::{Evaluation, ratio};
use crate::output::Output;
use crate::values::{grouped, millis, percent, spent};
use core::fmt;
use prover::Dataset;
use serde::Serialize;
use statement::N_CLASSES;

#[derive(Serialize)]
struct Answer {
    model: String,
    model_sha256: String,
    correct: usize,
    images: usize,
    /// None for an empty set.
    accuracy: Option<f64>,
    ms: u64,
    /// By label, 0 to 9; none for a label without images.
    per_class_accuracy: Vec<Option<f64>>,
    /// Rows are labels, columns what the network says.
    confusion: [[usize; N_CLASSES as usize]; N_CLASSES as usize],
    #[serde(skip)]
    evaluation: Evaluation,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The network {} is right on {} of {} images: {}, in exact integers. {}",
            self.model,
            grouped(self.correct),
            grouped(self.images),
            percent(self.accuracy),
            spent(self.evaluation.elapsed)
        )?;
        writeln!(f, "\nlabel   right       of the images of each label, called")?;
        write!(f, "               ")?;
        (0..N_CLASSES).try_for_each(|class| write!(f, "{class:>6}"))?;
        for (label, (row, share)) in self.confusion.iter().zip(&self.per_class_accuracy).enumerate() {
            write!(f, "\n{label:>5} {:>9}", percent(*share))?;
            row.iter().try_for_each(|count| match count {
                0 => write!(f, "{:>6}", "."),
                _ => write!(f, "{count:>6}"),
            })?;
        }
        Ok(())
    }
}

pub(crate) fn eval(args: &EvalArgs, output: &Output) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let set = match (&args.images, &args.labels) {
        (Some(images), Some(labels)) => {
            Dataset::load(images, labels).advise("give the images and labels files of MNIST, plain or gzipped")?
        }
        _ => bundled::test_set()?,
    };
    let stage = output.steps("evaluating", set.len());
    let evaluation = Evaluation::of(&model, &set, |done| stage.done(done));
    drop(stage);
    output.answer(&Answer {
        model: model.name().to_owned(),
        model_sha256: model.sha256().to_string(),
        correct: evaluation.correct(),
        images: evaluation.images(),
        accuracy: evaluation.accuracy(),
        ms: millis(evaluation.elapsed),
        per_class_accuracy: evaluation.by_label().map(|(part, whole)| ratio(part, whole)).to_vec(),
        confusion: evaluation.confusion,
        evaluation,
    })?;
    Ok(Verdict::Yes)
}
