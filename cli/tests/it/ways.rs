//! The other ways to spend: with a signer's word, by class without a key, and the refund. Every transaction is made by the
//! program and judged by a ledger.

use crate::common::{AMOUNT, NONCE, Workshop, workshop};
use chain_types::{Instruction, Opcode, Satoshis, UnlockingScript};
use ledger::{BroadcastError, Chain as _, EmbeddedLedger, TestChain as _};
use serde_json::Value;
use std::sync::OnceLock;
use tx_builder::{Coin, Transaction};

const KEY: &str = "ways/mnist-square-committed-input";
const LOCKED: u32 = 900_000;

/// The workshop with keys about a committed input, the commitment to the first test image, and a signer.
fn shop() -> (&'static Workshop, &'static str) {
    static COMMITMENT: OnceLock<String> = OnceLock::new();
    let shop = workshop();
    let commitment = COMMITMENT.get_or_init(|| {
        shop.run("setup --input committed --out ways").yes();
        shop.run("key new --no-passphrase --out signer.key").yes();
        let committed = shop.run("input commit --image-index 0 --out ways.secret").yes();
        committed["commitment"].as_str().unwrap().to_owned()
    });
    (shop, commitment)
}

/// Builds and deploys a contract; files are called after `name`.
fn deployed(shop: &Workshop, name: &str, terms: &str) {
    let refund = format!("--refund-to alice.key --refund-lock-time {LOCKED} --nonce {NONCE}");
    let build = format!("contract build --verifying-key {KEY}.vk.json {refund} --out {name}.json");
    shop.run(&format!("{build} {terms}")).yes();
    let deploy = format!("contract deploy --contract {name}.json --amount {AMOUNT} --key alice.key");
    shop.run(&format!("{deploy} --coin-tx coin.hex --coin-vout 0 --dry-run --out {name}-deploy.hex")).yes();
}

fn prove(shop: &Workshop, for_whom: &str, out: &str) {
    let prove = format!("prove --proving-key {KEY}.proving-key --image-index 0 --input-commitment ways.secret");
    shop.run(&format!("{prove} {for_whom} --nonce {NONCE} --out {out}")).yes();
}

/// What a ledger with the deployment in a block says of a transaction.
fn judged(shop: &Workshop, name: &str, transaction: &Transaction) -> Result<EmbeddedLedger, BroadcastError> {
    let mut ledger = shop.ledger.clone();
    let alice = shop.signing_key("alice.key").pubkey_hash();
    ledger.broadcast(&shop.transaction(&format!("{name}-deploy.hex"))).unwrap();
    ledger.mine(1, alice).unwrap();
    ledger.broadcast(transaction)?;
    ledger.mine(1, alice).unwrap();
    Ok(ledger)
}

