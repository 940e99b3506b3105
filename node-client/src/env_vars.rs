//! Every environment variable this crate reads.

/// Path of a Bitcoin SV `bitcoind` to use instead of searching or downloading one.
pub const BITCOIND: &str = "BITCOIND";

/// Folder where downloaded nodes are kept; default `$XDG_CACHE_HOME/provelock`, else `$HOME/.cache/provelock`.
pub const PROVELOCK_CACHE: &str = "PROVELOCK_CACHE";

/// The user's cache folder, by the desktop convention.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The user's home folder.
pub const HOME: &str = "HOME";

/// Folders searched for programs.
pub const PATH: &str = "PATH";
