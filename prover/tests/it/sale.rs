//! Model sales: what an accuracy certificate says, of the model that a public key decrypts a public ciphertext to.

use crate::accuracy::{BINDING, CORRECT, N, Parts, class, labelled, set, violated};
use crate::nets::{image, root};
use ark_bn254::Fr;
use ark_ff::{Field, One};
use prover::accuracy::AccuracySpec;
use prover::circuit::{AccuracyClaim, AccuracyFormula, Answer, AssignError, Assignment, Claim, SaleClaim, WeightTie};
use prover::groth16::{ProveError, Rejection, prove, setup, verify};
use prover::model::{InputVisibility, OutputKind};
use prover::public::{PublicInput, binding_value};
use prover::sale::{Ciphertext, SaleKey};
use prover::{Circuit, CircuitSpec, Model, Salt, infer};
use rand::rngs::OsRng;
use std::sync::OnceLock;

struct Case {
    model: Model,
    circuit: Circuit,
    key: SaleKey,
}

impl Case {
    fn new(parts: &Parts) -> Self {
        let model = parts.model();
        // As the buyer makes it: without the weights.
        let circuit = Circuit::sale(&model.architecture(), &set(&model)).unwrap();
        Self { model, circuit, key: SaleKey::random(&mut OsRng) }
    }

    fn claim(&self, min_correct: u64) -> SaleClaim<'_> {
        SaleClaim { binding: &BINDING, model: &self.model, key: &self.key, min_correct }
    }

    fn honest(&self) -> Assignment {
        self.circuit.assign_sale(&self.claim(CORRECT as u64)).unwrap()
    }

    fn value(&self, name: &str) -> Fr {
        self.honest().get(self.circuit.wire(name).unwrap()).unwrap()
    }

    /// Names of the violated constraints when `claim` is made with these wires forged.
    fn forge(&self, claim: &SaleClaim<'_>, forged: &[(&str, Fr)]) -> Vec<String> {
        let forged: Vec<_> = forged.iter().map(|(name, value)| (self.circuit.wire(name).unwrap(), *value)).collect();
        violated(&self.circuit, &self.circuit.assign_sale_forged(claim, &forged).unwrap())
    }

    fn violated(&self, min_correct: u64, forged: &[(&str, Fr)]) -> Vec<String> {
        self.forge(&self.claim(min_correct), forged)
    }
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| Case::new(&Parts::products(4, 2, 0)))
}

/// Names of the constraints of a small sale.
pub(crate) fn constraint_names() -> impl Iterator<Item = String> {
    case().circuit.constraint_names()
}

#[test]
fn sale__true_claim__is_about_the_ciphertext_that_the_buyer_has() {
    // One block of stream, and two.
    for parts in [Parts::products(4, 2, 0), Parts::products(4, 3, 0)] {
        let case = Case::new(&parts);
        let ciphertext = Ciphertext::encrypt(&case.model, &case.key).unwrap();
        let expected =
            [binding_value(&BINDING), Fr::from(CORRECT as u64), ciphertext.digest().element(), case.key.element()];
        assert_eq!(case.honest().public_inputs(), expected);
        assert_eq!(case.circuit.check(&case.honest()), Ok(()));
        assert_eq!(case.circuit.n_counted(&case.honest()), Ok(CORRECT));
        let bought = ciphertext.decrypt(&case.key, &case.model.architecture()).unwrap();
        assert_eq!(bought.to_parts(), case.model.to_parts());
    }
    let names = [PublicInput::binding(), PublicInput::new("min_correct", 4)];
    let more = [PublicInput::new("ciphertext_digest", 254), PublicInput::new("sale_key", 128)];
    assert_eq!(case().circuit.public_inputs(), [names, more].concat());
}

#[test]
fn sale__every_threshold__holds_up_to_the_true_count_and_no_further() {
    for min_correct in 0..16 {
        let expected: &[&str] = if min_correct <= CORRECT as u64 { &[] } else { &["min_correct in range"] };
        assert_eq!(case().violated(min_correct, &[]), expected, "{min_correct}");
    }
    let beyond = case().circuit.assign_sale(&case().claim(16));
    assert!(matches!(beyond, Err(AssignError::OutOfRange { what, .. }) if what == "min_correct"));
}

