//! `setup`: the two keys of a network's circuit.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{KeysOutArgs, SetupArgs};
use crate::bundled;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::values::{grouped, millis, spent};
use crate::{proving, public};
use anyhow::Context as _;
use core::fmt;
use prover::Circuit;
use prover::groth16::{ProvingKey, VerifyingKey};
use prover::public::PublicInput;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Serialize)]
pub(super) struct Answer {
    model: String,
    /// What the circuit proves, as keys and proofs spell it.
    spec: String,
    visibility: String,
    circuit: String,
    constraints: usize,
    /// What one input costs, in a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints_per_input: Option<f64>,
    public_inputs: Vec<PublicInput>,
    proving_key: PathBuf,
    proving_key_bytes: u64,
    verifying_key: PathBuf,
    verifying_key_id: String,
    setup_ms: u64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Keys for the network {}: {} constraints", self.model, grouped(self.constraints))?;
        if let Some(per_input) = self.constraints_per_input {
            writeln!(f, "  per input      {per_input} constraints")?;
        }
        writeln!(f, "  circuit        {} ({})", self.spec, self.visibility)?;
        let inputs = public::listed_names(self.public_inputs.iter().map(|input| input.name.as_str()));
        writeln!(f, "  public inputs  {inputs}")?;
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
    let spec = args.spec.of(&model);
    let files = KeyFiles::new(&args.out, &proving::stem(&model, &spec))?;
    let circuit = proving::circuit(&model, &spec, output)?;
    let batch = spec.batch.get();
    // One decimal is enough for people and programs alike.
    let per_input = (10.0 * circuit.shape().constraints as f64 / batch as f64).round() / 10.0;
    let answer = Answer {
        constraints_per_input: (batch > 1).then_some(per_input),
        ..files.make(&circuit, proving::visibility(&model, spec.input)?, output)?
    };
    output.answer(&answer)?;
    Ok(Verdict::Yes)
}

/// Where the keys of a circuit go.
pub(super) struct KeyFiles {
    proving: PathBuf,
    verifying: PathBuf,
    existing: Existing,
}

impl KeyFiles {
    /// Makes the folder; fails before long work if the files could not be written after it.
    pub(super) fn new(args: &KeysOutArgs, stem: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&args.out)
            .with_context(|| format!("cannot make the folder {}", args.out.display()))
            .advise("choose another folder with --out")?;
        let existing = Existing::with_force(args.force);
        let [proving, verifying] =
            ["proving-key", "vk.json"].map(|extension| args.out.join(format!("{stem}.{extension}")));
        existing.check(&proving)?;
        existing.check(&verifying)?;
        Ok(Self { proving, verifying, existing })
    }

    /// Makes and writes both keys.
    pub(super) fn make(self, circuit: &Circuit, visibility: String, output: &Output) -> anyhow::Result<Answer> {
        let Self { proving, verifying, existing } = self;
        let (proving_key, vk, setup_time): (ProvingKey, VerifyingKey, Duration) = proving::make_keys(circuit, output)?;
        {
            let _stage = output.stage("writing the keys");
            existing.check(&proving)?;
            proving_key.write(&proving).advise("choose another folder with --out")?;
            files::write(&verifying, vk.to_json().as_bytes(), existing, Readers::Default)?;
        }
        Ok(Answer {
            model: circuit.model_name().to_owned(),
            spec: circuit.spec().to_owned(),
            visibility,
            circuit: circuit.id().to_string(),
            constraints: circuit.shape().constraints,
            constraints_per_input: None,
            public_inputs: circuit.public_inputs().to_vec(),
            proving_key_bytes: std::fs::metadata(&proving)?.len(),
            proving_key: proving,
            verifying_key: verifying,
            verifying_key_id: vk.digest().to_string(),
            setup_ms: millis(setup_time),
        })
    }
}
