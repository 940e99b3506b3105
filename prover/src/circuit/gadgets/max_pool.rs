//! The largest of several values.

use super::range::{Ceiling, bits_of};
use crate::circuit::build::Builder;
use crate::circuit::derive::Side;
use crate::circuit::error::CircuitError;
use crate::circuit::name::Label;
use crate::circuit::r1cs::Linear;
use crate::circuit::value::Value;
use crate::model::Interval;
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Labels of the wires of a layer of maxima; member `index * steps + step`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxLabels {
    leads: Label,
    excess: Label,
    distance: Label,
}

impl MaxLabels {
    /// The labels of layer `scope`.
    pub(crate) fn new(builder: &mut Builder, scope: &str) -> Self {
        let mut label = |role: &str| builder.label(&format!("{scope}.{role}"));
        Self { leads: label("leads"), excess: label("excess"), distance: label("distance") }
    }
}

/// Bits of the largest distance between two values whose difference is in `lo..=hi`.
fn distance_bits(lo: &BigInt, hi: &BigInt) -> usize {
    bits_of(&hi.max(&-lo).clone())
}

/// Constraints of [`Builder::maximum`] of values in these intervals: `K + 2` per value after the first, K bits of its
/// largest distance from the maximum so far; none where one of the two is always the larger.
pub(crate) fn n_max_constraints<'a>(mut ranges: impl Iterator<Item = &'a Interval>) -> usize {
    let Some(mut largest) = ranges.next().cloned() else { return 0 };
    let mut constraints = 0;
    for next in ranges {
        let (least, most) = (next.lo() - largest.hi(), next.hi() - largest.lo());
        if least.is_negative() && most.is_positive() {
            constraints += distance_bits(&least, &most) + 2;
        }
        largest = largest.max(next);
    }
    constraints
}

impl Builder {
    /// The largest of `values`, at least one of them. [`n_max_constraints`].
    ///
    /// Step by step: with m the maximum so far, `max(m, x) = m + max(x - m, 0)`: a flag s, the product
    /// `e = s (x - m)`, and a range check of `2 e - (x - m)`, which is the absolute value of x - m if s is right and
    /// negative if it is wrong.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a wrong flag could pass modulo r.
    pub(crate) fn maximum<'a>(
        &mut self,
        labels: &MaxLabels,
        first_index: usize,
        mut values: impl Iterator<Item = &'a Value>,
    ) -> Result<Value, CircuitError> {
        let mut largest = values.next().cloned().unwrap_or_else(|| Value::constant(&BigInt::zero()));
        for (step, value) in values.enumerate() {
            let index = first_index + step;
            let difference = value.clone().minus(&largest);
            if !difference.hi.is_positive() {
                continue;
            }
            if !difference.lo.is_negative() {
                largest = value.clone();
                continue;
            }
            let leads = self.boolean(labels.leads.at(index));
            let row = self.next_row();
            let derivation = self.at_least(Side::Right, row, leads, &BigInt::zero());
            self.derive(derivation);
            let excess = self.product(labels.excess.at(index), Linear::wire(leads), difference.linear.clone());
            let bits = distance_bits(&difference.lo, &difference.hi);
            let mut linear = Linear::wire(excess).plus(Fr::one(), excess);
            linear.add_scaled(-Fr::one(), &difference.linear);
            // Either sign of the difference may stand here, as the flag may be wrong.
            let end = BigInt::one() << bits;
            self.check_no_wrap(labels.distance.at(index), &-&end, &end, bits)?;
            self.decompose(labels.distance.at(index), &linear, bits, None::<&Ceiling<'_>>);
            largest.linear.add(Fr::one(), excess);
            largest.lo = largest.lo.max(value.lo.clone());
            largest.hi = largest.hi.max(value.hi.clone());
        }
        Ok(largest)
    }
}
