//! zkml's files as this test writes them, and zkml's arithmetic on them in its own layout.
//!
//! The evaluator shares nothing with importer or oracle: it walks `[height, width, channels]` arrays of `i64` in zkml's order,
//! and adds biases after dividing, as zkml does.

use serde::Serialize;
use std::collections::HashMap;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tensor {
    pub(crate) idx: i64,
    pub(crate) shape: Vec<i64>,
    pub(crate) data: Vec<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Layer {
    pub(crate) layer_type: String,
    pub(crate) params: Vec<i64>,
    pub(crate) inp_idxes: Vec<i64>,
    pub(crate) inp_shapes: Vec<Vec<i64>>,
    pub(crate) out_idxes: Vec<i64>,
    pub(crate) out_shapes: Vec<Vec<i64>>,
    pub(crate) mask: Vec<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Network {
    pub(crate) global_sf: i64,
    pub(crate) k: i64,
    pub(crate) num_cols: i64,
    pub(crate) inp_idxes: Vec<i64>,
    pub(crate) out_idxes: Vec<i64>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) tensors: Vec<Tensor>,
}

pub(crate) fn pack(value: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("lists, strings and integers can be written")
}

impl Network {
    /// Reads `shape`; layers and constants follow.
    pub(crate) fn new(scale_factor: i64, shape: &[i64]) -> (Self, Out) {
        let network = Self {
            global_sf: scale_factor,
            k: 15,
            num_cols: 7,
            inp_idxes: vec![0],
            out_idxes: vec![0],
            layers: Vec::new(),
            tensors: Vec::new(),
        };
        (network, Out { idx: 0, shape: shape.to_vec() })
    }

    fn next_idx(&self) -> i64 {
        1 + (self.layers.len() + self.tensors.len()) as i64
    }

    pub(crate) fn constant(&mut self, shape: &[i64], data: Vec<i64>) -> Out {
        let out = Out { idx: self.next_idx(), shape: shape.to_vec() };
        self.tensors.push(Tensor { idx: out.idx, shape: shape.to_vec(), data });
        out
    }

    /// A layer whose result, the network's so far, has shape `shape`.
    pub(crate) fn layer(&mut self, kind: &str, params: &[i64], inputs: &[&Out], shape: &[i64]) -> Out {
        let out = Out { idx: self.next_idx(), shape: shape.to_vec() };
        self.layers.push(Layer {
            layer_type: kind.to_owned(),
            params: params.to_vec(),
            inp_idxes: inputs.iter().map(|input| input.idx).collect(),
            inp_shapes: inputs.iter().map(|input| input.shape.clone()).collect(),
            out_idxes: vec![out.idx],
            out_shapes: vec![shape.to_vec()],
            mask: Vec::new(),
        });
        self.out_idxes = vec![out.idx];
        out
    }

    /// `config.msgpack` and `model.msgpack`.
    pub(crate) fn files(&self) -> (Vec<u8>, Vec<u8>) {
        let mut config = self.clone();
        config.tensors.iter_mut().for_each(|tensor| tensor.data.clear());
        (pack(&config), pack(self))
    }

    /// The logits of an input in zkml's order.
    pub(crate) fn evaluate(&self, input: &[i64]) -> Vec<i64> {
        let mut values: HashMap<i64, Array> =
            self.tensors.iter().map(|tensor| (tensor.idx, Array::new(&tensor.shape, tensor.data.clone()))).collect();
        let first = self.layers.iter().find(|layer| layer.inp_idxes.contains(&0)).expect("something reads the input");
        let at = first.inp_idxes.iter().position(|idx| *idx == 0).expect("it reads the input");
        values.insert(0, Array::new(&first.inp_shapes[at], input.to_vec()));
        for layer in &self.layers {
            let inputs: Vec<_> = layer.inp_idxes.iter().map(|idx| &values[idx]).collect();
            let data = evaluate_layer(self.global_sf, layer, &inputs);
            values.insert(layer.out_idxes[0], Array::new(&layer.out_shapes[0], data));
        }
        values[&self.out_idxes[0]].data.clone()
    }
}

/// A tensor's number and shape.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    pub(crate) idx: i64,
    pub(crate) shape: Vec<i64>,
}

struct Array {
    shape: Vec<usize>,
    data: Vec<i64>,
}

impl Array {
    fn new(shape: &[i64], data: Vec<i64>) -> Self {
        let shape: Vec<_> = shape.iter().map(|extent| *extent as usize).collect();
        assert_eq!(shape.iter().product::<usize>(), data.len(), "{shape:?}");
        Self { shape, data }
    }

    /// Value of a `[1, height, width, channels]` array, zero in the padding.
    fn padded(&self, y: isize, x: isize, channel: usize) -> i64 {
        let [_, height, width, channels] = self.shape[..] else { panic!("{:?} is no image", self.shape) };
        let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
        if inside { self.data[(y as usize * width + x as usize) * channels + channel] } else { 0 }
    }
}

