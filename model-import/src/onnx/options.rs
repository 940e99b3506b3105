//! What the user decides about an import.

use super::place::Place;
use crate::error::ImportError;
use num_bigint::BigInt;
use num_rational::BigRational;
use prover::Image;
use prover::model::manifest::{ImageEntry, InputEntry};
use prover::model::{InputVisibility, Provenance, Shape, WeightVisibility};

/// Everything about an import that the file does not say.
#[derive(Clone, Debug)]
pub struct OnnxOptions {
    /// What the file is called in messages.
    pub file: String,
    /// The model's name: 1 to 64 characters of `a-z 0-9 -`.
    pub name: String,
    /// What the model is for, in words.
    pub task: String,
    /// Where the network comes from.
    pub provenance: Provenance,
    /// One name per class; the classes' numbers if absent.
    pub classes: Option<Vec<String>>,
    /// Bits of a weight, sign included, 2 to 24.
    pub weight_bits: u32,
    /// Bits that a requantised value takes on the calibration images, 2 to 24: without sign behind a ReLU, else with it.
    pub activation_bits: u32,
    /// What a pixel means to the network.
    pub pixels: Pixels,
    /// Which of the values seen in calibration is the largest that must fit [`OnnxOptions::activation_bits`].
    pub calibration: Calibration,
    /// Bits added to the largest lead seen in calibration, for images whose largest logit leads by more. The circuit
    /// cannot prove the class of an image that exceeds them; it proves no wrong class either.
    pub lead_margin_bits: u32,
    /// Who knows the input.
    pub input_visibility: InputVisibility,
    /// Who knows the weights.
    pub weight_visibility: WeightVisibility,
}

impl OnnxOptions {
    /// 8-bit weights and activations, private input, public weights, pixels divided by 255.
    pub fn new(file: impl Into<String>, name: impl Into<String>) -> Self {
        let file = file.into();
        Self {
            name: name.into(),
            task: "image classification".to_owned(),
            provenance: Provenance {
                recipe: format!("imported from {file}, quantised after training"),
                data: "not stated by the ONNX file".to_owned(),
                licence: "not stated by the ONNX file".to_owned(),
            },
            file,
            classes: None,
            weight_bits: 8,
            activation_bits: 8,
            pixels: Pixels { mean: 0.0, std: 1.0, bits: 8 },
            calibration: Calibration::Max,
            lead_margin_bits: 2,
            input_visibility: InputVisibility::Private,
            weight_visibility: WeightVisibility::Public,
        }
    }

    pub(super) fn check(&self) -> Result<(), ImportError> {
        let at = |option: &str| Place::new(&self.file, format_args!("option {option}"));
        let advice = "change the option";
        for (option, bits) in [("weight_bits", self.weight_bits), ("activation_bits", self.activation_bits)] {
            at(option).check((2..=24).contains(&bits), bits, "2 to 24", advice)?;
        }
        if let Calibration::Percentile(percentile) = self.calibration {
            let fits = percentile > 50.0 && percentile <= 100.0;
            at("calibration").check(fits, percentile, "a percentile above 50, at most 100", advice)?;
        }
        let Pixels { mean, std, bits } = self.pixels;
        at("pixels.bits").check((1..=8).contains(&bits), bits, "1 to 8", advice)?;
        at("pixels.mean").check((-16.0..=16.0).contains(&mean), mean, "-16 to 16, pixels being 0 to 1", advice)?;
        at("pixels.std").check((1e-3..=1e3).contains(&std), std, "0.001 to 1000, pixels being 0 to 1", advice)
    }
}

/// Which value seen in calibration sets the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Calibration {
    /// The largest.
    Max,
    /// The one that this many of a hundred do not exceed. Those that do take more bits; none is cut off.
    Percentile(f64),
}

/// A byte `x` of an image is the number `(x / 255 - mean) / std` to the float network, as in torchvision's
/// `ToTensor` and `Normalize`; the model reads it with `bits` bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pixels {
    /// Subtracted.
    pub mean: f64,
    /// Divided by.
    pub std: f64,
    /// Upper bits of the byte that the model reads, 1 to 8. Few make a hidden input cheap to prove about.
    pub bits: u32,
}

impl Pixels {
    /// What the float network reads: the central square of `side` pixels.
    pub(super) fn real(&self, image: &Image, side: usize) -> Vec<f64> {
        let margin = (prover::SIDE - side) / 2;
        let rows = image.as_bytes().chunks_exact(prover::SIDE).skip(margin).take(side);
        let real = |byte: &u8| (f64::from(*byte) / 255.0 - self.mean) / self.std;
        rows.flat_map(|row| &row[margin..margin + side]).map(real).collect()
    }

    /// How many integer units make up the float network's one: exactly what the manifest says.
    pub(super) fn scale(&self) -> BigRational {
        // Six decimals of a standard deviation are more than anybody gives.
        const UNITS: f64 = 1e6;
        let units = (self.levels() as f64 * self.std * UNITS).round();
        BigRational::new(BigInt::from(units as i64), BigInt::from(UNITS as i64))
    }

    /// The largest level of a pixel before the mean is subtracted.
    fn levels(&self) -> i64 {
        (1 << self.bits) - 1
    }

    /// The manifest's `input` for planes of `shape`, a square within a raw image.
    pub(super) fn entry(&self, shape: Shape, visibility: InputVisibility) -> InputEntry {
        // The integer that stands for the float network's zero, which is also what padding reads.
        let zero = (self.mean * self.levels() as f64).round() as i64;
        let level = |byte: i64| (byte >> (8 - self.bits)) - zero;
        let (bits, table) =
            if zero == 0 { (Some(self.bits), None) } else { (None, Some((0..256).map(level).collect())) };
        InputEntry {
            shape: [shape.channels, shape.height, shape.width].map(as_u32),
            min: -zero,
            max: self.levels() - zero,
            scale: self.scale().to_string(),
            visibility,
            image: Some(ImageEntry { side: as_u32(prover::SIDE), crop: as_u32(shape.width), bits, table }),
        }
    }
}

/// A size that the limits of a network keep small.
pub(super) fn as_u32(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
