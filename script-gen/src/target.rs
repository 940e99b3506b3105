//! What a script is made for: rules and limits of the nodes that will run it.

use chain_types::{Profile, ScriptLimits};

/// The rules a script is written for and the limits it must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which opcodes exist, and which rules a spend must keep.
    pub profile: Profile,
    /// Limits on sizes.
    pub limits: ScriptLimits,
}

impl Target {
    /// Default relay policy since Genesis: what every node accepts.
    pub const GENESIS: Self = Self::policy(Profile::Genesis);
    /// Default relay policy since Chronicle; spends must be of transaction version 2 up.
    pub const CHRONICLE: Self = Self::policy(Profile::Chronicle);

    /// Default relay policy under a profile.
    pub const fn policy(profile: Profile) -> Self {
        Self { profile, limits: profile.policy_limits() }
    }
}
