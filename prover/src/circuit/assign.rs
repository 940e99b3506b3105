//! Values for every wire: honest ones, and forged ones for tests that the constraints refuse them.

use super::error::AssignError;
use super::inference::InferenceSources;
use super::layout::{CLASS, MIN_SCORE};
use super::r1cs::WireIdx;
use super::spec::OutputName;
use super::{Circuit, Sources, field_element};
use crate::commitment::Salt;
use crate::infer::Inference;
use crate::model::{Model, OutputKind, Tensor};
use crate::public::binding_value;
use ark_bn254::Fr;
use ark_ff::{One, Zero};
use num_bigint::BigInt;
use statement::Binding;
use std::collections::HashSet;

/// One value per wire. It holds what is private, so `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    values: Vec<Fr>,
    n_known: usize,
}

impl core::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Assignment({} wires)", self.values.len())
    }
}

impl Assignment {
    /// All values in wire order: the constant one, the public inputs, the private wires.
    pub fn values(&self) -> &[Fr] {
        &self.values
    }

    /// The public inputs, in the circuit's order.
    pub fn public_inputs(&self) -> &[Fr] {
        &self.values[1..self.n_known]
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
    #[error("constraint `{first}` does not hold ({} others neither): the claim is untrue", others.len())]
    Constraints {
        /// The first one in circuit order.
        first: String,
        /// The others, in order.
        others: Vec<String>,
    },
    /// The assignment has another number of wires: it belongs to another circuit.
    #[error("the assignment has {found} wires, the circuit {expected}: it belongs to another circuit")]
    Wires {
        /// Wires of the assignment.
        found: usize,
        /// Wires of the circuit.
        expected: usize,
    },
}

/// What a proof says of the logits, input by input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The class of each input.
    Class(Vec<usize>),
    /// All logits of each input.
    Logits(Vec<Vec<BigInt>>),
    /// The class of each input, and what every class's logit reaches.
    Score {
        /// One per input.
        classes: Vec<usize>,
        /// A magnitude of at most 252 bits. A score below the least that any logit can be cannot be proved.
        min_score: BigInt,
    },
    /// For each input a class that is among the best k; k is a constant of the circuit.
    TopK(Vec<usize>),
}

impl Answer {
    /// What the oracle's answers say. The least score is what all the classes' logits reach.
    pub fn of(kind: OutputKind, inferences: &[Inference]) -> Self {
        let classes = || inferences.iter().map(|inference| inference.class).collect();
        match kind {
            OutputKind::Class => Self::Class(classes()),
            OutputKind::TopK { .. } => Self::TopK(classes()),
            OutputKind::Logits => Self::Logits(inferences.iter().map(|inference| inference.logits.clone()).collect()),
            OutputKind::Score => {
                let scores = inferences.iter().filter_map(|inference| inference.logits.get(inference.class));
                Self::Score { classes: classes(), min_score: scores.min().cloned().unwrap_or_default() }
            }
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Class(_) => "class",
            Self::Logits(_) => "logits",
            Self::Score { .. } => "score",
            Self::TopK(_) => "top_k",
        }
    }
}

/// What is to be proved, and all that is needed to prove it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Whom the proof is for.
    pub binding: &'a Binding,
    /// The model, or another one with the same public weights and committed layers of the same shape.
    pub model: &'a Model,
    /// The salt of the model's commitment, if it has one.
    pub model_salt: Option<&'a Salt>,
    /// The inputs, as many as the circuit's batch.
    pub inputs: &'a [Tensor],
    /// The salts of the inputs' commitments, one per input if they are committed to.
    pub input_salts: &'a [Salt],
    /// What the network is said to answer.
    pub answer: &'a Answer,
}

/// A wire that the circuit does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit has no wire `{wire}`")]
pub struct UnknownWire {
    /// The wire asked for.
    pub wire: String,
}

impl Circuit {
    /// The assignment that says what `claim` says. Commitments and public inputs of the network are computed.
    ///
    /// Whether it is true is not checked here: an untrue claim gives an assignment that [`Circuit::check`] refuses.
    ///
    /// # Errors
    /// [`AssignError`] if the claim is not one that this circuit could prove.
    pub fn assign(&self, claim: &Claim<'_>) -> Result<Assignment, AssignError> {
        Ok(self.fill(self.known(claim)?, &[]))
    }

