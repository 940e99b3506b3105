//! Interval arithmetic over a whole model: how large every value can become for any admissible input, and, where
//! weights are committed, for any admissible weights.

mod interval;
mod linear;

pub use interval::Interval;

use super::error::ModelError;
use super::input::InputSpec;
use super::node::{Node, Op, ValueRef};
use num_bigint::BigInt;
use num_traits::Zero;

/// Most bits a value's magnitude may have.
///
/// The group order r of BN254 lies between 2^253 and 2^254. Two magnitudes below 2^252 stay less than
/// 2^253 < r apart, so equal residues mean equal integers, and for the difference check a negative
/// number `>= -2^252` has its residue at `r - 2^252 > 2^252`, outside every range check of at most 252 bits.
pub const MAX_EXACT_BITS: u64 = 252;

/// What the analysis proved about one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRange {
    /// The layer's name.
    pub layer: String,
    /// Bits of the largest magnitude of a value.
    pub bits: u64,
    /// Bits of the largest magnitude that computing a value passes through, in any order of adding up.
    pub work_bits: u64,
    /// Bits left below [`MAX_EXACT_BITS`].
    pub margin_bits: u64,
}

/// What the analysis proved about a model: no value comes near r.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    input: Vec<Interval>,
    nodes: Vec<Vec<Interval>>,
    summaries: Vec<NodeRange>,
    lead: BigInt,
}

impl Ranges {
    /// The interval of each value of the input or of a node.
    pub fn values(&self, of: ValueRef) -> &[Interval] {
        match of {
            ValueRef::Input => &self.input,
            ValueRef::Node(idx) => &self.nodes[idx],
        }
    }

    /// One entry per node, in order.
    pub fn nodes(&self) -> &[NodeRange] {
        &self.summaries
    }

    /// The largest `|L_c - L_i|` of two logits.
    pub const fn lead(&self) -> &BigInt {
        &self.lead
    }

    /// The least K, at least 1, with `|L_c - L_i| < 2^K` for every two classes and every admissible input.
    pub fn lead_bits(&self) -> u32 {
        // At most MAX_EXACT_BITS: the analysis checked it.
        self.lead.bits().max(1) as u32
    }

    /// Bits left below [`MAX_EXACT_BITS`] by the widest value of the model.
    pub fn margin_bits(&self) -> u64 {
        let nodes = self.summaries.iter().map(|node| node.margin_bits);
        nodes.chain([MAX_EXACT_BITS - self.lead.bits()]).min().unwrap_or(MAX_EXACT_BITS)
    }

    /// Analyses `nodes`, at least one, fed with inputs as in `input`.
    pub(super) fn of(nodes: &[Node], input: &InputSpec) -> Result<Self, ModelError> {
        let input = vec![Interval::new(input.min, input.max); input.shape.n_values()];
        let mut ranges = Self { input, nodes: Vec::new(), summaries: Vec::new(), lead: BigInt::zero() };
        for node in nodes {
            let (values, work) = ranges.node(node)?;
            let bits = checked_bits(node, "value", values.iter().map(Interval::bits))?;
            let (layer, margin_bits) = (node.name().to_string(), MAX_EXACT_BITS - bits);
            ranges.summaries.push(NodeRange { layer, bits, work_bits: work.max(bits), margin_bits });
            ranges.nodes.push(values);
        }
        if let (Some(node), Some(logits)) = (nodes.last(), ranges.nodes.last()) {
            let of_rows = match &node.op {
                Op::Linear(linear) => linear::lead_of_rows(linear, ranges.values(node.inputs[0])),
                _ => None,
            };
            let lead = of_rows.unwrap_or_else(|| linear::lead_of_intervals(logits));
            checked_bits(node, "logit difference", [lead.bits()].into_iter())?;
            ranges.lead = lead;
        }
        Ok(ranges)
    }

