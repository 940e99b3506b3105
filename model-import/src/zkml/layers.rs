//! One zkml layer at a time, into layers of the model.

use super::files::{LayerEntry as ZkmlLayer, MODEL, TensorEntry, refused, shape_text};
use super::graph::{Graph, Rows, Sliding, Value};
use crate::ImportError;
use crate::error::require;
use core::fmt::Display;
use prover::model::manifest::LayerEntry;
use std::sync::Arc;

/// The kinds that are imported, for messages.
const KINDS: &str = "Add, AveragePool2D, Conv2D, FullyConnected, MaxPool2D, Mean, Mul, Reshape or Square";

/// What follows a layer's sum, by zkml's (and TensorFlow Lite's) number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activation {
    None,
    Relu,
    Relu6,
}

/// A layer, and where it is for messages.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    idx: usize,
    layer: &'a ZkmlLayer,
}

impl<'a> Place<'a> {
    fn field(&self, field: &str) -> String {
        format!("layers[{}] ({}).{field}", self.idx, self.layer.layer_type)
    }

    fn check(
        &self,
        holds: bool,
        field: &str,
        found: impl Display,
        expected: impl Display,
        advice: &str,
    ) -> Result<(), ImportError> {
        require(holds, MODEL, || self.field(field), found, expected, advice)
    }

    /// Name of the model's layer that does `part` of this one.
    fn name(&self, part: &str) -> String {
        format!("l{}_{part}", self.idx)
    }

    /// Exactly `N` parameters.
    fn params<const N: usize>(&self) -> Result<[i64; N], ImportError> {
        let params = &self.layer.params;
        params.as_slice().try_into().map_err(|_| {
            let expected = format_args!("{N} parameters");
            refused(MODEL, self.field("params"), params.len(), expected, "convert the network again")
        })
    }

    fn activation(&self, param: usize, number: i64, relu6: Option<Activation>) -> Result<Activation, ImportError> {
        let read = match number {
            0 => Some(Activation::None),
            1 => Some(Activation::Relu),
            3 => relu6,
            _ => None,
        };
        read.ok_or_else(|| {
            let expected = if relu6.is_some() { "0 (none), 1 (ReLU) or 3 (ReLU6)" } else { "0 (none) or 1 (ReLU)" };
            let advice = "use an activation that zkml proves for this layer";
            refused(MODEL, self.field(&format!("params[{param}]")), number, expected, advice)
        })
    }

    /// Two positive extents from `params[first..]`.
    fn pair(&self, first: usize, numbers: [i64; 2]) -> Result<[u32; 2], ImportError> {
        let mut pair = [0; 2];
        for (axis, (extent, number)) in pair.iter_mut().zip(numbers).enumerate() {
            let read = u32::try_from(number).ok().filter(|extent| (1..=1 << 16).contains(extent));
            let field = self.field(&format!("params[{}]", first + axis));
            *extent = read.ok_or_else(|| refused(MODEL, field, number, "1 to 2^16", "convert the network again"))?;
        }
        Ok(pair)
    }

    /// Window and result of a kernel that keeps inside the plane, as zkml's pools and convolutions with padding `VALID` do.
    fn inside(&self, plane: [u32; 2], kernel: [u32; 2], stride: [u32; 2]) -> Result<(Sliding, [u32; 2]), ImportError> {
        let fits = kernel[0] <= plane[0] && kernel[1] <= plane[1];
        let expected = format_args!("at most {plane:?}, the plane it reads");
        self.check(fits, "params", format_args!("a kernel of {kernel:?}"), expected, "convert the network again")?;
        let steps = [plane[0] - kernel[0], plane[1] - kernel[1]];
        let drop_remainder = steps[0] % stride[0] + steps[1] % stride[1] > 0;
        let out = [steps[0] / stride[0] + 1, steps[1] / stride[1] + 1];
        Ok((Sliding { kernel, stride, padding: [0; 4], drop_remainder }, out))
    }

