//! ARC, the service that hands transactions to miners and keeps track of them.
//!
//! Source: the project's OpenAPI document, `pkg/api/arc.yaml`, and `doc/errors.md`, <https://github.com/bitcoin-sv/arc>.

mod callback;
mod problem;
mod report;
mod wire;

pub use callback::{CallbackError, CallbackToken, read_callback};
pub use problem::{Problem, ProblemKind};
pub use report::{ArcStatus, MinedIn, Report};

use std::time::Duration;

use chain_types::FeeRate;
use serde_json::json;
use tx_builder::{Beef, ExtendedTransaction, Transaction, Txid, encode_hex};

use crate::{
    Endpoint, EndpointError,
    error::ServiceError,
    http::{Ask, Client, Header, KeyForm, Reply},
};

/// An answer has at most a merkle path of 64 levels, a list of rivals and some text.
const ANSWER_LIMIT: u64 = 1 << 20;

/// A transaction in one of the forms that ARC takes.
#[derive(Clone, Copy, Debug)]
pub enum Submission<'a> {
    /// As nodes take it. ARC looks up what it spends.
    Raw(&'a Transaction),
    /// With what it spends: ARC can check it by itself.
    Extended(&'a ExtendedTransaction),
    /// With its ancestors, down to mined ones and their proofs.
    Beef(&'a Beef),
}

impl Submission<'_> {
    fn txid(&self) -> Txid {
        match self {
            Self::Raw(transaction) => transaction.compute_txid(),
            Self::Extended(extended) => extended.transaction().compute_txid(),
            Self::Beef(beef) => beef.subject().compute_txid(),
        }
    }

    fn to_hex(self) -> String {
        match self {
            Self::Raw(transaction) => encode_hex(transaction),
            Self::Extended(extended) => extended.to_hex(),
            Self::Beef(beef) => beef.to_hex(),
        }
    }
}

/// Why there is no report about a transaction that was handed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Judged and refused.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// No verdict.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What ARC tells a callback address of its own accord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Updates {
    /// Double spends and the block.
    #[default]
    Outcomes,
    /// Also when the transaction is seen, or seen without its parents.
    All,
}

/// Where ARC reports changes, see [`read_callback`].
#[derive(Clone, Debug)]
pub struct Callback {
    url: String,
    token: CallbackToken,
    updates: Updates,
}

impl Callback {
    /// Reports go to `url` and carry `token`.
    ///
    /// # Errors
    /// [`EndpointError::Url`] if `url` is none.
    pub fn new(url: &str, token: CallbackToken, updates: Updates) -> Result<Self, EndpointError> {
        Endpoint::new(url)?;
        Ok(Self { url: url.to_owned(), token, updates })
    }
}

/// What miners ask and allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least fee, rounded up to whole satoshis for 1,000 bytes.
    pub fee_rate: FeeRate,
    /// The longest script, in bytes.
    pub max_script_len: u64,
    /// The longest transaction, in bytes.
    pub max_transaction_len: u64,
    /// Whether [`Submission::Raw`] is taken; none if the service does not say.
    pub takes_raw: Option<bool>,
}

/// How the service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it works.
    pub is_healthy: bool,
    /// Its version.
    pub version: Option<String>,
    /// Why it does not.
    pub reason: Option<String>,
}

/// A client of one ARC service.
#[derive(Clone, Debug)]
pub struct Arc {
    client: Client,
    callback: Option<Callback>,
    wait: Option<(ArcStatus, Duration)>,
}

impl Arc {
    /// The longest that ARC waits before it answers.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

