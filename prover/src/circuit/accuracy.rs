//! The circuit of an accuracy certificate, `docs/math/accuracy.md`, and of a model sale, `docs/math/sale.md`: the same
//! but for what pins the hidden weights.

use super::assign::Assignment;
use super::build::Builder;
use super::derive::{Derivation, Side};
use super::encryption::{CIPHERTEXT_DIGEST, SALE_KEY};
use super::error::{AssignError, CircuitError};
use super::inference::nodes;
use super::layout::{self, MODEL_COMMITMENT};
use super::name::ConstraintName;
use super::plan::Plan;
use super::r1cs::{Linear, WireIdx};
use super::shape::layer_constraints;
use super::value::Value;
use super::weights::{self, WeightTie, Weights};
use super::{Circuit, Sources};
use crate::accuracy::{AccuracySpec, LabelledSet};
use crate::commitment::Salt;
use crate::model::{Model, Op, ValueRef, WeightVisibility};
use crate::public::{PublicInput, binding_value};
use crate::sale::{SALE_KEY_BITS, SaleKey};
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;
use statement::{Binding, FIELD_BITS};

/// Name of the number of inputs that are said to be classified correctly, at least.
pub const MIN_CORRECT: &str = "min_correct";

/// Wires that a claim fills in.
#[derive(Clone, Debug)]
pub(super) struct AccuracySources {
    tie: WeightTie,
    weights: Weights,
    /// One per input: whether it is counted.
    flags: Vec<WireIdx>,
}

/// What an accuracy certificate says, and all that is needed to prove it.
#[derive(Clone, Copy, Debug)]
pub struct AccuracyClaim<'a> {
    /// Whom the proof is for.
    pub binding: &'a Binding,
    /// The model, or another one with the same public weights and committed layers of the same shape.
    pub model: &'a Model,
    /// The salt of the model's commitment.
    pub model_salt: &'a Salt,
    /// How many inputs are said to be classified correctly, at least.
    pub min_correct: u64,
}

/// What a model sale says, and all that is needed to prove it.
#[derive(Clone, Copy, Debug)]
pub struct SaleClaim<'a> {
    /// Whom the proof is for: the seller.
    pub binding: &'a Binding,
    /// The model for sale, of the circuit's architecture.
    pub model: &'a Model,
    /// The key that the ciphertext was made with. It is a public input: whoever sees the proof's public inputs has it.
    pub key: &'a SaleKey,
    /// How many inputs are said to be classified correctly, at least.
    pub min_correct: u64,
}

/// Constraints of an accuracy certificate or a model sale by formula: the circuit is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccuracyFormula {
    /// Once: range checks of weights, and their commitment or encryption.
    pub weights: usize,
    /// For each input of the set: what its layers cost, and the comparison with its label.
    pub per_input: usize,
    /// Once: the count of correct inputs.
    pub count: usize,
    /// Inputs of the set.
    pub n_inputs: usize,
}

impl AccuracyFormula {
    /// The counts for certificates about `n_inputs` inputs of `model`, whose weights are pinned by `tie`.
    ///
    /// With n classes and leads of K bits, an input costs its layers (nothing for layers that read constants, one per
    /// product), one for the flag, and (n - 1)(K + 1).
    ///
    /// # Errors
    /// [`CircuitError`] if there is no such circuit.
    pub fn of(model: &Model, n_inputs: usize, tie: WeightTie) -> Result<Self, CircuitError> {
        let plan = Plan::of(model);
        let constant = constant_nodes(model)?;
        let layers = model.nodes().iter().zip(&plan.nodes).zip(&constant).enumerate();
        let layers = layers.filter(|(_, (_, constant))| !**constant);
        let layers = layers.map(|(idx, ((node, plan), _))| match (node.op(), plan.inputs.as_slice()) {
            (Op::Linear(linear), [source])
                if linear.visibility() == WeightVisibility::Committed && is_constant(&constant, *source) =>
            {
                if plan.materialised { node.shape().n_values() } else { 0 }
            }
            _ => layer_constraints(model, idx, plan),
        });
        let n_classes = layout::logit_ranges(model).len();
        let comparison = (n_classes - 1) * (model.output().lead_bits as usize + 1) + 1;
        Ok(Self {
            weights: weights::n_constraints(model, tie)?,
            per_input: layers.sum::<usize>() + comparison,
            count: count_bits(n_inputs),
            n_inputs,
        })
    }

