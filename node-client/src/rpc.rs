//! One JSON-RPC call over HTTP.

use core::fmt;
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    time::Duration,
};

use ledger::{ChainError, Retry};
use reqwest::{StatusCode, Url, blocking::Client, redirect::Policy};
use serde::{Serialize, de::DeserializeOwned};

use crate::wire;

/// Most bytes of a cookie's file. A node's is `__cookie__:` and 64 hex digits (node v1.2.2, `src/rpc/protocol.cpp`,
/// `GenerateAuthCookie`).
const COOKIE_LIMIT: u64 = 1_000;

/// How to log in.
#[derive(Clone)]
pub struct Auth {
    user: String,
    password: String,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Auth {
    /// A user the node is configured with.
    pub const fn password(user: String, password: String) -> Self {
        Self { user, password }
    }

    /// The cookie a running node keeps in its data folder: one line, `user:password`. Any other file is refused, so that
    /// none is sent to a node by mistake.
    ///
    /// # Errors
    /// [`io::Error`] if the file cannot be read; of kind [`io::ErrorKind::InvalidData`] if it is not such a line.
    pub fn cookie(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(COOKIE_LIMIT + 1).read_to_end(&mut bytes)?;
        Self::of_cookie(&bytes).ok_or_else(|| {
            let what = "it is no login: expected one line USER:PASSWORD, such as __cookie__:0123abcd";
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }

    /// Reads a login as a node writes it, and as people write their own: a name of letters, digits, `_`, `-`, `.` and `@`,
    /// a colon, and a password without blanks. JSON, keys and scripts have no such form.
    fn of_cookie(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= COOKIE_LIMIT)?;
        let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        let (user, password) = line.split_once(':')?;
        let is_name =
            !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte));
        let is_password = !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_graphic());
        (is_name && is_password).then(|| Self { user: user.to_owned(), password: password.to_owned() })
    }
}

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// Not the address of a node.
    #[error("{found:?} is not a node's address: expected http, a host and a port, and nothing more")]
    Url {
        /// The text, but for what stands before an `@`, which may be a password.
        found: String,
    },
    /// An address with https, which nodes do not speak.
    #[error("{url} is https, which neither nodes nor this program speak: give the node's http address on this machine")]
    Https {
        /// The address.
        url: String,
    },
    /// A login that anybody on the way could read.
    #[error(
        "the login would cross the network readable: {url} is not on this machine; nodes speak no https, so bring the \
         node's port here, for instance with `ssh -L`"
    )]
    LoginInTheClear {
        /// The address.
        url: String,
    },
    /// A longer answer than any that is needed.
    #[error("the answer to {method} is longer than {limit} bytes")]
    TooLarge {
        /// The call.
        method: String,
        /// Bytes that are read at most.
        limit: u64,
    },
    /// The request could not be sent, or its answer not be received.
    #[error("no connection to the node while calling {method}")]
    Transport {
        /// The call.
        method: String,
        /// What failed; [`reqwest::Error::is_timeout`] and [`reqwest::Error::is_connect`] tell more.
        source: reqwest::Error,
    },
    /// An answer that is not JSON-RPC, with a status that says why.
    #[error("{method} was answered with HTTP status {status}")]
    HttpStatus {
        /// The call.
        method: String,
        /// The status.
        status: StatusCode,
    },
    /// The node understood, and refused.
    #[error("{method} failed with code {code}: {message}")]
    Rpc {
        /// The call.
        method: String,
        /// The node's error code (node v1.2.2, `src/rpc/protocol.h`).
        code: i64,
        /// The node's words.
        message: String,
    },
    /// An answer of another form than documented.
    #[error("the answer to {method} is not understood: {excerpt:?}")]
    Schema {
        /// The call.
        method: String,
        /// How the answer begins.
        excerpt: String,
        /// What does not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Code of a node that is still loading (`RPC_IN_WARMUP`).
pub(crate) const WARMING_UP: i64 = -28;

impl RpcError {
    /// Whether the same call may simply be made again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Transport { source, .. } if source.is_connect() => Retry::Safe,
            Self::Transport { .. } | Self::Schema { .. } | Self::TooLarge { .. } => Retry::LookFirst,
            Self::HttpStatus { status, .. } if *status == StatusCode::SERVICE_UNAVAILABLE => Retry::Safe,
            Self::Rpc { code: WARMING_UP, .. } => Retry::Safe,
            Self::Url { .. }
            | Self::Https { .. }
            | Self::LoginInTheClear { .. }
            | Self::HttpStatus { .. }
            | Self::Rpc { .. } => Retry::Pointless,
        }
    }

    pub(crate) fn schema(
        method: &str,
        body: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let excerpt = body.chars().take(EXCERPT_CHARS).collect();
        Self::Schema { method: method.to_owned(), excerpt, source: source.into() }
    }
}

