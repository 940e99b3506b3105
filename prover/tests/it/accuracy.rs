//! Accuracy certificates: what is true is proved, and each way to exaggerate is refused by the constraint for it.

use ark_bn254::Fr;
use ark_ff::{Field, One};
use prover::accuracy::{AccuracySpec, LabelledSet, SetError};
use prover::circuit::{
    AccuracyClaim, AccuracyFormula, AssignError, Assignment, Circuit, CircuitError, Unsatisfied, WeightTie,
    committed_values, model_layout,
};
use prover::commitment::{ModelCommitment, Salt};
use prover::groth16::{ProveError, Rejection, prove, setup, verify};
use prover::model::{InputSpec, Shape};
use prover::public::binding_value;
use prover::{Dataset, Model, infer};
use rand::{Rng, SeedableRng, rngs::OsRng, rngs::StdRng};
use serde_json::{Value, json};
use statement::{Binding, Nonce, PubkeyHash};
use std::fmt::Write;
use std::path::Path;
use std::sync::OnceLock;

pub(crate) const BINDING: Binding = Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([1, 2, 3, 4, 5, 6, 7, 8]) };
/// Inputs of the small sets, and how many of them are labelled with the model's own class.
pub(crate) const N: usize = 10;
pub(crate) const CORRECT: usize = 6;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn mnist() -> &'static Dataset {
    static SET: OnceLock<Dataset> = OnceLock::new();
    SET.get_or_init(|| {
        let folder = root().join("models/data/mnist");
        let (images, labels) = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz");
        Dataset::load(&folder.join(images), &folder.join(labels)).unwrap()
    })
}

/// Editable manifest and weights of a model.
#[derive(Clone)]
pub(crate) struct Parts {
    layers: Vec<(Value, Vec<Vec<i64>>, Vec<String>)>,
    output: Value,
}

impl Parts {
    /// Sums of 4-bit pixels, `units` pairs of committed forms per class and their products, and a public head that adds
    /// each class's products with signs: 1, -1, 1, ..
    pub(crate) fn products(pool: usize, units: usize, seed: u64) -> Self {
        let (mut rng, n_inputs, h) = (StdRng::seed_from_u64(seed), (20 / pool).pow(2), 10 * units);
        let mut committed = |name: &str| {
            let rows = (0..h).map(|_| (0..n_inputs).map(|_| rng.gen_range(-4..4)).collect()).collect();
            let biases = (0..h).map(|_| rng.gen_range(-128..128i64).to_string()).collect();
            let layer = json!({
                "name": name, "op": "dense", "inputs": ["pooled"], "outputs": h, "weight_bits": 3, "bias_bits": 8,
                "weight_scale": "1", "visibility": "committed"
            });
            (layer, rows, biases)
        };
        let (u, v) = (committed("u"), committed("v"));
        let sign = |class: usize, k: usize| if k % 10 == class { 1 - 2 * (k as i64 / 10 % 2) } else { 0 };
        let head = (0..10).map(|class| (0..h).map(|k| sign(class, k)).collect()).collect();
        let pooled = json!({ "name": "pooled", "op": "sum_pool", "kernel": [pool, pool], "stride": [pool, pool] });
        let logits = json!({
            "name": "logits", "op": "dense", "outputs": 10, "weight_bits": 2, "bias_bits": 40, "weight_scale": "1",
            "visibility": "public"
        });
        let products = json!({ "name": "h", "op": "product", "inputs": ["u", "v"] });
        Self {
            layers: vec![
                (pooled, vec![], vec![]),
                u,
                v,
                (products, vec![], vec![]),
                (logits, head, vec!["0".to_owned(); 10]),
            ],
            output: json!({ "kind": "class" }),
        }
    }

