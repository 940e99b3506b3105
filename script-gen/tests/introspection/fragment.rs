//! The signature trick by itself: its constants, which digests it can sign, and that no other preimage passes.

use bitcoin::{Sequence, Transaction, absolute};
use chain_types::{Profile, UnlockingScript};
use ledger::TxSignatureChecker;
use num_bigint::BigUint;
use script_gen::introspection::{self, PUBLIC_KEY, SIGNATURE_HEAD, is_signable};
use script_vm::{Failure, Metrics, ScriptError};
use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey, ecdsa};

use crate::{
    common::machine,
    scene::{Scene, VALUE, assert_refused, input, output, payout, people, preimage, sighash},
};

/// The code after the trick's OP_CODESEPARATOR, where nothing follows it.
const CODE: [u8; 1] = [0xac];

/// The order of secp256k1's group.
fn order() -> BigUint {
    BigUint::from_bytes_be(&secp256k1::constants::CURVE_ORDER)
}

fn secret(n: &BigUint) -> SecretKey {
    let bytes = n.to_bytes_be();
    let mut padded = [0; 32];
    padded[32 - bytes.len()..].copy_from_slice(&bytes);
    SecretKey::from_slice(&padded).expect("below the order")
}

fn inverse(n: &BigUint) -> BigUint {
    n.modpow(&(order() - 2u8), &order())
}

/// The nonce, 1/2.
fn half() -> BigUint {
    inverse(&BigUint::from(2u8))
}

/// x of `G / 2`.
fn r() -> BigUint {
    BigUint::from_bytes_be(&PublicKey::from_secret_key(SECP256K1, &secret(&half())).serialize()[1..])
}

/// The secret of the fixed key, `-2^255 / r`.
fn d() -> BigUint {
    let minus = order() - (BigUint::from(1u8) << 255);
    minus * inverse(&r()) % order()
}

#[test]
fn constants__key_and_head__are_what_the_mathematics_says() {
    let key = PublicKey::from_secret_key(SECP256K1, &secret(&d()));
    assert_eq!(key.serialize(), PUBLIC_KEY);
    let r = r().to_bytes_be();
    assert_eq!(r.len(), 21);
    assert!(r[0] < 0x80, "positive in DER as it is");
    let head = [&[0x30, 2 + 21 + 2 + 32, 2, 21], &r[..], &[2, 32]].concat();
    assert_eq!(head, SIGNATURE_HEAD);
    // G / 2 twice is G.
    let twice = PublicKey::from_secret_key(SECP256K1, &secret(&half()))
        .mul_tweak(SECP256K1, &Scalar::from_be_bytes(core::array::from_fn(|k| if k == 31 { 2 } else { 0 })).expect("2"))
        .expect("not infinity");
    assert_eq!(twice, PublicKey::from_secret_key(SECP256K1, &secret(&BigUint::from(1u8))));
}

/// What the script makes of a digest, with the type byte left off.
fn signature_of(digest: &[u8; 32]) -> Vec<u8> {
    let doubled = BigUint::from_bytes_be(digest) << 1u8;
    let low = doubled.to_bytes_be();
    let mut s = [0; 32];
    let n = low.len().min(32);
    s[32 - n..].copy_from_slice(&low[low.len() - n..]);
    [&SIGNATURE_HEAD[..], &s].concat()
}

#[test]
fn signable__digest__is_one_whose_signature_is_good_and_as_der_and_the_node_want_it() {
    let key = PublicKey::from_slice(&PUBLIC_KEY).expect("a key");
    let is_good = |digest: &[u8; 32]| {
        let Ok(signature) = ecdsa::Signature::from_der(&signature_of(digest)) else { return false };
        let mut low = signature;
        low.normalize_s();
        // One spelling, S in the lower half, and the key's.
        signature.serialize_der()[..] == signature_of(digest)[..]
            && low == signature
            && SECP256K1.verify_ecdsa(&Message::from_digest(*digest), &signature, &key).is_ok()
    };
    let at = |start: &[u8], fill: u8| -> [u8; 32] { core::array::from_fn(|k| start.get(k).copied().unwrap_or(fill)) };
    for (start, expected) in [
        (&[0x80, 0x40][..], true),
        (&[0x80, 0x7f], true),
        (&[0x80, 0xff], true),
        (&[0x80, 0x3f], false),
        (&[0x80, 0x00], false),
        (&[0x81, 0x00], true),
        (&[0xbf, 0xff], true),
        (&[0xc0, 0x00], false),
        (&[0xff, 0x00], false),
        (&[0x7f, 0xff], false),
        (&[0x00, 0x00], false),
        (&[0x40, 0x00], false),
    ] {
        let digest = at(start, 0x11);
        assert_eq!(is_signable(&digest), expected, "{start:x?}");
        assert_eq!(is_good(&digest), expected, "{start:x?}");
    }
    // S just up to half the order, which is even, and just above.
    let half_order = order() >> 1u8;
    for (above, expected) in [(0u8, true), (2, false)] {
        let z: BigUint = ((half_order.clone() + above) >> 1u8) + (BigUint::from(1u8) << 255);
        let digest: [u8; 32] = z.to_bytes_be().try_into().expect("32 bytes");
        assert_eq!((is_signable(&digest), is_good(&digest)), (expected, expected), "{digest:x?}");
    }
}

