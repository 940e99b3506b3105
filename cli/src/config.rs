//! The configuration file `provelock.toml`: networks, services, the wallet's place.

use crate::advice::Advise as _;
use crate::{env_vars, files};
use anyhow::{Context as _, anyhow};
use core::num::NonZeroU32;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use wallet::keys::KeyNetwork;

const FORMAT: &str = "provelock-config";
const VERSION: u64 = 1;
/// Far above any such file.
const MAX_LEN: u64 = 100_000;
/// Blocks from the one that holds a transaction, itself counted, after which it counts as settled: what wallets wait for.
const DEFAULT_CONFIRMATIONS: NonZeroU32 = NonZeroU32::new(6).expect("six is not zero");

/// What the user has written down, so that it need not be typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    confirmations: Option<NonZeroU32>,
    regtest: Services,
    testnet: Services,
    mainnet: Services,
}

/// How one network is reached. Keys and passwords are never here, only the names of variables that hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Services {
    /// The wallet's file.
    pub(crate) wallet: Option<PathBuf>,
    /// A node's JSON-RPC address.
    pub(crate) rpc: Option<String>,
    /// The node's cookie file.
    pub(crate) rpc_cookie: Option<PathBuf>,
    /// Base URL of an ARC service.
    pub(crate) arc: Option<String>,
    /// The environment variable that holds its key.
    pub(crate) arc_key_env: Option<String>,
    /// Base URL of a block explorer.
    pub(crate) explorer: Option<String>,
    /// The environment variable that holds its key.
    pub(crate) explorer_key_env: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    confirmations: Option<NonZeroU32>,
    #[serde(default)]
    regtest: Services,
    #[serde(default)]
    testnet: Services,
    #[serde(default)]
    mainnet: Services,
}

/// A file that says how a node of regtest is reached, and where the wallet for it is.
pub(crate) fn of_regtest(rpc: &str, cookie: &Path, wallet: &Path) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct New<'a> {
        format: &'static str,
        version: u64,
        regtest: NewServices<'a>,
    }
    #[derive(Serialize)]
    struct NewServices<'a> {
        rpc: &'a str,
        rpc_cookie: &'a Path,
        wallet: &'a Path,
    }
    let regtest = NewServices { rpc, rpc_cookie: cookie, wallet };
    Ok(toml::to_string(&New { format: FORMAT, version: VERSION, regtest })?)
}

