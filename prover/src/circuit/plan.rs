//! What of a model's graph a circuit builds: values that the answer depends on, each layer in its cheapest form.

use crate::model::{Model, Op, ValueRef, WeightVisibility};

/// A value that is used often is given a wire of its own when that saves more than this many matrix entries.
const ENTRIES_PER_CONSTRAINT: usize = 1_000;

/// Decisions about one node.
#[derive(Clone, Debug)]
pub(super) struct NodePlan {
    /// Whether the answer depends on each value. Others are not built.
    pub(super) needed: Vec<bool>,
    /// The node is a rescaling that its only reader, a ReLU, does as well.
    pub(super) absorbed: bool,
    /// What the node reads, past a rescaling that it absorbs.
    pub(super) inputs: Vec<ValueRef>,
    /// Divisor of the absorbed rescaling, or 1.
    pub(super) divisor: u64,
    /// Each value gets a wire of its own: long sums are then not repeated in every row that reads them.
    pub(super) materialised: bool,
}

/// Decisions about all nodes, a function of the model's graph alone.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<NodePlan>,
}

impl Plan {
    pub(super) fn of(model: &Model) -> Self {
        let nodes = model.nodes();
        let plain = |node: &crate::model::Node| NodePlan {
            needed: vec![false; node.shape().n_values()],
            absorbed: false,
            inputs: node.inputs().to_vec(),
            divisor: 1,
            materialised: false,
        };
        let mut plan = Self { nodes: nodes.iter().map(plain).collect() };
        plan.absorb(model);
        plan.find_needed(model);
        plan.materialise(model);
        plan
    }

    /// The plan of what `source` refers to, `None` for the input.
    fn node_mut(&mut self, source: ValueRef) -> Option<&mut NodePlan> {
        match source {
            ValueRef::Input => None,
            ValueRef::Node(idx) => self.nodes.get_mut(idx),
        }
    }

    /// Lets each ReLU do the rescaling before it, if nothing else reads that.
    fn absorb(&mut self, model: &Model) {
        let nodes = model.nodes();
        for (idx, node) in nodes.iter().enumerate() {
            let (Op::Relu { .. }, [ValueRef::Node(source)]) = (node.op(), node.inputs()) else { continue };
            let Op::Rescale { divisor } = nodes[*source].op() else { continue };
            let readers = nodes.iter().flat_map(|node| node.inputs()).filter(|read| **read == ValueRef::Node(*source));
            if readers.count() == 1 {
                self.nodes[*source].absorbed = true;
                self.nodes[idx].inputs = nodes[*source].inputs().to_vec();
                self.nodes[idx].divisor = *divisor;
            }
        }
    }

    /// Marks what the last node's values depend on, backwards.
    fn find_needed(&mut self, model: &Model) {
        if let Some(last) = self.nodes.last_mut() {
            last.needed.fill(true);
        }
        for (idx, node) in model.nodes().iter().enumerate().rev() {
            if self.nodes[idx].absorbed {
                continue;
            }
            let NodePlan { needed, inputs, .. } = self.nodes[idx].clone();
            for output in (0..needed.len()).filter(|output| needed[*output]) {
                for source in &inputs {
                    let Some(read) = self.node_mut(*source) else { continue };
                    match node.op() {
                        Op::Linear(linear) => linear.accumulator(output).1.for_each(|(k, _)| read.needed[k] = true),
                        Op::SumPool(window) | Op::AvgPool(window) | Op::MaxPool(window) => {
                            window.window(output).for_each(|k| read.needed[k] = true);
                        }
                        Op::Product | Op::Square | Op::Add | Op::Flatten | Op::Rescale { .. } | Op::Relu { .. } => {
                            read.needed[output] = true;
                        }
                    }
                }
            }
        }
    }

    /// Gives wires to long sums that linear layers read often.
    fn materialise(&mut self, model: &Model) {
        let nodes = model.nodes();
        // Terms of each node's values, at most.
        let mut widths: Vec<usize> = Vec::with_capacity(nodes.len());
        for (idx, node) in nodes.iter().enumerate() {
            let width_of = |source: &ValueRef| match source {
                ValueRef::Input => 1,
                ValueRef::Node(source) => widths[*source],
            };
            let read = self.nodes[idx].inputs.iter().map(width_of);
            let width = match node.op() {
                Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed => 2 * linear.row_len(),
                Op::Linear(linear) => linear.row_len().saturating_mul(read.sum()),
                Op::SumPool(window) => window.area().saturating_mul(read.sum()),
                Op::MaxPool(window) => window.area() + read.sum::<usize>(),
                Op::Add | Op::Flatten => read.sum(),
                Op::Relu { .. } => 2,
                Op::Product | Op::Square | Op::AvgPool(_) | Op::Rescale { .. } => 1,
            };
            // How often linear layers read a value, on average.
            let uses = |reader: &crate::model::Node| match reader.op() {
                Op::Linear(linear) => {
                    let terms = reader.shape().n_values() * linear.row_len();
                    let committed = usize::from(linear.visibility() == WeightVisibility::Committed);
                    (1 + committed) * terms / linear.window().input().n_values().max(1)
                }
                _ => 0,
            };
            let readers = nodes.iter().filter(|reader| reader.inputs().contains(&ValueRef::Node(idx)));
            let uses: usize = readers.map(uses).sum();
            let materialised = !self.nodes[idx].absorbed
                && uses.saturating_mul(width - 1).saturating_sub(width) > ENTRIES_PER_CONSTRAINT;
            self.nodes[idx].materialised = materialised;
            widths.push(if materialised { 1 } else { width });
        }
    }
}
