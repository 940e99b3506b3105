//! A circuit of a private image and what its owner says of it.

use crate::nets::{Files, image};
use ark_bn254::Fr;
use prover::circuit::{Answer, Assignment, Claim as CircuitClaim};
use prover::groth16::{Proof, ProofDocument, VerifyingKey};
use prover::public::binding_value;
use prover::{Circuit, CircuitSpec, Image, Model, Tensor, infer};
use statement::{Binding, Nonce, PubkeyHash};

/// What a prover says: a class, for a recipient and a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) class: usize,
    pub(crate) binding: Binding,
}

impl Claim {
    /// The public inputs.
    pub(crate) fn values(&self) -> [Fr; 2] {
        [binding_value(&self.binding), Fr::from(self.class as u64)]
    }

    /// The claim with `proof`, under a key.
    pub(crate) fn document(&self, vk: &VerifyingKey, proof: &Proof) -> ProofDocument {
        ProofDocument::new(vk, self.binding, &self.values()[1..], proof.clone()).unwrap()
    }

    pub(crate) fn of_class(self, class: usize) -> Self {
        Self { class, ..self }
    }

    pub(crate) fn for_recipient(self, recipient: [u8; 20]) -> Self {
        Self { binding: Binding { recipient: PubkeyHash(recipient), ..self.binding }, ..self }
    }

    pub(crate) fn for_nonce(self, nonce: [u8; 8]) -> Self {
        Self { binding: Binding { nonce: Nonce(nonce), ..self.binding }, ..self }
    }
}

pub(crate) fn claim(class: usize) -> Claim {
    let recipient = core::array::from_fn(|k| 11 * k as u8 + 3);
    let nonce = [0xa5, 0, 1, 2, 0xff, 4, 5, 6];
    Claim { class, binding: Binding { recipient: PubkeyHash(recipient), nonce: Nonce(nonce) } }
}

/// Model, circuit, an image and the true claim about it.
pub(crate) struct Case {
    pub(crate) model: Model,
    pub(crate) circuit: Circuit,
    pub(crate) input: Tensor,
    pub(crate) truth: Claim,
}

impl Case {
    pub(crate) fn of(model: Model, image: &Image) -> Self {
        let input = model.input().tensor(image).unwrap();
        let truth = claim(infer(&model, &input).unwrap().class);
        let circuit = Circuit::inference(&model, &CircuitSpec::of(&model)).unwrap();
        Self { circuit, model, input, truth }
    }

    /// The assignment that says `claim` of the image.
    pub(crate) fn assign(&self, claim: &Claim) -> Assignment {
        self.assign_forged(claim, &[])
    }

    /// The same with forged wires.
    pub(crate) fn assign_forged(&self, claim: &Claim, forged: &[(&str, Fr)]) -> Assignment {
        let answer = Answer::Class(vec![claim.class]);
        let forged: Vec<_> = forged.iter().map(|(name, value)| (self.circuit.wire(name).unwrap(), *value)).collect();
        let claim = CircuitClaim {
            binding: &claim.binding,
            model: &self.model,
            model_salt: None,
            inputs: core::slice::from_ref(&self.input),
            input_salts: &[],
            answer: &answer,
        };
        self.circuit.assign_forged(&claim, &forged).unwrap()
    }
}

pub(crate) fn case(files: &Files) -> Case {
    Case::of(files.model(), image(0))
}
