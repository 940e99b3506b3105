//! `wallet export`: the file of a contract that the wallet keeps.

use super::open_local;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::WalletExportArgs;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use ::wallet::ContractId;
use anyhow::{Context as _, anyhow};
use core::fmt;
use script_gen::ContractArtifact;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Exported {
    contract: PathBuf,
    /// Of the contract, as `wallet list` shows it.
    id: String,
    /// Name of its definition.
    name: String,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contract {}, {}, in {}", self.id, self.name, self.contract.display())
    }
}

pub(crate) fn run(args: &WalletExportArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let (path, wallet) = open_local(&args.local)?;
    let id = wallet
        .find_contract(&args.contract)
        .with_context(|| format!("{} does not say which contract", path.display()))
        .advise("`provelock wallet list` shows ids and names")?;
    let kept = wallet.contract(id).ok_or_else(|| anyhow!("{} has lost contract {id}", path.display()))?;
    // The wallet keeps text that it does not read. What is handed out is the file of that very script, or nothing.
    let (_, contract) = ContractArtifact::parse(&kept.artifact)
        .with_context(|| format!("what {} keeps of contract {id} is not its file", path.display()))
        .advise(
            "restore the file from elsewhere, or write it again with `provelock contract build` and the same --nonce",
        )?;
    if ContractId::of(contract.locking_script()) != id {
        return Err(anyhow!("what {} keeps of contract {id} is the file of another", path.display()))
            .advise("restore the file from elsewhere, or write it again with `provelock contract build`");
    }
    files::write(&args.out.out, kept.artifact.as_bytes(), existing, Readers::Default)?;
    output.answer(&Exported { contract: args.out.out.clone(), id: id.to_string(), name: kept.name.clone() })?;
    Ok(Verdict::Yes)
}