    /// Window and result of a kernel with padding `SAME`. The rows are padded as zkml does it: by its column stride.
    fn same(&self, plane: [u32; 2], kernel: [u32; 2], stride: [u32; 2]) -> Result<(Sliding, [u32; 2]), ImportError> {
        let pad = |axis: usize| match plane[axis] % stride[axis] {
            0 => kernel[axis].saturating_sub(stride[1]),
            rest => kernel[axis].saturating_sub(rest),
        };
        let pads = [pad(0), pad(1)];
        let padded = [plane[0] + pads[0], plane[1] + pads[1]];
        let (window, out) = self.inside(padded, kernel, stride)?;
        let full = [plane[0].div_ceil(stride[0]), plane[1].div_ceil(stride[1])];
        let advice = "use equal strides in both directions";
        self.check(out == full, "params", format_args!("padding SAME to {out:?}"), format_args!("{full:?}"), advice)?;
        let [top, left] = [pads[0] / 2, pads[1] / 2];
        Ok((Sliding { padding: [top, left, pads[0] - top, pads[1] - left], ..window }, out))
    }
}

impl<'a> Graph<'a> {
    /// Makes the layers of layer `idx`. Answers the number of the next layer if it went into them too.
    pub(super) fn read_layer(&mut self, idx: usize) -> Result<Option<usize>, ImportError> {
        let place = Place { idx, layer: &self.network.layers[idx] };
        let advice = "import a network without it";
        place.check(place.layer.mask.is_empty(), "mask", "not empty", "an empty list", advice)?;
        self.check_shapes(&place)?;
        let mut last = place;
        let value = match place.layer.layer_type.as_str() {
            "Conv2D" => self.conv2d(&place)?,
            "FullyConnected" => self.fully_connected(&place)?,
            "AveragePool2D" => self.pool2d(&place, "avg_pool", LayerEntry::AvgPool)?,
            "MaxPool2D" => self.pool2d(&place, "max_pool", LayerEntry::MaxPool)?,
            "Mean" => self.mean(&place)?,
            "Square" => {
                let input = self.input(&place, 0)?;
                let square = self.plain(place.name("square"), &[&input], LayerEntry::Square)?;
                self.rescale(place.name("rescale"), &square)
            }
            "Mul" => {
                if let Some(next) = self.bias_of(&place) {
                    last = next;
                }
                self.mul(&place, &last)?
            }
            "Add" => self.add(&place)?,
            "Reshape" => self.reshape(&place)?,
            kind => {
                let field = format!("layers[{idx}].layer_type");
                return Err(refused(MODEL, field, format_args!("{kind:?}"), KINDS, advice));
            }
        };
        let [written] = last.layer.out_idxes.as_slice() else {
            let found = shape_text(&last.layer.out_idxes);
            return Err(refused(MODEL, last.field("out_idxes"), found, "the number of one tensor", advice));
        };
        let stated = last.layer.out_shapes.as_slice();
        let expected = format_args!("[{}]", shape_text(&value.shape)).to_string();
        let advice = "convert the network again";
        last.check(*stated == [value.shape.clone()], "out_shapes", format_args!("{stated:?}"), expected, advice)?;
        self.define(*written, value, last.field("out_idxes"))?;
        Ok((last.idx != idx).then_some(last.idx))
    }

    /// Every stated shape of an input is the one of the value or constant it names.
    fn check_shapes(&self, place: &Place<'_>) -> Result<(), ImportError> {
        let ZkmlLayer { inp_idxes, inp_shapes, .. } = place.layer;
        let advice = "convert the network again";
        let (found, expected) = (inp_shapes.len(), format_args!("{} shapes, one per input", inp_idxes.len()));
        place.check(found == inp_idxes.len(), "inp_shapes", found, expected, advice)?;
        for (at, (&idx, stated)) in inp_idxes.iter().zip(inp_shapes).enumerate() {
            let shape = self.value(idx).map(|value| &value.shape).or_else(|| self.constant(idx).map(|t| &t.shape));
            let field = format!("inp_idxes[{at}]");
            let expected = "the number of a tensor with data, or one that an earlier layer writes";
            let shape = shape.ok_or_else(|| refused(MODEL, place.field(&field), idx, expected, advice))?;
            place.check(
                shape == stated,
                &format!("inp_shapes[{at}]"),
                shape_text(stated),
                shape_text(shape),
                advice,
            )?;
        }
        Ok(())
    }

