//! `model inspect`: what a network is made of, and what its circuit costs.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::ModelInspectArgs;
use crate::files::{self, Existing, Readers};
use crate::network_picture::{Block, Kind, NetworkPicture};
use crate::output::Output;
use crate::values::grouped;
use crate::{bundled, proving, public};
use anyhow::anyhow;
use core::fmt;
use prover::circuit::{Layout, ShapeFormula};
use prover::model::{InputVisibility, MAX_EXACT_BITS, Node, Op, ValueRef, WeightVisibility};
use prover::public::PublicInput;
use prover::{CircuitSpec, Model};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    model: String,
    model_sha256: String,
    task: String,
    spec: String,
    visibility: String,
    input: Input,
    layers: Vec<Layer>,
    classes: Vec<String>,
    /// Bits of the range checks on leads, and of the largest lead that any input could bring about.
    lead_bits: u32,
    worst_lead_bits: u32,
    parameters: usize,
    constraints: Constraints,
    public_inputs: Vec<PublicInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<PathBuf>,
}

#[derive(Serialize)]
struct Input {
    shape: String,
    values: usize,
    min: i64,
    max: i64,
    scale: String,
    visibility: InputVisibility,
    /// Whether the network reads images, or integers only.
    reads_images: bool,
}

impl Input {
    const fn visibility_name(&self) -> &'static str {
        match self.visibility {
            InputVisibility::Public => "public",
            InputVisibility::Private => "private",
            InputVisibility::Committed => "committed",
        }
    }
}

#[derive(Serialize)]
struct Layer {
    name: String,
    op: &'static str,
    inputs: Vec<String>,
    shape: String,
    values: usize,
    /// Of the largest magnitude that any input could bring about, in the layer's work.
    bits: u64,
    /// Bits left below the limit of exact arithmetic modulo r.
    margin_bits: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    /// For each input of the batch.
    constraints: usize,
}

#[derive(Serialize)]
struct Weights {
    visibility: WeightVisibility,
    parameters: usize,
    weight_bits: u32,
    bias_bits: u32,
}

#[derive(Serialize)]
struct Constraints {
    all: usize,
    /// Once: range checks of and commitment to weights.
    weights: usize,
    /// Inputs of the batch; the next three are for each of them.
    inputs: usize,
    input: usize,
    layers: usize,
    answer: usize,
    /// Once: ties of packed values to public inputs.
    packing: usize,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, input, constraints, .. } = self;
        writeln!(f, "{model}: {}", self.task)?;
        writeln!(f, "  SHA-256   {}", self.model_sha256)?;
        writeln!(f, "  circuit   {} ({})", self.spec, self.visibility)?;
        let reads = if input.reads_images { "28x28 images" } else { "integers" };
        let Input { shape, min, max, scale, .. } = input;
        writeln!(f, "  input     {shape}, {min} to {max}, scale {scale}, made of {reads}")?;
        writeln!(
            f,
            "  public    {}",
            public::listed_names(self.public_inputs.iter().map(|input| input.name.as_str()))
        )?;
        writeln!(f, "  leads     {} bits checked, {} in the worst case\n", self.lead_bits, self.worst_lead_bits)?;
        let width = self.layers.iter().map(|layer| layer.name.len()).max().unwrap_or(0).max(8);
        writeln!(
            f,
            "{:<width$}  {:<9} {:<13} {:>5} {:>7} {:>10} {:>7} {:>11}  weights",
            "layer", "op", "shape", "bits", "margin", "parameters", "w/b", "constraints"
        )?;
        writeln!(f, "{:<width$}  {:<9} {:<13} {:>46}", "input", "", input.shape, grouped(constraints.input))?;
        for layer in &self.layers {
            let Layer { name, op, shape, bits, margin_bits, constraints, .. } = layer;
            let (parameters, width_bits, visibility) = match &layer.weights {
                Some(Weights { visibility, parameters, weight_bits, bias_bits }) => {
                    (grouped(*parameters), format!("{weight_bits}/{bias_bits}"), visibility_name(*visibility))
                }
                None => Default::default(),
            };
            writeln!(
                f,
                "{name:<width$}  {op:<9} {shape:<13} {bits:>5} {margin_bits:>7} {parameters:>10} {width_bits:>7} {:>11}  {visibility}",
                grouped(*constraints)
            )?;
        }
        writeln!(f, "{:<width$}  {:<9} {:<13} {:>46}", "answer", "", "", grouped(constraints.answer))?;
        if constraints.inputs > 1 {
            writeln!(f, "\n{} inputs, each with the constraints above", constraints.inputs)?;
        }
        // As wide as the columns before the constraints.
        let mut once = |name: &str, what: &str, constraints: usize| match constraints {
            0 => Ok(()),
            n => writeln!(f, "{name:<width$}  {what:<58} {:>11}", grouped(n)),
        };
        once("weights", "range checks and commitment, once", constraints.weights)?;
        once("packing", "into public inputs, once", constraints.packing)?;
        write!(
            f,
            "\n{} constraints, {} parameters; no value wraps: every one stays below 2^{MAX_EXACT_BITS}",
            grouped(constraints.all),
            grouped(self.parameters)
        )?;
        match &self.picture {
            Some(path) => write!(f, "\nPicture in {}", path.display()),
            None => Ok(()),
        }
    }
}

const fn visibility_name(visibility: WeightVisibility) -> &'static str {
    match visibility {
        WeightVisibility::Public => "public",
        WeightVisibility::Committed => "committed",
    }
}

