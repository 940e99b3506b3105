//! `wallet export`: the file of a contract out of the wallet.

use crate::common::{BUILD, DEPLOY, run_with, workshop};
use crate::served::{Sending, node};
use chain_types::LockingScript;

const LOGIN: [(&str, &str); 2] = [("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];

#[test]
fn export__contract_by_id_or_name__is_the_file_byte_for_byte() {
    let shop = workshop();
    let node = node("regtest", Sending::Takes);
    let deploy = format!("{DEPLOY} --wallet export.wallet --rpc {} --format json", node.url);
    run_with(&shop.folder, &deploy, &LOGIN).yes();
    let listed = shop.run("wallet list --wallet export.wallet").yes();
    let (id, name) = (&listed["contracts"][0]["id"], &listed["contracts"][0]["name"]);
    let (id, name) = (id.as_str().unwrap(), name.as_str().unwrap());
    for (k, named) in [id, &id[..8], name].into_iter().enumerate() {
        let out = format!("exported-{k}.json");
        let answer = shop.run(&format!("wallet export {named} --wallet export.wallet --out {out}")).yes();
        assert_eq!((&answer["id"], &answer["name"]), (&id.into(), &"inference-payment".into()));
        assert_eq!(std::fs::read(shop.path(&out)).unwrap(), std::fs::read(shop.path("lock.json")).unwrap());
    }
    // A file that exists is kept, unless it may be replaced.
    std::fs::write(shop.path("exported-0.json"), "mine").unwrap();
    let again = format!("wallet export {name} --wallet export.wallet --out exported-0.json");
    shop.run(&again).error(&["exported-0.json exists already", "--force"]);
    assert_eq!(shop.text("exported-0.json"), "mine");
    shop.run(&format!("{again} --force")).yes();
    assert_eq!(shop.text("exported-0.json"), shop.text("lock.json"));
    // What is not meant, or could be, is named.
    let never =
        |named: &str| shop.run(&format!("wallet export {named} --wallet export.wallet --out never-exported.json"));
    never(&id[..7]).error(&["no contract of the wallet has the name", id, "wallet list"]);
    never("settlement").error(&["no contract of the wallet has the name \"settlement\""]);
    assert!(!shop.has("never-exported.json"));
}

#[test]
fn export__text_that_is_not_the_contracts_file__is_refused() {
    let shop = workshop();
    shop.run(&format!("{BUILD} --class 8 --nonce 00112233445566f0 --out export-other.json")).yes();
    let script = |file: &str| {
        let file: serde_json::Value = serde_json::from_str(&shop.text(file)).unwrap();
        LockingScript::from_bytes(hex::decode(file["locking_script"].as_str().unwrap()).unwrap())
    };
    let mut wallet = wallet::Wallet::create(&shop.path("export-odd.wallet"), "regtest").unwrap();
    wallet.add_contract("odd", &script("lock.json"), "{}").unwrap();
    wallet.add_contract("other", &script("export-other.json"), &shop.text("lock.json")).unwrap();
    drop(wallet);
    let never =
        |named: &str| shop.run(&format!("wallet export {named} --wallet export-odd.wallet --out never-odd.json"));
    never("odd").error(&["is not its file", "contract build"]);
    never("other").error(&["is the file of another", "contract build"]);
    assert!(!shop.has("never-odd.json"));
}
