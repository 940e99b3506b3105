//! Proofs for a contract's file: what they take from it, and what is refused before anything is proved.

use crate::common::{AMOUNT, BUILD, NONCE, PROVE, Workshop, workshop};
use crate::hidden;
use serde_json::{Value, json};

const OTHER_NONCE: &str = "0a17ed0000000001";

/// Locks Alice's coin under a contract, in a file that nobody is told of.
fn deploy(shop: &Workshop, name: &str) {
    let deploy = format!("contract deploy --contract {name}.json --amount {AMOUNT} --key alice.key");
    shop.run(&format!("{deploy} --coin-tx coin.hex --coin-vout 0 --dry-run --out {name}-deploy.hex")).yes();
}

fn spend(name: &str, proof: &str) -> String {
    format!("contract spend --contract {name}.json --deploy-tx {name}-deploy.hex --proof {proof} --dry-run")
}

fn pubkey_hash(shop: &Workshop, key: &str) -> Value {
    shop.run(&format!("key show {key}")).yes()["pubkey_hash"].clone()
}

#[test]
fn prove__contract_that_pays_the_prover__gives_nonce_and_class() {
    let shop = workshop();
    let prove = PROVE.to_owned();
    let proved = shop.run(&format!("{prove} --contract lock.json --out wanted-proof.json")).yes();
    assert_eq!(proved["proof"]["nonce"], NONCE);
    assert_eq!(proved["proof"]["recipient"], pubkey_hash(shop, "alice.key"));
    let spent = spend("lock", "wanted-proof.json").replace("lock-deploy", "deploy");
    shop.run(&format!("{spent} --key alice.key --out wanted-spend.hex")).yes();

    let refused = |from: &str, to: &str| {
        assert!(prove.contains(from), "{from}");
        shop.run(&format!("{} --contract lock.json --out never-wanted.json", prove.replace(from, to)))
    };
    // The second test image is a two: neither as it is, nor as the class that the user asks for.
    refused("--image-index 0", "--image-index 1").no("the network says 2, not 7");
    refused("--image-index 0", "--image-index 1 --class 2").no("lock.json needs class 7, this is class 2");
    refused("--key alice.key", "").error(&["lock.json pays the prover, who is not given", "add --key FILE"]);
    refused("--key alice.key", &format!("--key alice.key --nonce {NONCE}")).error(&["cannot be used with"]);
    refused("--image-index 0", "--image-index 0 --contract none.json").error(&["cannot be used multiple times"]);
    shop.run("setup --out wanted-keys").yes();
    refused("keys/", "wanted-keys/").error(&["lock.json was built with another verifying key", "the same setup"]);
    shop.run(&format!("{prove} --out never-wanted.json")).error(&["--contract <FILE>"]);
    let nobody = prove.replace("--key alice.key", "");
    shop.run(&format!("{nobody} --nonce {NONCE} --out never-wanted.json"))
        .error(&["not said for whom the proof is", "--recipient HEX"]);
    assert!(!shop.has("never-wanted.json"));
}

#[test]
fn prove__contract_that_fixes_a_score__proves_that_score() {
    let shop = workshop();
    shop.run("setup --claim score --out wanted-score").yes();
    let build = BUILD.replace("keys/mnist-square", "wanted-score/mnist-square-score");
    let build = format!("{build} --class 7 --nonce {OTHER_NONCE}");
    let prove = PROVE.replace("keys/mnist-square", "wanted-score/mnist-square-score");
    let highest = shop.run(&format!("{prove} --nonce {OTHER_NONCE} --out wanted-highest.json")).yes();
    let highest: u64 = highest["proof"]["public_inputs"]["min_score"].as_str().unwrap().parse().unwrap();
    for (score, name) in [(highest - 1, "wanted-below"), (highest + 1, "wanted-above")] {
        shop.run(&format!("{build} --public min_score={score} --out {name}.json")).yes();
    }
    let proved = shop.run(&format!("{prove} --contract wanted-below.json --out wanted-score.json")).yes();
    assert_eq!(proved["proof"]["public_inputs"]["min_score"], (highest - 1).to_string());
    shop.run(&format!("{prove} --contract wanted-above.json --out never-score.json"))
        .no(&format!("the score is {highest}, below {}", highest + 1));
    deploy(shop, "wanted-below");
    let wrong = format!("{} --key alice.key --out never-score.hex", spend("wanted-below", "wanted-highest.json"));
    shop.run(&wrong).no(&format!("this needs {0}; prove it again with --min-score {0}", highest - 1));
    assert!(!shop.has("never-score.json") && !shop.has("never-score.hex"));
}

