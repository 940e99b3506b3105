//! Range checks.

use crate::circuit::build::{Builder, complement};
use crate::circuit::derive::{Derivation, Side};
use crate::circuit::error::CircuitError;
use crate::circuit::name::{ConstraintName, Label, Wire};
use crate::circuit::r1cs::{Linear, WireIdx};
use crate::circuit::value::Value;
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;

/// Widest range check: sums of so many bits are below r.
pub(crate) const MAX_RANGE_BITS: usize = 253;

/// An upper end of a range check that is no power of two less one, or that holds only where a gate is open.
#[derive(Clone, Debug)]
pub(crate) struct Ceiling<'a> {
    /// 0 or 1; `None` is an open gate.
    pub(crate) gate: Option<&'a Linear>,
    /// Where the gate is open, the value is at most this.
    pub(crate) max: &'a BigInt,
}

impl Ceiling<'_> {
    /// Products that comparing `bits` bits with the ceiling takes: one per one bit of `max` above its trailing run of
    /// ones, less the first where there is no gate.
    pub(crate) fn n_products(&self, bits: usize) -> usize {
        let ones = (self.trailing_ones()..bits).filter(|k| self.max.bit(*k as u64)).count();
        if self.gate.is_some() { ones } else { ones.saturating_sub(1) }
    }

    /// Length of the run of ones at the low end: those bits are free, whatever is above.
    fn trailing_ones(&self) -> usize {
        (!BigInt::clone(self.max)).trailing_zeros().unwrap_or(0) as usize
    }
}

/// Bits of `max`, a non-negative number.
pub(crate) fn bits_of(max: &BigInt) -> usize {
    max.bits() as usize
}

/// Constraints of a check for `0..=max`.
pub(crate) fn n_range_constraints(max: &BigInt) -> usize {
    let bits = bits_of(max);
    if bits == 0 { 1 } else { bits + Ceiling { gate: None, max }.n_products(bits) }
}

impl Builder {
    /// `value` lies in `0..=max`. [`n_range_constraints`]: K constraints for `max = 2^K - 1`.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a value outside could pass modulo r.
    pub(crate) fn enforce_range(&mut self, name: Wire, value: &Value, max: &BigInt) -> Result<(), CircuitError> {
        let bits = bits_of(max);
        self.check_no_wrap(name, &value.lo, &value.hi, bits)?;
        self.decompose(name, &value.linear, bits, Some(&Ceiling { gate: None, max }));
        Ok(())
    }

    /// `len` wires in a row, each in `0..=max`, known to the prover. [`n_range_constraints`] constraints each.
    ///
    /// A wire needs no bounds beforehand: whatever its residue is, it is the sum of its bits.
    pub(crate) fn integers(&mut self, label: Label, len: usize, max: &BigInt) -> WireIdx {
        let wires: Vec<_> = (0..len).map(|k| self.witness(label.at(k))).collect();
        for (k, wire) in wires.iter().enumerate() {
            let ceiling = Ceiling { gate: None, max };
            self.decompose(label.at(k), &Linear::wire(*wire), bits_of(max), Some(&ceiling));
        }
        wires.first().copied().unwrap_or(WireIdx::ONE)
    }

    /// Checks that an integer in `lo..=hi` whose residue is a number of `bits` bits is that number: no multiple of r
    /// but zero lies between them.
    pub(crate) fn check_no_wrap(&self, name: Wire, lo: &BigInt, hi: &BigInt, bits: usize) -> Result<(), CircuitError> {
        let most = (BigInt::one() << bits) - 1;
        if bits <= MAX_RANGE_BITS && *hi < self.modulus && lo - most > -&self.modulus {
            return Ok(());
        }
        let value_bits = lo.bits().max(hi.bits());
        Err(CircuitError::Wraps { place: self.names.wire(name), value_bits, range_bits: bits })
    }

    /// The residue `value` is a number of `bits` bits, below the ceiling if there is one. `max(bits, 1)` constraints
    /// and those of [`Ceiling::n_products`]. Returns the index of the last constraint, which is
    /// `name in range` and has `value - sum of 2^k bit[k], k >= 1` as its left factor.
    ///
    /// Bit 0 is no wire but the rest that the others leave. With a ceiling m, the prefix at k says that the bits above
    /// are those of m (and the gate is open); where m has a zero bit, `bit * (1 - prefix - bit) = 0` makes the bit
    /// boolean if the prefix is 0 and zero if it is 1.
    pub(super) fn decompose(&mut self, name: Wire, value: &Linear, bits: usize, ceiling: Option<&Ceiling<'_>>) -> u32 {
        if bits == 0 {
            return self.enforce_equal(ConstraintName::InRange(name), value.clone(), &Linear::default());
        }
        let mut rest = value.clone();
        let wires: Vec<_> = (1..bits).map(|k| self.witness(name.bit(k))).collect();
        for (k, wire) in wires.iter().enumerate() {
            rest.add(-self.power(k + 1), *wire);
        }
        let mut products = Vec::new();
        let compared_from = ceiling.map_or(usize::MAX, Ceiling::trailing_ones);
        // `None` is a prefix known to be 1.
        let mut prefix = ceiling.and_then(|ceiling| ceiling.gate.cloned());
        let mut row = 0;
        for k in (0..bits).rev() {
            let (bit, of_rest) = if k == 0 { (rest.clone(), true) } else { (Linear::wire(wires[k - 1]), false) };
            let is_one = ceiling.is_none_or(|ceiling| ceiling.max.bit(k as u64));
            let plain = if of_rest { ConstraintName::InRange(name) } else { ConstraintName::Boolean(name.bit(k)) };
            if is_one {
                row = self.enforce(plain, bit.clone(), complement(&bit), Linear::default());
            } else {
                let limited = if of_rest { plain } else { ConstraintName::InRange(name.bit(k)) };
                let mut other = prefix.as_ref().map_or_else(Linear::default, complement);
                other.add_scaled(-Fr::one(), &bit);
                row = self.enforce(limited, bit.clone(), other, Linear::default());
            }
            // Above the trailing run of ones there is a zero bit below, for which the prefix matters.
            if is_one && k > compared_from {
                prefix = Some(match prefix {
                    None => bit,
                    Some(above) => {
                        let wire = self.witness(name.prefix(k));
                        let row = self.enforce(ConstraintName::Product(name.prefix(k)), above, bit, Linear::wire(wire));
                        products.push(Derivation::Product { row, wire });
                        Linear::wire(wire)
                    }
                });
            }
        }
        if let Some(first) = wires.first() {
            let count = u8::try_from(wires.len()).expect("at most 253 bits");
            self.derive(Derivation::Bits { side: Side::Left, row, first: *first, count });
        }
        self.derivations.append(&mut products);
        row
    }
}
