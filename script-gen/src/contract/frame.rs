//! What stands around the verifier: the choice between claim and refund, and what a claim must have beside a proof.
//!
//! ```text
//! OP_IFDUP OP_IF          the top element is not empty: a claim
//!    head                 what lies on top is checked or put aside
//!    verifier             prologue and all
//!    claim                where outputs are read: the preimage
//! OP_ELSE
//!    refund               the funder's key; the preimage with its lock time
//! OP_ENDIF
//! introspection           shared, or the refund's own and then before OP_ENDIF
//! ```
//!
//! These few opcodes are written with their stacks by hand: branches are no statements of a program.

use Opcode as Op;
use chain_types::{Opcode, Profile, script_num};
use num_bigint::BigInt;

use super::{Payee, Refund, Signer, Terms, payouts::OUTPUTS_HASH_LEN};
use crate::{
    introspection::{self, ALL_OUTPUTS, OWN_OUTPUT, REFUND_SEQUENCE_TOP, ops, refund_type},
    ir::schedule::Instr,
};

/// Bytes of the lock time and the type at the end of a preimage.
pub(super) const LOCK_TIME_AND_TYPE_LEN: usize = 8;

/// Instructions with the name of the fragment they belong to.
pub(crate) type Piece = (&'static str, Vec<Instr>);

/// What stands before and after the verifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) before: Vec<Piece>,
    pub(crate) after: Vec<Piece>,
}

/// An output that carries a signed public input: no value, OP_FALSE OP_RETURN and a push of 32 bytes. What precedes these.
const SIGNED_OUTPUT_HEAD: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 35, 0, 0x6a, 32];

impl Frame {
    /// The frame of a contract; `class_bits` is the width of the class that payouts go by.
    pub(super) fn new(terms: &Terms, profile: Profile, class_bits: u32) -> Self {
        let mut before = vec![("select", ops([Op::OP_IFDUP, Op::OP_IF]).collect())];
        let refund = refund(&terms.refund, profile);
        let mut otherwise: Vec<Instr> = ops([Op::OP_ELSE]).collect();
        otherwise.extend(refund);
        // What a claim has to show of its transaction, if anything.
        let claim = match &terms.payee {
            Payee::Prover { signer: None } | Payee::Named { .. } => None,
            Payee::Prover { signer: Some(signer) } => Some((Some(signed(signer)), ("signed_output", signed_output()))),
            Payee::ByClass(payouts) => {
                Some((None, ("payout", payout(payouts.table(terms.nonce), profile, class_bits))))
            }
        };
        let after = match claim {
            None => {
                let mut introspect = introspection::of_type(refund_type(profile));
                introspect.extend(ops([Op::OP_ENDIF]));
                vec![("refund", otherwise), ("introspect", introspect)]
            }
            Some((signer, claim)) => {
                before.push(("preimage", ops([Op::OP_TOALTSTACK; 2]).collect()));
                before.extend(signer.map(|signer| ("signer", signer)));
                otherwise.push(Instr::Push(vec![refund_type(profile)]));
                otherwise.extend(ops([Op::OP_ENDIF]));
                vec![claim, ("refund", otherwise), ("introspect", introspection::of_given_type())]
            }
        };
        Self { before, after }
    }

    /// The script's bytes from after the last OP_CODESEPARATOR on.
    pub(super) fn script_code(&self) -> Vec<u8> {
        let after: Vec<&Instr> = self.after.iter().flat_map(|(_, instrs)| instrs).collect();
        let separator = after.iter().rposition(|instr| **instr == Instr::Op(Op::OP_CODESEPARATOR));
        after[separator.map_or(0, |at| at + 1)..].iter().flat_map(|instr| instr.to_bytes()).collect()
    }
}

fn number(n: impl Into<BigInt>) -> Instr {
    Instr::Push(script_num::encode(&n.into()))
}

/// `[head signature key] -> [preimage]`, of a type that signs no output.
fn refund(terms: &Refund, profile: Profile) -> Vec<Instr> {
    let mut out: Vec<Instr> = ops([Op::OP_DUP, Op::OP_HASH160]).collect();
    out.push(Instr::Push(terms.recipient.0.to_vec()));
    out.extend(ops([Op::OP_EQUALVERIFY, Op::OP_CHECKSIGVERIFY]));
    match profile {
        Profile::Genesis => {
            // The sequence number's last byte, and zeros where other types have a digest of outputs.
            out.push(number(REFUND_SEQUENCE_TOP));
            out.push(number(1 + OUTPUTS_HASH_LEN));
            out.extend(ops([Op::OP_NUM2BIN, Op::OP_CAT]));
            // The type's other bytes are zero: the number that has it last is written with as many more.
            out.push(Instr::Push(lock_bytes(terms, profile)));
            out.push(number(LOCK_TIME_AND_TYPE_LEN));
            out.extend(ops([Op::OP_NUM2BIN, Op::OP_CAT]));
        }
        Profile::Chronicle => {
            out.push(Instr::Push(lock_bytes(terms, profile)));
            out.extend(ops([Op::OP_CAT]));
        }
    }
    out
}

