//! Classes of Fq12* modulo Fq6*: every class but the identity has one representative `a(v) + w`.

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2, Fq6, Fq12};
use ark_ff::{AdditiveGroup, Field, Zero};
use num_bigint::BigUint;

use crate::bn254::{base_modulus, scalar_modulus};

/// Coefficients of `a` in powers `v^0 .. v^5` over Fq, where `a(v) + w` represents a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Representative(pub(crate) [Fq; 6]);

impl Representative {
    /// The representative of the class of `f`; `None` if `f` lies in Fq6, hence in the identity's class (or is zero).
    pub(crate) fn of(f: &Fq12) -> Option<Self> {
        // f = c0 + c1 w with c0, c1 in Fq6: dividing by c1 keeps the class.
        Some(Self::of_even_part(&(f.c0 * f.c1.inverse()?)))
    }

    /// The representative `a + w`.
    fn of_even_part(a: &Fq6) -> Self {
        // An element a + b i of Fq2 is (a - 9 b) + b v^3.
        let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
        Self([low(a.c0), low(a.c1), low(a.c2), a.c0.c1, a.c1.c1, a.c2.c1])
    }

    /// The element `a(v) + w`.
    pub(crate) fn to_fq12(self) -> Fq12 {
        let [a0, a1, a2, a3, a4, a5] = self.0;
        let fq2 = |low: Fq, high: Fq| Fq2::new(low + high * Fq::from(9), high);
        Fq12::new(Fq6::new(fq2(a0, a3), fq2(a1, a4), fq2(a2, a5)), Fq6::ONE)
    }
}

/// An element `a(v) + w` without the powers `v^2` and `v^5` in a, for constants: only the pairing value of a constant
/// matters, its power `(q^12 - 1)/r`.
///
/// Elements of Fq4 have the pairing value one, as have r-th powers. `(a + w)(c + w^3)` with c in Fq2 is of the class of
/// `(a c + v^2)/(a v + c) + w`, whose coordinate at `v^2` vanishes if c is a root of a cubic over Fq2; r-th powers give
/// other cubics until one has a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortRepresentative(pub(crate) [Fq; 4]);

impl ShortRepresentative {
    /// An element with the pairing value of `f`.
    pub(crate) fn of_pairing_value(f: &Fq12) -> Self {
        let others = std::iter::successors(Some(*f), |f| Some(*f * *RTH_POWER));
        // About half of all cubics have exactly one root.
        let found = others.filter_map(|f| Self::of_class(&f)).next();
        found.expect("the powers of an element of an order of a thousand bits do not come to an end")
    }

    fn of_class(f: &Fq12) -> Option<Self> {
        let a = f.c0 * f.c1.inverse()?;
        let c = only_root(&cubic(&a))?;
        let (numerator, denominator) =
            (a * Fq6::new(c, Fq2::ZERO, Fq2::ZERO), a * Fq6::new(Fq2::ZERO, Fq2::ONE, Fq2::ZERO));
        let short = (numerator + Fq6::new(Fq2::ZERO, Fq2::ZERO, Fq2::ONE))
            * (denominator + Fq6::new(c, Fq2::ZERO, Fq2::ZERO)).inverse()?;
        let [a0, a1, a2, a3, a4, a5] = Representative::of_even_part(&short).0;
        (a2.is_zero() && a5.is_zero()).then_some(Self([a0, a1, a3, a4]))
    }

    /// Coefficients in powers of v.
    pub(crate) fn coefficients(self) -> [Fq; 5] {
        let [a0, a1, a3, a4] = self.0;
        [a0, a1, Fq::ZERO, a3, a4]
    }

    /// An element with the inverse pairing value: `a(v) - w` and `-a(v) + w` differ by the factor -1.
    pub(crate) fn conjugate(self) -> Self {
        Self(self.0.map(|c| -c))
    }

    /// The element `a(v) + w`.
    pub(crate) fn to_fq12(self) -> Fq12 {
        let [a0, a1, a2, a3, a4] = self.coefficients();
        Representative([a0, a1, a2, a3, a4, Fq::ZERO]).to_fq12()
    }
}

/// The order of Fq12*/Fq6*, without its factor r: `(q^6 + 1) / r`.
pub(crate) static COFACTOR: LazyLock<BigUint> = LazyLock::new(|| (base_modulus().pow(6) + 1u8) / scalar_modulus());

/// Whether the pairing value of `f`, its power `(q^12 - 1)/r`, is one.
pub(crate) fn has_trivial_pairing_value(f: &Fq12) -> bool {
    is_identity(&f.pow(COFACTOR.to_u64_digits()))
}

