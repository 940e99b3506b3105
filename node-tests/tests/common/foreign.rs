//! What another tool's files say, read by the product's own readers.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Proof, VerifyingKey};
use foreign_tools::{Circuit, ProofFiles, Tool};
use proof_formats::{check_input_count, read_proof, read_public_inputs, read_verifying_key};

/// A key, a proof for it, and what the proof says.
pub(crate) struct Foreign {
    pub(crate) key: VerifyingKey<Bn254>,
    pub(crate) proof: Proof<Bn254>,
    pub(crate) public_inputs: Vec<Fr>,
}

impl Foreign {
    /// The files of one tool and circuit among these.
    pub(crate) fn of(all: &[ProofFiles], tool: Tool, circuit: Circuit) -> Self {
        let files = all.iter().find(|files| (files.tool, files.circuit) == (tool, circuit)).expect("of every pair");
        let ProofFiles { verifying_key, proof, public_inputs, .. } = files;
        let key = read_verifying_key(verifying_key.name, &verifying_key.bytes).expect("a tool's own key").key;
        let proof = read_proof(proof.name, &proof.bytes).expect("a tool's own proof").proof;
        let values = read_public_inputs(public_inputs.name, &public_inputs.bytes).expect("a tool's own inputs").values;
        check_input_count(public_inputs.name, &key, &values).expect("as many as the key takes");
        Self { key, proof, public_inputs: values }
    }
}
