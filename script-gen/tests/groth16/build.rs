//! From keys to scripts: the same bytes from the same key, and which keys are refused.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use ark_groth16::VerifyingKey;
use chain_types::{Instruction, Opcode, ScriptLimits};
use script_gen::{BuildError, Groth16Verifier, KeyError};

use crate::common::{InsecureKey, Spend, packed, verifier};

fn build(vk: &VerifyingKey<Bn254>, input_len: usize) -> Result<Groth16Verifier, BuildError> {
    Groth16Verifier::new(vk, input_len, ScriptLimits::GENESIS_POLICY)
}

#[test]
fn locking_script__same_key__is_the_same_bytes() {
    for len in [0, 29] {
        let key = InsecureKey::new(51, usize::from(len > 0));
        assert_eq!(verifier(&key, len).locking_script(), verifier(&key, len).locking_script());
        let spend = Spend::new(51, len, 52);
        assert_eq!(spend.verifier.locking_script(), verifier(&key, len).locking_script(), "spending changes nothing");
        assert_eq!(spend.verifier.hints(&spend.proof, &spend.input), Ok(spend.hints), "hints are a function too");
    }
}

#[test]
fn locking_script__another_key_or_length__is_other_bytes() {
    let (one, other) = (InsecureKey::new(53, 1), InsecureKey::new(54, 1));
    assert_ne!(verifier(&one, 29).locking_script(), verifier(&other, 29).locking_script());
    assert_ne!(verifier(&one, 29).locking_script(), verifier(&one, 28).locking_script());
}

#[test]
fn locking_script__every_push__is_minimal() {
    let script = verifier(&InsecureKey::new(55, 1), 29).locking_script().clone();
    for read in script.instructions() {
        let (offset, instruction) = read.expect("whole pushes");
        assert!(!matches!(instruction, Instruction::Push { minimal: false, .. }), "byte {offset}");
    }
}

/// Every instruction runs once, so counting them in order tells what lies on the alternative stack.
#[test]
fn locking_script__alternative_stack__is_empty_at_the_end() {
    for len in [0, 1, 20, 29, 31] {
        let script = verifier(&InsecureKey::new(55, usize::from(len > 0)), len).locking_script().clone();
        let (mut depth, mut peak) = (0usize, 0);
        for read in script.instructions() {
            match read.expect("whole pushes").1 {
                Instruction::Op(Opcode::OP_TOALTSTACK) => depth += 1,
                Instruction::Op(Opcode::OP_FROMALTSTACK) => {
                    depth = depth.checked_sub(1).expect("nothing is taken that was not put there");
                }
                _ => {}
            }
            peak = peak.max(depth);
        }
        assert_eq!((depth, peak), (0, 2), "input of {len} bytes: the representatives and the sum of odd relations");
    }
}

#[test]
fn fragments__in_order__cover_every_byte() {
    let verifier = verifier(&InsecureKey::new(56, 1), 29);
    let mut end = 0;
    for (range, path) in verifier.fragments() {
        assert_eq!(range.start, end, "{path}");
        assert!(!range.is_empty(), "{path}");
        end = range.end;
    }
    assert_eq!(end, verifier.locking_script().len());
}

#[test]
fn key__identity_points__are_refused() {
    let refuse = |field: &'static str, change: fn(&mut VerifyingKey<Bn254>)| {
        let mut vk = InsecureKey::new(57, 1).vk;
        change(&mut vk);
        assert_eq!(build(&vk, 29).err(), Some(BuildError::Key(KeyError::Identity { field })));
    };
    refuse("alpha_g1", |vk| vk.alpha_g1 = G1Affine::zero());
    refuse("beta_g2", |vk| vk.beta_g2 = G2Affine::zero());
    refuse("gamma_g2", |vk| vk.gamma_g2 = G2Affine::zero());
    refuse("delta_g2", |vk| vk.delta_g2 = G2Affine::zero());
    // An input that does not enter the equation would bind nothing.
    refuse("gamma_abc_g1", |vk| vk.gamma_abc_g1[1] = G1Affine::zero());
}

#[test]
fn key__points_off_the_curve__are_refused() {
    let refuse = |field: &'static str, change: fn(&mut VerifyingKey<Bn254>)| {
        let mut vk = InsecureKey::new(58, 1).vk;
        change(&mut vk);
        assert_eq!(build(&vk, 29).err(), Some(BuildError::Key(KeyError::NotInGroup { field })));
    };
    refuse("alpha_g1", |vk| vk.alpha_g1.y += Fq::ONE);
    refuse("beta_g2", |vk| vk.beta_g2.y += Fq2::ONE);
    refuse("gamma_g2", |vk| vk.gamma_g2.x += Fq2::ONE);
    refuse("delta_g2", |vk| vk.delta_g2.y += Fq2::ONE);
    refuse("gamma_abc_g1", |vk| vk.gamma_abc_g1[0].y += Fq::ONE);
    refuse("gamma_abc_g1", |vk| vk.gamma_abc_g1[1].x += Fq::ONE);
}

