//! `contract build`: the locking script.

use super::lock_time::far_off;
use super::terms::Shown;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::BuildArgs;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::payment::spend_rule;
use crate::values::{grouped, read_recipient};
use crate::{payouts, public};
use anyhow::{Context as _, anyhow};
use core::fmt;
use prover::groth16::{ProofDocument, VerifyingKey};
use rand::{RngCore as _, rngs::OsRng};
use script_gen::{ContractArtifact, ContractDefinition, FixedInput, InputTerm, Payee, Refund, Signer, Terms};
use serde::Serialize;
use statement::Nonce;
use std::path::PathBuf;
use wallet::ContractId;

#[derive(Serialize)]
struct Answer {
    contract: PathBuf,
    /// Name of its definition.
    name: String,
    #[serde(flatten)]
    terms: Shown,
    /// By which wallets know it.
    contract_id: String,
    profile: String,
    vk_sha256: String,
    locking_script_bytes: usize,
    locking_opcodes: usize,
    /// What a spend must keep beside the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_rule: Option<&'static str>,
    /// What is allowed, and seldom meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A contract, {}, in {}", self.name, self.contract.display())?;
        self.terms.fmt(f)?;
        writeln!(f, "  rules           {}", self.profile)?;
        if let Some(rule) = self.spend_rule {
            writeln!(f, "  to spend        {rule}")?;
        }
        writeln!(f, "  key points      SHA-256 {}", self.vk_sha256)?;
        writeln!(f, "  contract id     {}  (in wallets)", self.contract_id)?;
        let (bytes, opcodes) = (grouped(self.locking_script_bytes), grouped(self.locking_opcodes));
        write!(f, "  locking script  {bytes} bytes, {opcodes} instructions")?;
        self.warnings.iter().try_for_each(|warning| write!(f, "\nWARNING: {warning}"))
    }
}

pub(crate) fn run(args: &BuildArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    if let Some(asm) = &args.asm {
        files::check_distinct(&[&args.out.out, asm])?;
        existing.check(asm)?;
    }
    let vk = VerifyingKey::read(&args.verifying_key)
        .advise("use the .vk.json file that `provelock setup`, `accuracy setup` or `sale setup` wrote")?;
    let definition = ContractDefinition::named(args.contract.name())?;
    let definition = match args.profile {
        Some(profile) => definition.with_profile(profile),
        None => definition,
    };
    let terms = terms(args, &vk, &definition)?;
    definition
        .check(&public::names_and_bits(&vk), &terms)
        .advise("`provelock contract list` shows what each contract takes")?;
    let (artifact, contract) = ContractArtifact::build(&definition, vk.inner(), terms)?;
    files::write(&args.out.out, artifact.to_json().as_bytes(), existing, Readers::Default)?;
    if let Some(path) = &args.asm {
        files::write(path, contract.assembly()?.as_bytes(), existing, Readers::Default)?;
    }
    output.answer(&Answer {
        contract: args.out.out.clone(),
        name: artifact.contract,
        terms: Shown::of(contract.terms()),
        contract_id: ContractId::of(contract.locking_script()).to_string(),
        profile: artifact.profile,
        vk_sha256: artifact.vk_sha256,
        locking_script_bytes: contract.locking_script().len(),
        locking_opcodes: contract.cost().total.opcodes,
        spend_rule: spend_rule(contract.profile()),
        warnings: warnings(contract.terms(), &definition),
    })?;
    Ok(Verdict::Yes)
}

fn warnings(terms: &Terms, definition: &ContractDefinition) -> Vec<String> {
    let is_signable = |input: &&InputTerm| {
        matches!(input, InputTerm::Open { .. }) && definition.rule(input.name()).is_some_and(|rule| rule.may_be_signed)
    };
    let unsigned = terms.inputs.iter().filter(is_signable).filter(|_| terms.signer().is_none());
    let unsigned = unsigned.map(|input| {
        format!(
            "{} is open, and no signer vouches for it: whoever claims may choose what is proved about",
            input.name()
        )
    });
    unsigned.chain(far_off(terms.refund.lock_time)).collect()
}

