//! Opcodes that work on byte strings: joining, cutting, bitwise logic, shifts, conversion from and to numbers.

use chain_types::{Opcode, script_num};
use num_bigint::Sign;
use num_traits::ToPrimitive;

use super::not_mine;
use crate::{Element, ScriptError, evaluation::Evaluation};

impl Evaluation<'_> {
    /// Opcodes 0x7e to 0x88, 0x98 and 0x99.
    pub(crate) fn bytes_op(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        match opcode {
            Opcode::OP_CAT => self.cat(),
            Opcode::OP_SPLIT => self.split(),
            Opcode::OP_NUM2BIN => self.num2bin(),
            Opcode::OP_BIN2NUM => self.bin2num(),
            Opcode::OP_SIZE => {
                let len = self.stacks.peek(0)?.len();
                self.stacks.push(Element::from_number(len.into()))
            }
            Opcode::OP_INVERT => {
                let inverted: Vec<u8> = self.stacks.peek(0)?.bytes().iter().map(|byte| !byte).collect();
                self.stacks.replace(1, inverted.into())
            }
            Opcode::OP_AND => self.bitwise(|a, b| a & b),
            Opcode::OP_OR => self.bitwise(|a, b| a | b),
            Opcode::OP_XOR => self.bitwise(|a, b| a ^ b),
            Opcode::OP_EQUAL | Opcode::OP_EQUALVERIFY => self.equal(opcode),
            Opcode::OP_LSHIFT => self.shift(shift_left),
            Opcode::OP_RSHIFT => self.shift(shift_right),
            _ => Err(not_mine(opcode)),
        }
    }

    fn cat(&mut self) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        // The result takes less room than its parts, so the limit cannot be met.
        let right = self.stacks.pop()?;
        let mut joined = self.stacks.pop()?.into_bytes();
        joined.reserve_exact(right.len());
        joined.extend_from_slice(&right.bytes());
        self.stacks.push(joined.into())
    }

    fn split(&mut self) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        let data = self.stacks.peek(1)?.bytes();
        let len = data.len();
        self.check_number(0)?;
        let at = self.stacks.peek(0)?.number().to_usize().filter(|at| *at <= len);
        let at = at.ok_or(ScriptError::SplitOutOfRange { len })?;
        self.stacks.drop_many(1)?;
        // Two copies: cutting in place would leave the left part with the whole's memory.
        let data = self.stacks.pop()?.into_bytes();
        self.stacks.push(data[..at].to_vec().into())?;
        self.stacks.push(data[at..].to_vec().into())
    }

    fn num2bin(&mut self) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        self.check_number(0)?;
        let wanted = self.stacks.peek(0)?.number().to_i32().and_then(|n| usize::try_from(n).ok());
        let wanted = wanted.ok_or(ScriptError::Num2BinLength)?;
        let mut bytes = minimal_bytes(self.stacks.peek(1)?);
        if bytes.len() > wanted {
            return Err(ScriptError::Num2BinTooShort { got: bytes.len(), wanted });
        }
        let freed =
            self.stacks.peek(0)?.len() + self.stacks.peek(1)?.len() + chain_types::ScriptLimits::ELEMENT_OVERHEAD;
        self.stacks.check_room(freed, wanted)?;
        if bytes.len() < wanted {
            let sign = bytes.last_mut().map_or(0, |top| {
                let sign = *top & 0x80;
                *top &= 0x7f;
                sign
            });
            bytes.reserve_exact(wanted - bytes.len());
            bytes.resize(wanted, 0);
            // `wanted` is over the old length, so there is a last byte.
            bytes[wanted - 1] |= sign;
        }
        self.stacks.replace(2, bytes.into())
    }

    fn bin2num(&mut self) -> Result<(), ScriptError> {
        let bytes = minimal_bytes(self.stacks.peek(0)?);
        let (got, limit) = (bytes.len(), self.limits.max_script_num_len);
        if got > limit {
            return Err(ScriptError::Bin2NumTooLong { got, limit });
        }
        self.metrics.saw_number(got);
        self.stacks.replace(1, Element::from_number(script_num::decode(&bytes)))
    }

    fn bitwise(&mut self, combine: fn(u8, u8) -> u8) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        let (a, b) = (self.stacks.peek(1)?.bytes(), self.stacks.peek(0)?.bytes());
        if a.len() != b.len() {
            return Err(ScriptError::OperandLengths { left: a.len(), right: b.len() });
        }
        let combined: Vec<u8> = a.iter().zip(b.iter()).map(|(a, b)| combine(*a, *b)).collect();
        self.stacks.replace(2, combined.into())
    }

    fn equal(&mut self, opcode: Opcode) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        let equal = self.stacks.peek(1)? == self.stacks.peek(0)?;
        match (opcode, equal) {
            (Opcode::OP_EQUALVERIFY, false) => Err(ScriptError::EqualVerify),
            (Opcode::OP_EQUALVERIFY, true) => self.stacks.drop_many(2),
            _ => self.stacks.replace(2, Element::from_truth(equal)),
        }
    }

    fn shift(&mut self, by: fn(&[u8], usize) -> Vec<u8>) -> Result<(), ScriptError> {
        self.stacks.need(2)?;
        self.check_number(0)?;
        let bits = self.stacks.peek(0)?.number();
        if bits.sign() == Sign::Minus {
            return Err(ScriptError::NegativeShift);
        }
        let data = self.stacks.peek(1)?.bytes();
        let shifted = match bits.to_usize().filter(|bits| bits / 8 < data.len()) {
            Some(bits) => by(&data, bits),
            None => vec![0; data.len()],
        };
        self.stacks.replace(2, shifted.into())
    }
}

/// The shortest encoding of the number an element stands for.
fn minimal_bytes(element: &Element) -> Vec<u8> {
    script_num::minimize(&element.bytes())
}

/// Moves the string's bits towards its first byte, zeros following. `bits` is below 8 for each byte of `data`.
fn shift_left(data: &[u8], bits: usize) -> Vec<u8> {
    let (whole, part) = (bits / 8, bits % 8);
    let at = |i: usize| u16::from(data.get(i).copied().unwrap_or(0));
    (0..data.len()).map(|i| ((at(i + whole) << 8 | at(i + whole + 1)) << part >> 8) as u8).collect()
}

/// Moves the string's bits towards its last byte, zeros leading. `bits` is below 8 for each byte of `data`.
fn shift_right(data: &[u8], bits: usize) -> Vec<u8> {
    let (whole, part) = (bits / 8, bits % 8);
    let at = |i: Option<usize>| u16::from(i.map_or(0, |i| data[i]));
    (0..data.len())
        .map(|i| {
            let low = i.checked_sub(whole);
            ((at(low.and_then(|i| i.checked_sub(1))) << 8 | at(low)) >> part) as u8
        })
        .collect()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    #[test]
    fn shift__every_count__agrees_with_one_big_number() {
        for data in [vec![0xa5], vec![0x81, 0x7e], vec![1, 2, 3], vec![0xff, 0, 0xff, 0x10, 0x01]] {
            let number = BigUint::from_bytes_be(&data);
            let mask = (BigUint::from(1u8) << (8 * data.len())) - 1u8;
            for bits in 0..8 * data.len() {
                let left = BigUint::from_bytes_be(&shift_left(&data, bits));
                assert_eq!(left, (&number << bits) & &mask, "{data:02x?} << {bits}");
                let right = BigUint::from_bytes_be(&shift_right(&data, bits));
                assert_eq!(right, &number >> bits, "{data:02x?} >> {bits}");
            }
        }
    }
}
