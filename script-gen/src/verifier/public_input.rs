//! Public inputs given at spending: as bytes on the stack, as digits, as the scalar they stand for.
//!
//! An input of N bits is written as n digits of `width` bits: bit j of digit i (from 0, in order of use) weighs
//! `2^(n - 1 - i + n row(j))`. The squarings of the Miller loop give a digit its place, the table entry the rows'
//! (docs/math/verifier.md, "Public inputs").

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

use crate::{
    bn254::N_DOUBLINGS,
    error::{BuildError, HintError},
};

/// How a public input of the key enters the locking script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicInput {
    /// Its value is fixed at deployment and folded into a constant: it costs no byte.
    Fixed(Fr),
    /// Given at spending, below `2^bits`, 1 to 253 bits: the bytes it is given in cannot say more.
    Bits(u32),
    /// Given at spending, any element of the scalar field: the script checks that its bytes are below r.
    Full,
}

/// Most bits of a public input that need no comparison with r: all below `2^253 < r`.
pub const MAX_INPUT_BITS: u32 = 253;

/// Bytes of an input that is given as a number.
const NUMBER_LEN: usize = 32;
/// Most rows, hence bits of a digit. Tables double with each.
const MAX_WIDTH: usize = 4;
/// Bytes of one digit's work in the loop, of one constant of a table with its slot read: measured, for the choice alone.
const DIGIT_COST: usize = 25;
const ENTRY_COST: usize = 140;

/// What the spender's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The digits, in order of use.
    Digits,
    /// The value, little-endian: the script compares it with r and finds the digits.
    Number,
}

/// A public input given at spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenInput {
    /// Which of the key's public inputs it is, from 0.
    pub(crate) index: usize,
    /// Rows: bits of a digit.
    pub(crate) width: usize,
    /// Digits, one a step of the loop's end.
    pub(crate) n_digits: usize,
    pub(crate) form: Form,
    bits: usize,
}

impl OpenInput {
    /// The open inputs among those of a key, each in the shape with the fewest bytes.
    pub(crate) fn of(inputs: &[PublicInput]) -> Result<Vec<Self>, BuildError> {
        let open = inputs.iter().enumerate().filter_map(|(index, input)| match input {
            PublicInput::Fixed(_) => None,
            PublicInput::Bits(bits) if (1..=MAX_INPUT_BITS).contains(bits) => {
                Some(Ok(Self::of_bits(index, *bits as usize)))
            }
            PublicInput::Bits(bits) => Some(Err(BuildError::InputBits { index, found: *bits })),
            PublicInput::Full => Some(Ok(Self::full(index))),
        });
        open.collect()
    }

    fn of_bits(index: usize, bits: usize) -> Self {
        let shapes = (1..=MAX_WIDTH).filter(|width| bits <= width * N_DOUBLINGS);
        let shapes =
            shapes.map(|width| Self { index, width, n_digits: bits.div_ceil(width), form: Form::Digits, bits });
        let cost = |shape: &Self| (ENTRY_COST << (shape.width - 1)) + DIGIT_COST * shape.n_digits + shape.len();
        shapes.min_by_key(cost).expect("four rows take 253 bits")
    }

    const fn full(index: usize) -> Self {
        let bits = Fr::MODULUS_BIT_SIZE as usize;
        Self { index, width: MAX_WIDTH, n_digits: N_DOUBLINGS, form: Form::Number, bits }
    }

    /// Constants of its table: half of its digits' values.
    pub(crate) const fn n_constants(&self) -> usize {
        1 << (self.width - 1)
    }

    /// Bits that a digit takes in the spender's bytes: as many whole digits as fit a byte, all equal.
    pub(crate) const fn field_bits(&self) -> usize {
        if self.width == 3 { 4 } else { self.width }
    }

    /// Bytes in which it is given.
    pub(crate) const fn len(&self) -> usize {
        match self.form {
            Form::Digits => (self.n_digits * self.field_bits()).div_ceil(8),
            Form::Number => NUMBER_LEN,
        }
    }

    /// The place of bit `j` of digit `i` in the value.
    pub(crate) const fn weight_log(&self, i: usize, j: usize) -> usize {
        let row = match self.form {
            Form::Digits => j,
            // Rows lie in a number from its lowest bits up, and so come out of it with the highest bit of a digit first.
            Form::Number => self.width - 1 - j,
        };
        self.n_digits - 1 - i + self.n_digits * row
    }

    /// The value as the spender's bytes.
    ///
    /// # Errors
    /// [`HintError::InputTooLarge`] if it has more bits than the script takes.
    pub(crate) fn encode(&self, value: Fr) -> Result<Vec<u8>, HintError> {
        let value = value.into_bigint();
        if value.num_bits() as usize > self.bits {
            return Err(HintError::InputTooLarge {
                index: self.index,
                bits: value.num_bits(),
                limit: self.bits as u32,
            });
        }
        let mut bytes = vec![0; self.len()];
        match self.form {
            Form::Number => bytes.copy_from_slice(&value.to_bytes_le()),
            Form::Digits => {
                for i in 0..self.n_digits {
                    let digit =
                        (0..self.width).filter(|j| value.get_bit(self.weight_log(i, *j))).map(|j| 1 << j).sum::<u8>();
                    let (byte, shift) = self.field(i);
                    bytes[byte] |= digit << shift;
                }
            }
        }
        Ok(bytes)
    }

    /// The value in the spender's bytes; `None` if the script takes no such bytes.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Option<Fr> {
        if bytes.len() != self.len() {
            return None;
        }
        let mut bits = vec![false; self.n_digits * self.width];
        for (i, digit) in self.digits(bytes).into_iter().enumerate() {
            (0..self.width).for_each(|j| bits[self.weight_log(i, j)] = digit >> j & 1 == 1);
        }
        let value = Fr::from_bigint(BigInteger::from_bits_le(&bits))?;
        // One value has one encoding.
        (self.encode(value).ok()? == bytes).then_some(value)
    }

    /// The byte in which digit `i` lies, and how far above its lowest bit.
    pub(crate) const fn field(&self, i: usize) -> (usize, usize) {
        let at = i * self.field_bits();
        (at / 8, 8 - self.field_bits() - at % 8)
    }

    /// The digits that the script reads from these bytes, in order of use.
    pub(crate) fn digits(&self, bytes: &[u8]) -> Vec<usize> {
        let bit = |at: usize| usize::from(bytes[at / 8] >> (at % 8) & 1);
        let digit = |i: usize| match self.form {
            Form::Number => (0..self.width).map(|j| bit(self.weight_log(i, j)) << j).sum(),
            Form::Digits => {
                let (byte, shift) = self.field(i);
                usize::from(bytes[byte] >> shift) & ((1 << self.width) - 1)
            }
        };
        (0..self.n_digits).map(digit).collect()
    }

    /// Bits of the spender's bytes that must be zero; `None` if all may be set.
    pub(crate) fn forbidden_bits(&self) -> Option<Vec<u8>> {
        if self.form == Form::Number {
            return None;
        }
        let mut mask = vec![0xff; self.len()];
        for i in 0..self.n_digits {
            let (byte, shift) = self.field(i);
            for j in (0..self.width).filter(|j| self.weight_log(i, *j) < self.bits) {
                mask[byte] &= !(1 << (shift + j));
            }
        }
        mask.iter().any(|byte| *byte != 0).then_some(mask)
    }
}
