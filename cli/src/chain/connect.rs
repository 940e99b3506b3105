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
pub(crate) fn connect(args: &ChainArgs, config: &Config, key: Option<KeyNetwork>) -> anyhow::Result<Connected> {
    check_networks(args, key)?;
    let network = network_of(args, key);
    let configured = config.services(network);
    let services = args.arc.as_ref().or(args.explorer.as_ref());
    let connected = match (&args.rpc, services, &configured.rpc, &configured.arc) {
        (Some(url), ..) => to_node(url, args.rpc_cookie.as_deref()),
        (None, Some(_), ..) => to_services(args, configured, network),
        (None, None, Some(url), _) => to_node(url, configured.rpc_cookie.as_deref()),
        (None, None, None, Some(_)) => to_services(args, configured, network),
        (None, None, None, None) => Err(anyhow!("there is no destination: no --dry-run, --rpc or --arc is given"))
            .advise(format!("add --dry-run --out FILE, --rpc URL or --arc URL, or configure [{network}]")),
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
    let arc = args.arc.as_deref().or(configured.arc.as_deref()).unwrap_or(DEFAULT);
    let arc = known(arc, network, Known::Arc)?;
    let arc = endpoint("--arc", arc, configured.arc_key_env.as_deref(), env_vars::ARC_KEY)?;
    let explorer = explorer(args, configured, network)?;
    let whose = format!("the explorer at {}", explorer.endpoint().base());
    let source = Source::Explorer(explorer.clone());
    let service = Service::new(Arc::new(arc), explorer);
    asked(Box::new(service), whose, source, "check --explorer, its key, and that this machine is on the internet")
}

/// The explorer that is meant. Nothing is asked of it.
pub(super) fn explorer(args: &ChainArgs, configured: &Configured, network: KeyNetwork) -> anyhow::Result<Explorer> {
    let url = args.explorer.as_deref().or(configured.explorer.as_deref()).unwrap_or(DEFAULT);
    let url = known(url, network, Known::Explorer)?;
    let key = configured.explorer_key_env.as_deref();
    Ok(Explorer::new(endpoint("--explorer", url, key, env_vars::EXPLORER_KEY)?))
}

/// Asks a chain who it is.
fn asked(chain: Box<dyn Chain>, whose: String, source: Source, advice: &str) -> anyhow::Result<Connected> {
    let info = chain.info().advise(advice)?;
    let network = KeyNetwork::of_chain(&info.network)
        .ok_or_else(|| anyhow!("{whose} is on the network {:?}, which is none of ours", info.network))
        .advise("use a node or service of regtest, testnet or mainnet")?;
    Ok(Connected { chain, whose, network, height: info.height, source })
}

#[derive(Clone, Copy)]
enum Known {
    Arc,
    Explorer,
}

/// The service's address, `default` resolved.
fn known(named: &str, network: KeyNetwork, which: Known) -> anyhow::Result<&str> {
    match (named == DEFAULT, network, which) {
        (false, ..) => Ok(named),
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
