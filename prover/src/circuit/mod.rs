#![doc = include_str!("../../../docs/math/circuit.md")]

mod accuracy;
mod assign;
mod build;
mod derive;
mod encryption;
mod error;
mod gadgets;
mod inference;
mod layer;
mod layout;
mod name;
mod plan;
mod r1cs;
mod shape;
mod spec;
mod value;
mod weights;

pub use accuracy::{AccuracyClaim, AccuracyFormula, MIN_CORRECT, SaleClaim};
pub use assign::{Answer, Assignment, Claim, UnknownWire, Unsatisfied};
pub use encryption::{CIPHERTEXT_DIGEST, SALE_KEY};
pub use error::{AssignError, CircuitError};
pub use gadgets::pack::Packing;
pub use inference::input_layout;
pub use layout::{CLASS, Layout, MAX_BATCH, MIN_SCORE, MODEL_COMMITMENT};
pub use r1cs::WireIdx;
pub use shape::{Shape, ShapeFormula};
pub use spec::{CircuitSpec, SpecError};
pub use weights::{WeightTie, committed_values, model_layout};

#[cfg(test)]
pub(crate) use name::{ConstraintName, Wire};
pub(crate) use r1cs::{Linear, R1cs};

use crate::digest::Digest;
use crate::public::PublicInput;
use accuracy::AccuracySources;
use ark_bn254::Fr;
use build::Builder;
use derive::Derivation;
use inference::InferenceSources;
use name::Names;
use num_bigint::{BigInt, Sign};

/// A rank-1 constraint system in which every wire and constraint has a name, built once; what is claimed only changes
/// the assignment.
#[derive(Clone)]
pub struct Circuit {
    id: Digest,
    model_name: String,
    spec: String,
    public: Vec<PublicInput>,
    r1cs: R1cs,
    names: Names,
    /// How each derived wire follows from earlier ones, in an order in which that works.
    derivations: Vec<Derivation>,
    bounds: Vec<BigInt>,
    sources: Sources,
}

/// The wires that a claim fills in; all others follow from them.
#[derive(Clone, Debug)]
enum Sources {
    Inference(Box<InferenceSources>),
    Accuracy(AccuracySources),
}

impl core::fmt::Debug for Circuit {
    /// Its name: a circuit has millions of wires.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Circuit({}, {}, id {})", self.model_name, self.spec, self.id)
    }
}

impl Circuit {
    fn finish(builder: Builder, model_name: &str, spec: String, sources: Sources) -> Self {
        let Builder { r1cs, names, derivations, bounds, public, .. } = builder;
        let id = r1cs.digest(layout_digest(&public));
        Self { id, model_name: model_name.to_owned(), spec, public, r1cs, names, derivations, bounds, sources }
    }

    /// Names the constraints: a digest of the matrices and of the public inputs' names and widths. It covers every
    /// public constant and says nothing of committed weights.
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Name of the model.
    pub fn model_name(&self) -> &str {
        &self.model_name
    }

    /// What the circuit proves of its model, in one canonical spelling; that of [`CircuitSpec`] for an inference.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The public inputs, in order; the first is the binding.
    pub fn public_inputs(&self) -> &[PublicInput] {
        &self.public
    }

    /// Counts of constraints and wires.
    pub fn shape(&self) -> Shape {
        Shape {
            constraints: self.r1cs.n_constraints(),
            witnesses: self.r1cs.wires().len() - self.r1cs.n_known(),
            public_inputs: self.r1cs.n_public(),
        }
    }

    /// Nonzero entries of the three matrices.
    pub fn n_terms(&self) -> usize {
        self.r1cs.n_terms()
    }

    /// The constraints.
    pub(crate) const fn r1cs(&self) -> &R1cs {
        &self.r1cs
    }
}

/// The digest of a layout: per input its name's length (8 bytes, little-endian), the name, and the bits (4 bytes).
fn layout_digest(public: &[PublicInput]) -> Digest {
    let mut bytes = Vec::new();
    for PublicInput { name, bits } in public {
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend(bits.to_le_bytes());
    }
    Digest::of(&bytes)
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
