//! The contract library: what is listed, what can be built of which key, and what a contract's file shows.

use crate::common::{BUILD, NONCE, Workshop, run_in, workshop};
use crate::demo::CONTRACTS;
use crate::hidden;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::OnceLock;

const ADDRESS: &str = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";
/// Of the key that has this address.
const PUBKEY_HASH: &str = "751e76e8199196d454941c45d1b3a323f1433bd6";
/// The generator of secp256k1: the key of secret 1.
const PUBLIC_KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/// The workshop with a key of each circuit.
fn shop() -> &'static Workshop {
    static MADE: OnceLock<()> = OnceLock::new();
    let shop = hidden::shop();
    MADE.get_or_init(|| {
        shop.run("setup --input committed --out library").yes();
        shop.run("setup --model hidden --input public --out library").yes();
        shop.run("accuracy setup --model hidden --first 9 --out library").yes();
        shop.run("sale setup --model hidden --first 9 --out library").yes();
    });
    shop
}

/// A contract under one of the library's keys; everything else is to be added.
fn build(contract: &str, key: &str) -> String {
    format!(
        "contract build --contract {contract} --verifying-key library/{key}.vk.json --refund-to {ADDRESS} \
         --refund-lock-time 900000 --nonce {NONCE}"
    )
}

const SEALED: &str = "mnist-square-committed-input";

/// Writes a payouts file of which class 7 pays twice.
fn write_payouts(shop: &Workshop, name: &str) {
    let text = format!(
        "format = \"provelock-payouts\"\nversion = 1\n\n[[class]]\nis = [1, 3]\npay = [{{ address = \"{ADDRESS}\", satoshis \
         = 90000 }}]\n\n[[class]]\nis = 7\npay = [{{ script = \"51\", satoshis = 40000 }}, {{ address = \"{ADDRESS}\", \
         satoshis = 50000 }}]\n"
    );
    std::fs::write(shop.path(name), text).unwrap();
}

#[test]
fn list__json__has_the_five_contracts_with_their_inputs() {
    let answer = run_in(Path::new("/"), "contract list --format json").yes();
    let contracts = answer["contracts"].as_array().unwrap();
    assert_eq!(contracts.iter().map(|contract| contract["name"].as_str().unwrap()).collect::<Vec<_>>(), CONTRACTS);
    let circuits: Vec<_> = contracts.iter().map(|contract| contract["circuit"].as_str().unwrap()).collect();
    assert_eq!(circuits, ["inference", "accuracy", "inference", "inference", "sale"]);
    let source = |k: usize, name: &str| {
        let inputs = contracts[k]["public_inputs"].as_array().unwrap();
        inputs.iter().find(|input| input["name"] == name).unwrap_or_else(|| panic!("{name}"))["source"].clone()
    };
    assert_eq!((source(0, "class"), source(0, "input_commitment")), ("contract".into(), "contract or spend".into()));
    assert_eq!((source(1, "min_correct"), source(1, "model_commitment")), ("contract".into(), "spend".into()));
    assert_eq!((source(2, "model_commitment"), source(3, "class")), ("contract".into(), "spend".into()));
    assert_eq!((source(4, "ciphertext_digest"), source(4, "sale_key")), ("contract".into(), "spend".into()));
    for contract in contracts {
        for text in ["summary", "payee", "refund", "keys", "profile"] {
            assert!(!contract[text].as_str().unwrap().is_empty(), "{text}");
        }
    }
    let text = run_in(Path::new("/"), "contract list");
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""));
    assert!(CONTRACTS.iter().all(|name| text.stdout.contains(name)), "{}", text.stdout);
    assert!(text.stdout.lines().all(|line| line.len() <= 130), "{}", text.stdout);
}

