//! The residue witness against arkworks' Miller loop, and the forgery that two readings of its digits would allow.

use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fq12};
use ark_ec::pairing::Pairing;
use ark_ff::{Field, PrimeField, Zero};
use ark_groth16::{Proof, VerifyingKey};
use chain_types::{Instruction, LockingScript, script_num};
use num_bigint::{BigInt, BigUint};
use rand::{RngCore, SeedableRng, rngs::StdRng};

use crate::common::{Spend, assert_refused, g1, g2, readings::Check, run_on, written_proof};

/// The class of `a(v) + w`: an element of Fq2 is `c0 + c1 i` with `i = v^3 - 9`.
fn element(a: [Fq; 6]) -> Fq12 {
    let fq2 = |low: Fq, high: Fq| Fq2::new(low + high * Fq::from(9), high);
    Fq12::new(Fq6::new(fq2(a[0], a[3]), fq2(a[1], a[4]), fq2(a[2], a[5])), Fq6::ONE)
}

/// The six coefficients of the representative `a(v) + w` of the class of `f`.
fn representative(f: Fq12) -> [Fq; 6] {
    let a = f.c0 * f.c1.inverse().expect("not the identity's class");
    let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
    [low(a.c0), low(a.c1), low(a.c2), a.c0.c1, a.c1.c1, a.c2.c1]
}

fn conjugate(mut f: Fq12) -> Fq12 {
    f.conjugate_in_place();
    f
}

/// `first^(6u+2) second^(q - q^2 + q^3)`: what the script multiplies in, if it saw `first` in the loop and `second` at
/// the Frobenius points.
fn lambda_power(first: Fq12, second: Fq12) -> Fq12 {
    let frobenius = |k| second.frobenius_map(k);
    let loop_count = 6 * 4_965_661_367_192_848_881u128 + 2;
    let digits = [loop_count as u64, (loop_count >> 64) as u64];
    first.pow(digits) * frobenius(1) * conjugate(frobenius(2)) * frobenius(3)
}

fn is_residue(f: Fq12) -> bool {
    let (q, r): (BigUint, BigUint) = (Fq::MODULUS.into(), ark_bn254::Fr::MODULUS.into());
    f.pow(((q.pow(6) + 1u8) / r).to_u64_digits()).c1.is_zero()
}

/// f(A, B) f(-C, delta), by arkworks.
fn miller(vk: &VerifyingKey<Bn254>, proof: &Proof<Bn254>) -> Fq12 {
    Bn254::multi_miller_loop([proof.a, -proof.c], [proof.b, vk.delta_g2]).0
}

/// e(alpha, beta)^-1 e(IC_0, gamma)^-1, by arkworks.
fn constant(vk: &VerifyingKey<Bn254>) -> Fq12 {
    Bn254::multi_miller_loop([-vk.alpha_g1, -vk.gamma_abc_g1[0]], [vk.beta_g2, vk.gamma_g2]).0
}

fn unsigned(bytes: &[u8]) -> Fq {
    Fq::from_le_bytes_mod_order(bytes)
}

fn signed(bytes: &[u8]) -> Fq {
    let mut magnitude = bytes.to_vec();
    magnitude[31] &= 0x7f;
    if bytes[31] & 0x80 == 0 { unsigned(&magnitude) } else { -unsigned(&magnitude) }
}

fn digits(blob: &[u8], read: fn(&[u8]) -> Fq) -> Fq12 {
    element(std::array::from_fn(|k| read(&blob[32 * k..][..32])))
}

/// The script with the six coefficients of K exchanged; K is the only place where they stand.
fn with_constant(script: &LockingScript, from: [Fq; 6], to: [Fq; 6]) -> LockingScript {
    let encode = |x: Fq| script_num::encode(&BigInt::from(BigUint::from(x)));
    let mut out = Vec::new();
    let mut found = 0;
    for read in script.instructions() {
        match read.expect("whole pushes").1 {
            Instruction::Push { data, .. } => {
                let data = match from.iter().position(|x| encode(*x) == data) {
                    Some(k) => {
                        found += 1;
                        encode(to[k])
                    }
                    None => data,
                };
                out.extend(chain_types::encode_push(&data));
            }
            Instruction::Op(opcode) => out.push(opcode.0),
        }
    }
    assert_eq!(found, 6, "each coefficient of K is pushed once");
    LockingScript::from_bytes(out)
}

#[test]
fn residue_witness__of_a_valid_proof__closes_the_equation() {
    let spend = Spend::new(91, &[], 92);
    let vk = &spend.key.vk;
    let blob = &spend.hints.representatives[spend.hints.representatives.len() - 192..];
    let d = digits(blob, signed);
    let f = miller(vk, &written_proof(&spend.hints)) * constant(vk);
    assert!((f * lambda_power(d, d)).c1.is_zero());
    assert!(is_residue(f));
    // Another witness does not close it.
    let mut other = blob.to_vec();
    other[0] ^= 1;
    let d = digits(&other, signed);
    assert!(!(f * lambda_power(d, d)).c1.is_zero());
}

#[test]
fn constant__of_another_key__refuses_a_valid_spend() {
    let spend = Spend::new(91, &[], 92);
    let k = representative(constant(&spend.key.vk));
    let same = with_constant(spend.verifier.locking_script(), k, k);
    assert_eq!(&same, spend.verifier.locking_script());
    let mut other = k;
    other[3] += Fq::ONE;
    let locking = with_constant(spend.verifier.locking_script(), k, other);
    let unlocking = spend.data(&spend.hints).unlocking_script();
    assert_refused(run_on(&spend.verifier, &locking, &unlocking), Check::Identity, "another K");
}

/// If d were read unsigned in the loop and signed at the Frobenius points, a digit of 2^255 or more would stand for
/// two residues, d for two classes d_1 and d_2, and `F K d_1^(6u+2) d_2^(q - q^2 + q^3)` could lie in Fq6 although
/// F K is no r-th residue, that is, although the proof is false. Such a false equation is made here, with the K for
/// which a script of two readings would take it; a script of one reading must not.
#[test]
fn residue_witness__digits_with_two_readings__do_not_forge() {
    let rng = &mut StdRng::seed_from_u64(93);
    let spend = Spend::new(91, &[], 92);
    let vk = &spend.key.vk;
    let mut blob = [0; 192];
    rng.fill_bytes(&mut blob);
    blob.iter_mut().skip(31).step_by(32).for_each(|top| *top |= 0x80);
    let (first, second) = (digits(&blob, unsigned), digits(&blob, signed));
    assert_ne!(first, second);

    let proof = Proof { a: g1(5.into()), b: g2(7.into()), c: g1(11.into()) };
    let f = miller(vk, &proof);
    let k = representative(conjugate(f * lambda_power(first, second)));
    assert!((f * element(k) * lambda_power(first, second)).c1.is_zero(), "two readings would close the equation");
    assert!(!is_residue(f * element(k)), "the equation is false");
    for one in [first, second] {
        assert!(!(f * element(k) * lambda_power(one, one)).c1.is_zero(), "one reading does not close it");
    }

    let locking = with_constant(spend.verifier.locking_script(), representative(constant(vk)), k);
    let mut hints = spend.hints.clone();
    let at = hints.representatives.len() - blob.len();
    hints.representatives[at..].copy_from_slice(&blob);
    let unlocking = spend.data(&hints).unlocking_script();
    assert_refused(run_on(&spend.verifier, &locking, &unlocking), Check::Identity, "digits with two readings");
}
