//! A contract that is paid: a valid proof for a key, and signatures of its form.

use ark_bn254::Fr;
use chain_types::UnlockingScript;
use ripemd::{Digest, Ripemd160};
use script_gen::{ClaimWitness, Contract, FixedInput, LockTime, Refund, SpendData, Target, Terms};
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

/// HASH160.
pub(crate) fn hash160(bytes: &[u8]) -> PubkeyHash {
    PubkeyHash(Ripemd160::digest(Sha256::digest(bytes)).into())
}

/// A way back for coins, to nobody's key.
pub(crate) fn refund() -> Refund {
    Refund { recipient: PubkeyHash([0xf0; 20]), lock_time: LockTime::new(900_000).expect("not 0") }
}

/// Terms that fix inputs and pay the prover.
pub(crate) fn fixing(fixed: impl IntoIterator<Item = FixedInput>, nonce: [u8; 8]) -> Terms {
    Terms::pay_prover(fixed.into_iter().map(Into::into), Nonce(nonce), refund())
}

/// A contract with a valid proof for [`PUBLIC_KEY`].
pub(crate) struct Paid {
    pub(crate) contract: Contract,
    pub(crate) data: SpendData,
}

impl Paid {
    pub(crate) fn under(target: Target) -> Self {
        let key = InsecureKey::new(7, 2);
        let contract = Contract::new(&key.vk, fixing([class(7)], [5; 8]), target).expect("a good key");
        let binding = contract.binding(hash160(&PUBLIC_KEY));
        let inputs = [packed(&binding.to_bytes()), Fr::from(7u8)];
        let data = contract.spend_data(&key.prove(&inputs, 8), &inputs).expect("a valid proof");
        Self { contract, data }
    }

    /// The owner's spend.
    pub(crate) fn unlocking_script(&self) -> UnlockingScript {
        self.claim(&signature(0x41), PUBLIC_KEY)
    }

    /// The proof with any signature and key.
    pub(crate) fn claim(&self, signature: &[u8], public_key: [u8; 33]) -> UnlockingScript {
        self.contract.claim_script(&self.data, &ClaimWitness::Prover { signature: signature.to_vec(), public_key })
    }
}
