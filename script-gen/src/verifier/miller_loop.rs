//! The Miller loop at one point: lines of both pairs, squarings, public-input digits, residue witness, chunks.

use std::collections::HashMap;

use super::{
    class::{Evaluated, verify_same_class},
    curve::{EvalPoint, FrobeniusCoeffs, HintedPoints, ScaledPoint, ScriptPair},
    inputs::DigitReader,
    layout::{Chord, Layout, LoopOp},
    relations::Relations,
    residue::ResidueWitness,
    slots::{Slots, StashedSlots},
};
use crate::ir::{Builder, Leaf, Num};

/// One pair while the loop runs.
#[derive(Debug)]
struct Runner {
    pair: ScriptPair,
    t: ScaledPoint,
    /// `s^2 x - kappa` of the running point, which lines are drawn with.
    line_x: Num,
    /// Multiples of the base point, itself among them.
    kept: HashMap<u8, ScaledPoint>,
    slopes: Slots,
    slope_leaf: fn(usize) -> Leaf,
    n_taken: usize,
}

impl Runner {
    fn new(b: &mut Builder, pair: ScriptPair, slopes: Slots, slope_leaf: fn(usize) -> Leaf) -> Self {
        let kept = HashMap::from([(1, pair.base)]);
        let line_x = if pair.hinted.is_some() { b.sub(pair.base.x, pair.offset) } else { pair.base.x };
        Self { pair, t: pair.base, line_x, kept, slopes, slope_leaf, n_taken: 0 }
    }

    /// The point that a chord adds and the sign of its y.
    fn added(&self, chord: Chord) -> (ScaledPoint, Sign) {
        let base = self.pair.base;
        match chord {
            Chord::Multiple(m) => (self.kept[&m.unsigned_abs()], if m > 0 { Sign::Plus } else { Sign::Minus }),
            Chord::Psi1 => {
                // Only a hinted pair's chord looks at N.
                let n = self.pair.hinted.map_or(base.n, |h| h.psi_1_n);
                (ScaledPoint { x: self.pair.psi_1_x, n }, Sign::Plus)
            }
            Chord::MinusPsi2 => (ScaledPoint { x: self.pair.minus_psi_2_x, n: base.n }, Sign::Plus),
        }
    }

    /// Takes the next scaled slope, checks it if it is a hint, moves the running point; answers `n = N + slope X`: the
    /// line, a tangent or through the point added, is `1 + n` at z and `1 - n` at -z.
    fn line(&mut self, b: &mut Builder, added: Option<(ScaledPoint, Sign)>, relations: &mut Relations) -> Num {
        let slope = self.slopes.take_last(b);
        b.mark((self.slope_leaf)(self.n_taken), slope);
        self.n_taken += 1;
        if self.pair.hinted.is_some() {
            match added {
                None => {
                    let value = self.tangent_relation(b, slope);
                    relations.even.verify_zero(b, value);
                }
                Some((added, sign)) => self.verify_chord(b, slope, added, sign, relations),
            }
        }
        let ScaledPoint { x, n } = self.t;
        let product = b.mul(slope, self.line_x);
        let line = b.add(product, n);
        let square = b.square(slope);
        let rest = match added {
            None => {
                let twice = b.double(x);
                b.sub(square, twice)
            }
            Some((added, _)) => {
                let rest = b.sub(square, x);
                b.sub(rest, added.x)
            }
        };
        let shifted = b.sub(rest, self.pair.offset);
        self.line_x = shifted;
        let product = b.mul(slope, shifted);
        let x = if self.pair.hinted.is_some() { rest } else { shifted };
        self.t = ScaledPoint { x, n: b.sub(product, line) };
        line
    }

    /// `2 slope N + 3 X^2 = 0`, that is `2 y slope = 3 x^2`: even in w.
    fn tangent_relation(&self, b: &mut Builder, slope: Num) -> Num {
        let product = b.mul(slope, self.t.n);
        let left = b.double(product);
        let square = b.square(self.t.x);
        let three = b.int(3);
        let right = b.mul(square, three);
        b.add(left, right)
    }

    /// `N - sign N_Q - slope (X_Q - X) = 0`, that is `y_Q - y = slope (x_Q - x)`: odd in w.
    fn verify_chord(&self, b: &mut Builder, slope: Num, q: ScaledPoint, sign: Sign, relations: &mut Relations) {
        let rise = match sign {
            Sign::Plus => b.sub(self.t.n, q.n),
            Sign::Minus => b.add(self.t.n, q.n),
        };
        let run = b.sub(q.x, self.t.x);
        let product = b.mul(slope, run);
        let difference = b.sub(rise, product);
        relations.odd.verify_zero(b, difference);
        relations.odd.settle(b);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

/// The loop's inputs beside the pairs.
#[derive(Debug)]
pub(super) struct LoopHints {
    pub(super) slopes_b: Slots,
    pub(super) slopes_delta: Slots,
    pub(super) representatives: Vec<Slots>,
    pub(super) inputs: Vec<DigitReader>,
    pub(super) d: ResidueWitness,
}

/// The loop while it is recorded.
pub(super) struct MillerLoop<'a> {
    layout: &'a Layout,
    point: EvalPoint,
    coeffs: FrobeniusCoeffs,
    relations: &'a mut Relations,
    f: Evaluated,
    runners: [Runner; 2],
    representatives: StashedSlots,
    n_representatives: usize,
    inputs: Vec<DigitReader>,
    d: ResidueWitness,
    /// What f was at multiples of the base point, as the even part of a representative.
    kept: HashMap<u8, Num>,
}

impl<'a> MillerLoop<'a> {
    /// Begins with the residue witness as f.
    pub(super) fn new(
        b: &mut Builder,
        layout: &'a Layout,
        (point, coeffs): (EvalPoint, FrobeniusCoeffs),
        [pair_b, pair_delta]: [ScriptPair; 2],
        hints: LoopHints,
        relations: &'a mut Relations,
    ) -> Self {
        let LoopHints { slopes_b, slopes_delta, representatives, inputs, d } = hints;
        let runners = [
            Runner::new(b, pair_b, slopes_b, Leaf::SlopeB),
            Runner::new(b, pair_delta, slopes_delta, Leaf::SlopeDelta),
        ];
        let representatives = Slots::stash_all(b, &representatives);
        let f = Evaluated::representative(b, d.at_z, point.z);
        let kept = HashMap::from([(1, d.at_z)]);
        Self { layout, point, coeffs, relations, f, runners, representatives, n_representatives: 0, inputs, d, kept }
    }