    fn input(&self, place: &Place<'_>, at: usize) -> Result<Value, ImportError> {
        let value = place.layer.inp_idxes.get(at).and_then(|idx| self.value(*idx));
        value.cloned().ok_or_else(|| {
            let expected = "the network's input, or a tensor that an earlier layer writes";
            refused(
                MODEL,
                place.field(&format!("inp_idxes[{at}]")),
                "none",
                expected,
                "import a network that reads one",
            )
        })
    }

    fn weights(&self, place: &Place<'_>, at: usize) -> Result<&'a TensorEntry, ImportError> {
        let tensor = place.layer.inp_idxes.get(at).and_then(|idx| self.constant(*idx));
        tensor.ok_or_else(|| {
            let found = if place.layer.inp_idxes.len() > at { "a value of the network" } else { "missing" };
            let expected = "the number of a tensor with data";
            refused(
                MODEL,
                place.field(&format!("inp_idxes[{at}]")),
                found,
                expected,
                "import a network with fixed weights",
            )
        })
    }

    /// The biases of `n` channels: those of input `at`, or zeros. Each is `s b`: zkml adds `b` after it divides by `s`.
    fn biases(&self, place: &Place<'_>, at: usize, n: usize) -> Result<Vec<i64>, ImportError> {
        let advice = "import a network with at most three inputs per layer";
        let n_inputs = place.layer.inp_idxes.len();
        place.check(n_inputs <= at + 1, "inp_idxes", n_inputs, format_args!("at most {}", at + 1), advice)?;
        if n_inputs <= at {
            return Ok(vec![0; n]);
        }
        let tensor = self.weights(place, at)?;
        let shape = shape_text(&tensor.shape);
        let advice = "convert the network again";
        place.check(tensor.data.len() == n, &format!("inp_shapes[{at}]"), shape, format_args!("{n} biases"), advice)?;
        Ok(self.scaled(&tensor.data))
    }

    /// `s b`: below 2^62, as both are below 2^31 in magnitude or equal to it.
    fn scaled(&self, biases: &[i64]) -> Vec<i64> {
        biases.iter().map(|bias| bias * self.scale_factor.cast_signed()).collect()
    }

    /// What follows the sum of a layer with weights.
    fn finish(&mut self, place: &Place<'_>, sum: &Value, activation: Activation) -> Value {
        let value = self.rescale(place.name("rescale"), sum);
        self.activate(place, value, activation)
    }

    fn activate(&mut self, place: &Place<'_>, value: Value, activation: Activation) -> Value {
        let max = match activation {
            Activation::None => return value,
            Activation::Relu => None,
            Activation::Relu6 => Some(6 * self.scale_factor),
        };
        self.relu(place.name("relu"), &value, max)
    }

    fn conv2d(&mut self, place: &Place<'_>) -> Result<Value, ImportError> {
        let [kind, padding, activation, down, right] = place.params()?;
        let activation = place.activation(2, activation, Some(Activation::Relu6))?;
        let stride = place.pair(3, [down, right])?;
        let (input, weights) = (self.input(place, 0)?, self.weights(place, 1)?);
        let &[first, kh, kw, last] = weights.shape.as_slice() else {
            let found = shape_text(&weights.shape);
            let expected = "four extents: output channels, kernel height and width, input channels";
            return Err(refused(MODEL, place.field("inp_shapes[1]"), found, expected, "convert the network again"));
        };
        let [height, width, channels] = input.extents();
        let depthwise = match kind {
            0 => false,
            1 => true,
            _ => {
                let field = place.field("params[0]");
                return Err(refused(
                    MODEL,
                    field,
                    kind,
                    "0 (all channels) or 1 (per channel)",
                    "convert the network again",
                ));
            }
        };
        let fits = last == channels && first > 0 && (!depthwise || first == 1) && kh * kw > 0;
        let expected = format_args!("[{}, kernel, kernel, {channels}]", if depthwise { "1" } else { "channels" });
        let found = shape_text(&weights.shape);
        place.check(fits, "inp_shapes[1]", found, expected.to_string(), "convert the network again")?;
        let (window, [out_height, out_width]) = match padding {
            0 => place.same([height, width], [kh, kw], stride)?,
            1 => place.inside([height, width], [kh, kw], stride)?,
            _ => {
                let field = place.field("params[1]");
                return Err(refused(MODEL, field, padding, "0 (SAME) or 1 (VALID)", "convert the network again"));
            }
        };
        let area = (kh * kw) as usize;
        let out_channels = if depthwise { channels } else { first };
        let biases = self.biases(place, 2, out_channels as usize)?;
        let scale = self.scale_factor;
        let rows = if depthwise {
            per_channel(&input, area, |channel, at| weights.data[at * channels as usize + channel], &biases, scale)
        } else {
            let rows = weights.data.chunks(area * channels as usize);
            let weights = rows.map(|row| reordered(row, &input, area)).collect();
            Rows { weights, biases, scale }
        };
        let groups = if depthwise { channels } else { 1 };
        let shape = vec![1, out_height, out_width, out_channels];
        let sum = self.conv(place.name("conv"), &input, groups, window, rows, shape)?;
        Ok(self.finish(place, &sum, activation))
    }

    fn fully_connected(&mut self, place: &Place<'_>) -> Result<Value, ImportError> {
        let [activation] = place.params()?;
        let activation = place.activation(0, activation, None)?;
        let (input, weights) = (self.input(place, 0)?, self.weights(place, 1)?);
        let advice = "flatten what the layer reads";
        let &[_, n_inputs] = input.shape.as_slice() else {
            return Err(refused(MODEL, place.field("inp_shapes[0]"), shape_text(&input.shape), "[1, values]", advice));
        };
        let outputs = match weights.shape.as_slice() {
            &[outputs, columns] if columns == n_inputs && outputs > 0 => outputs,
            other => {
                let expected = format_args!("[outputs, {n_inputs}]");
                return Err(refused(MODEL, place.field("inp_shapes[1]"), shape_text(other), expected, advice));
            }
        };
        let biases = self.biases(place, 2, outputs as usize)?;
        let weights = weights.data.chunks(n_inputs as usize).map(|row| reordered(row, &input, 1)).collect();
        let rows = Rows { weights, biases, scale: self.scale_factor };
        let sum = self.dense(place.name("dense"), &input, rows, vec![1, outputs])?;
        Ok(self.finish(place, &sum, activation))
    }

    fn pool2d(
        &mut self,
        place: &Place<'_>,
        name: &str,
        op: impl FnOnce(prover::model::manifest::PoolEntry) -> LayerEntry,
    ) -> Result<Value, ImportError> {
        let [kh, kw, down, right] = place.params()?;
        let input = self.input(place, 0)?;
        let [height, width, channels] = input.extents();
        let (kernel, stride) = (place.pair(0, [kh, kw])?, place.pair(2, [down, right])?);
        let (window, [out_height, out_width]) = place.inside([height, width], kernel, stride)?;
        self.pool(place.name(name), &input, window, vec![1, out_height, out_width, channels], op)
    }

    /// The mean of each channel.
    fn mean(&mut self, place: &Place<'_>) -> Result<Value, ImportError> {
        let input = self.input(place, 0)?;
        let mut axes = place.layer.params.clone();
        axes.sort_unstable();
        let found = format_args!("axes {:?} of {}", place.layer.params, shape_text(&input.shape)).to_string();
        let advice = "import a network that takes means of whole planes";
        let is_image = input.shape.len() == 4 && axes == [1, 2];
        place.check(is_image, "params", found, "axes [1, 2] of [1, height, width, channels]", advice)?;
        let [height, width, channels] = input.extents();
        let window = Sliding { kernel: [height, width], ..Sliding::EACH };
        let stated = place.layer.out_shapes.first().filter(|shape| **shape == [1, channels]);
        let shape = stated.cloned().unwrap_or_else(|| vec![1, 1, 1, channels]);
        self.pool(place.name("avg_pool"), &input, window, shape, LayerEntry::AvgPool)
    }

    fn reshape(&mut self, place: &Place<'_>) -> Result<Value, ImportError> {
        let input = self.input(place, 0)?;
        let [height, width, channels] = input.extents();
        // An admitted value has at most 2^18 places.
        let n = height * width * channels;
        match place.layer.out_shapes.as_slice() {
            [shape] if *shape == input.shape => Ok(input),
            [shape] if *shape == [1, n] || *shape == [1, 1, 1, n] => {
                self.flatten(place.name("flatten"), &input, shape.clone())
            }
            found => {
                let expected = format_args!("[[1, {n}]]: all values in a row");
                let found = format_args!("{found:?}");
                Err(refused(MODEL, place.field("out_shapes"), found, expected, "import a network without it"))
            }
        }
    }

    /// The two inputs of `Mul` or `Add`: a value, and a constant or another value.
    fn operands(&self, place: &Place<'_>) -> Result<(Value, Result<&'a TensorEntry, Value>), ImportError> {
        let &[first, second] = place.layer.inp_idxes.as_slice() else {
            let found = place.layer.inp_idxes.len();
            return Err(refused(MODEL, place.field("inp_idxes"), found, "two inputs", "convert the network again"));
        };
        match (self.value(first), self.value(second)) {
            (Some(x), Some(y)) => Ok((x.clone(), Err(y.clone()))),
            (Some(x), None) => Ok((x.clone(), Ok(self.weights(place, 1)?))),
            (None, _) => Ok((self.input(place, 1)?, Ok(self.weights(place, 0)?))),
        }
    }

    /// A constant, as one number per channel of `value`.
    fn spread(&self, place: &Place<'_>, tensor: &TensorEntry, value: &Value) -> Result<Vec<i64>, ImportError> {
        let channels = value.channels.len();
        let n_last = tensor.shape.last().map_or(1, |extent| *extent as usize);
        match tensor.data.as_slice() {
            &[one] => Ok(vec![one; channels]),
            all if all.len() == channels && n_last == channels => Ok(all.to_vec()),
            _ => {
                let expected = format_args!("one number, or {channels} in the last extent: one per channel");
                let advice = "import a network that multiplies or adds per channel";
                Err(refused(MODEL, place.field("inp_shapes"), shape_text(&tensor.shape), expected, advice))
            }
        }
    }

    /// The `Add` of a constant right behind this `Mul` by one, if nothing else reads the product: a batch norm.
    fn bias_of(&self, place: &Place<'a>) -> Option<Place<'a>> {
        let network = self.network;
        let &[product] = place.layer.out_idxes.as_slice() else { return None };
        let idx = place.idx + 1;
        let layer = network.layers.get(idx).filter(|layer| layer.layer_type == "Add")?;
        let reads = |layer: &&ZkmlLayer| layer.inp_idxes.contains(&product);
        let alone = network.layers.iter().filter(reads).count() == 1 && !network.out_idxes.contains(&product);
        let is_constant = |idx: &u32| self.constant(*idx).is_some();
        let by_constant = |layer: &ZkmlLayer| layer.inp_idxes.len() == 2 && layer.inp_idxes.iter().any(is_constant);
        let folds = alone && reads(&layer) && by_constant(layer) && by_constant(place.layer) && layer.mask.is_empty();
        folds.then_some(Place { idx, layer })
    }

    /// `round(x y, s)`, and the `Add` behind it if `last` is one.
    fn mul(&mut self, place: &Place<'_>, last: &Place<'a>) -> Result<Value, ImportError> {
        let (input, factor) = self.operands(place)?;
        let factors = match factor {
            Ok(tensor) => self.spread(place, tensor, &input)?,
            Err(other) => {
                let product = self.plain(place.name("product"), &[&input, &other], LayerEntry::Product)?;
                return Ok(self.rescale(place.name("rescale"), &product));
            }
        };
        let mut biases = vec![0; factors.len()];
        let mut activation = Activation::None;
        if last.idx != place.idx {
            let [number] = last.params()?;
            activation = last.activation(0, number, None)?;
            let at = usize::from(last.layer.inp_idxes.first().is_some_and(|idx| self.constant(*idx).is_none()));
            let tensor = self.weights(last, at)?;
            let shape = &last.layer.inp_shapes;
            let stated = [shape.get(1 - at) == Some(&input.shape), shape.get(at) == Some(&tensor.shape)];
            let expected = format_args!("{} and {}", shape_text(&input.shape), shape_text(&tensor.shape)).to_string();
            let advice = "convert the network again";
            let found = format_args!("{shape:?}");
            last.check(stated == [true; 2] && shape.len() == 2, "inp_shapes", found, expected, advice)?;
            biases = self.scaled(&self.spread(last, tensor, &input)?);
        }
        let rows = per_channel(&input, 1, |channel, _| factors[channel], &biases, self.scale_factor);
        let sum = self.channelwise(place.name("scale"), &input, rows)?;
        Ok(self.finish(place, &sum, activation))
    }

    fn add(&mut self, place: &Place<'_>) -> Result<Value, ImportError> {
        let [activation] = place.params()?;
        let activation = place.activation(0, activation, None)?;
        let (input, other) = self.operands(place)?;
        let sum = match other {
            Err(other) => self.plain(place.name("add"), &[&input, &other], LayerEntry::Add)?,
            Ok(tensor) => {
                let biases = self.spread(place, tensor, &input)?;
                let rows = per_channel(&input, 1, |_, _| 1, &biases, 1);
                self.channelwise(place.name("add"), &input, rows)?
            }
        };
        Ok(self.activate(place, sum, activation))
    }

    /// A `conv2d` of one place per channel.
    fn channelwise(&mut self, name: String, input: &Value, rows: Rows) -> Result<Value, ImportError> {
        let [.., channels] = input.extents();
        self.conv(name, input, channels, Sliding::EACH, rows, input.shape.clone())
    }
}

/// A row of weights `[place][channel]` as the model has it, `[channel][place]`.
fn reordered(row: &[i64], input: &Value, area: usize) -> Vec<i64> {
    let n_channels = input.channels.len();
    let mut weights = vec![0; row.len()];
    for (at, weight) in row.iter().enumerate() {
        weights[input.channels[at % n_channels] * area + at / n_channels] = *weight;
    }
    weights
}

/// One row per channel: weight `weight(channel, place)` and bias of zkml's channel at the model's position.
fn per_channel(input: &Value, area: usize, weight: impl Fn(usize, usize) -> i64, biases: &[i64], scale: u64) -> Rows {
    let channels = Arc::clone(&input.channels);
    let mut rows = Rows { weights: vec![Vec::new(); channels.len()], biases: vec![0; channels.len()], scale };
    for (channel, &position) in channels.iter().enumerate() {
        rows.weights[position] = (0..area).map(|at| weight(channel, at)).collect();
        rows.biases[position] = biases[channel];
    }
    rows
}
