//! A contract's terms as its file holds them: in the clear, each with one spelling.

use chain_types::{LockingScript, Satoshis};
use serde::{Deserialize, Serialize};
use statement::{Nonce, PubkeyHash};

use super::{
    ArtifactError, FixedInput, InputTerm, LockTime, OpenTerm, Payee, Payout, Payouts, Refund, Signer, Terms,
    artifact::decode_hex,
};

/// One public input of the key after the binding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputText {
    name: String,
    /// Values are below `2^bits`.
    bits: u32,
    /// The value, 64 hex digits, most significant first; null if it is given at spending.
    #[serde(deserialize_with = "Option::deserialize")]
    value: Option<String>,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum PayeeText {
    Prover {
        #[serde(deserialize_with = "Option::deserialize")]
        signer: Option<SignerText>,
    },
    Named {
        /// HASH160 of the key, hex.
        recipient: String,
    },
    Class {
        input: String,
        /// For each class from 0 up; null if nobody is paid.
        payouts: Vec<Option<Vec<PayoutText>>>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignerText {
    /// Compressed, hex.
    public_key: String,
    input: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayoutText {
    value_sats: u64,
    /// Hex.
    locking_script: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundText {
    /// HASH160 of the funder's key, hex.
    recipient: String,
    /// The transaction's field.
    lock_time: u32,
}

/// All of a contract's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermsText {
    pub(super) public_inputs: Vec<InputText>,
    /// 8 bytes, hex.
    pub(super) nonce: String,
    pub(super) payee: PayeeText,
    pub(super) refund: RefundText,
}

impl TermsText {
    pub(super) fn of(terms: &Terms) -> Self {
        let input = |input: &InputTerm| {
            let value = match input {
                InputTerm::Fixed(fixed) => Some(fixed.to_hex()),
                InputTerm::Open(_) => None,
            };
            InputText { name: input.name().to_owned(), bits: input.bits(), value }
        };
        let refund =
            RefundText { recipient: hex::encode(terms.refund.recipient.0), lock_time: terms.refund.lock_time.get() };
        Self {
            public_inputs: terms.inputs.iter().map(input).collect(),
            nonce: hex::encode(terms.nonce.0),
            payee: PayeeText::of(&terms.payee),
            refund,
        }
    }

    pub(super) fn read(&self) -> Result<Terms, ArtifactError> {
        Ok(Terms {
            inputs: self.public_inputs.iter().map(InputText::read).collect::<Result<_, _>>()?,
            nonce: Nonce(read_array("nonce", &self.nonce)?),
            payee: self.payee.read()?,
            refund: self.refund.read()?,
        })
    }
}

impl InputText {
    fn read(&self) -> Result<InputTerm, ArtifactError> {
        let read = match &self.value {
            Some(value) => FixedInput::from_hex(&self.name, self.bits, value).map(InputTerm::Fixed),
            None => OpenTerm::new(&self.name, self.bits).map(InputTerm::Open),
        };
        read.map_err(|e| field("public_inputs", e))
    }
}

impl PayeeText {
    fn of(payee: &Payee) -> Self {
        match payee {
            Payee::Prover { signer } => Self::Prover { signer: signer.as_ref().map(SignerText::of) },
            Payee::Named { recipient } => Self::Named { recipient: hex::encode(recipient.0) },
            Payee::ByClass(payouts) => {
                let texts = |outputs: &Vec<Payout>| outputs.iter().map(PayoutText::of).collect();
                let by_class = payouts.by_class().iter().map(|outputs| outputs.as_ref().map(texts));
                Self::Class { input: payouts.input().to_owned(), payouts: by_class.collect() }
            }
        }
    }

    fn read(&self) -> Result<Payee, ArtifactError> {
        match self {
            Self::Prover { signer } => Ok(Payee::Prover { signer: signer.as_ref().map(SignerText::read).transpose()? }),
            Self::Named { recipient } => Ok(Payee::Named { recipient: PubkeyHash(read_array("payee", recipient)?) }),
            Self::Class { input, payouts } => {
                let outputs = |texts: &Option<Vec<PayoutText>>| {
                    texts.as_ref().map(|texts| texts.iter().map(PayoutText::read).collect()).transpose()
                };
                let by_class = payouts.iter().map(outputs).collect::<Result<_, ArtifactError>>()?;
                Payouts::new(input, by_class).map(Payee::ByClass).map_err(|e| field("payee", e))
            }
        }
    }
}

impl SignerText {
    fn of(signer: &Signer) -> Self {
        Self { public_key: hex::encode(signer.public_key), input: signer.input.clone() }
    }

    fn read(&self) -> Result<Signer, ArtifactError> {
        Ok(Signer { public_key: read_array("payee", &self.public_key)?, input: self.input.clone() })
    }
}

impl PayoutText {
    fn of(payout: &Payout) -> Self {
        Self { value_sats: payout.value.0, locking_script: hex::encode(payout.locking_script.as_bytes()) }
    }

    fn read(&self) -> Result<Payout, ArtifactError> {
        let locking_script = LockingScript::from_bytes(read_hex("payee", &self.locking_script)?);
        Ok(Payout { value: Satoshis(self.value_sats), locking_script })
    }
}

impl RefundText {
    fn read(&self) -> Result<Refund, ArtifactError> {
        let lock_time = LockTime::new(self.lock_time).map_err(|e| field("refund", e))?;
        Ok(Refund { recipient: PubkeyHash(read_array("refund", &self.recipient)?), lock_time })
    }
}

fn field(field: &'static str, problem: impl core::fmt::Display) -> ArtifactError {
    ArtifactError::Field { field, problem: problem.to_string() }
}

/// Bytes in lower-case hex: one value has one spelling.
fn read_hex(name: &'static str, text: &str) -> Result<Vec<u8>, ArtifactError> {
    let bytes = decode_hex(name, text)?;
    if hex::encode(&bytes) != text {
        return Err(field(name, format!("{text:?}: expected lower-case hex digits")));
    }
    Ok(bytes)
}

fn read_array<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], ArtifactError> {
    let bytes = read_hex(name, text)?;
    bytes.try_into().map_err(|bytes: Vec<u8>| field(name, format!("{} bytes, expected {N}", bytes.len())))
}
