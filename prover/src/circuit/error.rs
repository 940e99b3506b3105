//! Why a circuit cannot be built or filled.

/// Why there is no circuit for a model and a specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// A range check that a value outside the range could pass modulo r.
    #[error("{place}: values of {value_bits} bits and a range of {range_bits} bits do not fit below r together")]
    Wraps {
        /// The checked value.
        place: String,
        /// Bits of its largest proven magnitude.
        value_bits: u64,
        /// Bits of the range.
        range_bits: usize,
    },
    /// A value whose bounds in the circuit exceed those of the model's range analysis: an error in one of the two.
    #[error("layer {layer}, value {output}: the circuit's bounds exceed the model's")]
    Bounds {
        /// The layer.
        layer: String,
        /// Index of the value.
        output: usize,
    },
    /// Top-k membership with a k that says nothing or makes no sense.
    #[error("top_k: k = {found}, expected 1 to {} for {n_classes} classes", n_classes - 1)]
    TopK {
        /// The k asked for.
        found: usize,
        /// Classes of the model.
        n_classes: usize,
    },
    /// More inputs in a batch than a circuit takes.
    #[error("batch = {found}, expected at most {limit}")]
    Batch {
        /// Inputs asked for.
        found: usize,
        /// Most inputs.
        limit: usize,
    },
    /// A model with fewer than two classes has nothing to decide.
    #[error("the model has {found} logits, expected at least 2")]
    Classes {
        /// Logits of the model.
        found: usize,
    },
    /// An accuracy certificate for a model whose logits are no secret: anyone can count for themselves.
    #[error("no layer that the logits depend on has committed weights; anyone can evaluate this model")]
    NothingCommitted,
    /// A layer of an accuracy certificate that would spend constraints on constants.
    #[error("{layer}: a {op} layer before the first committed one, where only sums and public linear layers can be")]
    NotLinear {
        /// The layer's name.
        layer: String,
        /// Its operation.
        op: &'static str,
    },
    /// A label that is no class of the model.
    #[error("input {index} of the set: label {found}, expected 0 to {}", n_classes - 1)]
    Label {
        /// Place of the input, from 0.
        index: usize,
        /// The label.
        found: usize,
        /// Classes of the model.
        n_classes: usize,
    },
    /// An input that the model does not read: the set was made for another one.
    #[error("input {index} of the set")]
    Input {
        /// Place of the input, from 0.
        index: usize,
        /// What is wrong with it.
        source: TensorError,
    },
    /// A set of inputs of another shape, though of as many values.
    #[error("the set's inputs are of shape {found}, the model reads {expected}")]
    SetShape {
        /// The set's shape.
        found: Shape,
        /// The model's.
        expected: Shape,
    },
    /// The commitment's layout was refused.
    #[error("{place}: the values cannot be committed to")]
    Commitment {
        /// Which commitment.
        place: String,
        /// Why.
        source: Box<CommitmentError>,
    },
}

use crate::commitment::CommitmentError;
use crate::model::{Shape, TensorError};

/// Why a circuit cannot be filled with these values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignError {
    /// Another number of things than the circuit has.
    #[error("{what}: found {found}, the circuit takes {expected}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// Number given.
        found: usize,
        /// Number expected.
        expected: usize,
    },
    /// A value outside the range that the circuit can represent.
    #[error("{what}: {found}, expected {expected}")]
    OutOfRange {
        /// The value.
        what: String,
        /// What was found.
        found: String,
        /// The admissible values.
        expected: String,
    },
    /// The model has other layers than the circuit.
    #[error("{what}: found {found}, the circuit was built for {expected}")]
    Model {
        /// What differs.
        what: String,
        /// What the model has.
        found: String,
        /// What the circuit has.
        expected: String,
    },
    /// The circuit proves something else than this claim.
    #[error("the claim is of kind {found}, the circuit proves {expected}")]
    Kind {
        /// Kind of the claim.
        found: String,
        /// Kind of the circuit.
        expected: String,
    },
}
