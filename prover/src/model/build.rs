//! Nodes from the manifest's descriptions and the stored integers, with every cross-check between them.

use super::MANIFEST_FILE;
use super::error::{ModelError, require};
use super::input::InputSpec;
use super::manifest::{ConvEntry, DenseEntry, LayerEntry, Manifest, PoolEntry, Weights, WeightsEntry};
use super::node::{Linear, LinearKind, Node, Op, ValueRef, WeightVisibility};
use super::scale::{Scale, decimal};
use super::shape::{Shape, Window};
use core::fmt::Display;
use num_bigint::BigInt;
use num_traits::Signed;
use std::collections::HashMap;

/// Most values of one layer.
pub(super) const MAX_VALUES: usize = 1 << 20;
/// Most values of all layers together: each keeps an interval of big integers.
const MAX_ALL_VALUES: usize = 1 << 21;
/// Most inputs under the windows of all layers together: bounds the time of range analysis and inference.
const MAX_TERMS: usize = 1 << 27;
/// Longest decimal integer: 77 digits hold every value below r.
const MAX_DIGITS: usize = 77;

/// All nodes of a model that reads `input`.
pub(super) fn build_nodes(manifest: &Manifest, weights: Weights, input: &InputSpec) -> Result<Vec<Node>, ModelError> {
    let mut graph = Graph { input, names: HashMap::new(), nodes: Vec::new(), n_values: 0, n_terms: 0 };
    let mut stored = weights.layers.into_iter();
    for (idx, entry) in manifest.layers.iter().enumerate() {
        let place = Place { weights_file: &manifest.weights.file, idx, weights_idx: graph.n_linear() };
        // The counts were compared before, so every linear layer has its entry.
        let stored = if entry.has_weights() { stored.next() } else { None };
        graph.push(&place, entry, stored)?;
    }
    let is_read = |idx| graph.nodes.iter().flat_map(|node| &node.inputs).any(|read| *read == ValueRef::Node(idx));
    for idx in 0..graph.nodes.len().saturating_sub(1) {
        let place = Place { weights_file: "", idx, weights_idx: 0 };
        let name = &graph.nodes[idx].name;
        place.check(is_read(idx), "name", name, "a layer that a later one reads: remove it, or name it in `inputs`")?;
    }
    Ok(graph.nodes)
}

/// The nodes so far.
struct Graph<'a> {
    input: &'a InputSpec,
    names: HashMap<&'a str, usize>,
    nodes: Vec<Node>,
    n_values: usize,
    n_terms: usize,
}

impl<'a> Graph<'a> {
    fn n_linear(&self) -> usize {
        self.nodes.iter().filter(|node| matches!(node.op, Op::Linear(_))).count()
    }

    fn shape_and_scale(&self, value: ValueRef) -> (Shape, &Scale) {
        match value {
            ValueRef::Input => (self.input.shape, &self.input.scale),
            ValueRef::Node(idx) => (self.nodes[idx].shape, &self.nodes[idx].scale),
        }
    }