fn transaction(profile: Profile) -> Transaction {
    let scene_version = match profile {
        Profile::Genesis => bitcoin::transaction::Version::ONE,
        _ => bitcoin::transaction::Version::TWO,
    };
    let outputs = vec![output(&payout(600, &people().prover)), output(&payout(700, &people().funder))];
    let lock_time = absolute::LockTime::ZERO;
    Transaction { version: scene_version, lock_time, input: vec![input(1), input(2)], output: outputs }
}

/// Runs the trick on this preimage, as input 1 of the transaction.
fn run(profile: Profile, by_type: u8, transaction: &Transaction, preimage: &[u8]) -> Result<Metrics, Box<Failure>> {
    let mut unlocking = UnlockingScript::default();
    unlocking.push_slice(preimage);
    let checker = TxSignatureChecker::new(transaction, 1, VALUE).expect("an input");
    machine(profile).run(&unlocking, &introspection::script(by_type), &checker)
}

const TYPES: [(Profile, &[u8]); 2] = [
    (Profile::Genesis, &[0x41, 0x42, 0x43, 0xc1, 0xc2, 0xc3]),
    (Profile::Chronicle, &[0x41, 0x42, 0x43, 0xc1, 0xc2, 0xc3, 0x61, 0x62, 0x63, 0xe1, 0xe2, 0xe3]),
];

#[test]
fn trick__own_preimage__passes_exactly_if_its_digest_is_signable() {
    let mut n_short = 0;
    for (profile, types) in TYPES {
        for by_type in types {
            let mut transaction = transaction(profile);
            let mut n_signable = 0;
            for lock_time in 0..400 {
                transaction.lock_time = absolute::LockTime::from_consensus(lock_time);
                let digest = sighash(&transaction, 1, &CODE, *by_type);
                let verdict = run(profile, *by_type, &transaction, &preimage(&transaction, 1, &CODE, *by_type));
                assert_eq!(verdict.is_ok(), is_signable(&digest), "{profile} {by_type:#x} {digest:x?}");
                n_signable += usize::from(verdict.is_ok());
                n_short += usize::from(digest[0] == 0x80);
            }
            // A quarter, less one in 256 of them.
            assert!((60..140).contains(&n_signable), "{n_signable}");
        }
    }
    assert!(n_short > 0, "digests at the edge of what DER writes in 32 bytes are among them");
}

/// The first of the transactions by lock time whose digest is of this kind.
fn with_digest(by_type: u8, is_of_kind: impl Fn(&[u8; 32]) -> bool) -> Transaction {
    let mut transaction = transaction(Profile::Genesis);
    while !is_of_kind(&sighash(&transaction, 1, &CODE, by_type)) {
        let next = transaction.lock_time.to_consensus_u32() + 1;
        transaction.lock_time = absolute::LockTime::from_consensus(next);
    }
    transaction
}