    /// All constraints.
    pub const fn constraints(&self) -> usize {
        self.weights + self.n_inputs * self.per_input + self.count
    }
}

/// Bits of a number of inputs out of `n_inputs`.
const fn count_bits(n_inputs: usize) -> usize {
    (usize::BITS - n_inputs.leading_zeros()) as usize
}

fn is_constant(constant: &[bool], source: ValueRef) -> bool {
    match source {
        ValueRef::Input => true,
        ValueRef::Node(idx) => constant[idx],
    }
}

/// Which nodes' values are constants of the circuit, because they follow from the inputs without committed weights.
///
/// # Errors
/// [`CircuitError::NothingCommitted`] if the logits are, and [`CircuitError::NotLinear`] for a layer that would spend
/// constraints on constants.
fn constant_nodes(model: &Model) -> Result<Vec<bool>, CircuitError> {
    if !layout::is_committed(model) {
        return Err(CircuitError::NothingCommitted);
    }
    let n_classes = layout::logit_ranges(model).len();
    if n_classes < 2 {
        return Err(CircuitError::Classes { found: n_classes });
    }
    let mut constant = Vec::with_capacity(model.nodes().len());
    for node in model.nodes() {
        let reads_constants = node.inputs().iter().all(|source| is_constant(&constant, *source));
        constant.push(match node.op() {
            _ if !reads_constants => false,
            Op::Linear(linear) => linear.visibility() == WeightVisibility::Public,
            Op::Add | Op::Flatten | Op::SumPool(_) => true,
            op => return Err(CircuitError::NotLinear { layer: node.name().to_string(), op: op.name() }),
        });
    }
    if constant.last() == Some(&true) {
        return Err(CircuitError::NothingCommitted);
    }
    Ok(constant)
}

impl Circuit {
    /// Builds the circuit of certificates that a committed model of `model`'s architecture classifies at least so
    /// many inputs of `set` correctly. Inputs, labels and public weights are its constants; committed weights are not
    /// in it.
    ///
    /// # Errors
    /// [`CircuitError`] if the first layers but for sums and public linear ones are not committed, if an input is none
    /// of the model's or a label no class, or if a range check could be passed modulo r.
    pub fn accuracy(model: &Model, set: &LabelledSet) -> Result<Self, CircuitError> {
        Self::certificate(model, set, WeightTie::Commitment)
    }

    /// Builds the circuit of sales of a model of `model`'s architecture that classifies at least so many inputs of `set`
    /// correctly: what [`Circuit::accuracy`] proves of the weights that `model_commitment` commits to, it proves of
    /// those that `sale_key` decrypts the ciphertext of `ciphertext_digest` to.
    ///
    /// The committed weights of `model` are not in it, so the buyer can build it from [`Model::architecture`].
    ///
    /// # Errors
    /// As [`Circuit::accuracy`].
    pub fn sale(model: &Model, set: &LabelledSet) -> Result<Self, CircuitError> {
        Self::certificate(model, set, WeightTie::Ciphertext)
    }

    fn certificate(model: &Model, set: &LabelledSet, tie: WeightTie) -> Result<Self, CircuitError> {
        constant_nodes(model)?;
        let n_classes = layout::logit_ranges(model).len();
        for (index, (tensor, label)) in set.iter().enumerate() {
            if label >= n_classes {
                return Err(CircuitError::Label { index, found: label, n_classes });
            }
            // The set may have been made for another model, and all bounds rest on this one's range of inputs.
            model.input().check(tensor).map_err(|source| CircuitError::Input { index, source })?;
        }
        // The set's digest covers its shape, so that one circuit is not known by two digests.
        let (found, expected) = (set.shape(), model.input().shape);
        if found != expected {
            return Err(CircuitError::SetShape { found, expected });
        }
        let count_bits = count_bits(set.n_inputs());
        let mut public = vec![PublicInput::binding(), PublicInput::new(MIN_CORRECT, count_bits as u32)];
        public.extend(match tie {
            WeightTie::Commitment => vec![PublicInput::new(MODEL_COMMITMENT, FIELD_BITS)],
            WeightTie::Ciphertext => {
                vec![PublicInput::new(CIPHERTEXT_DIGEST, FIELD_BITS), PublicInput::new(SALE_KEY, SALE_KEY_BITS)]
            }
        });
        let mut builder = Builder::new(public);
        let weights = Weights::hidden(&mut builder, model, tie)?;
        let plan = Plan::of(model);
        let mut flags = Vec::with_capacity(set.n_inputs());
        for (index, (tensor, label)) in set.iter().enumerate() {
            let scope = format!("input[{index}].");
            let pixels = tensor.values().iter().map(|value| Value::constant(&BigInt::from(*value))).collect();
            let logits = nodes(&mut builder, model, &plan, &weights, &scope, pixels)?;
            flags.push(builder.flag(&scope, &logits, label, model.output().lead_bits as usize)?);
        }
        builder.count(&flags, count_bits)?;
        let sources = Sources::Accuracy(AccuracySources { tie, weights, flags });
        Ok(Self::finish(builder, model.name(), AccuracySpec::of(set, tie).to_string(), sources))
    }

