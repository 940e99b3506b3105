//! The residue witness against arkworks' Miller loop, and the forgery that two readings of its digits would allow.

use std::collections::HashMap;

use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fq12};
use ark_ec::pairing::Pairing;
use ark_ff::{AdditiveGroup, Field, PrimeField, Zero};
use ark_groth16::{Proof, VerifyingKey};
use chain_types::{Instruction, LockingScript, Opcode, script_num};
use num_bigint::{BigInt, BigUint, Sign};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use script_gen::{Groth16Verifier, SpendData};
use script_vm::{Hook, Machine, NoSignatures, ScriptError, ScriptRole, View};
use sha2::{Digest, Sha256};

use crate::common::{Spend, assert_refused_at, g1, g2, written_proof};

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

/// The fragment in which the constant K is.
const RESIDUE: &str = "verifier/residue";

fn encode(x: Fq) -> Vec<u8> {
    script_num::encode(&BigInt::from(BigUint::from(x)))
}

/// The instructions of the locking script, each with whether it belongs to the fragment of K.
fn instructions(verifier: &Groth16Verifier) -> Vec<(Instruction, bool)> {
    let fragments = verifier.fragments();
    let script = verifier.locking_script();
    let read = script.instructions().map(|read| read.expect("whole pushes"));
    let in_residue = |at: usize| fragments.iter().any(|(range, path)| *path == RESIDUE && range.contains(&at));
    read.map(|(at, instruction)| (instruction, in_residue(at))).collect()
}

/// The four coefficients of K in the script, those of `v^0, v, v^3, v^4`: numbers of its fragment other than q. Their
/// order is the one that gives the pairing value that K must have.
fn script_constant(spend: &Spend) -> [Fq; 4] {
    let q = BigInt::from(BigUint::from(Fq::MODULUS));
    let number = |(instruction, in_residue): (Instruction, bool)| match instruction {
        Instruction::Push { data, .. } if in_residue && data.len() > 20 && script_num::decode(&data) != q => {
            Some(signed_integer(&script_num::decode(&data)))
        }
        _ => None,
    };
    let found: Vec<Fq> = instructions(&spend.verifier).into_iter().filter_map(number).collect();
    let expected = constant(&spend.key.vk);
    let orders = (0..256usize).map(|k| [k & 3, k >> 2 & 3, k >> 4 & 3, k >> 6]);
    let matches = |k: &[Fq; 4]| is_residue(element(six(*k)) * conjugate(expected));
    let candidates = orders.filter(|o| (1..4).all(|k| !o[..k].contains(&o[k]))).map(|order| order.map(|k| found[k]));
    assert_eq!(found.len(), 4, "each coefficient of K is pushed once");
    candidates.into_iter().find(matches).expect("some order has the pairing value")
}

