//! What a proof of the demo says, with all that is needed to prove it.

use anyhow::Context as _;
use prover::circuit::{AccuracyClaim, Answer, Assignment, Claim, SaleClaim};
use prover::sale::SaleKey;
use prover::{Circuit, Model, Salt, Tensor};
use statement::Binding;

/// Something true, and its secrets.
#[derive(Clone, Debug)]
pub(super) enum Statement<'a> {
    /// A network gives this class to an input.
    Inference { model: &'a Model, model_salt: Option<&'a Salt>, input: Tensor, input_salt: Option<&'a Salt>, class: usize },
    /// A hidden network is right on at least so many images of the circuit's set.
    Accuracy { model: &'a Model, model_salt: &'a Salt, min_correct: u64 },
    /// What this key decrypts is a network that is right on at least so many images of the circuit's set.
    Sale { model: &'a Model, key: &'a SaleKey, min_correct: u64 },
}

impl Statement<'_> {
    /// The values of all wires of its circuit.
    pub(super) fn assign(&self, circuit: &Circuit, binding: &Binding) -> anyhow::Result<Assignment> {
        let assignment = match self {
            Self::Inference { model, model_salt, input, input_salt, class } => circuit.assign(&Claim {
                binding,
                model,
                model_salt: *model_salt,
                inputs: core::slice::from_ref(input),
                input_salts: input_salt.map_or(&[], core::slice::from_ref),
                answer: &Answer::Class(vec![*class]),
            }),
            Self::Accuracy { model, model_salt, min_correct } => circuit.assign_accuracy(&AccuracyClaim {
                binding,
                model,
                model_salt,
                min_correct: *min_correct,
            }),
            Self::Sale { model, key, min_correct } => {
                circuit.assign_sale(&SaleClaim { binding, model, key, min_correct: *min_correct })
            }
        };
        assignment.context("the demo's own statement does not fit its circuit")
    }
}
