//! Errors that tell the user how to go on.

use core::fmt;
use std::error::Error;

/// An error and the next step.
#[derive(Debug)]
pub(crate) struct Advised {
    problem: anyhow::Error,
    advice: String,
}

impl Advised {
    /// The next step.
    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl Error for Advised {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// Adds the next step to an error.
pub(crate) trait Advise<T> {
    /// Keeps the error as it is and says how to go on.
    fn advise(self, advice: impl fmt::Display) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Advise<T> for Result<T, E> {
    fn advise(self, advice: impl fmt::Display) -> anyhow::Result<T> {
        self.map_err(|problem| Advised { problem: problem.into(), advice: advice.to_string() }.into())
    }
}
