//! Moves every transaction on: sends it, hears the verdict, follows it into the chain, sends it again when it is lost.
//!
//! What is about to be done is written down before it is done, so that a process that dies at any moment leaves a
//! journal from which the next one goes on. Everything that is done may be done twice.

use core::num::NonZeroU32;
use std::collections::BTreeSet;

use bitcoin::{OutPoint, Txid, absolute::LockTime};
use ledger::{BroadcastError, Chain, ChainInfo, Rejection, TxStatus};
use serde::Serialize;

use crate::{Action, RecordError, Recorded, ResumeError, State, StateName, StoreError, Wallet, error::instead};

/// How deep in the chain a transaction must be to be followed no longer, in blocks, its own included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth(pub NonZeroU32);

impl Depth {
    /// Six blocks, as is usual.
    pub const DEFAULT: Self = Self(NonZeroU32::new(6).expect("not zero"));
}

/// What a transaction waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Pending {
    /// Its lock time: it is not sent before the chain has this height.
    Height {
        /// The height.
        height: u32,
    },
    /// The time in its lock time, in seconds since 1970: it is not sent before the chain's clock, the median time of its
    /// last blocks, is later. If the chain does not say its time, it has been sent, and the chain keeps it aside.
    Time {
        /// The time.
        seconds: u32,
    },
    /// A block that takes it.
    Block {
        /// Blocks that have not, since it was first seen waiting. Many mean that its fee is too low for miners.
        passed: u32,
    },
    /// Blocks on top of its own.
    Confirmations {
        /// Blocks there are, its own included.
        have: u32,
        /// Blocks there should be.
        need: u32,
    },
    /// The transaction that makes one of its coins, which the chain does not know.
    Parent {
        /// The coin.
        coin: OutPoint,
    },
    /// The owner's word: a [`Gate`](crate::Gate) holds it back, and nothing was sent.
    Held {
        /// Why.
        reason: String,
    },
    /// A chain that answers, and that can be understood: nothing was concluded.
    Answer {
        /// What went wrong, outermost first.
        error: String,
    },
}

/// What resuming did for one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The transaction.
    pub txid: Txid,
    /// Where it stood.
    pub before: State,
    /// Where it stands.
    pub after: State,
    /// What it waits for; none if it is finished.
    pub pending: Option<Pending>,
}

/// What resuming did, for every transaction that is not final, in the order of recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The chain's height at the start.
    pub height: u32,
    /// One entry a transaction.
    pub transactions: Vec<Progress>,
}

impl Report {
    /// Whether nothing is left to wait for: every transaction is settled, or finally refused.
    pub fn is_finished(&self) -> bool {
        self.transactions.iter().all(|progress| progress.pending.is_none())
    }

    /// What it says of one transaction.
    pub fn of(&self, txid: Txid) -> Option<&Progress> {
        self.transactions.iter().find(|progress| progress.txid == txid)
    }
}

/// The end of one transaction's turn: what it waits for, or none.
type Turn = Result<Option<Pending>, StoreError>;

/// What stays the same during a resumption.
struct Round<'a> {
    chain: &'a mut dyn Chain,
    height: u32,
    median_time: Option<u32>,
    depth: Depth,
    /// Each transaction has one turn, so that nothing is sent twice and nothing goes in circles.
    done: BTreeSet<Txid>,
    progress: Vec<Progress>,
}

impl Wallet {
    /// Moves every transaction on as far as the chain allows at this moment; call it again, whenever, until
    /// [`Report::is_finished`]. It may be stopped at any moment and called any number of times.
    ///
    /// # Errors
    /// [`ResumeError`] if the chain does not answer at all, is another, or the wallet's file cannot be written.
    pub fn resume(&mut self, chain: &mut dyn Chain, depth: Depth) -> Result<Report, ResumeError> {
        let followed = self.transactions().into_iter().filter(|recorded| recorded.state().name().is_followed());
        let followed: Vec<_> = followed.map(Recorded::txid).collect();
        self.follow(chain, depth, &followed)
    }

    /// As [`Self::resume`], for one transaction and those it depends on.
    ///
    /// # Errors
    /// As [`Self::resume`], and [`ResumeError::Unknown`].
    pub fn resume_one(&mut self, chain: &mut dyn Chain, depth: Depth, txid: Txid) -> Result<Report, ResumeError> {
        self.transaction(txid).ok_or(ResumeError::Unknown { txid })?;
        self.follow(chain, depth, &[txid])
    }

