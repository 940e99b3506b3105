//! A second evaluator, as plain as can be: big integers everywhere, straight from the descriptions in the files, one
//! loop per index. It shares no code with the oracle, not even the checked model.

use num_bigint::{BigInt, Sign};
use prover::model::manifest::{LayerEntry, Manifest, Weights};
use std::collections::HashMap;

/// Planes of rows of values.
type Planes = Vec<Vec<Vec<BigInt>>>;

/// The values of every layer in order, flattened.
pub(crate) fn trace(manifest: &Manifest, weights: &Weights, input: &[i64]) -> Vec<Vec<BigInt>> {
    let [channels, height, width] = manifest.input.shape.map(|side| side as usize);
    let mut left = input.iter().map(|value| BigInt::from(*value));
    let input = planes(channels, height, width, |_, _, _| left.next().unwrap());
    let mut known: HashMap<String, Planes> = HashMap::from([("input".to_owned(), input)]);
    let mut previous = "input".to_owned();
    let mut trace = Vec::new();
    for layer in &manifest.layers {
        let names = layer.inputs().map_or_else(|| vec![previous], <[String]>::to_vec);
        let read: Vec<&Planes> = names.iter().map(|name| &known[name]).collect();
        let values = apply(layer, weights, &read);
        trace.push(flat(&values));
        previous = layer.name().to_owned();
        known.insert(previous.clone(), values);
    }
    trace
}

fn planes(c: usize, h: usize, w: usize, mut f: impl FnMut(usize, usize, usize) -> BigInt) -> Planes {
    (0..c).map(|c| (0..h).map(|y| (0..w).map(|x| f(c, y, x)).collect()).collect()).collect()
}

fn size(planes: &Planes) -> (usize, usize, usize) {
    (planes.len(), planes[0].len(), planes[0][0].len())
}

fn flat(planes: &Planes) -> Vec<BigInt> {
    planes.iter().flatten().flatten().cloned().collect()
}

/// `floor(a / b)` by way of the truncating division.
fn floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let quotient = a / b;
    if (a % b).sign() == Sign::Minus { quotient - 1 } else { quotient }
}

fn nearest(a: &BigInt, divisor: u64) -> BigInt {
    floor_div(&(a + BigInt::from(divisor / 2)), &BigInt::from(divisor))
}

fn apply(layer: &LayerEntry, weights: &Weights, read: &[&Planes]) -> Planes {
    let x = read[0];
    let (c, h, w) = size(x);
    let map = |f: &dyn Fn(&BigInt) -> BigInt| planes(c, h, w, |c, row, column| f(&x[c][row][column]));
    let params = || {
        let entry = weights.layers.iter().find(|entry| entry.name == layer.name()).unwrap();
        let biases: Vec<BigInt> = entry.biases.iter().map(|bias| bias.parse().unwrap()).collect();
        (&entry.weights, biases)
    };
    let pool = |kernel: [u32; 2], stride: [u32; 2], f: &dyn Fn(Vec<BigInt>) -> BigInt| {
        let ([kh, kw], [sh, sw]) = (kernel.map(|k| k as usize), stride.map(|s| s as usize));
        planes(c, (h - kh) / sh + 1, (w - kw) / sw + 1, |c, row, column| {
            let place = |k: usize| x[c][row * sh + k / kw][column * sw + k % kw].clone();
            f((0..kh * kw).map(place).collect())
        })
    };
    match layer {
        LayerEntry::Conv2d(conv) => {
            let (rows, biases) = params();
            let ([kh, kw], [sh, sw]) = (conv.kernel.map(|k| k as usize), conv.stride.map(|s| s as usize));
            let [top, left, bottom, right] = conv.padding.map(|side| side as usize);
            let (outs, groups) = (conv.out_channels as usize, conv.groups as usize);
            let padded = planes(c, h + top + bottom, w + left + right, |c, row, column| {
                let inside = (top..top + h).contains(&row) && (left..left + w).contains(&column);
                if inside { x[c][row - top][column - left].clone() } else { BigInt::ZERO }
            });
            let (height, width) = ((h + top + bottom - kh) / sh + 1, (w + left + right - kw) / sw + 1);
            planes(outs, height, width, |out, row, column| {
                let (per_group, group) = (c / groups, out / (outs / groups));
                let mut acc = biases[out].clone();
                for channel in 0..per_group {
                    for ky in 0..kh {
                        for kx in 0..kw {
                            let value = &padded[group * per_group + channel][row * sh + ky][column * sw + kx];
                            acc += value * rows[out][(channel * kh + ky) * kw + kx];
                        }
                    }
                }
                acc
            })
        }
        LayerEntry::Dense(dense) => {
            let ((rows, biases), x) = (params(), flat(x));
            planes(dense.outputs as usize, 1, 1, |out, _, _| {
                rows[out].iter().zip(&x).fold(biases[out].clone(), |acc, (weight, x)| acc + x * *weight)
            })
        }
        LayerEntry::Product(_) => planes(c, h, w, |c, row, column| &x[c][row][column] * &read[1][c][row][column]),
        LayerEntry::Add(_) => planes(c, h, w, |c, row, column| &x[c][row][column] + &read[1][c][row][column]),
        LayerEntry::Square(_) => map(&|x| x * x),
        LayerEntry::Flatten(_) => flat(x).into_iter().map(|value| vec![vec![value]]).collect(),
        LayerEntry::SumPool(entry) => pool(entry.kernel, entry.stride, &|under| under.iter().sum()),
        LayerEntry::AvgPool(entry) => {
            let area = u64::from(entry.kernel[0]) * u64::from(entry.kernel[1]);
            pool(entry.kernel, entry.stride, &|under| nearest(&under.iter().sum(), area))
        }
        LayerEntry::MaxPool(entry) => pool(entry.kernel, entry.stride, &|under| under.into_iter().max().unwrap()),
        LayerEntry::Rescale(entry) => map(&|x| nearest(x, entry.divisor)),
        LayerEntry::Relu(entry) => {
            let max = entry.max.as_ref().map(|max| max.parse::<BigInt>().unwrap());
            map(&|x| {
                let positive = if x.sign() == Sign::Minus { BigInt::ZERO } else { x.clone() };
                max.as_ref().filter(|max| **max < positive).cloned().unwrap_or(positive)
            })
        }
    }
}
