//! Every gadget on small numbers, exhaustively: what is right is accepted, and no forgery changes a result.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

use super::activation::{Activation, ActivationLabels};
use super::argmax::ClassWire;
use super::divide::{DivisionLabels, n_rescale_constraints};
use super::max_pool::{MaxLabels, n_max_constraints};
use super::range::{Ceiling, bits_of, n_range_constraints};
use crate::circuit::build::Builder;
use crate::circuit::error::CircuitError;
use crate::circuit::field_element;
use crate::circuit::r1cs::{Linear, WireIdx};
use crate::circuit::value::Value;
use crate::model::Interval;
use crate::public::PublicInput;
use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use num_bigint::BigInt;
use num_integer::Integer;
use std::collections::HashSet;

/// A circuit from the values `x[0]`, `x[1]`, .. to the public input `y`.
struct Built {
    builder: Builder,
    inputs: Vec<WireIdx>,
}

impl Built {
    /// Inputs in these intervals, which nothing checks, and what `gadget` makes of them.
    fn new(ranges: &[(i64, i64)], gadget: impl FnOnce(&mut Builder, &[Value]) -> Value) -> Self {
        let mut builder = Builder::new(vec![PublicInput::new("y", 254)]);
        let label = builder.label("x");
        let inputs: Vec<_> = (0..ranges.len()).map(|k| builder.witness(label.at(k))).collect();
        let value = |(wire, (lo, hi)): (&WireIdx, &(i64, i64))| Value::wire(*wire, (*lo).into(), (*hi).into());
        let values: Vec<_> = inputs.iter().zip(ranges).map(value).collect();
        let result = gadget(&mut builder, &values);
        let (name, public) = (builder.label("y").only(), builder.public("y"));
        builder.solve(name, public, result.linear);
        Self { builder, inputs }
    }

    /// Constraints of the gadget.
    fn n_constraints(&self) -> usize {
        self.builder.r1cs.n_constraints() - 1
    }

    /// The result for `inputs` with forged wires, and the names of violated constraints.
    fn run(&self, inputs: &[i64], forged: &[(&str, Fr)]) -> (Fr, Vec<String>) {
        let Builder { r1cs, names, derivations, bounds, .. } = &self.builder;
        let wire = |name: &str| {
            let wire = names.parse(name).and_then(|wire| r1cs.wires().iter().position(|found| *found == wire));
            WireIdx::new(wire.unwrap_or_else(|| panic!("no wire {name}")))
        };
        let mut values = vec![Fr::zero(); r1cs.wires().len()];
        values[0] = Fr::one();
        for (wire, input) in self.inputs.iter().zip(inputs) {
            values[wire.index()] = field_element(&(*input).into());
        }
        let forged: Vec<_> = forged.iter().map(|(name, value)| (wire(name), *value)).collect();
        forged.iter().for_each(|(wire, value)| values[wire.index()] = *value);
        let forged: HashSet<_> = forged.into_iter().map(|(wire, _)| wire).collect();
        derivations.iter().for_each(|derivation| derivation.apply(r1cs, bounds, &mut values, &forged));
        let rows = r1cs.evaluate(&values);
        (values[1], r1cs.violations(&rows).map(|name| names.constraint(*name)).collect())
    }

    fn has(&self, name: &str) -> bool {
        self.builder.names.parse(name).is_some_and(|wire| self.builder.r1cs.wires().contains(&wire))
    }

    /// The honest result, which must be accepted.
    fn honest(&self, inputs: &[i64]) -> Fr {
        let (result, violated) = self.run(inputs, &[]);
        assert_eq!(violated, [""; 0], "{inputs:?}");
        result
    }
}

fn fr(value: i64) -> Fr {
    field_element(&value.into())
}

#[test]
fn range__every_maximum_up_to_70__admits_exactly_the_numbers_up_to_it() {
    for max in 0..70i64 {
        let big = BigInt::from(max);
        let built = Built::new(&[(-200, 200)], |builder, x| {
            let name = builder.label("checked").only();
            builder.enforce_range(name, &x[0], &big).unwrap();
            x[0].clone()
        });
        assert_eq!(built.n_constraints(), n_range_constraints(&big), "{max}");
        for x in -200..200 {
            let (_, violated) = built.run(&[x], &[]);
            assert_eq!(violated.is_empty(), (0..=max).contains(&x), "{x} in 0..={max}");
            assert!(violated.iter().all(|name| name.starts_with("checked")), "{violated:?}");
        }
    }
    // A power of two less one costs its bits; another maximum one more per one bit between its first and last zero.
    let price = |max: i64| n_range_constraints(&max.into());
    assert_eq!(
        [price(1), price(255), price(4), price(5), price(6 * 512 - 1), price(0b1_0101_0111)],
        [1, 8, 3, 3, 12, 11]
    );
}

