//! Values of Fq12 as the script holds them, and when two are of one class modulo Fq6.

use super::relations::Relations;
use crate::ir::{Builder, Num};

/// A value of Fq12 at z and at -z. Conjugation swaps the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evaluated {
    pub(super) plus: Num,
    pub(super) minus: Num,
}

impl Evaluated {
    /// `a(v) + w`: `a + z` at z, `a - z` at -z.
    pub(super) fn representative(b: &mut Builder, a: Num, w: Num) -> Self {
        Self { plus: b.add(a, w), minus: b.sub(a, w) }
    }

    pub(super) fn conjugate(self) -> Self {
        Self { plus: self.minus, minus: self.plus }
    }

    pub(super) fn multiply(&mut self, b: &mut Builder, factor: Self) {
        self.plus = b.mul(self.plus, factor.plus);
        self.minus = b.mul(self.minus, factor.minus);
    }

    pub(super) fn square(&mut self, b: &mut Builder) {
        self.plus = b.square(self.plus);
        self.minus = b.square(self.minus);
    }
}

/// `f+ (a - z) - f- (a + z) = 0`: f and `a + w` differ by a factor in Fq6.
pub(super) fn verify_same_class(b: &mut Builder, f: Evaluated, claimed: Evaluated, relations: &mut Relations) {
    let left = b.mul(f.plus, claimed.minus);
    let right = b.mul(f.minus, claimed.plus);
    let difference = b.sub(left, right);
    relations.odd.verify_zero(b, difference);
}