fn signed_integer(n: &BigInt) -> Fq {
    let magnitude = Fq::from(n.magnitude().clone());
    if n.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// The coefficients of a constant in `v^0 .. v^5`.
const fn six([a0, a1, a3, a4]: [Fq; 4]) -> [Fq; 6] {
    [a0, a1, Fq::ZERO, a3, a4, Fq::ZERO]
}

/// The script with K exchanged for a constant of six coefficients. `v` is what the run has at that name: where the
/// coefficients of v and of v^4 are pushed, those of v^2 and v^5 times v are added, v being copied from where it lies.
fn with_constant(spend: &Spend, to: [Fq; 6]) -> LockingScript {
    let from = script_constant(spend);
    let data = spend.data(&spend.hints);
    let mut finder = ValueFinder::new(&data);
    let run = Machine::policy().run_with_hook(
        &data.unlocking_script(),
        spend.verifier.locking_script(),
        &NoSignatures,
        &mut finder,
    );
    run.expect("a valid spend");
    let mut out = Vec::new();
    for (at, (instruction, in_residue)) in instructions(&spend.verifier).into_iter().enumerate() {
        let (data, opcode) = match instruction {
            Instruction::Push { data, .. } => (data, None),
            Instruction::Op(opcode) => (Vec::new(), Some(opcode)),
        };
        let place = from.iter().position(|x| in_residue && opcode.is_none() && encode(*x) == data);
        match (place, opcode) {
            (Some(place), _) => {
                let power = [0, 1, 3, 4][place];
                out.extend(chain_types::encode_push(&encode(to[power])));
                if [1, 4].contains(&power) {
                    let depth = finder.depth_of_v[&at] + 1;
                    out.extend(chain_types::encode_push(&encode(to[power + 1])));
                    out.extend(chain_types::encode_push(&script_num::encode(&BigInt::from(depth))));
                    out.extend([Opcode::OP_PICK.0, Opcode::OP_MUL.0, Opcode::OP_ADD.0]);
                }
            }
            (None, Some(opcode)) => out.push(opcode.0),
            (None, None) => out.extend(chain_types::encode_push(&data)),
        }
    }
    LockingScript::from_bytes(out)
}

/// Finds how deep v lies below each element that is on top after an instruction.
struct ValueFinder {
    v: BigInt,
    depth_of_v: HashMap<usize, usize>,
}

impl ValueFinder {
    fn new(spend: &SpendData) -> Self {
        let SpendData { hints, inputs } = spend;
        let rho = Sha256::digest([&hints.proof[..], &hints.slopes, &hints.representatives, &inputs.concat()].concat());
        let z = BigUint::from_bytes_le(&Sha256::digest([&rho[..], &hints.quotient].concat()));
        let q: BigUint = Fq::MODULUS.into();
        Self { v: BigInt::from(&z * &z % q), depth_of_v: HashMap::new() }
    }
}

impl Hook for ValueFinder {
    fn after(&mut self, view: &View<'_>) {
        let depth = view.stack().iter().rev().position(|element| *element.number() == self.v);
        if let (ScriptRole::Locking, Some(depth)) = (view.role, depth) {
            self.depth_of_v.insert(view.index, depth);
        }
    }
}

#[test]
fn residue_witness__of_a_valid_proof__closes_the_equation() {
    let spend = Spend::new(91, &[], 92);
    let vk = &spend.key.vk;
    let blob = &spend.hints.representatives[spend.hints.representatives.len() - 192..];
    let d = digits(blob, signed);
    let f = miller(vk, &written_proof(&spend.hints));
    assert!(is_residue(f * constant(vk)));
    let f = f * element(six(script_constant(&spend)));
    assert!((f * lambda_power(d, d)).c1.is_zero());
    // Another witness does not close it.
    let mut other = blob.to_vec();
    other[0] ^= 1;
    let d = digits(&other, signed);
    assert!(!(f * lambda_power(d, d)).c1.is_zero());
}

#[test]
fn constant__of_another_key__refuses_a_valid_spend() {
    let spend = Spend::new(91, &[], 92);
    let unlocking = spend.data(&spend.hints).unlocking_script();
    let k = six(script_constant(&spend));
    // The script that can hold any six coefficients takes what ours takes.
    let same = with_constant(&spend, k);
    Machine::policy().run(&unlocking, &same, &NoSignatures).expect("the same constant");
    for coefficient in 0..6 {
        let mut other = k;
        other[coefficient] += Fq::ONE;
        let run = Machine::policy().run(&unlocking, &with_constant(&spend, other), &NoSignatures);
        assert_refused_at(run, None, &ScriptError::EvalFalse, &format!("another coefficient {coefficient} of K"));
    }
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

    let locking = with_constant(&spend, k);
    let mut hints = spend.hints.clone();
    let at = hints.representatives.len() - blob.len();
    hints.representatives[at..].copy_from_slice(&blob);
    let run = Machine::policy().run(&spend.data(&hints).unlocking_script(), &locking, &NoSignatures);
    assert_refused_at(run, None, &ScriptError::EvalFalse, "digits with two readings");
}
