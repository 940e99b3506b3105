//! One evaluation: the state that opcodes work on, and the walk over a script.

use std::borrow::Cow;

use chain_types::{Instruction, Instructions, Opcode, ScriptDecodeError, ScriptLimits};

use crate::{
    ConditionalFault, Hook, Metrics, Rules, ScriptError, ScriptRole, SignatureChecker, View, flow::Flow, stack::Stacks,
};

/// The state of an evaluation. Its opcodes are in `ops`.
///
/// Invariant: an opcode that fails leaves the operands it failed on where they were, for the report to show.
pub(crate) struct Evaluation<'a> {
    pub(crate) limits: ScriptLimits,
    pub(crate) rules: Rules,
    pub(crate) checker: &'a dyn SignatureChecker,
    pub(crate) hook: &'a mut dyn Hook,
    pub(crate) stacks: Stacks,
    pub(crate) metrics: Metrics,
    pub(crate) step_budget: Option<u64>,
    pub(crate) steps: u64,
}

/// Where a script fails, and why.
pub(crate) struct Fault {
    pub(crate) role: ScriptRole,
    pub(crate) offset: usize,
    pub(crate) index: usize,
    pub(crate) reason: ScriptError,
}

/// The script that runs.
pub(crate) struct Running<'a> {
    role: ScriptRole,
    bytes: &'a [u8],
    /// The script that runs next: a signature checked in this one covers it, too.
    next: &'a [u8],
    /// Where the code that signatures commit to starts.
    code_start: usize,
    flow: Flow,
}

impl<'a> Running<'a> {
    /// What a signature checked now commits to (`interpreter.cpp:1471-1481`).
    pub(crate) fn signed_code(&self) -> Cow<'a, [u8]> {
        let rest = &self.bytes[self.code_start..];
        if self.next.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned([rest, self.next].concat()) }
    }
}

/// What follows an instruction.
#[derive(PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    /// The script is over, whatever follows.
    Return,
}

