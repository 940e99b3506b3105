//! Which proofs and inputs have hints, and why others have none.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use ark_groth16::Proof;
use ark_std::UniformRand;
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{HintError, Hints, PublicInput, SpendData};

use crate::common::{BINDING, InsecureKey, Spend, g2, spend, verifier};

#[test]
fn hints__points_at_infinity__are_refused() {
    let spend = spend();
    let with = |change: fn(&mut Proof<Bn254>)| {
        let mut proof = spend.proof.clone();
        change(&mut proof);
        spend.verifier.spend(&proof, &spend.values)
    };
    assert_eq!(with(|p| p.a = G1Affine::zero()), Err(HintError::Identity { field: "A" }));
    assert_eq!(with(|p| p.b = G2Affine::zero()), Err(HintError::Identity { field: "B" }));
    assert_eq!(with(|p| p.c = G1Affine::zero()), Err(HintError::Identity { field: "C" }));
}

#[test]
fn hints__points_off_the_curve__are_refused() {
    let spend = spend();
    let with = |change: fn(&mut Proof<Bn254>)| {
        let mut proof = spend.proof.clone();
        change(&mut proof);
        spend.verifier.spend(&proof, &spend.values)
    };
    assert_eq!(with(|p| p.a.y += Fq::ONE), Err(HintError::NotInGroup { field: "A" }));
    assert_eq!(with(|p| p.b.y += Fq2::ONE), Err(HintError::NotInGroup { field: "B" }));
    assert_eq!(with(|p| p.c.x += Fq::ONE), Err(HintError::NotInGroup { field: "C" }));
}

#[test]
fn hints__proof_that_does_not_verify__has_none() {
    let spend = spend();
    let with = |change: fn(&mut Proof<Bn254>)| {
        let mut proof = spend.proof.clone();
        change(&mut proof);
        spend.verifier.spend(&proof, &spend.values)
    };
    assert_eq!(with(|p| p.a = -p.a), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| p.b = -p.b), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| p.c = -p.c), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| std::mem::swap(&mut p.a, &mut p.c)), Err(HintError::ProofInvalid));
    let values = [spend.values[0] + Fr::ONE];
    assert_eq!(spend.verifier.spend(&spend.proof, &values), Err(HintError::ProofInvalid));
}

#[test]
fn spend__another_number_of_inputs__is_refused() {
    let spend = spend();
    for found in [0, 2] {
        let error = HintError::InputCount { found, expected: 1 };
        assert_eq!(spend.verifier.spend(&spend.proof, &vec![spend.values[0]; found]), Err(error.clone()));
        assert_eq!(spend.verifier.encode(&vec![spend.values[0]; found]), Err(error));
    }
}

#[test]
fn spend__another_value_than_the_fixed__is_refused() {
    let spend = Spend::new(46, &[PublicInput::Bits(9), PublicInput::Fixed(Fr::from(5u8))], 47);
    spend.run(&spend.hints).expect("a valid spend");
    let values = [spend.values[0], Fr::from(6u8)];
    let error = HintError::InputFixed { index: 1 };
    assert_eq!(spend.verifier.spend(&spend.key.prove(&values, 48), &values), Err(error));
}

#[test]
fn spend__value_of_more_bits_than_the_input_has__is_refused() {
    let power = |bits: u32| Fr::from(2u8).pow([u64::from(bits)]);
    for bits in [1, 7, 8, 9, 13, 64, 65, 160, 232, 253] {
        let key = InsecureKey::new(49, 2);
        let verifier = verifier(&key, &[PublicInput::Full, PublicInput::Bits(bits)]);
        let too_large = |found| Err(HintError::InputTooLarge { index: 1, bits: found, limit: bits });
        assert_eq!(verifier.encode(&[Fr::ONE, power(bits)]), too_large(bits + 1));
        assert_eq!(verifier.encode(&[Fr::ONE, -Fr::ONE]), too_large(254));
        verifier.encode(&[-Fr::ONE, power(bits) - Fr::ONE]).expect("the largest that fits, and any element in full");
    }
}

