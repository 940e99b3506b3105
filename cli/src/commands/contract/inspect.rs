//! `contract inspect`: what a contract is and where its bytes go.

use super::read_contract;
use super::terms::Shown;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::InspectArgs;
use crate::output::Output;
use crate::public;
use crate::values::grouped;
use contracts::fragment_name;
use core::fmt;
use prover::groth16::VerifyingKey;
use script_gen::{Contract, ContractArtifact, ContractDefinition, Cost, ScriptCost};
use serde::Serialize;
use std::path::Path;
use wallet::ContractId;

/// Length of the longest bar.
const BAR: usize = 32;

#[derive(Serialize)]
struct Answer {
    contract: String,
    generator: String,
    /// What it pays for, in a sentence.
    summary: String,
    #[serde(flatten)]
    terms: Shown,
    /// By which wallets know it.
    contract_id: String,
    profile: String,
    vk_sha256: String,
    locking_script_bytes: usize,
    locking_opcodes: usize,
    /// The longest that the unlocking scripts of a claim and of a refund can get.
    max_claim_bytes: usize,
    max_refund_bytes: usize,
    pushes: usize,
    widest_number_bytes: u64,
    /// In order of size.
    fragments: Vec<Fragment>,
    #[serde(flatten)]
    key: Option<KeyVerdict>,
}

/// Whether the contract is made of the user's key.
#[derive(Serialize)]
struct KeyVerdict {
    is_of_key: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Fragment {
    path: String,
    bytes: usize,
    opcodes: usize,
}

#[derive(Serialize)]
struct Assembly {
    assembly: String,
}

impl fmt::Display for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.assembly.trim_end())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Contract {}: {}", self.contract, self.summary)?;
        self.terms.fmt(f)?;
        writeln!(f, "  rules           {}", self.profile)?;
        writeln!(f, "  key points      SHA-256 {}", self.vk_sha256)?;
        match &self.key {
            None => {}
            Some(KeyVerdict { reason: None, .. }) => {
                writeln!(f, "  your key        the same points, the same public inputs by name and width")?;
            }
            Some(KeyVerdict { reason: Some(reason), .. }) => writeln!(f, "  NOT YOUR KEY'S  {reason}")?,
        }
        writeln!(f, "  contract id     {}  (in wallets)", self.contract_id)?;
        let (bytes, opcodes) = (grouped(self.locking_script_bytes), grouped(self.locking_opcodes));
        writeln!(
            f,
            "  locking script  {bytes} bytes, {opcodes} instructions, {} of them pushes",
            grouped(self.pushes)
        )?;
        let (claim, refund) = (grouped(self.max_claim_bytes), grouped(self.max_refund_bytes));
        writeln!(f, "  to unlock it    at most {claim} bytes for a claim, {refund} for a refund")?;
        writeln!(f, "  widest number   at most {} bytes", grouped(self.widest_number_bytes))?;
        write!(f, "  made by         {}\n\nWhere the bytes go:", self.generator)?;
        let width = self.fragments.iter().map(|fragment| fragment.path.len()).max().unwrap_or(0);
        let largest = self.fragments.iter().map(|fragment| fragment.bytes).max().unwrap_or(1).max(1);
        for Fragment { path, bytes, .. } in &self.fragments {
            let bar = "█".repeat((bytes * BAR).div_ceil(largest));
            write!(f, "\n  {path:<width$} {:>7}  {bar}", grouped(*bytes))?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &InspectArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.file)?;
    if args.asm {
        output.answer(&Assembly { assembly: contract.assembly()? })?;
        return Ok(Verdict::Yes);
    }
    let ScriptCost { total: Cost { bytes, opcodes, pushes }, widest_number, fragments } = contract.cost();
    let fragment = |(path, cost): (String, Cost)| Fragment {
        path: fragment_name(&path).to_owned(),
        bytes: cost.bytes,
        opcodes: cost.opcodes,
    };
    let mut fragments: Vec<_> = fragments.into_iter().map(fragment).collect();
    fragments.sort_by_key(|fragment| core::cmp::Reverse(fragment.bytes));
    let definition = ContractDefinition::named(&artifact.contract)?;
    let key = args.verifying_key.as_deref().map(|path| judge(path, &definition, &artifact, &contract)).transpose()?;
    let verdict = Verdict::of(key.as_ref().is_none_or(|key| key.is_of_key));
    output.answer(&Answer {
        summary: definition.summary,
        contract: artifact.contract,
        generator: artifact.generator,
        terms: Shown::of(contract.terms()),
        contract_id: ContractId::of(contract.locking_script()).to_string(),
        profile: artifact.profile,
        vk_sha256: artifact.vk_sha256,
        locking_script_bytes: bytes,
        locking_opcodes: opcodes,
        max_claim_bytes: contract.max_claim_len(),
        max_refund_bytes: contract.max_refund_len(),
        pushes,
        widest_number_bytes: widest_number,
        fragments,
        key,
    })?;
    Ok(verdict)
}

/// Compares a contract with a key of the user's own: its points, and what its public inputs are called. The contract's file
/// has the points, which its script is built of, but names alone: nothing in it says that they are the circuit's.
fn judge(
    path: &Path,
    definition: &ContractDefinition,
    artifact: &ContractArtifact,
    contract: &Contract,
) -> anyhow::Result<KeyVerdict> {
    let vk = VerifyingKey::read(path)
        .advise("use the .vk.json file that `provelock setup`, `accuracy setup` or `sale setup` wrote")?;
    let reason = if artifact.verifying_key()? == *vk.inner() {
        definition.check(&public::names_and_bits(&vk), contract.terms()).err().map(|error| error.to_string())
    } else {
        Some(format!("the contract is made of the points of another key than {}", path.display()))
    };
    Ok(KeyVerdict { is_of_key: reason.is_none(), reason })
}
