//! What a circuit says of a list of logits: the class, its score, or membership of the best k.

use super::range::bits_of;
use crate::circuit::build::{Builder, complement};
use crate::circuit::derive::Derivation;
use crate::circuit::error::CircuitError;
use crate::circuit::r1cs::{Linear, WireIdx};
use crate::circuit::value::Value;
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;

/// Where the claimed class stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClassWire {
    /// It is a public input of its own.
    Public(WireIdx),
    /// It is part of a packed one.
    Packed,
}

/// A claimed class, and how far its logit is ahead of each rival.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// The class as a number.
    pub(crate) class: Linear,
    /// Its logit.
    pub(crate) logit: Value,
    /// `L_c - L - [the rival's index is below c]` for each of the n - 1 rivals.
    pub(crate) leads: Vec<Value>,
    /// The selectors that are wires, with the class that each stands for.
    pub(crate) selectors: Vec<(usize, WireIdx)>,
}

/// Constraints of [`Builder::select`] among `n` classes.
pub(crate) const fn n_select_constraints(n: usize) -> usize {
    n + (n - 1)
}

/// Constraints of [`Builder::argmax`] among `n` classes with leads of `bits` bits: 9 K + 19 for ten classes.
pub(crate) const fn n_argmax_constraints(n: usize, bits: usize) -> usize {
    n_select_constraints(n) + (n - 1) * bits
}

/// Constraints of [`Builder::top_k`] among `n` classes, for k > 1: 9 K + 37 for ten classes.
pub(crate) const fn n_top_k_constraints(n: usize, bits: usize) -> usize {
    n_select_constraints(n) + (n - 1) * (bits + 2)
}

impl Builder {
    /// Selects one of at least two logits. `2 n - 1` constraints: n booleans and n - 1 products.
    ///
    /// The selectors s_i are boolean and add up to 1, because s_0 is `1 - sum of the others`, and boolean too. The
    /// class is the sum of `i s_i`: where it is a public input, s_1 is what the others leave of it.
    /// `p_i = s_i (L_i - L_(n-1))` moves the selected logit into the place of the last one, and the last one into its.
    pub(crate) fn select(&mut self, scope: &str, logits: &[Value], class: ClassWire) -> Selection {
        let n = logits.len();
        let label = self.label(&format!("{scope}.selector"));
        let first = if matches!(class, ClassWire::Public(_)) { 2 } else { 1 };
        let wires: Vec<_> = (first..n).map(|i| (i, self.witness(label.at(i)))).collect();
        let number = |i: usize| Fr::from(i as u64);
        let mut selectors = vec![Linear::default(); n];
        let mut claimed = Linear::default();
        for (i, wire) in &wires {
            selectors[*i] = Linear::wire(*wire);
            claimed.add(number(*i), *wire);
        }
        if let ClassWire::Public(public) = class {
            selectors[1] = Linear::wire(public);
            selectors[1].add_scaled(-Fr::one(), &claimed);
            claimed = Linear::wire(public);
        }
        let mut others = Linear::default();
        selectors[1..].iter().for_each(|selector| others.add_scaled(Fr::one(), selector));
        selectors[0] = complement(&others);
        for (i, selector) in selectors.iter().enumerate() {
            self.enforce_boolean(label.at(i), selector);
        }
        let (lo, hi) = ends(logits);
        let last = &logits[n - 1];
        let label = self.label(&format!("{scope}.selected"));
        let mut logit = Value { linear: last.linear.clone(), lo: lo.clone(), hi: hi.clone() };
        let mut moved = Vec::with_capacity(n - 1);
        for i in 0..n - 1 {
            let difference = logits[i].clone().minus(last);
            let product = self.product(label.at(i), selectors[i].clone(), difference.linear);
            logit.linear.add(Fr::one(), product);
            moved.push(product);
        }
        let lead = |i: usize| {
            let mut linear = logit.linear.clone();
            linear.add_scaled(-Fr::one(), &logits[i].linear);
            linear.add(Fr::one(), moved[i]);
            // [i < c]: the selectors above i.
            selectors[i + 1..].iter().for_each(|higher| linear.add_scaled(-Fr::one(), higher));
            Value { linear, lo: &lo - &hi - 1, hi: &hi - &lo }
        };
        let leads = (0..n - 1).map(lead).collect();
        Selection { class: claimed, logit, leads, selectors: wires }
    }