/// zkml: `2 x + d = 2 d q + r` with `0 <= r < 2 d`.
fn round(x: i64, d: i64) -> i64 {
    (2 * x + d).div_euclid(2 * d)
}

fn activate(value: i64, activation: i64, scale_factor: i64) -> i64 {
    match activation {
        0 => value,
        1 => value.max(0),
        3 => value.clamp(0, 6 * scale_factor),
        _ => panic!("activation {activation}"),
    }
}

fn evaluate_layer(s: i64, layer: &Layer, inputs: &[&Array]) -> Vec<i64> {
    let (x, params) = (inputs[0], &layer.params);
    match layer.layer_type.as_str() {
        "Conv2D" => conv2d(s, layer, inputs),
        "FullyConnected" => {
            let n = x.data.len();
            let dot = |row: &[i64]| row.iter().zip(&x.data).map(|(w, x)| w * x).sum::<i64>();
            let bias = |o: usize| inputs.get(2).map_or(0, |bias| bias.data[o]);
            let rows = inputs[1].data.chunks(n).enumerate();
            rows.map(|(o, row)| activate(round(dot(row), s) + bias(o), params[0], s)).collect()
        }
        "AveragePool2D" | "MaxPool2D" => {
            let window = |values: Vec<i64>| match layer.layer_type.as_str() {
                "MaxPool2D" => values.into_iter().max().expect("a window has places"),
                _ => round(values.iter().sum(), params[0] * params[1]),
            };
            let mut out = Vec::new();
            for_each_place(&layer.out_shapes[0], |y, x0, channel| {
                let place = |k: i64| {
                    let (dy, dx) = (k / params[1], k % params[1]);
                    x.padded((y * params[2] + dy) as isize, (x0 * params[3] + dx) as isize, channel)
                };
                out.push(window((0..params[0] * params[1]).map(place).collect()));
            });
            out
        }
        "Mean" => {
            let channels = x.shape[3];
            let plane = x.data.len() / channels;
            let sum = |channel| x.data.iter().skip(channel).step_by(channels).sum::<i64>();
            (0..channels).map(|channel| round(sum(channel), plane as i64)).collect()
        }
        "Square" => x.data.iter().map(|x| round(x * x, s)).collect(),
        "Mul" => broadcast(inputs).map(|(x, y)| round(x * y, s)).collect(),
        "Add" => broadcast(inputs).map(|(x, y)| activate(x + y, params[0], s)).collect(),
        "Reshape" => x.data.clone(),
        kind => panic!("{kind}"),
    }
}

fn for_each_place(shape: &[i64], mut visit: impl FnMut(i64, i64, usize)) {
    let &[_, height, width, channels] = shape else { panic!("{shape:?} is no image") };
    for y in 0..height {
        for x in 0..width {
            (0..channels as usize).for_each(|channel| visit(y, x, channel));
        }
    }
}

fn broadcast<'a>(inputs: &[&'a Array]) -> impl Iterator<Item = (i64, i64)> + use<'a> {
    let (x, y) = (inputs[0], inputs[1]);
    let n = x.data.len().max(y.data.len());
    (0..n).map(|at| (x.data[at % x.data.len()], y.data[at % y.data.len()]))
}

fn conv2d(s: i64, layer: &Layer, inputs: &[&Array]) -> Vec<i64> {
    let (x, weights) = (inputs[0], inputs[1]);
    let &[kind, padding, activation, down, right] = layer.params.as_slice() else { panic!("{:?}", layer.params) };
    let [_, kh, kw, in_channels] = weights.shape[..] else { panic!("{:?}", weights.shape) };
    let pad = |extent: usize, stride: i64, kernel: usize| {
        let rest = extent as i64 % stride;
        let total = (kernel as i64 - if rest == 0 { right } else { rest }).max(0);
        if padding == 0 { total / 2 } else { 0 }
    };
    let (top, left) = (pad(x.shape[1], down, kh), pad(x.shape[2], right, kw));
    let mut out = Vec::new();
    for_each_place(&layer.out_shapes[0], |y, x0, channel| {
        let mut sum = 0;
        for dy in 0..kh {
            for dx in 0..kw {
                let (y, x0) = ((y * down + dy as i64 - top) as isize, (x0 * right + dx as i64 - left) as isize);
                if kind == 1 {
                    sum += x.padded(y, x0, channel) * weights.data[(dy * kw + dx) * in_channels + channel];
                    continue;
                }
                for c in 0..in_channels {
                    sum += x.padded(y, x0, c) * weights.data[((channel * kh + dy) * kw + dx) * in_channels + c];
                }
            }
        }
        let bias = inputs.get(2).map_or(0, |bias| bias.data[channel]);
        out.push(activate(round(sum, s) + bias, activation, s));
    });
    out
}
