//! Where a transaction stands, and how that may change.

use core::fmt;

use bitcoin::{BlockHash, OutPoint, Txid};
use serde::{Deserialize, Serialize};

/// Where a recorded transaction stands, as far as the wallet has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum State {
    /// Signed and stored; no chain has seen it.
    Recorded,
    /// About to be handed to a chain, or handed to it: no verdict has been heard.
    Sent,
    /// A chain has taken it; it is in no block.
    Waiting {
        /// Height of the chain when it was taken.
        since_height: u32,
        /// Other transactions that wait and would spend one of its coins, in order, as far as the chain says. One of
        /// them all at most will be mined.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rivals: Vec<Txid>,
    },
    /// In a block that may still be reorganised away.
    Mined {
        /// The block.
        block: BlockHash,
    },
    /// So deep in the chain that it is not followed any more.
    Settled {
        /// The block.
        block: BlockHash,
    },
    /// The chain does not know the transaction that makes one of its coins.
    Orphaned {
        /// The coin.
        missing: OutPoint,
    },
    /// Another transaction has spent one of its coins.
    Conflicted {
        /// The coin.
        coin: OutPoint,
        /// The other transaction, if the chain could tell.
        rival: Option<Txid>,
    },
    /// Judged and refused for what it is.
    Rejected {
        /// The node's code.
        code: i64,
        /// The node's words.
        reason: String,
    },
    /// Given up by its owner before any chain has seen it.
    Abandoned,
}

/// The name of a [`State`], without what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateName {
    /// [`State::Recorded`].
    Recorded,
    /// [`State::Sent`].
    Sent,
    /// [`State::Waiting`].
    Waiting,
    /// [`State::Mined`].
    Mined,
    /// [`State::Settled`].
    Settled,
    /// [`State::Orphaned`].
    Orphaned,
    /// [`State::Conflicted`].
    Conflicted,
    /// [`State::Rejected`].
    Rejected,
    /// [`State::Abandoned`].
    Abandoned,
}

/// Every legal change of state: from each state, those that may follow. There is no other place that decides.
pub const TRANSITIONS: [(StateName, &[StateName]); 9] = {
    use StateName::{Abandoned, Conflicted, Mined, Orphaned, Recorded, Rejected, Sent, Settled, Waiting};
    [
        (Recorded, &[Sent, Abandoned]),
        (Sent, &[Waiting, Mined, Orphaned, Conflicted, Rejected]),
        // With other rivals.
        (Waiting, &[Waiting, Mined, Orphaned, Conflicted, Rejected]),
        // Another block after a reorganisation, the mempool, or nowhere: then it is sent again.
        (Mined, &[Mined, Waiting, Sent, Settled]),
        (Settled, &[]),
        (Orphaned, &[Waiting, Mined, Conflicted, Rejected]),
        // One node's verdict binds no other: what is seen on the chain counts. Its owner may also ask for another try.
        (Conflicted, &[Waiting, Mined, Recorded]),
        (Rejected, &[Waiting, Mined, Recorded]),
        (Abandoned, &[]),
    ]
};

impl StateName {
    /// Whether a transaction in this state may get into `next`, by [`TRANSITIONS`].
    pub fn may_become(self, next: Self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && to.contains(&next))
    }

    /// Whether the coins it spends are kept for it: it may yet be mined, and the wallet works for that.
    pub const fn reserves_coins(self) -> bool {
        match self {
            Self::Recorded | Self::Sent | Self::Waiting | Self::Mined | Self::Settled | Self::Orphaned => true,
            Self::Conflicted | Self::Rejected | Self::Abandoned => false,
        }
    }

    /// Whether resuming looks at it: everything but what is final.
    pub fn is_followed(self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && !to.is_empty())
    }

    /// Whether it still needs something to happen before its money is where it should be.
    pub const fn is_unfinished(self) -> bool {
        match self {
            Self::Recorded | Self::Sent | Self::Waiting | Self::Mined | Self::Orphaned => true,
            Self::Settled | Self::Conflicted | Self::Rejected | Self::Abandoned => false,
        }
    }
}