#[test]
fn sale__claiming_an_input_it_gets_wrong__breaks_that_inputs_leads() {
    let case = case();
    for index in CORRECT..N {
        let flag = format!("input[{index}].correct");
        let found = case.violated(CORRECT as u64 + 1, &[(&flag, Fr::one())]);
        let own = |name: &String| name.starts_with(&format!("input[{index}].lead[")) && name.ends_with("in range");
        assert!(!found.is_empty() && found.iter().all(own), "{found:?}");
    }
}

#[test]
fn sale__another_key__breaks_an_unchanged_digest() {
    let case = case();
    let digest = case.value("ciphertext_digest");
    let key = SaleKey::random(&mut OsRng);
    let claim = SaleClaim { key: &key, ..case.claim(0) };
    // The twin: with the digest of what that key encrypts, it is a sale of its own.
    assert_eq!(case.forge(&claim, &[]), [""; 0]);
    assert_eq!(case.forge(&claim, &[("ciphertext_digest", digest)]), ["ciphertext_digest equal"]);
    // The key that the stream was made with, but another one made public: the first block's first S-box tells.
    let first = "keystream[0].poseidon[0].round[0].sbox[1].square";
    let found = case.forge(&claim, &[("ciphertext_digest", digest), (first, case.value(first))]);
    assert!(found.contains(&format!("{first} product")), "{found:?}");
}

#[test]
fn sale__each_changed_word_of_the_ciphertext__breaks_the_digest_alone() {
    let case = case();
    let ciphertext = Ciphertext::encrypt(&case.model, &case.key).unwrap();
    let file: serde_json::Value = serde_json::from_str(&ciphertext.to_json()).unwrap();
    for word in 0..ciphertext.n_words() {
        let mut file = file.clone();
        file["words"][word] = format!("{:064x}", 77).into();
        let other = Ciphertext::from_json(file.to_string().as_bytes()).unwrap().digest().element();
        assert_eq!(case.violated(0, &[("ciphertext_digest", other)]), ["ciphertext_digest equal"], "{word}");
    }
}

#[test]
fn sale__swapped_weight_under_an_unchanged_digest__breaks_the_digest_alone() {
    let case = case();
    let digest = case.value("ciphertext_digest");
    for weight in ["u.weight[17]", "v.weight[3]", "u.bias[2]", "v.bias[19]"] {
        // A digit that stays in range: only the ciphertext tells.
        let digit = if case.value(weight) == Fr::from(2) { Fr::from(3) } else { Fr::from(2) };
        let forged = [(weight, digit), ("ciphertext_digest", digest)];
        assert_eq!(case.violated(0, &forged), ["ciphertext_digest equal"], "{weight}");
        assert_eq!(case.violated(0, &forged[..1]), [""; 0], "{weight}: another model, another ciphertext");
    }
}

#[test]
fn sale__weight_out_of_its_range__breaks_its_range_check() {
    let case = case();
    for digit in [Fr::from(8), -Fr::one()] {
        assert_eq!(case.violated(0, &[("u.weight[5]", digit)]), ["u.weight[5] in range"]);
    }
    // A carry into the neighbour packs to the same word, so the ciphertext is the same: the range check alone stops it.
    let (low, high) = (case.value("u.weight[0]"), case.value("u.weight[1]"));
    let (more, less) = (low + Fr::from(8), high - Fr::one());
    let mut found = case.violated(0, &[("u.weight[0]", more), ("u.weight[1]", less)]);
    found.retain(|name| name.starts_with("u.weight") || name.starts_with("ciphertext_digest"));
    assert!(found.contains(&"u.weight[0] in range".to_owned()), "{found:?}");
    let digest = |forged: &[(&str, Fr)]| {
        let forged: Vec<_> = forged.iter().map(|(name, value)| (case.circuit.wire(name).unwrap(), *value)).collect();
        let assignment = case.circuit.assign_sale_forged(&case.claim(0), &forged).unwrap();
        assignment.get(case.circuit.wire("ciphertext_digest").unwrap()).unwrap()
    };
    assert_eq!(digest(&[("u.weight[0]", more), ("u.weight[1]", less)]), case.value("ciphertext_digest"));
}

#[test]
fn sale__key_of_more_than_128_bits__breaks_its_range_check() {
    let (case, above) = (case(), Fr::from(u128::MAX) + Fr::one());
    for key in [above, above + case.key.element(), -Fr::one(), Fr::from(2).inverse().unwrap()] {
        // All that follows from it follows: stream, ciphertext and digest are those of the key that is said.
        assert_eq!(case.violated(0, &[("sale_key", key)]), ["sale_key in range"], "{key}");
    }
    // The twin: the largest key there is.
    let largest = SaleKey::from_hex(&"f".repeat(32)).unwrap();
    assert_eq!(case.forge(&SaleClaim { key: &largest, ..case.claim(0) }, &[]), [""; 0]);
    // What the bits lack, put into one of them.
    let top = ("sale_key.bit[127]", Fr::from(2) + case.value("sale_key.bit[127]"));
    let found = case.violated(0, &[("sale_key", above + case.key.element()), top]);
    assert_eq!(found, ["sale_key.bit[127] boolean"]);
}

