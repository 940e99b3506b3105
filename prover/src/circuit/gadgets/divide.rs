//! Division by a constant with a remainder, and rounding division.

use super::range::{Ceiling, bits_of, n_range_constraints};
use crate::circuit::build::Builder;
use crate::circuit::derive::Derivation;
use crate::circuit::error::CircuitError;
use crate::circuit::field_element;
use crate::circuit::name::{Label, Wire};
use crate::circuit::r1cs::Linear;
use crate::circuit::value::Value;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// Labels of a quotient and its remainder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DivisionLabels {
    pub(crate) quotient: Label,
    pub(crate) remainder: Label,
}

/// `floor(d / 2)`, which rounds a quotient by `d` to the nearest integer, halves up.
pub(crate) fn half(divisor: u64) -> BigInt {
    BigInt::from(divisor / 2)
}

/// Constraints of [`Builder::divide`]: those of the remainder's check for `0..divisor`, and one per quotient bit.
pub(crate) fn n_divide_constraints(divisor: u64, quotient_bits: usize) -> usize {
    let remainder = if divisor == 1 { 0 } else { n_range_constraints(&BigInt::from(divisor - 1)) };
    remainder + quotient_bits.max(1)
}

/// Constraints of [`Builder::rescale`] for a value in `lo..=hi`.
pub(crate) fn n_rescale_constraints(lo: &BigInt, hi: &BigInt, divisor: u64) -> usize {
    let (low, high) = quotient_ends(lo, hi, divisor);
    n_divide_constraints(divisor, bits_of(&(high - low)))
}

/// Least and largest rounded quotient of a value in `lo..=hi`.
fn quotient_ends(lo: &BigInt, hi: &BigInt, divisor: u64) -> (BigInt, BigInt) {
    let (half, divisor) = (half(divisor), BigInt::from(divisor));
    ((lo + &half).div_floor(&divisor), (hi + half).div_floor(&divisor))
}

impl Builder {
    /// `floor(value / divisor)`, and proof that `value` is not negative: quotient and remainder with
    /// `value = divisor * quotient + remainder`, the remainder in `0..divisor`, the quotient a number of
    /// `quotient_bits` bits (below the ceiling, if there is one). [`n_divide_constraints`] and those of the ceiling.
    /// Returned with the index of a constraint whose left factor is `value` and later wires.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if the equation could hold modulo r and not over the integers.
    pub(super) fn divide(
        &mut self,
        labels: DivisionLabels,
        index: usize,
        value: &Value,
        divisor: u64,
        quotient_bits: usize,
        ceiling: Option<&Ceiling<'_>>,
    ) -> Result<(Value, u32), CircuitError> {
        let name = labels.quotient.at(index);
        let d = BigInt::from(divisor);
        // The largest number that quotient and remainder can make up is `d 2^bits - 1`.
        let most = &d << quotient_bits;
        self.check_no_wrap_below(name, value, &most)?;
        let hi = (value.hi.div_floor(&d)).min((BigInt::one() << quotient_bits) - 1).max(BigInt::zero());
        if divisor == 1 {
            let row = self.decompose(name, &value.linear, quotient_bits, ceiling);
            return Ok((Value { linear: value.linear.clone(), lo: value.lo.clone().max(BigInt::zero()), hi }, row));
        }
        let quotient = self.witness(name);
        let mut remainder = value.linear.clone();
        remainder.add(-field_element(&d), quotient);
        let position = self.derivations.len();
        let largest = &d - 1;
        let checked = Ceiling { gate: None, max: &largest };
        let row = self.decompose(labels.remainder.at(index), &remainder, bits_of(&largest), Some(&checked));
        // The quotient comes first: the remainder's bits follow from it.
        self.derivations.insert(position, Derivation::Quotient { row, wire: quotient, divisor });
        self.decompose(name, &Linear::wire(quotient), quotient_bits, ceiling);
        let lo = if value.lo.is_positive() { value.lo.div_floor(&d) } else { BigInt::zero() };
        Ok((Value::wire(quotient, lo, hi), row))
    }

    fn check_no_wrap_below(&self, name: Wire, value: &Value, most: &BigInt) -> Result<(), CircuitError> {
        // As many bits as `most - 1` has; the check's own bound is that power of two.
        self.check_no_wrap(name, &value.lo, &value.hi, bits_of(&(most - 1)))
    }

    /// `floor((value + floor(divisor / 2)) / divisor)`: the nearest integer, halves up, also of negative numbers.
    /// [`n_rescale_constraints`]: for a divisor 2^t and quotients in a span of 2^q numbers `t + q`.
    ///
    /// The value is moved up by a multiple of the divisor until it cannot be negative, and the quotient back down.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] as for [`Builder::divide`].
    pub(crate) fn rescale(
        &mut self,
        labels: DivisionLabels,
        index: usize,
        value: &Value,
        divisor: u64,
    ) -> Result<Value, CircuitError> {
        let (low, high) = quotient_ends(&value.lo, &value.hi, divisor);
        let moved = value.clone().plus(&(half(divisor) - &low * divisor));
        let (quotient, _) = self.divide(labels, index, &moved, divisor, bits_of(&(high - &low)), None)?;
        Ok(quotient.plus(&low))
    }
}
