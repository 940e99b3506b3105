//! `prove` and `batch prove`: what a network says about inputs, without what is to stay hidden.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::ClaimArgs;
use crate::files::{self, Existing, Readers};
use crate::inputs::{self, Input};
use crate::output::Output;
use crate::readout::Said;
use crate::secret::{self, Secret};
use crate::values::{millis, spent};
use crate::wanted::Wanted;
use crate::{bundled, digit, proving, public};
use anyhow::anyhow;
use core::fmt;
use prover::circuit::{Answer as ClaimedAnswer, Claim};
use prover::groth16::{ProofDocument, ProveError, ProvingKey};
use prover::model::{InputVisibility, OutputKind};
use prover::{CircuitSpec, Inference, Model, Oracle, Salt, Tensor};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Serialize)]
struct Answer {
    proved: bool,
    /// What the network says, of a single input.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<usize>,
    /// What the network says of each input.
    classes: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Proof>,
    #[serde(skip)]
    drawing: Vec<String>,
}

#[derive(Serialize)]
struct Proof {
    file: PathBuf,
    spec: String,
    visibility: String,
    public_inputs: BTreeMap<String, String>,
    /// What the public inputs say, unpacked.
    says: Said,
    recipient: String,
    nonce: String,
    constraints: usize,
    prove_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_input: Option<PerInput>,
    #[serde(skip)]
    sentence: String,
}

/// What a batch costs, shared evenly.
#[derive(Serialize)]
struct PerInput {
    inputs: usize,
    constraints: f64,
    prove_ms: f64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.drawing {
            writeln!(f, "    {line}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, "No proof: {reason}.")?;
        }
        if let Some(proof) = &self.proof {
            writeln!(f, "{} {}", proof.sentence, spent(Duration::from_millis(proof.prove_ms)))?;
            for line in proof.says.lines().iter().filter(|_| !proof.says.logits.is_empty()) {
                writeln!(f, "    {line}")?;
            }
            if let Some(PerInput { inputs, constraints, prove_ms }) = &proof.per_input {
                writeln!(f, "  per input     {constraints:.1} constraints, {prove_ms:.1} ms, of {inputs} inputs")?;
            }
            writeln!(f, "  circuit       {} ({})", proof.spec, proof.visibility)?;
            writeln!(f, "  public inputs {}", public::listed(&proof.public_inputs))?;
            writeln!(f, "  for key hash  {}", proof.recipient)?;
            writeln!(f, "  for nonce     {}", proof.nonce)?;
            write!(f, "  written to    {}", proof.file.display())?;
        }
        Ok(())
    }
}

pub(crate) fn run(args: &ClaimArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    existing.check(&args.out.out)?;
    let wanted = Wanted::read(&args.binding)?;
    let proving_key = proving::read_key(&args.proving_key, output)?;
    wanted.check_key(&proving_key, &args.proving_key)?;
    let key = proving_key.circuit();
    let spec = proving::spec_of(key)?;
    let model = bundled::model_of_key(args.model.model.as_deref(), key)?;
    let inputs = inputs::read(&args.input, &model)?;
    let (found, expected) = (inputs.len(), spec.batch.get());
    if found != expected {
        return Err(anyhow!("{found} inputs are given, a proof under this key is about {expected}"))
            .advise("give as many inputs, or make a key with `provelock setup --batch`");
    }
    let oracle = Oracle::new(&model);
    let inferences: Vec<_> = inputs.iter().map(|input| oracle.infer(&input.tensor)).collect::<Result<_, _>>()?;
    let classes: Vec<_> = inferences.iter().map(|inference| inference.class).collect();
    let mut answer = Answer {
        proved: false,
        class: <[usize; 1]>::try_from(classes.as_slice()).ok().map(|[class]| class),
        classes,
        reason: None,
        proof: None,
        drawing: drawing(&inputs),
    };
    let proof = match claimed(args, &wanted, &model, &spec, &inferences)? {
        Ok(claimed) => prove(args, &proving_key, &model, &spec, &inputs, &wanted, &claimed, output)?,
        Err(reason) => Err(reason),
    };
    match proof {
        Ok(proof) => (answer.proved, answer.proof) = (true, Some(proof)),
        Err(reason) => answer.reason = Some(reason),
    }
    output.answer(&answer)?;
    Ok(Verdict::of(answer.proved))
}