#[test]
fn sale__each_wire_changed_alone__breaks_a_constraint_but_for_the_binding() {
    let (case, half) = (case(), Fr::from(2).inverse().unwrap());
    let honest = case.honest();
    let changes: [&dyn Fn(Fr) -> Fr; 4] =
        [&|value| value + Fr::one(), &|value| Fr::one() - value, &|value| -value, &|value| value * half + Fr::from(77)];
    for change in changes {
        // One less than is claimed is another true number.
        let mut free = case.circuit.unpinned(&honest, change).unwrap();
        free.retain(|name| name != "min_correct");
        assert_eq!(free, ["binding"]);
    }
}

/// One wire is forged, and all that follows from it follows, but for the public inputs, which stay as they are.
#[test]
fn sale__each_wire_forged_with_all_that_follows__proves_no_lie() {
    let case = Case::new(&Parts::products(4, 1, 0));
    let names: Vec<_> = case.circuit.wires().collect();
    let (public, private) = names.split_at(case.circuit.public_inputs().len());
    let mut n_forged = 0;
    for (min_correct, is_lie) in [(CORRECT, false), (CORRECT + 1, true)] {
        let claim = case.claim(min_correct as u64);
        let honest = case.circuit.assign_sale(&claim).unwrap();
        assert_eq!(violated(&case.circuit, &honest).is_empty(), !is_lie);
        let public: Vec<_> = public.iter().map(|(wire, _)| (*wire, honest.get(*wire).unwrap())).collect();
        // A sponge's wires are all alike, as are all weights and the bits of leads.
        let alike = |name: &str| [".poseidon[", ".bit[", ".weight["].iter().any(|family| name.contains(family));
        let each = private.iter().filter(|(_, name)| !alike(name));
        for (wire, name) in each.chain(private.iter().filter(|(_, name)| alike(name)).step_by(29)) {
            let value = honest.get(*wire).unwrap();
            for forged in [value + Fr::one(), Fr::one() - value] {
                let forged = [public.as_slice(), &[(*wire, forged)]].concat();
                let found = violated(&case.circuit, &case.circuit.assign_sale_forged(&claim, &forged).unwrap());
                assert!(!found.is_empty(), "{min_correct}: {name}");
                n_forged += 1;
            }
        }
    }
    assert!(n_forged > 1_000, "{n_forged}");
}

#[test]
fn sale__proof__is_accepted_for_its_claim_and_refused_for_every_other() {
    let case = case();
    let (key, vk) = setup(&case.circuit, &mut OsRng).unwrap();
    let assignment = case.honest();
    let proof = prove(&key, &case.circuit, &assignment, &mut OsRng).unwrap();
    let inputs = assignment.public_inputs();
    assert_eq!(verify(&vk, inputs, &proof), Ok(()));
    for index in 0..inputs.len() {
        let mut other = inputs.to_vec();
        other[index] -= Fr::one();
        assert_eq!(verify(&vk, &other, &proof), Err(Rejection::Pairing), "{index}");
    }
    let mut wide = inputs.to_vec();
    wide[3] += Fr::from(u128::MAX) + Fr::one();
    let refused = verify(&vk, &wide, &proof);
    assert!(matches!(&refused, Err(Rejection::InputTooLarge { name, bits: 128, .. }) if name == "sale_key"));
    let boast = case.circuit.assign_sale(&case.claim(CORRECT as u64 + 1)).unwrap();
    let boast = prove(&key, &case.circuit, &boast, &mut OsRng);
    assert!(matches!(boast, Err(ProveError::Unsatisfied(_))), "{boast:?}");
}