/// Builds a contract and shows it.
#[track_caller]
fn built(shop: &Workshop, contract: &str, key: &str, rest: &str) -> Value {
    let file = format!("library-{contract}-{}.json", rest.len());
    let answer = shop.run(&format!("{} {rest} --out {file}", build(contract, key))).yes();
    assert_eq!((&answer["name"], &answer["nonce"]), (&contract.into(), &NONCE.into()));
    let shown = shop.run(&format!("contract inspect {file}")).yes();
    for key in ["public_inputs", "open_inputs", "nonce", "payee", "refund", "locking_script_bytes", "vk_sha256"] {
        assert_eq!(shown[key], answer[key], "{key}");
    }
    assert_eq!(shown["contract"], contract);
    assert_eq!(shown["refund"]["pubkey_hash"], PUBKEY_HASH);
    assert_eq!((&shown["refund"]["lock_time"], &shown["refund"]["from"]), (&900_000.into(), &"block 900001".into()));
    assert!(shown["max_claim_bytes"].as_u64().unwrap() > 10_000);
    assert!((200..600).contains(&shown["max_refund_bytes"].as_u64().unwrap()));
    shown
}

#[test]
fn build__what_is_seldom_meant__is_warned_of() {
    let shop = shop();
    let build = |rest: &str, name: &str| {
        let lines =
            build("inference-payment", SEALED).replace("900000", if name == "date" { "20261231" } else { "900000" });
        shop.run(&format!("{lines} --class 7 {rest} --out warned-{name}.json")).yes()
    };
    assert!(build("--public input_commitment=0x1234", "none")["warnings"].is_null());
    let signer = format!("--open input_commitment --signer {PUBLIC_KEY}");
    assert!(build(&signer, "signed")["warnings"].is_null());
    let unsigned = build("--open input_commitment", "unsigned");
    assert!(unsigned["warnings"][0].as_str().unwrap().contains("no signer vouches for it"), "{unsigned}");
    let date = build("--public input_commitment=0x1234", "date");
    assert!(date["warnings"][0].as_str().unwrap().contains("block 20261231, is years ahead"), "{date}");
}

#[test]
fn build__each_contract__has_its_terms_in_the_file() {
    let shop = shop();
    let sealed = built(shop, "inference-payment", SEALED, "--class 7 --public input_commitment=0x1234");
    assert_eq!(sealed["public_inputs"], json!({ "class": "7", "input_commitment": "4660" }));
    assert_eq!((&sealed["open_inputs"], &sealed["payee"]), (&json!([]), &json!({ "kind": "prover" })));

    let signed = format!("--class 7 --open input_commitment --signer {PUBLIC_KEY}");
    let signed = built(shop, "inference-payment", SEALED, &signed);
    assert_eq!(
        (&signed["public_inputs"], &signed["open_inputs"]),
        (&json!({ "class": "7" }), &json!(["input_commitment"]))
    );
    assert_eq!(signed["payee"]["signer"], json!({ "public_key": PUBLIC_KEY, "input": "input_commitment" }));

    let bounty = built(shop, "model-bounty", "hidden-accuracy-9", "--public min_correct=8");
    assert_eq!(
        (&bounty["public_inputs"], &bounty["open_inputs"]),
        (&json!({ "min_correct": "8" }), &json!(["model_commitment"]))
    );

    let fixed = "--class 3 --public input[0]=5 --public model_commitment=0x99";
    let private = built(shop, "private-model-inference", "hidden-public-input", fixed);
    assert_eq!(private["public_inputs"], json!({ "class": "3", "input[0]": "5", "model_commitment": "153" }));
    let open = "--class 3 --open input --public model_commitment=0x99";
    assert_eq!(built(shop, "private-model-inference", "hidden-public-input", open)["open_inputs"], json!(["input[0]"]));

    write_payouts(shop, "payouts.toml");
    let by_class = "--public input_commitment=0x1234 --payouts payouts.toml";
    let settlement = built(shop, "settlement", SEALED, by_class);
    assert_eq!((&settlement["open_inputs"], &settlement["payee"]["kind"]), (&json!(["class"]), &"class".into()));
    let payouts = &settlement["payee"]["payouts"];
    assert_eq!(payouts.as_object().unwrap().keys().collect::<Vec<_>>(), ["1", "3", "7"]);
    assert_eq!((&payouts["1"][0]["satoshis"], &payouts["1"][0]["address"]), (&90_000.into(), &ADDRESS.into()));
    assert_eq!((&payouts["7"][0]["locking_script"], &payouts["7"][0]["address"]), (&"51".into(), &Value::Null));
    let text = run_in(&shop.folder, &format!("contract inspect library-settlement-{}.json", by_class.len()));
    for part in
        ["settlement", "input_commitment = 4660", "given by spend  class", "90,000 sat to", "from block 900001 on", "█"]
    {
        assert!(text.stdout.contains(part), "{part} in {}", text.stdout);
    }

    let sale = &format!("--public min_correct=8 --public ciphertext_digest=0x77 --pay-to {ADDRESS}");
    let sale = built(shop, "model-sale", "hidden-sale-9", sale);
    assert_eq!(sale["open_inputs"], json!(["sale_key"]));
}

