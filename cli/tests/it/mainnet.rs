//! Real money moves only when that was asked for, shown and confirmed. No test here reaches mainnet: the nodes are of this
//! machine and only say that they are.

use crate::common::{AMOUNT, DEPLOY, Run, Workshop, run_with, workshop};
use crate::keys::encrypted_key;
use crate::served::{Sending, Served, node};
use chain_types::{LockingScript, Satoshis};
use std::sync::OnceLock;
use tx_builder::{SigningKey, Transaction, transaction_output};
use wallet::keys::KeyNetwork;

/// Secret 1, which opens every coin of these tests.
const ONE_TEST: &str = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";
const ADDRESS_MAIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
const DEPLOY_MAIN: &str = "contract deploy --contract lock.json --amount 100000 --key gate-main.key --coin-tx gate-coin.hex --coin-vout 0 \
     --refund-is-not-mine";

/// The workshop with secret 1's keys of two networks and a coin that exists on none.
fn shop() -> &'static Workshop {
    static MADE: OnceLock<()> = OnceLock::new();
    let shop = workshop();
    MADE.get_or_init(|| {
        encrypted_key(shop, "gate-main.key", KeyNetwork::Mainnet, "p");
        encrypted_key(shop, "gate-test.key", KeyNetwork::Testnet, "p");
        let (key, _) = SigningKey::from_wif(ONE_TEST).unwrap();
        let mut coin: Transaction = shop.transaction("coin.hex");
        let lock = LockingScript::p2pkh(&key.pubkey_hash().0);
        coin.output = vec![transaction_output(lock, Satoshis(10 * AMOUNT))];
        std::fs::write(shop.path("gate-coin.hex"), tx_builder::encode_hex(&coin)).unwrap();
    });
    shop
}

fn run(shop: &Workshop, arguments: &str) -> Run {
    let variables = [("PROVELOCK_PASSPHRASE", "p"), ("PROVELOCK_RPC_USER", "u"), ("PROVELOCK_RPC_PASSWORD", "w")];
    run_with(&shop.folder, &format!("{arguments} --format json"), &variables)
}

fn rpc(node: &Served, wallet: &str) -> String {
    format!("--rpc {} --wallet {wallet}", node.url)
}

#[test]
fn deploy__refund_to_another_key__is_refused_until_the_user_insists() {
    let shop = shop();
    // The contract's refund is Alice's.
    let deploy = DEPLOY_MAIN.replace("gate-main.key", "gate-test.key");
    let silent = deploy.replace(" --refund-is-not-mine", "");
    assert_ne!(silent, deploy);
    run(shop, &format!("{silent} --dry-run --out never-refunded.hex")).error(&[
        "the refund goes to",
        "and not to mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r, the address of the key that pays",
        "--refund-is-not-mine",
    ]);
    assert!(!shop.has("never-refunded.hex"));
    let insists = run(shop, &format!("{deploy} --dry-run --out gate-refunded.hex"));
    assert!(insists.stderr.contains("WARNING: the refund goes to"), "{}", insists.stderr);
    let purpose = insists.yes()["purpose"].as_str().unwrap().to_owned();
    for part in ["pays whoever the proof is bound to", "refund to", "key points SHA-256"] {
        assert!(purpose.contains(part), "{purpose}");
    }
    // The twin: Alice deploys it without a word.
    let own = run(shop, &format!("{DEPLOY} --dry-run --out gate-own.hex"));
    assert!(!own.stderr.contains("WARNING"), "{}", own.stderr);
    own.yes();
}

#[test]
fn mainnet__key_without_the_flag__is_refused_by_every_sending_command() {
    let shop = shop();
    let node = node("main", Sending::Takes);
    let to_node = rpc(&node, "gate-1.wallet");
    let spend = "contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json --key gate-main.key";
    let refund = "contract refund --contract lock.json --deploy-tx deploy.hex --key gate-main.key";
    for command in [DEPLOY_MAIN, spend, refund] {
        for destination in ["--dry-run --out never-main.hex", to_node.as_str()] {
            run(shop, &format!("{command} {destination}")).error(&[
                "the key is of mainnet, which moves real money",
                "add --mainnet",
                "nobody has audited",
            ]);
        }
    }
    assert!(node.asked("").is_empty(), "nobody was asked for anything");
    assert!(!shop.has("never-main.hex") && !shop.has("gate-1.wallet"));
}