impl State {
    /// Its name.
    pub const fn name(&self) -> StateName {
        match self {
            Self::Recorded => StateName::Recorded,
            Self::Sent => StateName::Sent,
            Self::Waiting { .. } => StateName::Waiting,
            Self::Mined { .. } => StateName::Mined,
            Self::Settled { .. } => StateName::Settled,
            Self::Orphaned { .. } => StateName::Orphaned,
            Self::Conflicted { .. } => StateName::Conflicted,
            Self::Rejected { .. } => StateName::Rejected,
            Self::Abandoned => StateName::Abandoned,
        }
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recorded => "recorded",
            Self::Sent => "sent",
            Self::Waiting => "waiting",
            Self::Mined => "mined",
            Self::Settled => "settled",
            Self::Orphaned => "orphaned",
            Self::Conflicted => "conflicted",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Recorded | Self::Sent | Self::Abandoned => write!(f, "{name}"),
            Self::Waiting { since_height, rivals } => {
                write!(f, "{name} since height {since_height}")?;
                for (i, rival) in rivals.iter().enumerate() {
                    write!(
                        f,
                        "{} {rival}",
                        if i == 0 { ", not sure to be mined: its coins are wanted by" } else { "," }
                    )?;
                }
                Ok(())
            }
            Self::Mined { block } | Self::Settled { block } => write!(f, "{name} in block {block}"),
            Self::Orphaned { missing } => write!(f, "{name}: coin {missing} is not known"),
            Self::Conflicted { coin, rival: Some(rival) } => write!(f, "{name}: coin {coin} is spent by {rival}"),
            Self::Conflicted { coin, rival: None } => write!(f, "{name}: coin {coin} is spent by another"),
            Self::Rejected { code, reason } => write!(f, "{name} with code {code}: {reason}"),
        }
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn transitions__every_state__stands_once_and_follows_from_recorded() {
        for (i, (from, _)) in TRANSITIONS.iter().enumerate() {
            assert!(TRANSITIONS[i + 1..].iter().all(|(other, _)| other != from), "{from} stands twice");
        }
        let mut reached = vec![StateName::Recorded];
        let mut next = 0;
        while let Some(from) = reached.get(next).copied() {
            next += 1;
            for (to, _) in TRANSITIONS {
                if from.may_become(to) && !reached.contains(&to) {
                    reached.push(to);
                }
            }
        }
        assert_eq!(reached.len(), TRANSITIONS.len(), "{reached:?}");
    }

    #[test]
    fn transitions__of_all_81_pairs__26_are_legal() {
        let names = TRANSITIONS.map(|(name, _)| name);
        let legal = names.iter().flat_map(|from| names.iter().map(move |to| (*from, *to)));
        let legal: Vec<_> = legal.filter(|(from, to)| from.may_become(*to)).collect();
        assert_eq!(legal.len(), TRANSITIONS.iter().map(|(_, to)| to.len()).sum::<usize>());
        assert_eq!(legal.len(), 26);
        // What a chain may have seen is never given up, and what is final stays.
        for (from, to) in legal {
            assert!(to != StateName::Abandoned || from == StateName::Recorded, "{from} to {to}");
            assert!(![StateName::Settled, StateName::Abandoned].contains(&from), "{from} to {to}");
        }
    }

    #[test]
    fn state__as_json__reads_back_and_unknown_fields_are_refused() {
        let coin = OutPoint::null();
        for state in [
            State::Recorded,
            State::Waiting { since_height: 7, rivals: vec![] },
            State::Waiting { since_height: 7, rivals: vec![coin.txid] },
            State::Conflicted { coin, rival: None },
            State::Rejected { code: -26, reason: "64: dust".to_owned() },
        ] {
            let text = serde_json::to_string(&state).expect("plain data");
            assert_eq!(serde_json::from_str::<State>(&text).expect("just written"), state);
        }
        // As wallets of version 1 say it.
        let waiting: State = serde_json::from_str(r#"{"name":"waiting","since_height":7}"#).expect("without rivals");
        assert_eq!(waiting, State::Waiting { since_height: 7, rivals: vec![] });
        for text in [
            r#"{"name":"waiting","since_height":7,"more":1}"#,
            r#"{"name":"elsewhere"}"#,
            r#"{"name":"rejected","code":1}"#,
        ] {
            assert!(serde_json::from_str::<State>(text).is_err(), "{text}");
        }
    }
}
