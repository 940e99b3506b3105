//! Whole circuits: true claims are accepted, and each way to lie is refused by the constraint that is meant to.

use crate::case::{Case, committed, honest, is_committed, little, params, random_input, salt, spec};
use crate::nets::{Net, tied};
use crate::oracle::random_net;
use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use num_bigint::BigInt;
use prover::circuit::{
    Answer, AssignError, CircuitError, Claim, ShapeFormula, Unsatisfied, committed_values, model_layout,
};
use prover::model::manifest::LayerEntry;
use prover::model::{InputVisibility, OutputKind};
use prover::public::binding_value;
use prover::{Circuit, InputCommitment, ModelCommitment, infer};
use rand::{Rng, SeedableRng, rngs::StdRng};
use statement::{Binding, Nonce, PubkeyHash};

const INPUTS: [InputVisibility; 3] = [InputVisibility::Public, InputVisibility::Private, InputVisibility::Committed];
const OUTPUTS: [OutputKind; 4] = [OutputKind::Class, OutputKind::Logits, OutputKind::Score, OutputKind::TopK { k: 2 }];

fn private(output: OutputKind) -> prover::CircuitSpec {
    spec(InputVisibility::Private, output, 1)
}

/// The true claim holds, and the formula gives the number of constraints.
fn check_truth(case: &Case) {
    assert_eq!(case.forge(&[]), [""; 0], "{}", case.spec);
    let formula = ShapeFormula::of(&case.model, &case.spec).unwrap();
    assert_eq!(formula.constraints(), case.circuit.shape().constraints, "{}: {formula:?}", case.spec);
    assert_eq!(case.circuit.spec(), case.spec.to_string());
}

/// Untrue answers of this kind are refused.
fn check_lies(case: &Case) {
    let Answer::Class(truth) = &case.answer else { return };
    let n_classes = case.model.classes().len();
    for (item, class) in (0..truth.len()).flat_map(|item| (0..n_classes).map(move |class| (item, class))) {
        let mut classes = truth.clone();
        classes[item] = class;
        let found = case.answered(&Answer::Class(classes.clone()));
        assert_eq!(found.is_empty(), classes == *truth, "{classes:?} {truth:?} {found:?}");
        assert!(found.iter().all(|name| name.contains("argmax.lead")), "{found:?}");
    }
}

#[test]
fn circuit__random_graphs__accept_the_oracles_answer_and_no_other() {
    let mut rng = StdRng::seed_from_u64(11);
    let (mut n_built, mut n_wrapping) = (0, 0);
    for round in 0..400 {
        let (net, classes) = random_net(&mut rng);
        let Ok(model) = net.load(classes) else { continue };
        let output = if classes > 2 { OUTPUTS[rng.gen_range(0..4)] } else { OUTPUTS[rng.gen_range(0..3)] };
        let spec = spec(INPUTS[rng.gen_range(0..3)], output, rng.gen_range(1..3));
        if classes < 2 {
            assert_eq!(Circuit::inference(&model, &spec).unwrap_err(), CircuitError::Classes { found: classes });
            continue;
        }
        match Circuit::inference(&model, &spec) {
            Ok(_) => {}
            // Values close to the largest that a model may have leave no room for their checks.
            Err(CircuitError::Wraps { value_bits, .. }) => {
                assert!(value_bits > 240, "round {round}");
                n_wrapping += 1;
                continue;
            }
            Err(other) => panic!("round {round}: {other}"),
        }
        let case = Case::random(model, spec, round);
        check_truth(&case);
        check_lies(&case);
        n_built += 1;
    }
    assert!(n_built > 60 && n_wrapping < n_built / 4, "{n_built} {n_wrapping}");
}

