//! The public inputs of an inference circuit, and how its values stand in them.

use super::error::CircuitError;
use super::gadgets::pack::Packing;
use super::spec::CircuitSpec;
use crate::model::{InputVisibility, Model, Op, OutputKind, ValueRef, WeightVisibility};
use crate::public::PublicInput;
use num_bigint::BigInt;
use num_traits::One;
use statement::FIELD_BITS;

/// Name of the commitment to weights and biases.
pub const MODEL_COMMITMENT: &str = "model_commitment";
/// Name of the least score that a logit has to reach.
pub const MIN_SCORE: &str = "min_score";
/// Name of the class, of a single input.
pub const CLASS: &str = "class";

/// Most inputs of a batch: specifications come from files, and nothing larger could be proved.
pub const MAX_BATCH: usize = 10_000;

/// Public inputs of an inference circuit, in this order: `binding`; the answer (`class`, `classes[k]`, `logits[k]`,
/// `min_score`); public inputs of the network (`input[k]`) or commitments to them (`input_commitment`, or
/// `input_commitment[i]` in a batch); `model_commitment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The classes of a batch.
    pub classes: Option<Packing>,
    /// The logits, input after input.
    pub logits: Option<Packing>,
    /// The values of public inputs, input after input.
    pub input: Option<Packing>,
    public: Vec<PublicInput>,
}

impl Layout {
    /// The layout of `spec`'s circuit of `model`.
    ///
    /// # Errors
    /// [`CircuitError::TopK`], [`CircuitError::Classes`] or [`CircuitError::Batch`].
    pub fn of(model: &Model, spec: &CircuitSpec) -> Result<Self, CircuitError> {
        let logits = logit_ranges(model);
        let n_classes = logits.len();
        if n_classes < 2 {
            return Err(CircuitError::Classes { found: n_classes });
        }
        if let OutputKind::TopK { k } = spec.output
            && !(1..n_classes).contains(&k)
        {
            return Err(CircuitError::TopK { found: k, n_classes });
        }
        let batch = spec.batch.get();
        if batch > MAX_BATCH {
            return Err(CircuitError::Batch { found: batch, limit: MAX_BATCH });
        }
        let mut layout = Self { classes: None, logits: None, input: None, public: vec![PublicInput::binding()] };
        if spec.output == OutputKind::Logits {
            let lo = logits.iter().map(|range| range.lo()).min().cloned().unwrap_or_default();
            let hi = logits.iter().map(|range| range.hi()).max().cloned().unwrap_or_default();
            let packing = Packing::new(&lo, &hi, n_classes * batch);
            layout.packed("logits", &packing);
            layout.logits = Some(packing);
        } else if batch == 1 {
            layout.public.push(PublicInput::new(CLASS, class_bits(n_classes)));
        } else {
            let largest = (BigInt::one() << class_bits(n_classes)) - 1;
            let packing = Packing::new(&BigInt::default(), &largest, batch);
            layout.packed("classes", &packing);
            layout.classes = Some(packing);
        }
        if spec.output == OutputKind::Score {
            layout.public.push(PublicInput::new(MIN_SCORE, FIELD_BITS));
        }
        let input = model.input();
        match spec.input {
            InputVisibility::Private => {}
            InputVisibility::Public => {
                let n_values = input.shape.n_values() * batch;
                let packing = Packing::new(&input.min.into(), &input.max.into(), n_values);
                layout.packed("input", &packing);
                layout.input = Some(packing);
            }
            InputVisibility::Committed => {
                let names = (0..batch).map(|item| PublicInput::new(input_commitment(item, batch), FIELD_BITS));
                layout.public.extend(names);
            }
        }
        if is_committed(model) {
            layout.public.push(PublicInput::new(MODEL_COMMITMENT, FIELD_BITS));
        }
        Ok(layout)
    }

    /// The public inputs, in order.
    pub fn public(&self) -> &[PublicInput] {
        &self.public
    }

    fn packed(&mut self, name: &str, packing: &Packing) {
        let element = |k| PublicInput::new(format!("{name}[{k}]"), packing.element_bits(k));
        self.public.extend((0..packing.n_elements()).map(element));
    }
}

/// Name of the commitment to input `item` of `batch`.
pub(super) fn input_commitment(item: usize, batch: usize) -> String {
    if batch == 1 { "input_commitment".to_owned() } else { format!("input_commitment[{item}]") }
}

/// Bits of a class among `n`: 4 for ten.
pub(super) fn class_bits(n: usize) -> u32 {
    (usize::BITS - (n - 1).leading_zeros()).max(4)
}

/// Intervals of the logits: the last node's values.
pub(super) fn logit_ranges(model: &Model) -> &[crate::model::Interval] {
    let last = model.nodes().len().saturating_sub(1);
    model.ranges().values(ValueRef::Node(last))
}

/// Whether any layer's weights are committed.
pub(super) fn is_committed(model: &Model) -> bool {
    let committed = |op: &Op| matches!(op, Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed);
    model.nodes().iter().any(|node| committed(node.op()))
}
