//! The scales of A and C: `r_A^3 y_A = 1`, `r_C^3 y_C = -1`, and the re-randomisation that makes them exist.

use ark_bn254::{Bn254, Fq};
use ark_ff::{BigInteger, Field, PrimeField};
use ark_groth16::{Groth16, prepare_verifying_key};
use num_bigint::BigUint;
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{HintError, Hints};

use crate::common::{
    InsecureKey, STATEMENT, assert_refused, proof_number, readings::Check, run_on, spend, values, verifier,
    written_proof,
};

/// Places of the scales among the proof's numbers, and what `r^3 y` must be.
const SCALES: [(&str, usize, usize, i8); 2] = [("A", 8, 1, 1), ("C", 9, 7, -1)];

/// `x^((q - 1) / n)`: one exactly for n-th powers.
fn residue_symbol(x: Fq, n: u32) -> Fq {
    let q: BigUint = Fq::MODULUS.into();
    x.pow(((q - 1u32) / n).to_u64_digits())
}

/// An element of order n; n is 3 or 9.
fn root_of_unity(n: u32) -> Fq {
    let is_primitive = |x: &Fq| x.pow([u64::from(n) / 3]) != Fq::ONE;
    (2u64..).map(|x| residue_symbol(Fq::from(x), n)).find(is_primitive).expect("two thirds of all x give one")
}

fn with_number(hints: &Hints, k: usize, value: Fq) -> Hints {
    let mut changed = hints.clone();
    changed.proof[32 * k..][..32].copy_from_slice(&value.into_bigint().to_bytes_le());
    changed
}

#[test]
fn scales__of_a_valid_proof__are_cube_roots() {
    let spend = spend();
    for (label, scale, y, unit) in SCALES {
        let (r, y) = (proof_number(&spend.hints, scale), proof_number(&spend.hints, y));
        assert_eq!(r.pow([3]) * y, Fq::from(unit), "{label}");
    }
}

/// Every relation is homogeneous in s, and lines know r^3 alone: the three roots scale the same check.
#[test]
fn scales__each_cube_root__is_accepted() {
    let spend = spend();
    let omega = root_of_unity(3);
    assert!(omega != Fq::ONE && omega.pow([3]) == Fq::ONE);
    for (label, scale, ..) in SCALES {
        let r = proof_number(&spend.hints, scale);
        for other in [r * omega, r * omega.square()] {
            let changed = with_number(&spend.hints, scale, other);
            // The old quotient is one of other polynomials.
            assert_refused(spend.run(&changed), Check::Identity, label);
            let completed = spend.complete(&changed).expect("all relations hold");
            assert!(completed.quotient != spend.hints.quotient);
            spend.run(&completed).unwrap_or_else(|failure| panic!("{label}: {failure}"));
        }
    }
}

#[test]
fn scales__other_ninth_roots_and_signs__are_refused() {
    let spend = spend();
    let (ninth, half) = (root_of_unity(9), Fq::from(2).inverse().expect("not zero"));
    assert!(ninth.pow([9]) == Fq::ONE && ninth.pow([3]) != Fq::ONE);
    for (label, scale, ..) in SCALES {
        let r = proof_number(&spend.hints, scale);
        for factor in [ninth, ninth.square(), -Fq::ONE, half] {
            let changed = with_number(&spend.hints, scale, r * factor);
            assert_refused(spend.run(&changed), Check::G1, label);
            let completed = spend.complete(&changed);
            assert_eq!(completed.err(), Some(HintError::ProofInvalid), "{label}");
        }
    }
}

/// Packed slopes are multiplied by `s = z r`: were r read as the negative number -(q - r), then s and with it every slot
/// would be negative, and BIN2NUM would find the sign on the highest slot alone. Read unsigned it is another residue,
/// which is no cube root.
#[test]
fn scales__negative_form__is_refused() {
    let spend = spend();
    for (label, scale, ..) in SCALES {
        let minus_r = -proof_number(&spend.hints, scale);
        let mut changed = with_number(&spend.hints, scale, minus_r);
        changed.proof[32 * scale + 31] |= 0x80;
        assert_refused(spend.run(&changed), Check::G1, label);
        // Completed or not: the relations are those of another scale.
        let completed = spend.complete(&changed);
        assert_eq!(completed.err(), Some(HintError::ProofInvalid), "{label}");
    }
}

/// Proofs whose y_A and y_C are cubes or of either other class all have hints, for a proof that arkworks takes under
/// the same key and inputs.
#[test]
fn rerandomisation__proofs_of_every_residue_class__have_hints() {
    let key = InsecureKey::new(95, 1);
    let (verifier, prepared) = (verifier(&key, &[STATEMENT]), prepare_verifying_key(&key.vk));
    let mut classes = Vec::new();
    let mut unchanged = 0;
    for seed in 0..40 {
        let values = values(&[STATEMENT], &mut StdRng::seed_from_u64(seed));
        let proof = key.prove(&values, 200 + seed);
        let class = [residue_symbol(proof.a.y, 3), residue_symbol(proof.c.y, 3)];
        let found = verifier.spend(&proof, &values).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(verifier.spend(&proof, &values).as_ref(), Ok(&found), "seed {seed}: a function of the proof");
        let written = written_proof(&found.hints);
        let verdict = Groth16::<Bn254>::verify_proof(&prepared, &written, &values);
        assert!(verdict.expect("the right number of inputs"), "seed {seed}");
        // -1 is a cube, so y_C is one where -y_C is.
        assert_eq!(written == proof, class == [Fq::ONE; 2], "seed {seed}: changed if and only if it has no scales");
        assert_eq!([residue_symbol(written.a.y, 3), residue_symbol(written.c.y, 3)], [Fq::ONE; 2], "seed {seed}");
        unchanged += usize::from(written == proof);
        run_on(&verifier, verifier.locking_script(), &found.unlocking_script())
            .unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    assert_eq!(classes.len(), 9, "three classes of y_A, three of y_C");
    assert!(unchanged > 0, "some proofs need no change");
}
