//! Which of the node's rule sets a script is written for.

use core::{fmt, str::FromStr};

use crate::ScriptLimits;

/// A generation of script rules, by the upgrade that brought it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Profile {
    /// Rules since the Genesis upgrade of February 2020: every node accepts them.
    #[default]
    Genesis,
    /// Rules since the Chronicle upgrade of 2026: more opcodes, and fewer rules for spends of transaction version 2 up.
    /// They hold only for outputs mined after the upgrade (`script_flags.h:109-111` of node v1.2.2).
    Chronicle,
}

/// A name that is no profile's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile {found:?}, expected genesis or chronicle")]
pub struct UnknownProfile {
    /// The name found.
    pub found: String,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Self; 2] = [Self::Genesis, Self::Chronicle];

    /// The name by which files and commands call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Chronicle => "chronicle",
        }
    }

    /// What a node with default settings relays.
    pub const fn policy_limits(self) -> ScriptLimits {
        match self {
            Self::Genesis => ScriptLimits::GENESIS_POLICY,
            Self::Chronicle => ScriptLimits::CHRONICLE_POLICY,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| UnknownProfile { found: name.into() })
    }
}
