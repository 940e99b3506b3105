//! Values for every wire: honest ones, and forged ones for tests that the constraints refuse them.

use super::name::{ConstraintName, Wire};
use super::r1cs::WireIdx;
use super::{Circuit, Derivation, public_input};
use crate::model::Tensor;
use ark_bn254::Fr;
use ark_ff::{BigInteger, One, PrimeField, Zero};
use statement::Statement;
use std::collections::HashSet;

/// One value per wire. It holds the hidden image, so `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    pub(super) values: Vec<Fr>,
}

impl core::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Assignment({} wires)", self.values.len())
    }
}

impl Assignment {
    /// All values in wire order: the constant one, the public input, the private wires.
    pub fn values(&self) -> &[Fr] {
        &self.values
    }

    /// The public input.
    pub fn public_input(&self) -> Fr {
        self.values[WireIdx::PUBLIC.index()]
    }

    /// The value of a wire.
    pub fn get(&self, wire: WireIdx) -> Option<Fr> {
        self.values.get(wire.index()).copied()
    }
}

/// Why an assignment proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsatisfied {
    /// Constraints that do not hold.
    #[error("constraint `{first}` does not hold ({} others neither): the network does not say this", others.len())]
    Constraints {
        /// The first one in circuit order.
        first: ConstraintName,
        /// The others, in order.
        others: Vec<ConstraintName>,
    },
    /// The assignment has another number of wires: it belongs to another circuit.
    #[error("the assignment has {found} wires, the circuit {expected}: it belongs to another model")]
    Wires {
        /// Wires of the assignment.
        found: usize,
        /// Wires of the circuit.
        expected: usize,
    },
}

/// A wire that the circuit does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit has no wire `{wire}`")]
pub struct UnknownWire {
    /// The wire asked for.
    pub wire: Wire,
}

impl Circuit {
    /// The assignment that says `statement` about `image`. Nothing is checked here: an untrue statement gives an
    /// assignment that [`Circuit::check`] refuses.
    pub fn assign(&self, input: &Tensor, statement: &Statement) -> Assignment {
        self.fill(input, statement, &[])
    }

    /// Like [`Circuit::assign`], but each wire in `forged` takes the value given there, and what follows from it
    /// follows from the forged value. Tests use it to break exactly one constraint.
    ///
    /// # Errors
    /// [`UnknownWire`] if the circuit has no such wire.
    pub fn assign_forged(
        &self,
        input: &Tensor,
        statement: &Statement,
        forged: &[(Wire, Fr)],
    ) -> Result<Assignment, UnknownWire> {
        let find = |(wire, value): &(Wire, Fr)| {
            let wire = self.wire(wire).ok_or_else(|| UnknownWire { wire: wire.clone() })?;
            Ok((wire, *value))
        };
        let forged: Vec<_> = forged.iter().map(find).collect::<Result<_, _>>()?;
        Ok(self.fill(input, statement, &forged))
    }

    /// Finds a wire by name.
    pub fn wire(&self, name: &Wire) -> Option<WireIdx> {
        self.r1cs.wires().iter().position(|wire| wire == name).map(WireIdx::new)
    }

    fn fill(&self, input: &Tensor, statement: &Statement, forged: &[(WireIdx, Fr)]) -> Assignment {
        let mut values = vec![Fr::zero(); self.r1cs.wires().len()];
        values[WireIdx::ONE.index()] = Fr::one();
        values[WireIdx::PUBLIC.index()] = public_input(statement);
        let mut set = |wires: &[WireIdx], bits: &mut dyn Iterator<Item = bool>| {
            wires.iter().zip(bits).for_each(|(wire, bit)| values[wire.index()] = Fr::from(bit));
        };
        let bits = super::build::pixel_bits(&self.input);
        let pixels = input.values().iter().flat_map(|value| (0..bits).map(move |bit| value >> bit & 1 == 1));
        set(&self.wires.pixel_bits, &mut pixels.into_iter());
        set(&self.wires.recipient_bits, &mut bits_of(&statement.recipient.0, 8));
        set(&self.wires.nonce_bits, &mut bits_of(&statement.nonce.0, 8));
        values[self.wires.selectors[usize::from(statement.class.index())].index()] = Fr::one();
        forged.iter().for_each(|(wire, value)| values[wire.index()] = *value);
        self.derive(&mut values, &forged.iter().map(|(wire, _)| *wire).collect());
        Assignment { values }
    }

    /// Computes every derived wire that is not forged.
    fn derive(&self, values: &mut [Fr], forged: &HashSet<WireIdx>) {
        for derivation in &self.derivations {
            match derivation {
                Derivation::Product { wire, constraint } if !forged.contains(wire) => {
                    values[wire.index()] = self.r1cs.product(*constraint, values);
                }
                Derivation::Product { .. } => {}
                Derivation::Bits { bits, value } => {
                    let integer = value.value(values).into_bigint();
                    for (k, wire) in bits.iter().enumerate().filter(|(_, wire)| !forged.contains(wire)) {
                        values[wire.index()] = Fr::from(integer.get_bit(k));
                    }
                }
            }
        }
    }

    /// Checks every constraint.
    ///
    /// # Errors
    /// [`Unsatisfied`] with the names of the constraints that do not hold.
    pub fn check(&self, assignment: &Assignment) -> Result<(), Unsatisfied> {
        let (found, expected) = (assignment.values.len(), self.r1cs.wires().len());
        if found != expected {
            return Err(Unsatisfied::Wires { found, expected });
        }
        let mut violations = self.r1cs.violations(&assignment.values).cloned();
        match violations.next() {
            None => Ok(()),
            Some(first) => Err(Unsatisfied::Constraints { first, others: violations.collect() }),
        }
    }
}

/// The lowest `bits` bits of each byte, least significant first.
fn bits_of(bytes: &[u8], bits: u32) -> impl Iterator<Item = bool> {
    bytes.iter().flat_map(move |byte| (0..bits).map(move |bit| byte >> bit & 1 == 1))
}
