//! What scripts take, measured: lengths of the scripts themselves, widest number and peak stack of a run.

use super::machine;
use contracts::{fragment_name, fragment_names};
use crate::sample::{InsecureSample, largest_values};
use crate::script_map::Piece;
use chain_types::{Profile, UnlockingScript};
use script_gen::{Cost, Groth16Verifier, PublicInput, Target};
use script_vm::{Metrics, NoSignatures};
use serde::Serialize;

/// The sample key's verifier with a spend that was run.
pub(super) struct Sample {
    pub(super) inputs: Vec<PublicInput>,
    pub(super) profile: Profile,
    pub(super) verifier: Groth16Verifier,
    unlocking: UnlockingScript,
    metrics: Metrics,
}

impl Sample {
    /// Builds a verifier of these public inputs, opens it with a proof about the largest ones, and meters the run.
    pub(super) fn new(inputs: &[PublicInput], profile: Profile) -> anyhow::Result<Self> {
        let sample = InsecureSample::new(inputs.len());
        let verifier = Groth16Verifier::new(&sample.key, inputs, Target::policy(profile))?;
        let values = largest_values(inputs);
        let unlocking = verifier.spend(&sample.prove(&values), &values)?.unlocking_script();
        let machine = machine(profile).with_fragments(fragment_names(verifier.fragments()));
        let metrics = machine.run(&unlocking, verifier.locking_script(), &NoSignatures)?;
        Ok(Self { inputs: inputs.to_vec(), profile, verifier, unlocking, metrics })
    }

    /// The blobs of the unlocking script with their names: each is one push.
    pub(super) fn unlocking_pieces(&self) -> Vec<Piece> {
        let is_open = |input: &PublicInput| !matches!(input, PublicInput::Fixed(_));
        let open = self.inputs.iter().enumerate().filter(|(_, input)| is_open(input));
        let mut names = ["quotient", "representatives", "slopes", "proof"].map(str::to_owned).to_vec();
        names.extend(open.map(|(index, _)| format!("public input {index}")));
        let starts = self.unlocking.instructions().filter_map(|read| Some(read.ok()?.0));
        let starts: Vec<usize> = starts.chain([self.unlocking.len()]).collect();
        let pieces = starts.windows(2).zip(names);
        pieces.map(|(bytes, name)| Piece { bytes: bytes[0]..bytes[1], name }).collect()
    }
}

/// The fragments of the locking script in its order, under the script's name.
pub(super) fn locking_pieces(verifier: &Groth16Verifier) -> (String, Vec<Piece>) {
    let piece = |(bytes, path)| Piece { bytes, name: fragment_name(path).to_owned() };
    ("locking script".to_owned(), verifier.fragments().into_iter().map(piece).collect())
}

/// What one verifier's scripts take. Lengths are in bytes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Case {
    pub(super) locking: usize,
    pub(super) unlocking: usize,
    /// Of both scripts.
    pub(super) total: usize,
    /// Instructions of the locking script, pushes included.
    pub(super) opcodes: usize,
    /// Longest operand or result of an arithmetic opcode in a run.
    pub(super) widest_number: usize,
    /// Most memory that both stacks took in a run, as the node charges for it.
    pub(super) peak_stack: usize,
    /// Of the locking script, largest first.
    pub(super) fragments: Vec<Fragment>,
    /// Of the unlocking script, in its order.
    pub(super) blobs: Vec<Blob>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Fragment {
    pub(super) path: String,
    #[serde(flatten)]
    pub(super) cost: Cost,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Blob {
    pub(super) name: String,
    pub(super) bytes: usize,
}

impl Case {
    /// What `verifier` takes; `sample` is of the same public inputs and profile.
    pub(super) fn new(verifier: &Groth16Verifier, sample: &Sample) -> Self {
        let cost = verifier.cost();
        let named = |(path, cost): (String, Cost)| Fragment { path: fragment_name(&path).to_owned(), cost };
        let mut fragments: Vec<_> = cost.fragments.into_iter().map(named).collect();
        fragments.sort_by_key(|fragment| core::cmp::Reverse(fragment.cost.bytes));
        let blobs = sample.unlocking_pieces().into_iter();
        let blobs = blobs.map(|Piece { bytes, name }| Blob { name, bytes: bytes.len() }).collect();
        let (locking, unlocking) = (verifier.locking_script().len(), verifier.unlocking_len());
        Self {
            locking,
            unlocking,
            total: locking + unlocking,
            opcodes: cost.total.opcodes,
            widest_number: sample.metrics.widest_number,
            peak_stack: sample.metrics.peak_stack_bytes,
            fragments,
            blobs,
        }
    }
}
