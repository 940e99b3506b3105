//! One HTTP request: where to, with which key, how long, how often, and how much answer at most.

use std::{thread, time::Duration};

use ureq::{Agent, Body, http};
use zeroize::Zeroizing;

use crate::{
    error::{Effect, RequestName, ServiceError, excerpt},
    secret::{Secret, SecretError},
};

/// An access key of a service. It is sent in a header, and shown nowhere.
#[derive(Clone, Debug)]
pub struct ApiKey(Secret);

impl ApiKey {
    /// Takes a key as the service gave it.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn new(key: String) -> Result<Self, SecretError> {
        Secret::new(key).map(Self)
    }
}

/// How long a client waits when a service says that it was asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is repeated.
    pub repeats: u32,
    /// The first pause, if the service names none; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause. If the service asks for a longer one, the request fails at once.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { repeats: 4, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(10) }
    }
}

/// Where a service is, and how to talk to it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: String,
    is_private: bool,
    key: Option<ApiKey>,
    timeout: Duration,
    patience: Patience,
}

/// Why an address or key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not the base of an HTTP service.
    #[error("{found:?} is not a base URL: expected http or https, a host, perhaps a path, and nothing more")]
    Url {
        /// The text.
        found: String,
    },
    /// A key that anybody on the way could read.
    #[error("an API key would cross the network readable: use https for {base}, or a service on this machine")]
    KeyInTheClear {
        /// The address.
        base: String,
    },
}

impl Endpoint {
    /// How long a request may take altogether, the answer included.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// A service at `base`, for instance `https://arc.taal.com`, without a key.
    ///
    /// # Errors
    /// [`EndpointError::Url`].
    pub fn new(base: &str) -> Result<Self, EndpointError> {
        let bad = || EndpointError::Url { found: base.to_owned() };
        let url: http::Uri = base.parse().map_err(|_| bad())?;
        let is_http = matches!(url.scheme_str(), Some("http" | "https"));
        let authority = url.authority().filter(|authority| !authority.as_str().contains('@'));
        let (true, Some(authority), None) = (is_http, authority, url.query()) else { return Err(bad()) };
        if base.contains('#') || authority.host().is_empty() {
            return Err(bad());
        }
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host());
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            is_private: is_local || url.scheme_str() == Some("https"),
            key: None,
            timeout: Self::DEFAULT_TIMEOUT,
            patience: Patience::default(),
        })
    }

    /// Sends `key` with every request.
    ///
    /// # Errors
    /// [`EndpointError::KeyInTheClear`] if the address is neither https nor this machine.
    pub fn with_key(mut self, key: ApiKey) -> Result<Self, EndpointError> {
        if !self.is_private {
            return Err(EndpointError::KeyInTheClear { base: self.base });
        }
        self.key = Some(key);
        Ok(self)
    }

    /// Sets how long a request may take altogether.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long to wait when asked to slow down.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The address, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// How a service wants its key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyForm {
    /// `Authorization: Bearer KEY`, RFC 6750.
    Bearer,
    /// `Authorization: KEY`.
    Bare,
}

