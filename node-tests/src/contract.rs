//! The contract with everything real: the bundled network, a fresh key, a proof about an MNIST image.

use std::sync::OnceLock;

use ark_bn254::Fr;
use chain_types::{FeeRate, LockingScript, Satoshis, UnlockingScript};
use ledger::{Chain, mature_coin};
use prover::{
    Circuit, Dataset, Image, Model,
    groth16::{Proof, ProvingKey, VerifyingKey, prove, setup, verify},
    infer,
    public::binding_value,
};
use rand::{CryptoRng, RngCore, rngs::OsRng};
use script_gen::{FixedInput, Hints, ProofContract, Target};
use statement::{Binding, Class, Nonce};
use tx_builder::{Coin, Draft, Funded, SigningKey, Transaction, spend};

/// What tests may rely on: files of the repository.
const HERE: &str = env!("CARGO_MANIFEST_DIR");
/// Satoshis locked to each contract.
pub const AMOUNT: Satoshis = Satoshis(100_000);

/// The bundled network with a fresh key pair: made once for each test program.
pub struct Network {
    /// The network's circuit.
    pub circuit: Circuit,
    proving_key: ProvingKey,
    /// What contracts are built from.
    pub verifying_key: VerifyingKey,
    /// An MNIST test image and the class the network gives it.
    pub image: (Image, Class),
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({:?})", self.circuit.model_name())
    }
}

/// The bundled network, a key of this test program's own, and the first test image it calls a seven.
///
/// # Panics
/// As [`Network::with_setup_by`].
pub fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| Network::with_setup_by(&mut OsRng))
}

impl Network {
    /// The bundled network with the key pair that comes of `rng`.
    ///
    /// # Panics
    /// If the repository's own model or images do not load, or the setup fails.
    pub fn with_setup_by(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let models = std::path::Path::new(HERE).join("../models");
        let model = Model::load(&models.join("mnist-square")).expect("the bundled model loads");
        let data = models.join("data/mnist");
        let images = Dataset::load(&data.join("t10k-images-idx3-ubyte.gz"), &data.join("t10k-labels-idx1-ubyte.gz"))
            .expect("the bundled images load");
        let seven = images.iter().map(|(image, _)| image).find(|image| infer(&model, image).class.index() == 7);
        let image = seven.expect("one of 10,000 images is a seven").clone();
        let class = infer(&model, &image).class;
        let circuit = Circuit::new(&model);
        let (proving_key, verifying_key) = setup(&circuit, rng).expect("the circuit has a key");
        Self { circuit, proving_key, verifying_key, image: (image, class) }
    }

    /// A class as the public input that a contract of this network fixes.
    ///
    /// # Panics
    /// If the network's own key has no class.
    pub fn class(&self, class: Class) -> FixedInput {
        let inputs = &self.verifying_key.circuit().public_inputs;
        let input = inputs.iter().find(|input| input.name == "class").expect("the network says a class");
        FixedInput::new(&input.name, input.bits, Fr::from(class.index())).expect("a class fits")
    }

    /// A contract for a class.
    ///
    /// # Panics
    /// If the network's own key is refused.
    pub fn contract(&self, class: Class, nonce: Nonce) -> ProofContract {
        ProofContract::new(self.verifying_key.inner(), vec![self.class(class)], nonce, Target::GENESIS)
            .expect("the network's key is usable")
    }

    /// The public inputs of what the network says of its image, for `binding`.
    pub fn public_inputs(&self, binding: &Binding) -> Vec<Fr> {
        vec![binding_value(binding), Fr::from(self.image.1.index())]
    }

    /// Proves what the network says of its image, for `binding`.
    ///
    /// # Panics
    /// If the proof does not verify.
    pub fn prove(&self, binding: &Binding) -> Proof {
        self.prove_by(binding, &mut OsRng)
    }

    /// As [`Self::prove`], blinded by `rng`.
    ///
    /// # Panics
    /// As [`Self::prove`].
    pub fn prove_by(&self, binding: &Binding, rng: &mut (impl RngCore + CryptoRng)) -> Proof {
        let assignment = self.circuit.assign(&self.image.0, self.image.1, binding);
        let proof = prove(&self.proving_key, &self.circuit, &assignment, rng).expect("what the network says");
        verify(&self.verifying_key, assignment.public_inputs(), &proof).expect("an honest proof");
        proof
    }

    /// Proves for the contract and `owner` and makes hints.
    ///
    /// # Panics
    /// As [`Self::prove`].
    pub fn hints(&self, contract: &ProofContract, owner: &SigningKey) -> Hints {
        let recipient = owner.pubkey_hash();
        let proof = self.prove(&contract.binding(recipient));
        contract.hints(proof.inner(), recipient).expect("an honest proof has hints")
    }
}

/// Locks [`AMOUNT`] to `script` once, mines it, and answers its coin.
///
/// # Panics
/// If the chain refuses.
pub fn lock(chain: &mut dyn Chain, script: &LockingScript) -> Coin {
    lock_many(chain, script, 1).remove(0)
}

/// Locks [`AMOUNT`] to `script` in each of `n` outputs of one transaction, mines it, and answers its coins.
///
/// # Panics
/// If the chain refuses.
pub fn lock_many(chain: &mut dyn Chain, script: &LockingScript, n: usize) -> Vec<Coin> {
    lock_all(chain, &vec![script.clone(); n])
}

/// Locks [`AMOUNT`] to each of `scripts`, in outputs of one transaction, mines it, and answers its coins.
///
/// # Panics
/// If the chain refuses.
pub fn lock_all(chain: &mut dyn Chain, scripts: &[LockingScript]) -> Vec<Coin> {
    let funder = SigningKey::random(&mut OsRng);
    let coin = mature_coin(chain, funder.pubkey_hash()).expect("a chain that mines");
    let draft = Draft::new(FeeRate::DEFAULT, funder.pubkey_hash()).add_p2pkh(coin);
    let draft = scripts.iter().fold(draft, |draft, script| draft.pay(script.clone(), AMOUNT));
    let mut funded = draft.fund().expect("a block's reward is enough");
    funded.sign_all(&funder).expect("the funder's own coin");
    let transaction = funded.finish().expect("signed");
    chain.broadcast(&transaction).expect("plain payments to scripts");
    chain.mine(1, funder.pubkey_hash()).expect("a chain that mines");
    let coins = (0..).zip(scripts).map(|(vout, _)| Coin::of(&transaction, vout).expect("an output for each script"));
    coins.collect()
}

/// An unsigned spend of a contract's coin to `owner`.
///
/// # Panics
/// If the coin does not pay the fee.
pub fn draft(contract: &ProofContract, coin: &Coin, owner: &SigningKey) -> Funded {
    let len = contract.max_unlocking_len();
    spend(coin.clone(), len, owner.pubkey_hash(), FeeRate::DEFAULT).expect("the coin pays the fee")
}

/// The spend, signed by `owner`, with the unlocking script made by `unlock` from the signature and public key.
///
/// # Panics
/// If the unlocking script is longer than an honest one may be.
pub fn signed(
    funded: &Funded,
    owner: &SigningKey,
    unlock: impl FnOnce(&[u8], &[u8]) -> UnlockingScript,
) -> Transaction {
    let mut funded = funded.clone();
    let signature = funded.sign(0, owner).expect("there is an input 0");
    funded.unlock(0, unlock(signature.as_bytes(), &owner.public_key_bytes())).expect("within the length allowed for");
    funded.finish().expect("its one input is unlocked")
}
