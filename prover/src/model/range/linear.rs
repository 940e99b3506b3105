//! Bounds of linear layers and of the leads between logits.

use super::Interval;
use crate::model::node::{Linear, WeightVisibility};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use std::ops::{AddAssign, Mul};

/// Most coefficients that the pairwise comparison of output rows may touch.
const MAX_PAIR_TERMS: usize = 1 << 27;

/// The interval of each accumulator, and the largest magnitude that any order of adding its terms passes through.
pub(super) fn accumulators(linear: &Linear, inputs: &[Interval]) -> (Vec<Interval>, BigInt) {
    match linear.visibility() {
        WeightVisibility::Committed => admissible(linear, inputs),
        WeightVisibility::Public => {
            let narrow = |input: &Interval| Some((input.lo().to_i64()?.into(), input.hi().to_i64()?.into()));
            // 2^20 terms of a weight below 2^31 and a value below 2^63 stay below 2^114.
            match inputs.iter().map(narrow).collect::<Option<Vec<(i128, i128)>>>() {
                Some(inputs) => actual(linear, &inputs),
                None => {
                    let wide = |input: &Interval| (input.lo().clone(), input.hi().clone());
                    actual(linear, &inputs.iter().map(wide).collect::<Vec<_>>())
                }
            }
        }
    }
}

/// Bounds from the weights themselves.
fn actual<T>(linear: &Linear, inputs: &[(T, T)]) -> (Vec<Interval>, BigInt)
where
    T: Clone + Zero + Signed + Ord + From<i32> + AddAssign + Into<BigInt>,
    for<'a> &'a T: Mul<Output = T>,
{
    let weights: Vec<T> = linear.weights().iter().map(|weight| T::from(*weight)).collect();
    let mut work = BigInt::zero();
    let bounds = |output| {
        let (row, terms) = linear.accumulator(output);
        let (mut lo, mut hi, mut passed) = (T::zero(), T::zero(), T::zero());
        for (input, weight) in terms {
            let (weight, ends) = (&weights[weight], &inputs[input]);
            if weight.is_zero() {
                continue;
            }
            let (mut low, mut high) = (weight * &ends.0, weight * &ends.1);
            if weight.is_negative() {
                core::mem::swap(&mut low, &mut high);
            }
            passed += low.abs().max(high.abs());
            lo += low;
            hi += high;
        }
        let bias = &linear.biases()[row];
        let passed: BigInt = passed.into() + bias.abs();
        if passed > work {
            work = passed;
        }
        Interval::new(lo.into() + bias, hi.into() + bias)
    };
    let intervals = (0..linear.window().output().n_values()).map(bounds).collect();
    (intervals, work)
}

/// Bounds that hold for every weight and bias of the declared bits: the same for all channels of a group.
fn admissible(linear: &Linear, inputs: &[Interval]) -> (Vec<Interval>, BigInt) {
    let (weight, bias) = (Interval::signed(linear.weight_bits()), Interval::signed(linear.bias_bits()));
    let terms: Vec<Interval> = inputs.iter().map(|input| weight.mul(input)).collect();
    let magnitudes: Vec<BigInt> = terms.iter().map(Interval::magnitude).collect();
    let output = linear.window().output();
    let group_channels = output.channels / linear.groups();
    let mut work = BigInt::zero();
    let mut intervals: Vec<Interval> = Vec::with_capacity(output.n_values());
    for channel in 0..output.channels {
        if channel % group_channels > 0 {
            intervals.extend_from_within(intervals.len() - output.plane()..);
            continue;
        }
        for place in 0..output.plane() {
            let (_, reads) = linear.accumulator(channel * output.plane() + place);
            let (mut lo, mut hi, mut passed) = (bias.lo().clone(), bias.hi().clone(), bias.magnitude());
            for (input, _) in reads {
                lo += terms[input].lo();
                hi += terms[input].hi();
                passed += &magnitudes[input];
            }
            work = work.max(passed);
            intervals.push(Interval::new(lo, hi));
        }
    }
    (intervals, work)
}

/// The largest `|L_c - L_i|` over pairs of outputs of a public layer, from the difference of the two rows: much
/// tighter than the difference of the two bounds, because both logits read the same inputs. `None` if the layer is
/// too large for that.
pub(super) fn lead_of_rows(linear: &Linear, inputs: &[Interval]) -> Option<BigInt> {
    let (n_outputs, n_inputs) = (linear.window().output().n_values(), inputs.len());
    let pairs = n_outputs.checked_mul(n_outputs)?;
    if linear.visibility() != WeightVisibility::Public || pairs.checked_mul(n_inputs)? > MAX_PAIR_TERMS {
        return None;
    }
    let dense = |output| {
        let (bias, terms) = linear.accumulator(output);
        let mut row = vec![0i64; n_inputs];
        terms.for_each(|(input, weight)| row[input] = linear.weights()[weight].into());
        (&linear.biases()[bias], row)
    };
    let rows: Vec<_> = (0..n_outputs).map(dense).collect();
    let largest = |(c, i): (usize, usize)| {
        let weights = rows[c].1.iter().zip(&rows[i].1).map(|(a, b)| a - b);
        let ends = weights.zip(inputs).filter(|(weight, _)| *weight != 0);
        let ends = ends.map(|(weight, input)| if weight > 0 { input.hi() * weight } else { input.lo() * weight });
        rows[c].0 - rows[i].0 + ends.sum::<BigInt>()
    };
    // The largest |L_c - L_i| is the largest L_c - L_i over ordered pairs.
    let pairs = (0..n_outputs).flat_map(|c| (0..n_outputs).map(move |i| (c, i))).filter(|(c, i)| c != i);
    Some(pairs.map(largest).fold(BigInt::zero(), BigInt::max))
}

/// The largest `|L_c - L_i|` over pairs of values that vary independently.
pub(super) fn lead_of_intervals(logits: &[Interval]) -> BigInt {
    let pairs = (0..logits.len()).flat_map(|c| (0..logits.len()).map(move |i| (c, i))).filter(|(c, i)| c != i);
    pairs.map(|(c, i)| logits[c].hi() - logits[i].lo()).fold(BigInt::zero(), BigInt::max)
}
