//! Relations that must hold as polynomials in w, combined by powers of the challenges.

use crate::ir::{Builder, Num};

/// A Horner sum `((t_0 c + t_1) c + t_2) ..` of relation values over one challenge c.
#[derive(Clone, Copy, Debug)]
pub(super) struct Combination {
    pub(super) challenge: Num,
    sum: Option<Num>,
}

impl Combination {
    pub(super) const fn new(challenge: Num) -> Self {
        Self { challenge, sum: None }
    }

    /// Adds a value that must vanish as a polynomial. The sum stays unreduced: it grows by 254 bits a relation,
    /// which is cheaper than a reduction each time.
    pub(super) fn verify_zero(&mut self, b: &mut Builder, value: Num) {
        self.sum = Some(match self.sum {
            None => value,
            Some(sum) => {
                let shifted = b.mul(sum, self.challenge);
                b.add(value, shifted)
            }
        });
    }

    /// The sum of all values added.
    pub(super) fn sum(self) -> Num {
        self.sum.expect("every verifier has relations of both parities")
    }
}

/// The two combinations of a verifier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relations {
    /// Odd polynomials in w, over rho.
    pub(super) odd: Combination,
    /// Even polynomials in w, over sigma.
    pub(super) even: Combination,
}
