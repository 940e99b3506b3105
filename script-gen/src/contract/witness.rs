//! What a spender supplies beside the proof.

/// What a claim needs beside the proof's hints and the open public inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimWitness {
    /// For [`Payee::Prover`](super::Payee::Prover) without a signer.
    Prover {
        /// Signature of the claim's transaction over the whole locking script, type 0x41, with its type byte.
        signature: Vec<u8>,
        /// The key the proof is bound to, compressed.
        public_key: [u8; 33],
    },
    /// For [`Payee::Prover`](super::Payee::Prover) with a signer.
    Attested {
        /// As above.
        signature: Vec<u8>,
        /// As above.
        public_key: [u8; 33],
        /// What the signer has signed.
        attestation: Attestation,
    },
    /// For [`Payee::ByClass`](super::Payee::ByClass).
    ByClass {
        /// Head of the preimage: [`ExpectedPreimage::head`](crate::introspection::ExpectedPreimage::head).
        preimage_head: Vec<u8>,
        /// The transaction's lock time, as it has it: lowest byte first.
        lock_time: [u8; 4],
    },
}

/// A signer's word for a public input, given ahead: it fixes the coin, the claim's version, sequence number and lock time,
/// and the output beside the contract's input; who is paid in other outputs is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Head of the preimage: [`ExpectedPreimage::head`](crate::introspection::ExpectedPreimage::head).
    pub preimage_head: Vec<u8>,
    /// The transaction's lock time, as it has it: lowest byte first.
    pub lock_time: [u8; 4],
    /// The signer's signature over the whole locking script, type 0xc3, without its type byte: the script adds it.
    pub signature: Vec<u8>,
}

/// What a refund needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundWitness {
    /// Head of the preimage: [`ExpectedPreimage::head`](crate::introspection::ExpectedPreimage::head).
    pub preimage_head: Vec<u8>,
    /// The funder's signature of the refund's transaction over the whole locking script, with its type byte.
    pub signature: Vec<u8>,
    /// The funder's key, compressed.
    pub public_key: [u8; 33],
}
