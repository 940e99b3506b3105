//! Attacks on circuits: forged assignments that one named constraint refuses, each with an accepting twin; wires that
//! nothing would pin; and the table `docs/negative_tests.md`, which has to name tests and constraints that exist.

use crate::case::{Case, committed, little, params, spec};
use crate::nets::{Net, image, root};
use ark_bn254::Fr;
use ark_ff::{Field, One};
use prover::circuit::{Answer, Assignment, Claim, Unsatisfied};
use prover::groth16::{ProofDocument, ProveError, Rejection, prove, setup, verify};
use prover::model::manifest::LayerEntry;
use prover::model::{InputVisibility, OutputKind};
use prover::{Circuit, CircuitSpec, infer};
use rand::{SeedableRng, rngs::OsRng, rngs::StdRng};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const INPUTS: [InputVisibility; 3] = [InputVisibility::Public, InputVisibility::Private, InputVisibility::Committed];
const OUTPUTS: [OutputKind; 4] = [OutputKind::Class, OutputKind::Logits, OutputKind::Score, OutputKind::TopK { k: 2 }];

fn private(output: OutputKind) -> prover::CircuitSpec {
    spec(InputVisibility::Private, output, 1)
}

/// Every kind of layer in one small network: padding, rounding, both ends of a ReLU, maxima, averages, squares.
fn every_layer(seed: u64) -> Net {
    let mut rng = StdRng::seed_from_u64(seed);
    let (rows, biases) = params(&mut rng, 2, 9, 8);
    let net = Net::new([1, 6, 6], 0, 15).conv(([3, 3], [1, 1], [1, 0, 0, 1], 1), rows, biases).rescale(4);
    let net = net.relu(Some(20.into())).pool(LayerEntry::MaxPool, [2, 2], [2, 2]).square().rescale(3);
    let net = net.relu(None).pool(LayerEntry::AvgPool, [2, 2], [2, 2]);
    let (rows, biases) = params(&mut rng, 3, 2, 8);
    net.dense(rows, biases)
}

/// Small circuits of every kind, each with a true claim.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (weights, batch) in [(false, 1), (true, 1), (false, 2)] {
        for (input, output) in INPUTS.into_iter().flat_map(|input| OUTPUTS.map(|output| (input, output))) {
            let net = if weights { committed(little(3), 5, 9) } else { little(3) };
            cases.push(Case::random(net.model(4), spec(input, output, batch), 7));
        }
    }
    cases.extend(OUTPUTS.map(|output| Case::random(every_layer(1).model(3), private(output), 2)));
    cases.push(Case::random(committed(every_layer(1), 5, 9).model(3), private(OutputKind::Class), 2));
    cases
}

fn violated(circuit: &Circuit, assignment: &Assignment) -> Vec<String> {
    match circuit.check(assignment) {
        Ok(()) => Vec::new(),
        Err(Unsatisfied::Constraints { first, others }) => [vec![first], others].concat(),
        Err(other) => panic!("{other}"),
    }
}

/// What a value may be replaced by: the next one, the other bit, its negative, and something arbitrary.
fn changes() -> [fn(Fr) -> Fr; 4] {
    [
        |value| value + Fr::one(),
        |value| Fr::one() - value,
        |value| -value,
        |value| value * Fr::from(2).inverse().unwrap() + Fr::from(0xdead_beef_u64),
    ]
}

/// Changes each wire alone, all others as they are: some constraint fails.
fn check_pinned(case: &Case) {
    let assignment = case.circuit.assign(&case.claim()).unwrap();
    for change in changes() {
        let mut free = case.circuit.unpinned(&assignment, change).unwrap();
        // What bit 0 of a range check is the rest of can take the rest's other value: a lower bound that is as true as
        // the claimed one, a private input that nothing but clipped values depends on. And where a value is zero, the
        // flags for either sign are right.
        let is_private = case.spec.input == InputVisibility::Private;
        let may_differ = |name: &str| match family(name) {
            "min_score" | "positive" | "leads" => true,
            family => family == "value" && is_private,
        };
        free.retain(|name| !may_differ(name));
        assert_eq!(free, ["binding"], "{} {}", case.model.name(), case.circuit.spec());
    }
}

