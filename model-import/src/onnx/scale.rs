//! Scales: exact fractions near a real number, and real numbers in units of them.

use super::place::Place;
use crate::error::ImportError;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};

/// Bits of the numerator of a scale that is chosen freely.
const SCALE_BITS: i32 = 10;
/// Magnitudes of values and scales that are worked with, as an exponent of two; trained networks stay far inside.
const MAX_EXPONENT: f64 = 100.0;

/// Two to the power of `exponent`.
pub(super) fn power_of_two(place: &Place<'_>, exponent: f64) -> Result<u64, ImportError> {
    let expected = "0 to 62, the exponent of a power of two";
    let advice = "use fewer weight bits, or more activation bits";
    place.at("divisor").check((0.0..=62.0).contains(&exponent), exponent, expected, advice)?;
    Ok(1 << exponent as u32)
}

/// The largest fraction with a short numerator, over or times a power of two, that `value` is not below.
pub(super) fn short(place: &Place<'_>, value: f64) -> Result<BigRational, ImportError> {
    check_size(place, value)?;
    let exponent = value.log2().floor() as i32 - (SCALE_BITS - 1);
    let numerator = BigRational::from_integer(BigInt::from((value / 2f64.powi(exponent)).floor() as i64));
    let power = BigRational::from_integer(BigInt::one() << exponent.unsigned_abs());
    Ok(if exponent < 0 { numerator / power } else { numerator * power })
}

/// The nearest double, if it is of a size that can be worked with.
pub(super) fn float(place: &Place<'_>, value: &BigRational) -> Result<f64, ImportError> {
    let value = value.to_f64().unwrap_or(f64::INFINITY);
    check_size(place, value)?;
    Ok(value)
}

fn check_size(place: &Place<'_>, value: f64) -> Result<(), ImportError> {
    let fits = value > 0.0 && value.log2().abs() <= MAX_EXPONENT;
    let advice = "the weights are damaged, the pixels are not scaled as in training, or the network needs fewer layers";
    place.at("scale").check(fits, value, "a positive number from 2^-100 to 2^100", advice)
}

/// A real number in integer units of `scale`, rounded to the nearest.
pub(super) fn units(place: &Place<'_>, value: f64, scale: &BigRational) -> Result<BigInt, ImportError> {
    let place = place.at("a bias or limit");
    let advice = "the weights are damaged";
    place.check(value.abs() < 2f64.powi(100), value, "a number below 2^100", advice)?;
    let exact = BigRational::from_float(value).ok_or_else(|| place.refused(value, "a finite number", advice))?;
    Ok((exact * scale).round().to_integer())
}