/// A header that this crate writes itself: its value holds only what its type allows.
pub(crate) type Header = (&'static str, String);

/// What is asked.
#[derive(Debug)]
pub(crate) enum Ask<'a> {
    /// `GET`
    Get,
    /// `POST` of a JSON document which changes nothing.
    Query(&'a serde_json::Value),
    /// `POST` of a JSON document which may change something.
    Submit(&'a serde_json::Value),
}

/// An answer, whatever its status, short of those that mean the same for every request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) request: RequestName,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Talks to one service.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    endpoint: Endpoint,
    key_form: KeyForm,
    agent: Agent,
}

const TOO_MANY_REQUESTS: u16 = 429;

impl Client {
    pub(crate) fn new(endpoint: Endpoint, key_form: KeyForm) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(endpoint.timeout))
            .user_agent(concat!("provelock/", env!("CARGO_PKG_VERSION")))
            // A status is an answer. Redirects are not followed: a transaction and a key go where the user said.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Self { endpoint, key_form, agent }
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks, and asks again while the service says that it was too often.
    pub(crate) fn ask(&self, path: &str, ask: &Ask<'_>, headers: &[Header], limit: u64) -> Result<Reply, ServiceError> {
        let (method, effect) = match ask {
            Ask::Get => ("GET", Effect::None),
            Ask::Query(_) => ("POST", Effect::None),
            Ask::Submit(_) => ("POST", Effect::Some),
        };
        let request = RequestName { effect, method, url: format!("{}{path}", self.endpoint.base) };
        let patience = self.endpoint.patience;
        let (mut repeats, mut pause, mut waited) = (0, patience.first_pause, Duration::ZERO);
        loop {
            let response = self.send(&request.url, ask, headers).map_err(|error| failure(&request, error))?;
            let status = response.status().as_u16();
            if status != TOO_MANY_REQUESTS {
                return read(request, status, response, limit);
            }
            let asked = retry_after(response.headers());
            let next = asked.unwrap_or(pause);
            if repeats >= patience.repeats || next > patience.longest_pause {
                return Err(ServiceError::RateLimited { request, waited, asked });
            }
            thread::sleep(next);
            repeats += 1;
            waited += next;
            pause = (pause * 2).min(patience.longest_pause);
        }
    }

    fn send(&self, url: &str, ask: &Ask<'_>, headers: &[Header]) -> Result<http::Response<Body>, ureq::Error> {
        let key = self.endpoint.key.as_ref().map(|key| match self.key_form {
            KeyForm::Bearer => Zeroizing::new(format!("Bearer {}", key.0.expose())),
            KeyForm::Bare => Zeroizing::new(key.0.expose().to_owned()),
        });
        let key = key.iter().map(|key| ("Authorization", key.as_str()));
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers = headers.chain(key).chain([("Accept", "application/json, text/plain")]);
        match ask {
            Ask::Get => headers.fold(self.agent.get(url), |request, (name, value)| request.header(name, value)).call(),
            Ask::Query(json) | Ask::Submit(json) => headers
                .fold(self.agent.post(url), |request, (name, value)| request.header(name, value))
                .content_type("application/json")
                .send(json.to_string()),
        }
    }
}

/// A pause in whole seconds. The other form, a date, would need a clock to read; the client's own pauses serve then.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn read(
    request: RequestName,
    status: u16,
    mut response: http::Response<Body>,
    limit: u64,
) -> Result<Reply, ServiceError> {
    if status == 401 || status == 403 {
        return Err(ServiceError::Unauthorized { request, status });
    }
    // The library's limit is an error already when it is reached, not only beyond it.
    match response.body_mut().with_config().limit(limit + 1).read_to_vec() {
        Ok(body) => Ok(Reply { request, status, body }),
        Err(ureq::Error::BodyExceedsLimit(_)) => Err(ServiceError::TooLarge { request, limit }),
        Err(error) => Err(failure(&request, error)),
    }
}

fn failure(request: &RequestName, error: ureq::Error) -> ServiceError {
    use std::io::ErrorKind;
    let request = request.clone();
    let is_unsent = match &error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            true
        }
        ureq::Error::Timeout(at) => matches!(at, ureq::Timeout::Resolve | ureq::Timeout::Connect),
        ureq::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        _ => false,
    };
    let is_late = matches!(&error, ureq::Error::Timeout(_))
        || matches!(&error, ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut);
    let source = Box::new(error);
    match (is_unsent, is_late) {
        (true, _) => ServiceError::Connect { request, source },
        (false, true) => ServiceError::Timeout { request, source },
        (false, false) => ServiceError::Broken { request, source },
    }
}

impl Reply {
    /// Reads the answer as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_slice(&self.body).map_err(|error| self.schema(error))
    }

    /// The answer is not of the documented form.
    pub(crate) fn schema(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServiceError {
        ServiceError::Schema { request: self.request.clone(), excerpt: excerpt(&self.body), source: source.into() }
    }

    /// The status is not a documented one.
    pub(crate) fn unexpected_status(&self) -> ServiceError {
        ServiceError::Status { request: self.request.clone(), status: self.status, excerpt: excerpt(&self.body) }
    }

    /// The answer itself if its status is 200 or 201.
    pub(crate) fn expect_success(self) -> Result<Self, ServiceError> {
        if matches!(self.status, 200 | 201) { Ok(self) } else { Err(self.unexpected_status()) }
    }
}