    /// The same with a public layer of `h` forms in the sums, which the committed ones read.
    pub(crate) fn behind_public_layer(mut self, h: usize, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let n_inputs = self.layer("u").1[0].len();
        let rows = (0..h).map(|_| (0..n_inputs).map(|_| rng.gen_range(-4..4)).collect()).collect();
        let layer = json!({
            "name": "mixed", "op": "dense", "inputs": ["pooled"], "outputs": h, "weight_bits": 3, "bias_bits": 8,
            "weight_scale": "1", "visibility": "public"
        });
        for name in ["u", "v"] {
            let (manifest, rows, _) = self.layer(name);
            manifest["inputs"] = json!(["mixed"]);
            rows.iter_mut().for_each(|row| row.truncate(h));
        }
        self.layers.insert(1, (layer, rows, vec!["5".to_owned(); h]));
        self
    }

    pub(crate) fn layer(&mut self, name: &str) -> &mut (Value, Vec<Vec<i64>>, Vec<String>) {
        self.layers.iter_mut().find(|layer| layer.0["name"] == name).unwrap()
    }

    pub(crate) fn model(&self) -> Model {
        let layers: Vec<_> = self.layers.iter().map(|(layer, ..)| layer).collect();
        let linear = self.layers.iter().filter(|(_, rows, _)| !rows.is_empty());
        let weights: Vec<_> = linear
            .map(|(layer, rows, biases)| json!({ "name": layer["name"], "weights": rows, "biases": biases }))
            .collect();
        let weights = json!({ "format": "provelock-weights", "version": 2, "layers": weights });
        let weights = serde_json::to_vec(&weights).unwrap();
        let manifest = json!({
            "format": "provelock-model", "version": 2, "name": "generated", "task": "test",
            "input": {
                "shape": [1, 20, 20], "min": 0, "max": 15, "scale": "1", "visibility": "public",
                "image": { "side": 28, "crop": 20, "bits": 4 }
            },
            "layers": layers,
            "output": self.output,
            "classes": (0..10).map(|k| k.to_string()).collect::<Vec<_>>(),
            "weights": { "file": "weights.json", "sha256": prover::Digest::of(&weights) },
            "provenance": { "recipe": "generated by a test", "data": "none", "licence": "MIT OR Apache-2.0" },
        });
        Model::from_parts(&serde_json::to_vec(&manifest).unwrap(), &weights).unwrap()
    }
}

pub(crate) fn class(model: &Model, index: usize) -> usize {
    let tensor = model.input().tensor(mnist().get(index).unwrap().0).unwrap();
    infer(model, &tensor).unwrap().class
}

/// The first `n` test images with labels of our choice.
pub(crate) fn labelled(model: &Model, labels: impl IntoIterator<Item = usize>) -> LabelledSet {
    let images = mnist().iter().map(|(image, _)| image);
    LabelledSet::of_images(model.input(), images.zip(labels)).unwrap()
}

/// Ten images of which the model gets exactly the first six right, by construction of the labels.
pub(crate) fn set(model: &Model) -> LabelledSet {
    labelled(model, (0..N).map(|k| if k < CORRECT { class(model, k) } else { (class(model, k) + 1) % 10 }))
}

struct Case {
    model: Model,
    circuit: Circuit,
    salt: Salt,
}

impl Case {
    fn new(parts: &Parts, set: impl FnOnce(&Model) -> LabelledSet) -> Self {
        let model = parts.model();
        let circuit = Circuit::accuracy(&model, &set(&model)).unwrap();
        Self { model, circuit, salt: Salt::random(&mut OsRng) }
    }

    fn claim(&self, min_correct: u64) -> AccuracyClaim<'_> {
        AccuracyClaim { binding: &BINDING, model: &self.model, model_salt: &self.salt, min_correct }
    }

    /// Names of the violated constraints when `min_correct` is claimed with these wires forged.
    fn violated(&self, min_correct: u64, forged: &[(&str, Fr)]) -> Vec<String> {
        let forged: Vec<_> = forged.iter().map(|(name, value)| (self.circuit.wire(name).unwrap(), *value)).collect();
        let assignment = self.circuit.assign_accuracy_forged(&self.claim(min_correct), &forged).unwrap();
        violated(&self.circuit, &assignment)
    }

    fn honest(&self) -> Assignment {
        self.circuit.assign_accuracy(&self.claim(0)).unwrap()
    }

    fn value(&self, name: &str) -> Fr {
        self.honest().get(self.circuit.wire(name).unwrap()).unwrap()
    }
}