#[test]
fn range__forged_bits__cannot_make_room() {
    let built = Built::new(&[(-200, 200)], |builder, x| {
        let name = builder.label("checked").only();
        builder.enforce_range(name, &x[0], &5.into()).unwrap();
        x[0].clone()
    });
    let candidates = [-2, -1, 0, 1, 2, 3, 5].map(fr).into_iter().chain([fr(2).inverse().unwrap()]);
    let candidates: Vec<_> = candidates.collect();
    for x in -20..40 {
        for (b1, b2) in candidates.iter().flat_map(|b1| candidates.iter().map(move |b2| (*b1, *b2))) {
            let (_, violated) = built.run(&[x], &[("checked.bit[1]", b1), ("checked.bit[2]", b2)]);
            assert!((0..=5).contains(&x) || !violated.is_empty(), "{x} passed");
        }
    }
    assert_eq!(built.run(&[6], &[]).1, ["checked.bit[1] in range"]);
    assert_eq!(built.run(&[8], &[]).1, ["checked in range"]);
    assert_eq!(
        built.run(&[4], &[("checked.bit[2]", fr(2)), ("checked.bit[1]", fr(-2))]).1[0],
        "checked.bit[2] boolean"
    );
}

#[test]
fn range__gated_ceiling__binds_only_where_the_gate_is_open() {
    for max in 1..20i64 {
        let big = BigInt::from(max);
        let built = Built::new(&[(0, 31), (0, 1)], |builder, x| {
            let name = builder.label("checked").only();
            let ceiling = Ceiling { gate: Some(&x[1].linear), max: &big };
            let before = builder.next_row() as usize;
            builder.decompose(name, &x[0].linear, 5, Some(&ceiling));
            assert_eq!(builder.next_row() as usize - before, 5 + ceiling.n_products(5));
            x[0].clone()
        });
        for (x, open) in (0..40).flat_map(|x| [(x, 0), (x, 1)]) {
            let (_, violated) = built.run(&[x, open], &[]);
            assert_eq!(violated.is_empty(), if open == 1 { x <= max } else { x < 32 }, "{x} {open} {max}");
        }
    }
}

#[test]
fn range__value_that_could_wrap__is_refused_when_built() {
    let mut builder = Builder::new(Vec::new());
    let name = builder.label("checked").only();
    let r = builder.modulus.clone();
    let wire = builder.witness(name);
    let max: BigInt = (BigInt::from(1) << 8) - 1;
    let mut check = |lo: BigInt, hi: BigInt, max: &BigInt| builder.enforce_range(name, &Value::wire(wire, lo, hi), max);
    let zero = || BigInt::from(0);
    assert_eq!(check(zero(), &r - 1, &max), Ok(()));
    let refused = |bits, range| CircuitError::Wraps { place: "checked".into(), value_bits: bits, range_bits: range };
    // r itself has the residue 0, and 255 - r the residue 255.
    assert_eq!(check(zero(), r.clone(), &max), Err(refused(254, 8)));
    assert_eq!(check(&max - &r + 1, zero(), &max), Ok(()));
    assert_eq!(check(&max - &r, zero(), &max), Err(refused(254, 8)));
    let widest: BigInt = (BigInt::from(1) << 253) - 1;
    assert_eq!(check(zero(), zero(), &widest), Ok(()));
    assert_eq!(check(zero(), zero(), &(widest * 2 + 1)), Err(refused(0, 254)));
}