impl From<RpcError> for ChainError {
    fn from(error: RpcError) -> Self {
        Self { retry: error.retry(), source: Box::new(error) }
    }
}

/// How much of an answer that is not understood is shown.
const EXCERPT_CHARS: usize = 200;

/// What is kept of an answer.
struct Limited {
    bytes: Vec<u8>,
    limit: u64,
    is_exceeded: bool,
}

impl io::Write for Limited {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.is_exceeded = self.bytes.len().saturating_add(more.len()) as u64 > self.limit;
        if self.is_exceeded {
            return Err(io::Error::other("the answer is too long"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Accepts an address of this machine, without a login of its own.
fn check_address(text: &str) -> Result<(), RpcError> {
    let bad = || RpcError::Url { found: text.rsplit('@').next().unwrap_or_default().to_owned() };
    let url = Url::parse(text).map_err(|_| bad())?;
    let has_more = url.query().is_some() || url.fragment().is_some();
    let (Some(host), false, false) = (url.host_str(), text.contains('@'), has_more) else { return Err(bad()) };
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    match url.scheme() {
        "http" if is_local => Ok(()),
        "http" => Err(RpcError::LoginInTheClear { url: text.to_owned() }),
        "https" => Err(RpcError::Https { url: text.to_owned() }),
        _ => Err(bad()),
    }
}

/// Calls one node.
#[derive(Clone, Debug)]
pub struct RpcClient {
    client: Client,
    url: String,
    auth: Auth,
    limit: u64,
}

impl RpcClient {
    /// How much of an answer is read: room for the ids of a block of almost a million transactions, by far the longest
    /// that is asked for.
    pub const DEFAULT_LIMIT: u64 = 64 << 20;

    /// Long enough for the node to run a heavy script twice, or to mine 100 blocks.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// Prepares calls to `url`, for instance `http://127.0.0.1:18332`; none is made yet. Proxies are not used and
    /// redirects not followed: the login goes where the user said, and nowhere else.
    ///
    /// # Errors
    /// [`RpcError::Url`]; [`RpcError::LoginInTheClear`] if the address is not of this machine;
    /// [`RpcError::Transport`] if the HTTP client cannot be set up.
    pub fn new(url: String, auth: Auth, timeout: Duration) -> Result<Self, RpcError> {
        check_address(&url)?;
        let client = Client::builder().timeout(timeout).no_proxy().redirect(Policy::none()).build();
        let transport = |source| RpcError::Transport { method: "no method".to_owned(), source };
        Ok(Self { client: client.map_err(transport)?, url, auth, limit: Self::DEFAULT_LIMIT })
    }

    /// Reads at most `limit` bytes of an answer.
    #[must_use]
    pub const fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// Calls `method`.
    ///
    /// # Errors
    /// [`RpcError`]: transport, HTTP status, the node's error, or an answer not understood.
    pub fn call<T: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<T, RpcError> {
        let transport = |source| RpcError::Transport { method: method.to_owned(), source };
        let request = wire::Request { jsonrpc: "1.0", id: "provelock", method, params };
        let request = self.client.post(&self.url).basic_auth(&self.auth.user, Some(&self.auth.password)).json(&request);
        let mut answer = request.send().map_err(transport)?;
        let status = answer.status();
        let mut body = Limited { bytes: Vec::new(), limit: self.limit, is_exceeded: false };
        let copied = answer.copy_to(&mut body);
        if body.is_exceeded {
            return Err(RpcError::TooLarge { method: method.to_owned(), limit: self.limit });
        }
        copied.map_err(transport)?;
        let body = String::from_utf8_lossy(&body.bytes);
        // The node sends its own errors with HTTP statuses of failure: the body tells them from an HTTP failure.
        let response: wire::Response<'_> = match serde_json::from_str(&body) {
            Ok(response) => response,
            Err(_) if !status.is_success() => {
                return Err(RpcError::HttpStatus { method: method.to_owned(), status });
            }
            Err(error) => return Err(RpcError::schema(method, &body, error)),
        };
        if let Some(wire::ErrorObject { code, message }) = response.error {
            return Err(RpcError::Rpc { method: method.to_owned(), code, message });
        }
        if !status.is_success() {
            return Err(RpcError::HttpStatus { method: method.to_owned(), status });
        }
        let result = response.result.ok_or_else(|| RpcError::schema(method, &body, "neither result nor error"))?;
        serde_json::from_str(result.get()).map_err(|error| RpcError::schema(method, &body, error))
    }
}
