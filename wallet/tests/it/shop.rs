//! Contracts and proofs of a bundled network, as a program that uses the library makes them.

use std::path::Path;

use contracts::Evidence;
use prover::{
    Circuit, CircuitSpec, Dataset, Model, Tensor,
    circuit::{Answer, CLASS, Claim},
    groth16::{ProofDocument, ProvingKey, VerifyingKey, prove, setup},
    infer,
};
use rand::{Rng as _, rngs::OsRng};
use script_gen::{Contract, ContractArtifact, ContractDefinition, FixedInput, LockTime, Refund, Terms};
use statement::{Binding, Nonce};
use tx_builder::SigningKey;

/// A network, its keys, and an image of a seven.
pub(crate) struct Shop {
    model: Model,
    circuit: Circuit,
    proving_key: ProvingKey,
    seven: Tensor,
}

const PROVING_KEY: &str = "proving-key";

fn models() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models"))
}

fn circuit() -> (Model, Circuit) {
    let model = Model::load(&models().join("mnist-tiny")).unwrap();
    let circuit = Circuit::inference(&model, &CircuitSpec::of(&model)).unwrap();
    (model, circuit)
}

impl Shop {
    /// Makes the keys, and writes them into a folder.
    pub(crate) fn set_up(folder: &Path) {
        let (proving_key, _) = setup(&circuit().1, &mut OsRng).unwrap();
        proving_key.write(&folder.join(PROVING_KEY)).unwrap();
    }

    /// Reads the keys from a folder.
    pub(crate) fn open(folder: &Path) -> Self {
        let (model, circuit) = circuit();
        let proving_key = ProvingKey::read(&folder.join(PROVING_KEY)).unwrap();
        let file = |name: &str| models().join(format!("data/mnist/t10k-{name}-ubyte.gz"));
        let set = Dataset::load(&file("images-idx3"), &file("labels-idx1")).unwrap();
        let is_seven = |input: &Tensor| infer(&model, input).unwrap().class == 7;
        let mut inputs = set.iter().map(|(image, _)| model.input().tensor(image).unwrap());
        let seven = inputs.find(is_seven).unwrap();
        Self { model, circuit, proving_key, seven }
    }

    fn vk(&self) -> &VerifyingKey {
        self.proving_key.verifying_key()
    }

    /// A contract with a nonce of its own, for a seven, and its artifact.
    pub(crate) fn new_contract(&self, funder: &SigningKey) -> (String, Contract) {
        let seven = FixedInput::parse(CLASS, 4, "7").unwrap();
        let refund = Refund { recipient: funder.pubkey_hash(), lock_time: LockTime::new(1_000_000).unwrap() };
        let terms = Terms::pay_prover([seven.into()], Nonce(OsRng.r#gen()), refund);
        let definition = ContractDefinition::named("inference-payment").unwrap();
        let (artifact, contract) = ContractArtifact::build(&definition, self.vk().inner(), terms).unwrap();
        (artifact.to_json(), contract)
    }

    /// The text of a proof file for the contract, bound to its prover.
    pub(crate) fn new_proof(&self, contract: &Contract, prover: &SigningKey) -> String {
        let binding: Binding = contract.binding(prover.pubkey_hash());
        let assignment = self.circuit.assign(&Claim {
            binding: &binding,
            model: &self.model,
            model_salt: None,
            inputs: core::slice::from_ref(&self.seven),
            input_salts: &[],
            answer: &Answer::Class(vec![7]),
        });
        let assignment = assignment.unwrap();
        let proof = prove(&self.proving_key, &self.circuit, &assignment, &mut OsRng).unwrap();
        ProofDocument::new(self.vk(), binding, &assignment.public_inputs()[1..], proof).unwrap().to_json()
    }

    /// A proof file as the script takes it.
    pub(crate) fn evidence(contract: &Contract, proof: &str) -> Evidence {
        let document = ProofDocument::from_json(proof.as_bytes()).unwrap();
        Evidence::new(contract, document.proof().inner(), &document.values()).unwrap()
    }

    /// The same proof in another spelling, (-A, -B, C), as anybody can write it who has seen it
    /// (`docs/math/verifier.md`, "Not checked here").
    pub(crate) fn respelt_evidence(contract: &Contract, proof: &str) -> Evidence {
        let document = ProofDocument::from_json(proof.as_bytes()).unwrap();
        let mut proof = document.proof().inner().clone();
        (proof.a, proof.b) = (-proof.a, -proof.b);
        Evidence::new(contract, &proof, &document.values()).unwrap()
    }
}