    /// Like [`Circuit::assign`], but each wire in `forged` takes the value given there, and what follows from it
    /// follows from the forged value. Tests use it to break exactly one constraint.
    ///
    /// # Errors
    /// [`AssignError`] as in [`Circuit::assign`].
    ///
    /// # Panics
    /// If the circuit has no such wire; ask [`Circuit::wire`] first.
    pub fn assign_forged(&self, claim: &Claim<'_>, forged: &[(WireIdx, Fr)]) -> Result<Assignment, AssignError> {
        Ok(self.fill(self.known(claim)?, forged))
    }

    /// Finds a wire by name, e.g. `u1.product[3]` or `value[7].bit[2]`.
    ///
    /// # Errors
    /// [`UnknownWire`].
    pub fn wire(&self, name: &str) -> Result<WireIdx, UnknownWire> {
        let found = self.names.parse(name).and_then(|wire| self.r1cs.wires().iter().position(|found| *found == wire));
        found.map(WireIdx::new).ok_or_else(|| UnknownWire { wire: name.to_owned() })
    }

    /// All wires but the constant one, with their names: public inputs first.
    pub fn wires(&self) -> impl Iterator<Item = (WireIdx, String)> + '_ {
        let wires = self.r1cs.wires().iter().enumerate().skip(1);
        wires.map(|(index, wire)| (WireIdx::new(index), self.names.wire(*wire)))
    }

    /// Names of all constraints, in order, as [`Unsatisfied`] prints them.
    pub fn constraint_names(&self) -> impl Iterator<Item = String> + '_ {
        self.r1cs.names().iter().map(|name| self.names.constraint(*name))
    }

    /// Names of the wires whose value can be replaced by `change` of it, all others unchanged, with every constraint
    /// still satisfied. Wires that `change` leaves as they are do not count. Tests use it to look for wires that
    /// nothing constrains.
    ///
    /// # Errors
    /// [`Unsatisfied`] if `assignment` itself violates a constraint.
    pub fn unpinned(&self, assignment: &Assignment, change: impl Fn(Fr) -> Fr) -> Result<Vec<String>, Unsatisfied> {
        let rows = self.check_rows(assignment)?;
        let changes: Vec<_> = assignment.values.iter().map(|value| change(*value) - value).collect();
        let pinned = self.r1cs.pinned(&rows, &changes);
        let free = self.wires().filter(|(wire, _)| !pinned[wire.index()] && !changes[wire.index()].is_zero());
        Ok(free.map(|(_, name)| name).collect())
    }

    /// Sets the wires that are known, then derives all others that are not forged.
    pub(super) fn fill(&self, known: Vec<(WireIdx, Fr)>, forged: &[(WireIdx, Fr)]) -> Assignment {
        let mut values = vec![Fr::zero(); self.r1cs.wires().len()];
        values[WireIdx::ONE.index()] = Fr::one();
        known.iter().chain(forged).for_each(|(wire, value)| values[wire.index()] = *value);
        let forged: HashSet<_> = forged.iter().map(|(wire, _)| *wire).collect();
        for derivation in &self.derivations {
            derivation.apply(&self.r1cs, &self.bounds, &mut values, &forged);
        }
        Assignment { values, n_known: self.r1cs.n_known() }
    }

    /// The wires that the prover chooses; all others follow from them.
    fn known(&self, claim: &Claim<'_>) -> Result<Vec<(WireIdx, Fr)>, AssignError> {
        let kind = |expected: String| AssignError::Kind { found: claim.answer.name().to_owned(), expected };
        let Sources::Inference(sources) = &self.sources else {
            return Err(kind(self.spec.clone()));
        };
        let (output, batch) = (sources.spec.output, sources.spec.batch.get());
        let mut known = vec![(WireIdx::public(0), binding_value(claim.binding))];
        known.extend(sources.weights.known(claim.model, claim.model_salt)?);
        count("inputs", claim.inputs.len(), batch)?;
        let n_salts = sources.items.iter().filter(|item| item.salt.is_some()).count();
        count("input salts", claim.input_salts.len(), n_salts)?;
        for (item, tensor) in sources.items.iter().zip(claim.inputs) {
            count("values of an input", tensor.values().len(), sources.n_inputs)?;
            let moved = |value: &i64| Fr::from(i128::from(*value) - i128::from(sources.input_min));
            let values = tensor.values().iter().enumerate();
            known.extend(values.map(|(k, value)| (item.input.offset(k), moved(value))));
        }
        let salts = sources.items.iter().filter_map(|item| item.salt).zip(claim.input_salts);
        known.extend(salts.map(|(wire, salt)| (wire, salt.element())));
        match (output, claim.answer) {
            (OutputKind::Class, Answer::Class(classes)) | (OutputKind::TopK { .. }, Answer::TopK(classes)) => {
                known.extend(self.known_classes(sources, classes)?);
            }
            (OutputKind::Score, Answer::Score { classes, min_score }) => {
                known.extend(self.known_classes(sources, classes)?);
                known.push((self.public_wire(MIN_SCORE), field_element(min_score)));
            }
            (OutputKind::Logits, Answer::Logits(logits)) => {
                count("inputs' logits", logits.len(), batch)?;
                let packing = sources.layout.logits.as_ref().ok_or_else(|| kind(OutputName(output).to_string()))?;
                let logits: Vec<_> = logits.iter().flatten().cloned().collect();
                let packed = packing.pack(&logits).ok_or_else(|| AssignError::OutOfRange {
                    what: "logits".to_owned(),
                    found: format!("{} values", logits.len()),
                    expected: format!("{} values of {} bits from {}", packing.len(), packing.bits(), packing.offset()),
                })?;
                let elements = packed.into_iter().enumerate();
                known.extend(elements.map(|(k, value)| (self.public_wire(&format!("logits[{k}]")), value.into())));
            }
            _ => return Err(kind(OutputName(output).to_string())),
        }
        Ok(known)
    }

    /// The selectors, and the public input `class` if there is one.
    fn known_classes(&self, sources: &InferenceSources, classes: &[usize]) -> Result<Vec<(WireIdx, Fr)>, AssignError> {
        count("classes", classes.len(), sources.items.len())?;
        let mut known = Vec::new();
        for (item, class) in sources.items.iter().zip(classes) {
            if *class >= sources.n_classes {
                let expected = format!("0 to {}", sources.n_classes - 1);
                return Err(AssignError::OutOfRange { what: "class".to_owned(), found: class.to_string(), expected });
            }
            known.extend(item.selectors.iter().map(|(selected, wire)| (*wire, Fr::from(selected == class))));
        }
        if let [class] = classes {
            known.push((self.public_wire(CLASS), Fr::from(*class as u64)));
        }
        Ok(known)
    }

    pub(super) fn public_wire(&self, name: &str) -> WireIdx {
        let position = self.public.iter().position(|input| input.name == name);
        WireIdx::public(position.expect("the sources are those of this circuit's layout"))
    }

    /// Checks every constraint.
    ///
    /// # Errors
    /// [`Unsatisfied`] with the names of the constraints that do not hold.
    pub fn check(&self, assignment: &Assignment) -> Result<(), Unsatisfied> {
        self.check_rows(assignment).map(drop)
    }

    /// Checks every constraint, and hands out what the prover goes on with: the values of A, B and C.
    ///
    /// # Errors
    /// As [`Circuit::check`].
    pub(crate) fn check_rows(&self, assignment: &Assignment) -> Result<[Vec<Fr>; 3], Unsatisfied> {
        let (found, expected) = (assignment.values.len(), self.r1cs.wires().len());
        if found != expected {
            return Err(Unsatisfied::Wires { found, expected });
        }
        let rows = self.r1cs.evaluate(&assignment.values);
        let violated: Vec<_> = self.r1cs.violations(&rows).map(|name| self.names.constraint(*name)).collect();
        let mut others = violated.into_iter();
        match others.next() {
            None => Ok(rows),
            Some(first) => Err(Unsatisfied::Constraints { first, others: others.collect() }),
        }
    }
}

/// Checks a number of things.
const fn count(what: &'static str, found: usize, expected: usize) -> Result<(), AssignError> {
    if found == expected { Ok(()) } else { Err(AssignError::Count { what, found, expected }) }
}