#[test]
fn trick__digest_at_each_edge__is_refused_by_name_beyond_it() {
    let refused = |is_of_kind: &dyn Fn(&[u8; 32]) -> bool, reason: ScriptError, label: &str| {
        let transaction = with_digest(0x41, is_of_kind);
        let verdict = run(Profile::Genesis, 0x41, &transaction, &preimage(&transaction, 1, &CODE, 0x41));
        assert_refused(verdict, (None, reason), label);
    };
    refused(&|z| z[0] == 0x80 && z[1] < 0x40, ScriptError::SignatureDer, "S of 31 bytes, in 32");
    refused(&|z| z[0] >= 0xc0, ScriptError::SignatureDer, "S negative in DER");
    refused(&|z| z[0] >= 0x40 && z[0] < 0x80, ScriptError::SignatureDer, "S negative, and the top bit not set");
    refused(&|z| z[0] > 0 && z[0] < 0x40, ScriptError::NullFail, "the top bit not set");
    let edge = with_digest(0x41, |z| z[0] == 0x80 && z[1] >= 0x40 && z[1] < 0x80);
    run(Profile::Genesis, 0x41, &edge, &preimage(&edge, 1, &CODE, 0x41)).expect("the lowest S of 32 bytes");
}

/// Every field of the preimage, changed in the transaction or in the preimage.
#[test]
fn trick__preimage_of_another_transaction__is_refused() {
    type Edit = (&'static str, fn(&mut Transaction));
    let edits: [Edit; 10] = [
        ("version", |t| t.version.0 += 1),
        ("own outpoint", |t| t.input[1].previous_output.vout = 9),
        ("another's outpoint", |t| t.input[0].previous_output.vout = 9),
        ("own sequence", |t| t.input[1].sequence = Sequence(5)),
        ("another's sequence", |t| t.input[0].sequence = Sequence(5)),
        ("an output's value", |t| t.output[0].value += bitcoin::Amount::ONE_SAT),
        ("an output's script", |t| t.output[1].script_pubkey = bitcoin::ScriptBuf::new()),
        ("fewer outputs", |t| drop(t.output.pop())),
        ("more inputs", |t| t.input.push(input(3))),
        ("lock time", |t| t.lock_time = absolute::LockTime::from_consensus(500_000)),
    ];
    for (profile, by_type) in [(Profile::Genesis, 0x41), (Profile::Chronicle, 0x41), (Profile::Chronicle, 0x61)] {
        let reason = match profile {
            Profile::Genesis => ScriptError::NullFail,
            _ => ScriptError::EvalFalse,
        };
        let mut own = transaction(profile);
        while !is_signable(&sighash(&own, 1, &CODE, by_type)) {
            own.lock_time = absolute::LockTime::from_consensus(own.lock_time.to_consensus_u32() + 1);
        }
        let honest = preimage(&own, 1, &CODE, by_type);
        run(profile, by_type, &own, &honest).expect("its own preimage");
        for (field, edit) in &edits {
            let mut other = own.clone();
            edit(&mut other);
            // The preimage is signable; it is not that of the transaction.
            let verdict = run(profile, by_type, &other, &honest);
            assert_refused(verdict, (None, reason.clone()), &format!("{profile} {by_type:#x}: {field}"));
        }
        // The value spent is in the digest of BIP143 alone, the code in both.
        let scene = Scene::payment(profile);
        assert_ne!(preimage(&own, 1, scene.contract.locking_script().as_bytes(), by_type), honest);
        for k in 0..honest.len() {
            let mut changed = honest.clone();
            changed[k] ^= 1;
            assert!(run(profile, by_type, &own, &changed).is_err(), "{profile} {by_type:#x}: byte {k}");
        }
        for changed in [&honest[1..], &honest[..honest.len() - 1], &[&honest[..], &[0]].concat(), &[]] {
            assert!(run(profile, by_type, &own, changed).is_err(), "{profile} {by_type:#x}: {} bytes", changed.len());
        }
    }
}

/// A preimage of one type is none of another: the type is the script's, and stands in the preimage too.
#[test]
fn trick__preimage_of_another_type__is_refused() {
    for own in [0x41u8, 0x42, 0xc3] {
        for other in [0x41u8, 0x42, 0x43, 0xc1, 0xc3] {
            let mut transaction = transaction(Profile::Genesis);
            while !is_signable(&sighash(&transaction, 1, &CODE, other)) {
                transaction.lock_time =
                    absolute::LockTime::from_consensus(transaction.lock_time.to_consensus_u32() + 1);
            }
            let verdict = run(Profile::Genesis, own, &transaction, &preimage(&transaction, 1, &CODE, other));
            if own == other {
                verdict.expect("its own type");
            } else {
                assert_refused(verdict, (None, ScriptError::NullFail), &format!("{own:#x} {other:#x}"));
            }
        }
    }
}

#[test]
fn trick__size__is_72_bytes() {
    for by_type in [0x41, 0x61] {
        assert_eq!(introspection::script(by_type).len(), 72);
    }
}
