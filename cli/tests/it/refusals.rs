//! Wrong files, wrong proofs, wrong keys: each refused with its reason, and with the exit code of its kind.

use crate::common::{BUILD, DEPLOY, NONCE, PROVE, SPEND, run_in, run_with, workshop};
use crate::served;
use std::fs;

const VERIFY: &str = "verify --verifying-key keys/mnist-square.vk.json --proof proof.json";
const OTHER_NONCE: &str = "ff00000000000000";

#[test]
fn spend__proof_for_another_contract__is_refused_before_sending() {
    let shop = workshop();
    shop.run(&format!("{PROVE} --nonce {OTHER_NONCE} --out other-nonce.json")).yes();
    let spend = SPEND.replace("proof.json", "other-nonce.json");
    shop.run(&format!("{spend} --dry-run --out refused-1.hex")).no("contract nonce ff00000000000000, this needs 0011");
    assert!(!shop.has("refused-1.hex"));
}

#[test]
fn spend__another_class_or_key__is_refused_before_sending() {
    let shop = workshop();
    let two = PROVE.replace("--image-index 0", "--image-index 1");
    shop.run(&format!("{two} --nonce {NONCE} --out two.json")).yes();
    let spend = SPEND.replace("proof.json", "two.json");
    shop.run(&format!("{spend} --dry-run --out refused-2.hex")).no("class 2, this needs 7");
    shop.run("key new --no-passphrase --out thief.key").yes();
    let theft = SPEND.replace("alice.key", "thief.key");
    shop.run(&format!("{theft} --dry-run --out refused-2.hex")).no("the proof is about key hash");
    assert!(!shop.has("refused-2.hex"));
}

#[test]
fn spend__proof_of_another_setup__is_refused_before_sending() {
    let shop = workshop();
    shop.run("setup --out other-keys").yes();
    let prove = PROVE.replace("keys/", "other-keys/");
    shop.run(&format!("{prove} --nonce {NONCE} --out other-setup.json")).yes();
    let spend = SPEND.replace("proof.json", "other-setup.json");
    shop.run(&format!("{spend} --dry-run --out refused-3.hex")).no("does not verify");
    shop.run(&VERIFY.replace("proof.json", "other-setup.json")).no("the proof is for verifying key");
    shop.run(&VERIFY.replace("proof.json", "other-setup.json").replace("keys/", "other-keys/")).yes();
}

#[test]
fn spend__transaction_that_is_not_the_deployment__is_named() {
    let shop = workshop();
    let to = "--dry-run --out refused-4.hex";
    shop.run(&format!("{SPEND} --vout 1 {to}")).error(&["output 1", "not under this contract", "--vout"]);
    shop.run(&format!("{SPEND} --vout 9 {to}")).error(&["output 9 of a transaction with 2"]);
    let coin = SPEND.replace("deploy.hex", "coin.hex");
    shop.run(&format!("{coin} {to}")).error(&["no output under this contract"]);
    let unnamed = SPEND.replace("--deploy-tx deploy.hex ", "");
    shop.run(&format!("{unnamed} {to}")).error(&["no deployment is given", "--deploy-tx"]);
    let text = SPEND.replace("deploy.hex", "lock.json");
    shop.run(&format!("{text} {to}")).error(&["lock.json is not a raw transaction", "getrawtransaction"]);
    let rich = shop.run(&format!("{SPEND} --fee-rate 10000 {to}"));
    rich.error(&["does not pay the fee", "sat needed"]);
}

#[test]
fn deploy__coin_of_another_key__is_refused() {
    let shop = workshop();
    shop.run("key new --no-passphrase --out stranger.key").yes();
    let deploy = DEPLOY.replace("alice.key", "stranger.key");
    shop.run(&format!("{deploy} --dry-run --out refused-5.hex")).error(&["cannot sign for the coin", "to go on:"]);
    assert!(!shop.has("refused-5.hex"));
}

#[test]
fn verify__other_statement__is_a_no_with_both_values() {
    let shop = workshop();
    shop.run(&format!("{VERIFY} --class 8")).no("class 7, expected 8");
    shop.run(&format!("{VERIFY} --nonce {OTHER_NONCE}")).no("nonce 00112233445566ff, expected ff00");
    shop.run(&format!("{VERIFY} --recipient {}", "ab".repeat(20))).no("expected abab");
    shop.run(&format!("{VERIFY} --public class=0x8")).no("class 7, expected 8");
    run_in(&shop.folder, &format!("{VERIFY} --class 10")).error(&["class 10 is out of range"]);
    shop.run(&format!("{VERIFY} --public class=7")).yes();
    shop.run(&format!("{VERIFY} --public class=16")).error(&["public input class is 16, expected a number below 2^4"]);
    shop.run(&format!("{VERIFY} --public label=7")).error(&[
        "public input label",
        "mnist-square",
        "that it has: class",
    ]);
}

