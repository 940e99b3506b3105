//! A contract: coins that open for a proof, or after a lock time for who put them there.

use std::{collections::BTreeSet, ops::Range};

use ark_bn254::{Bn254, Fr};
use ark_ff::{AdditiveGroup, Field};
use ark_groth16::VerifyingKey;
use ark_serialize::CanonicalSerialize;
use chain_types::{LockingScript, Profile};
use num_bigint::BigUint;
use sha2::{Digest, Sha256};
use statement::{BINDING_BITS, Binding, FIELD_BITS, PubkeyHash};

use super::{
    InputTerm, Payee, Terms,
    frame::{self, Frame},
};
use crate::{
    compiled::Compiled,
    cost::ScriptCost,
    error::{BuildError, KeyError},
    ir::{Builder, Bytes},
    target::Target,
    text::{TemplateError, template},
    verifier::public_input::{OpenInput, PublicInput},
};

/// The key's first public input where it names who is paid: the binding's bytes are its digits.
const BINDING: PublicInput = PublicInput::Bits(BINDING_BITS);
/// Its point in `gamma_abc_g1`.
const BINDING_POINT: usize = 1;

/// Bytes of a compressed public key.
pub(super) const PUBLIC_KEY_LEN: usize = 33;
/// Longest signature with its type byte: DER takes at most 71 bytes when S is in the lower half, as the node demands,
/// and the type byte one.
pub(super) const MAX_SIGNATURE_LEN: usize = 72;

/// The signature's type byte the script insists on: all inputs and outputs are signed, with the amount. A signer could
/// otherwise leave outputs open by mistake, for whoever sees the transaction first.
const SIGHASH_ALL_FORKID: u8 = 0x41;

/// Most bits of a class that payouts go by.
const MAX_CLASS_BITS: u32 = 7;

/// A contract for one verifying key and terms.
///
/// It opens in two ways. A **claim** brings a proof of what the key's circuit says, with the public inputs that the terms
/// fix, and with those they leave open given beside it. A **refund** brings the funder's signature, in a transaction whose
/// lock time is the contract's.
///
/// Who is paid by a claim is the [`Payee`]. [`Payee::Prover`]: the script hashes the spender's public key, puts
/// `HASH160(key) || nonce` together, verifies the key's signature over all of the spending transaction (SIGHASH_ALL with
/// FORKID), and verifies the proof with exactly those 28 bytes as the key's first public input, `binding`. A proof seen in
/// the mempool is therefore of no use under another key, and of none to a contract with another nonce or other values.
/// [`Payee::Named`]: the key's hash is the contract's own, and the binding is fixed to it. [`Payee::ByClass`]: the binding is fixed too, and the script demands that the transaction has the outputs listed for the
/// class that is proved, so that anybody may submit the proof.
///
/// Fixed values are folded into a constant: however many there are, the script is as long.
#[derive(Debug)]
pub struct Contract {
    pub(super) terms: Terms,
    pub(super) profile: Profile,
    vk_sha256: [u8; 32],
    pub(super) script_code: Vec<u8>,
    pub(super) compiled: Compiled,
}

impl Contract {
    /// The contract for a key whose first public input is the packed binding and whose others are those of the terms, in
    /// the key's order. Names are the caller's: a key in itself has none.
    ///
    /// # Errors
    /// [`BuildError::TermCount`] and the other variants about terms; [`BuildError::Key`] for an unusable key, one whose
    /// binding binds nothing among them; others for limits of the target that the script would pass.
    pub fn new(vk: &VerifyingKey<Bn254>, terms: Terms, target: Target) -> Result<Self, BuildError> {
        check_count(vk, &terms)?;
        let read_after = read_after(&terms)?;
        let class_bits = read_after.map_or(0, |k| terms.inputs[k].bits());
        let frame = Frame::new(&terms, target.profile, class_bits);
        let script_code = frame.script_code();
        let binding = match terms.payee {
            Payee::Prover { .. } => BINDING,
            Payee::Named { recipient } => PublicInput::Fixed(packed(&Binding { recipient, nonce: terms.nonce })),
            Payee::ByClass(_) => PublicInput::Fixed(packed(&unclaimed(&terms))),
        };
        let inputs: Vec<_> =
            core::iter::once(binding).chain(terms.inputs.iter().map(InputTerm::public_input)).collect();
        let prologue = |b: &mut Builder, open: &[OpenInput]| prologue(b, open, &terms, read_after.map(|k| 1 + k));
        let compiled = Compiled::new(vk, &inputs, target, frame, prologue)?;
        check_binding(vk)?;
        let vk_sha256 = Sha256::digest(serialize_vk(vk)).into();
        Ok(Self { terms, profile: target.profile, vk_sha256, script_code, compiled })
    }

