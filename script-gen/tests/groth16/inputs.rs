//! Public inputs given at spending: which bytes the script takes, and what it makes of them.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand};
use chain_types::Profile;
use num_bigint::BigUint;
use rand::{Rng, SeedableRng, rngs::StdRng};
use script_gen::{BuildError, Groth16Verifier, HintError, PublicInput, SpendData, Target};
use script_vm::{ScriptError, StackState};

use crate::common::{InsecureKey, ONE_232, Spend, assert_refused, assert_refused_at, machine, mixes, readings::Check};

/// The fragment in which the bytes of public inputs are checked.
const INPUTS: &str = "verifier/public_inputs";

fn power_of_two(k: u64) -> Fr {
    Fr::from(2u8).pow([k])
}

/// The spend's inputs with one bit of one of them turned.
fn flipped(spend: &Spend, input: usize, bit: usize) -> Vec<Vec<u8>> {
    let mut inputs = spend.inputs.clone();
    inputs[input][bit / 8] ^= 1 << (bit % 8);
    inputs
}

/// For each open input, the bits of its bytes that some value sets.
fn allowed_bits(spend: &Spend, kinds: &[PublicInput]) -> Vec<Vec<u8>> {
    let mut allowed: Vec<Vec<u8>> = spend.inputs.iter().map(|bytes| vec![0; bytes.len()]).collect();
    let mut open = 0;
    for (at, kind) in kinds.iter().enumerate() {
        let bits = match kind {
            PublicInput::Fixed(_) => continue,
            PublicInput::Bits(bits) => *bits,
            PublicInput::Full => 254,
        };
        for k in 0..u64::from(bits) {
            let mut values = spend.values.clone();
            values[at] = power_of_two(k);
            let bytes = &spend.verifier.encode(&values).expect("it fits")[open];
            allowed[open].iter_mut().zip(bytes).for_each(|(all, byte)| *all |= byte);
        }
        open += 1;
    }
    allowed
}

#[test]
fn input__each_bit__is_seen() {
    for (seed, (name, kinds)) in (110..).zip(mixes()) {
        let spend = Spend::new(seed, &kinds, seed);
        let allowed = allowed_bits(&spend, &kinds);
        for (input, allowed) in allowed.iter().enumerate() {
            // All bits of short inputs, and one of each byte of long ones.
            let n_bits = 8 * allowed.len();
            let step = if n_bits > 24 { 9 } else { 1 };
            for bit in (0..n_bits).step_by(step).filter(|bit| allowed[bit / 8] >> (bit % 8) & 1 == 1) {
                let label = format!("{name}, input {input}, bit {bit}");
                let inputs = flipped(&spend, input, bit);
                let run = spend.run_inputs(&inputs);
                if allowed.len() == 32 {
                    // The top bits of a number can make it pass r.
                    assert!(run.is_err(), "{label}");
                } else {
                    assert_refused(run, Check::Identity, &label);
                }
                if bit % 4 == 0 {
                    let completed = spend.verifier.complete(SpendData { hints: spend.hints.clone(), inputs });
                    assert_eq!(completed.err(), Some(HintError::ProofInvalid), "{label}");
                }
            }
        }
    }
}