#[test]
fn circuit__every_visibility_and_answer__accepts_the_truth_and_pins_all_public_inputs_but_the_binding() {
    for (committed_model, batch) in [(false, 1), (true, 1), (false, 3), (true, 2)] {
        for (input, output) in INPUTS.into_iter().flat_map(|input| OUTPUTS.map(|output| (input, output))) {
            let net = if committed_model { committed(little(3), 5, 9) } else { little(3) };
            let case = Case::random(net.model(4), spec(input, output, batch), 7);
            check_truth(&case);
            check_lies(&case);
            assert_eq!(is_committed(&case.model), committed_model);
            for public in case.circuit.public_inputs() {
                let honest = case.value(&public.name);
                assert!(public.admits(honest), "{public}");
                let half = Fr::from(2).inverse().unwrap();
                for forged in [honest + Fr::one(), honest + half, half, honest - Fr::one()] {
                    let found = case.forge(&[(&public.name, forged)]);
                    // A lower least score is true as well, and so is another one of the best classes.
                    let weaker = public.name == "min_score" && forged == honest - Fr::one();
                    let another = public.name == "class"
                        && matches!(output, OutputKind::TopK { .. })
                        && infer(&case.model, &case.inputs[0])
                            .unwrap()
                            .top_k(2)
                            .iter()
                            .any(|c| Fr::from(*c as u64) == forged)
                        && found.is_empty();
                    let free = public.name == "binding" || weaker || another;
                    assert_eq!(found.is_empty(), free, "{}: {public} {found:?}", case.spec);
                }
            }
        }
    }
}

#[test]
fn circuit__public_inputs__have_names_in_the_documented_order() {
    let names = |net: Net, input, output, batch| {
        let case = Case::random(net.model(4), spec(input, output, batch), 1);
        case.circuit.public_inputs().iter().map(|input| format!("{}:{}", input.name, input.bits)).collect::<Vec<_>>()
    };
    use InputVisibility::{Committed, Private, Public};
    assert_eq!(names(little(1), Private, OutputKind::Class, 1), ["binding:224", "class:4"]);
    let sixteen_of_three_bits = ["binding:224", "class:4", "input[0]:48"];
    assert_eq!(names(little(1), Public, OutputKind::Class, 1), sixteen_of_three_bits);
    let all = committed(little(1), 5, 9);
    let expected = ["binding:224", "class:4", "min_score:254", "input_commitment:254", "model_commitment:254"];
    assert_eq!(names(all.clone(), Committed, OutputKind::Score, 1), expected);
    let batch = ["binding:224", "classes[0]:12", "input_commitment[0]:254", "input_commitment[1]:254"];
    let found = names(all, Committed, OutputKind::Class, 3);
    assert_eq!(found[..4], batch);
    assert_eq!(found[4..], ["input_commitment[2]:254", "model_commitment:254"]);
}

#[test]
fn circuit__public_input_values__are_packed_and_unpacked_as_documented() {
    let case = Case::random(little(4).model(4), spec(InputVisibility::Public, OutputKind::Logits, 2), 1);
    let layout = prover::circuit::Layout::of(&case.model, &case.spec).unwrap();
    let assignment = case.circuit.assign(&case.claim()).unwrap();
    let public: Vec<_> = case.circuit.public_inputs().iter().zip(assignment.public_inputs()).collect();
    let values = |prefix: &str| {
        let of_prefix = public.iter().filter(|(input, _)| input.name.starts_with(prefix));
        of_prefix.map(|(_, value)| (**value).into()).collect::<Vec<num_bigint::BigUint>>()
    };
    let inputs: Vec<BigInt> = case.inputs.iter().flat_map(|input| input.values()).map(|v| (*v).into()).collect();
    let packing = layout.input.unwrap();
    assert_eq!(packing.unpack(&values("input")), Some(inputs.clone()));
    assert_eq!(packing.pack(&inputs), Some(values("input")));
    let Answer::Logits(logits) = &case.answer else { panic!("logits were asked for") };
    let packing = layout.logits.unwrap();
    assert_eq!(packing.unpack(&values("logits")), Some(logits.concat()));
    assert_eq!(packing.unpack(&[]), None);
    assert_eq!(packing.pack(&inputs[..1]), None);
    assert_eq!(values("binding"), [binding_value(&case.binding).into()]);
}

