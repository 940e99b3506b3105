//! What a proof's public values say, unpacked for people.

use anyhow::{Context as _, anyhow};
use num_bigint::{BigInt, BigUint};
use prover::circuit::{Layout, Packing};
use prover::groth16::NamedValue;
use prover::model::OutputKind;
use prover::{CircuitSpec, Model};
use serde::Serialize;

/// What the network says, input by input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    /// The class of each input; empty where logits are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) classes: Vec<usize>,
    /// Decimal, at the scale of the last layer: the logits of each input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) logits: Vec<Vec<String>>,
}

/// Most values of a row for people.
const PER_LINE: usize = 10;

impl Said {
    /// Reads the public inputs of a proof about `model`, of the circuit that `spec` asks for.
    pub(crate) fn of(model: &Model, spec: &CircuitSpec, public: &[NamedValue]) -> anyhow::Result<Self> {
        let layout = Layout::of(model, spec)?;
        let mut said = Self::default();
        if spec.output == OutputKind::Logits {
            let logits = unpack(public, "logits", layout.logits.as_ref())?;
            let rows = logits.chunks(model.classes().len().max(1));
            said.logits = rows.map(|row| row.iter().map(ToString::to_string).collect()).collect();
        } else if layout.classes.is_some() {
            let classes = unpack(public, "classes", layout.classes.as_ref())?;
            said.classes = classes.iter().map(usize::try_from).collect::<Result<_, _>>()?;
        } else {
            let class = element(public, "class")?;
            said.classes = vec![usize::try_from(&class)?];
        }
        Ok(said)
    }

    /// One line, or a line of logits per input.
    pub(crate) fn lines(&self) -> Vec<String> {
        let list = |values: &[String]| {
            let lines: Vec<_> = values.chunks(PER_LINE).map(|chunk| chunk.join(", ")).collect();
            lines.join(",\n    ")
        };
        if self.logits.is_empty() {
            return vec![list(&self.classes.iter().map(ToString::to_string).collect::<Vec<_>>())];
        }
        self.logits.iter().map(|logits| list(logits)).collect()
    }
}

fn element(public: &[NamedValue], name: &str) -> anyhow::Result<BigUint> {
    let found = public.iter().find(|input| input.name == name);
    Ok(found.with_context(|| format!("the proof has no public input {name}"))?.value.into())
}

fn unpack(public: &[NamedValue], name: &str, packing: Option<&Packing>) -> anyhow::Result<Vec<BigInt>> {
    let packing = packing.with_context(|| format!("the circuit has no public inputs {name}"))?;
    let elements = (0..packing.n_elements()).map(|k| element(public, &format!("{name}[{k}]")));
    let elements = elements.collect::<Result<Vec<_>, _>>()?;
    packing.unpack(&elements).ok_or_else(|| anyhow!("the public inputs {name} are too large to be packed values"))
}
