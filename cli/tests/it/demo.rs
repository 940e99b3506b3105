//! The whole story in one command.

use crate::common::run_in;
use serde_json::Value;
use std::path::Path;

/// Asserts what a demo must show on any chain, and that its numbers agree with each other.
#[track_caller]
pub(crate) fn assert_demo(report: &Value) {
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("{key} is {}", report[key]));
    assert_eq!(report["accepted"], true);
    for refused in ["tampered_accepted", "stolen_accepted", "replay_accepted"] {
        assert_eq!(report[refused], false, "{refused}");
    }
    let tampers = report["tampers"].as_array().unwrap();
    assert_eq!(tampers.len(), 9);
    for tamper in tampers {
        assert_eq!(tamper["accepted"], false, "{tamper}");
        let reason = tamper["reason"].as_str().unwrap();
        assert!(reason.starts_with("16: mandatory-script-verify-flag-failed"), "{tamper}");
        assert!(tamper["failure"]["fragment"].is_string(), "{tamper}");
    }
    assert_eq!((number("model_images"), number("model_correct")), (10_000, 9_919));
    assert_eq!(report["model_accuracy"], 0.9919);
    for measured in ["constraints", "setup_ms", "prove_ms", "verify_ms", "locking_opcodes", "deploy_fee_sats"] {
        assert!(number(measured) > 0, "{measured}");
    }
    let (locking, unlocking) = (number("locking_script_bytes"), number("unlocking_script_bytes"));
    assert!(locking > 10_000 && unlocking > 5_000 && locking + unlocking <= 48_000, "{locking} + {unlocking}");
    // The default rate is a tenth of a satoshi per byte; the transaction is little more than the unlocking script.
    let least = unlocking.div_ceil(10);
    assert!((least..least + 30).contains(&number("fee_sats")), "{}", report["fee_sats"]);
    assert_eq!(report["spend_txid"].as_str().unwrap().len(), 64);
    assert_ne!(report["deploy_txid"], report["spend_txid"]);
}

#[test]
fn demo__embedded__proves_seven_and_refuses_every_cheat() {
    let report = run_in(Path::new("/"), "demo --format json").yes();
    assert_demo(&report);
    assert_eq!((&report["class"], &report["label"], &report["image_index"]), (&7.into(), &7.into(), &0.into()));
    assert_eq!((&report["chain"], &report["node_version"]), (&"embedded".into(), &Value::Null));
    let whats: Vec<_> = report["tampers"].as_array().unwrap().iter().map(|t| t["what"].as_str().unwrap()).collect();
    for part in ["point A", "slope", "Miller-loop", "residue", "quotient", "address", "signature", "stolen", "replayed"]
    {
        assert!(whats.iter().any(|what| what.contains(part)), "{part} in {whats:?}");
    }
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
    for part in ["labelled 7", "9,919 of 10,000", "Alice proves", "refused", "All as it should be", "█"] {
        assert!(run.stdout.contains(part), "{part}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "no escape sequences away from a terminal");
    assert!(run.stdout.lines().count() < 60);
}

#[test]
fn demo__impossible_wish__is_refused_by_name() {
    run_in(Path::new("/"), "demo --image 10000").error(&["--image is 10000, expected 0 to 9999"]);
    run_in(Path::new("/"), "demo --fee-rate 99").error(&["--fee-rate is 99", "to go on:"]);
    run_in(Path::new("/"), "demo --fee-rate 0").error(&["--fee-rate"]);
    // A hundred times the usual rate is the most that is taken: beyond it, a slip of units would burn the coin.
    run_in(Path::new("/"), "demo --fee-rate 10001").error(&["10001 is not in 1..=10000"]);
}