#[test]
fn circuit__out_of_range_inputs__break_their_range() {
    // -3..=4: three bits, and a value is its distance from -3.
    let case = Case::random(little(5).model(4), private(OutputKind::Logits), 2);
    for value in [Fr::from(8), -Fr::one(), Fr::from(2).inverse().unwrap()] {
        let found = case.forge(&[("value[6]", value)]);
        assert_eq!(found[0], "value[6] in range", "{found:?}");
    }
    assert_eq!(case.forge(&[("value[6].bit[1]", Fr::from(2))])[0], "value[6].bit[1] boolean");
    // 0..=5 has three bits, too, of which 6 and 7 are refused.
    let mut rng = StdRng::seed_from_u64(1);
    let (rows, biases) = params(&mut rng, 3, 4, 8);
    let case = Case::random(Net::new([1, 2, 2], 0, 5).dense(rows, biases).model(3), private(OutputKind::Logits), 2);
    for value in [6, 7] {
        assert_eq!(case.forge(&[("value[2]", Fr::from(value))])[0], "value[2].bit[1] in range");
    }
    assert_eq!(case.forge(&[("value[2]", Fr::from(8))])[0], "value[2] in range");
}

#[test]
fn circuit__wrong_class__breaks_exactly_the_leads_that_are_lost() {
    for seed in 0..8 {
        let case = Case::random(little(seed).model(4), private(OutputKind::Class), seed);
        let logits = infer(&case.model, &case.inputs[0]).unwrap().logits;
        for c in 0..4 {
            // Rival i of class c is class i, or the last class where i is c itself.
            let beats = |i: usize| if i < c { logits[i] >= logits[c] } else { logits[i] > logits[c] };
            let lost = (0..3).filter(|i| beats(if *i == c { 3 } else { *i }));
            let expected: Vec<_> = lost.map(|i| format!("argmax.lead[{i}] in range")).collect();
            assert_eq!(case.answered(&Answer::Class(vec![c])), expected, "class {c} of {logits:?}");
        }
    }
}

#[test]
fn circuit__ties__go_to_the_lowest_index_wherever_they_are() {
    // Logits are the inputs: every pattern of ties among four classes.
    let rows = (0..4).map(|row| (0..4).map(|k| i64::from(k == row)).collect()).collect();
    let net = Net::new([4, 1, 1], 0, 2).dense(rows, vec![0.into(); 4]);
    let mut n_ties = 0;
    for pattern in 0..81 {
        let values: Vec<i64> = (0..4).map(|k| pattern / 3i64.pow(k) % 3).collect();
        let model = net.clone().model(4);
        let input = model.input().tensor_of(values.clone()).unwrap();
        let case = Case::new(model, private(OutputKind::Class), vec![input]);
        let best = (0..4).find(|c| values[*c] == *values.iter().max().unwrap()).unwrap();
        for class in 0..4 {
            let accepted = case.answered(&Answer::Class(vec![class])).is_empty();
            assert_eq!(accepted, class == best, "{class} of {values:?}");
        }
        n_ties += usize::from(values.iter().filter(|value| **value == values[best]).count() > 1);
    }
    assert!(n_ties > 20);
    let tied = tied().model();
    let case = Case::random(tied, private(OutputKind::Class), 3);
    assert_eq!(case.answer, Answer::Class(vec![3]));
    assert_eq!(case.answered(&Answer::Class(vec![7])), ["argmax.lead[3] in range"]);
}

