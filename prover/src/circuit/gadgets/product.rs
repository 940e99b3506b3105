//! Products and squares of values: one constraint each.

use crate::circuit::build::Builder;
use crate::circuit::name::Wire;
use crate::circuit::value::Value;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

impl Builder {
    /// `left * right`. One constraint.
    pub(crate) fn multiply(&mut self, name: Wire, left: &Value, right: &Value) -> Value {
        let (lo, hi) = left.product_range(right);
        Value::wire(self.product(name, left.linear.clone(), right.linear.clone()), lo, hi)
    }

    /// `value * value`, never negative. One constraint.
    pub(crate) fn square(&mut self, name: Wire, value: &Value) -> Value {
        let (low, high) = (&value.lo * &value.lo, &value.hi * &value.hi);
        let least = if value.lo.is_positive() || value.hi.is_negative() {
            low.clone().min(high.clone())
        } else {
            BigInt::zero()
        };
        Value::wire(self.product(name, value.linear.clone(), value.linear.clone()), least, low.max(high))
    }
}
