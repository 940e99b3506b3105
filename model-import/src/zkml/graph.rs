//! The layers of the model while they are made, and the values that later layers read.

use super::files::{MODEL, NetworkFile, TensorEntry, n_values, refused, shape_text};
use crate::ImportError;
use crate::error::require;
use core::fmt::Display;
use prover::model::WeightVisibility;
use prover::model::manifest::{
    ConvEntry, DenseEntry, LayerEntry, PlainEntry, PoolEntry, ReluEntry, RescaleEntry, WeightsEntry,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Most values of one layer.
const MAX_VALUES: usize = 1 << 18;
/// Most parameters and reordered places of all layers together: a constant that is spread over channels takes more room in
/// the model than in the file.
const MAX_PARAMETERS: usize = 1 << 22;
/// Most layers.
const MAX_LAYERS: usize = 256;

/// A value that later layers read, of shape `[1, height, width, channels]` or `[1, channels]` in zkml.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Name of the layer that makes it, or `input`.
    pub(super) name: String,
    /// zkml's shape, the first extent 1.
    pub(super) shape: Vec<u32>,
    /// For each of zkml's channels the model's: they differ behind a flattened plane.
    pub(super) channels: Arc<[usize]>,
}

impl Value {
    fn new(name: String, shape: Vec<u32>) -> Result<Self, ImportError> {
        let is_shape = matches!(shape.as_slice(), [1, _] | [1, _, _, _]) && !shape.contains(&0);
        let advice = "import a network for single images or rows";
        let field = || format!("shape of {name}");
        let expected = "[1, height, width, channels] or [1, channels]";
        require(is_shape, MODEL, field, shape_text(&shape), expected, advice)?;
        let n = n_values(&shape);
        let fits = n.is_some_and(|n| n <= MAX_VALUES);
        require(fits, MODEL, field, shape_text(&shape), format_args!("at most {MAX_VALUES} values"), advice)?;
        let channels = shape.last().map_or(0, |channels| *channels as usize);
        Ok(Self { name, shape, channels: (0..channels).collect() })
    }

    /// Height, width, channels; a row is a plane of one place.
    pub(super) fn extents(&self) -> [u32; 3] {
        match self.shape.as_slice() {
            [_, height, width, channels] => [*height, *width, *channels],
            [_, channels] => [1, 1, *channels],
            // `new` admits no other.
            _ => [0; 3],
        }
    }
}

/// Constants and values by zkml's tensor numbers, and the layers made so far.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) network: &'a NetworkFile,
    pub(super) scale_factor: u64,
    constants: HashMap<u32, &'a TensorEntry>,
    values: HashMap<u32, Value>,
    layers: Vec<LayerEntry>,
    weights: Vec<WeightsEntry>,
    n_parameters: usize,
}

/// Rows of weights with their biases, and the scale of the weights: the unit of the biases is that of the products.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) weights: Vec<Vec<i64>>,
    pub(super) biases: Vec<i64>,
    pub(super) scale: u64,
}

/// What a window does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sliding {
    pub(super) kernel: [u32; 2],
    pub(super) stride: [u32; 2],
    pub(super) padding: [u32; 4],
    pub(super) drop_remainder: bool,
}

impl Sliding {
    /// One place after another.
    pub(super) const EACH: Self = Self { kernel: [1; 2], stride: [1; 2], padding: [0; 4], drop_remainder: false };
}

impl<'a> Graph<'a> {
    /// The layers of `network`, and the shape `[channels, height, width]` of what it reads.
    pub(super) fn of(network: &'a NetworkFile) -> Result<(Self, [u32; 3]), ImportError> {
        let scale_factor = network.global_sf;
        let field = || "global_sf".to_owned();
        let fits = (2..=1 << 31).contains(&scale_factor);
        require(fits, MODEL, field, scale_factor, "2 to 2^31", "convert the network with such a scale factor")?;
        let n_layers = network.layers.len();
        let fits = (1..=MAX_LAYERS).contains(&n_layers);
        let field = || "layers".to_owned();
        require(fits, MODEL, field, n_layers, format_args!("1 to {MAX_LAYERS} layers"), "import a smaller network")?;
        let mut graph = Self {
            network,
            scale_factor: scale_factor.unsigned_abs(),
            constants: HashMap::new(),
            values: HashMap::new(),
            layers: Vec::new(),
            weights: Vec::new(),
            n_parameters: 0,
        };
        graph.read_constants()?;
        let [height, width, channels] = graph.read_input()?;
        let mut merged = None;
        for idx in 0..n_layers {
            if merged != Some(idx) {
                merged = graph.read_layer(idx)?;
            }
        }
        graph.check_output()?;
        Ok((graph, [channels, height, width]))
    }

