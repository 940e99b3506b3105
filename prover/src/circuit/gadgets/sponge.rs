//! Poseidon as constraints: three per S-box (x², x⁴, x⁵), everything else is linear and free.

use crate::circuit::{Linear, WireIdx, field_element};
use crate::commitment::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, RATE, S_BOXES, WIDTH, n_permutations, parameters};
use crate::commitment::{Domain, Layout};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, One};
use core::fmt;
use std::sync::{Arc, OnceLock};

/// A wire of a sponge: one of the three products of an S-box.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SpongeWire {
    /// What is hashed, e.g. `model_commitment`.
    pub(crate) scope: Arc<str>,
    /// Index of the permutation.
    pub(crate) permutation: usize,
    /// Round in the permutation, 0 to 75.
    pub(crate) round: usize,
    /// Element of the state, 0 to 16.
    pub(crate) element: usize,
    /// Which product.
    pub(crate) power: Power,
}

/// A power of an S-box's input x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Power {
    /// `x · x`
    Square,
    /// `x² · x²`
    Fourth,
    /// `x⁴ · x`
    Fifth,
}

impl fmt::Display for SpongeWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, permutation, round, element, power } = self;
        let power = match power {
            Power::Square => "square",
            Power::Fourth => "fourth",
            Power::Fifth => "fifth",
        };
        write!(f, "{scope}.poseidon[{permutation}].round[{round}].sbox[{element}].{power}")
    }
}

/// What the gadget needs of a circuit's builder.
pub(crate) trait Products {
    /// A new wire called `name` and the constraint that it is `left * right`.
    fn product(&mut self, name: SpongeWire, left: Linear, right: Linear) -> WireIdx;
}

/// The commitment to `values` under `salt`, as a linear form: what [`ModelCommitment::new`](crate::ModelCommitment::new)
/// and [`InputCommitment::new`](crate::InputCommitment::new) compute. [`Layout::n_constraints`] constraints.
///
/// Assumed, not enforced: `values` are those of all tensors in order, as many as the layout says, and each lies in
/// its tensor's range (the caller's range checks). Without that the packing is not injective and the commitment does not
/// bind its values.
pub(crate) fn constrain_commitment(
    builder: &mut impl Products,
    scope: &Arc<str>,
    domain: Domain,
    layout: &Layout,
    salt: Linear,
    values: &[Linear],
) -> Linear {
    let elements: Vec<_> = core::iter::once(salt).chain(packed(layout, values)).collect();
    constrain_sponge(builder, scope, layout.tag(domain), &elements)
}

/// What [`Layout::pack`] computes, as linear forms. The same is assumed of `values` as in [`constrain_commitment`].
pub(crate) fn packed(layout: &Layout, values: &[Linear]) -> Vec<Linear> {
    let mut elements = vec![Linear::default(); layout.n_elements()];
    let mut constants = vec![Fr::ZERO; elements.len()];
    for (slot, value) in layout.slots().zip(values) {
        let weight = Fr::from(2).pow([u64::from(slot.shift)]);
        elements[slot.element].add_scaled(weight, value);
        constants[slot.element] -= weight * field_element(slot.tensor.lowest());
    }
    elements.iter_mut().zip(constants).for_each(|(element, constant)| element.add(constant, WireIdx::ONE));
    elements
}

/// What [`sponge`](crate::commitment::poseidon::sponge) computes, as a linear form over at most 17 wires.
/// [`n_constraints`](crate::commitment::poseidon::n_constraints) constraints.
pub(crate) fn constrain_sponge(builder: &mut impl Products, scope: &Arc<str>, tag: Fr, elements: &[Linear]) -> Linear {
    let [squeezed] = constrain_squeeze(builder, scope, tag, elements);
    squeezed
}

/// What [`squeeze`](crate::commitment::poseidon::squeeze) computes, each as a linear form over at most 17 wires. The
/// constraints of [`constrain_sponge`], whatever `N` is, less three for each constant among the first 16 elements.
pub(crate) fn constrain_squeeze<const N: usize>(
    builder: &mut impl Products,
    scope: &Arc<str>,
    tag: Fr,
    elements: &[Linear],
) -> [Linear; N] {
    const { assert!(N <= RATE) };
    let mut state = [const { Cell::Known(Fr::ZERO) }; WIDTH];
    state[0] = Cell::Known(tag);
    let mut squeezed = core::array::from_fn(|_| Linear::default());
    for permutation in 0..n_permutations(elements.len()) {
        let block = elements.iter().skip(permutation * RATE).take(RATE);
        state[1..].iter_mut().zip(block).for_each(|(cell, element)| cell.add(element));
        let permuted = Boxes { builder, scope, permutation }.permute(state);
        squeezed.clone_from_slice(&permuted[1..=N]);
        state = permuted.map(Cell::Linear);
    }
    squeezed
}

