//! How wires follow from earlier ones, so that a few known values fill a whole assignment.
//!
//! A derivation only says what an honest prover writes. Nothing here is trusted: the constraints check every wire.

use super::r1cs::{R1cs, WireIdx};
use ark_bn254::Fr;
use ark_ff::{BigInteger, One, PrimeField, Zero};
use num_bigint::{BigInt, BigUint, Sign};
use std::collections::HashSet;

/// A number that a constraint's rows contain: it is read from there, so that no derivation stores a sum of its own.
///
/// Only the wires below `before` count, so that what is to be derived does not feed on itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// The left factor.
    Left,
    /// The right factor.
    Right,
    /// The product of both.
    Product,
}

/// How derived wires get their values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Derivation {
    /// `wire` is the product of the two factors of constraint `row`.
    Product { row: u32, wire: WireIdx },
    /// `wire` stands with -1 in the left factor of constraint `row`, which is to be zero.
    Solve { row: u32, wire: WireIdx },
    /// `count` wires from `first` are bits 1, 2, .. of a number in `0..r`.
    Bits { side: Side, row: u32, first: WireIdx, count: u8 },
    /// `count` wires from `first` are bits 0, 1, .. of a number in `0..r`.
    AllBits { side: Side, row: u32, first: WireIdx, count: u8 },
    /// `wire` is 1 if the number, read as a signed one, is at least `bounds[bound]`, else 0.
    AtLeast { side: Side, row: u32, wire: WireIdx, bound: u32 },
    /// `wire` is 1 if the right factors of `count` constraints from `first` are all numbers of `bits` bits, else 0.
    AllWithin { first: u32, count: u16, bits: u8, wire: WireIdx },
    /// `wire` is the quotient of a number in `0..r` by `divisor`.
    Quotient { row: u32, wire: WireIdx, divisor: u64 },
    /// Of the right factors of `count` constraints from `row`, read as signed numbers, the `exempt` smallest are
    /// marked by ones; the marks of all but the first stand in the wires from `first`.
    Smallest { row: u32, count: u16, first: WireIdx, exempt: u16 },
}

/// Reads a residue as the integer of least magnitude.
pub(super) fn signed(value: Fr) -> BigInt {
    let value = value.into_bigint();
    if value > Fr::MODULUS_MINUS_ONE_DIV_TWO {
        -BigInt::from(BigUint::from((-Fr::from(value)).into_bigint()))
    } else {
        BigInt::from_biguint(Sign::Plus, value.into())
    }
}

impl Derivation {
    /// Writes the derived wires that are not in `forged`.
    pub(super) fn apply(self, r1cs: &R1cs, bounds: &[BigInt], values: &mut [Fr], forged: &HashSet<WireIdx>) {
        let values_now: &[Fr] = values;
        let number = |side, row: u32, before| match side {
            Side::Left => r1cs.left_before(row as usize, before, values_now),
            Side::Right => r1cs.right_before(row as usize, before, values_now),
            Side::Product => {
                r1cs.left_before(row as usize, before, values_now) * r1cs.right_before(row as usize, before, values_now)
            }
        };
        let mut written: Vec<(WireIdx, Fr)> = Vec::new();
        let mut set = |wire: WireIdx, value: Fr| written.push((wire, value));
        match self {
            Self::Product { row, wire } => {
                let value = r1cs.product(row as usize, values_now);
                set(wire, value);
            }
            Self::Solve { row, wire } => {
                // A derived wire is still zero here, so the row's value is what it has to be.
                let value = r1cs.product(row as usize, values_now);
                set(wire, value);
            }
            Self::Bits { side, row, first, count } => {
                let integer = number(side, row, first).into_bigint();
                for k in 0..usize::from(count) {
                    set(first.offset(k), Fr::from(integer.get_bit(k + 1)));
                }
            }
            Self::AllBits { side, row, first, count } => {
                let integer = number(side, row, first).into_bigint();
                for k in 0..usize::from(count) {
                    set(first.offset(k), Fr::from(integer.get_bit(k)));
                }
            }
            Self::AtLeast { side, row, wire, bound } => {
                let holds = signed(number(side, row, wire)) >= bounds[bound as usize];
                set(wire, Fr::from(holds));
            }
            Self::AllWithin { first, count, bits, wire } => {
                let within = |row| number(Side::Right, row, wire).into_bigint().num_bits() <= u32::from(bits);
                set(wire, Fr::from((first..first + u32::from(count)).all(within)));
            }
            Self::Quotient { row, wire, divisor } => {
                let dividend: BigUint = number(Side::Left, row, wire).into_bigint().into();
                set(wire, Fr::from(dividend / divisor));
            }
            Self::Smallest { row, count, first, exempt } => {
                let mut order: Vec<_> = (0..count)
                    .map(|k| (signed(number(Side::Right, row + u32::from(k), first)), usize::from(k)))
                    .collect();
                order.sort_unstable();
                let mut marks = vec![Fr::zero(); usize::from(count)];
                order.iter().take(usize::from(exempt)).for_each(|(_, k)| marks[*k] = Fr::one());
                for (k, mark) in marks.iter().enumerate().skip(1) {
                    set(first.offset(k - 1), *mark);
                }
            }
        }
        for (wire, value) in written {
            if forged.is_empty() || !forged.contains(&wire) {
                values[wire.index()] = value;
            }
        }
    }
}
