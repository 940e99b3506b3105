//! `contract spend`: a proof opens a contract.

use super::read_contract;
use super::send::{Destination, Sent};
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SpendArgs;
use crate::keys;
use crate::output::Output;
use crate::payment::{SpendDraft, check_spend};
use crate::public;
use crate::values::{grouped, read_transaction};
use anyhow::{Context as _, anyhow};
use core::fmt;
use ledger::InputError;
use prover::groth16::ProofDocument;
use script_gen::{FixedInput, HintError, ProofContract};
use serde::Serialize;
use statement::PubkeyHash;
use tx_builder::{Coin, transaction_output};

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    locking_script_bytes: usize,
    unlocking_script_bytes: usize,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lock, unlock) = (self.locking_script_bytes, self.unlocking_script_bytes);
        writeln!(f, "The proof opens the contract: the script ran to its end here, under a node's limits.")?;
        writeln!(f, "  locking {} + unlocking {} bytes of script", grouped(lock), grouped(unlock))?;
        self.sent.fmt(f)
    }
}

/// A spend that is not even tried.
#[derive(Serialize)]
struct Refused {
    accepted: bool,
    reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nothing was sent: {}", self.reason)
    }
}

pub(crate) fn run(args: &SpendArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (_, contract) = read_contract(&args.contract)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?.into_signing_key();
    let coin = read_coin(args, &contract)?;
    let document = ProofDocument::read(&args.proof).advise("use the file that `provelock prove` wrote, unchanged")?;
    let destination = Destination::open(&args.send)?;
    let refuse = |reason: String| {
        output.answer(&Refused { accepted: false, reason })?;
        Ok(Verdict::No)
    };

    if let Some(reason) = other_inputs(&document, &contract, key.pubkey_hash()) {
        return refuse(reason);
    }
    let hints = match contract.hints(document.proof().inner(), key.pubkey_hash()) {
        Ok(hints) => hints,
        Err(error @ HintError::ProofInvalid) => {
            return refuse(format!("{error}: it was made with another proving key, or changed"));
        }
        Err(error) => return Err(error.into()),
    };
    let spent = transaction_output(coin.locking_script.clone(), coin.value);
    let signed = SpendDraft::new(&contract, coin, &key, args.fee.rate())?.signed(&hints)?;
    match check_spend(&signed.transaction, &spent, &contract) {
        Ok(()) => {}
        Err(InputError::Script(failure)) => return refuse(format!("the script fails\n{failure}")),
        Err(error) => return Err(error.into()),
    }
    let unlocking_script_bytes = signed.transaction.input.first().map_or(0, |input| input.script_sig.len());
    let sent = destination.send(&signed)?;
    let answer = Answer { sent, locking_script_bytes: contract.locking_script().len(), unlocking_script_bytes };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}

fn read_coin(args: &SpendArgs, contract: &ProofContract) -> anyhow::Result<Coin> {
    let coin = Coin::of(&read_transaction(&args.deploy_tx)?, args.vout)
        .context("--deploy-tx has no such output")
        .advise("`contract deploy` makes the contract output 0")?;
    if coin.locking_script != *contract.locking_script() {
        let (found, expected) = (coin.locking_script.len(), contract.locking_script().len());
        return Err(anyhow!(
            "output {} of --deploy-tx is not under this contract: its script of {found} bytes is not the contract's of \
             {expected}",
            args.vout
        ))
        .advise("give the contract file that the coins were deployed with, and the right --vout");
    }
    Ok(coin)
}

/// Why a proof of these public inputs cannot open the contract for this key.
fn other_inputs(proof: &ProofDocument, contract: &ProofContract, recipient: PubkeyHash) -> Option<String> {
    let differs = |what: &str, found: String, expected: String, advice: &str| {
        (found != expected).then(|| format!("the proof is about {what} {found}, this needs {expected}; {advice}"))
    };
    let said = public::by_name(&public::of_proof(proof.public_inputs()).ok()?);
    let value = |input: &FixedInput| {
        let found = said.get(input.name()).cloned().unwrap_or_else(|| "unknown".to_owned());
        differs(input.name(), found, input.value_text(), "prove it of an input for which the network says so")
    };
    let (found, needed) = (proof.binding(), contract.binding(recipient));
    let nonce = (hex::encode(found.nonce.0), hex::encode(needed.nonce.0));
    let key = (hex::encode(found.recipient.0), hex::encode(recipient.0));
    (contract.fixed().iter().find_map(value))
        .or_else(|| differs("contract nonce", nonce.0, nonce.1, "prove again with --nonce of this contract"))
        .or_else(|| differs("key hash", key.0, key.1, "use the key it was made for, or prove again for this one"))
}