    pub(super) fn into_parts(self) -> (Vec<LayerEntry>, Vec<WeightsEntry>) {
        (self.layers, self.weights)
    }

    fn read_constants(&mut self) -> Result<(), ImportError> {
        for (place, tensor) in self.network.tensors.iter().enumerate() {
            tensor.check(MODEL, place)?;
            let new =
                self.constants.insert(tensor.idx, tensor).is_none() && !self.network.inp_idxes.contains(&tensor.idx);
            let field = || format!("tensors[{place}].idx");
            let expected = "a number used once, and not that of the input";
            require(new, MODEL, field, tensor.idx, expected, "convert the network again")?;
        }
        Ok(())
    }

    /// The shape of the input is told by the layers that read it.
    fn read_input(&mut self) -> Result<[u32; 3], ImportError> {
        let advice = "import a network with one input";
        let [input] = self.network.inp_idxes.as_slice() else {
            let found = shape_text(&self.network.inp_idxes);
            return Err(refused(MODEL, "inp_idxes", found, "the number of one tensor", advice));
        };
        let shape = self.network.layers.iter().find_map(|layer| {
            let place = layer.inp_idxes.iter().position(|read| read == input)?;
            layer.inp_shapes.get(place)
        });
        let shape = shape.ok_or_else(|| {
            refused(MODEL, "inp_idxes", input, "a tensor whose shape is in the inp_shapes of a layer", advice)
        })?;
        let value = Value::new("input".to_owned(), shape.clone())?;
        let extents = value.extents();
        self.values.insert(*input, value);
        Ok(extents)
    }

    fn check_output(&self) -> Result<(), ImportError> {
        let advice = "convert the network up to its logits";
        let found = shape_text(&self.network.out_idxes);
        let output = match self.network.out_idxes.as_slice() {
            [output] => self.values.get(output),
            _ => None,
        };
        let is_last = |value: &&Value| self.layers.last().is_some_and(|layer| layer.name() == value.name);
        let expected = "the number of one tensor, written by the last layer";
        let output = output.filter(is_last).ok_or_else(|| refused(MODEL, "out_idxes", &found, expected, advice))?;
        let [height, width, _] = output.extents();
        let in_order = output.channels.iter().copied().eq(0..output.channels.len());
        let expected = "a row of logits";
        require(height * width == 1 && in_order, MODEL, || "out_idxes".to_owned(), &found, expected, advice)
    }

    /// The value of tensor `idx`, or `None` if it is a constant.
    pub(super) fn value(&self, idx: u32) -> Option<&Value> {
        self.values.get(&idx)
    }

