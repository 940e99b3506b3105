//! From arguments and configuration to a chain that answers, and that may be used.

use super::coins::Source;
use crate::advice::Advise as _;
use crate::args::ChainArgs;
use crate::config::{Config, Services as Configured};
use crate::env_vars;
use crate::mainnet::{self, Allowed};
use anyhow::{Context as _, anyhow};
use ledger::Chain;
use node_client::{Auth, RpcClient, RpcNode};
use services::arc::Arc;
use services::explorer::Explorer;
use services::{ApiKey, Endpoint, Service, endpoints};
use std::path::Path;
use wallet::keys::KeyNetwork;

/// Stands for the well-known service of a network.
const DEFAULT: &str = "default";

/// A chain that has answered.
pub(crate) struct Connected {
    pub(crate) chain: Box<dyn Chain>,
    /// Who answers, for messages: "the node at URL".
    pub(crate) whose: String,
    pub(crate) network: KeyNetwork,
    /// Number of blocks after the first.
    pub(crate) height: u32,
    /// The median time of its last blocks, in seconds since 1970, if it tells.
    pub(crate) median_time: Option<u32>,
    /// Where unspent outputs are asked for.
    pub(crate) source: Source,
}

/// The network that is meant: as named, or the key's, or mainnet if that was allowed, or else regtest.
pub(crate) fn network_of(args: &ChainArgs, key: Option<KeyNetwork>) -> KeyNetwork {
    let of_flag = || if args.mainnet { KeyNetwork::Mainnet } else { KeyNetwork::Regtest };
    args.network.or(key).unwrap_or_else(of_flag)
}

/// Checks that the networks of arguments and key are one, and an allowed one. Nothing is asked of anybody.
pub(crate) fn check_networks(args: &ChainArgs, key: Option<KeyNetwork>) -> anyhow::Result<()> {
    let allowed = Allowed::with_flag(args.mainnet);
    key.map_or(Ok(()), |key| allowed.check(key, "the key"))?;
    let Some(named) = args.network else { return Ok(()) };
    allowed.check(named, "--network")?;
    key.map_or(Ok(()), |key| mainnet::check_same(key, named, "--network"))
}

/// Finds the chain that is meant, and asks it which network it is. It must be an allowed one, and the key's.
/// `instead` is what else the command could be given, for the error if nothing is: `--dry-run --out FILE, ` or nothing.
pub(crate) fn connect(
    args: &ChainArgs,
    config: &Config,
    key: Option<KeyNetwork>,
    instead: &str,
) -> anyhow::Result<Connected> {
    check_networks(args, key)?;
    let network = network_of(args, key);
    let configured = config.services(network);
    let services = args.arc.as_ref().or(args.explorer.as_ref());
    let connected = match (&args.rpc, services, &configured.rpc, &configured.arc) {
        (Some(url), ..) => to_node(url, args.rpc_cookie.as_deref()),
        (None, Some(_), ..) => to_services(args, configured, network),
        (None, None, Some(url), _) => to_node(url, configured.rpc_cookie.as_deref()),
        (None, None, None, Some(_)) => to_services(args, configured, network),
        (None, None, None, None) => Err(anyhow!("there is no destination: neither --rpc nor --arc is given"))
            .advise(format!("add {instead}--rpc URL or --arc URL, or configure [{network}]")),
    }?;
    Allowed::with_flag(args.mainnet).check(connected.network, &connected.whose)?;
    // With neither key nor name there is nothing that it could differ from.
    let meant = args.network.or(key).unwrap_or(connected.network);
    mainnet::check_same(meant, connected.network, &connected.whose)?;
    Ok(connected)
}

fn to_node(url: &str, cookie: Option<&Path>) -> anyhow::Result<Connected> {
    let auth = match cookie {
        Some(path) => Auth::cookie(path)
            .with_context(|| format!("cannot log in with the cookie {}", path.display()))
            .advise("the node writes the file `.cookie` into its data folder while it runs")?,
        None => Auth::password(variable(env_vars::RPC_USER)?, variable(env_vars::RPC_PASSWORD)?),
    };
    let node = RpcNode::new(RpcClient::new(url.to_owned(), auth, RpcClient::DEFAULT_TIMEOUT)?);
    let source = Source::Node(node.clone());
    asked(Box::new(node), format!("the node at {url}"), source, "check --rpc, the login, and that the node runs")
}

