//! The bare verifier: any Groth16 key over BN254, its public inputs fixed at deployment or given at spending.

use std::ops::Range;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Proof, VerifyingKey};
use chain_types::{LockingScript, UnlockingScript};

use crate::{
    compiled::Compiled,
    contract::Frame,
    cost::ScriptCost,
    error::{BuildError, HintError},
    hint::Hints,
    ir::{Builder, Bytes},
    target::Target,
    verifier::public_input::{OpenInput, PublicInput},
};

/// A locking script that opens for whoever supplies a valid proof, and nothing else.
///
/// # Security
/// It binds no transaction: whoever sees the unlocking script can take the coins in its place. Contracts bind the
/// spender; see [`crate::Contract`].
#[derive(Debug)]
pub struct Groth16Verifier {
    compiled: Compiled,
    inputs: Vec<PublicInput>,
}

/// A proof in the form in which the locking script takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendData {
    /// What the spender supplies beside public inputs.
    pub hints: Hints,
    /// The public inputs that the spender gives, as bytes, in the key's order. A contract builds its binding itself.
    pub inputs: Vec<Vec<u8>>,
}

impl Groth16Verifier {
    /// The verifier of `vk`, with one [`PublicInput`] for each of its public inputs, in its order.
    ///
    /// # Errors
    /// [`BuildError`] for an unusable key, another number of inputs, an input of 0 or more than 253 bits, or limits that the
    /// script would pass.
    pub fn new(vk: &VerifyingKey<Bn254>, inputs: &[PublicInput], target: Target) -> Result<Self, BuildError> {
        let compiled = Compiled::new(vk, inputs, target, Frame::default(), open_inputs)?;
        Ok(Self { compiled, inputs: inputs.to_vec() })
    }

    /// The locking script: a function of the key, the inputs, the target and this crate's version alone.
    pub fn locking_script(&self) -> &LockingScript {
        self.compiled.locking_script()
    }

    /// What the spender supplies for `proof` of the statement with these public inputs, all of the key's.
    ///
    /// # Errors
    /// [`HintError`]: the proof does not verify or has a point at infinity; an input is not the one fixed, or too large.
    pub fn spend(&self, proof: &Proof<Bn254>, inputs: &[Fr]) -> Result<SpendData, HintError> {
        let inputs = self.encode(inputs)?;
        Ok(SpendData { hints: self.compiled.hints(proof, &inputs)?, inputs })
    }

    /// The open ones among these public inputs, as the bytes that the script takes.
    ///
    /// # Errors
    /// [`HintError`]: the number of inputs is another, one is not the one fixed, or too large.
    pub fn encode(&self, inputs: &[Fr]) -> Result<Vec<Vec<u8>>, HintError> {
        if inputs.len() != self.inputs.len() {
            return Err(HintError::InputCount { found: inputs.len(), expected: self.inputs.len() });
        }
        for (index, (kind, value)) in self.inputs.iter().zip(inputs).enumerate() {
            if matches!(kind, PublicInput::Fixed(fixed) if fixed != value) {
                return Err(HintError::InputFixed { index });
            }
        }
        self.compiled.open_inputs().iter().map(|open| open.encode(inputs[open.index])).collect()
    }

    /// `spend` with the quotient that its other bytes call for: for a spender who has replaced some numbers by other
    /// representatives of the same residues.
    ///
    /// # Errors
    /// [`HintError::ProofInvalid`] if a relation between the blobs does not hold, [`HintError::BlobLength`].
    pub fn complete(&self, spend: SpendData) -> Result<SpendData, HintError> {
        let SpendData { hints, inputs } = spend;
        Ok(SpendData { hints: self.compiled.complete(hints, &inputs)?, inputs })
    }

    /// The length of the longest unlocking script: others are shorter only by inputs of one byte that are small numbers.
    pub fn unlocking_len(&self) -> usize {
        let inputs = self.compiled.open_inputs().iter().map(|input| vec![0xff; input.len()]).collect();
        SpendData { hints: self.compiled.blank_hints(), inputs }.unlocking_script().len()
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

/// The spender's bytes lie above the hints.
fn open_inputs(b: &mut Builder, open: &[OpenInput]) -> Vec<Bytes> {
    open.iter().map(|input| b.initial(input.len())).collect()
}

/// Orders of statements that make the verifier of `vk` shorter; see `ir/search.rs`.
///
/// # Errors
/// [`BuildError`] as for [`Groth16Verifier::new`].
#[cfg(feature = "search")]
pub fn shortest_orders(
    vk: &VerifyingKey<Bn254>,
    inputs: &[PublicInput],
    target: Target,
    options: crate::ir::search::Options,
    progress: impl FnMut(crate::ir::search::Progress),
) -> Result<Vec<crate::ir::search::FoundOrder>, BuildError> {
    let recorded = crate::compiled::record(vk, inputs, target, open_inputs)?;
    Ok(crate::ir::search::shortest_orders(&recorded.program, options, progress))
}

impl SpendData {
    /// The unlocking script: hints, then the open inputs.
    pub fn unlocking_script(&self) -> UnlockingScript {
        let mut script = UnlockingScript::default();
        self.hints.push_onto(&mut script);
        self.inputs.iter().for_each(|input| script.push_slice(input));
        script
    }
}
