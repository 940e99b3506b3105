//! The proof's points: parsing, curve checks, and the scaled coordinates the Miller loop works in.

use ark_bn254::{Fq2, G2Affine};

use super::{
    layout::{N_COORDINATES, PROOF_NUMBERS},
    relations::Relations,
    slots::read_coefficients,
};
use crate::{
    bn254::frobenius_coeff,
    ir::{Builder, Bytes, Leaf, Num},
};

/// The point of evaluation and its powers.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvalPoint {
    /// w = z
    pub(super) z: Num,
    /// v = z^2
    pub(super) v: Num,
    /// v^3
    pub(super) v3: Num,
    /// The value of i: v^3 - 9.
    pub(super) u: Num,
}

/// The proof's numbers as the spender gives them: any representatives of their residues modulo q.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProofNumbers {
    kappa_a: Num,
    b_x: (Num, Num),
    b_y: (Num, Num),
    kappa_c: Num,
    scale_a: Num,
    scale_c: Num,
}

impl ProofNumbers {
    /// Reads the proof part; each number is read once, by one rule, wherever it is used: coordinates signed, scales
    /// unsigned, since packed hints are multiplied by them and must not become negative.
    pub(super) fn parse(b: &mut Builder, blob: Bytes) -> Self {
        let numbers: [Num; PROOF_NUMBERS] = read_coefficients(b, blob, |b, k, digit| {
            let number = if k < N_COORDINATES { b.signed_number(digit) } else { b.unsigned_number(digit) };
            b.mark(Leaf::Proof(k), number);
            number
        });
        let [kappa_a, b_x0, b_x1, b_y0, b_y1, kappa_c, scale_a, scale_c] = numbers;
        Self { kappa_a, b_x: (b_x0, b_x1), b_y: (b_y0, b_y1), kappa_c, scale_a, scale_c }
    }
}

/// A point of the Miller loop in the scaled coordinates of its pair: `N = -s^3 y`, where s = z r and `r^3 y_P = 1`, and
/// `X = s^2 x` where Q is a hint, `X = s^2 x - kappa` where it is a constant. The slope of a line is scaled by s.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScaledPoint {
    pub(super) x: Num,
    pub(super) n: Num,
}

/// A pair of the Miller loop: the points that are added to the running point, in scaled coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScriptPair {
    /// What the recurrence of X takes off: kappa where Q is a hint, 3 kappa where it is a constant.
    pub(super) offset: Num,
    /// The second point Q.
    pub(super) base: ScaledPoint,
    /// X of psi(Q).
    pub(super) psi_1_x: Num,
    /// X of -psi^2(Q), whose N is Q's.
    pub(super) minus_psi_2_x: Num,
    /// What the slope checks of a hinted Q need besides; lines of a constant are not checked.
    pub(super) hinted: Option<HintedPoints>,
}

/// More points of a pair whose Q is a hint.
#[derive(Clone, Copy, Debug)]
pub(super) struct HintedPoints {
    /// N of psi(Q), and of -psi^3(Q), where the loop must end.
    pub(super) psi_1_n: Num,
    /// X of -psi^3(Q).
    pub(super) end_x: Num,
}

/// `g = xi^((q-1)/6)`, by which the power map multiplies w, its square and its norm: all that Frobenius maps and psi need.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrobeniusCoeffs {
    /// The value of g.
    pub(super) g: Num,
    /// The value of g^2.
    pub(super) g_squared: Num,
    /// `g^(q+1) = xi^((q^2-1)/6)`, an element of Fq; so `xi^((q^3-1)/6)` is g times it.
    pub(super) norm: Num,
}

impl FrobeniusCoeffs {
    pub(super) fn push(b: &mut Builder, point: EvalPoint) -> Self {
        let coeff = frobenius_coeff(1);
        let (g0, g1) = (b.field(coeff.c0), b.field(coeff.c1));
        let high = b.mul(point.u, g1);
        let g = b.add(high, g0);
        // (g0 + g1 i)^2, by parts: the square of the value of g would stand for a polynomial of twice the degree.
        let (square_0, square_1) = (b.square(g0), b.square(g1));
        let low = b.sub(square_0, square_1);
        let product = b.mul(g0, g1);
        let twice = b.double(product);
        let high = b.mul(twice, point.u);
        let g_squared = b.add(high, low);
        let norm = b.add(square_0, square_1);
        Self { g, g_squared: b.reduce(g_squared), norm: b.reduce(norm) }
    }
}

/// The scale of a pair: `s = z r`, never negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// s
    pub(super) s: Num,
    s_squared: Num,
    s_cubed: Num,
    kappa: Num,
}

impl Scale {
    /// The scale of the point `(kappa / r^2, 1 / r^3)`; fails unless `kappa^3 + 3 r^6 = 1` modulo q, that is, unless this is a
    /// point of `y^2 = x^3 + 3`. With r = 0 it is the point at infinity, and all lines of the pair are one, as they should be.
    fn verified(b: &mut Builder, point: EvalPoint, r: Num, kappa: Num) -> Self {
        let r_squared = b.square(r);
        let r_cubed = b.mul(r_squared, r);
        let r_sixth = b.square(r_cubed);
        let three = b.int(3);
        let left = b.mul(r_sixth, three);
        let kappa_squared = b.square(kappa);
        let kappa_cubed = b.mul(kappa_squared, kappa);
        let left = b.add(left, kappa_cubed);
        let difference = b.dec(left);
        let residue = b.reduce(difference);
        let zero = b.int(0);
        b.verify_equal(residue, zero);
        let s = b.mul_reduced(r, point.z);
        let s_squared = b.mul_reduced(s, s);
        let s_cubed = b.mul_reduced(s_squared, s);
        Self { s, s_squared, s_cubed, kappa }
    }

