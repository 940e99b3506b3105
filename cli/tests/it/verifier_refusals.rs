//! `verifier ..` with wrong arguments and wrong files: each refused by name, nothing half-written.

use crate::common::{run_in, workshop};
use crate::verifier::{Bench, files_of};
use foreign_tools::{Circuit, Tool};
use serde_json::Value;

const R: &str = "21888242871839275222246405745257275088548364400416034343698204186575808495617";

#[test]
fn verifier__wrong_input_flags__are_named() {
    let bench = Bench::with("flags", Tool::Snarkjs, Circuit::Three);
    let build = |flags: &str| bench.run(&format!("build --vk verification_key.json --out v.json {flags}"));
    build("--input sealed").error(&["found \"sealed\"", "fixed=VALUE, bits=N or full"]);
    build("--input bits=0").error(&["bits=0", "1 to 253"]);
    build("--input 1=bits=254").error(&["bits=254", "say full"]);
    build("--input fixed=seven").error(&["fixed=seven", "decimal"]);
    build(&format!("--input fixed={R}")).error(&["not below r", R]);
    build("--input 99999999999999999999=full").error(&["99999999999999999999 is no public input"]);
    build("--input full --input full").error(&["--input: 2 given, the key has 3", "in order, or name some"]);
    build("--input 3=full").error(&["--input 3=full", "3 public inputs, counted from 0", "to go on:"]);
    build("--input 1=full --input 1=bits=8").error(&["--input 1=bits=8", "input 1 is full already"]);
    build("--input 1=full --input bits=8").error(&["--input bits=8: says no number", "to go on:"]);
    build("--profile exodus").error(&["unknown profile \"exodus\"", "genesis or chronicle"]);
    assert!(!bench.has("v.json"));
}

#[test]
fn verifier__flags_that_do_not_go_together__are_named() {
    let bench = Bench::with("together", Tool::Snarkjs, Circuit::One);
    bench.run("build --vk verification_key.json --out v.json").yes();
    let claim = files_of(Tool::Snarkjs).1;
    bench.run(&format!("unlock {claim}")).error(&["--vk <FILE>", "--verifier <FILE>"]);
    bench.run(&format!("unlock --vk verification_key.json --verifier v.json {claim}")).error(&["cannot be used with"]);
    bench.run(&format!("unlock --verifier v.json --input full {claim}")).error(&["--input", "--verifier"]);
    bench.run(&format!("unlock --verifier v.json --profile genesis {claim}")).error(&["--profile", "--verifier"]);
    bench.run(&format!("unlock --verifier v.json {claim} --force")).error(&["--out <FILE>"]);
    bench.run("unlock --verifier v.json --proof proof.json").error(&["--public is missing", "snarkjs", "to go on:"]);
    bench.run("cost --input full").error(&["--vk <FILE>"]);
    bench.run("cost --force").error(&["--svg <FILE>"]);
    bench.run("map --out map.svg").error(&["--vk <FILE>", "--verifier <FILE>"]);
    bench.run("map --verifier v.json").error(&["--out <FILE>"]);
    run_in(&bench.folder, "verifier").error(&["Usage: provelock verifier", "unlock"]);
}

#[test]
fn verifier__existing_file_or_missing_folder__is_named_before_any_work() {
    let bench = Bench::with("existing", Tool::Snarkjs, Circuit::One);
    let (key, claim) = files_of(Tool::Snarkjs);
    bench.write("precious", "precious");
    for arguments in [
        format!("build {key} --out precious"),
        format!("unlock {key} {claim} --out precious"),
        format!("cost {key} --svg precious"),
        format!("map {key} --out precious"),
    ] {
        bench.run(&arguments).error(&["precious exists already", "--force"]);
        assert_eq!(bench.text("precious"), "precious", "{arguments}");
        bench.run(&arguments.replace("precious", "none/x")).error(&["none is not a folder"]);
        bench.run(&format!("{arguments} --force")).yes();
        assert_ne!(bench.text("precious"), "precious", "{arguments}");
        bench.write("precious", "precious");
    }
}

