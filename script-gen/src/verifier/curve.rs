//! The proof's points: parsing, curve checks, and the scaled coordinates the Miller loop works in.

use ark_bn254::{Fq, Fq2, G2Affine};
use ark_ff::{AdditiveGroup, Field};

use super::{
    layout::{N_COORDINATES, PROOF_NUMBERS},
    relations::Relations,
    slots::read_coefficients,
};
use crate::{
    bn254::{frobenius_coeff, psi, twist_b},
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

impl EvalPoint {
    /// The value of a constant `c0 + c1 i` of Fq2.
    pub(super) fn constant(self, b: &mut Builder, c: Fq2) -> Num {
        let c1 = b.field(c.c1);
        let product = b.mul(self.u, c1);
        if c.c0 == Fq::ZERO {
            return product;
        }
        let c0 = b.field(c.c0);
        b.add(product, c0)
    }
}

/// The proof's numbers as the spender gives them: any representatives of their residues modulo q.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProofNumbers {
    a: (Num, Num),
    b_x: (Num, Num),
    b_y: (Num, Num),
    c: (Num, Num),
    pub(super) scale_a: Num,
    pub(super) scale_c: Num,
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
        let [a_x, a_y, b_x0, b_x1, b_y0, b_y1, c_x, c_y, scale_a, scale_c] = numbers;
        Self { a: (a_x, a_y), b_x: (b_x0, b_x1), b_y: (b_y0, b_y1), c: (c_x, c_y), scale_a, scale_c }
    }
}

/// Fails unless `y^2 = x^3 + 3` and `scale^3 y = unit` modulo q, which also excludes y = 0; `unit` is 1 or -1.
fn verify_on_g1(b: &mut Builder, (x, y): (Num, Num), scale: Num, unit: i8) {
    let x_squared = b.square(x);
    let x_cubed = b.mul(x_squared, x);
    let three = b.int(3);
    let right = b.add(x_cubed, three);
    let left = b.square(y);
    let difference = b.sub(left, right);
    let residue = b.reduce(difference);
    let zero = b.int(0);
    b.verify_equal(residue, zero);
    let squared = b.square(scale);
    let cubed = b.mul(squared, scale);
    let product = b.mul(cubed, y);
    let difference = if unit > 0 { b.dec(product) } else { b.inc(product) };
    let residue = b.reduce(difference);
    b.verify_equal(residue, zero);
}

/// A point of the Miller loop in the scaled coordinates of its pair: `X = s^2 x - kappa` and `N = -s^3 y`, where s = z r
/// and `r^3 y_P = 1`. The slope of a line is scaled by s.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScaledPoint {
    pub(super) x: Num,
    pub(super) n: Num,
}

/// A pair of the Miller loop: its scale and the points that are added.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScriptPair {
    /// 3 kappa, where kappa = r^2 x_P
    pub(super) kappa_3: Num,
    /// The second point Q.
    pub(super) base: ScaledPoint,
    /// X_Q + 3 kappa
    pub(super) base_offset: Num,
    /// psi(Q)
    pub(super) psi_1: ScaledPoint,
    /// -psi^2(Q)
    pub(super) minus_psi_2: ScaledPoint,
    /// -psi^3(Q), where the loop must end; for the pair of B only.
    pub(super) end: Option<ScaledPoint>,
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
    fn new(b: &mut Builder, point: EvalPoint, r: Num, x: Num) -> Self {
        let reduced = |b: &mut Builder, x: Num, y: Num| {
            let product = b.mul(x, y);
            b.reduce(product)
        };
        let r_squared = b.square(r);
        let kappa = reduced(b, r_squared, x);
        let s = reduced(b, r, point.z);
        let s_squared = reduced(b, s, s);
        let s_cubed = reduced(b, s_squared, s);
        Self { s, s_squared, s_cubed, kappa }
    }

    fn x(&self, b: &mut Builder, x: Num) -> Num {
        let scaled = b.mul(self.s_squared, x);
        let shifted = b.sub(scaled, self.kappa);
        b.reduce(shifted)
    }

    fn n(&self, b: &mut Builder, y: Num) -> Num {
        let scaled = b.mul(self.s_cubed, y);
        let negated = b.neg(scaled);
        b.reduce(negated)
    }

    fn pair(&self, b: &mut Builder, points: [ScaledPoint; 3], end: Option<ScaledPoint>) -> ScriptPair {
        let three = b.int(3);
        let kappa_3 = b.mul(self.kappa, three);
        let [base, psi_1, minus_psi_2] = points;
        let base_offset = b.add(base.x, kappa_3);
        ScriptPair { kappa_3, base, base_offset, psi_1, minus_psi_2, end }
    }
}

