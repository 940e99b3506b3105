//! ARC and an explorer together make a chain.

use ledger::{BroadcastError, Chain, ChainError, ChainInfo, Rejection, TxStatus};
use tx_builder::{ExtendedTransaction, OutPoint, Transaction, TxOut, Txid};

use crate::{
    arc::{Arc, ArcStatus, MinedIn, Problem, ProblemKind, Report, Submission, SubmitError},
    error::{ServiceError, words},
    explorer::{Explorer, Spending, TRANSACTION_REFUSED},
};

/// A chain known by way of services: ARC takes transactions and says what became of them, an explorer knows all others.
///
/// | ARC's status | [`Chain::broadcast`] | [`Chain::status`] |
/// |---|---|---|
/// | queued .. accepted, seen | taken | the explorer's word if that names a block, else known, 0 confirmations |
/// | double spend attempted | known already | as above, with the transactions that compete for its coins |
/// | seen in orphan mempool | no verdict: [`ServiceError::Orphan`], to be repeated after its parents | the explorer's word, else not known |
/// | rejected | refused, with ARC's words and the first rival it names | the explorer's word, else not known |
/// | mined in stale block | taken | as above |
/// | mined, with a merkle path | known already | the block, and its confirmations on the explorer's chain; 0 if that chain does not have the block |
/// | mined, without | known already | the explorer's word, else known, 0 confirmations |
/// | unknown | no verdict | the explorer's word |
///
/// So ARC's word that a transaction is mined counts if it proves it under the root of a block that the explorer has, and the
/// explorer's own word counts. Both are somebody else's: who must not trust them runs a node.
#[derive(Clone, Debug)]
pub struct Service {
    arc: Arc,
    explorer: Explorer,
}

impl Service {
    /// A chain known by way of these two, which must follow the same one.
    pub const fn new(arc: Arc, explorer: Explorer) -> Self {
        Self { arc, explorer }
    }

    /// The part that takes transactions.
    pub const fn arc(&self) -> &Arc {
        &self.arc
    }

    /// The part that knows the chain.
    pub const fn explorer(&self) -> &Explorer {
        &self.explorer
    }

    /// A transaction with what it spends, as the explorer knows it; none if it does not know all of that.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn extend(&self, transaction: &Transaction) -> Result<Option<ExtendedTransaction>, ServiceError> {
        let mut spent = Vec::new();
        for input in &transaction.input {
            match self.output(input.previous_output)? {
                Some(output) => spent.push(output),
                None => return Ok(None),
            }
        }
        Ok(ExtendedTransaction::new(transaction.clone(), spent).ok())
    }

    fn output(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ServiceError> {
        let parent = self.explorer.transaction(outpoint.txid)?;
        Ok(parent.and_then(|parent| output_of(&parent, outpoint.vout)))
    }

    /// Hands in the plain transaction; if ARC does not find what it spends, again with that.
    fn submit(&self, transaction: &Transaction) -> Result<Report, SubmitError> {
        let refused = match self.arc.submit(Submission::Raw(transaction)) {
            Err(SubmitError::Refused(problem)) if problem.kind == ProblemKind::NotExtended => problem,
            outcome => return outcome,
        };
        match self.extend(transaction)? {
            Some(extended) => self.arc.submit(Submission::Extended(&extended)),
            None => Err(refused.into()),
        }
    }

    /// Where a transaction stands that ARC calls mined.
    fn mined(&self, report: &Report, mined_in: MinedIn) -> Result<TxStatus, ServiceError> {
        let txid = report.txid;
        let Some(path) = &report.merkle_path else {
            return Ok(self.explorer.status(txid)?.unwrap_or(TxStatus::WAITING));
        };
        let Some(block) = self.explorer.block(mined_in.block)? else { return Ok(TxStatus::WAITING) };
        if path.root() != block.merkle_root {
            let (root, expected) = (path.root(), block.merkle_root);
            let what = format!("ARC proves it under merkle root {root}, the explorer's block has {expected}");
            return Err(ServiceError::Contradiction { txid, what });
        }
        Ok(match block.confirmations {
            0 => TxStatus::WAITING,
            confirmations => TxStatus::mined(mined_in.block, confirmations),
        })
    }

    fn find(&self, txid: Txid) -> Result<Option<TxStatus>, ServiceError> {
        let report = match self.arc.report(txid) {
            Ok(report) => report,
            // The explorer may still know; but that it does not know says nothing of what ARC has.
            Err(error) => return self.explorer.status(txid).ok().flatten().map_or(Err(error), |known| Ok(Some(known))),
        };
        let Some(report) = report else { return self.explorer.status(txid) };
        match (report.status, report.mined_in) {
            (ArcStatus::Unknown | ArcStatus::Rejected | ArcStatus::SeenInOrphanMempool, _) => {
                self.explorer.status(txid)
            }
            (ArcStatus::Mined, Some(mined_in)) => self.mined(&report, mined_in).map(Some),
            // ARC may have missed the block, and would say so for ever.
            _ => {
                let mined = self.explorer.status(txid)?.filter(|known| known.block.is_some());
                Ok(Some(mined.unwrap_or_else(|| TxStatus { rivals: rivals(&report), ..TxStatus::WAITING })))
            }
        }
    }

    /// Who else spends one of the transaction's coins, if that can be told: a help for who reads a refusal, so that no
    /// answer is none.
    fn find_rival(&self, transaction: &Transaction) -> Option<Txid> {
        let own = transaction.compute_txid();
        let mut coins = transaction.input.iter().map(|input| input.previous_output);
        coins.find_map(|coin| match self.explorer.spending(coin) {
            Ok(Spending::By(spender)) if spender != own => Some(spender),
            _ => None,
        })
    }

    fn refusal(&self, transaction: &Transaction, problem: Problem) -> BroadcastError {
        let is_about_coins =
            matches!(problem.kind, ProblemKind::Conflict | ProblemKind::Inputs | ProblemKind::NotExtended);
        let rival = if is_about_coins { self.find_rival(transaction) } else { None };
        BroadcastError::Rejected(Rejection { code: problem.status.into(), reason: problem.reason, rival })
    }
}

