//! Linear combinations of wires while a circuit is being built.

use super::WireIdx;
use ark_bn254::Fr;
use ark_ff::{One, Zero};

/// A linear combination of wires.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linear(Vec<(Fr, WireIdx)>);

impl Linear {
    pub(crate) fn constant(value: Fr) -> Self {
        Self::default().plus(value, WireIdx::ONE)
    }

    pub(crate) fn wire(wire: WireIdx) -> Self {
        Self::default().plus(Fr::one(), wire)
    }

    /// Adds `coefficient * wire`.
    pub(crate) fn plus(mut self, coefficient: Fr, wire: WireIdx) -> Self {
        self.add(coefficient, wire);
        self
    }

    pub(crate) fn add(&mut self, coefficient: Fr, wire: WireIdx) {
        self.0.push((coefficient, wire));
    }

    /// Adds `coefficient * other`.
    pub(crate) fn add_scaled(&mut self, coefficient: Fr, other: &Self) {
        self.0.extend(other.0.iter().map(|(c, wire)| (*c * coefficient, *wire)));
    }

    /// The value of a combination of nothing but the constant one.
    pub(crate) fn as_constant(&self) -> Option<Fr> {
        let constant = self.0.iter().all(|(_, wire)| *wire == WireIdx::ONE);
        constant.then(|| self.0.iter().map(|(coefficient, _)| coefficient).sum())
    }

    /// The value under `wires`, which must reach every wire mentioned.
    #[cfg(test)]
    pub(crate) fn value(&self, wires: &[Fr]) -> Fr {
        self.0.iter().map(|(coefficient, wire)| *coefficient * wires[wire.index()]).sum()
    }

    /// One term per wire, in the order of the wires, without zeros: what the matrices store.
    pub(crate) fn normalised(mut self) -> Self {
        if !self.0.is_sorted_by_key(|(_, wire)| *wire) {
            self.0.sort_unstable_by_key(|(_, wire)| *wire);
        }
        self.0.dedup_by(|next, kept| {
            let same = next.1 == kept.1;
            if same {
                kept.0 += next.0;
            }
            same
        });
        self.0.retain(|(coefficient, _)| !coefficient.is_zero());
        self
    }

    /// The terms of [`Linear::normalised`].
    pub(super) fn row(self) -> Vec<(Fr, WireIdx)> {
        self.normalised().0
    }
}
