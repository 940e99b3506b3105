//! What each operator means.

use super::attributes::Attributes;
use super::graph::{FloatGraph, Node, Op, Source};
use super::place::{Place, clip};
use super::proto::NodeProto;
use super::tensor::{Elements, Tensor};
use crate::error::ImportError;
use prover::model::Shape;

mod elementwise;
mod linear;
mod pool;
mod shape;

/// The operators that can be imported, for messages.
const SUPPORTED: &str = "one of Add, ArgMax, AveragePool, BatchNormalization, Cast, Clip, Constant, Conv, Div, Dropout, Flatten, Gemm, \
     GlobalAveragePool, Identity, LogSoftmax, MatMul, MaxPool, Mul, Pow, ReduceMean, Relu, Reshape, Softmax, \
     Squeeze, Sub, Unsqueeze";

/// A tensor of the file.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Known from the file alone.
    Constant(Tensor),
    /// Computed from the input. Its dimensions are ONNX's, batch included; the order of the values is that of `source`.
    Activation {
        /// What computes it.
        source: Source,
        /// Its dimensions.
        dims: Vec<usize>,
    },
    /// Logits after an operator that keeps their order, or after the choice of the largest.
    Verdict {
        /// What computes the logits.
        source: Source,
        /// The dimensions of the logits.
        dims: Vec<usize>,
        /// The operator that was left out.
        operator: String,
    },
}

/// A node with what it reads.
pub(super) struct Call<'a> {
    place: &'a Place<'a>,
    node: &'a NodeProto,
    inputs: Vec<Option<&'a Value>>,
    attributes: Attributes<'a>,
    network: &'a mut FloatGraph,
}

impl<'a> Call<'a> {
    /// `inputs` are the node's in order, `None` where one is left out.
    pub(super) fn new(
        place: &'a Place<'a>,
        node: &'a NodeProto,
        inputs: Vec<Option<&'a Value>>,
        network: &'a mut FloatGraph,
    ) -> Result<Self, ImportError> {
        let attributes = Attributes::read(place, node)?;
        Ok(Self { place, node, inputs, attributes, network })
    }

    /// Adds the node to the network and says what its first output is.
    pub(super) fn run(mut self) -> Result<Value, ImportError> {
        let value = match self.node.op_type.as_str() {
            "Conv" => self.conv(),
            "Gemm" => self.gemm(),
            "MatMul" => self.mat_mul(),
            "BatchNormalization" => self.batch_normalization(),
            "Add" => self.add(),
            "Sub" => self.sub(),
            "Mul" => self.mul(),
            "Div" => self.div(),
            "Pow" => self.pow(),
            "Relu" => self.relu(),
            "Clip" => self.clip(),
            "MaxPool" => self.max_pool(),
            "AveragePool" => self.average_pool(),
            "GlobalAveragePool" => self.global_average_pool(),
            "ReduceMean" => self.reduce_mean(),
            "Identity" => self.input(0).cloned(),
            "Cast" => self.cast(),
            "Dropout" => self.dropout(),
            "Constant" => self.constant_node(),
            "Flatten" => self.flatten(),
            "Reshape" => self.reshape(),
            "Squeeze" => self.squeeze(),
            "Unsqueeze" => self.unsqueeze(),
            "Softmax" | "LogSoftmax" | "ArgMax" => self.verdict(),
            operator => {
                let advice = "replace it in the network, or end the network before it";
                Err(self.place.at("operator").refused(clip(operator), SUPPORTED, advice))
            }
        }?;
        self.attributes.finish()?;
        Ok(value)
    }

