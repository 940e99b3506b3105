//! The circuit of an inference: the model's graph, value by value.

use super::build::Builder;
use super::error::CircuitError;
use super::gadgets::argmax::{ClassWire, Selection};
use super::gadgets::pack::Packing;
use super::layer::Layer;
use super::layout::{self, CLASS, Layout, MIN_SCORE};
use super::name::{ConstraintName, Wire};
use super::plan::Plan;
use super::r1cs::{Linear, WireIdx};
use super::spec::CircuitSpec;
use super::value::Value;
use super::weights::{WeightTie, Weights, enforce_commitment};
use super::{Circuit, Sources};
use crate::commitment::{self, Domain, TensorLayout};
use crate::model::{InputVisibility, Model, OutputKind, ValueRef};
use num_bigint::BigInt;

/// Wires that a claim fills in.
#[derive(Clone, Debug)]
pub(super) struct InferenceSources {
    pub(super) spec: CircuitSpec,
    pub(super) layout: Layout,
    pub(super) weights: Weights,
    pub(super) items: Vec<ItemSources>,
    /// Least value of an input; its wire carries the value less this.
    pub(super) input_min: i64,
    pub(super) n_inputs: usize,
    pub(super) n_classes: usize,
}

/// Wires of one input of a batch.
#[derive(Clone, Debug)]
pub(super) struct ItemSources {
    /// The first of the input's wires, which stand in a row.
    pub(super) input: WireIdx,
    pub(super) salt: Option<WireIdx>,
    /// Wires of selectors, with the class that each selects.
    pub(super) selectors: Vec<(usize, WireIdx)>,
}

impl Circuit {
    /// Builds the circuit that `spec` asks for. Public weights are its constants.
    ///
    /// # Errors
    /// [`CircuitError`] if a range check could be passed modulo r, or if `spec` asks for what the model cannot answer.
    pub fn inference(model: &Model, spec: &CircuitSpec) -> Result<Self, CircuitError> {
        let layout = Layout::of(model, spec)?;
        let mut builder = Builder::new(layout.public().to_vec());
        let weights = Weights::hidden(&mut builder, model, WeightTie::Commitment)?;
        let plan = Plan::of(model);
        let batch = spec.batch.get();
        let mut walk = Walk { builder, model, spec, scope: String::new() };
        let (mut items, mut inputs, mut logits, mut classes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for item in 0..batch {
            if batch > 1 {
                walk.scope = format!("item[{item}].");
            }
            let (mut source, values) = walk.input(item)?;
            if spec.input == InputVisibility::Public {
                inputs.extend(values.iter().map(|value| value.linear.clone()));
            }
            let last = nodes(&mut walk.builder, model, &plan, &weights, &walk.scope, values)?;
            if spec.output == OutputKind::Logits {
                logits.extend(last.into_iter().map(|logit| logit.linear));
            } else {
                let selection = walk.answer(&last)?;
                source.selectors = selection.selectors;
                classes.push(selection.class);
            }
            items.push(source);
        }
        let mut builder = walk.builder;
        // Logits are claimed; what else is packed follows from wires.
        pack(&mut builder, "input", layout.input.as_ref(), &inputs, Builder::solve);
        pack(&mut builder, "classes", layout.classes.as_ref(), &classes, Builder::solve);
        pack(&mut builder, "logits", layout.logits.as_ref(), &logits, |builder, name, public, packed| {
            builder.enforce_equal(ConstraintName::Equal(name), packed, &Linear::wire(public));
        });
        let sources = InferenceSources {
            spec: *spec,
            n_inputs: model.input().shape.n_values(),
            input_min: model.input().min,
            n_classes: layout::logit_ranges(model).len(),
            layout,
            weights,
            items,
        };
        Ok(Self::finish(builder, model.name(), spec.to_string(), Sources::Inference(Box::new(sources))))
    }
}

/// Ties packed `values` to the public inputs `name[k]`, by `enforce`. One constraint per public input.
fn pack(
    builder: &mut Builder,
    name: &str,
    packing: Option<&Packing>,
    values: &[Linear],
    enforce: impl Fn(&mut Builder, Wire, WireIdx, Linear),
) {
    let packed = packing.map_or_else(Vec::new, |packing| packing.linear(builder, values));
    for (k, packed) in packed.into_iter().enumerate() {
        let name = format!("{name}[{k}]");
        let public = builder.public(&name);
        let name = builder.label(&name).only();
        enforce(builder, name, public, packed);
    }
}

/// One pass over the graph.
struct Walk<'a> {
    builder: Builder,
    model: &'a Model,
    spec: &'a CircuitSpec,
    /// What the names of this input's wires begin with: nothing, or `item[3].` in a batch.
    scope: String,
}

