//! What can go wrong between this program and a service.

use core::fmt;
use std::time::Duration;

use ledger::{ChainError, Retry};
use tx_builder::{OutPoint, Txid};

/// A request as errors name it: method and address, never a key or a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestName {
    /// Whether asking may change something at the service.
    pub(crate) effect: Effect,
    /// `GET`, `POST`.
    pub(crate) method: &'static str,
    /// The whole address.
    pub(crate) url: String,
}

/// Whether a request changes something at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It only asks.
    None,
    /// It hands something in.
    Some,
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// Why a service gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// No connection: the request did not leave.
    #[error("no connection for {request}")]
    Connect {
        /// The request.
        request: RequestName,
        /// What failed.
        source: Box<ureq::Error>,
    },
    /// The request was sent, or part of it, and no whole answer came in time.
    #[error("no answer in time to {request}")]
    Timeout {
        /// The request.
        request: RequestName,
        /// What failed.
        source: Box<ureq::Error>,
    },
    /// The connection broke, or the answer was cut short.
    #[error("the connection broke during {request}")]
    Broken {
        /// The request.
        request: RequestName,
        /// What failed.
        source: Box<ureq::Error>,
    },
    /// The answer is longer than any that is documented.
    #[error("the answer to {request} exceeds {limit} bytes")]
    TooLarge {
        /// The request.
        request: RequestName,
        /// Bytes that are read at most.
        limit: u64,
    },
    /// The service wants another key, or one at all.
    #[error("{request} was answered with HTTP status {status}: the service does not accept the API key, or wants one")]
    Unauthorized {
        /// The request.
        request: RequestName,
        /// 401 or 403.
        status: u16,
    },
    /// Too many requests, and waiting longer than this client may.
    #[error(
        "{request} was answered with HTTP status 429 after {waited:?} of waiting; the service asks for {asked:?} more"
    )]
    RateLimited {
        /// The request.
        request: RequestName,
        /// How long this client waited.
        waited: Duration,
        /// The pause that the service asked for last.
        asked: Option<Duration>,
    },
    /// Another status than documented, or one that says that the service failed.
    #[error("{request} was answered with HTTP status {status}: {excerpt:?}")]
    Status {
        /// The request.
        request: RequestName,
        /// The status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
    },
    /// An answer of another form than documented.
    #[error("the answer to {request} is not understood: {excerpt:?}")]
    Schema {
        /// The request.
        request: RequestName,
        /// How the answer begins.
        excerpt: String,
        /// What does not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer speaks of something else than was asked about.
    #[error("the answer to {request} is about transaction {found}, not {expected}")]
    OtherTransaction {
        /// The request.
        request: RequestName,
        /// What was asked about.
        expected: Txid,
        /// What the answer is about.
        found: Txid,
    },
    /// The service took a transaction whose parents it does not know. It waits for them; so should whoever sent it.
    #[error("the network does not know what transaction {txid} spends: hand in the transactions it depends on")]
    Orphan {
        /// The transaction.
        txid: Txid,
    },
    /// The service has the transaction and says nothing of it.
    #[error("the service says nothing of what became of transaction {txid}")]
    NoVerdict {
        /// The transaction.
        txid: Txid,
    },
    /// The explorer says neither that a coin is there nor who has spent it: it may be behind the network.
    #[error("the explorer does not know coin {coin}, or not yet: ask again once it does")]
    UnknownCoin {
        /// The coin.
        coin: OutPoint,
    },
    /// Two services contradict each other.
    #[error("the services disagree about transaction {txid}: {what}")]
    Contradiction {
        /// The transaction.
        txid: Txid,
        /// What each says.
        what: String,
    },
}

impl ServiceError {
    /// Whether the same request may simply be made again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Connect { .. } | Self::RateLimited { .. } | Self::Orphan { .. } => Retry::Safe,
            Self::Unauthorized { .. } | Self::TooLarge { .. } => Retry::Pointless,
            Self::Status { status, .. } if *status < 500 && *status != TIMED_OUT && *status != GENERIC => {
                Retry::Pointless
            }
            Self::Timeout { request, .. }
            | Self::Broken { request, .. }
            | Self::Status { request, .. }
            | Self::Schema { request, .. }
            | Self::OtherTransaction { request, .. } => match request.effect {
                Effect::None => Retry::Safe,
                Effect::Some => Retry::LookFirst,
            },
            Self::Contradiction { .. } | Self::NoVerdict { .. } | Self::UnknownCoin { .. } => Retry::Safe,
        }
    }
}

/// The server gave up waiting for the request.
const TIMED_OUT: u16 = 408;

/// ARC: "could not be processed", for a reason it has no code for.
const GENERIC: u16 = 409;

impl From<ServiceError> for ChainError {
    fn from(error: ServiceError) -> Self {
        Self { retry: error.retry(), source: Box::new(error) }
    }
}

/// How much of an answer is shown.
const EXCERPT_CHARS: usize = 200;

/// A service's words, for a message: their beginning, without what a terminal would act on instead of showing it.
pub(crate) fn words(text: &str) -> String {
    let mut words = String::new();
    for c in text.chars().take(EXCERPT_CHARS) {
        match c {
            '"' | '\'' | '\\' => words.push(c),
            _ => words.extend(c.escape_debug()),
        }
    }
    words
}

/// The beginning of an answer, for a message.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * EXCERPT_CHARS)];
    String::from_utf8_lossy(head).chars().take(EXCERPT_CHARS).collect()
}
