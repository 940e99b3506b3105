//! Opcodes that compute with numbers.

use std::borrow::Cow;

use chain_types::{Opcode, script_num};
use num_bigint::{BigInt, Sign};

use super::not_mine;
use crate::{Element, ScriptError, evaluation::Evaluation};

/// What an opcode finds.
pub(super) enum Found {
    Number(BigInt),
    Truth(bool),
}

impl Evaluation<'_> {
    /// Opcodes 0x8b to 0xa5, but for the byte shifts.
    pub(crate) fn number_op(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        match opcode {
            Opcode(0x8b..=0x92) => self.unary(opcode),
            Opcode::OP_WITHIN => self.within(),
            _ => self.binary(opcode),
        }
    }

    pub(super) fn operand(&self, depth: usize) -> Result<Cow<'_, BigInt>, ScriptError> {
        Ok(self.stacks.peek(depth)?.number())
    }

    /// Replaces the `count` operands by what was found.
    pub(super) fn answer(&mut self, count: usize, found: Found) -> Result<(), ScriptError> {
        let element = match found {
            Found::Truth(truth) => Element::from_truth(truth),
            Found::Number(value) => {
                let element = Element::from_number(value);
                let (got, limit) = (element.len(), self.limits.max_script_num_len);
                if got > limit {
                    return Err(ScriptError::ResultTooLong { got, limit });
                }
                self.metrics.saw_number(got);
                element
            }
        };
        self.stacks.replace(count, element)
    }

    fn unary(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.check_number(0)?;
        let a = self.operand(0)?;
        let is_zero = a.sign() == Sign::NoSign;
        let found = match opcode {
            Opcode::OP_1ADD => Found::Number(a.as_ref() + 1),
            Opcode::OP_1SUB => Found::Number(a.as_ref() - 1),
            Opcode::OP_NEGATE => Found::Number(-a.into_owned()),
            Opcode::OP_ABS => Found::Number(a.magnitude().clone().into()),
            Opcode::OP_NOT => Found::Truth(is_zero),
            Opcode::OP_0NOTEQUAL => Found::Truth(!is_zero),
            _ => return Err(not_mine(opcode)),
        };
        self.answer(1, found)
    }

    fn binary(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        self.check_number(1)?;
        self.check_number(0)?;
        let (a, b) = (self.operand(1)?, self.operand(0)?);
        let found = compute(opcode, &a, &b, self.limits.max_script_num_len)?;
        match (opcode, &found) {
            (Opcode::OP_NUMEQUALVERIFY, Found::Truth(false)) => Err(ScriptError::NumEqualVerify),
            (Opcode::OP_NUMEQUALVERIFY, _) => self.stacks.drop_many(2),
            _ => self.answer(2, found),
        }
    }

    fn within(&mut self) -> Result<(), ScriptError> {
        self.stacks.need(3)?;
        for depth in [2, 1, 0] {
            self.check_number(depth)?;
        }
        let x = self.operand(2)?;
        let inside = self.operand(1)? <= x && x < self.operand(0)?;
        self.answer(3, Found::Truth(inside))
    }
}

fn compute(opcode: Opcode, a: &BigInt, b: &BigInt, max_len: usize) -> Result<Found, ScriptError> {
    let is_zero = |n: &BigInt| n.sign() == Sign::NoSign;
    Ok(match opcode {
        Opcode::OP_ADD => Found::Number(a + b),
        Opcode::OP_SUB => Found::Number(a - b),
        Opcode::OP_MUL => Found::Number(multiply(a, b, max_len)?),
        Opcode::OP_DIV if is_zero(b) => return Err(ScriptError::DivisionByZero),
        Opcode::OP_DIV => Found::Number(a / b),
        Opcode::OP_MOD if is_zero(b) => return Err(ScriptError::ModuloByZero),
        // As in the node, the remainder has the sign of the dividend.
        Opcode::OP_MOD => Found::Number(a % b),
        Opcode::OP_BOOLAND => Found::Truth(!is_zero(a) && !is_zero(b)),
        Opcode::OP_BOOLOR => Found::Truth(!is_zero(a) || !is_zero(b)),
        Opcode::OP_NUMEQUAL | Opcode::OP_NUMEQUALVERIFY => Found::Truth(a == b),
        Opcode::OP_NUMNOTEQUAL => Found::Truth(a != b),
        Opcode::OP_LESSTHAN => Found::Truth(a < b),
        Opcode::OP_GREATERTHAN => Found::Truth(a > b),
        Opcode::OP_LESSTHANOREQUAL => Found::Truth(a <= b),
        Opcode::OP_GREATERTHANOREQUAL => Found::Truth(a >= b),
        Opcode::OP_MIN => Found::Number(a.min(b).clone()),
        Opcode::OP_MAX => Found::Number(a.max(b).clone()),
        _ => return Err(not_mine(opcode)),
    })
}

/// The product, refused before it is computed if it is surely too long.
fn multiply(a: &BigInt, b: &BigInt, limit: usize) -> Result<BigInt, ScriptError> {
    // Non-zero factors of m and n bits have a product of m + n - 1 bits or one more. With a factor zero the estimate is
    // below the other factor, whose length has been checked.
    let least_bits = (a.bits() + b.bits()).saturating_sub(1);
    let got = script_num::len_for_bits(least_bits) as usize;
    if got > limit { Err(ScriptError::ResultTooLong { got, limit }) } else { Ok(a * b) }
}
