//! Sparse matrices in compressed rows.

use super::WireIdx;
use ark_bn254::Fr;
use ark_ff::{BigInteger, One, PrimeField, Zero};
use std::collections::HashMap;

/// Index of the coefficient 1.
const ONE: u32 = 0;
/// Index of the coefficient -1.
const MINUS_ONE: u32 = 1;

/// The distinct coefficients, in the order of their first use; 1 and -1 come first.
#[derive(Clone, Debug)]
pub(super) struct Coefficients {
    values: Vec<Fr>,
    indexes: HashMap<Fr, u32>,
}

impl Default for Coefficients {
    fn default() -> Self {
        let values = vec![Fr::one(), -Fr::one()];
        let indexes = [(values[0], ONE), (values[1], MINUS_ONE)].into();
        Self { values, indexes }
    }
}

impl Coefficients {
    pub(super) fn values(&self) -> &[Fr] {
        &self.values
    }

    fn index(&mut self, value: Fr) -> u32 {
        // Most terms need no look-up.
        if let Some(common) = self.values[..2].iter().position(|common| *common == value) {
            return common as u32;
        }
        *self.indexes.entry(value).or_insert_with(|| {
            self.values.push(value);
            u32::try_from(self.values.len() - 1).expect("2^32 coefficients do not fit in memory")
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Term {
    coefficient: u32,
    wire: WireIdx,
}

/// One matrix: its rows one after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// Where each row ends in `terms`.
    ends: Vec<usize>,
    terms: Vec<Term>,
}

impl Rows {
    /// Appends a row of one term per wire, wires ascending.
    pub(super) fn push(&mut self, coefficients: &mut Coefficients, row: &[(Fr, WireIdx)]) {
        let term = |(value, wire): &(Fr, WireIdx)| Term { coefficient: coefficients.index(*value), wire: *wire };
        self.terms.extend(row.iter().map(term));
        self.ends.push(self.terms.len());
    }

    pub(super) const fn n_terms(&self) -> usize {
        self.terms.len()
    }

    fn row(&self, k: usize) -> &[Term] {
        let start = k.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        &self.terms[start..self.ends[k]]
    }

    /// The terms of row `k`.
    #[cfg(test)]
    pub(super) fn terms(&self, k: usize, coefficients: &Coefficients) -> Vec<(Fr, WireIdx)> {
        self.row(k).iter().map(|term| (coefficients.values[term.coefficient as usize], term.wire)).collect()
    }

    /// `<row k, wires>`.
    pub(super) fn value(&self, k: usize, coefficients: &Coefficients, wires: &[Fr]) -> Fr {
        Self::sum(self.row(k), coefficients, wires)
    }

    /// `<row k, wires>`, where only the wires below `before` count.
    pub(super) fn value_before(&self, k: usize, before: WireIdx, coefficients: &Coefficients, wires: &[Fr]) -> Fr {
        let row = self.row(k);
        // A row's wires ascend.
        Self::sum(&row[..row.partition_point(|term| term.wire < before)], coefficients, wires)
    }

    fn sum(terms: &[Term], coefficients: &Coefficients, wires: &[Fr]) -> Fr {
        let mut sum = Fr::zero();
        for term in terms {
            let value = wires[term.wire.index()];
            match term.coefficient {
                ONE => sum += value,
                MINUS_ONE => sum -= value,
                other => sum += coefficients.values[other as usize] * value,
            }
        }
        sum
    }

    /// Adds `weights[k]` times row `k` to `sums`, for every row.
    pub(super) fn add_weighted_rows(&self, coefficients: &Coefficients, weights: &[Fr], sums: &mut [Fr]) {
        for (k, weight) in weights.iter().enumerate().take(self.ends.len()) {
            for term in self.row(k) {
                let sum = &mut sums[term.wire.index()];
                match term.coefficient {
                    ONE => *sum += weight,
                    MINUS_ONE => *sum -= weight,
                    other => *sum += coefficients.values[other as usize] * weight,
                }
            }
        }
    }

    /// Appends the canonical serialization of row `k`.
    pub(super) fn write_row(&self, k: usize, bytes: &mut Vec<u8>) {
        let row = self.row(k);
        bytes.extend(u32::try_from(row.len()).expect("a row has one term per wire").to_le_bytes());
        for term in row {
            bytes.extend(term.coefficient.to_le_bytes());
            bytes.extend(term.wire.0.to_le_bytes());
        }
    }
}

/// The 32 little-endian bytes of a field element.
pub(super) fn fr_bytes(value: &Fr) -> Vec<u8> {
    value.into_bigint().to_bytes_le()
}
