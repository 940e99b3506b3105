//! `contract deploy`: coins go under a contract.

use super::lock_time::{Clock, opens, warn};
use super::read_contract;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::DeployArgs;
use crate::chain::{Destination, Disclosing, Kind, Order, Sent, deployment_in};
use crate::keys;
use crate::output::Output;
use crate::values::{grouped, read_transaction};
use anyhow::{Context as _, anyhow};
use contracts::{LockError, Purse, SettlementFee, Signed, check, settlement_fees};
use core::fmt;
use script_gen::{Contract, Payee};
use serde::Serialize;
use std::collections::BTreeSet;
use tx_builder::{Address, BuildError, Coin};
use wallet::ContractId;
use wallet::keys::StoredKey;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    /// The contract's output.
    vout: u32,
    amount_sats: u64,
    nonce: String,
    contract_id: String,
    /// What is odd about the refund's lock time.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_warning: Option<String>,
    /// What is odd about the fee of a settlement.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_warning: Option<String>,
}

/// From how many times the fee that is due on a settlement is warned of.
const MUCH: u64 = 10;

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, nonce) = (grouped(self.amount_sats), &self.nonce);
        writeln!(f, "Locks {amount} sat under the contract with nonce {nonce}, as output {}", self.vout)?;
        self.sent.fmt(f)
    }
}

pub(crate) fn run(args: &DeployArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.contract.file)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?;
    let named = named_coin(args)?;
    let destination = Destination::open(&args.send, Some(key.network()))?;
    let clock = Clock::of(&destination);
    let refund_warning = match (named.is_some(), clock) {
        (_, None) => None,
        (is_named, Some(clock)) => {
            if !is_named {
                check_not_deployed(&destination, &contract)?;
            }
            clock.check_deployment(contract.terms().refund.lock_time)?
        }
    };
    let coins = match named {
        Some(coin) => vec![coin],
        None => found_coins(&destination, &key)?,
    };
    let signed = lock(args, &contract, &key, &coins)?;
    check(&signed.transaction, &signed.spent, &contract)
        .context("the coins' own scripts fail, so nothing was sent")
        .advise("use coins that are paid to the key's address")?;
    check_refund_is_own(args, &contract, &key)?;
    let order = Order {
        signed: &signed,
        contract: &contract,
        kind: Kind::Deployment,
        disclosing: Disclosing::WhenSafe,
        purpose: format!(
            "locks coins under a contract ({}, nonce {}, key points SHA-256 {}); pays {}; refund {}",
            artifact.contract,
            artifact_nonce(&contract),
            artifact.vk_sha256,
            payee_in_words(&contract, &key),
            refund_in_words(&contract, &key),
        ),
        artifact: &artifact,
    };
    warn(refund_warning.as_deref())?;
    let fee_warning = much_to_fees(args, &contract)?;
    warn(fee_warning.as_deref())?;
    let sent = destination.send(&order, output)?;
    let nonce = artifact_nonce(&contract);
    let contract_id = ContractId::of(contract.locking_script()).to_string();
    let answer = Answer { sent, vout: 0, amount_sats: args.amount.0, nonce, contract_id, refund_warning, fee_warning };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}

fn artifact_nonce(contract: &Contract) -> String {
    hex::encode(contract.terms().nonce.0)
}

/// Refuses to lock coins that somebody else would get back, unless the user says so: after the lock time they are the
/// refund's recipient's, whoever has paid them in.
fn check_refund_is_own(args: &DeployArgs, contract: &Contract, key: &StoredKey) -> anyhow::Result<()> {
    if contract.terms().refund.recipient == key.address().pubkey_hash {
        return Ok(());
    }
    let refund = refund_in_words(contract, key);
    if args.refund_is_not_mine {
        return Ok(warn(Some(&format!("the refund goes {refund}, which is not the key's address {}", key.address())))?);
    }
    Err(anyhow!("the refund goes {refund}, and not to {}, the address of the key that pays", key.address())).advise(
        "build a contract with --refund-to of your own; or, if that address is yours or you mean to give the coins away, add \
         --refund-is-not-mine",
    )
}

