//! What the script holds of the verifying key: slopes of delta, the table of the public input, the constant K.

use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::{AdditiveGroup, Field};
use ark_groth16::VerifyingKey;

use super::public_input::{OpenInput, PublicInput};
use crate::{
    bn254::{Line, lines},
    error::{BuildError, KeyError},
    torus::{ShortRepresentative, has_trivial_pairing_value},
};

/// Values of the verifying key, as the script holds them.
#[derive(Clone, Debug)]
pub(crate) struct Constants {
    pub(crate) delta: G2Affine,
    pub(crate) delta_lines: Vec<Line>,
    /// For each open input, elements for the upper half of its digits' values: with the pairing values
    /// `e(-sum_j (m_j - 1/2) 2^(n row(j)) IC, gamma)`, m_j bit j of the digit. The lower half are their conjugates.
    pub(crate) tables: Vec<Vec<ShortRepresentative>>,
    /// An element with the pairing value `e(alpha, beta)^-1 e(L, gamma)^-1`, L what the fixed inputs make of the key and the halves that the tables
    /// leave out.
    pub(crate) k: ShortRepresentative,
}

impl Constants {
    /// The constants of `vk` with these public inputs, `open` those of them that are given at spending.
    ///
    /// # Errors
    /// [`KeyError`] for a key that is not made of non-identity points of the right groups, or has another number
    /// of public inputs.
    pub(crate) fn new(
        vk: &VerifyingKey<Bn254>,
        inputs: &[PublicInput],
        open: &[OpenInput],
    ) -> Result<Self, BuildError> {
        check_key(vk, inputs.len())?;
        let delta_lines = point_lines(&vk.delta_g2, "delta_g2")?;
        let ic = |index: usize| G1Projective::from(vk.gamma_abc_g1[index + 1]);
        let fixed = inputs.iter().enumerate().filter_map(|(index, input)| match input {
            PublicInput::Fixed(x) => Some(ic(index) * x),
            PublicInput::Bits(_) | PublicInput::Full => None,
        });
        let halves = open.iter().map(|input| {
            // Each of n w bits counts as a half of its weight: (2^(n w) - 1) / 2 in all.
            ic(input.index) * ((power_of_two(input.n_digits * input.width) - Fr::ONE) * half())
        });
        let at_gamma = fixed.chain(halves).fold(G1Projective::from(vk.gamma_abc_g1[0]), |sum, term| sum + term);
        let gamma = <Bn254 as Pairing>::G2Prepared::from(vk.gamma_g2);
        let k = miller_value([-vk.alpha_g1, (-at_gamma).into_affine()], [vk.beta_g2.into(), gamma.clone()]);
        if has_trivial_pairing_value(&k) {
            return Err(KeyError::TrivialConstant.into());
        }
        let tables = open.iter().map(|input| {
            let upper = input.n_constants()..2 * input.n_constants();
            upper.map(|digit| entry(input, ic(input.index), digit, &gamma)).collect()
        });
        let tables = tables.collect();
        Ok(Self { delta: vk.delta_g2, delta_lines, tables, k: ShortRepresentative::of_pairing_value(&k) })
    }

    /// The table entries that the digits of an open input select, in order of use.
    pub(crate) fn entries<'a>(
        &'a self,
        input: usize,
        digits: &'a [usize],
    ) -> impl Iterator<Item = ShortRepresentative> + 'a {
        let upper = &self.tables[input];
        digits.iter().map(move |digit| match digit.checked_sub(upper.len()) {
            Some(at) => upper[at],
            None => upper[upper.len() - 1 - digit].conjugate(),
        })
    }
}

/// An element with the pairing value `e(-sum_j (m_j - 1/2) 2^(n row(j)) IC, gamma)`, m_j bit j of `digit`; never one for an
/// IC that is not the identity: the largest of the weights exceeds the sum of all others.
fn entry(
    input: &OpenInput,
    ic: G1Projective,
    digit: usize,
    gamma: &<Bn254 as Pairing>::G2Prepared,
) -> ShortRepresentative {
    let last = input.n_digits - 1;
    let term = |j: usize| {
        let weight = power_of_two(input.weight_log(last, j)) * half();
        if digit >> j & 1 == 1 { weight } else { -weight }
    };
    let scalar: Fr = (0..input.width).map(term).sum();
    ShortRepresentative::of_pairing_value(&miller_value([(-(ic * scalar)).into_affine()], [gamma.clone()]))
}

/// The Miller value of a product of pairs, up to factors in Fq6; a pair with the point at infinity counts as one.
fn miller_value<const N: usize>(g1: [G1Affine; N], g2: [<Bn254 as Pairing>::G2Prepared; N]) -> Fq12 {
    Bn254::multi_miller_loop(g1, g2).0
}

fn power_of_two(exponent: usize) -> Fr {
    (0..exponent).fold(Fr::ONE, |x, _| x.double())
}

fn half() -> Fr {
    Fr::ONE / Fr::from(2u8)
}

fn point_lines(q: &G2Affine, field: &'static str) -> Result<Vec<Line>, KeyError> {
    // A point of order r meets no exceptional case; one that does is not of order r.
    lines(q).map_err(|_| KeyError::NotInGroup { field })
}

fn check_key_point(point: &impl AffineRepr, field: &'static str) -> Result<(), KeyError> {
    check_point(point, KeyError::Identity { field }, KeyError::NotInGroup { field })
}

fn check_key(vk: &VerifyingKey<Bn254>, expected_inputs: usize) -> Result<(), KeyError> {
    let found = vk.gamma_abc_g1.len().checked_sub(1).ok_or(KeyError::NoConstant)?;
    if found != expected_inputs {
        return Err(KeyError::PublicInputCount { found, expected: expected_inputs });
    }
    check_key_point(&vk.alpha_g1, "alpha_g1")?;
    check_key_point(&vk.beta_g2, "beta_g2")?;
    check_key_point(&vk.gamma_g2, "gamma_g2")?;
    check_key_point(&vk.delta_g2, "delta_g2")?;
    // Two of them equal up to sign, and the equation can be met for any statement without a trapdoor: the terms merge.
    for (one, other, fields) in [
        (&vk.beta_g2, &vk.gamma_g2, "beta_g2 and gamma_g2"),
        (&vk.beta_g2, &vk.delta_g2, "beta_g2 and delta_g2"),
        (&vk.gamma_g2, &vk.delta_g2, "gamma_g2 and delta_g2"),
    ] {
        if one.x == other.x {
            return Err(KeyError::EqualPoints { fields });
        }
    }
    for point in &vk.gamma_abc_g1 {
        if !is_in_group(point) {
            return Err(KeyError::NotInGroup { field: "gamma_abc_g1" });
        }
    }
    // An input that does not enter the equation would bind nothing.
    if vk.gamma_abc_g1[1..].iter().any(AffineRepr::is_zero) {
        return Err(KeyError::Identity { field: "gamma_abc_g1" });
    }
    Ok(())
}

/// Whether a point is on its curve and of order r.
fn is_in_group<P: AffineRepr>(point: &P) -> bool {
    point.check().is_ok()
}

/// Refuses the identity and points off the curve or of another order, each with the error given for it.
pub(crate) fn check_point<P: AffineRepr, E>(point: &P, identity: E, not_in_group: E) -> Result<(), E> {
    if point.is_zero() {
        Err(identity)
    } else if !is_in_group(point) {
        Err(not_in_group)
    } else {
        Ok(())
    }
}
