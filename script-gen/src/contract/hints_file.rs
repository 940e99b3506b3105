//! A proof in the form in which a contract's script takes it, as a file: for programs that build transactions themselves.

use serde::Serialize;
use sha2::{Digest, Sha256};
use statement::PubkeyHash;

use super::{
    Contract, ContractArtifact, Payee,
    items::{Item, ItemKind},
};
use crate::{groth16::SpendData, hint::Hints};

/// The file `contract hints` writes: every push of a claim's unlocking script, deepest first, with what only the spender
/// can supply left open. Whoever builds the transaction needs nothing else of this program.
///
/// Not secret: all of it is in the spend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HintsFile {
    format: &'static str,
    version: u32,
    /// Name of the contract's definition.
    contract: String,
    /// SHA-256 of the locking script that takes these hints, hex.
    locking_script_sha256: String,
    /// HASH160 of the key the proof is bound to, hex; absent where anybody may claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    /// The pushes.
    items: Vec<PushText>,
}

/// One push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PushText {
    name: String,
    /// Absent where the spender supplies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

impl HintsFile {
    const FORMAT: &str = "provelock-hints";
    const VERSION: u32 = 1;

    /// The file of `data`, which `contract` made of a proof bound to `recipient`.
    pub fn new(artifact: &ContractArtifact, contract: &Contract, data: &SpendData, recipient: PubkeyHash) -> Self {
        let Hints { quotient, representatives, slopes, proof } = &data.hints;
        let mut known = [quotient, representatives, slopes, proof].into_iter().chain(&data.inputs);
        let text = |item: Item| {
            let bytes = if item.kind == ItemKind::Proof { known.next() } else { None };
            PushText { name: item.name, hex: bytes.map(hex::encode) }
        };
        let is_bound = !matches!(contract.terms().payee, Payee::ByClass(_));
        Self {
            format: Self::FORMAT,
            version: Self::VERSION,
            contract: artifact.contract.clone(),
            locking_script_sha256: hex::encode(Sha256::digest(contract.locking_script().as_bytes())),
            recipient: is_bound.then(|| hex::encode(recipient.0)),
            items: contract.claim_items().into_iter().map(text).collect(),
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and integers serialize") + "\n"
    }
}
