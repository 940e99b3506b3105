//! A digit contract that is paid: a valid proof for a key, and signatures of its form.

use chain_types::UnlockingScript;
use ripemd::{Digest, Ripemd160};
use script_gen::{DigitContract, Hints, Target};
use script_vm::{SignatureChecker, SignatureVerdict};
use sha2::Sha256;
use statement::{Class, Nonce, PubkeyHash};

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

/// A contract with a valid proof for [`PUBLIC_KEY`].
pub(crate) struct Paid {
    pub(crate) contract: DigitContract,
    pub(crate) hints: Hints,
}

impl Paid {
    pub(crate) fn under(target: Target) -> Self {
        let key = InsecureKey::new(7, 1);
        let class = Class::new(7).expect("below ten");
        let contract = DigitContract::new(&key.vk, class, Nonce([5; 8]), target).expect("a good key");
        let recipient = PubkeyHash(Ripemd160::digest(Sha256::digest(PUBLIC_KEY)).into());
        let proof = key.prove(&[packed(&contract.statement(recipient).to_bytes())], 8);
        let hints = contract.hints(&proof, recipient).expect("a valid proof");
        Self { contract, hints }
    }

    /// The owner's spend.
    pub(crate) fn unlocking_script(&self) -> UnlockingScript {
        self.contract.unlocking_script(&self.hints, &signature(0x41), &PUBLIC_KEY)
    }
}