    fn follow(&mut self, chain: &mut dyn Chain, depth: Depth, txids: &[Txid]) -> Result<Report, ResumeError> {
        let ChainInfo { network, height, median_time, .. } = chain.info()?;
        if network != self.known.network {
            return Err(ResumeError::OtherNetwork { wallet: self.known.network.clone(), chain: network });
        }
        let mut round = Round { chain, height, median_time, depth, done: BTreeSet::new(), progress: Vec::new() };
        for txid in txids {
            self.turn(&mut round, *txid)?;
        }
        Ok(Report { height, transactions: round.progress })
    }

    fn state_of(&self, txid: Txid) -> State {
        self.known.transactions[&txid].state().clone()
    }

    fn turn(&mut self, round: &mut Round<'_>, txid: Txid) -> Result<(), StoreError> {
        if !round.done.insert(txid) {
            return Ok(());
        }
        let before = self.state_of(txid);
        if let Some(reason) = self.held(round, txid) {
            let pending = Some(Pending::Held { reason });
            round.progress.push(Progress { txid, before: before.clone(), after: before, pending });
            return Ok(());
        }
        let pending = match before.name() {
            StateName::Recorded => self.send(round, txid),
            // Whether it was sent at all is not known: sending again does no harm.
            StateName::Sent => self.hand_in(round, txid),
            StateName::Waiting | StateName::Mined | StateName::Orphaned => self.look(round, txid),
            StateName::Rejected | StateName::Conflicted => self.look_back(round, txid),
            StateName::Settled | StateName::Abandoned => Ok(None),
        }?;
        let after = self.state_of(txid);
        round.progress.push(Progress { txid, before, after, pending });
        Ok(())
    }

    /// Why a transaction that may not have been sent yet is better not.
    fn held(&self, round: &Round<'_>, txid: Txid) -> Option<String> {
        let recorded = &self.known.transactions[&txid];
        let contract = recorded.purpose().contract().and_then(|id| self.contract(id));
        if recorded.may_be_unseen() { self.gate.hold(recorded, contract, &*round.chain) } else { None }
    }

    /// Sends a transaction for the first time, unless no block may hold it yet: a node would put it where no block is
    /// made from and where it is not looked at again for minutes after its time has come.
    fn send(&mut self, round: &mut Round<'_>, txid: Txid) -> Turn {
        match lock_of(&self.known.transactions[&txid]) {
            Some(LockTime::Blocks(height)) if height.to_consensus_u32() > round.height => {
                return Ok(Some(Pending::Height { height: height.to_consensus_u32() }));
            }
            // It must be before the median time of the last 11 blocks (BIP113; node v1.2.2, `src/validation.cpp`).
            Some(LockTime::Seconds(time)) if round.median_time.is_some_and(|now| time.to_consensus_u32() >= now) => {
                return Ok(Some(Pending::Time { seconds: time.to_consensus_u32() }));
            }
            _ => {}
        }
        self.journal(txid, State::Sent)?;
        self.hand_in(round, txid)
    }

    /// Hands a transaction in that is written down as sent, and hears the verdict.
    fn hand_in(&mut self, round: &mut Round<'_>, txid: Txid) -> Turn {
        for parent in self.parents(txid) {
            self.turn(round, parent)?;
        }
        self.observer.before(&Action::Broadcast(txid));
        let answer = broadcast(round.chain, &self.known.transactions[&txid]);
        self.observer.after(&Action::Broadcast(txid));
        match answer {
            Ok(said) if said == txid => self.accepted(round, txid),
            Ok(said) => Ok(no_answer(format!("the chain took {txid} for transaction {said}"))),
            Err(BroadcastError::AlreadyKnown { .. }) => match round.chain.status(txid) {
                Ok(Some(status)) => self.seen(round, txid, status),
                // A node keeps aside what is not final, and an index lags behind: known all the same.
                Ok(None) => self.accepted(round, txid),
                Err(error) => Ok(no_verdict(&error)),
            },
            Err(BroadcastError::Rejected(rejection)) => self.refused(round, txid, rejection),
            Err(error) => Ok(no_verdict(&error)),
        }
    }

    /// The recorded transactions that make its coins and are not final: they go first.
    fn parents(&self, txid: Txid) -> Vec<Txid> {
        let is_followed = |parent: &Txid| {
            let state = self.transaction(*parent).map(|parent| parent.state().name());
            state.is_some_and(|state| state.is_followed() && state.reserves_coins())
        };
        self.known.transactions[&txid].spends().map(|coin| coin.txid).filter(is_followed).collect()
    }

