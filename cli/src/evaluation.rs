//! A network on a whole set of images.

use core::num::NonZeroUsize;
use prover::{Dataset, EvalError, Model, Oracle};
use std::time::{Duration, Instant};

/// What a network says about labelled images.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
    /// How many images of the first index's label got the second index's class.
    pub(crate) confusion: Vec<Vec<usize>>,
    /// How many images' labels are among the best k classes.
    pub(crate) among_best: usize,
    pub(crate) elapsed: Duration,
}

impl Evaluation {
    /// Evaluates `model` exactly on every image; `progress` hears the number of images done.
    pub(crate) fn of(
        model: &Model,
        set: &Dataset,
        k: NonZeroUsize,
        mut progress: impl FnMut(u64),
    ) -> Result<Self, EvalError> {
        let started = Instant::now();
        let oracle = Oracle::new(model);
        let n = model.classes().len();
        let mut evaluation = Self { confusion: vec![vec![0; n]; n], among_best: 0, elapsed: Duration::ZERO };
        for (index, (image, label)) in set.iter().enumerate() {
            let inference = oracle.infer(&model.input().tensor(image)?)?;
            let wrong = EvalError::Label { index, found: label, classes: n };
            let rank = inference.rank(label).ok_or(wrong)?;
            // A label with a rank is a class, and so is what the oracle says.
            evaluation.confusion[label][inference.class] += 1;
            evaluation.among_best += usize::from(rank < k.get());
            progress(index as u64 + 1);
        }
        evaluation.elapsed = started.elapsed();
        Ok(evaluation)
    }

    pub(crate) fn correct(&self) -> usize {
        self.by_label().map(|(correct, _)| correct).sum()
    }

    pub(crate) fn images(&self) -> usize {
        self.confusion.iter().flatten().sum()
    }

    /// The share of correct images; none for an empty set.
    pub(crate) fn accuracy(&self) -> Option<f64> {
        ratio(self.correct(), self.images())
    }

    /// For each label: correct images, images.
    pub(crate) fn by_label(&self) -> impl Iterator<Item = (usize, usize)> {
        self.confusion.iter().enumerate().map(|(label, row)| (row[label], row.iter().sum()))
    }
}

/// `part / whole`; none of nothing.
pub(crate) fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
