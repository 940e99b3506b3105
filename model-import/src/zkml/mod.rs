//! zkml's networks (<https://github.com/ddkang/zkml>): fixed-point, in MessagePack files, reproduced bit for bit.
//!
//! # What zkml computes
//! Every number stands for `v / s`, with one scale factor `s` for the whole network (`global_sf`, 512 in the public example).
//! With `round(x, d) = floor((2 x + d) / (2 d))`, which rounds halves up also below zero:
//!
//! | zkml layer | values | model layers |
//! |---|---|---|
//! | `Conv2D` | `act(round(sum w x, s) + b)`, `act` one of none, ReLU, ReLU6 | `conv2d`, `rescale`, `relu` |
//! | `FullyConnected` | `act(round(sum w x, s) + b)`, `act` one of none, ReLU | `dense`, `rescale`, `relu` |
//! | `Mul` by a constant, `Add` of one: a batch norm | `act(round(w x, s) + b)` | `conv2d` 1x1 per channel, `rescale`, `relu` |
//! | `Mul` of two values, `Square` | `round(x y, s)` | `product` or `square`, `rescale` |
//! | `Add` of two values | `act(x + y)` | `add`, `relu` |
//! | `AveragePool2D`, `Mean` over the plane | `round(sum x, n)` over windows of `n` values | `avg_pool` |
//! | `MaxPool2D` | `max x` | `max_pool` |
//! | `Reshape` to a row | the same values | `flatten` |
//!
//! `round(x, d)` is `floor((x + floor(d / 2)) / d)`: `rescale` and `avg_pool` to the letter. zkml adds the bias `b` after it
//! divides, which is `round(sum w x + s b, s)`: biases are imported as `s b`, at the accumulator's scale. ReLU6 is `relu` with
//! `max = 6 s`. A pool leaves out the rows and columns its stride does not reach, as zkml does (`drop_remainder`).
//!
//! zkml keeps values as `[1, height, width, channels]`, a model as `[channels, height, width]`: weights are put in that order,
//! and behind a flattened plane the columns of the weights.
//!
//! # What is not here
//! zkml's prover cannot divide to a result outside `-2^(k-1) .. 2^(k-1) - 10`; the model has no such limit, and computes
//! what zkml would with a larger `k`. The files do not say which inputs are admissible: [`ZkmlDescription`] does.

mod files;
mod graph;
mod layers;

use crate::ImportError;
use crate::error::require;
use files::{CONFIG, INPUT, MODEL, NetworkFile, TensorEntry, shape_text};
use graph::Graph;
use prover::Digest;
use prover::model::manifest::{
    FORMAT_VERSION, ImageEntry, InputEntry, MANIFEST_FORMAT, Manifest, NoFields, OutputEntry, Provenance,
    WEIGHTS_FORMAT, Weights, WeightsFile,
};
use prover::model::{InputSpec, InputVisibility, Model, Tensor};

/// What a model says of itself that zkml's files do not.
#[derive(Clone, Debug)]
pub struct ZkmlDescription {
    /// Name of the model.
    pub name: String,
    /// What it is for, in words.
    pub task: String,
    /// Least input value, in units of `1 / global_sf`.
    pub min: i64,
    /// Largest input value.
    pub max: i64,
    /// How an image becomes the input, if it does.
    pub image: Option<ImageEntry>,
    /// One name per logit.
    pub classes: Vec<String>,
    /// Where the weights come from.
    pub provenance: Provenance,
}

/// The model of zkml's network in the bytes of `config.msgpack` (what zkml's verifier reads) and `model.msgpack` (the same
/// with weights, what its prover reads). Its logits are zkml's, bit for bit.
///
/// The input is private, the weights are public, and a proof tells the logits, unless the manifest is changed.
///
/// # Errors
/// [`ImportError`] if a file is damaged, the two describe different networks, a layer is none of the above, shapes do not fit,
/// an integer leaves 32 bits, or the model is refused (its values could wrap).
pub fn import_zkml(config: &[u8], model: &[u8], description: ZkmlDescription) -> Result<Model, ImportError> {
    let config: NetworkFile = files::decode(CONFIG, config)?;
    let network: NetworkFile = files::decode(MODEL, model)?;
    config.check_same(&network)?;
    let (graph, input_shape) = Graph::of(&network)?;
    let (layers, weights) = graph.into_parts();
    let ZkmlDescription { name, task, min, max, image, classes, provenance } = description;
    let scale = network.global_sf.to_string();
    let manifest = Manifest {
        format: MANIFEST_FORMAT.to_owned(),
        version: FORMAT_VERSION,
        name,
        task,
        input: InputEntry { shape: input_shape, min, max, scale, visibility: InputVisibility::Private, image },
        layers,
        output: OutputEntry::Logits(NoFields {}),
        classes,
        // The digest is filled in by `Model::from_manifest`.
        weights: WeightsFile { file: "weights.json".to_owned(), sha256: Digest::of(&[]) },
        provenance,
    };
    let weights = Weights { format: WEIGHTS_FORMAT.to_owned(), version: FORMAT_VERSION, layers: weights };
    Model::from_manifest(manifest, weights).map_err(|source| ImportError::Model { file: MODEL.to_owned(), source })
}

/// The input in the bytes of zkml's `inp.msgpack`, for a model that reads `spec`.
///
/// # Errors
/// [`ImportError`] if the file is damaged, holds not one tensor of the model's shape, or a value outside its range.
pub fn read_zkml_input(spec: &InputSpec, bytes: &[u8]) -> Result<Tensor, ImportError> {
    let tensors: Vec<TensorEntry> = files::decode(INPUT, bytes)?;
    let advice = "give the model one input of its shape";
    let [tensor] = tensors.as_slice() else {
        return Err(files::refused(INPUT, "the file", format_args!("{} tensors", tensors.len()), "one tensor", advice));
    };
    tensor.check(INPUT, 0)?;
    let shape = spec.shape;
    let image = [1, shape.height, shape.width, shape.channels];
    let fits = |expected: &[usize]| tensor.shape.iter().map(|extent| *extent as usize).eq(expected.iter().copied());
    let is_row = shape.plane() == 1 && fits(&[1, shape.channels]);
    let expected = format!("{image:?}");
    require(is_row || fits(&image), INPUT, || "[0].shape".to_owned(), shape_text(&tensor.shape), expected, advice)?;
    let range = spec.min..=spec.max;
    for (idx, value) in tensor.data.iter().enumerate() {
        let expected = format_args!("{} to {}", spec.min, spec.max);
        let advice = "use an input whose values the model admits";
        require(range.contains(value), INPUT, || format!("[0].data[{idx}]"), value, expected, advice)?;
    }
    let of = |channel, place| tensor.data[place * shape.channels + channel];
    let values = (0..shape.channels).flat_map(|c| (0..shape.plane()).map(move |place| of(c, place))).collect();
    // Length and range were checked, with places in the file's own order.
    spec.tensor_of(values).map_err(|source| ImportError::Encoding {
        file: INPUT.to_owned(),
        field: "[0].data".to_owned(),
        expected: "an input of the model",
        source: source.into(),
    })
}
