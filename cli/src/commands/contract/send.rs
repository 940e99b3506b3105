//! What becomes of a finished transaction: a file, or a node.

use crate::advice::Advise as _;
use crate::args::SendArgs;
use crate::env_vars;
use crate::files::{self, Existing, Readers};
use anyhow::{Context as _, anyhow, bail};
use contracts::Signed;
use core::fmt;
use ledger::{BroadcastError, Chain as _};
use node_client::{Auth, RpcClient, RpcNode};
use serde::Serialize;
use std::path::{Path, PathBuf};

use crate::values::grouped;

/// Where a transaction goes.
pub(super) enum Destination {
    File { path: PathBuf, existing: Existing },
    Node(RpcNode),
}

/// What became of it.
#[derive(Debug, Serialize)]
pub(super) struct Sent {
    pub(super) accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    txid: String,
    bytes: usize,
    fee_sats: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "transaction {}", self.txid)?;
        writeln!(f, "  {} bytes, fee {} sat", grouped(self.bytes), grouped(self.fee_sats))?;
        match (&self.file, &self.reason) {
            (Some(file), _) => write!(f, "  not sent; raw hex in {}", file.display()),
            (None, None) => write!(f, "  sent, and taken by the node"),
            (None, Some(reason)) => write!(f, "  refused by the node: {reason}"),
        }
    }
}

impl Destination {
    /// Checks all that can be checked before there is a transaction. Nothing is sent yet.
    pub(super) fn open(args: &SendArgs) -> anyhow::Result<Self> {
        match (&args.out, &args.rpc) {
            (Some(path), _) => {
                let existing = Existing::with_force(args.force);
                existing.check(path)?;
                Ok(Self::File { path: path.clone(), existing })
            }
            (None, Some(url)) => {
                let node = connect(url, args.rpc_cookie.as_deref())?;
                let network = node.info().advise("check --rpc, the login, and that the node runs")?.network;
                if network == "main" {
                    return Err(anyhow!("the node at {url} is on mainnet, which this version refuses"))
                        .advise("use a regtest or testnet node, or --dry-run --out FILE");
                }
                Ok(Self::Node(node))
            }
            // The arguments ask for one of the two.
            (None, None) => bail!("neither --dry-run --out FILE nor --rpc URL is given"),
        }
    }

    /// Writes the transaction down, or hands it in.
    pub(super) fn send(self, signed: &Signed) -> anyhow::Result<Sent> {
        let Signed { transaction, fee, .. } = signed;
        let mut sent = Sent {
            accepted: true,
            reason: None,
            txid: transaction.compute_txid().to_string(),
            bytes: transaction.total_size(),
            fee_sats: fee.0,
            file: None,
        };
        match self {
            Self::File { path, existing } => {
                let text = tx_builder::encode_hex(transaction) + "\n";
                files::write(&path, text.as_bytes(), existing, Readers::Default)?;
                sent.file = Some(path);
            }
            Self::Node(mut node) => match node.broadcast(transaction) {
                Ok(_) | Err(BroadcastError::AlreadyKnown { .. }) => {}
                Err(BroadcastError::Rejected(rejection)) => {
                    sent.accepted = false;
                    sent.reason = Some(rejection.reason);
                }
                Err(error) => {
                    return Err(error)
                        .advise("the node may have taken it or not: run the same command again, it is safe");
                }
            },
        }
        Ok(sent)
    }
}

fn connect(url: &str, cookie: Option<&Path>) -> anyhow::Result<RpcNode> {
    let auth = match cookie {
        Some(path) => Auth::cookie(path)
            .with_context(|| format!("cannot log in with the cookie {}", path.display()))
            .advise("the node writes the file `.cookie` into its data folder while it runs")?,
        None => Auth::password(variable(env_vars::RPC_USER)?, variable(env_vars::RPC_PASSWORD)?),
    };
    Ok(RpcNode::new(RpcClient::new(url.to_owned(), auth, RpcClient::DEFAULT_TIMEOUT)?))
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name)
        .with_context(|| format!("the environment variable {name} gives no login"))
        .advise("give --rpc-cookie FILE, or set PROVELOCK_RPC_USER and PROVELOCK_RPC_PASSWORD")
}