#[test]
fn sale__claims_of_another_kind_or_shape__are_refused_by_name() {
    let case = case();
    let kind = |found: &str, expected: &Circuit| {
        Err::<Assignment, _>(AssignError::Kind { found: found.to_owned(), expected: expected.spec().to_owned() })
    };
    let salt = Salt::random(&mut OsRng);
    let certificate = AccuracyClaim { binding: &BINDING, model: &case.model, model_salt: &salt, min_correct: 0 };
    assert_eq!(case.circuit.assign_accuracy(&certificate), kind("accuracy", &case.circuit));
    let accuracy = Circuit::accuracy(&case.model, &set(&case.model)).unwrap();
    assert_eq!(accuracy.assign_sale(&case.claim(0)), kind("sale", &accuracy));
    assert!(accuracy.assign_accuracy(&certificate).is_ok());
    let claim = Claim {
        binding: &BINDING,
        model: &case.model,
        model_salt: Some(&salt),
        inputs: &[],
        input_salts: &[],
        answer: &Answer::Class(vec![0]),
    };
    assert_eq!(case.circuit.assign(&claim), kind("class", &case.circuit));
    let wider = Parts::products(4, 3, 0).model();
    let wider = case.circuit.assign_sale(&SaleClaim { model: &wider, ..case.claim(0) });
    assert!(matches!(&wider, Err(AssignError::Model { what, .. }) if what == "weights of u"), "{wider:?}");
    let spec: AccuracySpec = case.circuit.spec().parse().unwrap();
    assert_eq!((spec.tie, spec.n.get(), spec.set), (WeightTie::Ciphertext, N, set(&case.model).digest()));
}

/// Setup by the buyer, who has no weights.
#[test]
fn sale__architecture__makes_the_same_circuits_and_holds_no_hidden_weight() {
    let real = Model::load(&root().join("models/mnist-private")).unwrap();
    let blank = real.architecture();
    for layer in ["u1", "v1"] {
        let entry = blank.weights().layers.into_iter().find(|entry| entry.name == layer).unwrap();
        assert!(entry.weights.iter().flatten().all(|weight| *weight == 0));
        assert!(entry.biases.iter().all(|bias| bias == "0"));
    }
    let public = |model: &Model| model.weights().layers.into_iter().find(|entry| entry.name == "logits").unwrap();
    assert_eq!(public(&blank), public(&real));
    assert!(public(&blank).weights.iter().flatten().any(|weight| *weight != 0));
    // Neither the weights nor their hash are in the files.
    assert_ne!(blank.manifest().weights.sha256, real.manifest().weights.sha256);
    assert_eq!(blank.architecture().to_parts(), blank.to_parts());
    let (manifest, weights) = blank.to_parts();
    let read = Model::from_parts(&manifest, &weights).unwrap();
    let labels = (0..2).map(|k| class(&real, k));
    let set = labelled(&real, labels);
    type Build<'a> = Box<dyn Fn(&Model) -> Circuit + 'a>;
    let inference = |input| {
        let spec = CircuitSpec { input, output: OutputKind::Class, ..CircuitSpec::of(&real) };
        Box::new(move |model: &Model| Circuit::inference(model, &spec).unwrap()) as Build<'_>
    };
    let builds = [
        Box::new(|model: &Model| Circuit::sale(model, &set).unwrap()) as Build<'_>,
        Box::new(|model: &Model| Circuit::accuracy(model, &set).unwrap()),
        inference(InputVisibility::Private),
        inference(InputVisibility::Public),
        inference(InputVisibility::Committed),
    ];
    for build in builds {
        assert_eq!(build(&read).id(), build(&real).id());
    }
    // What is blank is no model for sale: it says one thing of every image.
    let class_of = |model: &Model| infer(model, &model.input().tensor(image(0)).unwrap()).unwrap().class;
    assert_eq!((class_of(&real), class_of(&blank)), (7, 0));
}

#[test]
fn sale__constraints__equal_formula_whatever_the_number_of_blocks() {
    for units in [2, 3] {
        let model = Parts::products(4, units, 0).model();
        let circuit = Circuit::sale(&model, &set(&model)).unwrap();
        let formula = AccuracyFormula::of(&model, N, WeightTie::Ciphertext).unwrap();
        assert_eq!(circuit.shape().constraints, formula.constraints());
        // The certificate of the same model has the same but for what pins the weights.
        let certificate = AccuracyFormula::of(&model, N, WeightTie::Commitment).unwrap();
        let n = Ciphertext::encrypt(&model, &case().key).unwrap().n_words();
        let sponge = |n: usize| 612 * n.div_ceil(16) - 3 * (1 + 16usize.saturating_sub(n));
        assert_eq!(formula.weights + sponge(n + 1), certificate.weights + 128 + 564 * n.div_ceil(16) + sponge(n));
        assert_eq!((n > 16, formula.per_input), (units == 3, certificate.per_input));
    }
}