/// What a settlement's outputs do not take is its fee, whoever submits it: more than is due is lost.
fn much_to_fees(args: &DeployArgs, contract: &Contract) -> anyhow::Result<Option<String>> {
    let fees = settlement_fees(contract, args.amount, args.fee.rate())?;
    let most = fees.into_iter().max_by_key(|left| left.fee).filter(|left| left.fee.0 > MUCH * left.due.0);
    Ok(most.map(|SettlementFee { class, fee, due }| {
        format!("class {class} leaves {fee} of the coin to the fee, where {due} would do: lock less, or pay out more")
    }))
}

/// Whom the contract pays, so that a slip is seen before the coins are locked.
fn payee_in_words(contract: &Contract, key: &StoredKey) -> String {
    let network = key.network().prefix();
    match &contract.terms().payee {
        Payee::Prover { signer: None } => "whoever the proof is bound to".to_owned(),
        Payee::Prover { signer: Some(signer) } => {
            let public_key = hex::encode(signer.public_key);
            format!("whoever the proof is bound to, if {public_key} has signed {}", signer.input)
        }
        Payee::Named { recipient } => format!("{} alone", Address { pubkey_hash: *recipient, network }),
        Payee::ByClass(payouts) => {
            let n_paid = payouts.by_class().iter().flatten().count();
            format!(
                "by {}, as listed for {n_paid} of them (`provelock contract inspect` shows to whom)",
                payouts.input()
            )
        }
    }
}

/// To whom and from when on, so that a slip is seen before the coins are locked.
fn refund_in_words(contract: &Contract, key: &StoredKey) -> String {
    let refund = &contract.terms().refund;
    let address = Address { pubkey_hash: refund.recipient, network: key.network().prefix() };
    format!("to {address} from {} on", opens(refund.lock_time))
}

/// The coin that the arguments name.
fn named_coin(args: &DeployArgs) -> anyhow::Result<Option<Coin>> {
    let (Some(transaction), Some(vout)) = (&args.coin_tx, args.coin_vout) else { return Ok(None) };
    let coin = Coin::of(&read_transaction(transaction)?, vout)
        .context("--coin-tx has no such output")
        .advise("check --coin-vout: outputs are counted from 0")?;
    Ok(Some(coin))
}

/// Refuses to look for coins for a contract that the wallet has deployed.
fn check_not_deployed(destination: &Destination, contract: &Contract) -> anyhow::Result<()> {
    let Destination::Chain(chain) = destination else { return Ok(()) };
    let Some(deployment) = chain.wallet()?.and_then(|wallet| deployment_in(&wallet, contract)) else { return Ok(()) };
    let txid = deployment.compute_txid();
    Err(anyhow!("this contract is deployed already, by transaction {txid}: nothing was recorded or sent")).advise(
        "`provelock wallet resume` goes on with that; to lock other coins, build a contract with another nonce: one proof would \
         open both coins",
    )
}

/// The free coins at the key's address: not those that the wallet keeps for other transactions.
fn found_coins(destination: &Destination, key: &StoredKey) -> anyhow::Result<Vec<Coin>> {
    let Destination::Chain(chain) = destination else {
        return Err(anyhow!("no coin is given"))
            .advise("add --coin-tx FILE_OR_HEX --coin-vout N: with --dry-run nobody is asked for coins");
    };
    let reserved: BTreeSet<_> =
        chain.wallet()?.map(|wallet| wallet.reserved().into_keys().collect()).unwrap_or_default();
    chain.connected.source.coins(&key.address(), &reserved)
}

fn lock(args: &DeployArgs, contract: &Contract, key: &StoredKey, coins: &[Coin]) -> anyhow::Result<Signed> {
    let purse = Purse { key: key.signing_key(), coins };
    let error = match contracts::lock(contract, args.amount, &purse, args.fee.rate()) {
        Ok(signed) => return Ok(signed),
        Err(error) => error,
    };
    match &error {
        LockError::TooSmall { .. } => {
            let amount = args.amount;
            Err(error)
                .with_context(|| format!("--amount {amount} is too small"))
                .advise("lock more than that, or lower --fee-rate")
        }
        LockError::Wasted { .. } => {
            let amount = args.amount;
            Err(error).with_context(|| format!("--amount {amount} is too large")).advise("lock less, or pay out more")
        }
        LockError::Build(BuildError::InsufficientFunds { .. }) => Err(error)
            .context("cannot fund the contract")
            .advise("lower --amount or --fee-rate, or bring a larger coin"),
        LockError::Unlock(_) => {
            Err(error).context("cannot sign for the coin").advise("use the key that the coin is locked to")
        }
        _ => Err(error.into()),
    }
}