fn to_services(args: &ChainArgs, configured: &Configured, network: KeyNetwork) -> anyhow::Result<Connected> {
    let arc = service(Known::Arc, args, configured, network)?;
    let explorer = explorer(args, configured, network)?;
    let whose = format!("the explorer at {}", explorer.endpoint().base());
    let source = Source::Explorer(explorer.clone());
    let service = Service::new(Arc::new(arc), explorer);
    asked(Box::new(service), whose, source, "check --explorer, its key, and that this machine is on the internet")
}

/// The explorer that is meant. Nothing is asked of it.
pub(super) fn explorer(args: &ChainArgs, configured: &Configured, network: KeyNetwork) -> anyhow::Result<Explorer> {
    Ok(Explorer::new(service(Known::Explorer, args, configured, network)?))
}

/// The service that is meant, with its key.
fn service(which: Known, args: &ChainArgs, configured: &Configured, network: KeyNetwork) -> anyhow::Result<Endpoint> {
    let (option, given, address, key, usual) = match which {
        Known::Arc => ("--arc", &args.arc, &configured.arc, &configured.arc_key_env, env_vars::ARC_KEY),
        Known::Explorer => {
            let Configured { explorer, explorer_key_env, .. } = configured;
            ("--explorer", &args.explorer, explorer, explorer_key_env, env_vars::EXPLORER_KEY)
        }
    };
    let (url, key) = configured_key(given.as_deref(), address.as_deref(), key.as_deref(), network, which)?;
    endpoint(option, url, key, usual)
}

/// Asks a chain who it is.
fn asked(chain: Box<dyn Chain>, whose: String, source: Source, advice: &str) -> anyhow::Result<Connected> {
    let info = chain.info().advise(advice)?;
    let network = KeyNetwork::of_chain(&info.network)
        .ok_or_else(|| anyhow!("{whose} is on the network {:?}, which is none of ours", info.network))
        .advise("use a node or service of regtest, testnet or mainnet")?;
    Ok(Connected { chain, whose, network, height: info.height, median_time: info.median_time, source })
}

#[derive(Clone, Copy)]
enum Known {
    Arc,
    Explorer,
}

/// The service's address, and the variable of its key, if the configuration names one for this address: a key for one
/// service is not shown to another.
fn configured_key<'a>(
    given: Option<&'a str>,
    configured: Option<&'a str>,
    key: Option<&'a str>,
    network: KeyNetwork,
    which: Known,
) -> anyhow::Result<(&'a str, Option<&'a str>)> {
    let configured = configured.unwrap_or(DEFAULT);
    let url = known(given.unwrap_or(configured), network, which)?;
    let is_same = |other: &str| other.trim_end_matches('/') == url.trim_end_matches('/');
    let is_configured = given.is_none() || known(configured, network, which).is_ok_and(is_same);
    Ok((url, key.filter(|_| is_configured)))
}

/// Refuses a well-known service of the other money than the network's: real, or none.
fn check_well_known(url: &str, network: KeyNetwork) -> anyhow::Result<()> {
    let (others, others_network) = match network {
        KeyNetwork::Mainnet => ([endpoints::ARC_TEST, endpoints::EXPLORER_TEST], KeyNetwork::Testnet),
        KeyNetwork::Regtest | KeyNetwork::Testnet => {
            ([endpoints::ARC_MAIN, endpoints::EXPLORER_MAIN], KeyNetwork::Mainnet)
        }
    };
    if !others.iter().any(|other| is_under(url, other)) {
        return Ok(());
    }
    Err(anyhow!("{url} is a well-known service of {others_network}, but the network is {network}"))
        .advise(format!("give a service of {network}, or `default`"))
}

