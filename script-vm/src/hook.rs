//! Looking on while a script runs.

use core::fmt;

use chain_types::Opcode;

use crate::{Element, stack::Stacks};

/// Which script an instruction belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptRole {
    /// The input's script.
    Unlocking,
    /// The output's script.
    Locking,
    /// A piece of script run by itself.
    Fragment,
}

impl fmt::Display for ScriptRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlocking => "unlocking script",
            Self::Locking => "locking script",
            Self::Fragment => "fragment",
        })
    }
}

/// Where an evaluation stands, for a [`Hook`] to read.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The script that runs.
    pub role: ScriptRole,
    /// The instruction's first byte, counted from the script's start.
    pub offset: usize,
    /// The instruction's number in its script, from 0; instructions of branches not taken count.
    pub index: usize,
    /// The instruction's opcode; for a direct push, its length byte.
    pub opcode: Opcode,
    pub(crate) stacks: &'a Stacks,
}

impl<'a> View<'a> {
    /// The main stack, its top last.
    pub fn stack(&self) -> &'a [Element] {
        self.stacks.main()
    }

    /// The alternative stack, its top last.
    pub fn alt_stack(&self) -> &'a [Element] {
        self.stacks.alt()
    }

    /// Bytes both stacks are charged for.
    pub const fn stack_bytes(&self) -> usize {
        self.stacks.memory()
    }
}

/// Called around every instruction that is executed, and for none that is skipped.
pub trait Hook {
    /// The instruction is about to run.
    fn before(&mut self, _view: &View<'_>) {}

    /// The instruction has run without failing.
    fn after(&mut self, _view: &View<'_>) {}
}

/// Looks at nothing.
pub(crate) struct NoHook;

impl Hook for NoHook {}