    /// The assignment that says what `claim` says, with every input counted that the model classifies correctly by a
    /// lead within the circuit's range.
    ///
    /// Whether it is true is not checked here: an untrue claim gives an assignment that [`Circuit::check`] refuses.
    ///
    /// # Errors
    /// [`AssignError`] if the claim is not one that this circuit could prove.
    pub fn assign_accuracy(&self, claim: &AccuracyClaim<'_>) -> Result<Assignment, AssignError> {
        self.assign_accuracy_forged(claim, &[])
    }

    /// Like [`Circuit::assign_accuracy`], but each wire in `forged` takes the value given there, and what follows from
    /// it follows from the forged value. Tests use it to break exactly one constraint.
    ///
    /// # Errors
    /// As [`Circuit::assign_accuracy`].
    ///
    /// # Panics
    /// If the circuit has no such wire; ask [`Circuit::wire`] first.
    pub fn assign_accuracy_forged(
        &self,
        claim: &AccuracyClaim<'_>,
        forged: &[(WireIdx, Fr)],
    ) -> Result<Assignment, AssignError> {
        let AccuracyClaim { binding, model, model_salt, min_correct } = *claim;
        let sources = self.accuracy_sources(WeightTie::Commitment)?;
        let mut known = self.known_count(sources, binding, min_correct)?;
        known.extend(sources.weights.known(model, Some(model_salt))?);
        Ok(self.fill(known, forged))
    }

    /// The assignment that says what `claim` says, with every input counted as in [`Circuit::assign_accuracy`]. The
    /// ciphertext's digest is computed.
    ///
    /// # Errors
    /// [`AssignError`] if the claim is not one that this circuit could prove.
    pub fn assign_sale(&self, claim: &SaleClaim<'_>) -> Result<Assignment, AssignError> {
        self.assign_sale_forged(claim, &[])
    }

    /// Like [`Circuit::assign_sale`], but each wire in `forged` takes the value given there, and what follows from it
    /// follows from the forged value. Tests use it to break exactly one constraint.
    ///
    /// # Errors
    /// As [`Circuit::assign_sale`].
    ///
    /// # Panics
    /// If the circuit has no such wire; ask [`Circuit::wire`] first.
    pub fn assign_sale_forged(
        &self,
        claim: &SaleClaim<'_>,
        forged: &[(WireIdx, Fr)],
    ) -> Result<Assignment, AssignError> {
        let SaleClaim { binding, model, key, min_correct } = *claim;
        let sources = self.accuracy_sources(WeightTie::Ciphertext)?;
        let mut known = self.known_count(sources, binding, min_correct)?;
        known.push((self.public_wire(SALE_KEY), key.element()));
        known.extend(sources.weights.known(model, None)?);
        Ok(self.fill(known, forged))
    }

    /// The public inputs that claims of either kind begin with.
    fn known_count(
        &self,
        sources: &AccuracySources,
        binding: &Binding,
        min_correct: u64,
    ) -> Result<Vec<(WireIdx, Fr)>, AssignError> {
        let count = Fr::from(min_correct);
        if !self.public[1].admits(count) {
            return Err(AssignError::OutOfRange {
                what: MIN_CORRECT.to_owned(),
                found: min_correct.to_string(),
                expected: format!("0 to {}", sources.flags.len()),
            });
        }
        Ok(vec![(WireIdx::public(0), binding_value(binding)), (WireIdx::public(1), count)])
    }

