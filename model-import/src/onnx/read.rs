//! From the bytes of an ONNX file to a float network.

use super::graph::{FloatGraph, Source};
use super::operators::{Call, Value};
use super::place::{Place, clip};
use super::proto::{
    DataType, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
};
use super::tensor::{Tensor, dimensions};
use crate::error::ImportError;
use core::ops::RangeInclusive;
use prost::bytes::Bytes;
use prover::model::Shape;
use std::collections::HashMap;

/// Largest file in bytes: eight million weights, far beyond what is proved here.
const MAX_FILE_LEN: usize = 32 << 20;
/// Most nodes, weights, inputs and outputs, each.
const MAX_PARTS: usize = 4096;
/// Most operations of a network once it is folded: as many as a model may have layers.
const MAX_NODES: usize = 256;
/// Versions of the operator set whose operators mean what this importer takes them to mean.
const OPERATOR_SETS: RangeInclusive<i64> = 7..=26;

/// Reads a file; `file` is its name in messages.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<FloatGraph, ImportError> {
    let whole = Place::new(file, "the file");
    let (found, expected) = (format!("{} bytes", bytes.len()), format!("at most {MAX_FILE_LEN}"));
    whole.check(bytes.len() <= MAX_FILE_LEN, found, expected, "export a smaller network")?;
    let model: ModelProto = whole.decode(&Bytes::copy_from_slice(bytes), "an ONNX model")?;
    check_operator_set(file, &model)?;
    let place = Place::new(file, "the graph");
    let graph = model.graph.ok_or_else(|| place.refused("missing", "a graph", "check that this is an ONNX model"))?;
    let graph: GraphProto = place.decode(&graph, "a graph")?;
    let counts = [
        ("nodes", graph.node.len()),
        ("initializers", graph.initializer.len()),
        ("inputs", graph.input.len()),
        ("outputs", graph.output.len()),
    ];
    for (part, found) in counts {
        let place = place.at(format_args!("number of {part}"));
        place.check(found <= MAX_PARTS, found, format_args!("at most {MAX_PARTS}"), "export a smaller network")?;
    }
    let n_sparse = graph.sparse_initializer.len();
    let advice = "export the weights as ordinary tensors";
    place.at("sparse_initializer").check(n_sparse == 0, n_sparse, "no sparse weights", advice)?;
    Reader::new(file, &graph)?.nodes(&graph)?.finish(&graph)
}

fn check_operator_set(file: &str, model: &ModelProto) -> Result<(), ImportError> {
    let place = Place::new(file, "opset_import");
    let found = model.opset_import.len();
    place.check(found <= MAX_PARTS, found, format_args!("at most {MAX_PARTS} entries"), "export the model again")?;
    let expected = format!("standard operators of version {} to {}", OPERATOR_SETS.start(), OPERATOR_SETS.end());
    let advice = "export with opset_version=17";
    for bytes in &model.opset_import {
        let set: OperatorSetIdProto = place.decode(bytes, "an operator set")?;
        if is_standard(&set.domain) {
            return place.check(OPERATOR_SETS.contains(&set.version), set.version, expected, advice);
        }
    }
    Err(place.refused("no version of the standard operators", expected, advice))
}

/// Whether a domain is that of the standard operators.
fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// A network being read.
struct Reader<'a> {
    file: &'a str,
    values: HashMap<String, Value>,
    network: FloatGraph,
}

impl<'a> Reader<'a> {
    /// Reads the weights and the one input.
    fn new(file: &'a str, graph: &GraphProto) -> Result<Self, ImportError> {
        let mut values = HashMap::new();
        for (idx, bytes) in graph.initializer.iter().enumerate() {
            let proto: TensorProto = Place::new(file, format_args!("initializer[{idx}]")).decode(bytes, "a tensor")?;
            let place = Place::new(file, format_args!("initializer {:?}", clip(&proto.name)));
            let tensor = Tensor::read(&place, &proto)?;
            let is_new = values.insert(proto.name.clone(), Value::Constant(tensor)).is_none();
            place.check(is_new, "given twice", "one weight of this name", "export the model again")?;
        }
        let mut inputs = Vec::new();
        for (idx, bytes) in graph.input.iter().enumerate() {
            let input: ValueInfoProto = Place::new(file, format_args!("input[{idx}]")).decode(bytes, "an input")?;
            if !values.contains_key(&input.name) {
                inputs.push(input);
            }
        }
        let place = Place::new(file, "the graph's inputs");
        let names = inputs.iter().map(|input| clip(&input.name)).collect::<Vec<_>>().join(", ");
        let found = format!("{} beside the weights ({})", inputs.len(), clip(&names));
        let [input] = &inputs[..] else {
            return Err(place.refused(found, "one, the image", "export a network with one input"));
        };
        let place = Place::new(file, format_args!("input {:?}", clip(&input.name)));
        let dims = input_dims(&place, input)?;
        let shape = input_shape(&dims);
        values.insert(input.name.clone(), Value::Activation { source: Source::Input, dims });
        let network = FloatGraph::new(shape);
        Ok(Self { file, values, network })
    }

