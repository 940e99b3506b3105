//! Relations that must hold as polynomials in w, combined by powers of the challenges.

use crate::ir::{Builder, Num, Stashed};

/// A Horner sum `((t_0 c + t_1) c + t_2) ..` of relation values over one challenge c.
#[derive(Debug)]
pub(super) struct Combination {
    pub(super) challenge: Num,
    sum: Sum,
}

/// Where the sum lies between relations.
#[derive(Clone, Copy, Debug)]
enum Sum {
    Empty,
    OnStack(Num),
    Stashed(Stashed<Num>),
}

impl Combination {
    pub(super) const fn new(challenge: Num) -> Self {
        Self { challenge, sum: Sum::Empty }
    }

    /// Adds a value that must vanish as a polynomial. The sum stays unreduced: it grows by 254 bits a relation,
    /// which is cheaper than a reduction each time.
    pub(super) fn verify_zero(&mut self, b: &mut Builder, value: Num) {
        self.lift(b);
        self.sum = Sum::OnStack(match self.sum {
            Sum::OnStack(sum) => {
                let shifted = b.mul(sum, self.challenge);
                b.add(value, shifted)
            }
            _ => value,
        });
    }

    /// Takes the sum back from the alternative stack, if it lies there.
    pub(super) fn lift(&mut self, b: &mut Builder) {
        if let Sum::Stashed(sum) = self.sum {
            self.sum = Sum::OnStack(b.unstash(sum));
        }
    }

    /// Lays the sum on the alternative stack until the next relation.
    pub(super) fn settle(&mut self, b: &mut Builder) {
        if let Sum::OnStack(sum) = self.sum {
            self.sum = Sum::Stashed(b.stash(sum));
        }
    }

    /// The sum of all values added.
    pub(super) fn sum(mut self, b: &mut Builder) -> Num {
        self.lift(b);
        let Sum::OnStack(sum) = self.sum else { unreachable!("every verifier adds relations of both parities") };
        sum
    }
}

/// The two combinations of a verifier. Not to be copied: a relation added to a copy would be lost.
#[derive(Debug)]
pub(super) struct Relations {
    /// Odd polynomials in w, over rho.
    pub(super) odd: Combination,
    /// Even polynomials in w, over sigma.
    pub(super) even: Combination,
}
