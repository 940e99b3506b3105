//! How many integer units make up the real number one, as an exact fraction.

use core::fmt;
use core::str::FromStr;
use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Longest numerator or denominator in a file: 77 digits hold every value below r.
const MAX_DIGITS: usize = 77;
/// Longest numerator or denominator that layers may multiply up to. No value exceeds 252 bits, so a scale beyond
/// this serves nobody; the limit keeps a tower of squares from eating all memory.
const MAX_SCALE_BITS: u64 = 1024;

/// A positive fraction in lowest terms: the integer `v` stands for the real number `v / scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale(BigRational);

/// Text that is not the one spelling of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a positive integer \"p\" or a fraction \"p/q\" in lowest terms, at most {MAX_DIGITS} digits each")]
pub struct ScaleError;

impl Scale {
    /// `numerator / denominator`, reduced; `None` if either is zero.
    pub fn new(numerator: BigUint, denominator: BigUint) -> Option<Self> {
        let positive = !numerator.is_zero() && !denominator.is_zero();
        positive.then(|| Self(BigRational::new(numerator.into(), denominator.into())))
    }

    /// One unit per one.
    pub fn one() -> Self {
        Self(BigRational::one())
    }

    /// The fraction.
    pub const fn ratio(&self) -> &BigRational {
        &self.0
    }

    /// The nearest double, for reports.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::INFINITY)
    }

    /// The product, unless it is too long to be of use.
    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        Self::bounded(&self.0 * &other.0)
    }

    /// The quotient by a positive integer, unless it is too long to be of use.
    pub(super) fn over(&self, divisor: u64) -> Option<Self> {
        Self::bounded(&self.0 / BigInt::from(divisor))
    }

    fn bounded(ratio: BigRational) -> Option<Self> {
        let fits = ratio.numer().bits().max(ratio.denom().bits()) <= MAX_SCALE_BITS;
        fits.then_some(Self(ratio))
    }
}

impl FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let parts = text.split_once('/').unwrap_or((text, "1"));
        let part = |digits: &str| decimal(digits, MAX_DIGITS).filter(Signed::is_positive).ok_or(ScaleError);
        let scale = Self(BigRational::new(part(parts.0)?, part(parts.1)?));
        if scale.to_string() == text { Ok(scale) } else { Err(ScaleError) }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads the one spelling of an integer of at most `max_digits` digits: no sign but `-`, no leading zeros, no `-0`.
pub(super) fn decimal(text: &str, max_digits: usize) -> Option<BigInt> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = (1..=max_digits).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let value: BigInt = if is_plain { text.parse().ok()? } else { return None };
    (value.to_string() == text).then_some(value)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn scale__one_spelling__is_read_and_written() {
        for text in ["1", "12", "3/2", "1/255", &"9".repeat(77)] {
            assert_eq!(text.parse::<Scale>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn scale__anything_else__is_refused() {
        for text in ["", "0", "-1", "+1", "01", "1/0", "2/4", "3/1", "1/-2", "1/2/3", "1.5", "1e3", &"9".repeat(78)] {
            assert_eq!(text.parse::<Scale>(), Err(ScaleError), "{text}");
        }
    }

    #[test]
    fn scale__products__are_exact_until_they_grow_out_of_hand() {
        let scale: Scale = "3/2".parse().unwrap();
        assert_eq!(scale.times(&scale).unwrap().to_string(), "9/4");
        assert_eq!(scale.over(3).unwrap().to_string(), "1/2");
        let huge = Scale::new(BigUint::one() << 1023, BigUint::one()).unwrap();
        assert!(huge.times(&Scale::one()).is_some());
        assert!(huge.times(&huge).is_none());
    }
}
