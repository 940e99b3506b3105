//! Packed hints: blobs of 32-byte coefficients, evaluated all at once and read slot by slot.
//!
//! Masking out every n-th coefficient and reading the rest as one number lets one multiplication act on all slots:
//! each n-digit polynomial is evaluated in its own slot of 32 n bytes, without carries, since the sum stays below
//! `2^511` (slopes) or `2^513` (six coefficients) (docs/math/verifier.md, "Packed hints").

use super::layout::{COEFF_LEN, SLOPE_LEN};
use crate::ir::{Builder, Bytes, Num, Stashed};

/// Bound in bits of a slope's slot: two coefficients below `2^256`, each times a number below q, itself below `2^254`.
const SLOPE_BITS: u64 = 511;
/// Bound in bits of a sum of up to six coefficients, each below `2^256`, times powers of v below q.
const SUM_BITS: u64 = 513;
/// Bits that a slot's value may grow by in a fold: a factor below q, and a carry.
const FOLD_BITS: u64 = 255;

/// Reads the coefficients of a blob, first to last: `read` makes a number of the k-th one's bytes.
pub(super) fn read_coefficients<const N: usize>(
    b: &mut Builder,
    blob: Bytes,
    read: impl Fn(&mut Builder, usize, Bytes) -> Num,
) -> [Num; N] {
    let mut rest = blob;
    std::array::from_fn(|k| {
        if rest.len == COEFF_LEN {
            return read(b, k, rest);
        }
        let (coefficient, tail) = b.split(rest, COEFF_LEN);
        rest = tail;
        read(b, k, coefficient)
    })
}

/// A mask that keeps the first coefficient of every slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask(Bytes);

/// Ones and zeros to make masks of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    ones: Bytes,
    zeros: Bytes,
}

impl Pattern {
    /// One coefficient of ones and one of zeros.
    pub(super) fn push(b: &mut Builder) -> Self {
        let zero = b.int(0);
        let zeros = b.padded_bytes(zero, COEFF_LEN);
        Self { ones: b.invert(zeros), zeros }
    }

    /// A mask of `n_slots` slots of `per_slot` coefficients.
    pub(super) fn mask(self, b: &mut Builder, per_slot: usize, n_slots: usize) -> Mask {
        let mut unit = self.ones;
        for _ in 1..per_slot {
            unit = b.cat(unit, self.zeros);
        }
        let (mut mask, mut made) = (unit, 1);
        while 2 * made <= n_slots {
            mask = b.cat(mask, mask);
            made *= 2;
        }
        if made < n_slots {
            let head = b.first(mask, (n_slots - made) * per_slot * COEFF_LEN);
            mask = b.cat(mask, head);
        }
        Mask(mask)
    }
}

impl Mask {
    /// The mask of the first `n_slots` slots of `per_slot` coefficients.
    pub(super) fn shortened(self, b: &mut Builder, per_slot: usize, n_slots: usize) -> Self {
        let len = n_slots * per_slot * COEFF_LEN;
        if len == self.0.len {
            return self;
        }
        Self(b.first(self.0, len))
    }

    /// Coefficient `j` of every slot of `blob`, as one number: slot k holds it at bit `8 slot_len k`.
    fn select(self, b: &mut Builder, blob: Bytes, per_slot: usize, j: usize) -> Num {
        if j == 0 {
            let masked = b.and(blob, self.0);
            // The highest slot's other coefficients are masked out, so the top bytes are zero and no sign bit is set.
            return b.number_below(masked, 8 * (blob.len - (per_slot - 1) * COEFF_LEN) as u64);
        }
        let shifted = b.last(blob, blob.len - j * COEFF_LEN);
        let mask = b.first(self.0, blob.len - j * COEFF_LEN);
        let masked = b.and(shifted, mask);
        if j == per_slot - 1 {
            // The highest coefficient reaches the last byte: unread as a sign, it would negate all slots.
            b.unsigned_number(masked)
        } else {
            b.number_below(masked, 8 * (blob.len - (per_slot - 1) * COEFF_LEN) as u64)
        }
    }
}

/// Slots read from the end of an evaluated blob.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    blob: Bytes,
    slot_len: usize,
    bits: u64,
}

impl Slots {
    /// Evaluates `scale (low + u high)` in every slot of two coefficients; `scale` is not negative.
    pub(super) fn of_slopes(b: &mut Builder, blob: Bytes, mask: Mask, u: Num, scale: Num) -> Self {
        let high = mask.select(b, blob, 2, 1);
        let low = mask.select(b, blob, 2, 0);
        let scaled_u = b.mul_reduced(u, scale);
        let high = b.mul(scaled_u, high);
        let low = b.mul(scale, low);
        let sum = b.add(low, high);
        Self { blob: b.padded_bytes(sum, blob.len), slot_len: SLOPE_LEN, bits: SLOPE_BITS }
    }

