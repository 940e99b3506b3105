//! Limits the node puts on a script, by rule set.
//!
//! Source: Bitcoin SV node v1.2.2 (commit 879fc8b42168dd0e608dafd51b39c6dabad37d4d), `src/policy/policy.h` and
//! `src/consensus/consensus.h`; line numbers beside each constant.

/// What a node accepts of one script evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptLimits {
    /// Largest locking script and largest unlocking script, each, in bytes.
    pub max_script_len: usize,
    /// Longest operand or result of an arithmetic opcode, in bytes.
    pub max_script_num_len: usize,
    /// Most memory of both stacks together: sum of element length + 32, in bytes.
    pub max_stack_memory: usize,
}

impl ScriptLimits {
    /// Bytes charged for each stack element beside its length (`limitedstack.h:43`).
    pub const ELEMENT_OVERHEAD: usize = 32;

    /// Default relay policy since Genesis: script 500,000 B (`policy.h:93`), script number 10,000 B
    /// (`policy.h:156`), stack 100,000,000 B (`policy.h:153`).
    pub const GENESIS_POLICY: Self =
        Self { max_script_len: 500_000, max_script_num_len: 10_000, max_stack_memory: 100_000_000 };

    /// Consensus since Genesis: script 2^32 - 1 B (`consensus.h:60`), script number 750,000 B
    /// (`consensus.h:64`); stack memory is a setting of the node, unlimited here.
    pub const GENESIS_CONSENSUS: Self =
        Self { max_script_len: u32::MAX as usize, max_script_num_len: 750_000, max_stack_memory: usize::MAX };

    /// Default relay policy since Chronicle: as since Genesis (the number's limit, `policy.h:156`, did not move).
    pub const CHRONICLE_POLICY: Self = Self::GENESIS_POLICY;

    /// Consensus since Chronicle: script number 32,000,000 B (`consensus.h:66`), for outputs mined since.
    pub const CHRONICLE_CONSENSUS: Self = Self { max_script_num_len: 32_000_000, ..Self::GENESIS_CONSENSUS };
}
