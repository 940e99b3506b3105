//! The sale of a network: seller and buyer as the program lets them act, up to the proof that a contract pays for.

use crate::common::{NONCE, Workshop};
use crate::hidden::shop;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A ciphertext of the hidden network, and keys that the buyer makes without its weights.
pub(crate) fn sale() -> &'static Workshop {
    static MADE: OnceLock<()> = OnceLock::new();
    let shop = shop();
    MADE.get_or_init(|| {
        shop.run("model blank --model hidden --out blank").yes();
        shop.run("sale encrypt --model hidden --out sale.json --key-out sale.key").yes();
        shop.run("sale setup --model blank --first 12 --out sale-keys").yes();
    });
    shop
}

pub(crate) const PROVE: &str = "sale prove --model hidden --proving-key sale-keys/hidden-sale-12.proving-key \
                     --ciphertext sale.json --sale-key sale.key --key alice.key";
const VERIFY: &str = "sale verify --model blank --verifying-key sale-keys/hidden-sale-12.vk.json";

fn file(shop: &Workshop, name: &str) -> Value {
    serde_json::from_str(&shop.text(name)).unwrap()
}

fn key(shop: &Workshop, name: &str) -> String {
    file(shop, name)["key"].as_str().unwrap().to_owned()
}

#[cfg(unix)]
fn mode(shop: &Workshop, name: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(shop.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn sale__every_step__ends_with_the_sellers_network_in_the_buyers_hands() {
    let shop = sale();
    let key = key(shop, "sale.key");
    assert_eq!(key.len(), 32);
    let digest = shop.run("sale digest sale.json").yes();
    assert_eq!(digest["ciphertext_digest"], file(shop, "sale.key")["ciphertext_digest"]);
    assert_eq!(digest["words"], 3);
    let vk = file(shop, "sale-keys/hidden-sale-12.vk.json");
    let names = [("binding", 224), ("min_correct", 4), ("ciphertext_digest", 254), ("sale_key", 128)];
    let names = names.map(|(name, bits)| json!({ "name": name, "bits": bits }));
    assert_eq!(vk["circuit"]["public_inputs"], json!(names));
    let hash = shop.run("accuracy hash --model hidden --first 12").yes();
    assert_eq!(vk["circuit"]["spec"], format!("sale n=12 set={}", hash["sha256"].as_str().unwrap()));

    let proving = shop.run(&format!("{PROVE} --nonce {NONCE} --out sale-proof.json"));
    // The key stands in the proof file, for nobody else to read, and is not shown.
    assert!(!proving.stdout.contains(&key) && !proving.stderr.contains(&key));
    let proved = proving.yes();
    assert!(shop.text("sale-proof.json").contains(&key));
    #[cfg(unix)]
    assert_eq!((mode(shop, "sale.key"), mode(shop, "sale-proof.json")), (0o600, 0o600));
    let said = proved["proof"]["public_inputs"].as_object().unwrap();
    assert_eq!(said.keys().collect::<Vec<_>>(), ["ciphertext_digest", "min_correct"]);
    let correct = proved["correct"].as_u64().unwrap();
    assert_eq!((&proved["min_correct"], &proved["images"]), (&json!(correct), &json!(12)));

    let verify = format!("{VERIFY} --proof sale-proof.json");
    let verifying = shop.run(&format!("{verify} --ciphertext sale.json --min-correct {correct}"));
    assert!(!verifying.stdout.contains(&key));
    let verified = verifying.yes();
    assert_eq!(verified["set_sha256"], hash["sha256"]);
    assert!(verified["ciphertext_digest"].as_str().unwrap().ends_with(digest["ciphertext_digest"].as_str().unwrap()));
    shop.run(&format!("{verify} --min-correct {}", correct + 1)).no("correct images, expected");
    // An ordinary proof: any verifier takes it.
    let digest = digest["ciphertext_digest"].as_str().unwrap();
    let ordinary = "verify --verifying-key sale-keys/hidden-sale-12.vk.json --proof sale-proof.json";
    let ordinary = format!("{ordinary} --public ciphertext_digest=0x{digest} --public");
    let verified = shop.run(&format!("{ordinary} sale_key=0x{key}"));
    assert!(!verified.stdout.contains(&key));
    assert!(verified.yes()["public_inputs"].get("sale_key").is_none());
    let refused = shop.run(&format!("{ordinary} sale_key=5"));
    assert!(!refused.stdout.contains(&key));
    refused.no("it is about another sale_key");

    let bought = format!("sale decrypt --ciphertext sale.json --key {key} --model blank --out bought");
    let bought = shop.run(&bought).yes();
    assert_eq!(bought["ciphertext_digest"], digest);
    let weights = |folder: &str| file(shop, &format!("{folder}/weights.json"));
    assert_eq!(weights("bought"), weights("hidden"));
    assert_ne!(weights("blank"), weights("hidden"));
    // The spend's own spelling, and the key file.
    let spent = format!("sale decrypt --ciphertext sale.json --key 0x{key:0>64} --model blank --out bought --force");
    assert_eq!(shop.run(&spent).yes()["network"], bought["network"]);
    let own = "sale decrypt --ciphertext sale.json --sale-key sale.key --model blank --out bought --force";
    assert_eq!(shop.run(own).yes()["network"], bought["network"]);
    // What was bought measures as what was for sale.
    let eval = |model: &str| shop.run(&format!("model eval --model {model}")).yes()["correct"].clone();
    assert_eq!(eval("bought"), eval("hidden"));
    assert_ne!(eval("blank"), eval("hidden"));
}

#[test]
fn sale_prove__untrue_or_of_other_files__is_refused_by_name() {
    let shop = sale();
    let prove = |options: &str| shop.run(&format!("{PROVE} --nonce {NONCE} --out never-sold.json {options}"));
    prove("--min-correct 12").no("constraint `min_correct");
    shop.run("sale encrypt --model hidden --out sale-2.json --key-out sale-2.key").yes();
    assert_ne!((key(shop, "sale-2.key"), shop.text("sale-2.json")), (key(shop, "sale.key"), shop.text("sale.json")));
    let with = |from: &str, to: &str| {
        assert!(PROVE.contains(from));
        let command = PROVE.replace(from, to);
        shop.run(&format!("{command} --nonce {NONCE} --out never-sold.json"))
    };
    with("--sale-key sale.key", "--sale-key sale-2.key")
        .error(&["sale.json has the digest", "sale-2.key is the key of"]);
    with("--model hidden", "--model other-weights").error(&["the network hidden is encrypted to", "sale.json"]);
    with("--model hidden", "--model blank").error(&["the network hidden is encrypted to"]);
    with("--sale-key sale.key", "--sale-key alice.key").error(&["alice.key is not a sale's key", "sale encrypt"]);
    with("--ciphertext sale.json", "--ciphertext sale.key").error(&["sale.key is refused", "another kind of file"]);
    with("--ciphertext sale.json", "--ciphertext nowhere.json").error(&["cannot read nowhere.json"]);
    // Keys of one kind are not of the other.
    shop.run("accuracy setup --model hidden --first 11 --out sale-keys").yes();
    with("hidden-sale-12", "hidden-accuracy-11").error(&["expected one for \"sale ..\"", "provelock sale setup"]);
    let certificate = format!(
        "accuracy prove --model hidden --proving-key sale-keys/hidden-sale-12.proving-key --commitment hidden.secret \
         --key alice.key --nonce {NONCE} --out never-sold.json"
    );
    shop.run(&certificate).error(&["expected one for \"accuracy ..\"", "provelock accuracy setup"]);
    assert!(!shop.has("never-sold.json"));
}

#[test]
fn sale_verify__another_ciphertext__is_no() {
    let shop = sale();
    shop.run(&format!("{PROVE} --nonce {NONCE} --min-correct 0 --out sale-proof-0.json")).yes();
    let verify = format!("{VERIFY} --proof sale-proof-0.json");
    shop.run(&format!("{verify} --ciphertext sale.json")).yes();
    shop.run("sale encrypt --model hidden --out sale-3.json --key-out sale-3.key").yes();
    shop.run(&format!("{verify} --ciphertext sale-3.json")).no("it is about the ciphertext");
    shop.run(&format!("{verify} --public ciphertext_digest=5")).no("it is about ciphertext_digest");
    shop.run(&format!("{verify} --nonce ffffffffffffffff")).no("it is about nonce");
}

#[test]
fn sale_encrypt__existing_key_file__is_never_replaced() {
    let shop = sale();
    let before = (shop.text("sale.key"), shop.text("sale.json"));
    let again = "sale encrypt --model hidden --out sale.json --key-out sale.key --force";
    shop.run(again).error(&["sale.key exists already", "never replaced"]);
    let kept = "sale encrypt --model hidden --out sale.json --key-out never.key";
    shop.run(kept).error(&["sale.json exists already"]);
    assert_eq!((shop.text("sale.key"), shop.text("sale.json")), before);
    shop.run("sale encrypt --out never.json --key-out never.key").error(&["mnist-square", "no committed layer"]);
    shop.run("model blank --out never-blank").error(&["mnist-square", "its weights are public"]);
    shop.run("model blank --model hidden --out blank").error(&["blank exists already", "--force"]);
    assert!(!shop.has("never.key") && !shop.has("never.json") && !shop.has("never-blank"));
}

#[test]
fn sale_decrypt__wrong_key_or_files__leaves_no_network() {
    let shop = sale();
    let wrong =
        "sale decrypt --ciphertext sale.json --key 00112233445566778899aabbccddeeff --model blank --out never-bought";
    shop.run(wrong).no("decrypts the ciphertext to no weights");
    let with = |rest: &str| shop.run(&format!("sale decrypt --out never-bought {rest}"));
    let key = key(shop, "sale.key");
    with(&format!("--ciphertext sale.json --key {key} --model mnist-private"))
        .error(&["the ciphertext is of layout", "mnist-private"]);
    with(&format!("--ciphertext sale.json --key {key}1 --model blank")).error(&["32 lower-case hex digits"]);
    with("--ciphertext sale.json --model blank").error(&["--key"]);
    let mut cut = file(shop, "sale.json");
    cut["words"].as_array_mut().unwrap().pop();
    std::fs::write(shop.path("cut-sale.json"), cut.to_string()).unwrap();
    with(&format!("--ciphertext cut-sale.json --key {key} --model blank")).error(&["2 words, its layout 3"]);
    cut["words"][1] = json!("f".repeat(64));
    std::fs::write(shop.path("cut-sale.json"), cut.to_string()).unwrap();
    with(&format!("--ciphertext cut-sale.json --key {key} --model blank")).error(&["`words[1]`", "cut-sale.json"]);
    shop.run("sale digest cut-sale.json").error(&["`words[1]`"]);
    assert!(!shop.has("never-bought"));
}
