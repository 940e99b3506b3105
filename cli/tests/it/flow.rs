//! Step by step, with files in between.

use crate::common::{AMOUNT, BUILD, DEPLOY, NONCE, PROVE, SPEND, run_in, workshop};
use chain_types::{Profile, Satoshis};
use ledger::{BroadcastError, Chain as _, TestChain as _};
use tx_builder::{Coin, Version};

#[test]
fn flow__files_of_every_step__spend_the_coin_on_a_ledger() {
    let shop = workshop();
    let deployed = shop.run(&format!("{DEPLOY} --dry-run --out flow-deploy.hex")).yes();
    let deploy = shop.transaction("flow-deploy.hex");
    assert_eq!(deployed["txid"], deploy.compute_txid().to_string());
    assert_eq!((&deployed["amount_sats"], &deployed["vout"]), (&AMOUNT.into(), &0.into()));
    let spent = shop.run(&format!("{SPEND} --dry-run --out flow-spend.hex")).yes();
    let spend = shop.transaction("flow-spend.hex");
    assert_eq!(spent["txid"], spend.compute_txid().to_string());
    assert_eq!(spent["unlocking_script_bytes"], spend.input[0].script_sig.len());

    let mut ledger = shop.ledger.clone();
    let alice = shop.signing_key("alice.key");
    // Written, not sent: the ledger does not know it yet.
    assert!(matches!(ledger.broadcast(&spend), Err(BroadcastError::Rejected(_))));
    ledger.broadcast(&deploy).unwrap();
    ledger.mine(1, alice.pubkey_hash()).unwrap();
    ledger.broadcast(&spend).unwrap();
    ledger.mine(1, alice.pubkey_hash()).unwrap();
    assert_eq!(ledger.unspent(Coin::of(&deploy, 0).unwrap().outpoint).unwrap(), None);
    let paid = Coin::of(&spend, 0).unwrap();
    assert!(ledger.unspent(paid.outpoint).unwrap().is_some());
    assert_eq!(paid.value, Satoshis(AMOUNT - spent["fee_sats"].as_u64().unwrap()));
}

#[test]
fn flow__transactions_as_hex_arguments__are_taken() {
    let shop = workshop();
    let from_file = shop.run(&format!("{DEPLOY} --dry-run --out hex-1.hex")).yes();
    let arguments = DEPLOY.replace("coin.hex", &shop.text("coin.hex"));
    let from_text = shop.run(&format!("{arguments} --dry-run --out hex-2.hex")).yes();
    assert_eq!(from_file["txid"], from_text["txid"]);
}

#[test]
fn verify__good_proof__is_accepted_with_all_it_is_about() {
    let shop = workshop();
    let verify = "verify --verifying-key keys/mnist-square.vk.json --proof proof.json";
    let answer = shop.run(verify).yes();
    assert_eq!((&answer["accepted"], &answer["nonce"]), (&true.into(), &NONCE.into()));
    assert_eq!(answer["public_inputs"], serde_json::json!({ "class": "7" }));
    let key = shop.run("key show alice.key").yes();
    assert_eq!(answer["recipient"], key["pubkey_hash"]);
    let recipient = key["pubkey_hash"].as_str().unwrap();
    shop.run(&format!("{verify} --class 7 --nonce {NONCE} --recipient {recipient}")).yes();
}

#[test]
fn prove__image_file_and_address__give_a_proof_for_the_same_statement() {
    let shop = workshop();
    // Any image will do: the class is what the network says.
    let header = b"P5\n28 28\n255\n".to_vec();
    std::fs::write(shop.path("blank.pgm"), [header, vec![0; 784]].concat()).unwrap();
    let address = shop.run("key show alice.key").yes()["address"].as_str().unwrap().to_owned();
    let prove = "prove --proving-key keys/mnist-square.proving-key --image blank.pgm";
    let by_address = shop.run(&format!("{prove} --address {address} --nonce {NONCE} --out blank.json")).yes();
    assert_eq!(by_address["proved"], true);
    let checked = shop.run("verify --verifying-key keys/mnist-square.vk.json --proof blank.json").yes();
    assert_eq!(checked["public_inputs"]["class"], by_address["class"].to_string());
    assert_eq!(checked["public_inputs"], by_address["proof"]["public_inputs"]);
    assert_eq!(checked["recipient"], shop.run("key show alice.key").yes()["pubkey_hash"]);
}

