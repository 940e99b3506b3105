//! A node with a coin, as a newcomer uses it.

use crate::common::{AMOUNT, BUILD, PROVE, run_with, workshop};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

const NONCE: &str = "4e00000000000001";

/// The command while it runs; killed if a test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn regtest__with_its_settings__a_contract_is_deployed_claimed_and_mined() {
    let shop = workshop();
    let mut command = Command::new(env!("CARGO_BIN_EXE_provelock"));
    command.args("regtest --fund alice.key --amount 500000 --out own-chain --format json".split(' '));
    let command = command.current_dir(&shop.folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text = String::new();
    for line in lines.by_ref() {
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&answer["amount_sats"], &answer["coin_vout"]), (&500_000.into(), &0.into()));
    assert!(answer["node"].as_str().unwrap().contains("Bitcoin SV"), "{answer}");
    assert_eq!(shop.transaction("own-chain/coin.hex").output[0].value.to_sat(), 500_000);
    let cookie = answer["rpc_cookie"].as_str().unwrap().to_owned();

    let config = [("PROVELOCK_CONFIG", "own-chain/provelock.toml")];
    let run = |arguments: &str| run_with(&shop.folder, &format!("{arguments} --format json"), &config);
    shop.run(&format!("{BUILD} --class 7 --nonce {NONCE} --out own-chain.json")).yes();
    let deploy = format!("contract deploy --contract own-chain.json --amount {AMOUNT} --key alice.key --wait");
    let deployed = run(&deploy).yes();
    assert_eq!(deployed["state"]["name"], "mined", "nobody but the command mines");
    shop.run(&format!("{PROVE} --nonce {NONCE} --out own-chain-proof.json")).yes();
    let spend = "contract spend --contract own-chain.json --key alice.key --wait --proof";
    run(&format!("{spend} proof.json")).no("contract nonce");
    let spent = run(&format!("{spend} own-chain-proof.json")).yes();
    assert_eq!(spent["state"]["name"], "mined");
    assert!(shop.has("own-chain/wallet"));

    // What is typed: blocks, or nothing that is understood.
    let mut typed = running.0.stdin.take().unwrap();
    let height = || run("wallet resume --network regtest").yes()["height"].as_u64();
    let before = height();
    typed.write_all(b"seven\n3\n\n").unwrap();
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while height() != before.map(|height| height + 4) {
        assert!(std::time::Instant::now() < limit, "{:?} after {before:?}", height());
    }

    shop.run("regtest --fund alice.key --out own-chain").error(&["cannot make the folder own-chain", "another name"]);
    shop.run("regtest --fund nobody --out own-chain-2").error(&["--fund nobody"]);
    assert!(!shop.has("own-chain-2"));

    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(running.0.wait().unwrap().success());
    assert!(!std::path::Path::new(&cookie).exists(), "the node and its folder are gone");
}