    /// The terms.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The rules that its scripts are made for.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// SHA-256 of the verifying key's compressed serialization.
    pub const fn vk_sha256(&self) -> &[u8; 32] {
        &self.vk_sha256
    }

    /// The locking script: a function of key, terms, target and this crate's version alone.
    pub fn locking_script(&self) -> &LockingScript {
        self.compiled.locking_script()
    }

    /// What a proof must be bound to: for `recipient` to be paid, or whoever it is where the contract names who is paid.
    pub const fn binding(&self, recipient: PubkeyHash) -> Binding {
        match self.terms.payee {
            Payee::Prover { .. } => Binding { recipient, nonce: self.terms.nonce },
            Payee::Named { recipient } => Binding { recipient, nonce: self.terms.nonce },
            Payee::ByClass(_) => unclaimed(&self.terms),
        }
    }

    /// Pushes that a constructor could fill in, with the bytes each stands at: another value of the same length in its
    /// place is the contract with that value. `nonce` (8 bytes) where the binding is built in the script;
    /// `refund_recipient` (20 bytes); `refund_lock`: for the rules of genesis the lock time's four bytes, lowest first, and
    /// `42`; for those of chronicle `0100`, the four bytes, `e2000000`.
    pub fn placeholders(&self) -> Vec<(&'static str, Range<usize>)> {
        let refund = &self.terms.refund;
        let lock = frame::lock_bytes(refund, self.profile);
        let pushes = [
            ("nonce", "binding", &self.terms.nonce.0[..]),
            ("refund_recipient", "refund", &refund.recipient.0),
            ("refund_lock", "refund", &lock),
        ];
        let found = |(name, path, data)| Some((name, self.compiled.push_of(path, data)?));
        pushes.into_iter().filter_map(found).collect()
    }

    /// Runs of bytes that belong to one fragment, in script order, with the fragment's path.
    pub fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        self.compiled.fragments()
    }

    /// Bytes and opcodes by fragment.
    pub fn cost(&self) -> ScriptCost {
        ScriptCost::of(&self.compiled)
    }

    /// The script as annotated assembly, laid out by `templates/contract.asm.hbs`.
    ///
    /// # Errors
    /// [`TemplateError`] if the template does not render, or renders text that does not assemble to exactly
    /// [`Self::locking_script`].
    pub fn assembly(&self) -> Result<String, TemplateError> {
        template::render_contract(self, &self.compiled)
    }
}

/// The binding of a proof that names nobody.
pub(super) const fn unclaimed(terms: &Terms) -> Binding {
    Binding { recipient: PubkeyHash([0; 20]), nonce: terms.nonce }
}

/// The field element that stands for a binding.
pub(super) fn packed(binding: &Binding) -> Fr {
    let bits = statement::public_input_bits(&binding.to_bytes());
    bits.iter().rev().fold(Fr::ZERO, |value, bit| value.double() + if *bit { Fr::ONE } else { Fr::ZERO })
}

