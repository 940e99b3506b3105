//! Networks of other tools, and measurements.

use crate::common::{run_in, workshop};
use crate::hidden::idx;
use std::fs;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn import__onnx__gives_a_model_and_a_report() {
    let shop = workshop();
    let (images, labels) = idx(shop, "few", 0..60);
    let import = |out: &str, options: &str| {
        shop.run(&format!(
            "model import {ROOT}/models/examples/mnist-cnn.onnx --images {images} --labels {labels} --samples 20 \
             --out {out} {options}"
        ))
    };
    let imported = import("imported", "").yes();
    let (calibration, measured) = (&imported["quantisation"]["calibration"], &imported["quantisation"]["measured"]);
    assert_eq!((&calibration["images"], &measured["images"]), (&20.into(), &40.into()));
    assert!(measured["float_correct"].as_u64().unwrap() >= 36, "{measured}");
    let layers = imported["quantisation"]["per_layer"].as_array().unwrap();
    assert_eq!(imported["layers"], layers.len());
    let evaluated = shop.run(&format!("model eval --model imported --images {images} --labels {labels}")).yes();
    let sum = calibration["integer_correct"].as_u64().unwrap() + measured["integer_correct"].as_u64().unwrap();
    assert_eq!((&evaluated["correct"], &evaluated["model_sha256"]), (&sum.into(), &imported["model_sha256"]));
    shop.run("model inspect --model imported --svg imported.svg").yes();

    import("imported", "").error(&["imported exists already", "--force"]);
    import("never-imported", "--weight-bits 1").error(&["weight_bits", "2 to 24"]);
    import("never-imported", "--name UPPER").error(&["name"]);
    assert!(!shop.has("never-imported"));
}

#[test]
fn import__zkml__is_the_bundled_network() {
    let shop = workshop();
    let zkml = format!("{ROOT}/fixtures/zkml");
    let import =
        |options: &str, out: &str| shop.run(&format!("model import {zkml}/model.msgpack {options} --out {out}"));
    let config = format!("--config {zkml}/config.msgpack");
    import(&format!("{config} --input-max 1024 --full-ink 512"), "zkml").yes();
    let weights = |folder: &str| fs::read(format!("{folder}/weights.json")).unwrap();
    assert_eq!(weights(&shop.path("zkml").display().to_string()), weights(&format!("{ROOT}/models/zkml-mnist")));
    import("", "never-zkml").error(&["needs its config.msgpack", "--config"]);
    import(&config, "never-zkml").error(&["which inputs are admissible", "--input-max"]);
    assert!(!shop.has("never-zkml"));
}

#[test]
fn import__cut_or_other_file__is_named() {
    let shop = workshop();
    let cut = |from: &str, to: &str| {
        let bytes = fs::read(format!("{ROOT}/{from}")).unwrap();
        fs::write(shop.path(to), &bytes[..bytes.len() / 2]).unwrap();
    };
    cut("models/examples/mnist-cnn.onnx", "cut.onnx");
    shop.run("model import cut.onnx --out never-cut").error(&["cut.onnx", "fetch the file again"]);
    cut("fixtures/zkml/model.msgpack", "cut.msgpack");
    let config = format!("--config {ROOT}/fixtures/zkml/config.msgpack --input-max 1024");
    shop.run(&format!("model import cut.msgpack {config} --out never-cut"))
        .error(&["model.msgpack", "fetch the file again"]);
    shop.run("model import alice.key --out never-cut").error(&["alice.key"]);
    shop.run("model import nothing.onnx --out never-cut").error(&["cannot read nothing.onnx"]);
    let onnx = format!("model import {ROOT}/models/examples/mnist-cnn.onnx --out never-cut");
    shop.run(&format!("{onnx} {config}")).error(&["--config is given", "not zkml's"]);
    assert!(!shop.has("never-cut"));
}

#[test]
fn eval__top_k__counts_at_least_as_many() {
    let shop = workshop();
    let (images, labels) = idx(shop, "eval", 0..200);
    let answer = shop.run(&format!("model eval --top-k 3 --images {images} --labels {labels}")).yes();
    assert!(answer["top_k"]["correct"].as_u64() >= answer["correct"].as_u64(), "{answer}");
    assert_eq!((&answer["images"], &answer["top_k"]["k"]), (&200.into(), &3.into()));
}

#[test]
fn bench__one_circuit__has_every_figure() {
    let shop = workshop();
    let answer = shop.run("bench prove --only mnist-tiny").yes();
    let [row] = answer["rows"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    for key in ["accuracy", "constraints", "public_inputs", "setup_ms", "witness_ms", "prove_ms", "verify_ms"] {
        assert!(row[key].as_f64().unwrap() > 0.0, "{key}: {row}");
    }
    for key in ["proving_key_bytes", "key_load_ms", "inputs", "constraints_per_input", "prove_ms_per_input"] {
        assert!(row[key].as_f64().unwrap() > 0.0, "{key}: {row}");
    }
    #[cfg(target_os = "linux")]
    assert!(row["peak_rss_mib"].as_f64().unwrap() > 1.0, "{row}");
    assert_eq!((&row["name"], &row["visibility"]), (&"mnist-tiny".into(), &"private input, public model".into()));
    shop.run("bench prove --only mnist-huge").error(&["no circuit mnist-huge", "accuracy-1000"]);
    run_in(&shop.folder, "bench prove --only mnist-tiny --all").error(&["cannot be used with"]);
}
