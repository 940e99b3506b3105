//! A circuit with a true claim, which tests then bend.

use ark_bn254::Fr;
use core::num::NonZeroUsize;
use prover::circuit::{Answer, Claim, Unsatisfied};
use prover::model::manifest::LayerEntry;
use prover::model::{InputVisibility, Op, OutputKind, WeightVisibility};
use prover::{Circuit, CircuitSpec, Model, Salt, Tensor, infer};
use rand::{Rng, SeedableRng, rngs::StdRng};
use statement::{Binding, Nonce, PubkeyHash};

use crate::nets::Net;

pub(crate) struct Case {
    pub(crate) model: Model,
    pub(crate) spec: CircuitSpec,
    pub(crate) circuit: Circuit,
    pub(crate) binding: Binding,
    pub(crate) inputs: Vec<Tensor>,
    pub(crate) input_salts: Vec<Salt>,
    pub(crate) model_salt: Option<Salt>,
    pub(crate) answer: Answer,
}

pub(crate) fn spec(input: InputVisibility, output: OutputKind, batch: usize) -> CircuitSpec {
    CircuitSpec { input, output, batch: NonZeroUsize::new(batch).unwrap() }
}

/// A salt that tests can repeat.
pub(crate) fn salt(number: u64) -> Salt {
    Salt::from_hex(&format!("{number:064x}")).unwrap()
}

/// What the oracle says of each input.
pub(crate) fn honest(model: &Model, spec: &CircuitSpec, inputs: &[Tensor]) -> Answer {
    let inferences: Vec<_> = inputs.iter().map(|input| infer(model, input).unwrap()).collect();
    Answer::of(spec.output, &inferences)
}

pub(crate) fn is_committed(model: &Model) -> bool {
    let committed = |op: &Op| matches!(op, Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed);
    model.nodes().iter().any(|node| committed(node.op()))
}

impl Case {
    /// The true claim about `inputs`.
    pub(crate) fn new(model: Model, spec: CircuitSpec, inputs: Vec<Tensor>) -> Self {
        let circuit = Circuit::inference(&model, &spec).unwrap();
        let n_salts = if spec.input == InputVisibility::Committed { inputs.len() } else { 0 };
        Self {
            answer: honest(&model, &spec, &inputs),
            circuit,
            spec,
            binding: Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([9; 8]) },
            input_salts: (0..n_salts as u64).map(|k| salt(100 + k)).collect(),
            model_salt: is_committed(&model).then(|| salt(5)),
            model,
            inputs,
        }
    }

    /// A true claim about random inputs.
    pub(crate) fn random(model: Model, spec: CircuitSpec, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let inputs = (0..spec.batch.get()).map(|_| random_input(&model, &mut rng)).collect();
        Self::new(model, spec, inputs)
    }

    pub(crate) fn claim(&self) -> Claim<'_> {
        Claim {
            binding: &self.binding,
            model: &self.model,
            model_salt: self.model_salt.as_ref(),
            inputs: &self.inputs,
            input_salts: &self.input_salts,
            answer: &self.answer,
        }
    }

    /// Names of the constraints that the true claim violates with these wires forged.
    pub(crate) fn forge(&self, forged: &[(&str, Fr)]) -> Vec<String> {
        self.forge_claim(&self.claim(), forged)
    }

    /// Names of the constraints that `claim` violates with these wires forged.
    pub(crate) fn forge_claim(&self, claim: &Claim<'_>, forged: &[(&str, Fr)]) -> Vec<String> {
        let forged: Vec<_> = forged.iter().map(|(name, value)| (self.circuit.wire(name).unwrap(), *value)).collect();
        let assignment = self.circuit.assign_forged(claim, &forged).unwrap();
        match self.circuit.check(&assignment) {
            Ok(()) => Vec::new(),
            Err(Unsatisfied::Constraints { first, others }) => [vec![first], others].concat(),
            Err(other) => panic!("{other}"),
        }
    }

    /// What `answer` violates.
    pub(crate) fn answered(&self, answer: &Answer) -> Vec<String> {
        self.forge_claim(&Claim { answer, ..self.claim() }, &[])
    }

    /// The honest value of a wire.
    pub(crate) fn value(&self, name: &str) -> Fr {
        let assignment = self.circuit.assign(&self.claim()).unwrap();
        assignment.get(self.circuit.wire(name).unwrap()).unwrap()
    }

    /// The honest value of the named wire and `change`.
    pub(crate) fn changed(&self, name: &str, change: i64) -> Fr {
        self.value(name) + if change < 0 { -Fr::from(change.unsigned_abs()) } else { Fr::from(change) }
    }
}

pub(crate) fn random_input(model: &Model, rng: &mut StdRng) -> Tensor {
    let input = model.input();
    let values = (0..input.shape.n_values()).map(|_| rng.gen_range(input.min..=input.max)).collect();
    input.tensor_of(values).unwrap()
}

/// Commits to all weights, of these bits.
pub(crate) fn committed(mut net: Net, bits: u32, of_bias: u32) -> Net {
    for layer in &mut net.manifest.layers {
        match layer {
            LayerEntry::Conv2d(entry) => {
                (entry.visibility, entry.weight_bits, entry.bias_bits) = (WeightVisibility::Committed, bits, of_bias);
            }
            LayerEntry::Dense(entry) => {
                (entry.visibility, entry.weight_bits, entry.bias_bits) = (WeightVisibility::Committed, bits, of_bias);
            }
            _ => {}
        }
    }
    net
}

/// Random parameters: rows of weights below `weight` in magnitude, and biases.
pub(crate) fn params(
    rng: &mut StdRng,
    n_rows: usize,
    row_len: usize,
    weight: i64,
) -> (Vec<Vec<i64>>, Vec<num_bigint::BigInt>) {
    let rows = (0..n_rows).map(|_| (0..row_len).map(|_| rng.gen_range(-weight..weight)).collect()).collect();
    (rows, (0..n_rows).map(|_| rng.gen_range(-weight..weight).into()).collect())
}

/// 4x4 inputs in -3..=4, three planes of 2x2 by 2x2 kernels, ReLU, four logits.
pub(crate) fn little(seed: u64) -> Net {
    let mut rng = StdRng::seed_from_u64(seed);
    let (rows, biases) = params(&mut rng, 3, 4, 8);
    let net = Net::new([1, 4, 4], -3, 4).conv(([2, 2], [2, 2], [0; 4], 1), rows, biases).relu(None);
    let (rows, biases) = params(&mut rng, 4, 12, 8);
    net.dense(rows, biases)
}
