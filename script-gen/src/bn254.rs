//! BN254 as the script sees it: digits of the loop count, slopes of the lines, the twist endomorphism.
//!
//! Symbols follow `docs/math/verifier.md`: q base field modulus, r group order, `Fq12 = Fq[w]/(w^12 - 18 w^6 + 82)`,
//! `v = w^2`, `i = w^6 - 9`, `xi = 9 + i`.

use std::{collections::HashMap, sync::LazyLock};

use ark_bn254::{Fq, Fq2, Fq12, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use num_bigint::{BigInt, BigUint};

/// The curve's parameter u; q, r and the loop count 6u+2 are polynomials in it.
pub(crate) const U: u64 = 4_965_661_367_192_848_881;

/// The base field's modulus q.
pub(crate) fn base_modulus() -> BigUint {
    Fq::MODULUS.into()
}

/// The group order r.
pub(crate) fn scalar_modulus() -> BigUint {
    Fr::MODULUS.into()
}

/// A field element as the integer in `0..q`.
pub(crate) fn to_int(x: Fq) -> BigInt {
    BigUint::from(x).into()
}

/// A field element as 32 little-endian bytes.
pub(crate) fn to_le_bytes(x: Fq) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&x.into_bigint().to_bytes_le());
    bytes
}

/// Doublings in the Miller loop.
pub(crate) const N_DOUBLINGS: usize = 64;

/// The multiple of the base point that is added after each doubling, 0 where none is: digits of 6u+2 after the
/// leading one. Of all ways to write it over the multiples kept, the one whose script is shortest
/// (docs/math/verifier.md, "The loop").
#[rustfmt::skip]
pub(crate) const LOOP_DIGITS: [i8; N_DOUBLINGS] = [
    1, -1, 3, 0, 0, 0, 0, 0, -5, 0, 0, 0, -1, 0, 0, 0,
    3, 0, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 0, 0, -3, 0,
    0, 0, -2, 0, 0, 0, 0, 0, -3, 0, 0, 0, 0, 0, -5, 0,
    0, 0, 2, 0, 0, 0, -2, 0, 0, 0, -3, 0, 1, 0, 0, 0,
];

/// Multiples that the running point passes and that later additions use; the base point itself is one more.
const KEPT_MULTIPLES: [u8; 3] = [2, 3, 5];

/// One operation on the running point of the Miller loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainOp {
    /// Doubles it: begins step `.0`.
    Double(usize),
    /// Adds this multiple of the base point.
    Add(i8),
    /// Keeps the point, which is this multiple of the base point, for later additions.
    Keep(u8),
}

/// The addition chain of the loop.
pub(crate) static CHAIN: LazyLock<Vec<ChainOp>> = LazyLock::new(|| {
    let mut chain = Vec::new();
    let mut multiple: u128 = 1;
    let reach = |chain: &mut Vec<ChainOp>, op, multiple: u128| {
        chain.push(op);
        chain.extend(
            KEPT_MULTIPLES.iter().filter(|kept| u128::from(**kept) == multiple).map(|kept| ChainOp::Keep(*kept)),
        );
    };
    for (k, digit) in LOOP_DIGITS.iter().enumerate() {
        multiple *= 2;
        reach(&mut chain, ChainOp::Double(k), multiple);
        if *digit != 0 {
            multiple = multiple.checked_add_signed(i128::from(*digit)).expect("the running multiple is positive");
            reach(&mut chain, ChainOp::Add(*digit), multiple);
        }
    }
    chain
});

/// Lines a pair contributes: one a doubling, one an addition, two for the Frobenius images.
pub(crate) fn n_lines() -> usize {
    N_DOUBLINGS + LOOP_DIGITS.iter().filter(|d| **d != 0).count() + 2
}

/// `xi^((q^k - 1)/6)`, by which the q^k power map multiplies w; k from 1 to 3.
pub(crate) fn frobenius_coeff(k: u32) -> Fq2 {
    let exponent: BigUint = (base_modulus().pow(k) - 1u8) / 6u8;
    Fq2::new(Fq::from(9), Fq::ONE).pow(exponent.to_u64_digits())
}

/// The twist endomorphism psi (Frobenius seen on the twist): x to `conj(x) g^2`, y to `conj(y) g^3`.
pub(crate) fn psi(p: &G2Affine) -> G2Affine {
    let g = frobenius_coeff(1);
    let conj = |mut a: Fq2| {
        a.conjugate_in_place();
        a
    };
    G2Affine::new_unchecked(conj(p.x) * g.square(), conj(p.y) * g.square() * g)
}

/// A running point of the Miller loop has met a case that no point of the twist's prime-order-free loop meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExceptionalPoint;

/// One line of the Miller loop: its slope and the point it leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Slope of the tangent or chord.
    pub(crate) slope: Fq2,
    /// The point the line starts from.
    pub(crate) from: G2Affine,
}

fn step(t: G2Affine, q: G2Affine) -> Result<(Line, G2Affine), ExceptionalPoint> {
    let (numerator, denominator) =
        if t == q { (t.x.square() * Fq2::from(3u8), t.y.double()) } else { (q.y - t.y, q.x - t.x) };
    let slope = numerator * denominator.inverse().ok_or(ExceptionalPoint)?;
    let x = slope.square() - t.x - q.x;
    let next = G2Affine::new_unchecked(x, slope * (t.x - x) - t.y);
    Ok((Line { slope, from: t }, next))
}

