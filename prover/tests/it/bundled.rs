//! The repository's own network on the repository's real images.

use crate::common::{Case, claim, mnist, root};
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use prover::circuit::{Circuit, Wire, field_element};
use prover::groth16::{Rejection, prove, setup};
use prover::{Image, Model, eval, infer};
use rand::rngs::OsRng;
use statement::Class;

fn model() -> Model {
    Model::load(&root().join("models/mnist-square")).unwrap()
}

fn case(image: &'static Image) -> Case {
    let model = model();
    let truth = claim(infer(&model, image).class);
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
            let claimed = claim(Class::new(class as u8).unwrap());
            let assignment = claimed.assign(&circuit, image);
            assert_eq!(assignment.get(selected[class]), Some(field_element(logit)), "class {class}");
            assert_eq!(circuit.check(&assignment).is_ok(), claimed.class == expected.class, "class {class}");
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
    assert!(case.forge(&claim(other), &[]).contains(&lead));
    let class_input = Wire::PublicInput { name: "class".into() };
    let forged = [(class_input, Fr::from(other.index()))];
    assert_eq!(case.forge(&truth, &forged), ["class is the selected one"]);
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
        let truth = claim(infer(&model, image).class);
        assert_eq!(truth.class, label, "the first three test images are among those recognised");
        let proof = prove(&key, &circuit, &truth.assign(&circuit, image), &mut OsRng).unwrap();
        assert_eq!(truth.document(&vk, &proof).verify(&vk), Ok(()));
        for other in (0..10).map(|class| Class::new(class).unwrap()).filter(|class| *class != truth.class) {
            let untrue = claim(other).document(&vk, &proof);
            assert_eq!(untrue.verify(&vk), Err(Rejection::Pairing), "class {other}");
        }
    }
}