    fn push(
        &mut self,
        place: &Place<'_>,
        entry: &'a LayerEntry,
        stored: Option<WeightsEntry>,
    ) -> Result<(), ModelError> {
        let inputs = self.inputs(place, entry)?;
        let (shape, scale) = self.shape_and_scale(inputs[0]);
        let grown =
            || place.refused("op", entry_op(entry), "a scale whose numerator and denominator stay below 2^1024");
        let (op, shape, scale) = match entry {
            LayerEntry::Conv2d(conv) => {
                let window = place.conv(conv, shape)?;
                let spec = LinearSpec::conv(conv, window);
                let scale = scale.times(&place.scale(spec.weight_scale)?).ok_or_else(grown)?;
                (Op::Linear(place.linear(&spec, stored)?), window.output, scale)
            }
            LayerEntry::Dense(dense) => {
                let outputs = place.size("outputs", dense.outputs, MAX_VALUES)?;
                let spec = LinearSpec::dense(dense, shape, outputs);
                let scale = scale.times(&place.scale(spec.weight_scale)?).ok_or_else(grown)?;
                (Op::Linear(place.linear(&spec, stored)?), spec.window.output, scale)
            }
            LayerEntry::Product(_) | LayerEntry::Add(_) => {
                let (other_shape, other_scale) = self.shape_and_scale(inputs[1]);
                place.check(
                    shape == other_shape,
                    "inputs",
                    format_args!("{shape} and {other_shape}"),
                    "equal shapes",
                )?;
                if matches!(entry, LayerEntry::Add(_)) {
                    let found = format_args!("{scale} and {other_scale}").to_string();
                    place.check(scale == other_scale, "inputs", found, "equal scales")?;
                    (Op::Add, shape, scale.clone())
                } else {
                    (Op::Product, shape, scale.times(other_scale).ok_or_else(grown)?)
                }
            }
            LayerEntry::Square(_) => (Op::Square, shape, scale.times(scale).ok_or_else(grown)?),
            LayerEntry::Flatten(_) => (Op::Flatten, Shape::flat(shape.n_values()), scale.clone()),
            LayerEntry::SumPool(pool) => place.pool(pool, shape).map(|w| (Op::SumPool(w), w.output, scale.clone()))?,
            LayerEntry::AvgPool(pool) => place.pool(pool, shape).map(|w| (Op::AvgPool(w), w.output, scale.clone()))?,
            LayerEntry::MaxPool(pool) => place.pool(pool, shape).map(|w| (Op::MaxPool(w), w.output, scale.clone()))?,
            LayerEntry::Rescale(rescale) => {
                let divisor = rescale.divisor;
                place.check(divisor >= 2, "divisor", divisor, "2 or more")?;
                (Op::Rescale { divisor }, shape, scale.over(divisor).ok_or_else(grown)?)
            }
            LayerEntry::Relu(relu) => {
                let max = relu.max.as_deref().map(|text| place.positive("max", text)).transpose()?;
                (Op::Relu { max }, shape, scale.clone())
            }
        };
        self.count(place, entry, &op, shape)?;
        self.names.insert(entry.name(), self.nodes.len());
        self.nodes.push(Node { name: entry.name().into(), op, inputs, shape, scale });
        Ok(())
    }

    /// What the layer reads, in order.
    fn inputs(&self, place: &Place<'_>, entry: &LayerEntry) -> Result<Vec<ValueRef>, ModelError> {
        let expected = if matches!(entry, LayerEntry::Product(_) | LayerEntry::Add(_)) { 2 } else { 1 };
        let Some(names) = entry.inputs() else {
            let expected = "two names: only a layer with one input may leave them out";
            place.check(
                !matches!(entry, LayerEntry::Product(_) | LayerEntry::Add(_)),
                "inputs",
                "missing",
                expected,
            )?;
            return Ok(vec![self.nodes.len().checked_sub(1).map_or(ValueRef::Input, ValueRef::Node)]);
        };
        place.check(names.len() == expected, "inputs", names.len(), format_args!("{expected} names"))?;
        let find = |(k, name): (usize, &String)| match (name.as_str(), self.names.get(name.as_str())) {
            ("input", _) => Ok(ValueRef::Input),
            (_, Some(idx)) => Ok(ValueRef::Node(*idx)),
            _ => Err(place.refused(
                &format!("inputs[{k}]"),
                format_args!("{name:?}"),
                "\"input\" or the name of an earlier layer",
            )),
        };
        names.iter().enumerate().map(find).collect()
    }

    fn count(&mut self, place: &Place<'_>, entry: &LayerEntry, op: &Op, shape: Shape) -> Result<(), ModelError> {
        self.n_values += shape.n_values();
        let expected = format_args!("at most {MAX_ALL_VALUES} values of all layers together").to_string();
        place.check(self.n_values <= MAX_ALL_VALUES, "op", self.n_values, expected)?;
        let terms = match op {
            Op::Linear(linear) => linear.row_len(),
            Op::SumPool(window) | Op::AvgPool(window) | Op::MaxPool(window) => window.area(),
            _ => 0,
        };
        self.n_terms = self.n_terms.saturating_add(shape.n_values().saturating_mul(terms));
        let expected = format_args!("at most {MAX_TERMS} inputs under the windows of all layers together");
        place.check(
            self.n_terms <= MAX_TERMS,
            "op",
            format_args!("{} ({})", entry_op(entry), self.n_terms),
            expected,
        )?;
        Ok(())
    }
}

/// What both linear operations declare.
struct LinearSpec<'a> {
    name: &'a str,
    kind: LinearKind,
    window: Window,
    groups: usize,
    visibility: WeightVisibility,
    weight_bits: u32,
    bias_bits: u32,
    weight_scale: &'a str,
}

