//! `contract ..`: from a verifying key to a spent coin.

pub(crate) mod attest;
pub(crate) mod build;
mod coin;
pub(crate) mod deploy;
pub(crate) mod export;
pub(crate) mod hints;
pub(crate) mod inspect;
pub(crate) mod list;
mod lock_time;
mod pay_to;
pub(crate) mod read;
pub(crate) mod refund;
mod refused;
pub(crate) mod spend;
mod terms;

use crate::advice::Advise as _;
use crate::files;
use anyhow::Context as _;
use script_gen::{Contract, ContractArtifact};
use std::path::Path;

/// Far above any contract file.
const MAX_CONTRACT_LEN: u64 = 4 << 20;

/// Reads a contract file; its script is built anew and must be the one in the file.
pub(crate) fn read_contract(path: &Path) -> anyhow::Result<(ContractArtifact, Contract)> {
    let text = files::read_text(path, MAX_CONTRACT_LEN)?;
    ContractArtifact::parse(&text)
        .with_context(|| format!("{} is not a usable contract", path.display()))
        .advise("restore the file, or write it again with `provelock contract build` and the same --nonce")
}
