//! What the running value f is multiplied by, in order, where it is cut into chunks, and so how many hints there are.

use std::ops::Range;

use chain_types::ScriptLimits;

use super::public_input::OpenInput;
use crate::bn254::{CHAIN, ChainOp, N_DOUBLINGS, n_lines};

/// Bytes of one hint coefficient.
pub(crate) const COEFF_LEN: usize = 32;
/// Bytes of a slope: two coefficients.
pub(crate) const SLOPE_LEN: usize = 2 * COEFF_LEN;
/// Bytes of a representative or of a slot of the quotient: six coefficients.
pub(crate) const SIX_LEN: usize = 6 * COEFF_LEN;
/// Numbers that stand for points: kappa of A, the coordinates of B, kappa of C.
pub(crate) const N_COORDINATES: usize = 6;
/// Numbers of the proof part: those, and the scales of A and C.
pub(crate) const PROOF_NUMBERS: usize = N_COORDINATES + 2;

/// Where the search for the best quotient begins and ends: slots are added up by halves, and more than five times would
/// make their sums too long for a slot.
const QUOTIENT_SLOTS: std::ops::RangeInclusive<usize> = 12..=32;
/// Bytes that a representative takes: the hint, its slot read and its relation.
const REPRESENTATIVE_COST: usize = SIX_LEN + 43;
/// Bytes that a slot of the quotient takes: the hint and its slot read.
const QUOTIENT_SLOT_COST: usize = SIX_LEN + 11;

/// Bytes that one evaluation of a blob takes.
const EVALUATION_COST: usize = 95;

/// What a line is drawn through beside the running point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chord {
    /// A multiple of the base point.
    Multiple(i8),
    /// psi(Q)
    Psi1,
    /// -psi^2(Q)
    MinusPsi2,
}

/// One operation on f.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopOp {
    /// Squares it and multiplies it by the next tangent of each pair.
    Double,
    /// Multiplies it by the next line of each pair, no tangent.
    Chord(Chord),
    /// Multiplies it by what f was at this multiple of the base point; by the conjugate if negative.
    Power(i8),
    /// Multiplies it by the table entry of a digit of an open public input.
    Digit {
        /// Which of the open inputs.
        input: usize,
        /// Which of its digits.
        digit: usize,
    },
    /// Replaces it by its representative and keeps that for later [`LoopOp::Power`]s.
    Keep(u8),
    /// Multiplies it by the residue witness to the power `q^k`, or its conjugate for k = 2.
    Frobenius(u32),
}

/// Bounds on the degrees in w of the even and the odd part of a polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Degrees {
    even: usize,
    odd: usize,
}

impl Degrees {
    /// `a(v) + w`
    const REPRESENTATIVE: Self = Self { even: 10, odd: 1 };
    /// `a(v) + w` with a of degree 4
    const TABLE_ENTRY: Self = Self { even: 8, odd: 1 };
    /// The product of two lines `1 + n`: scaled slopes have degree 7, X has 14, N and n have 21.
    const LINES: Self = Self { even: 42, odd: 21 };
    /// The residue witness at `g w` and `g^2 v`, of degrees 7 and 8.
    const TWISTED_WITNESS: Self = Self { even: 40, odd: 7 };

    fn times(self, other: Self) -> Self {
        Self {
            even: (self.even + other.even).max(self.odd + other.odd),
            odd: (self.even + other.odd).max(self.odd + other.even),
        }
    }

    /// Degrees after an operation on a value of these.
    fn after(self, op: LoopOp) -> Self {
        match op {
            LoopOp::Double => self.times(self).times(Self::LINES),
            LoopOp::Chord(_) => self.times(Self::LINES),
            LoopOp::Digit { .. } => self.times(Self::TABLE_ENTRY),
            LoopOp::Power(_) | LoopOp::Frobenius(2) => self.times(Self::REPRESENTATIVE),
            LoopOp::Frobenius(_) => self.times(Self::TWISTED_WITNESS),
            LoopOp::Keep(_) => Self::REPRESENTATIVE,
        }
    }

    /// Degree of the relation that the value is of the class of a representative.
    fn of_relation(self) -> usize {
        (self.odd + Self::REPRESENTATIVE.even).max(self.even + Self::REPRESENTATIVE.odd)
    }
}

/// Shape of the verifier's hints; a function of the open public inputs' shapes alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What happens to f, which starts as the residue witness.
    pub(crate) ops: Vec<LoopOp>,
    /// Whether f is replaced by its representative before each operation.
    pub(crate) cuts: Vec<bool>,
    /// Slots of six coefficients of the quotient.
    pub(crate) n_quotient_slots: usize,
    /// Slots of six coefficients that are evaluated at once: the quotient's and more.
    pub(crate) slots_at_once: usize,
    /// Constants of tables that are evaluated at once: one table's or more.
    constants_at_once: usize,
    /// Public inputs given at spending.
    pub(crate) inputs: Vec<OpenInput>,
}