    /// A chain has taken it: into its mempool, or aside, where no block is made from.
    fn accepted(&mut self, round: &Round<'_>, txid: Txid) -> Turn {
        let Some(LockTime::Seconds(time)) = lock_of(&self.known.transactions[&txid]) else {
            return self.taken(round, txid, Vec::new());
        };
        match round.chain.status(txid) {
            Ok(Some(status)) => self.seen(round, txid, status),
            Ok(None) => Ok(Some(Pending::Time { seconds: time.to_consensus_u32() })),
            Err(error) => Ok(no_verdict(&error)),
        }
    }

    /// A chain has it in its mempool.
    fn taken(&mut self, round: &Round<'_>, txid: Txid, rivals: Vec<Txid>) -> Turn {
        let before = self.state_of(txid);
        let since_height = match before {
            State::Waiting { since_height, .. } => since_height,
            _ => round.height,
        };
        let after = State::Waiting { since_height, rivals };
        if before != after {
            self.journal(txid, after)?;
        }
        Ok(Some(Pending::Block { passed: round.height.saturating_sub(since_height) }))
    }

    /// The chain says where it stands.
    fn seen(&mut self, round: &Round<'_>, txid: Txid, status: TxStatus) -> Turn {
        let Some(have) = NonZeroU32::new(status.confirmations) else {
            return self.taken(round, txid, status.rivals);
        };
        let Some(block) = status.block else {
            return Ok(no_answer(format!("the chain has {txid} in a block that it does not name")));
        };
        if self.state_of(txid) != (State::Mined { block }) {
            self.journal(txid, State::Mined { block })?;
        }
        if have < round.depth.0 {
            return Ok(Some(Pending::Confirmations { have: have.get(), need: round.depth.0.get() }));
        }
        self.journal(txid, State::Settled { block })?;
        Ok(None)
    }

    /// Looks for a transaction that a chain has taken, or may have kept.
    fn look(&mut self, round: &mut Round<'_>, txid: Txid) -> Turn {
        match round.chain.status(txid) {
            Ok(Some(status)) => self.seen(round, txid, status),
            Ok(None) => {
                // A reorganisation, a full or restarted mempool, a parent that came late.
                if self.state_of(txid).name() == StateName::Mined {
                    self.journal(txid, State::Sent)?;
                }
                self.hand_in(round, txid)
            }
            Err(error) => Ok(no_verdict(&error)),
        }
    }

    /// Looks whether a refused transaction has got into the chain all the same: verdicts differ between nodes.
    fn look_back(&mut self, round: &mut Round<'_>, txid: Txid) -> Turn {
        match round.chain.status(txid) {
            Ok(Some(status)) => self.seen(round, txid, status),
            Ok(None) => self.look_for_substitute(round, txid),
            Err(error) => Ok(no_verdict(&error)),
        }
    }