#[test]
fn key__points_of_the_twist_outside_the_group__are_refused() {
    let outside = crate::forged_points::outside_the_subgroup(59);
    for field in ["beta_g2", "gamma_g2", "delta_g2"] {
        let mut vk = InsecureKey::new(59, 1).vk;
        match field {
            "beta_g2" => vk.beta_g2 = outside,
            "gamma_g2" => vk.gamma_g2 = outside,
            _ => vk.delta_g2 = outside,
        }
        assert_eq!(build(&vk, 29).err(), Some(BuildError::Key(KeyError::NotInGroup { field })));
    }
}

#[test]
fn key__another_number_of_inputs__is_refused() {
    for (n_inputs, input_len, expected) in [(0, 29, 1), (2, 29, 1), (1, 0, 0), (3, 0, 0)] {
        let vk = InsecureKey::new(60, n_inputs).vk;
        let error = KeyError::PublicInputCount { found: n_inputs, expected };
        assert_eq!(build(&vk, input_len).err(), Some(BuildError::Key(error)));
    }
}

#[test]
fn key__without_a_constant__is_refused() {
    for (n_inputs, input_len) in [(0, 0), (1, 29)] {
        let mut vk = InsecureKey::new(60, n_inputs).vk;
        build(&vk, input_len).expect("whole, it is a good key");
        vk.gamma_abc_g1.clear();
        assert_eq!(build(&vk, input_len).err(), Some(BuildError::Key(KeyError::NoConstant)));
    }
}

/// Under such a key anybody can forge: `forgeries/keys.rs` writes the forgeries down.
#[test]
fn key__two_equal_points_of_g2__is_refused() {
    let good = InsecureKey::new(62, 1).vk;
    build(&good, 29).expect("whole, it is a good key");
    for sign in [1, -1] {
        let signed = |point: ark_bn254::G2Affine| if sign > 0 { point } else { -point };
        let with = |change: &dyn Fn(&mut ark_groth16::VerifyingKey<ark_bn254::Bn254>)| {
            let mut vk = good.clone();
            change(&mut vk);
            build(&vk, 29).err()
        };
        let refused = |fields| Some(BuildError::Key(KeyError::EqualPoints { fields }));
        assert_eq!(with(&|vk| vk.gamma_g2 = signed(vk.beta_g2)), refused("beta_g2 and gamma_g2"));
        assert_eq!(with(&|vk| vk.delta_g2 = signed(vk.beta_g2)), refused("beta_g2 and delta_g2"));
        assert_eq!(with(&|vk| vk.delta_g2 = signed(vk.gamma_g2)), refused("gamma_g2 and delta_g2"));
    }
}

#[test]
fn input_len__over_31_bytes__is_refused() {
    let vk = InsecureKey::new(61, 1).vk;
    for found in [32, 33, 1000] {
        assert_eq!(build(&vk, found).err(), Some(BuildError::InputLength { found }));
    }
}

/// x and x + r are the same scalar. Up to 31 bytes there is no way to write x + r: every packed input is below 2^248,
/// and r is not. So the length check is the range check.
#[test]
fn input_len__up_to_31_bytes__cannot_write_x_plus_r() {
    let largest = packed(&[0xff; 31]).into_bigint();
    assert_eq!(largest.num_bits(), 248);
    assert!(Fr::MODULUS.num_bits() > 248);
    // The packing permutes bits, so the largest input has all 248 of them.
    assert_eq!(largest.to_bits_le().iter().filter(|bit| **bit).count(), 248);
}

#[test]
fn limits__too_tight__are_named() {
    let vk = InsecureKey::new(62, 1).vk;
    let spend = Spend::new(62, 29, 63);
    let policy = ScriptLimits::GENESIS_POLICY;
    let widest = spend.run(&spend.hints).expect("a valid spend").widest_number;
    let limits = ScriptLimits { max_script_num_len: widest - 1, ..policy };
    let error = Groth16Verifier::new(&vk, 29, limits).expect_err("a number passes the limit");
    assert!(
        matches!(error, BuildError::NumberTooLong { len, limit, .. } if len > limit && limit == widest as u64 - 1),
        "{error}"
    );
    let len = spend.verifier.locking_script().len();
    let limits = ScriptLimits { max_script_len: len - 1, ..policy };
    let error = Groth16Verifier::new(&vk, 29, limits).expect_err("the script passes the limit");
    assert_eq!(error, BuildError::ScriptTooLong { role: "locking", len, limit: len - 1 });
    let limits = ScriptLimits { max_script_len: len, ..policy };
    Groth16Verifier::new(&vk, 29, limits).expect("the script meets the limit");
}