#[test]
fn score__least_score_that_could_be_misread__is_refused_when_built() {
    let score = |lo: BigInt, hi: BigInt| {
        let mut builder = Builder::new(vec![PublicInput::new("min_score", 254)]);
        let label = builder.label("logit");
        let logits = [0, 1].map(|k| Value::wire(builder.witness(label.at(k)), lo.clone(), hi.clone()));
        let selection = builder.select("argmax", &logits, ClassWire::Packed);
        let public = builder.public("min_score");
        builder.score("argmax", &selection, public)
    };
    let power = |bits: u32| BigInt::one() << bits;
    assert_eq!(score(-power(250), power(250) - 1), Ok(()));
    // Such a logit less the largest excess is below -r / 2: as a residue, a large positive score.
    assert!(matches!(score(-power(252) + power(245), BigInt::zero()), Err(CircuitError::Wraps { .. })));
}

fn labels(builder: &mut Builder) -> DivisionLabels {
    DivisionLabels { quotient: builder.label("q"), remainder: builder.label("rem") }
}

/// `floor((x + floor(d / 2)) / d)`.
fn nearest(x: i64, d: i64) -> i64 {
    Integer::div_floor(&(x + d / 2), &d)
}

#[test]
fn rescale__every_small_case__rounds_half_up_and_no_other_quotient_passes() {
    for d in 2..10 {
        for (lo, hi) in [(-13, 17), (0, 30), (-30, -3), (5, 6), (-1, 1)] {
            let built = Built::new(&[(lo, hi)], |builder, x| {
                let labels = labels(builder);
                let value = builder.rescale(labels, 0, &x[0], d as u64).unwrap();
                assert_eq!((value.lo.clone(), value.hi.clone()), (nearest(lo, d).into(), nearest(hi, d).into()));
                value
            });
            assert_eq!(built.n_constraints(), n_rescale_constraints(&lo.into(), &hi.into(), d as u64));
            let offset = nearest(lo, d);
            for x in lo..=hi {
                assert_eq!(built.honest(&[x]), fr(nearest(x, d)), "{x} / {d}");
                if !built.has("q[0]") {
                    continue;
                }
                for other in (offset - 3..offset + 12).filter(|other| *other != nearest(x, d)) {
                    let (_, violated) = built.run(&[x], &[("q[0]", fr(other - offset))]);
                    assert!(!violated.is_empty(), "{x} / {d} = {other} passed");
                }
            }
        }
    }
}

#[test]
fn rescale__forged_quotients__break_the_remainder_or_the_quotient() {
    let built = Built::new(&[(-100, 100)], |builder, x| {
        let labels = labels(builder);
        builder.rescale(labels, 0, &x[0], 8).unwrap()
    });
    // 37 + 4 - 8 * -12 = 137 = 8 * 17 + 1.
    assert_eq!(built.honest(&[37]), fr(5));
    assert_eq!(built.run(&[37], &[("q[0]", fr(18))]).1, ["rem[0] in range"]);
    assert_eq!(built.run(&[37], &[("q[0]", fr(16))]).1, ["rem[0] in range"]);
    // Another remainder goes with a quotient that is a fraction modulo r.
    let fraction = (fr(137) - fr(2)) * fr(8).inverse().unwrap();
    assert_eq!(built.run(&[37], &[("q[0]", fraction)]).1, ["q[0] in range"]);
    assert_eq!(built.run(&[37], &[("rem[0].bit[2]", fr(2))]).1[0], "rem[0].bit[2] boolean");
    assert_eq!(built.run(&[37], &[("q[0].bit[3]", fr(3))]).1[0], "q[0].bit[3] boolean");
}

#[test]
fn rescale__equation_that_could_wrap__is_refused_when_built() {
    let mut builder = Builder::new(Vec::new());
    let labels = labels(&mut builder);
    let wire = builder.witness(labels.quotient.at(1));
    let end: BigInt = BigInt::from(1) << 252;
    let wide = Value::wire(wire, -&end, end.clone());
    // A span of 2^253 and a quotient's room above it.
    assert!(matches!(builder.rescale(labels, 0, &wide, 3), Err(CircuitError::Wraps { .. })));
}