#[test]
fn mainnet__node_without_the_flag__is_refused_by_its_name() {
    let shop = shop();
    let node = node("main", Sending::Takes);
    let of_node = format!("the node at {} is of mainnet", node.url);
    run(shop, &format!("{DEPLOY} {}", rpc(&node, "gate-2.wallet"))).error(&[&of_node, "add --mainnet"]);
    run(shop, &format!("wallet resume {}", rpc(&node, "gate-2.wallet"))).error(&[&of_node, "add --mainnet"]);
    assert!(node.asked("sendrawtransaction").is_empty());
    assert!(!shop.has("gate-2.wallet"));
}

#[test]
fn mainnet__flag_with_anything_of_a_test_network__is_refused() {
    let shop = shop();
    let (main, regtest) = (node("main", Sending::Takes), node("regtest", Sending::Takes));
    run(shop, &format!("{DEPLOY} --mainnet {}", rpc(&main, "gate-3.wallet")))
        .error(&["--mainnet is given, but the key is of regtest"]);
    let of_node = format!("--mainnet is given, but the node at {} is of regtest", regtest.url);
    run(shop, &format!("{DEPLOY_MAIN} --mainnet --yes {}", rpc(&regtest, "gate-3.wallet"))).error(&[&of_node]);
    run(shop, &format!("{DEPLOY} --mainnet --dry-run --out never-gate.hex"))
        .error(&["--mainnet is given, but the key is of regtest"]);
    run(shop, &format!("{DEPLOY} --yes {}", rpc(&regtest, "gate-3.wallet"))).error(&["--mainnet"]);
    for node in [main, regtest] {
        assert!(node.asked("sendrawtransaction").is_empty());
    }
    assert!(!shop.has("never-gate.hex") && !shop.has("gate-3.wallet"));
}

#[test]
fn network__key_and_node_that_differ__are_both_named() {
    let shop = shop();
    let (regtest, stn) = (node("regtest", Sending::Takes), node("stn", Sending::Takes));
    let deploy = DEPLOY_MAIN.replace("gate-main.key", "gate-test.key");
    run(shop, &format!("{deploy} {}", rpc(&regtest, "gate-4.wallet")))
        .error(&["is of regtest, the key is of testnet", "key new --network regtest"]);
    run(shop, &format!("{deploy} --network regtest {}", rpc(&regtest, "gate-4.wallet")))
        .error(&["--network is of regtest, the key is of testnet"]);
    run(shop, &format!("{deploy} {}", rpc(&stn, "gate-4.wallet"))).error(&["network \"stn\", which is none of ours"]);
    assert!(regtest.asked("sendrawtransaction").is_empty() && stn.asked("sendrawtransaction").is_empty());
}

#[test]
fn mainnet__not_confirmed__is_shown_and_not_sent() {
    let shop = shop();
    let node = node("main", Sending::Takes);
    let run = run(shop, &format!("{DEPLOY_MAIN} --mainnet {}", rpc(&node, "gate-5.wallet")));
    let shown = run.stderr.clone();
    run.error(&["no terminal to ask", "nothing was sent", "--yes"]);
    // Every output, the fee and its rate.
    for part in
        ["1,000,000 sat", "100,000 sat  to the contract", ADDRESS_MAIN, "  fee ", "sat per 1,000 bytes", "refund to 1"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains("WARNING: young software that nobody has audited"), "{shown}");
    assert!(node.asked("sendrawtransaction").is_empty());
    assert!(!shop.has("gate-5.wallet"), "nothing is recorded either");
}

#[test]
fn mainnet__refund_to_an_address__is_shown_before_it_is_confirmed() {
    let shop = shop();
    let elsewhere = "1111111111111111111114oLvT2";
    // Its lock time is below the node's height, 800,000. Nobody compares a dry run with a chain.
    let build =
        format!("contract build --verifying-key keys/mnist-square.vk.json --class 7 --refund-to {ADDRESS_MAIN}");
    run(shop, &format!("{build} --refund-lock-time 700000 --out gate-refund.json")).yes();
    let deploy = DEPLOY_MAIN.replace("lock.json", "gate-refund.json");
    run(shop, &format!("{deploy} --mainnet --dry-run --out gate-refund-deploy.hex")).yes();
    let node = node("main", Sending::Takes);
    let refund = "contract refund --contract gate-refund.json --deploy-tx gate-refund-deploy.hex --key gate-main.key";
    let refund = format!("{refund} --mainnet {}", rpc(&node, "gate-7.wallet"));
    let unconfirmed = run(shop, &format!("{refund} --to {elsewhere}"));
    let shown = unconfirmed.stderr.clone();
    unconfirmed.error(&["no terminal to ask", "nothing was sent", "--yes"]);
    assert!(shown.contains(&format!("sat  to {elsewhere}")) && !shown.contains(ADDRESS_MAIN), "{shown}");
    // An address of a test network is none of mainnet's coins'.
    run(shop, &format!("{refund} --yes --to mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r"))
        .error(&["is an address of regtest or testnet, the coins are of mainnet", "to go on:"]);
    assert!(node.asked("sendrawtransaction").is_empty() && !shop.has("gate-7.wallet"));
    let answer = run(shop, &format!("{refund} --yes --to {elsewhere}")).yes();
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(answer["outputs"][0]["to"], elsewhere);
    assert_eq!(node.asked("sendrawtransaction").len(), 1);
}

