//! Running the program, and the files every test starts from.

use chain_types::{FeeRate, LockingScript, Satoshis};
use ledger::{Chain as _, EmbeddedLedger, TestChain as _, mature_coin};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tx_builder::{Draft, SigningKey, Transaction};
use wallet::keys::KeyFile;

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program in `folder` with arguments separated by spaces.
pub(crate) fn run_in(folder: &Path, arguments: &str) -> Run {
    run_with(folder, arguments, &[])
}

/// The same with environment variables.
pub(crate) fn run_with(folder: &Path, arguments: &str, variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provelock"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    // What the developer has set for himself is no part of a test.
    for name in ["PROVELOCK_PASSPHRASE", "PROVELOCK_CONFIG", "PROVELOCK_ARC_KEY", "PROVELOCK_EXPLORER_KEY"] {
        command.env_remove(name);
    }
    command.env("XDG_DATA_HOME", folder).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Run {
    /// Asserts that the answer is yes, and reads it.
    #[track_caller]
    pub(crate) fn yes(self) -> Value {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.json()
    }

    /// Asserts that the verdict is no for a reason that contains `reason`.
    #[track_caller]
    pub(crate) fn no(self, reason: &str) {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        let answer = self.json();
        let found = answer["reason"].as_str().unwrap();
        assert!(found.contains(reason), "{found:?} does not contain {reason:?}");
    }

    /// Asserts that there is no answer, and that the error contains every one of `parts`.
    #[track_caller]
    pub(crate) fn error(self, parts: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "{:?} does not contain {part:?}", self.stderr);
        }
    }

    #[track_caller]
    fn json(&self) -> Value {
        // One object and nothing else.
        let answer: Value = serde_json::from_str(&self.stdout).unwrap();
        assert!(answer.is_object(), "{answer}");
        answer
    }
}

/// The contract's nonce in every test.
pub(crate) const NONCE: &str = "00112233445566ff";
/// What the tests lock.
pub(crate) const AMOUNT: u64 = 100_000;

/// Keys, a contract, a proof and a coin, made by the program itself, but for the coin.
pub(crate) struct Workshop {
    pub(crate) folder: PathBuf,
    /// A chain that knows the coin; clone it to use it.
    pub(crate) ledger: EmbeddedLedger,
}

impl Workshop {
    /// Runs the program here, with `--format json`.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        run_in(&self.folder, &format!("{arguments} --format json"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn transaction(&self, name: &str) -> Transaction {
        tx_builder::decode_hex(&self.text(name)).unwrap()
    }

    /// A key that has no passphrase.
    pub(crate) fn signing_key(&self, name: &str) -> SigningKey {
        match KeyFile::parse(&self.text(name)).unwrap() {
            KeyFile::Plain(key) => key.into_signing_key(),
            KeyFile::Encrypted(_) => panic!("{name} is encrypted"),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }
}

/// The folder that all tests share; each writes files of names of its own.
pub(crate) fn workshop() -> &'static Workshop {
    static WORKSHOP: OnceLock<Workshop> = OnceLock::new();
    WORKSHOP.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("provelock-cli");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir(&folder).unwrap();
        let workshop = Workshop { folder, ledger: EmbeddedLedger::new(FeeRate::DEFAULT) };
        for arguments in [
            "key new --no-passphrase --out alice.key".to_owned(),
            "setup --out keys".to_owned(),
            format!("{BUILD} --class 7 --nonce {NONCE} --out lock.json"),
            format!("{PROVE} --nonce {NONCE} --out proof.json"),
        ] {
            workshop.run(&arguments).yes();
        }
        let ledger = with_coin(&workshop);
        let workshop = Workshop { ledger, ..workshop };
        workshop.run(&format!("{DEPLOY} --dry-run --out deploy.hex")).yes();
        workshop
    })
}

/// A contract whose coins are Alice's again after a while; the class, the nonce and the file are to be added.
pub(crate) const BUILD: &str = "contract build --verifying-key keys/mnist-square.vk.json --refund-to alice.key \
                                --refund-lock-time 900000";
/// A proof for Alice about the first test image, a seven; nonce and file are to be added.
pub(crate) const PROVE: &str = "prove --proving-key keys/mnist-square.proving-key --image-index 0 --key alice.key";
/// A deployment with Alice's coin; the destination is to be added.
pub(crate) const DEPLOY: &str =
    "contract deploy --contract lock.json --amount 100000 --key alice.key --coin-tx coin.hex --coin-vout 0";
/// A spend of that deployment; the destination is to be added.
pub(crate) const SPEND: &str =
    "contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json --key alice.key";

/// Pays Alice a coin and writes the transaction to `coin.hex`.
fn with_coin(workshop: &Workshop) -> EmbeddedLedger {
    let alice = workshop.signing_key("alice.key");
    let mut ledger = workshop.ledger.clone();
    let reward = mature_coin(&mut ledger, alice.pubkey_hash()).unwrap();
    let lock = LockingScript::p2pkh(&alice.pubkey_hash().0);
    let draft = Draft::new(FeeRate::DEFAULT, alice.pubkey_hash()).pay(lock, Satoshis(10 * AMOUNT)).add_p2pkh(reward);
    let mut funded = draft.fund().unwrap();
    funded.sign_all(&alice).unwrap();
    let transaction = funded.finish().unwrap();
    ledger.broadcast(&transaction).unwrap();
    ledger.mine(1, alice.pubkey_hash()).unwrap();
    std::fs::write(workshop.path("coin.hex"), tx_builder::encode_hex(&transaction)).unwrap();
    ledger
}
