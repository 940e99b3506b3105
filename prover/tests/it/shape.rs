//! The size of each circuit, by formula and against the recorded baseline.

use crate::common::{root, tied, tiny};
use prover::Model;
use prover::circuit::{Circuit, Shape};
use std::fmt::Write;

const HEADER: &str = "model,constraints,witnesses,public_inputs,circuit_id\n";

#[test]
fn shape__every_model__equals_formula_and_baseline() {
    let models: [(&str, Model); 3] = [
        ("generated tiny(0)", tiny(0).model()),
        ("generated tied()", tied().model()),
        ("mnist-square", Model::load(&root().join("models/mnist-square")).unwrap()),
    ];
    let mut table = HEADER.to_owned();
    for (name, model) in &models {
        let circuit = Circuit::new(model);
        let shape = circuit.shape();
        assert_eq!(shape, Shape::of(model), "{name}");
        let Shape { constraints, witnesses, public_inputs } = shape;
        let digest = circuit.id();
        writeln!(table, "{name},{constraints},{witnesses},{public_inputs},{digest}").unwrap();
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
