#![allow(non_snake_case, reason = "test names are area__case__expected")]

use super::*;
use crate::circuit::{ConstraintName, Linear, R1cs, Wire, WireIdx};
use ark_ff::{One, Zero};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::Mutex;

const N_PUBLIC: usize = 3;

/// Products of random linear forms in earlier wires, and an assignment that satisfies them. The second public input
/// is in no constraint; some forms of B are constant, so that some points are the identity.
fn random_system(n_constraints: usize, rng: &mut StdRng) -> (R1cs, Vec<Fr>) {
    let name = |k| Wire::ONE.bit(k);
    let mut r1cs = R1cs::new((0..N_PUBLIC).map(name));
    let mut wires = vec![Fr::one(), Fr::rand(rng), Fr::rand(rng), Fr::zero()];
    for k in 0..n_constraints {
        let mut form = |n_terms: usize| {
            (0..n_terms).fold(Linear::constant(Fr::from(rng.gen_range(-3i64..4))), |form, _| {
                let wire = rng.gen_range(0..wires.len());
                form.plus(Fr::from(rng.gen_range(-7i64..8)), WireIdx::new(if wire == 2 { 1 } else { wire }))
            })
        };
        let (left, right) = (form(4), form(k % 3));
        wires.push(left.value(&wires) * right.value(&wires));
        let product = r1cs.new_wire(name(k));
        r1cs.enforce(ConstraintName::Product(name(k)), left, right, Linear::wire(product));
    }
    (r1cs, wires)
}

#[test]
fn setup_and_prove__same_randomness__equal_arkworks_own_key_and_proof() {
    for n_constraints in [1, 2, 13, 60, 125] {
        let mut rng = StdRng::seed_from_u64(n_constraints as u64);
        let (r1cs, wires) = random_system(n_constraints, &mut rng);
        let rows = r1cs.evaluate(&wires);
        assert_eq!(r1cs.violations(&rows).count(), 0);

        let seed = rng.r#gen();
        let ours = setup::generate(&r1cs, &mut StdRng::from_seed(seed), &|_| ()).unwrap();
        let mut reference = StdRng::from_seed(seed);
        let theirs = Groth16::<Bn254>::generate_random_parameters_with_reduction(&r1cs, &mut reference).unwrap();
        assert_eq!(ours, theirs, "{n_constraints}");

        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        let meter = Meter::new(1, &|_| ());
        let proof = prover::create(&ours, r1cs.n_known(), rows, &wires, Blinding { r, s }, &meter).unwrap();
        let matrices = r1cs.arkworks_matrices();
        let expected = Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &theirs,
            r,
            s,
            &matrices,
            r1cs.n_known(),
            n_constraints,
            &wires,
        );
        assert_eq!(proof, expected.unwrap(), "{n_constraints}");
        let prepared = ark_groth16::prepare_verifying_key(&ours.vk);
        let accepts = |inputs: &[Fr]| Groth16::<Bn254>::verify_proof(&prepared, &proof, inputs).unwrap();
        assert!(accepts(&wires[1..=N_PUBLIC]));
        // An input that no constraint mentions is bound all the same.
        assert!(!accepts(&[wires[1], wires[2] + Fr::one(), wires[3]]));
    }
}

#[test]
fn progress__of_setup_and_proof__rises_to_one() {
    let mut rng = StdRng::seed_from_u64(7);
    let (r1cs, wires) = random_system(20, &mut rng);
    let seen = Mutex::new(Vec::new());
    let report = |progress: Progress| seen.lock().unwrap().push(progress.done);
    let check = |what| {
        let seen = core::mem::take(&mut *seen.lock().unwrap());
        assert!(seen.iter().all(|done| (0.0..=1.0).contains(done)), "{what}: {seen:?}");
        assert_eq!(seen.iter().copied().fold(0.0, f64::max), 1.0, "{what}");
    };
    let key = setup::generate(&r1cs, &mut rng, &report).unwrap();
    check("setup");
    let blinding = Blinding { r: Fr::one(), s: Fr::one() };
    let meter = Meter::new(prover::work(&key) as u64, &report);
    prover::create(&key, r1cs.n_known(), r1cs.evaluate(&wires), &wires, blinding, &meter).unwrap();
    check("proof");
}
