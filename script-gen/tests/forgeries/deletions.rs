//! Checks taken out of the script one at a time, each with a false statement that is then accepted.

use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fq12};
use ark_ec::pairing::Pairing;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_groth16::{Groth16, Proof, VerifyingKey, prepare_verifying_key};
use num_bigint::BigUint;
use script_gen::Hints;
use std::sync::LazyLock;

use crate::{
    black_box::{Script, with_input},
    common::{InsecureKey, Spend, assert_refused, proof_number, readings::Check, run_on, verifier, written_proof},
};

/// A valid spend, and hints of a proof that is valid under a key with another alpha and false under this one.
struct Forger {
    spend: Spend,
    script: Script,
    false_hints: Hints,
    /// The other key's K, as a class, over this key's.
    ratio: Fq12,
}

static FORGER: LazyLock<Forger> = LazyLock::new(|| {
    let spend = Spend::new(211, 0, 212);
    // The two keys' scripts differ in K alone. Half of all ratios are squares of classes.
    let others = (1u64..).map(|k| {
        let mut trapdoor = spend.key.trapdoor.clone();
        trapdoor.alpha += ark_bn254::Fr::from(k);
        InsecureKey::of(trapdoor)
    });
    let with_ratio = others.map(|key| (constant(&key.vk) * conjugate(constant(&spend.key.vk)), key));
    let (ratio, other) = with_ratio.into_iter().find(|(ratio, _)| root(*ratio, 1).is_some()).expect("half of them");
    let false_hints = verifier(&other, 0).hints(&other.prove(&[], 213), &[]).expect("valid under the other key");
    let script = Script::of(&spend.verifier);
    Forger { spend, script, false_hints, ratio }
});

pub(crate) fn constant(vk: &VerifyingKey<Bn254>) -> Fq12 {
    Bn254::multi_miller_loop([-vk.alpha_g1, -vk.gamma_abc_g1[0]], [vk.beta_g2, vk.gamma_g2]).0
}

pub(crate) fn conjugate(mut f: Fq12) -> Fq12 {
    f.conjugate_in_place();
    f
}

/// A class whose `2^k`-th power is this one's, if there is one.
fn root(class: Fq12, k: u32) -> Option<Fq12> {
    // The group of classes has order q^6 + 1, twice an odd number.
    let q: BigUint = Fq::MODULUS.into();
    let odd = (q.pow(6) + 1u8) / 2u8;
    let inverse = BigUint::from(2u8).pow(k).modinv(&odd).expect("odd");
    let root = class.pow(inverse.to_u64_digits());
    let back = root.pow([1 << k.min(63)]);
    let back = (63..k).fold(back, |f, _| f.square());
    (back * conjugate(class)).c1.eq(&Fq6::ZERO).then_some(root)
}

/// Coefficients of `a(v) + w`, by `i = v^3 - 9`.
pub(crate) fn element(bytes: &[u8]) -> Fq12 {
    let a: Vec<Fq> = bytes.chunks(32).map(Fq::from_le_bytes_mod_order).collect();
    let fq2 = |low: Fq, high: Fq| Fq2::new(low + high * Fq::from(9), high);
    Fq12::new(Fq6::new(fq2(a[0], a[3]), fq2(a[1], a[4]), fq2(a[2], a[5])), Fq6::ONE)
}

pub(crate) fn bytes(f: Fq12) -> Vec<u8> {
    let a = f.c0 * f.c1.inverse().expect("not the identity's class");
    let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
    let coefficients = [low(a.c0), low(a.c1), low(a.c2), a.c0.c1, a.c1.c1, a.c2.c1];
    coefficients.iter().flat_map(|c| c.into_bigint().to_bytes_le()).collect()
}

fn is_valid(vk: &VerifyingKey<Bn254>, proof: &Proof<Bn254>) -> bool {
    Groth16::<Bn254>::verify_proof(&prepare_verifying_key(vk), proof, &[]).expect("no inputs")
}

/// The forged hints are false, refused by the whole script, and accepted by what is left of it.
#[track_caller]
fn assert_forges(left: &Script, hints: &Hints, check: Check, label: &str) {
    let Forger { spend, .. } = &*FORGER;
    assert!(!is_valid(&spend.key.vk, &written_proof(hints)), "{label}: the statement is false");
    let hints = left.complete(hints, &[]).unwrap_or_else(|| panic!("{label}: no quotient for what is left"));
    assert_accepts(left, &hints, label);
    assert_refused(spend.run(&hints), check, label);
}