/// The others that spend one of its coins, as ARC names them.
fn rivals(report: &Report) -> Vec<Txid> {
    let mut rivals: Vec<_> = report.rivals.iter().copied().filter(|rival| *rival != report.txid).collect();
    rivals.sort_unstable();
    rivals.dedup();
    rivals
}

fn output_of(parent: &Transaction, vout: u32) -> Option<TxOut> {
    usize::try_from(vout).ok().and_then(|vout| parent.output.get(vout).cloned())
}

impl Chain for Service {
    fn info(&self) -> Result<ChainInfo, ChainError> {
        Ok(self.explorer.info()?)
    }

    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        let no_verdict = |error: ServiceError| BroadcastError::Chain(error.into());
        let report = self.submit(transaction).map_err(|error| match error {
            SubmitError::Refused(problem) => self.refusal(transaction, problem),
            SubmitError::Service(error) => no_verdict(error),
        })?;
        let txid = report.txid;
        match report.status {
            // Taken, but not as any other: the status says who competes.
            ArcStatus::Mined | ArcStatus::DoubleSpendAttempted => Err(BroadcastError::AlreadyKnown { txid }),
            ArcStatus::Rejected => {
                let reason = words(report.detail.as_deref().unwrap_or("rejected without a reason"));
                let rival = report.rivals.first().copied();
                Err(BroadcastError::Rejected(Rejection { code: TRANSACTION_REFUSED, reason, rival }))
            }
            ArcStatus::SeenInOrphanMempool => Err(no_verdict(ServiceError::Orphan { txid })),
            ArcStatus::Unknown => Err(no_verdict(ServiceError::NoVerdict { txid })),
            _ => Ok(txid),
        }
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        let unknown = || ServiceError::UnknownCoin { coin: outpoint };
        match self.explorer.spending(outpoint)? {
            Spending::By(_) => Ok(None),
            Spending::Unspent => {
                // An explorer that is behind says of any output that nobody spends it. A transaction that it does have is
                // checked against its id: what that has no output for does not exist.
                let parent = self.explorer.transaction(outpoint.txid)?.ok_or_else(unknown)?;
                Ok(output_of(&parent, outpoint.vout))
            }
            // Nor does it know who has: a coin that was spent is no other than one that has not arrived.
            Spending::Unknown => Err(unknown().into()),
        }
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        Ok(self.find(txid)?)
    }

    fn spender(&self, outpoint: OutPoint) -> Result<Option<Txid>, ChainError> {
        Ok(match self.explorer.spending(outpoint)? {
            Spending::By(spender) => Some(spender),
            Spending::Unspent | Spending::Unknown => None,
        })
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        Ok(self.explorer.transaction(txid)?)
    }
}