    /// Evaluates `c_0 + c_1 p_1 + ..` in every slot of as many coefficients as there are powers, and one.
    fn of_powers(b: &mut Builder, blob: Bytes, mask: Mask, powers: &[Num]) -> Self {
        let per_slot = powers.len() + 1;
        let mut sum = mask.select(b, blob, per_slot, 0);
        for (j, power) in (1..).zip(powers) {
            let coeffs = mask.select(b, blob, per_slot, j);
            let term = b.mul(*power, coeffs);
            sum = b.add(sum, term);
        }
        Self { blob: b.padded_bytes(sum, blob.len), slot_len: per_slot * COEFF_LEN, bits: SUM_BITS }
    }

    /// Evaluates blobs of such slots, each by itself.
    pub(super) fn of_blobs(b: &mut Builder, pattern: Pattern, blobs: &[Bytes], powers: &[Num]) -> Vec<Self> {
        let per_slot = powers.len() + 1;
        let n_slots = |blob: &Bytes| blob.len / (per_slot * COEFF_LEN);
        let Some(longest) = blobs.iter().map(n_slots).max() else { return Vec::new() };
        let mask = pattern.mask(b, per_slot, longest);
        let evaluated = blobs.iter().map(|blob| {
            let mask = mask.shortened(b, per_slot, n_slots(blob));
            Self::of_powers(b, *blob, mask, powers)
        });
        evaluated.collect()
    }

    /// The first `n` slots and the others.
    pub(super) fn split_at(self, b: &mut Builder, n: usize) -> (Self, Self) {
        let (first, rest) = b.split(self.blob, n * self.slot_len);
        (Self { blob: first, ..self }, Self { blob: rest, ..self })
    }

    /// `s_0 + s_1 x + s_2 x^2 + ..` over all slots: the upper ones are added to the lower ones, times a power of x, until
    /// one is left, each time as many as a power of two.
    pub(super) fn fold(self, b: &mut Builder, x: Num) -> Num {
        let n_slots = self.blob.len / self.slot_len;
        let n_folds = n_slots.next_power_of_two().trailing_zeros();
        let mut powers = vec![x];
        for _ in 1..n_folds {
            let last = powers[powers.len() - 1];
            powers.push(b.mul_reduced(last, last));
        }
        let mut slots = self;
        for (k, power) in powers.iter().enumerate().take(n_folds as usize).rev() {
            let lower_len = slots.slot_len << k;
            let (lower, upper) = b.split(slots.blob, lower_len);
            let upper = b.number_below(upper, 8 * upper.len as u64 - 1);
            let term = b.mul(*power, upper);
            let lower = b.number_below(lower, 8 * lower_len as u64 - 1);
            let sum = b.add(lower, term);
            // Each fold adds the bits of a factor below q, and a carry.
            slots.bits += FOLD_BITS;
            if k == 0 {
                return Num { bits: slots.bits, ..sum };
            }
            assert!(slots.bits < 8 * slots.slot_len as u64, "sums stay in their slots");
            slots.blob = b.padded_bytes(sum, lower_len);
        }
        b.number_below(slots.blob, slots.bits)
    }

    /// Takes the last slot that is left, as a number.
    pub(super) fn take_last(&mut self, b: &mut Builder) -> Num {
        let (rest, slot) = self.split_last(b);
        if let Some(rest) = rest {
            self.blob = rest;
        }
        b.number_below(slot, self.bits)
    }

    /// The blob without its last slot, if any is left, and that slot.
    fn split_last(&self, b: &mut Builder) -> (Option<Bytes>, Bytes) {
        match self.blob.len - self.slot_len {
            0 => (None, self.blob),
            at => {
                let (rest, slot) = b.split(self.blob, at);
                (Some(rest), slot)
            }
        }
    }

    /// Moves blobs of slots to the alternative stack, to be read from the end of the last.
    pub(super) fn stash_all(b: &mut Builder, all: &[Self]) -> StashedSlots {
        let pieces = all.iter().map(|slots| StashedPiece {
            blob: b.stash_bytes(slots.blob),
            slot_len: slots.slot_len,
            bits: slots.bits,
        });
        StashedSlots { pieces: pieces.collect() }
    }
}

/// Slots that lie on the alternative stack between reads, in blobs of which the last is on top.
#[derive(Clone, Debug)]
pub(super) struct StashedSlots {
    pieces: Vec<StashedPiece>,
}

#[derive(Clone, Copy, Debug)]
struct StashedPiece {
    blob: Stashed<Bytes>,
    slot_len: usize,
    bits: u64,
}

impl StashedSlots {
    /// Takes the last slot that is left, as a number.
    pub(super) fn take_last(&mut self, b: &mut Builder) -> Num {
        // The layout has as many slots as the loop takes.
        let piece = self.pieces.pop().expect("slots are left");
        let blob = b.unstash_bytes(piece.blob);
        let (rest, slot) = Slots { blob, slot_len: piece.slot_len, bits: piece.bits }.split_last(b);
        if let Some(rest) = rest {
            self.pieces.push(StashedPiece { blob: b.stash_bytes(rest), ..piece });
        }
        b.number_below(slot, piece.bits)
    }
}
