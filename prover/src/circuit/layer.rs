//! One layer of a network as constraints.

use super::build::Builder;
use super::error::CircuitError;
use super::field_element;
use super::gadgets::activation::{Activation, ActivationLabels};
use super::gadgets::divide::DivisionLabels;
use super::gadgets::max_pool::MaxLabels;
use super::name::Label;
use super::r1cs::{Linear, WireIdx};
use super::value::Value;
use super::weights::LayerWires;
use crate::model::{self, Interval, Node, Op, Window};
use ark_bn254::Fr;
use ark_ff::Zero;
use num_bigint::BigInt;

/// A node of the graph, ready to compute values. A model's [`crate::model::Ranges`] bound linear layers; every value
/// of every layer is checked against them, so that the bounds hold for what is built.
pub(super) struct Layer<'a> {
    kind: Kind<'a>,
    value: Label,
    product: Label,
    division: DivisionLabels,
}

enum Kind<'a> {
    /// Public weights: constants, no constraint.
    Public {
        linear: &'a model::Linear,
        weights: Vec<Fr>,
        ranges: &'a [Interval],
    },
    /// Committed weights: one constraint per term.
    Committed {
        linear: &'a model::Linear,
        wires: &'a LayerWires,
        ranges: &'a [Interval],
    },
    Product,
    Square,
    Add,
    Flatten,
    SumPool(&'a Window),
    AvgPool(&'a Window),
    MaxPool(&'a Window, MaxLabels),
    Rescale(u64),
    Activation(Activation, ActivationLabels),
}

impl<'a> Layer<'a> {
    /// `node`, whose wires' names begin with `scope`. `divisor` is that of a rescaling which a ReLU does as well, or
    /// 1; `wires` are those of committed weights; `ranges` bound the values.
    pub(super) fn new(
        builder: &mut Builder,
        scope: String,
        node: &'a Node,
        divisor: u64,
        wires: Option<&'a LayerWires>,
        ranges: &'a [Interval],
    ) -> Self {
        let kind = match (node.op(), wires) {
            (Op::Linear(linear), Some(wires)) => Kind::Committed { linear, wires, ranges },
            (Op::Linear(linear), None) => {
                let weights = linear.weights().iter().map(|weight| Fr::from(*weight)).collect();
                Kind::Public { linear, weights, ranges }
            }
            (Op::Product, _) if node.inputs().first() == node.inputs().last() => Kind::Square,
            (Op::Product, _) => Kind::Product,
            (Op::Square, _) => Kind::Square,
            (Op::Add, _) => Kind::Add,
            (Op::Flatten, _) => Kind::Flatten,
            (Op::SumPool(window), _) => Kind::SumPool(window),
            (Op::AvgPool(window), _) => Kind::AvgPool(window),
            (Op::MaxPool(window), _) => Kind::MaxPool(window, MaxLabels::new(builder, &scope)),
            (Op::Rescale { divisor }, _) => Kind::Rescale(*divisor),
            (Op::Relu { max }, _) => {
                let activation = Activation { divisor, max: max.clone() };
                Kind::Activation(activation, ActivationLabels::new(builder, &scope))
            }
        };
        let mut label = |role: &str| builder.label(&format!("{scope}.{role}"));
        Self {
            kind,
            value: label("value"),
            product: label("product"),
            division: DivisionLabels { quotient: label("quotient"), remainder: label("remainder") },
        }
    }

    /// Value `output` from the values of the first and the last input.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a range check could be passed modulo r.
    pub(super) fn value(
        &self,
        builder: &mut Builder,
        output: usize,
        x: &[Value],
        y: &[Value],
    ) -> Result<Value, CircuitError> {
        Ok(match &self.kind {
            Kind::Public { linear, weights, ranges } => public(linear, weights, &ranges[output], output, x),
            Kind::Committed { linear, wires, ranges } => {
                self.committed(builder, (linear, wires), &ranges[output], output, x)
            }
            Kind::Product => builder.multiply(self.product.at(output), &x[output], &y[output]),
            Kind::Square => builder.square(self.product.at(output), &x[output]),
            Kind::Add => x[output].clone().sum(&y[output]),
            Kind::Flatten => x[output].clone(),
            Kind::SumPool(window) => sum(window, output, x),
            Kind::AvgPool(window) => {
                let area = window.area() as u64;
                let sum = sum(window, output, x);
                if area == 1 { sum } else { builder.rescale(self.division, output, &sum, area)? }
            }
            Kind::MaxPool(window, labels) => {
                let first = output * (window.area() - 1);
                builder.maximum(labels, first, window.window(output).map(|k| &x[k]))?
            }
            Kind::Rescale(divisor) => builder.rescale(self.division, output, &x[output], *divisor)?,
            Kind::Activation(activation, labels) => builder.activation(labels, output, activation, &x[output])?,
        })
    }

    /// A wire that carries value `output`. One constraint.
    pub(super) fn materialised(&self, builder: &mut Builder, output: usize, value: Linear) -> Linear {
        Linear::wire(builder.materialise(self.value.at(output), value))
    }

    /// `bias + sum of weight * value` with wires for bias and weights: one constraint per term whose value is not
    /// constant. The product is that of the weight's digit, which is not negative: `w v = (w + m) v - m v`, so that
    /// products of non-negative values are small numbers.
    fn committed(
        &self,
        builder: &mut Builder,
        (linear, wires): (&model::Linear, &LayerWires),
        range: &Interval,
        output: usize,
        x: &[Value],
    ) -> Value {
        let (row, terms) = linear.accumulator(output);
        let mut sum = wires.bias(row).linear;
        let (row_len, first) = (linear.row_len(), row * linear.row_len());
        // m times the constants that are multiplied: certificates have millions of them.
        let middle = field_element(&wires.weight_middle());
        let mut constants = Fr::default();
        for (input, weight) in terms {
            let value = &x[input];
            let digit = wires.weight(weight);
            // A sum of public weights and constants is a constant, though the model's bounds for it are wider.
            let constant = value.linear.as_constant();
            let constant = constant.or_else(|| (value.lo == value.hi).then(|| field_element(&value.lo)));
            if let Some(factor) = constant {
                if !factor.is_zero() {
                    sum.add(factor, digit);
                    constants += factor;
                }
                continue;
            }
            let name = self.product.at(output * row_len + weight - first);
            let product = builder.product(name, Linear::wire(digit), value.linear.clone());
            sum.add(Fr::from(1u8), product);
            sum.add_scaled(-middle, &value.linear);
        }
        sum.add(-middle * constants, WireIdx::ONE);
        Value { linear: sum, lo: range.lo().clone(), hi: range.hi().clone() }
    }
}

/// `bias + sum of weight * value` with constants for bias and weights: no constraint.
fn public(linear: &model::Linear, weights: &[Fr], range: &Interval, output: usize, x: &[Value]) -> Value {
    let (row, terms) = linear.accumulator(output);
    let mut sum = Linear::default();
    sum.add(field_element(&linear.biases()[row]), WireIdx::ONE);
    for (input, weight) in terms.filter(|(_, weight)| linear.weights()[*weight] != 0) {
        sum.add_scaled(weights[weight], &x[input].linear);
    }
    // One term per wire: without this, inputs that are sums would make the sum longer than it is.
    Value { linear: sum.normalised(), lo: range.lo().clone(), hi: range.hi().clone() }
}

/// The sum under a window.
fn sum(window: &Window, output: usize, x: &[Value]) -> Value {
    let zero = Value::constant(&BigInt::default());
    window.window(output).fold(zero, |sum, input| sum.sum(&x[input]))
}