#[test]
fn build__public_inputs_that_do_not_fit_the_key__are_named() {
    let shop = workshop();
    let build = format!("{BUILD} --out never-7.json");
    let given = |values: &str| shop.run(&format!("{build} {values}"));
    given("").error(&[
        "public input class has no value, expected one below 2^4",
        "--public class=VALUE",
        "--proof FILE",
    ]);
    given("--public class=16").error(&["public input class is 16, expected a number below 2^4"]);
    given("--public class=seven").error(&["public input class is \"seven\", expected a decimal number"]);
    given(&format!("--public class=0x{}", "f".repeat(64))).error(&["public input class", "below r"]);
    given(&format!("--public class={}", "ab".repeat(32))).error(&["hex digits need 0x before them: 0xabab"]);
    given("--public class=7 --public label=1").error(&["public input label", "that it has: class"]);
    given("--class 7 --public class=7").error(&["public input class is given twice"]);
    given("--public binding=7").error(&["the spender's key and the nonce"]);
    given("--public class").error(&["expected NAME=VALUE"]);
    given("--class 7 --proof proof.json").error(&["cannot be used with"]);
    // A proof of another setup says nothing under this key.
    shop.run("setup --out build-keys").yes();
    let prove = PROVE.replace("keys/", "build-keys/");
    shop.run(&format!("{prove} --nonce {NONCE} --out build-proof.json")).yes();
    given("--proof build-proof.json").error(&["build-proof.json is refused", "the proof is for verifying key"]);
    assert!(!shop.has("never-7.json"));
}

#[test]
fn file__damaged_or_missing__is_named_with_what_is_wrong() {
    let shop = workshop();
    let cut = |from: &str, to: &str| {
        let text = fs::read(shop.path(from)).unwrap();
        fs::write(shop.path(to), &text[..text.len() - 9]).unwrap();
    };
    let change = |from: &str, to: &str, old: &str, new: &str| {
        let text = shop.text(from);
        assert!(text.contains(old), "{old} in {from}");
        fs::write(shop.path(to), text.replacen(old, new, 1)).unwrap();
    };
    cut("alice.key", "cut.key");
    shop.run("key show cut.key").error(&["cut.key is not a usable key", "provelock-key", "key new"]);
    cut("keys/mnist-square.proving-key", "cut.proving-key");
    shop.run(&format!(
        "{} --nonce {NONCE} --out never-3.json",
        PROVE.replace("keys/mnist-square.proving-key", "cut.proving-key")
    ))
    .error(&["cut.proving-key is refused", "bytes follow the header", "run `setup` again"]);
    change("proof.json", "changed-proof.json", NONCE, OTHER_NONCE);
    shop.run(&VERIFY.replace("proof.json", "changed-proof.json")).error(&["changed-proof.json", "checksum"]);
    change("lock.json", "changed-lock.json", NONCE, OTHER_NONCE);
    shop.run("contract inspect changed-lock.json").error(&["changed-lock.json", "locking_script", "contract build"]);
    change("lock.json", "older-lock.json", "\"version\": 4", "\"version\": 3");
    shop.run("contract inspect older-lock.json").error(&["older-lock.json", "version 3", "version 4"]);
    change("lock.json", "other-rules.json", "genesis", "exodus");
    shop.run("contract inspect other-rules.json").error(&["other-rules.json", "profile", "genesis or chronicle"]);
    shop.run("contract inspect proof.json").error(&["proof.json is not a usable contract"]);
    shop.run(&VERIFY.replace("proof.json", "keys/mnist-square.vk.json")).error(&["vk.json", "another kind of file"]);
    for arguments in ["key show none.key", "contract inspect none.json", &VERIFY.replace("proof.json", "none.json")] {
        shop.run(arguments).error(&["cannot read", "none.", "No such file"]);
    }
    shop.run("model eval --model none").error(&["none is neither a bundled network nor a folder", "mnist-square"]);
    shop.run("model eval --images lock.json --labels lock.json").error(&["images file", "expected 0x00000803"]);
}

#[test]
fn prove__wrong_image_or_statement__is_named() {
    let shop = workshop();
    let out = format!("--nonce {NONCE} --out never-5.json");
    let image = |source: &str| PROVE.replace("--image-index 0", source);
    shop.run(&format!("{} {out}", image("--image-index 10000"))).error(&["--image-index is 10000, expected 0 to 9999"]);
    shop.run(&format!("{} {out}", image("--image lock.json"))).error(&["lock.json is not a digit image", "P5"]);
    shop.run(&format!("{} {out}", image(""))).error(&["--image-index <N>"]);
    shop.run(&format!("{} {out}", image("--image-index 0 --image x"))).error(&["cannot be used with"]);
    shop.run(&format!("{PROVE} --nonce 00 --out never-5.json")).error(&["expected 16 hex digits"]);
    shop.run(&format!("{PROVE} {out} --recipient {}", "ab".repeat(20))).error(&["cannot be used with"]);
    assert!(!shop.has("never-5.json"));
}

