//! A thief with a copy of another's proof, against a contract whose signature is not checked, or not its type byte.

use chain_types::{LockingScript, ScriptLimits};
use ripemd::{Digest, Ripemd160};
use script_gen::DigitContract;
use script_vm::{Machine, NoSignatures, ScriptError, SignatureChecker, SignatureVerdict};
use sha2::Sha256;
use statement::{Class, Nonce, PubkeyHash};

use crate::{
    black_box::Script,
    common::{InsecureKey, assert_refused_at, packed},
};

/// R = S = 1 in DER, and the type byte.
fn signature(type_byte: u8) -> [u8; 9] {
    [0x30, 6, 2, 1, 1, 2, 1, 1, type_byte]
}

/// The owner's signature, which leaves the outputs open.
struct OwnersNone;

impl SignatureChecker for OwnersNone {
    fn check(&self, signature: &[u8], _: &[u8], _: &[u8]) -> SignatureVerdict {
        if signature.last() == Some(&0x42) { SignatureVerdict::Valid } else { SignatureVerdict::Invalid }
    }
}

#[test]
fn signature_checks__left_out__let_a_copied_proof_pass() {
    let owner = [2; 33];
    let key = InsecureKey::new(231, 1);
    let class = Class::new(0).expect("below ten");
    let contract = DigitContract::new(&key.vk, class, Nonce([9; 8]), ScriptLimits::GENESIS_POLICY).expect("a good key");
    let recipient = PubkeyHash(Ripemd160::digest(Sha256::digest(owner)).into());
    let proof = key.prove(&[packed(&contract.statement(recipient).to_bytes())], 232);
    let hints = contract.hints(&proof, recipient).expect("a valid proof");
    let script = Script::new(contract.locking_script(), &contract.fragments());
    let run = |locking: &LockingScript, type_byte, checker: &dyn SignatureChecker| {
        Machine::policy().run(&contract.unlocking_script(&hints, &signature(type_byte), &owner), locking, checker)
    };

    let whole = script.locking_script();
    assert_eq!(&whole, contract.locking_script());
    assert_refused_at(run(&whole, 0x41, &NoSignatures), None, &ScriptError::NullFail, "no signature of the owner's");
    assert_refused_at(run(&whole, 0x42, &OwnersNone), None, &ScriptError::EqualVerify, "outputs left open");

    let accept = |script: Script, type_byte, checker: &dyn SignatureChecker| {
        run(&script.locking_script(), type_byte, checker).unwrap_or_else(|failure| panic!("{failure}"));
    };
    accept(script.without_signature(), 0x41, &NoSignatures);
    accept(script.without_signature_type(), 0x42, &OwnersNone);
}