impl<'a> LinearSpec<'a> {
    fn conv(entry: &'a ConvEntry, window: Window) -> Self {
        let ConvEntry { name, groups, visibility, weight_bits, bias_bits, weight_scale, .. } = entry;
        Self {
            name,
            kind: LinearKind::Conv2d,
            window,
            groups: *groups as usize,
            visibility: *visibility,
            weight_bits: *weight_bits,
            bias_bits: *bias_bits,
            weight_scale,
        }
    }

    fn dense(entry: &'a DenseEntry, input: Shape, outputs: usize) -> Self {
        let DenseEntry { name, visibility, weight_bits, bias_bits, weight_scale, .. } = entry;
        let (kernel, output) = ([input.height, input.width], Shape::flat(outputs));
        Self {
            name,
            kind: LinearKind::Dense,
            window: Window { input, output, kernel, stride: [1, 1], padding: [0; 4] },
            groups: 1,
            visibility: *visibility,
            weight_bits: *weight_bits,
            bias_bits: *bias_bits,
            weight_scale,
        }
    }
}

/// Where a layer is described, for its error messages.
struct Place<'a> {
    /// The weights file's name.
    weights_file: &'a str,
    /// Position among the manifest's layers.
    idx: usize,
    /// Position among the weights file's layers.
    weights_idx: usize,
}

