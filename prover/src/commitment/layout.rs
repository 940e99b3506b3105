//! Which values a commitment covers, and how they are packed into field elements.

use super::error::CommitmentError;
use super::poseidon::{self, ELEMENT_BITS};
use crate::digest::Digest;
use ark_bn254::Fr;
use ark_ff::PrimeField;
use core::fmt::Write as _;
use num_bigint::{BigInt, BigUint};
use num_traits::One;
use std::sync::Arc;

/// What is committed to. The same values under the same salt have unrelated commitments in different domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Weights and biases.
    Model,
    /// What a network reads.
    Input,
    /// The stream that encrypts weights and biases: `docs/math/sale.md`.
    Keystream,
    /// Encrypted weights and biases.
    Ciphertext,
}

impl Domain {
    /// First line of the header. The number is the version of everything here: rounds, packing, header.
    const fn title(self) -> &'static str {
        match self {
            Self::Model => "provelock model commitment 1",
            Self::Input => "provelock input commitment 1",
            Self::Keystream => "provelock sale keystream 1",
            Self::Ciphertext => "provelock sale ciphertext 1",
        }
    }
}

/// Length and range of the values of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorLayout {
    /// For error messages only; the commitment does not depend on it.
    name: Arc<str>,
    len: usize,
    /// Values lie in `lowest .. lowest + 2^bits`.
    bits: u32,
    lowest: BigInt,
}

impl TensorLayout {
    /// `len` values of `-2^(bits-1) .. 2^(bits-1)`: weights or biases.
    ///
    /// # Errors
    /// [`CommitmentError::Width`] unless `bits` is 1 to 253.
    pub fn signed(name: &str, len: usize, bits: u32) -> Result<Self, CommitmentError> {
        Self::new(name, len, bits, |bits| -(BigInt::one() << (bits - 1)))
    }

    /// `len` values of `min..=max`: what a network reads.
    ///
    /// The packing has room for `min .. min + 2^bits`, where `bits` is the bit length of `max - min`; values above
    /// `max` are the circuit's to refuse.
    ///
    /// # Errors
    /// [`CommitmentError::EmptyRange`] unless `min < max`.
    pub fn between(name: &str, len: usize, min: i64, max: i64) -> Result<Self, CommitmentError> {
        if min >= max {
            return Err(CommitmentError::EmptyRange { tensor: name.into(), min, max });
        }
        Self::new(name, len, u64::BITS - max.abs_diff(min).leading_zeros(), |_| min.into())
    }

    fn new(name: &str, len: usize, bits: u32, lowest: impl FnOnce(u32) -> BigInt) -> Result<Self, CommitmentError> {
        if bits == 0 || bits > ELEMENT_BITS {
            return Err(CommitmentError::Width { tensor: name.into(), bits });
        }
        Ok(Self { name: name.into(), len, bits, lowest: lowest(bits) })
    }

    /// Number of values.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no values.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bits per value.
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The value that is packed as zero.
    pub const fn lowest(&self) -> &BigInt {
        &self.lowest
    }

    /// `value - lowest`, if it has at most `bits` bits.
    fn digit(&self, index: usize, value: BigInt) -> Result<BigUint, CommitmentError> {
        let digit = (&value - &self.lowest).to_biguint().filter(|digit| digit.bits() <= u64::from(self.bits));
        digit.ok_or_else(|| CommitmentError::Range {
            tensor: Arc::clone(&self.name),
            index,
            found: value,
            lowest: self.lowest.clone(),
            highest: &self.lowest + (BigInt::one() << self.bits) - 1,
        })
    }
}

/// All tensors of one commitment, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    tensors: Vec<TensorLayout>,
}

/// Where a value is packed: at bit `shift` of element `element`.
pub(crate) struct Slot<'a> {
    pub(crate) tensor: &'a TensorLayout,
    /// Index within the tensor.
    index: usize,
    pub(crate) element: usize,
    pub(crate) shift: u32,
}

