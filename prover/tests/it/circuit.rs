//! Each way to lie is refused, and by the constraint that is meant to refuse it.

use crate::common::{Case, Claim, case, claim, tied, tiny};
use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use prover::circuit::{Assignment, Circuit, Unsatisfied, Wire};
use prover::infer;
use statement::Class;

/// Names of the violated constraints, in order.
fn violated(circuit: &Circuit, assignment: &Assignment) -> Vec<String> {
    match circuit.check(assignment) {
        Ok(()) => Vec::new(),
        Err(Unsatisfied::Constraints { first, others }) => {
            [&first].into_iter().chain(&others).map(ToString::to_string).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

impl Case {
    /// What is violated when `claim` is made with `forged` wires.
    pub(crate) fn forge(&self, claim: &Claim, forged: &[(Wire, Fr)]) -> Vec<String> {
        violated(&self.circuit, &self.circuit.assign_forged(self.image, (claim.class, &claim.binding), forged).unwrap())
    }
}

fn classes() -> impl Iterator<Item = Class> {
    (0..10).map(|index| Class::new(index).unwrap())
}

#[test]
fn circuit__true_statement__is_satisfied() {
    let case = case(&tiny(0));
    assert_eq!(case.forge(&case.truth, &[]), [""; 0]);
}

#[test]
fn circuit__out_of_range_pixel__breaks_that_bits_booleanity_alone() {
    let case = case(&tiny(0));
    // Pixels are sums of their bits: 2 + 2 * 1 = 4 is out of range for two bits, and so is -1.
    for value in [Fr::from(2), -Fr::one(), Fr::from(2).inverse().unwrap()] {
        let forged = [(Wire::PixelBit { row: 2, column: 3, bit: 0 }, value)];
        // The forged pixel may change the class, so every class is claimed once: none passes, and at least one
        // of them passes everything but the range check.
        let found: Vec<_> = classes().map(|class| case.forge(&claim(class), &forged)).collect();
        assert!(found.iter().all(|names| names[0] == "pixel[2][3].bit[0] boolean"), "{found:?}");
        assert!(value.inverse() == Some(Fr::from(2)) || found.iter().any(|names| names.len() == 1), "{found:?}");
    }
}

#[test]
fn circuit__wrong_class__breaks_its_lead() {
    let case = case(&tiny(0));
    let logits = infer(&case.model, case.image).logits;
    let mut claimed = 0;
    for class in classes().filter(|class| *class != case.truth.class) {
        let c = usize::from(class.index());
        let beats = |i: usize| if i < c { logits[i] >= logits[c] } else { logits[i] > logits[c] };
        let expected: Vec<_> = (0..10).filter(|i| beats(*i)).map(|i| format!("argmax.lead[{i}] in range")).collect();
        assert!(!expected.is_empty());
        assert_eq!(case.forge(&claim(class), &[]), expected);
        claimed += 1;
    }
    assert_eq!(claimed, 9);
}

/// The violations of the honest circuit when the prover's network has weight `[row][column]` of `layer` one higher.
fn with_swapped_weight(honest: &Case, layer: usize, row: usize, column: usize) -> Vec<String> {
    let mut files = tiny(0);
    let weight = &mut files.weights["layers"][layer]["weights"][row][column];
    *weight = serde_json::json!(weight.as_i64().unwrap() + 1);
    let model = files.model();
    let claim = claim(infer(&model, honest.image).class);
    let other = Circuit::new(&model);
    let assignment = claim.assign(&other, honest.image);
    assert_eq!(violated(&other, &assignment), [""; 0], "the changed network's own circuit is satisfied");
    violated(&honest.circuit, &assignment)
}

#[test]
fn circuit__swapped_weight__breaks_that_layer_alone() {
    let honest = case(&tiny(0));
    let claimed = usize::from(honest.truth.class.index());
    for (layer, row, prefix) in [(0, 1, "layer0.square["), (1, 1, "layer1.square["), (2, claimed, "argmax.")] {
        let n_columns = honest.model.layers()[layer].shape().row_len();
        // A weight on a value that is zero for this image changes nothing; some value is not.
        let all = (0..n_columns).map(|column| with_swapped_weight(&honest, layer, row, column));
        let names: Vec<_> = all.flatten().collect();
        assert!(!names.is_empty() && names.iter().all(|name| name.starts_with(prefix)), "{names:?}");
    }
}

#[test]
fn circuit__tie__lowest_index_is_accepted_and_the_other_refused() {
    let case = case(&tied());
    assert_eq!(case.truth.class.index(), 3);
    assert_eq!(case.forge(&claim(Class::new(3).unwrap()), &[]), [""; 0]);
    assert_eq!(case.forge(&claim(Class::new(7).unwrap()), &[]), ["argmax.lead[3] in range"]);
}

fn class_input() -> Wire {
    Wire::PublicInput { name: "class".into() }
}

#[test]
fn circuit__binding__enters_no_constraint() {
    // What holds a proof to its binding is the key: docs/math/circuit.md, "The binding".
    let case = case(&tiny(0));
    let wire = case.circuit.wire(&Wire::PublicInput { name: "binding".into() }).unwrap();
    let binding = case.truth.assign(&case.circuit, case.image).public_inputs()[0];
    assert_eq!(case.truth.assign(&case.circuit, case.image).get(wire), Some(binding));
    for other in [case.truth.for_recipient([9; 20]), case.truth.for_nonce([9; 8])] {
        assert_eq!(case.forge(&other, &[]), [""; 0], "the same image can be proved afresh for another binding");
    }
    let mentioned: Vec<_> = case.circuit.matrices().iter().flatten().flatten().map(|(_, wire)| *wire).collect();
    assert!(!mentioned.contains(&1), "wire 1 is the binding");
    assert!(mentioned.contains(&2), "wire 2 is the class");
}

#[test]
fn circuit__another_class_than_selected__breaks_the_class_alone() {
    let case = case(&tiny(0));
    let truth = Fr::from(case.truth.class.index());
    for class in (0..16).map(Fr::from).chain([-Fr::one()]).filter(|class| *class != truth) {
        assert_eq!(case.forge(&case.truth, &[(class_input(), class)]), ["class is the selected one"], "{class}");
    }
}

#[test]
fn circuit__forged_selectors__break_one_hot_or_booleanity_first() {
    let case = case(&tiny(0));
    let truth = usize::from(case.truth.class.index());
    let other = (truth + 4) % 10;
    let selector = |class| Wire::Selector { class };
    let first = |forged: &[(Wire, Fr)]| case.forge(&case.truth, forged)[0].clone();
    assert_eq!(first(&[(selector(other), Fr::one())]), "argmax.selector one-hot");
    assert_eq!(first(&[(selector(truth), Fr::zero())]), "argmax.selector one-hot");
    // Sums of one that are not one-hot.
    let half = Fr::from(2).inverse().unwrap();
    let lowest = truth.min(other);
    for (a, b) in [(half, half), (Fr::from(2), -Fr::one())] {
        let name = format!("argmax.selector[{lowest}] boolean");
        assert_eq!(first(&[(selector(truth), a), (selector(other), b)]), name);
    }
    // No selector at all, with the class made to hold by a public input of 0: one-hot still fails.
    assert_eq!(first(&[(selector(truth), Fr::zero()), (class_input(), Fr::zero())]), "argmax.selector one-hot");
}

#[test]
fn circuit__negative_lead_written_as_a_large_residue__breaks_a_bits_booleanity() {
    let case = case(&tiny(0));
    let logits = infer(&case.model, case.image).logits;
    let truth = usize::from(case.truth.class.index());
    let runner_up = (0..10).filter(|c| *c != truth).max_by_key(|c| (logits[*c].clone(), 10 - *c)).unwrap();
    let claim = claim(Class::new(runner_up as u8).unwrap());
    assert_eq!(case.forge(&claim, &[]), [format!("argmax.lead[{truth}] in range")]);
    // The lead of the runner-up over the winner is negative, so its residue is near r. Put all of it that the
    // other bits do not carry into bit 0: the recomposition holds, but bit 0 is no bit.
    let honest = claim.assign(&case.circuit, case.image);
    let lead =
        prover::circuit::field_element(&(&logits[runner_up] - &logits[truth])) - Fr::from(u8::from(truth < runner_up));
    let lead_bits = case.model.ranges().difference_bits() as usize;
    let value = |bit| honest.get(case.circuit.wire(&Wire::LeadBit { class: truth, bit }).unwrap()).unwrap();
    let others: Fr = (1..lead_bits).map(|bit| value(bit) * Fr::from(2).pow([bit as u64])).sum();
    let forged = [(Wire::LeadBit { class: truth, bit: 0 }, lead - others)];
    assert_eq!(case.forge(&claim, &forged), [format!("argmax.lead[{truth}].bit[0] boolean")]);
}

#[test]
fn circuit__forged_square_or_product__breaks_its_definition_first() {
    let case = case(&tiny(0));
    let square = Wire::Square { layer: case.model.layers()[1].name().clone(), output: 5 };
    assert_eq!(case.forge(&case.truth, &[(square, Fr::from(3))])[0], "layer1.square[5] product");
    let selected = Wire::Selected { class: 2 };
    assert_eq!(case.forge(&case.truth, &[(selected, Fr::from(3))])[0], "argmax.selected[2] product");
}

#[test]
fn circuit__assignment_of_another_shape__is_named() {
    let small = case(&tiny(0));
    let mut files = tiny(0);
    files.manifest["layers"][0]["out_channels"] = serde_json::json!(3);
    files.weights["layers"][2]["biases"][0] = serde_json::json!("1000000000000000000000");
    let wider = Circuit::new(&files.model());
    let found = wider.check(&small.truth.assign(&small.circuit, small.image)).unwrap_err();
    assert!(matches!(found, Unsatisfied::Wires { found, expected } if found < expected), "{found}");
    let truth = small.truth;
    let unknown = small.circuit.assign_forged(
        small.image,
        (truth.class, &truth.binding),
        &[(Wire::Selector { class: 10 }, Fr::one())],
    );
    assert_eq!(unknown.unwrap_err().to_string(), "the circuit has no wire `argmax.selector[10]`");
}