/// `(1 + w)^r`, whose pairing value is one.
static RTH_POWER: LazyLock<Fq12> =
    LazyLock::new(|| Fq12::new(Fq6::ONE, Fq6::ONE).pow(scalar_modulus().to_u64_digits()));

/// Coefficients, lowest power first, of the cubic in c whose roots make the coordinate at `v^2` of `(a c + v^2)/(a v + c)`
/// vanish.
fn cubic(a: &Fq6) -> [Fq2; 4] {
    let (a0, a1, a2) = (a.c0, a.c1, a.c2);
    let xi = Fq2::new(Fq::from(9), Fq::ONE);
    let (xi_a2, product) = (xi * a2, a0 * a1);
    [
        xi_a2.square() - xi * product,
        a0.square() * a0 + xi * a1.square() * a1 + xi_a2.square() * a2 - xi * product * a2 * Fq2::from(3u8)
            + xi_a2.double(),
        xi_a2 * a2.double() - product.double() + Fq2::ONE,
        a2,
    ]
}

/// The root in Fq2 of a cubic that has exactly one, not repeated.
fn only_root(cubic: &[Fq2; 4]) -> Option<Fq2> {
    let lead = cubic[3].inverse()?;
    let monic: [Fq2; 3] = std::array::from_fn(|k| cubic[k] * lead);
    // X^(q^2) modulo the cubic: its roots in Fq2 are what X^(q^2) - X and the cubic share.
    let x = [Fq2::ZERO, Fq2::ONE, Fq2::ZERO];
    let order = base_modulus().pow(2);
    let mut power = x;
    for k in (0..order.bits() - 1).rev() {
        power = multiply_modulo(&power, &power, &monic);
        if order.bit(k) {
            power = multiply_modulo(&power, &x, &monic);
        }
    }
    // Euclid by hand: degree 2 divides 3, the remainder is linear if there is one common root.
    let [d0, d1, d2] = [power[0], power[1] - Fq2::ONE, power[2]];
    let inverse = d2.inverse()?;
    let (e0, e1) = (d0 * inverse, d1 * inverse);
    // X^3 + m2 X^2 + m1 X + m0 modulo X^2 + e1 X + e0.
    let top = monic[2] - e1;
    let (r0, r1) = (monic[0] - top * e0, monic[1] - e0 - top * e1);
    let root = -r0 * r1.inverse()?;
    let value = ((root + monic[2]) * root + monic[1]) * root + monic[0];
    value.is_zero().then_some(root)
}

/// Product modulo the monic cubic with these lower coefficients.
fn multiply_modulo(a: &[Fq2; 3], b: &[Fq2; 3], monic: &[Fq2; 3]) -> [Fq2; 3] {
    let mut product = [Fq2::ZERO; 5];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            product[i + j] += *a * b;
        }
    }
    for k in [4, 3] {
        let top = product[k];
        for (j, m) in monic.iter().enumerate() {
            product[k - 3 + j] -= top * m;
        }
    }
    [product[0], product[1], product[2]]
}

/// The conjugate `a(v) - w` of `a(v) + w`, an inverse of its class.
pub(crate) fn conjugate(mut f: Fq12) -> Fq12 {
    f.conjugate_in_place();
    f
}

/// Whether `f` lies in Fq6, that is, in the identity's class.
pub(crate) fn is_identity(f: &Fq12) -> bool {
    f.c1.is_zero()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_std::{UniformRand, test_rng};

    #[test]
    fn representative__random_element__keeps_the_class() {
        let f = Fq12::rand(&mut test_rng());
        let class = Representative::of(&f).expect("a random element is not in Fq6");
        assert!(is_identity(&(f * conjugate(class.to_fq12()))));
        assert_eq!(Representative::of(&class.to_fq12()), Some(class));
    }

    #[test]
    fn representative__subfield_element__has_none() {
        let f = Fq12::new(Fq6::rand(&mut test_rng()), Fq6::ZERO);
        assert_eq!(Representative::of(&f), None);
        assert!(is_identity(&f));
    }

    #[test]
    fn short_representative__random_element__keeps_the_pairing_value() {
        let f = Fq12::rand(&mut test_rng());
        let short = ShortRepresentative::of_pairing_value(&f);
        assert!(has_trivial_pairing_value(&(f * conjugate(short.to_fq12()))));
        assert!(!has_trivial_pairing_value(&(f * conjugate(short.conjugate().to_fq12()))));
    }

    #[test]
    fn short_representative__pairing_value_one__is_kept() {
        let power = Fq12::rand(&mut test_rng()).pow(scalar_modulus().to_u64_digits());
        assert!(has_trivial_pairing_value(&power));
        assert!(has_trivial_pairing_value(&ShortRepresentative::of_pairing_value(&power).to_fq12()));
    }
}