pub(crate) fn run(args: &ModelInspectArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.force);
    args.svg.as_deref().map_or(Ok(()), |path| existing.check(path))?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    let spec = args.spec.of(&model);
    let mut answer = inspect(&model, &spec)?;
    if let Some(path) = &args.svg {
        let svg = picture(&answer, &model).to_svg();
        files::write(path, svg.as_bytes(), existing, Readers::Default)?;
        answer.picture = Some(path.clone());
    }
    output.answer(&answer)?;
    Ok(Verdict::Yes)
}

fn inspect(model: &Model, spec: &CircuitSpec) -> anyhow::Result<Answer> {
    let named = || anyhow!("the network {} has no circuit for \"{spec}\"", model.name());
    let formula = ShapeFormula::of(model, spec).map_err(|error| named().context(error));
    let formula = formula.advise("ask for another --claim")?;
    let per_layer: Vec<_> = formula.layers.iter().map(|(_, constraints)| *constraints).collect();
    let layers: Vec<_> =
        model.nodes().iter().enumerate().map(|(idx, node)| layer(model, idx, node, per_layer[idx])).collect();
    let input = model.input();
    Ok(Answer {
        model: model.name().to_owned(),
        model_sha256: model.sha256().to_string(),
        task: model.task().to_owned(),
        spec: spec.to_string(),
        visibility: proving::visibility(model, spec.input)?,
        input: Input {
            shape: input.shape.to_string(),
            values: input.shape.n_values(),
            min: input.min,
            max: input.max,
            scale: input.scale.to_string(),
            visibility: spec.input,
            reads_images: input.image.is_some(),
        },
        classes: model.classes().to_vec(),
        lead_bits: model.output().lead_bits,
        worst_lead_bits: model.ranges().lead_bits(),
        parameters: layers.iter().filter_map(|layer| layer.weights.as_ref()).map(|weights| weights.parameters).sum(),
        layers,
        constraints: Constraints {
            all: formula.constraints(),
            weights: formula.weights,
            inputs: formula.batch,
            input: formula.input,
            layers: per_layer.iter().sum(),
            answer: formula.answer,
            packing: formula.packing,
        },
        public_inputs: Layout::of(model, spec)?.public().to_vec(),
        picture: None,
    })
}

fn layer(model: &Model, idx: usize, node: &Node, constraints: usize) -> Layer {
    let range = &model.ranges().nodes()[idx];
    let source = |source: &ValueRef| match source {
        ValueRef::Input => "input".to_owned(),
        ValueRef::Node(idx) => model.nodes()[*idx].name().to_string(),
    };
    Layer {
        name: node.name().to_string(),
        op: node.op().name(),
        inputs: node.inputs().iter().map(source).collect(),
        shape: node.shape().to_string(),
        values: node.shape().n_values(),
        bits: range.work_bits,
        margin_bits: range.margin_bits,
        weights: match node.op() {
            Op::Linear(linear) => Some(Weights {
                visibility: linear.visibility(),
                parameters: linear.weights().len() + linear.biases().len(),
                weight_bits: linear.weight_bits(),
                bias_bits: linear.bias_bits(),
            }),
            _ => None,
        },
        constraints,
    }
}

/// The network from its input to its answer.
fn picture(answer: &Answer, model: &Model) -> NetworkPicture {
    let input = &answer.input;
    let mut blocks = vec![Block {
        name: "input".to_owned(),
        lines: vec![input.shape.clone(), format!("{} to {}, {}", input.min, input.max, input.visibility_name())],
        after: Vec::new(),
        constraints: answer.constraints.input,
        kind: Kind::Ends,
    }];
    for (layer, node) in answer.layers.iter().zip(model.nodes()) {
        let weights = layer.weights.as_ref().map(|weights| {
            let Weights { visibility, parameters, weight_bits, .. } = weights;
            format!("{} {} parameters, {weight_bits} bits", grouped(*parameters), visibility_name(*visibility))
        });
        let bounds = format!("{} bits, {} to spare", layer.bits, layer.margin_bits);
        blocks.push(Block {
            name: layer.name.clone(),
            lines: [format!("{} {}", layer.op, layer.shape), bounds].into_iter().chain(weights).collect(),
            after: node.inputs().iter().map(|source| source_block(*source)).collect(),
            constraints: layer.constraints,
            kind: match node.op() {
                Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed => Kind::Committed,
                Op::Linear(_) => Kind::Linear,
                Op::Add | Op::Flatten | Op::SumPool(_) => Kind::Free,
                _ => Kind::NonLinear,
            },
        });
    }
    let said: Vec<_> = answer.public_inputs.iter().skip(1).map(|input| input.name.as_str()).collect();
    const SHOWN: usize = 3;
    let more = if said.len() > SHOWN { ", .." } else { "" };
    blocks.push(Block {
        name: "answer".to_owned(),
        lines: vec![format!("public: {}{more}", said[..said.len().min(SHOWN)].join(", "))],
        after: vec![blocks.len() - 1],
        constraints: answer.constraints.answer,
        kind: Kind::Ends,
    });
    let constraints = &answer.constraints;
    let mut subtitle = format!("{} constraints", grouped(constraints.all));
    if constraints.inputs > 1 {
        subtitle.push_str(&format!(" for {} inputs", constraints.inputs));
    }
    if constraints.weights > 0 {
        subtitle.push_str(&format!(", {} of them for weights, once", grouped(constraints.weights)));
    }
    let subtitle = format!("{subtitle}; {} parameters; {}", grouped(answer.parameters), answer.visibility);
    NetworkPicture { title: answer.model.clone(), subtitle, blocks }
}

const fn source_block(source: ValueRef) -> usize {
    match source {
        ValueRef::Input => 0,
        ValueRef::Node(idx) => idx + 1,
    }
}
