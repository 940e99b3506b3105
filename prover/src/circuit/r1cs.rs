//! Our own record of a rank-1 constraint system in which every wire and every constraint has a name.
//!
//! Eight bytes a term: coefficients are indexes into a table of the distinct ones, so that a circuit of 10^8 terms
//! fits into a gigabyte.

mod linear;
mod rows;

pub(crate) use linear::Linear;

use super::name::{ConstraintName, Wire};
use crate::digest::Digest;
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use rayon::prelude::*;
use rows::{Coefficients, Rows};
use std::collections::BTreeMap;

/// Names the canonical serialization that [`R1cs::digest`] is the digest of.
const DIGEST_DOMAIN: &str = "provelock r1cs 1";
/// Constraints per leaf of that digest; leaves are hashed in parallel.
const DIGEST_LEAF: usize = 1 << 14;

/// Index of a wire in an assignment: 0 is the constant one, then the public inputs, then the private wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireIdx(u32);

impl WireIdx {
    /// The wire that always carries 1.
    pub(crate) const ONE: Self = Self(0);

    /// The public input `input`, counted from 0.
    pub(crate) const fn public(input: usize) -> Self {
        Self::new(input + 1)
    }

    pub(crate) const fn new(index: usize) -> Self {
        assert!(index <= u32::MAX as usize, "the names of 2^32 wires do not fit in memory");
        Self(index as u32)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The wire `distance` places later.
    pub(super) const fn offset(self, distance: usize) -> Self {
        Self::new(self.index() + distance)
    }
}

/// Named constraints `<A_k, w> * <B_k, w> = <C_k, w>` over the wires `w`.
#[derive(Clone, Debug)]
pub(crate) struct R1cs {
    n_public: usize,
    wires: Vec<Wire>,
    names: Vec<ConstraintName>,
    coefficients: Coefficients,
    /// A, B, C.
    matrices: [Rows; 3],
}

impl R1cs {
    /// No constraint yet; `public` names the public inputs, which are [`WireIdx::public`] in this order.
    pub(crate) fn new(public: impl IntoIterator<Item = Wire>) -> Self {
        let wires: Vec<_> = [Wire::ONE].into_iter().chain(public).collect();
        Self {
            n_public: wires.len() - 1,
            wires,
            names: Vec::new(),
            coefficients: Coefficients::default(),
            matrices: Default::default(),
        }
    }

    pub(crate) fn new_wire(&mut self, name: Wire) -> WireIdx {
        self.wires.push(name);
        WireIdx::new(self.wires.len() - 1)
    }

    pub(crate) fn enforce(&mut self, name: ConstraintName, a: Linear, b: Linear, c: Linear) {
        self.names.push(name);
        for (matrix, linear) in self.matrices.iter_mut().zip([a, b, c]) {
            matrix.push(&mut self.coefficients, &linear.row());
        }
    }

    /// `wire` is 0 or 1: `b * (1 - b) = 0`, and a field has no other roots.
    pub(crate) fn enforce_boolean(&mut self, wire: WireIdx) {
        let name = ConstraintName::Boolean(self.wires[wire.index()]);
        let complement = Linear::constant(Fr::one()).plus(-Fr::one(), wire);
        self.enforce(name, Linear::wire(wire), complement, Linear::default());
    }

    /// `left = right`, as `(left - right) * 1 = 0`.
    pub(crate) fn enforce_equal(&mut self, name: ConstraintName, mut left: Linear, right: &Linear) {
        left.add_scaled(-Fr::one(), right);
        self.enforce(name, left, Linear::constant(Fr::one()), Linear::default());
    }

    pub(crate) fn wires(&self) -> &[Wire] {
        &self.wires
    }

    pub(crate) fn names(&self) -> &[ConstraintName] {
        &self.names
    }

    pub(crate) const fn n_public(&self) -> usize {
        self.n_public
    }

    /// Wires that the verifier knows: the constant one and the public inputs.
    pub(crate) const fn n_known(&self) -> usize {
        1 + self.n_public
    }

    pub(crate) fn n_constraints(&self) -> usize {
        self.names.len()
    }

    /// Nonzero entries of all three matrices.
    pub(crate) fn n_terms(&self) -> usize {
        self.matrices.iter().map(Rows::n_terms).sum()
    }

    /// The product of the two sides of constraint `constraint`.
    pub(crate) fn product(&self, constraint: usize, wires: &[Fr]) -> Fr {
        let [a, b, _] = &self.matrices;
        a.value(constraint, &self.coefficients, wires) * b.value(constraint, &self.coefficients, wires)
    }

    /// The left factor of constraint `row`, where only the wires below `before` count.
    pub(super) fn left_before(&self, row: usize, before: WireIdx, wires: &[Fr]) -> Fr {
        self.matrices[0].value_before(row, before, &self.coefficients, wires)
    }