#[test]
fn attacks__each_wire_changed_alone__breaks_a_constraint_but_for_the_binding() {
    cases().iter().for_each(check_pinned);
}

#[test]
fn attacks__each_wire_of_the_bundled_networks__is_pinned_but_for_the_binding() {
    let bundled = crate::shape::bundled();
    assert!(bundled.len() >= 2);
    for (_, model) in bundled {
        let (spec, input) = (CircuitSpec::of(&model), model.input().tensor(image(0)).unwrap());
        check_pinned(&Case::new(model, spec, vec![input]));
    }
}

/// The family of a wire within its layer and input: `positive` of `item[1].layer2.positive[3]`.
fn family(name: &str) -> &str {
    let name = if name.starts_with("item[") { name.split_once("].").unwrap().1 } else { name };
    let name = if name.ends_with(']') && !name.contains(".bit[") { name.rsplit_once('[').unwrap().0 } else { name };
    name.rsplit('.').next().unwrap()
}

/// An untrue claim of the case's kind about the same input.
fn lie(case: &Case) -> Answer {
    match case.answer.clone() {
        Answer::Class(mut classes) => {
            classes[0] = (classes[0] + 1) % case.model.classes().len();
            Answer::Class(classes)
        }
        Answer::Logits(mut logits) => {
            // No logit of these networks is at the upper end of its bounds.
            logits[0][0] += 1;
            Answer::Logits(logits)
        }
        Answer::Score { classes, min_score } => Answer::Score { classes, min_score: min_score + 1 },
        Answer::TopK(mut classes) => {
            classes[0] = infer(&case.model, &case.inputs[0]).unwrap().top_k(case.model.classes().len()).pop().unwrap();
            Answer::TopK(classes)
        }
    }
}

/// One wire is forged, and all that follows from it follows, but for the public inputs, which stay as they are.
#[test]
fn attacks__each_wire_forged_with_all_that_follows__proves_no_lie() {
    let (mut n_forged, mut ambiguous) = (0, BTreeSet::new());
    let mut cases: Vec<_> = OUTPUTS.map(|output| Case::random(every_layer(1).model(3), private(output), 2)).into();
    cases.extend(OUTPUTS.map(|output| Case::random(little(3).model(4), private(output), 7)));
    for input in [InputVisibility::Public, InputVisibility::Committed] {
        cases.push(Case::random(little(3).model(4), spec(input, OutputKind::Class, 1), 7));
    }
    cases.push(Case::random(committed(little(3), 5, 9).model(4), private(OutputKind::Class), 7));
    for case in cases {
        let lie = lie(&case);
        for (answer, is_lie) in [(&case.answer, false), (&lie, true)] {
            let claim = Claim { answer, ..case.claim() };
            let honest = case.circuit.assign(&claim).unwrap();
            assert_eq!(violated(&case.circuit, &honest).is_empty(), !is_lie);
            let public: Vec<_> = case.circuit.wires().take(case.circuit.public_inputs().len()).collect();
            let public: Vec<_> = public.into_iter().map(|(wire, _)| (wire, honest.get(wire).unwrap())).collect();
            // A sponge's wires are all alike; its own tests forge each.
            let private = case.circuit.wires().skip(public.len()).filter(|(_, name)| !name.contains(".poseidon["));
            for (wire, name) in private {
                // Of a private input nothing but the answer is told: another one may well have another answer.
                if family(&name) == "value" && case.spec.input == InputVisibility::Private {
                    continue;
                }
                let value = honest.get(wire).unwrap();
                for forged in [value + Fr::one(), Fr::one() - value] {
                    let forged = [public.as_slice(), &[(wire, forged)]].concat();
                    let found = violated(&case.circuit, &case.circuit.assign_forged(&claim, &forged).unwrap());
                    if found.is_empty() {
                        assert!(!is_lie, "{}: {name}", case.circuit.spec());
                        ambiguous.insert(family(&name).to_owned());
                    }
                    n_forged += 1;
                }
            }
        }
    }
    assert!(n_forged > 5_000, "{n_forged}");
    // Where a value is zero, or equal to what it is compared with, either flag gives the same result; and the rivals that
    // top-k exempts need not be the largest. Nothing else has a choice.
    let harmless = ["positive", "leads", "saturated", "exempt"].map(str::to_owned);
    assert!(ambiguous.iter().all(|family| harmless.contains(family)), "{ambiguous:?}");
}

