//! Which constraints a key or proof is about.

use crate::circuit::Circuit;
use crate::digest::Digest;
use crate::public::{PublicInput, big_endian};
use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

use super::Rejection;

/// Most bytes of a circuit's specification in a file.
pub(super) const MAX_SPEC_LEN: usize = 1_000;

/// Which constraints a key or proof is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircuitInfo {
    /// Name of the model, for people.
    pub model: String,
    /// [`Circuit::spec`]: how the circuit is made of the model. Opaque here.
    pub spec: String,
    /// [`Circuit::id`].
    pub id: Digest,
    /// [`Circuit::public_inputs`]: names and widths, in order.
    pub public_inputs: Vec<PublicInput>,
}

impl CircuitInfo {
    pub(super) fn of(circuit: &Circuit) -> Self {
        Self {
            model: circuit.model_name().to_owned(),
            spec: circuit.spec().to_owned(),
            id: circuit.id(),
            public_inputs: circuit.public_inputs().to_vec(),
        }
    }

    /// Whether both speak of the same constraints, made of a model in the same way, and of public inputs of the same
    /// names and widths. What the model is called is for people.
    pub fn agrees(&self, other: &Self) -> bool {
        self.id == other.id && self.spec == other.spec && self.public_inputs == other.public_inputs
    }

    /// Checks that `values` are as many as the circuit's public inputs, each within its width.
    ///
    /// # Errors
    /// [`Rejection::InputCount`], or [`Rejection::InputTooLarge`] for the first one.
    pub fn check(&self, values: &[Fr]) -> Result<(), Rejection> {
        let (found, expected) = (values.len(), self.public_inputs.len());
        if found != expected {
            return Err(Rejection::InputCount { found, expected });
        }
        match self.public_inputs.iter().zip(values).find(|(input, value)| !input.admits(**value)) {
            None => Ok(()),
            Some((PublicInput { name, bits }, value)) => {
                let found = hex::encode(big_endian(*value));
                Err(Rejection::InputTooLarge { name: name.clone(), found, bits: *bits })
            }
        }
    }

    /// Covers every field.
    pub(super) fn digest(&self) -> Digest {
        let Self { model, spec, id, public_inputs } = self;
        let inputs = public_inputs.iter().map(|PublicInput { name, bits }| format!("{name}\n{bits}\n"));
        let inputs = Digest::of(inputs.collect::<String>().as_bytes());
        Digest::combine(
            "provelock circuit info 1",
            &[Digest::of(model.as_bytes()), Digest::of(spec.as_bytes()), *id, inputs],
        )
    }
}