impl Evaluation<'_> {
    /// Runs one script on the stacks as they are; `next` is the one to run after it.
    pub(crate) fn run(&mut self, role: ScriptRole, bytes: &[u8], next: &[u8]) -> Result<(), Fault> {
        let fault = |offset, index, reason| Fault { role, offset, index, reason };
        let limit = self.limits.max_script_len;
        if bytes.len() > limit {
            return Err(fault(0, 0, ScriptError::ScriptTooLarge { got: bytes.len(), limit }));
        }
        let mut script = Running { role, bytes, next, code_start: 0, flow: Flow::default() };
        let mut count = 0;
        for (index, read) in Instructions::new(bytes).enumerate() {
            let (offset, instruction) = read.map_err(|e| fault(truncation_offset(&e), index, e.into()))?;
            let next = self.step(&mut script, offset, index, instruction).map_err(|e| fault(offset, index, e))?;
            if next == Next::Return {
                return Ok(());
            }
            count = index + 1;
        }
        if !script.flow.is_top_level() {
            return Err(fault(bytes.len(), count, ScriptError::Conditional(ConditionalFault::Unclosed)));
        }
        Ok(())
    }

    fn step(
        &mut self,
        script: &mut Running<'_>,
        offset: usize,
        index: usize,
        instruction: Instruction,
    ) -> Result<Next, ScriptError> {
        self.spend_step()?;
        let opcode = Opcode(script.bytes[offset]);
        let executes = match opcode {
            Opcode::OP_ELSE | Opcode::OP_ENDIF => script.flow.surroundings_execute(),
            _ => script.flow.executes(opcode),
        };
        if !executes {
            return self.skip(&mut script.flow, opcode);
        }
        let role = script.role;
        self.hook.before(&View { role, offset, index, opcode, stacks: &self.stacks });
        let next = match instruction {
            Instruction::Push { data, minimal } => self.push_data(data, minimal),
            Instruction::Op(Opcode::OP_CODESEPARATOR) => {
                script.code_start = offset + 1;
                Ok(Next::Continue)
            }
            Instruction::Op(opcode) => self.execute(script, opcode),
        }?;
        self.metrics.count(opcode);
        self.hook.after(&View { role, offset, index, opcode, stacks: &self.stacks });
        Ok(next)
    }

    fn spend_step(&mut self) -> Result<(), ScriptError> {
        self.steps += 1;
        match self.step_budget {
            Some(limit) if self.steps > limit => Err(ScriptError::StepBudget { limit }),
            _ => Ok(()),
        }
    }

    /// An instruction that is not executed still takes part in the nesting of conditionals.
    fn skip(&mut self, flow: &mut Flow, opcode: Opcode) -> Result<Next, ScriptError> {
        match opcode {
            Opcode::OP_IF | Opcode::OP_NOTIF => flow.open(false),
            Opcode::OP_VERIF | Opcode::OP_VERNOTIF if self.rules.chronicle_opcodes().is_some() => flow.open(false),
            Opcode::OP_ELSE => flow.swap()?,
            Opcode::OP_ENDIF => flow.close()?,
            _ => {}
        }
        Ok(Next::Continue)
    }

    fn push_data(&mut self, data: Vec<u8>, minimal: bool) -> Result<Next, ScriptError> {
        if self.rules.minimal_data() && !minimal {
            return Err(ScriptError::NonMinimalPush);
        }
        self.stacks.push(data.into())?;
        Ok(Next::Continue)
    }

    fn execute(&mut self, script: &mut Running<'_>, opcode: Opcode) -> Result<Next, ScriptError> {
        match opcode {
            Opcode::OP_NOP => {}
            Opcode::OP_IF => self.open_branch(&mut script.flow, opcode)?,
            Opcode::OP_NOTIF => self.open_branch(&mut script.flow, opcode)?,
            Opcode::OP_ELSE => script.flow.swap()?,
            Opcode::OP_ENDIF => script.flow.close()?,
            Opcode::OP_VERIFY => self.verify()?,
            Opcode::OP_RETURN if script.flow.is_top_level() => return Ok(Next::Return),
            Opcode::OP_RETURN => script.flow.stop(),
            Opcode(0x6b..=0x7d) => self.stack_op(opcode)?,
            Opcode(0x7e..=0x88 | 0x98..=0x99) => self.bytes_op(opcode)?,
            Opcode::OP_VER
            | Opcode::OP_VERIF
            | Opcode::OP_VERNOTIF
            | Opcode::OP_2MUL
            | Opcode::OP_2DIV
            | Opcode(0xb3..=0xb7) => self.chronicle_op(&mut script.flow, opcode)?,
            Opcode(0x8b..=0xa5) => self.number_op(opcode)?,
            Opcode(0xa6..=0xaa) => self.hash_op(opcode)?,
            Opcode::OP_CHECKSIG | Opcode::OP_CHECKSIGVERIFY => self.checksig(opcode, &script.signed_code())?,
            Opcode::OP_CHECKMULTISIG | Opcode::OP_CHECKMULTISIGVERIFY => {
                self.checkmultisig(opcode, &script.signed_code())?;
            }
            Opcode(0xb0..=0xb9) => self.upgradable_nop()?,
            _ => return Err(ScriptError::BadOpcode),
        }
        Ok(Next::Continue)
    }

    /// A NOP that a later rule set may give a meaning.
    pub(crate) fn upgradable_nop(&self) -> Result<(), ScriptError> {
        if self.rules.discourage_nops() { Err(ScriptError::DiscouragedNop) } else { Ok(()) }
    }

    fn open_branch(&mut self, flow: &mut Flow, opcode: Opcode) -> Result<(), ScriptError> {
        let condition =
            self.stacks.peek(0).map_err(|_| ScriptError::Conditional(ConditionalFault::NoCondition))?.is_true();
        self.stacks.drop_many(1)?;
        flow.open(condition == (opcode == Opcode::OP_IF));
        Ok(())
    }

    fn verify(&mut self) -> Result<(), ScriptError> {
        if !self.stacks.peek(0)?.is_true() {
            return Err(ScriptError::Verify);
        }
        self.stacks.drop_many(1)
    }

    /// Fails unless the element at `depth` may be read as a number.
    pub(crate) fn check_number(&mut self, depth: usize) -> Result<(), ScriptError> {
        let element = self.stacks.peek(depth)?;
        let (got, limit) = (element.len(), self.limits.max_script_num_len);
        if got > limit {
            return Err(ScriptError::OperandTooLong { got, limit });
        }
        if self.rules.minimal_data() && !element.is_minimal_number() {
            return Err(ScriptError::NonMinimalNumber { len: got });
        }
        self.metrics.saw_number(got);
        Ok(())
    }
}

/// Where the push starts that is cut short.
fn truncation_offset(error: &ScriptDecodeError) -> usize {
    match error {
        ScriptDecodeError::TruncatedPush { offset, .. } => *offset,
        // A decode error without a place is reported at the script's start.
        _ => 0,
    }
}