#[test]
fn attacks__wire_that_nothing_reads__is_found() {
    // The twin of the search: a pixel whose weights are all zero is in no constraint but its own range check.
    let mut rng = StdRng::seed_from_u64(1);
    let (mut rows, biases) = params(&mut rng, 3, 4, 8);
    rows.iter_mut().for_each(|row| row[2] = 0);
    let case = Case::random(Net::new([1, 2, 2], 0, 1).dense(rows, biases).model(3), private(OutputKind::Logits), 1);
    let assignment = case.circuit.assign(&case.claim()).unwrap();
    let flip = |value: Fr| Fr::one() - value;
    let free = case.circuit.unpinned(&assignment, flip).unwrap();
    assert_eq!(free, ["binding", "value[2]"]);
}

#[test]
fn attacks__pixel_out_of_range__breaks_its_range_check() {
    for (max, outside) in [(1, vec![2, 3, 255]), (4, vec![5, 6, 7, 8]), (255, vec![256, 1_000])] {
        let mut rng = StdRng::seed_from_u64(3);
        let (rows, biases) = params(&mut rng, 3, 4, 8);
        let case =
            Case::random(Net::new([1, 2, 2], 0, max).dense(rows, biases).model(3), private(OutputKind::Class), 1);
        for inside in [0, max] {
            // The accepting twin: whatever it makes of the class, the value itself is a pixel.
            let found = case.forge(&[("value[1]", Fr::from(inside as u64))]);
            assert!(found.iter().all(|name| name.starts_with("argmax.lead")), "{found:?}");
        }
        let negative = [-Fr::one(), -Fr::from(1_000), Fr::from(2).inverse().unwrap()];
        for value in outside.into_iter().map(Fr::from).chain(negative) {
            let found = case.forge(&[("value[1]", value)]);
            let own = |name: &&String| name.starts_with("value[1]") && name.ends_with("in range");
            assert!(found.iter().any(|name| own(&name)), "{max} {value}: {found:?}");
        }
    }
}

#[test]
fn attacks__swapped_answers_of_a_batch__break_the_leads_of_both() {
    let (model, spec) = (little(2).model(4), spec(InputVisibility::Private, OutputKind::Class, 2));
    let case = (0..50).map(|seed| Case::random(model.clone(), spec, seed));
    let differ = |case: &Case| matches!(&case.answer, Answer::Class(classes) if classes[0] != classes[1]);
    let case = case.into_iter().find(differ).unwrap();
    assert_eq!(case.forge(&[]), [""; 0]);
    let Answer::Class(classes) = &case.answer else { panic!("classes were asked for") };
    let found = case.answered(&Answer::Class(vec![classes[1], classes[0]]));
    for item in 0..2 {
        assert!(found.iter().any(|name| name.starts_with(&format!("item[{item}].argmax.lead["))), "{found:?}");
    }
    // The packed answer swapped, the selectors left as they are.
    let swapped = Fr::from((classes[1] + 16 * classes[0]) as u64);
    assert_eq!(case.forge(&[("classes[0]", swapped)]), ["classes[0] equal"]);
}

#[test]
fn attacks__other_logits_or_other_packing_of_them__break_the_packing() {
    let case = Case::random(little(2).model(4), private(OutputKind::Logits), 4);
    assert_eq!(case.forge(&[]), [""; 0]);
    let packed = case.value("logits[0]");
    let layout = prover::circuit::Layout::of(&case.model, &case.spec).unwrap();
    let bits = layout.logits.unwrap().bits();
    // One logit more by what the next is less, a logit beyond its bits, another order.
    let carry = Fr::from(2).pow([bits as u64]);
    for forged in [packed + Fr::one(), packed - carry, packed + carry - Fr::one(), -packed] {
        assert_eq!(case.forge(&[("logits[0]", forged)]), ["logits[0] equal"]);
    }
    let Answer::Logits(logits) = &case.answer else { panic!("logits were asked for") };
    let mut swapped = logits.clone();
    swapped[0].swap(0, 1);
    assert_eq!(case.answered(&Answer::Logits(swapped)), ["logits[0] equal"]);
    let mut beyond = logits.clone();
    beyond[0][0] += num_bigint::BigInt::from(1) << bits;
    let refused = case.circuit.assign(&Claim { answer: &Answer::Logits(beyond), ..case.claim() }).unwrap_err();
    assert!(refused.to_string().starts_with("logits:"), "{refused}");
}