/// The lines of the optimal ate Miller loop for `q`, in the order the script uses them: those of [`CHAIN`], then
/// +psi(q) and -psi^2(q).
pub(crate) fn lines(q: &G2Affine) -> Result<Vec<Line>, ExceptionalPoint> {
    let mut t = *q;
    let mut kept = HashMap::from([(1, *q)]);
    let mut out = Vec::with_capacity(n_lines());
    let mut advance = |t: &mut G2Affine, q: G2Affine| {
        let (line, next) = step(*t, q)?;
        out.push(line);
        *t = next;
        Ok(())
    };
    for op in CHAIN.iter() {
        match op {
            ChainOp::Double(_) => {
                let doubled = t;
                advance(&mut t, doubled)?;
            }
            ChainOp::Add(multiple) => {
                let added = kept[&multiple.unsigned_abs()];
                advance(&mut t, if *multiple > 0 { added } else { -added })?;
            }
            ChainOp::Keep(multiple) => {
                kept.insert(*multiple, t);
            }
        }
    }
    let psi_1 = psi(q);
    advance(&mut t, psi_1)?;
    advance(&mut t, -psi(&psi_1))?;
    Ok(out)
}

/// The line at `p`, up to a factor in Fq: `1 + w (-x_P slope - mu v) / y_P` with `mu = y_T - slope x_T`.
pub(crate) fn line_eval(line: &Line, p: &G1Affine, inverse_y: Fq) -> Fq12 {
    let mu = line.from.y - line.slope * line.from.x;
    let mut slope = line.slope;
    slope.mul_assign_by_fp(&(-p.x * inverse_y));
    let mut mu = mu;
    mu.mul_assign_by_fp(&-inverse_y);
    let mut value = Fq12::ONE;
    value.c1.c0 = slope;
    value.c1.c1 = mu;
    value
}

/// A pair of a Miller product, with the lines of its second point.
#[derive(Clone, Debug)]
pub(crate) struct Pair<'a> {
    p: G1Affine,
    inverse_y: Fq,
    lines: std::slice::Iter<'a, Line>,
}

impl<'a> Pair<'a> {
    /// The pair of `p` and the point whose lines are given; `None` for the point at infinity (no point of the
    /// curve has y = 0).
    pub(crate) fn new(p: G1Affine, lines: &'a [Line]) -> Option<Self> {
        if p.is_zero() {
            return None;
        }
        Some(Self { p, inverse_y: p.y.inverse()?, lines: lines.iter() })
    }

    /// The value of the next line.
    pub(crate) fn next_line(&mut self) -> Fq12 {
        // Every list of lines comes from `lines`, and every loop runs over the same chain.
        let line = self.lines.next().expect("a pair has as many lines as the loop has steps");
        line_eval(line, &self.p, self.inverse_y)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use ark_ec::AffineRepr;

    use super::*;

    #[test]
    fn constants__from_u__match_arkworks() {
        let u = BigUint::from(U);
        let q = 36u8 * u.pow(4) + 36u8 * u.pow(3) + 24u8 * u.pow(2) + 6u8 * &u + 1u8;
        let r = 36u8 * u.pow(4) + 36u8 * u.pow(3) + 18u8 * u.pow(2) + 6u8 * &u + 1u8;
        assert_eq!((q, r), (base_modulus(), scalar_modulus()));
    }

    #[test]
    fn loop_digits__summed__give_6u_plus_2() {
        let sum = LOOP_DIGITS.iter().fold(1i128, |sum, d| 2 * sum + i128::from(*d));
        assert_eq!(sum, 6 * i128::from(U) + 2);
        assert_eq!(n_lines(), 82);
    }

    #[test]
    fn chain__added_multiples__are_kept_before() {
        let mut kept = vec![1];
        for op in CHAIN.iter() {
            match op {
                ChainOp::Keep(multiple) => kept.push(*multiple),
                ChainOp::Add(multiple) => assert!(kept.contains(&multiple.unsigned_abs()), "{multiple}"),
                ChainOp::Double(_) => {}
            }
        }
        assert_eq!(kept, [1, 2, 3, 5]);
    }

    #[test]
    fn frobenius_coeff__second_and_third_power__follow_from_the_first() {
        let g = frobenius_coeff(1);
        let norm = g.c0.square() + g.c1.square();
        assert_eq!(frobenius_coeff(2), Fq2::new(norm, Fq::ZERO));
        assert_eq!(frobenius_coeff(3), g * Fq2::new(norm, Fq::ZERO));
        assert_eq!(norm.square() * norm, -Fq::ONE, "psi^2 negates y");
        let q = G2Affine::generator();
        let twice = psi(&psi(&q));
        assert_eq!((twice.x, twice.y), (q.x * Fq2::new(norm.square(), Fq::ZERO), -q.y));
    }

    #[test]
    fn lines__last_point__is_minus_psi_cubed() {
        let q = G2Affine::generator();
        let all = lines(&q).expect("a point of order r");
        let psi_2 = psi(&psi(&q));
        let (_, end) = step(all[n_lines() - 1].from, -psi_2).expect("not exceptional");
        assert_eq!(end, -psi(&psi_2));
    }
}
