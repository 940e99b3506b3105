//! Circuits of every kind with a fresh key pair each, and something true that they prove.

use ark_bn254::Fr;
use ark_ff::Zero;
use contracts::Evidence;
use prover::accuracy::LabelledSet;
use prover::circuit::{AccuracyClaim, Answer, Assignment, Claim, MODEL_COMMITMENT, SaleClaim};
use prover::groth16::{Proof, ProofDocument, ProvingKey, VerifyingKey, prove, setup};
use prover::model::InputVisibility;
use prover::sale::{Ciphertext, SaleKey};
use prover::{Circuit, CircuitSpec, Model, Salt, Tensor, infer};
use rand::{CryptoRng, RngCore, rngs::OsRng};
use script_gen::{Contract, FixedInput, InputTerm, Target, Terms};
use statement::{BINDING, Binding, Nonce, PubkeyHash};

use crate::contract::refund;

/// What a model answers to inputs, as the oracle says, and the salts of what is committed to.
#[derive(Debug)]
pub struct InferenceTruth {
    /// The model.
    pub model: Model,
    /// Which circuit proves it.
    pub spec: CircuitSpec,
    /// What the model answers.
    pub answer: Answer,
    /// As many as the batch.
    pub inputs: Vec<Tensor>,
    model_salt: Option<Salt>,
    input_salts: Vec<Salt>,
}

impl InferenceTruth {
    /// The claim that the model answers this, which may be untrue.
    pub fn claim<'a>(&'a self, binding: &'a Binding, answer: &'a Answer) -> Claim<'a> {
        let Self { model, inputs, input_salts, .. } = self;
        Claim { binding, model, model_salt: self.model_salt.as_ref(), inputs, input_salts, answer }
    }
}

/// How many inputs of a set a committed model classifies correctly, as the oracle says.
#[derive(Debug)]
pub struct AccuracyTruth {
    model: Model,
    set: LabelledSet,
    model_salt: Salt,
    /// How many are right.
    pub n_correct: u64,
}

impl AccuracyTruth {
    fn new(model: Model, set: LabelledSet, model_salt: Salt) -> Self {
        Self { n_correct: n_correct(&model, &set), model, set, model_salt }
    }

    /// The claim that at least so many are right, which may be untrue.
    pub const fn claim<'a>(&'a self, binding: &'a Binding, min_correct: u64) -> AccuracyClaim<'a> {
        AccuracyClaim { binding, model: &self.model, model_salt: &self.model_salt, min_correct }
    }
}

/// How many inputs of a set the model behind a ciphertext classifies correctly, as the oracle says.
#[derive(Debug)]
pub struct SaleTruth {
    /// The model.
    pub model: Model,
    set: LabelledSet,
    /// What decrypts it.
    pub key: SaleKey,
    /// How many are right.
    pub n_correct: u64,
}

impl SaleTruth {
    /// The claim that at least so many are right, which may be untrue.
    pub const fn claim<'a>(&'a self, binding: &'a Binding, min_correct: u64) -> SaleClaim<'a> {
        SaleClaim { binding, model: &self.model, key: &self.key, min_correct }
    }

    /// What the buyer is given ahead.
    ///
    /// # Panics
    /// If the model has no hidden weights.
    pub fn ciphertext(&self) -> Ciphertext {
        Ciphertext::encrypt(&self.model, &self.key).expect("a model with hidden weights")
    }
}

fn n_correct(model: &Model, set: &LabelledSet) -> u64 {
    let class = |input| infer(model, input).expect("a set of this model's").class;
    set.iter().filter(|(input, label)| class(input) == *label).count() as u64
}

/// Something true of a model.
#[derive(Debug)]
pub enum Truth {
    /// What it answers.
    Inference(InferenceTruth),
    /// How often it is right.
    Accuracy(AccuracyTruth),
    /// How often the one behind a ciphertext is right.
    Sale(SaleTruth),
}

impl Truth {
    /// What `model` answers to `inputs`.
    ///
    /// # Panics
    /// If the model cannot read them, or the circuit that `spec` asks for cannot be described.
    pub fn inference(model: Model, spec: CircuitSpec, inputs: Vec<Tensor>) -> Self {
        let inferences: Vec<_> =
            inputs.iter().map(|input| infer(&model, input).expect("inputs of this model")).collect();
        let layout = prover::circuit::Layout::of(&model, &spec).expect("a circuit of this model");
        let is_committed = layout.public().iter().any(|input| input.name == MODEL_COMMITMENT);
        let n_salts = if spec.input == InputVisibility::Committed { inputs.len() } else { 0 };
        Self::Inference(InferenceTruth {
            answer: Answer::of(spec.output, &inferences),
            model_salt: is_committed.then(|| Salt::random(&mut OsRng)),
            input_salts: (0..n_salts).map(|_| Salt::random(&mut OsRng)).collect(),
            model,
            spec,
            inputs,
        })
    }

    /// How many inputs of `set` the model classifies correctly.
    ///
    /// # Panics
    /// If the model cannot read them.
    pub fn accuracy(model: Model, set: LabelledSet) -> Self {
        Self::Accuracy(AccuracyTruth::new(model, set, Salt::random(&mut OsRng)))
    }

    /// How many inputs of `set` the model of an inference classifies correctly, under the same commitment.
    ///
    /// # Panics
    /// If there is no such commitment, or the model cannot read the set.
    pub fn accuracy_of(inference: &Self, set: LabelledSet) -> Self {
        let Self::Inference(InferenceTruth { model, model_salt: Some(salt), .. }) = inference else {
            panic!("an inference of a committed model was asked for");
        };
        let salt = Salt::from_hex(&salt.to_hex()).expect("a salt's own text");
        Self::Accuracy(AccuracyTruth::new(model.clone(), set, salt))
    }

