//! What a node asks of a transaction before it takes it, in the node's order and the node's words.
//!
//! Source: Bitcoin SV node v1.2.2, `src/validation.cpp` (`CheckTransactionCommon`, `TxnValidation`, `CheckInputs`),
//! `src/script/standard.cpp` (`IsStandardTx`), `src/rpc/rawtransaction.cpp`; rules since Genesis, and since Chronicle.

use std::collections::HashSet;

use bitcoin::{Sequence, absolute::LockTime};
use chain_types::{AmountError, Instruction, Instructions, Opcode, Profile, Satoshis, ScriptLimits};
use script_vm::{Machine, Rules};
use tx_builder::{DUST_LIMIT, OutPoint, Transaction, TxOut};

use crate::{InputError, Rejection, check_input, input::version_of, policy_machine};

/// Largest transaction that is relayed (`src/policy/policy.h:68`).
const MAX_RELAYED_SIZE: usize = 10_000_000;
/// The fee above which a node takes a transaction for a mistake (`src/validation.h:79`).
pub const MAX_FEE: Satoshis = Satoshis(10_000_000);
/// Versions that are standard before Chronicle; since, all are (`src/script/standard.cpp:431-439`).
const STANDARD_VERSIONS: std::ops::RangeInclusive<i32> = 1..=2;

/// The node's classes of refusal (`src/consensus/validation.h`), the number before a reason.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    Invalid = 0x10,
    NonStandard = 0x40,
    InsufficientFee = 0x42,
    AbsurdFee = 0x100,
    Conflict = 0x102,
}

/// Code of a transaction that breaks a rule (`RPC_TRANSACTION_REJECTED`).
const REJECTED: i64 = -26;
/// Code of a transaction whose coins are not there (`RPC_TRANSACTION_ERROR`).
const TRANSACTION_ERROR: i64 = -25;

pub(crate) fn refuse(class: Class, reason: &str) -> Rejection {
    Rejection { code: REJECTED, reason: format!("{}: {reason}", class as u32), rival: None }
}

pub(crate) fn missing_inputs() -> Rejection {
    Rejection { code: TRANSACTION_ERROR, reason: "Missing inputs".to_owned(), rival: None }
}

/// Checks that need nothing but the transaction.
pub(crate) fn check_form(transaction: &Transaction) -> Result<(), Rejection> {
    let invalid = |reason| Err(refuse(Class::Invalid, reason));
    if transaction.is_coinbase() {
        return invalid("bad-tx-coinbase");
    }
    if transaction.input.is_empty() {
        return invalid("bad-txns-vin-empty");
    }
    if transaction.output.is_empty() {
        return invalid("bad-txns-vout-empty");
    }
    for output in &transaction.output {
        let value = Satoshis(output.value.to_sat());
        if i64::try_from(value.0).is_err() {
            return invalid("bad-txns-vout-negative");
        }
        if value > Satoshis::MAX {
            return invalid("bad-txns-vout-toolarge");
        }
    }
    if total(&transaction.output).is_err() {
        return invalid("bad-txns-txouttotal-toolarge");
    }
    if transaction.output.iter().any(|output| output.script_pubkey.is_p2sh()) {
        return invalid("bad-txns-vout-p2sh");
    }
    let mut seen = HashSet::new();
    if !transaction.input.iter().all(|input| seen.insert(input.previous_output)) {
        return invalid("bad-txns-inputs-duplicate");
    }
    if transaction.input.iter().any(|input| input.previous_output == OutPoint::null()) {
        return invalid("bad-txns-prevout-null");
    }
    Ok(())
}

fn total<'a>(outputs: impl IntoIterator<Item = &'a TxOut>) -> Result<Satoshis, AmountError> {
    outputs.into_iter().try_fold(Satoshis(0), |sum, output| sum.checked_add(Satoshis(output.value.to_sat())))
}

/// Checks of policy that need nothing but the transaction. Any locking script may be funded.
pub(crate) fn check_standard(profile: Profile, transaction: &Transaction) -> Result<(), Rejection> {
    let nonstandard = |reason| Err(refuse(Class::NonStandard, reason));
    let is_genesis = profile == Profile::Genesis;
    if is_genesis && !STANDARD_VERSIONS.contains(&transaction.version.0) {
        return nonstandard("version");
    }
    if transaction.total_size() > MAX_RELAYED_SIZE {
        return nonstandard("tx-size");
    }
    if is_genesis && !transaction.input.iter().all(|input| is_push_only(input.script_sig.as_bytes())) {
        return nonstandard("scriptsig-not-pushonly");
    }
    if transaction.output.iter().any(is_dust) {
        return nonstandard("dust");
    }
    Ok(())
}

