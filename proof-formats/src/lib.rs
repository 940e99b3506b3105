//! Reads Groth16 verifying keys, proofs and public inputs on BN254 that other tools made: snarkjs, ZoKrates and arkworks.
//!
//! The format is detected from the content and returned beside the value. Whatever is returned is sound: points are on
//! their curve and in the group of order r, no key holds the point at infinity, numbers are below their modulus. Not
//! checked here: whether a proof is valid, whether a key is of an honest setup.
//!
//! ```
//! use ark_groth16::{Groth16, prepare_verifying_key};
//! use proof_formats::{Format, check_input_count, read_proof, read_public_inputs, read_verifying_key};
//!
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/foreign-proofs/snarkjs/three");
//! let read = |name: &str| std::fs::read(format!("{folder}/{name}"));
//! let vk = read_verifying_key("verification_key.json", &read("verification_key.json")?)?;
//! let proof = read_proof("proof.json", &read("proof.json")?)?;
//! let inputs = read_public_inputs("public.json", &read("public.json")?)?;
//! assert_eq!(vk.format, Format::Snarkjs);
//! check_input_count("public.json", &vk.key, &inputs.values)?;
//! let prepared = prepare_verifying_key(&vk.key);
//! assert!(Groth16::<ark_bn254::Bn254>::verify_proof(&prepared, &proof.proof, &inputs.values)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The formats, and how they are told apart, are in `docs/formats.md`.

mod arkworks;
mod content;
mod fault;
mod inputs;
mod number;
mod point;
mod snarkjs;
mod zokrates;

use ark_bn254::{Bn254, Fr};
use content::{Content, Object, Source};
use core::fmt;

pub use content::MAX_FILE_LEN;
pub use fault::{Fault, FormatError, Kind};

type Key = ark_groth16::VerifyingKey<Bn254>;
type Points = ark_groth16::Proof<Bn254>;

/// Who wrote a file, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// JSON of snarkjs.
    Snarkjs,
    /// JSON of ZoKrates.
    ZoKrates,
    /// arkworks' bytes with compressed points, as they are or in hex.
    ArkworksCompressed,
    /// arkworks' bytes with uncompressed points, as they are or in hex.
    ArkworksUncompressed,
    /// arkworks' bytes of a list of scalars, as they are or in hex; compression changes nothing about them.
    ArkworksScalars,
    /// A plain list of decimal or 0x-hex numbers, as text or JSON.
    Numbers,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snarkjs => "snarkjs",
            Self::ZoKrates => "ZoKrates",
            Self::ArkworksCompressed => "arkworks, compressed",
            Self::ArkworksUncompressed => "arkworks, uncompressed",
            Self::ArkworksScalars => "arkworks, scalars",
            Self::Numbers => "list of numbers",
        })
    }
}

/// What a verifying key's file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKeyFile {
    /// The key: points of the group of order r, none the identity, at least one in `gamma_abc_g1`.
    pub key: ark_groth16::VerifyingKey<Bn254>,
    /// The detected format.
    pub format: Format,
}

/// What a proof's file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofFile {
    /// The proof: points of the group of order r. The identity is a point; a verifier judges it.
    pub proof: ark_groth16::Proof<Bn254>,
    /// The public inputs, where the format carries them (ZoKrates).
    pub public_inputs: Option<Vec<Fr>>,
    /// The detected format.
    pub format: Format,
}

/// What a file of public inputs holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicInputsFile {
    /// The values in the key's order, without the leading one.
    pub values: Vec<Fr>,
    /// The detected format.
    pub format: Format,
}

/// Reads a verifying key; `file` names it in errors.
///
/// # Errors
/// [`FormatError`]; its [`Fault`] says what is wrong and where. A key file of this project is [`Fault::OwnFormat`].
pub fn read_verifying_key(file: &str, bytes: &[u8]) -> Result<VerifyingKeyFile, FormatError> {
    named(file, verifying_key(bytes))
}

/// Reads a proof; `file` names it in errors.
///
/// # Errors
/// [`FormatError`]; its [`Fault`] says what is wrong and where. A proof file of this project is [`Fault::OwnFormat`].
pub fn read_proof(file: &str, bytes: &[u8]) -> Result<ProofFile, FormatError> {
    named(file, proof(bytes))
}

