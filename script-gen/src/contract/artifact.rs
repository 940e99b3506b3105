//! A contract as a file: all that is needed to deploy it, to spend from it and to check it.

use ark_bn254::Bn254;
use ark_groth16::VerifyingKey;
use ark_serialize::CanonicalDeserialize;
use chain_types::{Profile, UnknownProfile};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Contract, ContractDefinition, DefinitionError, Terms, proof::serialize_vk, terms_text::TermsText};
use crate::error::BuildError;

/// Bytes of a compressed point of G1, of G2, and of a list's length.
const G1_LEN: usize = 32;
const G2_LEN: usize = 64;
const COUNT_LEN: usize = 8;

/// The file `contract build` writes. Reading one builds the script anew and refuses the file unless the bytes agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractArtifact {
    format: String,
    version: u32,
    /// Version of the generator that made the script.
    pub generator: String,
    /// Name of the contract's definition.
    pub contract: String,
    /// Name of the profile whose rules and default limits the script is made for.
    pub profile: String,
    /// What makes the contract beside the key, in the clear.
    terms: TermsText,
    /// SHA-256 of the verifying key, hex.
    pub vk_sha256: String,
    /// The verifying key, compressed, hex.
    pub vk: String,
    /// Length of the locking script in bytes.
    pub locking_script_bytes: usize,
    /// The locking script, hex.
    pub locking_script: String,
}

/// Why a contract file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// Not JSON, or a field is missing, unknown or of another type.
    #[error("{0}")]
    Json(String),
    /// Another format or version.
    #[error("format {format:?} version {version}: expected {expected:?} version {expected_version}")]
    Format {
        /// The format found.
        format: String,
        /// The version found.
        version: u32,
        /// The format that is read.
        expected: &'static str,
        /// The version that is read.
        expected_version: u32,
    },
    /// A field does not hold what it must.
    #[error("{field}: {problem}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What was found and what was expected.
        problem: String,
    },
    /// The script in the file is not the one its other fields give.
    #[error(
        "locking_script: the file holds other bytes than generator {ours} makes of its other fields \
         (the file was made by {theirs}); build it again, or spend it with that version"
    )]
    ScriptDiffers {
        /// Our generator version.
        ours: String,
        /// The file's generator version.
        theirs: String,
    },
    /// The contract's definition is not usable.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The script cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl ContractArtifact {
    const FORMAT: &str = "provelock-contract";
    const VERSION: u32 = 4;

    /// Builds a contract and its file.
    ///
    /// # Errors
    /// [`ArtifactError::Definition`] for terms that are not the definition's, [`ArtifactError::Build`] as
    /// [`Contract::new`].
    pub fn build(
        definition: &ContractDefinition,
        vk: &VerifyingKey<Bn254>,
        terms: Terms,
    ) -> Result<(Self, Contract), ArtifactError> {
        definition.check_terms(&terms)?;
        let contract = Contract::new(vk, terms, definition.target()?)?;
        let artifact = Self {
            format: Self::FORMAT.to_owned(),
            version: Self::VERSION,
            generator: crate::GENERATOR.to_owned(),
            contract: definition.name.clone(),
            profile: contract.profile().name().to_owned(),
            terms: TermsText::of(contract.terms()),
            vk_sha256: hex::encode(contract.vk_sha256()),
            vk: hex::encode(serialize_vk(vk)),
            locking_script_bytes: contract.locking_script().len(),
            locking_script: hex::encode(contract.locking_script().as_bytes()),
        };
        Ok((artifact, contract))
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // A struct of strings and integers always serializes.
        serde_json::to_string_pretty(self).expect("strings and integers serialize") + "\n"
    }

    /// Reads a file and builds its contract.
    ///
    /// # Errors
    /// [`ArtifactError`] naming the field that is wrong; [`ArtifactError::ScriptDiffers`] if the script in the file is
    /// not the one that its other fields give.
    pub fn parse(text: &str) -> Result<(Self, Contract), ArtifactError> {
        let artifact: Self = read_json(text, Self::FORMAT, Self::VERSION)?;
        let field = |field, problem: String| ArtifactError::Field { field, problem };
        let definition = ContractDefinition::named(&artifact.contract).map_err(|e| field("contract", e.to_string()))?;
        let (terms, vk) = (artifact.terms()?, artifact.verifying_key()?);
        let definition = definition.with_profile(read_profile(&artifact.profile)?);
        let (rebuilt, contract) = Self::build(&definition, &vk, terms)?;
        if rebuilt.vk_sha256 != artifact.vk_sha256 {
            return Err(field("vk_sha256", format!("the key in the file has {}", rebuilt.vk_sha256)));
        }
        if rebuilt.locking_script != artifact.locking_script {
            return Err(ArtifactError::ScriptDiffers { ours: rebuilt.generator, theirs: artifact.generator });
        }
        if rebuilt.locking_script_bytes != artifact.locking_script_bytes {
            let problem = format!("{}, the script has {}", artifact.locking_script_bytes, rebuilt.locking_script_bytes);
            return Err(field("locking_script_bytes", problem));
        }
        Ok((artifact, contract))
    }

    /// The verifying key in the file.
    ///
    /// # Errors
    /// [`ArtifactError::Field`] if it is not a key of the binding and as many public inputs as the file's terms.
    pub fn verifying_key(&self) -> Result<VerifyingKey<Bn254>, ArtifactError> {
        read_vk(&decode_hex("vk", &self.vk)?, 1 + self.terms.public_inputs.len())
    }

    /// The terms in the file.
    ///
    /// # Errors
    /// [`ArtifactError::Field`] for a value that is none, or in another spelling than the one that is written.
    pub fn terms(&self) -> Result<Terms, ArtifactError> {
        self.terms.read()
    }
}

