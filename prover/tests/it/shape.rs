//! The size of each circuit, by formula and against the recorded baseline.

use crate::common::{root, tied, tiny};
use ark_serialize::CanonicalSerialize;
use prover::circuit::{Circuit, Shape};
use prover::{Digest, Model};
use std::fmt::Write;

const HEADER: &str = "model,constraints,witnesses,public_inputs,matrices_sha256\n";

/// Digest of the three matrices, entry by entry: any change of a constraint changes it.
fn matrices_digest(circuit: &Circuit) -> Digest {
    let mut bytes = Vec::new();
    for row in circuit.matrices().iter().flatten() {
        (row.len() as u64).serialize_uncompressed(&mut bytes).unwrap();
        for (coefficient, wire) in row {
            coefficient.serialize_uncompressed(&mut bytes).unwrap();
            (*wire as u64).serialize_uncompressed(&mut bytes).unwrap();
        }
    }
    Digest::of(&bytes)
}

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
        let digest = matrices_digest(&circuit);
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
