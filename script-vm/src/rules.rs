//! Which rules apply: the mempool's or a block's, and of which upgrade.

use core::fmt;

use chain_types::Profile;

/// A transaction's version, which since Chronicle decides how strict its spends are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxVersion(pub i32);

impl TxVersion {
    /// Under every rule against malleability.
    pub const STRICT: Self = Self(1);
    /// The first version that is free of them since Chronicle.
    pub const RELAXED: Self = Self(2);

    /// Whether who signs with this version waives the rules against malleability. Versions 0 and below do not
    /// (`interpreter.cpp:34-44`).
    const fn waives_malleability_rules(self) -> bool {
        self.0 > 1
    }

    /// The version's four bytes, as they stand in the transaction.
    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for TxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule set for an output created after Genesis.
///
/// All enforce strict signature and public-key encodings and SIGHASH_FORKID. Those of Genesis also enforce push-only
/// unlocking scripts, low S and the null-fail rule, and policy its own; since Chronicle, a transaction of version 2 up
/// is free of all that only guards against malleability. Source: Bitcoin SV node v1.2.2,
/// `policy/policy.h:176-245`, `verify_script_flags.cpp:32-81` and `interpreter.cpp:34-49`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rules {
    /// What a node asks of a transaction before it keeps and relays it.
    GenesisPolicy,
    /// What a node asks of a transaction in a block.
    GenesisConsensus,
    /// What a node asks, since Chronicle, of a transaction before it keeps and relays it.
    ChroniclePolicy {
        /// The spending transaction's version.
        version: TxVersion,
        /// The upgrade under which the output spent was mined.
        mined_under: Profile,
    },
    /// What a node asks, since Chronicle, of a transaction in a block.
    ChronicleConsensus {
        /// The spending transaction's version.
        version: TxVersion,
        /// The upgrade under which the output spent was mined.
        mined_under: Profile,
    },
}

impl Rules {
    /// The version these rules take the spending transaction to have; none where they do not depend on it.
    pub const fn version(self) -> Option<TxVersion> {
        match self {
            Self::GenesisPolicy | Self::GenesisConsensus => None,
            Self::ChroniclePolicy { version, .. } | Self::ChronicleConsensus { version, .. } => Some(version),
        }
    }

    /// Pushes and numbers must be encoded in their shortest form.
    pub(crate) const fn minimal_data(self) -> bool {
        self.is_policy() && self.forbids_malleability()
    }

    /// Exactly one element may be left at the end.
    pub(crate) const fn clean_stack(self) -> bool {
        self.is_policy() && self.forbids_malleability()
    }

    /// The element OP_CHECKMULTISIG takes without need must be empty.
    pub(crate) const fn null_dummy(self) -> bool {
        self.is_policy() && self.forbids_malleability()
    }

    /// Executing a NOP kept for future use fails.
    pub(crate) const fn discourage_nops(self) -> bool {
        self.is_policy()
    }

    /// The unlocking script may only push.
    pub(crate) const fn push_only(self) -> bool {
        self.forbids_malleability()
    }

    /// A signature's S must be in the lower half.
    pub(crate) const fn low_s(self) -> bool {
        self.forbids_malleability()
    }

    /// A check of signatures may fail only if they are empty.
    pub(crate) const fn null_fail(self) -> bool {
        self.forbids_malleability()
    }

    /// A signature may be over the original digest, SIGHASH_CHRONICLE.
    pub(crate) const fn original_digest(self) -> bool {
        self.version().is_some()
    }

    /// For an output with the opcodes of Chronicle: the version some of them ask for.
    pub(crate) const fn chronicle_opcodes(self) -> Option<TxVersion> {
        match self {
            Self::ChroniclePolicy { version, mined_under: Profile::Chronicle }
            | Self::ChronicleConsensus { version, mined_under: Profile::Chronicle } => Some(version),
            _ => None,
        }
    }

    const fn is_policy(self) -> bool {
        matches!(self, Self::GenesisPolicy | Self::ChroniclePolicy { .. })
    }

    const fn forbids_malleability(self) -> bool {
        match self.version() {
            Some(version) => !version.waives_malleability_rules(),
            None => true,
        }
    }
}
