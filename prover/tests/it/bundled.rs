//! The repository's own network on the repository's real images.

use crate::common::{Case, mnist, root, statement};
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use prover::circuit::{Circuit, Wire, field_element, public_input};
use prover::groth16::{ProofDocument, Rejection, prove, setup};
use prover::{Image, Model, eval, infer};
use rand::rngs::OsRng;
use statement::{Class, Nonce, PubkeyHash, Statement};

fn model() -> Model {
    Model::load(&root().join("models/mnist-square")).unwrap()
}

fn case(image: &'static Image) -> Case {
    let model = model();
    let truth = statement(infer(&model, image).class);
    Case { circuit: Circuit::new(&model), model, image, truth }
}

#[test]
fn bundled__ten_thousand_test_images__at_least_97_5_percent() {
    let mut heard = 0;
    let accuracy = eval(&model(), mnist(), |done| {
        heard += 1;
        assert_eq!(done, heard);
    });
    assert_eq!((accuracy.total, heard), (10_000, 10_000));
    assert!(accuracy.correct >= 9_750, "{accuracy:?}");
}

#[test]
fn bundled__real_images__circuit_computes_the_oracles_logits() {
    let model = model();
    let circuit = Circuit::new(&model);
    let selected: Vec<_> = (0..10).map(|class| circuit.wire(&Wire::Selected { class }).unwrap()).collect();
    for (image, _) in mnist().iter().take(40) {
        let expected = infer(&model, image);
        for (class, logit) in expected.logits.iter().enumerate() {
            let claim = statement(Class::new(class as u8).unwrap());
            let assignment = circuit.assign(image, &claim);
            assert_eq!(assignment.get(selected[class]), Some(field_element(logit)), "class {class}");
            assert_eq!(circuit.check(&assignment).is_ok(), claim.class == expected.class, "class {class}");
        }
    }
}

#[test]
fn bundled__each_lie__breaks_the_constraint_that_is_meant_to_catch_it() {
    let case = case(mnist().get(0).unwrap().0);
    let truth = case.truth;
    assert_eq!(case.forge(&truth, &[]), [""; 0]);
    let pixel = Wire::PixelBit { row: 0, column: 19, bit: 1 };
    assert_eq!(case.forge(&truth, &[(pixel, Fr::from(2))])[0], "pixel[0][19].bit[1] boolean");
    let other = Class::new((truth.class.index() + 1) % 10).unwrap();
    let lead = format!("argmax.lead[{}] in range", truth.class);
    assert!(case.forge(&statement(other), &[]).contains(&lead));
    let thief = Statement { recipient: PubkeyHash([0; 20]), ..truth };
    let replay = Statement { nonce: Nonce([0; 8]), ..truth };
    for altered in [thief, replay] {
        let forged = [(Wire::PublicInput, public_input(&altered))];
        assert_eq!(case.forge(&truth, &forged), ["statement.x packed"]);
    }
    let selector = |class| Wire::Selector { class };
    let none = [(selector(truth.class.index().into()), Fr::zero())];
    let two = [(selector(other.index().into()), Fr::one())];
    for forged in [none, two] {
        assert_eq!(case.forge(&truth, &forged)[0], "argmax.selector one-hot");
    }
}

#[test]
fn bundled__proofs_about_real_digits__are_accepted_for_their_statement_only() {
    let model = model();
    let circuit = Circuit::new(&model);
    let (key, vk) = setup(&circuit, &mut OsRng).unwrap();
    for index in 0..3 {
        let (image, label) = mnist().get(index).unwrap();
        let truth = statement(infer(&model, image).class);
        assert_eq!(truth.class, label, "the first three test images are among those recognised");
        let proof = prove(&key, &circuit, &circuit.assign(image, &truth), &mut OsRng).unwrap();
        assert_eq!(ProofDocument::new(&vk, truth, proof.clone()).verify(&vk), Ok(()));
        for other in (0..10).map(|class| Class::new(class).unwrap()).filter(|class| *class != truth.class) {
            let untrue = ProofDocument::new(&vk, statement(other), proof.clone());
            assert_eq!(untrue.verify(&vk), Err(Rejection::Pairing), "class {other}");
        }
    }
}
