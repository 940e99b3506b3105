//! Interval arithmetic over a whole model: how large every value can become for any admissible input.

use super::error::ModelError;
use super::layer::{Activation, Layer};
use num_bigint::{BigInt, Sign};
use num_traits::Zero;

/// Most bits a value's magnitude may have.
///
/// The group order r of BN254 lies between 2^253 and 2^254. Two magnitudes below 2^252 stay less than
/// 2^253 < r apart, so equal residues mean equal integers, and for the difference check a negative
/// number `>= -2^252` has its residue at `r - 2^252 > 2^252`, outside every range check of at most 252 bits.
pub const MAX_EXACT_BITS: u64 = 252;

/// What the analysis proved about one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRange {
    /// The layer's name.
    pub layer: String,
    /// Bits of the largest accumulator magnitude; every partial sum that starts from the bias fits too.
    pub acc_bits: u64,
    /// Bits of the largest output magnitude: of the square, or of the logit.
    pub output_bits: u64,
    /// Bits left below [`MAX_EXACT_BITS`].
    pub margin_bits: u64,
}

/// What the analysis proved about a model: for pixels in range no value comes near r.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    layers: Vec<LayerRange>,
    difference_bits: u64,
}

impl Ranges {
    /// One entry per layer, in order.
    pub fn layers(&self) -> &[LayerRange] {
        &self.layers
    }

    /// The least K with `L_c - L_i < 2^K` for every two classes and every admissible input.
    pub const fn difference_bits(&self) -> u64 {
        self.difference_bits
    }

    /// Bits left below [`MAX_EXACT_BITS`] by the widest value of the model.
    pub fn margin_bits(&self) -> u64 {
        let layers = self.layers.iter().map(|layer| layer.margin_bits);
        layers.chain([MAX_EXACT_BITS - self.difference_bits]).min().unwrap_or(MAX_EXACT_BITS)
    }

    /// Analyses `layers` fed with pixels in `0 .. 2^pixel_bits`.
    pub(super) fn of(layers: &[Layer], pixel_bits: u32) -> Result<Self, ModelError> {
        let pixel_max = BigInt::from((1u32 << pixel_bits) - 1);
        // Inputs of every layer are non-negative: pixels and squares. Their upper ends are all that is carried.
        let mut upper = vec![pixel_max; layers.first().map_or(0, |layer| layer.shape().n_inputs())];
        let mut ranges = Self { layers: Vec::with_capacity(layers.len()), difference_bits: 0 };
        for layer in layers {
            let (acc, is_last) = (magnitudes(layer, &upper), layer.activation() == Activation::None);
            let acc_bits = checked_bits(layer, "accumulator", &acc)?;
            if is_last {
                ranges.difference_bits = checked_bits(layer, "logit difference", &differences(layer, &upper))?;
                upper = acc;
            } else {
                upper = acc.iter().map(|magnitude| magnitude * magnitude).collect();
            }
            let output_bits = if is_last { acc_bits } else { checked_bits(layer, "square", &upper)? };
            let margin_bits = MAX_EXACT_BITS - acc_bits.max(output_bits);
            ranges.layers.push(LayerRange { layer: layer.name().to_string(), acc_bits, output_bits, margin_bits });
        }
        Ok(ranges)
    }
}

/// Largest magnitude of each accumulator for inputs in `[0, upper]`.
fn magnitudes(layer: &Layer, upper: &[BigInt]) -> Vec<BigInt> {
    let magnitude = |output| {
        let (bias, terms) = layer.accumulator(output);
        let (mut low, mut high) = (bias.clone(), bias.clone());
        for (input, weight) in terms {
            *(if weight < 0 { &mut low } else { &mut high }) += &upper[input] * weight;
        }
        BigInt::from_biguint(Sign::Plus, core::cmp::max(low.magnitude(), high.magnitude()).clone())
    };
    (0..layer.shape().n_outputs()).map(magnitude).collect()
}

/// Largest value of `L_c - L_i` for each pair of outputs, from the difference of the two rows: much tighter than
/// the difference of the two bounds, because both logits read the same inputs.
fn differences(layer: &Layer, upper: &[BigInt]) -> Vec<BigInt> {
    let (n_inputs, n_outputs) = (layer.shape().n_inputs(), layer.shape().n_outputs());
    let dense = |output| {
        let (bias, terms) = layer.accumulator(output);
        let mut row = vec![0i64; n_inputs];
        terms.for_each(|(input, weight)| row[input] = weight.into());
        (bias, row)
    };
    let rows: Vec<_> = (0..n_outputs).map(dense).collect();
    let largest = |(c, i): (usize, usize)| {
        let weights = rows[c].1.iter().zip(&rows[i].1).map(|(a, b)| a - b);
        let positive = weights.zip(upper).filter(|(weight, _)| *weight > 0).map(|(weight, upper)| upper * weight);
        (rows[c].0 - rows[i].0 + positive.sum::<BigInt>()).max(BigInt::zero())
    };
    (0..n_outputs).flat_map(|c| (0..n_outputs).map(move |i| (c, i))).map(largest).collect()
}

/// Bits of the largest of `magnitudes`, refused above [`MAX_EXACT_BITS`].
fn checked_bits(layer: &Layer, value: &'static str, magnitudes: &[BigInt]) -> Result<u64, ModelError> {
    let bits = magnitudes.iter().map(BigInt::bits).max().unwrap_or(0);
    if bits <= MAX_EXACT_BITS {
        return Ok(bits);
    }
    Err(ModelError::Wraps { layer: layer.name().to_string(), value, bits, limit: MAX_EXACT_BITS })
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::PrimeField;
    use num_bigint::BigUint;

    #[test]
    fn exact_bits__recomputed_from_r__is_the_largest_safe_value() {
        let r = BigUint::from(Fr::MODULUS);
        let two_to = |k: u64| BigUint::from(1u8) << k;
        // Two range-checked widths fit below r, one bit more would not.
        assert!(two_to(MAX_EXACT_BITS) * 2u8 < r);
        assert!(two_to(MAX_EXACT_BITS + 1) * 2u8 > r);
    }
}
