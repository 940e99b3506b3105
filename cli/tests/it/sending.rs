//! From the wallet's record to the chain and back: on a real node, with a process that is killed in between, and by way of
//! services. Without a node the tests that need one fail, and say how to get one.

use crate::common::{AMOUNT, BUILD, Workshop, workshop};
use crate::served::{Asked, Sending, Served, node as fake_node};
use chain_types::{FeeRate, LockingScript, Satoshis};
use ledger::{Chain as _, TestChain as _, mature_coin};
use node_client::regtest::{Node, find_bitcoind};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use tx_builder::{Draft, OutPoint, SigningKey, Transaction};

const NONCE: &str = "5e00000000000001";

/// Pays Alice a coin on the node and writes the transaction to `name`.
pub(crate) fn coin_on(node: &mut Node, shop: &Workshop, alice: &SigningKey, name: &str) {
    let reward = mature_coin(node, alice.pubkey_hash()).unwrap();
    let lock = LockingScript::p2pkh(&alice.pubkey_hash().0);
    let draft = Draft::new(FeeRate::DEFAULT, alice.pubkey_hash()).pay(lock, Satoshis(10 * AMOUNT)).add_p2pkh(reward);
    let mut funded = draft.fund().unwrap();
    funded.sign_all(alice).unwrap();
    let transaction = funded.finish().unwrap();
    node.broadcast(&transaction).unwrap();
    node.mine(1, alice.pubkey_hash()).unwrap();
    std::fs::write(shop.path(name), tx_builder::encode_hex(&transaction)).unwrap();
}

pub(crate) fn rpc(node: &Node) -> String {
    format!("--rpc {} --rpc-cookie {}", node.url(), node.cookie_file().display())
}

pub(crate) fn name_of(state: &Value) -> &str {
    state["name"].as_str().unwrap()
}

