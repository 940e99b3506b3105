//! Files for other people's tools. `node-tests/tests/ecosystem.rs` shows them to the tools.

use crate::common::{BUILD, NONCE, PROVE, SPEND, workshop};
use chain_types::{Instruction, UnlockingScript};
use serde_json::{Value, json};

#[test]
fn hints__of_a_proof__are_what_the_spend_pushes() {
    let shop = workshop();
    let hints = "contract hints --contract lock.json --proof proof.json";
    let answer = shop.run(&format!("{hints} --out hints.json")).yes();
    assert_eq!(answer, json!({ "hints": "hints.json", "contract": "inference-payment" }));
    let file: Value = serde_json::from_str(&shop.text("hints.json")).unwrap();
    assert_eq!((&file["format"], &file["version"]), (&"provelock-hints".into(), &1.into()));
    assert_eq!(file["recipient"], shop.run("key show alice.key").yes()["pubkey_hash"]);

    shop.run(&format!("{SPEND} --dry-run --out hints-spend.hex")).yes();
    let spend = shop.transaction("hints-spend.hex");
    let script = UnlockingScript::from_bytes(spend.input[0].script_sig.to_bytes());
    let pushes = script.instructions().map(|item| match item.unwrap() {
        (_, Instruction::Push { data, .. }) => hex::encode(data),
        other => panic!("{other:?}"),
    });
    let items = file["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["quotient", "representatives", "slopes", "proof", "signature", "public_key"]);
    for (item, push) in items.iter().zip(pushes) {
        let is_the_spenders = matches!(item["name"].as_str(), Some("signature" | "public_key"));
        assert_eq!(item["hex"], if is_the_spenders { Value::Null } else { push.into() }, "{}", item["name"]);
    }
    shop.run(&format!("{hints} --out hints.json")).error(&["hints.json exists already", "--force"]);
}

#[test]
fn hints__of_another_contracts_proof__are_refused() {
    let shop = workshop();
    shop.run(&format!("{BUILD} --class 7 --nonce ffeeddccbbaa9988 --out hints-lock.json")).yes();
    let hints =
        |contract: &str, out: &str| format!("contract hints --contract {contract} --proof proof.json --out {out}");
    shop.run(&hints("hints-lock.json", "none.json"))
        .error(&["proof.json does not open hints-lock.json", "contract inspect"]);
    shop.run(&format!("{BUILD} --class 3 --nonce {NONCE} --out hints-3.json")).yes();
    shop.run(&hints("hints-3.json", "none.json")).error(&["proof.json does not open hints-3.json"]);
    shop.run(&hints("proof.json", "none.json")).error(&["proof.json is not a usable contract"]);
    assert!(!shop.has("none.json"));
    // The same contract with a proof of its own.
    shop.run(&format!("{PROVE} --nonce ffeeddccbbaa9988 --out hints-proof.json")).yes();
    shop.run(&hints("hints-lock.json", "hints-own.json").replace("proof.json", "hints-proof.json")).yes();
}

#[test]
fn export__to_scrypt__has_the_script_with_gaps_for_the_values() {
    let shop = workshop();
    let export = "contract export --contract lock.json --to scrypt --out artifact.json";
    let answer = shop.run(export).yes();
    let artifact: Value = serde_json::from_str(&shop.text("artifact.json")).unwrap();
    assert_eq!((&artifact["version"], &artifact["contract"]), (&9.into(), &"InferencePayment".into()));
    let mut script = artifact["hex"].as_str().unwrap().to_owned();
    for value in answer["constructor"].as_array().unwrap() {
        let (name, bytes) = (value["name"].as_str().unwrap(), value["hex"].as_str().unwrap());
        let push = hex::encode(chain_types::encode_push(&hex::decode(bytes).unwrap()));
        let gap = format!("<{name}>");
        assert_eq!(script.matches(&gap).count(), 1, "{name}");
        script = script.replace(&gap, &push);
    }
    let lock: Value = serde_json::from_str(&shop.text("lock.json")).unwrap();
    assert!(lock["locking_script"] == script, "with its values it is the contract's");
    assert_eq!(answer["constructor"][0], json!({ "name": "nonce", "hex": NONCE }));
    shop.run(export).error(&["artifact.json exists already", "--force"]);
    shop.run(&export.replace("scrypt", "solidity")).error(&["solidity", "scrypt"]);
}
