//! How many images of a labelled set a model gets right.

use super::Oracle;
use crate::data::Dataset;
use crate::model::{Model, TensorError};
use core::num::NonZeroUsize;

/// How many images of a set got their label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// Images whose label is the class, or among the best classes.
    pub correct: usize,
    /// Images evaluated.
    pub total: usize,
}

impl Accuracy {
    /// The share of correct images, 0 to 1; 0 for an empty set.
    pub fn ratio(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.correct as f64 / self.total as f64 }
    }
}

/// Why a set says nothing about a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The model does not read images.
    #[error(transparent)]
    Input(#[from] TensorError),
    /// A label names no class of the model.
    #[error("label {index} is {found}, the model has {classes} classes: the set belongs to another task")]
    Label {
        /// Position of the label.
        index: usize,
        /// The label.
        found: usize,
        /// Number of classes.
        classes: usize,
    },
}

/// Evaluates `model` on every image of `set`; `progress` hears the number of images done after each of them.
///
/// # Errors
/// [`EvalError`] if model and set do not belong together.
pub fn eval(model: &Model, set: &Dataset, progress: impl FnMut(usize)) -> Result<Accuracy, EvalError> {
    eval_top_k(model, set, NonZeroUsize::MIN, progress)
}

/// Like [`eval`], but an image counts if its label is among the `k` best classes.
///
/// # Errors
/// As [`eval`].
pub fn eval_top_k(
    model: &Model,
    set: &Dataset,
    k: NonZeroUsize,
    mut progress: impl FnMut(usize),
) -> Result<Accuracy, EvalError> {
    let oracle = Oracle::new(model);
    let classes = model.classes().len();
    let mut accuracy = Accuracy { correct: 0, total: 0 };
    for (index, (image, label)) in set.iter().enumerate() {
        let inference = oracle.infer(&model.input().tensor(image)?)?;
        let rank = inference.rank(label).ok_or(EvalError::Label { index, found: label, classes })?;
        accuracy.correct += usize::from(rank < k.get());
        accuracy.total += 1;
        progress(accuracy.total);
    }
    Ok(accuracy)
}
