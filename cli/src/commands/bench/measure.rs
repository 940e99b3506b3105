//! One row: keys are made, written, read and used, and what that takes is measured.

use super::rows::{Row, Work};
use crate::commands::accuracy;
use crate::evaluation::Evaluation;
use crate::output::Output;
use crate::secret::Secret;
use crate::values::exact_millis;
use crate::{bundled, inputs, proving};
use anyhow::Context as _;
use core::num::NonZeroUsize;
use prover::accuracy::LabelledSet;
use prover::circuit::{AccuracyClaim, Answer as ClaimedAnswer, Assignment, Claim, SaleClaim, WeightTie};
use prover::groth16::{self, ProvingKey};
use prover::model::InputVisibility;
use prover::sale::SaleKey;
use prover::{Circuit, CircuitSpec, Model, Oracle, Salt, Tensor};
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use statement::{Binding, Nonce, PubkeyHash};
use std::time::{Duration, Instant};

/// Most runs of a step whose median is reported.
const RUNS: usize = 7;
/// Steps are not repeated beyond this.
const BUDGET: Duration = Duration::from_secs(4);
/// Whom the measured proofs are for: nobody.
const BINDING: Binding = Binding { recipient: PubkeyHash([0x11; 20]), nonce: Nonce([0x22; 8]) };

/// A row of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) model: String,
    /// What the circuit proves, as keys and proofs spell it.
    pub(super) spec: String,
    pub(super) visibility: String,
    /// Of the network, on the 10,000 test images, in exact integers.
    pub(super) accuracy: Option<f64>,
    pub(super) constraints: usize,
    pub(super) public_inputs: usize,
    /// Inputs that one proof is about.
    pub(super) inputs: usize,
    pub(super) constraints_per_input: f64,
    pub(super) setup_ms: f64,
    pub(super) witness_ms: f64,
    pub(super) prove_ms: f64,
    pub(super) prove_ms_per_input: f64,
    pub(super) verify_ms: f64,
    /// Of the whole process, keys made and read included; none where the system does not tell.
    pub(super) peak_rss_mib: Option<f64>,
    pub(super) proving_key_bytes: u64,
    pub(super) key_load_ms: f64,
}

/// Measures a row in this process.
pub(super) fn row(row: &Row, output: &Output) -> anyhow::Result<Measured> {
    let model = bundled::model_or(Some(row.model))?;
    match row.work {
        Work::Inference { input, batch } => inference(row, &model, input, batch, output),
        Work::Certificate { tie, images } => certificate(row, &model, tie, images, output),
    }
}

fn inference(
    row: &Row,
    model: &Model,
    input: Option<InputVisibility>,
    batch: usize,
    output: &Output,
) -> anyhow::Result<Measured> {
    let default = CircuitSpec::of(model);
    let batch = NonZeroUsize::new(batch).context("a batch has at least one input")?;
    let spec = CircuitSpec { input: input.unwrap_or(default.input), batch, ..default };
    let circuit = proving::circuit(model, &spec, output)?;
    let set = bundled::test_set()?;
    let tensor = |(image, _)| Ok(inputs::of_image(Clone::clone(image), model.input())?.tensor);
    let tensors = set.iter().take(batch.get()).map(tensor).collect::<anyhow::Result<Vec<Tensor>>>()?;
    drop(set);
    let oracle = Oracle::new(model);
    let inferences = tensors.iter().map(|tensor| oracle.infer(tensor)).collect::<Result<Vec<_>, _>>()?;
    let answer = ClaimedAnswer::of(spec.output, &inferences);
    let secret = crate::secret::is_committed(model)?.then(|| Secret::of_model(model)).transpose()?;
    let salt = |tensor: &Tensor| Ok(Secret::of_input(model, tensor)?.into_salt());
    let input_salts: Vec<Salt> = match spec.input {
        InputVisibility::Committed => tensors.iter().map(salt).collect::<anyhow::Result<_>>()?,
        InputVisibility::Public | InputVisibility::Private => Vec::new(),
    };
    let claim = Claim {
        binding: &BINDING,
        model,
        model_salt: secret.as_ref().map(Secret::salt),
        inputs: &tensors,
        input_salts: &input_salts,
        answer: &answer,
    };
    let visibility = proving::visibility(model, spec.input)?;
    measure(row, model, &circuit, visibility, batch.get(), || Ok(circuit.assign(&claim)?), output)
}

