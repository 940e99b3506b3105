//! Reports that ARC sends of its own accord to an address of the user's.
//!
//! This reads and checks what arrived; a server that receives it is the user's.

use subtle::ConstantTimeEq as _;

use super::{report::Report, wire};
use crate::secret::{Secret, SecretError};

/// Longer than any batch that ARC sends.
const LIMIT: usize = 1 << 20;

/// The secret by which a report is known to come from the ARC service that was asked for it.
#[derive(Clone, Debug)]
pub struct CallbackToken(Secret);

/// Why a report cannot be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Another token, or none: whoever sent it is not the service that was asked.
    #[error("the report does not carry the token it was asked for with")]
    Token,
    /// More than a report can be.
    #[error("a report of {len} bytes: at most {LIMIT} are read")]
    TooLarge {
        /// Its length.
        len: usize,
    },
    /// Not a report.
    #[error("the report is not understood")]
    Schema(#[from] serde_json::Error),
    /// A report with an impossible content.
    #[error("the report makes no sense")]
    Content(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A batch of another size than it says.
    #[error("a batch of {found} reports says it has {expected}")]
    Count {
        /// What it says.
        expected: usize,
        /// What it has.
        found: usize,
    },
}

impl CallbackToken {
    /// Takes a secret; make it of 16 random bytes at least.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn new(token: String) -> Result<Self, SecretError> {
        Secret::new(token).map(Self)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Compares the `Authorization` header of a report with the token, in a time that does not depend on where they
    /// differ.
    ///
    /// # Errors
    /// [`CallbackError::Token`].
    pub fn check(&self, authorization: Option<&str>) -> Result<(), CallbackError> {
        let found = authorization.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        if bool::from(found.as_bytes().ct_eq(self.expose().as_bytes())) { Ok(()) } else { Err(CallbackError::Token) }
    }
}

/// Reads a report, or a batch of them, that arrived at the callback address.
///
/// A report may arrive twice, late, or in another order than things happened, and only the token says that it is
/// ARC's: ask [`super::Arc::report`] before acting on it.
///
/// # Errors
/// [`CallbackError`]; [`CallbackError::Token`] before anything is read.
pub fn read_callback(
    token: &CallbackToken,
    authorization: Option<&str>,
    body: &[u8],
) -> Result<Vec<Report>, CallbackError> {
    token.check(authorization)?;
    if body.len() > LIMIT {
        return Err(CallbackError::TooLarge { len: body.len() });
    }
    let reports = match serde_json::from_slice(body)? {
        wire::Callbacks::One(report) => vec![*report],
        wire::Callbacks::Batch { count: expected, callbacks } => {
            let callbacks = callbacks.unwrap_or_default();
            if callbacks.len() != expected {
                return Err(CallbackError::Count { expected, found: callbacks.len() });
            }
            callbacks
        }
    };
    let read = |report: wire::Report| report.read().map_err(|error| CallbackError::Content(error.into()));
    reports.into_iter().map(read).collect()
}
