//! `contract refund`: the funder takes the coins back.

use super::coin::locked;
use super::lock_time::{Clock, opens};
use super::pay_to::spender;
use super::read_contract;
use super::refused::{Refused, or_refused};
use crate::Verdict;
use crate::args::RefundArgs;
use crate::chain::{Destination, Disclosing, Kind, Order, Sent};
use crate::keys;
use crate::output::Output;
use core::fmt;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    lock_time: u32,
    /// The first block that may hold it, in words.
    from: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Takes the contract's coin back; {} is the first that may hold this.", self.from)?;
        self.sent.fmt(f)
    }
}

pub(crate) fn run(args: &RefundArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.coin.place.contract.file)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?;
    let destination = Destination::open(&args.send, Some(key.network()))?;
    let locked = locked(&args.coin, &contract, &destination)?;
    let spender = spender(&args.to, &key, destination.network())?;
    let lock_time = contract.terms().refund.lock_time;
    if let Some(reason) = Clock::of(&destination).and_then(|clock| clock.too_early(lock_time)) {
        return Refused::answer(reason, output);
    }
    let signed = match or_refused(locked.refund(spender, args.fee.rate()))? {
        Ok(signed) => signed,
        Err(reason) => return Refused::answer(reason, output),
    };
    let coin = locked.coin().outpoint;
    let order = Order {
        signed: &signed,
        contract: &contract,
        artifact: &artifact,
        kind: Kind::Refund { coin },
        disclosing: Disclosing::WhenSafe,
        purpose: format!("takes back coin {coin} of a contract ({})", artifact.contract),
    };
    let sent = destination.send(&order, output)?;
    let answer = Answer { sent, lock_time: lock_time.get(), from: opens(lock_time) };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}
