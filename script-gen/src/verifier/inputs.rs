//! Public inputs given at spending, as the script reads them.

use super::{
    layout::Layout,
    public_input::{Form, OpenInput},
    slots::Slots,
};
use crate::{
    bn254::scalar_modulus,
    ir::{Builder, Bytes, Leaf, Num, Table},
};

/// Swaps of two bits of the index that turn a number's bits into digits: from 4 rows of 64 bits to 64 digits of 4 bits,
/// the index's two top bits must become its lowest. Each pair is the distance of the bits swapped, by weights in the
/// index: `(128, 32)` swaps the bits that weigh 128 and 32.
const INDEX_SWAPS: [(usize, usize); 6] = [(128, 32), (64, 16), (32, 8), (16, 4), (8, 2), (4, 1)];

/// Fails unless the spender's bytes are ones the encoding allows, and answers the digits in order of use.
pub(super) fn verify_input(b: &mut Builder, input: &OpenInput, bytes: Bytes) -> Bytes {
    let bytes = b.verify_len(bytes);
    if let Some(mask) = input.forbidden_bits() {
        let mask = b.bytes(mask);
        let forbidden = b.and(bytes, mask);
        // Read as signed, a lone top bit would be a negative zero.
        let forbidden = b.unsigned_number(forbidden);
        let zero = b.int(0);
        b.verify_equal(forbidden, zero);
    }
    match input.form {
        Form::Digits => bytes,
        Form::Number => {
            let number = b.unsigned_number(bytes);
            let modulus = b.int(scalar_modulus());
            b.verify_less(number, modulus);
            digits_of_number(b, bytes)
        }
    }
}

/// The digits of a number of 32 little-endian bytes, four bits each, in order of use.
fn digits_of_number(b: &mut Builder, number: Bytes) -> Bytes {
    let mut bits = number;
    for (far, near) in INDEX_SWAPS {
        bits = swap_index_bits(b, bits, far, near);
    }
    // The bytes of a number run from the lowest up: digits of its eight groups come out lowest group first.
    let mut reversed: Option<Bytes> = None;
    let mut rest = bits;
    while rest.len > GROUP_LEN {
        let (group, tail) = b.split(rest, GROUP_LEN);
        reversed = Some(reversed.map_or(group, |done| b.cat(group, done)));
        rest = tail;
    }
    reversed.map_or(rest, |done| b.cat(rest, done))
}

/// Bytes of the digits of one byte of each of four rows.
const GROUP_LEN: usize = 4;

/// Exchanges bits of a byte string: the bit at index k, the highest bit of the first byte being 0, goes to where k's bits
/// of weights `far` and `near` are swapped.
fn swap_index_bits(b: &mut Builder, bytes: Bytes, far: usize, near: usize) -> Bytes {
    let shift = far - near;
    // A bit with near set and far clear lies `shift` before its partner.
    let is_first = |k: usize| k & near != 0 && k & far == 0;
    let mut mask = vec![0u8; bytes.len];
    for k in (0..8 * bytes.len).filter(|k| is_first(*k)) {
        // The difference is formed at the later of the two.
        let at = k + shift;
        mask[at / 8] |= 0x80 >> (at % 8);
    }
    let mask = periodic(b, &mask);
    let moved = b.shift_right(bytes, shift);
    let difference = b.xor(moved, bytes);
    let difference = b.and(difference, mask);
    let back = b.shift_left(difference, shift);
    let bits = b.xor(bytes, difference);
    b.xor(bits, back)
}

/// Pushes bytes by their shortest period, doubled until they are whole.
fn periodic(b: &mut Builder, bytes: &[u8]) -> Bytes {
    let is_period = |p: &usize| bytes.chunks(*p).all(|chunk| chunk == &bytes[..*p]);
    let period = std::iter::successors(Some(1), |p| Some(2 * p)).find(is_period).unwrap_or(bytes.len());
    let mut out = b.bytes(bytes[..period].to_vec());
    while out.len < bytes.len() {
        out = b.cat(out, out);
    }
    out
}

/// Lays out the tables of all open inputs, entry 0 of each nearest the top; answers them in the inputs' order. The slots
/// hold upper halves, and the conjugate of entry m, which has the opposite even part, is the entry of m's complement.
pub(super) fn push_tables(b: &mut Builder, slots: Vec<Slots>, layout: &Layout) -> Vec<Table> {
    let mut tables: Vec<Option<Table>> = vec![None; layout.inputs.len()];
    for (group, slots) in layout.table_groups().zip(slots) {
        let mut rest = slots;
        for k in group.clone().rev() {
            let below: usize = layout.inputs[group.start..k].iter().map(OpenInput::n_constants).sum();
            let own = if below == 0 {
                rest
            } else {
                let (others, own) = rest.split_at(b, below);
                rest = others;
                own
            };
            tables[k] = Some(push_table(b, own, layout.inputs[k].n_constants()));
        }
    }
    tables.into_iter().flatten().collect()
}

fn push_table(b: &mut Builder, mut upper_half: Slots, n_constants: usize) -> Table {
    let mut take = |b: &mut Builder| {
        let entry = upper_half.take_last(b);
        b.raise(entry)
    };
    let upper: Vec<Num> = (0..n_constants).map(|_| take(b)).collect();
    let lower: Vec<Num> = upper.iter().rev().map(|entry| b.neg(*entry)).collect();
    let entries: Vec<Num> = upper.into_iter().chain(lower).rev().collect();
    b.table(&entries)
}

/// Reads an open input digit by digit.
#[derive(Debug)]
pub(super) struct DigitReader {
    shape: OpenInput,
    rest: Bytes,
    table: Table,
    /// The byte that is being read.
    byte: Option<Bytes>,
    entries: Vec<Num>,
}

impl DigitReader {
    pub(super) const fn new(shape: OpenInput, digits: Bytes, table: Table) -> Self {
        Self { shape, rest: digits, table, byte: None, entries: Vec::new() }
    }

    /// The table entry of a digit: the next one, or one read before.
    pub(super) fn entry(&mut self, b: &mut Builder, input: usize, digit: usize) -> Num {
        if digit == self.entries.len() {
            let value = self.next_digit(b);
            // As many bits as the table has entries for.
            let entry = b.lookup(&self.table, value);
            b.mark(Leaf::TableEntry { input, digit }, entry);
            self.entries.push(entry);
        }
        self.entries[digit]
    }

    fn next_digit(&mut self, b: &mut Builder) -> Num {
        let (_, shift) = self.shape.field(self.entries.len());
        let field_bits = self.shape.field_bits();
        let is_first = shift + field_bits == 8;
        let byte = match self.byte.take() {
            Some(byte) => byte,
            None if self.rest.len == 1 => self.rest,
            None => {
                let (byte, rest) = b.split(self.rest, 1);
                self.rest = rest;
                byte
            }
        };
        self.byte = (shift > 0).then_some(byte);
        let lowered = if shift > 0 { b.shift_right(byte, shift) } else { byte };
        let field = if is_first {
            lowered
        } else {
            let mask = b.inline_byte((1 << field_bits) - 1);
            b.and(lowered, mask)
        };
        b.number_below(field, field_bits as u64)
    }
}
