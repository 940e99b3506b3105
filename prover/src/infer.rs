//! Plain exact integer inference: the oracle that the circuit is judged by.
//!
//! It shares the [`Model`] data type with the circuit and nothing else. **Ties: of several largest logits the
//! lowest index wins**; `docs/math/circuit.md` states the same rule for the circuit.

use crate::data::Dataset;
use crate::image::Image;
use crate::model::{Activation, Layer, LayerShape, Model};
use num_bigint::BigInt;
use statement::Class;
use std::ops::{AddAssign, Mul};

/// What the network says about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// One logit per class.
    pub logits: Vec<BigInt>,
    /// Index of the largest logit, the lowest of several.
    pub class: Class,
}

/// How many images of a set got their label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// Images whose class is their label.
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

/// A model made ready for evaluation: each layer in the narrowest integers that its proven bounds allow, never
/// narrower than the layer before.
#[derive(Clone, Debug)]
pub struct Oracle<'a> {
    model: &'a Model,
    narrow: Vec<Linear<i64>>,
    middle: Vec<Linear<i128>>,
    wide: Vec<Linear<BigInt>>,
}

/// Prepares `model` and evaluates it on one image.
pub fn infer(model: &Model, image: &Image) -> Inference {
    Oracle::new(model).infer(image)
}

/// Evaluates `model` on every image of `set`; `progress` hears the number of images done after each of them.
pub fn eval(model: &Model, set: &Dataset, mut progress: impl FnMut(usize)) -> Accuracy {
    let oracle = Oracle::new(model);
    let mut accuracy = Accuracy { correct: 0, total: 0 };
    for (image, label) in set.iter() {
        accuracy.correct += usize::from(oracle.infer(image).class == label);
        accuracy.total += 1;
        progress(accuracy.total);
    }
    accuracy
}

impl<'a> Oracle<'a> {
    /// Prepares `model`.
    pub fn new(model: &'a Model) -> Self {
        // Accumulation starts at the bias and every input is non-negative, so each partial sum stays between the
        // accumulator's ends; a single product is at most the distance between them, one bit more.
        let bits = model.ranges().layers().iter().map(|range| (range.acc_bits + 1).max(range.output_bits));
        let fit = |limit: u64| bits.clone().take_while(|bits| *bits < limit).count();
        let (layers, narrow) = (model.layers(), fit(i64::BITS.into()));
        let middle = fit(i128::BITS.into());
        Self {
            model,
            narrow: layers[..narrow].iter().map(Linear::new).collect(),
            middle: layers[narrow..middle].iter().map(Linear::new).collect(),
            wide: layers[middle..].iter().map(Linear::new).collect(),
        }
    }

    /// The logits and the class of `image`.
    pub fn infer(&self, image: &Image) -> Inference {
        let pixels = self.model.preprocessing().pixels(image).into_iter();
        let values = run(&self.narrow, pixels.map(i64::from).collect());
        let values = run(&self.middle, values.into_iter().map(i128::from).collect());
        let logits = run(&self.wide, values.into_iter().map(BigInt::from).collect());
        Inference { class: argmax(&logits), logits }
    }
}

/// Index of the largest logit, the lowest of several.
fn argmax(logits: &[BigInt]) -> Class {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
    }
    // A model has exactly ten outputs: the loader checks it.
    Class::new(best as u8).expect("the index of one of ten logits is a class")
}

fn run<T: Integer>(layers: &[Linear<T>], values: Vec<T>) -> Vec<T>
where
    for<'a> &'a T: Mul<Output = T>,
{
    layers.iter().fold(values, |values, layer| layer.apply(&values))
}

/// What the loops need of an integer type.
trait Integer: Clone + AddAssign + From<i32> + TryFrom<BigInt> {}
impl<T: Clone + AddAssign + From<i32> + TryFrom<BigInt>> Integer for T {}

/// A layer in one type of integer.
#[derive(Clone, Debug)]
struct Linear<T> {
    shape: LayerShape,
    activation: Activation,
    weights: Vec<T>,
    biases: Vec<T>,
}

impl<T: Integer> Linear<T>
where
    for<'a> &'a T: Mul<Output = T>,
{
    fn new(layer: &Layer) -> Self {
        let bias = |bias: &BigInt| {
            let fits = T::try_from(bias.clone()).ok();
            fits.expect("the bias is the accumulator at the all-zero input, and every accumulator fits")
        };
        Self {
            shape: *layer.shape(),
            activation: layer.activation(),
            weights: layer.weights().iter().map(|weight| T::from(*weight)).collect(),
            biases: layer.biases().iter().map(bias).collect(),
        }
    }

    fn apply(&self, inputs: &[T]) -> Vec<T> {
        let mut values = match self.shape {
            LayerShape::Dense { inputs: row_len, .. } => self.dense(inputs, row_len),
            LayerShape::Conv2d { .. } => self.conv2d(inputs),
        };
        if self.activation == Activation::Square {
            values.iter_mut().for_each(|value| *value = &*value * &*value);
        }
        values
    }

    fn dense(&self, inputs: &[T], row_len: usize) -> Vec<T> {
        let rows = self.weights.chunks_exact(row_len).zip(&self.biases);
        rows.map(|(row, bias)| dot(bias.clone(), row, inputs)).collect()
    }

    fn conv2d(&self, inputs: &[T]) -> Vec<T> {
        let LayerShape::Conv2d { in_channels, kernel, stride, in_side, out_side, .. } = self.shape else {
            return Vec::new();
        };
        let mut values = Vec::with_capacity(self.shape.n_outputs());
        for (row, bias) in self.weights.chunks_exact(self.shape.row_len()).zip(&self.biases) {
            for y in 0..out_side {
                for x in 0..out_side {
                    let mut acc = bias.clone();
                    for channel in 0..in_channels {
                        for ky in 0..kernel {
                            let weights = &row[(channel * kernel + ky) * kernel..][..kernel];
                            let from = (channel * in_side + y * stride + ky) * in_side + x * stride;
                            acc = dot(acc, weights, &inputs[from..from + kernel]);
                        }
                    }
                    values.push(acc);
                }
            }
        }
        values
    }
}

/// `acc + sum of weights[k] * inputs[k]`.
fn dot<T: Integer>(mut acc: T, weights: &[T], inputs: &[T]) -> T
where
    for<'a> &'a T: Mul<Output = T>,
{
    for (weight, input) in weights.iter().zip(inputs) {
        acc += weight * input;
    }
    acc
}
