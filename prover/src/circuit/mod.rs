#![doc = include_str!("../../../docs/math/circuit.md")]

mod assign;
mod build;
mod name;
mod r1cs;
mod shape;

pub use assign::{Assignment, UnknownWire, Unsatisfied};
pub use name::{ConstraintName, Wire};
pub use r1cs::WireIdx;
pub use shape::Shape;

use crate::digest::Digest;
use crate::image::Preprocessing;
use crate::model::Model;
use crate::public::PublicInput;
use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSynthesizer, Matrix};
use num_bigint::{BigInt, Sign};
use r1cs::{Linear, R1cs};

/// Changes whenever the same model would get other constraints: keys of another version fit no longer.
const CIRCUIT_VERSION: &str = "provelock circuit 2";

/// Wires of the public inputs.
const BINDING: WireIdx = WireIdx::new(1);
const CLASS: WireIdx = WireIdx::new(2);
/// Bits of a class, 0 to 9.
const CLASS_BITS: u32 = 4;

/// The public inputs, in order.
fn public_inputs() -> Vec<PublicInput> {
    vec![PublicInput::binding(), PublicInput::new("class", CLASS_BITS)]
}

/// The constraints of one model, built once; images and claims only change the assignment.
#[derive(Clone, Debug)]
pub struct Circuit {
    id: Digest,
    model_name: String,
    public_inputs: Vec<PublicInput>,
    preprocessing: Preprocessing,
    r1cs: R1cs,
    wires: Wires,
    /// How each derived wire follows from earlier ones, in an order in which that works.
    derivations: Vec<Derivation>,
}

/// The wires that the prover chooses; all others follow from them.
#[derive(Clone, Debug, Default)]
struct Wires {
    /// `bits` per pixel, row by row, least significant first.
    pixel_bits: Vec<WireIdx>,
    /// One per class.
    selectors: Vec<WireIdx>,
}

/// How a derived wire gets its value.
#[derive(Clone, Debug)]
enum Derivation {
    /// `wire` is the product of the two sides of constraint `constraint`.
    Product { wire: WireIdx, constraint: usize },
    /// `bits` are the lowest bits of `value` as an integer in `0..r`, least significant first.
    Bits { bits: Vec<WireIdx>, value: Linear },
}

impl Circuit {
    /// Builds the constraints of `model`.
    pub fn new(model: &Model) -> Self {
        build::build(model)
    }

    /// Names the constraints: the circuit version and the model's digest.
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Name of the model.
    pub fn model_name(&self) -> &str {
        &self.model_name
    }

    /// What the circuit is of its model, in one canonical spelling.
    pub const fn spec(&self) -> &str {
        "inference input=private output=class batch=1"
    }

    /// The public inputs, in order; the first is the binding.
    pub fn public_inputs(&self) -> &[PublicInput] {
        &self.public_inputs
    }

    /// Counts of constraints and wires.
    pub fn shape(&self) -> Shape {
        Shape {
            constraints: self.r1cs.n_constraints(),
            witnesses: self.r1cs.wires().len() - self.r1cs.n_known(),
            public_inputs: self.r1cs.n_known() - 1,
        }
    }

    /// The matrices A, B, C; a row is `(coefficient, wire index)`.
    pub fn matrices(&self) -> &[Matrix<Fr>; 3] {
        self.r1cs.matrices()
    }

    /// The constraints for a setup.
    pub(crate) fn synthesizer(&self) -> impl ConstraintSynthesizer<Fr> {
        &self.r1cs
    }
}

/// The residue modulo r of a signed integer.
pub fn field_element(value: &BigInt) -> Fr {
    let magnitude = Fr::from(value.magnitude().clone());
    if value.sign() == Sign::Minus { -magnitude } else { magnitude }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn field_element__signs__add_up_to_zero() {
        let value = BigInt::from(7) << 200;
        assert_eq!(field_element(&value) + field_element(&-value), Fr::from(0));
        assert_eq!(field_element(&BigInt::from(-3)), -Fr::from(3));
    }
}
