//! ONNX networks: read, folded, quantised after training, and compared with the float network.
//!
//! [`import_onnx`] takes a file's bytes and sample images, and gives a [`Model`] with a report of what quantisation cost.
//!
//! Imported are: Conv (padding, strides, groups; no dilations), Gemm, MatMul, BatchNormalization (folded), Add, Sub, Mul and Div with a
//! constant (folded), Add and Mul of two tensors, Pow with 2, Relu, Clip from 0 (ReLU6), MaxPool, AveragePool,
//! GlobalAveragePool, ReduceMean over the plane, and what changes no value: Flatten, Reshape, Squeeze, Unsqueeze, Identity,
//! Dropout, Cast to floats, Constant. A Softmax, LogSoftmax or ArgMax at the end is left out: the model ends with the choice of the largest
//! logit itself. Everything else is refused by name: other operators, attributes that the operator does not have, shapes that
//! are open (the batch may be: it becomes 1), weights that are missing, in another file, not finite or of another type.
//!
//! What is *not* checked: that the file computes what its author meant; the report's accuracy is the measure of that.

mod attributes;
mod calibrate;
mod execute;
mod graph;
mod names;
mod network;
mod operators;
mod options;
mod place;
pub mod proto;
mod quantise;
mod read;
mod report;
mod scale;
mod tensor;

pub use network::FloatNetwork;
pub use options::{Calibration, OnnxOptions, Pixels};
pub use report::{ImportReport, LayerReport};

use crate::error::ImportError;
use calibrate::Calibrated;
use graph::Source;
use network::largest;
use num_traits::ToPrimitive;
use place::Place;
use prover::model::manifest::{
    ClassEntry, FORMAT_VERSION, LayerEntry, MANIFEST_FORMAT, Manifest, OutputEntry, WEIGHTS_FORMAT, Weights,
    WeightsFile,
};
use prover::{Accuracy, Dataset, Digest, Model, Oracle};
use quantise::Quantised;

/// What an import gives.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The quantised network.
    pub model: Model,
    /// The network as the file has it.
    pub network: FloatNetwork,
    /// What quantisation did.
    pub report: ImportReport,
}

/// Reads an ONNX file without quantising it.
///
/// # Errors
/// [`ImportError`] says what in the file or in `options` cannot be imported.
pub fn read_onnx(bytes: &[u8], options: &OnnxOptions) -> Result<FloatNetwork, ImportError> {
    options.check()?;
    let graph = read::read(&options.file, bytes)?;
    let shape = graph.input;
    let side = shape.width;
    let fits = shape.channels == 1 && shape.height == side && (2..=prover::SIDE).contains(&side) && side % 2 == 0;
    let expected = format!("one grey square of even side, at most {} pixels wide", prover::SIDE);
    let place = Place::new(&options.file, "the input's shape [C, H, W]");
    place.check(fits, shape, expected, "export the network for grey images")?;
    Ok(FloatNetwork { graph, pixels: options.pixels })
}