#[test]
fn flow__killed_while_sending__resumes_and_spends_on_a_real_node() {
    let shop = workshop();
    let mut node = Node::start().unwrap_or_else(|error| panic!("{error}"));
    let alice = shop.signing_key("alice.key");
    coin_on(&mut node, shop, &alice, "sending-coin.hex");
    shop.run(&format!("{BUILD} --class 7 --nonce {NONCE} --out sending.json")).yes();
    let deploy = "contract deploy --contract sending.json --amount 100000 --key alice.key \
                  --coin-tx sending-coin.hex --coin-vout 0 --wallet sending.wallet";

    // Killed while a node that never answers has the call.
    let silent = fake_node("regtest", Sending::NeverAnswers);
    let mut child = Command::new(env!("CARGO_BIN_EXE_provelock"));
    child.args(deploy.split_whitespace()).args(["--rpc", &silent.url]).current_dir(&shop.folder);
    child.env("PROVELOCK_RPC_USER", "u").env("PROVELOCK_RPC_PASSWORD", "w");
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    silent.wait_for("sendrawtransaction");
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = shop.run("wallet list --wallet sending.wallet").yes();
    assert_eq!(name_of(&listed["transactions"][0]["state"]), "sent");
    let txid = listed["transactions"][0]["txid"].as_str().unwrap().to_owned();
    assert_eq!(node.status(txid.parse().unwrap()).unwrap(), None, "the real node has not seen it");

    // Resumed on the real one; the same command again is the same transaction.
    let resumed = shop.run(&format!("wallet resume --wallet sending.wallet {}", rpc(&node))).yes();
    let progress = &resumed["transactions"][0];
    assert_eq!((name_of(&progress["before"]), name_of(&progress["after"])), ("sent", "waiting"));
    let again = shop.run(&format!("{deploy} {}", rpc(&node))).yes();
    assert_eq!((&again["txid"], name_of(&again["state"])), (&txid.as_str().into(), "waiting"));
    node.mine(1, alice.pubkey_hash()).unwrap();
    let waited = shop.run(&format!("wallet resume --wait --wallet sending.wallet {}", rpc(&node))).yes();
    assert_eq!(name_of(&waited["transactions"][0]["after"]), "mined");

    // The wallet knows the deployment.
    let prove = format!("{} --nonce {NONCE} --out", crate::common::PROVE);
    shop.run(&format!("{prove} sending-proof.json")).yes();
    let spend = "contract spend --contract sending.json --key alice.key";
    let first = format!("{spend} --proof sending-proof.json --wallet sending.wallet {}", rpc(&node));
    let spent = shop.run(&first).yes();
    assert_eq!((&spent["accepted"], name_of(&spent["state"])), (&true.into(), "waiting"));
    node.mine(6, alice.pubkey_hash()).unwrap();
    let coin = OutPoint::new(txid.parse().unwrap(), 0);
    assert_eq!(node.unspent(coin).unwrap(), None);
    let settled = shop.run(&format!("wallet resume --wallet sending.wallet {}", rpc(&node))).yes();
    for progress in settled["transactions"].as_array().unwrap() {
        assert_eq!(name_of(&progress["after"]), "settled");
    }
    let shown = shop.run(&format!("wallet show {} --wallet sending.wallet", spent["txid"].as_str().unwrap())).yes();
    let states: Vec<_> = shown["history"].as_array().unwrap().iter().map(|event| name_of(&event["state"])).collect();
    assert_eq!(states, ["recorded", "sent", "waiting", "mined", "settled"]);
    let raw: Transaction = tx_builder::decode_hex(shown["transaction"].as_str().unwrap()).unwrap();
    assert_eq!(raw.input[0].previous_output, coin);

    // Who knows the spend's id needs no file of it.
    let read =
        |txid: &str| shop.run(&format!("contract read --contract sending.json --spend-txid {txid} {}", rpc(&node)));
    let read_spend = read(spent["txid"].as_str().unwrap()).yes();
    assert_eq!((&read_spend["txid"], &read_spend["public_inputs"]), (&spent["txid"], &json!({})));
    read(&txid).error(&["input 0 of the spend is no claim of this contract"]);
    read(&"11".repeat(32)).error(&["gives no transaction 1111", "-txindex"]);

    // Another proof for the same coin: this wallet keeps the coin for the first, another hears that it is gone.
    shop.run(&format!("{prove} sending-again.json")).yes();
    let second = format!("{spend} --proof sending-again.json {}", rpc(&node));
    shop.run(&format!("{second} --wallet sending.wallet")).error(&["is reserved for transaction", "nothing was sent"]);
    let deploy_tx = shop.run(&format!("wallet show {txid} --wallet sending.wallet")).yes();
    std::fs::write(shop.path("sending-deploy.hex"), deploy_tx["transaction"].as_str().unwrap()).unwrap();
    shop.run(&format!("{second} --deploy-tx sending-deploy.hex --wallet sending-2.wallet")).no("spent by another");
    let wrong_login = [("PROVELOCK_RPC_USER", "alice"), ("PROVELOCK_RPC_PASSWORD", "wrong")];
    let again = format!("wallet resume --wallet sending.wallet --rpc {}", node.url());
    crate::common::run_with(&shop.folder, &again, &wrong_login).error(&["HTTP status 401"]);
}

