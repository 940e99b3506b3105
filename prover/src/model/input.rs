//! What a network reads: the shape and range of its input, and tensors that keep to them.

use super::scale::Scale;
use super::shape::Shape;
use crate::image::{Image, Preprocessing};
use serde::{Deserialize, Serialize};

/// Who knows the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputVisibility {
    /// Everyone: its values are public inputs of the proof.
    Public,
    /// The prover alone.
    Private,
    /// The prover; everyone else knows a commitment to it.
    Committed,
}

/// The input that a network expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Shape of the tensor that the first layer reads.
    pub shape: Shape,
    /// Least value.
    pub min: i64,
    /// Largest value, above `min`.
    pub max: i64,
    /// A value `v` stands for the real number `v / scale`.
    pub scale: Scale,
    /// Who knows it, unless a circuit says otherwise.
    pub visibility: InputVisibility,
    /// How a raw image becomes the tensor, if the model says so.
    pub image: Option<Preprocessing>,
}

/// An input: one integer per place of an [`InputSpec`], each in its range.
///
/// It may be the prover's secret: `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Tensor(Vec<i64>);

/// Why values are not an input of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Another number of values than the shape has places.
    #[error("{found} values, expected {expected} for an input of shape {shape}")]
    Length {
        /// Number of values.
        found: usize,
        /// Number of places.
        expected: usize,
        /// The shape.
        shape: Shape,
    },
    /// A value outside the input's range. The message tells the value, which may be a secret of the prover's.
    #[error("value {index} is {found}, expected {min} to {max}")]
    Range {
        /// Position of the first such value.
        index: usize,
        /// The value.
        found: i64,
        /// The least value allowed.
        min: i64,
        /// The largest value allowed.
        max: i64,
    },
    /// The model does not say how an image becomes its input.
    #[error("the manifest has no `input.image`: give the input as {} integers", shape.n_values())]
    NoPreprocessing {
        /// The input's shape.
        shape: Shape,
    },
}

impl Tensor {
    /// The values, index `(c * height + y) * width + x`.
    pub fn values(&self) -> &[i64] {
        &self.0
    }
}

impl core::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Tensor({} values)", self.0.len())
    }
}

impl InputSpec {
    /// The tensor that `image` becomes.
    ///
    /// # Errors
    /// [`TensorError::NoPreprocessing`] if the model reads tensors only.
    pub fn tensor(&self, image: &Image) -> Result<Tensor, TensorError> {
        let preprocessing = self.image.as_ref().ok_or(TensorError::NoPreprocessing { shape: self.shape })?;
        self.tensor_of(preprocessing.pixels(image))
    }

    /// The tensor with these values.
    ///
    /// # Errors
    /// [`TensorError::Length`] or [`TensorError::Range`].
    pub fn tensor_of(&self, values: Vec<i64>) -> Result<Tensor, TensorError> {
        let tensor = Tensor(values);
        self.check(&tensor).map(|()| tensor)
    }

    /// Checks that a tensor, which may have been made for another model, is an input of this one.
    ///
    /// # Errors
    /// [`TensorError::Length`] or [`TensorError::Range`].
    pub fn check(&self, tensor: &Tensor) -> Result<(), TensorError> {
        let (found, expected) = (tensor.0.len(), self.shape.n_values());
        if found != expected {
            return Err(TensorError::Length { found, expected, shape: self.shape });
        }
        let (min, max) = (self.min, self.max);
        match tensor.0.iter().enumerate().find(|(_, value)| !(min..=max).contains(value)) {
            None => Ok(()),
            Some((index, &found)) => Err(TensorError::Range { index, found, min, max }),
        }
    }
}
