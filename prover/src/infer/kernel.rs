//! What each operation computes, by loops of its own: the oracle shares the model's data with the circuit, and no
//! index map.

use super::integer::Integer;
use crate::model::{Linear, Op, Shape, Window};
use num_bigint::BigInt;

/// An operation with its constants as integers of type `T`. They may be the prover's secret: `Debug` hides them.
#[derive(Clone)]
pub(super) enum Kernel<T> {
    Linear { window: Window, groups: usize, weights: Vec<T>, biases: Vec<T> },
    Product,
    Square,
    Add,
    Flatten,
    SumPool(Window),
    AvgPool(Window),
    MaxPool(Window),
    Rescale { divisor: T },
    Relu { max: Option<T> },
}

impl<T> core::fmt::Debug for Kernel<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Kernel(..)")
    }
}

impl<T: Integer> Kernel<T> {
    /// Makes `op` ready for a first input of at most `input_bits` bits.
    pub(super) fn new(op: &Op, input_bits: u64) -> Self {
        match op {
            Op::Linear(linear) => Self::linear(linear),
            Op::Product => Self::Product,
            Op::Square => Self::Square,
            Op::Add => Self::Add,
            Op::Flatten => Self::Flatten,
            Op::SumPool(window) => Self::SumPool(*window),
            Op::AvgPool(window) => Self::AvgPool(*window),
            Op::MaxPool(window) => Self::MaxPool(*window),
            Op::Rescale { divisor } => Self::Rescale { divisor: T::constant(&BigInt::from(*divisor)) },
            // An end of more bits than any value has no effect, and may not fit into `T`.
            Op::Relu { max } => {
                Self::Relu { max: max.as_ref().filter(|max| max.bits() <= input_bits).map(T::constant) }
            }
        }
    }

    fn linear(linear: &Linear) -> Self {
        Self::Linear {
            window: *linear.window(),
            groups: linear.groups(),
            weights: linear.weights().iter().map(|weight| T::from(*weight)).collect(),
            biases: linear.biases().iter().map(T::constant).collect(),
        }
    }

    /// The values for one input `x`, or for two, `x` and `y`.
    pub(super) fn apply(&self, x: &[T], y: Option<&[T]>) -> Vec<T> {
        // Operations with two inputs have two: the reader checks it.
        let pairs = || x.iter().zip(y.unwrap_or(x));
        match self {
            Self::Linear { window, groups: 1, weights, biases } if window.covers_plane() => {
                // Every output reads every input.
                let rows = weights.chunks_exact(x.len()).zip(biases);
                rows.map(|(row, bias)| T::dot(bias.clone(), row, x)).collect()
            }
            Self::Linear { window, groups, weights, biases } => correlate(window, *groups, weights, biases, x),
            Self::Product => pairs().map(|(x, y)| x.clone() * y.clone()).collect(),
            Self::Square => x.iter().map(|x| x.clone() * x.clone()).collect(),
            Self::Add => pairs().map(|(x, y)| x.clone() + y.clone()).collect(),
            Self::Flatten => x.to_vec(),
            Self::SumPool(window) => pool(window, x, sum),
            Self::AvgPool(window) => {
                let area = T::constant(&BigInt::from(window.area()));
                pool(window, x, |under| divide(sum(under), &area))
            }
            Self::MaxPool(window) => pool(window, x, |under| {
                let (first, rest) = under.split_first().expect("a window has at least one place");
                rest.iter().fold(first.clone(), |best, x| best.max(x.clone()))
            }),
            Self::Rescale { divisor } => x.iter().map(|x| divide(x.clone(), divisor)).collect(),
            Self::Relu { max } => {
                let cut = |x: &T| {
                    let positive = x.clone().max(T::zero());
                    max.as_ref().map_or(positive.clone(), |max| positive.min(max.clone()))
                };
                x.iter().map(cut).collect()
            }
        }
    }
}

fn sum<T: Integer>(values: &[T]) -> T {
    values.iter().fold(T::zero(), |mut sum, value| {
        sum += value.clone();
        sum
    })
}

/// The nearest integer to `value / divisor`, halves rounded up; `divisor` is positive.
fn divide<T: Integer>(value: T, divisor: &T) -> T {
    let half = divisor.div_floor(&T::from(2));
    (value + half).div_floor(divisor)
}

/// A cross-correlation: for each output channel, row and column the bias plus, row by row of the kernel, the
/// products with what lies under it.
fn correlate<T: Integer>(window: &Window, groups: usize, weights: &[T], biases: &[T], x: &[T]) -> Vec<T> {
    let (input, output): (Shape, Shape) = (window.input(), window.output());
    let ([kh, kw], [sh, sw], [top, left, ..]) = (window.kernel(), window.stride(), window.padding());
    let (in_group, out_group) = (input.channels / groups, output.channels / groups);
    let mut values = Vec::with_capacity(output.n_values());
    for (out_channel, bias) in biases.iter().enumerate() {
        for row in 0..output.height {
            for column in 0..output.width {
                // The rectangle's corner and the part of it that lies on the plane, in padded coordinates.
                let (corner_y, corner_x) = (row * sh, column * sw);
                let ys = corner_y.max(top)..(corner_y + kh).min(top + input.height);
                let (x0, x1) = (corner_x.max(left), (corner_x + kw).min(left + input.width));
                let mut acc = bias.clone();
                for k in 0..in_group {
                    let in_channel = out_channel / out_group * in_group + k;
                    for y in ys.clone().filter(|_| x0 < x1) {
                        let first = ((out_channel * in_group + k) * kh + (y - corner_y)) * kw;
                        let kernel_row = &weights[first + x0 - corner_x..first + x1 - corner_x];
                        let line = (in_channel * input.height + y - top) * input.width;
                        acc = T::dot(acc, kernel_row, &x[line + x0 - left..line + x1 - left]);
                    }
                }
                values.push(acc);
            }
        }
    }
    values
}

/// `f` of the values under each window of each channel.
fn pool<T: Integer>(window: &Window, x: &[T], f: impl Fn(&[T]) -> T) -> Vec<T> {
    let (input, output) = (window.input(), window.output());
    let ([kh, kw], [sh, sw]) = (window.kernel(), window.stride());
    let mut values = Vec::with_capacity(output.n_values());
    let mut under = Vec::with_capacity(window.area());
    for plane in x.chunks_exact(input.plane()) {
        for row in 0..output.height {
            for column in 0..output.width {
                under.clear();
                for line in plane.chunks_exact(input.width).skip(row * sh).take(kh) {
                    under.extend_from_slice(&line[column * sw..column * sw + kw]);
                }
                values.push(f(&under));
            }
        }
    }
    values
}