#[test]
fn verifier__damaged_or_other_files__are_named_with_what_is_wrong() {
    let bench = Bench::with("damaged", Tool::Snarkjs, Circuit::One);
    let (key, claim) = files_of(Tool::Snarkjs);
    let change = |from: &str, to: &str, old: &str, new: &str| {
        let text = bench.text(from);
        assert!(text.contains(old), "{old} in {from}");
        bench.write(to, text.replacen(old, new, 1));
    };
    bench.run("build --vk none.json --out v.json").error(&["cannot read none.json"]);
    bench.run("build --vk proof.json --out v.json").error(&["proof.json is refused", "expected a verifying key"]);
    change("verification_key.json", "curve.json", "bn128", "bls12381");
    bench.run("build --vk curve.json --out v.json").error(&["curve.json is refused", "bls12381", "to go on:"]);
    change("verification_key.json", "count.json", "\"nPublic\": 1", "\"nPublic\": 2");
    bench.run("build --vk count.json --out v.json").error(&["count.json is refused", "IC"]);
    let cut = &bench.text("verification_key.json")[..400];
    bench.write("cut.json", cut);
    bench.run("build --vk cut.json --out v.json").error(&["cut.json is refused", "JSON"]);
    bench.write("huge.json", vec![b' '; (1 << 20) + 1]);
    bench.run("build --vk huge.json --out v.json").error(&["huge.json is too large"]);
    assert!(!bench.has("v.json"));

    bench.run(&format!("build {key} --out v.json")).yes();
    let unlock = format!("unlock --verifier v.json {claim} --out u.hex");
    bench.run(&unlock.replace("proof.json", "verification_key.json")).error(&["expected a proof"]);
    bench.write("above.json", format!("[\"{R}\"]"));
    bench.run(&unlock.replace("public.json", "above.json")).error(&["above.json is refused", "not below"]);
    change("v.json", "fixed.json", "\"full\"", "\"fixed=1\"");
    bench.run(&unlock.replace("v.json", "fixed.json")).error(&["fixed.json", "locking_script", "verifier build"]);
    change("v.json", "newer.json", "\"version\": 1", "\"version\": 2");
    bench.run(&unlock.replace("v.json", "newer.json")).error(&["newer.json", "version 2", "version 1"]);
    change("v.json", "unknown.json", "\"generator\"", "\"owner\"");
    bench.run(&unlock.replace("v.json", "unknown.json")).error(&["unknown.json", "owner"]);
    bench.run(&unlock.replace("v.json", "proof.json")).error(&["proof.json is not a usable verifier"]);
    assert!(!bench.has("u.hex"));
}

#[test]
fn verifier__more_inputs_than_a_node_takes__is_refused_with_its_limit() {
    let bench = Bench::with("many", Tool::Snarkjs, Circuit::One);
    let key = |n_inputs: usize| {
        let mut key: Value = serde_json::from_str(&bench.text("verification_key.json")).unwrap();
        let points = key["IC"].as_array().unwrap();
        let points: Vec<Value> = points[..1].iter().chain(std::iter::repeat_n(&points[1], n_inputs)).cloned().collect();
        key["IC"] = points.into();
        key["nPublic"] = n_inputs.into();
        bench.write("many.json", key.to_string());
    };
    key(200);
    bench.run("build --vk many.json --out v.json").error(&["many.json", "bytes, the limit is", "0=fixed=VALUE"]);
    assert!(!bench.has("v.json"));
    key(8);
    let built = bench.run("build --vk many.json --out v.json").yes();
    assert_eq!(built["inputs"].as_array().unwrap().len(), 8);
}

#[test]
fn verifier__key_that_anybody_can_forge_under__is_refused() {
    let bench = Bench::with("equal", Tool::Snarkjs, Circuit::One);
    let mut key: Value = serde_json::from_str(&bench.text("verification_key.json")).unwrap();
    key["vk_delta_2"] = key["vk_gamma_2"].clone();
    bench.write("equal.json", key.to_string());
    bench.run("build --vk equal.json --out v.json").error(&["equal.json", "equal up to sign", "honest setup"]);
    assert!(!bench.has("v.json"));
}

#[test]
fn verifier__own_damaged_key_or_contract__is_named() {
    let shop = workshop();
    let text = shop.text("keys/mnist-square.vk.json");
    std::fs::write(shop.path("damaged.vk.json"), text.replacen("mnist-square", "mnist-circle", 1)).unwrap();
    let build = |key: &str| shop.run(&format!("verifier build --vk {key} --out never-v.json"));
    build("damaged.vk.json").error(&["damaged.vk.json is refused", "checksum", "to go on:"]);
    build("lock.json").error(&["lock.json is refused", "another kind of file"]);
    shop.run("verifier map --verifier lock.json --out never-map.svg").error(&["lock.json is not a usable verifier"]);
    assert!(!shop.has("never-v.json") && !shop.has("never-map.svg"));
}
