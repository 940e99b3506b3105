//! Both ways to open a contract: what a spender supplies, and what the transaction must look like.

use ark_bn254::{Bn254, Fr};
use ark_groth16::Proof;
use chain_types::{Instruction, Profile, UnlockingScript};
use sha2::{Digest, Sha256};
use statement::PubkeyHash;

use super::{
    Attestation, ClaimWitness, Contract, OpenTerm, Payee, RefundWitness, frame,
    proof::{MAX_SIGNATURE_LEN, PUBLIC_KEY_LEN, packed},
};
use crate::{
    error::HintError,
    groth16::SpendData,
    introspection::{ALL_OUTPUTS, ExpectedPreimage, OWN_OUTPUT, refund_type},
    verifier::public_input::OpenInput,
};

/// A preimage's head in a claim: version, digests of outpoints and sequence numbers, outpoint, the length of a code of less
/// than 253 bytes, value, sequence number.
const CLAIM_HEAD_LEN: usize = 4 + 32 + 32 + 36 + 1 + 8 + 4;
/// The same in a refund: the sequence number but for its last byte; the original digest has version, number of inputs,
/// outpoint, length of the code, sequence number.
const fn refund_head_len(profile: Profile) -> usize {
    match profile {
        Profile::Genesis => CLAIM_HEAD_LEN - 1,
        Profile::Chronicle => 4 + 1 + 36 + 1 + 3,
    }
}

/// Pushes of a proof's hints.
const N_BLOBS: usize = 4;

/// Why a script is no claim of a contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Something else than pushes: what it leaves on the stack is known when it is run.
    #[error("the unlocking script holds more than pushes")]
    NotPushes,
    /// The refund's branch, which shows no public input.
    #[error("the unlocking script takes the refund: it claims nothing")]
    Refund,
    /// Too few pushes.
    #[error("the unlocking script has {found} pushes, a claim of this contract has {expected}")]
    Count {
        /// Pushes found.
        found: usize,
        /// Pushes of a claim.
        expected: usize,
    },
    /// Bytes that are no value of a public input.
    #[error("the unlocking script's bytes for public input {name} are none of its values")]
    Input {
        /// Its name.
        name: String,
    },
}

/// Whether OP_IF takes the other branch: nothing but zeros, the last perhaps with a sign.
fn is_false(item: &[u8]) -> bool {
    match item.split_last() {
        None => true,
        Some((last, rest)) => matches!(last, 0 | 0x80) && rest.iter().all(|byte| *byte == 0),
    }
}

impl Contract {
    /// What a claim supplies for `proof` of these public inputs, all of the key's, the binding included.
    ///
    /// # Errors
    /// [`HintError`]: the binding is another contract's, an input is not the one fixed or too large, or the proof does not
    /// verify or is malformed.
    pub fn spend_data(&self, proof: &Proof<Bn254>, public_inputs: &[Fr]) -> Result<SpendData, HintError> {
        let (found, expected) = (public_inputs.len(), 1 + self.terms.inputs.len());
        if found != expected {
            return Err(HintError::InputCount { found, expected });
        }
        let values = public_inputs[1..].iter();
        for (index, (term, value)) in (1..).zip(self.terms.inputs.iter().zip(values)) {
            if term.value().is_some_and(|fixed| fixed != *value) {
                return Err(HintError::InputFixed { index });
            }
        }
        let open = self.compiled.open_inputs().iter();
        let mut inputs = open.map(|open| open.encode(public_inputs[open.index])).collect::<Result<Vec<_>, _>>()?;
        let is_ours = match self.terms.payee {
            Payee::Prover { .. } => inputs[0].ends_with(&self.terms.nonce.0),
            Payee::Named { .. } | Payee::ByClass(_) => public_inputs[0] == packed(&self.binding(PubkeyHash([0; 20]))),
        };
        if !is_ours {
            return Err(HintError::OtherBinding);
        }
        let hints = self.compiled.hints(proof, &inputs)?;
        inputs.drain(..self.n_built());
        Ok(SpendData { hints, inputs })
    }

    /// The public inputs given at spending, as a claim's unlocking script shows them, in the key's order. Its pushes may be of
    /// any form: shorter opcodes mean the same bytes.
    ///
    /// # Errors
    /// [`ReadError`] if the script has not the form of this contract's claims. What the bytes prove, only a node says.
    pub fn read_claim(&self, script: &UnlockingScript) -> Result<Vec<(&OpenTerm, Fr)>, ReadError> {
        let push = |item: Result<(usize, Instruction), _>| match item {
            Ok((_, Instruction::Push { data, .. })) => Ok(data),
            Ok(_) | Err(_) => Err(ReadError::NotPushes),
        };
        self.read_claim_stack(&script.instructions().map(push).collect::<Result<Vec<_>, _>>()?)
    }

    /// The same from what an unlocking script leaves on the stack, top last.
    ///
    /// # Errors
    /// As [`Self::read_claim`], but for [`ReadError::NotPushes`].
    pub fn read_claim_stack(&self, pushes: &[Vec<u8>]) -> Result<Vec<(&OpenTerm, Fr)>, ReadError> {
        let n_beside = match self.terms.payee {
            Payee::Prover { signer: None } | Payee::Named { .. } | Payee::ByClass(_) => 2,
            Payee::Prover { signer: Some(_) } => 5,
        };
        let open: Vec<_> = self.compiled.open_inputs().iter().skip(self.n_built()).collect();
        // What lies on top tells a claim from a refund, whatever lies beneath.
        if pushes.last().is_none_or(|top| is_false(top)) {
            return Err(ReadError::Refund);
        }
        let (found, expected) = (pushes.len(), N_BLOBS + open.len() + n_beside);
        // Items beneath are no part of the claim: a block may hold them.
        let Some(beneath) = found.checked_sub(expected) else {
            return Err(ReadError::Count { found, expected });
        };
        let read = |((term, open), bytes): ((_, &&OpenInput), &Vec<u8>)| {
            let term: &OpenTerm = term;
            let value = open.decode(bytes).ok_or_else(|| ReadError::Input { name: term.name().to_owned() })?;
            Ok((term, value))
        };
        self.terms.open().zip(&open).zip(&pushes[beneath + N_BLOBS..]).map(read).collect()
    }