fn is_push_only(script: &[u8]) -> bool {
    let pushes = |instruction| match instruction {
        Ok((_, Instruction::Push { .. })) => true,
        Ok((_, Instruction::Op(opcode))) => opcode.is_push(),
        Err(_) => false,
    };
    Instructions::new(script).all(pushes)
}

fn is_dust(output: &TxOut) -> bool {
    output.value.to_sat() < DUST_LIMIT.0 && !is_data(output)
}

/// `OP_0 OP_RETURN ..`: can never be spent.
pub(crate) fn is_data(output: &TxOut) -> bool {
    output.script_pubkey.as_bytes().starts_with(&[Opcode::OP_0.0, Opcode::OP_RETURN.0])
}

/// Whether the transaction may stand in the block at `height`. Lock times by clock are never reached: there is none.
pub(crate) fn check_final(transaction: &Transaction, height: u32) -> Result<(), Rejection> {
    let reached = match transaction.lock_time {
        LockTime::Blocks(lock) => lock.to_consensus_u32() < height,
        LockTime::Seconds(_) => false,
    };
    let all_final = || transaction.input.iter().all(|input| input.sequence == Sequence::MAX);
    if transaction.lock_time == LockTime::ZERO || reached || all_final() {
        return Ok(());
    }
    Err(refuse(Class::NonStandard, "bad-txns-nonfinal"))
}

/// The fee, if the outputs do not exceed the coins and the fee is no mistake.
pub(crate) fn check_fee(transaction: &Transaction, coins: &[&TxOut]) -> Result<Satoshis, Rejection> {
    let out_of_range = |_| refuse(Class::Invalid, "bad-txns-inputvalues-outofrange");
    let have = total(coins.iter().copied()).map_err(out_of_range)?;
    let paid = total(&transaction.output).map_err(out_of_range)?;
    let fee = have.checked_sub(paid).map_err(|_| refuse(Class::Invalid, "bad-txns-in-belowout"))?;
    if fee > MAX_FEE {
        return Err(refuse(Class::AbsurdFee, "absurdly-high-fee"));
    }
    Ok(fee)
}

/// Runs the scripts of every input as a node does before it relays: under the rules and limits of policy, then under
/// the rules of the next block. All outputs spent were mined under `profile`.
pub(crate) fn check_scripts(profile: Profile, transaction: &Transaction, coins: &[&TxOut]) -> Result<(), Rejection> {
    let next_block = Machine::new(profile.policy_limits(), block_rules(profile, transaction));
    for machine in [policy_machine(profile, transaction), next_block] {
        for (input_idx, spent) in coins.iter().enumerate() {
            if let Err(error) = check_input(transaction, input_idx, spent, &machine) {
                return Err(script_rejection(profile, transaction, (input_idx, spent), &error));
            }
        }
    }
    Ok(())
}

const fn block_rules(profile: Profile, transaction: &Transaction) -> Rules {
    match profile {
        Profile::Genesis => Rules::GenesisConsensus,
        Profile::Chronicle => {
            Rules::ChronicleConsensus { version: version_of(transaction), mined_under: Profile::Chronicle }
        }
    }
}

const fn block_limits(profile: Profile) -> ScriptLimits {
    match profile {
        Profile::Genesis => ScriptLimits::GENESIS_CONSENSUS,
        Profile::Chronicle => ScriptLimits::CHRONICLE_CONSENSUS,
    }
}

/// Says whether a block could hold the input all the same.
fn script_rejection(
    profile: Profile,
    transaction: &Transaction,
    (input_idx, spent): (usize, &TxOut),
    error: &InputError,
) -> Rejection {
    let message = match error {
        InputError::Script(failure) => failure.reason.node_message().unwrap_or("unknown error"),
        // The caller walks the inputs there are, with machines for this transaction.
        InputError::Sighash(_) | InputError::OtherVersion { .. } => "unknown error",
    };
    let consensus = Machine::new(block_limits(profile), block_rules(profile, transaction));
    match check_input(transaction, input_idx, spent, &consensus) {
        Ok(_) => refuse(Class::NonStandard, &format!("non-mandatory-script-verify-flag ({message})")),
        Err(_) => refuse(Class::Invalid, &format!("mandatory-script-verify-flag-failed ({message})")),
    }
}
