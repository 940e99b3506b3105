//! What a proof of the demo says, with all that is needed to prove it.

use crate::output::Output;
use crate::proving;
use anyhow::Context as _;
use ark_bn254::Fr;
use prover::circuit::{AccuracyClaim, Answer, Assignment, Claim};
use prover::groth16::{Proof, ProvingKey};
use prover::{Circuit, Model, Salt, Tensor};
use statement::Binding;

/// Something true, and its secrets.
#[derive(Clone, Debug)]
pub(super) enum Statement<'a> {
    /// A network gives this class to an input.
    Inference { model: &'a Model, model_salt: Option<&'a Salt>, input: Tensor, input_salt: Option<&'a Salt>, class: usize },
    /// A hidden network is right on at least so many images of the circuit's set.
    Accuracy { model: &'a Model, model_salt: &'a Salt, min_correct: u64 },
}

/// A proof and its public inputs, the binding first, in the key's order.
#[derive(Clone, Debug)]
pub(super) struct Proved {
    pub(super) proof: Proof,
    pub(super) public_inputs: Vec<Fr>,
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
                input_salts: input_salt.as_slice(),
                answer: &Answer::Class(vec![*class]),
            }),
            Self::Accuracy { model, model_salt, min_correct } => circuit.assign_accuracy(&AccuracyClaim {
                binding,
                model,
                model_salt,
                min_correct: *min_correct,
            }),
        };
        assignment.context("the demo's own statement does not fit its circuit")
    }

    /// Proves it for `binding`.
    pub(super) fn prove(
        &self,
        circuit: &Circuit,
        key: &ProvingKey,
        binding: &Binding,
        output: &Output,
    ) -> anyhow::Result<Proved> {
        let assignment = self.assign(circuit, binding)?;
        let (proof, _) = proving::make_proof(key, circuit, &assignment, output)?;
        Ok(Proved { proof, public_inputs: assignment.public_inputs().to_vec() })
    }
}