    /// Public inputs that the script builds itself: the binding, if it names who is paid.
    const fn n_built(&self) -> usize {
        matches!(self.terms.payee, Payee::Prover { .. }) as usize
    }

    /// The unlocking script of a claim. A witness of another kind than the payee's makes one that fails.
    pub fn claim_script(&self, data: &SpendData, witness: &ClaimWitness) -> UnlockingScript {
        let mut script = data.unlocking_script();
        match witness {
            ClaimWitness::Prover { signature, public_key } => {
                script.push_slice(signature);
                script.push_slice(public_key);
            }
            ClaimWitness::Attested { signature, public_key, attestation } => {
                script.push_slice(signature);
                script.push_slice(public_key);
                script.push_slice(&attestation.signature);
                script.push_slice(&attestation.preimage_head);
                script.push_slice(&frame::end_of_preimage(attestation.lock_time, OWN_OUTPUT));
            }
            ClaimWitness::ByClass { preimage_head, lock_time } => {
                script.push_slice(preimage_head);
                script.push_slice(&frame::end_of_preimage(*lock_time, ALL_OUTPUTS));
            }
        }
        script
    }

    /// An upper bound on a claim's unlocking script, for fees: signatures' lengths are known only when signed.
    pub fn max_claim_len(&self) -> usize {
        let (signature, public_key) = (vec![0xff; MAX_SIGNATURE_LEN], [0xff; PUBLIC_KEY_LEN]);
        let (preimage_head, lock_time) = (vec![0xff; CLAIM_HEAD_LEN + self.script_code.len()], [0xff; 4]);
        let witness = match self.terms.payee {
            Payee::Prover { signer: None } | Payee::Named { .. } => ClaimWitness::Prover { signature, public_key },
            Payee::Prover { signer: Some(_) } => {
                let signers = vec![0xff; MAX_SIGNATURE_LEN - 1];
                let attestation = Attestation { preimage_head, lock_time, signature: signers };
                ClaimWitness::Attested { signature, public_key, attestation }
            }
            Payee::ByClass(_) => ClaimWitness::ByClass { preimage_head, lock_time },
        };
        self.claim_script(&self.blank_data(), &witness).len()
    }

    /// Data of the right lengths that prove nothing.
    fn blank_data(&self) -> SpendData {
        let open = self.compiled.open_inputs().iter().skip(self.n_built());
        SpendData { hints: self.compiled.blank_hints(), inputs: open.map(|input| vec![0xff; input.len()]).collect() }
    }

    /// The unlocking script of a refund.
    pub fn refund_script(&self, witness: &RefundWitness) -> UnlockingScript {
        let mut script = UnlockingScript::default();
        script.push_slice(&witness.preimage_head);
        script.push_slice(&witness.signature);
        script.push_slice(&witness.public_key);
        script.push_slice(&[]);
        script
    }

    /// An upper bound on a refund's unlocking script, for fees.
    pub fn max_refund_len(&self) -> usize {
        let witness = RefundWitness {
            preimage_head: vec![0xff; refund_head_len(self.profile) + self.script_code.len()],
            signature: vec![0xff; MAX_SIGNATURE_LEN],
            public_key: [0xff; PUBLIC_KEY_LEN],
        };
        self.refund_script(&witness).len()
    }

    /// What a refund's transaction must look like to the script.
    pub fn refund_preimage(&self) -> ExpectedPreimage {
        ExpectedPreimage {
            sighash_type: refund_type(self.profile),
            script_code: self.script_code.clone(),
            required: frame::refund_tail(&self.terms.refund, self.profile),
            n_free: 0,
        }
    }

    /// What a claim's transaction must look like to the script; `None` if it looks at none, or if nobody is paid for the
    /// class in `data`.
    pub fn claim_preimage(&self, data: &SpendData) -> Option<ExpectedPreimage> {
        let (sighash_type, outputs_hash): (u8, [u8; 32]) = match &self.terms.payee {
            Payee::Prover { signer } => {
                let input = self.given(data, &signer.as_ref()?.input)?;
                (OWN_OUTPUT, Sha256::digest(Sha256::digest(frame::signed_output_bytes(input))).into())
            }
            Payee::Named { .. } => return None,
            Payee::ByClass(payouts) => (ALL_OUTPUTS, payouts.outputs_hash(self.class(data)?, self.terms.nonce)?),
        };
        Some(ExpectedPreimage {
            sighash_type,
            script_code: self.script_code.clone(),
            required: outputs_hash.to_vec(),
            n_free: frame::LOCK_TIME_AND_TYPE_LEN,
        })
    }

    /// The class in `data` that payouts go by; `None` if they do not, or the data are not the contract's.
    pub fn class(&self, data: &SpendData) -> Option<usize> {
        let payouts = self.terms.payouts()?;
        let bits = self.terms.open().find(|open| open.name() == payouts.input())?.bits();
        let byte = self.given(data, payouts.input())?.first()?;
        Some(usize::from(byte >> (8 - bits)))
    }

    /// The bytes in `data` of the open input `name`.
    fn given<'a>(&self, data: &'a SpendData, name: &str) -> Option<&'a [u8]> {
        let index = self.terms.open().position(|open| open.name() == name)?;
        data.inputs.get(index).map(Vec::as_slice)
    }
}
