//! ReLU, with or without an upper end, with or without a rescaling before it.

use super::divide::{DivisionLabels, half, n_divide_constraints, n_rescale_constraints};
use super::range::{Ceiling, bits_of};
use crate::circuit::build::{Builder, complement};
use crate::circuit::derive::Side;
use crate::circuit::error::CircuitError;
use crate::circuit::field_element;
use crate::circuit::name::Label;
use crate::circuit::r1cs::{Linear, WireIdx};
use crate::circuit::value::Value;
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

/// `min(max(floor((x + floor(d / 2)) / d), 0), max)`; `d = 1` and no `max` is the plain ReLU.
#[derive(Clone, Debug)]
pub(crate) struct Activation {
    /// d, at least 1.
    pub(crate) divisor: u64,
    /// The upper end, at least 1.
    pub(crate) max: Option<BigInt>,
}

/// Labels of the wires of a layer of activations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivationLabels {
    output: Label,
    positive: Label,
    gated: Label,
    saturated: Label,
    between: Label,
    division: DivisionLabels,
}

impl ActivationLabels {
    /// The labels of layer `scope`.
    pub(crate) fn new(builder: &mut Builder, scope: &str) -> Self {
        let mut label = |role: &str| builder.label(&format!("{scope}.{role}"));
        Self {
            output: label("relu"),
            positive: label("positive"),
            gated: label("gated"),
            saturated: label("saturated"),
            between: label("between"),
            division: DivisionLabels { quotient: label("quotient"), remainder: label("remainder") },
        }
    }
}

/// What an activation does to numbers `v = x + floor(d / 2)` in `lo..=hi`.
struct Plan {
    lo: BigInt,
    hi: BigInt,
    /// d.
    divisor: BigInt,
    /// Some v has a negative quotient.
    clips_below: bool,
    /// The upper end, if some v has a larger quotient.
    ceiling: Option<BigInt>,
    /// Bits of the largest quotient that is checked.
    quotient_bits: usize,
}

impl Activation {
    fn plan(&self, lo: &BigInt, hi: &BigInt) -> Plan {
        let (lo, hi, divisor) = (lo + half(self.divisor), hi + half(self.divisor), BigInt::from(self.divisor));
        let clips_below = lo < BigInt::zero();
        let ceiling = self.max.clone().filter(|max| hi.div_floor(&divisor) > *max);
        // The largest of the three numbers that may be checked: above the upper end, between, and below zero.
        let mut most = hi.clone();
        if let Some(max) = &ceiling {
            let last: BigInt = &divisor * (max + 1u8) - 1;
            most = last.max(&hi - &divisor * max);
        }
        if clips_below {
            most = most.max(&divisor - 1 - &lo);
        }
        let quotient_bits = bits_of(&most.max(BigInt::zero()).div_floor(&divisor));
        Plan { lo, hi, divisor, clips_below, ceiling, quotient_bits }
    }

    /// Constraints for an x in `lo..=hi`, by formula; K bits of what is checked, A products of the comparison with
    /// the upper end (for `6 * 2^s` one):
    /// nothing clipped: none, or those of a rescaling; below: `K + 2`, `K + 3` with a divisor;
    /// above: `K + 2 + A`; both: `K + 5 + A`.
    pub(crate) fn n_constraints(&self, lo: &BigInt, hi: &BigInt) -> usize {
        let plan = self.plan(lo, hi);
        if plan.hi < plan.divisor {
            return 0;
        }
        let checked = n_divide_constraints(self.divisor, plan.quotient_bits);
        match (plan.clips_below, &plan.ceiling) {
            (false, None) if self.divisor == 1 => 0,
            (false, None) => n_rescale_constraints(lo, hi, self.divisor),
            (true, None) => checked + 2 + usize::from(self.divisor > 1),
            (clips_below, Some(max)) => {
                let always = Linear::default();
                let compared = Ceiling { gate: Some(&always), max }.n_products(plan.quotient_bits);
                checked + compared + 2 + 3 * usize::from(clips_below)
            }
        }
    }
}

