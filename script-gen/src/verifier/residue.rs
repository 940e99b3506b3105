//! The residue witness d, and the last relation: `f d^(q - q^2 + q^3) K` lies in Fq6.

use super::{
    curve::{EvalPoint, FrobeniusCoeffs},
    miller_loop::{Evaluated, verify_same_class},
    relations::Relations,
    slots::read_coefficients,
};
use crate::{
    ir::{Builder, Bytes, Leaf, Num},
    torus::Representative,
};

/// The residue witness: six digits, read once as signed numbers, evaluated at four points.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResidueWitness {
    digits: [Num; 6],
    pub(super) at_z: Evaluated,
}

impl ResidueWitness {
    /// Reads the six digits and evaluates them at z.
    pub(super) fn read(b: &mut Builder, blob: Bytes, point: EvalPoint) -> Self {
        let digits = read_coefficients(b, blob, |b, k, digit| {
            let digit = b.signed_number(digit);
            b.mark(Leaf::ResidueDigit(k), digit);
            digit
        });
        let at_z = Self::at(b, &digits, point.z, point.v);
        Self { digits, at_z }
    }

    /// The value of `d(v) + w` where w and v = w^2 take these values.
    fn at(b: &mut Builder, digits: &[Num; 6], w: Num, v: Num) -> Evaluated {
        let mut value = digits[5];
        for digit in digits[..5].iter().rev() {
            let shifted = b.mul(value, v);
            value = b.add(*digit, shifted);
        }
        let value = b.reduce(value);
        Evaluated::representative(b, value, w)
    }

    /// d to a power of q, which takes w to `coeff w`: the same digits are evaluated at another point.
    fn frobenius(&self, b: &mut Builder, coeff: Num, z: Num) -> Evaluated {
        let w = b.mul_reduced(coeff, z);
        let v = b.mul_reduced(w, w);
        Self::at(b, &self.digits, w, v)
    }
}

/// Closes the exponent `lambda = 6u+2 + q - q^2 + q^3` of the residue witness, multiplies the constant K in and
/// verifies that the result lies in Fq6.
pub(super) fn verify_residue(
    b: &mut Builder,
    mut f: Evaluated,
    d: &ResidueWitness,
    k: &Representative,
    (point, FrobeniusCoeffs { g, norm }): (EvalPoint, FrobeniusCoeffs),
    relations: &mut Relations,
) {
    let to_q = d.frobenius(b, g, point.z);
    f.multiply(b, to_q);
    let to_q_squared = d.frobenius(b, norm, point.z);
    f.multiply(b, to_q_squared.conjugate());
    let coeff = b.mul(g, norm);
    let to_q_cubed = d.frobenius(b, coeff, point.z);
    f.multiply(b, to_q_cubed);
    let mut value = b.field(k.0[5]);
    for coeff in k.0[..5].iter().rev() {
        let shifted = b.mul(value, point.v);
        let coeff = b.field(*coeff);
        value = b.add(shifted, coeff);
    }
    let constant = Evaluated::representative(b, value, point.z);
    // f K in Fq6 means f and the conjugate of K are of one class.
    verify_same_class(b, f, constant.conjugate(), relations);
}