impl Place<'_> {
    fn refused(&self, field: &str, found: impl ToString, expected: impl ToString) -> ModelError {
        let field = format!("layers[{}].{field}", self.idx);
        ModelError::Field {
            file: MANIFEST_FILE.to_owned(),
            field,
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }

    fn check(&self, holds: bool, field: &str, found: impl ToString, expected: impl ToString) -> Result<(), ModelError> {
        if holds { Ok(()) } else { Err(self.refused(field, found, expected)) }
    }

    fn size(&self, field: &str, found: u32, max: usize) -> Result<usize, ModelError> {
        let size = found as usize;
        self.check((1..=max).contains(&size), field, found, format_args!("1 to {max}"))?;
        Ok(size)
    }

    fn scale(&self, text: &str) -> Result<Scale, ModelError> {
        text.parse().map_err(|_| {
            self.refused("weight_scale", format_args!("{text:?}"), "a positive \"p\" or \"p/q\" in lowest terms")
        })
    }

    fn positive(&self, field: &str, text: &str) -> Result<BigInt, ModelError> {
        decimal(text, MAX_DIGITS).filter(Signed::is_positive).ok_or_else(|| {
            let expected = format!("a positive decimal integer of at most {MAX_DIGITS} digits, without leading zeros");
            self.refused(field, format_args!("{text:?}"), expected)
        })
    }

    fn pool(&self, entry: &PoolEntry, input: Shape) -> Result<Window, ModelError> {
        self.window(entry.kernel, entry.stride, [0; 4], entry.drop_remainder, input, input.channels)
    }

    fn conv(&self, entry: &ConvEntry, input: Shape) -> Result<Window, ModelError> {
        let out_channels = self.size("out_channels", entry.out_channels, MAX_VALUES)?;
        let groups = self.size("groups", entry.groups, input.channels)?;
        let divides = input.channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups);
        let expected =
            format_args!("a divisor of {} input channels and {out_channels} output channels", input.channels);
        self.check(divides, "groups", groups, expected.to_string())?;
        self.window(entry.kernel, entry.stride, entry.padding, entry.drop_remainder, input, out_channels)
    }

    fn window(
        &self,
        kernel: [u32; 2],
        stride: [u32; 2],
        padding: [u32; 4],
        drop_remainder: bool,
        input: Shape,
        channels: usize,
    ) -> Result<Window, ModelError> {
        let mut window = Window {
            input,
            output: Shape { channels, ..input },
            kernel: [0; 2],
            stride: [0; 2],
            padding: padding.map(|side| side as usize),
        };
        for (axis, extent) in [input.height, input.width].into_iter().enumerate() {
            let kernel = self.size(&format!("kernel[{axis}]"), kernel[axis], MAX_VALUES)?;
            let stride = self.size(&format!("stride[{axis}]"), stride[axis], MAX_VALUES)?;
            for side in [axis, axis + 2] {
                let expected = format_args!("less than the kernel's {kernel}").to_string();
                self.check(window.padding[side] < kernel, &format!("padding[{side}]"), window.padding[side], expected)?;
            }
            let padded = extent + window.padding[axis] + window.padding[axis + 2];
            let expected = format_args!("1 to {padded}, the padded extent of what it reads").to_string();
            self.check(kernel <= padded, &format!("kernel[{axis}]"), kernel, expected)?;
            let steps = padded - kernel;
            let expected = format!("a divisor of {steps}, so that every input is read, or \"drop_remainder\": true");
            self.check(drop_remainder || steps.is_multiple_of(stride), &format!("stride[{axis}]"), stride, expected)?;
            (window.kernel[axis], window.stride[axis]) = (kernel, stride);
            let extent = steps / stride + 1;
            *(if axis == 0 { &mut window.output.height } else { &mut window.output.width }) = extent;
        }
        let n_values = window.output.channels.saturating_mul(window.output.plane());
        self.check(n_values <= MAX_VALUES, "op", n_values, format_args!("at most {MAX_VALUES} values of a layer"))?;
        Ok(window)
    }

    fn linear(&self, spec: &LinearSpec<'_>, stored: Option<WeightsEntry>) -> Result<Linear, ModelError> {
        let &LinearSpec { window, kind, groups, visibility, weight_bits, bias_bits, .. } = spec;
        self.check((2..=32).contains(&weight_bits), "weight_bits", weight_bits, "2 to 32")?;
        self.check((2..=200).contains(&bias_bits), "bias_bits", bias_bits, "2 to 200")?;
        let mut linear = Linear {
            kind,
            window,
            groups,
            visibility,
            weight_bits,
            bias_bits,
            weights: Vec::new(),
            biases: Vec::new(),
        };
        let stored = stored.unwrap_or(WeightsEntry { name: String::new(), weights: Vec::new(), biases: Vec::new() });
        let require = |holds: bool, part: &str, found: &dyn Display, expected: &dyn Display| {
            let field = || format!("layers[{}].{part}", self.weights_idx);
            require(holds, self.weights_file, field, found, expected)
        };
        require(stored.name == spec.name, "name", &stored.name, &spec.name)?;
        let (n_rows, row_len) = (linear.n_rows(), linear.row_len());
        for (part, found) in [("weights", stored.weights.len()), ("biases", stored.biases.len())] {
            require(found == n_rows, part, &found, &format_args!("{n_rows} rows"))?;
        }
        for (row, weights) in stored.weights.iter().enumerate() {
            let fits = weights.len() == row_len;
            require(fits, &format!("weights[{row}]"), &weights.len(), &format_args!("{row_len} weights"))?;
            for (column, &found) in weights.iter().enumerate() {
                let fits = i32::try_from(found).ok().filter(|w| i64::from(*w) >> (weight_bits - 1) == found >> 63);
                linear.weights.push(fits.ok_or_else(|| ModelError::Weight {
                    file: self.weights_file.to_owned(),
                    layer: spec.name.to_owned(),
                    row,
                    column,
                    found,
                    bits: weight_bits,
                })?);
            }
        }
        let end = BigInt::from(1) << (bias_bits - 1);
        for (row, text) in stored.biases.iter().enumerate() {
            let bias = decimal(text, MAX_DIGITS).filter(|bias| *bias >= -&end && *bias < end);
            let expected = format!("a signed {bias_bits}-bit decimal integer, without leading zeros");
            require(bias.is_some(), &format!("biases[{row}]"), &format_args!("{text:?}"), &expected)?;
            linear.biases.extend(bias);
        }
        Ok(linear)
    }
}

const fn entry_op(entry: &LayerEntry) -> &'static str {
    match entry {
        LayerEntry::Conv2d(_) => "conv2d",
        LayerEntry::Dense(_) => "dense",
        LayerEntry::Product(_) => "product",
        LayerEntry::Square(_) => "square",
        LayerEntry::Add(_) => "add",
        LayerEntry::Flatten(_) => "flatten",
        LayerEntry::SumPool(_) => "sum_pool",
        LayerEntry::AvgPool(_) => "avg_pool",
        LayerEntry::MaxPool(_) => "max_pool",
        LayerEntry::Rescale(_) => "rescale",
        LayerEntry::Relu(_) => "relu",
    }
}
