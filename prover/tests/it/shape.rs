//! The size of each circuit, by formula and against the recorded baseline.

use crate::case::{committed, little, params, spec};
use crate::nets::{Net, mnist, root, tied, tiny};
use prover::accuracy::LabelledSet;
use prover::circuit::{AccuracyFormula, Shape, ShapeFormula, WeightTie};
use prover::model::manifest::LayerEntry;
use prover::model::{InputVisibility, OutputKind};
use prover::{Circuit, CircuitSpec, Model};
use rand::{SeedableRng, rngs::StdRng};
use std::fmt::Write;

const HEADER: &str = "circuit,constraints,witnesses,public_inputs,terms,id\n";

/// Bundled models that the repository has.
pub(crate) fn bundled() -> Vec<(String, Model)> {
    let mut names: Vec<_> = std::fs::read_dir(root().join("models"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("manifest.json").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), Model::load(&root().join("models").join(name)).unwrap())).collect()
}

/// One network per kind of layer.
fn layers() -> Vec<(&'static str, Net, usize)> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut head = |net: Net, n_values: usize| {
        let (rows, biases) = params(&mut rng, 3, n_values, 8);
        net.dense(rows, biases)
    };
    let start = || Net::new([1, 6, 6], -20, 30);
    let conv = |seed| {
        let (rows, biases) = params(&mut StdRng::seed_from_u64(seed), 2, 9, 8);
        start().conv(([3, 3], [1, 1], [1, 1, 1, 1], 1), rows, biases)
    };
    vec![
        ("conv2d, relu, dense", little(1), 4),
        ("committed conv2d, relu, dense", committed(little(1), 5, 9), 4),
        ("product", head(conv(2).product(["layer0", "layer0"]), 72), 3),
        ("square", head(conv(2).square(), 72), 3),
        ("add", head(start().add(["input", "input"]).flatten(), 36), 3),
        ("sum_pool", head(conv(2).pool(LayerEntry::SumPool, [2, 2], [2, 2]), 18), 3),
        ("avg_pool", head(conv(2).pool(LayerEntry::AvgPool, [2, 3], [2, 3]), 12), 3),
        ("max_pool", head(conv(2).pool(LayerEntry::MaxPool, [2, 2], [2, 2]), 18), 3),
        ("rescale", head(conv(2).rescale(10), 72), 3),
        ("relu", head(conv(2).relu(None), 72), 3),
        ("relu with max", head(conv(2).relu(Some(100.into())), 72), 3),
        ("rescale, relu", head(conv(2).rescale(16).relu(None), 72), 3),
        ("rescale, relu with max", head(conv(2).rescale(16).relu(Some(6.into())), 72), 3),
    ]
}

#[test]
fn shape__every_layer_and_model__equals_formula_and_baseline() {
    let mut circuits: Vec<(String, Model, CircuitSpec)> = Vec::new();
    let private = |output| spec(InputVisibility::Private, output, 1);
    for (name, net, classes) in layers() {
        circuits.push((name.to_owned(), net.model(classes), private(OutputKind::Logits)));
    }
    for (name, output) in [
        ("class", OutputKind::Class),
        ("logits", OutputKind::Logits),
        ("score", OutputKind::Score),
        ("top_k", OutputKind::TopK { k: 3 }),
    ] {
        circuits.push((format!("generated tiny(0) {name}"), tiny(0).model(), private(output)));
    }
    circuits.push(("generated tied()".to_owned(), tied().model(), private(OutputKind::Class)));
    for (input, batch) in [(InputVisibility::Public, 1), (InputVisibility::Committed, 1), (InputVisibility::Public, 5)]
    {
        let spec = spec(input, OutputKind::Class, batch);
        circuits.push((format!("generated tiny(0) {spec}"), tiny(0).model(), spec));
    }
    circuits.extend(bundled().into_iter().map(|(name, model)| {
        let spec = CircuitSpec::of(&model);
        (name, model, spec)
    }));
    let mut table = HEADER.to_owned();
    let mut row = |name: &str, circuit: &Circuit, formula: usize| {
        let Shape { constraints, witnesses, public_inputs } = circuit.shape();
        assert_eq!(formula, constraints, "{name}");
        let (terms, id) = (circuit.n_terms(), circuit.id());
        writeln!(table, "\"{name}\",{constraints},{witnesses},{public_inputs},{terms},{id}").unwrap();
    };
    for (name, model, spec) in &circuits {
        let formula = ShapeFormula::of(model, spec).unwrap();
        row(name, &Circuit::inference(model, spec).unwrap(), formula.constraints());
    }
    // The same statement of weights behind a commitment and of encrypted ones.
    let model = Model::load(&root().join("models/mnist-private")).unwrap();
    for n_images in [100, 1_000] {
        let set = LabelledSet::of_images(model.input(), mnist().iter().take(n_images)).unwrap();
        let formula = |tie| AccuracyFormula::of(&model, n_images, tie).unwrap().constraints();
        let name = |kind| format!("mnist-private {kind} n={n_images}");
        row(&name("accuracy"), &Circuit::accuracy(&model, &set).unwrap(), formula(WeightTie::Commitment));
        row(&name("sale"), &Circuit::sale(&model, &set).unwrap(), formula(WeightTie::Ciphertext));
    }
    let path = root().join("bench-data/r1cs_shape.csv");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &table).unwrap();
    }
    // Whole-file equality: a missing row, an extra row and a changed count all fail.
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert_eq!(recorded, table, "the circuit changed; if that is meant, run with UPDATE_GOLDEN=1 and say why");
}

/// What a network for proving a class of a private image costs: input bits, products, 9 K + 19.
#[test]
fn shape__class_of_a_private_image__costs_what_the_formula_says() {
    let model = tiny(0).model();
    let formula = ShapeFormula::of(&model, &spec(InputVisibility::Private, OutputKind::Class, 1)).unwrap();
    let bits = model.ranges().lead_bits() as usize;
    assert_eq!((formula.weights, formula.input, formula.packing), (0, 36 * 2, 0));
    let layers: Vec<_> = formula.layers.iter().map(|(_, constraints)| *constraints).collect();
    assert_eq!((layers, formula.answer), (vec![0, 27, 0, 6, 0], 9 * bits + 19));
}
