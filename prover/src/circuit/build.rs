//! Builds the constraints of a model, block by block, in the order of `docs/math/circuit.md`.

use super::name::{ConstraintName, Wire};
use super::r1cs::{Linear, R1cs, WireIdx};
use super::{CIRCUIT_VERSION, Circuit, Derivation, Wires, field_element, powers_of_two};
use crate::digest::Digest;
use crate::image::Preprocessing;
use crate::model::{Activation, Layer, Model};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, One};
use statement::{N_CLASSES, STATEMENT_LEN, bit_weight};

/// Offset and length in bytes of the recipient within the packed statement.
const RECIPIENT: (usize, usize) = (1, 20);
/// Offset and length in bytes of the nonce within the packed statement.
const NONCE: (usize, usize) = (21, 8);

pub(super) fn build(model: &Model) -> Circuit {
    let mut builder =
        Builder { r1cs: R1cs::new([Wire::PublicInput]), wires: Wires::default(), derivations: Vec::new() };
    let mut values = builder.pixels(model.preprocessing());
    for layer in model.layers() {
        let accumulators: Vec<Linear> =
            (0..layer.shape().n_outputs()).map(|output| accumulator(layer, output, &values)).collect();
        values = match layer.activation() {
            Activation::Square => builder.squares(layer, accumulators),
            Activation::None => accumulators,
        };
    }
    builder.selectors();
    builder.argmax(&values, model.ranges().difference_bits() as usize);
    builder.statement();
    Circuit {
        id: builder.r1cs.digest(Digest::of(CIRCUIT_VERSION.as_bytes())),
        model_name: model.name().to_owned(),
        preprocessing: *model.preprocessing(),
        r1cs: builder.r1cs,
        wires: builder.wires,
        derivations: builder.derivations,
    }
}

/// `bias + sum of weight * value`: free in a rank-1 system, because the model is public.
///
/// `values` are sums of at most eight bits (pixels) or single wires (squares), so rows do not grow from layer to layer.
fn accumulator(layer: &Layer, output: usize, values: &[Linear]) -> Linear {
    let (bias, terms) = layer.accumulator(output);
    let mut sum = Linear::constant(field_element(bias));
    for (input, weight) in terms {
        sum.add_scaled(Fr::from(weight), &values[input]);
    }
    sum
}

/// `sum of 2^k * bits[k]`.
fn recompose(bits: &[WireIdx]) -> Linear {
    let powers = core::iter::successors(Some(Fr::one()), |power| Some(power.double()));
    bits.iter().zip(powers).fold(Linear::default(), |sum, (bit, power)| sum.plus(power, *bit))
}

struct Builder {
    r1cs: R1cs,
    wires: Wires,
    derivations: Vec<Derivation>,
}

impl Builder {
    fn boolean(&mut self, name: Wire) -> WireIdx {
        let wire = self.r1cs.new_wire(name);
        self.r1cs.enforce_boolean(wire);
        wire
    }

    /// A new wire that carries `left * right`; one constraint.
    fn product(&mut self, name: Wire, left: Linear, right: Linear) -> WireIdx {
        let wire = self.r1cs.new_wire(name.clone());
        self.derivations.push(Derivation::Product { wire, constraint: self.r1cs.n_constraints() });
        self.r1cs.enforce(ConstraintName::Product(name), left, right, Linear::wire(wire));
        wire
    }

    /// Pixels as sums of boolean wires: a pixel outside `0 .. 2^bits` cannot be written down. `crop^2 * bits`
    /// constraints.
    fn pixels(&mut self, preprocessing: &Preprocessing) -> Vec<Linear> {
        let (side, bits) = (preprocessing.crop(), preprocessing.bits() as usize);
        let places = (0..side).flat_map(|row| (0..side).map(move |column| (row, column)));
        let pixel = |(row, column)| {
            let bits: Vec<_> = (0..bits).map(|bit| self.boolean(Wire::PixelBit { row, column, bit })).collect();
            self.wires.pixel_bits.extend(&bits);
            recompose(&bits)
        };
        places.map(pixel).collect()
    }