impl Config {
    /// The file that `--config` or PROVELOCK_CONFIG names; without either, nothing is configured.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let named = std::env::var_os(env_vars::CONFIG).map(PathBuf::from);
        match path.or(named.as_deref()) {
            Some(path) => Self::read(path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = files::read_text(path, MAX_LEN)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .with_context(|| format!("{} is not a usable configuration", path.display()))
            .advise("correct the file: docs/formats.md lists what it may hold")
    }

    /// Paths in the file are meant from `folder`.
    fn parse(text: &str, folder: &Path) -> anyhow::Result<Self> {
        let Header { format, version } = toml::from_str(text).context("it must begin with format and version")?;
        if (format.as_str(), version) != (FORMAT, VERSION) {
            return Err(anyhow!("it is {format:?} version {version}, expected {FORMAT:?} version {VERSION}"));
        }
        let File { confirmations, mut regtest, mut testnet, mut mainnet, .. } = toml::from_str(text)?;
        for services in [&mut regtest, &mut testnet, &mut mainnet] {
            for path in [&mut services.rpc_cookie, &mut services.wallet].into_iter().flatten() {
                *path = folder.join(&*path);
            }
        }
        Ok(Self { confirmations, regtest, testnet, mainnet })
    }

    /// What is said about a network.
    pub(crate) const fn services(&self, network: KeyNetwork) -> &Services {
        match network {
            KeyNetwork::Regtest => &self.regtest,
            KeyNetwork::Testnet => &self.testnet,
            KeyNetwork::Mainnet => &self.mainnet,
        }
    }

    /// Blocks from the one that holds a transaction, itself counted, after which it counts as settled.
    pub(crate) fn confirmations(&self) -> NonZeroU32 {
        self.confirmations.unwrap_or(DEFAULT_CONFIRMATIONS)
    }

    /// The file of the wallet for a network: as named on the command line, as configured, or in the user's data folder.
    pub(crate) fn wallet(&self, network: KeyNetwork, named: Option<&Path>) -> anyhow::Result<PathBuf> {
        if let Some(path) = named.or(self.services(network).wallet.as_deref()) {
            return Ok(path.to_owned());
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = variable(env_vars::XDG_DATA_HOME)
            .or_else(|| Some(variable(node_client::env_vars::HOME)?.join(".local/share")));
        let data = data
            .ok_or_else(|| anyhow!("there is no place for the wallet: neither XDG_DATA_HOME nor HOME is set"))
            .advise("name a file with --wallet FILE")?;
        Ok(data.join("provelock").join(format!("{network}.wallet")))
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    const FULL: &str = r#"
        format = "provelock-config"
        version = 1
        confirmations = 3

        [regtest]
        wallet = "my/regtest.wallet"
        rpc = "http://127.0.0.1:18443"
        rpc_cookie = "/node/regtest/.cookie"

        [testnet]
        arc = "default"
        explorer = "https://explorer.example/v1"
        explorer_key_env = "MY_KEY"
    "#;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(text, Path::new("/etc/p"))
    }

    #[test]
    fn config__full__is_read_with_paths_from_its_own_folder() {
        let config = parse(FULL).unwrap();
        let wallet = |network, named: Option<&str>| config.wallet(network, named.map(Path::new)).unwrap();
        assert_eq!(wallet(KeyNetwork::Regtest, None), Path::new("/etc/p/my/regtest.wallet"));
        assert_eq!(wallet(KeyNetwork::Regtest, Some("other")), Path::new("other"));
        assert!(wallet(KeyNetwork::Testnet, None).ends_with("provelock/testnet.wallet"));
        assert_eq!(config.confirmations().get(), 3);
        let regtest = config.services(KeyNetwork::Regtest);
        assert_eq!(regtest.rpc_cookie.as_deref(), Some(Path::new("/node/regtest/.cookie")));
        assert_eq!(config.services(KeyNetwork::Testnet).explorer_key_env.as_deref(), Some("MY_KEY"));
        assert_eq!(config.services(KeyNetwork::Mainnet), &Services::default());
    }

    #[test]
    fn of_regtest__paths_and_address__are_read_as_they_were_written() {
        let text = of_regtest("http://127.0.0.1:9", Path::new("/tmp/a \"b\"/.cookie"), Path::new("wallet")).unwrap();
        let regtest = parse(&text).unwrap().services(KeyNetwork::Regtest).clone();
        assert_eq!(regtest.rpc.as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!(regtest.rpc_cookie.as_deref(), Some(Path::new("/tmp/a \"b\"/.cookie")));
        assert_eq!(regtest.wallet.as_deref(), Some(Path::new("/etc/p/wallet")));
    }

    #[test]
    fn config__least__has_the_defaults() {
        let config = parse("format = \"provelock-config\"\nversion = 1\n").unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.confirmations().get(), 6);
    }

    #[test]
    fn config__unknown_or_wrong_entries__are_named() {
        let refused = |from: &str, to: &str| {
            assert!(FULL.contains(from), "{from}");
            format!("{:#}", parse(&FULL.replacen(from, to, 1)).unwrap_err())
        };
        for (from, to, parts) in [
            ("confirmations", "confirmation", ["unknown field `confirmation`", "confirmations"]),
            ("rpc_cookie", "rpc_password", ["unknown field `rpc_password`", "rpc_cookie"]),
            ("[testnet]", "[moonnet]", ["unknown field `moonnet`", "testnet"]),
            ("= 3", "= 0", ["confirmations", "nonzero"]),
            ("= 3", "= \"3\"", ["confirmations", "invalid type"]),
            ("version = 1", "version = 2", ["version 2", "expected \"provelock-config\" version 1"]),
            ("provelock-config", "provelock-key", ["\"provelock-key\"", "expected \"provelock-config\""]),
            ("format =", "form =", ["begin with format and version", "missing field `format`"]),
            ("[testnet]", "[regtest]", ["duplicate", "regtest"]),
        ] {
            let message = refused(from, to);
            assert!(parts.iter().all(|part| message.contains(part)), "{from} -> {to}: {message}");
        }
    }
}