    /// How many inputs of `set` the model behind a fresh ciphertext classifies correctly.
    ///
    /// # Panics
    /// If it cannot read them.
    pub fn sale(model: Model, set: LabelledSet) -> Self {
        Self::Sale(SaleTruth { n_correct: n_correct(&model, &set), model, set, key: SaleKey::random(&mut OsRng) })
    }

    fn circuit(&self) -> Circuit {
        let circuit = match self {
            Self::Inference(truth) => Circuit::inference(&truth.model, &truth.spec),
            Self::Accuracy(truth) => Circuit::accuracy(&truth.model, &truth.set),
            Self::Sale(truth) => Circuit::sale(&truth.model, &truth.set),
        };
        circuit.expect("the model has such a circuit")
    }

    fn assign(&self, circuit: &Circuit, binding: &Binding) -> Assignment {
        let assignment = match self {
            Self::Inference(truth) => circuit.assign(&truth.claim(binding, &truth.answer)),
            Self::Accuracy(truth) => circuit.assign_accuracy(&truth.claim(binding, truth.n_correct)),
            Self::Sale(truth) => circuit.assign_sale(&truth.claim(binding, truth.n_correct)),
        };
        assignment.expect("the claim is one of this circuit's")
    }
}

/// A circuit with a key pair of its own, and a truth that it proves.
pub struct Case {
    /// What is proved.
    pub truth: Truth,
    /// What proves it.
    pub circuit: Circuit,
    proving_key: ProvingKey,
    /// What contracts are built from.
    pub verifying_key: VerifyingKey,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Case({:?})", self.circuit)
    }
}

impl Case {
    /// A circuit for `truth` and a key pair for it that comes of `rng`.
    ///
    /// # Panics
    /// If there is no such circuit, or the setup fails.
    pub fn new(truth: Truth, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let circuit = truth.circuit();
        let (proving_key, verifying_key) = setup(&circuit, rng).expect("the circuit has a key");
        Self { truth, circuit, proving_key, verifying_key }
    }

    /// All public inputs of the truth, told to whom `binding` says.
    pub fn public_inputs(&self, binding: &Binding) -> Vec<Fr> {
        self.truth.assign(&self.circuit, binding).public_inputs().to_vec()
    }

    /// What a contract fixes: all public inputs but the binding.
    ///
    /// # Panics
    /// If the circuit's own names and values are refused.
    pub fn fixed(&self) -> Vec<FixedInput> {
        let nobody = Binding { recipient: PubkeyHash([0; 20]), nonce: Nonce([0; 8]) };
        let values = self.public_inputs(&nobody);
        let inputs = self.circuit.public_inputs().iter().zip(values).filter(|(input, _)| input.name != BINDING);
        inputs
            .map(|(input, value)| FixedInput::new(&input.name, input.bits, value).expect("within its width"))
            .collect()
    }

    /// [`Self::fixed`] with `change` added to the public input `name`.
    ///
    /// # Panics
    /// If there is no such input, or the value does not fit.
    pub fn fixed_otherwise(&self, name: &str, change: Fr) -> Vec<FixedInput> {
        assert!(!change.is_zero() && self.fixed().iter().any(|input| input.name() == name), "{name}");
        let changed = |input: FixedInput| {
            if input.name() != name {
                return input;
            }
            FixedInput::new(name, input.bits(), input.value() + change).expect("still within its width")
        };
        self.fixed().into_iter().map(changed).collect()
    }

    /// A contract that pays the prover of these values.
    ///
    /// # Panics
    /// If the case's own key is refused.
    pub fn contract(&self, fixed: Vec<FixedInput>, nonce: Nonce) -> Contract {
        self.contract_with(Terms::pay_prover(fixed.into_iter().map(InputTerm::from), nonce, refund()))
    }

    /// A contract on these terms.
    ///
    /// # Panics
    /// If they do not fit the case's key.
    pub fn contract_with(&self, terms: Terms) -> Contract {
        Contract::new(self.verifying_key.inner(), terms, Target::GENESIS).expect("a usable key")
    }

    /// Proves the truth for `binding`.
    ///
    /// # Panics
    /// If there is no proof, or one that does not verify.
    pub fn prove(&self, binding: &Binding) -> Proof {
        self.prove_by(binding, &mut OsRng)
    }

    /// As [`Self::prove`], blinded by `rng`. What is returned has been a file, and is what its reader takes from it.
    ///
    /// # Panics
    /// As [`Self::prove`].
    pub fn prove_by(&self, binding: &Binding, rng: &mut (impl RngCore + CryptoRng)) -> Proof {
        let assignment = self.truth.assign(&self.circuit, binding);
        let proof = prove(&self.proving_key, &self.circuit, &assignment, rng).expect("the truth has a proof");
        let said = &assignment.public_inputs()[1..];
        let file =
            ProofDocument::new(&self.verifying_key, *binding, said, proof).expect("within their widths").to_json();
        let document = ProofDocument::from_json(file.as_bytes()).expect("a proof's own file");
        document.verify(&self.verifying_key).expect("an honest proof");
        document.proof().clone()
    }

    /// Proves for the contract and `recipient`; what its script takes of the proof.
    ///
    /// # Panics
    /// As [`Self::prove`].
    pub fn evidence(&self, contract: &Contract, recipient: PubkeyHash) -> Evidence {
        let binding = contract.binding(recipient);
        let proof = self.prove(&binding);
        Evidence::new(contract, proof.inner(), &self.public_inputs(&binding)).expect("an honest proof has hints")
    }
}
