//! Classes of Fq12* modulo Fq6*: every class but the identity has one representative `a(v) + w`.

use ark_bn254::{Fq, Fq2, Fq6, Fq12};
use ark_ff::{Field, Zero};

/// Coefficients of `a` in powers `v^0 .. v^5` over Fq, where `a(v) + w` represents a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Representative(pub(crate) [Fq; 6]);

impl Representative {
    /// The representative of the class of `f`; `None` if `f` lies in Fq6, hence in the identity's class (or is zero).
    pub(crate) fn of(f: &Fq12) -> Option<Self> {
        // f = c0 + c1 w with c0, c1 in Fq6: dividing by c1 keeps the class.
        let a = f.c0 * f.c1.inverse()?;
        // An element a + b i of Fq2 is (a - 9 b) + b v^3.
        let low = |c: Fq2| c.c0 - c.c1 * Fq::from(9);
        Some(Self([low(a.c0), low(a.c1), low(a.c2), a.c0.c1, a.c1.c1, a.c2.c1]))
    }

    /// The inverse class: `a(v) - w` and `-a(v) + w` differ by the factor -1.
    pub(crate) fn conjugate(self) -> Self {
        Self(self.0.map(|c| -c))
    }

    /// The element `a(v) + w`.
    pub(crate) fn to_fq12(self) -> Fq12 {
        let [a0, a1, a2, a3, a4, a5] = self.0;
        let fq2 = |low: Fq, high: Fq| Fq2::new(low + high * Fq::from(9), high);
        Fq12::new(Fq6::new(fq2(a0, a3), fq2(a1, a4), fq2(a2, a5)), Fq6::ONE)
    }
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
    use ark_ff::AdditiveGroup;
    use ark_std::{UniformRand, test_rng};

    #[test]
    fn representative__random_element__keeps_the_class() {
        let f = Fq12::rand(&mut test_rng());
        let class = Representative::of(&f).expect("a random element is not in Fq6");
        assert!(is_identity(&(f * conjugate(class.to_fq12()))));
        assert_eq!(Representative::of(&class.to_fq12()), Some(class));
        assert_eq!(Representative::of(&conjugate(f)), Some(class.conjugate()));
    }

    #[test]
    fn representative__subfield_element__has_none() {
        let f = Fq12::new(Fq6::rand(&mut test_rng()), Fq6::ZERO);
        assert_eq!(Representative::of(&f), None);
        assert!(is_identity(&f));
    }
}