/// What is pushed of a refund's lock time.
pub(super) fn lock_bytes(terms: &Refund, profile: Profile) -> Vec<u8> {
    let lock_time = terms.lock_time.get().to_le_bytes();
    match profile {
        Profile::Genesis => [&lock_time[..], &[refund_type(profile)]].concat(),
        Profile::Chronicle => refund_tail(terms, profile),
    }
}

/// What a refund's preimage ends with.
pub(super) fn refund_tail(terms: &Refund, profile: Profile) -> Vec<u8> {
    let no_outputs: &[u8] = match profile {
        Profile::Genesis => &[0; OUTPUTS_HASH_LEN],
        // The original digest has the outputs themselves: their number.
        Profile::Chronicle => &[0],
    };
    let sighash_type = u32::from(refund_type(profile)).to_le_bytes();
    [&[REFUND_SEQUENCE_TOP], no_outputs, &terms.lock_time.get().to_le_bytes(), &sighash_type].concat()
}

/// `[signature] -> []`: fails unless it is the signer's, of the type that signs one output.
fn signed(signer: &Signer) -> Vec<Instr> {
    let mut out = vec![Instr::Push(vec![OWN_OUTPUT])];
    out.extend(ops([Op::OP_CAT]));
    out.push(Instr::Push(signer.public_key.to_vec()));
    out.extend(ops([Op::OP_CHECKSIGVERIFY]));
    out
}

/// `alt [end head input] -> [preimage type]`: the preimage's output is the one that carries the public input.
fn signed_output() -> Vec<Instr> {
    let mut out: Vec<Instr> = ops([Op::OP_FROMALTSTACK]).collect();
    out.push(Instr::Push(SIGNED_OUTPUT_HEAD.to_vec()));
    out.extend(ops([Op::OP_SWAP, Op::OP_CAT, Op::OP_HASH256]));
    out.extend(with_outputs(OWN_OUTPUT));
    out
}

/// `alt [end head] [outputs] -> [preimage type]`: `outputs` is the digest of outputs in the preimage, since eight bytes, the
/// lock time and the type, follow it whatever number the spender gave.
fn with_outputs(sighash_type: u8) -> Vec<Instr> {
    let mut out: Vec<Instr> = ops([Op::OP_FROMALTSTACK, Op::OP_SWAP, Op::OP_CAT, Op::OP_FROMALTSTACK]).collect();
    out.push(number(LOCK_TIME_AND_TYPE_LEN));
    out.extend(ops([Op::OP_NUM2BIN, Op::OP_CAT]));
    out.push(Instr::Push(vec![sighash_type]));
    out
}

/// `alt [end head class] -> [preimage type]`: the preimage's outputs are those of the class.
fn payout(table: Vec<u8>, profile: Profile, class_bits: u32) -> Vec<Instr> {
    // The class lies in the top bits of its byte. Moved right by one bit at least, it reads as a number without a sign.
    let shift = if class_bits == 1 { 2 } else { 1 };
    let scale = (OUTPUTS_HASH_LEN << class_bits) >> (8 - shift);
    let mut out: Vec<Instr> = ops([Op::OP_FROMALTSTACK]).collect();
    out.push(number(shift));
    out.extend(ops([Op::OP_RSHIFT]));
    if profile == Profile::Genesis {
        out.extend(ops([Op::OP_BIN2NUM]));
    }
    if scale > 1 {
        out.push(number(scale));
        out.extend(ops([Op::OP_MUL]));
    }
    out.push(Instr::Push(table));
    out.extend(ops([Op::OP_SWAP]));
    match profile {
        Profile::Genesis => {
            out.extend(ops([Op::OP_SPLIT, Op::OP_NIP]));
            out.push(number(OUTPUTS_HASH_LEN));
            out.extend(ops([Op::OP_SPLIT, Op::OP_DROP]));
        }
        Profile::Chronicle => {
            out.push(number(OUTPUTS_HASH_LEN));
            out.extend(ops([Op::OP_SUBSTR]));
        }
    }
    out.extend(with_outputs(ALL_OUTPUTS));
    out
}

/// The end of a claim's preimage, lock time and type, as the number that the script writes in eight bytes.
pub(super) fn end_of_preimage(lock_time: [u8; 4], sighash_type: u8) -> Vec<u8> {
    script_num::encode(&BigInt::from(u64::from(sighash_type) << 32 | u64::from(u32::from_le_bytes(lock_time))))
}

/// The output that carries a signed public input, as a transaction has it.
pub(super) fn signed_output_bytes(input: &[u8]) -> Vec<u8> {
    [&SIGNED_OUTPUT_HEAD, input].concat()
}
