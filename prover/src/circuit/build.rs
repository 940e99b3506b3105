//! The builder: wires, constraints, and how each wire follows from earlier ones.

use super::derive::{Derivation, Side};
use super::name::{ConstraintName, Label, Names, Wire};
use super::r1cs::{Linear, R1cs, WireIdx};
use crate::public::PublicInput;
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, One, PrimeField};
use num_bigint::{BigInt, BigUint};

/// Collects a circuit.
#[derive(Debug)]
pub(crate) struct Builder {
    pub(super) r1cs: R1cs,
    pub(super) names: Names,
    pub(super) derivations: Vec<Derivation>,
    /// What [`Derivation::AtLeast`] compares with.
    pub(super) bounds: Vec<BigInt>,
    pub(super) public: Vec<PublicInput>,
    /// `2^0 ..= 2^253`.
    powers: Vec<Fr>,
    /// r.
    pub(super) modulus: BigInt,
}

impl Builder {
    /// A circuit without constraints.
    pub(crate) fn new(public: Vec<PublicInput>) -> Self {
        let mut names = Names::new();
        let wires: Vec<_> = public.iter().map(|input| names.label(&input.name).only()).collect();
        let powers = core::iter::successors(Some(Fr::one()), |power| Some(power.double()));
        Self {
            r1cs: R1cs::new(wires),
            names,
            derivations: Vec::new(),
            bounds: Vec::new(),
            public,
            powers: powers.take(Fr::MODULUS_BIT_SIZE as usize).collect(),
            modulus: BigUint::from(Fr::MODULUS).into(),
        }
    }

    /// The label of `text`.
    pub(crate) fn label(&mut self, text: &str) -> Label {
        self.names.label(text)
    }

    /// `2^exponent`, for exponents up to 253.
    pub(crate) fn power(&self, exponent: usize) -> Fr {
        self.powers[exponent]
    }

    /// The number of constraints so far, which is the next one's index.
    pub(crate) fn next_row(&self) -> u32 {
        u32::try_from(self.r1cs.n_constraints()).expect("2^32 constraints do not fit in memory")
    }

    /// Public input `name`, which the circuit must have.
    pub(crate) fn public(&self, name: &str) -> WireIdx {
        let position = self.public.iter().position(|input| input.name == name);
        WireIdx::public(position.expect("the layout and the constraints are made by the same function"))
    }

    /// A wire without derivation: it is known to the prover or derived by a later call of [`Builder::derive`].
    pub(crate) fn witness(&mut self, name: Wire) -> WireIdx {
        self.r1cs.new_wire(name)
    }

    /// Adds a constraint and returns its index.
    pub(crate) fn enforce(&mut self, name: ConstraintName, a: Linear, b: Linear, c: Linear) -> u32 {
        let row = self.next_row();
        self.r1cs.enforce(name, a, b, c);
        row
    }

    /// `left = right`, as `(left - right) * 1 = 0`.
    pub(crate) fn enforce_equal(&mut self, name: ConstraintName, left: Linear, right: &Linear) -> u32 {
        let row = self.next_row();
        self.r1cs.enforce_equal(name, left, right);
        row
    }

    /// `value` is 0 or 1: `value * (1 - value) = 0`. One constraint.
    pub(crate) fn enforce_boolean(&mut self, name: Wire, value: &Linear) -> u32 {
        let complement = complement(value);
        self.enforce(ConstraintName::Boolean(name), value.clone(), complement, Linear::default())
    }

    /// A new wire that is 0 or 1. One constraint.
    pub(crate) fn boolean(&mut self, name: Wire) -> WireIdx {
        let wire = self.witness(name);
        self.r1cs.enforce_boolean(wire);
        wire
    }

    /// A new wire that carries `left * right`. One constraint.
    pub(crate) fn product(&mut self, name: Wire, left: Linear, right: Linear) -> WireIdx {
        let wire = self.witness(name);
        let row = self.enforce(ConstraintName::Product(name), left, right, Linear::wire(wire));
        self.derive(Derivation::Product { row, wire });
        wire
    }

    /// A new wire that carries `value`, so that rows that use it stay short. One constraint.
    pub(crate) fn materialise(&mut self, name: Wire, value: Linear) -> WireIdx {
        let wire = self.witness(name);
        self.solve(name, wire, value);
        wire
    }

    /// `wire = value`, from which an honest prover computes `wire`. One constraint.
    pub(crate) fn solve(&mut self, name: Wire, wire: WireIdx, value: Linear) {
        let row = self.enforce_equal(ConstraintName::Equal(name), value, &Linear::wire(wire));
        self.derive(Derivation::Solve { row, wire });
    }

    /// Says how a wire follows from earlier ones.
    pub(crate) fn derive(&mut self, derivation: Derivation) {
        self.derivations.push(derivation);
    }

    /// Derives `wire` as 1 if the number on `side` of constraint `row` is at least `bound`, else 0.
    pub(crate) fn at_least(&mut self, side: Side, row: u32, wire: WireIdx, bound: &BigInt) -> Derivation {
        if self.bounds.last() != Some(bound) {
            self.bounds.push(bound.clone());
        }
        let bound = u32::try_from(self.bounds.len() - 1).expect("fewer bounds than wires");
        Derivation::AtLeast { side, row, wire, bound }
    }
}

/// `1 - value`.
pub(crate) fn complement(value: &Linear) -> Linear {
    let mut one = Linear::constant(Fr::one());
    one.add_scaled(-Fr::one(), value);
    one
}
