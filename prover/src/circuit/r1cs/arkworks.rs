use super::{R1cs, Rows, WireIdx};
use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, Matrix, Result, SynthesisError, Variable,
};

impl ConstraintSynthesizer<Fr> for &R1cs {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<()> {
        // In setup mode arkworks never asks for a value.
        let missing = || Err(SynthesisError::AssignmentMissing);
        // The handles follow from the order, as `variable` below spells out.
        for _ in 1..self.n_known() {
            let _ = cs.new_input_variable(missing)?;
        }
        for _ in self.n_known()..self.wires.len() {
            let _ = cs.new_witness_variable(missing)?;
        }
        let variable = |wire: WireIdx| match wire.index() {
            0 => Variable::One,
            known if known < self.n_known() => Variable::instance(known),
            private => Variable::witness(private - self.n_known()),
        };
        for k in 0..self.n_constraints() {
            let [a, b, c] = self.matrices.each_ref().map(|matrix| {
                let terms = matrix.terms(k, &self.coefficients);
                LinearCombination(terms.into_iter().map(|(value, wire)| (value, variable(wire))).collect())
            });
            cs.enforce_r1cs_constraint(|| a, || b, || c)?;
        }
        Ok(())
    }
}

impl R1cs {
    /// A, B and C in arkworks' layout.
    pub(crate) fn arkworks_matrices(&self) -> Vec<Matrix<Fr>> {
        let row = |rows: &Rows, k| {
            rows.terms(k, &self.coefficients).into_iter().map(|(value, wire)| (value, wire.index())).collect()
        };
        self.matrices.iter().map(|rows| (0..self.n_constraints()).map(|k| row(rows, k)).collect()).collect()
    }
}
