//! One linear layer with its activation, as data.

use num_bigint::BigInt;
use std::sync::Arc;

/// What happens to an accumulator `acc = W x + b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `acc * acc`: hidden layers.
    Square,
    /// `acc`: the last layer, whose values are the logits.
    None,
}

/// How a layer's inputs and outputs are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerShape {
    /// A cross-correlation over square planes, without padding.
    Conv2d {
        /// Planes read.
        in_channels: usize,
        /// Planes written, one row of weights each.
        out_channels: usize,
        /// Side of the kernel.
        kernel: usize,
        /// Step between two positions.
        stride: usize,
        /// Side of a plane read.
        in_side: usize,
        /// Side of a plane written: `(in_side - kernel) / stride + 1`.
        out_side: usize,
    },
    /// Every output reads every input.
    Dense {
        /// Values read.
        inputs: usize,
        /// Values written, one row of weights each.
        outputs: usize,
    },
}

impl LayerShape {
    /// Number of values read.
    pub const fn n_inputs(&self) -> usize {
        match *self {
            Self::Conv2d { in_channels, in_side, .. } => in_channels * in_side * in_side,
            Self::Dense { inputs, .. } => inputs,
        }
    }

    /// Number of values written.
    pub const fn n_outputs(&self) -> usize {
        match *self {
            Self::Conv2d { out_channels, out_side, .. } => out_channels * out_side * out_side,
            Self::Dense { outputs, .. } => outputs,
        }
    }

    /// Number of weight rows, one bias each.
    pub const fn n_rows(&self) -> usize {
        match *self {
            Self::Conv2d { out_channels, .. } => out_channels,
            Self::Dense { outputs, .. } => outputs,
        }
    }

    /// Weights of a row.
    pub const fn row_len(&self) -> usize {
        match *self {
            Self::Conv2d { in_channels, kernel, .. } => in_channels * kernel * kernel,
            Self::Dense { inputs, .. } => inputs,
        }
    }
}

/// A layer: shape, integer weights within the declared bits, and biases at the accumulator's scale.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) name: Arc<str>,
    pub(super) shape: LayerShape,
    pub(super) activation: Activation,
    pub(super) weight_bits: u32,
    pub(super) weights: Vec<i32>,
    pub(super) biases: Vec<BigInt>,
}

impl Layer {
    /// The layer's name, unique in its model.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// How inputs and outputs are connected.
    pub const fn shape(&self) -> &LayerShape {
        &self.shape
    }

    /// What follows the linear part.
    pub const fn activation(&self) -> Activation {
        self.activation
    }

    /// Declared bits of a weight, sign included.
    pub const fn weight_bits(&self) -> u32 {
        self.weight_bits
    }

    /// All rows, one after another, [`LayerShape::row_len`] weights each.
    pub fn weights(&self) -> &[i32] {
        &self.weights
    }

    /// One bias per row.
    pub fn biases(&self) -> &[BigInt] {
        &self.biases
    }

    /// The bias and the terms `(input index, weight)`, zero weights left out, that make up accumulator `output`.
    ///
    /// Range analysis and circuit read the layer through this; the oracle has its own loops.
    pub(crate) fn accumulator(&self, output: usize) -> (&BigInt, impl Iterator<Item = (usize, i32)>) {
        let (row, origin) = match self.shape {
            LayerShape::Dense { .. } => (output, 0),
            LayerShape::Conv2d { stride, in_side, out_side, .. } => {
                let (y, x) = (output / out_side % out_side, output % out_side);
                (output / (out_side * out_side), (y * in_side + x) * stride)
            }
        };
        let shape = self.shape;
        let input_of = move |k: usize| match shape {
            LayerShape::Dense { .. } => k,
            LayerShape::Conv2d { kernel, in_side, .. } => {
                let (channel, ky, kx) = (k / (kernel * kernel), k / kernel % kernel, k % kernel);
                (channel * in_side + ky) * in_side + kx + origin
            }
        };
        let row_len = shape.row_len();
        let weights = self.weights[row * row_len..][..row_len].iter().enumerate();
        (&self.biases[row], weights.filter(|(_, w)| **w != 0).map(move |(k, w)| (input_of(k), *w)))
    }
}
