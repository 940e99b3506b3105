//! `setup`: the two keys of a network.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SetupArgs;
use crate::bundled;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::values::{grouped, millis, spent};
use anyhow::Context as _;
use core::fmt;
use prover::{Circuit, groth16};
use rand::rngs::OsRng;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a setup takes per constraint, roughly, on two cores.
const PER_CONSTRAINT: Duration = Duration::from_micros(70);

/// About how long a setup takes.
pub(super) fn estimate(constraints: usize) -> Duration {
    PER_CONSTRAINT.saturating_mul(u32::try_from(constraints).unwrap_or(u32::MAX))
}

#[derive(Serialize)]
struct Answer {
    model: String,
    circuit: String,
    constraints: usize,
    proving_key: PathBuf,
    proving_key_bytes: usize,
    verifying_key: PathBuf,
    verifying_key_id: String,
    setup_ms: u64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Keys for the network {}: {} constraints", self.model, grouped(self.constraints))?;
        let (pk, vk) = (self.proving_key.display(), self.verifying_key.display());
        writeln!(f, "  proving key    {pk} ({} bytes)", grouped(self.proving_key_bytes))?;
        writeln!(f, "  verifying key  {vk}")?;
        writeln!(f, "  key id         {}  (proofs name it)", self.verifying_key_id)?;
        writeln!(f, "  setup took     {}", spent(Duration::from_millis(self.setup_ms)))?;
        write!(
            f,
            "Whoever runs a setup could keep its randomness and forge proofs under these keys. This run drew it from the\n\
             operating system and kept none: contracts under these keys are as safe as this machine was just now."
        )
    }
}

pub(crate) fn run(args: &SetupArgs, output: &Output) -> anyhow::Result<Verdict> {
    let model = bundled::model_or(args.model.model.as_deref())?;
    let circuit = Circuit::new(&model);
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder {}", args.out.display()))
        .advise("choose another folder with --out")?;
    let existing = Existing::with_force(args.force);
    let [proving_path, verifying_path] =
        ["proving-key", "vk.json"].map(|extension| args.out.join(format!("{}.{extension}", model.name())));
    existing.check(&proving_path)?;
    existing.check(&verifying_path)?;

    let constraints = circuit.shape().constraints;
    let stage = output.stage("making the keys", estimate(constraints));
    let started = Instant::now();
    let (proving_key, vk) = groth16::setup(&circuit, &mut OsRng)?;
    let setup_ms = millis(started.elapsed());
    let bytes = proving_key.to_bytes();
    files::write(&proving_path, &bytes, existing, Readers::Default)?;
    files::write(&verifying_path, vk.to_json().as_bytes(), existing, Readers::Default)?;
    drop(stage);

    output.answer(&Answer {
        model: model.name().to_owned(),
        circuit: circuit.id().to_string(),
        constraints,
        proving_key: proving_path,
        proving_key_bytes: bytes.len(),
        verifying_key: verifying_path,
        verifying_key_id: vk.digest().to_string(),
        setup_ms,
    })?;
    Ok(Verdict::Yes)
}
