//! The whole story of each contract in one command.

use crate::common::run_in;
use serde_json::Value;
use std::path::Path;

/// All contracts of the library.
pub(crate) const CONTRACTS: [&str; 5] =
    ["inference-payment", "model-bounty", "private-model-inference", "settlement", "model-sale"];

/// Attempts that every contract's demo makes.
const EVERYWHERE: [&str; 10] = [
    "point A",
    "slope",
    "Miller-loop",
    "residue",
    "quotient",
    "replayed",
    "refund without a lock time",
    "sequence makes it final",
    "refund before its lock time",
    "refund to somebody else",
];

/// Asserts what a demo must show on any chain, and that its numbers agree with each other.
#[track_caller]
pub(crate) fn assert_demo(report: &Value, contract: &str) {
    assert_eq!(report["contract"], contract);
    assert_scene(report, &[]);
    let own: &[&str] = match contract {
        "inference-payment" => &["address", "one bit of the signature", "stolen", "proof of another class"],
        "model-bounty" => &["stolen", "fewer right answers", "another commitment beside the proof"],
        "private-model-inference" => &["stolen", "another image", "proof about another commitment"],
        "settlement" => &[
            "sent to whoever submits",
            "outputs of another class",
            "one satoshi less",
            "bit of the preimage",
            "another class beside the proof",
        ],
        "model-sale" => &["stolen", "another key beside the proof", "another ciphertext"],
        other => panic!("{other} is no contract"),
    };
    assert_tried(report, own);
    assert_eq!(report["model_images"], 10_000);
    match contract {
        "model-bounty" => {
            assert_eq!(report["winner_is_alice"], true);
            assert_eq!(report["winning_commitment"].as_str().unwrap().len(), 64);
        }
        "settlement" => {
            assert_eq!((&report["settled_class"], &report["class"]), (&"7".into(), &7.into()));
            assert_eq!(report["paid_sats"], serde_json::json!([980_000]));
            assert_eq!(report["fee_sats"], 20_000, "what the payouts leave");
        }
        "model-sale" => {
            assert_eq!(report["recovered_accuracy"], report["model_accuracy"]);
            assert!(report["recovered_accuracy"].as_f64().unwrap() > 0.9);
            assert_eq!(report["revealed_key"].as_str().unwrap().len(), 32);
        }
        _ => assert_eq!(report["class"], report["label"]),
    }
}

/// Asserts what every scene must show.
#[track_caller]
fn assert_scene(report: &Value, further: &[&str]) {
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("{key} is {}", report[key]));
    for accepted in ["accepted", "refunded_late_accepted"] {
        assert_eq!(report[accepted], true, "{accepted}");
    }
    for refused in ["tampered_accepted", "stolen_accepted", "replay_accepted", "refunded_early_accepted"] {
        assert_eq!(report[refused], false, "{refused}");
    }
    assert_tried(report, &EVERYWHERE);
    assert_tried(report, further);
    for tamper in report["tampers"].as_array().unwrap() {
        assert_eq!(tamper["accepted"], false, "{tamper}");
        let (reason, fragment) = (tamper["reason"].as_str().unwrap(), &tamper["failure"]["fragment"]);
        if tamper["what"] == "a refund before its lock time" {
            // Its scripts hold: it is too early.
            assert!(fragment.is_null() && reason.contains("final"), "{tamper}");
        } else {
            assert!(fragment.is_string(), "{tamper}");
            assert!(reason.starts_with("16: mandatory-script-verify-flag-failed"), "{tamper}");
        }
    }
    for measured in ["constraints", "setup_ms", "prove_ms", "locking_opcodes", "deploy_fee_sats"] {
        assert!(number(measured) > 0, "{measured}");
    }
    // Whole milliseconds: a fast machine may need less than one.
    assert!(report["verify_ms"].is_u64(), "{}", report["verify_ms"]);
    let (locking, unlocking) = (number("locking_script_bytes"), number("unlocking_script_bytes"));
    assert!(locking > 10_000 && unlocking > 5_000 && locking + unlocking <= 48_000, "{locking} + {unlocking}");
    assert_eq!(number("script_bytes"), locking + unlocking);
    assert!((200..600).contains(&number("refund_script_bytes")), "{}", report["refund_script_bytes"]);
    // The default rate is a tenth of a satoshi per byte; the transaction is little more than the unlocking script.
    assert!(number("fee_sats") >= unlocking.div_ceil(10), "{}", report["fee_sats"]);
    let txids = ["deploy_txid", "spend_txid", "refund_txid"].map(|key| report[key].as_str().unwrap());
    assert!(txids.iter().all(|txid| txid.len() == 64) && txids[0] != txids[1] && txids[1] != txids[2]);
}

/// Asserts that each of these was among the attempts.
#[track_caller]
fn assert_tried(report: &Value, parts: &[&str]) {
    let whats: Vec<_> = report["tampers"].as_array().unwrap().iter().map(|t| t["what"].as_str().unwrap()).collect();
    for part in parts {
        assert!(whats.iter().any(|what| what.contains(part)), "{part} in {whats:?}");
    }
}

