//! A float network: what an ONNX file means, in the operations that a model of this project has.

use super::place::Place;
use crate::error::ImportError;
use prover::model::Shape;

/// Most weights, and most values of all nodes together.
const MAX_NUMBERS: usize = 1 << 22;
/// Most products of a weight and a value, and most values under windows, of all nodes together.
const MAX_TERMS: usize = 1 << 27;

/// What a node reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The network's input.
    Input,
    /// An earlier node.
    Node(usize),
}

/// Where windows lie on a plane. Rows and columns that no window reaches are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Zeros at the top, left, bottom and right; none when pooling.
    pub(super) padding: [usize; 4],
}

impl Window {
    /// Height and width of the padded plane; a stride that does not reach its end leaves the rest out.
    fn padded(&self, input: Shape) -> [usize; 2] {
        let [top, left, bottom, right] = self.padding;
        [input.height + top + bottom, input.width + left + right]
    }

    /// Height and width of what the windows write; `None` if not even one fits.
    pub(super) fn output(&self, input: Shape) -> Option<[usize; 2]> {
        let [height, width] = self.padded(input);
        let steps = |side: usize, k: usize, stride: usize| Some(side.checked_sub(k)? / stride + 1);
        Some([steps(height, self.kernel[0], self.stride[0])?, steps(width, self.kernel[1], self.stride[1])?])
    }

    /// Whether the stride leaves out rows or columns at the end.
    pub(super) fn drops_remainder(&self, input: Shape) -> bool {
        let sides = self.padded(input);
        (0..2).any(|axis| !(sides[axis] - self.kernel[axis]).is_multiple_of(self.stride[axis]))
    }

    /// Whether no value lies under two windows.
    pub(super) const fn is_disjoint(&self) -> bool {
        self.kernel[0] <= self.stride[0] && self.kernel[1] <= self.stride[1]
    }

    pub(super) const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}

/// Weights and biases of a linear operation: `len / biases.len()` weights for each bias.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Linear {
    pub(super) kind: LinearKind,
    /// Row after row, one per output channel or output; index in a convolution's row: `(c * kh + ky) * kw + kx`.
    pub(super) weights: Vec<f64>,
    /// One per row.
    pub(super) biases: Vec<f64>,
}

/// How a linear operation is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinearKind {
    /// A cross-correlation.
    Conv { window: Window, groups: usize },
    /// Every output reads every input.
    Dense,
}

impl Linear {
    pub(super) fn row_len(&self) -> usize {
        self.weights.len() / self.biases.len()
    }

    /// `factor * value + shift` in every channel of `channels`: a convolution of one pixel with one group per channel.
    pub(super) fn per_channel(affine: Affine) -> Self {
        let window = Window { kernel: [1, 1], stride: [1, 1], padding: [0; 4] };
        let kind = LinearKind::Conv { window, groups: affine.factors.len() };
        Self { kind, weights: affine.factors, biases: affine.shifts }
    }

    /// This operation followed by `affine` on its rows.
    fn then(&mut self, affine: &Affine) {
        let row_len = self.row_len();
        for (row, (factor, shift)) in affine.factors.iter().zip(&affine.shifts).enumerate() {
            self.weights[row * row_len..][..row_len].iter_mut().for_each(|weight| *weight *= factor);
            self.biases[row] = self.biases[row] * factor + shift;
        }
    }
}

/// `factor * value + shift`, one pair per channel: batch normalisation, added biases, constant factors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) factors: Vec<f64>,
    pub(super) shifts: Vec<f64>,
}

/// An operation; each has the meaning of the model's operation of that name, on real numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Linear(Linear),
    /// Only while the file is read: [`FloatGraph::fold`] leaves none.
    Affine(Affine),
    Product,
    Add,
    Flatten,
    AvgPool(Window),
    MaxPool(Window),
    Relu {
        max: Option<f64>,
    },
}

/// One operation of the network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Made of the ONNX node's name or operator; not unique.
    pub(super) name: String,
    pub(super) op: Op,
    /// Two for [`Op::Product`] and [`Op::Add`], one for all others.
    pub(super) inputs: Vec<Source>,
    pub(super) shape: Shape,
}

/// A network: its input and operations in an order in which each reads earlier ones only.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FloatGraph {
    pub(super) input: Shape,
    pub(super) nodes: Vec<Node>,
    /// Where the logits are.
    pub(super) output: Source,
    /// What the reader of the file should know.
    pub(super) notes: Vec<String>,
    size: Size,
}

/// How much a network computes: the same weights may be used often, so it is counted apart from the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    weights: usize,
    values: usize,
    terms: usize,
}

impl FloatGraph {
    pub(super) fn new(input: Shape) -> Self {
        Self { input, nodes: Vec::new(), output: Source::Input, notes: Vec::new(), size: Size::default() }
    }