    /// Prepares requests to a service; none is made yet. An API key is sent as `Authorization: Bearer`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { client: Client::new(endpoint, KeyForm::Bearer), callback: None, wait: None }
    }

    /// Where the service is.
    pub const fn endpoint(&self) -> &Endpoint {
        self.client.endpoint()
    }

    /// Asks for reports on every transaction that is handed in from now on.
    #[must_use]
    pub fn with_callback(mut self, callback: Callback) -> Self {
        self.callback = Some(callback);
        self
    }

    /// Asks ARC to answer only once a transaction has got as far as `status`, or after `longest` (whole seconds, at
    /// most [`Self::LONGEST_WAIT`]). Without this, it is 5 seconds at most.
    #[must_use]
    pub fn with_wait(mut self, status: ArcStatus, longest: Duration) -> Self {
        self.wait = Some((status, longest.min(Self::LONGEST_WAIT)));
        self
    }

    /// Hands in a transaction. Every check that ARC makes is left on.
    ///
    /// # Errors
    /// [`SubmitError::Refused`] with ARC's code; [`SubmitError::Service`] if there is no verdict.
    pub fn submit(&self, submission: Submission<'_>) -> Result<Report, SubmitError> {
        let document = json!({ "rawTx": submission.to_hex() });
        let reply = self.client.ask("/v1/tx", &Ask::Submit(&document), &self.headers(), ANSWER_LIMIT)?;
        if let Some(problem) = Problem::of(&reply) {
            return Err(problem.into());
        }
        Ok(report(&reply.expect_success()?, submission.txid())?)
    }

    /// What has become of a transaction that was handed in; none if this service does not know it.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn report(&self, txid: Txid) -> Result<Option<Report>, ServiceError> {
        let reply = self.client.ask(&format!("/v1/tx/{txid}"), &Ask::Get, &[], ANSWER_LIMIT)?;
        if reply.status == 404 {
            // Any server answers so to a wrong address; ARC says what it is about.
            let problem: wire::Problem = reply.json()?;
            return if problem.status == Some(404) { Ok(None) } else { Err(reply.schema("a 404 without ARC's words")) };
        }
        report(&reply.expect_success()?, txid).map(Some)
    }

    /// What miners ask and allow.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn policy(&self) -> Result<Policy, ServiceError> {
        let reply = self.client.ask("/v1/policy", &Ask::Get, &[], ANSWER_LIMIT)?.expect_success()?;
        let wire::PolicyResponse { policy } = reply.json()?;
        let wire::FeeAmount { satoshis, bytes } = policy.fee;
        let rate = (u128::from(satoshis) * 1000).checked_div_ceil(u128::from(bytes));
        let rate = rate.and_then(|rate| u64::try_from(rate).ok()).ok_or_else(|| reply.schema("a fee for no bytes"))?;
        Ok(Policy {
            fee_rate: FeeRate(rate),
            max_script_len: policy.max_script_len,
            max_transaction_len: policy.max_transaction_len,
            takes_raw: policy.takes_raw,
        })
    }

    /// How the service is.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn health(&self) -> Result<Health, ServiceError> {
        let reply = self.client.ask("/v1/health", &Ask::Get, &[], ANSWER_LIMIT)?.expect_success()?;
        let wire::Health { healthy, version, reason } = reply.json()?;
        Ok(Health { is_healthy: healthy, version, reason })
    }

    fn headers(&self) -> Vec<Header> {
        let mut headers = Vec::new();
        if let Some(Callback { url, token, updates }) = &self.callback {
            headers.push(("X-CallbackUrl", url.clone()));
            headers.push(("X-CallbackToken", token.expose().to_owned()));
            headers.push(("X-FullStatusUpdates", (*updates == Updates::All).to_string()));
        }
        if let Some((status, longest)) = &self.wait {
            headers.push(("X-WaitFor", status.name().to_owned()));
            headers.push(("X-MaxTimeout", longest.as_secs().to_string()));
        }
        headers
    }
}

/// Reads a report, and that it is about the transaction in question.
fn report(reply: &Reply, expected: Txid) -> Result<Report, ServiceError> {
    let report = reply.json::<wire::Report>()?.read().map_err(|error| reply.schema(error))?;
    let found = report.txid;
    if found == expected {
        Ok(report)
    } else {
        Err(ServiceError::OtherTransaction { request: reply.request.clone(), expected, found })
    }
}

/// Division that rounds up and answers nothing for a divisor of nothing.
trait CheckedDivCeil: Sized {
    fn checked_div_ceil(self, divisor: Self) -> Option<Self>;
}

impl CheckedDivCeil for u128 {
    fn checked_div_ceil(self, divisor: Self) -> Option<Self> {
        (divisor != 0).then(|| self.div_ceil(divisor))
    }
}