/// Reads an ONNX file and quantises it; `samples` choose the scales and measure what is lost.
///
/// A few hundred images that look like those to come are enough; every one costs a run of both networks.
///
/// # Errors
/// [`ImportError`] says what in the file or in `options` cannot be imported.
pub fn import_onnx(bytes: &[u8], options: &OnnxOptions, samples: &Dataset) -> Result<Imported, ImportError> {
    let network = read_onnx(bytes, options)?;
    let place = Place::new(&options.file, "the calibration images");
    place.check(!samples.is_empty(), "none", "at least one", "give some images like those to come")?;
    let mut float_classes = Vec::with_capacity(samples.len());
    let inputs = samples.iter().map(|(image, _)| network.input(image));
    let calibrated = Calibrated::run(&network.graph, options, inputs, |logits| float_classes.push(largest(logits)))?;
    let quantised = quantise::quantise(&network.graph, &calibrated, options)?;
    let notes = [network.graph.notes.clone(), quantised.notes.clone()].concat();
    let meanings = quantised.values.clone();
    let (mut manifest, weights) = describe(&network, quantised, options);
    let refused = |source| ImportError::Model { file: options.file.clone(), source };
    // Leads can be measured only once there is a model.
    let model = Model::from_manifest(manifest.clone(), weights.clone()).map_err(refused)?;
    let runs = Runs::of(&model, samples, &float_classes, options)?;
    let worst_lead_bits = model.ranges().lead_bits();
    let lead_bits = runs.seen_lead_bits.saturating_add(options.lead_margin_bits).clamp(1, worst_lead_bits.max(1));
    manifest.output = OutputEntry::Class(ClassEntry { lead_bits: Some(lead_bits) });
    let model = Model::from_manifest(manifest, weights).map_err(refused)?;
    let total = samples.len();
    let labelled = samples.iter().zip(&float_classes).filter(|((_, label), class)| label == *class).count();
    let layer = |(idx, meaning): (usize, &quantise::Meaning)| {
        let (node, entry) = (&model.nodes()[idx], &model.manifest().layers[idx]);
        let magnitudes = match meaning.source {
            Source::Node(node) => Some(&calibrated.magnitudes[node]),
            Source::Input => None,
        };
        let seen = magnitudes.map_or(0.0, |magnitudes| (magnitudes.max() * meaning.scale).round());
        LayerReport {
            name: node.name().to_string(),
            op: node.op().name(),
            shape: [node.shape().channels, node.shape().height, node.shape().width],
            scale: meaning.scale,
            weight_bits: match entry {
                LayerEntry::Conv2d(conv) => Some((conv.weight_bits, conv.bias_bits)),
                LayerEntry::Dense(dense) => Some((dense.weight_bits, dense.bias_bits)),
                _ => None,
            },
            // Below 2^252, which every double up to there can hold the logarithm of.
            seen_bits: (seen + 1.0).log2().ceil() as u32,
            worst_bits: model.ranges().nodes()[idx].bits,
            above_limit: meaning.limit.zip(magnitudes).map(|(limit, m)| m.share_above(limit / meaning.scale)),
        }
    };
    let report = ImportReport {
        float: Accuracy { correct: labelled, total },
        integer: Accuracy { correct: runs.correct, total },
        same_class: runs.same_class,
        seen_lead_bits: runs.seen_lead_bits,
        lead_bits,
        worst_lead_bits,
        layers: meanings.iter().enumerate().map(layer).collect(),
        notes,
    };
    Ok(Imported { model, network, report })
}

/// The two files of the model, the output kind without bits for leads.
fn describe(network: &FloatNetwork, quantised: Quantised, options: &OnnxOptions) -> (Manifest, Weights) {
    let n_classes = network.graph.nodes.last().map_or(0, |node| node.shape.n_values());
    let manifest = Manifest {
        format: MANIFEST_FORMAT.to_owned(),
        version: FORMAT_VERSION,
        name: options.name.clone(),
        task: options.task.clone(),
        input: options.pixels.entry(network.graph.input, options.input_visibility),
        layers: quantised.layers,
        output: OutputEntry::Class(ClassEntry { lead_bits: None }),
        classes: options.classes.clone().unwrap_or_else(|| (0..n_classes).map(|class| class.to_string()).collect()),
        // The digest is filled in when the model is built.
        weights: WeightsFile { file: "weights.json".to_owned(), sha256: Digest::of(&[]) },
        provenance: options.provenance.clone(),
    };
    (manifest, Weights { format: WEIGHTS_FORMAT.to_owned(), version: FORMAT_VERSION, layers: quantised.weights })
}

/// What the model says of the calibration images.
struct Runs {
    correct: usize,
    same_class: usize,
    seen_lead_bits: u32,
}

impl Runs {
    fn of(model: &Model, samples: &Dataset, float: &[usize], options: &OnnxOptions) -> Result<Self, ImportError> {
        let oracle = Oracle::new(model);
        let mut runs = Self { correct: 0, same_class: 0, seen_lead_bits: 0 };
        for (idx, ((image, label), float_class)) in samples.iter().zip(float).enumerate() {
            let place = Place::new(&options.file, format_args!("calibration image {idx}"));
            let refused =
                |source: prover::TensorError| place.refused(source, "an input of the model", "change the pixels");
            let tensor = model.input().tensor(image).map_err(refused)?;
            let inference = oracle.infer(&tensor).map_err(refused)?;
            runs.correct += usize::from(inference.class == label);
            runs.same_class += usize::from(inference.class == *float_class);
            let least = inference.logits.iter().min();
            let lead = least.map(|least| (&inference.logits[inference.class] - least).bits()).unwrap_or(0);
            runs.seen_lead_bits = runs.seen_lead_bits.max(lead.to_u32().unwrap_or(u32::MAX));
        }
        Ok(runs)
    }
}
