//! `--to`: the coins of a claim or a refund at another address than the key's.

use crate::common::{AMOUNT, SPEND, Workshop, workshop};
use chain_types::{LockingScript, Satoshis};
use ledger::{Chain as _, TestChain as _};
use tx_builder::{Address, OutPoint, Transaction};

const ELSEWHERE: &str = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";
const REFUND: &str = "contract refund --contract lock.json --deploy-tx deploy.hex --key alice.key";

/// What the only output of a transaction pays to [`ELSEWHERE`].
fn paid_elsewhere(transaction: &Transaction) -> Satoshis {
    let owner: Address = ELSEWHERE.parse().unwrap();
    let [output] = &transaction.output[..] else { panic!("{} outputs", transaction.output.len()) };
    assert_eq!(output.script_pubkey.as_bytes(), LockingScript::p2pkh(&owner.pubkey_hash.0).as_bytes());
    Satoshis(output.value.to_sat())
}

fn address_of(shop: &Workshop, key: &str) -> String {
    shop.run(&format!("key show {key}")).yes()["address"].as_str().unwrap().to_owned()
}

#[test]
fn spend__to_an_address__is_shown_taken_and_pays_it() {
    let shop = workshop();
    let answer = shop.run(&format!("{SPEND} --to {ELSEWHERE} --dry-run --out to-spend.hex")).yes();
    let spend = shop.transaction("to-spend.hex");
    let paid = paid_elsewhere(&spend);
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1);
    assert_eq!((&answer["outputs"][0]["to"], &answer["outputs"][0]["value_sats"]), (&ELSEWHERE.into(), &paid.0.into()));
    assert_eq!(answer["fee_sats"], AMOUNT - paid.0);
    let mut ledger = shop.ledger.clone();
    ledger.broadcast(&shop.transaction("deploy.hex")).unwrap();
    ledger.broadcast(&spend).unwrap();
    ledger.mine(1, shop.signing_key("alice.key").pubkey_hash()).unwrap();
    assert!(ledger.unspent(OutPoint::new(spend.compute_txid(), 0)).unwrap().is_some());
    // The twin: without it the coins are the key's.
    let own = shop.run(&format!("{SPEND} --dry-run --out to-own.hex")).yes();
    assert_eq!(own["outputs"][0]["to"], address_of(shop, "alice.key"));
    let text = crate::common::run_in(&shop.folder, &format!("{SPEND} --to {ELSEWHERE} --dry-run --out to-text.hex"));
    assert!(text.stdout.contains(&format!("sat  to {ELSEWHERE}")), "{}", text.stdout);
}

#[test]
fn refund__to_an_address__is_shown_and_pays_it() {
    let shop = workshop();
    let answer = shop.run(&format!("{REFUND} --to {ELSEWHERE} --dry-run --out to-refund.hex")).yes();
    let paid = paid_elsewhere(&shop.transaction("to-refund.hex"));
    assert_eq!((&answer["outputs"][0]["to"], &answer["outputs"][0]["value_sats"]), (&ELSEWHERE.into(), &paid.0.into()));
    let own = shop.run(&format!("{REFUND} --dry-run --out to-refund-own.hex")).yes();
    assert_eq!(own["outputs"][0]["to"], address_of(shop, "alice.key"));
}

#[test]
fn to__no_address_of_this_network__is_refused_by_name() {
    let shop = workshop();
    for command in [SPEND, REFUND] {
        let to = |text: &str| shop.run(&format!("{command} --to {text} --dry-run --out never-to.hex"));
        to("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH").error(&[
            "is an address of mainnet, the coins are of regtest",
            "a key of regtest",
            "key show",
        ]);
        // A letter mistyped; addresses of scripts, of the test networks and of mainnet; a key's file.
        to("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8s").error(&["--to mrCD", "not base58check"]);
        to("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc").error(&["version byte 0xc4", "a public-key hash"]);
        to("3P14159f73E4gFr7JterCCQh9QjiTjiZrG").error(&["version byte 0x05", "a public-key hash"]);
        to("alice.key").error(&["--to alice.key", "give the address of a key"]);
    }
    assert!(!shop.has("never-to.hex"));
}