#[test]
fn refund__before_its_height__is_not_sent_and_from_then_on_is() {
    let shop = workshop();
    let bitcoind = find_bitcoind().unwrap_or_else(|error| panic!("{error}"));
    // With its own wallet, to be asked for coins.
    let mut node = Node::start_with(&bitcoind, &["-disablewallet=0"]).unwrap_or_else(|error| panic!("{error}"));
    let alice = shop.signing_key("alice.key");
    coin_on(&mut node, shop, &alice, "refund-coin.hex");
    let height = node.info().unwrap().height + 5;
    let build = BUILD.replace("900000", &height.to_string());
    shop.run(&format!("{build} --class 7 --nonce 5e00000000000002 --out refund.json")).yes();
    let there = format!("--wallet refund.wallet {}", rpc(&node));
    let deploy = format!("contract deploy --contract refund.json --amount 100000 --key alice.key {there}");
    let address = shop.run("key show alice.key").yes()["address"].as_str().unwrap().to_owned();
    shop.run(&deploy).error(&["no free coins", "importaddress", "--coin-tx"]);
    let (label, rescan) = ("alice", true);
    let _: Value = node.rpc().call("importaddress", json!([address, label, rescan])).unwrap();
    let deployed = shop.run(&deploy).yes();
    assert_eq!(name_of(&deployed["state"]), "waiting");
    node.mine(1, alice.pubkey_hash()).unwrap();

    let refund = format!("contract refund --contract refund.json --key alice.key {there}");
    shop.run(&refund).no(&format!("locked until height {height}, the chain has {}", height - 4));
    let listed = shop.run("wallet list --wallet refund.wallet").yes();
    assert_eq!(listed["transactions"].as_array().unwrap().len(), 1, "nothing is recorded too early");
    shop.run("key new --no-passphrase --out refund-thief.key").yes();
    node.mine(4, alice.pubkey_hash()).unwrap();
    shop.run(&refund.replace("alice.key", "refund-thief.key")).no("the refund is for the key hash");
    // To another address than the key's own.
    let elsewhere = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";
    assert_ne!(address, elsewhere);
    let taken = shop.run(&format!("{refund} --to {elsewhere}")).yes();
    assert_eq!((&taken["lock_time"], name_of(&taken["state"])), (&height.into(), "waiting"));
    assert_eq!(taken["outputs"][0]["to"], elsewhere);
    node.mine(1, alice.pubkey_hash()).unwrap();
    let txid = taken["txid"].as_str().unwrap().parse().unwrap();
    assert_eq!(node.status(txid).unwrap().unwrap().confirmations, 1);
    assert_eq!(node.unspent(OutPoint::new(deployed["txid"].as_str().unwrap().parse().unwrap(), 0)).unwrap(), None);
    let paid = node.unspent(OutPoint::new(txid, 0)).unwrap().expect("the refund's only output");
    let owner: tx_builder::Address = elsewhere.parse().unwrap();
    assert_eq!(paid.script_pubkey.as_bytes(), LockingScript::p2pkh(&owner.pubkey_hash.0).as_bytes());
    assert_eq!(Some(paid.value.to_sat()), taken["outputs"][0]["value_sats"].as_u64());
}

/// The network of services: one coin at Alice's address, and an ARC that takes what it is given. Paths and fields as in
/// the documents that crate `services` cites for its replies.
fn explorer(coin: &Transaction) -> Served {
    let (txid, value) = (coin.compute_txid().to_string(), coin.output[0].value.to_sat());
    Served::new(move |asked: &Asked| {
        let list = json!({ "result": [{ "tx_hash": txid, "tx_pos": 0, "value": value, "isSpentInMempoolTx": false }] });
        match asked.line.as_str() {
            "GET /chain/info" => Some((200, json!({ "chain": "test", "blocks": 800_000 }).to_string())),
            line if line.starts_with("GET /script/") => Some((200, list.to_string())),
            _ => Some((404, "Not Found".to_owned())),
        }
    })
}

fn arc() -> Served {
    Served::new(|asked: &Asked| {
        let submitted: Value = serde_json::from_str(&asked.body).ok()?;
        let transaction = tx_builder::decode_hex(submitted["rawTx"].as_str()?).ok()?;
        let txid = transaction.compute_txid().to_string();
        Some((200, json!({ "status": 200, "title": "OK", "txStatus": "SEEN_ON_NETWORK", "txid": txid }).to_string()))
    })
}