    pub(super) fn constant(&self, idx: u32) -> Option<&'a TensorEntry> {
        self.constants.get(&idx).copied()
    }

    /// Makes `value` what later layers read as tensor `idx`.
    pub(super) fn define(&mut self, idx: u32, value: Value, field: impl Display) -> Result<(), ImportError> {
        let new = !self.constants.contains_key(&idx) && self.values.insert(idx, value).is_none();
        require(new, MODEL, || field.to_string(), idx, "a tensor that nothing else writes", "convert the network again")
    }

    fn count(&mut self, n: usize, name: &str) -> Result<(), ImportError> {
        self.n_parameters = self.n_parameters.saturating_add(n);
        let fits = self.n_parameters <= MAX_PARAMETERS;
        let found = format_args!("parameter {}", self.n_parameters);
        let expected = format_args!("at most {MAX_PARAMETERS} parameters of all layers together");
        require(fits, MODEL, || name.to_owned(), found, expected, "import a smaller network")
    }

    fn push_linear(&mut self, entry: LayerEntry, rows: Rows) -> Result<(), ImportError> {
        let name = entry.name().to_owned();
        self.count(rows.weights.iter().map(|row| row.len() + 1).sum(), &name)?;
        let biases = rows.biases.iter().map(ToString::to_string).collect();
        self.weights.push(WeightsEntry { name, weights: rows.weights, biases });
        self.layers.push(entry);
        Ok(())
    }

    /// A `conv2d` layer. `channels`: the model's position of each of zkml's output channels.
    pub(super) fn conv(
        &mut self,
        name: String,
        input: &Value,
        groups: u32,
        window: Sliding,
        rows: Rows,
        shape: Vec<u32>,
    ) -> Result<Value, ImportError> {
        let Sliding { kernel, stride, padding, drop_remainder } = window;
        let mut output = Value::new(name.clone(), shape)?;
        if groups > 1 {
            output.channels = Arc::clone(&input.channels);
        }
        let [.., out_channels] = output.extents();
        let entry = ConvEntry {
            name,
            inputs: Some(vec![input.name.clone()]),
            out_channels,
            kernel,
            stride,
            padding,
            groups,
            drop_remainder,
            weight_bits: rows.weight_bits(),
            bias_bits: rows.bias_bits(),
            weight_scale: rows.scale.to_string(),
            visibility: WeightVisibility::Public,
        };
        self.push_linear(LayerEntry::Conv2d(entry), rows)?;
        Ok(output)
    }

    pub(super) fn dense(
        &mut self,
        name: String,
        input: &Value,
        rows: Rows,
        shape: Vec<u32>,
    ) -> Result<Value, ImportError> {
        let output = Value::new(name.clone(), shape)?;
        let [.., outputs] = output.extents();
        let entry = DenseEntry {
            name,
            inputs: Some(vec![input.name.clone()]),
            outputs,
            weight_bits: rows.weight_bits(),
            bias_bits: rows.bias_bits(),
            weight_scale: rows.scale.to_string(),
            visibility: WeightVisibility::Public,
        };
        self.push_linear(LayerEntry::Dense(entry), rows)?;
        Ok(output)
    }

    /// A layer that keeps shape and order of the channels.
    fn same_shape(&mut self, entry: LayerEntry, input: &Value) -> Value {
        let value = Value { name: entry.name().to_owned(), ..input.clone() };
        self.layers.push(entry);
        value
    }

    /// Division by the scale factor.
    pub(super) fn rescale(&mut self, name: String, input: &Value) -> Value {
        let inputs = Some(vec![input.name.clone()]);
        self.same_shape(LayerEntry::Rescale(RescaleEntry { name, inputs, divisor: self.scale_factor }), input)
    }

    pub(super) fn relu(&mut self, name: String, input: &Value, max: Option<u64>) -> Value {
        let inputs = Some(vec![input.name.clone()]);
        self.same_shape(LayerEntry::Relu(ReluEntry { name, inputs, max: max.map(|max| max.to_string()) }), input)
    }

    /// `add`, `product` (two inputs of equal shape and order) or `square`.
    pub(super) fn plain(
        &mut self,
        name: String,
        inputs: &[&Value],
        op: impl FnOnce(PlainEntry) -> LayerEntry,
    ) -> Result<Value, ImportError> {
        let names = inputs.iter().map(|input| input.name.clone()).collect();
        let [first, rest @ ..] = inputs else {
            return Err(refused(MODEL, name, "a layer without inputs", "an input", "convert the network again"));
        };
        for other in rest {
            let fits = first.shape == other.shape && first.channels == other.channels;
            let found = format!("{} and {}", shape_text(&first.shape), shape_text(&other.shape));
            let expected = "two values of one shape, flattened alike";
            require(fits, MODEL, || name.clone(), found, expected, "spread the smaller one before converting")?;
        }
        Ok(self.same_shape(op(PlainEntry { name, inputs: Some(names) }), first))
    }

    pub(super) fn pool(
        &mut self,
        name: String,
        input: &Value,
        window: Sliding,
        shape: Vec<u32>,
        op: impl FnOnce(PoolEntry) -> LayerEntry,
    ) -> Result<Value, ImportError> {
        let mut output = Value::new(name.clone(), shape)?;
        output.channels = Arc::clone(&input.channels);
        let Sliding { kernel, stride, drop_remainder, .. } = window;
        self.layers.push(op(PoolEntry {
            name,
            inputs: Some(vec![input.name.clone()]),
            kernel,
            stride,
            drop_remainder,
        }));
        Ok(output)
    }

    /// The values of `input` in a row of shape `shape`. zkml goes through them channel by channel within a place, the model place by place
    /// within a channel.
    pub(super) fn flatten(&mut self, name: String, input: &Value, shape: Vec<u32>) -> Result<Value, ImportError> {
        let [height, width, channels] = input.extents().map(|extent| extent as usize);
        let plane = height * width;
        if plane == 1 {
            return Ok(Value { shape, ..input.clone() });
        }
        self.count(plane * channels, &name)?;
        let mut output = Value::new(name.clone(), shape)?;
        output.channels =
            (0..plane).flat_map(|place| input.channels.iter().map(move |channel| channel * plane + place)).collect();
        let inputs = Some(vec![input.name.clone()]);
        self.layers.push(LayerEntry::Flatten(PlainEntry { name, inputs }));
        Ok(output)
    }
}

impl Rows {
    fn weight_bits(&self) -> u32 {
        signed_bits(self.weights.iter().flatten())
    }

    fn bias_bits(&self) -> u32 {
        signed_bits(&self.biases)
    }
}

/// Bits of a signed integer that holds every value, at least the 2 that a model declares.
fn signed_bits<'v>(values: impl IntoIterator<Item = &'v i64>) -> u32 {
    let bits = |value: &i64| 1 + i64::BITS - (value ^ (value >> (i64::BITS - 1))).leading_zeros();
    values.into_iter().map(bits).max().unwrap_or(0).max(2)
}