    /// The intervals of a node's values, and the bits that computing them passes through.
    fn node(&self, node: &Node) -> Result<(Vec<Interval>, u64), ModelError> {
        let x = self.values(node.inputs[0]);
        // Of one input, as wide as any value or end that is compared with it.
        let input_bits = x.iter().map(Interval::bits).max().unwrap_or(0);
        let map = |f: &dyn Fn(&Interval) -> Interval| x.iter().map(f).collect::<Vec<_>>();
        let zip = |f: &dyn Fn(&Interval, &Interval) -> Interval| {
            let y = self.values(node.inputs[1]);
            x.iter().zip(y).map(|(x, y)| f(x, y)).collect::<Vec<_>>()
        };
        let other_bits = || self.values(node.inputs[1]).iter().map(Interval::bits).max().unwrap_or(0);
        Ok(match &node.op {
            Op::Linear(linear) => {
                let (values, work) = linear::accumulators(linear, x);
                checked_bits(node, "accumulator", values.iter().map(Interval::bits))?;
                (values, work.bits().max(input_bits))
            }
            Op::Product if node.inputs[0] == node.inputs[1] => (map(&Interval::square), 2 * input_bits),
            Op::Product => (zip(&Interval::mul), input_bits + other_bits()),
            Op::Square => (map(&Interval::square), 2 * input_bits),
            Op::Add => (zip(&Interval::add), input_bits.max(other_bits()) + 1),
            Op::Flatten => (x.to_vec(), input_bits),
            Op::SumPool(window) => {
                let sums = pooled(x, window.output().n_values(), |k| window.window(k), Interval::add);
                let work = input_bits + bits_of(window.area());
                (sums, work)
            }
            Op::AvgPool(window) => {
                let sums = pooled(x, window.output().n_values(), |k| window.window(k), Interval::add);
                checked_bits(node, "sum", sums.iter().map(Interval::bits))?;
                let area = BigInt::from(window.area());
                let work = input_bits + bits_of(window.area()) + 1;
                (sums.iter().map(|sum| sum.div_round(&area)).collect(), work)
            }
            Op::MaxPool(window) => {
                (pooled(x, window.output().n_values(), |k| window.window(k), Interval::max), input_bits)
            }
            Op::Rescale { divisor } => {
                let divisor = BigInt::from(*divisor);
                let work = input_bits.max(divisor.bits()) + 1;
                (map(&|x| x.div_round(&divisor)), work)
            }
            Op::Relu { max } => (map(&|x| x.relu(max.as_ref())), input_bits),
        })
    }
}

/// Folds the intervals under each window.
fn pooled<I: Iterator<Item = usize>>(
    inputs: &[Interval],
    n_outputs: usize,
    window: impl Fn(usize) -> I,
    fold: impl Fn(&Interval, &Interval) -> Interval,
) -> Vec<Interval> {
    let one = |output| {
        let mut under = window(output).map(|idx| &inputs[idx]);
        // A window of pooling has no padding and at least one place.
        let first = under.next().cloned().unwrap_or_else(|| Interval::new(0, 0));
        under.fold(first, |all, one| fold(&all, one))
    };
    (0..n_outputs).map(one).collect()
}

/// Bits of a count.
fn bits_of(count: usize) -> u64 {
    u64::from(usize::BITS - count.leading_zeros())
}

/// The largest of `bits`, refused above [`MAX_EXACT_BITS`].
fn checked_bits(node: &Node, value: &'static str, bits: impl Iterator<Item = u64>) -> Result<u64, ModelError> {
    let bits = bits.max().unwrap_or(0);
    if bits <= MAX_EXACT_BITS {
        return Ok(bits);
    }
    Err(ModelError::Wraps { layer: node.name().to_string(), value, bits, limit: MAX_EXACT_BITS })
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::PrimeField;
    use num_bigint::BigUint;

    #[test]
    fn exact_bits__recomputed_from_r__is_the_largest_safe_value() {
        let r = BigUint::from(Fr::MODULUS);
        let two_to = |k: u64| BigUint::from(1u8) << k;
        // Two range-checked widths fit below r, one bit more would not.
        assert!(two_to(MAX_EXACT_BITS) * 2u8 < r);
        assert!(two_to(MAX_EXACT_BITS + 1) * 2u8 > r);
    }
}