    fn x(&self, b: &mut Builder, x: Num, origin: Origin) -> Num {
        let scaled = b.mul(self.s_squared, x);
        let scaled = match origin {
            Origin::Hint => scaled,
            Origin::Constant => b.sub(scaled, self.kappa),
        };
        b.reduce(scaled)
    }

    fn n(&self, b: &mut Builder, y: Num) -> Num {
        let scaled = b.mul(self.s_cubed, y);
        let negated = b.neg(scaled);
        b.reduce(negated)
    }
}

/// Checks A and C and answers the scales of the pairs (A, B) and (-C, delta). C is `(kappa / r^2, -1 / r^3)`.
pub(super) fn verify_g1_points(b: &mut Builder, proof: ProofNumbers, point: EvalPoint) -> [Scale; 2] {
    [(proof.scale_a, proof.kappa_a), (proof.scale_c, proof.kappa_c)]
        .map(|(r, kappa)| Scale::verified(b, point, r, kappa))
}

/// The values of a point of the twist and of its conjugate.
struct TwistPoint {
    x: Num,
    x_conjugate: Num,
    y: Num,
    y_conjugate: Num,
}

impl TwistPoint {
    /// The point whose coordinates are `c0 + c1 i`.
    fn new(b: &mut Builder, point: EvalPoint, x: (Num, Num), y: (Num, Num)) -> Self {
        let value = |b: &mut Builder, (c0, c1): (Num, Num)| {
            let high = b.mul(point.u, c1);
            (b.add(high, c0), b.sub(c0, high))
        };
        let (x, x_conjugate) = value(b, x);
        let (y, y_conjugate) = value(b, y);
        Self { x, x_conjugate, y, y_conjugate }
    }

    /// Adds the relation that the point lies on the twist: `xi (y^2 - x^3) = 3`, even in w.
    fn verify_on_twist(&self, b: &mut Builder, point: EvalPoint, relations: &mut Relations) {
        let x_squared = b.square(self.x);
        let x_cubed = b.mul(x_squared, self.x);
        let y_squared = b.square(self.y);
        let difference = b.sub(y_squared, x_cubed);
        // xi = w^6
        let left = b.mul(difference, point.v3);
        let three = b.int(3);
        let difference = b.sub(left, three);
        relations.even.verify_zero(b, difference);
    }

    /// The pair with this point: psi multiplies the conjugate of x by g^2 and that of y by g^3; psi^2 multiplies x by
    /// `norm^2` and negates y, since `norm^3 = -1`.
    fn pair(&self, b: &mut Builder, scale: &Scale, coeffs: FrobeniusCoeffs, origin: Origin) -> ScriptPair {
        let FrobeniusCoeffs { g, g_squared, norm } = coeffs;
        let psi_x = b.mul(self.x_conjugate, g_squared);
        let norm_squared = b.mul_reduced(norm, norm);
        let psi_2_x = b.mul(self.x, norm_squared);
        let (hinted, offset) = match origin {
            Origin::Constant => {
                let three = b.int(3);
                (None, b.mul(scale.kappa, three))
            }
            Origin::Hint => {
                let psi_3_x = b.mul(psi_x, norm_squared);
                let psi_y = b.mul(self.y_conjugate, g_squared);
                let psi_y = b.mul(psi_y, g);
                let end_x = scale.x(b, psi_3_x, origin);
                (Some(HintedPoints { end_x, psi_1_n: scale.n(b, psi_y) }), scale.kappa)
            }
        };
        let minus_psi_2_x = scale.x(b, psi_2_x, origin);
        let psi_1_x = scale.x(b, psi_x, origin);
        let base_x = scale.x(b, self.x, origin);
        let base = ScaledPoint { x: base_x, n: scale.n(b, self.y) };
        ScriptPair { offset, base, psi_1_x, minus_psi_2_x, hinted }
    }
}

/// Where the second point of a pair comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Constant,
    Hint,
}

/// Sets up both pairs of the Miller loop: (A, B) and (-C, delta).
///
/// B is checked to lie on the twist (an even relation); that it lies in the subgroup is what the end of the loop
/// checks. A and C lie on a curve of prime order.
pub(super) fn set_up_pairs(
    b: &mut Builder,
    proof: ProofNumbers,
    [scale_a, scale_c]: [Scale; 2],
    delta: &G2Affine,
    (point, coeffs): (EvalPoint, FrobeniusCoeffs),
    relations: &mut Relations,
) -> [ScriptPair; 2] {
    let pair_a = b.unit("pair_a_b", |b| {
        let twist_point = TwistPoint::new(b, point, proof.b_x, proof.b_y);
        twist_point.verify_on_twist(b, point, relations);
        twist_point.pair(b, &scale_a, coeffs, Origin::Hint)
    });
    let pair_c = b.unit("pair_c_delta", |b| {
        let mut coordinate = |c: Fq2| (b.field(c.c0), b.field(c.c1));
        let (x, y) = (coordinate(delta.x), coordinate(delta.y));
        TwistPoint::new(b, point, x, y).pair(b, &scale_c, coeffs, Origin::Constant)
    });
    [pair_a, pair_c]
}