impl Walk<'_> {
    /// The input's wires, each in its range, and the commitment to them if there is one.
    fn input(&mut self, item: usize) -> Result<(ItemSources, Vec<Value>), CircuitError> {
        let input = self.model.input();
        let (min, max) = (BigInt::from(input.min), BigInt::from(input.max));
        // A public input has a name of its own, `input[k]`, for packed elements.
        let label = self.builder.label(&format!("{}value", self.scope));
        let span = &max - &min;
        let n_values = input.shape.n_values();
        let first = self.builder.integers(label, n_values, &span);
        let value = |k| Value::wire(first.offset(k), BigInt::default(), span.clone()).plus(&min);
        let values: Vec<_> = (0..n_values).map(value).collect();
        let mut source = ItemSources { input: first, salt: None, selectors: Vec::new() };
        if self.spec.input == InputVisibility::Committed {
            let name = layout::input_commitment(item, self.spec.batch.get());
            let salt = self.builder.label(&format!("{}input_salt", self.scope)).only();
            let salt = self.builder.witness(salt);
            source.salt = Some(salt);
            let layout = input_layout(self.model)?;
            let linears: Vec<_> = values.iter().map(|value| value.linear.clone()).collect();
            enforce_commitment(&mut self.builder, &name, Domain::Input, &layout, salt, &linears);
        }
        Ok((source, values))
    }

    /// What is told of the logits, except for all of them. Their own wires are selected, compared and range-checked.
    fn answer(&mut self, logits: &[Value]) -> Result<Selection, CircuitError> {
        let scope = format!("{}argmax", self.scope);
        let class = match self.spec.batch.get() {
            1 => ClassWire::Public(self.builder.public(CLASS)),
            _ => ClassWire::Packed,
        };
        let bits = self.model.output().lead_bits as usize;
        let selection = self.builder.select(&scope, logits, class);
        match self.spec.output {
            OutputKind::TopK { k } if k > 1 => self.builder.top_k(&scope, &selection, k, bits)?,
            _ => self.builder.argmax(&scope, &selection, bits)?,
        }
        if self.spec.output == OutputKind::Score {
            let public = self.builder.public(MIN_SCORE);
            self.builder.score(&scope, &selection, public)?;
        }
        Ok(selection)
    }
}

/// The values of the last node from those of the input. Names of wires begin with `scope`.
///
/// # Errors
/// [`CircuitError::Wraps`] if a range check could be passed modulo r.
pub(super) fn nodes(
    builder: &mut Builder,
    model: &Model,
    plan: &Plan,
    weights: &Weights,
    scope: &str,
    input: Vec<Value>,
) -> Result<Vec<Value>, CircuitError> {
    let mut nodes: Vec<Vec<Value>> = Vec::with_capacity(model.nodes().len());
    for (idx, node) in model.nodes().iter().enumerate() {
        let plan = &plan.nodes[idx];
        // Values that the answer does not depend on stay zero, and nothing reads them.
        let mut values = vec![Value::constant(&BigInt::default()); plan.needed.len()];
        if !plan.absorbed {
            let read = |source: ValueRef| match source {
                ValueRef::Input => &input,
                ValueRef::Node(source) => &nodes[source],
            };
            let (x, y) = (read(plan.inputs[0]), read(plan.inputs[plan.inputs.len() - 1]));
            let ranges = model.ranges().values(ValueRef::Node(idx));
            let scope = format!("{scope}{}", node.name());
            let layer = Layer::new(builder, scope, node, plan.divisor, weights.layer(idx), ranges);
            for output in (0..values.len()).filter(|output| plan.needed[*output]) {
                let mut value = layer.value(builder, output, x, y)?;
                let range = &ranges[output];
                // Layers above rely on the model's bounds; here they are seen to hold for what was built.
                if value.lo < *range.lo() || value.hi > *range.hi() {
                    return Err(CircuitError::Bounds { layer: node.name().to_string(), output });
                }
                // A constant is short already.
                let varies = value.lo != value.hi && value.linear.as_constant().is_none();
                if plan.materialised && varies {
                    value.linear = layer.materialised(builder, output, value.linear);
                }
                values[output] = value;
            }
        }
        nodes.push(values);
    }
    Ok(nodes.pop().unwrap_or_default())
}

/// What an input commitment covers: the network's input.
///
/// # Errors
/// [`CircuitError::Commitment`] for an empty range of values.
pub fn input_layout(model: &Model) -> Result<commitment::Layout, CircuitError> {
    let input = model.input();
    let tensor = TensorLayout::between("input", input.shape.n_values(), input.min, input.max);
    let refused = |source| CircuitError::Commitment { place: "input_commitment".to_owned(), source: Box::new(source) };
    Ok(commitment::Layout::new(vec![tensor.map_err(refused)?]))
}