    /// Records all operations and answers f at the end: with the last two lines and all powers of the residue witness
    /// multiplied in.
    ///
    /// Relations added: a slope check for every line of B (tangents even, chords odd), one for each representative (odd),
    /// and that B's running point ends at -psi^3(B) (x even, y odd).
    pub(super) fn run(mut self, b: &mut Builder) -> Evaluated {
        let last_kept = self.layout.ops.iter().rposition(|op| matches!(op, LoopOp::Keep(_)));
        for (at, (op, cut)) in self.layout.ops.iter().zip(&self.layout.cuts).enumerate() {
            if *cut {
                self.cut(b);
            }
            self.apply(b, *op);
            if Some(at) == last_kept {
                b.unit("placement", |b| self.place(b));
            }
        }
        self.f
    }

    fn apply(&mut self, b: &mut Builder, op: LoopOp) {
        match op {
            LoopOp::Double => b.unit("doubling", |b| {
                self.f.square(b);
                self.multiply_lines(b, None);
            }),
            LoopOp::Chord(chord) => {
                let unit = if matches!(chord, Chord::Multiple(_)) { "addition" } else { "frobenius_lines" };
                b.unit(unit, |b| self.multiply_lines(b, Some(chord)));
                if chord == Chord::MinusPsi2 {
                    b.unit("subgroup", |b| self.verify_end(b));
                }
            }
            LoopOp::Power(m) => b.unit("power", |b| {
                let power = Evaluated::representative(b, self.kept[&m.unsigned_abs()], self.point.z);
                self.f.multiply(b, if m > 0 { power } else { power.conjugate() });
            }),
            LoopOp::Digit { input, digit } => b.unit("public_input", |b| {
                let entry = self.inputs[input].entry(b, input, digit);
                let entry = Evaluated::representative(b, entry, self.point.z);
                self.f.multiply(b, entry);
            }),
            LoopOp::Keep(m) => {
                let a = self.cut(b);
                self.kept.insert(m, a);
                for runner in &mut self.runners {
                    runner.kept.insert(m, runner.t);
                }
            }
            LoopOp::Frobenius(k) => b.unit("residue", |b| {
                let power = self.d.frobenius(b, k, (self.point, self.coeffs));
                self.f.multiply(b, if k == 2 { power.conjugate() } else { power });
            }),
        }
    }

    /// Replaces f by the next representative, whose even part it answers, and adds the relation that they are of one
    /// class.
    fn cut(&mut self, b: &mut Builder) -> Num {
        b.unit("chunk", |b| {
            // The sum of odd relations lies above the representatives.
            self.relations.odd.lift(b);
            let a = self.representatives.take_last(b);
            b.mark(Leaf::Representative(self.n_representatives), a);
            self.n_representatives += 1;
            let claimed = Evaluated::representative(b, a, self.point.z);
            verify_same_class(b, self.f, claimed, self.relations);
            self.relations.odd.settle(b);
            self.f = claimed;
            a
        })
    }

    /// Multiplies f by the lines of both pairs: `(1 + n_1)(1 + n_2) = (1 + n_1 n_2) + (n_1 + n_2)`, and with both signs
    /// turned at -z.
    fn multiply_lines(&mut self, b: &mut Builder, chord: Option<Chord>) {
        let [n_1, n_2] = self.runners.each_mut().map(|runner| {
            let added = chord.map(|chord| runner.added(chord));
            runner.line(b, added, self.relations)
        });
        let sum = b.add(n_1, n_2);
        let product = b.mul(n_1, n_2);
        let product = b.inc(product);
        let lines = Evaluated { plus: b.add(product, sum), minus: b.sub(product, sum) };
        self.f.multiply(b, lines);
    }

    fn verify_end(&mut self, b: &mut Builder) {
        let runner = &self.runners[0];
        if let Some(HintedPoints { psi_1_n, end_x }) = runner.pair.hinted {
            let difference = b.sub(runner.t.x, end_x);
            self.relations.even.verify_zero(b, difference);
            let difference = b.sub(runner.t.n, psi_1_n);
            self.relations.odd.verify_zero(b, difference);
        }
    }

    /// Moves what the loop reads at every step near the top: a shallow copy takes a byte less. The order is the best that
    /// a search over permutations found; it changes bytes, never meaning.
    fn place(&mut self, b: &mut Builder) {
        let [pair_b, pair_delta] = &mut self.runners;
        let in_order = [
            &mut self.relations.odd.challenge,
            &mut pair_delta.pair.offset,
            &mut self.relations.even.challenge,
            &mut pair_b.pair.offset,
            &mut self.point.z,
        ];
        for value in in_order {
            *value = b.raise(*value);
        }
    }
}
