//! Polynomials in w over Fq, dense, lowest power first: the ring in which the script's relations must hold.

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, Field, Zero};

/// A polynomial in w; trailing zero coefficients may occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Poly(pub(crate) Vec<Fq>);

impl Poly {
    /// The constant polynomial.
    pub(crate) fn scalar(c: Fq) -> Self {
        Self(vec![c])
    }

    /// The polynomial w.
    pub(crate) fn w() -> Self {
        Self(vec![Fq::ZERO, Fq::ONE])
    }

    /// The polynomial with coefficients `c` in powers of `w^stride`.
    pub(crate) fn strided(c: &[Fq], stride: usize) -> Self {
        let mut out = vec![Fq::ZERO; c.len().saturating_sub(1) * stride + 1];
        for (k, c) in c.iter().enumerate() {
            out[k * stride] = *c;
        }
        Self(out)
    }

    /// Sum.
    pub(crate) fn add(&self, other: &Self) -> Self {
        let (long, short) = if self.0.len() >= other.0.len() { (self, other) } else { (other, self) };
        let mut out = long.0.clone();
        out.iter_mut().zip(&short.0).for_each(|(a, b)| *a += b);
        Self(out)
    }

    /// Negation.
    pub(crate) fn neg(&self) -> Self {
        Self(self.0.iter().map(|c| -*c).collect())
    }

    /// Difference.
    pub(crate) fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    /// Product.
    pub(crate) fn mul(&self, other: &Self) -> Self {
        if self.0.is_empty() || other.0.is_empty() {
            return Self::default();
        }
        let mut out = vec![Fq::ZERO; self.0.len() + other.0.len() - 1];
        // Half of all coefficients vanish by parity: skipping zeros on both sides quarters the work.
        let other: Vec<(usize, Fq)> = other.0.iter().copied().enumerate().filter(|(_, c)| !c.is_zero()).collect();
        for (i, a) in self.0.iter().enumerate().filter(|(_, a)| !a.is_zero()) {
            for (j, b) in &other {
                out[i + j] += *a * b;
            }
        }
        Self(out)
    }

    /// `Q(v)` with `self = w Q(v) P6(v)` and `P6 = v^6 - 18 v^3 + 82`; `None` unless there is one.
    pub(crate) fn divide_by_odd_modulus(&self) -> Option<Vec<Fq>> {
        if self.0.iter().step_by(2).any(|c| !c.is_zero()) {
            return None;
        }
        let mut rest: Vec<Fq> = self.0.iter().skip(1).step_by(2).copied().collect();
        let mut quotient = vec![Fq::ZERO; rest.len().saturating_sub(6)];
        for k in (0..quotient.len()).rev() {
            let c = rest[k + 6];
            quotient[k] = c;
            rest[k + 3] += c * Fq::from(18);
            rest[k] -= c * Fq::from(82);
        }
        rest.iter().take(6).all(Fq::is_zero).then_some(quotient)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_std::{UniformRand, test_rng};

    #[test]
    fn divide_by_odd_modulus__product__gives_the_quotient_back() {
        let quotient: Vec<Fq> = (0..9).map(|_| Fq::rand(&mut test_rng())).collect();
        let p6 = Poly::strided(&[82, 0, 0, -18, 0, 0, 1].map(Fq::from), 2);
        let product = Poly::w().mul(&Poly::strided(&quotient, 2)).mul(&p6);
        assert_eq!(product.divide_by_odd_modulus(), Some(quotient));
        assert_eq!(product.add(&Poly::w()).divide_by_odd_modulus(), None, "a remainder");
        assert_eq!(product.add(&Poly::scalar(Fq::ONE)).divide_by_odd_modulus(), None, "an even part");
    }
}