#[test]
fn accuracy_prove__bounty__certifies_as_many_as_it_asks_for() {
    let shop = hidden::shop();
    shop.run("accuracy setup --model hidden --first 10 --out wanted-accuracy").yes();
    let prove = "accuracy prove --model hidden --proving-key wanted-accuracy/hidden-accuracy-10.proving-key \
                 --commitment hidden.secret --key alice.key";
    let plain = shop.run(&format!("{prove} --nonce {OTHER_NONCE} --out wanted-plain.json")).yes();
    let correct = plain["correct"].as_u64().unwrap();
    assert!((1..10).contains(&correct), "{correct}");
    let build = BUILD.replace("keys/mnist-square", "wanted-accuracy/hidden-accuracy-10");
    let build = format!("{build} --contract model-bounty --nonce {OTHER_NONCE} --public min_correct=");
    shop.run(&format!("{build}{} --out wanted-bounty.json", correct - 1)).yes();
    shop.run(&format!("{build}{} --out wanted-more.json", correct + 1)).yes();
    let proved = shop.run(&format!("{prove} --contract wanted-bounty.json --out wanted-certificate.json")).yes();
    assert_eq!((&proved["min_correct"], &proved["correct"]), (&json!(correct - 1), &json!(correct)));

    deploy(shop, "wanted-bounty");
    let out = "--key alice.key --out wanted-bounty.hex";
    // As good, but another statement: the advice is the option that makes it this one.
    shop.run(&format!("{} {out}", spend("wanted-bounty", "wanted-plain.json"))).no(&format!(
        "the proof is about min_correct {correct}, this needs {0}; prove it again with --min-correct {0}",
        correct - 1
    ));
    assert!(!shop.has("wanted-bounty.hex"));
    shop.run(&format!("{} {out}", spend("wanted-bounty", "wanted-certificate.json"))).yes();
    shop.run(&format!("{prove} --contract wanted-more.json --out never-more.json")).no("constraint `min_correct");
    shop.run(&format!("{prove} --contract wanted-bounty.json --min-correct {correct} --out never-more.json"))
        .no(&format!("wanted-bounty.json needs min_correct {}, this is min_correct {correct}", correct - 1));
    assert!(!shop.has("never-more.json"));
}

#[test]
fn sale_prove__contract__is_for_the_seller_whom_it_names() {
    let shop = hidden::shop();
    shop.run("model blank --model hidden --out wanted-blank").yes();
    shop.run("sale encrypt --model hidden --out wanted-sale.ciphertext --key-out wanted-sale.key").yes();
    shop.run("sale setup --model wanted-blank --first 8 --out wanted-sale-keys").yes();
    let digest = shop.run("sale digest wanted-sale.ciphertext").yes()["ciphertext_digest"].clone();
    let build = BUILD.replace("keys/mnist-square", "wanted-sale-keys/hidden-sale-8");
    let build =
        format!("{build} --contract model-sale --nonce {OTHER_NONCE} --public min_correct=0 --pay-to alice.key");
    let digest = digest.as_str().unwrap();
    shop.run(&format!("{build} --public ciphertext_digest=0x{digest} --out wanted-sale.json")).yes();
    let prove = "sale prove --model hidden --proving-key wanted-sale-keys/hidden-sale-8.proving-key \
                 --ciphertext wanted-sale.ciphertext --sale-key wanted-sale.key --contract wanted-sale.json";
    let proved = shop.run(&format!("{prove} --out wanted-sale-proof.json")).yes();
    assert_eq!(proved["proof"]["recipient"], pubkey_hash(shop, "alice.key"));
    assert_eq!(proved["min_correct"], 0);
    shop.run(&format!("{prove} --key alice.key --out wanted-sale-same.json")).yes();
    shop.run("key new --no-passphrase --out wanted-other.key").yes();
    shop.run(&format!("{prove} --key wanted-other.key --out never-sale.json"))
        .error(&["wanted-sale.json pays the key hash", "leave --key"]);
    // Another ciphertext of the same network.
    shop.run("sale encrypt --model hidden --out wanted-2.ciphertext --key-out wanted-2.key").yes();
    let other =
        prove.replace("wanted-sale.ciphertext", "wanted-2.ciphertext").replace("wanted-sale.key", "wanted-2.key");
    shop.run(&format!("{other} --out never-sale.json")).no("wanted-sale.json needs ciphertext_digest");
    assert!(!shop.has("never-sale.json"));
}
