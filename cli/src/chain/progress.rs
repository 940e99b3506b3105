//! Following a transaction, and saying in words where it stands.

use super::Connected;
use crate::advice::Advise as _;
use crate::output::Output;
use anyhow::Context as _;
use core::num::NonZeroU32;
use script_gen::LockTime;
use std::time::Duration;
use wallet::keys::KeyNetwork;
use wallet::{Depth, Pending, Progress, Report, State, Wallet};

/// How often a chain is asked that makes its blocks on demand.
const POLL_REGTEST: Duration = Duration::from_millis(500);
/// How often any other is asked: blocks come every ten minutes, and services count requests.
const POLL: Duration = Duration::from_secs(15);

/// Whether a chain has taken it, whether or not it is in a block yet.
pub(crate) const fn is_taken(state: &State) -> bool {
    matches!(state, State::Waiting { .. } | State::Mined { .. } | State::Settled { .. })
}

/// Where a transaction stands and what it waits for, in words.
pub(crate) fn how_it_stands(state: &State, pending: Option<&Pending>) -> String {
    match pending {
        None => state.to_string(),
        Some(Pending::Height { height }) => format!("{state}; to be sent once the chain has height {height}"),
        Some(Pending::Time { seconds }) => {
            let time = LockTime::new(*seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string());
            format!("{state}; not sent before the chain's median time is after {time}")
        }
        Some(Pending::Block { passed: 0 }) => format!("{state}, for a block"),
        Some(Pending::Block { passed }) => {
            format!("{state}; {passed} blocks have not taken it, so its fee may be too low")
        }
        Some(Pending::Confirmations { have, need }) => format!("{state}, {have} of {need} blocks deep"),
        Some(Pending::Parent { coin }) => format!("{state}; the transaction that makes coin {coin} must come first"),
        Some(Pending::Held { reason }) => format!("{state}; held back: {reason}"),
        Some(Pending::Answer { error }) => format!("{state}; no answer yet ({error})"),
    }
}

/// Moves transactions on by `resume`, again and again if `wait` asks for so many blocks, until each is so deep or can get no
/// further.
pub(crate) fn follow(
    wallet: &mut Wallet,
    connected: &mut Connected,
    settled: NonZeroU32,
    wait: Option<NonZeroU32>,
    output: &Output,
    mut resume: impl FnMut(&mut Wallet, &mut Connected, Depth) -> Result<Report, wallet::ResumeError>,
) -> anyhow::Result<Report> {
    // What is waited for must not end being followed before it is so deep.
    let depth = Depth(wait.map_or(settled, |wait| wait.max(settled)));
    let mut once = |wallet: &mut Wallet, connected: &mut Connected| {
        let whose = connected.whose.clone();
        resume(wallet, connected, depth)
            .with_context(|| format!("cannot go on with {whose}"))
            .advise("what was recorded is safe: `provelock wallet resume` goes on with it")
    };
    let mut report = once(wallet, connected)?;
    let Some(wait) = wait else { return Ok(report) };
    let pause = if connected.network == KeyNetwork::Regtest { POLL_REGTEST } else { POLL };
    let stage = output.steps("waiting for blocks", usize::try_from(wait.get()).unwrap_or(usize::MAX));
    while let Some(have) = least_depth(&report, wait) {
        stage.done(have.into());
        std::thread::sleep(pause);
        report = once(wallet, connected)?;
    }
    Ok(report)
}

/// How deep the least deep transaction is of those that are to get deeper; none if there are none.
fn least_depth(report: &Report, wait: NonZeroU32) -> Option<u32> {
    let depth = |progress: &Progress| match (&progress.after, &progress.pending) {
        // Waiting may make it worse.
        (_, Some(Pending::Held { .. })) => None,
        (State::Waiting { .. } | State::Sent, Some(_)) => Some(0),
        (State::Mined { .. }, Some(Pending::Confirmations { have, .. })) => Some(*have),
        // The chain did not answer: it is asked again.
        (State::Mined { .. }, Some(_)) => Some(0),
        _ => None,
    };
    report.transactions.iter().filter_map(depth).filter(|have| *have < wait.get()).min()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use tx_builder::{OutPoint, Txid};

    fn progress(after: State, pending: Option<Pending>) -> Progress {
        let txid: Txid = "11".repeat(32).parse().unwrap();
        Progress { txid, before: State::Recorded, after, pending }
    }

    fn mined(have: u32) -> Progress {
        let block = "22".repeat(32).parse().unwrap();
        progress(State::Mined { block }, Some(Pending::Confirmations { have, need: 6 }))
    }

    #[test]
    fn least_depth__of_several__is_that_of_the_one_waited_for() {
        let wait = |transactions: Vec<Progress>, blocks| {
            least_depth(&Report { height: 7, transactions }, NonZeroU32::new(blocks).unwrap())
        };
        let waiting =
            || progress(State::Waiting { since_height: 7, rivals: vec![] }, Some(Pending::Block { passed: 0 }));
        assert_eq!(wait(vec![mined(2), waiting()], 1), Some(0));
        assert_eq!(wait(vec![mined(2), mined(3)], 3), Some(2));
        assert_eq!(wait(vec![mined(2), mined(3)], 2), None);
        assert_eq!(wait(vec![], 2), None);
        // What cannot get further is not waited for.
        let coin = OutPoint::null();
        assert_eq!(wait(vec![progress(State::Conflicted { coin, rival: None }, None)], 2), None);
        let orphan = progress(State::Orphaned { missing: coin }, Some(Pending::Parent { coin }));
        assert_eq!(wait(vec![orphan], 2), None);
        let early = progress(State::Recorded, Some(Pending::Height { height: 9 }));
        assert_eq!(wait(vec![early], 2), None);
        let held = || Some(Pending::Held { reason: "too late".to_owned() });
        assert_eq!(wait(vec![progress(State::Sent, held())], 2), None);
        assert_eq!(wait(vec![progress(State::Sent, held()), mined(1)], 2), Some(1));
    }

    #[test]
    fn how_it_stands__every_reason_to_wait__is_said() {
        let state = State::Waiting { since_height: 5, rivals: vec![] };
        for (pending, part) in [
            (Pending::Height { height: 9 }, "height 9"),
            (Pending::Time { seconds: 1_767_225_600 }, "after 2026-01-01T00:00:00Z (1767225600)"),
            (Pending::Block { passed: 0 }, "waiting since height 5, for a block"),
            (Pending::Block { passed: 12 }, "12 blocks have not taken it"),
            (Pending::Confirmations { have: 1, need: 6 }, "1 of 6 blocks deep"),
            (Pending::Parent { coin: OutPoint::null() }, "must come first"),
            (Pending::Answer { error: "timed out".to_owned() }, "no answer yet (timed out)"),
            (Pending::Held { reason: "too late".to_owned() }, "held back: too late"),
        ] {
            let said = how_it_stands(&state, Some(&pending));
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(how_it_stands(&State::Sent, None), "sent");
        assert!(is_taken(&state) && !is_taken(&State::Sent) && !is_taken(&State::Recorded));
    }
}
