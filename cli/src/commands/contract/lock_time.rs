//! Where a refund's lock time stands against a chain.

use crate::advice::Advise as _;
use crate::chain::Destination;
use crate::values::{grouped, machines_clock};
use anyhow::anyhow;
use script_gen::LockTime;
use std::io::{self, Write as _};

/// From when on a block may hold the refund: a transaction with a lock time may be in blocks of greater heights, or after
/// 11 blocks of which the median time is later (node v1.2.2, `src/validation.cpp`, `IsFinalTx`; BIP113).
pub(super) fn opens(lock_time: LockTime) -> String {
    if lock_time.is_height() {
        // Far below the limit of heights.
        format!("block {}", u64::from(lock_time.get()) + 1)
    } else {
        format!("the first block when the chain's median time is after {lock_time}")
    }
}

/// Two years of blocks, at 144 a day.
const FAR_BLOCKS: u32 = 105_120;
/// Two years of 365 days.
const FAR_SECONDS: u64 = 2 * 365 * 86_400;

/// More blocks than any chain of Bitcoin's will have in this century, at one in ten minutes.
const CENTURY_BLOCKS: u32 = 5_000_000;

/// What is odd about a lock time for which no chain is asked: a date such as 20261231 is a height, too.
pub(super) fn far_off(lock_time: LockTime) -> Option<String> {
    let is_far = if lock_time.is_height() {
        lock_time.get() > CENTURY_BLOCKS
    } else {
        u64::from(lock_time.get()) > machines_clock() + FAR_SECONDS
    };
    is_far.then(|| format!("the refund's lock time, {lock_time}, is years ahead: unclaimed coins stay locked so long"))
}

/// Against what a lock time is measured.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// Of the chain's last block.
    height: u32,
    /// Seconds since 1970: the chain's median time, or this machine's where the chain does not tell its own.
    now: u64,
}

impl Clock {
    /// The chain's, if there is one.
    pub(super) fn of(destination: &Destination) -> Option<Self> {
        let Destination::Chain(chain) = destination else { return None };
        let now = chain.connected.median_time.map_or_else(machines_clock, u64::from);
        Some(Self { height: chain.connected.height, now })
    }

    /// Blocks or seconds that are left; none from when on the refund may be sent.
    fn left(self, lock_time: LockTime) -> u64 {
        let until = u64::from(lock_time.get());
        if lock_time.is_height() {
            // The next block is one higher.
            until.saturating_sub(self.height.into())
        } else {
            (until + 1).saturating_sub(self.now)
        }
    }

    /// Why the refund cannot be sent yet. A node would keep an early one aside, and look at it again minutes after its
    /// time.
    pub(super) fn too_early(self, lock_time: LockTime) -> Option<String> {
        let left = self.left(lock_time);
        (left > 0).then(|| {
            if lock_time.is_height() {
                format!(
                    "the refund is locked until height {}, the chain has {}: send it {} blocks later",
                    grouped(lock_time.get()),
                    grouped(self.height),
                    grouped(left)
                )
            } else {
                // The median of a chain's last blocks is about an hour behind.
                format!(
                    "the refund is locked until the chain's median time is after {lock_time}, {} seconds from now by it",
                    grouped(left)
                )
            }
        })
    }

    /// What is odd about a lock time under which coins are to be locked now.
    ///
    /// # Errors
    /// If the refund could be taken at once.
    pub(super) fn check_deployment(self, lock_time: LockTime) -> anyhow::Result<Option<String>> {
        let left = self.left(lock_time);
        let (unit, far) = if lock_time.is_height() { ("blocks", FAR_BLOCKS.into()) } else { ("seconds", FAR_SECONDS) };
        if left == 0 {
            return Err(anyhow!(
                "the refund's lock time, {lock_time}, is past (the chain has height {}): the funder could take the coins \
                 back at once",
                grouped(self.height)
            ))
            .advise("build the contract with a later --refund-lock-time");
        }
        Ok((left > far).then(|| {
            let left = grouped(left);
            format!("the refund's lock time, {lock_time}, is {left} {unit} ahead, more than two years: unclaimed coins stay locked so long")
        }))
    }

