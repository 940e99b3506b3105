//! Which rules apply: the mempool's or a block's.

/// A rule set for an output created after Genesis.
///
/// Both enforce what consensus enforces since Genesis: push-only unlocking scripts, strict signature and public-key
/// encodings, low S, SIGHASH_FORKID and the null-fail rule. Source: Bitcoin SV node v1.2.2, `policy/policy.h:176-245`
/// and `verify_script_flags.cpp:32-81`.
///
/// Since Chronicle some of these depend on the transaction's version; a Chronicle rule set will be another variant,
/// and the questions below the only places that ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rules {
    /// What a node asks of a transaction before it keeps and relays it.
    GenesisPolicy,
    /// What a node asks of a transaction in a block.
    GenesisConsensus,
}

impl Rules {
    /// Pushes and numbers must be encoded in their shortest form.
    pub(crate) const fn minimal_data(self) -> bool {
        self.is_policy()
    }

    /// Exactly one element may be left at the end.
    pub(crate) const fn clean_stack(self) -> bool {
        self.is_policy()
    }

    /// Executing a NOP kept for future use fails.
    pub(crate) const fn discourage_nops(self) -> bool {
        self.is_policy()
    }

    /// The element OP_CHECKMULTISIG takes without need must be empty.
    pub(crate) const fn null_dummy(self) -> bool {
        self.is_policy()
    }

    const fn is_policy(self) -> bool {
        matches!(self, Self::GenesisPolicy)
    }
}
