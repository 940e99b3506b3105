//! `key new`, `key show`: who owns coins.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{KeyNewArgs, KeyShowArgs, NetworkChoice};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::values::read_key;
use anyhow::anyhow;
use core::fmt;
use rand::rngs::OsRng;
use serde::Serialize;
use tx_builder::{Address, Network, SigningKey};

#[derive(Serialize)]
struct Answer {
    address: String,
    pubkey_hash: String,
}

impl Answer {
    fn of(key: &SigningKey) -> Self {
        let pubkey_hash = key.pubkey_hash();
        let address = Address { pubkey_hash, network: Network::Test };
        Self { address: address.to_string(), pubkey_hash: hex::encode(pubkey_hash.0) }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address          {}\npublic-key hash  {}", self.address, self.pubkey_hash)
    }
}

pub(crate) fn new(args: &KeyNewArgs, output: &Output) -> anyhow::Result<Verdict> {
    if args.network == NetworkChoice::Mainnet {
        return Err(anyhow!("mainnet is refused in this version: it has not been audited"))
            .advise("use --network regtest or --network testnet");
    }
    if args.out.exists() {
        return Err(anyhow!("{} exists already", args.out.display()))
            .advise("choose another name: a key file is never replaced, since it may own coins");
    }
    let key = SigningKey::random(&mut OsRng);
    let wif = key.to_wif(Network::Test);
    files::write(&args.out, wif.as_bytes(), Existing::Keep, Readers::Owner)?;
    output.answer(&Answer::of(&key))?;
    Ok(Verdict::Yes)
}

pub(crate) fn show(args: &KeyShowArgs, output: &Output) -> anyhow::Result<Verdict> {
    output.answer(&Answer::of(&read_key(&args.file)?))?;
    Ok(Verdict::Yes)
}
