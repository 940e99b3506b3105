//! The contract with everything real: the bundled network, a fresh key, a proof about an MNIST image.

use std::path::PathBuf;
use std::sync::OnceLock;

use chain_types::{FeeRate, LockingScript, Satoshis, UnlockingScript};
use contracts::Locked;
use ledger::{Rejection, TestChain, mature_coin};
use prover::{CircuitSpec, Dataset, Model, infer};
use rand::{CryptoRng, RngCore, rngs::OsRng};
use script_gen::{ClaimWitness, Contract, LockTime, Refund};
use statement::PubkeyHash;
use tx_builder::{Coin, Draft, Funded, SigningKey, Transaction};

use crate::case::{Case, Truth};

/// Satoshis locked to each contract.
pub const AMOUNT: Satoshis = Satoshis(100_000);
/// The class that the bundled network's case is about.
pub const SEVEN: u8 = 7;

/// A file or folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The MNIST test images of the repository.
///
/// # Panics
/// If they do not load.
pub fn mnist() -> &'static Dataset {
    static SET: OnceLock<Dataset> = OnceLock::new();
    SET.get_or_init(|| {
        let [images, labels] =
            ["images-idx3", "labels-idx1"].map(|name| repository(&format!("models/data/mnist/t10k-{name}-ubyte.gz")));
        Dataset::load(&images, &labels).expect("the bundled images load")
    })
}

/// The bundled network, a key of this test program's own, and the first test image it calls a seven: made once.
///
/// # Panics
/// As [`network_with_setup_by`].
pub fn network() -> &'static Case {
    static NETWORK: OnceLock<Case> = OnceLock::new();
    NETWORK.get_or_init(|| network_with_setup_by(&mut OsRng))
}

/// The same with the key pair that comes of `rng`.
///
/// # Panics
/// If the repository's own model or images do not load, or the setup fails.
pub fn network_with_setup_by(rng: &mut (impl RngCore + CryptoRng)) -> Case {
    let model = Model::load(&repository("models/mnist-square")).expect("the bundled model loads");
    let mut tensors = mnist().iter().map(|(image, _)| model.input().tensor(image).expect("the network reads images"));
    let is_seven = |tensor: &_| infer(&model, tensor).expect("a tensor of its own").class == usize::from(SEVEN);
    let seven = tensors.find(is_seven).expect("one of 10,000 images is a seven");
    let spec = CircuitSpec::of(&model);
    Case::new(Truth::inference(model, spec, vec![seven]), rng)
}

/// Locks [`AMOUNT`] to `script` once, mines it, and answers its coin.
///
/// # Panics
/// If the chain refuses.
pub fn lock(chain: &mut dyn TestChain, script: &LockingScript) -> Coin {
    lock_many(chain, script, 1).remove(0)
}

/// Locks [`AMOUNT`] to `script` in each of `n` outputs of one transaction, mines it, and answers its coins.
///
/// # Panics
/// If the chain refuses.
pub fn lock_many(chain: &mut dyn TestChain, script: &LockingScript, n: usize) -> Vec<Coin> {
    lock_all(chain, &vec![script.clone(); n])
}

/// Locks [`AMOUNT`] to each of `scripts`, in outputs of one transaction, mines it, and answers its coins.
///
/// # Panics
/// If the chain refuses.
pub fn lock_all(chain: &mut dyn TestChain, scripts: &[LockingScript]) -> Vec<Coin> {
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

/// The refund of contracts whose funder does not matter: from a height that no test reaches.
///
/// # Panics
/// Never: the height is one.
pub fn refund() -> Refund {
    Refund { recipient: PubkeyHash([0xf0; 20]), lock_time: LockTime::new(400_000_000).expect("a height") }
}

/// An unsigned claim of a contract's coin by `owner`.
///
/// # Panics
/// If the coin is not the contract's, or does not pay the fee.
pub fn draft(contract: &Contract, coin: &Coin, owner: &SigningKey) -> Funded {
    let locked = Locked::new(contract, coin.clone()).expect("a coin under the contract");
    locked.draft_claim(owner.pubkey_hash(), FeeRate::DEFAULT).expect("the coin pays the fee")
}

/// The spend, signed by `owner`, with the unlocking script made by `unlock` from signature and public key.
///
/// # Panics
/// If the unlocking script is longer than an honest one may be.
pub fn signed(
    funded: &Funded,
    owner: &SigningKey,
    unlock: impl FnOnce(ClaimWitness) -> UnlockingScript,
) -> Transaction {
    let mut funded = funded.clone();
    let signature = funded.sign(0, owner).expect("there is an input 0");
    let witness =
        ClaimWitness::Prover { signature: signature.as_bytes().to_vec(), public_key: owner.public_key_bytes() };
    funded.unlock(0, unlock(witness)).expect("within the length allowed for");
    funded.finish().expect("its one input is unlocked")
}

/// Broadcasts what must be refused, for a reason that contains `reason`.
///
/// # Panics
/// If the transaction is accepted, or refused for another reason.
pub fn refuse(chain: &mut dyn TestChain, what: &str, transaction: &Transaction, reason: &str) -> Rejection {
    let error = chain.broadcast(transaction).expect_err(what);
    let rejection = error.rejection().unwrap_or_else(|| panic!("{what}: {error}")).clone();
    assert!(rejection.reason.contains(reason), "{what}: expected {reason:?}, found {:?}", rejection.reason);
    rejection
}
