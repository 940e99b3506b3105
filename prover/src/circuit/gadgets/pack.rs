//! Dense packing of range-checked integers into public inputs.

use super::range::MAX_RANGE_BITS;
use crate::circuit::build::Builder;
use crate::circuit::r1cs::Linear;
use num_bigint::{BigInt, BigUint};
use num_traits::Zero;

/// How many integers, each moved into `0 .. 2^bits`, share a public input: the first stands in the lowest bits.
///
/// At most 253 bits, so a packed element is below r and the packing is injective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    offset: BigInt,
    bits: usize,
    len: usize,
}

impl Packing {
    /// Packs `len` integers of `lo..=hi`, an interval of at most 253 bits (the loader's bounds ensure it).
    pub(crate) fn new(lo: &BigInt, hi: &BigInt, len: usize) -> Self {
        Self { offset: lo.clone(), bits: ((hi - lo).bits() as usize).clamp(1, MAX_RANGE_BITS), len }
    }

    /// What is added to a packed number to give the integer: the least integer that can be packed.
    pub const fn offset(&self) -> &BigInt {
        &self.offset
    }

    /// Bits of a packed number.
    pub const fn bits(&self) -> usize {
        self.bits
    }

    /// Number of integers.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is packed.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Integers per public input.
    pub const fn per_element(&self) -> usize {
        MAX_RANGE_BITS / self.bits
    }

    /// Number of public inputs.
    pub const fn n_elements(&self) -> usize {
        self.len.div_ceil(self.per_element())
    }

    /// Bits of public input `element`.
    pub(crate) fn element_bits(&self, element: usize) -> u32 {
        let held = (self.len - element * self.per_element()).min(self.per_element());
        (held * self.bits) as u32
    }

    /// The public inputs for `values`; `None` if there are not [`Packing::len`] of them or one does not fit.
    pub fn pack(&self, values: &[BigInt]) -> Option<Vec<BigUint>> {
        let fits = |value: &BigInt| {
            let moved = (value - &self.offset).to_biguint()?;
            (moved.bits() as usize <= self.bits).then_some(moved)
        };
        let moved: Vec<_> = values.iter().map(fits).collect::<Option<_>>()?;
        let element = |chunk: &[BigUint]| {
            chunk.iter().rev().fold(BigUint::zero(), |element, value| (element << self.bits) + value)
        };
        (values.len() == self.len).then(|| moved.chunks(self.per_element()).map(element).collect())
    }

    /// The integers in `elements`; `None` if there are not [`Packing::n_elements`] of them or one is too large.
    pub fn unpack(&self, elements: &[BigUint]) -> Option<Vec<BigInt>> {
        let mask = (BigUint::from(1u8) << self.bits) - 1u8;
        let mut values = Vec::with_capacity(self.len);
        for (k, element) in elements.iter().enumerate() {
            let held = self.len.checked_sub(k * self.per_element())?.min(self.per_element());
            if element.bits() as usize > held * self.bits {
                return None;
            }
            let value = |place: usize| BigInt::from((element >> (place * self.bits)) & &mask) + &self.offset;
            values.extend((0..held).map(value));
        }
        (elements.len() == self.n_elements()).then_some(values)
    }

    /// Element by element, what a public input has to equal: `values` must lie in the packing's range.
    pub(crate) fn linear(&self, builder: &Builder, values: &[Linear]) -> Vec<Linear> {
        let offset = crate::circuit::field_element(&self.offset);
        let element = |chunk: &[Linear]| {
            let mut sum = Linear::default();
            for (place, value) in chunk.iter().enumerate() {
                let weight = builder.power(place * self.bits);
                sum.add_scaled(weight, value);
                sum.add(-weight * offset, crate::circuit::r1cs::WireIdx::ONE);
            }
            sum
        };
        values.chunks(self.per_element()).map(element).collect()
    }
}