#[test]
fn attested_claim__signers_word__is_wanted_and_enough() {
    let (shop, commitment) = shop();
    let signer = shop.run("key show signer.key").yes()["public_key"].as_str().unwrap().to_owned();
    deployed(shop, "attested", &format!("--class 7 --open input_commitment --signer {signer}"));
    let attest =
        format!("contract attest --contract attested.json --deploy-tx attested-deploy.hex --commitment {commitment}");
    let signed = shop.run(&format!("{attest} --key signer.key --out attested-word.json")).yes();
    assert_eq!((&signed["input"], &signed["signer"]), (&"input_commitment".into(), &signer.as_str().into()));
    shop.run(&format!("{attest} --key alice.key --out never-word.json")).error(&["this key cannot sign", "signer"]);
    assert_eq!(signed["commitment"], commitment);
    let with = |commitment: &str| {
        let attest = "contract attest --contract attested.json --deploy-tx attested-deploy.hex --key signer.key";
        shop.run(&format!("{attest} --commitment {commitment} --out never-word.json"))
    };
    // A part of a commitment is no other, smaller one.
    for part in ["12", "0x12", &commitment[..62], &format!("{commitment}00")] {
        with(part).error(&["--commitment", "expected 64 hex digits"]);
    }
    with(&"f".repeat(64)).error(&["--commitment", "input_commitment", "below r"]);
    prove(shop, "--key alice.key", "attested-proof.json");

    let spend = "contract spend --contract attested.json --deploy-tx attested-deploy.hex --proof attested-proof.json";
    let out = "--dry-run --out attested-spend.hex";
    shop.run(&format!("{spend} --key alice.key {out}")).error(&["the word of its signer", "contract attest"]);
    shop.run(&format!("{spend} --attestation attested-word.json {out}")).error(&["a prover, who is not given"]);
    let text = shop.text("attested-word.json");
    let (bad, good) = ("never-good.json", text.replace("\"vout\": 0", "\"vout\": 1"));
    assert_ne!(good, text);
    std::fs::write(shop.path(bad), good).unwrap();
    shop.run(&format!("{spend} --key alice.key --attestation {bad} {out}")).no("it is about the coin at");
    std::fs::write(shop.path(bad), text.replace("provelock-attestation", "provelock-proof")).unwrap();
    shop.run(&format!("{spend} --key alice.key --attestation {bad} {out}"))
        .error(&["provelock-proof", "contract attest"]);
    assert!(!shop.has("attested-spend.hex") && !shop.has("never-word.json"));

    let spend = format!("{spend} --key alice.key --attestation attested-word.json");
    shop.run(&format!("{spend} {out}")).yes();
    judged(shop, "attested", &shop.transaction("attested-spend.hex")).unwrap();
    // Output 0 shows the commitment, output 1 pays whom the spender names.
    let elsewhere = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";
    let paid = shop.run(&format!("{spend} --to {elsewhere} --dry-run --out attested-to.hex")).yes();
    assert_eq!((&paid["outputs"][0]["value_sats"], &paid["outputs"][1]["to"]), (&0.into(), &elsewhere.into()));
    judged(shop, "attested", &shop.transaction("attested-to.hex")).unwrap();
}

#[test]
fn settlement__proof_without_a_key__pays_whom_the_class_says() {
    let (shop, commitment) = shop();
    let bob = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";
    let payouts = |class: u32| {
        format!(
            "format = \"provelock-payouts\"\nversion = 1\n\n[[class]]\nis = {class}\npay = [{{ address = \"{bob}\", satoshis = \
             90000 }}]\n"
        )
    };
    std::fs::write(shop.path("ways-7.toml"), payouts(7)).unwrap();
    std::fs::write(shop.path("ways-3.toml"), payouts(3)).unwrap();
    let terms = format!("--contract settlement --public input_commitment=0x{commitment} --payouts");
    deployed(shop, "settled", &format!("{terms} ways-7.toml"));
    deployed(shop, "unsettled", &format!("{terms} ways-3.toml"));
    // What the outputs do not take is the fee.
    let deploy =
        "contract deploy --contract settled.json --key alice.key --coin-tx coin.hex --coin-vout 0 --dry-run --amount";
    assert!(shop.run(&format!("{deploy} 100000 --out fees-1.hex")).yes()["fee_warning"].is_null());
    let lost = shop.run(&format!("{deploy} 190000 --out fees-2.hex")).yes();
    assert!(
        lost["fee_warning"].as_str().unwrap().starts_with("class 7 leaves 100000 sat of the coin to the fee"),
        "{lost}"
    );
    // The contract's file says that the proof is for nobody; without it the user does.
    let prove_for = format!("prove --proving-key {KEY}.proving-key --image-index 0 --input-commitment ways.secret");
    let proved = shop.run(&format!("{prove_for} --contract settled.json --out settled-proof.json")).yes();
    assert_eq!(proved["proof"]["recipient"], "00".repeat(20));
    shop.run(&format!("{prove_for} --contract settled.json --key alice.key --out never-settled.json")).error(&[
        "settled.json pays by class",
        "for nobody",
        "leave --key",
    ]);
    shop.run(&format!("{prove_for} --contract unsettled.json --out never-settled.json"))
        .no("unsettled.json pays nobody for class 7");
    assert!(!shop.has("never-settled.json"));
    prove(shop, &format!("--recipient {}", "00".repeat(20)), "settled-by-nonce.json");
    prove(shop, "--key alice.key", "settled-for-alice.json");
    let spend = "contract spend --contract settled.json --deploy-tx settled-deploy.hex --proof settled-proof.json";
    let out = "--dry-run --out settled-spend.hex";
    shop.run(&format!("{spend} --key alice.key {out}")).error(&["pays by class", "takes no key"]);
    shop.run(&format!("{} {out}", spend.replace("settled-proof", "settled-for-alice")))
        .no("takes proofs for nobody: prove again with --contract FILE and no --key");
    let by_nonce = spend.replace("settled-proof", "settled-by-nonce");
    shop.run(&format!("{by_nonce} --dry-run --out settled-by-nonce.hex")).yes();
    for key in ["", "--key alice.key"] {
        shop.run(&format!("{spend} {key} --to {bob} {out}")).error(&["fixes every output itself", "leave --to out"]);
    }
    assert!(!shop.has("settled-spend.hex"));
    let spent: Value = shop.run(&format!("{spend} {out}")).yes();
    assert_eq!((&spent["outputs"][0]["to"], &spent["outputs"][0]["value_sats"]), (&bob.into(), &90_000.into()));
    let read = shop.run("contract read --contract settled.json --spend-tx settled-spend.hex").yes();
    assert_eq!(read["public_inputs"], serde_json::json!({ "class": "7" }));
    shop.run("contract read --contract settled.json --spend-tx settled-deploy.hex")
        .error(&["no claim of this contract"]);
    shop.run("contract read --contract settled.json --spend-tx settled-spend.hex --input 1").error(&["--input is 1"]);
    let ledger = judged(shop, "settled", &shop.transaction("settled-spend.hex")).unwrap();
    let paid = Coin::of(&shop.transaction("settled-spend.hex"), 0).unwrap();
    assert!(ledger.unspent(paid.outpoint).unwrap().is_some());
    assert_eq!(paid.value, Satoshis(90_000));
    // The twin, of which a seven pays nobody.
    let nobody = spend.replace("settled", "unsettled").replace("unsettled-proof", "settled-proof");
    shop.run(&format!("{nobody} --dry-run --out never-settled.hex")).no("class 7 pays nobody");
    assert!(!shop.has("never-settled.hex"));
}

