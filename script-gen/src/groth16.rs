//! The bare verifier: any Groth16 key over BN254 with one public input, or with none left open.

use std::ops::Range;

use ark_bn254::Bn254;
use ark_groth16::{Proof, VerifyingKey};
use chain_types::{LockingScript, ScriptLimits, UnlockingScript};

use crate::{
    compiled::Compiled,
    cost::ScriptCost,
    error::{BuildError, HintError},
    hint::Hints,
};

/// A locking script that opens for whoever supplies a valid proof, and nothing else.
///
/// # Security
/// It binds no transaction: whoever sees the unlocking script can take the coins in its place. Contracts bind the
/// spender; see [`crate::DigitContract`].
#[derive(Debug)]
pub struct Groth16Verifier {
    compiled: Compiled,
    input_len: usize,
}

impl Groth16Verifier {
    /// The verifier of `vk`. With `input_len = 0` the key has no public input; otherwise it has one, given at
    /// spending as `input_len` bytes whose bits the circuit must have arranged as `statement::bit_weight` says.
    ///
    /// # Errors
    /// [`BuildError`] for an unusable key, an input longer than 31 bytes, or limits that the script would pass.
    pub fn new(vk: &VerifyingKey<Bn254>, input_len: usize, limits: ScriptLimits) -> Result<Self, BuildError> {
        let compiled = Compiled::new(vk, input_len, limits, |b| {
            (input_len > 0).then(|| {
                let input = b.initial(input_len);
                b.fragment("input", |b| b.verify_len(input))
            })
        })?;
        Ok(Self { compiled, input_len })
    }

    /// The locking script: a function of the key, the input's length, the limits and this crate's version alone.
    pub fn locking_script(&self) -> &LockingScript {
        self.compiled.locking_script()
    }

    /// Hints for `proof` over the public input's bytes.
    ///
    /// # Errors
    /// [`HintError`]: the proof does not verify, has a point at infinity, or the input has another length.
    pub fn hints(&self, proof: &Proof<Bn254>, input: &[u8]) -> Result<Hints, HintError> {
        self.compiled.hints(proof, input)
    }

    /// `hints` with the quotient that their other blobs and `input` call for: for a spender who has replaced some
    /// numbers by other representatives of the same residues.
    ///
    /// # Errors
    /// [`HintError::ProofInvalid`] if a relation between the blobs does not hold, [`HintError::BlobLength`].
    pub fn complete(&self, hints: Hints, input: &[u8]) -> Result<Hints, HintError> {
        self.compiled.complete(hints, input)
    }

    /// The unlocking script made of hints and the public input's bytes.
    pub fn unlocking_script(&self, hints: &Hints, input: &[u8]) -> UnlockingScript {
        let mut script = UnlockingScript::default();
        hints.push_onto(&mut script);
        if self.input_len > 0 {
            script.push_slice(input);
        }
        script
    }

    /// Runs of bytes that belong to one fragment, in script order, with the fragment's path.
    pub fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        self.compiled.fragments()
    }

    /// Bytes and opcodes by fragment.
    pub fn cost(&self) -> ScriptCost {
        ScriptCost::of(&self.compiled)
    }
}