/// Checks A and C and answers the scales of the pairs (A, B) and (-C, delta); `-C` has the opposite y.
pub(super) fn verify_g1_points(b: &mut Builder, proof: ProofNumbers, point: EvalPoint) -> [Scale; 2] {
    verify_on_g1(b, proof.a, proof.scale_a, 1);
    verify_on_g1(b, proof.c, proof.scale_c, -1);
    [Scale::new(b, point, proof.scale_a, proof.a.0), Scale::new(b, point, proof.scale_c, proof.c.0)]
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
    point: EvalPoint,
    relations: &mut Relations,
) -> [ScriptPair; 2] {
    let pair_a = b.fragment("pair_a_b", |b| pair_of_b(b, proof, &scale_a, point, relations));
    let pair_c = b.fragment("pair_c_delta", |b| pair_of_constant(b, &scale_c, delta, point));
    [pair_a, pair_c]
}

fn pair_of_b(
    b: &mut Builder,
    proof: ProofNumbers,
    scale: &Scale,
    point: EvalPoint,
    relations: &mut Relations,
) -> ScriptPair {
    let value = |b: &mut Builder, (c0, c1): (Num, Num)| {
        let high = b.mul(point.u, c1);
        let value = b.add(high, c0);
        let conjugate = b.sub(c0, high);
        (value, conjugate)
    };
    let (x, x_conjugate) = value(b, proof.b_x);
    let (y, y_conjugate) = value(b, proof.b_y);
    let x_squared = b.square(x);
    let x_cubed = b.mul(x_squared, x);
    let twist = point.constant(b, twist_b());
    let right = b.add(x_cubed, twist);
    let left = b.square(y);
    let difference = b.sub(left, right);
    relations.even.verify_zero(b, difference);

    let g = frobenius_coeff(1);
    let g_x = point.constant(b, g.square());
    let psi_x = b.mul(x_conjugate, g_x);
    let psi_x = b.reduce(psi_x);
    let g_y = point.constant(b, g.square() * g);
    let psi_y = b.mul(y_conjugate, g_y);
    // psi^2 multiplies x by xi^((q^2-1)/3), an element of Fq, and negates y.
    let g_2 = frobenius_coeff(2).square();
    debug_assert!(g_2.c1 == Fq::ZERO && frobenius_coeff(2).pow([3]) == -Fq2::ONE);
    let g_2 = b.field(g_2.c0);
    let psi_2_x = b.mul(x, g_2);
    let psi_3_x = b.mul(psi_x, g_2);

    let end_x = scale.x(b, psi_3_x);
    let psi_2 = scale.x(b, psi_2_x);
    let psi_1 = scale.x(b, psi_x);
    let psi_1 = ScaledPoint { x: psi_1, n: scale.n(b, psi_y) };
    let base_x = scale.x(b, x);
    let base = ScaledPoint { x: base_x, n: scale.n(b, y) };
    // -psi^2(B) has y as B does; -psi^3(B) has y as psi(B) does.
    let minus_psi_2 = ScaledPoint { x: psi_2, n: base.n };
    let end = ScaledPoint { x: end_x, n: psi_1.n };
    scale.pair(b, [base, psi_1, minus_psi_2], Some(end))
}

fn pair_of_constant(b: &mut Builder, scale: &Scale, q: &G2Affine, point: EvalPoint) -> ScriptPair {
    let psi_1 = psi(q);
    let minus_psi_2 = -psi(&psi_1);
    let scaled_x = |b: &mut Builder, p: &G2Affine| {
        let x = point.constant(b, p.x);
        scale.x(b, x)
    };
    // Lines through these two need only x: the slope is a constant.
    let minus_psi_2 = scaled_x(b, &minus_psi_2);
    let psi_1 = scaled_x(b, &psi_1);
    let base = scaled_x(b, q);
    let y = point.constant(b, q.y);
    let n = scale.n(b, y);
    let with_n = |x| ScaledPoint { x, n };
    scale.pair(b, [base, psi_1, minus_psi_2].map(with_n), None)
}
