//! Our own record of a rank-1 constraint system in which every wire and every constraint has a name.

use super::name::{ConstraintName, Wire};
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, Matrix, Variable};

/// Index of a wire in an assignment: 0 is the constant one, 1 the public input, then the private wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireIdx(usize);

impl WireIdx {
    /// The wire that always carries 1.
    pub(crate) const ONE: Self = Self(0);
    /// The public input, the packed statement.
    pub(super) const PUBLIC: Self = Self(1);
    /// Wires that the verifier knows, the constant included.
    pub(super) const N_KNOWN: usize = 2;

    pub(crate) const fn new(index: usize) -> Self {
        Self(index)
    }

    pub(crate) const fn index(self) -> usize {
        self.0
    }
}

/// A linear combination of wires.
#[derive(Clone, Debug, Default)]
pub(crate) struct Linear(Vec<(Fr, usize)>);

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
        self.0.push((coefficient, wire.0));
    }

    /// Adds `coefficient * other`.
    pub(crate) fn add_scaled(&mut self, coefficient: Fr, other: &Self) {
        self.0.extend(other.0.iter().map(|(c, wire)| (*c * coefficient, *wire)));
    }

    /// The value under `wires`, which must reach every wire mentioned.
    pub(crate) fn value(&self, wires: &[Fr]) -> Fr {
        row_value(&self.0, wires)
    }

    /// One term per wire, in the order of the wires, without zeros.
    fn row(mut self) -> Vec<(Fr, usize)> {
        self.0.sort_unstable_by_key(|(_, wire)| *wire);
        self.0.dedup_by(|next, kept| {
            let same = next.1 == kept.1;
            if same {
                kept.0 += next.0;
            }
            same
        });
        self.0.retain(|(coefficient, _)| !coefficient.is_zero());
        self.0
    }
}

fn row_value(row: &[(Fr, usize)], wires: &[Fr]) -> Fr {
    row.iter().map(|(coefficient, wire)| *coefficient * wires[*wire]).sum()
}

/// Named constraints `<A_k, w> * <B_k, w> = <C_k, w>` over the wires `w`.
#[derive(Clone, Debug)]
pub(super) struct R1cs {
    wires: Vec<Wire>,
    names: Vec<ConstraintName>,
    /// A, B, C; a row is `(coefficient, wire index)`, the layout ark-groth16 works on.
    matrices: [Matrix<Fr>; 3],
}

impl R1cs {
    pub(super) fn new() -> Self {
        Self { wires: vec![Wire::One, Wire::PublicInput], names: Vec::new(), matrices: Default::default() }
    }

    pub(super) fn new_wire(&mut self, name: Wire) -> WireIdx {
        self.wires.push(name);
        WireIdx(self.wires.len() - 1)
    }

    pub(super) fn enforce(&mut self, name: ConstraintName, a: Linear, b: Linear, c: Linear) {
        self.names.push(name);
        for (matrix, linear) in self.matrices.iter_mut().zip([a, b, c]) {
            matrix.push(linear.row());
        }
    }

    /// `wire` is 0 or 1: `b * (1 - b) = 0`, and a field has no other roots.
    pub(super) fn enforce_boolean(&mut self, wire: WireIdx) {
        let name = ConstraintName::Boolean(self.wires[wire.0].clone());
        let complement = Linear::constant(Fr::one()).plus(-Fr::one(), wire);
        self.enforce(name, Linear::wire(wire), complement, Linear::default());
    }

    /// `left = right`, as `(left - right) * 1 = 0`.
    pub(super) fn enforce_equal(&mut self, name: ConstraintName, mut left: Linear, right: &Linear) {
        left.add_scaled(-Fr::one(), right);
        self.enforce(name, left, Linear::constant(Fr::one()), Linear::default());
    }

    pub(super) fn wires(&self) -> &[Wire] {
        &self.wires
    }

    pub(super) fn n_constraints(&self) -> usize {
        self.names.len()
    }

    pub(super) fn matrices(&self) -> &[Matrix<Fr>; 3] {
        &self.matrices
    }