#[test]
fn circuit__forged_selectors_and_leads__break_their_definitions() {
    let case = Case::random(little(2).model(4), private(OutputKind::Class), 4);
    let Answer::Class(truth) = &case.answer else { panic!("a class was asked for") };
    // Selectors 2 and 3 are wires, 1 is what they leave of the class, 0 what all leave of one.
    for (class, other) in (0..4).flat_map(|class| (0..4).map(move |other| (class, other))) {
        let selector = |k: u64| Fr::from(k == other);
        let forged =
            [("class", Fr::from(class)), ("argmax.selector[2]", selector(2)), ("argmax.selector[3]", selector(3))];
        let found = case.forge(&forged);
        let consistent = class == other || (class < 2 && other < 2);
        if consistent {
            assert_eq!(found.is_empty(), class == truth[0] as u64);
        } else {
            assert!(
                found[0].starts_with("argmax.selector[") && found[0].ends_with("boolean"),
                "{class} {other} {found:?}"
            );
        }
    }
    for class in [4u64, 5, 10, 15] {
        assert!(case.forge(&[("class", Fr::from(class))])[0].ends_with("boolean"), "{class}");
    }
    // Fractions that add up to one.
    let half = Fr::from(2).inverse().unwrap();
    let halves = [("argmax.selector[2]", half), ("argmax.selector[3]", half), ("class", Fr::from(5) * half)];
    assert_eq!(case.forge(&halves)[0], "argmax.selector[2] boolean");
    assert_eq!(case.forge(&[("argmax.selected[1]", Fr::from(77))])[0], "argmax.selected[1] product");
    assert_eq!(case.forge(&[("argmax.lead[0].bit[3]", Fr::from(2))])[0], "argmax.lead[0].bit[3] boolean");
}

#[test]
fn circuit__negative_lead_as_a_large_residue__breaks_a_bits_booleanity() {
    let case = Case::random(little(2).model(4), private(OutputKind::Class), 4);
    let Answer::Class(truth) = &case.answer else { panic!("a class was asked for") };
    let wrong = Answer::Class(vec![(truth[0] + 1) % 4]);
    let claim = Claim { answer: &wrong, ..case.claim() };
    let failing = case.answered(&wrong)[0].clone();
    let lead = failing.strip_suffix(" in range").unwrap();
    // The residue of the negative lead, put into one bit: the sum is right, the bit is none.
    let bit = format!("{lead}.bit[1]");
    let assignment = case.circuit.assign(&claim).unwrap();
    let honest_bit = assignment.get(case.circuit.wire(&bit).unwrap()).unwrap();
    let found: Vec<_> = (-40i64..40)
        .map(|k| {
            let shift = if k < 0 { -Fr::from(k.unsigned_abs()) } else { Fr::from(k as u64) };
            case.forge_claim(&claim, &[(&bit, honest_bit + shift)])
        })
        .collect();
    assert!(found.iter().all(|names| !names.is_empty()));
    assert!(found.iter().any(|names| names.contains(&format!("{bit} boolean"))));
}

#[test]
fn circuit__unproved_layer_values__break_the_layer() {
    let mut rng = StdRng::seed_from_u64(8);
    let (rows, biases) = params(&mut rng, 2, 9, 8);
    let net =
        Net::new([1, 6, 6], 0, 15).conv(([3, 3], [1, 1], [0; 4], 1), rows, biases).rescale(4).relu(Some(20.into()));
    let net = net.pool(LayerEntry::MaxPool, [2, 2], [2, 2]).square().pool(LayerEntry::AvgPool, [2, 2], [2, 2]);
    let (rows, biases) = params(&mut rng, 3, 2, 8);
    let case = Case::random(net.dense(rows, biases).model(3), private(OutputKind::Logits), 2);
    check_truth(&case);
    for (wire, expected) in [
        ("layer2.quotient[3]", "layer2.remainder[3] in range"),
        ("layer2.relu[3]", "layer2.relu[3] product"),
        ("layer2.gated[3]", "layer2.gated[3] product"),
        ("layer3.excess[1]", "layer3.excess[1] product"),
        ("layer4.product[1]", "layer4.product[1] product"),
        ("layer5.quotient[1]", "layer5.remainder[1] in range"),
    ] {
        let found = case.forge(&[(wire, case.changed(wire, 1))]);
        assert!(found.iter().any(|name| name == expected), "{wire}: {found:?}");
    }
}

