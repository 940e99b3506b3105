//! Post-training quantisation: from real weights to integers, with exact scales.
//!
//! A value of scale `s` is the integer nearest to `s` times the real number. A linear layer multiplies the scale by that of
//! its weights; if its result is compared with anything later (ReLU, maximum), it is divided by a power of two, so that the
//! calibrated magnitudes fit [`OnnxOptions::activation_bits`]. Such a layer's output scale is chosen first, a fraction
//! with a short numerator, and its weight scale is the exact quotient: so scales stay short, and two branches can
//! meet in an addition at exactly one scale. Where only products and linear layers follow, nothing is divided: they cost
//! the circuit the same whatever the number of bits. A maximum over disjoint windows comes before the division, which keeps the
//! order of values: so there are fewer values to divide.

use super::calibrate::{Calibrated, Room};
use super::graph::{FloatGraph, Linear, LinearKind, Op, Source, Window};
use super::names::Names;
use super::options::{OnnxOptions, as_u32};
use super::place::Place;
use super::scale::{float, power_of_two, short, units};
use crate::error::ImportError;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};
use prover::model::manifest::{
    ConvEntry, DenseEntry, LayerEntry, PlainEntry, PoolEntry, ReluEntry, RescaleEntry, WeightsEntry,
};

/// Most bits of the weight that brings one branch of an addition to the scale of the other.
const MAX_ALIGN_BITS: u32 = 32;

/// The layers of a quantised network.
#[derive(Debug)]
pub(super) struct Quantised {
    pub(super) layers: Vec<LayerEntry>,
    pub(super) weights: Vec<WeightsEntry>,
    /// What the values of each layer stand for.
    pub(super) values: Vec<Meaning>,
    pub(super) notes: Vec<String>,
}

/// What the integers of a layer stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// Values of the float network.
    pub(super) source: Source,
    /// Integer units per one of them.
    pub(super) scale: f64,
    /// Whether the scale was chosen so that the calibrated values fit the activation bits.
    pub(super) limit: Option<f64>,
}

/// A value in the model.
#[derive(Clone, Debug)]
struct Wire {
    name: String,
    /// Integer units per one of the float network's value.
    scale: BigRational,
    /// The scale that the model's reader derives: smaller where the model holds a sum for the float network's mean.
    stated: BigRational,
}

/// Quantises a network that calibration has seen.
pub(super) fn quantise(
    graph: &FloatGraph,
    calibrated: &Calibrated,
    options: &OnnxOptions,
) -> Result<Quantised, ImportError> {
    let scale = options.pixels.scale();
    let input = Wire { name: "input".to_owned(), scale: scale.clone(), stated: scale };
    let model = Quantised { layers: vec![], weights: vec![], values: vec![], notes: vec![] };
    let mut quantiser = Quantiser {
        graph,
        calibrated,
        options,
        names: Names::new(),
        input,
        wires: vec![],
        pending: vec![None; graph.nodes.len()],
        model,
    };
    for idx in 0..graph.nodes.len() {
        let wire = quantiser.node(idx)?;
        quantiser.wires.push(wire);
    }
    Ok(quantiser.model)
}

struct Quantiser<'a> {
    graph: &'a FloatGraph,
    calibrated: &'a Calibrated,
    options: &'a OnnxOptions,
    names: Names,
    input: Wire,
    wires: Vec<Wire>,
    /// For each node: what its values are still to be divided by.
    pending: Vec<Option<Division>>,
    model: Quantised,
}

/// A division by a power of two.
#[derive(Clone, Copy, Debug)]
struct Division {
    divisor: u64,
    /// The largest magnitude that calibrated values have afterwards.
    limit: f64,
}

