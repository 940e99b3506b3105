//! Which files are written, how, and which are left alone.

use crate::common::{BUILD, DEPLOY, NONCE, PROVE, workshop};
use std::fs;

#[test]
fn out__existing_file__is_kept_unless_forced() {
    let shop = workshop();
    fs::write(shop.path("precious"), "precious").unwrap();
    let build = format!("{BUILD} --class 7");
    for arguments in [
        "key new --no-passphrase --out precious".to_owned(),
        format!("{PROVE} --nonce {NONCE} --out precious"),
        format!("{build} --out precious"),
        format!("{build} --out not-written.json --asm precious"),
        format!("{DEPLOY} --dry-run --out precious"),
        "setup --out keys".to_owned(),
    ] {
        shop.run(&arguments).error(&["exists already", "to go on:"]);
        assert_eq!(shop.text("precious"), "precious", "{arguments}");
    }
    assert!(!shop.has("not-written.json"));
    shop.run(&format!("{build} --out precious --force")).yes();
    assert!(shop.text("precious").contains("provelock-contract"));
}

#[test]
fn out__two_files_of_one_name__are_refused_before_the_first() {
    let shop = workshop();
    let named = ["one-name.json is named for two files", "a name of its own"];
    shop.run(&format!("{BUILD} --class 7 --out one-name.json --asm one-name.json")).error(&named);
    shop.run(&format!("{DEPLOY} --dry-run --out one-name.json --ef one-name.json")).error(&named);
    shop.run("sale encrypt --model mnist-private --out one-name.json --key-out one-name.json").error(&named);
    assert!(!shop.has("one-name.json"));
    shop.run(&format!("{DEPLOY} --dry-run --out two-names.hex --ef two-names.ef")).yes();
}

#[test]
fn out__no_such_folder__is_named_before_any_work() {
    let shop = workshop();
    shop.run(&format!("{PROVE} --nonce {NONCE} --out none/proof.json")).error(&["none is not a folder"]);
    shop.run("key new --no-passphrase --out none/alice.key").error(&["none is not a folder"]);
}

#[test]
fn run__refused__leaves_no_file() {
    let shop = workshop();
    shop.run(&format!("{PROVE} --nonce {NONCE} --class 3 --out never-1.json")).no("the network says 7, not 3");
    shop.run(&format!("{} --dry-run --out never-2.hex", DEPLOY.replace("100000", "99999999999"))).error(&[
        "cannot fund the contract",
        "at hand",
        "--amount",
    ]);
    assert!(!shop.has("never-1.json") && !shop.has("never-2.hex"));
}
