//! From a network to keys and proofs, with progress.

use crate::advice::Advise as _;
use crate::output::Output;
use crate::secret;
use anyhow::{Context as _, anyhow};
use prover::circuit::Assignment;
use prover::groth16::{self, CircuitInfo, Proof, ProveError, ProvingKey, VerifyingKey};
use prover::model::{InputVisibility, OutputKind};
use prover::{Circuit, CircuitSpec, Model};
use rand::rngs::OsRng;
use std::path::Path;
use std::time::{Duration, Instant};

/// Builds the circuit that `spec` asks for.
pub(crate) fn circuit(model: &Model, spec: &CircuitSpec, output: &Output) -> anyhow::Result<Circuit> {
    let _stage = output.stage("building the circuit");
    Circuit::inference(model, spec)
        .with_context(|| format!("the network {} has no circuit for \"{spec}\"", model.name()))
}

/// Makes the keys of a circuit.
pub(crate) fn make_keys(circuit: &Circuit, output: &Output) -> anyhow::Result<(ProvingKey, VerifyingKey, Duration)> {
    let stage = output.work("making the keys");
    let started = Instant::now();
    let (proving_key, vk) = groth16::setup_with_progress(circuit, &mut OsRng, &|progress| stage.at(progress))?;
    Ok((proving_key, vk, started.elapsed()))
}

/// Reads a proving key.
pub(crate) fn read_key(path: &Path, output: &Output) -> anyhow::Result<ProvingKey> {
    let _stage = output.stage("reading the proving key");
    ProvingKey::read(path).advise("use the proving key that `provelock setup` wrote, or run `setup` again")
}

/// Proves what `assignment` says.
pub(crate) fn make_proof(
    key: &ProvingKey,
    circuit: &Circuit,
    assignment: &Assignment,
    output: &Output,
) -> Result<(Proof, Duration), ProveError> {
    let stage = output.work("proving");
    let started = Instant::now();
    let proof = groth16::prove_with_progress(key, circuit, assignment, &mut OsRng, &|progress| stage.at(progress))?;
    Ok((proof, started.elapsed()))
}

/// Checks that a key is for these constraints.
pub(crate) fn check_key(what: &str, key: &CircuitInfo, circuit: &Circuit) -> anyhow::Result<()> {
    if key.id == circuit.id() {
        return Ok(());
    }
    let (name, found, expected) = (circuit.model_name(), key.id, circuit.id());
    Err(anyhow!("the {what} is for circuit {found} of {}, the network {name} gives circuit {expected}", key.model))
        .advise("give the --model that the key was made for, or make keys for this one with `provelock setup`")
}

/// What an inference key proves of its model.
pub(crate) fn spec_of(key: &CircuitInfo) -> anyhow::Result<CircuitSpec> {
    key.spec.parse::<CircuitSpec>().advise("keys of accuracy certificates are for `provelock accuracy prove`")
}

/// Who knows what, for people: `private input, public model`.
pub(crate) fn visibility(model: &Model, input: InputVisibility) -> anyhow::Result<String> {
    let input = match input {
        InputVisibility::Public => "public",
        InputVisibility::Private => "private",
        InputVisibility::Committed => "committed",
    };
    let model = if secret::is_committed(model)? { "committed" } else { "public" };
    Ok(format!("{input} input, {model} model"))
}

/// Distinguishes the key files of a model's circuits: `mnist-tiny` for the manifest's own, else what differs is added.
pub(crate) fn stem(model: &Model, spec: &CircuitSpec) -> String {
    let default = CircuitSpec::of(model);
    let mut stem = model.name().to_owned();
    if spec.input != default.input {
        stem.push_str(match spec.input {
            InputVisibility::Public => "-public-input",
            InputVisibility::Private => "-private-input",
            InputVisibility::Committed => "-committed-input",
        });
    }
    if spec.output != default.output {
        match spec.output {
            OutputKind::Class => stem.push_str("-class"),
            OutputKind::Logits => stem.push_str("-logits"),
            OutputKind::Score => stem.push_str("-score"),
            OutputKind::TopK { k } => stem.push_str(&format!("-top-{k}")),
        }
    }
    if spec.batch != default.batch {
        stem.push_str(&format!("-x{}", spec.batch));
    }
    stem
}