#[track_caller]
fn assert_accepts(left: &Script, hints: &Hints, label: &str) {
    let verifier = &FORGER.spend.verifier;
    let run = run_on(verifier, &left.locking_script(), &verifier.unlocking_script(hints, &[]));
    run.unwrap_or_else(|failure| panic!("{label}: {failure}"));
}

#[test]
fn final_relation__left_out__lets_any_proof_pass() {
    let Forger { spend, script, false_hints, .. } = &*FORGER;
    let last = *script.additions(&spend.hints, &[]).odd.last().expect("relations");
    assert_forges(&script.without_relation(last), false_hints, Check::Identity, "final relation");
    assert!(script.complete(false_hints, &[]).is_none(), "no quotient for the whole script");
}

/// Behind a chunk whose relation is missing f can be anything: here what makes the end fit.
#[test]
fn chunk_relations__left_out__let_any_proof_pass() {
    let Forger { spend, script, false_hints, ratio } = &*FORGER;
    let mut additions = script.additions(&spend.hints, &[]).odd;
    additions.retain(|addition| script.fragment_of(*addition) == "verifier/miller_loop/chunk");
    let n_chunks = spend.hints.representatives.len() / 192 - 1;
    assert_eq!((additions.len(), n_chunks), (32, 32), "two steps each");
    for chunk in [0, 31] {
        let mut forged = false_hints.clone();
        let factor = root(*ratio, 2 * (n_chunks - 1 - chunk) as u32).expect("chosen to be a square");
        let mut factor = Some(factor);
        for later in chunk..n_chunks {
            let f = factor.expect("set below");
            // Representatives lie in reverse order of use.
            let at = 192 * (n_chunks - 1 - later);
            let value = element(&forged.representatives[at..][..192]) * f;
            forged.representatives[at..][..192].copy_from_slice(&bytes(value));
            factor = Some(f.square().square());
        }
        let left = script.without_relation(additions[chunk]);
        assert_forges(&left, &forged, Check::Identity, &format!("chunk {chunk}"));
    }
}

/// The script knows the signs of y_A and y_C by the scales alone.
#[test]
fn scale_checks__left_out__let_points_of_the_wrong_sign_pass() {
    let Forger { spend, script, .. } = &*FORGER;
    for (label, y, check) in [("A", 1, 1), ("C", 7, 3)] {
        let mut forged = spend.hints.clone();
        let negative = -proof_number(&forged, y);
        forged.proof[32 * y..][..32].copy_from_slice(&negative.into_bigint().to_bytes_le());
        assert_forges(&script.without_equality("verifier/g1_points", check), &forged, Check::G1, label);
    }
}

/// If z did not depend on Q, Q could be chosen to fit at z.
#[test]
fn quotient__left_out_of_z__lets_any_proof_pass() {
    let Forger { spend, script, false_hints, .. } = &*FORGER;
    // proof || slopes, || representatives, then rho || Q.
    let left = script.without_concatenation(2);
    let mut forged = Hints { quotient: vec![0; false_hints.quotient.len()], ..false_hints.clone() };
    // z is then the digest of rho, as sigma is.
    let z = left.drawn_point(&forged, &[]);
    let (v, v3) = (z.square(), z.square().square() * z.square());
    assert_eq!(v3, v * v * v);
    let modulus = v3.square() - v3 * Fq::from(18) + Fq::from(82);
    let total = left.difference_at(z, &with_input(&forged, &forged.quotient, &[]));
    let constant = total / (z * modulus);
    forged.quotient[..32].copy_from_slice(&constant.into_bigint().to_bytes_le());
    assert!(!is_valid(&spend.key.vk, &written_proof(&forged)));
    assert_accepts(&left, &forged, "z without Q");
    assert_refused(spend.run(&forged), Check::Identity, "z without Q");
}

/// If rho did not depend on the representatives, the last one could be chosen to fit at z: the total is linear in it.
#[test]
fn representatives__left_out_of_rho__let_any_proof_pass() {
    let Forger { spend, script, false_hints, .. } = &*FORGER;
    let left = script.without_concatenation(1);
    let z = left.drawn_point(false_hints, &[]);
    let with = |c: Fq| {
        let mut hints = false_hints.clone();
        hints.representatives[..32].copy_from_slice(&c.into_bigint().to_bytes_le());
        hints
    };
    let at = |hints: &Hints| left.difference_at(z, &with_input(hints, &hints.quotient, &[]));
    let (zero, one) = (at(&with(Fq::ZERO)), at(&with(Fq::ONE)));
    let forged = with(zero / (zero - one));
    assert!(!is_valid(&spend.key.vk, &written_proof(&forged)));
    assert_accepts(&left, &forged, "rho without representatives");
    assert_refused(spend.run(&forged), Check::Identity, "rho without representatives");
}
