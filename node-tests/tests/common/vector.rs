//! The file format of `fixtures/chronicle`.

use std::path::Path;

use bitcoin::hex::{DisplayHex as _, FromHex as _};
use ledger::InputError;
use script_gen::GENERATOR;
use script_vm::Metrics;
use serde::{Deserialize, Serialize};
use tx_builder::{Transaction, encode_hex};

const FORMAT: &str = "provelock chronicle vector";
const VERSION: u32 = 1;

/// A contract's coin, how it came to be, and spends of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    format: String,
    version: u32,
    pub(crate) name: String,
    generator: String,
    /// Satoshis in output 0 of the deploy transaction.
    pub(crate) amount: u64,
    locking_script: String,
    /// That of the honest spend.
    unlocking_script: String,
    pub(crate) coin_transaction: String,
    pub(crate) deploy_transaction: String,
    pub(crate) spends: Vec<Spend>,
}

/// A spend of output 0 of the deploy transaction, and what a node owes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spend {
    pub(crate) name: String,
    pub(crate) transaction: String,
    pub(crate) mempool: Answer,
    pub(crate) block: Answer,
}

/// Whose rules.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judge {
    Mempool,
    Block,
}

impl Judge {
    /// The argument `flags` of `verifyscript` for an output mined and spent since Chronicle (node v1.2.2,
    /// `src/script/script_flags.h`, `src/policy/policy.h`, `src/verify_script_flags.cpp`).
    const fn flags(self) -> u32 {
        match self {
            Self::Mempool => 4_016_127,
            Self::Block => 4_015_663,
        }
    }
}

/// What `verifyscript` answers under these flags: `ok`, or the description of the error.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    flags: u32,
    pub(crate) result: String,
}

impl Answer {
    pub(crate) const OK: &str = "ok";

    pub(crate) fn new(judge: Judge, result: &str) -> Self {
        Self { flags: judge.flags(), result: result.to_owned() }
    }

    pub(crate) fn of_run(judge: Judge, run: Result<Metrics, InputError>) -> Self {
        let result = match run {
            Ok(_) => Self::OK,
            Err(InputError::Script(failure)) => failure.reason.node_message().expect("an error that nodes name"),
            Err(error) => panic!("{error}"),
        };
        Self::new(judge, result)
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.result == Self::OK
    }
}

impl Vector {
    pub(crate) fn new(name: &str, [coin, deploy, honest]: [&Transaction; 3], spends: Vec<Spend>) -> Self {
        let contract = &deploy.output[0];
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            name: name.to_owned(),
            generator: GENERATOR.to_owned(),
            amount: contract.value.to_sat(),
            locking_script: contract.script_pubkey.as_bytes().to_lower_hex_string(),
            unlocking_script: honest.input[0].script_sig.as_bytes().to_lower_hex_string(),
            coin_transaction: encode_hex(coin),
            deploy_transaction: encode_hex(deploy),
            spends,
        }
    }

    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a file of the repository");
        let vector: Self = serde_json::from_str(&text).expect("a vector");
        assert_eq!((vector.format.as_str(), vector.version), (FORMAT, VERSION), "{}", path.display());
        vector
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    pub(crate) fn honest(&self) -> &Spend {
        self.spends.iter().find(|spend| spend.mempool.is_ok()).expect("one spend is honest")
    }

    pub(crate) fn locking_script(&self) -> Vec<u8> {
        Vec::from_hex(&self.locking_script).expect("hexadecimal digits")
    }

    pub(crate) fn unlocking_script(&self) -> Vec<u8> {
        Vec::from_hex(&self.unlocking_script).expect("hexadecimal digits")
    }
}