/// An element of the state between two permutations.
enum Cell {
    /// A constant of the circuit: its S-box costs nothing.
    Known(Fr),
    Linear(Linear),
}

impl Cell {
    fn add(&mut self, element: &Linear) {
        match (&mut *self, element.as_constant()) {
            (Self::Known(value), Some(constant)) => *value += constant,
            (Self::Known(value), None) => {
                let mut sum = element.clone();
                sum.add(*value, WireIdx::ONE);
                *self = Self::Linear(sum);
            }
            (Self::Linear(sum), _) => sum.add_scaled(Fr::one(), element),
        }
    }
}

/// The S-boxes of one permutation.
struct Boxes<'a, B> {
    builder: &'a mut B,
    scope: &'a Arc<str>,
    permutation: usize,
}

impl<B: Products> Boxes<'_, B> {
    fn permute(&mut self, state: [Cell; WIDTH]) -> [Linear; WIDTH] {
        let schedule = schedule();
        let mut outputs: Vec<Linear> = Vec::with_capacity(S_BOXES);
        for (element, (cell, constant)) in state.into_iter().zip(&parameters().ark[0]).enumerate() {
            let output = match cell {
                Cell::Known(value) => Linear::constant((value + constant).pow([5])),
                Cell::Linear(mut sum) => {
                    sum.add(*constant, WireIdx::ONE);
                    self.s_box(0, element, sum)
                }
            };
            outputs.push(output);
        }
        for SBox { round, element, input } in &schedule.s_boxes {
            let input = input.over(&outputs);
            outputs.push(self.s_box(*round, *element, input));
        }
        core::array::from_fn(|element| schedule.state[element].over(&outputs))
    }

    /// `x⁵`; three constraints.
    fn s_box(&mut self, round: usize, element: usize, x: Linear) -> Linear {
        let mut product = |power, left, right| {
            let (scope, permutation) = (Arc::clone(self.scope), self.permutation);
            let name = SpongeWire { scope, permutation, round, element, power };
            Linear::wire(self.builder.product(name, left, right))
        };
        let square = product(Power::Square, x.clone(), x.clone());
        let fourth = product(Power::Fourth, square.clone(), square);
        product(Power::Fifth, fourth, x)
    }
}

/// `constant + Σ coefficients[k] * (output of S-box first + k)`.
#[derive(Clone, Default)]
struct Affine {
    constant: Fr,
    first: usize,
    coefficients: Vec<Fr>,
}

impl Affine {
    fn over(&self, outputs: &[Linear]) -> Linear {
        let mut sum = Linear::constant(self.constant);
        for (coefficient, output) in self.coefficients.iter().zip(&outputs[self.first..]) {
            sum.add_scaled(*coefficient, output);
        }
        sum
    }
}

struct SBox {
    round: usize,
    element: usize,
    input: Affine,
}

/// The permutation as S-boxes and what is linear between them: the same in every permutation, computed once.
struct Schedule {
    /// All S-boxes after the first round's, in order.
    s_boxes: Vec<SBox>,
    /// The state at the end.
    state: Vec<Affine>,
}

fn schedule() -> &'static Schedule {
    static SCHEDULE: OnceLock<Schedule> = OnceLock::new();
    SCHEDULE.get_or_init(|| {
        let parameters = parameters();
        let mut s_boxes = Vec::with_capacity(S_BOXES - WIDTH);
        let mut state = mixed_outputs(&parameters.mds, 0);
        for (round, constants) in parameters.ark.iter().enumerate().skip(1) {
            state.iter_mut().zip(constants).for_each(|(affine, constant)| affine.constant += constant);
            let first = WIDTH + s_boxes.len();
            let partial = FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS;
            if partial.contains(&round) {
                let output = Affine { constant: Fr::ZERO, first, coefficients: vec![Fr::one()] };
                let input = core::mem::replace(&mut state[0], output);
                s_boxes.push(SBox { round, element: 0, input });
                state = mix(&parameters.mds, &state);
            } else {
                let inputs = state.into_iter().enumerate();
                s_boxes.extend(inputs.map(|(element, input)| SBox { round, element, input }));
                state = mixed_outputs(&parameters.mds, first);
            }
        }
        Schedule { s_boxes, state }
    })
}

/// The state after a full round whose S-boxes are `first`, `first + 1` ..
fn mixed_outputs(mds: &[Vec<Fr>], first: usize) -> Vec<Affine> {
    mds.iter().map(|row| Affine { constant: Fr::ZERO, first, coefficients: row.clone() }).collect()
}

