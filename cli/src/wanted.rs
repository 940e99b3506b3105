//! What a proof is for: whose key and which contract's nonce it names; and what that contract wants of it.

use crate::advice::Advise as _;
use crate::args::{BindingArgs, PassphraseArgs, RecipientArgs};
use crate::commands::contract::read_contract;
use crate::{keys, public};
use anyhow::anyhow;
use ark_bn254::{Bn254, Fr};
use ark_ff::PrimeField as _;
use ark_groth16::VerifyingKey;
use core::fmt;
use num_bigint::{BigInt, BigUint};
use prover::circuit::{CIPHERTEXT_DIGEST, CLASS, MIN_CORRECT, MIN_SCORE, MODEL_COMMITMENT};
use prover::groth16::ProvingKey;
use script_gen::{Contract, Payee};
use statement::{Binding, PubkeyHash};
use std::collections::BTreeMap;
use std::path::Path;

/// What a proof is to be about, beside its statement.
pub(crate) struct Wanted {
    pub(crate) binding: Binding,
    contract: Option<Wants>,
}

/// The contract that the proof is to open.
struct Wants {
    file: String,
    contract: Contract,
    vk: VerifyingKey<Bn254>,
}

impl Wanted {
    /// Reads the contract, if it is given, and says who is paid: as the contract says, or else the user.
    pub(crate) fn read(args: &BindingArgs) -> anyhow::Result<Self> {
        let given = read_recipient(&args.recipient, &args.passphrase)?;
        let Some(path) = &args.contract else {
            // The arguments ask for one of the two.
            let nonce = args.nonce.ok_or_else(|| anyhow!("no contract is given")).advise(NO_CONTRACT)?;
            let recipient = given.ok_or_else(|| anyhow!("it is not said for whom the proof is")).advise(NOBODY)?;
            return Ok(Self { binding: Binding { recipient, nonce }, contract: None });
        };
        let (artifact, contract) = read_contract(path)?;
        let file = path.display().to_string();
        let recipient = recipient_of(&contract, given, &file)?;
        let vk = artifact.verifying_key()?;
        Ok(Self { binding: contract.binding(recipient), contract: Some(Wants { file, contract, vk }) })
    }

    /// Checks that proofs under this key can open the contract.
    pub(crate) fn check_key(&self, key: &ProvingKey, path: &Path) -> anyhow::Result<()> {
        match &self.contract {
            Some(Wants { file, vk, .. }) if vk != key.verifying_key().inner() => {
                Err(anyhow!("{file} was built with another verifying key than that of {}", path.display()))
                    .advise("give the .proving-key of the same setup as the .vk.json that the contract was built with")
            }
            _ => Ok(()),
        }
    }

    /// The class that the contract fixes.
    pub(crate) fn class(&self) -> Option<usize> {
        self.number(CLASS)?.try_into().ok()
    }

    /// How many images the contract wants classified correctly.
    pub(crate) fn min_correct(&self) -> Option<u64> {
        self.number(MIN_CORRECT)?.try_into().ok()
    }

    /// What the contract wants a logit to reach.
    pub(crate) fn min_score(&self) -> Option<BigInt> {
        self.fixed(MIN_SCORE).map(signed)
    }

    fn number(&self, name: &str) -> Option<BigUint> {
        self.fixed(name).map(BigUint::from)
    }

    fn fixed(&self, name: &str) -> Option<Fr> {
        let contract = &self.contract.as_ref()?.contract;
        contract.terms().fixed().find(|input| input.name() == name).map(script_gen::FixedInput::value)
    }

    /// Why a proof of these public inputs, in the key's order, would not open the contract.
    pub(crate) fn refuses(&self, key: &ProvingKey, public_inputs: &[Fr]) -> anyhow::Result<Option<String>> {
        let Some(Wants { contract, file, .. }) = &self.contract else { return Ok(None) };
        let names = key.circuit().public_inputs.iter().map(|input| input.name.clone());
        let named = names.zip(public_inputs).map(|(name, value)| prover::groth16::NamedValue { name, value: *value });
        let said = public::by_name(&public::of_proof(&named.collect::<Vec<_>>())?);
        let payouts = contract.terms().payouts();
        let unpaid = payouts.and_then(|payouts| {
            let class = said.get(payouts.input())?;
            let is_paid = class.parse().is_ok_and(|class| payouts.outputs(class).is_some());
            (!is_paid).then(|| format!("{file} pays nobody for class {class}"))
        });
        let other = other_value(contract, &said);
        Ok(other.map(|other| format!("{file} needs {}, this is {}", other.expected(), other.found())).or(unpaid))
    }
}

const NO_CONTRACT: &str = "add --contract FILE, the file of the contract that is to be spent, or its --nonce";
const NOBODY: &str = "add --key FILE, --address ADDRESS or --recipient HEX; with --contract FILE, none of these is needed \
                      where the contract says itself who is paid";

fn read_recipient(args: &RecipientArgs, passphrase: &PassphraseArgs) -> anyhow::Result<Option<PubkeyHash>> {
    Ok(match (args.recipient, &args.address, &args.key) {
        (Some(recipient), _, _) => Some(recipient),
        (None, Some(address), _) => Some(address.pubkey_hash),
        (None, None, Some(path)) => Some(keys::read(path, passphrase)?.address().pubkey_hash),
        (None, None, None) => None,
    })
}

