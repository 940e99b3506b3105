//! `accuracy prove`, `sale prove`: hidden weights classify at least so many images of a public set correctly.

use super::{circuit, set_of, spec_of};
use crate::Verdict;
use crate::args::{AccuracyProveArgs, CertificateProveArgs};
use crate::commands::prove::explain;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::secret::Secret;
use crate::values::{grouped, millis, spent};
use crate::wanted::Wanted;
use crate::{bundled, proving, public};
use core::fmt;
use prover::accuracy::{AccuracySpec, LabelledSet};
use prover::circuit::{AccuracyClaim, AssignError, Assignment, SALE_KEY, WeightTie};
use prover::groth16::{ProofDocument, ProveError, ProvingKey};
use prover::{Circuit, Model};
use serde::Serialize;
use statement::Binding;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Serialize)]
struct Answer {
    proved: bool,
    images: usize,
    /// How many the circuit counts: those the network is right on by a lead that its range checks admit.
    correct: usize,
    min_correct: u64,
    set_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Proof>,
}

#[derive(Serialize)]
struct Proof {
    file: PathBuf,
    spec: String,
    public_inputs: BTreeMap<String, String>,
    recipient: String,
    nonce: String,
    constraints: usize,
    prove_ms: u64,
    /// Whether the file holds the key of a sale, which is not to be shown.
    #[serde(skip)]
    is_secret: bool,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.reason {
            write!(f, "No certificate: {reason}.")?;
        }
        if let Some(Proof { file, public_inputs, recipient, nonce, constraints, prove_ms, is_secret, .. }) = &self.proof
        {
            let (correct, images) = (grouped(self.min_correct), grouped(self.images));
            let time = spent(Duration::from_millis(*prove_ms));
            writeln!(f, "Proved that the hidden network is right on at least {correct} of {images} images. {time}")?;
            writeln!(f, "  set           SHA-256 {}", self.set_sha256)?;
            writeln!(f, "  constraints   {}", grouped(*constraints))?;
            writeln!(f, "  public inputs {}", public::listed(public_inputs))?;
            writeln!(f, "  for key hash  {recipient}")?;
            writeln!(f, "  for nonce     {nonce}")?;
            write!(f, "  written to    {}", file.display())?;
            if *is_secret {
                write!(f, "\nThe file holds the sale's key, which spending reveals: keep it to yourself until then.")?;
            }
        }
        Ok(())
    }
}

pub(super) fn run(args: &AccuracyProveArgs, output: &Output) -> anyhow::Result<Verdict> {
    let task = Task::read(&args.certificate, WeightTie::Commitment, output)?;
    let (binding, model) = (task.binding(), &task.model);
    let secret = Secret::read_model(&args.commitment, model)?;
    let claim = |min_correct| AccuracyClaim { binding, model, model_salt: secret.salt(), min_correct };
    task.prove(|circuit, min_correct| circuit.assign_accuracy(&claim(min_correct)), output)
}

/// What is proved, but for what opens the weights.
pub(in crate::commands) struct Task<'a> {
    args: &'a CertificateProveArgs,
    existing: Existing,
    proving_key: ProvingKey,
    spec: AccuracySpec,
    pub(in crate::commands) model: Model,
    set: LabelledSet,
    wanted: Wanted,
}

impl<'a> Task<'a> {
    /// Reads the files, of which the key is for weights that `tie` pins.
    pub(in crate::commands) fn read(
        args: &'a CertificateProveArgs,
        tie: WeightTie,
        output: &Output,
    ) -> anyhow::Result<Self> {
        let existing = Existing::with_force(args.out.force);
        existing.check(&args.out.out)?;
        let wanted = Wanted::read(&args.binding)?;
        let proving_key = proving::read_key(&args.proving_key, output)?;
        wanted.check_key(&proving_key, &args.proving_key)?;
        let key = proving_key.circuit();
        let spec = spec_of(key, tie)?;
        let model = bundled::model_of_key(args.model.model.as_deref(), key)?;
        let set = set_of(&args.set, &spec, &model)?;
        Ok(Self { args, existing, proving_key, spec, model, set, wanted })
    }

    /// Whom and which contract the proof is for.
    pub(in crate::commands) const fn binding(&self) -> &Binding {
        &self.wanted.binding
    }

    /// Proves that as many inputs are classified correctly as are asked for, or as are; `claim` says of how many.
    pub(in crate::commands) fn prove(
        &self,
        claim: impl Fn(&Circuit, u64) -> Result<Assignment, AssignError>,
        output: &Output,
    ) -> anyhow::Result<Verdict> {
        let Self { args, existing, proving_key, spec, model, set, wanted } = self;
        let binding = &wanted.binding;
        let circuit = circuit(model, set, spec.tie, output)?;
        proving::check_key("proving key", proving_key.circuit(), &circuit)?;
        let assign = |min_correct| {
            let _stage = output.stage("running the network on the set");
            claim(&circuit, min_correct)
        };
        let started = Instant::now();
        let asked = args.min_correct.or_else(|| wanted.min_correct());
        let mut assignment = assign(asked.unwrap_or(0))?;
        let correct = circuit.n_counted(&assignment)?;
        let min_correct = asked.unwrap_or(correct as u64);
        if asked.is_none() {
            assignment = assign(min_correct)?;
        }
        let mut answer = Answer {
            proved: false,
            images: set.n_inputs(),
            correct,
            min_correct,
            set_sha256: spec.set.to_string(),
            reason: None,
            proof: None,
        };
        if let Some(reason) = wanted.refuses(proving_key, assignment.public_inputs())? {
            answer.reason = Some(reason);
            output.answer(&answer)?;
            return Ok(Verdict::No);
        }
        let proof = match proving::make_proof(proving_key, &circuit, &assignment, output) {
            Err(ProveError::Unsatisfied(unsatisfied)) => {
                let images = answer.images;
                answer.reason = Some(format!(
                    "the network is right on {correct} of {images} images, not on {min_correct}: {unsatisfied}"
                ));
                output.answer(&answer)?;
                return Ok(Verdict::No);
            }
            other => other.or_else(explain)?.0,
        };
        let prove_ms = millis(started.elapsed());
        let further = assignment.public_inputs().get(1..).unwrap_or_default();
        let document = ProofDocument::new(proving_key.verifying_key(), *binding, further, proof)?;
        let is_secret = spec.tie == WeightTie::Ciphertext;
        let readers = if is_secret { Readers::Owner } else { Readers::Default };
        files::write(&args.out.out, document.to_json().as_bytes(), *existing, readers)?;
        let mut public_inputs = public::by_name(&public::of_proof(document.public_inputs())?);
        // Screens and logs are not where a key belongs before it has been paid for.
        public_inputs.remove(SALE_KEY);
        answer.proved = true;
        answer.proof = Some(Proof {
            file: args.out.out.clone(),
            spec: circuit.spec().to_owned(),
            public_inputs,
            recipient: hex::encode(binding.recipient.0),
            nonce: hex::encode(binding.nonce.0),
            constraints: circuit.shape().constraints,
            prove_ms,
            is_secret,
        });
        output.answer(&answer)?;
        Ok(Verdict::Yes)
    }
}
