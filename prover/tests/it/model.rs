//! What the loader accepts, and each refusal by name.

use crate::common::{Files, files, tiny};
use prover::{Digest, HeaderError, Model, ModelError};
use serde_json::{Value, json};

#[test]
fn model__folder_and_parts__are_the_same_model() {
    let (manifest, weights) = tiny(0).bytes();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
    let missing = Model::load(folder.path()).unwrap_err();
    assert!(matches!(&missing, ModelError::File(_)) && missing.to_string().contains("weights.json"), "{missing}");
    std::fs::write(folder.path().join("weights.json"), &weights).unwrap();
    let loaded = Model::load(folder.path()).unwrap();
    assert_eq!(loaded.sha256(), Digest::of(&manifest));
    assert_eq!(loaded.sha256(), Model::from_parts(&manifest, &weights).unwrap().sha256());
    assert_eq!(loaded.layers().len(), 3);
}

/// Sets one value in the manifest or the weights file and names the field that must be complained about.
fn check_field(edit: impl FnOnce(&mut Files), field: &str) {
    let mut files = tiny(0);
    edit(&mut files);
    match files.load() {
        Err(ModelError::Field { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field}: {other:?}"),
    }
}

#[test]
fn model__each_field_that_does_not_fit__is_named() {
    let manifest = |pointer: &'static str, value: Value, field: &str| {
        check_field(|files| *files.manifest.pointer_mut(pointer).unwrap() = value, field);
    };
    manifest("/name", json!("Has Spaces"), "name");
    manifest("/input/shape", json!([3, 28, 28]), "input.shape");
    manifest("/input/crop", json!(5), "input.crop");
    manifest("/input/bits", json!(9), "input.bits");
    manifest("/input/scale", json!(0), "input.scale");
    manifest("/layers", json!([]), "layers");
    manifest("/classes", json!(["0"]), "classes");
    manifest("/layers/1/name", json!("layer0"), "layers[1].name");
    manifest("/layers/1/inputs", json!(28), "layers[1].inputs");
    manifest("/layers/0/in_channels", json!(2), "layers[0].in_channels");
    manifest("/layers/0/kernel", json!(7), "layers[0].kernel");
    manifest("/layers/0/stride", json!(3), "layers[0].stride");
    manifest("/layers/0/out_channels", json!(0), "layers[0].out_channels");
    manifest("/layers/0/weight_bits", json!(33), "layers[0].weight_bits");
    manifest("/layers/0/weight_scale", json!(0), "layers[0].weight_scale");
    manifest("/layers/1/output_scale", json!("2"), "layers[1].output_scale");
    manifest("/layers/1/activation", json!("none"), "layers[1].activation");
    manifest("/layers/2/activation", json!("square"), "layers[2].activation");
    manifest("/layers/2/outputs", json!(9), "layers[2].outputs");
    manifest("/provenance/licence", json!(" "), "provenance.licence");
    for file in ["../weights.json", "", "..", "a\\b"] {
        manifest("/weights/file", json!(file), "weights.file");
    }
    let weights = |pointer: &'static str, value: Value, field: &str| {
        check_field(|files| *files.weights.pointer_mut(pointer).unwrap() = value, field);
    };
    weights("/layers", json!([]), "layers");
    weights("/layers/1/name", json!("other"), "layers[1].name");
    weights("/layers/1/weights", json!([[1]]), "layers[1].weights");
    weights("/layers/1/weights/2", json!([1]), "layers[1].weights[2]");
    weights("/layers/1/biases", json!(["1"]), "layers[1].biases");
    for bias in ["", "-", "1e3", "007", "-0", "+1", "1 ", &"9".repeat(78)] {
        weights("/layers/1/biases/4", json!(bias), "layers[1].biases[4]");
    }
}

#[test]
fn model__unknown_missing_or_mistyped_keys__are_refused() {
    type Edit = fn(&mut Files);
    let edits: [(&str, Edit); 7] = [
        ("unknown field `extra`", |files| files.manifest["extra"] = json!(1)),
        ("unknown field `extra`", |files| files.manifest["input"]["extra"] = json!(1)),
        ("unknown field `padding`", |files| files.manifest["layers"][0]["padding"] = json!(1)),
        ("unknown field `kernel`", |files| files.manifest["layers"][1]["kernel"] = json!(1)),
        ("unknown field `zero_point`", |files| files.weights["layers"][0]["zero_point"] = json!(1)),
        ("unknown variant `relu`", |files| files.manifest["layers"][0]["activation"] = json!("relu")),
        ("floating point", |files| files.weights["layers"][0]["weights"][0][0] = json!(1.0)),
    ];
    for (reason, edit) in edits {
        let mut files = tiny(0);
        edit(&mut files);
        match files.load() {
            Err(ModelError::Json { source, .. }) => assert!(source.to_string().contains(reason), "{source}"),
            other => panic!("{reason}: {other:?}"),
        }
    }
}

