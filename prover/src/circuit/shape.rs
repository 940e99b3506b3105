//! How many constraints a circuit costs, by formula.

use super::error::CircuitError;
use super::gadgets::activation::Activation;
use super::gadgets::argmax::{n_argmax_constraints, n_top_k_constraints, score_bits};
use super::gadgets::divide::n_rescale_constraints;
use super::gadgets::max_pool::n_max_constraints;
use super::gadgets::range::n_range_constraints;
use super::inference::input_layout;
use super::layout::{self, Layout};
use super::plan::{NodePlan, Plan};
use super::spec::CircuitSpec;
use super::weights::{self, WeightTie};
use crate::model::{InputVisibility, Interval, Model, Op, OutputKind, ValueRef, WeightVisibility};
use num_bigint::BigInt;
use std::sync::Arc;

/// Counts of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Private wires.
    pub witnesses: usize,
    /// Public inputs, without the constant one.
    pub public_inputs: usize,
}

/// Constraints of an inference circuit, part by part, by formula: the circuit is not built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeFormula {
    /// Once per proof: range checks of and commitment to weights.
    pub weights: usize,
    /// Per input: its range checks, and the commitment to it.
    pub input: usize,
    /// Per input: each layer's name and constraints.
    pub layers: Vec<(Arc<str>, usize)>,
    /// Per input: the answer.
    pub answer: usize,
    /// Once per proof: ties of packed values to public inputs.
    pub packing: usize,
    /// Inputs per proof.
    pub batch: usize,
}

impl ShapeFormula {
    /// The counts of `spec`'s circuit of `model`.
    ///
    /// # Errors
    /// [`CircuitError`] if `spec` asks for what the model cannot answer.
    pub fn of(model: &Model, spec: &CircuitSpec) -> Result<Self, CircuitError> {
        let layout = Layout::of(model, spec)?;
        let plan = Plan::of(model);
        let nodes = model.nodes().iter().zip(&plan.nodes).enumerate();
        let packings = [&layout.classes, &layout.logits, &layout.input];
        Ok(Self {
            weights: weights::n_constraints(model, WeightTie::Commitment)?,
            input: input(model, spec)?,
            layers: nodes
                .map(|(idx, (node, plan))| (node.name().clone(), layer_constraints(model, idx, plan)))
                .collect(),
            answer: answer(model, spec),
            packing: packings.into_iter().flatten().map(|packing| packing.n_elements()).sum(),
            batch: spec.batch.get(),
        })
    }

    /// All constraints.
    pub fn constraints(&self) -> usize {
        self.weights + self.batch * self.per_input() + self.packing
    }

    /// Constraints that each further input costs, but for its share of packing.
    pub fn per_input(&self) -> usize {
        self.input + self.layers.iter().map(|(_, constraints)| constraints).sum::<usize>() + self.answer
    }
}

/// `N` values of `max - min + 1` numbers, and for a committed input the sponge and one.
fn input(model: &Model, spec: &CircuitSpec) -> Result<usize, CircuitError> {
    let input = model.input();
    let span = BigInt::from(input.max) - input.min;
    let ranges = input.shape.n_values() * n_range_constraints(&span);
    Ok(match spec.input {
        InputVisibility::Committed => ranges + input_layout(model)?.n_constraints() + 1,
        InputVisibility::Public | InputVisibility::Private => ranges,
    })
}

fn answer(model: &Model, spec: &CircuitSpec) -> usize {
    let logits = layout::logit_ranges(model);
    let (n, bits) = (logits.len(), model.output().lead_bits as usize);
    match spec.output {
        OutputKind::Logits => 0,
        OutputKind::TopK { k } if k > 1 => n_top_k_constraints(n, bits),
        OutputKind::Class | OutputKind::TopK { .. } => n_argmax_constraints(n, bits),
        OutputKind::Score => {
            let lo = logits.iter().map(Interval::lo).min().cloned().unwrap_or_default();
            let hi = logits.iter().map(Interval::hi).max().cloned().unwrap_or_default();
            n_argmax_constraints(n, bits) + score_bits(&lo, &hi)
        }
    }
}

/// Constraints of node `idx`: the sum over its values that the answer depends on.
pub(super) fn layer_constraints(model: &Model, idx: usize, plan: &NodePlan) -> usize {
    if plan.absorbed {
        return 0;
    }
    let x = plan.inputs.first().map_or(&[][..], |source| model.ranges().values(*source));
    let needed = (0..plan.needed.len()).filter(|output| plan.needed[*output]);
    let ranges = model.ranges().values(ValueRef::Node(idx));
    let materialised = |output: usize| {
        let range = &ranges[output];
        usize::from(plan.materialised && range.lo() != range.hi())
    };
    let one = |output: usize| match model.nodes()[idx].op() {
        Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed => {
            linear.accumulator(output).1.filter(|(input, _)| x[*input].lo() != x[*input].hi()).count()
        }
        Op::Linear(_) | Op::Add | Op::Flatten | Op::SumPool(_) => 0,
        Op::Product | Op::Square => 1,
        Op::AvgPool(window) if window.area() == 1 => 0,
        Op::AvgPool(window) => {
            let (mut lo, mut hi) = (BigInt::default(), BigInt::default());
            for under in window.window(output) {
                lo += x[under].lo();
                hi += x[under].hi();
            }
            n_rescale_constraints(&lo, &hi, window.area() as u64)
        }
        Op::MaxPool(window) => n_max_constraints(window.window(output).map(|under| &x[under])),
        Op::Rescale { divisor } => n_rescale_constraints(x[output].lo(), x[output].hi(), *divisor),
        Op::Relu { max } => {
            let activation = Activation { divisor: plan.divisor, max: max.clone() };
            activation.n_constraints(x[output].lo(), x[output].hi())
        }
    };
    needed.map(|output| one(output) + materialised(output)).sum()
}