#[test]
fn prove__proving_key_of_another_network__is_refused() {
    let shop = workshop();
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/mnist-square");
    let other = shop.path("other-model");
    fs::create_dir(&other).unwrap();
    fs::copy(format!("{bundled}/weights.json"), other.join("weights.json")).unwrap();
    let manifest = fs::read_to_string(format!("{bundled}/manifest.json")).unwrap();
    fs::write(other.join("manifest.json"), manifest.replacen("mnist-square", "mnist-other", 1)).unwrap();
    shop.run(&format!("{PROVE} --model mnist-tiny --nonce {NONCE} --out never-6.json"))
        .error(&["the proving key is for circuit", "--model"]);
    assert!(!shop.has("never-6.json"));
    shop.run("setup --model other-model --out other-model-keys").yes();
    let prove = PROVE.replace("keys/mnist-square", "other-model-keys/mnist-other");
    shop.run(&format!("{prove} --model other-model --nonce {NONCE} --out other-model.json")).yes();
}

#[test]
fn send__no_destination_or_two_or_no_node__is_named() {
    let shop = workshop();
    shop.run(SPEND).error(&["there is no destination", "--dry-run", "--rpc URL", "--arc URL"]);
    shop.run(&format!("{SPEND} --dry-run")).error(&["--out <FILE>"]);
    shop.run(&format!("{SPEND} --dry-run --out x.hex --rpc http://127.0.0.1:1")).error(&["cannot be used with"]);
    shop.run(&format!("{SPEND} --arc http://127.0.0.1:1 --rpc-cookie x.cookie")).error(&["cannot be used with"]);
    // Not a word about sending would be a transaction that is believed to be sent.
    for destination in ["--rpc http://127.0.0.1:1", "--arc http://127.0.0.1:1", "--wait"] {
        for file in ["--out x.hex", "--ef x.hex", "--beef x.hex"] {
            shop.run(&format!("{SPEND} {file} {destination}")).error(&["cannot be used with"]);
        }
    }
    assert!(!shop.has("x.hex"));
    // Nobody listens on port 1.
    let spend = format!("{SPEND} --rpc http://127.0.0.1:1");
    let login = [("PROVELOCK_RPC_USER", "alice"), ("PROVELOCK_RPC_PASSWORD", "secret")];
    run_with(&shop.folder, &spend, &login).error(&["no connection to the node", "check --rpc"]);
    run_with(&shop.folder, &spend, &login[..1]).error(&["PROVELOCK_RPC_PASSWORD", "--rpc-cookie"]);
    shop.run(&format!("{spend} --rpc-cookie none.cookie")).error(&["none.cookie", ".cookie"]);
    // No other file is ever sent as a login.
    let node = served::node("regtest", served::Sending::Takes);
    let spend = format!("{SPEND} --wallet login.wallet --rpc {}", node.url);
    for file in ["alice.key", "lock.json", "coin.hex"] {
        shop.run(&format!("{spend} --rpc-cookie {file}")).error(&[file, "expected one line USER:PASSWORD"]);
    }
    assert!(node.asked("").is_empty());
    fs::write(shop.path("login.cookie"), "__cookie__:0123abcd\n").unwrap();
    shop.run(&format!("{spend} --rpc-cookie login.cookie")).yes();
    let login = &node.asked("sendrawtransaction")[0].authorization;
    assert_eq!(login.as_deref(), Some("Basic X19jb29raWVfXzowMTIzYWJjZA=="));
}

#[test]
fn program__without_a_command__shows_its_help() {
    let shop = workshop();
    run_in(&shop.folder, "").error(&["Usage: provelock", "demo", "contract", "Exit codes"]);
    run_in(&shop.folder, "contract").error(&["Usage: provelock contract", "deploy"]);
    let help = run_in(&shop.folder, "--help");
    assert_eq!(help.code, Some(0));
    for part in ["Step by step", "BITCOIND", "PROVELOCK_RPC_PASSWORD"] {
        assert!(help.stdout.contains(part), "{part}");
    }
    assert!(run_in(&shop.folder, "--version").stdout.starts_with("provelock 0.1"));
}

#[test]
fn deploy__amount_below_the_fee_of_its_spend__is_refused() {
    let shop = workshop();
    let tiny = DEPLOY.replace("--amount 100000", "--amount 1000");
    shop.run(&format!("{tiny} --dry-run --out never-tiny.hex")).error(&[
        "--amount 1000 sat is too small",
        "does not pay for the claim",
        "lock more than that",
    ]);
    assert!(!shop.path("never-tiny.hex").exists());
    // The twin: the same with an amount that pays, at a fee rate that asks for ten times as much.
    let dear = DEPLOY.replace("--amount 100000", "--amount 20000");
    shop.run(&format!("{dear} --fee-rate 1000 --dry-run --out dear.hex")).yes();
}