/// What stands above the hints, and what is done to it before the verifier: answers the open inputs.
///
/// Stack: `[hints inputs signature key] -> [hints]` for a prover or a named key, `[hints inputs] -> [hints]` by class. Alt: `[] -> [input]`
/// where an input is read after the verifier, which is number `kept` of the key's.
fn prologue(b: &mut Builder, open: &[OpenInput], terms: &Terms, kept: Option<usize>) -> Vec<Bytes> {
    let is_built = |input: &OpenInput| matches!(terms.payee, Payee::Prover { .. }) && input.index == 0;
    let given: Vec<(usize, Bytes)> =
        open.iter().filter(|input| !is_built(input)).map(|input| (input.index, b.initial(input.len()))).collect();
    let mut inputs = Vec::new();
    if let Payee::Prover { .. } = terms.payee {
        let signature = b.initial(MAX_SIGNATURE_LEN);
        let public_key = b.initial(PUBLIC_KEY_LEN);
        inputs.push(b.fragment("binding", |b| {
            let recipient = b.hash160(public_key);
            let nonce = b.bytes(terms.nonce.0.to_vec());
            let binding = b.cat(recipient, nonce);
            let signature = b.verify_last_byte(signature, SIGHASH_ALL_FORKID);
            b.verify_signature(signature, public_key);
            binding
        }));
    }
    if let Payee::Named { recipient } = terms.payee {
        let signature = b.initial(MAX_SIGNATURE_LEN);
        let public_key = b.initial(PUBLIC_KEY_LEN);
        b.fragment("recipient", |b| {
            // Both of 20 bytes, so that equal numbers are equal bytes. The proof's binding is fixed to the same.
            let found = b.hash160(public_key);
            let found = b.unsigned_number(found);
            let named = b.int(BigUint::from_bytes_le(&recipient.0));
            b.verify_equal(found, named);
            let signature = b.verify_last_byte(signature, SIGHASH_ALL_FORKID);
            b.verify_signature(signature, public_key);
        });
    }
    if let Some((_, input)) = given.iter().find(|(index, _)| Some(*index) == kept) {
        b.fragment("put_aside", |b| b.put_aside(*input));
        b.end_verified();
    }
    inputs.extend(given.into_iter().map(|(_, input)| input));
    inputs
}

/// Checks that the terms are for as many public inputs as the key has after the binding, no two of one name.
fn check_count(vk: &VerifyingKey<Bn254>, terms: &Terms) -> Result<(), BuildError> {
    let (found, expected) = (terms.inputs.len(), vk.gamma_abc_g1.len().saturating_sub(BINDING_POINT + 1));
    if found != expected {
        return Err(BuildError::TermCount { found, expected });
    }
    let mut names = BTreeSet::new();
    match terms.inputs.iter().find(|input| !names.insert(input.name())) {
        None => Ok(()),
        Some(twice) => Err(BuildError::TermTwice { name: twice.name().to_owned() }),
    }
}

/// Which of the terms' inputs is read again after the verifier: the signed one, or the class that payouts go by.
fn read_after(terms: &Terms) -> Result<Option<usize>, BuildError> {
    let (name, role, bits, expected) = match &terms.payee {
        Payee::Prover { signer: None } | Payee::Named { .. } => return Ok(None),
        Payee::Prover { signer: Some(signer) } => {
            let found = signer.public_key[0];
            if !matches!(found, 2 | 3) {
                return Err(BuildError::SignerKey { found });
            }
            (signer.input.as_str(), "signed", FIELD_BITS..=FIELD_BITS, "254")
        }
        Payee::ByClass(payouts) => (payouts.input(), "the class that payouts go by", 1..=MAX_CLASS_BITS, "1 to 7"),
    };
    let is_it = |input: &InputTerm| matches!(input, InputTerm::Open(open) if open.name() == name);
    let Some(k) = terms.inputs.iter().position(is_it) else {
        return Err(BuildError::NotOpen { name: name.to_owned(), role });
    };
    let found = terms.inputs[k].bits();
    if !bits.contains(&found) {
        return Err(BuildError::RoleBits { name: name.to_owned(), role, found, expected });
    }
    if let Payee::ByClass(payouts) = &terms.payee
        && payouts.by_class().len() > 1 << found
    {
        let (name, found, expected) = (name.to_owned(), payouts.by_class().len(), 1 << found);
        return Err(BuildError::PayoutCount { name, found, expected });
    }
    Ok(Some(k))
}

/// Refuses a key in which the binding has the point of another public input, or of the constant, up to sign. That no
/// point is the identity is checked with the rest of the key. Other relations between the points cannot be seen from
/// outside: whoever runs the setup must keep to circuits with a row for each public input (`docs/math/circuit.md`,
/// "The binding").
fn check_binding(vk: &VerifyingKey<Bn254>) -> Result<(), KeyError> {
    let points = &vk.gamma_abc_g1;
    let is_like_binding = |k: &usize| *k != BINDING_POINT && points[*k].x == points[BINDING_POINT].x;
    match (0..points.len()).find(is_like_binding) {
        None => Ok(()),
        Some(other) => Err(KeyError::BindingNotApart { other }),
    }
}

/// The key's compressed serialization.
pub(crate) fn serialize_vk(vk: &VerifyingKey<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::new();
    vk.serialize_compressed(&mut bytes).expect("writing to memory does not fail");
    bytes
}
