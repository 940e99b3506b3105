//! The scales of A and C: `r_A^3 y_A = 1`, `r_C^3 y_C = -1`, and the re-randomisation that makes them exist.

use ark_bn254::{Bn254, Fq};
use ark_ff::{Field, PrimeField};
use ark_groth16::{Groth16, Proof, prepare_verifying_key};
use num_bigint::BigUint;
use rand::{SeedableRng, rngs::StdRng};

use crate::common::{
    InsecureKey, KAPPA_A, KAPPA_C, ONE_232, SCALE_A, SCALE_C, assert_refused, proof_number, readings::Check, run_on,
    spend, values, verifier, with_numbers, written_proof,
};

/// Places of kappa and the scale among the proof's numbers.
const SCALES: [(&str, usize, usize); 2] = [("A", KAPPA_A, SCALE_A), ("C", KAPPA_C, SCALE_C)];

/// `x^((q - 1) / n)`: one exactly for n-th powers.
fn residue_symbol(x: Fq, n: u32) -> Fq {
    let q: BigUint = Fq::MODULUS.into();
    x.pow(((q - 1u32) / n).to_u64_digits())
}

/// An element of order n; n is 3 or 9.
pub(crate) fn root_of_unity(n: u32) -> Fq {
    let is_primitive = |x: &Fq| x.pow([u64::from(n) / 3]) != Fq::ONE;
    (2u64..).map(|x| residue_symbol(Fq::from(x), n)).find(is_primitive).expect("two thirds of all x give one")
}

#[test]
fn scales__of_a_valid_proof__are_cube_roots() {
    let spend = spend();
    let Proof { a, c, .. } = written_proof(&spend.hints);
    let number = |k| proof_number(&spend.hints, k);
    assert_eq!((number(SCALE_A).pow([3]) * a.y, number(SCALE_C).pow([3]) * c.y), (Fq::ONE, -Fq::ONE));
    assert!(a.is_on_curve() && c.is_on_curve());
    let key = prepare_verifying_key(&spend.key.vk);
    assert_eq!(Groth16::<Bn254>::verify_proof(&key, &written_proof(&spend.hints), &spend.values).ok(), Some(true));
}

/// Every relation is homogeneous in s, and lines know r^3 alone: the three roots scale the same check. kappa is `r^2 x`.
#[test]
fn scales__each_cube_root__is_accepted() {
    let spend = spend();
    let omega = root_of_unity(3);
    assert!(omega != Fq::ONE && omega.pow([3]) == Fq::ONE);
    for (label, kappa, scale) in SCALES {
        let (k, r) = (proof_number(&spend.hints, kappa), proof_number(&spend.hints, scale));
        for root in [omega, omega.square()] {
            let changed = with_numbers(&spend.hints, &[(kappa, k * root.square()), (scale, r * root)]);
            assert_eq!(written_proof(&changed), written_proof(&spend.hints), "{label}");
            // The old quotient is one of other polynomials.
            assert_refused(spend.run(&changed), Check::Identity, label);
            let completed = spend.complete(&changed).expect("all relations hold");
            assert!(completed.quotient != spend.hints.quotient);
            spend.run(&completed).unwrap_or_else(|failure| panic!("{label}: {failure}"));
            // With the old kappa it is another point of the curve.
            let torn = with_numbers(&spend.hints, &[(scale, r * root)]);
            spend.assert_no_quotient_helps(&torn, Check::Identity, label);
        }
    }
}

#[test]
fn scales__other_ninth_roots_and_signs__are_refused() {
    let spend = spend();
    let (ninth, half) = (root_of_unity(9), Fq::from(2).inverse().expect("not zero"));
    assert!(ninth.pow([9]) == Fq::ONE && ninth.pow([3]) != Fq::ONE);
    for (label, _, scale) in SCALES {
        let r = proof_number(&spend.hints, scale);
        for factor in [ninth, ninth.square(), half] {
            let changed = with_numbers(&spend.hints, &[(scale, r * factor)]);
            spend.assert_no_quotient_helps(&changed, Check::G1, label);
        }
        let negated = with_numbers(&spend.hints, &[(scale, -r)]);
        spend.assert_no_quotient_helps(&negated, Check::Identity, label);
    }
}

/// Packed slopes are multiplied by `s = z r`: were r read as the negative number -(q - r), then s and with it every slot
/// would be negative, and BIN2NUM would find the sign on the highest slot alone. Read unsigned it is another residue,
/// which is no scale.
#[test]
fn scales__negative_form__is_refused() {
    let spend = spend();
    for (label, _, scale) in SCALES {
        let minus_r = -proof_number(&spend.hints, scale);
        let mut changed = with_numbers(&spend.hints, &[(scale, minus_r)]);
        changed.proof[32 * scale + 31] |= 0x80;
        // Completed or not: the relations are those of another scale.
        spend.assert_no_quotient_helps(&changed, Check::G1, label);
    }
}

/// Proofs whose y_A and y_C are cubes or of either other class all have hints, for a proof that arkworks takes under
/// the same key and inputs.
#[test]
fn rerandomisation__proofs_of_every_residue_class__have_hints() {
    let key = InsecureKey::new(95, 1);
    let (verifier, prepared) = (verifier(&key, &[ONE_232]), prepare_verifying_key(&key.vk));
    let mut classes = Vec::new();
    let mut unchanged = 0;
    for seed in 0..40 {
        let values = values(&[ONE_232], &mut StdRng::seed_from_u64(seed));
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
