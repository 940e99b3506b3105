//! How many constraints and wires a model costs.

use crate::model::{Activation, Model};
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
    /// With N pixels of b bits, S squares and K = [`crate::model::Ranges::difference_bits`]:
    /// constraints `N b + S + 11 + 10 + 10 (K + 1) + 1`,
    /// witnesses `N b + S + 10 + 10 + 10 K`.
    pub fn of(model: &Model) -> Self {
        let preprocessing = model.preprocessing();
        let pixel_bits = preprocessing.crop().pow(2) * preprocessing.bits() as usize;
        let hidden = model.layers().iter().filter(|layer| layer.activation() == Activation::Square);
        let squares: usize = hidden.map(|layer| layer.shape().n_outputs()).sum();
        let classes = usize::from(N_CLASSES);
        let lead_bits = classes * model.ranges().difference_bits() as usize;
        // Every private wire is boolean or a product: one constraint each.
        let witnesses = pixel_bits + squares + 2 * classes + lead_bits;
        // Three kinds of sums constrain wires further: one-hot, one per lead, the class.
        Self { constraints: witnesses + 1 + classes + 1, witnesses, public_inputs: super::public_inputs().len() }
    }
}
