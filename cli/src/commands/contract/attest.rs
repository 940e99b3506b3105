//! `contract attest`: the signer's word for a commitment.

use super::coin::under;
use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::AttestArgs;
use crate::files::{self, Existing, Readers};
use crate::keys;
use crate::output::Output;
use crate::values::read_transaction;
use anyhow::{Context as _, anyhow};
use core::fmt;
use script_gen::FixedInput;
use serde::Serialize;
use statement::FIELD_BITS;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    attestation: PathBuf,
    /// Name of the public input that is signed.
    input: String,
    /// 64 hex digits, as commitments are written.
    commitment: String,
    coin: String,
    signer: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Signed, in {}", self.attestation.display())?;
        let width = self.input.len();
        writeln!(f, "  {}  {}", self.input, self.commitment)?;
        writeln!(f, "  {:<width$}  {}", "coin", self.coin)?;
        write!(f, "  {:<width$}  {}", "signer", self.signer)
    }
}

pub(crate) fn run(args: &AttestArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let (_, contract) = read_contract(&args.place.contract.file)?;
    let signer = contract.terms().signer();
    let signer = signer
        .ok_or_else(|| anyhow!("{} names no signer", args.place.contract.file.display()))
        .advise("a contract has one if it was built with --signer")?;
    let hex = hex::encode(args.commitment);
    let commitment = FixedInput::parse(&signer.input, FIELD_BITS, &format!("0x{hex}"))
        .map_err(anyhow::Error::from)
        .context("--commitment is no value of that public input")
        .advise("give what `provelock input commit` printed")?;
    let locked = under(&contract, &read_transaction(&args.deploy_tx)?, args.place.vout)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?;
    let signed = locked
        .attest(key.signing_key(), commitment.value())
        .context("this key cannot sign for the contract")
        .advise("use the key of the signer that `provelock contract inspect` shows")?;
    files::write(&args.out.out, signed.to_json().as_bytes(), existing, Readers::Default)?;
    output.answer(&Answer {
        attestation: args.out.out.clone(),
        input: signer.input.clone(),
        commitment: hex,
        coin: signed.coin.to_string(),
        signer: hex::encode(signer.public_key),
    })?;
    Ok(Verdict::Yes)
}
