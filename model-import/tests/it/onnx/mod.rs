//! ONNX networks built by the tests themselves, and a real one.

mod example;
mod hostile;
mod operators;
mod quantised;
mod refused;

use model_import::ImportError;
use model_import::onnx::proto::{
    AttributeProto, AttributeType, DataType, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use model_import::onnx::{FloatNetwork, Imported, OnnxOptions, import_onnx, read_onnx};
use prost::Message;
use prost::bytes::Bytes;
use prover::{Dataset, Image, SIDE};

/// An ONNX file in the making: one input `x`, nodes in order, the last one's output is the network's.
pub(super) struct Net {
    pub(super) graph: GraphProto,
}

fn bytes(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

impl Net {
    /// A network that reads floats of these dimensions; 0 stands for an open one.
    pub(super) fn new(dims: &[i64]) -> Self {
        let graph =
            GraphProto { name: "test".to_owned(), input: vec![bytes(&info("x", dims))], ..GraphProto::default() };
        Self { graph }
    }

    /// With float weights.
    pub(super) fn weight(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph.initializer.push(bytes(&floats(name, dims, values)));
        self
    }

    /// With integers, such as a shape.
    pub(super) fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let tensor = TensorProto {
            name: name.to_owned(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: values.to_vec(),
            ..TensorProto::default()
        };
        self.graph.initializer.push(bytes(&tensor));
        self
    }

    /// With a node that writes the tensor `output`.
    pub(super) fn node(mut self, op: &str, inputs: &[&str], output: &str, attributes: &[AttributeProto]) -> Self {
        let node = NodeProto {
            op_type: op.to_owned(),
            name: format!("/{output}/{op}"),
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            attribute: attributes.iter().map(bytes).collect(),
            ..NodeProto::default()
        };
        self.graph.node.push(bytes(&node));
        self
    }

    /// The file; the network's output is the tensor `y`.
    pub(super) fn file(&self) -> Vec<u8> {
        let mut graph = self.graph.clone();
        if graph.output.is_empty() {
            graph.output.push(bytes(&info("y", &[1, 2])));
        }
        let set = OperatorSetIdProto { domain: String::new(), version: 17 };
        ModelProto {
            ir_version: 8,
            producer_name: "test".to_owned(),
            graph: Some(bytes(&graph)),
            opset_import: vec![bytes(&set)],
        }
        .encode_to_vec()
    }

    pub(super) fn read(&self) -> Result<FloatNetwork, ImportError> {
        read_onnx(&self.file(), &options())
    }

    pub(super) fn import(&self, options: &OnnxOptions, samples: &Dataset) -> Result<Imported, ImportError> {
        import_onnx(&self.file(), options, samples)
    }
}

fn info(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = |dim: &i64| {
        let open = || DimensionProto { dim_value: None, dim_param: "N".to_owned() };
        bytes(&if *dim == 0 { open() } else { DimensionProto { dim_value: Some(*dim), dim_param: String::new() } })
    };
    let shape = TensorShapeProto { dim: dims.iter().map(dim).collect() };
    let tensor_type = TensorTypeProto { elem_type: DataType::Float as i32, shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

pub(super) fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>().into()),
        ..TensorProto::default()
    }
}

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: r#type as i32, ..AttributeProto::default() }
}

pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, AttributeType::Int) }
}

pub(super) fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { ints: ints.to_vec(), ..attribute(name, AttributeType::Ints) }
}

pub(super) fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, AttributeType::Float) }
}

pub(super) fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto { s: Bytes::copy_from_slice(text.as_bytes()), ..attribute(name, AttributeType::String) }
}

pub(super) fn tensor(name: &str, tensor: &TensorProto) -> AttributeProto {
    AttributeProto { t: Some(bytes(tensor)), ..attribute(name, AttributeType::Tensor) }
}

/// Options under which a float network reads the bytes themselves: 0 to 255.
pub(super) fn options() -> OnnxOptions {
    let mut options = OnnxOptions::new("test.onnx", "test");
    options.pixels.std = 1.0 / 255.0;
    options
}

/// An image whose central square of `side` pixels, row by row, is `pixels`, on a background that no network reads.
pub(super) fn image(side: usize, pixels: &[u8]) -> Image {
    let margin = (SIDE - side) / 2;
    let mut raw = [77; SIDE * SIDE];
    for (y, row) in pixels.chunks_exact(side).enumerate() {
        raw[(margin + y) * SIDE + margin..][..side].copy_from_slice(row);
    }
    Image::from_bytes(&raw).unwrap()
}

/// Images with their labels.
pub(super) fn set(images: &[Image], labels: &[u8]) -> Dataset {
    let n = images.len() as u32;
    let header = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
    let images: Vec<u8> = images.iter().flat_map(|image| *image.as_bytes()).collect();
    let images = [header(&[0x803, n, 28, 28]), images].concat();
    Dataset::from_bytes(&images, &[header(&[0x801, n]), labels.to_vec()].concat()).unwrap()
}

/// The whole chain of an error's messages.
pub(super) fn message(error: &ImportError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
