//! What can go wrong with a wallet's file.

use std::{io, path::PathBuf};

/// The wallet's file cannot be used, or not be written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file could not be read, made or locked.
    #[error("the wallet {path:?} cannot be {what}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What failed.
        source: io::Error,
    },
    /// A wallet is never made where there is a file already.
    #[error("{path:?} exists already: open it, or choose another place for a new wallet")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file; none is made in passing.
    #[error("there is no wallet at {path:?}: make one first, or give the place of the one that there is")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Another process works with it.
    #[error("the wallet {path:?} is in use by another process: wait until that has ended")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what a wallet wrote. It has not been changed.
    #[error(
        "the wallet {path:?} is damaged, and was left as it is: {what}; bring back a copy of it, and look on the chain \
         what became of its coins before they are spent anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A newer program has written it. It has not been changed.
    #[error(
        "the wallet {path:?} has version {found} of its format, this program reads version {expected}: use a newer"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The version this program writes.
        expected: u32,
    },
    /// Nothing was written, or it is not known whether it was: what the wallet knows from here on is what its file
    /// says when it is opened again.
    #[error("the wallet {path:?} cannot be written: make room or give access, then open it again")]
    Write {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: Box<redb::Error>,
    },
}