    fn nodes(mut self, graph: &GraphProto) -> Result<Self, ImportError> {
        for (idx, bytes) in graph.node.iter().enumerate() {
            let place = Place::new(self.file, format_args!("node[{idx}]"));
            let node: NodeProto = place.decode(bytes, "a node")?;
            let name = if node.name.is_empty() { String::new() } else { format!(" {:?}", clip(&node.name)) };
            let place = Place::new(self.file, format_args!("node[{idx}]{name} ({})", clip(&node.op_type)));
            place.check(is_standard(&node.domain), clip(&node.domain), "a standard operator (domain \"\" or ai.onnx)", "replace it")?;
            for input in node.input.iter().filter(|input| !input.is_empty()) {
                place.at(format_args!("input {:?}", clip(input))).check(
                    self.values.contains_key(input),
                    "missing",
                    "an initializer, the graph's input or the first output of an earlier node",
                    "export the model with its weights (export_params=True)",
                )?;
            }
            let inputs = node.input.iter().map(|input| self.values.get(input)).collect();
            let value = Call::new(&place, &node, inputs, &mut self.network)?.run()?;
            let output = node.output.first().filter(|output| !output.is_empty());
            let output = output.ok_or_else(|| place.refused("no output", "a named output", "export the model again"))?;
            let is_new = self.values.insert(output.clone(), value).is_none();
            let place = place.at(format_args!("output {:?}", clip(output)));
            place.check(is_new, "made twice", "a new tensor", "export the model again")?;
        }
        Ok(self)
    }

    fn finish(mut self, graph: &GraphProto) -> Result<FloatGraph, ImportError> {
        let place = Place::new(self.file, "the graph's outputs");
        let [bytes] = &graph.output[..] else {
            return Err(place.refused(graph.output.len(), "one, the logits", "export a network with one output"));
        };
        let output: ValueInfoProto = place.decode(bytes, "an output")?;
        let place = Place::new(self.file, format_args!("output {:?}", clip(&output.name)));
        let (source, dims) = match self.values.get(&output.name) {
            Some(Value::Activation { source, dims }) => (*source, dims),
            Some(Value::Verdict { source, dims, .. }) => (*source, dims),
            Some(Value::Constant(_)) => {
                return Err(place.refused("a constant", "values computed from the input", "export the whole network"));
            }
            None => return Err(place.refused("missing", "the output of a node", "export the model again")),
        };
        let is_computed = source != Source::Input;
        place.check(is_computed, "the input itself", "values computed from it", "export the whole network")?;
        let n_classes: usize = dims.iter().product();
        let is_flat = dims.iter().filter(|dim| **dim != 1).count() <= 1 && n_classes >= 2;
        let advice = "export a classifier that gives one logit per class for one image";
        place.check(is_flat, format_args!("of shape {dims:?}"), "[1, classes] with at least two classes", advice)?;
        self.network.output = source;
        let network = self.network.fold();
        let found = network.nodes.len();
        let place = Place::new(self.file, "number of operations");
        place.check(found <= MAX_NODES, found, format_args!("at most {MAX_NODES}"), "export a smaller network")?;
        Ok(network)
    }
}

/// The dimensions of the input, the batch (the first one) being 1.
fn input_dims(place: &Place<'_>, input: &ValueInfoProto) -> Result<Vec<usize>, ImportError> {
    let missing = || place.refused("of no tensor type and shape", "a tensor with a shape", "export the model again");
    let tensor = input.r#type.as_ref().and_then(|r#type| r#type.tensor_type.as_ref()).ok_or_else(missing)?;
    let is_float = matches!(DataType::try_from(tensor.elem_type), Ok(DataType::Float | DataType::Double));
    let expected = "1 (float32) or 11 (float64)";
    place.at("elem_type").check(is_float, tensor.elem_type, expected, "export a network that reads floats")?;
    let shape = tensor.shape.as_ref().ok_or_else(missing)?;
    let found = shape.dim.len();
    place.at("rank").check((2..=4).contains(&found), found, "2 to 4 dimensions, the first one the batch", "reshape")?;
    let mut dims = Vec::with_capacity(found);
    for (axis, bytes) in shape.dim.iter().enumerate() {
        let place = place.at(format_args!("dimension {axis}"));
        let dim: DimensionProto = place.decode(bytes, "a dimension")?;
        let fixed = dim.dim_value.filter(|value| *value > 0);
        dims.push(match fixed {
            Some(value) if axis > 0 || value == 1 => value,
            None if axis == 0 => 1,
            Some(value) => {
                return Err(place.refused(value, "a batch of 1 or of open size", "export with an example of one image"));
            }
            None => {
                let found = format!("open ({:?})", clip(&dim.dim_param));
                return Err(place.refused(found, "a fixed size", "export without dynamic_axes for this dimension"));
            }
        });
    }
    dimensions(place, &dims)
}

/// Planes if the dimensions are those of planes or of a flattened square, else flat.
fn input_shape(dims: &[usize]) -> Shape {
    match *dims {
        [_, channels, height, width] => Shape { channels, height, width },
        [_, height, width] => Shape { channels: 1, height, width },
        _ => {
            let n_values = dims.iter().product::<usize>();
            let side = n_values.isqrt();
            if side * side == n_values { Shape { channels: 1, height: side, width: side } } else { Shape::flat(n_values) }
        }
    }
}