    /// The right factor of constraint `row`, where only the wires below `before` count.
    pub(super) fn right_before(&self, row: usize, before: WireIdx, wires: &[Fr]) -> Fr {
        self.matrices[1].value_before(row, before, &self.coefficients, wires)
    }

    /// `A w`, `B w` and `C w`: one value per constraint.
    pub(crate) fn evaluate(&self, wires: &[Fr]) -> [Vec<Fr>; 3] {
        let rows = 0..self.n_constraints();
        let evaluate = |matrix: &Rows| {
            rows.clone().into_par_iter().map(|k| matrix.value(k, &self.coefficients, wires)).collect::<Vec<_>>()
        };
        self.matrices.each_ref().map(evaluate)
    }

    /// `weights A`, `weights B` and `weights C`: the rows of each matrix, weighted and added up; one value per wire.
    pub(crate) fn combine_rows(&self, weights: &[Fr]) -> [Vec<Fr>; 3] {
        let [a, b, c] = self.matrices.each_ref();
        let combine = |matrix: &Rows| {
            let mut sums = vec![Fr::zero(); self.wires.len()];
            matrix.add_weighted_rows(&self.coefficients, weights, &mut sums);
            sums
        };
        let (a, (b, c)) = rayon::join(|| combine(a), || rayon::join(|| combine(b), || combine(c)));
        [a, b, c]
    }

    /// Names of the constraints that do not hold, in order; `rows` is what [`R1cs::evaluate`] gave.
    pub(crate) fn violations<'a>(&'a self, rows: &'a [Vec<Fr>; 3]) -> impl Iterator<Item = &'a ConstraintName> {
        let [a, b, c] = rows.each_ref().map(|values| values.iter());
        let sides = a.zip(b).zip(c).zip(&self.names);
        sides.filter(|(((a, b), c), _)| **a * *b != **c).map(|(_, name)| name)
    }

    /// For each wire, whether some constraint fails when that wire alone changes, by its entry of `changes`; `rows` is
    /// what [`R1cs::evaluate`] gave for an assignment that satisfies all constraints.
    pub(super) fn pinned(&self, rows: &[Vec<Fr>; 3], changes: &[Fr]) -> Vec<bool> {
        let mut pinned = vec![false; self.wires.len()];
        let [a, b, c] = rows.each_ref().map(|values| values.iter());
        for (k, ((left, right), product)) in a.zip(b).zip(c).enumerate() {
            let mut responses: BTreeMap<WireIdx, [Fr; 3]> = BTreeMap::new();
            for (side, matrix) in self.matrices.iter().enumerate() {
                for (wire, response) in matrix.responses(k, &self.coefficients, changes) {
                    responses.entry(wire).or_default()[side] = response;
                }
            }
            for (wire, [a, b, c]) in responses {
                if (a + left) * (b + right) != c + product {
                    pinned[wire.index()] = true;
                }
            }
        }
        pinned
    }

    /// The SHA-256 that names these matrices together with `layout`, a digest of what the public inputs mean.
    ///
    /// Canonical serialization: the numbers of public inputs, wires, constraints and distinct coefficients (8 bytes
    /// each, little-endian like everything here), the coefficients (32 bytes each) in the order of their first use,
    /// constraint by constraint, A before B before C, wires ascending; 1 and -1 come before all others. Then leaves
    /// of 2^14 constraints, for each the rows of A, B and C in turn: the number of terms (4 bytes), then per term the
    /// coefficient's index and the wire (4 bytes each). The digest is that of the domain name, `layout`, the digest
    /// of the head and the digests of the leaves.
    pub(crate) fn digest(&self, layout: Digest) -> Digest {
        let mut head = Vec::new();
        let coefficients = self.coefficients.values();
        for count in [self.n_public, self.wires.len(), self.n_constraints(), coefficients.len()] {
            head.extend((count as u64).to_le_bytes());
        }
        coefficients.iter().for_each(|coefficient| head.extend(rows::fr_bytes(coefficient)));
        let starts: Vec<_> = (0..self.n_constraints()).step_by(DIGEST_LEAF).collect();
        let leaf = |start: &usize| {
            let mut bytes = Vec::new();
            for k in *start..self.n_constraints().min(start + DIGEST_LEAF) {
                self.matrices.iter().for_each(|matrix| matrix.write_row(k, &mut bytes));
            }
            Digest::of(&bytes)
        };
        let mut parts = vec![layout, Digest::of(&head)];
        parts.extend(starts.par_iter().map(leaf).collect::<Vec<_>>());
        Digest::combine(DIGEST_DOMAIN, &parts)
    }
}

/// Lets a test hand the same constraints to arkworks' own setup and prover.
#[cfg(test)]
mod arkworks;

#[cfg(test)]
mod tests;