#[test]
fn activation__every_small_case__is_exact_and_no_flags_change_it() {
    let intervals = [(-13, 17), (0, 30), (-30, -3), (-2, 40), (-40, 2), (3, 9), (-5, 0)];
    for (d, max) in
        [1, 2, 3, 4, 6, 8].into_iter().flat_map(|d| [None, Some(1), Some(2), Some(5), Some(6), Some(7)].map(|m| (d, m)))
    {
        for (lo, hi) in intervals {
            let activation = Activation { divisor: d, max: max.map(BigInt::from) };
            let built = Built::new(&[(lo, hi)], |builder, x| {
                let labels = ActivationLabels::new(builder, "a");
                builder.activation(&labels, 0, &activation, &x[0]).unwrap()
            });
            let case = format!("d {d}, max {max:?}, {lo}..={hi}");
            assert_eq!(built.n_constraints(), activation.n_constraints(&lo.into(), &hi.into()), "{case}");
            let flags: Vec<_> =
                ["a.positive[0]", "a.saturated[0]"].into_iter().filter(|name| built.has(name)).collect();
            for x in lo..=hi {
                let rounded = nearest(x, d as i64).max(0);
                let expected = fr(max.map_or(rounded, |max| rounded.min(max)));
                assert_eq!(built.honest(&[x]), expected, "{case}: {x}");
                let choices = [0, 1, 2, -1].map(fr);
                for (a, b) in choices.into_iter().flat_map(|a| choices.map(|b| (a, b))) {
                    let forged: Vec<_> = flags.iter().copied().zip([a, b]).collect();
                    let (result, violated) = built.run(&[x], &forged);
                    assert!(!violated.is_empty() || result == expected, "{case}: {x} gave {result} with {forged:?}");
                }
            }
        }
    }
}

#[test]
fn activation__each_forgery__breaks_what_is_meant_to_stop_it() {
    let relu = Built::new(&[(-100, 100)], |builder, x| {
        let labels = ActivationLabels::new(builder, "a");
        builder.activation(&labels, 0, &Activation { divisor: 1, max: None }, &x[0]).unwrap()
    });
    assert_eq!(relu.n_constraints(), 7 + 2);
    assert_eq!(relu.run(&[-7], &[("a.positive[0]", fr(1))]).1, ["a.quotient[0] in range"]);
    assert_eq!(relu.run(&[7], &[("a.positive[0]", fr(0))]).1, ["a.quotient[0] in range"]);
    assert_eq!(relu.run(&[7], &[("a.positive[0]", fr(2))]).1[0], "a.positive[0] boolean");
    assert_eq!(relu.run(&[7], &[("a.gated[0]", fr(6))]).1[0], "a.gated[0] product");
    // ReLU6 of a value with eight fractional bits, kept with four: seventeen bits are checked.
    let six = Activation { divisor: 16, max: Some(BigInt::from(6 << 4)) };
    let (lo, hi) = (-(1 << 16), (1 << 16) - 100);
    let relu6 = Built::new(&[(lo, hi)], |builder, x| {
        let labels = ActivationLabels::new(builder, "a");
        builder.activation(&labels, 0, &six, &x[0]).unwrap()
    });
    assert_eq!(relu6.n_constraints(), 17 + 5 + 2);
    assert_eq!(relu6.honest(&[1000]), fr(63));
    assert_eq!(relu6.honest(&[-9]), fr(0));
    assert_eq!(relu6.honest(&[1527]), fr(95));
    assert_eq!(relu6.honest(&[1528]), fr(96));
    assert_eq!(relu6.honest(&[hi]), fr(96));
    // Above the end, claimed to be between: the comparison with the end fails.
    let out_of_range = |x: i64, flag: &str, value: i64| {
        let found = relu6.run(&[x], &[(flag, fr(value))]).1;
        let of_quotient = |name: &String| name.starts_with("a.quotient[0]") && name.ends_with("in range");
        assert!(!found.is_empty() && found.iter().all(of_quotient), "{found:?}");
    };
    out_of_range(5000, "a.saturated[0]", 0);
    // Between, claimed to be above, or below: the number checked is negative.
    assert_eq!(relu6.run(&[1000], &[("a.saturated[0]", fr(1))]).1, ["a.quotient[0] in range"]);
    assert_eq!(relu6.run(&[1000], &[("a.positive[0]", fr(0))]).1, ["a.quotient[0] in range"]);
    out_of_range(-1000, "a.positive[0]", 1);
    let both = relu6.run(&[1000], &[("a.saturated[0]", fr(1)), ("a.positive[0]", fr(0))]).1;
    assert_eq!(both[0], "a.between[0] boolean");
    assert_eq!(relu6.run(&[1000], &[("a.quotient[0]", fr(62))]).1[0], "a.remainder[0] in range");
    assert_eq!(relu6.run(&[1000], &[("a.relu[0]", fr(62))]).1, ["a.relu[0] product"]);
}