/// Proves the claim and writes the document, unless the contract would not open for it.
#[allow(clippy::too_many_arguments, reason = "what a proof is made of; two callers would not share a struct for it")]
fn prove(
    args: &ClaimArgs,
    proving_key: &ProvingKey,
    model: &Model,
    spec: &CircuitSpec,
    inputs: &[Input],
    wanted: &Wanted,
    claimed: &ClaimedAnswer,
    output: &Output,
) -> anyhow::Result<Result<Proof, String>> {
    let binding = &wanted.binding;
    let circuit = proving::circuit(model, spec, output)?;
    proving::check_key("proving key", proving_key.circuit(), &circuit)?;
    let secret = model_secret(args.commitment.as_deref(), model)?;
    let tensors: Vec<_> = inputs.iter().map(|input| input.tensor.clone()).collect();
    let input_salts = input_salts(&args.input_commitment, model, spec, &tensors)?;
    let claim = Claim {
        binding,
        model,
        model_salt: secret.as_ref().map(Secret::salt),
        inputs: &tensors,
        input_salts: &input_salts,
        answer: claimed,
    };
    let started = Instant::now();
    let assignment = circuit.assign(&claim)?;
    if let Some(reason) = wanted.refuses(proving_key, assignment.public_inputs())? {
        return Ok(Err(reason));
    }
    let (proof, _) = proving::make_proof(proving_key, &circuit, &assignment, output).or_else(explain)?;
    let elapsed = started.elapsed();

    let further = assignment.public_inputs().get(1..).unwrap_or_default();
    let document = ProofDocument::new(proving_key.verifying_key(), *binding, further, proof)?;
    let existing = Existing::with_force(args.out.force);
    files::write(&args.out.out, document.to_json().as_bytes(), existing, Readers::Default)?;
    let (n, constraints) = (inputs.len(), circuit.shape().constraints);
    let per_input = PerInput {
        inputs: n,
        constraints: constraints as f64 / n as f64,
        prove_ms: elapsed.as_secs_f64() * 1e3 / n as f64,
    };
    let says = Said::of(model, spec, document.public_inputs())?;
    Ok(Ok(Proof {
        file: args.out.out.clone(),
        spec: circuit.spec().to_owned(),
        visibility: proving::visibility(model, spec.input)?,
        public_inputs: public::by_name(&public::of_proof(document.public_inputs())?),
        sentence: sentence(claimed, &says),
        says,
        recipient: hex::encode(binding.recipient.0),
        nonce: hex::encode(binding.nonce.0),
        constraints,
        prove_ms: millis(elapsed),
        per_input: (n > 1).then_some(per_input),
    }))
}

fn sentence(claimed: &ClaimedAnswer, says: &Said) -> String {
    let classes = says.lines().join("; ");
    match claimed {
        ClaimedAnswer::Class(_) => format!("Proved that the network says {classes}."),
        ClaimedAnswer::Logits(_) => "Proved that the network gives these logits.".to_owned(),
        ClaimedAnswer::Score { min_score, .. } => {
            format!("Proved that the network says {classes}, with a logit of at least {min_score}.")
        }
        ClaimedAnswer::TopK(_) => format!("Proved that {classes} is among the network's best."),
    }
}

/// The images, if there are few.
fn drawing(inputs: &[Input]) -> Vec<String> {
    match inputs {
        [Input { image: Some(image), .. }] => digit::draw(image),
        _ => Vec::new(),
    }
}