    /// Appends an operation, unless the network becomes too large.
    pub(super) fn push(&mut self, place: &Place<'_>, node: Node) -> Result<Source, ImportError> {
        let n_values = node.shape.n_values();
        let (weights, terms) = match &node.op {
            Op::Linear(linear) => (linear.weights.len(), linear.row_len().saturating_mul(n_values)),
            Op::Affine(affine) => (affine.factors.len(), n_values),
            Op::AvgPool(window) | Op::MaxPool(window) => (0, window.area().saturating_mul(n_values)),
            _ => (0, n_values),
        };
        let Size { weights: w, values: v, terms: t } = self.size;
        self.size = Size {
            weights: w.saturating_add(weights),
            values: v.saturating_add(n_values),
            terms: t.saturating_add(terms),
        };
        let fits = self.size.weights <= MAX_NUMBERS && self.size.values <= MAX_NUMBERS && self.size.terms <= MAX_TERMS;
        let expected = format!("at most {MAX_NUMBERS} weights, as many values and {MAX_TERMS} terms of sums up to here");
        place.at("size").check(fits, format_args!("{:?}", self.size), expected, "use a smaller network")?;
        self.nodes.push(node);
        Ok(Source::Node(self.nodes.len() - 1))
    }

    pub(super) fn shape(&self, source: Source) -> Shape {
        match source {
            Source::Input => self.input,
            Source::Node(idx) => self.nodes[idx].shape,
        }
    }

    /// How many operations read each node; the output counts as one more.
    pub(super) fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len()];
        for source in self.nodes.iter().flat_map(|node| &node.inputs).chain([&self.output]) {
            if let Source::Node(idx) = source {
                uses[*idx] += 1;
            }
        }
        uses
    }

    /// Leaves no [`Op::Affine`]: one that alone reads a linear operation becomes part of it, any other becomes a
    /// convolution of its own. Leaves out what the output does not depend on.
    pub(super) fn fold(mut self) -> Self {
        for idx in 0..self.nodes.len() {
            let Op::Affine(affine) = &self.nodes[idx].op else { continue };
            let (affine, source) = (affine.clone(), self.nodes[idx].inputs[0]);
            let uses = self.uses();
            let linear = match source {
                Source::Node(before) if uses[before] == 1 => match &mut self.nodes[before].op {
                    Op::Linear(linear) => Some(linear),
                    _ => None,
                },
                _ => None,
            };
            if let Some(linear) = linear {
                linear.then(&affine);
                self.redirect(Source::Node(idx), source);
                // It reads nothing any more, and is left out below.
                self.nodes[idx].inputs = vec![Source::Input];
            } else {
                self.nodes[idx].op = Op::Linear(Linear::per_channel(affine));
            }
        }
        self.pool_first();
        self.without_unused()
    }

    /// Swaps a ReLU with the maximum over windows that alone reads it: both orders give the same values, and fewer
    /// values are compared with zero.
    fn pool_first(&mut self) {
        let uses = self.uses();
        for pool in 0..self.nodes.len() {
            let Source::Node(relu) = self.nodes[pool].inputs[0] else { continue };
            let is_pool = matches!(&self.nodes[pool].op, Op::MaxPool(window) if window.is_disjoint());
            if is_pool && uses[relu] == 1 && matches!(self.nodes[relu].op, Op::Relu { .. }) {
                let [first, second] = self.nodes.get_disjoint_mut([relu, pool]).expect("a node reads an earlier one");
                core::mem::swap(&mut first.op, &mut second.op);
                core::mem::swap(&mut first.name, &mut second.name);
                first.shape = second.shape;
            }
        }
    }

    fn redirect(&mut self, from: Source, to: Source) {
        let inputs = self.nodes.iter_mut().flat_map(|node| &mut node.inputs);
        inputs.chain([&mut self.output]).filter(|source| **source == from).for_each(|source| *source = to);
    }

    fn without_unused(mut self) -> Self {
        let mut used = vec![false; self.nodes.len()];
        let mut open = vec![self.output];
        while let Some(source) = open.pop() {
            if let Source::Node(idx) = source
                && !used[idx]
            {
                used[idx] = true;
                open.extend(&self.nodes[idx].inputs);
            }
        }
        let mut new = Vec::with_capacity(used.len());
        let mut n_used = 0;
        for used in &used {
            new.push(n_used);
            n_used += usize::from(*used);
        }
        let moved = |source: Source| match source {
            Source::Input => Source::Input,
            Source::Node(idx) => Source::Node(new[idx]),
        };
        self.output = moved(self.output);
        self.nodes = self.nodes.into_iter().zip(&used).filter(|(_, used)| **used).map(|(node, _)| node).collect();
        self.nodes.iter_mut().flat_map(|node| &mut node.inputs).for_each(|source| *source = moved(*source));
        self
    }
}