/// What every file starts with, whatever follows in its version.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Reads a file of one format and version.
pub(super) fn read_json<T: DeserializeOwned>(
    text: &str,
    expected: &'static str,
    expected_version: u32,
) -> Result<T, ArtifactError> {
    let json = |error: serde_json::Error| ArtifactError::Json(error.to_string());
    let Header { format, version } = serde_json::from_str(text).map_err(json)?;
    if format != expected || version != expected_version {
        return Err(ArtifactError::Format { format, version, expected, expected_version });
    }
    serde_json::from_str(text).map_err(json)
}

pub(super) fn decode_hex(field: &'static str, text: &str) -> Result<Vec<u8>, ArtifactError> {
    hex::decode(text).map_err(|e| ArtifactError::Field { field, problem: format!("not hex: {e}") })
}

pub(super) fn read_profile(name: &str) -> Result<Profile, ArtifactError> {
    name.parse().map_err(|e: UnknownProfile| ArtifactError::Field { field: "profile", problem: e.to_string() })
}

/// Reads the compressed key of `n_inputs` public inputs.
pub(super) fn read_vk(bytes: &[u8], n_inputs: usize) -> Result<VerifyingKey<Bn254>, ArtifactError> {
    let problem = |problem: String| ArtifactError::Field { field: "vk", problem };
    // The list length in front of gamma_abc_g1 would let a hostile file ask for any allocation: only one length fits.
    let (count_at, n_points) = (G1_LEN + 3 * G2_LEN, n_inputs + 1);
    let points_at = count_at + COUNT_LEN;
    let expected = points_at + n_points * G1_LEN;
    if bytes.len() != expected {
        let found = bytes.len();
        return Err(problem(format!("{found} bytes, a key of {n_inputs} public inputs has {expected}")));
    }
    if bytes[count_at..points_at] != (n_points as u64).to_le_bytes() {
        return Err(problem(format!("the number of points in gamma_abc_g1 is not {n_points}")));
    }
    VerifyingKey::deserialize_compressed(bytes).map_err(|e| problem(format!("not a verifying key: {e}")))
}