#[test]
fn attacks__public_input_beyond_its_bits__is_no_statement() {
    let case = Case::random(little(2).model(4), spec(InputVisibility::Public, OutputKind::Class, 1), 4);
    let (key, vk) = setup(&case.circuit, &mut OsRng).unwrap();
    let assignment = case.circuit.assign(&case.claim()).unwrap();
    let proof = prove(&key, &case.circuit, &assignment, &mut OsRng).unwrap();
    let honest = assignment.public_inputs().to_vec();
    assert_eq!(verify(&vk, &honest, &proof), Ok(()));
    for (k, input) in case.circuit.public_inputs().iter().enumerate() {
        let mut values = honest.clone();
        values[k] = Fr::from(2).pow([u64::from(input.bits)]);
        match verify(&vk, &values, &proof) {
            Err(Rejection::InputTooLarge { name, bits, .. }) => {
                assert_eq!((name, bits), (input.name.clone(), input.bits))
            }
            other => panic!("{other:?}"),
        }
        let document = ProofDocument::new(&vk, case.binding, &values[1..], proof.clone());
        // The binding is packed from 28 bytes: a document cannot even hold another one.
        assert_eq!(document.is_err(), k > 0);
    }
    // Another binding, and any other public input within its bits.
    for k in 0..honest.len() {
        let mut values = honest.clone();
        values[k] += Fr::one();
        assert_eq!(verify(&vk, &values, &proof), Err(Rejection::Pairing), "{k}");
    }
}

#[test]
fn attacks__replaced_weights_under_an_unchanged_key__have_another_key() {
    // zkml's hole: its key does not depend on weights, and nothing else does either. Public weights are in the circuit.
    let case = Case::random(little(2).model(4), private(OutputKind::Class), 4);
    let (key, vk) = setup(&case.circuit, &mut OsRng).unwrap();
    let honest = case.circuit.assign(&case.claim()).unwrap();
    assert!(prove(&key, &case.circuit, &honest, &mut OsRng).is_ok());
    // Another network of the same architecture, which says otherwise of the same input.
    let others = (0..50).map(|seed| Case::new(little(seed).model(4), case.spec, case.inputs.clone()));
    let other = others.into_iter().find(|other| other.answer != case.answer).unwrap();
    let theirs = other.circuit.assign(&other.claim()).unwrap();
    assert_eq!(violated(&other.circuit, &theirs), [""; 0]);
    match prove(&key, &other.circuit, &theirs, &mut OsRng) {
        Err(ProveError::OtherCircuit { key, circuit }) => assert_ne!(key.id, circuit.id),
        other => panic!("{other:?}"),
    }
    // What it says is a lie in this circuit, whichever model is given to the prover.
    let found = case.forge_claim(&Claim { model: &other.model, answer: &other.answer, ..case.claim() }, &[]);
    assert!(found[0].starts_with("argmax.lead["), "{found:?}");
    let (_, other_vk) = setup(&other.circuit, &mut OsRng).unwrap();
    assert_ne!(other_vk.digest(), vk.digest());
}

#[test]
fn attacks__every_output_value__is_pinned_by_constraints() {
    // nChain's hole: outputs that no constraint ties to the computation, so that any digit satisfies.
    for output in OUTPUTS {
        let case = Case::random(little(2).model(4), private(output), 4);
        let said: Vec<_> = case.circuit.public_inputs().iter().skip(1).map(|input| input.name.clone()).collect();
        for name in said {
            let mut accepted = BTreeSet::new();
            for value in 0..64u64 {
                if case.forge(&[(&name, Fr::from(value))]).is_empty() {
                    accepted.insert(value);
                }
            }
            let true_classes: BTreeSet<u64> = match (&case.answer, name.as_str()) {
                (Answer::Class(classes) | Answer::Score { classes, .. }, "class") => {
                    classes.iter().map(|c| *c as u64).collect()
                }
                (Answer::TopK(_), _) => {
                    infer(&case.model, &case.inputs[0]).unwrap().top_k(2).iter().map(|c| *c as u64).collect()
                }
                // A least score is a lower bound; logits are one number.
                _ => continue,
            };
            assert!(accepted.is_subset(&true_classes), "{output:?} {name} {accepted:?}");
            assert!(accepted.contains(&u64::try_from(num_bigint::BigUint::from(case.value(&name))).unwrap()));
        }
    }
}

