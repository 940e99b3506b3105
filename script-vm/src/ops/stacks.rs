//! Opcodes that move elements.

use chain_types::Opcode;
use num_traits::ToPrimitive;

use super::not_mine;
use crate::{Element, ScriptError, evaluation::Evaluation};

impl Evaluation<'_> {
    /// Opcodes 0x6b to 0x7d.
    pub(crate) fn stack_op(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        let stacks = &mut self.stacks;
        match opcode {
            Opcode::OP_TOALTSTACK => stacks.move_to_alt(),
            Opcode::OP_FROMALTSTACK => stacks.move_from_alt(),
            Opcode::OP_2DROP => stacks.drop_many(2),
            Opcode::OP_2DUP => self.copy_up(2, 0),
            Opcode::OP_3DUP => self.copy_up(3, 0),
            Opcode::OP_2OVER => self.copy_up(2, 2),
            Opcode::OP_2ROT => stacks.roll_many(2, 4),
            Opcode::OP_2SWAP => stacks.roll_many(2, 2),
            Opcode::OP_IFDUP if !stacks.peek(0)?.is_true() => Ok(()),
            Opcode::OP_IFDUP | Opcode::OP_DUP => stacks.pick(0),
            Opcode::OP_DEPTH => stacks.push(Element::from_number(stacks.main().len().into())),
            Opcode::OP_DROP => stacks.drop_many(1),
            Opcode::OP_NIP => stacks.remove(1).map(drop),
            Opcode::OP_OVER => stacks.pick(1),
            Opcode::OP_PICK | Opcode::OP_ROLL => self.pick_or_roll(opcode),
            Opcode::OP_ROT => stacks.roll(2),
            Opcode::OP_SWAP => stacks.roll(1),
            Opcode::OP_TUCK => {
                stacks.need(2)?;
                let copy = stacks.peek(0)?.clone();
                stacks.insert(2, copy)
            }
            _ => Err(not_mine(opcode)),
        }
    }

    /// Pushes copies of the `count` elements under the `above` top ones, in order.
    fn copy_up(&mut self, count: usize, above: usize) -> Result<(), ScriptError> {
        self.stacks.need(count + above)?;
        (0..count).try_for_each(|_| self.stacks.pick(count + above - 1))
    }

    fn pick_or_roll(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        self.check_number(0)?;
        let have = self.stacks.main().len() - 1;
        // An index beyond usize is beyond every stack.
        let depth = self.stacks.peek(0)?.number().to_usize().filter(|depth| *depth < have);
        let depth = depth.ok_or(ScriptError::DepthOutOfRange { have })?;
        if opcode == Opcode::OP_PICK {
            let copy = self.stacks.peek(depth + 1)?.clone();
            return self.stacks.replace(1, copy);
        }
        self.stacks.drop_many(1)?;
        self.stacks.roll(depth)
    }
}