#[test]
fn prove__text__draws_the_digit() {
    let shop = workshop();
    let run = run_in(&shop.folder, &format!("{PROVE} --nonce {NONCE} --out drawn.json"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("████") && run.stdout.contains("the network says 7"), "{}", run.stdout);
}

#[test]
fn inspect__contract__adds_up_and_assembles() {
    let shop = workshop();
    let answer = shop.run("contract inspect lock.json").yes();
    assert_eq!((&answer["public_inputs"]["class"], &answer["nonce"]), (&"7".into(), &NONCE.into()));
    let sum = |key: &str| {
        answer["fragments"].as_array().unwrap().iter().map(|fragment| fragment[key].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(
        (&answer["locking_script_bytes"], &answer["locking_opcodes"]),
        (&sum("bytes").into(), &sum("opcodes").into())
    );
    let assembly = run_in(&shop.folder, "contract inspect lock.json --asm");
    assert_eq!(assembly.code, Some(0));
    let script = script_gen::assemble(&assembly.stdout).unwrap();
    assert_eq!(script.len() as u64, sum("bytes"));
    let bars = run_in(&shop.folder, "contract inspect lock.json");
    assert!(bars.stdout.contains("█") && bars.stdout.contains("verifier/"), "{}", bars.stdout);
}

#[test]
fn build__same_nonce__same_file_and_without_one_a_new_one() {
    let shop = workshop();
    let build = format!("{BUILD} --class 7");
    shop.run(&format!("{build} --nonce {NONCE} --out again.json --asm again.asm")).yes();
    assert_eq!(shop.text("again.json"), shop.text("lock.json"));
    let script = script_gen::assemble(&shop.text("again.asm")).unwrap();
    assert!(shop.text("lock.json").contains(&hex::encode(script)));
    // The same values by their names, and those of a proof.
    for (name, values) in [("named.json", "--public class=0x7"), ("of-proof.json", "--proof proof.json")] {
        let build = build.replace("--class 7", values);
        shop.run(&format!("{build} --nonce {NONCE} --out {name}")).yes();
        // Not assert_eq: the texts are long.
        assert!(shop.text(name) == shop.text("lock.json"), "{values}");
    }
    let nonces = ["random-1.json", "random-2.json"]
        .map(|name| shop.run(&format!("{build} --out {name}")).yes()["nonce"].as_str().unwrap().to_owned());
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn eval__named_files__give_what_the_bundled_ones_give() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let data = format!("{root}/models/data/mnist/t10k");
    let named = workshop().run(&format!(
        "model eval --model {root}/models/mnist-square --images {data}-images-idx3-ubyte.gz --labels {data}-labels-idx1-ubyte.gz"
    ));
    let (named, bundled) = (named.yes(), workshop().run("model eval").yes());
    for key in ["model_sha256", "correct", "images", "accuracy", "confusion", "per_class_accuracy"] {
        assert_eq!(named[key], bundled[key], "{key}");
    }
    assert_eq!((&bundled["correct"], &bundled["images"]), (&9_919.into(), &10_000.into()));
    let rows = bundled["confusion"].as_array().unwrap();
    let right: u64 = rows.iter().enumerate().map(|(label, row)| row[label].as_u64().unwrap()).sum();
    assert_eq!(bundled["correct"], right);
}

#[test]
fn doctor__this_machine__can_run_the_demo() {
    let answer = workshop().run("doctor").yes();
    assert_eq!(answer["demo_can_run"], true);
    let names: Vec<_> =
        answer["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["processor", "memory", "network", "test images", "temporary", "node cache", "python3, pip", "node"]
    );
}

#[test]
fn flow__chronicle_contract__is_spent_by_version_2_on_a_ledger_since_the_upgrade() {
    let shop = workshop();
    let alice = shop.signing_key("alice.key");
    let build = format!("{BUILD} --class 7 --profile chronicle");
    let built = shop.run(&format!("{build} --nonce {NONCE} --out chronicle.json")).yes();
    assert_eq!(built["profile"], "chronicle");
    assert!(built["spend_rule"].as_str().unwrap().contains("version 2"), "{built}");
    let genesis = shop.run("contract inspect lock.json").yes();
    assert_eq!(genesis["profile"], "genesis");
    assert!(built["locking_script_bytes"].as_u64() < genesis["locking_script_bytes"].as_u64());

    let here =
        |arguments: &str| arguments.replace("lock.json", "chronicle.json").replace("deploy.hex", "chronicle-1.hex");
    shop.run(&format!("{} --dry-run --out chronicle-1.hex", here(DEPLOY))).yes();
    shop.run(&format!("{} --dry-run --out chronicle-2.hex", here(SPEND))).yes();
    let (deploy, spend) = (shop.transaction("chronicle-1.hex"), shop.transaction("chronicle-2.hex"));
    assert_eq!((deploy.version, spend.version), (Version::ONE, Version::TWO));
    let spend_on = |profile| {
        let mut ledger = shop.ledger.clone().with_profile(profile);
        ledger.broadcast(&deploy).unwrap();
        ledger.mine(1, alice.pubkey_hash()).unwrap();
        ledger.broadcast(&spend)
    };
    assert_eq!(spend_on(Profile::Chronicle).unwrap(), spend.compute_txid());
    assert!(matches!(spend_on(Profile::Genesis), Err(BroadcastError::Rejected(_))), "its opcodes are of the upgrade");
}