    /// The squares of a hidden layer; one constraint per output.
    fn squares(&mut self, layer: &Layer, accumulators: Vec<Linear>) -> Vec<Linear> {
        let square = |(output, accumulator): (usize, Linear)| {
            let name = Wire::Square { layer: layer.name().clone(), output };
            Linear::wire(self.product(name, accumulator.clone(), accumulator))
        };
        accumulators.into_iter().enumerate().map(square).collect()
    }

    /// The claimed class as ten bits of which exactly one is set; eleven constraints.
    fn selectors(&mut self) {
        self.wires.selectors =
            (0..usize::from(N_CLASSES)).map(|class| self.boolean(Wire::Selector { class })).collect();
        let sum = self.wires.selectors.iter().fold(Linear::default(), |sum, wire| sum.plus(Fr::one(), *wire));
        self.r1cs.enforce_equal(ConstraintName::OneHot, sum, &Linear::constant(Fr::one()));
    }

    /// The claimed class c has the largest logit, and no lower index has it too: for each class i the lead
    /// `L_c - L_i - [i < c]` lies in `0 .. 2^lead_bits`. `10 * (lead_bits + 2)` constraints.
    ///
    /// The lead of an honest claim is below `2^lead_bits` (that is what `lead_bits` was computed for), and a
    /// negative one is at least `-2^lead_bits`, whose residue lies above `r - 2^252 > 2^lead_bits`.
    fn argmax(&mut self, logits: &[Linear], lead_bits: usize) {
        let selectors = self.wires.selectors.clone();
        let mut claimed = Linear::default();
        for (class, (selector, logit)) in selectors.iter().zip(logits).enumerate() {
            let selected = self.product(Wire::Selected { class }, Linear::wire(*selector), logit.clone());
            claimed.add(Fr::one(), selected);
        }
        for (class, logit) in logits.iter().enumerate() {
            let mut lead = claimed.clone();
            lead.add_scaled(-Fr::one(), logit);
            // [class < c] is the sum of the selectors above `class`.
            selectors[class + 1..].iter().for_each(|higher| lead.add(-Fr::one(), *higher));
            let bits: Vec<_> = (0..lead_bits).map(|bit| self.boolean(Wire::LeadBit { class, bit })).collect();
            let range = recompose(&bits);
            self.derivations.push(Derivation::Bits { bits, value: lead.clone() });
            self.r1cs.enforce_equal(ConstraintName::LeadInRange { class }, lead, &range);
        }
    }

    /// The public input is class, recipient and nonce, each bit at the weight that the locking script gives it.
    /// The class byte is a sum over the selectors, so no other byte than 0 to 9 can be written down; 225 constraints.
    fn statement(&mut self) {
        self.wires.recipient_bits = (0..8 * RECIPIENT.1).map(|bit| self.boolean(Wire::RecipientBit { bit })).collect();
        self.wires.nonce_bits = (0..8 * NONCE.1).map(|bit| self.boolean(Wire::NonceBit { bit })).collect();
        let powers = powers_of_two();
        let weight = |byte: usize, bit: usize| powers[bit_weight(STATEMENT_LEN, byte, bit)];
        let mut packed = Linear::default();
        for (class, selector) in self.wires.selectors.iter().enumerate() {
            let bits = (0..8).filter(|bit| class >> bit & 1 == 1);
            packed.add(bits.map(|bit| weight(0, bit)).sum(), *selector);
        }
        for ((offset, _), bits) in [(RECIPIENT, &self.wires.recipient_bits), (NONCE, &self.wires.nonce_bits)] {
            for (k, wire) in bits.iter().enumerate() {
                packed.add(weight(offset + k / 8, k % 8), *wire);
            }
        }
        self.r1cs.enforce_equal(ConstraintName::Packed, Linear::wire(WireIdx::public(0)), &packed);
    }
}