pub(crate) fn violated(circuit: &Circuit, assignment: &Assignment) -> Vec<String> {
    match circuit.check(assignment) {
        Ok(()) => Vec::new(),
        Err(Unsatisfied::Constraints { first, others }) => [vec![first], others].concat(),
        Err(other) => panic!("{other}"),
    }
}

/// Names of the constraints of a small certificate.
pub(crate) fn constraint_names() -> impl Iterator<Item = String> {
    case().circuit.constraint_names()
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| Case::new(&Parts::products(4, 2, 0), set))
}

/// The constraints that a count of this input would break: leads over the classes that beat its label.
fn beaten_by(model: &Model, index: usize, label: usize) -> Vec<String> {
    let tensor = model.input().tensor(mnist().get(index).unwrap().0).unwrap();
    let logits = infer(model, &tensor).unwrap().logits;
    let beats = |j: usize| if j < label { logits[j] >= logits[label] } else { logits[j] > logits[label] };
    (0..10).filter(|j| *j != label && beats(*j)).map(|j| format!("input[{index}].lead[{j}] in range")).collect()
}

#[test]
fn accuracy__every_threshold__holds_up_to_the_true_count_and_no_further() {
    let case = case();
    assert_eq!(case.circuit.n_counted(&case.honest()), Ok(CORRECT));
    for min_correct in 0..16 {
        let expected: &[&str] = if min_correct <= CORRECT as u64 { &[] } else { &["min_correct in range"] };
        assert_eq!(case.violated(min_correct, &[]), expected, "{min_correct}");
    }
    // The public input has four bits for ten inputs; more cannot be said.
    let beyond = case.circuit.assign_accuracy(&case.claim(16));
    assert!(matches!(beyond, Err(AssignError::OutOfRange { what, .. }) if what == "min_correct"));
    let forged = case.circuit.wire("min_correct").unwrap();
    for huge in [Fr::from(16), Fr::from(u64::MAX)] {
        let assignment = case.circuit.assign_accuracy_forged(&case.claim(0), &[(forged, huge)]).unwrap();
        assert_eq!(violated(&case.circuit, &assignment), ["min_correct in range"]);
    }
}

#[test]
fn accuracy__each_wire_changed_alone__breaks_a_constraint_but_for_the_binding() {
    let (case, half) = (case(), Fr::from(2).inverse().unwrap());
    let changes: [&dyn Fn(Fr) -> Fr; 3] =
        [&|value| value + Fr::one(), &|value| -value, &|value| value * half + Fr::from(77)];
    for change in changes {
        // One more or one less than is claimed is another true number where the rest of the surplus is a bit.
        let mut free = case.circuit.unpinned(&case.honest(), change).unwrap();
        free.retain(|name| name != "min_correct");
        assert_eq!(free, ["binding"]);
    }
}

#[test]
fn accuracy__all_labels_wrong__nothing_can_be_claimed() {
    let case =
        Case::new(&Parts::products(4, 2, 0), |model| labelled(model, (0..N).map(|k| (class(model, k) + 3) % 10)));
    assert_eq!(case.circuit.n_counted(&case.honest()), Ok(0));
    assert_eq!(case.violated(0, &[]), [""; 0]);
    assert_eq!(case.violated(1, &[]), ["min_correct in range"]);
}

#[test]
fn accuracy__claiming_an_input_it_gets_wrong__breaks_that_inputs_leads_alone() {
    let case = case();
    for index in CORRECT..N {
        let label = (class(&case.model, index) + 1) % 10;
        let expected = beaten_by(&case.model, index, label);
        assert!(!expected.is_empty());
        let flag = format!("input[{index}].correct");
        assert_eq!(case.violated(CORRECT as u64 + 1, &[(&flag, Fr::one())]), expected);
    }
    // Not to count one that it gets right is no lie.
    assert_eq!(case.violated(CORRECT as u64 - 1, &[("input[0].correct", Fr::from(0))]), [""; 0]);
}