fn certificate(row: &Row, model: &Model, tie: WeightTie, images: usize, output: &Output) -> anyhow::Result<Measured> {
    let set = bundled::test_set()?;
    let labelled = LabelledSet::of_images(model.input(), set.iter().take(images))?;
    drop(set);
    let circuit = accuracy::circuit(model, &labelled, tie, output)?;
    let (secret, key) = (Secret::of_model(model)?, SaleKey::random(&mut OsRng));
    let assign = |min_correct| {
        let binding = &BINDING;
        Ok(match tie {
            WeightTie::Commitment => {
                circuit.assign_accuracy(&AccuracyClaim { binding, model, model_salt: secret.salt(), min_correct })?
            }
            WeightTie::Ciphertext => circuit.assign_sale(&SaleClaim { binding, model, key: &key, min_correct })?,
        })
    };
    // As many as there are.
    let min_correct = circuit.n_counted(&assign(0)?)? as u64;
    let visibility = match tie {
        WeightTie::Commitment => "public images, committed model",
        WeightTie::Ciphertext => "public images, encrypted model",
    };
    let visibility = visibility.to_owned();
    measure(row, model, &circuit, visibility, images, || assign(min_correct), output)
}

/// All steps of one circuit.
fn measure(
    row: &Row,
    model: &Model,
    circuit: &Circuit,
    visibility: String,
    inputs: usize,
    assign: impl Fn() -> anyhow::Result<Assignment>,
    output: &Output,
) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir().context("cannot make a folder for the key")?;
    let path = folder.path().join("key");
    let (setup, key) = median(|| proving::make_keys(circuit, output))?;
    let (key, vk, _) = key;
    key.write(&path)?;
    drop(key);
    let proving_key_bytes = std::fs::metadata(&path)?.len();
    let (key_load, key) = median(|| Ok(ProvingKey::read(&path)?))?;
    let (witness, assignment) = median(assign)?;
    let (prove, (proof, _)) = median(|| Ok(proving::make_proof(&key, circuit, &assignment, output)?))?;
    let (verify, ()) = median(|| Ok(groth16::verify(&vk, assignment.public_inputs(), &proof)?))?;
    // Before what the row is not about.
    let peak_rss_mib = peak_rss_mib();
    let shape = circuit.shape();
    Ok(Measured {
        name: row.name.to_owned(),
        model: model.name().to_owned(),
        spec: circuit.spec().to_owned(),
        visibility,
        accuracy: accuracy_of(model, output)?,
        constraints: shape.constraints,
        public_inputs: shape.public_inputs,
        inputs,
        constraints_per_input: shape.constraints as f64 / inputs as f64,
        setup_ms: exact_millis(setup),
        witness_ms: exact_millis(witness),
        prove_ms: exact_millis(prove),
        prove_ms_per_input: exact_millis(prove) / inputs as f64,
        verify_ms: exact_millis(verify),
        peak_rss_mib,
        proving_key_bytes,
        key_load_ms: exact_millis(key_load),
    })
}

fn accuracy_of(model: &Model, output: &Output) -> anyhow::Result<Option<f64>> {
    let set = bundled::test_set()?;
    let stage = output.steps("evaluating", set.len());
    Ok(Evaluation::of(model, &set, NonZeroUsize::MIN, |done| stage.done(done))?.accuracy())
}

/// The median time of a step that is repeated within the budget, and its last result.
fn median<T>(mut step: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<(Duration, T)> {
    let begun = Instant::now();
    let mut times = Vec::with_capacity(RUNS);
    loop {
        let started = Instant::now();
        let result = step()?;
        times.push(started.elapsed());
        let next = begun.elapsed() + times.iter().max().copied().unwrap_or_default();
        if times.len() == RUNS || next > BUDGET {
            times.sort_unstable();
            return Ok((times[times.len() / 2], result));
        }
        // Freed before the next run, so that memory holds one result at a time.
        drop(result);
    }
}

/// Linux tells a process the peak of its memory; elsewhere nothing is claimed.
fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    // Tenths of a MiB.
    Some((kib as f64 / 102.4).round() / 10.0)
}