    /// Where input `k` comes from, for messages.
    fn at_input(&self, k: usize) -> Place<'a> {
        let name = self.node.input.get(k).map_or("", String::as_str);
        self.place.at(format_args!("input {k} {:?}", clip(name)))
    }

    /// Input `k`, if it is given.
    fn optional(&self, k: usize) -> Option<&'a Value> {
        self.inputs.get(k).copied().flatten()
    }

    fn input(&self, k: usize) -> Result<&'a Value, ImportError> {
        self.optional(k).ok_or_else(|| self.at_input(k).refused("left out", "a tensor", "export the model again"))
    }

    /// Input `k`, which must be computed from the network's input: its source and dimensions.
    fn activation(&self, k: usize) -> Result<(Source, &'a [usize]), ImportError> {
        match self.input(k)? {
            Value::Activation { source, dims } => Ok((*source, dims)),
            Value::Constant(_) => {
                let advice = "put the constant second, or compute it when exporting";
                Err(self.at_input(k).refused("a constant", "values computed from the network's input", advice))
            }
            Value::Verdict { operator, .. } => Err(self.at_input(k).refused(
                format_args!("the result of {operator}"),
                "logits or hidden values",
                format_args!("{operator} can only end a network"),
            )),
        }
    }

    /// Input `k`, which must be planes `[1, C, H, W]` that no reshaping has mixed: its source and shape.
    fn planes(&self, k: usize) -> Result<(Source, Shape), ImportError> {
        let (source, dims) = self.activation(k)?;
        let shape = self.network.shape(source);
        let is_planes = *dims == [1, shape.channels, shape.height, shape.width];
        let expected = format!("planes [1, C, H, W] as an earlier node made them, here with [C, H, W] = {shape}");
        self.at_input(k).check(
            is_planes,
            format_args!("shape {dims:?}"),
            expected,
            "reshape only before a dense layer",
        )?;
        Ok((source, shape))
    }

    /// The constant in input `k`, if that input is given.
    fn optional_constant(&self, k: usize) -> Result<Option<&'a Tensor>, ImportError> {
        match self.optional(k) {
            None => Ok(None),
            Some(Value::Constant(tensor)) => Ok(Some(tensor)),
            Some(_) => {
                let advice = "only constants can be here; compute it when exporting";
                Err(self.at_input(k).refused("values computed from the network's input", "a constant", advice))
            }
        }
    }

    fn constant(&self, k: usize) -> Result<&'a Tensor, ImportError> {
        self.input(k)?;
        self.optional_constant(k)?
            .ok_or_else(|| self.at_input(k).refused("left out", "a constant", "export the model again"))
    }

    /// The integers in input `k`, if that input is given.
    fn optional_ints(&self, k: usize) -> Result<Option<&'a [i64]>, ImportError> {
        match self.optional_constant(k)?.map(|tensor| &*tensor.elements) {
            None => Ok(None),
            Some(Elements::Ints(values)) => Ok(Some(values)),
            Some(Elements::Floats(_)) => Err(self.at_input(k).refused("floats", "integers", "export the model again")),
        }
    }

    /// The one number in input `k`, if that input is given.
    fn optional_scalar(&self, k: usize) -> Result<Option<f64>, ImportError> {
        let Some(tensor) = self.optional_constant(k)? else { return Ok(None) };
        let [value] = tensor.to_floats()[..] else {
            let found = format!("{} numbers", tensor.len());
            return Err(self.at_input(k).refused(found, "one number", "export the model again"));
        };
        Ok(Some(value))
    }

    /// Appends an operation of this node.
    fn push(&mut self, op: Op, inputs: Vec<Source>, shape: Shape) -> Result<Source, ImportError> {
        let name = if self.node.name.is_empty() { &self.node.op_type } else { &self.node.name };
        self.network.push(self.place, Node { name: clip(name), op, inputs, shape })
    }

    /// `source`, flattened if it is not flat.
    fn flat(&mut self, source: Source) -> Result<(Source, Shape), ImportError> {
        let shape = self.network.shape(source);
        let flat = Shape::flat(shape.n_values());
        let source = if shape == flat { source } else { self.push(Op::Flatten, vec![source], flat)? };
        Ok((source, flat))
    }

    /// Softmax and logarithm keep the order of the logits, and the model ends with the choice of the largest itself.
    fn verdict(&mut self) -> Result<Value, ImportError> {
        let operator = clip(&self.node.op_type);
        let (source, dims) = match self.input(0)? {
            Value::Verdict { source, dims, .. } => (*source, dims.clone()),
            _ => self.activation(0).map(|(source, dims)| (source, dims.to_vec()))?,
        };
        let last = self.attributes.int("axis")?.unwrap_or(if operator == "ArgMax" { 0 } else { -1 });
        let axis = normal_axis(last, dims.len()).ok_or_else(|| {
            let expected = format!("an axis of {} dimensions", dims.len());
            self.attributes.at("axis").refused(last, expected, "export the model again")
        })?;
        let n_classes: usize = dims.iter().product();
        let found = format!("{last} of a tensor of shape {dims:?}");
        self.attributes.at("axis").check(dims[axis] == n_classes, found, "the axis of the classes", "use axis -1")?;
        self.attributes.ignore("keepdims");
        let advice = "the model's class is the first of several largest";
        self.attributes.expect_int("select_last_index", 0, advice)?;
        let note = format!("{} is left out: it does not change which logit is the largest", self.place.part);
        self.network.notes.push(note);
        Ok(Value::Verdict { source, dims, operator })
    }
}

/// An axis counted from the first, if a tensor of `rank` dimensions has it.
fn normal_axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    usize::try_from(axis).ok().filter(|_| axis < rank)
}
