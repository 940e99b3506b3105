//! From keys to scripts: the same bytes from the same key, and which keys are refused.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_groth16::VerifyingKey;
use chain_types::{Instruction, Opcode, ScriptLimits};
use num_bigint::BigUint;
use script_gen::{BuildError, Groth16Verifier, KeyError, MAX_INPUT_BITS, PublicInput, Target};

use crate::common::{InsecureKey, ONE_232, Spend, mixes, verifier};

fn build(vk: &VerifyingKey<Bn254>, inputs: &[PublicInput]) -> Result<Groth16Verifier, BuildError> {
    Groth16Verifier::new(vk, inputs, Target::GENESIS)
}

/// Why no verifier with one open input is made for this key.
fn refusal(vk: &VerifyingKey<Bn254>) -> Option<BuildError> {
    build(vk, &[ONE_232]).err()
}

#[test]
fn locking_script__same_key__is_the_same_bytes() {
    for inputs in [vec![], vec![ONE_232, PublicInput::Full]] {
        let key = InsecureKey::new(51, inputs.len());
        assert_eq!(verifier(&key, &inputs).locking_script(), verifier(&key, &inputs).locking_script());
        let spend = Spend::new(51, &inputs, 52);
        let again = verifier(&key, &inputs);
        assert_eq!(spend.verifier.locking_script(), again.locking_script(), "spending changes nothing");
        let data = spend.data(&spend.hints);
        assert_eq!(again.spend(&spend.proof, &spend.values), Ok(data), "hints are a function too");
    }
}

#[test]
fn locking_script__another_key_or_input__is_other_bytes() {
    let (one, other) = (InsecureKey::new(53, 1), InsecureKey::new(54, 1));
    let script = |key: &InsecureKey, input| verifier(key, &[input]).locking_script().clone();
    let fixed = |x: u64| PublicInput::Fixed(Fr::from(x));
    let scripts = [
        script(&one, ONE_232),
        script(&other, ONE_232),
        script(&one, PublicInput::Bits(231)),
        script(&one, PublicInput::Full),
        script(&one, fixed(1)),
        script(&one, fixed(2)),
    ];
    for (k, script) in scripts.iter().enumerate() {
        assert!(!scripts[..k].contains(script), "{k}");
    }
}

#[test]
fn locking_script__every_push__is_minimal() {
    let script = verifier(&InsecureKey::new(55, 1), &[ONE_232]).locking_script().clone();
    for read in script.instructions() {
        let (offset, instruction) = read.expect("whole pushes");
        assert!(!matches!(instruction, Instruction::Push { minimal: false, .. }), "byte {offset}");
    }
}

/// Every instruction runs once, so counting them in order tells what lies on the alternative stack.
#[test]
fn locking_script__alternative_stack__is_empty_at_the_end() {
    for (name, inputs) in mixes() {
        let script = verifier(&InsecureKey::new(55, inputs.len()), &inputs).locking_script().clone();
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
        assert_eq!(depth, 0, "{name}");
        assert!(matches!(peak, 2 | 3), "{name}: representatives in one or two pieces, and the sum of odd relations");
    }
}

#[test]
fn fragments__in_order__cover_every_byte() {
    let verifier = verifier(&InsecureKey::new(56, 2), &[ONE_232, PublicInput::Full]);
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
        assert_eq!(refusal(&vk), Some(BuildError::Key(KeyError::Identity { field })));
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
        assert_eq!(refusal(&vk), Some(BuildError::Key(KeyError::NotInGroup { field })));
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
        assert_eq!(refusal(&vk), Some(BuildError::Key(KeyError::NotInGroup { field })));
    }
}

#[test]
fn key__another_number_of_inputs__is_refused() {
    for (found, expected) in [(0, 1), (2, 1), (1, 0), (3, 0), (3, 4)] {
        let vk = InsecureKey::new(60, found).vk;
        let error = KeyError::PublicInputCount { found, expected };
        assert_eq!(build(&vk, &vec![PublicInput::Bits(8); expected]).err(), Some(BuildError::Key(error)));
    }
}

#[test]
fn key__without_a_constant__is_refused() {
    for inputs in [vec![], vec![ONE_232]] {
        let mut vk = InsecureKey::new(60, inputs.len()).vk;
        build(&vk, &inputs).expect("whole, it is a good key");
        vk.gamma_abc_g1.clear();
        assert_eq!(build(&vk, &inputs).err(), Some(BuildError::Key(KeyError::NoConstant)));
    }
}

