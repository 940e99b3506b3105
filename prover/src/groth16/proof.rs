//! Proofs, and the file that carries a proof with what it is about.

use super::fault::{ArtifactError, ArtifactFault};
use super::key::VerifyingKey;
use super::points::{G1Hex, G2Hex};
use super::{Binding, Rejection, verify};
use crate::circuit::public_input;
use crate::digest::{Digest, lower_hex};
use crate::files::{check_header, read_limited, write_atomic};
use ark_bn254::{Bn254, Fr};
use ark_ff::{BigInteger, PrimeField};
use serde::{Deserialize, Serialize};
use statement::{Class, Nonce, PubkeyHash, Statement};
use std::path::Path;

const PROOF_FORMAT: &str = "provelock-proof";
const PROOF_VERSION: u64 = 1;
const MAX_PROOF_LEN: u64 = 16 << 10;

/// Three group elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

impl Proof {
    /// Wraps group elements; [`verify`] checks them.
    pub const fn new(inner: ark_groth16::Proof<Bn254>) -> Self {
        Self(inner)
    }

    /// The group elements, for the unlocking script.
    pub const fn inner(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }
}

/// A proof with the statement it proves and the key it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofDocument {
    binding: Binding,
    vk: Digest,
    statement: Statement,
    proof: Proof,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    format: String,
    version: u64,
    model: String,
    circuit: Digest,
    vk: Digest,
    class: u8,
    recipient: Hex<20>,
    nonce: Hex<8>,
    /// The public input, big-endian.
    x: Hex<32>,
    proof: Elements,
    sha256: Digest,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Elements {
    a_g1: G1Hex,
    b_g2: G2Hex,
    c_g1: G1Hex,
}

/// Bytes as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lower_hex::<N, _>(deserializer).map(Self)
    }
}

impl ProofFile {
    fn new(document: &ProofDocument) -> Self {
        let ProofDocument { binding, vk, statement, proof } = document;
        let mut file = Self {
            format: PROOF_FORMAT.to_owned(),
            version: PROOF_VERSION,
            model: binding.model.clone(),
            circuit: binding.circuit,
            vk: *vk,
            class: statement.class.index(),
            recipient: Hex(statement.recipient.0),
            nonce: Hex(statement.nonce.0),
            x: Hex(big_endian(public_input(statement))),
            proof: Elements {
                a_g1: G1Hex::encode(&proof.0.a),
                b_g2: G2Hex::encode(&proof.0.b),
                c_g1: G1Hex::encode(&proof.0.c),
            },
            sha256: Digest::of(b""),
        };
        file.sha256 = file.checksum();
        file
    }

    /// Covers everything but itself.
    fn checksum(&self) -> Digest {
        let Elements { a_g1, b_g2, c_g1 } = &self.proof;
        let parts: [&[u8]; 7] =
            [&[self.class], &self.recipient.0, &self.nonce.0, &self.x.0, a_g1.bytes(), b_g2.bytes(), c_g1.bytes()];
        let parts = [Digest::of(self.model.as_bytes()), self.circuit, self.vk, Digest::of(&parts.concat())];
        Digest::combine("provelock proof 1", &parts)
    }
}

/// 32 bytes, most significant first.
fn big_endian(value: Fr) -> [u8; 32] {
    let bytes = value.into_bigint().to_bytes_be();
    bytes.try_into().expect("an element of Fr has four 64-bit limbs")
}

impl ProofDocument {
    /// Puts a proof, its statement and its key together.
    pub fn new(vk: &VerifyingKey, statement: Statement, proof: Proof) -> Self {
        Self { binding: vk.binding().clone(), vk: vk.digest(), statement, proof }
    }

    /// The model and circuit that the proof says it is about.
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// Digest of the verifying key that the proof says it is for.
    pub const fn vk(&self) -> Digest {
        self.vk
    }

    /// What the proof is about.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The proof.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Accepts the document under `vk` or says why not.
    ///
    /// # Errors
    /// [`Rejection::OtherKey`] if the document names another key, else as [`verify`].
    pub fn verify(&self, vk: &VerifyingKey) -> Result<(), Rejection> {
        let expected = vk.digest();
        if self.vk != expected {
            return Err(Rejection::OtherKey { found: self.vk, expected });
        }
        verify(vk, &[public_input(&self.statement)], &self.proof)
    }

    /// The file's text: JSON with compressed points.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(&ProofFile::new(self));
        text.expect("strings and numbers are JSON") + "\n"
    }

    /// Reads the file's text; every point is checked to be on its curve and in the group of order r.
    ///
    /// # Errors
    /// [`ArtifactFault`] says what is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, ArtifactFault> {
        check_header(json, PROOF_FORMAT, PROOF_VERSION)?;
        let file: ProofFile = serde_json::from_slice(json)?;
        let (found, expected) = (file.checksum(), file.sha256);
        if found != expected {
            return Err(ArtifactFault::Checksum { found, expected });
        }
        let class = Class::new(file.class).map_err(|_| ArtifactFault::Class { found: file.class })?;
        let statement = Statement { class, recipient: PubkeyHash(file.recipient.0), nonce: Nonce(file.nonce.0) };
        let expected = big_endian(public_input(&statement));
        if file.x.0 != expected {
            let (found, expected) = (hex::encode(file.x.0), hex::encode(expected));
            return Err(ArtifactFault::PublicInput { found, expected });
        }
        let proof = Proof(ark_groth16::Proof {
            a: file.proof.a_g1.decode("proof.a_g1")?,
            b: file.proof.b_g2.decode("proof.b_g2")?,
            c: file.proof.c_g1.decode("proof.c_g1")?,
        });
        let binding = Binding { model: file.model, circuit: file.circuit };
        Ok(Self { binding, vk: file.vk, statement, proof })
    }

    /// Writes the proof file, atomically.
    ///
    /// # Errors
    /// [`ArtifactError::File`].
    pub fn write(&self, path: &Path) -> Result<(), ArtifactError> {
        Ok(write_atomic(path, &[self.to_json().as_bytes()])?)
    }

    /// Reads a proof file.
    ///
    /// # Errors
    /// [`ArtifactError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let bytes = read_limited(path, MAX_PROOF_LEN)?;
        Self::from_json(&bytes).map_err(|source| ArtifactError::Content { path: path.to_owned(), source })
    }
}