/// The matrix times `state`; the results reach from the first S-box of any element to the last one.
fn mix(mds: &[Vec<Fr>], state: &[Affine]) -> Vec<Affine> {
    let first = state.iter().map(|affine| affine.first).min().unwrap_or_default();
    let end = state.iter().map(|affine| affine.first + affine.coefficients.len()).max().unwrap_or_default();
    let row_times_state = |row: &Vec<Fr>| {
        let mut sum = Affine { constant: Fr::ZERO, first, coefficients: vec![Fr::ZERO; end - first] };
        for (factor, affine) in row.iter().zip(state) {
            sum.constant += *factor * affine.constant;
            let reached = &mut sum.coefficients[affine.first - first..];
            reached.iter_mut().zip(&affine.coefficients).for_each(|(to, from)| *to += *factor * from);
        }
        sum
    };
    mds.iter().map(row_times_state).collect()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use crate::commitment::poseidon::{n_constraints, sponge};
    use crate::commitment::{InputCommitment, ModelCommitment, Salt, TensorLayout};
    use ark_ff::UniformRand;
    use num_bigint::BigInt;
    use rand::{Rng, SeedableRng, rngs::StdRng};
    use std::collections::HashMap;

    /// A circuit of products and nothing else, over `n_given` wires that the test chooses.
    struct System {
        n_given: usize,
        products: Vec<(SpongeWire, Linear, Linear)>,
    }

    impl Products for System {
        fn product(&mut self, name: SpongeWire, left: Linear, right: Linear) -> WireIdx {
            self.products.push((name, left, right));
            WireIdx::new(self.n_given + self.products.len())
        }
    }

    impl System {
        fn new(n_given: usize) -> (Self, Vec<Linear>) {
            let given = (1..=n_given).map(|wire| Linear::wire(WireIdx::new(wire))).collect();
            (Self { n_given, products: Vec::new() }, given)
        }

        /// All wires: the given ones and what follows from them, where product `forged` is one more than it should be.
        fn wires(&self, given: &[Fr], forged: Option<usize>) -> Vec<Fr> {
            assert_eq!(given.len(), self.n_given);
            let mut wires = vec![Fr::one()];
            wires.extend(given);
            for (k, (_, left, right)) in self.products.iter().enumerate() {
                let product = left.value(&wires) * right.value(&wires);
                wires.push(if forged == Some(k) { product + Fr::one() } else { product });
            }
            wires
        }

        fn violations(&self, wires: &[Fr]) -> Vec<String> {
            let holds =
                |(left, right): (&Linear, &Linear), product: Fr| left.value(wires) * right.value(wires) == product;
            let products = self.products.iter().zip(&wires[1 + self.n_given..]);
            let violated = products.filter(|((_, left, right), product)| !holds((left, right), **product));
            violated.map(|((name, ..), _)| name.to_string()).collect()
        }
    }

    fn scope() -> Arc<str> {
        "model_commitment".into()
    }

    #[test]
    fn constrain_sponge__random_elements__agree_with_the_native_sponge_at_the_stated_price() {
        let mut rng = StdRng::seed_from_u64(1);
        for n in [0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 49] {
            let (mut system, elements) = System::new(n);
            let tag = Fr::rand(&mut rng);
            let digest = constrain_sponge(&mut system, &scope(), tag, &elements);
            let given: Vec<_> = (0..n).map(|_| Fr::rand(&mut rng)).collect();
            let wires = system.wires(&given, None);
            assert_eq!(digest.value(&wires), sponge(tag, given), "{n}");
            assert_eq!(system.violations(&wires), [""; 0], "{n}");
            assert_eq!(system.products.len(), n_constraints(n), "{n}");
            let formula = 612 * n.div_ceil(16).max(1) - 3 * (1 + 16usize.saturating_sub(n));
            assert_eq!(n_constraints(n), formula, "{n}");
        }
    }

    #[test]
    fn constrain_sponge__each_product_forged__breaks_that_constraint_alone_and_changes_the_digest() {
        let mut rng = StdRng::seed_from_u64(2);
        // Every product of one permutation, and every 29th of two.
        for (n, step) in [(16, 1), (18, 29)] {
            let (mut system, elements) = System::new(n);
            let digest = constrain_sponge(&mut system, &scope(), Fr::rand(&mut rng), &elements);
            let given: Vec<_> = (0..n).map(|_| Fr::rand(&mut rng)).collect();
            let honest = digest.value(&system.wires(&given, None));
            for (k, (name, ..)) in system.products.iter().enumerate().step_by(step) {
                let wires = system.wires(&given, Some(k));
                assert_eq!(system.violations(&wires), [name.to_string()]);
                assert_ne!(digest.value(&wires), honest, "{name}");
            }
        }
    }

    #[test]
    fn constrain_sponge__names__are_distinct_and_say_where() {
        let (mut system, elements) = System::new(17);
        constrain_sponge(&mut system, &scope(), Fr::one(), &elements);
        let names: Vec<_> = system.products.iter().map(|(name, ..)| name.to_string()).collect();
        assert_eq!(names[0], "model_commitment.poseidon[0].round[0].sbox[1].square");
        assert_eq!(names[3 * 67 + 1], "model_commitment.poseidon[0].round[4].sbox[0].fourth");
        assert_eq!(names.last().unwrap(), "model_commitment.poseidon[1].round[75].sbox[16].fifth");
        let by_name: HashMap<_, _> = names.iter().zip(0..).collect();
        assert_eq!(by_name.len(), names.len());
    }

    /// Weights, biases and pixels whose commitments take two permutations.
    fn case(rng: &mut StdRng) -> (Layout, Vec<BigInt>) {
        let layout = Layout::new(vec![
            TensorLayout::signed("u1.weights", 500, 8).unwrap(),
            TensorLayout::signed("u1.biases", 3, 200).unwrap(),
            TensorLayout::between("input", 100, -3, 12).unwrap(),
        ]);
        let weights: Vec<BigInt> = (0..500).map(|_| rng.gen_range(-128..128).into()).collect();
        let wide = |value: i32| BigInt::from(value) << 190;
        let biases = (0..3).map(|_| wide(rng.gen_range(-512..512))).collect::<Vec<_>>();
        let inputs: Vec<BigInt> = (0..100).map(|_| rng.gen_range(-3..13).into()).collect();
        (layout, [weights, biases, inputs].concat())
    }

    #[test]
    fn constrain_commitment__random_values__agree_with_the_native_commitment_at_the_stated_price() {
        let mut rng = StdRng::seed_from_u64(3);
        let (layout, values) = case(&mut rng);
        let salt = Salt::random(&mut rng);
        let (mut system, wires) = System::new(1 + values.len());
        let (first, rest) = wires.split_first().unwrap();
        let digest =
            |system: &mut System, domain| constrain_commitment(system, &scope(), domain, &layout, first.clone(), rest);
        let model = digest(&mut system, Domain::Model);
        assert_eq!(system.products.len(), layout.n_constraints());
        let input = digest(&mut system, Domain::Input);
        let given: Vec<_> = core::iter::once(salt.element()).chain(values.iter().map(field_element)).collect();
        let wires = system.wires(&given, None);
        let native = ModelCommitment::new(&layout, values.clone(), &salt).unwrap();
        assert_eq!(model.value(&wires), native.element());
        assert_eq!(input.value(&wires), InputCommitment::new(&layout, values, &salt).unwrap().element());
    }

    #[test]
    fn constrain_commitment__each_value_and_the_salt_changed__changes_the_digest() {
        let mut rng = StdRng::seed_from_u64(4);
        let (layout, values) = case(&mut rng);
        let (mut system, wires) = System::new(1 + values.len());
        let digest = constrain_commitment(&mut system, &scope(), Domain::Model, &layout, wires[0].clone(), &wires[1..]);
        let honest: Vec<_> = core::iter::once(Fr::rand(&mut rng)).chain(values.iter().map(field_element)).collect();
        let committed = digest.value(&system.wires(&honest, None));
        for k in (0..honest.len()).step_by(7) {
            let mut swapped = honest.clone();
            swapped[k] += Fr::one();
            assert_ne!(digest.value(&system.wires(&swapped, None)), committed, "{k}");
        }
    }

    /// Why the range checks are the caller's duty: a digit of `2^bits` carries into the next one.
    #[test]
    fn constrain_commitment__values_out_of_range__collide() {
        let layout = Layout::new(vec![TensorLayout::signed("w", 2, 8).unwrap()]);
        let (mut system, wires) = System::new(3);
        let digest = constrain_commitment(&mut system, &scope(), Domain::Model, &layout, wires[0].clone(), &wires[1..]);
        let value = |values: [i64; 3]| digest.value(&system.wires(&values.map(Fr::from), None));
        assert_eq!(value([1, 128, 0]), value([1, -128, 1]));
        assert_ne!(value([1, 127, 0]), value([1, -128, 1]));
    }

    #[test]
    fn schedule__terms__are_as_documented() {
        let schedule = schedule();
        let n_terms = |affine: &Affine| affine.coefficients.iter().filter(|c| **c != Fr::ZERO).count();
        let inputs: usize = schedule.s_boxes.iter().map(|s_box| n_terms(&s_box.input)).sum();
        // Three full rounds of 17 inputs over 17 outputs; 68 partial ones, each over one output more; a full one over
        // 17 + 68; three full ones.
        let partial: usize = (17..17 + 68).sum();
        assert_eq!(inputs, 3 * 17 * 17 + partial + 17 * 85 + 3 * 17 * 17);
        assert_eq!(schedule.state.iter().map(n_terms).sum::<usize>(), 17 * 17);
    }
}