/// Bits that no value below `2^bits` sets cannot be set: not alone in the last byte's top place either, where a signed
/// reading would see a negative zero.
#[test]
fn input__bits_that_no_value_sets__are_refused() {
    let (mut n_forbidden, mut n_negative_zeros) = (0, 0);
    let all_bits = [3u32, 9, 13, 63, 65, 95, 97, 100, 118, 160, 191, 193, 231, 250, 253];
    for (bits, profile) in all_bits.into_iter().zip(Profile::ALL.into_iter().cycle()) {
        let kinds = [PublicInput::Bits(bits)];
        // Of value 0, so that a bit set stands alone.
        let spend = Spend::of_values(profile, InsecureKey::new(121, 1), &kinds, vec![Fr::ZERO], 122);
        let [allowed] = &allowed_bits(&spend, &kinds)[..] else { panic!("one input") };
        assert_eq!(allowed.iter().map(|byte| byte.count_ones()).sum::<u32>(), bits);
        let n_bits = 8 * allowed.len();
        for bit in (0..n_bits).filter(|bit| allowed[bit / 8] >> (bit % 8) & 1 == 0) {
            let label = format!("{bits} bits, bit {bit}");
            let run = spend.run_inputs(&flipped(&spend, 0, bit));
            assert_refused_at(run, Some(INPUTS), &ScriptError::NumEqualVerify, &label);
            n_forbidden += 1;
            n_negative_zeros += usize::from(bit == n_bits - 1);
        }
    }
    assert!(n_forbidden > 100 && n_negative_zeros > 2, "{n_forbidden}, {n_negative_zeros}");
}

/// x and x + k r are the same scalar, and their digits fit.
#[test]
fn input__of_full_range_at_r_and_above__is_refused() {
    let kinds = [PublicInput::Bits(8), PublicInput::Full];
    let r = BigUint::from(Fr::MODULUS);
    let values = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(5u8).pow([1000])];
    for (x, profile) in values.into_iter().flat_map(|x| Profile::ALL.map(|profile| (x, profile))) {
        let spend = Spend::of_values(profile, InsecureKey::new(123, 2), &kinds, vec![Fr::from(77u8), x], 124);
        spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{x}: {failure}"));
        let with_number = |bytes: Vec<u8>| spend.run_inputs(&[spend.inputs[0].clone(), bytes]);
        for k in 1u8..=5 {
            let mut bytes = (BigUint::from(x.into_bigint()) + &r * k).to_bytes_le();
            if bytes.len() > 32 {
                continue;
            }
            bytes.resize(32, 0);
            assert_refused_at(with_number(bytes), Some(INPUTS), &ScriptError::Verify, &format!("{x} + {k} r"));
        }
        assert_refused_at(with_number(vec![0xff; 32]), Some(INPUTS), &ScriptError::Verify, "all ones");
    }
}

#[test]
fn input__bytes_of_another_number__are_refused() {
    let kinds = [PublicInput::Full, ONE_232, PublicInput::Full, ONE_232, PublicInput::Bits(8)];
    let spend = Spend::new(125, &kinds, 126);
    let refused_at_lengths = |inputs: &[Vec<u8>], label: &str| {
        assert_refused_at(spend.run_inputs(inputs), Some(INPUTS), &ScriptError::NumEqualVerify, label);
    };
    for k in 0..kinds.len() {
        for change in [
            |b: &mut Vec<u8>| {
                b.pop();
            },
            |b: &mut Vec<u8>| b.push(0),
            |b: &mut Vec<u8>| b.insert(0, 0),
            Vec::clear,
        ] {
            let mut inputs = spend.inputs.clone();
            change(&mut inputs[k]);
            refused_at_lengths(&inputs, &format!("input {k} of {} bytes", inputs[k].len()));
        }
    }
    // The same bytes in all, cut elsewhere: the digest of the transcript would be the same.
    for k in 0..kinds.len() - 1 {
        for shift in [-1, 1] {
            let joined = [&spend.inputs[k][..], &spend.inputs[k + 1]].concat();
            let cut = spend.inputs[k].len().checked_add_signed(shift).expect("an input is not empty");
            let mut inputs = spend.inputs.clone();
            inputs[k] = joined[..cut].to_vec();
            inputs[k + 1] = joined[cut..].to_vec();
            refused_at_lengths(&inputs, &format!("inputs {k} and {} cut elsewhere", k + 1));
        }
    }
    let mut exchanged = spend.inputs.clone();
    exchanged.swap(0, 1);
    refused_at_lengths(&exchanged, "inputs of two lengths exchanged");
    for (one, other) in [(0, 2), (1, 3)] {
        let mut exchanged = spend.inputs.clone();
        exchanged.swap(one, other);
        assert_refused(spend.run_inputs(&exchanged), Check::Identity, &format!("inputs {one} and {other} exchanged"));
    }
    let mut missing = spend.inputs.clone();
    missing.pop();
    let failure = spend.run_inputs(&missing).expect_err("an input is missing");
    assert_eq!(failure.fragment.as_deref(), Some(INPUTS), "{failure}");
}

