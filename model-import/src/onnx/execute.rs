//! A float network run in double precision: the measure of what quantisation costs.

use super::graph::{FloatGraph, Linear, LinearKind, Op, Source, Window};
use prover::model::Shape;

/// Indices in a plane of the values under the window of output place `(y, x)`; there is no padding.
fn places(window: &Window, plane: Shape, y: usize, x: usize) -> impl Iterator<Item = usize> {
    let Window { kernel: [kh, kw], stride: [sh, sw], .. } = *window;
    (0..kh).flat_map(move |ky| (0..kw).map(move |kx| (y * sh + ky) * plane.width + x * sw + kx))
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
                let mut values = Vec::with_capacity(output.n_values());
                for (channel, (row, bias)) in rows.enumerate() {
                    let mut sums = vec![*bias; output.plane()];
                    let planes = &input[channel / out_channels * in_channels * shape.plane()..];
                    for (kernel, plane) in row.chunks_exact(window.area()).zip(planes.chunks_exact(shape.plane())) {
                        convolve(window, kernel, plane, shape, output, &mut sums);
                    }
                    values.append(&mut sums);
                }
                values
            }
        }
    }
}

/// Adds one kernel's products with one plane.
fn convolve(window: &Window, kernel: &[f64], plane: &[f64], shape: Shape, output: Shape, sums: &mut [f64]) {
    let Window { kernel: [_, kw], stride: [sh, sw], padding: [top, left, ..] } = *window;
    for (k, weight) in kernel.iter().enumerate() {
        let (ky, kx) = (k / kw, k % kw);
        for (y, sums) in sums.chunks_exact_mut(output.width).enumerate() {
            let Some(row) = (y * sh + ky).checked_sub(top).filter(|row| *row < shape.height) else { continue };
            let row = &plane[row * shape.width..][..shape.width];
            // The first output whose input lies behind the padding on the left.
            let first = left.saturating_sub(kx).div_ceil(sw);
            let inputs = row.iter().skip(first * sw + kx - left).step_by(sw);
            sums.iter_mut().skip(first).zip(inputs).for_each(|(sum, x)| *sum += weight * x);
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
            let mut values = places(window, shape, place / output.width, place % output.width).map(|idx| plane[idx]);
            reduce(&mut values)
        };
        (0..output.plane()).map(place).collect()
    };
    input.chunks_exact(shape.plane()).flat_map(plane_of).collect()
}