#[test]
fn accuracy__a_lead_that_is_negative_or_no_number__breaks_the_booleanity_of_its_bits() {
    let case = case();
    let label = (class(&case.model, CORRECT) + 1) % 10;
    let rival = class(&case.model, CORRECT);
    // The lowest bit takes all of the negative lead that the others do not carry.
    let tensor = case.model.input().tensor(mnist().get(CORRECT).unwrap().0).unwrap();
    let logits = infer(&case.model, &tensor).unwrap().logits;
    let lead = prover::circuit::field_element(&(&logits[label] - &logits[rival])) - Fr::from(u8::from(rival < label));
    let bits = case.model.output().lead_bits as usize;
    let names: Vec<_> = (0..bits).map(|k| format!("input[{CORRECT}].lead[{rival}].bit[{k}]")).collect();
    let flag = format!("input[{CORRECT}].correct");
    let mut forged: Vec<_> = names.iter().map(|name| (name.as_str(), Fr::from(0))).collect();
    forged[0].1 = lead;
    forged.push((&flag, Fr::one()));
    let mut expected = beaten_by(&case.model, CORRECT, label);
    let own = expected.iter_mut().find(|name| name.contains(&format!("lead[{rival}]"))).unwrap();
    *own = format!("input[{CORRECT}].lead[{rival}].bit[0] boolean");
    let mut found = case.violated(CORRECT as u64 + 1, &forged);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn accuracy__a_flag_above_one__is_no_flag() {
    let case = case();
    assert_eq!(case.violated(CORRECT as u64 + 1, &[("input[0].correct", Fr::from(2))]), ["input[0].correct boolean"]);
}

#[test]
fn accuracy__swapped_weight_under_an_unchanged_commitment__breaks_the_commitment_alone() {
    let case = case();
    let honest = case.value("model_commitment");
    let layout = model_layout(&case.model).unwrap();
    let expected = ModelCommitment::new(&layout, committed_values(&case.model), &case.salt).unwrap();
    assert_eq!(honest, expected.element());
    for weight in ["u.weight[17]", "v.weight[3]", "u.bias[2]", "v.bias[19]"] {
        // A digit that stays in range: only the commitment tells.
        let digit = case.value(weight);
        let other = if digit == Fr::from(2) { Fr::from(3) } else { Fr::from(2) };
        let forged = [(weight, other), ("model_commitment", honest)];
        assert_eq!(case.violated(0, &forged), ["model_commitment equal"], "{weight}");
    }
}

#[test]
fn accuracy__weight_out_of_its_range__breaks_its_range_check() {
    let case = case();
    // Eight is 4 + 2 * 2: what the honest bits leave of it is no bit.
    let found = case.violated(0, &[("u.weight[5]", Fr::from(8))]);
    assert_eq!(found, ["u.weight[5] in range"]);
    let found = case.violated(0, &[("u.weight[5]", -Fr::one())]);
    assert_eq!(found, ["u.weight[5] in range"]);
}

#[test]
fn accuracy__tie__counts_for_the_lowest_index_only() {
    let mut parts = Parts::products(4, 2, 1);
    let logits = parts.layer("logits");
    logits.1[7] = logits.1[3].clone();
    logits.2[3] = "100000000000".to_owned();
    logits.2[7] = logits.2[3].clone();
    for (label, counted) in [(3, 2), (7, 0)] {
        let case = Case::new(&parts, |model| labelled(model, [label; 2]));
        assert_eq!(class(&case.model, 0), 3);
        assert_eq!(case.circuit.n_counted(&case.honest()), Ok(counted));
        if label == 7 {
            let forged = [("input[0].correct", Fr::one())];
            assert_eq!(case.violated(1, &forged), ["input[0].lead[3] in range"]);
        }
    }
}

#[test]
fn accuracy__circuit__holds_the_set_and_the_architecture_but_no_weights() {
    let parts = Parts::products(4, 2, 0);
    let model = parts.model();
    let id = |parts: &Parts, set: &LabelledSet| Circuit::accuracy(&parts.model(), set).unwrap().id();
    let honest = set(&model);
    let same = id(&parts, &honest);
    // Certificates about other weights are about the same circuit: a verifier needs only the architecture.
    assert_eq!(id(&Parts::products(4, 2, 9), &honest), same);
    let mut labels: Vec<_> = honest.iter().map(|(_, label)| label).collect();
    labels[4] = (labels[4] + 1) % 10;
    let relabelled = labelled(&model, labels.clone());
    assert_ne!(relabelled.digest(), honest.digest());
    assert_ne!(id(&parts, &relabelled), same);
    let mut head = parts.clone();
    head.layer("logits").1[0][0] = -1;
    assert_ne!(id(&head, &honest), same);
    let spec: AccuracySpec = case().circuit.spec().parse().unwrap();
    assert_eq!((spec.tie, spec.n.get(), spec.set), (WeightTie::Commitment, N, honest.digest()));
}

#[test]
fn accuracy__set_digest__is_the_documented_serialization() {
    let model = Parts::products(4, 2, 0).model();
    let set = labelled(&model, [3, 9]);
    let mut bytes = b"provelock labelled set 1\n".to_vec();
    [2u64, 1, 20, 20].iter().for_each(|count| bytes.extend(count.to_le_bytes()));
    for (index, label) in [(0, 3u32), (1, 9)] {
        bytes.extend(label.to_le_bytes());
        let image = mnist().get(index).unwrap().0.as_bytes();
        let pixels = (4..24).flat_map(|row| (4..24).map(move |column| i64::from(image[28 * row + column] >> 4)));
        pixels.for_each(|pixel| bytes.extend(pixel.to_le_bytes()));
    }
    assert_eq!(set.digest(), prover::Digest::of(&bytes));
    let empty = LabelledSet::of_images(model.input(), []);
    assert_eq!(empty, Err(SetError::Empty));
}

#[test]
fn accuracy__models_and_labels_it_is_not_for__are_refused_by_name() {
    let parts = Parts::products(4, 2, 0);
    let refused = |parts: &Parts, labels: [usize; 1]| {
        let model = parts.model();
        Circuit::accuracy(&model, &labelled(&model, labels)).unwrap_err()
    };
    let mut public = parts.clone();
    public.layer("u").0["visibility"] = json!("public");
    public.layer("v").0["visibility"] = json!("public");
    assert_eq!(refused(&public, [0]), CircuitError::NothingCommitted);
    let mut pooled = parts.clone();
    pooled.layer("pooled").0["op"] = json!("max_pool");
    assert_eq!(refused(&pooled, [0]), CircuitError::NotLinear { layer: "pooled".to_owned(), op: "max_pool" });
    assert_eq!(refused(&parts, [10]), CircuitError::Label { index: 0, found: 10, n_classes: 10 });
    let model = parts.model();
    let narrow = InputSpec { shape: Shape::flat(399), image: None, ..model.input().clone() };
    let set = LabelledSet::new(&narrow, [(narrow.tensor_of(vec![0; 399]).unwrap(), 0)]).unwrap();
    let refused = |set| match Circuit::accuracy(&model, set).unwrap_err() {
        CircuitError::Input { index: 0, source } => source.to_string(),
        other => panic!("{other}"),
    };
    assert_eq!(refused(&set), "399 values, expected 400 for an input of shape [1, 20, 20]");
    // Brighter pixels than all bounds allow for, in a set that was made for a network that reads them.
    let bright = InputSpec { max: i64::MAX, image: None, ..model.input().clone() };
    let bright_set = LabelledSet::new(&bright, [(bright.tensor_of(vec![16; 400]).unwrap(), 0)]).unwrap();
    assert_eq!(refused(&bright_set), "value 0 is 16, expected 0 to 15");
    let flat = InputSpec { shape: Shape::flat(400), image: None, ..model.input().clone() };
    let flat_set = LabelledSet::new(&flat, [(flat.tensor_of(vec![0; 400]).unwrap(), 0)]).unwrap();
    let expected = CircuitError::SetShape { found: flat.shape, expected: model.input().shape };
    assert_eq!(Circuit::accuracy(&model, &flat_set).unwrap_err(), expected);
    let foreign = LabelledSet::new(model.input(), set.iter().map(|(tensor, label)| (tensor.clone(), label)));
    assert!(matches!(foreign, Err(SetError::Tensor { index: 0, .. })), "{foreign:?}");
}

#[test]
fn accuracy__proof__is_accepted_for_its_claim_and_refused_for_every_other() {
    let case = case();
    let (key, vk) = setup(&case.circuit, &mut OsRng).unwrap();
    let assignment = case.circuit.assign_accuracy(&case.claim(CORRECT as u64)).unwrap();
    let proof = prove(&key, &case.circuit, &assignment, &mut OsRng).unwrap();
    let commitment = case.value("model_commitment");
    let inputs = [binding_value(&BINDING), Fr::from(CORRECT as u64), commitment];
    assert_eq!(assignment.public_inputs(), inputs);
    assert_eq!(verify(&vk, &inputs, &proof), Ok(()));
    for other in [
        [inputs[0], inputs[1] + Fr::one(), inputs[2]],
        [inputs[0], inputs[1] - Fr::one(), inputs[2]],
        [inputs[0], inputs[1], inputs[2] + Fr::one()],
        [inputs[0] + Fr::one(), inputs[1], inputs[2]],
    ] {
        assert_eq!(verify(&vk, &other, &proof), Err(Rejection::Pairing));
    }
    let boast = case.circuit.assign_accuracy(&case.claim(CORRECT as u64 + 1)).unwrap();
    match prove(&key, &case.circuit, &boast, &mut OsRng) {
        Err(ProveError::Unsatisfied(Unsatisfied::Constraints { first, .. })) => {
            assert_eq!(first, "min_correct in range");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn accuracy__constraints__equal_formula_and_baseline() {
    let mut table = "model,inputs,constraints,per_input,weights,count,source,circuit_id\n".to_owned();
    let small =
        [("generated 4x4 sums, 20 products, leads of 31 bits", Parts::products(4, 2, 0).model(), vec![1, 3, 10])];
    let mixed = Parts::products(4, 2, 0).behind_public_layer(7, 1).model();
    let mixed = [("generated 4x4 sums, 7 public forms, 20 products", mixed, vec![3])];
    let output = json!({ "kind": "class", "lead_bits": 22 });
    let large = Parts { output, ..Parts::products(2, 10, 0) }.model();
    let large = [("generated 2x2 sums, 100 products, leads of 22 bits", large, vec![100, 1_000, 10_000])];
    for (name, model, counts) in small.into_iter().chain(mixed).chain(large) {
        for n_inputs in counts {
            let formula = AccuracyFormula::of(&model, n_inputs, WeightTie::Commitment).unwrap();
            let AccuracyFormula { weights, per_input, count, .. } = formula;
            let constraints = formula.constraints();
            // The largest ones by formula only: a build of them takes a gigabyte.
            let id = (n_inputs <= 100).then(|| {
                let set = LabelledSet::of_images(model.input(), mnist().iter().take(n_inputs)).unwrap();
                let circuit = Circuit::accuracy(&model, &set).unwrap();
                assert_eq!(circuit.shape().constraints, constraints, "{name} {n_inputs}");
                circuit.id().to_string()
            });
            let source = if id.is_some() { "built" } else { "formula" };
            let id = id.unwrap_or_default();
            writeln!(table, "{name},{n_inputs},{constraints},{per_input},{weights},{count},{source},{id}").unwrap();
        }
    }
    let path = root().join("bench-data/accuracy_shape.csv");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, &table).unwrap();
    }
    // Whole-file equality: a missing row, an extra row and a changed count all fail.
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert_eq!(recorded, table, "the circuit changed; if that is meant, run with UPDATE_GOLDEN=1 and say why");
}