#[test]
fn deploy__arc_and_explorer_of_the_configuration__finds_coins_and_sends() {
    let shop = workshop();
    let coin = shop.transaction("coin.hex");
    let (explorer, arc) = (explorer(&coin), arc());
    // Alice's key, as one of testnet.
    let text = shop.text("alice.key");
    let wif = text.split('"').rev().nth(1).unwrap();
    std::fs::write(shop.path("services.wif"), wif).unwrap();
    std::fs::write(shop.path("services-p.txt"), "p").unwrap();
    let passphrase = "--passphrase-file services-p.txt";
    shop.run(&format!("key import --wif services.wif --network testnet {passphrase} --out services.key")).yes();
    let config = format!(
        "format = \"provelock-config\"\nversion = 1\n\n[testnet]\narc = \"{}\"\nexplorer = \"{}\"\n\
         arc_key_env = \"MY_ARC_KEY\"\nwallet = \"services.wallet\"\n",
        arc.url, explorer.url
    );
    std::fs::write(shop.path("services.toml"), config).unwrap();
    let deploy = format!("contract deploy --contract lock.json --amount 100000 --key services.key {passphrase}");
    shop.run(&format!("{deploy} --config services.toml")).error(&["MY_ARC_KEY, which the configuration names"]);
    let variables = [("PROVELOCK_CONFIG", "services.toml"), ("MY_ARC_KEY", "open-sesame")];
    let run = crate::common::run_with(&shop.folder, &format!("{deploy} --format json"), &variables);
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("open-sesame"), "the service's key is shown");
    let deployed = run.yes();
    assert_eq!((&deployed["network"], name_of(&deployed["state"])), (&"testnet".into(), "waiting"));
    let submitted = arc.asked("POST /v1/tx");
    assert_eq!((submitted.len(), submitted[0].authorization.as_deref()), (1, Some("Bearer open-sesame")));
    assert_eq!(
        deployed["fee_sats"].as_u64().unwrap() + AMOUNT + deployed["outputs"][1]["value_sats"].as_u64().unwrap(),
        10 * AMOUNT
    );
    assert!(shop.has("services.wallet"));

    // The coin is kept for that deployment: there is none for another.
    shop.run(&format!("{BUILD} --class 7 --nonce 5e00000000000003 --out services.json")).yes();
    let second = deploy.replace("lock.json", "services.json");
    crate::common::run_with(&shop.folder, &second, &variables).error(&["no free coins"]);
    // A regtest key has no well-known service, and the configuration says nothing of regtest.
    let regtest = "contract deploy --contract lock.json --amount 100000 --key alice.key";
    shop.run(&format!("{regtest} --arc default")).error(&["no well-known service of regtest"]);
    crate::common::run_with(&shop.folder, regtest, &variables)
        .error(&["there is no destination", "configure [regtest]"]);
    std::fs::write(shop.path("wrong.toml"), "format = \"provelock-config\"\nversion = 1\nwalet = \"x\"\n").unwrap();
    shop.run(&format!("{regtest} --config wrong.toml")).error(&[
        "wrong.toml",
        "unknown field `walet`",
        "docs/formats.md",
    ]);
}

#[test]
fn read__coin__is_spent_as_the_explorer_says() {
    let shop = workshop();
    shop.run(&format!("{} --dry-run --out read-spend.hex", crate::common::SPEND)).yes();
    let (deployment, spend) = (shop.transaction("deploy.hex"), shop.transaction("read-spend.hex"));
    let (deploy_txid, spend_txid) = (deployment.compute_txid(), spend.compute_txid());
    let [raw, raw_deployment] = [&spend, &deployment].map(tx_builder::encode_hex);
    let other = "11".repeat(32);
    // Output 0 is spent by the claim, 1 by nobody; of output 2 the explorer says what is not so.
    let explorer = Served::new(move |asked: &Asked| {
        let spent = |vout| format!("GET /tx/{deploy_txid}/{vout}/spent");
        match asked.line.as_str() {
            "GET /chain/info" => Some((200, json!({ "chain": "test", "blocks": 800_000 }).to_string())),
            line if line == spent(0) || line == spent(2) => {
                Some((200, json!({ "txid": spend_txid.to_string(), "vin": 0, "status": "confirmed" }).to_string()))
            }
            line if line == format!("GET /tx/{spend_txid}/hex") => Some((200, raw.clone())),
            line if line == format!("GET /tx/{deploy_txid}/hex") => Some((200, raw_deployment.clone())),
            _ => Some((404, "Not Found".to_owned())),
        }
    });
    let there = format!("--network testnet --explorer {}", explorer.url);
    let read = |what: &str| shop.run(&format!("contract read --contract lock.json {what}"));
    for found in [format!("--coin {deploy_txid}:0 {there}"), format!("--spend-txid {spend_txid} {there}")] {
        let answer = read(&found).yes();
        assert_eq!((&answer["txid"], &answer["input"]), (&spend_txid.to_string().into(), &0.into()));
    }
    read(&format!("--coin {deploy_txid}:1 {there}")).error(&["names no transaction that spends", "--spend-txid"]);
    read(&format!("--coin {deploy_txid}:2 {there}")).error(&["spends no output of the deployment"]);
    read(&format!("--spend-txid {other} {there}")).error(&["gives no transaction 1111"]);
    read(&format!("--coin {deploy_txid}")).error(&["expected TXID:VOUT"]);
    read(&format!("--spend-txid {spend_txid}")).error(&["there is no destination", "add --spend-tx FILE_OR_HEX"]);
    read("").error(&["--spend-tx <FILE_OR_HEX>", "--coin <TXID:VOUT>"]);
    read(&format!("--spend-tx read-spend.hex --coin {deploy_txid}:0")).error(&["cannot be used with"]);
}

