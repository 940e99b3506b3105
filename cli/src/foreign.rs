//! Keys, proofs and public inputs from files, whoever wrote them: snarkjs, ZoKrates, arkworks, this program.

use crate::advice::Advise as _;
use crate::files;
use anyhow::Context as _;
use ark_bn254::{Bn254, Fr};
use proof_formats::{Fault, FormatError, MAX_FILE_LEN};
use prover::groth16::{self, ArtifactFault, ProofDocument};
use std::path::Path;

/// The format of this program's own files, in answers.
const OWN_FORMAT: &str = "provelock";

/// What a file holds, and in which format.
#[derive(Clone, Debug)]
pub(crate) struct Read<T> {
    pub(crate) content: T,
    pub(crate) format: String,
}

impl<T> Read<T> {
    fn own(content: T) -> Self {
        Self { content, format: OWN_FORMAT.to_owned() }
    }
}

/// A proof, with its public inputs where the format carries them.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) proof: ark_groth16::Proof<Bn254>,
    pub(crate) public_inputs: Option<Vec<Fr>>,
}

/// Reads a verifying key.
pub(crate) fn read_verifying_key(path: &Path) -> anyhow::Result<Read<ark_groth16::VerifyingKey<Bn254>>> {
    let theirs = |name: &str, bytes: &[u8]| {
        let file = proof_formats::read_verifying_key(name, bytes)?;
        Ok(Read { content: file.key, format: file.format.to_string() })
    };
    let ours = |bytes: &[u8]| Ok(Read::own(groth16::VerifyingKey::from_json(bytes)?.inner().clone()));
    read(path, theirs, ours).advise("use the verifying key's file as the tool wrote it, of a circuit on BN254")
}

/// Reads a proof.
pub(crate) fn read_proof(path: &Path) -> anyhow::Result<Read<Claim>> {
    let theirs = |name: &str, bytes: &[u8]| {
        let file = proof_formats::read_proof(name, bytes)?;
        let content = Claim { proof: file.proof, public_inputs: file.public_inputs };
        Ok(Read { content, format: file.format.to_string() })
    };
    let ours = |bytes: &[u8]| {
        let document = ProofDocument::from_json(bytes)?;
        let public_inputs = Some(document.values());
        Ok(Read::own(Claim { proof: document.proof().inner().clone(), public_inputs }))
    };
    read(path, theirs, ours).advise("use the proof's file as the tool wrote it, of a Groth16 proof on BN254")
}

/// Reads public inputs.
pub(crate) fn read_public_inputs(path: &Path) -> anyhow::Result<Read<Vec<Fr>>> {
    let theirs = |name: &str, bytes: &[u8]| {
        let file = proof_formats::read_public_inputs(name, bytes)?;
        Ok(Read { content: file.values, format: file.format.to_string() })
    };
    let ours = |bytes: &[u8]| Ok(Read::own(ProofDocument::from_json(bytes)?.values()));
    read(path, theirs, ours).advise("give all public inputs in the key's order, each a number below r")
}

fn read<T>(
    path: &Path,
    theirs: impl FnOnce(&str, &[u8]) -> Result<T, FormatError>,
    ours: impl FnOnce(&[u8]) -> Result<T, ArtifactFault>,
) -> anyhow::Result<T> {
    let bytes = files::read(path, MAX_FILE_LEN as u64)?;
    let name = path.display().to_string();
    match theirs(&name, &bytes) {
        Err(FormatError { fault: Fault::OwnFormat { .. }, .. }) => {
            ours(&bytes).with_context(|| format!("{name} is refused"))
        }
        other => Ok(other?),
    }
}