impl Quantiser<'_> {
    fn wire(&self, source: Source) -> &Wire {
        match source {
            Source::Input => &self.input,
            Source::Node(idx) => &self.wires[idx],
        }
    }

    fn place(&self, idx: usize) -> Place<'_> {
        Place::new(&self.options.file, format_args!("node {:?}", self.graph.nodes[idx].name))
    }

    /// Adds a layer whose values stand for `source`.
    fn push(&mut self, source: Source, layer: LayerEntry, scale: &BigRational, stated: &BigRational) -> Wire {
        let name = layer.name().to_owned();
        self.model.layers.push(layer);
        self.model.values.push(Meaning { source, scale: scale.to_f64().unwrap_or(f64::INFINITY), limit: None });
        Wire { name, scale: scale.clone(), stated: stated.clone() }
    }

    fn node(&mut self, idx: usize) -> Result<Wire, ImportError> {
        let node = &self.graph.nodes[idx];
        let before = self.wire(node.inputs[0]).clone();
        let name = self.names.give(&node.name, "");
        let inputs = Some(vec![before.name.clone()]);
        let Wire { scale, stated, .. } = &before;
        Ok(match &node.op {
            Op::Linear(linear) => return self.linear(idx, linear, &before, name),
            // Folded when the file was read.
            Op::Affine(affine) => {
                let linear = Linear::per_channel(affine.clone());
                return self.linear(idx, &linear, &before, name);
            }
            Op::Product if node.inputs[0] == node.inputs[1] => self.push(
                Source::Node(idx),
                LayerEntry::Square(PlainEntry { name, inputs }),
                &(scale * scale),
                &(stated * stated),
            ),
            Op::Product => {
                let other = self.wire(node.inputs[1]).clone();
                let inputs = Some(vec![before.name.clone(), other.name]);
                let layer = LayerEntry::Product(PlainEntry { name, inputs });
                self.push(Source::Node(idx), layer, &(scale * other.scale), &(stated * other.stated))
            }
            Op::Add => {
                let target = self.meeting_scale(idx)?;
                let a = self.aligned(idx, node.inputs[0], &target)?;
                let b = self.aligned(idx, node.inputs[1], &target)?;
                let inputs = Some(vec![a.name, b.name]);
                self.push(Source::Node(idx), LayerEntry::Add(PlainEntry { name, inputs }), &target, &target)
            }
            Op::Flatten => {
                self.push(Source::Node(idx), LayerEntry::Flatten(PlainEntry { name, inputs }), scale, stated)
            }
            Op::AvgPool(window) => {
                let entry = self.pool(idx, window, name, inputs);
                if self.sums_instead(idx) {
                    let area = BigInt::from(window.area());
                    self.push(Source::Node(idx), LayerEntry::SumPool(entry), &(scale * area), stated)
                } else {
                    self.push(Source::Node(idx), LayerEntry::AvgPool(entry), scale, stated)
                }
            }
            Op::MaxPool(window) => {
                let entry = self.pool(idx, window, name, inputs);
                let wire = self.push(Source::Node(idx), LayerEntry::MaxPool(entry), scale, stated);
                let pending = match node.inputs[0] {
                    Source::Node(before) => self.pending[before],
                    Source::Input => None,
                };
                pending.map_or(wire.clone(), |division| self.divide(Source::Node(idx), wire, division))
            }
            Op::Relu { max } => {
                let max = max.map(|max| units(&self.place(idx), max, scale)).transpose()?;
                let max = max.map(|max| max.max(BigInt::one()).to_string());
                self.push(Source::Node(idx), LayerEntry::Relu(ReluEntry { name, inputs, max }), scale, stated)
            }
        })
    }

    fn pool(&self, idx: usize, window: &Window, name: String, inputs: Option<Vec<String>>) -> PoolEntry {
        let drop_remainder = window.drops_remainder(self.graph.shape(self.graph.nodes[idx].inputs[0]));
        PoolEntry { name, inputs, kernel: window.kernel.map(as_u32), stride: window.stride.map(as_u32), drop_remainder }
    }

    /// Whether a mean may be computed as a sum, which costs nothing: all that reads it is linear, or it is the result.
    fn sums_instead(&mut self, idx: usize) -> bool {
        if self.graph.output == Source::Node(idx) {
            let name = &self.graph.nodes[idx].name;
            self.model.notes.push(format!("the logits are the sums of the values that {name:?} takes the means of"));
        }
        self.readers(idx).all(|reader| matches!(self.graph.nodes[reader].op, Op::Linear(_)))
    }

    fn readers(&self, idx: usize) -> impl Iterator<Item = usize> {
        let reads = move |node: &super::graph::Node| node.inputs.contains(&Source::Node(idx));
        self.graph.nodes.iter().enumerate().filter(move |(_, node)| reads(node)).map(|(reader, _)| reader)
    }

    /// Whether something that reads node `idx` costs constraints for every bit of it, or needs a given scale.
    fn is_compared(&self, idx: usize) -> bool {
        self.readers(idx).any(|reader| match self.graph.nodes[reader].op {
            Op::Relu { .. } | Op::MaxPool(_) | Op::Add => true,
            Op::AvgPool(_) => {
                self.is_compared(reader)
                    || self.readers(reader).any(|reader| !matches!(self.graph.nodes[reader].op, Op::Linear(_)))
            }
            Op::Flatten => self.is_compared(reader),
            Op::Linear(_) | Op::Affine(_) | Op::Product => false,
        })
    }

    /// The scale at which the branches of addition `idx` meet: all of them and the sum have room.
    fn meeting_scale(&self, idx: usize) -> Result<BigRational, ImportError> {
        let sum = self.calibrated.room(self.graph, idx);
        let branches = self.graph.nodes[idx].inputs.iter().map(|source| match source {
            Source::Input => 0.0,
            Source::Node(before) => self.calibrated.magnitudes[*before].max(),
        });
        let largest = branches.fold(sum.largest, f64::max);
        let room = Room { largest, ..sum };
        let limit = room.limit(self.options.activation_bits);
        let ideal = short(&self.place(idx), if largest > 0.0 { limit / largest } else { limit })?;
        // A branch that has a scale already keeps it if that is at most two bits too fine or one too coarse, and the others come
        // to it: bringing a value to another scale costs more than these bits.
        let [two, four] = [2, 4].map(BigInt::from);
        let near =
            |wire: &&Wire| wire.stated == wire.scale && wire.scale <= &ideal * &four && &wire.scale * &two >= ideal;
        let settled = self.graph.nodes[idx].inputs.iter().filter(|source| !self.is_flexible(**source));
        let wires = settled.filter_map(|source| match source {
            Source::Input => Some(&self.input),
            Source::Node(before) => self.wires.get(*before),
        });
        Ok(wires.filter(near).map(|wire| wire.scale.clone()).min().unwrap_or(ideal))
    }

    /// Whether only one node reads this value and it is a linear layer's: then that node may ask for its scale.
    fn is_flexible(&self, source: Source) -> bool {
        match source {
            Source::Input => false,
            Source::Node(idx) => matches!(self.graph.nodes[idx].op, Op::Linear(_)) && self.readers(idx).count() == 1,
        }
    }

    /// `source` at exactly the scale `target`.
    fn aligned(&mut self, idx: usize, source: Source, target: &BigRational) -> Result<Wire, ImportError> {
        let wire = self.wire(source).clone();
        if wire.scale == *target && wire.stated == *target {
            return Ok(wire);
        }
        // A factor of one at a weight scale that makes up the difference.
        let ratio = float(&self.place(idx), &(target / &wire.scale))?;
        let bits = (ratio.log2().ceil() as i64 + 2).clamp(i64::from(self.options.weight_bits), i64::MAX);
        let fits = bits <= i64::from(MAX_ALIGN_BITS);
        let expected = "branches of an addition whose scales differ by less than 2^30";
        self.place(idx).at("scales").check(fits, ratio, expected, "use more activation bits")?;
        let bits = as_u32(usize::try_from(bits).unwrap_or(0));
        let exponent = ((2f64.powi(bits as i32 - 1) - 1.0) / ratio).log2().floor().max(0.0);
        let divisor = power_of_two(&self.place(idx), exponent)?;
        let shape = self.graph.shape(source);
        let factors = super::graph::Affine { factors: vec![1.0; shape.channels], shifts: vec![0.0; shape.channels] };
        let name = self.names.give(&self.graph.nodes[idx].name, "_align");
        let scale = target * BigInt::from(divisor);
        let weighed = self.weigh((idx, source), &Linear::per_channel(factors), &wire, name, bits, &scale)?;
        let limit = self.calibrated.room(self.graph, idx).limit(self.options.activation_bits);
        Ok(self.divide(source, weighed, Division { divisor, limit }))
    }

    fn linear(&mut self, idx: usize, linear: &Linear, before: &Wire, name: String) -> Result<Wire, ImportError> {
        let bits = self.options.weight_bits;
        let largest = linear.weights.iter().fold(0.0, |max: f64, weight| max.max(weight.abs()));
        // Without weights any scale will do.
        let finest = if largest > 0.0 { (2f64.powi(bits as i32 - 1) - 1.0) / largest } else { 1.0 };
        let before_scale = float(&self.place(idx), &before.scale)?;
        let room = self.calibrated.room(self.graph, idx);
        let (scale, divisor) = match self.wanted(idx)? {
            _ if !self.is_compared(idx) || room.largest == 0.0 => (&before.scale * short(&self.place(idx), finest)?, 1),
            Some(target) if before_scale * finest >= float(&self.place(idx), &target)? => {
                let exponent = (before_scale * finest / float(&self.place(idx), &target)?).log2().floor();
                let divisor = power_of_two(&self.place(idx), exponent)?;
                (target * BigInt::from(divisor), divisor)
            }
            _ => {
                let target = room.limit(self.options.activation_bits) / room.largest;
                // Rounded to the nearest, so that at most half a bit of either the weights or the values is lost.
                let exponent = (before_scale * finest / target).log2().round().max(0.0);
                if exponent == 0.0 {
                    (&before.scale * short(&self.place(idx), finest)?, 1)
                } else {
                    let divisor = power_of_two(&self.place(idx), exponent)?;
                    let target = short(&self.place(idx), target.min(before_scale * finest / divisor as f64))?;
                    (target * BigInt::from(divisor), divisor)
                }
            }
        };
        let source = Source::Node(idx);
        let weighed = self.weigh((idx, source), linear, before, name, bits, &scale)?;
        let division = Division { divisor, limit: room.limit(self.options.activation_bits) };
        if self.is_pooled(idx) {
            self.pending[idx] = Some(division);
            return Ok(weighed);
        }
        Ok(self.divide(source, weighed, division))
    }

    /// Whether only a maximum over disjoint windows reads node `idx`.
    fn is_pooled(&self, idx: usize) -> bool {
        let is_disjoint = |op: &Op| matches!(op, Op::MaxPool(window) if window.is_disjoint());
        let mut readers = self.readers(idx);
        matches!((readers.next(), readers.next()), (Some(reader), None) if is_disjoint(&self.graph.nodes[reader].op))
    }

    /// The scale that the one reader of node `idx`, an addition, asks for.
    fn wanted(&self, idx: usize) -> Result<Option<BigRational>, ImportError> {
        let mut readers = self.readers(idx);
        match (readers.next(), readers.next()) {
            (Some(reader), None) if self.graph.nodes[reader].op == Op::Add => self.meeting_scale(reader).map(Some),
            _ => Ok(None),
        }
    }

    /// A linear layer of node `idx` with integer weights, whose sums stand for `source` at the scale `scale`.
    fn weigh(
        &mut self,
        (idx, source): (usize, Source),
        linear: &Linear,
        before: &Wire,
        name: String,
        weight_bits: u32,
        scale: &BigRational,
    ) -> Result<Wire, ImportError> {
        let factor = float(&self.place(idx), &(scale / &before.scale))?;
        let limit = 2f64.powi(weight_bits as i32 - 1) - 1.0;
        // Within 32 bits: clamped.
        let integer = |weight: &f64| (weight * factor).round().clamp(-limit, limit) as i64;
        let weights =
            linear.weights.chunks_exact(linear.row_len()).map(|row| row.iter().map(integer).collect()).collect();
        let biases =
            linear.biases.iter().map(|bias| units(&self.place(idx), *bias, scale)).collect::<Result<Vec<_>, _>>()?;
        let bias_bits = biases.iter().map(BigInt::bits).max().unwrap_or(0) + 1;
        let bias_bits = as_u32(usize::try_from(bias_bits.max(2)).unwrap_or(usize::MAX));
        let biases = biases.iter().map(ToString::to_string).collect();
        self.model.weights.push(WeightsEntry { name: name.clone(), weights, biases });
        let (inputs, weight_scale) = (Some(vec![before.name.clone()]), (scale / &before.stated).to_string());
        let visibility = self.options.weight_visibility;
        let rows = as_u32(linear.biases.len());
        let layer = match linear.kind {
            LinearKind::Conv { window, groups } => {
                let node = &self.graph.nodes[idx];
                let is_own = matches!(&node.op, Op::Linear(own) if own.kind == linear.kind);
                LayerEntry::Conv2d(ConvEntry {
                    name,
                    inputs,
                    out_channels: rows,
                    kernel: window.kernel.map(as_u32),
                    stride: window.stride.map(as_u32),
                    padding: window.padding.map(as_u32),
                    groups: as_u32(groups),
                    // A convolution that only scales its input reaches everything.
                    drop_remainder: is_own && window.drops_remainder(self.graph.shape(node.inputs[0])),
                    weight_bits,
                    bias_bits,
                    weight_scale,
                    visibility,
                })
            }
            LinearKind::Dense => LayerEntry::Dense(DenseEntry {
                name,
                inputs,
                outputs: rows,
                weight_bits,
                bias_bits,
                weight_scale,
                visibility,
            }),
        };
        Ok(self.push(source, layer, scale, scale))
    }

    /// `wire` divided, its values standing for `source`.
    fn divide(&mut self, source: Source, wire: Wire, Division { divisor, limit }: Division) -> Wire {
        if divisor == 1 {
            return wire;
        }
        let name = self.names.give(&wire.name, "_rescale");
        let layer = LayerEntry::Rescale(RescaleEntry { name, inputs: Some(vec![wire.name]), divisor });
        let scale = wire.scale / BigInt::from(divisor);
        let wire = self.push(source, layer, &scale, &scale);
        if let Some(meaning) = self.model.values.last_mut() {
            meaning.limit = Some(limit);
        }
        wire
    }
}
