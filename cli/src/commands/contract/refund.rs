//! `contract refund`: the funder takes the coins back.

use super::coin::locked;
use super::read_contract;
use super::refused::{Refused, or_refused};
use crate::Verdict;
use crate::args::RefundArgs;
use crate::chain::{Destination, Kind, Order, Sent};
use crate::keys;
use crate::output::Output;
use crate::values::grouped;
use core::fmt;
use script_gen::LockTime;
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// Lock times below are heights, others seconds since 1970 (node v1.2.2, `src/script/script.h`, `LOCKTIME_THRESHOLD`).
const FIRST_TIME: u32 = 500_000_000;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    sent: Sent,
    lock_time: u32,
    /// The lock time for people.
    from: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Takes the contract's coin back; no block before {} may hold this.", self.from)?;
        self.sent.fmt(f)
    }
}

pub(crate) fn run(args: &RefundArgs, output: &Output) -> anyhow::Result<Verdict> {
    let (artifact, contract) = read_contract(&args.coin.contract)?;
    let key = keys::read(&args.key.key, &args.key.passphrase)?;
    let destination = Destination::open(&args.send, Some(key.network()))?;
    let locked = locked(&args.coin, &contract, &destination)?;
    let lock_time = contract.terms().refund.lock_time;
    if let Destination::Chain(chain) = &destination
        && let Some(reason) = too_early(lock_time, chain.connected.height, now())
    {
        return Refused::answer(reason, output);
    }
    let signed = match or_refused(locked.refund(key.signing_key(), args.fee.rate()))? {
        Ok(signed) => signed,
        Err(reason) => return Refused::answer(reason, output),
    };
    let coin = locked.coin().outpoint;
    let order = Order {
        signed: &signed,
        contract: &contract,
        artifact: &artifact,
        kind: Kind::Refund { coin },
        purpose: format!("takes back coin {coin} of a contract ({})", artifact.contract),
    };
    let sent = destination.send(&order, output)?;
    let answer = Answer { sent, lock_time: lock_time.get(), from: lock_time.to_string() };
    output.answer(&answer)?;
    Ok(Verdict::of(answer.sent.accepted))
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Why the refund cannot be sent yet. A node would keep an early one aside, and look at it again minutes after its time.
fn too_early(lock_time: LockTime, height: u32, now: u64) -> Option<String> {
    let until = lock_time.get();
    if until < FIRST_TIME {
        let left = until.saturating_sub(height);
        return (left > 0).then(|| {
            format!(
                "the refund is locked until height {}, the chain has {}: send it {} blocks later",
                grouped(until),
                grouped(height),
                grouped(left)
            )
        });
    }
    // The chain's own clock, the median of its last blocks, is about an hour behind: its verdict comes later still.
    let left = u64::from(until).saturating_sub(now);
    (left > 0).then(|| format!("the refund is locked until {lock_time}, which is {} seconds ahead", grouped(left)))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn too_early__heights_and_times__are_compared_with_their_own_kind() {
        let reason = |lock, height, now| too_early(LockTime::new(lock).unwrap(), height, now);
        let at_99 = reason(100, 99, u64::MAX).unwrap();
        assert!(at_99.contains("until height 100, the chain has 99: send it 1 blocks later"), "{at_99}");
        assert_eq!(reason(100, 100, 0), None);
        assert_eq!(reason(499_999_999, 499_999_999, 0), None);
        let early = reason(1_700_000_000, u32::MAX, 1_699_999_990).unwrap();
        assert!(early.contains("which is 10 seconds ahead"), "{early}");
        assert_eq!(reason(1_700_000_000, 0, 1_700_000_000), None);
    }
}