#[test]
fn attacks__sums_that_would_wrap__are_refused_before_there_is_a_circuit() {
    // sCrypt's second layer wraps modulo 2^64. Here a square too many is refused, and one less is computed exactly.
    let mut rng = StdRng::seed_from_u64(3);
    let (rows, biases) = params(&mut rng, 3, 4, 8);
    let squares = |n: usize| {
        let net = (0..n).fold(Net::new([1, 2, 2], 0, 255), |net, _| net.square());
        net.dense(rows.clone(), biases.clone()).load(3)
    };
    let found = (1..8).map(|n| squares(n).is_ok()).collect::<Vec<_>>();
    assert_eq!(found, [true, true, true, true, false, false, false]);
    let case = Case::random(squares(4).unwrap(), private(OutputKind::Logits), 1);
    assert_eq!(case.forge(&[]), [""; 0]);
    let error = squares(5).unwrap_err().to_string();
    assert!(error.contains("252"), "{error}");
}

/// Names of all functions with a body in the sources, by file.
fn functions() -> BTreeMap<String, usize> {
    fn visit(folder: &Path, found: &mut BTreeMap<String, usize>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let mut is_test = false;
                for line in text.lines().map(str::trim) {
                    is_test |= line == "#[test]";
                    if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
                        *found.entry(rest.split(['(', '<']).next().unwrap().to_owned()).or_default() += 1;
                        is_test = false;
                    }
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    for folder in [
        "prover/src",
        "prover/tests",
        "script-gen/src",
        "script-gen/tests",
        "node-tests/tests",
        "model-import/tests",
        "statement/src",
        "cli/tests",
    ] {
        visit(&root().join(folder), &mut found);
    }
    found
}

/// Texts between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// A name of a constraint without its indexes, its input's place in a batch and its layer's name:
/// `argmax.lead[] in range`, `LAYER.positive[] boolean`.
fn kind_of(name: &str) -> String {
    let name = if name.starts_with("item[") { name.split_once("].").unwrap().1 } else { name };
    let name = match name.split_once('.') {
        Some((layer, rest)) if layer.starts_with("layer") => format!("LAYER.{rest}"),
        _ => name.to_owned(),
    };
    let mut kind = String::new();
    let mut inside = false;
    for c in name.chars() {
        inside &= c != ']';
        if !inside {
            kind.push(c);
        }
        inside |= c == '[';
    }
    kind
}

/// All kinds of constraints that the circuits of this table can print.
fn kinds() -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for case in cases() {
        kinds.extend(case.circuit.constraint_names().map(|name| kind_of(&name)));
    }
    kinds.extend(crate::accuracy::constraint_names().map(|name| kind_of(&name)));
    kinds.extend(crate::sale::constraint_names().map(|name| kind_of(&name)));
    kinds
}

#[test]
fn attacks__table__names_tests_and_constraints_that_exist() {
    let text = std::fs::read_to_string(root().join("docs/negative_tests.md")).unwrap();
    let (functions, kinds) = (functions(), kinds());
    assert!(!functions.contains_key("attacks__no_such_attack__is_made") && !kinds.contains("argmax.lead[] boolean"));
    let mut n_rows = 0;
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [attack, _, stops, tests] = cells[..] else { panic!("{line}: expected four cells") };
        assert!(quoted(tests).count() > 0, "{attack}: no test");
        for test in quoted(tests) {
            assert!(functions.contains_key(test), "{attack}: there is no test {test}");
        }
        for constraint in quoted(stops) {
            assert!(kinds.contains(&kind_of(constraint)), "{attack}: no circuit has a constraint {constraint}");
        }
        n_rows += 1;
    }
    assert!(n_rows >= 25, "{n_rows}");
}
