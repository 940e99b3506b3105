//! `accuracy ..`: certificates of a hidden network's accuracy on public images. Sales (`sale ..`) prove the same of
//! encrypted weights, by the same steps.

mod hash;
pub(super) mod prove;
pub(super) mod setup;
pub(super) mod verify;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{AccuracyCommand, FirstArgs, SetArgs};
use crate::bundled;
use crate::output::Output;
use anyhow::{Context as _, anyhow};
use core::num::NonZeroUsize;
use prover::accuracy::{AccuracySpec, LabelledSet};
use prover::circuit::WeightTie;
use prover::groth16::CircuitInfo;
use prover::{Circuit, Model};

pub(crate) fn run(command: AccuracyCommand, output: &Output) -> anyhow::Result<Verdict> {
    match command {
        AccuracyCommand::Setup(args) => setup::run(&args.certificate, WeightTie::Commitment, output),
        AccuracyCommand::Prove(args) => prove::run(&args, output),
        AccuracyCommand::Verify(args) => verify::run(&args.certificate, WeightTie::Commitment, None, output),
        AccuracyCommand::Hash(args) => hash::run(&args, output),
    }
}

/// The first images of a set as `model` reads them.
fn first(args: &FirstArgs, model: &Model) -> anyhow::Result<LabelledSet> {
    labelled(&args.set, args.first, model)
}

fn labelled(args: &SetArgs, n: NonZeroUsize, model: &Model) -> anyhow::Result<LabelledSet> {
    let set = bundled::set_or(args.files())?;
    if n.get() > set.len() {
        return Err(anyhow!("{n} images are wanted, the set has {}", set.len())).advise("take fewer with --first");
    }
    LabelledSet::of_images(model.input(), set.iter().take(n.get())).context("the network cannot read the set")
}

/// What a key of certificates, or of sales, is for.
fn spec_of(key: &CircuitInfo, tie: WeightTie) -> anyhow::Result<AccuracySpec> {
    let kind = AccuracySpec::kind(tie);
    let advice = format!("use a key that `provelock {kind} setup` made");
    let spec = key.spec.parse::<AccuracySpec>().advise(&advice)?;
    if spec.tie == tie {
        return Ok(spec);
    }
    Err(anyhow!("the key is for \"{spec}\", expected one for \"{kind} ..\"")).advise(advice)
}

/// The set that a key's specification names.
fn set_of(args: &SetArgs, spec: &AccuracySpec, model: &Model) -> anyhow::Result<LabelledSet> {
    let set = labelled(args, spec.n, model)?;
    let found = set.digest();
    if found == spec.set {
        return Ok(set);
    }
    Err(anyhow!("the key is for the set {}, these images make {found}", spec.set))
        .advise("give the --images and --labels that the key was made for, and the --model")
}

pub(crate) fn circuit(model: &Model, set: &LabelledSet, tie: WeightTie, output: &Output) -> anyhow::Result<Circuit> {
    let _stage = output.stage("building the circuit");
    let circuit = match tie {
        WeightTie::Commitment => Circuit::accuracy(model, set),
        WeightTie::Ciphertext => Circuit::sale(model, set),
    };
    circuit
        .with_context(|| format!("there are no certificates about the network {}", model.name()))
        .advise("take a network whose first layers have hidden weights, such as mnist-private")
}