    /// The claimed class has the largest logit, and no class of lower index has it too: every lead is a number of
    /// `bits` bits. [`n_argmax_constraints`].
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a negative lead could pass modulo r.
    pub(crate) fn argmax(&mut self, scope: &str, selection: &Selection, bits: usize) -> Result<(), CircuitError> {
        let label = self.label(&format!("{scope}.lead"));
        let max = (BigInt::one() << bits) - 1;
        selection.leads.iter().enumerate().try_for_each(|(i, lead)| self.enforce_range(label.at(i), lead, &max))
    }

    /// The claimed class's logit is at least `min_score`, any residue, read as the integer of least magnitude. `bits`
    /// constraints.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a lower score could pass modulo r: for logits of more than about 250 bits.
    pub(crate) fn score(&mut self, scope: &str, selection: &Selection, min_score: WireIdx) -> Result<(), CircuitError> {
        let end = (&self.modulus - 1) / 2;
        let min_score = Value::wire(min_score, -&end, end);
        let label = self.label(&format!("{scope}.score"));
        let excess = selection.logit.clone().minus(&min_score);
        let max = (BigInt::one() << score_bits(&selection.logit.lo, &selection.logit.hi)) - 1;
        self.enforce_range(label.only(), &excess, &max)
    }

    /// At most `k - 1` classes are better than the claimed one, for `2 <= k < n`; of equal logits the lower index is
    /// better. [`n_top_k_constraints`].
    ///
    /// Exactly `k - 1` rivals are exempt: flags that are boolean, the first of them being what the others leave of
    /// `k - 1`. A lead times `1 - flag` is a number of `bits` bits.
    ///
    /// # Errors
    /// [`CircuitError::Wraps`] if a negative lead could pass modulo r.
    pub(crate) fn top_k(
        &mut self,
        scope: &str,
        selection: &Selection,
        k: usize,
        bits: usize,
    ) -> Result<(), CircuitError> {
        let exempt = self.label(&format!("{scope}.exempt"));
        let n_rivals = selection.leads.len();
        let wires: Vec<_> = (1..n_rivals).map(|i| self.witness(exempt.at(i))).collect();
        let mut flags = vec![Linear::constant(Fr::from((k - 1) as u64))];
        for wire in &wires {
            flags[0].add(-Fr::one(), *wire);
            flags.push(Linear::wire(*wire));
        }
        for (i, flag) in flags.iter().enumerate() {
            self.enforce_boolean(exempt.at(i), flag);
        }
        if let Some(first) = wires.first() {
            let (count, exempt) = (n_rivals as u16, (k - 1) as u16);
            self.derive(Derivation::Smallest { row: self.next_row(), count, first: *first, exempt });
        }
        let counted = self.label(&format!("{scope}.counted"));
        let mut gated = Vec::with_capacity(n_rivals);
        for (i, (flag, lead)) in flags.iter().zip(&selection.leads).enumerate() {
            let wire = self.product(counted.at(i), complement(flag), lead.linear.clone());
            gated.push(Value::wire(wire, lead.lo.clone(), lead.hi.clone()));
        }
        let label = self.label(&format!("{scope}.lead"));
        let max = (BigInt::one() << bits) - 1;
        gated.iter().enumerate().try_for_each(|(i, lead)| self.enforce_range(label.at(i), lead, &max))
    }
}

/// Least and largest end of all logits.
fn ends(logits: &[Value]) -> (BigInt, BigInt) {
    let lo = logits.iter().map(|logit| &logit.lo).min().cloned().unwrap_or_default();
    let hi = logits.iter().map(|logit| &logit.hi).max().cloned().unwrap_or_default();
    (lo, hi)
}

/// Bits of a score's excess over the least score: those of the span of all logits.
pub(crate) fn score_bits(lo: &BigInt, hi: &BigInt) -> usize {
    bits_of(&(hi - lo)).max(1)
}
