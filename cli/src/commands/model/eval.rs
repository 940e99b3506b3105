//! `model eval`: how often a network is right.

use crate::Verdict;
use crate::args::EvalArgs;
use crate::bundled;
use crate::evaluation::{Evaluation, ratio};
use crate::output::Output;
use crate::values::{grouped, millis, percent, spent};
use core::fmt;
use core::num::NonZeroUsize;
use serde::Serialize;

/// Most classes whose confusion is shown to people.
const MAX_SHOWN: usize = 16;

#[derive(Serialize)]
struct Answer {
    model: String,
    model_sha256: String,
    correct: usize,
    images: usize,
    /// None for an empty set.
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<TopK>,
    ms: u64,
    /// By label; none for a label without images.
    per_class_accuracy: Vec<Option<f64>>,
    /// Rows are labels, columns what the network says.
    confusion: Vec<Vec<usize>>,
    #[serde(skip)]
    evaluation: Evaluation,
}

#[derive(Serialize)]
struct TopK {
    k: NonZeroUsize,
    correct: usize,
    accuracy: Option<f64>,
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
        if let Some(TopK { k, correct, accuracy }) = &self.top_k {
            writeln!(f, "The label is among its {k} best on {}: {}.", grouped(*correct), percent(*accuracy))?;
        }
        let n = self.confusion.len();
        if n > MAX_SHOWN {
            return write!(f, "\n{n} classes: --format json tells which is called what.");
        }
        writeln!(f, "\nlabel   right       of the images of each label, called")?;
        write!(f, "               ")?;
        (0..n).try_for_each(|class| write!(f, "{class:>6}"))?;
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

pub(crate) fn run(args: &EvalArgs, output: &Output) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let set = bundled::set_or(args.set.files())?;
    let stage = output.steps("evaluating", set.len());
    let k = args.top_k.unwrap_or(NonZeroUsize::MIN);
    let evaluation = Evaluation::of(&model, &set, k, |done| stage.done(done))?;
    drop(stage);
    let accuracy_among_best = ratio(evaluation.among_best, evaluation.images());
    output.answer(&Answer {
        model: model.name().to_owned(),
        model_sha256: model.sha256().to_string(),
        correct: evaluation.correct(),
        images: evaluation.images(),
        accuracy: evaluation.accuracy(),
        top_k: args.top_k.map(|k| TopK { k, correct: evaluation.among_best, accuracy: accuracy_among_best }),
        ms: millis(evaluation.elapsed),
        per_class_accuracy: evaluation.by_label().map(|(part, whole)| ratio(part, whole)).collect(),
        confusion: evaluation.confusion.clone(),
        evaluation,
    })?;
    Ok(Verdict::Yes)
}