/// Digit i of a number is made of its bits `63 - i + 64 k`, k from 3 for the lowest bit of the digit down.
fn digits_of(number: &[u8]) -> Vec<u8> {
    let bit = |at: usize| number[at / 8] >> (at % 8) & 1;
    let digit = |i: usize| (0..4).map(|j| bit(63 - i + 64 * (3 - j)) << j).sum::<u8>();
    (0..32).map(|byte| digit(2 * byte) << 4 | digit(2 * byte + 1)).collect()
}

#[test]
fn digits__of_full_inputs__are_found_by_the_script() {
    Profile::ALL.into_iter().for_each(assert_digits_are_found);
}

fn assert_digits_are_found(profile: Profile) {
    let spend = Spend::under(profile, 127, &[PublicInput::Full], 128);
    let last = spend.verifier.fragments().into_iter().rfind(|(_, path)| *path == INPUTS);
    let until = last.expect("an input is checked").0.end;
    let script = &spend.verifier.locking_script().as_bytes()[..until];
    let rng = &mut StdRng::seed_from_u64(129);
    let edges = (0..254).flat_map(|k| [power_of_two(k), power_of_two(k) - Fr::ONE, -power_of_two(k)]);
    let values: Vec<Fr> = [Fr::ZERO].into_iter().chain(edges).chain((0..200).map(|_| Fr::rand(rng))).collect();
    for value in values {
        let number = value.into_bigint().to_bytes_le();
        let hints = &spend.hints;
        let blobs = [&hints.quotient, &hints.representatives, &hints.slopes, &hints.proof, &number];
        let before = StackState { stack: blobs.map(Clone::clone).to_vec(), alt_stack: Vec::new() };
        let run = machine(profile).run_fragment(&before, script);
        let (after, _) = run.unwrap_or_else(|failure| panic!("{value}: {failure}"));
        assert!(after.stack.contains(&digits_of(&number)), "{value}");
    }
}

#[test]
fn inputs__forty_small_ones__are_accepted() {
    let rng = &mut StdRng::seed_from_u64(130);
    let kinds: Vec<PublicInput> = (0..40).map(|_| PublicInput::Bits(rng.gen_range(1..16))).collect();
    let spend = Spend::new(131, &kinds, 132);
    spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{failure}"));
    for input in [0, 17, 39] {
        assert!(spend.run_inputs(&flipped(&spend, input, 7)).is_err(), "input {input}");
    }
    let mut values = spend.values.clone();
    values[39] += Fr::ONE;
    assert_eq!(spend.verifier.spend(&spend.proof, &values).err(), Some(HintError::ProofInvalid));
}

#[test]
fn inputs__many__are_accepted() {
    for (kind, n) in [(PublicInput::Full, 16), (PublicInput::Bits(8), 120)] {
        let spend = Spend::new(134, &vec![kind; n], 135);
        spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{n} of {kind:?}: {failure}"));
        assert!(spend.run_inputs(&flipped(&spend, n - 1, 7)).is_err(), "{n} of {kind:?}");
    }
}

#[test]
fn inputs__more_than_the_limits_allow__are_refused_by_name() {
    let key = InsecureKey::new(133, 130);
    let error = Groth16Verifier::new(&key.vk, &[PublicInput::Full; 130], Target::GENESIS).expect_err("too many");
    let BuildError::NumberTooLong { ref fragment, len, limit: 10_000 } = error else { panic!("{error}") };
    assert!(len > 10_000, "{error}");
    assert_eq!(error.to_string(), format!("{fragment}: a number may take {len} bytes, the limit is 10000"));
}