#[test]
fn circuit__replaced_weights__break_an_unchanged_commitment() {
    let spec = spec(InputVisibility::Private, OutputKind::Class, 1);
    let case = Case::random(committed(little(3), 5, 9).model(4), spec, 7);
    let public = case.value("model_commitment");
    let layout = model_layout(&case.model).unwrap();
    let native = ModelCommitment::new(&layout, committed_values(&case.model), &salt(5)).unwrap();
    assert_eq!(public, native.element());
    // Another network of the same shape: it proves under its own commitment, not under this one.
    let other = committed(little(4), 5, 9).model(4);
    let answer = honest(&other, &spec, &case.inputs);
    let claim = Claim { model: &other, answer: &answer, ..case.claim() };
    assert_eq!(case.forge_claim(&claim, &[]), [""; 0]);
    assert_eq!(case.forge_claim(&claim, &[("model_commitment", public)]), ["model_commitment equal"]);
    // A single weight, bias or the salt.
    for wire in ["layer0.weight[3]", "layer0.bias[1]", "layer2.weight[20]", "layer2.bias[3]", "model_salt"] {
        let change = if case.value(wire) == Fr::zero() { 1 } else { -1 };
        let forged = [(wire, case.changed(wire, change)), ("model_commitment", public)];
        let found = case.forge(&forged);
        assert!(found.contains(&"model_commitment equal".to_owned()), "{wire} {found:?}");
    }
    // Out of the declared range, where the packing would be ambiguous.
    assert_eq!(case.forge(&[("layer0.weight[3]", Fr::from(32))])[0], "layer0.weight[3] in range");
    assert_eq!(case.forge(&[("layer2.bias[0]", -Fr::one())])[0], "layer2.bias[0] in range");
    let product = case.forge(&[("layer0.product[5]", case.changed("layer0.product[5]", 1))]);
    assert_eq!(product[0], "layer0.product[5] product");
}

#[test]
fn circuit__replaced_input__breaks_an_unchanged_commitment() {
    let case = Case::random(little(3).model(4), spec(InputVisibility::Committed, OutputKind::Logits, 2), 7);
    let layout = prover::circuit::input_layout(&case.model).unwrap();
    for (item, input) in case.inputs.iter().enumerate() {
        let values = input.values().iter().map(|value| BigInt::from(*value));
        let native = InputCommitment::new(&layout, values, &case.input_salts[item]).unwrap();
        let name = format!("input_commitment[{item}]");
        assert_eq!(case.value(&name), native.element());
        let public = case.value(&name);
        let value = format!("item[{item}].value[5]");
        let change = if case.value(&value) == Fr::zero() { 1 } else { -1 };
        let found = case.forge(&[(&value, case.changed(&value, change)), (&name, public)]);
        assert!(found.contains(&format!("{name} equal")), "{found:?}");
        let found = case.forge(&[(&format!("item[{item}].input_salt"), Fr::from(3)), (&name, public)]);
        assert_eq!(found, [format!("{name} equal")]);
    }
}

#[test]
fn circuit__public_input_of_the_network__is_the_one_computed_on() {
    let case = Case::random(little(3).model(4), spec(InputVisibility::Public, OutputKind::Class, 1), 7);
    let public = case.value("input[0]");
    let other = random_input(&case.model, &mut StdRng::seed_from_u64(99));
    assert_ne!(other, case.inputs[0]);
    let (inputs, answer) = ([other], honest(&case.model, &case.spec, &case.inputs));
    let claim = Claim { inputs: &inputs, answer: &answer, ..case.claim() };
    assert!(case.forge_claim(&claim, &[("input[0]", public)]).contains(&"input[0] equal".to_owned()));
}