#[test]
fn inspect__verifying_key__is_the_contracts_or_the_answer_is_no() {
    let shop = shop();
    let terms = format!("--public min_correct=8 --public ciphertext_digest=0x77 --pay-to {ADDRESS}");
    shop.run(&format!("{} {terms} --out inspected.json", build("model-sale", "hidden-sale-9"))).yes();
    let inspect = |file: &str, key: &str| shop.run(&format!("contract inspect {file} --verifying-key {key}"));
    let own = "library/hidden-sale-9.vk.json";
    let shown = inspect("inspected.json", own).yes();
    assert_eq!((&shown["is_of_key"], &shown["reason"]), (&true.into(), &Value::Null));
    assert_eq!(shop.run("contract inspect inspected.json").yes()["is_of_key"], Value::Null, "nothing was compared");

    // What is fixed makes the script by its value alone: with the two names exchanged it is the same script.
    let mut file: Value = serde_json::from_str(&shop.text("inspected.json")).unwrap();
    let names = |file: &Value| [0, 1].map(|k| file["terms"]["public_inputs"][k]["name"].clone());
    let [first, second] = names(&file);
    assert_eq!((&first, &second), (&"min_correct".into(), &"ciphertext_digest".into()));
    file["terms"]["public_inputs"][0]["name"] = second;
    file["terms"]["public_inputs"][1]["name"] = first;
    std::fs::write(shop.path("inspected-lie.json"), file.to_string()).unwrap();
    shop.run("contract inspect inspected-lie.json").yes();
    inspect("inspected-lie.json", own).no("ciphertext_digest of");

    inspect("inspected.json", &format!("library/{SEALED}.vk.json")).no("the points of another key");
    inspect("inspected.json", "inspected.json").error(&["inspected.json", "sale setup"]);
    let text = run_in(&shop.folder, &format!("contract inspect inspected.json --verifying-key {own}"));
    assert!(text.stdout.contains("the same points, the same public inputs by name and width"), "{}", text.stdout);
    run_in(&shop.folder, &format!("contract inspect inspected.json --asm --verifying-key {own}"))
        .error(&["cannot be used with"]);
}

#[test]
fn build__refund__takes_a_key_file_and_is_never_forgotten() {
    let shop = workshop();
    let owner = shop.run("key show alice.key").yes();
    let inspected = shop.run("contract inspect lock.json").yes();
    assert_eq!(inspected["refund"]["pubkey_hash"], owner["pubkey_hash"]);
    let bare = "contract build --verifying-key keys/mnist-square.vk.json --class 7 --out never-refund.json";
    shop.run(bare).error(&["--refund-to", "--refund-lock-time"]);
    let to = |to: &str, at: &str| shop.run(&format!("{bare} --refund-to {to} --refund-lock-time {at}"));
    to("nobody", "1").error(&["--refund-to nobody", "key show"]);
    to(ADDRESS, "0").error(&["lock time 0 locks nothing"]);
    to(ADDRESS, "soon").error(&["found \"soon\", expected a block height"]);
    to(ADDRESS, "4294967296").error(&["expected a block height"]);
    let in_time = "--refund-to alice.key --refund-lock-time 1800000000";
    let answer = shop.run(&format!(
        "contract build --verifying-key keys/mnist-square.vk.json --class 7 {in_time} --out in-time.json"
    ));
    assert_eq!(
        answer.yes()["refund"]["from"],
        "the first block when the chain's median time is after 2027-01-15T08:00:00Z (1800000000)"
    );
    assert!(!shop.has("never-refund.json"));
}