/// Reads public inputs; `file` names them in errors. A value is below r or refused, never reduced.
///
/// # Errors
/// [`FormatError`]; its [`Fault`] says what is wrong and where.
pub fn read_public_inputs(file: &str, bytes: &[u8]) -> Result<PublicInputsFile, FormatError> {
    named(file, public_inputs(bytes))
}

/// Checks that `values` are as many as `key` takes; `file` names them in errors.
///
/// # Errors
/// [`Fault::InputCount`].
pub fn check_input_count(file: &str, key: &ark_groth16::VerifyingKey<Bn254>, values: &[Fr]) -> Result<(), FormatError> {
    let (found, expected) = (values.len(), key.gamma_abc_g1.len().saturating_sub(1));
    named(file, if found == expected { Ok(()) } else { Err(Fault::InputCount { found, expected }) })
}

fn named<T>(file: &str, outcome: Result<T, Fault>) -> Result<T, FormatError> {
    outcome.map_err(|fault| FormatError { file: file.to_owned(), fault })
}

fn verifying_key(bytes: &[u8]) -> Result<VerifyingKeyFile, Fault> {
    let content = Content::of(bytes, Kind::VerifyingKey)?;
    let (key, format) = match content.source(Kind::VerifyingKey)? {
        Source::Snarkjs(object) => (snarkjs::key(object)?, Format::Snarkjs),
        Source::ZoKrates(object) => (zokrates::key(object)?, Format::ZoKrates),
        Source::Arkworks(bytes) => arkworks::key(&bytes)?,
    };
    check_key(&key, format)?;
    Ok(VerifyingKeyFile { key, format })
}

fn proof(bytes: &[u8]) -> Result<ProofFile, Fault> {
    let content = Content::of(bytes, Kind::Proof)?;
    let ((proof, format), public_inputs) = match content.source(Kind::Proof)? {
        Source::Snarkjs(object) => ((snarkjs::proof(object)?, Format::Snarkjs), None),
        Source::ZoKrates(object) => {
            ((zokrates::proof(object)?, Format::ZoKrates), Some(zokrates::public_inputs(object)?))
        }
        Source::Arkworks(bytes) => (arkworks::proof(&bytes)?, None),
    };
    Ok(ProofFile { proof, public_inputs, format })
}

fn public_inputs(bytes: &[u8]) -> Result<PublicInputsFile, Fault> {
    let content = Content::of(bytes, Kind::PublicInputs)?;
    let (values, format) = match &content {
        Content::List(values) => inputs::from_list(values)?,
        Content::Text(text) => inputs::from_text(text)?,
        _ => match content.source(Kind::PublicInputs)? {
            Source::Snarkjs(_) => return Err(content.unrecognised(Kind::PublicInputs)),
            Source::ZoKrates(object) => (zokrates::public_inputs(object)?, Format::ZoKrates),
            Source::Arkworks(bytes) => (arkworks::scalars(&bytes)?, Format::ArkworksScalars),
        },
    };
    Ok(PublicInputsFile { values, format })
}

/// Checks the two fields in which a tool says what its file is about.
fn check_label(object: &Object<'_>, field: &'static str, expected: &'static str) -> Result<(), Fault> {
    const CURVE: &str = "bn128";
    let found: String = object.get(field)?;
    if found != expected {
        return Err(Fault::Scheme { field, found: fault::excerpt(&found), expected });
    }
    let found: String = object.get("curve")?;
    if found != CURVE {
        return Err(Fault::Curve { found: fault::excerpt(&found), expected: CURVE });
    }
    Ok(())
}

/// Checks what no key may be, under the names that its format has for the points.
fn check_key(key: &Key, format: Format) -> Result<(), Fault> {
    let [alpha, beta, gamma, delta, list] = match format {
        Format::Snarkjs => ["vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"],
        Format::ZoKrates => ["alpha", "beta", "gamma", "delta", "gamma_abc"],
        _ => ["alpha_g1", "beta_g2", "gamma_g2", "delta_g2", "gamma_abc_g1"],
    };
    if key.gamma_abc_g1.is_empty() {
        return Err(Fault::NoPoints { field: list });
    }
    point::not_identity(alpha, &key.alpha_g1)?;
    for (field, point) in [(beta, &key.beta_g2), (gamma, &key.gamma_g2), (delta, &key.delta_g2)] {
        point::not_identity(field, point)?;
    }
    let mut points = key.gamma_abc_g1.iter().enumerate();
    points.try_for_each(|(k, point)| point::not_identity(&format!("{list}[{k}]"), point))
}
