//! What the script holds of the verifying key: slopes of delta, the table of the public input, the constant K.

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_groth16::VerifyingKey;
use ark_serialize::CanonicalSerialize;
use sha2::{Digest, Sha256};

use super::TABLE_LEN;
use crate::{
    bn254::{Line, MAX_INPUT_LEN, Pair, lines, miller_value},
    error::{BuildError, KeyError},
    torus::Representative,
};

/// Values of the verifying key, as the script holds them.
#[derive(Clone, Debug)]
pub(crate) struct Constants {
    pub(crate) delta: G2Affine,
    pub(crate) delta_lines: Vec<Line>,
    /// Class of `e(-(k IC_1 + S), gamma)` for each value of a digit, k its bits spread n places apart.
    pub(crate) table: Option<[Representative; TABLE_LEN]>,
    /// Class of `e(alpha, beta)^-1 e(IC_0, gamma)^-1`, and what the shift S adds.
    pub(crate) k: Representative,
}

impl Constants {
    /// The constants of `vk` with one public input of `input_len` bytes given at spending (0: no public input is).
    ///
    /// # Errors
    /// [`KeyError`] for a key that is not made of non-identity points of the right groups, or has another number
    /// of public inputs.
    pub(crate) fn new(vk: &VerifyingKey<Bn254>, input_len: usize) -> Result<Self, BuildError> {
        if input_len > MAX_INPUT_LEN {
            return Err(BuildError::InputLength { found: input_len });
        }
        check_key(vk, usize::from(input_len > 0))?;
        let delta_lines = point_lines(&vk.delta_g2, "delta_g2")?;
        let gamma_lines = point_lines(&vk.gamma_g2, "gamma_g2")?;
        let beta_lines = point_lines(&vk.beta_g2, "beta_g2")?;
        let keyed = Keyed { vk, gamma_lines: &gamma_lines, beta_lines: &beta_lines };
        let constants = |table, k| Self { delta: vk.delta_g2, delta_lines: delta_lines.clone(), table, k };
        if input_len == 0 {
            // Without a table there is no shift to choose: a constant in the identity's class, which only a key with a
            // known trapdoor has, cannot be written.
            let k = keyed.constant(vk.gamma_abc_g1[0].into());
            return Ok(constants(None, k.ok_or(KeyError::Identity { field: "gamma_abc_g1[0]" })?));
        }
        // Any shift serves that makes no entry the identity, which has no representative: the first that does is taken.
        let found = shifts(vk).find_map(|shift| keyed.with_input(2 * input_len, shift));
        let (table, k) = found.expect("the shifts never end, and all but a few of the group's points will do");
        Ok(constants(Some(table), k))
    }
}

impl Constants {
    /// The table entries that the digits of `input` select: high nibble of each byte first.
    pub(crate) fn entries(&self, input: &[u8]) -> Vec<Representative> {
        let digits = input.iter().flat_map(|byte| [usize::from(byte >> 4), usize::from(byte & 15)]);
        self.table.map_or_else(Vec::new, |table| digits.map(|digit| table[digit]).collect())
    }
}

struct Keyed<'a> {
    vk: &'a VerifyingKey<Bn254>,
    gamma_lines: &'a [Line],
    beta_lines: &'a [Line],
}

impl Keyed<'_> {
    fn with_input(
        &self,
        n_digits: usize,
        shift: G1Projective,
    ) -> Option<([Representative; TABLE_LEN], Representative)> {
        let input = G1Projective::from(self.vk.gamma_abc_g1[1]);
        // Bit j of a digit weighs 2^(n j) beside the digit's own place.
        let places: [G1Projective; 4] = std::array::from_fn(|j| {
            let weight = (0..n_digits * j).fold(Fr::ONE, |x, _| x.double());
            input * weight
        });
        let entry = |digit: usize| {
            let sum = (0..4).filter(|j| digit >> j & 1 == 1).fold(shift, |sum, j| sum + places[j]);
            let pair = Pair::new((-sum).into_affine(), self.gamma_lines)?;
            Representative::of(&miller_value(&mut [pair]))
        };
        let table: Vec<Representative> = (0..TABLE_LEN).map(entry).collect::<Option<_>>()?;
        // The squarings give every step's shift its power of two: n of them sum to (2^n - 1) S.
        let total = (0..n_digits).fold(Fr::ONE, |x, _| x.double()) - Fr::ONE;
        let k = self.constant(G1Projective::from(self.vk.gamma_abc_g1[0]) - shift * total)?;
        Some((table.try_into().ok()?, k))
    }

    /// Class of `e(alpha, beta)^-1 e(at_gamma, gamma)^-1`.
    fn constant(&self, at_gamma: G1Projective) -> Option<Representative> {
        let alpha = Pair::new(-self.vk.alpha_g1, self.beta_lines)?;
        let gamma = Pair::new((-at_gamma).into_affine(), self.gamma_lines)?;
        Representative::of(&miller_value(&mut [alpha, gamma]))
    }
}

/// Points with a discrete logarithm nobody knows, drawn by hashing the key: x is a digest, y the smaller
/// root.
fn shifts(vk: &VerifyingKey<Bn254>) -> impl Iterator<Item = G1Projective> {
    let mut bytes = Vec::new();
    vk.serialize_compressed(&mut bytes).expect("writing to memory does not fail");
    (0u32..).filter_map(move |counter| {
        let mut hash = Sha256::new();
        hash.update(b"provelock public-input table shift v1");
        hash.update(&bytes);
        hash.update(counter.to_le_bytes());
        let x = Fq::from_le_bytes_mod_order(&hash.finalize());
        let y = (x.square() * x + Fq::from(3)).sqrt()?;
        Some(G1Affine::new_unchecked(x, y.min(-y)).into())
    })
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