impl Layout {
    /// The tensors in the order of their values.
    pub const fn new(tensors: Vec<TensorLayout>) -> Self {
        Self { tensors }
    }

    /// The tensors.
    pub fn tensors(&self) -> &[TensorLayout] {
        &self.tensors
    }

    /// Values of all tensors.
    pub fn n_values(&self) -> usize {
        self.tensors.iter().map(TensorLayout::len).sum()
    }

    /// Field elements that the values are packed into; the salt is one more.
    pub fn n_elements(&self) -> usize {
        self.slots().last().map_or(0, |slot| slot.element + 1)
    }

    /// Constraints by which a circuit recomputes the commitment, without the range checks of the values:
    /// `612 ⌈(n+1)/16⌉ - 3 (1 + max(0, 15 - n))` for n elements.
    pub fn n_constraints(&self) -> usize {
        poseidon::n_constraints(self.n_elements() + 1)
    }

    /// The places of all values, in order: little end first, and in the next element when one would straddle.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot<'_>> {
        let values = self.tensors.iter().flat_map(|tensor| (0..tensor.len).map(move |index| (tensor, index)));
        let (mut element, mut used) = (0, 0);
        values.map(move |(tensor, index)| {
            if used + tensor.bits > ELEMENT_BITS {
                (element, used) = (element + 1, 0);
            }
            let shift = used;
            used += tensor.bits;
            Slot { tensor, index, element, shift }
        })
    }

    /// Packs `values`, all tensors one after the other, into [`Layout::n_elements`] elements of at most 253 bits.
    ///
    /// # Errors
    /// Another number of values, or a value outside its tensor's range.
    pub fn pack(&self, values: impl IntoIterator<Item = BigInt>) -> Result<Vec<Fr>, CommitmentError> {
        let expected = self.n_values();
        let mut values = values.into_iter();
        let mut elements = vec![BigUint::ZERO; self.n_elements()];
        for (found, slot) in self.slots().enumerate() {
            let value = values.next().ok_or(CommitmentError::Count { found, expected })?;
            elements[slot.element] += slot.tensor.digit(slot.index, value)? << slot.shift;
        }
        match values.next() {
            None => Ok(elements.into_iter().map(Fr::from).collect()),
            Some(_) => Err(CommitmentError::Count { found: expected + 1, expected }),
        }
    }

    /// The values that [`Layout::pack`] packed into `elements`.
    ///
    /// # Errors
    /// Another number of elements, or one that holds more than its values' bits.
    pub fn unpack(&self, elements: &[Fr]) -> Result<Vec<BigInt>, CommitmentError> {
        let (found, expected) = (elements.len(), self.n_elements());
        if found != expected {
            return Err(CommitmentError::Elements { found, expected });
        }
        let mut rests: Vec<(BigUint, u32)> = elements.iter().map(|element| ((*element).into(), 0)).collect();
        let mut values = Vec::with_capacity(self.n_values());
        for Slot { tensor, element, .. } in self.slots() {
            let (rest, used) = &mut rests[element];
            values.push(BigInt::from(&*rest % (BigUint::one() << tensor.bits)) + &tensor.lowest);
            *rest >>= tensor.bits;
            *used += tensor.bits;
        }
        match rests.iter().position(|(rest, _)| *rest != BigUint::ZERO) {
            Some(index) => Err(CommitmentError::Element { index, bits: rests[index].1 }),
            None => Ok(values),
        }
    }

    /// The SHA-256 of the header, which determines the number of tensors, their lengths, widths and lowest values, hence
    /// also the number of packed elements.
    pub(crate) fn digest(&self, domain: Domain) -> Digest {
        let mut header = format!("{}\n", domain.title());
        for TensorLayout { len, bits, lowest, .. } in &self.tensors {
            // Writing to a string cannot fail.
            let _ = writeln!(header, "{len} {bits} {lowest}");
        }
        Digest::of(header.as_bytes())
    }

    /// The sponge's first capacity element: [`tag`] of [`Layout::digest`].
    pub(crate) fn tag(&self, domain: Domain) -> Fr {
        tag(&self.digest(domain))
    }
}