#[test]
fn refund__funders_key__is_taken_once_its_height_has_come() {
    let (shop, _) = shop();
    let alice = shop.signing_key("alice.key").pubkey_hash();
    // A lock time that a ledger reaches at once, and one it does not.
    let height = shop.ledger.info().unwrap().height + 4;
    for (name, lock) in [("refunded", height), ("kept", LOCKED)] {
        let build = crate::common::BUILD.replace(&LOCKED.to_string(), &lock.to_string());
        shop.run(&format!("{build} --class 7 --nonce {NONCE} --out {name}.json")).yes();
        let deploy = format!("contract deploy --contract {name}.json --amount {AMOUNT} --key alice.key");
        shop.run(&format!("{deploy} --coin-tx coin.hex --coin-vout 0 --dry-run --out {name}-deploy.hex")).yes();
        let refund = format!("contract refund --contract {name}.json --deploy-tx {name}-deploy.hex");
        let answer = shop.run(&format!("{refund} --key alice.key --dry-run --out {name}-refund.hex")).yes();
        assert_eq!((&answer["lock_time"], &answer["from"]), (&lock.into(), &format!("block {}", lock + 1).into()));
        shop.run(&format!("{refund} --key signer.key --dry-run --out never-refund.hex"))
            .no("the refund is for the key hash");
    }
    let mut ledger = shop.ledger.clone();
    ledger.broadcast(&shop.transaction("refunded-deploy.hex")).unwrap();
    ledger.mine(1, alice).unwrap();
    let refund = shop.transaction("refunded-refund.hex");
    let Err(BroadcastError::Rejected(early)) = ledger.broadcast(&refund) else { panic!("it is early") };
    assert!(early.reason.contains("nonfinal"), "{}", early.reason);
    ledger.mine(3, alice).unwrap();
    ledger.broadcast(&refund).unwrap();
    assert!(judged(shop, "kept", &shop.transaction("kept-refund.hex")).is_err());
}

