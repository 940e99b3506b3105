//! The three kinds of integers that the oracle computes with, and values stored in them.

use num_bigint::BigInt;
use num_integer::Integer as Division;
use num_traits::{Signed, ToPrimitive};
use std::borrow::Cow;
use std::ops::{AddAssign, Mul};

/// Which integers hold every magnitude of some number of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// `i64`
    Narrow,
    /// `i128`
    Middle,
    /// `BigInt`
    Wide,
}

impl Width {
    /// The narrowest integers for magnitudes of `bits` bits.
    pub(super) const fn of(bits: u64) -> Self {
        match bits {
            ..64 => Self::Narrow,
            64..128 => Self::Middle,
            _ => Self::Wide,
        }
    }
}

/// The values of a node, in the narrowest integers that its proven range allows.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Narrow(Vec<i64>),
    Middle(Vec<i128>),
    Wide(Vec<BigInt>),
}

/// An exact integer. Machine integers never wrap: the range analysis chose them wide enough, and were it wrong, the
/// checked arithmetic of the workspace's profiles would stop the program.
pub(super) trait Integer: Clone + Signed + Division + AddAssign + From<i32> + ToBigInt {
    /// A constant of the model, which the range analysis found to fit.
    fn constant(value: &BigInt) -> Self;

    /// The values as this type.
    fn read(values: &Values) -> Cow<'_, [Self]>;

    /// `acc + sum of weights[k] * values[k]`.
    fn dot(acc: Self, weights: &[Self], values: &[Self]) -> Self;
}

/// The way back.
pub(super) trait ToBigInt: ToPrimitive {
    fn to_big(&self) -> BigInt;
}

impl<T: ToPrimitive + Clone + Into<BigInt>> ToBigInt for T {
    fn to_big(&self) -> BigInt {
        self.clone().into()
    }
}

const FITS: &str = "the range analysis counts constants and inputs into the bits of what it reads";

impl Integer for i64 {
    fn constant(value: &BigInt) -> Self {
        value.to_i64().expect(FITS)
    }

    fn read(values: &Values) -> Cow<'_, [Self]> {
        match values {
            Values::Narrow(values) => values.into(),
            Values::Middle(values) => values.iter().map(|value| value.to_i64().expect(FITS)).collect(),
            Values::Wide(values) => values.iter().map(Self::constant).collect(),
        }
    }

    fn dot(acc: Self, weights: &[Self], values: &[Self]) -> Self {
        dot(acc, weights, values)
    }
}

impl Integer for i128 {
    fn constant(value: &BigInt) -> Self {
        value.to_i128().expect(FITS)
    }

    fn read(values: &Values) -> Cow<'_, [Self]> {
        match values {
            Values::Narrow(values) => values.iter().copied().map(Self::from).collect(),
            Values::Middle(values) => values.into(),
            Values::Wide(values) => values.iter().map(Self::constant).collect(),
        }
    }

    fn dot(acc: Self, weights: &[Self], values: &[Self]) -> Self {
        dot(acc, weights, values)
    }
}

impl Integer for BigInt {
    fn constant(value: &BigInt) -> Self {
        value.clone()
    }

    fn read(values: &Values) -> Cow<'_, [Self]> {
        match values {
            Values::Narrow(values) => values.iter().copied().map(Self::from).collect(),
            Values::Middle(values) => values.iter().copied().map(Self::from).collect(),
            Values::Wide(values) => values.into(),
        }
    }

    fn dot(acc: Self, weights: &[Self], values: &[Self]) -> Self {
        dot(acc, weights, values)
    }
}

/// `acc + sum of weights[k] * values[k]`.
fn dot<T: AddAssign>(mut acc: T, weights: &[T], values: &[T]) -> T
where
    for<'a> &'a T: Mul<Output = T>,
{
    for (weight, value) in weights.iter().zip(values) {
        acc += weight * value;
    }
    acc
}

impl Values {
    /// Stores `values`, which fit into integers of `width`.
    pub(super) fn store<T: Integer>(values: Vec<T>, width: Width) -> Self {
        match width {
            Width::Narrow => Self::Narrow(values.iter().map(|value| value.to_i64().expect(FITS)).collect()),
            Width::Middle => Self::Middle(values.iter().map(|value| value.to_i128().expect(FITS)).collect()),
            Width::Wide => Self::Wide(values.iter().map(ToBigInt::to_big).collect()),
        }
    }
}
