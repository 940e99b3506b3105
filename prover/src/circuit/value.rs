//! Circuit values with proven bounds.

use super::field_element;
use super::r1cs::{Linear, WireIdx};
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;

/// An integer as a linear combination of wires, with an interval that contains it **under every satisfying
/// assignment** of the constraints so far, honest or not.
///
/// The linear combination is the integer's residue modulo r. Interval arithmetic is over the integers, so the interval
/// may even be wider than r: only range checks draw conclusions from residues, and they check that they may.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) linear: Linear,
    pub(crate) lo: BigInt,
    pub(crate) hi: BigInt,
}

impl Value {
    pub(crate) fn constant(value: &BigInt) -> Self {
        Self { linear: Linear::constant(field_element(value)), lo: value.clone(), hi: value.clone() }
    }

    /// A wire whose value some constraint keeps within `lo..=hi`.
    pub(crate) fn wire(wire: WireIdx, lo: BigInt, hi: BigInt) -> Self {
        Self { linear: Linear::wire(wire), lo, hi }
    }

    /// `self + constant`.
    pub(crate) fn plus(mut self, constant: &BigInt) -> Self {
        self.linear.add(field_element(constant), WireIdx::ONE);
        self.lo += constant;
        self.hi += constant;
        self
    }

    /// `self + other`.
    pub(crate) fn sum(mut self, other: &Self) -> Self {
        self.linear.add_scaled(Fr::one(), &other.linear);
        self.lo += &other.lo;
        self.hi += &other.hi;
        self
    }

    /// `self - other`.
    pub(crate) fn minus(mut self, other: &Self) -> Self {
        self.linear.add_scaled(-Fr::one(), &other.linear);
        self.lo -= &other.hi;
        self.hi -= &other.lo;
        self
    }

    /// The interval of `self * other`; of `self * self` it is not negative.
    pub(crate) fn product_range(&self, other: &Self) -> (BigInt, BigInt) {
        let ends = [&self.lo * &other.lo, &self.lo * &other.hi, &self.hi * &other.lo, &self.hi * &other.hi];
        let (mut lo, mut hi) = (ends[0].clone(), ends[0].clone());
        for end in ends {
            if end < lo {
                lo = end;
            } else if end > hi {
                hi = end;
            }
        }
        (lo, hi)
    }
}
