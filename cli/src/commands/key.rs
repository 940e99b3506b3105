//! `key ..`: who owns coins.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{KeyExportArgs, KeyImportArgs, KeyNewArgs, KeyPasswdArgs, KeyShowArgs, NewKeyArgs};
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::{keys, mainnet};
use anyhow::{Context as _, anyhow};
use core::fmt;
use rand::rngs::OsRng;
use serde::Serialize;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use tx_builder::SigningKey;
use wallet::keys::{KeyNetwork, StoredKey, WorkFactor};
use zeroize::Zeroizing;

/// Far above any exported key.
const MAX_WIF_TEXT: u64 = 1_000;

#[derive(Serialize)]
struct Answer {
    address: String,
    pubkey_hash: String,
    public_key: String,
    network: KeyNetwork,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl Answer {
    fn of(key: &StoredKey) -> Self {
        let (address, network) = (key.address(), key.network());
        Self {
            address: address.to_string(),
            pubkey_hash: hex::encode(address.pubkey_hash.0),
            public_key: hex::encode(key.signing_key().public_key_bytes()),
            network,
            warning: (network == KeyNetwork::Mainnet).then_some(mainnet::WARNING),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "address          {}", self.address)?;
        writeln!(f, "public-key hash  {}", self.pubkey_hash)?;
        writeln!(f, "public key       {}", self.public_key)?;
        write!(f, "network          {}", self.network)?;
        self.warning.map_or(Ok(()), |warning| write!(f, "\nWARNING: {warning}"))
    }
}

pub(crate) fn new(args: &KeyNewArgs, output: &Output) -> anyhow::Result<Verdict> {
    check_new(&args.new)?;
    let key = StoredKey::new(SigningKey::random(&mut OsRng), args.new.network);
    write_new(&key, &args.new, output)
}

pub(crate) fn show(args: &KeyShowArgs, output: &Output) -> anyhow::Result<Verdict> {
    output.answer(&Answer::of(&keys::read(&args.file, &args.passphrase)?))?;
    Ok(Verdict::Yes)
}

pub(crate) fn import(args: &KeyImportArgs, output: &Output) -> anyhow::Result<Verdict> {
    check_new(&args.new)?;
    let (text, place) = match &args.wif {
        Some(path) => (Zeroizing::new(files::read_text(path, MAX_WIF_TEXT)?), path.display().to_string()),
        None => (wif_of_stdin()?, "standard input".to_owned()),
    };
    let key = StoredKey::from_wif(&text, args.new.network)
        .with_context(|| format!("{place} holds no key for --network {}", args.new.network))
        .advise("give a key in the wallet import format (51 or 52 letters and digits) and its own --network")?;
    write_new(&key, &args.new, output)
}

pub(crate) fn export(args: &KeyExportArgs, output: &Output) -> anyhow::Result<Verdict> {
    check_free(&args.out)?;
    let key = keys::read(&args.file, &args.passphrase)?;
    let wif = key.signing_key().to_wif(key.network().prefix());
    files::write(&args.out, wif.as_bytes(), Existing::Keep, Readers::Owner)?;
    output.answer(&Revealed { file: args.out.clone(), key: Answer::of(&key) })?;
    Ok(Verdict::Yes)
}

#[derive(Serialize)]
struct Revealed {
    file: PathBuf,
    #[serde(flatten)]
    key: Answer,
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.key)?;
        write!(f, "the key itself, not encrypted, is in {}: whoever reads it owns the coins", self.file.display())
    }
}

pub(crate) fn passwd(args: &KeyPasswdArgs, output: &Output) -> anyhow::Result<Verdict> {
    let key = keys::read(&args.file, &args.passphrase)?;
    let passphrase = keys::replacing_passphrase(args.new_passphrase_file.as_deref())?;
    let text = {
        let _stage = output.stage("encrypting the key");
        key.encrypt(&passphrase, WorkFactor::default())?
    };
    files::write(&args.file, text.as_bytes(), Existing::Replace, Readers::Owner)?;
    output.answer(&Answer::of(&key))?;
    Ok(Verdict::Yes)
}

/// Everything that can be refused before there is a key, or a passphrase is asked for.
fn check_new(args: &NewKeyArgs) -> anyhow::Result<()> {
    if args.no_passphrase && args.network != KeyNetwork::Regtest {
        return Err(anyhow!("--no-passphrase is for regtest keys, not for {}", args.network))
            .advise("leave it out, and give the key a passphrase");
    }
    check_free(&args.out)
}

fn check_free(path: &Path) -> anyhow::Result<()> {
    Existing::Never("choose another name: a key file is never replaced, since it may own coins").check(path)
}

fn write_new(key: &StoredKey, args: &NewKeyArgs, output: &Output) -> anyhow::Result<Verdict> {
    let text = if args.no_passphrase {
        key.to_plain()?
    } else {
        let passphrase = keys::new_passphrase(&args.passphrase)?;
        let _stage = output.stage("encrypting the key");
        Zeroizing::new(key.encrypt(&passphrase, WorkFactor::default())?)
    };
    files::write(&args.out, text.as_bytes(), Existing::Keep, Readers::Owner)?;
    output.answer(&Answer::of(key))?;
    Ok(Verdict::Yes)
}

fn wif_of_stdin() -> anyhow::Result<Zeroizing<String>> {
    if io::stdin().is_terminal() {
        return keys::hidden_line("Key in the wallet import format: ");
    }
    // One allocation, wiped: a buffer that grows would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_WIF_TEXT + 1).unwrap_or(usize::MAX)));
    let read = io::stdin().lock().take(MAX_WIF_TEXT + 1).read_to_string(&mut text);
    read.context("standard input gives no text").advise("pipe the key in, or give --wif FILE")?;
    Ok(text)
}
