//! The public inputs and labels that an accuracy certificate is about.

use crate::digest::Digest;
use crate::image::Image;
use crate::model::{InputSpec, Shape, Tensor, TensorError};

/// Names the canonical serialization that [`LabelledSet::digest`] is the digest of.
const DOMAIN: &[u8] = b"provelock labelled set 1\n";

/// Inputs of a network with the class that each is said to belong to. All of it is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledSet {
    shape: Shape,
    tensors: Vec<Tensor>,
    labels: Vec<usize>,
}

/// Why there is no such set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// No input at all: nothing to be accurate about.
    #[error("the set is empty")]
    Empty,
    /// An input that the network does not read.
    #[error("input {index} of the set")]
    Tensor {
        /// Its place, from 0.
        index: usize,
        /// What is wrong with it.
        source: TensorError,
    },
    /// A label that is no 32-bit number.
    #[error("input {index} of the set: label {found} is out of range")]
    Label {
        /// Its place, from 0.
        index: usize,
        /// The label.
        found: usize,
    },
}

impl LabelledSet {
    /// Inputs for networks that read `input`, each with its label.
    ///
    /// # Errors
    /// [`SetError`] for an empty set or the first input that such a network cannot read.
    pub fn new(input: &InputSpec, inputs: impl IntoIterator<Item = (Tensor, usize)>) -> Result<Self, SetError> {
        Self::collect(input, inputs.into_iter().map(|(tensor, label)| (input.check(&tensor).map(|()| tensor), label)))
    }

    /// Images as the network's preprocessing makes them tensors, each with its label.
    ///
    /// # Errors
    /// As [`LabelledSet::new`]; also if the network says nothing of images.
    pub fn of_images<'a>(
        input: &InputSpec,
        images: impl IntoIterator<Item = (&'a Image, usize)>,
    ) -> Result<Self, SetError> {
        Self::collect(input, images.into_iter().map(|(image, label)| (input.tensor(image), label)))
    }

    fn collect(
        input: &InputSpec,
        inputs: impl Iterator<Item = (Result<Tensor, TensorError>, usize)>,
    ) -> Result<Self, SetError> {
        let (mut tensors, mut labels) = (Vec::new(), Vec::new());
        for (index, (tensor, label)) in inputs.enumerate() {
            if u32::try_from(label).is_err() {
                return Err(SetError::Label { index, found: label });
            }
            tensors.push(tensor.map_err(|source| SetError::Tensor { index, source })?);
            labels.push(label);
        }
        if tensors.is_empty() {
            return Err(SetError::Empty);
        }
        Ok(Self { shape: input.shape, tensors, labels })
    }

    /// Shape of every input.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of inputs, at least one.
    pub fn n_inputs(&self) -> usize {
        self.tensors.len()
    }

    /// The inputs with their labels, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Tensor, usize)> {
        self.tensors.iter().zip(self.labels.iter().copied())
    }

    /// Names the set, recomputable by anyone: the SHA-256 of `provelock labelled set 1` and a line feed; the number of
    /// inputs, channels, height and width (8 bytes each, little-endian like all that follows); then per input its
    /// label (4 bytes) and its values (8 bytes each, two's complement).
    pub fn digest(&self) -> Digest {
        let Shape { channels, height, width } = self.shape;
        let mut bytes = DOMAIN.to_vec();
        for count in [self.n_inputs(), channels, height, width] {
            bytes.extend((count as u64).to_le_bytes());
        }
        for (tensor, label) in self.iter() {
            bytes.extend((label as u32).to_le_bytes());
            tensor.values().iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        }
        Digest::of(&bytes)
    }
}