#[test]
fn maximum__every_small_case__is_exact_and_no_flags_change_it() {
    let ranges = [(-3, 4), (-2, 2), (0, 3)];
    let built = Built::new(&ranges, |builder, x| {
        let labels = MaxLabels::new(builder, "m");
        builder.maximum(&labels, 0, x.iter()).unwrap()
    });
    let intervals = ranges.map(|(lo, hi)| Interval::new(lo, hi));
    assert_eq!(built.n_constraints(), n_max_constraints(intervals.iter()));
    let all = |(lo, hi): (i64, i64)| lo..=hi;
    for a in all(ranges[0]) {
        for (b, c) in all(ranges[1]).flat_map(|b| all(ranges[2]).map(move |c| (b, c))) {
            let expected = fr(a.max(b).max(c));
            assert_eq!(built.honest(&[a, b, c]), expected);
            let choices = [0, 1, 2].map(fr);
            for (s, t) in choices.into_iter().flat_map(|s| choices.map(|t| (s, t))) {
                let (result, violated) = built.run(&[a, b, c], &[("m.leads[0]", s), ("m.leads[1]", t)]);
                assert!(!violated.is_empty() || result == expected, "{a} {b} {c}");
            }
        }
    }
    assert_eq!(built.run(&[1, 2, 0], &[("m.leads[0]", fr(0))]).1[0], "m.distance[0] in range");
    assert_eq!(built.run(&[1, 2, 0], &[("m.leads[0]", fr(2))]).1[0], "m.leads[0] boolean");
    assert_eq!(built.run(&[1, 2, 0], &[("m.excess[0]", fr(2))]).1[0], "m.excess[0] product");
    // A value that is always the larger costs nothing.
    let dominated = Built::new(&[(-3, 0), (0, 5), (-9, -1)], |builder, x| {
        let labels = MaxLabels::new(builder, "m");
        builder.maximum(&labels, 0, x.iter()).unwrap()
    });
    assert_eq!((dominated.n_constraints(), dominated.honest(&[-1, 4, -2])), (0, fr(4)));
}

#[test]
fn product__forged__breaks_its_definition() {
    let built = Built::new(&[(-3, 4), (-5, 2)], |builder, x| {
        let (product, square) = (builder.label("p"), builder.label("s"));
        let value = builder.multiply(product.at(0), &x[0], &x[1]);
        assert_eq!((value.lo.clone(), value.hi.clone()), ((-20).into(), 15.into()));
        let squared = builder.square(square.at(0), &x[0]);
        assert_eq!((squared.lo.clone(), squared.hi.clone()), (0.into(), 16.into()));
        value.sum(&squared)
    });
    assert_eq!(built.n_constraints(), 2);
    assert_eq!(built.honest(&[3, -5]), fr(-6));
    assert_eq!(built.run(&[3, -5], &[("p[0]", fr(1))]).1, ["p[0] product"]);
    assert_eq!(built.run(&[3, -5], &[("s[0]", fr(-9))]).1, ["s[0] product"]);
}

#[test]
fn materialised__forged__breaks_its_definition() {
    let built = Built::new(&[(-3, 4), (-5, 2)], |builder, x| {
        let name = builder.label("m").at(0);
        let sum = x[0].clone().sum(&x[1]);
        let wire = builder.materialise(name, sum.linear.clone());
        Value { linear: Linear::wire(wire), ..sum }
    });
    assert_eq!(built.honest(&[3, -5]), fr(-2));
    assert_eq!(built.run(&[3, -5], &[("m[0]", fr(1))]).1, ["m[0] equal"]);
}

#[test]
fn ceiling__price__is_that_of_its_bits() {
    assert_eq!(bits_of(&3071.into()), 12);
    let price = |max: i64, gate: Option<&Linear>| Ceiling { gate, max: &max.into() }.n_products(12);
    let gate = Linear::default();
    assert_eq!(
        [price(3071, None), price(3071, Some(&gate)), price(3072, Some(&gate)), price(4095, Some(&gate))],
        [0, 1, 2, 0]
    );
}
