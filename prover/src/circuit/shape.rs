//! How many constraints and wires a model costs.

use crate::model::{Model, Op};
use statement::N_CLASSES;

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

impl Shape {
    /// The counts by formula, without building the circuit.
    ///
    /// With N pixels of b bits, S squares and K = [`crate::model::Ranges::lead_bits`]:
    /// constraints `N b + S + 11 + 10 + 10 (K + 1) + 160 + 64 + 1`,
    /// witnesses `N b + S + 10 + 10 + 10 K + 160 + 64`.
    pub fn of(model: &Model) -> Self {
        let input = model.input();
        let pixel_bits = input.shape.n_values() * super::build::pixel_bits(input) as usize;
        let hidden = model.nodes().iter().filter(|node| matches!(node.op(), Op::Square | Op::Product));
        let squares: usize = hidden.map(|node| node.shape().n_values()).sum();
        let classes = usize::from(N_CLASSES);
        let lead_bits = classes * model.ranges().lead_bits() as usize;
        let statement_bits = 160 + 64;
        // Every private wire is boolean or a product: one constraint each.
        let witnesses = pixel_bits + squares + 2 * classes + lead_bits + statement_bits;
        // Three kinds of sums constrain wires further: one-hot, one per lead, the packing.
        Self { constraints: witnesses + 1 + classes + 1, witnesses, public_inputs: 1 }
    }
}