/// The piece of script that stopped an attempt.
#[track_caller]
fn place_of<'a>(report: &'a Value, what: &str) -> &'a str {
    let tampers = report["tampers"].as_array().unwrap();
    let tamper = tampers.iter().find(|tamper| tamper["what"].as_str().unwrap().contains(what)).expect(what);
    tamper["failure"]["fragment"].as_str().unwrap()
}

#[test]
fn demo__embedded__proves_seven_and_refuses_every_cheat() {
    let report = run_in(Path::new("/"), "demo --format json").yes();
    assert_demo(&report, "inference-payment");
    assert_eq!((&report["class"], &report["label"], &report["image_index"]), (&7.into(), &7.into(), &0.into()));
    assert_eq!((&report["chain"], &report["node_version"]), (&"embedded".into(), &Value::Null));
    assert_eq!((&report["model_correct"], &report["model_accuracy"]), (&9_919.into(), &0.9919.into()));
    // The payer's fee is what the size calls for.
    let (fee, unlocking) = (report["fee_sats"].as_u64().unwrap(), report["unlocking_script_bytes"].as_u64().unwrap());
    assert!((unlocking.div_ceil(10)..unlocking.div_ceil(10) + 30).contains(&fee), "{fee}");
    assert!(report["variants"].is_null(), "what a newcomer sees is the first way to use it");
}

#[test]
fn demo__inference_payment__with_a_sealed_image_and_with_a_signer() {
    let report = run_in(Path::new("/"), "demo --contract inference-payment --format json").yes();
    assert_demo(&report, "inference-payment");
    let [sealed, attested] = report["variants"].as_array().unwrap().as_slice() else { panic!("two variants") };
    assert_eq!((&sealed["variant"], &attested["variant"]), (&"committed input".into(), &"required signer".into()));
    assert_scene(sealed, &["another image of that class", "stolen"]);
    assert_scene(attested, &["another image of that class", "stolen", "Alice's own signature for Dora's"]);
    // Where the image is open, only the signer's word ties the coin to one; where it is fixed, the proof does.
    assert_eq!(place_of(attested, "another image of that class"), "signer");
    assert_eq!(place_of(attested, "Alice's own signature for Dora's"), "signer");
    assert_eq!(place_of(sealed, "another image of that class"), "verifier/identity");
}

// Bounty and private model take as long as the sale: on the node alone, in `node.rs`.
#[test]
fn demo__model_sale__gives_the_buyer_what_was_paid_for() {
    let report = run_in(Path::new("/"), "demo --contract model-sale --format json").yes();
    assert_demo(&report, "model-sale");
    for other in ["another key beside the proof", "another ciphertext"] {
        assert_eq!(place_of(&report, other), "verifier/identity", "{other}");
    }
}

#[test]
fn demo__settlement__pays_by_class_and_nobody_else() {
    let report = run_in(Path::new("/"), "demo --contract settlement --format json").yes();
    assert_demo(&report, "settlement");
    for redirected in ["sent to whoever submits", "outputs of another class", "one satoshi less", "bit of the preimage"]
    {
        assert_eq!(place_of(&report, redirected), "introspect", "{redirected}");
    }
    assert_eq!(place_of(&report, "another class beside the proof"), "verifier/identity");
    // Zero is a draw: two outputs.
    let draw = run_in(Path::new("/"), "demo --contract settlement --image 3 --format json").yes();
    assert_eq!((&draw["settled_class"], &draw["paid_sats"]), (&"0".into(), &serde_json::json!([490_000, 490_000])));
    assert_eq!(draw["accepted"], true);
}

#[test]
fn demo__another_image_and_fee__are_used() {
    let report = run_in(Path::new("/"), "demo --image 1 --fee-rate 500 --format json").yes();
    assert_eq!((&report["class"], &report["label"], &report["accepted"]), (&2.into(), &2.into(), &true.into()));
    let (fee, unlocking) = (report["fee_sats"].as_u64().unwrap(), report["unlocking_script_bytes"].as_u64().unwrap());
    assert!((unlocking / 2..unlocking / 2 + 100).contains(&fee), "{fee}");
}

#[test]
fn demo__text__tells_the_story_and_nothing_else() {
    let run = run_in(Path::new("/"), "demo");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for part in ["labelled 7", "9,919 of 10,000", "Alice proves", "refused", "Bob's again", "All as it should be", "█"]
    {
        assert!(run.stdout.contains(part), "{part}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "no escape sequences away from a terminal");
    assert!(run.stdout.lines().count() < 72);
}

#[test]
fn demo__impossible_wish__is_refused_by_name() {
    run_in(Path::new("/"), "demo --image 10000").error(&["--image is 10000, expected 0 to 9999"]);
    run_in(Path::new("/"), "demo --contract lottery").error(&["lottery", "model-bounty"]);
    run_in(Path::new("/"), "demo --fee-rate 99").error(&["--fee-rate is 99", "to go on:"]);
    run_in(Path::new("/"), "demo --fee-rate 0").error(&["--fee-rate"]);
    // A hundred times the usual rate is the most that is taken: beyond it, a slip of units would burn the coin.
    run_in(Path::new("/"), "demo --fee-rate 10001").error(&["10001 is not in 1..=10000"]);
}
