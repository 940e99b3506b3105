//! Pays whoever proves what a circuit says, with its public inputs fixed but for who is paid.

use std::{collections::BTreeSet, ops::Range};

use ark_bn254::Bn254;
use ark_groth16::{Proof, VerifyingKey};
use ark_serialize::CanonicalSerialize;
use chain_types::{LockingScript, Profile, UnlockingScript};
use sha2::{Digest, Sha256};
use statement::{BINDING_BITS, Binding, Nonce, PubkeyHash};

use super::FixedInput;
use crate::{
    compiled::Compiled,
    cost::ScriptCost,
    error::{BuildError, HintError, KeyError},
    hint::Hints,
    target::Target,
    text::{TemplateError, template},
    verifier::public_input::PublicInput,
};

/// The key's first public input: the binding's bytes are its digits.
const BINDING: PublicInput = PublicInput::Bits(BINDING_BITS);
/// Its point in `gamma_abc_g1`.
const BINDING_POINT: usize = 1;

/// Bytes of a compressed public key.
const PUBLIC_KEY_LEN: usize = 33;
/// Longest signature with its type byte: DER takes at most 71 bytes when S is in the lower half, as the node demands,
/// and the type byte one.
const MAX_SIGNATURE_LEN: usize = 72;

/// The signature's type byte the script insists on: all inputs and outputs are signed, with the amount. A signer could
/// otherwise leave outputs open by mistake, for whoever sees the transaction first.
const SIGHASH_ALL_FORKID: u8 = 0x41;

/// A contract for one verifying key, the values of all its public inputs but the first, and a nonce.
///
/// The locking script hashes the spender's public key, puts `HASH160(key) || nonce` together, verifies the key's
/// signature over all of the spending transaction (SIGHASH_ALL with FORKID), and verifies the proof with exactly those
/// 28 bytes as the key's first public input, `binding`, and the fixed values as the others. A proof seen in the mempool
/// is therefore of no use under another key, and of none to a contract with another nonce or other values.
///
/// Fixed values are folded into a constant: however many there are, the script is as long.
#[derive(Debug)]
pub struct ProofContract {
    fixed: Vec<FixedInput>,
    nonce: Nonce,
    profile: Profile,
    vk_sha256: [u8; 32],
    compiled: Compiled,
}

impl ProofContract {
    /// The contract for a key whose first public input is the packed binding and whose others are `fixed`, in the
    /// key's order. Names are the caller's: a key in itself has none.
    ///
    /// # Errors
    /// [`BuildError::FixedCount`] or [`BuildError::FixedTwice`]; [`BuildError::Key`] for an unusable key, one whose
    /// binding binds nothing among them; others for limits of the target that the script would pass.
    pub fn new(
        vk: &VerifyingKey<Bn254>,
        fixed: Vec<FixedInput>,
        nonce: Nonce,
        target: Target,
    ) -> Result<Self, BuildError> {
        check_fixed(vk, &fixed)?;
        let values = fixed.iter().map(|input| PublicInput::Fixed(input.value()));
        let inputs: Vec<_> = core::iter::once(BINDING).chain(values).collect();
        let compiled = Compiled::new(vk, &inputs, target, |b, _| {
            let signature = b.initial(MAX_SIGNATURE_LEN);
            let public_key = b.initial(PUBLIC_KEY_LEN);
            b.fragment("binding", |b| {
                let recipient = b.hash160(public_key);
                let nonce = b.bytes(nonce.0.to_vec());
                let binding = b.cat(recipient, nonce);
                let signature = b.verify_last_byte(signature, SIGHASH_ALL_FORKID);
                b.verify_signature(signature, public_key);
                vec![binding]
            })
        })?;
        check_binding(vk)?;
        let vk_sha256 = Sha256::digest(serialize_vk(vk)).into();
        Ok(Self { fixed, nonce, profile: target.profile, vk_sha256, compiled })
    }

    /// The public inputs that are fixed, in the key's order: all but the first.
    pub fn fixed(&self) -> &[FixedInput] {
        &self.fixed
    }

    /// What tells this contract from others.
    pub const fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// The rules that its scripts are made for.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// SHA-256 of the verifying key's compressed serialization.
    pub const fn vk_sha256(&self) -> &[u8; 32] {
        &self.vk_sha256
    }

    /// The locking script: a function of key, fixed values, nonce, target and this crate's version alone.
    pub fn locking_script(&self) -> &LockingScript {
        self.compiled.locking_script()
    }

    /// What a proof must be bound to for `recipient` to spend.
    pub const fn binding(&self, recipient: PubkeyHash) -> Binding {
        Binding { recipient, nonce: self.nonce }
    }

    /// Hints for a proof with [`Self::binding`] and [`Self::fixed`] as its public inputs.
    ///
    /// # Errors
    /// [`HintError::ProofInvalid`] if it proves anything else; other variants for malformed proofs.
    pub fn hints(&self, proof: &Proof<Bn254>, recipient: PubkeyHash) -> Result<Hints, HintError> {
        self.compiled.hints(proof, &[self.binding(recipient).to_bytes().to_vec()])
    }

    /// The unlocking script: hints, signature (with its type byte), public key.
    pub fn unlocking_script(&self, hints: &Hints, signature: &[u8], public_key: &[u8]) -> UnlockingScript {
        let mut script = UnlockingScript::default();
        hints.push_onto(&mut script);
        script.push_slice(signature);
        script.push_slice(public_key);
        script
    }

    /// An upper bound on the unlocking script's length, for fees: the signature's length is known only when signed.
    pub fn max_unlocking_len(&self) -> usize {
        self.unlocking_script(&self.compiled.blank_hints(), &[0xff; MAX_SIGNATURE_LEN], &[0xff; PUBLIC_KEY_LEN]).len()
    }

    /// Runs of bytes that belong to one fragment, in script order, with the fragment's path.
    pub fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        self.compiled.fragments()
    }

    /// Bytes and opcodes by fragment.
    pub fn cost(&self) -> ScriptCost {
        ScriptCost::of(&self.compiled)
    }

    /// The script as annotated assembly, laid out by `templates/inference_payment.asm.hbs`.
    ///
    /// # Errors
    /// [`TemplateError`] if the template does not render, or renders text that does not assemble to exactly
    /// [`Self::locking_script`].
    pub fn assembly(&self) -> Result<String, TemplateError> {
        template::render_inference_payment(self, &self.compiled)
    }
}

/// Checks that the key has the binding and `fixed` as its public inputs, no two of one name.
fn check_fixed(vk: &VerifyingKey<Bn254>, fixed: &[FixedInput]) -> Result<(), BuildError> {
    let (found, expected) = (fixed.len(), vk.gamma_abc_g1.len().saturating_sub(BINDING_POINT + 1));
    if found != expected {
        return Err(BuildError::FixedCount { found, expected });
    }
    let mut names = BTreeSet::new();
    match fixed.iter().find(|input| !names.insert(input.name())) {
        None => Ok(()),
        Some(twice) => Err(BuildError::FixedTwice { name: twice.name().to_owned() }),
    }
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
