//! A signer's word as a file.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use serde::{Deserialize, Serialize};
use tx_builder::OutPoint;

use crate::SignedCommitment;

const FORMAT: &str = "provelock-attestation";
const VERSION: u32 = 1;
/// Longest signature in DER.
const MAX_SIGNATURE_LEN: usize = 72;

/// The file, fields in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationFile {
    format: String,
    version: u32,
    /// The contract's coin.
    txid: String,
    vout: u32,
    /// 64 hex digits, most significant first.
    commitment: String,
    lock_time: u32,
    /// DER, hex.
    signature: String,
}

/// What tells formats and versions apart, whatever else a file holds.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Why a file is no attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationFileError {
    /// Not JSON, or a field is missing, unknown or of another type.
    #[error("{0}")]
    Json(String),
    /// Another format or version.
    #[error("format {format:?} version {version}: expected {FORMAT:?} version {VERSION}")]
    Format {
        /// The format found.
        format: String,
        /// The version found.
        version: u32,
    },
    /// A field does not hold what it must.
    #[error("{field}: found {found:?}, expected {expected}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it must hold.
        expected: &'static str,
    },
}

impl SignedCommitment {
    /// The file's text: format `provelock-attestation`, version 1.
    pub fn to_json(&self) -> String {
        let file = AttestationFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            txid: self.coin.txid.to_string(),
            vout: self.coin.vout,
            commitment: hex::encode(self.commitment.into_bigint().to_bytes_be()),
            lock_time: self.lock_time,
            signature: hex::encode(&self.signature),
        };
        // A struct of strings and integers always serializes.
        serde_json::to_string_pretty(&file).expect("strings and integers serialize") + "\n"
    }

    /// Reads the file's text. Whether the signature is good is judged when it is used.
    ///
    /// # Errors
    /// [`AttestationFileError`] naming the field that is wrong.
    pub fn from_json(text: &str) -> Result<Self, AttestationFileError> {
        let json = |error: serde_json::Error| AttestationFileError::Json(error.to_string());
        let Header { format, version } = serde_json::from_str(text).map_err(json)?;
        if (format.as_str(), version) != (FORMAT, VERSION) {
            return Err(AttestationFileError::Format { format, version });
        }
        let file: AttestationFile = serde_json::from_str(text).map_err(json)?;
        let txid = file.txid.parse().map_err(|_| field("txid", &file.txid, "64 hex digits"))?;
        let commitment = read_element(&file.commitment)
            .ok_or_else(|| field("commitment", &file.commitment, "64 hex digits of a number below r"))?;
        let signature =
            hex::decode(&file.signature).ok().filter(|bytes| (8..=MAX_SIGNATURE_LEN).contains(&bytes.len()));
        let signature = signature
            .ok_or_else(|| field("signature", &file.signature, "8 to 72 bytes in hex: DER without a type byte"))?;
        Ok(Self { coin: OutPoint::new(txid, file.vout), commitment, lock_time: file.lock_time, signature })
    }
}

fn field(field: &'static str, found: &str, expected: &'static str) -> AttestationFileError {
    AttestationFileError::Field { field, found: found.to_owned(), expected }
}

/// Reads an element of the scalar field; it is never reduced.
fn read_element(text: &str) -> Option<Fr> {
    let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
    let value = Fr::from_be_bytes_mod_order(&bytes);
    (value.into_bigint().to_bytes_be() == bytes).then_some(value)
}