#[test]
fn circuit__top_k__accepts_exactly_the_best_k() {
    for (seed, k) in (0..6).flat_map(|seed| (1..4).map(move |k| (seed, k))) {
        let case = Case::random(little(seed).model(4), private(OutputKind::TopK { k }), seed);
        check_truth(&case);
        let inference = infer(&case.model, &case.inputs[0]).unwrap();
        for class in 0..4 {
            let found = case.answered(&Answer::TopK(vec![class]));
            assert_eq!(found.is_empty(), inference.top_k(k).contains(&class), "{class} {k} {found:?}");
        }
    }
    let case = Case::random(little(1).model(4), private(OutputKind::TopK { k: 2 }), 1);
    let worst = infer(&case.model, &case.inputs[0]).unwrap().top_k(4)[3];
    let answer = Answer::TopK(vec![worst]);
    let claim = Claim { answer: &answer, ..case.claim() };
    // Exempting everyone, or by fractions.
    for (a, b) in [(1, 1), (2, -1), (0, 2), (-1, 2)].map(|(a, b): (i64, i64)| (a, b)) {
        let fr = |v: i64| if v < 0 { -Fr::from(v.unsigned_abs()) } else { Fr::from(v as u64) };
        let found = case.forge_claim(&claim, &[("argmax.exempt[1]", fr(a)), ("argmax.exempt[2]", fr(b))]);
        assert!(found[0].starts_with("argmax.exempt[") && found[0].ends_with("boolean"), "{found:?}");
    }
    assert_eq!(case.forge_claim(&claim, &[("argmax.counted[1]", Fr::zero())])[0], "argmax.counted[1] product");
    let batch = spec(InputVisibility::Private, OutputKind::Class, usize::MAX);
    let refused = Circuit::inference(&case.model, &batch).unwrap_err();
    assert_eq!(refused, CircuitError::Batch { found: usize::MAX, limit: 10_000 });
    let refused = |k| Circuit::inference(&case.model, &private(OutputKind::TopK { k })).unwrap_err();
    assert_eq!([refused(0), refused(4)], [0, 4].map(|found| CircuitError::TopK { found, n_classes: 4 }));
}

#[test]
fn circuit__score__accepts_no_more_than_the_logit() {
    for seed in 0..4 {
        let case = Case::random(little(seed).model(4), private(OutputKind::Score), seed);
        let Answer::Score { classes, min_score } = case.answer.clone() else { panic!("a score was asked for") };
        let answer = |change: i64| Answer::Score { classes: classes.clone(), min_score: &min_score + change };
        assert_eq!(case.answered(&answer(0)), [""; 0]);
        assert_eq!(case.answered(&answer(-1)), [""; 0]);
        assert_eq!(case.answered(&answer(1)), ["argmax.score in range"]);
        assert_eq!(case.answered(&answer(1_000)), ["argmax.score in range"]);
        // A score of almost r: its difference from the logit is small and positive modulo r only.
        let around = case.value("min_score") + Fr::from(1u64 << 40);
        assert_eq!(case.forge(&[("min_score", around)]), ["argmax.score in range"]);
    }
}

#[test]
fn circuit__binding__enters_no_constraint() {
    let case = Case::random(little(3).model(4), private(OutputKind::Class), 7);
    let other = Binding { recipient: PubkeyHash([1; 20]), nonce: Nonce([2; 8]) };
    let claim = Claim { binding: &other, ..case.claim() };
    assert_eq!(case.forge_claim(&claim, &[]), [""; 0]);
    let assignment = case.circuit.assign(&claim).unwrap();
    assert_eq!(assignment.public_inputs()[0], binding_value(&other));
    assert_eq!(assignment.public_inputs().len(), 2);
    for value in [Fr::zero(), -Fr::one(), Fr::from(2).inverse().unwrap()] {
        assert_eq!(case.forge(&[("binding", value)]), [""; 0]);
    }
}

#[test]
fn circuit__id__names_the_constraints_and_nothing_that_is_committed() {
    let id = |net: Net, spec| Circuit::inference(&net.model(4), &spec).unwrap().id();
    let class = private(OutputKind::Class);
    assert_eq!(id(little(1), class), id(little(1), class));
    assert_ne!(id(little(1), class), id(little(2), class));
    assert_ne!(id(little(1), class), id(little(1), private(OutputKind::Score)));
    assert_ne!(id(little(1), class), id(little(1), spec(InputVisibility::Public, OutputKind::Class, 1)));
    let hidden = |seed| committed(little(seed), 5, 9);
    assert_eq!(id(hidden(1), class), id(hidden(2), class));
    assert_ne!(id(hidden(1), class), id(committed(little(1), 6, 9), class));
}

