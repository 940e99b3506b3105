//! A transaction seen from inside its scripts: the signature trick, as small as we could make it.
//!
//! A script cannot read the transaction that spends it, but OP_CHECKSIG hashes it. The trick: from a preimage the spender
//! supplies, the script makes a signature under a fixed key whose secret everybody knows, with the preimage's own double
//! SHA-256 as the message. The signature is good only if that is the digest the node computes, so the preimage is the
//! transaction's, and every field in it can be read. `docs/math/introspection.md` has the mathematics.
//!
//! With the nonce `k = 1/2` and the secret `d = -2^255 / r`, a signature of the digest z is `s = 2 (z + r d) = 2 z - 2^256`:
//! for a z whose top bits are `10` that is z moved left by one bit, one opcode. Other digests have no signature the script
//! could make ([`is_signable`]): whoever builds the transaction changes its lock time or sequence number until it has
//! one, four tries on average.

use chain_types::{LockingScript, Opcode, Profile};

use crate::ir::schedule::Instr;

/// The fixed key `d G`, compressed. Its secret is no secret.
pub const PUBLIC_KEY: [u8; 33] = [
    0x02, 0x9d, 0xa2, 0x1e, 0xd3, 0xd0, 0x97, 0xdf, 0xc2, 0xbe, 0xa8, 0x46, 0x41, 0x1a, 0xbf, 0xf5, 0xa0, 0xbb, 0x12,
    0xfc, 0x11, 0xd8, 0x91, 0xdb, 0x0f, 0xec, 0xcd, 0xad, 0xab, 0xe3, 0x63, 0x70, 0x41,
];

/// What a signature of the trick starts with, in DER: a sequence of two numbers, the first of them the x-coordinate of
/// `G / 2`, which is known to take 21 bytes only, the second of 32 bytes.
pub const SIGNATURE_HEAD: [u8; 27] = [
    0x30, 0x39, 0x02, 0x15, 0x3b, 0x78, 0xce, 0x56, 0x3f, 0x89, 0xa0, 0xed, 0x94, 0x14, 0xf5, 0xaa, 0x28, 0xad, 0x0d,
    0x96, 0xd6, 0x79, 0x5f, 0x9c, 0x63, 0x02, 0x20,
];

/// Highest S the node takes, half of the group's order, big-endian.
const MAX_S: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
    0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// The signature type of the trick where all outputs are read: ALL with FORKID.
pub const ALL_OUTPUTS: u8 = 0x41;
/// Where the output of the input's own index is read, whatever else the transaction has: SINGLE, ANYONECANPAY, FORKID.
pub const OWN_OUTPUT: u8 = 0xc3;
/// Highest byte of a refund's sequence number, little-endian its last. The lower three are free, to find a digest that
/// can be signed; the input is never final, so that the lock time counts.
///
/// Claims should have 0xffffffff in every input, and find a digest by the lock time, which is then free: a node that keeps
/// a refund whose time has not come takes no other spend of the coin.
pub const REFUND_SEQUENCE_TOP: u8 = 1;

/// The signature type of the trick in a refund, which reads no output: NONE.
pub const fn refund_type(profile: Profile) -> u8 {
    match profile {
        // With FORKID.
        Profile::Genesis => 0x42,
        // The original digest, of this input alone: ANYONECANPAY with FORKID and CHRONICLE.
        Profile::Chronicle => 0xe2,
    }
}

/// Whether the script can make a signature of this digest (in the order OP_HASH256 leaves it): its top bits are `10`, and
/// moved left by one bit it is a number that DER writes in 32 bytes, not above half the order.
pub fn is_signable(sighash: &[u8; 32]) -> bool {
    let mut s = [0; 32];
    for (k, byte) in s.iter_mut().enumerate() {
        *byte = sighash[k] << 1 | sighash.get(k + 1).map_or(0, |next| next >> 7);
    }
    // DER is signed, so a set top bit would be a minus; a leading zero byte is there only to keep one from being read.
    let is_der = s[0] != 0 || s[1] >= 0x80;
    sighash[0] & 0xc0 == 0x80 && is_der && s <= MAX_S
}

