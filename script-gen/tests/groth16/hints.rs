//! Which proofs have hints: exactly those that arkworks accepts.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field};
use ark_groth16::{Groth16, Proof, prepare_verifying_key};
use ark_std::UniformRand;
use rand::{Rng, SeedableRng, rngs::StdRng};
use script_gen::{HintError, Hints};

use crate::common::{InsecureKey, g1, g2, input_bytes, packed, run_on, spend, verifier};

#[test]
fn hints__points_at_infinity__are_refused() {
    let spend = spend();
    let with = |change: fn(&mut Proof<Bn254>)| {
        let mut proof = spend.proof.clone();
        change(&mut proof);
        spend.verifier.hints(&proof, &spend.input)
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
        spend.verifier.hints(&proof, &spend.input)
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
        spend.verifier.hints(&proof, &spend.input)
    };
    assert_eq!(with(|p| p.a = -p.a), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| p.b = -p.b), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| p.c = -p.c), Err(HintError::ProofInvalid));
    assert_eq!(with(|p| std::mem::swap(&mut p.a, &mut p.c)), Err(HintError::ProofInvalid));
    let mut input = spend.input.clone();
    input[28] ^= 1;
    assert_eq!(spend.verifier.hints(&spend.proof, &input), Err(HintError::ProofInvalid));
}

#[test]
fn hints__input_of_another_length__is_refused() {
    let spend = spend();
    for found in [0, 28, 30] {
        let error = HintError::InputLength { found, expected: 29 };
        assert_eq!(spend.verifier.hints(&spend.proof, &vec![0; found]), Err(error));
    }
}

#[test]
fn complete__unchanged_blobs__gives_the_same_quotient() {
    let spend = spend();
    let stripped = Hints { quotient: vec![], ..spend.hints.clone() };
    assert_eq!(spend.verifier.complete(stripped, &spend.input), Ok(spend.hints.clone()));
}

#[test]
fn complete__blobs_of_other_lengths__are_named() {
    let spend = spend();
    let with = |change: fn(&mut Hints)| {
        let mut hints = spend.hints.clone();
        change(&mut hints);
        spend.verifier.complete(hints, &spend.input)
    };
    let error = |blob, found: usize, expected: usize| Err(HintError::BlobLength { blob, found, expected });
    let (slopes, representatives) = (spend.hints.slopes.len(), spend.hints.representatives.len());
    assert_eq!(with(|h| h.proof.truncate(319)), error("proof", 319, 320));
    assert_eq!(with(|h| h.slopes.clear()), error("slopes", 0, slopes));
    assert_eq!(with(|h| h.representatives.push(0)), error("representatives", representatives + 1, representatives));
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
        let hints = spend.verifier.hints(proof, &spend.input).expect("a valid proof");
        assert_ne!(hints, spend.hints);
        spend.run(&hints).unwrap_or_else(|failure| panic!("{k}: {failure}"));
    }
}

/// A proof near a valid one, and what was done to it.
fn spoilt(proof: &Proof<Bn254>, rng: &mut StdRng) -> Proof<Bn254> {
    let shifted = |point: G1Affine, by: Fr| (G1Projective::from(point) + g1(by)).into_affine();
    let Proof { a, b, c } = proof.clone();
    match rng.gen_range(0..6) {
        0 => Proof { a: -a, b, c },
        1 => Proof { a, b, c: -c },
        2 => Proof { a: c, b, c: a },
        3 => Proof { a: shifted(a, Fr::rand(rng)), b, c },
        4 => Proof { a, b: (b + g2(Fr::rand(rng))).into_affine(), c },
        _ => Proof { a, b, c: shifted(c, Fr::ONE) },
    }
}

#[test]
fn verifier__random_valid_and_invalid_proofs__agrees_with_arkworks() {
    let rng = &mut StdRng::seed_from_u64(44);
    let key = InsecureKey::new(45, 1);
    let (verifier, prepared) = (verifier(&key, 29), prepare_verifying_key(&key.vk));
    let mut n_valid = 0;
    for case in 0..40 {
        let input = input_bytes(29, 100 + case);
        let honest = key.prove(&[packed(&input)], case);
        let proof = match case % 4 {
            0 => honest,
            1 => rerandomised(&key, &honest, rng).swap_remove(case as usize / 4 % 3),
            2 => spoilt(&honest, rng),
            // A valid proof, for another input.
            _ => key.prove(&[packed(&input).double()], case),
        };
        let valid = Groth16::<Bn254>::verify_proof(&prepared, &proof, &[packed(&input)]).expect("one input");
        match verifier.hints(&proof, &input) {
            Ok(hints) => {
                assert!(valid, "case {case}: hints for an invalid proof");
                let unlocking = verifier.unlocking_script(&hints, &input);
                run_on(&verifier, verifier.locking_script(), &unlocking)
                    .unwrap_or_else(|failure| panic!("case {case}: {failure}"));
                n_valid += 1;
            }
            Err(error) => {
                assert!(!valid, "case {case}: no hints for a valid proof");
                assert_eq!(error, HintError::ProofInvalid, "case {case}");
            }
        }
    }
    assert_eq!(n_valid, 20);
}