/// Whom a proof for `contract` names, if the user has given this key hash, or none.
fn recipient_of(contract: &Contract, given: Option<PubkeyHash>, file: &str) -> anyhow::Result<PubkeyHash> {
    let none_of_these = "leave --key, --address and --recipient out";
    match (&contract.terms().payee, given) {
        (Payee::Prover { .. }, Some(given)) => Ok(given),
        (Payee::Prover { .. }, None) => Err(anyhow!("{file} pays the prover, who is not given"))
            .advise("add --key FILE, --address ADDRESS or --recipient HEX of whoever will spend it"),
        // Nobody is named: the binding is the same for everybody.
        (Payee::ByClass(_), None) => Ok(PubkeyHash([0; 20])),
        (Payee::ByClass(_), Some(_)) => {
            Err(anyhow!("{file} pays by class, whoever brings the proof: its proofs are for nobody"))
                .advise(none_of_these)
        }
        (Payee::Named { recipient }, None) => Ok(*recipient),
        (Payee::Named { recipient }, Some(given)) if given == *recipient => Ok(given),
        (Payee::Named { recipient }, Some(given)) => {
            let (recipient, given) = (hex::encode(recipient.0), hex::encode(given.0));
            Err(anyhow!("{file} pays the key hash {recipient}, the proof is to be for {given}"))
                .advise(format!("{none_of_these}, or give those of the key that is paid"))
        }
    }
}

/// A public input that is not what a contract fixes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OtherValue {
    name: String,
    found: String,
    expected: String,
}

/// The first public input, by name, that has another value than the contract fixes.
pub(crate) fn other_value(contract: &Contract, said: &BTreeMap<String, String>) -> Option<OtherValue> {
    contract.terms().fixed().find_map(|input| {
        let found = said.get(input.name()).cloned().unwrap_or_else(|| "unknown".to_owned());
        let (name, expected) = (input.name().to_owned(), input.value_text());
        (found != expected).then_some(OtherValue { name, found, expected })
    })
}

impl OtherValue {
    /// `class 7`
    fn expected(&self) -> String {
        format!("{} {}", self.name, self.expected)
    }

    /// `class 2`
    fn found(&self) -> String {
        format!("{} {}", self.name, self.found)
    }

    /// How to prove what the contract fixes.
    fn advice(&self) -> String {
        let Self { name, expected, .. } = self;
        match name.split('[').next().unwrap_or(name) {
            MIN_CORRECT => format!("prove it again with --min-correct {expected}"),
            MIN_SCORE => {
                let score =
                    expected.parse::<Fr>().map_or_else(|()| expected.clone(), |score| signed(score).to_string());
                format!("prove it again with --min-score {score}")
            }
            MODEL_COMMITMENT => {
                "prove it again with the network and the --commitment FILE of that commitment".to_owned()
            }
            CIPHERTEXT_DIGEST => "prove it again with the --ciphertext FILE of that digest".to_owned(),
            "input_commitment" => {
                "prove it again with the input and the --input-commitment FILE of that commitment".to_owned()
            }
            "input" => "prove it again of the input that the contract fixes".to_owned(),
            _ => "prove it of an input for which the network says so".to_owned(),
        }
    }
}

/// `the proof is about class 2, this needs 7; prove it ..`
impl fmt::Display for OtherValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proof is about {}, this needs {}; {}", self.found(), self.expected, self.advice())
    }
}

/// The integer of least magnitude with this residue, as scores are written.
fn signed(value: Fr) -> BigInt {
    let magnitude = |value: Fr| BigInt::from(BigUint::from(value));
    if value.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO { -magnitude(-value) } else { magnitude(value) }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn signed__residues__are_integers_of_least_magnitude() {
        let half = Fr::from(Fr::MODULUS_MINUS_ONE_DIV_TWO);
        for value in [0, 1, 12_345] {
            assert_eq!(signed(Fr::from(value)), BigInt::from(value));
            assert_eq!(signed(-Fr::from(value)), -BigInt::from(value));
        }
        assert_eq!(signed(half), BigInt::from(BigUint::from(half)));
        assert_eq!(signed(half + Fr::from(1)), -BigInt::from(BigUint::from(half)));
    }

    #[test]
    fn advice__each_public_input__names_what_to_change() {
        let advice = |name: &str, expected: &str| {
            let other = OtherValue { name: name.to_owned(), found: "1".to_owned(), expected: expected.to_owned() };
            other.to_string()
        };
        let message = advice("min_correct", "97");
        assert_eq!(message, "the proof is about min_correct 1, this needs 97; prove it again with --min-correct 97");
        assert!(advice("min_score", &(-Fr::from(5)).to_string()).ends_with("--min-score -5"));
        for (name, part) in [
            ("class", "an input for which the network says so"),
            ("logits[3]", "an input for which the network says so"),
            ("input[0]", "of the input that the contract fixes"),
            ("model_commitment", "--commitment FILE"),
            ("input_commitment", "--input-commitment FILE"),
            ("ciphertext_digest", "--ciphertext FILE"),
        ] {
            assert!(advice(name, "7").contains(part), "{name}");
        }
    }
}