/// What a script demands of a digest's preimage: everything but its head, which the spender supplies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedPreimage {
    /// The signature type whose digest it is.
    pub sighash_type: u8,
    /// The script code in it: what follows the last OP_CODESEPARATOR that was run.
    pub script_code: Vec<u8>,
    /// What it must hold at its end, but for the last [`Self::n_free`] bytes.
    pub required: Vec<u8>,
    /// Bytes at its very end that the spender supplies too: lock time and type, or none.
    pub n_free: usize,
}

/// Why a transaction's preimage is not the one that a script demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreimageError {
    /// It holds something else: another sequence number, other outputs, another lock time or type.
    #[error(
        "the preimage ends with {found}, the script demands {expected}: sequence, outputs, lock time or type differ"
    )]
    Required {
        /// As many bytes of it as are compared, hex.
        found: String,
        /// What is demanded, hex.
        expected: String,
    },
}

impl ExpectedPreimage {
    /// The first part of a transaction's preimage, which the spender supplies.
    ///
    /// # Errors
    /// [`PreimageError::Required`] if the transaction is not as the script demands.
    pub fn head(&self, preimage: &[u8]) -> Result<Vec<u8>, PreimageError> {
        let fixed = &preimage[..preimage.len().saturating_sub(self.n_free)];
        match fixed.strip_suffix(&self.required[..]) {
            Some(head) => Ok(head.to_vec()),
            None => {
                let found = hex::encode(&fixed[fixed.len().saturating_sub(self.required.len())..]);
                Err(PreimageError::Required { found, expected: hex::encode(&self.required) })
            }
        }
    }
}

/// The trick by itself, `[preimage] -> [accepted]`: leaves true if `preimage` is what a signature of this type signs in the
/// transaction that runs it, and [`is_signable`] says so of its digest. Contracts hold it as their last piece.
pub fn script(sighash_type: u8) -> LockingScript {
    LockingScript::from_bytes(of_type(sighash_type).iter().flat_map(Instr::to_bytes).collect())
}

/// Names of opcodes in a row.
pub(crate) fn ops<const N: usize>(opcodes: [Opcode; N]) -> impl Iterator<Item = Instr> {
    opcodes.into_iter().map(Instr::Op)
}

/// `[digest] -> [signature]`: without its type byte.
fn signature() -> Vec<Instr> {
    let mut out = vec![Instr::Push(vec![1])];
    out.extend(ops([Opcode::OP_LSHIFT]));
    out.push(Instr::Push(SIGNATURE_HEAD.to_vec()));
    out.extend(ops([Opcode::OP_SWAP, Opcode::OP_CAT]));
    out
}

/// `[signature] -> [accepted]`: OP_CODESEPARATOR stands last but one, so that the code signed is what follows it alone.
fn check() -> Vec<Instr> {
    let mut out = vec![Instr::Push(PUBLIC_KEY.to_vec())];
    out.extend(ops([Opcode::OP_CODESEPARATOR, Opcode::OP_CHECKSIG]));
    out
}

/// `[preimage] -> [accepted]`: whether `preimage` is what a signature of this type signs here.
pub(crate) fn of_type(sighash_type: u8) -> Vec<Instr> {
    let mut out: Vec<Instr> = ops([Opcode::OP_HASH256]).collect();
    out.extend(signature());
    out.push(Instr::Push(vec![sighash_type]));
    out.extend(ops([Opcode::OP_CAT]));
    out.extend(check());
    out
}

/// `[preimage type] -> [accepted]`: the same with a type that a branch has chosen.
pub(crate) fn of_given_type() -> Vec<Instr> {
    let mut out: Vec<Instr> = ops([Opcode::OP_SWAP, Opcode::OP_HASH256]).collect();
    out.extend(signature());
    out.extend(ops([Opcode::OP_SWAP, Opcode::OP_CAT]));
    out.extend(check());
    out
}
