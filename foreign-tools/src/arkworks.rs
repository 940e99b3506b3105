//! The circuits as arkworks writes them.

use crate::{Circuit, NamedFile, ProofFiles, Tool, ToolError, secret};
use ark_bn254::{Bn254, Fr};
use ark_ff::Field as _;
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, Result, Variable};
use ark_relations::lc;
use ark_serialize::{CanonicalSerialize, Compress};
use rand::rngs::OsRng;

impl ConstraintSynthesizer<Fr> for Circuit {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<()> {
        let inputs = self.public_inputs();
        let inputs = inputs.into_iter().map(|value| cs.new_input_variable(|| Ok(value)));
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let secret_power = |n: u64| cs.new_witness_variable(|| Ok(secret().pow([n])));
        let enforce = |a: Variable, b: Variable, c| cs.enforce_r1cs_constraint(|| lc!() + a, || lc!() + b, || c);
        let x = secret_power(1)?;
        match inputs[..] {
            [y] => {
                let [x2, x4, x6] = [secret_power(2)?, secret_power(4)?, secret_power(6)?];
                enforce(x, x, lc!() + x2)?;
                enforce(x2, x2, lc!() + x4)?;
                enforce(x4, x2, lc!() + x6)?;
                enforce(x6, x, lc!() + y)
            }
            [small, near_r, full] => enforce(small, x, lc!() + full - near_r),
            _ => unreachable!("Circuit::public_inputs gives one or three"),
        }
    }
}

pub(crate) fn make(tool: Tool, circuit: Circuit) -> core::result::Result<ProofFiles, ToolError> {
    let proving_key = Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut OsRng)?;
    let proof = Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &proving_key, &mut OsRng)?;
    let inputs = circuit.public_inputs();
    let prepared = ark_groth16::prepare_verifying_key(&proving_key.vk);
    if !Groth16::<Bn254>::verify_proof(&prepared, &proof, &inputs)? {
        return Err(ToolError::Failed { tool, said: "it refuses its own proof".to_owned() });
    }
    let compress = if tool == Tool::ArkworksUncompressed { Compress::No } else { Compress::Yes };
    let [key, proof_name, inputs_name] = tool.file_names();
    Ok(ProofFiles {
        tool,
        circuit,
        verifying_key: file(key, &proving_key.vk, compress),
        proof: file(proof_name, &proof, compress),
        public_inputs: file(inputs_name, &inputs, compress),
    })
}

fn file(name: &'static str, value: &impl CanonicalSerialize, compress: Compress) -> NamedFile {
    let mut bytes = Vec::new();
    value.serialize_with_mode(&mut bytes, compress).expect("a vector takes every byte");
    NamedFile { name, bytes }
}