/// `alpha beta + l gamma = 0`, l of the fixed inputs and the halves of the open ones: then the constant K is one, whose
/// class has no representative.
#[test]
fn key__with_a_constant_of_one__is_refused() {
    let good = InsecureKey::new(63, 2).trapdoor;
    let fixed = Fr::from(77u8);
    for (open, halves) in
        [(PublicInput::Fixed(Fr::ZERO), Fr::ZERO), (PublicInput::Bits(8), Fr::from(255u8) / Fr::from(2u8))]
    {
        let inputs = [PublicInput::Fixed(fixed), open];
        let mut trapdoor = good.clone();
        let rest = fixed * trapdoor.gamma_abc[1] + halves * trapdoor.gamma_abc[2];
        trapdoor.gamma_abc[0] = -trapdoor.alpha * trapdoor.beta / trapdoor.gamma - rest;
        let key = InsecureKey::of(trapdoor.clone());
        assert_eq!(build(&key.vk, &inputs).err(), Some(BuildError::Key(KeyError::TrivialConstant)), "{open:?}");
        // The same key serves with another fixed value.
        build(&key.vk, &[PublicInput::Fixed(fixed + Fr::ONE), open]).expect("a good constant");
        trapdoor.gamma_abc[0] += Fr::ONE;
        build(&InsecureKey::of(trapdoor).vk, &inputs).expect("another key");
    }
}

/// Under such a key anybody can forge: `forgeries/keys.rs` writes the forgeries down.
#[test]
fn key__two_equal_points_of_g2__is_refused() {
    let good = InsecureKey::new(62, 1).vk;
    build(&good, &[ONE_232]).expect("whole, it is a good key");
    for sign in [1, -1] {
        let signed = |point: ark_bn254::G2Affine| if sign > 0 { point } else { -point };
        let with = |change: &dyn Fn(&mut ark_groth16::VerifyingKey<ark_bn254::Bn254>)| {
            let mut vk = good.clone();
            change(&mut vk);
            refusal(&vk)
        };
        let refused = |fields| Some(BuildError::Key(KeyError::EqualPoints { fields }));
        assert_eq!(with(&|vk| vk.gamma_g2 = signed(vk.beta_g2)), refused("beta_g2 and gamma_g2"));
        assert_eq!(with(&|vk| vk.delta_g2 = signed(vk.beta_g2)), refused("beta_g2 and delta_g2"));
        assert_eq!(with(&|vk| vk.delta_g2 = signed(vk.gamma_g2)), refused("gamma_g2 and delta_g2"));
    }
}

#[test]
fn input__of_no_bits_or_more_than_253__is_refused() {
    let vk = InsecureKey::new(61, 2).vk;
    for found in [0, 254, 255, 256, u32::MAX] {
        let error = BuildError::InputBits { index: 1, found };
        assert_eq!(build(&vk, &[PublicInput::Bits(8), PublicInput::Bits(found)]).err(), Some(error));
    }
    for bits in [1, MAX_INPUT_BITS] {
        build(&vk, &[PublicInput::Bits(8), PublicInput::Bits(bits)]).expect("a number of bits that fits");
    }
}

/// x and x + r are the same scalar. Up to 253 bits there is no way to write x + r: r has 254. So the bound that the
/// encoding sets is the range check.
#[test]
fn input__of_253_bits__cannot_write_x_plus_r() {
    let bound = BigUint::from(1u8) << MAX_INPUT_BITS;
    let r = BigUint::from(Fr::MODULUS);
    assert!(bound <= r);
    assert!(bound * 2u8 > r, "of 254 bits some could");
}

#[test]
fn limits__too_tight__are_named() {
    let inputs = [ONE_232, PublicInput::Full];
    let spend = Spend::new(62, &inputs, 63);
    let build = |limits| Groth16Verifier::new(&spend.key.vk, &inputs, Target { limits, ..Target::GENESIS });
    let policy = ScriptLimits::GENESIS_POLICY;
    let widest = spend.run(&spend.hints).expect("a valid spend").widest_number;
    // Packed hints are evaluated in more pieces then; slopes can not be.
    let narrower = build(ScriptLimits { max_script_num_len: widest - 1, ..policy }).expect("more pieces");
    assert!(narrower.cost().widest_number < widest as u64);
    let error = build(ScriptLimits { max_script_num_len: 5000, ..policy }).expect_err("slopes are longer");
    assert!(matches!(error, BuildError::NumberTooLong { len, limit: 5000, .. } if len > 5000), "{error}");
    let len = spend.verifier.locking_script().len();
    let error = build(ScriptLimits { max_script_len: len - 1, ..policy }).expect_err("the script passes the limit");
    assert_eq!(error, BuildError::ScriptTooLong { role: "locking", len, limit: len - 1 });
    build(ScriptLimits { max_script_len: len, ..policy }).expect("the script meets the limit");
}