#[test]
fn circuit__claims_of_another_shape__are_refused_by_name() {
    let case =
        Case::random(committed(little(3), 5, 9).model(4), spec(InputVisibility::Committed, OutputKind::Class, 2), 7);
    let error = |claim: &Claim<'_>| case.circuit.assign(claim).unwrap_err();
    let count = |what, found, expected| AssignError::Count { what, found, expected };
    let one = &case.inputs[..1];
    assert_eq!(error(&Claim { inputs: one, ..case.claim() }), count("inputs", 1, 2));
    assert_eq!(error(&Claim { input_salts: &[], ..case.claim() }), count("input salts", 0, 2));
    assert_eq!(error(&Claim { model_salt: None, ..case.claim() }), count("model salts", 0, 1));
    let short = Answer::Class(vec![1]);
    assert_eq!(error(&Claim { answer: &short, ..case.claim() }), count("classes", 1, 2));
    let tenth = Answer::Class(vec![1, 4]);
    let text = error(&Claim { answer: &tenth, ..case.claim() }).to_string();
    assert_eq!(text, "class: 4, expected 0 to 3");
    let kind = Answer::TopK(vec![1, 2]);
    let text = error(&Claim { answer: &kind, ..case.claim() }).to_string();
    assert_eq!(text, "the claim is of kind top_k, the circuit proves class");
    let wider = committed(little(3), 6, 9).model(4);
    let text = error(&Claim { model: &wider, ..case.claim() }).to_string();
    assert_eq!(text, "weights of layer0: found 12 values of 6 bits, the circuit was built for 12 values of 5 bits");
    let open = little(3).model(4);
    let text = error(&Claim { model: &open, ..case.claim() }).to_string();
    assert_eq!(text, "weights of layer0: found public, the circuit was built for committed");
    assert_eq!(case.circuit.wire("nothing").unwrap_err().to_string(), "the circuit has no wire `nothing`");
    let small = Case::random(little(3).model(4), private(OutputKind::Class), 1);
    let foreign = case.circuit.check(&small.circuit.assign(&small.claim()).unwrap()).unwrap_err();
    assert!(matches!(foreign, Unsatisfied::Wires { found, expected } if found < expected), "{foreign}");
    let shown = format!("{:?}", small.circuit.assign(&small.claim()).unwrap());
    assert_eq!(shown, format!("Assignment({} wires)", small.circuit.shape().witnesses + 3));
}

#[test]
fn circuit__long_sums_that_are_read_often__get_wires_of_their_own() {
    // Sums of 36 values, each read by 60 rows.
    let mut rng = StdRng::seed_from_u64(5);
    let (rows, biases) = params(&mut rng, 60, 4, 8);
    let net = Net::new([1, 12, 12], 0, 1).pool(LayerEntry::SumPool, [6, 6], [6, 6]).dense(rows, biases);
    let (rows, biases) = params(&mut rng, 3, 60, 8);
    let case = Case::random(net.square().dense(rows, biases).model(3), private(OutputKind::Class), 1);
    check_truth(&case);
    assert_eq!(case.forge(&[("layer0.value[2]", case.changed("layer0.value[2]", 1))])[0], "layer0.value[2] equal");
}

#[test]
fn circuit__values_that_the_answer_does_not_depend_on__cost_nothing() {
    let mut rng = StdRng::seed_from_u64(5);
    let (rows, biases) = params(&mut rng, 3, 4, 8);
    // Of 5x5 squares, 2x2 pooling with stride 2 reads 4x4.
    let net = Net::new([1, 5, 5], 0, 3).square().pool(LayerEntry::SumPool, [2, 2], [2, 2]).dense(rows, biases);
    let case = Case::random(net.model(3), private(OutputKind::Logits), 1);
    check_truth(&case);
    assert_eq!(case.circuit.shape().constraints, 25 * 2 + 16 + 1);
}
