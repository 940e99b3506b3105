//! Pays whoever proves that a public network gives a class to a hidden input.

use std::ops::Range;

use ark_bn254::Bn254;
use ark_groth16::{Proof, VerifyingKey};
use ark_serialize::CanonicalSerialize;
use chain_types::{LockingScript, Profile, UnlockingScript};
use sha2::{Digest, Sha256};
use statement::{Class, Nonce, PubkeyHash, STATEMENT_LEN, Statement};

use crate::{
    compiled::Compiled,
    cost::ScriptCost,
    error::{BuildError, HintError},
    hint::Hints,
    target::Target,
    text::{TemplateError, template},
    verifier::public_input::PublicInput,
};

/// The key's public input: the statement's bytes are its digits.
const STATEMENT: PublicInput = PublicInput::Bits(8 * STATEMENT_LEN as u32);

/// Bytes of a compressed public key.
const PUBLIC_KEY_LEN: usize = 33;
/// Longest signature with its type byte: DER takes at most 71 bytes when S is in the lower half, as the node demands,
/// and the type byte one.
const MAX_SIGNATURE_LEN: usize = 72;

/// The signature's type byte the script insists on: all inputs and outputs are signed, with the amount. A signer could
/// otherwise leave outputs open by mistake, for whoever sees the transaction first.
const SIGHASH_ALL_FORKID: u8 = 0x41;

/// A contract for one verifying key, class and nonce.
///
/// The locking script hashes the spender's public key, puts `class || HASH160(key) || nonce` together, verifies the
/// key's signature over all of the spending transaction (SIGHASH_ALL with FORKID), and verifies the proof over exactly
/// those 29 bytes. A proof seen in the mempool is therefore of no use under another key, and of none to a contract
/// with another nonce.
#[derive(Debug)]
pub struct DigitContract {
    class: Class,
    nonce: Nonce,
    profile: Profile,
    vk_sha256: [u8; 32],
    compiled: Compiled,
}

impl DigitContract {
    /// The contract for a key whose one public input is the packed statement.
    ///
    /// # Errors
    /// [`BuildError`] for an unusable key or limits of the target that the script would pass.
    pub fn new(vk: &VerifyingKey<Bn254>, class: Class, nonce: Nonce, target: Target) -> Result<Self, BuildError> {
        let compiled = Compiled::new(vk, &[STATEMENT], target, |b, _| {
            let signature = b.initial(MAX_SIGNATURE_LEN);
            let public_key = b.initial(PUBLIC_KEY_LEN);
            b.fragment("binding", |b| {
                let recipient = b.hash160(public_key);
                let class = b.inline_byte(class.index());
                let statement = b.cat(class, recipient);
                let nonce = b.bytes(nonce.0.to_vec());
                let statement = b.cat(statement, nonce);
                let signature = b.verify_last_byte(signature, SIGHASH_ALL_FORKID);
                b.verify_signature(signature, public_key);
                vec![statement]
            })
        })?;
        let vk_sha256 = Sha256::digest(serialize_vk(vk)).into();
        Ok(Self { class, nonce, profile: target.profile, vk_sha256, compiled })
    }

    /// The class that is paid for.
    pub const fn class(&self) -> Class {
        self.class
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

    /// The locking script: a function of key, class, nonce, target and this crate's version alone.
    pub fn locking_script(&self) -> &LockingScript {
        self.compiled.locking_script()
    }

    /// The statement that `recipient` must prove to spend.
    pub const fn statement(&self, recipient: PubkeyHash) -> Statement {
        Statement { class: self.class, recipient, nonce: self.nonce }
    }

    /// Hints for a proof of [`Self::statement`].
    ///
    /// # Errors
    /// [`HintError::ProofInvalid`] if it proves anything else; other variants for malformed proofs.
    pub fn hints(&self, proof: &Proof<Bn254>, recipient: PubkeyHash) -> Result<Hints, HintError> {
        self.compiled.hints(proof, &[self.statement(recipient).to_bytes().to_vec()])
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

/// The key's compressed serialization.
pub(crate) fn serialize_vk(vk: &VerifyingKey<Bn254>) -> Vec<u8> {
    let mut bytes = Vec::new();
    vk.serialize_compressed(&mut bytes).expect("writing to memory does not fail");
    bytes
}
