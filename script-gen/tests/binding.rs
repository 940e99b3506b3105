//! What binds a contract's spend to its transaction: the signature's type byte, the key and the signature.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::sync::LazyLock;

use common::{
    assert_refused_at,
    contract::{AnySignature, PUBLIC_KEY, Paid, signature},
    fragment_map,
};
use script_gen::Target;
use script_vm::{Failure, Machine, Metrics, NoSignatures, ScriptError, SignatureChecker};

/// A contract with a valid proof for [`PUBLIC_KEY`].
static PAID: LazyLock<Paid> = LazyLock::new(|| Paid::under(Target::GENESIS));

fn run(signature: &[u8], public_key: &[u8; 33], checker: &impl SignatureChecker) -> Result<Metrics, Box<Failure>> {
    let contract = &PAID.contract;
    let unlocking = PAID.claim(signature, *public_key);
    Machine::policy().with_fragments(fragment_map(&contract.fragments())).run(
        &unlocking,
        contract.locking_script(),
        checker,
    )
}

#[test]
fn signature__all_with_forkid__is_accepted() {
    run(&signature(0x41), &PUBLIC_KEY, &AnySignature).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn signature__other_type_bytes__are_refused() {
    // NONE, SINGLE, ANYONECANPAY and their mixtures; without FORKID; with undefined bits.
    for type_byte in [0x42, 0x43, 0xc1, 0xc2, 0xc3, 0x01, 0x81, 0x00, 0x40, 0x61, 0xff] {
        let refused = run(&signature(type_byte), &PUBLIC_KEY, &AnySignature);
        assert_refused_at(refused, Some("binding"), &ScriptError::EqualVerify, &format!("type {type_byte:#04x}"));
    }
}

#[test]
fn signature__empty__is_refused() {
    let failure = run(&[], &PUBLIC_KEY, &AnySignature).expect_err("an empty signature has no type byte");
    assert_eq!(failure.fragment.as_deref(), Some("binding"), "{failure}");
    assert!(matches!(failure.reason, ScriptError::SplitOutOfRange { .. }), "{failure}");
    // The type byte alone passes the script's check, and is no signature.
    assert_refused_at(
        run(&[0x41], &PUBLIC_KEY, &AnySignature),
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
fn public_key__another__is_not_the_bindings() {
    // Its signature fits, so that only the proof, which names another recipient, refuses.
    let refused = run(&signature(0x41), &[3; 33], &AnySignature);
    assert_refused_at(refused, None, &ScriptError::EvalFalse, "another key");
}
