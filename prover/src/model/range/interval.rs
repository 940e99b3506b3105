//! Intervals of integers.

use core::fmt;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

/// All integers from `lo` to `hi`, both included; `lo <= hi`.
#[derive(Clone, PartialEq, Eq)]
pub struct Interval {
    lo: BigInt,
    hi: BigInt,
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.lo, self.hi)
    }
}

impl Interval {
    /// The integers between two ends, given in any order.
    pub fn new(one: impl Into<BigInt>, other: impl Into<BigInt>) -> Self {
        let (one, other) = (one.into(), other.into());
        if one <= other { Self { lo: one, hi: other } } else { Self { lo: other, hi: one } }
    }

    /// Signed integers of `bits` bits, at least 1.
    pub fn signed(bits: u32) -> Self {
        let end = BigInt::from(1) << (bits - 1);
        Self { lo: -&end, hi: end - 1 }
    }

    /// The least integer.
    pub const fn lo(&self) -> &BigInt {
        &self.lo
    }

    /// The largest integer.
    pub const fn hi(&self) -> &BigInt {
        &self.hi
    }

    /// Whether `value` is one of them.
    pub fn contains(&self, value: &BigInt) -> bool {
        (&self.lo..=&self.hi).contains(&value)
    }

    /// The largest magnitude.
    pub fn magnitude(&self) -> BigInt {
        core::cmp::max(self.lo.magnitude(), self.hi.magnitude()).clone().into()
    }

    /// Bits of the largest magnitude.
    pub fn bits(&self) -> u64 {
        self.lo.bits().max(self.hi.bits())
    }

    /// Every sum of two.
    pub fn add(&self, other: &Self) -> Self {
        Self { lo: &self.lo + &other.lo, hi: &self.hi + &other.hi }
    }

    /// Every product of two that vary independently; for a value times itself see [`Interval::square`].
    pub fn mul(&self, other: &Self) -> Self {
        let products = [&self.lo * &other.lo, &self.lo * &other.hi, &self.hi * &other.lo, &self.hi * &other.hi];
        let [first, rest @ ..] = products;
        rest.into_iter().fold(Self { lo: first.clone(), hi: first }, |hull, product| Self {
            lo: hull.lo.min(product.clone()),
            hi: hull.hi.max(product),
        })
    }

    /// Every square.
    pub fn square(&self) -> Self {
        let ends = Self::new(&self.lo * &self.lo, &self.hi * &self.hi);
        if self.contains(&BigInt::zero()) { Self { lo: BigInt::zero(), ..ends } } else { ends }
    }

    /// Every `floor((x + floor(divisor / 2)) / divisor)`, `divisor` positive.
    pub fn div_round(&self, divisor: &BigInt) -> Self {
        let half = divisor.div_floor(&BigInt::from(2));
        let round = |end: &BigInt| (end + &half).div_floor(divisor);
        Self { lo: round(&self.lo), hi: round(&self.hi) }
    }

    /// Every `max(x, 0)`, or `min(max(x, 0), max)`.
    pub fn relu(&self, max: Option<&BigInt>) -> Self {
        let cut = |end: &BigInt| {
            let positive = end.max(&BigInt::zero()).clone();
            max.map_or(positive.clone(), |max| positive.min(max.clone()))
        };
        Self { lo: cut(&self.lo), hi: cut(&self.hi) }
    }

    /// Every larger one of two.
    pub fn max(&self, other: &Self) -> Self {
        Self { lo: self.lo.clone().max(other.lo.clone()), hi: self.hi.clone().max(other.hi.clone()) }
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    /// The tightest interval of what `f` gives, over all pairs.
    fn hull(a: (i64, i64), b: (i64, i64), f: impl Fn(i64, i64) -> i64) -> Interval {
        let values: Vec<_> = (a.0..=a.1).flat_map(|x| (b.0..=b.1).map(move |y| (x, y))).map(|(x, y)| f(x, y)).collect();
        Interval::new(*values.iter().min().unwrap(), *values.iter().max().unwrap())
    }

    #[test]
    fn interval__small_ends_exhaustively__is_the_tightest_one() {
        let ends: Vec<_> = (-4..5).flat_map(|lo| (lo..5).map(move |hi| (lo, hi))).collect();
        for &a in &ends {
            let x = Interval::new(a.0, a.1);
            assert_eq!(x.square(), hull(a, (0, 0), |x, _| x * x), "{a:?}");
            assert_eq!(x.relu(None), hull(a, (0, 0), |x, _| x.max(0)), "{a:?}");
            assert_eq!(x.relu(Some(&2.into())), hull(a, (0, 0), |x, _| x.clamp(0, 2)), "{a:?}");
            for divisor in 1..6i64 {
                let rounded = hull(a, (0, 0), |x, _| (x + divisor / 2).div_euclid(divisor));
                assert_eq!(x.div_round(&divisor.into()), rounded, "{a:?} / {divisor}");
            }
            for &b in &ends {
                let y = Interval::new(b.0, b.1);
                assert_eq!(x.add(&y), hull(a, b, |x, y| x + y), "{a:?} {b:?}");
                assert_eq!(x.mul(&y), hull(a, b, |x, y| x * y), "{a:?} {b:?}");
                assert_eq!(x.max(&y), hull(a, b, i64::max), "{a:?} {b:?}");
            }
        }
        assert_eq!(Interval::signed(4), Interval::new(-8, 7));
        assert_eq!(Interval::new(-8, 7).bits(), 4);
    }
}
