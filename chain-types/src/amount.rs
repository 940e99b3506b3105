//! Money: integers only.

use core::fmt;

/// An amount in satoshis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Satoshis(pub u64);

impl fmt::Display for Satoshis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sat", self.0)
    }
}

impl Satoshis {
    /// All the coins there can be: 21 million times 10^8.
    pub const MAX: Self = Self(21_000_000 * 100_000_000);

    /// Sum, checked against [`Satoshis::MAX`].
    ///
    /// # Errors
    /// [`AmountError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_add(other.0) {
            Some(sum) if sum <= Self::MAX.0 => Ok(Self(sum)),
            _ => Err(AmountError::TooLarge),
        }
    }

    /// Difference.
    ///
    /// # Errors
    /// [`AmountError::Negative`] if `other` is larger.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountError::Negative { have: self, need: other })
    }
}

/// Arithmetic that would leave the range of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Above 21 million coins.
    #[error("the sum exceeds {}", Satoshis::MAX)]
    TooLarge,
    /// A subtraction below zero.
    #[error("{need} needed, {have} at hand")]
    Negative {
        /// What there is.
        have: Satoshis,
        /// What is asked for.
        need: Satoshis,
    },
}

/// A fee rate in satoshis per 1,000 bytes of serialized transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeeRate(pub u64);

impl FeeRate {
    /// The network's usual floor in 2026: 100 satoshis per 1,000 bytes.
    pub const DEFAULT: Self = Self(100);

    /// The fee for `len` bytes, rounded up.
    pub fn fee(self, len: usize) -> Satoshis {
        let product = u128::from(self.0) * len as u128;
        // A fee beyond u64 is beyond all coins: saturating keeps it unpayable rather than small.
        Satoshis(u64::try_from(product.div_ceil(1000)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn fee__fractions__round_up() {
        assert_eq!(FeeRate(100).fee(0), Satoshis(0));
        assert_eq!(FeeRate(100).fee(1), Satoshis(1));
        assert_eq!(FeeRate(100).fee(10), Satoshis(1));
        assert_eq!(FeeRate(100).fee(11), Satoshis(2));
        assert_eq!(FeeRate(u64::MAX).fee(usize::MAX), Satoshis(u64::MAX));
    }

    #[test]
    fn satoshis__out_of_range__is_refused() {
        assert_eq!(Satoshis::MAX.checked_add(Satoshis(1)), Err(AmountError::TooLarge));
        assert_eq!(
            Satoshis(1).checked_sub(Satoshis(2)),
            Err(AmountError::Negative { have: Satoshis(1), need: Satoshis(2) })
        );
        assert_eq!(Satoshis(2).checked_sub(Satoshis(2)), Ok(Satoshis(0)));
    }
}