    /// The product of the two sides of constraint `constraint`.
    pub(super) fn product(&self, constraint: usize, wires: &[Fr]) -> Fr {
        let [a, b, _] = &self.matrices;
        row_value(&a[constraint], wires) * row_value(&b[constraint], wires)
    }

    /// Names of the constraints that `wires` violates, in order.
    pub(super) fn violations<'a>(&'a self, wires: &'a [Fr]) -> impl Iterator<Item = &'a ConstraintName> {
        let [a, b, c] = &self.matrices;
        let holds = |k: usize| row_value(&a[k], wires) * row_value(&b[k], wires) == row_value(&c[k], wires);
        self.names.iter().enumerate().filter(move |(k, _)| !holds(*k)).map(|(_, name)| name)
    }
}

/// The setup reads the constraints through arkworks' interface; proving uses the matrices directly.
impl ConstraintSynthesizer<Fr> for &R1cs {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> ark_relations::gr1cs::Result<()> {
        // In setup mode arkworks never asks for a value.
        let missing = || Err(ark_relations::gr1cs::SynthesisError::AssignmentMissing);
        // The handles follow from the order, as `variable` below spells out.
        let _ = cs.new_input_variable(missing)?;
        for _ in WireIdx::N_KNOWN..self.wires.len() {
            let _ = cs.new_witness_variable(missing)?;
        }
        let variable = |wire: usize| match wire {
            0 => Variable::One,
            1 => Variable::instance(1),
            _ => Variable::witness(wire - WireIdx::N_KNOWN),
        };
        let linear = |row: &[(Fr, usize)]| {
            LinearCombination(row.iter().map(|(coefficient, wire)| (*coefficient, variable(*wire))).collect())
        };
        let [a, b, c] = &self.matrices;
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            cs.enforce_r1cs_constraint(|| linear(a), || linear(b), || linear(c))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use ark_relations::gr1cs::{ConstraintSystem, OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisMode};

    /// `(1 + 2 x + 3 a) * a = b` with a term split in two and one that cancels, and `a` boolean.
    fn sample() -> R1cs {
        let mut r1cs = R1cs::new();
        let a = r1cs.new_wire(Wire::Selector { class: 0 });
        let b = r1cs.new_wire(Wire::Selected { class: 0 });
        let left = Linear::constant(Fr::one()).plus(2.into(), WireIdx::PUBLIC).plus(1.into(), a).plus(2.into(), a);
        let cancelling = Linear::wire(a).plus(5.into(), b).plus(-Fr::from(5), b);
        r1cs.enforce(ConstraintName::Product(Wire::Selected { class: 0 }), left, cancelling, Linear::wire(b));
        r1cs.enforce_boolean(a);
        r1cs
    }

    #[test]
    fn r1cs__rows__are_merged_sorted_and_without_zeros() {
        let r1cs = sample();
        let [a, b, c] = r1cs.matrices();
        assert_eq!(a[0], [(1.into(), 0), (2.into(), 1), (3.into(), 2)]);
        assert_eq!(b[0], [(1.into(), 2)]);
        assert_eq!(c[0], [(1.into(), 3)]);
        assert_eq!(c[1], []);
    }

    #[test]
    fn r1cs__setup_and_prover__see_the_same_matrices() {
        let r1cs = sample();
        let cs = ConstraintSystem::new_ref();
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Setup);
        (&r1cs).generate_constraints(cs.clone()).unwrap();
        cs.finalize();
        assert_eq!(cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL], r1cs.matrices());
        assert_eq!(cs.num_instance_variables(), WireIdx::N_KNOWN);
        assert_eq!(cs.num_witness_variables(), 2);
    }

    #[test]
    fn r1cs__violations__name_exactly_what_fails() {
        let r1cs = sample();
        let names =
            |wires: [u64; 4]| r1cs.violations(&wires.map(Fr::from)).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names([1, 5, 1, 14]), [""; 0]);
        assert_eq!(names([1, 5, 1, 15]), ["argmax.selected[0] product"]);
        assert_eq!(names([1, 5, 2, 34]), ["argmax.selector[0] boolean"]);
    }
}