#[test]
fn build__terms_of_another_contract__are_refused_by_name() {
    let shop = shop();
    write_payouts(shop, "wrong-payouts.toml");
    let refused = |contract: &str, key: &str, rest: &str, parts: &[&str]| {
        shop.run(&format!("{} {rest} --out never-library.json", build(contract, key))).error(parts);
    };
    let commitment = "--public input_commitment=0x1234";
    // A key of another circuit.
    refused("model-bounty", SEALED, "--class 7", &["model-bounty", "class", "contract list"]);
    refused("inference-payment", "hidden-accuracy-9", "--public min_correct=8", &["min_correct", "contract list"]);
    refused("model-sale", "hidden-accuracy-9", "--public min_correct=8", &["model-sale", "model_commitment"]);
    // Values in the wrong place.
    refused(
        "model-bounty",
        "hidden-accuracy-9",
        "--public min_correct=8 --public model_commitment=1",
        &["model_commitment has a value, but is given by the spend"],
    );
    refused(
        "inference-payment",
        SEALED,
        &format!("--class 7 {commitment} --open input_commitment"),
        &["leave out --open"],
    );
    refused("inference-payment", SEALED, &format!("--open class {commitment}"), &["class must be fixed at deployment"]);
    refused("inference-payment", SEALED, "--class 7 --open label", &["--open label", "input_commitment"]);
    refused("inference-payment", SEALED, "--class 7", &["input_commitment has no value", "--open input_commitment"]);
    // Somebody else's payee.
    refused("settlement", SEALED, commitment, &["settlement needs --payouts", "--help"]);
    let by_class = format!("--class 7 {commitment} --payouts wrong-payouts.toml");
    refused("inference-payment", SEALED, &by_class, &["takes no --payouts"]);
    let signer = format!("--signer {PUBLIC_KEY}");
    refused(
        "inference-payment",
        SEALED,
        &format!("--class 7 {commitment} {signer}"),
        &["no public input is left to the spend"],
    );
    refused(
        "settlement",
        SEALED,
        &format!("{commitment} --payouts wrong-payouts.toml {signer}"),
        &["takes no --signer"],
    );
    refused("model-bounty", "hidden-accuracy-9", &format!("--public min_correct=8 {signer}"), &["takes no signer"]);
    refused("inference-payment", SEALED, "--class 7 --open input_commitment --signer 04", &["66 hex digits"]);
    // 5^3 + 7 is no square.
    let off_curve = format!("--class 7 --open input_commitment --signer 02{:064}", 5);
    refused("inference-payment", SEALED, &off_curve, &["no point of secp256k1 has this x"]);
    // A payouts file that names itself and the field.
    let text = shop.text("wrong-payouts.toml").replace("is = 7", "is = 3");
    std::fs::write(shop.path("wrong-payouts.toml"), text).unwrap();
    let twice = format!("{commitment} --payouts wrong-payouts.toml");
    refused("settlement", SEALED, &twice, &["wrong-payouts.toml", "class[1].is: 3 has its outputs already"]);
    std::fs::write(shop.path("wrong-payouts.toml"), shop.text("wrong-payouts.toml").replace("is = 3", "is = 100"))
        .unwrap();
    refused("settlement", SEALED, &twice, &["class"]);
    assert!(!shop.has("never-library.json"));
    // The default contract is the first one, and says so.
    let answer = shop.run(&format!("{BUILD} --class 7 --out default.json")).yes();
    assert_eq!(answer["name"], CONTRACTS[0]);
}
