//! The repository's own network on the repository's real images.

use crate::common::{Case, claim};
use crate::nets::{mnist, root};
use ark_bn254::Fr;
use prover::circuit::{Unsatisfied, field_element};
use prover::groth16::{Rejection, prove, setup};
use prover::{Model, infer};
use rand::rngs::OsRng;

fn model() -> Model {
    Model::load(&root().join("models/mnist-square")).unwrap()
}

fn violated(case: &Case, class: usize, forged: &[(&str, Fr)]) -> Vec<String> {
    match case.circuit.check(&case.assign_forged(&claim(class), forged)) {
        Ok(()) => Vec::new(),
        Err(Unsatisfied::Constraints { first, others }) => [vec![first], others].concat(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn bundled__real_images__circuit_computes_the_oracles_logits() {
    for (image, _) in mnist().iter().take(20) {
        let case = Case::of(model(), image);
        let expected = infer(&case.model, &case.input).unwrap();
        for (class, logit) in expected.logits.iter().enumerate().take(9) {
            // The logit selected in place of the last one.
            let assignment = case.assign(&claim(class));
            let selected = case.circuit.wire(&format!("argmax.selected[{class}]")).unwrap();
            let difference = field_element(&(logit - &expected.logits[9]));
            assert_eq!(assignment.get(selected), Some(difference), "class {class}");
            assert_eq!(case.circuit.check(&assignment).is_ok(), class == expected.class, "class {class}");
        }
    }
}

#[test]
fn bundled__each_lie__breaks_the_constraint_that_is_meant_to_catch_it() {
    let case = Case::of(model(), mnist().get(0).unwrap().0);
    let truth = case.truth.class;
    assert_eq!(violated(&case, truth, &[]), [""; 0]);
    assert_eq!(violated(&case, truth, &[("value[19]", Fr::from(4))])[0], "value[19] in range");
    let other = (truth + 1) % 10;
    assert!(violated(&case, other, &[]).contains(&format!("argmax.lead[{truth}] in range")));
    let found = violated(&case, truth, &[("class", Fr::from(other as u64))]);
    assert!(found[0].starts_with("argmax.selector[") && found[0].ends_with("boolean"), "{found:?}");
}

#[test]
fn bundled__proofs_about_real_digits__are_accepted_for_their_statement_only() {
    let first = Case::of(model(), mnist().get(0).unwrap().0);
    let (key, vk) = setup(&first.circuit, &mut OsRng).unwrap();
    for index in 0..3 {
        let (image, label) = mnist().get(index).unwrap();
        let case = Case::of(model(), image);
        assert_eq!(case.truth.class, label, "the first three test images are among those recognised");
        let proof = prove(&key, &case.circuit, &case.assign(&case.truth), &mut OsRng).unwrap();
        assert_eq!(case.truth.document(&vk, &proof).verify(&vk), Ok(()));
        for altered in [case.truth.of_class((label + 1) % 10), case.truth.for_recipient([0; 20])] {
            assert_eq!(altered.document(&vk, &proof).verify(&vk), Err(Rejection::Pairing));
        }
    }
}