/// Double SHA-256 of two nodes of a block's tree, in the order of their bytes.
fn parent_node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(Sha256::digest([left, right].concat())).into()
}

/// As a hash is written: the last byte first.
fn shown(mut hash: [u8; 32]) -> String {
    hash.reverse();
    hex::encode(hash)
}

#[test]
fn deploy__beef__holds_the_ancestor_with_its_proof() {
    let shop = workshop();
    let coin = shop.transaction("coin.hex");
    let (txid, raw) = (coin.compute_txid(), tx_builder::encode_hex(&coin));
    // A block of two transactions: the coin's and another.
    let mut leaf: [u8; 32] = hex::decode(txid.to_string()).unwrap().try_into().unwrap();
    leaf.reverse();
    let (other, block) = ([7; 32], "22".repeat(32));
    let root = shown(parent_node(leaf, other));
    let known_root = root.clone();
    let explorer = Served::new(move |asked: &Asked| {
        let header = json!({ "hash": block, "height": 800_000, "confirmations": 3, "merkleroot": root });
        let proof = json!([{ "index": 0, "txOrId": txid.to_string(), "target": block, "nodes": [shown(other)] }]);
        match asked.line.as_str() {
            line if line == format!("GET /tx/{txid}/hex") => Some((200, raw.clone())),
            line if line == format!("GET /tx/{txid}/proof/tsc") => Some((200, proof.to_string())),
            line if line == format!("GET /block/{block}/header") => Some((200, header.to_string())),
            _ => Some((404, "Not Found".to_owned())),
        }
    });
    let deploy = format!("{} --dry-run --explorer {}", crate::common::DEPLOY, explorer.url);
    let answer = shop.run(&format!("{deploy} --out beef.hex --beef beef.beef")).yes();
    let beef = tx_builder::Beef::from_hex(&shop.text("beef.beef")).unwrap();
    assert_eq!(beef.subject(), &shop.transaction("beef.hex"));
    assert_eq!(answer["txid"], beef.subject().compute_txid().to_string());
    assert_eq!(beef.transactions().count(), 2);
    let is_root = |height: u32, root: tx_builder::MerkleRoot| {
        Ok::<_, std::io::Error>(height == 800_000 && root.to_string() == known_root)
    };
    beef.verify(is_root).unwrap();
    // The twin: an explorer that does not know the coin's transaction. Nothing is written.
    let spend = format!("{} --dry-run --explorer {}", crate::common::SPEND, explorer.url);
    shop.run(&format!("{spend} --out never-beef.hex --ef never-beef.ef --beef never-beef.beef"))
        .error(&["the explorer does not know", "send that first"]);
    for name in ["never-beef.hex", "never-beef.ef", "never-beef.beef"] {
        assert!(!shop.has(name), "{name}");
    }
}

