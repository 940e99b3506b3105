//! ARC's refusals.

use super::wire;
use crate::{
    error::{excerpt, words},
    http::Reply,
};

/// Why ARC refused a transaction (`doc/errors.md` of the project).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// 400, 422: the request makes no sense to ARC.
    Request,
    /// 460: ARC does not find what the transaction spends. [`super::Submission::Extended`] says it.
    NotExtended,
    /// 461: an unlocking script fails.
    UnlockingScripts,
    /// 462: inputs that do not exist or are spent, that exceed all coins, or none.
    Inputs,
    /// 463: too short, too many signature checks, or a script that may not be.
    Malformed,
    /// 464: outputs that may not be.
    Outputs,
    /// 465: the fee is too low.
    Fee,
    /// 466: the network knows another transaction that spends the same.
    Conflict,
    /// 467 to 469: the proofs of the ancestors.
    Beef,
    /// 471, 472: a coin that was frozen.
    Frozen,
    /// 473: the fees of the transaction and its ancestors are too low.
    CumulativeFee,
    /// Another code from 460 to 475.
    Other,
}

/// A transaction that ARC judged and refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ARC refused the transaction with status {status}: {reason}")]
pub struct Problem {
    /// ARC's code.
    pub status: u16,
    /// What it means.
    pub kind: ProblemKind,
    /// ARC's words.
    pub reason: String,
}

impl Problem {
    /// The refusal, if the answer is one. ARC may also answer 200 and say so in the document.
    pub(crate) fn of(reply: &Reply) -> Option<Self> {
        let document: wire::Problem = serde_json::from_slice(&reply.body).unwrap_or_default();
        let status = if reply.status == 200 { document.status? } else { reply.status };
        let kind = match status {
            400 | 422 => ProblemKind::Request,
            460 => ProblemKind::NotExtended,
            461 => ProblemKind::UnlockingScripts,
            462 => ProblemKind::Inputs,
            463 => ProblemKind::Malformed,
            464 => ProblemKind::Outputs,
            465 => ProblemKind::Fee,
            466 => ProblemKind::Conflict,
            467..=469 => ProblemKind::Beef,
            471 | 472 => ProblemKind::Frozen,
            473 => ProblemKind::CumulativeFee,
            470 | 474 | 475 => ProblemKind::Other,
            _ => return None,
        };
        let said = [document.title, document.detail, document.extra_info];
        let said: Vec<_> = said.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let reason = if said.is_empty() { words(&excerpt(&reply.body)) } else { words(&said.join("; ")) };
        Some(Self { status, kind, reason })
    }
}
