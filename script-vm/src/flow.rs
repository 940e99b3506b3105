//! Conditionals: which instructions of a script are executed.

use chain_types::Opcode;

use crate::{ConditionalFault, ScriptError};

#[derive(Clone, Copy, Debug)]
struct Branch {
    taken: bool,
    else_seen: bool,
}

/// The open conditionals of a running script. Every question is answered in constant time, however deep they nest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flow {
    branches: Vec<Branch>,
    /// How many of `branches` are not taken.
    not_taken: usize,
    /// An OP_RETURN was executed inside a conditional: nothing runs any more, but the conditionals must still match.
    returned: bool,
}

impl Flow {
    /// Whether an instruction standing here is executed.
    pub(crate) fn executes(&self, opcode: Opcode) -> bool {
        self.not_taken == 0 && (!self.returned || opcode == Opcode::OP_RETURN)
    }

    /// Whether an OP_ELSE or OP_ENDIF standing here ends a branch whose surroundings are executed.
    pub(crate) fn surroundings_execute(&self) -> bool {
        let own = self.branches.last().is_some_and(|branch| !branch.taken);
        self.not_taken == usize::from(own) && !self.returned
    }

    pub(crate) fn open(&mut self, taken: bool) {
        self.not_taken += usize::from(!taken);
        self.branches.push(Branch { taken, else_seen: false });
    }

    pub(crate) fn swap(&mut self) -> Result<(), ScriptError> {
        match self.branches.last_mut() {
            None => Err(ScriptError::Conditional(ConditionalFault::ElseWithoutIf)),
            Some(Branch { else_seen: true, .. }) => Err(ScriptError::Conditional(ConditionalFault::SecondElse)),
            Some(branch) => {
                branch.taken = !branch.taken;
                branch.else_seen = true;
                self.not_taken = if branch.taken { self.not_taken - 1 } else { self.not_taken + 1 };
                Ok(())
            }
        }
    }

    pub(crate) fn close(&mut self) -> Result<(), ScriptError> {
        let branch = self.branches.pop().ok_or(ScriptError::Conditional(ConditionalFault::EndIfWithoutIf))?;
        self.not_taken -= usize::from(!branch.taken);
        Ok(())
    }

    /// Whether no conditional is open.
    pub(crate) fn is_top_level(&self) -> bool {
        self.branches.is_empty()
    }

    /// Stops execution inside a conditional.
    pub(crate) fn stop(&mut self) {
        self.returned = true;
    }
}