#[test]
fn wallet__missing_or_of_another_network__is_named() {
    let shop = workshop();
    shop.run("wallet list --wallet none.wallet").error(&["there is no wallet at none.wallet", "contract deploy"]);
    // What is no wallet stays what it is.
    let lock = shop.text("lock.json");
    shop.run("wallet list --wallet lock.json")
        .error(&["lock.json", "to go on: give a wallet's file with --wallet FILE"]);
    assert_eq!(shop.text("lock.json"), lock);
    shop.run("wallet list --wallet keys").error(&["keys", "to go on: give a wallet's file"]);
    drop(wallet::Wallet::create(&shop.path("busy.wallet"), "regtest").unwrap());
    let busy = wallet::Wallet::open(&shop.path("busy.wallet")).unwrap();
    shop.run("wallet list --wallet busy.wallet").error(&["in use", "to go on: wait until the other command has ended"]);
    drop(busy);
    shop.run("wallet list --wallet busy.wallet").yes();
    let node = fake_node("regtest", Sending::Takes);
    let variables = [("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];
    let run =
        |arguments: &str| crate::common::run_with(&shop.folder, &format!("{arguments} --format json"), &variables);
    let rpc = format!("--rpc {}", node.url);
    let deploy = format!("{} --wallet of-regtest.wallet {rpc}", crate::common::DEPLOY);
    let txid = run(&deploy).yes()["txid"].as_str().unwrap().to_owned();
    let test = fake_node("test", Sending::Takes);
    run(&format!("wallet resume --wallet of-regtest.wallet --rpc {}", test.url))
        .error(&["of-regtest.wallet is a wallet of regtest, not of testnet", "nothing was recorded or sent"]);
    assert!(test.asked("sendrawtransaction").is_empty());
    run("wallet list --wallet of-regtest.wallet --network testnet").error(&["a wallet of regtest, not of testnet"]);
    // The same contract is not paid twice by accident.
    let unnamed = deploy.replace(" --coin-tx coin.hex --coin-vout 0", "");
    assert_ne!(unnamed, deploy);
    run(&unnamed).error(&["deployed already, by transaction", &txid, "another nonce"]);
    // What was sent cannot be given up; what is not there cannot be shown.
    run(&format!("wallet abandon {txid} --wallet of-regtest.wallet"))
        .error(&["is waiting and cannot become abandoned"]);
    let other = "11".repeat(32);
    run(&format!("wallet show {other} --wallet of-regtest.wallet")).error(&["has no transaction 1111"]);
    run(&format!("wallet retry {other} --wallet of-regtest.wallet")).error(&["is not in the wallet"]);
}

#[test]
fn wallet__list_and_show__say_what_is_locked_and_what_spends_it() {
    let shop = workshop();
    let node = fake_node("regtest", Sending::Takes);
    let variables = [("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];
    let there = format!("--wallet shown.wallet --rpc {} --format json", node.url);
    let send = |command: &str| crate::common::run_with(&shop.folder, &format!("{command} {there}"), &variables).yes();
    let list = || crate::common::run_in(&shop.folder, "wallet list --wallet shown.wallet").stdout;
    let deployed = send(crate::common::DEPLOY);
    let id = shop.run("contract inspect lock.json").yes()["contract_id"].clone();
    assert_eq!(deployed["contract_id"], id);
    let (unspent, deploy_txid) = (list(), deployed["txid"].as_str().unwrap());
    for part in [
        format!("contract {}  inference-payment", id.as_str().unwrap()),
        format!("coin {deploy_txid}:0  100,000 sat, not spent by this wallet"),
        format!("{deploy_txid}  deployment, locks 100,000 sat, outputs 99"),
    ] {
        assert!(unspent.contains(&part), "{part:?} in {unspent}");
    }
    let spent = send(&crate::common::SPEND.replace("--deploy-tx deploy.hex ", ""));
    let (txid, text) = (spent["txid"].as_str().unwrap(), list());
    assert!(text.contains(&format!("100,000 sat, spent by claim {txid} (waiting)")), "{text}");

    let listed = shop.run("wallet list --wallet shown.wallet").yes();
    let coin = &listed["contracts"][0]["coins"][0];
    assert_eq!((&listed["contracts"][0]["id"], &coin["value_sats"]), (&id, &AMOUNT.into()));
    assert_eq!(coin["spends"], json!([txid]));
    // What is shown of one is what is listed of it, and its hex.
    let mut shown = shop.run(&format!("wallet show {txid} --wallet shown.wallet")).yes();
    let raw = shown.as_object_mut().unwrap().remove("transaction").unwrap();
    let raw: Transaction = tx_builder::decode_hex(raw.as_str().unwrap()).unwrap();
    assert_eq!(raw.compute_txid().to_string(), txid);
    assert_eq!(shown, listed["transactions"][1]);
    assert_eq!((&shown["spends"], &shown["unfinished"]), (&json!([format!("{deploy_txid}:0")]), &true.into()));
    assert_eq!(shown["outputs_sats"], raw.output[0].value.to_sat());
    let text = crate::common::run_in(&shop.folder, &format!("wallet show {txid} --wallet shown.wallet")).stdout;
    assert!(text.contains(&format!("\n  spends {deploy_txid}:0\n")), "{text}");
    assert!(text.contains("sat in all, unfinished\n"), "{text}");

    for command in ["show", "retry", "abandon"] {
        shop.run(&format!("wallet {command} {} --wallet shown.wallet", &txid[..8]))
            .error(&["expected the whole id of a transaction: 64 hex digits"]);
    }
    let resume = shop.run("wallet resume --wallet shown.wallet");
    assert!(!resume.stderr.contains("--dry-run"), "{}", resume.stderr);
    resume.error(&["there is no destination", "add --rpc URL or --arc URL, or configure [regtest]"]);
}

#[test]
fn deploy__wallet_of_another_network__records_and_sends_nothing() {
    let shop = workshop();
    let variables = [("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];
    drop(wallet::Wallet::create(&shop.path("of-testnet.wallet"), "test").unwrap());
    let node = fake_node("regtest", Sending::Takes);
    for command in [crate::common::DEPLOY, crate::common::SPEND] {
        let command = format!("{command} --wallet of-testnet.wallet --rpc {}", node.url);
        crate::common::run_with(&shop.folder, &command, &variables)
            .error(&["of-testnet.wallet is a wallet of testnet, not of regtest: nothing was recorded or sent"]);
    }
    assert!(node.asked("sendrawtransaction").is_empty());
    let listed = shop.run("wallet list --wallet of-testnet.wallet").yes();
    assert_eq!((&listed["contracts"], &listed["transactions"]), (&json!([]), &json!([])));
}

#[test]
fn lock_time__past_or_far__is_refused_or_warned_of() {
    let shop = workshop();
    let variables = [("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];
    // Its chain has height 800,000.
    let node = fake_node("regtest", Sending::Takes);
    let run = |command: &str, wallet: &str| {
        let command = format!("{command} --wallet {wallet} --rpc {} --format json", node.url);
        crate::common::run_with(&shop.folder, &command, &variables)
    };
    let build = |lock_time: &str, nonce: &str, out: &str| {
        let build = BUILD.replace("900000", lock_time);
        shop.run(&format!("{build} --class 7 --nonce {nonce} --out {out}")).yes();
        crate::common::DEPLOY.replace("lock.json", out)
    };
    let past = build("800000", "5e00000000000011", "past.json");
    run(&past, "lock-past.wallet").error(&["block 800000, is past", "back at once", "--refund-lock-time"]);
    assert!(node.asked("sendrawtransaction").is_empty() && !shop.has("lock-past.wallet"));
    let far = run(&build("905121", "5e00000000000012", "far.json"), "lock-far.wallet");
    assert!(far.stderr.contains("WARNING: the refund's lock time, block 905121"), "{}", far.stderr);
    assert!(far.yes()["refund_warning"].as_str().unwrap().contains("105,121 blocks ahead"));
    let near = run(crate::common::DEPLOY, "lock-near.wallet").yes();
    assert_eq!(near["refund_warning"], Value::Null);
    // A claim whose refund is open already; deployed without a chain, which nobody could compare with.
    shop.run(&format!("{past} --dry-run --out past-deploy.hex")).yes();
    shop.run(&format!("{} --nonce 5e00000000000011 --out past-proof.json", crate::common::PROVE)).yes();
    let spend =
        "contract spend --contract past.json --deploy-tx past-deploy.hex --proof past-proof.json --key alice.key";
    let spent = run(spend, "lock-claim.wallet").yes();
    assert!(spent["refund_warning"].as_str().unwrap().contains("the refund is valid from block 800001 on"), "{spent}");
}
