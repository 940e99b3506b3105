//! `verifier ..`: any Groth16 key on BN254 in a script, without a contract around it.

pub(crate) mod build;
pub(crate) mod cost;
pub(crate) mod map;
mod measure;
pub(crate) mod unlock;

use crate::advice::Advise as _;
use crate::args::{InputArg, KindArgs, SourceArgs};
use crate::files;
use crate::foreign::{Read, read_verifying_key};
use crate::output::Output;
use crate::script_map::ScriptMap;
use crate::values::grouped;
use anyhow::{Context as _, anyhow, bail};
use ark_bn254::Bn254;
use ark_groth16::VerifyingKey;
use chain_types::Profile;
use measure::{Case, Sample};
use script_gen::{ArtifactError, BuildError, Groth16Verifier, PublicInput, VerifierArtifact};
use script_vm::{Machine, TxVersion};
use std::collections::BTreeMap;
use std::path::Path;

/// Far above any verifier's file: a script within default limits has a million hex digits.
const MAX_VERIFIER_LEN: u64 = 4 << 20;

/// A verifier, and what it was made of.
struct Chosen {
    artifact: VerifierArtifact,
    verifier: Groth16Verifier,
    inputs: Vec<PublicInput>,
    profile: Profile,
    /// Format of the key's file; none if the key came in a verifier's file.
    key_format: Option<String>,
}

impl Chosen {
    fn open(source: &SourceArgs, kinds: &KindArgs, output: &Output) -> anyhow::Result<Self> {
        match (&source.vk, &source.verifier) {
            (Some(path), _) => Self::build(path, &kinds.input, kinds.profile.unwrap_or_default(), output),
            (None, Some(path)) => Self::read(path, output),
            // The argument group asks for exactly one.
            (None, None) => bail!("no verifier given: add --vk or --verifier"),
        }
    }

    /// Builds the verifier of the key in a file.
    fn build(path: &Path, input: &[InputArg], profile: Profile, output: &Output) -> anyhow::Result<Self> {
        let Read { content: key, format } = read_verifying_key(path)?;
        let inputs = input_kinds(input, &key)?;
        let _stage = building(output);
        let (artifact, verifier) =
            VerifierArtifact::build(&key, &inputs, profile).or_else(|error| no_script(path, error))?;
        Ok(Self { artifact, verifier, inputs, profile, key_format: Some(format) })
    }

    /// Reads a verifier's file; its script is built anew and must be the one in the file.
    fn read(path: &Path, output: &Output) -> anyhow::Result<Self> {
        let text = files::read_text(path, MAX_VERIFIER_LEN)?;
        let _stage = building(output);
        let read = || {
            let (artifact, verifier) = VerifierArtifact::parse(&text)?;
            let (inputs, profile) = (artifact.public_inputs()?, artifact.profile()?);
            Ok::<_, ArtifactError>(Self { artifact, verifier, inputs, profile, key_format: None })
        };
        read()
            .with_context(|| format!("{} is not a usable verifier", path.display()))
            .advise("restore the file, or write it again with `provelock verifier build`")
    }

    /// The picture of its scripts.
    fn map(&self) -> anyhow::Result<ScriptMap> {
        let sample = Sample::new(&self.inputs, self.profile)?;
        Ok(map_of(&self.verifier, &sample, &Case::new(&self.verifier, &sample)))
    }
}

fn no_script<T>(path: &Path, error: ArtifactError) -> anyhow::Result<T> {
    let advice = match &error {
        ArtifactError::Build(BuildError::NumberTooLong { .. } | BuildError::ScriptTooLong { .. }) => {
            "the limit is the node's: fix public inputs at deployment, as in --input 0=fixed=VALUE, or give them fewer \
             bits, as in --input 0=bits=64"
        }
        _ => "use the key of an honest setup, as the tool wrote it",
    };
    Err(error).with_context(|| format!("no script can be made of the key in {}", path.display())).advise(advice)
}

fn building(output: &Output) -> crate::output::Stage {
    output.stage("building the script")
}

/// The picture of a verifier's scripts; the unlocking script is the sample key's for inputs of the same kinds, which is
/// as long as any other.
fn map_of(verifier: &Groth16Verifier, sample: &Sample, case: &Case) -> ScriptMap {
    let inputs = match sample.inputs.as_slice() {
        [] => "no public input".to_owned(),
        inputs => {
            let mut counts = BTreeMap::<String, usize>::new();
            for input in inputs {
                let kind = match input {
                    PublicInput::Fixed(_) => "fixed".to_owned(),
                    open => open.to_string(),
                };
                *counts.entry(kind).or_default() += 1;
            }
            let counts: Vec<_> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            format!("public inputs: {}", counts.join(", "))
        }
    };
    let (locking, unlocking, total) = (grouped(case.locking), grouped(case.unlocking), grouped(case.total));
    ScriptMap {
        title: format!("Groth16 verifier, {}: {total} bytes", sample.profile),
        subtitle: format!(
            "locking {locking} + unlocking {unlocking} bytes, {} instructions; {inputs}",
            grouped(case.opcodes)
        ),
        scripts: vec![measure::locking_pieces(verifier), ("unlocking script".to_owned(), sample.unlocking_pieces())],
    }
}

/// How the public inputs of `key` enter the script.
fn input_kinds(args: &[InputArg], key: &VerifyingKey<Bn254>) -> anyhow::Result<Vec<PublicInput>> {
    const ADVICE: &str = "give one --input for each public input in order, or name some, as in --input 0=bits=64: the \
                          others are full";
    let n_inputs = key.gamma_abc_g1.len().saturating_sub(1);
    let n_named = args.iter().filter(|arg| arg.index.is_some()).count();
    if n_named == 0 && !args.is_empty() {
        if args.len() != n_inputs {
            return Err(anyhow!("--input: {} given, the key has {n_inputs} public inputs", args.len())).advise(ADVICE);
        }
        return Ok(args.iter().map(|arg| arg.kind).collect());
    }
    let mut kinds = vec![None; n_inputs];
    for InputArg { index, kind } in args {
        let Some(index) = *index else {
            return Err(anyhow!("--input {kind}: says no number, as {n_named} others do")).advise(ADVICE);
        };
        match kinds.get_mut(index) {
            None => {
                return Err(anyhow!("--input {index}={kind}: the key has {n_inputs} public inputs, counted from 0"))
                    .advise(ADVICE);
            }
            Some(Some(earlier)) => {
                return Err(anyhow!("--input {index}={kind}: input {index} is {earlier} already")).advise(ADVICE);
            }
            Some(free) => *free = Some(*kind),
        }
    }
    Ok(kinds.into_iter().map(|kind| kind.unwrap_or(PublicInput::Full)).collect())
}

/// A machine with the rules and default limits of a profile.
fn machine(profile: Profile) -> Machine {
    match profile {
        Profile::Genesis => Machine::policy(),
        Profile::Chronicle => Machine::chronicle_policy(TxVersion::RELAXED),
    }
}
