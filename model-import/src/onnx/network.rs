//! A float network on images.

use super::graph::FloatGraph;
use super::options::Pixels;
use prover::{Accuracy, Dataset, Image};

/// The network of an ONNX file in double precision, for comparison with the model made of it.
#[derive(Clone, Debug)]
pub struct FloatNetwork {
    pub(super) graph: FloatGraph,
    pub(super) pixels: Pixels,
}

impl FloatNetwork {
    /// What the network reads of an image.
    pub(super) fn input(&self, image: &Image) -> Vec<f64> {
        self.pixels.real(image, self.graph.input.width)
    }

    /// The logits of an image: the values before a softmax, if the file has one.
    pub fn logits(&self, image: &Image) -> Vec<f64> {
        self.graph.run(&self.input(image)).pop().unwrap_or_default()
    }

    /// The class of an image.
    pub fn class(&self, image: &Image) -> usize {
        largest(&self.logits(image))
    }

    /// How many images of `set` the network classifies as labelled.
    pub fn accuracy(&self, set: &Dataset) -> Accuracy {
        let correct = set.iter().filter(|(image, label)| self.class(image) == *label).count();
        Accuracy { correct, total: set.len() }
    }
}

/// Index of the largest value, the lowest of several.
pub(super) fn largest(values: &[f64]) -> usize {
    values.iter().enumerate().fold(0, |best, (idx, value)| if *value > values[best] { idx } else { best })
}
