//! A contract that is paid: a valid proof for a key, and signatures of its form.

use ark_bn254::Fr;
use chain_types::UnlockingScript;
use ripemd::{Digest, Ripemd160};
use script_gen::{FixedInput, Hints, ProofContract, Target};
use script_vm::{SignatureChecker, SignatureVerdict};
use sha2::Sha256;
use statement::{Nonce, PubkeyHash};

use super::{InsecureKey, packed};

/// Takes any well-formed signature, so that what is refused is refused by the script itself.
pub(crate) struct AnySignature;

impl SignatureChecker for AnySignature {
    fn check(&self, _signature: &[u8], _public_key: &[u8], _script_code: &[u8]) -> SignatureVerdict {
        SignatureVerdict::Valid
    }
}

/// Bytes in the form of a compressed public key.
pub(crate) const PUBLIC_KEY: [u8; 33] = [2; 33];

/// R = S = 1 in DER, and the type byte.
pub(crate) fn signature(type_byte: u8) -> Vec<u8> {
    vec![0x30, 6, 2, 1, 1, 2, 1, 1, type_byte]
}

/// A class as a public input that a contract fixes.
pub(crate) fn class(index: u8) -> FixedInput {
    FixedInput::new("class", 4, Fr::from(index)).expect("below 16")
}

/// A contract with a valid proof for [`PUBLIC_KEY`].
pub(crate) struct Paid {
    pub(crate) contract: ProofContract,
    pub(crate) hints: Hints,
}

impl Paid {
    pub(crate) fn under(target: Target) -> Self {
        let key = InsecureKey::new(7, 2);
        let contract = ProofContract::new(&key.vk, vec![class(7)], Nonce([5; 8]), target).expect("a good key");
        let recipient = PubkeyHash(Ripemd160::digest(Sha256::digest(PUBLIC_KEY)).into());
        let proof = key.prove(&[packed(&contract.binding(recipient).to_bytes()), Fr::from(7u8)], 8);
        let hints = contract.hints(&proof, recipient).expect("a valid proof");
        Self { contract, hints }
    }

    /// The owner's spend.
    pub(crate) fn unlocking_script(&self) -> UnlockingScript {
        self.contract.unlocking_script(&self.hints, &signature(0x41), &PUBLIC_KEY)
    }
}
