//! Spends that are not sent, because they would be refused.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::output::Output;
use anyhow::Context as _;
use contracts::{CheckError, Signed, SpendError};
use core::fmt;
use ledger::InputError;
use serde::Serialize;
use tx_builder::BuildError;

/// A spend that is not even tried.
#[derive(Serialize)]
pub(super) struct Refused {
    accepted: bool,
    reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nothing was sent: {}", self.reason)
    }
}

impl Refused {
    /// Answers no.
    pub(super) fn answer(reason: String, output: &Output) -> anyhow::Result<Verdict> {
        output.answer(&Self { accepted: false, reason })?;
        Ok(Verdict::No)
    }
}

/// Tells a verdict, which is an answer, from what is wrong with arguments and coins.
pub(super) fn or_refused(outcome: Result<Signed, SpendError>) -> anyhow::Result<Result<Signed, String>> {
    let error = match outcome {
        Ok(signed) => return Ok(Ok(signed)),
        Err(error) => error,
    };
    match error {
        SpendError::Check(CheckError::Input { source: InputError::Script(failure), .. }) => {
            Ok(Err(format!("the script fails\n{failure}")))
        }
        SpendError::Attestation(fault) => Ok(Err(format!("the attestation does not fit: {fault}"))),
        SpendError::NobodyPaid { .. } | SpendError::NotTheFunder { .. } | SpendError::OtherRecipient { .. } => {
            Ok(Err(error.to_string()))
        }
        SpendError::Build(BuildError::InsufficientFunds { .. }) => Err(error)
            .context("the contract's coin does not pay the fee of spending it")
            .advise("lower --fee-rate; a contract should hold more than its spending costs"),
        error => Err(error.into()),
    }
}
