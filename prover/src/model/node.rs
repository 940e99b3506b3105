//! The nodes of a network's graph, as data.

use super::scale::Scale;
use super::shape::{Shape, Window};
use num_bigint::BigInt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who knows the weights of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightVisibility {
    /// Everyone: they are constants of the circuit.
    Public,
    /// The prover; everyone else knows a commitment to them.
    Committed,
}

/// What a node reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueRef {
    /// The network's input tensor.
    Input,
    /// The values of an earlier node.
    Node(usize),
}

/// One layer of the network: an operation on the values of earlier nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub(super) name: Arc<str>,
    pub(super) op: Op,
    pub(super) inputs: Vec<ValueRef>,
    pub(super) shape: Shape,
    pub(super) scale: Scale,
}

impl Node {
    /// The layer's name, unique in its model.
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What it computes.
    pub const fn op(&self) -> &Op {
        &self.op
    }

    /// What it reads: two for [`Op::Product`] and [`Op::Add`], one for all others.
    pub fn inputs(&self) -> &[ValueRef] {
        &self.inputs
    }

    /// Shape of its values.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Scale of its values: `v` stands for the real number `v / scale`.
    pub const fn scale(&self) -> &Scale {
        &self.scale
    }
}

/// An operation with exact integer semantics (`models/FORMAT.md`). `x`, `y`: values of the first and second input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// `W x + b`: `conv2d` and `dense`.
    Linear(Linear),
    /// `x * y`, value by value.
    Product,
    /// `x * x`, value by value.
    Square,
    /// `x + y`, value by value.
    Add,
    /// The same values in one row.
    Flatten,
    /// The sum of a window of one channel.
    SumPool(Window),
    /// `floor((sum + floor(n / 2)) / n)` over a window of `n` values of one channel.
    AvgPool(Window),
    /// The largest value of a window of one channel.
    MaxPool(Window),
    /// `floor((x + floor(divisor / 2)) / divisor)`: the nearest integer, halves rounded up.
    Rescale {
        /// At least 2.
        divisor: u64,
    },
    /// `max(x, 0)`, or `min(max(x, 0), max)`.
    Relu {
        /// The upper end, at least 1, in integer units.
        max: Option<BigInt>,
    },
}

impl Op {
    /// The name in the manifest.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Linear(linear) if matches!(linear.kind, LinearKind::Conv2d) => "conv2d",
            Self::Linear(_) => "dense",
            Self::Product => "product",
            Self::Square => "square",
            Self::Add => "add",
            Self::Flatten => "flatten",
            Self::SumPool(_) => "sum_pool",
            Self::AvgPool(_) => "avg_pool",
            Self::MaxPool(_) => "max_pool",
            Self::Rescale { .. } => "rescale",
            Self::Relu { .. } => "relu",
        }
    }
}

/// Which of the two linear operations a layer was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinearKind {
    /// A cross-correlation.
    Conv2d,
    /// Every output reads every input.
    Dense,
}

/// A linear layer `acc = W x + b` with integer weights and biases within their declared bits.
///
/// They may be the prover's secret: `Debug` shows how many there are.
#[derive(Clone, PartialEq, Eq)]
pub struct Linear {
    pub(super) kind: LinearKind,
    pub(super) window: Window,
    pub(super) groups: usize,
    pub(super) visibility: WeightVisibility,
    pub(super) weight_bits: u32,
    pub(super) bias_bits: u32,
    pub(super) weights: Vec<i32>,
    pub(super) biases: Vec<BigInt>,
}

impl core::fmt::Debug for Linear {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { visibility, weight_bits, bias_bits, .. } = self;
        let (rows, len) = (self.n_rows(), self.row_len());
        write!(
            f,
            "Linear({visibility:?}, {rows} rows of {len} weights of {weight_bits} bits, biases of {bias_bits} bits)"
        )
    }
}

impl Linear {
    /// Which operation was declared.
    pub const fn kind(&self) -> LinearKind {
        self.kind
    }

    /// Shapes, kernel, stride and padding; a dense layer's window covers the whole plane.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Number of groups that the channels fall into; 1 for a dense layer.
    pub const fn groups(&self) -> usize {
        self.groups
    }

    /// Who knows the weights and biases.
    pub const fn visibility(&self) -> WeightVisibility {
        self.visibility
    }

    /// Declared bits of a weight, sign included: `-2^(bits-1) <= w < 2^(bits-1)`.
    pub const fn weight_bits(&self) -> u32 {
        self.weight_bits
    }

    /// Declared bits of a bias, sign included.
    pub const fn bias_bits(&self) -> u32 {
        self.bias_bits
    }

    /// Rows of weights, one per output channel.
    pub const fn n_rows(&self) -> usize {
        self.window.output.channels
    }

    /// Weights of a row: input channels of a group times the kernel's area.
    pub const fn row_len(&self) -> usize {
        self.window.input.channels / self.groups * self.window.area()
    }

    /// All rows, one after another, [`Linear::row_len`] weights each, index `(c * kh + ky) * kw + kx` in a row.
    pub fn weights(&self) -> &[i32] {
        &self.weights
    }

    /// One bias per row, at the accumulator's full scale.
    pub fn biases(&self) -> &[BigInt] {
        &self.biases
    }

    /// What makes up accumulator `output`: the index of its bias, and for each term the indices of input and weight.
    /// Inputs in the padding are left out; zero weights are not, because a committed weight is not known to be zero.
    ///
    /// Range analysis and circuit read the layer through this; the oracle has its own loops.
    pub fn accumulator(&self, output: usize) -> (usize, impl Iterator<Item = (usize, usize)> + use<>) {
        let Self { window, groups, .. } = *self;
        let row = output / window.output.plane();
        let group_channels = window.input.channels / groups;
        let first_channel = row / (window.output.channels / groups) * group_channels;
        let first_weight = row * self.row_len();
        let terms = (0..group_channels).flat_map(move |channel| {
            let first_input = (first_channel + channel) * window.input.plane();
            let first_weight = first_weight + channel * window.area();
            window.places(output).map(move |(place, input)| (first_input + input, first_weight + place))
        });
        (row, terms)
    }
}