/// 253 bits of the digest of a header.
pub(crate) fn tag(header: &Digest) -> Fr {
    let mut bytes = *header.as_bytes();
    bytes[0] &= 0xff >> (256 - ELEMENT_BITS);
    Fr::from_be_bytes_mod_order(&bytes)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_ff::{AdditiveGroup, BigInteger};
    use sha2::{Digest as _, Sha256};

    fn layout() -> Layout {
        let signed = |name, len, bits| TensorLayout::signed(name, len, bits).unwrap();
        Layout::new(vec![signed("u1.weights", 32, 8), signed("u1.biases", 2, 200), signed("empty", 0, 5)])
    }

    #[test]
    fn layout__slots__fill_253_bits_and_never_straddle() {
        let places: Vec<_> = layout().slots().map(|slot| (slot.element, slot.shift)).collect();
        // 31 weights of 8 bits take 248 of 253 bits, so the 32nd opens element 1, where a bias of 200 bits fits behind
        // it; the next bias does not.
        assert_eq!(places[..2], [(0, 0), (0, 8)]);
        assert_eq!(places[30..], [(0, 240), (1, 0), (1, 8), (2, 0)]);
        assert_eq!(layout().n_elements(), 3);
        assert_eq!(layout().n_values(), 34);
    }

    #[test]
    fn layout__widest_element__is_below_r_and_uses_every_bit() {
        let one_bit = Layout::new(vec![TensorLayout::between("pixels", 2 * 253, 0, 1).unwrap()]);
        let packed = one_bit.pack(vec![BigInt::one(); 2 * 253]).unwrap();
        let all_ones = Fr::from((BigUint::one() << 253) - 1u32);
        assert_eq!(packed, [all_ones; 2]);
        assert_eq!(all_ones.into_bigint().num_bits(), 253);
        assert!((BigUint::one() << 253) < Fr::MODULUS.into());
    }

    #[test]
    fn tag__every_part_of_the_header__changes_it() {
        let tensor = |len, bits| TensorLayout::signed("w", len, bits).unwrap();
        let inputs = |len, min, max| TensorLayout::between("x", len, min, max).unwrap();
        let layouts = [
            Layout::new(vec![]),
            Layout::new(vec![tensor(0, 8)]),
            Layout::new(vec![tensor(10, 8)]),
            Layout::new(vec![tensor(10, 9)]),
            Layout::new(vec![tensor(11, 8)]),
            Layout::new(vec![tensor(5, 8), tensor(5, 8)]),
            Layout::new(vec![tensor(5, 8), tensor(5, 9)]),
            Layout::new(vec![tensor(5, 9), tensor(5, 8)]),
            Layout::new(vec![inputs(10, 0, 255)]),
            Layout::new(vec![inputs(10, -1, 254)]),
        ];
        let tags = layouts.iter().flat_map(|layout| [layout.tag(Domain::Model), layout.tag(Domain::Input)]);
        let distinct: std::collections::HashSet<_> = tags.collect();
        assert_eq!(distinct.len(), 2 * layouts.len());
        assert!(!distinct.contains(&Fr::ZERO));
        // The same range in other words, and another name: the same header.
        assert_eq!(Layout::new(vec![inputs(10, -128, 127)]).tag(Domain::Model), layouts[2].tag(Domain::Model));
    }

    #[test]
    fn tag__header_as_documented__is_pinned() {
        let mut digest: [u8; 32] = Sha256::digest("provelock model commitment 1\n32 8 -128\n2 3 -4\n").into();
        digest[0] &= 0x1f;
        let signed = |len, bits| TensorLayout::signed("", len, bits).unwrap();
        let tag = Layout::new(vec![signed(32, 8), signed(2, 3)]).tag(Domain::Model);
        assert_eq!(tag.into_bigint().to_bytes_be(), digest);
    }
}
