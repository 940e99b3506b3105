//! What binds a digit contract's spend to its transaction: the signature's type byte, the key and the signature.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::sync::LazyLock;

use chain_types::ScriptLimits;
use common::{InsecureKey, assert_refused_at, packed};
use ripemd::{Digest, Ripemd160};
use script_gen::{DigitContract, Hints};
use script_vm::{
    Failure, FragmentMap, Machine, Metrics, NoSignatures, ScriptError, SignatureChecker, SignatureVerdict,
};
use sha2::Sha256;
use statement::{Class, Nonce, PubkeyHash};

/// Takes any well-formed signature, so that what is refused is refused by the script itself.
struct AllSignatures;

impl SignatureChecker for AllSignatures {
    fn check(&self, _signature: &[u8], _public_key: &[u8], _script_code: &[u8]) -> SignatureVerdict {
        SignatureVerdict::Valid
    }
}

/// Bytes in the form of a compressed public key.
const PUBLIC_KEY: [u8; 33] = [2; 33];

/// R = S = 1 in DER, and the type byte.
fn signature(type_byte: u8) -> Vec<u8> {
    vec![0x30, 6, 2, 1, 1, 2, 1, 1, type_byte]
}

struct Paid {
    contract: DigitContract,
    hints: Hints,
}

/// A contract with a valid proof for [`PUBLIC_KEY`].
static PAID: LazyLock<Paid> = LazyLock::new(|| {
    let key = InsecureKey::new(7, 1);
    let class = Class::new(7).expect("below ten");
    let contract = DigitContract::new(&key.vk, class, Nonce([5; 8]), ScriptLimits::GENESIS_POLICY);
    let contract = contract.expect("a good key");
    let recipient = PubkeyHash(Ripemd160::digest(Sha256::digest(PUBLIC_KEY)).into());
    let proof = key.prove(&[packed(&contract.statement(recipient).to_bytes())], 8);
    let hints = contract.hints(&proof, recipient).expect("a valid proof");
    Paid { contract, hints }
});

fn run(signature: &[u8], public_key: &[u8], checker: &impl SignatureChecker) -> Result<Metrics, Box<Failure>> {
    let Paid { contract, hints } = &*PAID;
    let mut fragments = FragmentMap::default();
    for (range, path) in contract.fragments() {
        fragments.add(range, path);
    }
    let unlocking = contract.unlocking_script(hints, signature, public_key);
    Machine::policy().with_fragments(fragments).run(&unlocking, contract.locking_script(), checker)
}

#[test]
fn signature__all_with_forkid__is_accepted() {
    run(&signature(0x41), &PUBLIC_KEY, &AllSignatures).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn signature__other_type_bytes__are_refused() {
    // NONE, SINGLE, ANYONECANPAY and their mixtures; without FORKID; with undefined bits.
    for type_byte in [0x42, 0x43, 0xc1, 0xc2, 0xc3, 0x01, 0x81, 0x00, 0x40, 0x61, 0xff] {
        let refused = run(&signature(type_byte), &PUBLIC_KEY, &AllSignatures);
        assert_refused_at(refused, Some("binding"), &ScriptError::EqualVerify, &format!("type {type_byte:#04x}"));
    }
}

#[test]
fn signature__empty__is_refused() {
    let failure = run(&[], &PUBLIC_KEY, &AllSignatures).expect_err("an empty signature has no type byte");
    assert_eq!(failure.fragment.as_deref(), Some("binding"), "{failure}");
    assert!(matches!(failure.reason, ScriptError::SplitOutOfRange { .. }), "{failure}");
    // The type byte alone passes the script's check, and is no signature.
    assert_refused_at(
        run(&[0x41], &PUBLIC_KEY, &AllSignatures),
        Some("binding"),
        &ScriptError::SignatureDer,
        "a type byte alone",
    );
}

#[test]
fn signature__that_does_not_fit__is_refused() {
    let refused = run(&signature(0x41), &PUBLIC_KEY, &NoSignatures);
    assert_refused_at(refused, Some("binding"), &ScriptError::NullFail, "not the key's signature");
}

#[test]
fn public_key__another__is_not_the_statements() {
    // Its signature fits, so that only the proof, which names another recipient, refuses.
    let refused = run(&signature(0x41), &[3; 33], &AllSignatures);
    assert_refused_at(refused, None, &ScriptError::EvalFalse, "another key");
}