/// The same transaction with an unlocking script that puts its first push together from two: no signature covers those.
fn computing(transaction: &Transaction) -> Transaction {
    let script = UnlockingScript::from_bytes(transaction.input[0].script_sig.to_bytes());
    let push = |item: Result<(usize, Instruction), _>| match item {
        Ok((_, Instruction::Push { data, .. })) => data,
        other => panic!("a claim of ours only pushes: {other:?}"),
    };
    let pushes: Vec<Vec<u8>> = script.instructions().map(push).collect();
    let (left, right) = pushes[0].split_at(pushes[0].len() / 2);
    let mut bytes = [left, right].map(chain_types::encode_push).concat();
    bytes.push(Opcode::OP_CAT.0);
    bytes.extend(pushes[1..].iter().flat_map(|push| chain_types::encode_push(push)));
    let mut computing = transaction.clone();
    computing.input[0].script_sig = bytes.into();
    computing
}

#[test]
fn read__spend_that_computes_what_it_shows__takes_the_deployment_and_is_read() {
    let (shop, commitment) = shop();
    let payouts = "format = \"provelock-payouts\"\nversion = 1\n\n[[class]]\nis = 7\npay = [{ address = \
                   \"mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r\", satoshis = 90000 }]\n";
    std::fs::write(shop.path("computing.toml"), payouts).unwrap();
    let terms = "--contract settlement --profile chronicle --payouts computing.toml";
    deployed(shop, "computing", &format!("{terms} --public input_commitment=0x{commitment}"));
    prove(shop, &format!("--recipient {}", "00".repeat(20)), "computing-proof.json");
    let spend =
        "contract spend --contract computing.json --deploy-tx computing-deploy.hex --proof computing-proof.json";
    shop.run(&format!("{spend} --dry-run --out computing-spend.hex")).yes();
    let plain = shop.transaction("computing-spend.hex");
    std::fs::write(shop.path("computing-2.hex"), tx_builder::encode_hex(&computing(&plain))).unwrap();

    let read = |spend: &str, rest: &str| {
        shop.run(&format!("contract read --contract computing.json --spend-tx {spend} {rest}"))
    };
    read("computing-2.hex", "").error(&["holds more than pushes", "add --deploy-tx"]);
    read("computing-2.hex", "--deploy-tx coin.hex").error(&["spends no output of the deployment"]);
    for spend in ["computing-spend.hex", "computing-2.hex"] {
        let read = read(spend, "--deploy-tx computing-deploy.hex").yes();
        assert_eq!(read["public_inputs"], serde_json::json!({ "class": "7" }));
    }
    // Somebody else's coin, whose script takes anything, beside the contract's: which input is the claim, the deployment says.
    let mut decoy = plain.clone();
    let mut lie = plain.input[0].clone();
    lie.previous_output.vout = 7;
    let class = lie.script_sig.as_bytes().windows(2).rposition(|bytes| bytes == [1, 7 << 4]).expect("the class");
    let mut bytes = lie.script_sig.to_bytes();
    bytes[class + 1] = 3 << 4;
    lie.script_sig = bytes.into();
    decoy.input.insert(0, lie);
    std::fs::write(shop.path("computing-4.hex"), tx_builder::encode_hex(&decoy)).unwrap();
    read("computing-4.hex", "").error(&["inputs [0, 1]", "could all be the claim", "add --deploy-tx"]);
    assert_eq!(read("computing-4.hex", "--input 0").yes()["public_inputs"]["class"], "3", "read as it stands");
    // Another input changes what the script sees: the claim is none any more.
    read("computing-4.hex", "--deploy-tx computing-deploy.hex").error(&["input 1 of the spend is no claim"]);
    // Of a script that does not unlock the coin nothing is believed.
    let mut lie = computing(&plain);
    lie.version = tx_builder::Version::ONE;
    std::fs::write(shop.path("computing-3.hex"), tx_builder::encode_hex(&lie)).unwrap();
    read("computing-3.hex", "--deploy-tx computing-deploy.hex").error(&["is no claim of this contract", "push"]);
}
