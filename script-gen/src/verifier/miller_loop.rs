//! The Miller loop at one point: lines of both pairs, squarings, public-input digits, residue witness, chunks.

use super::{
    curve::{EvalPoint, HintedPoints, ScaledPoint, ScriptPair},
    layout::Layout,
    relations::Relations,
    slots::Slots,
};
use crate::{
    bn254::LOOP_DIGITS,
    ir::{Builder, Bytes, Leaf, Num, Table},
};

/// A value of Fq12 at z and at -z. Conjugation swaps the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evaluated {
    pub(super) plus: Num,
    pub(super) minus: Num,
}

impl Evaluated {
    /// `a(v) + w`: `a + z` at z, `a - z` at -z.
    pub(super) fn representative(b: &mut Builder, a: Num, w: Num) -> Self {
        Self { plus: b.add(a, w), minus: b.sub(a, w) }
    }

    pub(super) fn conjugate(self) -> Self {
        Self { plus: self.minus, minus: self.plus }
    }

    pub(super) fn multiply(&mut self, b: &mut Builder, factor: Self) {
        self.plus = b.mul(self.plus, factor.plus);
        self.minus = b.mul(self.minus, factor.minus);
    }

    fn square(&mut self, b: &mut Builder) {
        self.plus = b.square(self.plus);
        self.minus = b.square(self.minus);
    }
}

/// What a line is drawn through.
#[derive(Clone, Copy, Debug)]
enum LineKind {
    Tangent,
    /// Through the base point or its negative.
    Base(i8),
    /// Through psi(Q).
    Psi1,
    /// Through -psi^2(Q).
    MinusPsi2,
}

/// One pair while the loop runs.
#[derive(Debug)]
struct Runner {
    pair: ScriptPair,
    t: ScaledPoint,
    slopes: Slots,
    slope_leaf: fn(usize) -> Leaf,
    n_taken: usize,
}

impl Runner {
    /// Takes the next scaled slope, checks it if it is a hint, moves the running point; answers `n = N + slope X`: the
    /// line is `1 + n` at z and `1 - n` at -z.
    fn line(&mut self, b: &mut Builder, kind: LineKind, relations: &mut Relations) -> Num {
        let slope = self.slopes.take_last(b);
        b.mark((self.slope_leaf)(self.n_taken), slope);
        self.n_taken += 1;
        let ScaledPoint { x, n } = self.t;
        if let Some(HintedPoints { psi_1_n, .. }) = self.pair.hinted {
            let base = self.pair.base;
            match kind {
                LineKind::Tangent => {
                    let value = self.tangent_relation(b, slope);
                    relations.even.verify_zero(b, value);
                }
                LineKind::Base(sign) => self.verify_chord(b, slope, base, sign, relations),
                LineKind::Psi1 => {
                    let added = ScaledPoint { x: self.pair.psi_1_x, n: psi_1_n };
                    self.verify_chord(b, slope, added, 1, relations);
                }
                LineKind::MinusPsi2 => {
                    let added = ScaledPoint { x: self.pair.minus_psi_2_x, n: base.n };
                    self.verify_chord(b, slope, added, 1, relations);
                }
            }
        }
        let product = b.mul(slope, x);
        let line = b.add(product, n);
        let square = b.square(slope);
        let next_x = match kind {
            LineKind::Tangent => {
                let twice = b.double(x);
                let rest = b.sub(square, twice);
                b.sub(rest, self.pair.kappa_3)
            }
            LineKind::Base(_) => {
                let rest = b.sub(square, x);
                b.sub(rest, self.pair.base_offset)
            }
            LineKind::Psi1 | LineKind::MinusPsi2 => {
                let psi_1 = matches!(kind, LineKind::Psi1);
                let added_x = if psi_1 { self.pair.psi_1_x } else { self.pair.minus_psi_2_x };
                let rest = b.sub(square, x);
                let rest = b.sub(rest, added_x);
                b.sub(rest, self.pair.kappa_3)
            }
        };
        let product = b.mul(slope, next_x);
        self.t = ScaledPoint { x: next_x, n: b.sub(product, line) };
        line
    }

    /// `6 slope N + (3 X + 3 kappa)^2 = 0`, that is `2 y slope = 3 x^2`: even in w.
    fn tangent_relation(&self, b: &mut Builder, slope: Num) -> Num {
        let six = b.int(6);
        let three = b.int(3);
        let left = b.mul(slope, self.t.n);
        let left = b.mul(left, six);
        let x = b.mul(self.t.x, three);
        let x = b.add(x, self.pair.kappa_3);
        let right = b.square(x);
        b.add(left, right)
    }

    /// `N - sign N_Q - slope (X_Q - X) = 0`, that is `y_Q - y = slope (x_Q - x)`: odd in w.
    fn verify_chord(&self, b: &mut Builder, slope: Num, q: ScaledPoint, sign: i8, relations: &mut Relations) {
        let rise = if sign > 0 { b.sub(self.t.n, q.n) } else { b.add(self.t.n, q.n) };
        let run = b.sub(q.x, self.t.x);
        let product = b.mul(slope, run);
        let difference = b.sub(rise, product);
        relations.odd.verify_zero(b, difference);
        relations.odd.settle(b);
    }
}

/// The loop's inputs beside the pairs.
#[derive(Debug)]
pub(super) struct LoopHints {
    pub(super) slopes_b: Slots,
    pub(super) slopes_delta: Slots,
    pub(super) representatives: Slots,
    /// The public input's bytes and the table their digits select from.
    pub(super) input: Option<(Bytes, Table)>,
    /// The residue witness.
    pub(super) d: Evaluated,
}