/// All that the arguments say of the contract.
fn terms(args: &BuildArgs, vk: &VerifyingKey, definition: &ContractDefinition) -> anyhow::Result<Terms> {
    let recipient = read_recipient("--refund-to", &args.refund_to)?;
    let inputs = public::terms(vk, definition, &fixed_inputs(args, vk, definition)?, &args.open)?;
    Ok(Terms {
        payee: payee(args, definition, &inputs)?,
        inputs,
        nonce: args.nonce.unwrap_or_else(random_nonce),
        refund: Refund { recipient, lock_time: args.refund_lock_time },
    })
}

/// The values that a proof must have: as given, or those of a proof that the key accepts, but for what a spend gives.
fn fixed_inputs(
    args: &BuildArgs,
    vk: &VerifyingKey,
    definition: &ContractDefinition,
) -> anyhow::Result<Vec<FixedInput>> {
    let Some(path) = &args.proof else {
        return public::known(vk, &public::given(args.class, &args.public));
    };
    let document = ProofDocument::read(path).advise("use the file that `provelock prove` wrote, unchanged")?;
    document
        .verify(vk)
        .with_context(|| format!("{} is refused under this verifying key", path.display()))
        .advise("give a proof made with the proving key of the same setup")?;
    let mut fixed = public::of_accepted(vk, document.public_inputs())?;
    fixed.retain(|input| definition.may_be_fixed(input.name()) && !public::is_named(input.name(), &args.open));
    Ok(fixed)
}

/// Who is paid.
fn payee(args: &BuildArgs, definition: &ContractDefinition, inputs: &[InputTerm]) -> anyhow::Result<Payee> {
    let name = &definition.name;
    match (&args.pay_to, definition.pays_named()) {
        (Some(text), true) if args.payouts.is_none() && args.signer.is_none() => {
            return Ok(Payee::Named { recipient: read_recipient("--pay-to", text)? });
        }
        (Some(_), true) => return Err(anyhow!("{name} takes neither --payouts nor --signer")).advise("leave it out"),
        (None, true) => {
            return Err(anyhow!("{name} needs --pay-to: the key that is paid"))
                .advise("give the seller's address, or the file of the seller's key");
        }
        (Some(_), false) => {
            return Err(anyhow!("{name} names nobody and takes no --pay-to")).advise("leave it out");
        }
        (None, false) => {}
    }
    match (definition.pays_by_class(), &args.payouts, args.signer) {
        (true, Some(path), None) => Ok(Payee::ByClass(payouts::read(path)?)),
        (true, None, _) => Err(anyhow!("{name} needs --payouts FILE: who is paid for which class"))
            .advise("write one as `provelock contract build --help` shows"),
        (true, Some(_), Some(_)) => Err(anyhow!("{name} pays by class and takes no --signer")).advise("leave it out"),
        (false, Some(_), _) => Err(anyhow!("{name} pays whoever proves and takes no --payouts"))
            .advise("leave it out, or take --contract settlement"),
        (false, None, None) => Ok(Payee::Prover { signer: None }),
        (false, None, Some(public_key)) => {
            let open = inputs.iter().rev().find(|input| matches!(input, InputTerm::Open(_)));
            let input = open
                .ok_or_else(|| anyhow!("--signer is given, but no public input is left to the spend"))
                .advise("leave --signer out, or say what is signed: --open input_commitment")?;
            Ok(Payee::Prover { signer: Some(Signer { public_key, input: input.name().to_owned() }) })
        }
    }
}

/// A nonce nobody used before, but for a chance of about 2^-64 per contract.
pub(crate) fn random_nonce() -> Nonce {
    let mut nonce = Nonce([0; 8]);
    OsRng.fill_bytes(&mut nonce.0);
    nonce
}