    /// What is odd about a claim now.
    pub(super) fn check_claim(self, lock_time: LockTime) -> Option<String> {
        (self.left(lock_time) == 0).then(|| {
            let opens = opens(lock_time);
            format!("the refund is valid from {opens} on: the funder may take the coin before this is in a block")
        })
    }
}

/// Says what is odd before anything is sent.
pub(super) fn warn(warning: Option<&str>) -> io::Result<()> {
    warning.map_or(Ok(()), |warning| writeln!(io::stderr().lock(), "WARNING: {warning}"))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    fn lock(n: u32) -> LockTime {
        LockTime::new(n).unwrap()
    }

    #[test]
    fn too_early__heights_and_times__are_compared_with_their_own_kind() {
        let reason = |n, height, now| Clock { height, now }.too_early(lock(n));
        let at_99 = reason(100, 99, u64::MAX).unwrap();
        assert!(at_99.contains("until height 100, the chain has 99: send it 1 blocks later"), "{at_99}");
        assert_eq!(reason(100, 100, 0), None);
        assert_eq!(reason(499_999_999, 499_999_999, 0), None);
        let early = reason(1_700_000_000, u32::MAX, 1_699_999_990).unwrap();
        assert!(early.contains("11 seconds from now"), "{early}");
        assert!(reason(1_700_000_000, 0, 1_700_000_000).unwrap().contains("1 seconds from now"));
        assert_eq!(reason(1_700_000_000, 0, 1_700_000_001), None);
    }

    #[test]
    fn far_off__date_for_a_height__is_warned_of() {
        for good in [lock(900_000), lock(5_000_000), lock(500_000_000)] {
            assert_eq!(far_off(good), None);
        }
        for odd in [lock(20_261_231), lock(u32::MAX)] {
            assert!(far_off(odd).unwrap().contains("years ahead"));
        }
    }

    #[test]
    fn opens__lock_time__is_the_block_after_it() {
        assert_eq!(opens(lock(900_000)), "block 900001");
        assert_eq!(opens(lock(499_999_999)), "block 500000000");
        assert!(opens(lock(500_000_000)).contains("median time is after 1985-11-05T00:53:20Z (500000000)"));
    }

    #[test]
    fn check_deployment__past_or_far_ahead__is_refused_or_warned_of() {
        let check = |n, height, now| Clock { height, now }.check_deployment(lock(n));
        for past in [check(100, 100, 0), check(100, 800_000, 0), check(1_700_000_000, 0, 1_700_000_001)] {
            let message = past.unwrap_err().to_string();
            assert!(message.contains("is past") && message.contains("back at once"), "{message}");
        }
        for good in [check(101, 100, u64::MAX), check(105_220, 100, 0), check(1_700_000_000, u32::MAX, 1_700_000_000)] {
            assert_eq!(good.unwrap(), None);
        }
        let blocks = check(105_221, 100, 0).unwrap().unwrap();
        assert!(blocks.contains("block 105221, is 105,121 blocks ahead, more than two years"), "{blocks}");
        let seconds = check(1_763_072_000, 0, 1_700_000_000).unwrap().unwrap();
        assert!(seconds.contains("is 63,072,001 seconds ahead"), "{seconds}");
    }

    #[test]
    fn check_claim__open_refund__is_warned_of() {
        let check = |n, height, now| Clock { height, now }.check_claim(lock(n));
        assert_eq!(check(100, 99, u64::MAX), None);
        assert!(check(100, 100, 0).unwrap().contains("the refund is valid from block 101 on"));
        assert_eq!(check(1_700_000_000, 0, 1_700_000_000), None);
        assert!(check(1_700_000_000, 0, 1_700_000_001).unwrap().contains("may take the coin"));
    }
}
