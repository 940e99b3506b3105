//! Layers from the manifest's descriptions and the stored integers, with every cross-check between them.

use super::MANIFEST_FILE;
use super::error::{ModelError, require};
use super::layer::{Activation, Layer, LayerShape};
use super::manifest::{ActivationEntry, LayerEntry, Manifest, Weights, WeightsEntry};
use num_bigint::{BigInt, BigUint};
use statement::N_CLASSES;

/// Largest number of channels, units, inputs or outputs of a layer.
const MAX_DIMENSION: u32 = 1 << 16;
/// Longest decimal integer: 77 digits hold every value below r.
const MAX_DIGITS: usize = 77;

/// All layers of a model whose planes start with side `crop`.
pub(super) fn build_layers(manifest: &Manifest, weights: Weights, crop: usize) -> Result<Vec<Layer>, ModelError> {
    let mut layers: Vec<Layer> = Vec::with_capacity(manifest.layers.len());
    // The planes that feed the next layer: channels and side; a dense layer writes planes of side 1.
    let (mut channels, mut side) = (1, crop);
    let mut scale = BigUint::from(manifest.input.scale);
    for (idx, (entry, stored)) in manifest.layers.iter().zip(weights.layers).enumerate() {
        let place = Place { file: &manifest.weights.file, idx };
        let shape = place.shape(entry, channels, side)?;
        let (n_outputs, limit) = (shape.n_outputs(), MAX_DIMENSION as usize);
        place.check(n_outputs <= limit, "kind", n_outputs, format_args!("at most {limit} outputs of a layer"))?;
        (channels, side) = match shape {
            LayerShape::Conv2d { out_channels, out_side, .. } => (out_channels, out_side),
            LayerShape::Dense { outputs, .. } => (outputs, 1),
        };
        let is_last = idx + 1 == manifest.layers.len();
        let classes = usize::from(N_CLASSES);
        place.check(
            !is_last || n_outputs == classes,
            "outputs",
            n_outputs,
            format_args!("{classes}, one per class"),
        )?;
        let activation = place.activation(entry, is_last)?;
        scale = place.scale(entry, scale)?;
        layers.push(place.layer(entry, shape, activation, stored)?);
    }
    Ok(layers)
}

/// Where a layer is described, for its error messages.
struct Place<'a> {
    /// The weights file.
    file: &'a str,
    /// Position of the layer.
    idx: usize,
}

