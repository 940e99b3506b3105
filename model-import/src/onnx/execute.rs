//! A float network run in double precision: the measure of what quantisation costs.

use super::graph::{FloatGraph, Linear, LinearKind, Op, Shape, Source, Window};

/// Sources of the input values under the window of output place `(y, x)` of a plane: `(index in the kernel, index in
/// the plane)`, padding left out.
fn places(window: &Window, plane: Shape, y: usize, x: usize) -> impl Iterator<Item = (usize, usize)> {
    let Window { kernel: [kh, kw], stride: [sh, sw], padding: [top, left, ..] } = *window;
    (0..kh).flat_map(move |ky| (0..kw).map(move |kx| (ky, kx))).filter_map(move |(ky, kx)| {
        let row = (y * sh + ky).checked_sub(top).filter(|row| *row < plane.height)?;
        let column = (x * sw + kx).checked_sub(left).filter(|column| *column < plane.width)?;
        Some((ky * kw + kx, row * plane.width + column))
    })
}

impl FloatGraph {
    /// The values of every node for one input.
    pub(super) fn run(&self, input: &[f64]) -> Vec<Vec<f64>> {
        let mut values: Vec<Vec<f64>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let read = |k: usize| match node.inputs[k] {
                Source::Input => input,
                Source::Node(idx) => values[idx].as_slice(),
            };
            let (a, shape) = (read(0), self.shape(node.inputs[0]));
            let pairs = |op: fn(f64, f64) -> f64| a.iter().zip(read(1)).map(|(a, b)| op(*a, *b)).collect();
            values.push(match &node.op {
                Op::Linear(linear) => linear.run(a, shape, node.shape),
                Op::Affine(affine) => {
                    let channel = |idx: usize| idx / shape.plane();
                    let apply = |(idx, a): (usize, &f64)| a * affine.factors[channel(idx)] + affine.shifts[channel(idx)];
                    a.iter().enumerate().map(apply).collect()
                }
                Op::Product => pairs(|a, b| a * b),
                Op::Add => pairs(|a, b| a + b),
                Op::Flatten => a.to_vec(),
                Op::AvgPool(window) => {
                    let area = window.area() as f64;
                    pool(window, a, shape, node.shape, |values| values.sum::<f64>() / area)
                }
                Op::MaxPool(window) => {
                    pool(window, a, shape, node.shape, |values| values.fold(f64::NEG_INFINITY, f64::max))
                }
                Op::Relu { max } => {
                    let max = max.unwrap_or(f64::INFINITY);
                    a.iter().map(|a| a.max(0.0).min(max)).collect()
                }
            });
        }
        values
    }
}

impl Linear {
    fn run(&self, input: &[f64], shape: Shape, output: Shape) -> Vec<f64> {
        let rows = self.weights.chunks_exact(self.row_len()).zip(&self.biases);
        match &self.kind {
            LinearKind::Dense => {
                rows.map(|(row, bias)| row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>() + bias).collect()
            }
            LinearKind::Conv { window, groups } => {
                let (in_channels, out_channels) = (shape.channels / groups, output.channels / groups);
                let mut values = Vec::with_capacity(output.len());
                let under: Vec<Vec<(usize, usize)>> = (0..output.plane())
                    .map(|place| places(window, shape, place / output.width, place % output.width).collect())
                    .collect();
                for (channel, (row, bias)) in rows.enumerate() {
                    let planes = &input[channel / out_channels * in_channels * shape.plane()..];
                    for under in &under {
                        let kernels = row.chunks_exact(window.area()).zip(planes.chunks_exact(shape.plane()));
                        let terms = kernels.flat_map(|(row, plane)| under.iter().map(|(k, idx)| row[*k] * plane[*idx]));
                        values.push(terms.sum::<f64>() + bias);
                    }
                }
                values
            }
        }
    }
}

fn pool(
    window: &Window,
    input: &[f64],
    shape: Shape,
    output: Shape,
    reduce: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
) -> Vec<f64> {
    let plane_of = |plane: &[f64]| -> Vec<f64> {
        let place = |place: usize| {
            let mut values = places(window, shape, place / output.width, place % output.width).map(|(_, idx)| plane[idx]);
            reduce(&mut values)
        };
        (0..output.plane()).map(place).collect()
    };
    input.chunks_exact(shape.plane()).flat_map(plane_of).collect()
}