    /// If a transaction pays the same as the conflicted one that has lost against it, as one does that somebody has changed
    /// on its way, it is taken into the wallet for the same purpose, and followed in its place.
    fn look_for_substitute(&mut self, round: &mut Round<'_>, txid: Txid) -> Turn {
        let State::Conflicted { rival: Some(rival), .. } = self.state_of(txid) else { return Ok(None) };
        if self.transaction(rival).is_some() {
            return self.instead_of_lost_substitute(round, txid, rival);
        }
        let found = match round.chain.transaction(rival) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(no_verdict(&error)),
        };
        let own = &self.known.transactions[&txid];
        if found.compute_txid() != rival || !own.pays_as(&found) {
            return Ok(None);
        }
        let purpose = own.purpose().clone();
        match self.record(&found, purpose) {
            Ok(_) => self.turn(round, rival).map(|()| None),
            Err(RecordError::Store(error)) => Err(error),
            // Its coins have been given to something else by now: that goes on.
            Err(_) => Ok(None),
        }
    }

    /// Sends a transaction again whose substitute the chain has forgotten before it was mined: the owner's own is the
    /// better one to send, since who has changed it may have made it long, and its fee too low.
    fn instead_of_lost_substitute(&mut self, round: &mut Round<'_>, txid: Txid, rival: Txid) -> Turn {
        let (own, other) = (&self.known.transactions[&txid], &self.known.transactions[&rival]);
        let is_substitute = other.state().name().is_unfinished()
            && own.recorded_at() < other.recorded_at()
            && own.pays_as(other.transaction());
        if !is_substitute {
            return Ok(None);
        }
        match round.chain.status(rival) {
            Ok(Some(_)) => Ok(None),
            Ok(None) => {
                self.journal(txid, State::Recorded)?;
                self.send(round, txid)
            }
            Err(error) => Ok(no_verdict(&error)),
        }
    }

    /// The chain has refused it: because of its coins, or for what it is.
    fn refused(&mut self, round: &mut Round<'_>, txid: Txid, rejection: Rejection) -> Turn {
        // A node has forgotten a transaction whose outputs are all spent, and refuses it for want of coins.
        match round.chain.status(txid) {
            Ok(Some(status)) => return self.seen(round, txid, status),
            Ok(None) => {}
            Err(error) => return Ok(no_verdict(&error)),
        }
        let coins: Vec<_> = self.known.transactions[&txid].spends().collect();
        let verdict = match judge_coins(round.chain, txid, &coins, rejection) {
            Ok(verdict) => verdict,
            Err(pending) => return Ok(Some(pending)),
        };
        let verdict = match verdict {
            State::Orphaned { missing } => self.judge_orphan(missing),
            verdict => verdict,
        };
        let pending = match verdict {
            State::Orphaned { missing } => Some(Pending::Parent { coin: missing }),
            _ => None,
        };
        if self.state_of(txid) != verdict && !self.is_same_orphan(txid, &verdict) {
            self.journal(txid, verdict)?;
        }
        if pending.is_some() { Ok(pending) } else { self.look_for_substitute(round, txid) }
    }

    /// A coin of a transaction of ours that was itself refused will never come to be.
    fn judge_orphan(&self, missing: OutPoint) -> State {
        match self.transaction(missing.txid).map(|parent| parent.state().name()) {
            Some(state) if !state.reserves_coins() => {
                let substitute = self.substitute_of(missing.txid).map(Recorded::txid);
                let instead = instead(substitute);
                let reason = format!("Missing inputs: the transaction that makes coin {missing} is {state}{instead}");
                State::Rejected { code: MISSING_INPUTS, reason }
            }
            _ => State::Orphaned { missing },
        }
    }

    /// Which coin is missing first may change without a new state.
    fn is_same_orphan(&self, txid: Txid, verdict: &State) -> bool {
        verdict.name() == StateName::Orphaned && self.state_of(txid).name() == StateName::Orphaned
    }
}

/// The node's code for a transaction whose coins are not there (node v1.2.2, `src/rpc/protocol.h`).
const MISSING_INPUTS: i64 = -25;

/// The one place that hands anything to a chain: it takes what is recorded, and nothing else.
fn broadcast(chain: &mut dyn Chain, recorded: &Recorded) -> Result<Txid, BroadcastError> {
    chain.broadcast(recorded.transaction())
}

/// The lock time, unless it is without effect: all inputs are final, or it is 0.
fn lock_of(recorded: &Recorded) -> Option<LockTime> {
    let transaction = recorded.transaction();
    let has_effect = transaction.input.iter().any(|input| !input.sequence.is_final());
    (has_effect && transaction.lock_time != LockTime::ZERO).then_some(transaction.lock_time)
}

/// What a refusal means, by what the chain knows of the coins.
fn judge_coins(chain: &dyn Chain, own: Txid, coins: &[OutPoint], rejection: Rejection) -> Result<State, Pending> {
    let mut missing = None;
    for coin in coins.iter().copied() {
        let unspent = chain.unspent(coin);
        if matches!(unspent, Ok(Some(_))) {
            continue;
        }
        if chain.status(coin.txid).map_err(|error| answer(&error))?.is_none() {
            missing = missing.or(Some(coin));
            continue;
        }
        // A chain that knows the parent and has no answer about the coin is behind: that is no conflict.
        unspent.map_err(|error| answer(&error))?;
        // Who spent it is only for the report: without an answer the conflict stands.
        let rival = rejection.rival.or_else(|| chain.spender(coin).unwrap_or_default());
        if rival == Some(own) {
            return Err(Pending::Answer { error: format!("the chain has refused {own} and has it all the same") });
        }
        return Ok(State::Conflicted { coin, rival });
    }
    let Rejection { code, reason, .. } = rejection;
    Ok(missing.map_or(State::Rejected { code, reason }, |missing| State::Orphaned { missing }))
}

fn answer(error: &(dyn core::error::Error + 'static)) -> Pending {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Pending::Answer { error: text }
}

fn no_verdict(error: &(impl core::error::Error + 'static)) -> Option<Pending> {
    Some(answer(error))
}

const fn no_answer(error: String) -> Option<Pending> {
    Some(Pending::Answer { error })
}