struct DigitReader {
    rest: Bytes,
    table: Table,
    byte: Option<Bytes>,
    n_read: usize,
}

impl DigitReader {
    /// The table entry of the next digit: the high nibble of each byte first, the public input's own bytes.
    fn next_entry(&mut self, b: &mut Builder) -> Num {
        let nibble = match self.byte.take() {
            None => {
                let byte = if self.rest.len == 1 {
                    self.rest
                } else {
                    let (byte, rest) = b.split(self.rest, 1);
                    self.rest = rest;
                    byte
                };
                self.byte = Some(byte);
                b.shift_right(byte, 4)
            }
            Some(byte) => {
                let mask = b.inline_byte(0x0f);
                b.and(byte, mask)
            }
        };
        // Four bits, so below the table's sixteen entries.
        let digit = b.number_below(nibble, 4);
        let entry = b.lookup(&self.table, digit);
        b.mark(Leaf::TableEntry(self.n_read), entry);
        self.n_read += 1;
        entry
    }
}

/// Runs the loop over both pairs and answers the value after the last chunk, with the last two lines multiplied in.
///
/// Relations added: a slope check for every line of B (tangents even, chords odd), one for each chunk (odd), and that
/// B's running point ends at -psi^3(B) (x even, y odd).
pub(super) fn miller_loop(
    b: &mut Builder,
    layout: &Layout,
    point: EvalPoint,
    pairs: [ScriptPair; 2],
    hints: LoopHints,
    relations: &mut Relations,
) -> Evaluated {
    let LoopHints { slopes_b, slopes_delta, representatives, input, d } = hints;
    let mut representatives = representatives.stash(b);
    let [pair_b, pair_delta] = pairs;
    let runner = |pair: ScriptPair, slopes, slope_leaf| Runner { pair, t: pair.base, slopes, slope_leaf, n_taken: 0 };
    let mut runners = [
        runner(pair_b, slopes_b, Leaf::SlopeB as fn(usize) -> Leaf),
        runner(pair_delta, slopes_delta, Leaf::SlopeDelta),
    ];
    let mut digits = input.map(|(rest, table)| DigitReader { rest, table, byte: None, n_read: 0 });
    let mut f = d;
    let mut n_chunks = 0;
    for (k, digit) in LOOP_DIGITS.iter().enumerate() {
        f.square(b);
        if let (Some(_), Some(reader)) = (layout.digit_of_step(k), &mut digits) {
            b.fragment("public_input", |b| {
                let entry = reader.next_entry(b);
                let entry = Evaluated::representative(b, entry, point.z);
                f.multiply(b, entry);
            });
        }
        b.fragment("doubling", |b| multiply_lines(b, &mut f, &mut runners, LineKind::Tangent, relations));
        if *digit != 0 {
            b.fragment("addition", |b| {
                multiply_lines(b, &mut f, &mut runners, LineKind::Base(*digit), relations);
                f.multiply(b, if *digit > 0 { d } else { d.conjugate() });
            });
        }
        if layout.cuts[k] {
            b.fragment("chunk", |b| {
                // The sum of odd relations lies above the representatives.
                relations.odd.lift(b);
                let a = representatives.take_last(b);
                b.mark(Leaf::Representative(n_chunks), a);
                let claimed = Evaluated::representative(b, a, point.z);
                verify_same_class(b, f, claimed, relations);
                relations.odd.settle(b);
                f = claimed;
                n_chunks += 1;
            });
        }
    }
    b.fragment("frobenius_lines", |b| {
        multiply_lines(b, &mut f, &mut runners, LineKind::Psi1, relations);
        multiply_lines(b, &mut f, &mut runners, LineKind::MinusPsi2, relations);
    });
    b.fragment("subgroup", |b| {
        let runner = &runners[0];
        if let Some(HintedPoints { psi_1_n, end_x }) = runner.pair.hinted {
            let difference = b.sub(runner.t.x, end_x);
            relations.even.verify_zero(b, difference);
            let difference = b.sub(runner.t.n, psi_1_n);
            relations.odd.verify_zero(b, difference);
        }
    });
    f
}

/// Multiplies f by the lines of both pairs: `(1 + n_1)(1 + n_2) = (1 + n_1 n_2) + (n_1 + n_2)`, and with both signs
/// turned at -z.
fn multiply_lines(
    b: &mut Builder,
    f: &mut Evaluated,
    runners: &mut [Runner; 2],
    kind: LineKind,
    relations: &mut Relations,
) {
    let [first, second] = runners;
    let n_1 = first.line(b, kind, relations);
    let n_2 = second.line(b, kind, relations);
    let sum = b.add(n_1, n_2);
    let product = b.mul(n_1, n_2);
    let product = b.inc(product);
    let lines = Evaluated { plus: b.add(product, sum), minus: b.sub(product, sum) };
    f.multiply(b, lines);
}

/// `f+ (a - z) - f- (a + z) = 0`: f and `a + w` differ by a factor in Fq6.
pub(super) fn verify_same_class(b: &mut Builder, f: Evaluated, claimed: Evaluated, relations: &mut Relations) {
    let left = b.mul(f.plus, claimed.minus);
    let right = b.mul(f.minus, claimed.plus);
    let difference = b.sub(left, right);
    relations.odd.verify_zero(b, difference);
}
