//! The residue witness d, and the last relation: `f K` lies in Fq6.

use ark_bn254::Fq;

use super::{
    class::{Evaluated, verify_same_class},
    curve::{EvalPoint, FrobeniusCoeffs},
    relations::Relations,
    slots::read_coefficients,
};
use crate::{
    ir::{Builder, Bytes, Leaf, Num},
    torus::ShortRepresentative,
};

/// The residue witness: six digits, read once as signed numbers, evaluated at four points.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResidueWitness {
    digits: [Num; 6],
    /// The value at z of its even part.
    pub(super) at_z: Num,
}

impl ResidueWitness {
    /// Reads the six digits and evaluates them at z.
    pub(super) fn read(b: &mut Builder, blob: Bytes, point: EvalPoint) -> Self {
        let digits = read_coefficients(b, blob, |b, k, digit| {
            let digit = b.signed_number(digit);
            b.mark(Leaf::ResidueDigit(k), digit);
            digit
        });
        let at_z = Self::at(b, &digits, point.v);
        Self { digits, at_z }
    }

    /// The value of `d(v)` where v takes this value.
    fn at(b: &mut Builder, digits: &[Num; 6], v: Num) -> Num {
        let mut value = digits[5];
        for digit in digits[..5].iter().rev() {
            let shifted = b.mul(value, v);
            value = b.add(*digit, shifted);
        }
        b.reduce(value)
    }

    /// d to the power `q^k`, k from 1 to 3, which multiplies w by `xi^((q^k-1)/6)`: the same digits are evaluated at
    /// another point.
    pub(super) fn frobenius(
        &self,
        b: &mut Builder,
        k: u32,
        (point, coeffs): (EvalPoint, FrobeniusCoeffs),
    ) -> Evaluated {
        let FrobeniusCoeffs { g, g_squared, norm } = coeffs;
        let (w, v) = match k {
            1 => (b.mul_reduced(g, point.z), b.mul_reduced(g_squared, point.v)),
            2 => {
                let w = b.mul_reduced(norm, point.z);
                (w, b.mul_reduced(w, w))
            }
            _ => {
                let (w, v) = (b.mul(norm, point.z), b.mul(norm, point.v));
                let (w, v) = (b.mul_reduced(w, g), b.mul(v, norm));
                (w, b.mul_reduced(v, g_squared))
            }
        };
        let value = Self::at(b, &self.digits, v);
        Evaluated::representative(b, value, w)
    }
}

/// Verifies that f, in which the exponent `lambda = 6u+2 + q - q^2 + q^3` of the residue witness is closed, is of the
/// class of K's conjugate: that `f K` lies in Fq6.
pub(super) fn verify_residue(
    b: &mut Builder,
    f: Evaluated,
    k: &ShortRepresentative,
    point: EvalPoint,
    relations: &mut Relations,
) {
    let [k_0, k_1, k_3, k_4] = k.0;
    let linear = |b: &mut Builder, high: Fq, low: Fq| {
        let high = b.field(high);
        let shifted = b.mul(high, point.v);
        let low = b.field(low);
        b.add(shifted, low)
    };
    let high = linear(b, k_4, k_3);
    let shifted = b.mul(high, point.v3);
    let low = linear(b, k_1, k_0);
    let value = b.add(shifted, low);
    let constant = Evaluated::representative(b, value, point.z);
    verify_same_class(b, f, constant.conjugate(), relations);
}
