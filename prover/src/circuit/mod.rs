#![doc = include_str!("../../../docs/math/circuit.md")]

mod assign;
mod build;
mod name;
mod r1cs;
mod shape;

pub use assign::{Assignment, UnknownWire, Unsatisfied};
pub use name::{ConstraintName, Wire};
pub use r1cs::WireIdx;
pub(crate) use r1cs::{Linear, R1cs};
pub use shape::Shape;

use crate::digest::Digest;
use crate::image::Preprocessing;
use crate::model::Model;
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, One};
use num_bigint::{BigInt, Sign};
use statement::{STATEMENT_LEN, Statement};

/// Changes whenever the same model would get other constraints: keys of another version fit no longer.
const CIRCUIT_VERSION: &str = "provelock circuit 1";

/// The constraints of one model, built once; images and statements only change the assignment.
#[derive(Clone, Debug)]
pub struct Circuit {
    id: Digest,
    model_name: String,
    preprocessing: Preprocessing,
    r1cs: R1cs,
    wires: Wires,
    /// How each derived wire follows from earlier ones, in an order in which that works.
    derivations: Vec<Derivation>,
}

/// The wires that the prover chooses; all others follow from them.
#[derive(Clone, Debug, Default)]
struct Wires {
    /// `bits` per pixel, row by row, least significant first.
    pixel_bits: Vec<WireIdx>,
    /// One per class.
    selectors: Vec<WireIdx>,
    /// Byte by byte, least significant bit first.
    recipient_bits: Vec<WireIdx>,
    nonce_bits: Vec<WireIdx>,
}

/// How a derived wire gets its value.
#[derive(Clone, Debug)]
enum Derivation {
    /// `wire` is the product of the two sides of constraint `constraint`.
    Product { wire: WireIdx, constraint: usize },
    /// `bits` are the lowest bits of `value` as an integer in `0..r`, least significant first.
    Bits { bits: Vec<WireIdx>, value: Linear },
}

impl Circuit {
    /// Builds the constraints of `model`.
    pub fn new(model: &Model) -> Self {
        build::build(model)
    }

    /// Names the constraints: the circuit version and the model's digest.
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Name of the model.
    pub fn model_name(&self) -> &str {
        &self.model_name
    }

    /// Counts of constraints and wires.
    pub fn shape(&self) -> Shape {
        Shape {
            constraints: self.r1cs.n_constraints(),
            witnesses: self.r1cs.wires().len() - self.r1cs.n_known(),
            public_inputs: self.r1cs.n_public(),
        }
    }

    /// Nonzero entries of the three matrices.
    pub fn n_terms(&self) -> usize {
        self.r1cs.n_terms()
    }

    /// The constraints.
    pub(crate) const fn r1cs(&self) -> &R1cs {
        &self.r1cs
    }
}

/// The public input that stands for `statement`.
pub fn public_input(statement: &Statement) -> Fr {
    let weights = powers_of_two();
    let bits = statement::public_input_bits(&statement.to_bytes());
    weights.iter().zip(bits).filter(|(_, bit)| *bit).map(|(weight, _)| *weight).sum()
}

/// The residue modulo r of a signed integer.
pub fn field_element(value: &BigInt) -> Fr {
    let magnitude = Fr::from(value.magnitude().clone());
    if value.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// `2^0, 2^1, ..` up to the top bit of the packed statement.
fn powers_of_two() -> Vec<Fr> {
    core::iter::successors(Some(Fr::one()), |power| Some(power.double())).take(8 * STATEMENT_LEN).collect()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use statement::{Class, Nonce, PubkeyHash};

    #[test]
    fn public_input__corner_statements__match_integers_by_the_documented_weights() {
        let pack = |class, recipient, nonce| {
            let (recipient, nonce) = (PubkeyHash([recipient; 20]), Nonce([nonce; 8]));
            BigUint::from(public_input(&Statement { class: Class::new(class).unwrap(), recipient, nonce }))
        };
        // 58 digits: bit j of digit i weighs 2^(57 - i + 58 j). The class's low digit is digit 1.
        assert_eq!(pack(0, 0, 0), BigUint::ZERO);
        assert_eq!(pack(1, 0, 0), BigUint::from(1u8) << 56);
        assert_eq!(pack(9, 0, 0), (BigUint::from(1u8) << 56) + (BigUint::from(1u8) << (56 + 3 * 58)));
        // Low bits of every byte's low digit: the nonce's digits 43, 45 .. 57 weigh 2^14, 2^12 .. 2^0.
        assert_eq!(pack(0, 0, 1), BigUint::from(0b101_0101_0101_0101u32));
        assert!(pack(9, 0xff, 0xff).bits() <= 232);
    }

    #[test]
    fn field_element__signs__add_up_to_zero() {
        let value = BigInt::from(7) << 200;
        assert_eq!(field_element(&value) + field_element(&-value), Fr::from(0));
        assert_eq!(field_element(&BigInt::from(-3)), -Fr::from(3));
    }
}
