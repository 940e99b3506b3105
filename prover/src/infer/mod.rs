//! Plain exact integer inference: the oracle that the circuit is judged by.
//!
//! It shares the [`Model`] data type with the circuit and nothing else. **Ties: of several largest logits the
//! lowest index wins**; `docs/math/circuit.md` states the same rule for the circuit.

mod eval;
mod integer;
mod kernel;

pub use eval::{Accuracy, EvalError, eval, eval_top_k};

use crate::model::{Model, Node, Tensor, TensorError, ValueRef};
use integer::{Integer, Values, Width};
use kernel::Kernel;
use num_bigint::BigInt;

/// What the network says about an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// One logit per class.
    pub logits: Vec<BigInt>,
    /// Index of the largest logit, the lowest of several.
    pub class: usize,
}

impl Inference {
    /// How many classes are better than `class`: those with a larger logit, and those of equal logit and lower
    /// index. The best class has rank 0; `None` if there is no such class.
    pub fn rank(&self, class: usize) -> Option<usize> {
        let own = self.logits.get(class)?;
        let better = |(index, logit): &(usize, &BigInt)| *logit > own || (*logit == own && *index < class);
        Some(self.logits.iter().enumerate().filter(better).count())
    }

    /// The `k` best classes, best first; all of them if there are fewer.
    pub fn top_k(&self, k: usize) -> Vec<usize> {
        let mut classes: Vec<_> = (0..self.logits.len()).collect();
        // A stable sort keeps the lower index first among equal logits.
        classes.sort_by(|a, b| self.logits[*b].cmp(&self.logits[*a]));
        classes.truncate(k);
        classes
    }
}

/// A model made ready for evaluation: each node in the narrowest integers that its proven bounds allow.
#[derive(Clone, Debug)]
pub struct Oracle<'a> {
    model: &'a Model,
    steps: Vec<Step>,
}

/// Prepares `model` and evaluates it on one input.
///
/// # Errors
/// [`TensorError`] if `input` was made for another model.
pub fn infer(model: &Model, input: &Tensor) -> Result<Inference, TensorError> {
    Oracle::new(model).infer(input)
}

impl<'a> Oracle<'a> {
    /// Prepares `model`.
    pub fn new(model: &'a Model) -> Self {
        let step = |(idx, node): (usize, &Node)| {
            let range = &model.ranges().nodes()[idx];
            let input_bits = model.ranges().values(node.inputs()[0]).iter().map(|interval| interval.bits()).max();
            Step::new(node, Width::of(range.work_bits), input_bits.unwrap_or(0), Width::of(range.bits))
        };
        Self { model, steps: model.nodes().iter().enumerate().map(step).collect() }
    }

    /// The logits and the class of `input`.
    ///
    /// # Errors
    /// [`TensorError`] if `input` was made for another model.
    pub fn infer(&self, input: &Tensor) -> Result<Inference, TensorError> {
        let logits = self.values(input)?.pop().map_or_else(Vec::new, |last| BigInt::read(&last).into_owned());
        let inference = Inference { logits, class: 0 };
        let class = inference.top_k(1).first().copied().unwrap_or(0);
        Ok(Inference { class, ..inference })
    }

    /// The values of every node in order, for comparison with a circuit.
    ///
    /// # Errors
    /// [`TensorError`] if `input` was made for another model.
    pub fn trace(&self, input: &Tensor) -> Result<Vec<Vec<BigInt>>, TensorError> {
        Ok(self.values(input)?.iter().map(|values| BigInt::read(values).into_owned()).collect())
    }

    fn values(&self, input: &Tensor) -> Result<Vec<Values>, TensorError> {
        self.model.input().check(input)?;
        let input = Values::Narrow(input.values().to_vec());
        let mut done: Vec<Values> = Vec::with_capacity(self.steps.len());
        for (step, node) in self.steps.iter().zip(self.model.nodes()) {
            let read = |value: &ValueRef| match value {
                ValueRef::Input => &input,
                ValueRef::Node(idx) => &done[*idx],
            };
            let values = step.apply(&node.inputs().iter().map(read).collect::<Vec<_>>());
            done.push(values);
        }
        Ok(done)
    }
}

/// One node, in the integers that it is computed with.
#[derive(Clone, Debug)]
struct Step {
    kernel: SomeKernel,
    /// Integers that hold the values.
    width: Width,
}

#[derive(Clone, Debug)]
enum SomeKernel {
    Narrow(Kernel<i64>),
    Middle(Kernel<i128>),
    Wide(Kernel<BigInt>),
}

impl Step {
    fn new(node: &Node, work: Width, input_bits: u64, width: Width) -> Self {
        let kernel = match work {
            Width::Narrow => SomeKernel::Narrow(Kernel::new(node.op(), input_bits)),
            Width::Middle => SomeKernel::Middle(Kernel::new(node.op(), input_bits)),
            Width::Wide => SomeKernel::Wide(Kernel::new(node.op(), input_bits)),
        };
        Self { kernel, width }
    }

    fn apply(&self, inputs: &[&Values]) -> Values {
        match &self.kernel {
            SomeKernel::Narrow(kernel) => self.run(kernel, inputs),
            SomeKernel::Middle(kernel) => self.run(kernel, inputs),
            SomeKernel::Wide(kernel) => self.run(kernel, inputs),
        }
    }

    fn run<T: Integer>(&self, kernel: &Kernel<T>, inputs: &[&Values]) -> Values {
        let inputs: Vec<_> = inputs.iter().map(|values| T::read(values)).collect();
        let values = kernel.apply(&inputs[0], inputs.get(1).map(AsRef::as_ref));
        Values::store(values, self.width)
    }
}
