//! The opcodes that Chronicle brought back, for outputs mined since.
//!
//! Source: Bitcoin SV node v1.2.2, `src/script/interpreter.cpp:598-825` and `1247-1254`.

use chain_types::{Opcode, ScriptLimits, script_num};
use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::{not_mine, numbers::Found};
use crate::{ConditionalFault, ScriptError, TxVersion, evaluation::Evaluation, flow::Flow};

/// Begins and lengths are numbers of at most 64 bits. What node 1.2.2 makes of longer ones is an accident
/// (`int_serialization.h:63-95`) that later versions refuse.
const MAX_INDEX_LEN: usize = 8;

impl Evaluation<'_> {
    /// OP_VER, OP_VERIF, OP_VERNOTIF, OP_2MUL, OP_2DIV and opcodes 0xb3 to 0xb7. For an output from before Chronicle
    /// they are what they were: without a meaning, disabled, and NOPs.
    pub(crate) fn chronicle_op(&mut self, flow: &mut Flow, opcode: Opcode) -> Result<(), ScriptError> {
        let Some(version) = self.rules.chronicle_opcodes() else {
            return match opcode {
                Opcode(0xb3..=0xb7) => self.upgradable_nop(),
                Opcode::OP_2MUL | Opcode::OP_2DIV => Err(ScriptError::DisabledOpcode),
                _ => Err(not_mine(opcode)),
            };
        };
        match opcode {
            Opcode::OP_VER => self.stacks.push(version.to_bytes().to_vec().into()),
            Opcode::OP_VERIF | Opcode::OP_VERNOTIF => self.open_version_branch(flow, opcode, version),
            Opcode::OP_2MUL | Opcode::OP_2DIV => self.double_or_halve(opcode),
            Opcode::OP_SUBSTR => self.substring(),
            Opcode::OP_LEFT | Opcode::OP_RIGHT => self.end_piece(opcode),
            Opcode::OP_LSHIFTNUM => self.shift_number_left(),
            Opcode::OP_RSHIFTNUM => self.shift_number_right(),
            _ => Err(not_mine(opcode)),
        }
    }

    fn open_version_branch(&mut self, flow: &mut Flow, opcode: Opcode, version: TxVersion) -> Result<(), ScriptError> {
        let no_condition = |_| ScriptError::Conditional(ConditionalFault::NoCondition);
        let same = *self.stacks.peek(0).map_err(no_condition)?.bytes() == version.to_bytes();
        self.stacks.drop_many(1)?;
        flow.open(same == (opcode == Opcode::OP_VERIF));
        Ok(())
    }

    fn double_or_halve(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.check_number(0)?;
        let a = self.operand(0)?;
        let found = if opcode == Opcode::OP_2MUL { a.as_ref() * 2 } else { a.as_ref() / 2 };
        self.answer(1, Found::Number(found))
    }

    /// `[bytes begin len] -> [bytes[begin..begin + len]]`; nothing begins at the end, not even nothing.
    fn substring(&mut self) -> Result<(), ScriptError> {
        self.stacks.need(3)?;
        let (count, begin) = (self.index(0)?, self.index(1)?);
        let data = self.stacks.peek(2)?.bytes();
        let len = data.len();
        let range = begin.filter(|begin| *begin < len).zip(count).filter(|(begin, count)| *count <= len - begin);
        let (begin, count) = range.ok_or(ScriptError::SubstringOutOfRange { len })?;
        let piece = data[begin..begin + count].to_vec();
        self.stacks.replace(3, piece.into())
    }

    /// `[bytes len] -> [first len bytes]`, or the last.
    fn end_piece(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        let count = self.index(0)?;
        let data = self.stacks.peek(1)?.bytes();
        let len = data.len();
        let count = count.filter(|count| *count <= len).ok_or(ScriptError::SubstringOutOfRange { len })?;
        let piece = if opcode == Opcode::OP_LEFT { &data[..count] } else { &data[len - count..] };
        let piece = piece.to_vec();
        self.stacks.replace(2, piece.into())
    }

    /// A begin or a length; none if negative.
    fn index(&mut self, depth: usize) -> Result<Option<usize>, ScriptError> {
        self.check_number(depth)?;
        let element = self.stacks.peek(depth)?;
        if element.len() > MAX_INDEX_LEN {
            return Err(ScriptError::OperandTooLong { got: element.len(), limit: MAX_INDEX_LEN });
        }
        Ok(element.number().to_usize())
    }

    /// `[a n] -> [a 2^n]`, refused before anything is computed if the result is too long.
    fn shift_number_left(&mut self) -> Result<(), ScriptError> {
        let bits = self.shift_count()?;
        let a = self.operand(1)?;
        // The node's guess, before it computes, does not look whether the number is zero (`script_num.cpp:305-308`).
        let whole_bytes = bits.to_u64().map_or(u64::MAX, |bits| bits / 8);
        self.check_result_len(script_num::len_for_bits(a.bits()).saturating_add(whole_bytes))?;
        let bits = small_count(&bits)?;
        if a.sign() == Sign::NoSign {
            return self.answer(2, Found::Number(BigInt::default()));
        }
        let len = script_num::len_for_bits(a.bits() + u64::from(bits));
        self.check_result_len(len)?;
        let freed = self.stacks.peek(0)?.len() + self.stacks.peek(1)?.len() + ScriptLimits::ELEMENT_OVERHEAD;
        self.stacks.check_room(freed, len as usize)?;
        let shifted = a.as_ref() << bits;
        self.answer(2, Found::Number(shifted))
    }

    /// `[a n] -> [a / 2^n]`, towards zero.
    fn shift_number_right(&mut self) -> Result<(), ScriptError> {
        let bits = small_count(&self.shift_count()?)?;
        let a = self.operand(1)?;
        // A big integer's own shift would round down; that of its magnitude rounds towards zero.
        let shifted = BigInt::from_biguint(a.sign(), a.magnitude() >> bits);
        self.answer(2, Found::Number(shifted))
    }

    /// The number of bits to shift by, both operands having been checked in the node's order.
    fn shift_count(&mut self) -> Result<BigInt, ScriptError> {
        self.stacks.need(2)?;
        self.check_number(0)?;
        let bits = self.operand(0)?.into_owned();
        if bits.sign() == Sign::Minus {
            return Err(ScriptError::NegativeShift);
        }
        self.check_number(1)?;
        Ok(bits)
    }

    fn check_result_len(&self, len: u64) -> Result<(), ScriptError> {
        let limit = self.limits.max_script_num_len;
        match usize::try_from(len) {
            Ok(got) if got <= limit => Ok(()),
            got => Err(ScriptError::ResultTooLong { got: got.unwrap_or(usize::MAX), limit }),
        }
    }
}

/// A count of bits that the node's big integers can shift by: at most a C `int`'s largest (`big_int.cpp:371-393`).
fn small_count(bits: &BigInt) -> Result<u32, ScriptError> {
    bits.to_i32().and_then(|bits| u32::try_from(bits).ok()).ok_or(ScriptError::ShiftTooFar)
}
