//! `contract inspect`: what a contract is and where its bytes go.

use super::read_contract;
use crate::Verdict;
use crate::args::InspectArgs;
use crate::output::Output;
use crate::payment::fragment_name;
use crate::public;
use crate::values::grouped;
use core::fmt;
use script_gen::{Cost, ScriptCost};
use serde::Serialize;
use std::collections::BTreeMap;

/// Length of the longest bar.
const BAR: usize = 32;

#[derive(Serialize)]
struct Answer {
    contract: String,
    generator: String,
    public_inputs: BTreeMap<String, String>,
    nonce: String,
    profile: String,
    vk_sha256: String,
    locking_script_bytes: usize,
    locking_opcodes: usize,
    pushes: usize,
    widest_number_bytes: u64,
    /// In order of size.
    fragments: Vec<Fragment>,
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
        writeln!(f, "Contract {}: pays for a proof with its public inputs", self.contract)?;
        writeln!(f, "  public inputs   {}", public::listed(&self.public_inputs))?;
        writeln!(f, "  nonce           {}", self.nonce)?;
        writeln!(f, "  rules           {}", self.profile)?;
        writeln!(f, "  key points      SHA-256 {}", self.vk_sha256)?;
        let (bytes, opcodes) = (grouped(self.locking_script_bytes), grouped(self.locking_opcodes));
        writeln!(
            f,
            "  locking script  {bytes} bytes, {opcodes} instructions, {} of them pushes",
            grouped(self.pushes)
        )?;
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
    output.answer(&Answer {
        contract: artifact.contract,
        generator: artifact.generator,
        public_inputs: public::by_name(contract.fixed()),
        nonce: artifact.nonce,
        profile: artifact.profile,
        vk_sha256: artifact.vk_sha256,
        locking_script_bytes: bytes,
        locking_opcodes: opcodes,
        pushes,
        widest_number_bytes: widest_number,
        fragments,
    })?;
    Ok(Verdict::Yes)
}