/// So the circuit of a contract whose bytes are the digits takes its bits in the same order as before there were other
/// inputs.
#[test]
fn encode__224_bits__are_the_bindings_bytes() {
    let verifier = verifier(&InsecureKey::new(50, 1), &[BINDING]);
    for k in 0..224u64 {
        let [bytes] = &verifier.encode(&[Fr::from(2u8).pow([k])]).expect("it fits")[..] else { panic!("one input") };
        let set: Vec<usize> = (0..8 * bytes.len()).filter(|at| bytes[at / 8] >> (at % 8) & 1 == 1).collect();
        let [at] = set[..] else { panic!("one bit of weight 2^{k}, not {set:?}") };
        assert_eq!(statement::bit_weight(statement::BINDING_LEN, at / 8, at % 8) as u64, k);
    }
}

#[test]
fn complete__unchanged_blobs__gives_the_same_quotient() {
    let spend = spend();
    let stripped = Hints { quotient: vec![], ..spend.hints.clone() };
    assert_eq!(spend.complete(&stripped), Ok(spend.hints.clone()));
}

#[test]
fn complete__blobs_of_other_lengths__are_named() {
    let spend = spend();
    let with = |change: fn(&mut Hints)| {
        let mut hints = spend.hints.clone();
        change(&mut hints);
        spend.complete(&hints)
    };
    let error = |blob, found: usize, expected: usize| Err(HintError::BlobLength { blob, found, expected });
    let (slopes, representatives) = (spend.hints.slopes.len(), spend.hints.representatives.len());
    assert_eq!(with(|h| h.proof.truncate(255)), error("proof", 255, 256));
    assert_eq!(with(|h| h.slopes.clear()), error("slopes", 0, slopes));
    assert_eq!(with(|h| h.representatives.push(0)), error("representatives", representatives + 1, representatives));
    let with_inputs = |inputs: Vec<Vec<u8>>| {
        spend.verifier.complete(SpendData { hints: spend.hints.clone(), inputs }).map(|spend| spend.hints)
    };
    assert_eq!(with_inputs(vec![vec![0; 28]]), error("public input", 28, 29));
    assert_eq!(with_inputs(vec![vec![]]), error("public input", 0, 29));
    for found in [0, 2] {
        let error = HintError::InputCount { found, expected: 1 };
        assert_eq!(with_inputs(vec![spend.inputs[0].clone(); found]), Err(error));
    }
}

/// The proofs that anybody can make of a valid one: the verifier takes them all, since the equation holds.
fn rerandomised(key: &InsecureKey, proof: &Proof<Bn254>, rng: &mut StdRng) -> Vec<Proof<Bn254>> {
    let s = Fr::rand(rng);
    let inverse = s.inverse().expect("not zero");
    // e(A, B + s delta) = e(A, B) e(s A, delta)
    let b = (proof.b + g2(key.trapdoor.delta * s)).into_affine();
    let c = (proof.a * s + proof.c).into_affine();
    vec![
        Proof { a: -proof.a, b: -proof.b, c: proof.c },
        Proof { a: (proof.a * s).into_affine(), b: (proof.b * inverse).into_affine(), c: proof.c },
        Proof { a: proof.a, b, c },
    ]
}

#[test]
fn verifier__rerandomised_proofs__are_accepted() {
    let spend = spend();
    for (k, proof) in rerandomised(&spend.key, &spend.proof, &mut StdRng::seed_from_u64(43)).iter().enumerate() {
        let found = spend.verifier.spend(proof, &spend.values).expect("a valid proof");
        assert_ne!(found.hints, spend.hints);
        spend.run_data(&found).unwrap_or_else(|failure| panic!("{k}: {failure}"));
    }
}