#[test]
fn model__other_format_or_version__is_refused_by_name() {
    let mut newer = tiny(0);
    newer.manifest["version"] = json!(2);
    newer.manifest["new_key"] = json!(1);
    let error = newer.load().unwrap_err();
    assert!(matches!(error, ModelError::Header { source: HeaderError::Version { found: 2, expected: 1 }, .. }));
    let mut other = tiny(0);
    other.weights["format"] = json!("something");
    let error = other.load().unwrap_err();
    assert!(matches!(error, ModelError::Header { source: HeaderError::Format { .. }, .. }));
}

#[test]
fn model__changed_weights_file__is_refused_by_its_hash() {
    let (manifest, mut weights) = tiny(0).bytes();
    weights.push(b'\n');
    assert!(matches!(Model::from_parts(&manifest, &weights), Err(ModelError::Hash { .. })));
}

#[test]
fn model__weight_at_the_edge_of_its_bits__is_accepted_and_one_beyond_refused() {
    for (bits, weight, fits) in [(8, 127, true), (8, 128, false), (8, -128, true), (8, -129, false)] {
        let mut files = tiny(0);
        files.manifest["layers"][1]["weight_bits"] = json!(bits);
        files.weights["layers"][1]["weights"][2][3] = json!(weight);
        match files.load() {
            Ok(_) => assert!(fits, "{weight}"),
            Err(ModelError::Weight { row: 2, column: 3, found, bits: 8, .. }) => assert!(!fits && found == weight),
            Err(other) => panic!("{other}"),
        }
    }
    for weight in [i64::from(i32::MAX) + 1, i64::MIN] {
        let mut files = tiny(0);
        files.manifest["layers"][1]["weight_bits"] = json!(32);
        files.weights["layers"][1]["weights"][2][3] = json!(weight);
        assert!(matches!(files.load(), Err(ModelError::Weight { .. })), "{weight}");
    }
}

/// One pixel of 8 bits squared `n` times with weight `weight`, then logits 1 and -1 times that, and zeros.
fn tower(n: usize, weight: i64, bias: &str) -> Files {
    let square = |inputs: usize| {
        let mut row = vec![0; inputs];
        row[0] = weight;
        (json!({ "kind": "dense", "inputs": inputs, "outputs": 1 }), vec![row], vec!["0".to_string()])
    };
    let mut layers = vec![square(4)];
    layers.extend((1..n).map(|_| square(1)));
    let mut biases = vec!["0".to_string(); 10];
    biases[0] = bias.to_owned();
    let rows = (0..10).map(|class| vec![[1, -1, 0][class.min(2)]]).collect();
    layers.push((json!({ "kind": "dense", "inputs": 1, "outputs": 10 }), rows, biases));
    files(2, 8, &layers)
}

#[test]
fn model__bounds__are_the_largest_values_that_occur() {
    let model = tower(2, 3, "0").model();
    // 255 * 3 = 765 (10 bits), 765^2 = 585225 (20 bits), * 3 = 1755675 (21 bits), squared: 42 bits.
    let bits: Vec<_> = model.ranges().layers().iter().map(|layer| (layer.acc_bits, layer.output_bits)).collect();
    assert_eq!(bits, [(10, 20), (21, 42), (42, 42)]);
    // Logits v and -v: their difference needs one bit more.
    assert_eq!(model.ranges().difference_bits(), 43);
    assert_eq!(model.ranges().margin_bits(), 252 - 43);
}

#[test]
fn model__value_that_could_wrap__is_refused_with_its_layer() {
    // 255 squared five times has 256 bits: the fourth layer's value is fine, the fifth square is not.
    let check = |files: Files| match files.load() {
        Err(ModelError::Wraps { layer, value, bits, limit: 252 }) => (layer, value, bits),
        other => panic!("{other:?}"),
    };
    assert!(tower(4, 1, "0").load().is_ok());
    assert_eq!(check(tower(5, 1, "0")), ("layer4".to_string(), "square", 256));
    // A bias alone can do it: 2^251 fits as a logit of 252 bits, and so does its difference; 2^252 does not.
    let two_to = |k: u32| num_bigint::BigInt::from(2).pow(k).to_string();
    assert_eq!(tower(1, 1, &two_to(251)).model().ranges().margin_bits(), 0);
    assert_eq!(check(tower(1, 1, &two_to(252))), ("layer1".to_string(), "accumulator", 253));
    // Each logit has 252 bits, but the difference of two of them has 253.
    let mut apart = tower(1, 1, &two_to(251));
    apart.weights["layers"][1]["biases"][1] = json!(format!("-{}", two_to(251)));
    assert_eq!(check(apart), ("layer1".to_string(), "logit difference", 253));
}
