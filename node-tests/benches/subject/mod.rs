//! What both benchmarks measure: three contracts, each with an honest proof by arkworks.

use std::rc::Rc;

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, VerifyingKey, prepare_verifying_key};
use chain_types::{FeeRate, LockingScript, Profile};
use foreign_tools::Circuit;
use ledger::{check_input, policy_machine};
use node_tests::{
    case::Case,
    contract::{network, refund},
};
use rand::rngs::OsRng;
use script_gen::{self, ClaimWitness, FixedInput, Groth16Verifier, InputTerm, PublicInput, SpendData, Target, Terms};
use script_vm::Metrics;
use statement::{Binding, Nonce};
use tx_builder::{Coin, Draft, SigningKey, Transaction, Version, transaction_output};

/// A contract yet to be built, and a proof for it.
pub(crate) struct Subject {
    /// As in `bench-data`.
    pub(crate) name: &'static str,
    vk: VerifyingKey<Bn254>,
    prepared: PreparedVerifyingKey<Bn254>,
    proof: Proof<Bn254>,
    public_inputs: Vec<Fr>,
    kind: Kind,
    owner: Rc<SigningKey>,
    prove: Box<dyn Fn() -> Proof<Bn254>>,
}

enum Kind {
    Bare(Vec<PublicInput>),
    Bound(Vec<FixedInput>, Nonce),
}

/// A contract, built.
pub(crate) enum Contract {
    Bare(Groth16Verifier),
    Bound(script_gen::Contract),
}

/// The three shapes: no public input open, the contract, two full ones open.
pub(crate) fn all() -> [Subject; 3] {
    let network = network();
    let owner = Rc::new(SigningKey::random(&mut OsRng));
    let binding = Binding { recipient: owner.pubkey_hash(), nonce: Nonce(*b"measured") };
    let fixed = network.public_inputs(&binding).into_iter().map(PublicInput::Fixed);
    let fixed = Kind::Bare(fixed.collect());
    let bound = Kind::Bound(network.fixed(), binding.nonce);
    [
        of_network("fixed", network, binding, Rc::clone(&owner), fixed),
        of_network("inference_payment", network, binding, Rc::clone(&owner), bound),
        of_three_inputs("two_254", owner),
    ]
}

fn of_network(
    name: &'static str,
    network: &'static Case,
    binding: Binding,
    owner: Rc<SigningKey>,
    kind: Kind,
) -> Subject {
    let public_inputs = network.public_inputs(&binding);
    let prove = Box::new(move || network.prove(&binding).inner().clone());
    Subject::new(name, network.verifying_key.inner().clone(), public_inputs, kind, owner, prove)
}

/// A circuit of one constraint, for the size of its public inputs: the first is fixed, two are open.
fn of_three_inputs(name: &'static str, owner: Rc<SigningKey>) -> Subject {
    let circuit = Circuit::Three;
    let key =
        Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut OsRng).expect("a small circuit");
    let public_inputs = circuit.public_inputs();
    let kind = Kind::Bare(vec![PublicInput::Fixed(public_inputs[0]), PublicInput::Full, PublicInput::Full]);
    let vk = key.vk.clone();
    let prove = Box::new(move || {
        Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &key, &mut OsRng).expect("a true statement")
    });
    Subject::new(name, vk, public_inputs, kind, owner, prove)
}

impl Subject {
    fn new(
        name: &'static str,
        vk: VerifyingKey<Bn254>,
        public_inputs: Vec<Fr>,
        kind: Kind,
        owner: Rc<SigningKey>,
        prove: Box<dyn Fn() -> Proof<Bn254>>,
    ) -> Self {
        let (prepared, proof) = (prepare_verifying_key(&vk), prove());
        Self { name, vk, prepared, proof, public_inputs, kind, owner, prove }
    }

    /// arkworks' prover, on the same statement.
    pub(crate) fn prove(&self) -> Proof<Bn254> {
        (self.prove)()
    }

    /// arkworks' verifier, on the same proof.
    pub(crate) fn verify(&self) -> bool {
        Groth16::<Bn254>::verify_proof(&self.prepared, &self.proof, &self.public_inputs).expect("as many inputs")
    }

    /// Builds the locking script.
    pub(crate) fn contract(&self, profile: Profile) -> Contract {
        let target = Target::policy(profile);
        match &self.kind {
            Kind::Bare(inputs) => Contract::Bare(Groth16Verifier::new(&self.vk, inputs, target).expect("a good key")),
            Kind::Bound(fixed, nonce) => {
                let fixed = fixed.iter().cloned().map(InputTerm::from);
                let contract = script_gen::Contract::new(&self.vk, Terms::pay_prover(fixed, *nonce, refund()), target);
                Contract::Bound(contract.expect("a good key"))
            }
        }
    }

    /// Makes the hints for the proof.
    pub(crate) fn supplies(&self, contract: &Contract) -> SpendData {
        let data = match contract {
            Contract::Bare(verifier) => verifier.spend(&self.proof, &self.public_inputs),
            Contract::Bound(contract) => contract.spend_data(&self.proof, &self.public_inputs),
        };
        data.expect("an honest proof")
    }

    /// Spends a coin under the contract to the owner.
    pub(crate) fn spend(&self, contract: &Contract, supplies: &SpendData, coin: Coin) -> Transaction {
        let draft = Draft::new(FeeRate::DEFAULT, self.owner.pubkey_hash()).with_version(Version::TWO);
        let mut funded = draft.add_contract(coin, contract.unlocking_len()).fund().expect("the coin pays the fee");
        let unlocking = match contract {
            Contract::Bare(_) => supplies.unlocking_script(),
            Contract::Bound(contract) => {
                let signature = funded.sign(0, &self.owner).expect("there is an input 0").as_bytes().to_vec();
                let public_key = self.owner.public_key_bytes();
                contract.claim_script(supplies, &ClaimWitness::Prover { signature, public_key })
            }
        };
        funded.unlock(0, unlocking).expect("as long as announced");
        funded.finish().expect("its one input is unlocked")
    }
}

impl Contract {
    pub(crate) fn locking_script(&self) -> &LockingScript {
        match self {
            Self::Bare(verifier) => verifier.locking_script(),
            Self::Bound(contract) => contract.locking_script(),
        }
    }

    fn unlocking_len(&self) -> usize {
        match self {
            Self::Bare(verifier) => verifier.unlocking_len(),
            Self::Bound(contract) => contract.max_claim_len(),
        }
    }
}

/// The script machine's run of a transaction's one input.
pub(crate) fn run_machine(transaction: &Transaction, coin: &Coin, profile: Profile) -> Metrics {
    let spent = transaction_output(coin.locking_script.clone(), coin.value);
    check_input(transaction, 0, &spent, &policy_machine(profile, transaction)).expect("an honest spend")
}