/// Whether an address has the host of `base`, and begins with its path.
fn is_under(url: &str, base: &str) -> bool {
    let parts = |url: &str| {
        let url = url.to_lowercase();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.split_once(':').map_or(authority, |(host, _)| host).trim_end_matches('.').to_owned();
        (host, path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    };
    let (url, base) = (parts(url), parts(base));
    url.0 == base.0 && url.1.starts_with(&base.1)
}

/// The service's address, `default` resolved.
fn known(named: &str, network: KeyNetwork, which: Known) -> anyhow::Result<&str> {
    match (named == DEFAULT, network, which) {
        (false, ..) => check_well_known(named, network).map(|()| named),
        (true, KeyNetwork::Mainnet, Known::Arc) => Ok(endpoints::ARC_MAIN),
        (true, KeyNetwork::Mainnet, Known::Explorer) => Ok(endpoints::EXPLORER_MAIN),
        (true, KeyNetwork::Testnet, Known::Arc) => Ok(endpoints::ARC_TEST),
        (true, KeyNetwork::Testnet, Known::Explorer) => Ok(endpoints::EXPLORER_TEST),
        (true, KeyNetwork::Regtest, _) => {
            Err(anyhow!("there is no well-known service of regtest, which is everybody's own"))
                .advise("give --arc URL and --explorer URL, or --rpc URL; or use --network testnet")
        }
    }
}

/// A service with its key, if the environment has one: in the variable that the configuration names, which must then be
/// set, or in the usual one.
fn endpoint(option: &str, url: &str, configured: Option<&str>, usual: &str) -> anyhow::Result<Endpoint> {
    let endpoint = Endpoint::new(url).with_context(|| format!("{option} {url}")).advise("give a base URL")?;
    let key = match (std::env::var(configured.unwrap_or(usual)), configured) {
        (Ok(key), _) => key,
        (Err(_), None) => return Ok(endpoint),
        (Err(_), Some(name)) => {
            return Err(anyhow!("the environment variable {name}, which the configuration names, gives no key"))
                .advise("set it to the service's API key, or take its name out of the configuration");
        }
    };
    let key = ApiKey::new(key).with_context(|| format!("{} is no API key", configured.unwrap_or(usual)))?;
    endpoint.with_key(key).advise("use https, so that nobody reads the key")
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name)
        .with_context(|| format!("the environment variable {name} gives no login"))
        .advise("give --rpc-cookie FILE, or set PROVELOCK_RPC_USER and PROVELOCK_RPC_PASSWORD")
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn configured_key__another_address_on_the_command_line__does_not_get_it() {
        let of = |given, configured| {
            configured_key(given, configured, Some("MY_KEY"), KeyNetwork::Testnet, Known::Arc).unwrap()
        };
        let (mine, other) = ("https://arc.example", "https://other.example");
        assert_eq!(of(Some(other), Some(mine)), (other, None));
        assert_eq!(of(Some(other), None), (other, None));
        assert_eq!(of(Some(DEFAULT), Some(mine)), (endpoints::ARC_TEST, None));
        assert_eq!(of(None, Some(mine)), (mine, Some("MY_KEY")));
        assert_eq!(of(Some("https://arc.example/"), Some(mine)), ("https://arc.example/", Some("MY_KEY")));
        assert_eq!(of(Some(endpoints::ARC_TEST), None), (endpoints::ARC_TEST, Some("MY_KEY")));
        assert_eq!(of(None, None), (endpoints::ARC_TEST, Some("MY_KEY")));
        // Regtest has no default that the address could be.
        let regtest = configured_key(Some(mine), None, Some("MY_KEY"), KeyNetwork::Regtest, Known::Arc).unwrap();
        assert_eq!(regtest, (mine, None));
    }

    #[test]
    fn known__well_known_service_of_another_network__is_refused_by_name() {
        let refused = |url, network| known(url, network, Known::Arc).unwrap_err().to_string();
        for url in [endpoints::ARC_MAIN, "https://ARC.taal.com:443/v1", "http://arc.taal.com./"] {
            for network in [KeyNetwork::Testnet, KeyNetwork::Regtest] {
                let message = format!("{url} is a well-known service of mainnet, but the network is {network}");
                assert_eq!(refused(url, network), message);
            }
            assert_eq!(known(url, KeyNetwork::Mainnet, Known::Arc).unwrap(), url);
        }
        let message = refused("https://api.whatsonchain.com//v1/bsv/main/", KeyNetwork::Testnet);
        assert!(message.contains("service of mainnet"), "{message}");
        let message = refused(endpoints::EXPLORER_TEST, KeyNetwork::Mainnet);
        assert!(message.contains("service of testnet, but the network is mainnet"), "{message}");
        for url in [endpoints::ARC_TEST, endpoints::EXPLORER_TEST, "https://arc.example/arc.taal.com"] {
            assert_eq!(known(url, KeyNetwork::Testnet, Known::Explorer).unwrap(), url);
        }
    }
}