    /// How many inputs `assignment` counts, the largest number that it can prove.
    ///
    /// # Errors
    /// [`AssignError::Kind`] if this is the circuit of neither an accuracy certificate nor a sale.
    pub fn n_counted(&self, assignment: &Assignment) -> Result<usize, AssignError> {
        let flags = match &self.sources {
            Sources::Accuracy(sources) => &sources.flags,
            Sources::Inference(_) => {
                return Err(AssignError::Kind { found: "a count".to_owned(), expected: self.spec.clone() });
            }
        };
        Ok(flags.iter().filter(|flag| assignment.get(**flag).is_some_and(|value| value.is_one())).count())
    }

    fn accuracy_sources(&self, tie: WeightTie) -> Result<&AccuracySources, AssignError> {
        match &self.sources {
            Sources::Accuracy(sources) if sources.tie == tie => Ok(sources),
            _ => Err(AssignError::Kind { found: AccuracySpec::kind(tie).to_owned(), expected: self.spec.clone() }),
        }
    }
}

impl Builder {
    /// A wire that is 0, or 1 where `label` is the class of `logits`: the lead over each other class,
    /// `L_label - L_j - [j < label]`, is a number of `bits` bits. `(n - 1)(bits + 1) + 1` constraints.
    ///
    /// The lead is multiplied by the flag, so that nothing is said where the flag is 0: then all bits are 0 as well.
    fn flag(&mut self, scope: &str, logits: &[Value], label: usize, bits: usize) -> Result<WireIdx, CircuitError> {
        let flag = self.label(&format!("{scope}correct")).only();
        let lead_label = self.label(&format!("{scope}lead"));
        let flag = self.boolean(flag);
        let tie = BigInt::from(-1);
        let mut leads = Vec::with_capacity(logits.len());
        for (rival, logit) in logits.iter().enumerate().filter(|(rival, _)| *rival != label) {
            let lead = logits[label].clone().minus(logit);
            let lead = if rival < label { lead.plus(&tie) } else { lead };
            // The flag is boolean, so the product is the lead or zero.
            self.check_no_wrap(lead_label.at(rival), &lead.lo, &lead.hi, bits)?;
            leads.push((rival, lead.linear));
        }
        let count = u16::try_from(leads.len()).expect("a model has at most 1024 classes");
        let first = self.next_row();
        self.derive(Derivation::AllWithin { first, count, bits: bits as u8, wire: flag });
        let names = leads.iter().map(|(rival, _)| lead_label.at(*rival)).collect::<Vec<_>>();
        let mut digits = Vec::with_capacity(leads.len());
        for ((_, lead), name) in leads.into_iter().zip(&names) {
            let wires: Vec<_> = (0..bits).map(|k| self.witness(name.bit(k))).collect();
            let mut sum = Linear::default();
            wires.iter().enumerate().for_each(|(k, wire)| sum.add(self.power(k), *wire));
            let row = self.enforce(ConstraintName::InRange(*name), Linear::wire(flag), lead, sum);
            if let Some(first) = wires.first() {
                self.derive(Derivation::AllBits { side: Side::Product, row, first: *first, count: bits as u8 });
            }
            digits.push(wires);
        }
        for (wires, name) in digits.into_iter().zip(names) {
            for (k, wire) in wires.into_iter().enumerate() {
                self.enforce_boolean(name.bit(k), &Linear::wire(wire));
            }
        }
        Ok(flag)
    }

    /// At least `min_correct` of `flags` are 1: what they are more is a number of `bits` bits. `bits` constraints.
    fn count(&mut self, flags: &[WireIdx], bits: usize) -> Result<(), CircuitError> {
        let min_correct = self.public(MIN_CORRECT);
        let mut surplus = Linear::default();
        flags.iter().for_each(|flag| surplus.add(Fr::one(), *flag));
        surplus.add(-Fr::one(), min_correct);
        // Whatever residue the public input is, it is the number of flags less the surplus, so at most that number.
        let largest = (BigInt::from(1) << bits) - 1;
        let surplus = Value { linear: surplus, lo: -&largest, hi: BigInt::from(flags.len()) };
        let name = self.label(MIN_CORRECT).only();
        self.enforce_range(name, &surplus, &largest)
    }
}
