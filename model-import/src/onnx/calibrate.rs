//! What values a float network takes on sample images.

use super::graph::{FloatGraph, Op, Source};
use super::options::{Calibration, OnnxOptions};
use super::place::Place;
use crate::error::ImportError;

/// Parts of a power of two that are told apart.
const PARTS: u32 = 32;
/// Exponents that are told apart: 2^-64 to 2^64, and all beyond in the outer ones.
const EXPONENTS: std::ops::Range<i32> = -64..64;

/// The magnitudes that one node's values take: how many lie in each 32nd part of a power of two.
#[derive(Clone, Debug)]
pub(super) struct Magnitudes {
    counts: Vec<u64>,
    max: f64,
}

impl Magnitudes {
    fn new() -> Self {
        Self { counts: vec![0; EXPONENTS.len() * PARTS as usize], max: 0.0 }
    }

    fn add(&mut self, value: f64) {
        self.max = self.max.max(value.abs());
        if value != 0.0 {
            self.counts[Self::bin(value)] += 1;
        }
    }

    /// Exponent and the upper five bits of the mantissa, read from the double itself.
    fn bin(value: f64) -> usize {
        let position = (value.abs().to_bits() >> (52 - PARTS.ilog2())) as i64;
        let first = (i64::from(EXPONENTS.start) + 1023) * i64::from(PARTS);
        let last = EXPONENTS.len() as i64 * i64::from(PARTS) - 1;
        // Clamped into the range of the vector.
        (position - first).clamp(0, last) as usize
    }

    /// The largest magnitude.
    pub(super) const fn max(&self) -> f64 {
        self.max
    }

    /// The magnitude that sets the scale; of a percentile, the upper end of its bin, at most 1/32 too large. Zeros do
    /// not count: most values behind a ReLU are zero and say nothing about the others.
    fn chosen(&self, calibration: Calibration) -> f64 {
        let Calibration::Percentile(percentile) = calibration else { return self.max };
        let total: u64 = self.counts.iter().sum();
        let wanted = (total as f64 * percentile / 100.0).ceil();
        let mut seen = 0;
        for (bin, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen as f64 >= wanted {
                let (exponent, part) = (bin / PARTS as usize, bin % PARTS as usize + 1);
                let upper = (1.0 + part as f64 / f64::from(PARTS)) * 2f64.powi(EXPONENTS.start + exponent as i32);
                return upper.min(self.max);
            }
        }
        self.max
    }

    /// How many of the values other than zero lie in bins above that of `limit`.
    pub(super) fn share_above(&self, limit: f64) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let above: u64 = self.counts[Self::bin(limit) + 1..].iter().sum();
        if total == 0 { 0.0 } else { above as f64 / total as f64 }
    }
}

/// What calibration saw.
#[derive(Clone, Debug)]
pub(super) struct Calibrated {
    /// Of each node, in order.
    pub(super) magnitudes: Vec<Magnitudes>,
    calibration: Calibration,
}

impl Calibrated {
    /// Runs the network on every input; `logits` sees each result.
    pub(super) fn run(
        graph: &FloatGraph,
        options: &OnnxOptions,
        inputs: impl Iterator<Item = Vec<f64>>,
        mut logits: impl FnMut(&[f64]),
    ) -> Result<Self, ImportError> {
        let mut magnitudes = vec![Magnitudes::new(); graph.nodes.len()];
        for (image, input) in inputs.enumerate() {
            let values = graph.run(&input);
            for (node, (values, magnitudes)) in graph.nodes.iter().zip(values.iter().zip(&mut magnitudes)) {
                if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                    let place = Place::new(&options.file, format_args!("values of {:?} on image {image}", node.name));
                    let advice = "the weights are damaged, or the pixels are not scaled as in training";
                    return Err(place.refused(value, "finite numbers", advice));
                }
                values.iter().for_each(|value| magnitudes.add(*value));
            }
            logits(values.last().map_or(&[], Vec::as_slice));
        }
        Ok(Self { magnitudes, calibration: options.calibration })
    }

    /// What node `idx` must have room for.
    pub(super) fn room(&self, graph: &FloatGraph, idx: usize) -> Room {
        let mut readers = graph.nodes.iter().enumerate().filter(|(_, node)| node.inputs.contains(&Source::Node(idx))).peekable();
        let has_readers = readers.peek().is_some();
        let rooms: Option<Vec<Room>> = readers
            .map(|(reader, node)| match node.op {
                Op::Relu { .. } => Some(Room { largest: self.chosen(reader), is_signed: false }),
                Op::MaxPool(_) | Op::Flatten => Some(self.room(graph, reader)).filter(|room| !room.is_signed),
                _ => None,
            })
            .collect();
        match rooms {
            Some(rooms) if has_readers => {
                Room { largest: rooms.iter().map(|room| room.largest).fold(0.0, f64::max), is_signed: false }
            }
            _ => Room { largest: self.chosen(idx), is_signed: true },
        }
    }

    fn chosen(&self, idx: usize) -> f64 {
        self.magnitudes[idx].chosen(self.calibration)
    }
}

/// What a requantised value must have room for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Room {
    /// The largest magnitude that matters.
    pub(super) largest: f64,
    /// Whether negative values matter: not if a ReLU follows.
    pub(super) is_signed: bool,
}

impl Room {
    /// The largest integer of `bits` bits.
    pub(super) fn limit(self, bits: u32) -> f64 {
        2f64.powi(bits as i32 - i32::from(self.is_signed)) - 1.0
    }
}
