//! How many hints there are, and where the Miller loop is cut into chunks.

use crate::bn254::{LOOP_DIGITS, N_DOUBLINGS, n_lines};

/// Bytes of one hint coefficient.
pub(crate) const COEFF_LEN: usize = 32;
/// Bytes of a slope: two coefficients.
pub(crate) const SLOPE_LEN: usize = 2 * COEFF_LEN;
/// Bytes of a representative or of a slot of the quotient: six coefficients.
pub(crate) const SIX_LEN: usize = 6 * COEFF_LEN;
/// Coordinates of A, B and C.
pub(crate) const N_COORDINATES: usize = 8;
/// Numbers of the proof part: coordinates, and the scales of A and C.
pub(crate) const PROOF_NUMBERS: usize = N_COORDINATES + 2;

/// Degree in w of what each multiplication adds to f: two lines, a table entry, the residue witness.
const LINES_DEGREE: usize = 2 * 21;
const ENTRY_DEGREE: usize = 10;
/// Degree of a representative, by which a chunk starts and its relation ends.
const REPRESENTATIVE_DEGREE: usize = 10;

/// The final relation, with the residue witness at three Frobenius points, has this much degree whatever the chunks.
const MIN_QUOTIENT_SLOTS: usize = 21;
/// Where the search ends: the cheapest size lies well below (docs/math/verifier.md, "One identity").
const MAX_QUOTIENT_SLOTS: usize = 40;
/// Bytes that a representative takes: the hint, its slot read and its relation.
const REPRESENTATIVE_COST: usize = SIX_LEN + 43;
/// Bytes that a slot of the quotient takes: the hint and its slot read.
const QUOTIENT_SLOT_COST: usize = SIX_LEN + 11;

/// Shape of the verifier's hints; a function of the public input's length alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Digits of four bits of the public input given at spending, one a step of the loop's end.
    pub(crate) n_digits: usize,
    /// Whether a chunk ends after each of the 64 steps.
    pub(crate) cuts: Vec<bool>,
    /// Slots of six coefficients of the quotient.
    pub(crate) n_quotient_slots: usize,
}

impl Layout {
    /// The layout for `input_len` bytes of public input given at spending: among all sizes of the quotient, the one
    /// with the fewest bytes in both scripts.
    pub(crate) fn new(input_len: usize) -> Self {
        let cost = |layout: &Self| {
            layout.n_representatives() * REPRESENTATIVE_COST + layout.n_quotient_slots * QUOTIENT_SLOT_COST
        };
        let candidates = (MIN_QUOTIENT_SLOTS..=MAX_QUOTIENT_SLOTS).map(|n| Self::with_quotient(input_len, n));
        candidates.min_by_key(cost).expect("the range of quotient sizes is not empty")
    }

    /// The longest chunks that a quotient of `n_quotient_slots` slots can pay for.
    pub(crate) fn with_quotient(input_len: usize, n_quotient_slots: usize) -> Self {
        let n_digits = 2 * input_len;
        let first_digit = N_DOUBLINGS - n_digits;
        // The total has the degree of a relation plus one (factor w), and w P6 takes 13 of it.
        let max_degree = 2 * (6 * n_quotient_slots - 1) + 13;
        let after_step = |degree: usize, k: usize| {
            let mut degree = 2 * degree + LINES_DEGREE;
            if k >= first_digit {
                degree += ENTRY_DEGREE;
            }
            if LOOP_DIGITS[k] != 0 {
                degree += LINES_DEGREE + REPRESENTATIVE_DEGREE;
            }
            degree
        };
        let mut cuts = vec![false; N_DOUBLINGS];
        let mut degree = REPRESENTATIVE_DEGREE;
        for k in 0..N_DOUBLINGS {
            let grown = after_step(degree, k);
            if k > 0 && grown + REPRESENTATIVE_DEGREE > max_degree {
                cuts[k - 1] = true;
                degree = after_step(REPRESENTATIVE_DEGREE, k);
            } else {
                degree = grown;
            }
        }
        cuts[N_DOUBLINGS - 1] = true;
        Self { n_digits, cuts, n_quotient_slots }
    }

    pub(crate) fn input_len(&self) -> usize {
        self.n_digits / 2
    }

    pub(crate) fn n_representatives(&self) -> usize {
        self.cuts.iter().filter(|cut| **cut).count()
    }

    pub(crate) fn quotient_len(&self) -> usize {
        self.n_quotient_slots * SIX_LEN
    }

    /// Representatives in reverse order of use, then the residue witness.
    pub(crate) fn representatives_len(&self) -> usize {
        (self.n_representatives() + 1) * SIX_LEN
    }

    pub(crate) fn slopes_len(&self) -> usize {
        n_lines() * SLOPE_LEN
    }

    /// The digit used at step `k`, if any.
    pub(crate) fn digit_of_step(&self, k: usize) -> Option<usize> {
        k.checked_sub(N_DOUBLINGS - self.n_digits)
    }
}
