//! A network on a whole set of images.

use prover::{Dataset, Model, Oracle};
use statement::N_CLASSES;
use std::time::{Duration, Instant};

const N: usize = N_CLASSES as usize;

/// What a network says about labelled images.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
    /// How many images of the first index's label got the second index's class.
    pub(crate) confusion: [[usize; N]; N],
    pub(crate) elapsed: Duration,
}

impl Evaluation {
    /// Evaluates `model` exactly on every image; `progress` hears the number of images done.
    pub(crate) fn of(model: &Model, set: &Dataset, mut progress: impl FnMut(u64)) -> Self {
        let started = Instant::now();
        let oracle = Oracle::new(model);
        let mut confusion = [[0; N]; N];
        for (done, (image, label)) in (1..).zip(set.iter()) {
            let class = oracle.infer(image).class;
            // Both are classes, below N.
            confusion[usize::from(label.index())][usize::from(class.index())] += 1;
            progress(done);
        }
        Self { confusion, elapsed: started.elapsed() }
    }

    pub(crate) fn correct(&self) -> usize {
        (0..N).map(|class| self.confusion[class][class]).sum()
    }

    pub(crate) fn images(&self) -> usize {
        self.confusion.iter().flatten().sum()
    }

    /// The share of correct images; none for an empty set.
    pub(crate) fn accuracy(&self) -> Option<f64> {
        ratio(self.correct(), self.images())
    }

    /// For each label: correct images, images.
    pub(crate) fn by_label(&self) -> [(usize, usize); N] {
        core::array::from_fn(|label| (self.confusion[label][label], self.confusion[label].iter().sum()))
    }
}

/// `part / whole`; none of nothing.
pub(crate) fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