impl Place<'_> {
    fn check(&self, holds: bool, field: &str, found: impl ToString, expected: impl ToString) -> Result<(), ModelError> {
        require(holds, MANIFEST_FILE, || format!("layers[{}].{field}", self.idx), found, expected)
    }

    fn shape(&self, entry: &LayerEntry, channels: usize, side: usize) -> Result<LayerShape, ModelError> {
        let size = |field: &str, value: u32| {
            let expected = format_args!("1 to {MAX_DIMENSION}").to_string();
            self.check((1..=MAX_DIMENSION).contains(&value), field, value, expected)?;
            Ok::<_, ModelError>(value as usize)
        };
        match entry {
            LayerEntry::Dense(dense) => {
                let (inputs, outputs) = (size("inputs", dense.inputs)?, size("outputs", dense.outputs)?);
                let expected = channels * side * side;
                self.check(inputs == expected, "inputs", inputs, format_args!("{expected}, what comes before"))?;
                Ok(LayerShape::Dense { inputs, outputs })
            }
            LayerEntry::Conv2d(conv) => {
                let (in_channels, out_channels) =
                    (size("in_channels", conv.in_channels)?, size("out_channels", conv.out_channels)?);
                let (kernel, stride) = (size("kernel", conv.kernel)?, size("stride", conv.stride)?);
                let expected = format_args!("{channels}, what comes before").to_string();
                self.check(in_channels == channels, "in_channels", in_channels, expected)?;
                let expected = format_args!("1 to {side}, the side of the plane it reads").to_string();
                self.check(kernel <= side, "kernel", kernel, expected)?;
                let steps = side - kernel;
                let expected = format_args!("a divisor of {steps} = side - kernel, so that every input is read");
                self.check(steps.is_multiple_of(stride), "stride", stride, expected)?;
                let out_side = steps / stride + 1;
                Ok(LayerShape::Conv2d { in_channels, out_channels, kernel, stride, in_side: side, out_side })
            }
        }
    }

    fn activation(&self, entry: &LayerEntry, is_last: bool) -> Result<Activation, ModelError> {
        match (entry.common().activation, is_last) {
            (ActivationEntry::Square, false) => Ok(Activation::Square),
            (ActivationEntry::None, true) => Ok(Activation::None),
            (ActivationEntry::Square, true) => {
                self.check(false, "activation", "\"square\"", "\"none\" in the last layer").map(|()| Activation::None)
            }
            (ActivationEntry::None, false) => self
                .check(false, "activation", "\"none\"", "\"square\" in every layer but the last")
                .map(|()| Activation::Square),
        }
    }

    /// The output scale, which must be what the weight scale and the input scale multiply up to.
    fn scale(&self, entry: &LayerEntry, input_scale: BigUint) -> Result<BigUint, ModelError> {
        let common = entry.common();
        self.check(common.weight_scale > 0, "weight_scale", common.weight_scale, "a positive integer")?;
        let linear = input_scale * common.weight_scale;
        let scale = if common.activation == ActivationEntry::Square { &linear * &linear } else { linear };
        let found = common.output_scale;
        self.check(found == scale.to_string(), "output_scale", format_args!("{found:?}"), format_args!("\"{scale}\""))?;
        Ok(scale)
    }

    fn layer(
        &self,
        entry: &LayerEntry,
        shape: LayerShape,
        activation: Activation,
        stored: WeightsEntry,
    ) -> Result<Layer, ModelError> {
        let common = entry.common();
        let bits = common.weight_bits;
        self.check((2..=32).contains(&bits), "weight_bits", bits, "2 to 32")?;
        let field = |part: &str| format!("layers[{}].{part}", self.idx);
        require(stored.name == common.name, self.file, || field("name"), &stored.name, common.name)?;
        let (n_rows, row_len) = (shape.n_rows(), shape.row_len());
        for (part, found) in [("weights", stored.weights.len()), ("biases", stored.biases.len())] {
            require(found == n_rows, self.file, || field(part), found, format_args!("{n_rows} rows"))?;
        }
        let mut weights = Vec::new();
        for (row_idx, row) in stored.weights.iter().enumerate() {
            let expected = format_args!("{row_len} weights").to_string();
            require(row.len() == row_len, self.file, || field(&format!("weights[{row_idx}]")), row.len(), expected)?;
            for (column, &found) in row.iter().enumerate() {
                let fits = i32::try_from(found).ok().filter(|w| i64::from(*w) >> (bits - 1) == i64::from(*w) >> 63);
                weights.push(fits.ok_or_else(|| ModelError::Weight {
                    file: self.file.to_owned(),
                    layer: common.name.to_owned(),
                    row: row_idx,
                    column,
                    found,
                    bits,
                })?);
            }
        }
        let mut biases = Vec::with_capacity(n_rows);
        for (row_idx, text) in stored.biases.iter().enumerate() {
            let bias = decimal(text);
            let expected = format!("a decimal integer of at most {MAX_DIGITS} digits, without leading zeros");
            require(
                bias.is_some(),
                self.file,
                || field(&format!("biases[{row_idx}]")),
                format_args!("{text:?}"),
                expected,
            )?;
            biases.extend(bias);
        }
        Ok(Layer { name: common.name.into(), shape, activation, weight_bits: bits, weights, biases })
    }
}

/// Reads the one spelling of an integer.
fn decimal(text: &str) -> Option<BigInt> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let value: BigInt = if is_plain { text.parse().ok()? } else { return None };
    (value.to_string() == text).then_some(value)
}
