//! Real money: what the user must be told, and must say, before any of it moves.

/// Stands under every answer about mainnet.
pub(crate) const WARNING: &str =
    "young software that nobody has audited: on mainnet put no more under it than you can lose";
