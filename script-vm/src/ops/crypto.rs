//! Hashes and signature checks.

use chain_types::Opcode;
use num_traits::ToPrimitive;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::not_mine;
use crate::{
    Element, ScriptError, SignatureVerdict,
    evaluation::Evaluation,
    signature::{check_public_key_encoding, check_signature_encoding},
};

/// The counts of OP_CHECKMULTISIG are numbers of at most four bytes, whatever the limit for others
/// (`CScriptNum::MAXIMUM_ELEMENT_SIZE`, script_num.h).
const MAX_COUNT_LEN: usize = 4;

impl Evaluation<'_> {
    /// Opcodes 0xa6 to 0xaa.
    pub(crate) fn hash_op(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        let data = self.stacks.peek(0)?.bytes();
        let hash = match opcode {
            Opcode::OP_RIPEMD160 => Ripemd160::digest(data).to_vec(),
            Opcode::OP_SHA1 => Sha1::digest(data).to_vec(),
            Opcode::OP_SHA256 => Sha256::digest(data).to_vec(),
            Opcode::OP_HASH160 => Ripemd160::digest(Sha256::digest(data)).to_vec(),
            Opcode::OP_HASH256 => Sha256::digest(Sha256::digest(data)).to_vec(),
            _ => return Err(not_mine(opcode)),
        };
        self.stacks.replace(1, hash.into())
    }

    pub(crate) fn checksig(&mut self, opcode: Opcode, code: &[u8]) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        let valid = self.is_signed(1, 0, code)?;
        if self.rules.null_fail() && !valid && !self.stacks.peek(1)?.is_empty() {
            return Err(ScriptError::NullFail);
        }
        match (opcode, valid) {
            (Opcode::OP_CHECKSIGVERIFY, false) => Err(ScriptError::CheckSigVerify),
            (Opcode::OP_CHECKSIGVERIFY, true) => self.stacks.drop_many(2),
            _ => self.stacks.replace(2, Element::from_truth(valid)),
        }
    }

    /// Whether the signature and public key at those depths fit; fails if their encodings do not.
    fn is_signed(&self, signature: usize, public_key: usize, code: &[u8]) -> Result<bool, ScriptError> {
        let (signature, public_key) = (self.stacks.peek(signature)?.bytes(), self.stacks.peek(public_key)?.bytes());
        check_signature_encoding(&signature, self.rules)?;
        check_public_key_encoding(&public_key)?;
        let valid =
            !signature.is_empty() && self.checker.check(&signature, &public_key, code) == SignatureVerdict::Valid;
        Ok(valid)
    }

    /// `[dummy sig_1 .. sig_m m key_1 .. key_n n] -> [valid]`.
    pub(crate) fn checkmultisig(&mut self, opcode: Opcode, code: &[u8]) -> Result<(), ScriptError> {
        let public_keys = self.count(0)?.ok_or(ScriptError::PublicKeyCount)?;
        let signature_count = public_keys + 1;
        self.stacks.need(signature_count + 1)?;
        let signatures = self
            .count(signature_count)?
            .filter(|signatures| *signatures <= public_keys)
            .ok_or(ScriptError::SignatureCount { public_keys })?;
        let first_signature = signature_count + 1;
        let dummy = first_signature + signatures;
        self.stacks.need(dummy + 1)?;
        let valid = self.are_signed((first_signature, signatures), (1, public_keys), code)?;
        for depth in first_signature..dummy {
            if self.rules.null_fail() && !valid && !self.stacks.peek(depth)?.is_empty() {
                return Err(ScriptError::NullFail);
            }
        }
        if self.rules.null_dummy() && !self.stacks.peek(dummy)?.is_empty() {
            return Err(ScriptError::NullDummy);
        }
        match (opcode, valid) {
            (Opcode::OP_CHECKMULTISIGVERIFY, false) => Err(ScriptError::CheckMultisigVerify),
            (Opcode::OP_CHECKMULTISIGVERIFY, true) => self.stacks.drop_many(dummy + 1),
            _ => self.stacks.replace(dummy + 1, Element::from_truth(valid)),
        }
    }

    /// A count of OP_CHECKMULTISIG; none if negative.
    fn count(&mut self, depth: usize) -> Result<Option<usize>, ScriptError> {
        let got = self.stacks.peek(depth)?.len();
        if got > MAX_COUNT_LEN {
            return Err(ScriptError::OperandTooLong { got, limit: MAX_COUNT_LEN });
        }
        self.check_number(depth)?;
        Ok(self.stacks.peek(depth)?.number().to_usize())
    }

    /// Whether every signature fits a key, the keys in the order of the signatures. Both are (depth, number left),
    /// from the top down.
    fn are_signed(
        &self,
        (mut signature, mut signatures): (usize, usize),
        (mut key, mut keys): (usize, usize),
        code: &[u8],
    ) -> Result<bool, ScriptError> {
        while signatures > 0 {
            if self.is_signed(signature, key, code)? {
                signature += 1;
                signatures -= 1;
            }
            key += 1;
            keys -= 1;
            if signatures > keys {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