impl Layout {
    /// The layout for these open inputs: among all sizes of the quotient, the one with the fewest bytes in both scripts.
    pub(crate) fn new(inputs: Vec<OpenInput>, limits: ScriptLimits) -> Self {
        let ops = loop_ops(&inputs);
        let slots_at_once = max_slots(6, limits.max_script_num_len).max(1);
        let cost = |(n_slots, cuts): &(usize, Vec<bool>)| {
            let n_representatives = n_representatives(&ops, cuts);
            let evaluations = (n_slots + n_representatives).div_ceil(slots_at_once);
            n_representatives * REPRESENTATIVE_COST + n_slots * QUOTIENT_SLOT_COST + evaluations * EVALUATION_COST
        };
        let candidates = QUOTIENT_SLOTS.filter_map(|n| Some((n, longest_chunks(&ops, n)?)));
        // The largest size takes every operation after a cut.
        let (n_quotient_slots, cuts) = candidates.min_by_key(cost).expect("the range of quotient sizes has fits");
        // A limit below these is too tight for the slopes, and refused for them.
        let slots_at_once = slots_at_once.max(n_quotient_slots + 1);
        let largest_table = inputs.iter().map(OpenInput::n_constants).max().unwrap_or(0);
        let constants_at_once = max_slots(4, limits.max_script_num_len).max(largest_table);
        Self { ops, cuts, n_quotient_slots, slots_at_once, constants_at_once, inputs }
    }

    pub(crate) fn n_representatives(&self) -> usize {
        n_representatives(&self.ops, &self.cuts)
    }

    /// Open inputs whose tables are evaluated at once: as many in a row as fit the longest number.
    pub(crate) fn table_groups(&self) -> impl Iterator<Item = Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut n_constants = 0;
        for (k, input) in self.inputs.iter().enumerate() {
            n_constants += input.n_constants();
            match groups.last_mut() {
                Some(group) if n_constants <= self.constants_at_once => group.end = k + 1,
                _ => {
                    groups.push(k..k + 1);
                    n_constants = input.n_constants();
                }
            }
        }
        groups.into_iter()
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
}

/// All operations on f.
fn loop_ops(inputs: &[OpenInput]) -> Vec<LoopOp> {
    // What is kept must hold no public input: digits due before the last keep are multiplied in after it, as often as the
    // squarings since would have made of once.
    let last_kept = CHAIN.iter().rposition(|op| matches!(op, ChainOp::Keep(_))).unwrap_or(0);
    let steps_until = |at: usize| CHAIN[..=at].iter().filter(|op| matches!(op, ChainOp::Double(_))).count();
    let first_step = steps_until(last_kept) - 1;
    let digits_of = |step: usize, times: usize| {
        let due = inputs.iter().enumerate().filter_map(move |(input, open)| {
            let digit = step.checked_sub(N_DOUBLINGS - open.n_digits)?;
            Some(LoopOp::Digit { input, digit })
        });
        due.flat_map(move |op| std::iter::repeat_n(op, times))
    };
    let mut ops = Vec::new();
    for (at, op) in CHAIN.iter().enumerate() {
        match *op {
            ChainOp::Double(_) => ops.push(LoopOp::Double),
            ChainOp::Add(m) => ops.extend([LoopOp::Chord(Chord::Multiple(m)), LoopOp::Power(m)]),
            ChainOp::Keep(m) => ops.push(LoopOp::Keep(m)),
        }
        if matches!(CHAIN.get(at + 1), None | Some(ChainOp::Double(_))) {
            let step = steps_until(at) - 1;
            if step == first_step {
                (0..step).for_each(|early| ops.extend(digits_of(early, 1 << (step - early))));
            }
            if step >= first_step {
                ops.extend(digits_of(step, 1));
            }
        }
    }
    ops.extend([LoopOp::Chord(Chord::Psi1), LoopOp::Chord(Chord::MinusPsi2)]);
    ops.extend([LoopOp::Frobenius(1), LoopOp::Frobenius(2), LoopOp::Frobenius(3)]);
    ops
}

/// The longest chunks that a quotient of `n_slots` slots can pay for, so the fewest; `None` if some operation alone is
/// too much.
fn longest_chunks(ops: &[LoopOp], n_slots: usize) -> Option<Vec<bool>> {
    // An odd relation is w Q P6 at most: 1 + 2 (6 n - 1) + 12.
    let max_degree = 12 * n_slots + 11;
    let mut degrees = Degrees::REPRESENTATIVE;
    let mut cuts = Vec::with_capacity(ops.len());
    for op in ops {
        let grown = degrees.after(*op);
        // A keep is a cut of its own, whose relation the operation before has paid for.
        let cut = grown.of_relation() > max_degree;
        degrees = if cut { Degrees::REPRESENTATIVE.after(*op) } else { grown };
        if degrees.of_relation() > max_degree {
            return None;
        }
        cuts.push(cut);
    }
    Some(cuts)
}

fn n_representatives(ops: &[LoopOp], cuts: &[bool]) -> usize {
    let n_kept = ops.iter().filter(|op| matches!(op, LoopOp::Keep(_))).count();
    n_kept + cuts.iter().filter(|cut| **cut).count()
}

/// Slots of `per_slot` coefficients that can be evaluated at once: the longest number has all but the last slot's upper
/// coefficients, and one coefficient and a few carries more.
const fn max_slots(per_slot: usize, max_number_len: usize) -> usize {
    max_number_len.saturating_sub(1).saturating_add((per_slot - 2) * COEFF_LEN) / (per_slot * COEFF_LEN)
}
