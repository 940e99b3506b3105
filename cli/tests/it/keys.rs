//! Key files: encrypted, never shown, never replaced.

use crate::common::{Workshop, run_with, workshop};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tx_builder::SigningKey;
use wallet::keys::{KeyNetwork, Passphrase, StoredKey, WorkFactor};

/// Secret 1, as every wallet exports it for mainnet and for testnet.
const ONE_MAIN: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
const ONE_TEST: &str = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";
/// Its addresses.
const ADDRESS_MAIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const ADDRESS_TEST: &str = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";

/// Writes secret 1's key, encrypted with little work, and its passphrase.
pub(crate) fn encrypted_key(shop: &Workshop, name: &str, network: KeyNetwork, passphrase: &str) {
    let (key, _) = SigningKey::from_wif(ONE_TEST).unwrap();
    let secret = Passphrase::new(passphrase.to_owned()).unwrap();
    let text = StoredKey::new(key, network).encrypt(&secret, WorkFactor::new(2).unwrap()).unwrap();
    fs::write(shop.path(name), text).unwrap();
}

#[test]
fn key__new__is_encrypted_and_for_the_owner_alone() {
    let shop = workshop();
    fs::write(shop.path("sesame.txt"), "open sesame\n").unwrap();
    let answer = shop.run("key new --network testnet --passphrase-file sesame.txt --out new.key").yes();
    let mode = fs::metadata(shop.path("new.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = shop.text("new.key");
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{text}");
    assert_eq!(answer["network"], "testnet");
    // The file on one hand, the environment on the other, open it.
    assert_eq!(shop.run("key show new.key --passphrase-file sesame.txt").yes(), answer);
    let shown = run_with(&shop.folder, "key show new.key", &[("PROVELOCK_PASSPHRASE", "open sesame")]);
    assert!(shown.stdout.contains(answer["address"].as_str().unwrap()), "{}", shown.stdout);
    run_with(&shop.folder, "key show new.key", &[("PROVELOCK_PASSPHRASE", "open sesam")])
        .error(&["new.key is not a usable key", "the passphrase does not open it"]);
}

#[test]
fn key__without_passphrase__is_for_regtest_alone() {
    let shop = workshop();
    let answer = shop.run("key new --no-passphrase --out plain.key").yes();
    assert_eq!(answer["network"], "regtest");
    assert_eq!(fs::metadata(shop.path("plain.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_ne!(shop.run("key new --no-passphrase --out plain-2.key").yes()["pubkey_hash"], answer["pubkey_hash"]);
    for network in ["testnet", "mainnet"] {
        shop.run(&format!("key new --network {network} --no-passphrase --out never.key"))
            .error(&["--no-passphrase is for regtest keys", network]);
    }
    fs::write(shop.path("edited.key"), shop.text("plain.key").replace("regtest", "testnet")).unwrap();
    shop.run("key show edited.key").error(&["testnet key that is not encrypted", "key import"]);
    assert!(!shop.has("never.key"));
}

#[test]
fn key__passphrase_that_nobody_can_give__is_an_error_that_says_how() {
    let shop = workshop();
    shop.run("key new --out never.key").error(&["no terminal to ask", "--passphrase-file", "PROVELOCK_PASSPHRASE"]);
    encrypted_key(shop, "locked.key", KeyNetwork::Regtest, "p");
    shop.run("key show locked.key").error(&["no terminal to ask", "--passphrase-file"]);
    run_with(&shop.folder, "key show locked.key", &[("PROVELOCK_PASSPHRASE", "")]).error(&["gives no passphrase"]);
    fs::write(shop.path("lines.txt"), "a\nb\n").unwrap();
    shop.run("key show locked.key --passphrase-file lines.txt").error(&["lines.txt holds several lines"]);
    shop.run("key show locked.key --passphrase-file none.txt").error(&["cannot read none.txt"]);
    assert!(!shop.has("never.key"));
}

#[test]
fn key__bare_wif_of_before__is_refused_with_the_command_that_encrypts_it() {
    let shop = workshop();
    fs::write(shop.path("old.key"), ONE_TEST).unwrap();
    shop.run("key show old.key").error(&["old.key is not a usable key", "bare key", "key import --wif old.key"]);
    fs::write(shop.path("p.txt"), "p").unwrap();
    let import = "key import --wif old.key --network testnet --passphrase-file p.txt --out imported.key";
    let answer = shop.run(import).yes();
    assert_eq!((&answer["address"], &answer["network"]), (&ADDRESS_TEST.into(), &"testnet".into()));
    assert_eq!(shop.run("key show imported.key --passphrase-file p.txt").yes(), answer);
    // Keys are never replaced, whatever is asked for.
    shop.run(import).error(&["imported.key exists already", "never replaced"]);
    shop.run("key import --wif old.key --network mainnet --passphrase-file p.txt --out never.key")
        .error(&["old.key holds no key for --network mainnet", "of testnet or regtest"]);
    // Standard input is empty here.
    shop.run("key import --network testnet --passphrase-file p.txt --out never.key")
        .error(&["standard input holds no key", "base58check"]);
    assert!(!shop.has("never.key"));
}

#[test]
fn key__export__needs_reveal_and_writes_for_the_owner_alone() {
    let shop = workshop();
    encrypted_key(shop, "owned.key", KeyNetwork::Mainnet, "p");
    fs::write(shop.path("export-p.txt"), "p").unwrap();
    let export = "key export owned.key --passphrase-file export-p.txt --out owned.wif";
    shop.run(export).error(&["--reveal"]);
    assert!(!shop.has("owned.wif"));
    let run = shop.run(&format!("{export} --reveal"));
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(ONE_MAIN), "the key itself is shown");
    assert_eq!(run.yes()["address"], ADDRESS_MAIN);
    assert_eq!(shop.text("owned.wif"), ONE_MAIN);
    assert_eq!(fs::metadata(shop.path("owned.wif")).unwrap().permissions().mode() & 0o777, 0o600);
    shop.run(&format!("{export} --reveal")).error(&["owned.wif exists already"]);
}

#[test]
fn key__passwd__opens_with_the_new_passphrase_alone() {
    let shop = workshop();
    encrypted_key(shop, "changed.key", KeyNetwork::Testnet, "old");
    fs::write(shop.path("old-p.txt"), "old").unwrap();
    fs::write(shop.path("new-p.txt"), "new").unwrap();
    let passwd = "key passwd changed.key --passphrase-file old-p.txt --new-passphrase-file new-p.txt";
    assert_eq!(shop.run(passwd).yes()["address"], ADDRESS_TEST);
    assert_eq!(fs::metadata(shop.path("changed.key")).unwrap().permissions().mode() & 0o777, 0o600);
    shop.run("key show changed.key --passphrase-file new-p.txt").yes();
    let kept = shop.text("changed.key");
    shop.run("key passwd changed.key --passphrase-file new-p.txt")
        .error(&["no terminal to ask", "to go on: give --new-passphrase-file FILE"]);
    // The old one no longer opens it: the second change is refused, and changes nothing.
    shop.run(passwd).error(&["the passphrase does not open it"]);
    assert_eq!(shop.text("changed.key"), kept);
}

#[test]
fn key__any_command__never_shows_the_key_or_its_passphrase() {
    let shop = workshop();
    encrypted_key(shop, "hidden.key", KeyNetwork::Mainnet, "correct-horse");
    fs::write(shop.path("hidden-p.txt"), "correct-horse").unwrap();
    fs::write(shop.path("hidden-wrong.txt"), "battery-staple").unwrap();
    let plain = shop.text("alice.key");
    let wif = plain.split('"').rev().nth(1).unwrap();
    assert!(wif.starts_with('c') && wif.len() == 52, "the file's last value is the key");
    for arguments in [
        "key show hidden.key --passphrase-file hidden-p.txt",
        "key show hidden.key --passphrase-file hidden-wrong.txt",
        "key show alice.key",
        "key import --wif alice.key --out never.key --no-passphrase",
        "contract inspect hidden.key",
    ] {
        let run = shop.run(arguments);
        let shown = format!("{}{}", run.stdout, run.stderr);
        for secret in [ONE_MAIN, ONE_TEST, wif, "correct-horse", "battery-staple"] {
            assert!(!shown.contains(secret), "{arguments}");
        }
        assert!(!shown.is_empty());
    }
}

#[test]
fn key__mainnet__is_made_with_a_warning() {
    let shop = workshop();
    encrypted_key(shop, "main.key", KeyNetwork::Mainnet, "p");
    let shown = run_with(&shop.folder, "key show main.key", &[("PROVELOCK_PASSPHRASE", "p")]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(
        shown.stdout.contains(ADDRESS_MAIN) && shown.stdout.contains("WARNING: young software"),
        "{}",
        shown.stdout
    );
}