/// What is to be proved, or why it is untrue.
fn claimed(
    args: &ClaimArgs,
    wanted: &Wanted,
    model: &Model,
    spec: &CircuitSpec,
    inferences: &[Inference],
) -> anyhow::Result<Result<ClaimedAnswer, String>> {
    let mut claimed = ClaimedAnswer::of(spec.output, inferences);
    if let Some(class) = args.class.or_else(|| wanted.class()) {
        let n = model.classes().len();
        if class >= n {
            return Err(anyhow!("the class is {class}, expected 0 to {}", n.saturating_sub(1)))
                .advise("give the number of a class, or none");
        }
        let (ClaimedAnswer::Class(classes) | ClaimedAnswer::TopK(classes) | ClaimedAnswer::Score { classes, .. }) =
            &mut claimed
        else {
            return Err(anyhow!("--class is given, the key proves logits")).advise("leave --class out");
        };
        let ([said], [inference]) = (classes.as_mut_slice(), inferences) else {
            return Err(anyhow!("--class is given for {} inputs", inferences.len())).advise("leave --class out");
        };
        let best = match spec.output {
            OutputKind::TopK { k } => k,
            _ => 1,
        };
        if inference.rank(class).is_none_or(|rank| rank >= best) {
            let found = if best == 1 { said.to_string() } else { format!("{:?}", inference.top_k(best)) };
            return Ok(Err(format!("the network says {found}, not {class}, and untrue things have no proof")));
        }
        *said = class;
    }
    if let Some(wanted) = &args.min_score.clone().or_else(|| wanted.min_score()) {
        let ClaimedAnswer::Score { min_score, .. } = &mut claimed else {
            return Err(anyhow!("--min-score is given, the key proves no score"))
                .advise("leave --min-score out, or make a key with `provelock setup --claim score`");
        };
        if wanted > min_score {
            return Ok(Err(format!("the score is {min_score}, below {wanted}, and untrue things have no proof")));
        }
        min_score.clone_from(wanted);
    }
    Ok(Ok(claimed))
}

/// The salt of a committed model's commitment.
fn model_secret(path: Option<&Path>, model: &Model) -> anyhow::Result<Option<Secret>> {
    match (secret::is_committed(model)?, path) {
        (true, Some(path)) => Secret::read_model(path, model).map(Some),
        (true, None) => Err(anyhow!("the weights of {} are committed, but no commitment is given", model.name()))
            .advise("make one with `provelock model commit`, and give its file with --commitment"),
        (false, Some(_)) => Err(anyhow!("--commitment is given, the weights of {} are public", model.name()))
            .advise("leave --commitment out"),
        (false, None) => Ok(None),
    }
}

/// The salts of committed inputs' commitments.
fn input_salts(paths: &[PathBuf], model: &Model, spec: &CircuitSpec, tensors: &[Tensor]) -> anyhow::Result<Vec<Salt>> {
    let (found, expected) = match spec.input {
        InputVisibility::Committed => (paths.len(), tensors.len()),
        InputVisibility::Public | InputVisibility::Private => (paths.len(), 0),
    };
    if found != expected {
        return Err(anyhow!("{found} input commitments are given, the key takes {expected}"))
            .advise("make one for each committed input with `provelock input commit`; others need none");
    }
    let salt = |(path, tensor): (&PathBuf, &Tensor)| Ok(Secret::read_input(path, model, tensor)?.into_salt());
    paths.iter().zip(tensors).map(salt).collect()
}

pub(super) fn explain<T>(error: ProveError) -> anyhow::Result<T> {
    let advice = match &error {
        ProveError::OtherCircuit { .. } => "give the --model that the proving key was made for",
        ProveError::Unsatisfied(_) => {
            "the network's circuit cannot express this input's answer: see `provelock model inspect` for its bounds"
        }
        _ => "run `provelock setup` again and use its proving key",
    };
    Err(error).advise(advice)
}