#[test]
fn mainnet__confirmed__is_shown_recorded_and_sent_once() {
    let shop = shop();
    let node = node("main", Sending::Takes);
    let run = run(shop, &format!("{DEPLOY_MAIN} --mainnet --yes {}", rpc(&node, "gate-6.wallet")));
    assert!(run.stderr.contains("100,000 sat  to the contract") && run.stderr.contains("WARNING"), "{}", run.stderr);
    let answer = run.yes();
    assert_eq!((&answer["network"], &answer["state"]["name"]), (&"mainnet".into(), &"waiting".into()));
    assert!(answer["warning"].as_str().unwrap().contains("audited"));
    let outputs = answer["outputs"].as_array().unwrap();
    assert_eq!((&outputs[0]["value_sats"], &outputs[0]["to"]), (&AMOUNT.into(), &"the contract".into()));
    assert_eq!(outputs[1]["to"], ADDRESS_MAIN);
    let sum: u64 = outputs.iter().map(|output| output["value_sats"].as_u64().unwrap()).sum();
    assert_eq!(answer["fee_sats"], 10 * AMOUNT - sum);
    assert_eq!(node.asked("sendrawtransaction").len(), 1);
    let listed = shop.run("wallet list --wallet gate-6.wallet").yes();
    assert_eq!((&listed["network"], &listed["transactions"][0]["txid"]), (&"main".into(), &answer["txid"]));
}

#[test]
fn mainnet__dry_run__names_the_network_and_sends_nothing() {
    let shop = shop();
    let answer = run(shop, &format!("{DEPLOY_MAIN} --mainnet --dry-run --out gate-dry.hex --ef gate-dry.ef")).yes();
    assert_eq!((&answer["network"], &answer["outputs"][1]["to"]), (&"mainnet".into(), &ADDRESS_MAIN.into()));
    let raw = shop.transaction("gate-dry.hex");
    // A sale's claim holds its key, so what is written is for the owner alone.
    #[cfg(unix)]
    for name in ["gate-dry.hex", "gate-dry.ef"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(shop.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(answer["txid"], raw.compute_txid().to_string());
    // The Extended Format is the same transaction with what it spends.
    let extended = tx_builder::ExtendedTransaction::from_hex(&shop.text("gate-dry.ef")).unwrap();
    assert_eq!(extended.transaction(), &raw);
    assert_eq!(
        (extended.spent()[0].value.to_sat(), extended.fee().unwrap().0),
        (10 * AMOUNT, answer["fee_sats"].as_u64().unwrap())
    );
}

#[test]
fn mainnet__recorded_and_never_sent__is_shown_and_asked_about_by_resume() {
    let shop = shop();
    let node = node("main", Sending::Takes);
    run(shop, &format!("{DEPLOY_MAIN} --mainnet --dry-run --out gate-kept.hex")).yes();
    // As a process leaves it that ends between the record and the sending.
    let deployment = shop.transaction("gate-kept.hex");
    let mut wallet = wallet::Wallet::create(&shop.path("gate-kept.wallet"), "main").unwrap();
    let script = LockingScript::from_bytes(deployment.output[0].script_pubkey.as_bytes().to_vec());
    let contract = wallet.add_contract("mnist", &script, "{}").unwrap();
    wallet.record(&deployment, wallet::Purpose::Deployment { contract, vout: 0 }).unwrap();
    drop(wallet);
    let resume = format!("wallet resume --mainnet {}", rpc(&node, "gate-kept.wallet"));
    let refused = run(shop, &resume);
    let shown = refused.stderr.clone();
    refused.error(&["no terminal to ask", "nothing was sent", "--yes"]);
    // This node knows no coins, so the fee is not known.
    for part in ["recorded and not sent yet", "100,000 sat  to the contract", ADDRESS_MAIN, "an unknown number of sat"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(node.asked("sendrawtransaction").is_empty());
    run(shop, &format!("{resume} --yes")).yes();
    assert_eq!(node.asked("sendrawtransaction").len(), 1);
    // What was sent is not asked about again.
    let again = run(shop, &resume);
    assert!(!again.stderr.contains("not sent yet") && !again.stderr.contains("no terminal"), "{}", again.stderr);
}