impl Builder {
    /// The activation of `x`. [`Activation::n_constraints`].
    ///
    /// With `v = x + floor(d / 2)`: a flag says `v >= 0`, a flag says `v >= d max`, and exactly one of three numbers
    /// is checked not to be negative and divided by d: `d - 1 - v`, `v` (whose quotient is compared with max and is
    /// the result), or `v - d max`.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a wrong flag could pass modulo r.
    pub(crate) fn activation(
        &mut self,
        labels: &ActivationLabels,
        index: usize,
        activation: &Activation,
        x: &Value,
    ) -> Result<Value, CircuitError> {
        let plan = activation.plan(&x.lo, &x.hi);
        if plan.hi < plan.divisor {
            return Ok(Value::constant(&BigInt::zero()));
        }
        if !plan.clips_below && plan.ceiling.is_none() {
            let unchanged = activation.divisor == 1;
            return if unchanged { Ok(x.clone()) } else { self.rescale(labels.division, index, x, activation.divisor) };
        }
        let mut case = Case::new(x.clone().plus(&half(activation.divisor)));
        if plan.clips_below {
            self.flag_positive(labels, index, &plan, &mut case);
        }
        let position = self.derivations.len();
        let saturated = plan.ceiling.as_ref().map(|max| self.flag_saturated(labels, index, &plan, max, &mut case));
        let ceiling = plan.ceiling.as_ref().map(|max| Ceiling { gate: Some(&case.between), max });
        let (divisor, bits) = (activation.divisor, plan.quotient_bits);
        let (quotient, row) = self.divide(labels.division, index, &case.checked, divisor, bits, ceiling.as_ref())?;
        let end = |v: &BigInt| {
            let quotient = v.div_floor(&plan.divisor).max(BigInt::zero());
            plan.ceiling.clone().map_or(quotient.clone(), |max| quotient.min(max))
        };
        let (lo, hi) = (end(&plan.lo), end(&plan.hi));
        if let (None, 1, Some((gated, _))) = (&saturated, divisor, case.positive) {
            // The positive part itself.
            return Ok(Value::wire(gated, lo, hi));
        }
        let between = self.product(labels.output.at(index), case.between, quotient.linear);
        let mut output = Value::wire(between, lo, hi);
        if let (Some(saturated), Some(max)) = (saturated, &plan.ceiling) {
            output.linear.add(field_element(max), saturated);
            // With a lower flag, v is that flag's right factor; without one, it is what is checked.
            let (side, row) = case.positive.map_or((Side::Left, row), |(_, row)| (Side::Right, row));
            let derivation = self.at_least(side, row, saturated, &(max * &plan.divisor));
            self.derivations.insert(position, derivation);
        }
        Ok(output)
    }

    /// The flag `v >= 0`, and `d - 1 - v` as what is checked where it is 0. Two constraints.
    fn flag_positive(&mut self, labels: &ActivationLabels, index: usize, plan: &Plan, case: &mut Case) {
        let v = &case.checked;
        let positive = self.boolean(labels.positive.at(index));
        let row = self.next_row();
        let derivation = self.at_least(Side::Right, row, positive, &BigInt::zero());
        self.derive(derivation);
        let gated = self.product(labels.gated.at(index), Linear::wire(positive), v.linear.clone());
        let last = &plan.divisor - 1;
        // 2 gated - v + (1 - positive) (d - 1).
        let mut linear = Linear::wire(gated).plus(Fr::one(), gated);
        linear.add_scaled(-Fr::one(), &v.linear);
        linear.add_scaled(field_element(&last), &complement(&Linear::wire(positive)));
        let (lo, hi) = (v.lo.clone().min(&last - &v.hi), v.hi.clone().max(&last - &v.lo));
        *case =
            Case { checked: Value { linear, lo, hi }, between: Linear::wire(positive), positive: Some((gated, row)) };
    }

    /// The flag `v >= d max`, and `v - d max` as what is checked where it is 1. One constraint, and one that excludes
    /// it where `v >= 0` is flagged 0.
    fn flag_saturated(
        &mut self,
        labels: &ActivationLabels,
        index: usize,
        plan: &Plan,
        max: &BigInt,
        case: &mut Case,
    ) -> WireIdx {
        let threshold = max * &plan.divisor;
        let saturated = self.boolean(labels.saturated.at(index));
        case.checked.linear.add(-field_element(&threshold), saturated);
        case.checked.lo -= &threshold;
        case.between.add(-Fr::one(), saturated);
        if plan.clips_below {
            self.enforce_boolean(labels.between.at(index), &case.between);
        }
        saturated
    }
}

/// What an activation checks, built up flag by flag.
struct Case {
    /// Not negative under the right flags: v itself where neither end clips.
    checked: Value,
    /// 1 where neither end clips.
    between: Linear,
    /// `positive * v`, and the index of the constraint that says so.
    positive: Option<(WireIdx, u32)>,
}

impl Case {
    fn new(v: Value) -> Self {
        Self { checked: v, between: Linear::constant(Fr::one()), positive: None }
    }
}
