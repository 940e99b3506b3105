//! A small network with real keys and proofs, and contracts of each kind about it.

use std::path::Path;
use std::sync::OnceLock;

use ark_bn254::Fr;
use bitcoin::hashes::{Hash as _, sha256d};
use chain_types::{FeeRate, LockingScript, Profile, Satoshis};
use contracts::{Evidence, Locked, Purse, Signed, lock};
use ledger::{BroadcastError, Chain as _, EmbeddedLedger, Rejection, TestChain as _, mature_coin};
use prover::circuit::{Answer, CLASS, Claim};
use prover::groth16::{ProvingKey, VerifyingKey, prove, setup};
use prover::model::InputVisibility;
use prover::{Circuit, CircuitSpec, Dataset, Model, Salt, Tensor, infer};
use rand::rngs::OsRng;
use script_gen::introspection::{ExpectedPreimage, is_signable};
use script_gen::{
    ClaimWitness, Contract, FixedInput, InputTerm, LockTime, OpenTerm, Payee, Payout, Payouts, Refund, Signer, Target,
    Terms,
};
use statement::Nonce;
use tx_builder::{Coin, Funded, SighashType, SigningKey, Transaction};

pub(crate) const RATE: FeeRate = FeeRate::DEFAULT;
pub(crate) const AMOUNT: Satoshis = Satoshis(100_000);
/// The class of [`Network::input`].
pub(crate) const SEVEN: usize = 7;
/// Height from which refunds are final, above that of a chain with one mature coin and a deployment.
pub(crate) const LOCK_HEIGHT: u32 = 120;
/// Name of the commitment to an input.
pub(crate) const INPUT_COMMITMENT: &str = "input_commitment";

/// The smallest bundled network, with a key pair of this test program's own and an image that it calls a seven.
pub(crate) struct Network {
    model: Model,
    circuit: Circuit,
    proving_key: ProvingKey,
    pub(crate) vk: VerifyingKey,
    input: Tensor,
    salts: Vec<Salt>,
}

/// Proofs about a hidden input: the class is the only public input after the binding.
pub(crate) fn hidden() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| Network::new(InputVisibility::Private))
}

/// Proofs about a committed input: class, commitment.
pub(crate) fn committed() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| Network::new(InputVisibility::Committed))
}

impl Network {
    fn new(visibility: InputVisibility) -> Self {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let model = Model::load(&models.join("mnist-tiny")).expect("the bundled network");
        let file = |name: &str| models.join(format!("data/mnist/t10k-{name}-ubyte.gz"));
        let images = Dataset::load(&file("images-idx3"), &file("labels-idx1")).expect("the bundled images");
        let mut inputs = images.iter().map(|(image, _)| model.input().tensor(image).expect("an image of its size"));
        let is_seven = |input: &Tensor| infer(&model, input).expect("an input of its own").class == SEVEN;
        let input = inputs.find(is_seven).expect("one of 10,000 images is a seven");
        let circuit = Circuit::inference(&model, &CircuitSpec { input: visibility, ..CircuitSpec::of(&model) });
        let circuit = circuit.expect("the network has such a circuit");
        let (proving_key, vk) = setup(&circuit, &mut OsRng).expect("the circuit has a key");
        let salts = match visibility {
            InputVisibility::Committed => vec![Salt::random(&mut OsRng)],
            _ => Vec::new(),
        };
        Self { model, circuit, proving_key, vk, input, salts }
    }

    /// Proves for `contract`, in `owner`'s favour, that the image is a seven.
    pub(crate) fn evidence(&self, contract: &Contract, owner: &SigningKey) -> Evidence {
        let assignment = self.circuit.assign(&Claim {
            binding: &contract.binding(owner.pubkey_hash()),
            model: &self.model,
            model_salt: None,
            inputs: std::slice::from_ref(&self.input),
            input_salts: &self.salts,
            answer: &Answer::Class(vec![SEVEN]),
        });
        let assignment = assignment.expect("a claim of this circuit's");
        let proof = prove(&self.proving_key, &self.circuit, &assignment, &mut OsRng).expect("a true claim");
        Evidence::new(contract, proof.inner(), assignment.public_inputs()).expect("an honest proof")
    }

    /// The commitment to the image.
    pub(crate) fn commitment(&self) -> Fr {
        let nobody = statement::Binding { recipient: statement::PubkeyHash([0; 20]), nonce: Nonce([0; 8]) };
        let assignment = self.circuit.assign(&Claim {
            binding: &nobody,
            model: &self.model,
            model_salt: None,
            inputs: std::slice::from_ref(&self.input),
            input_salts: &self.salts,
            answer: &Answer::Class(vec![SEVEN]),
        });
        assignment.expect("a claim of this circuit's").public_inputs()[2]
    }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::random(&mut OsRng)
}

pub(crate) fn class(value: &str) -> InputTerm {
    FixedInput::parse(CLASS, 4, value).expect("a class").into()
}

pub(crate) fn open(name: &str, bits: u32) -> InputTerm {
    OpenTerm::new(name, bits).expect("an input").into()
}

pub(crate) fn refund_to(funder: &SigningKey) -> Refund {
    Refund { recipient: funder.pubkey_hash(), lock_time: LockTime::new(LOCK_HEIGHT).expect("not 0") }
}

/// Pays whoever proves a seven.
pub(crate) fn payment(funder: &SigningKey, profile: Profile) -> Contract {
    let terms = Terms::pay_prover([class("7")], Nonce(*b"payment."), refund_to(funder));
    Contract::new(hidden().vk.inner(), terms, Target::policy(profile)).expect("a usable key")
}

/// Pays whoever proves that an image is a seven whose commitment `signer` has signed.
pub(crate) fn attested(funder: &SigningKey, signer: &SigningKey, profile: Profile) -> Contract {
    let inputs = vec![class("7"), open(INPUT_COMMITMENT, 254)];
    let signer = Signer { public_key: signer.public_key_bytes(), input: INPUT_COMMITMENT.to_owned() };
    let payee = Payee::Prover { signer: Some(signer) };
    let terms = Terms { inputs, nonce: Nonce(*b"attested"), payee, refund: refund_to(funder) };
    Contract::new(committed().vk.inner(), terms, Target::policy(profile)).expect("a usable key")
}

pub(crate) fn payout(to: u8, value: u64) -> Payout {
    Payout { value: Satoshis(value), locking_script: LockingScript::p2pkh(&[to; 20]) }
}

/// Pays by the class of the committed image.
pub(crate) fn settlement(funder: &SigningKey, by_class: Vec<Option<Vec<Payout>>>, profile: Profile) -> Contract {
    let commitment = FixedInput::new(INPUT_COMMITMENT, 254, committed().commitment()).expect("an element");
    let payee = Payee::ByClass(Payouts::new(CLASS, by_class).expect("payouts"));
    let inputs = vec![open(CLASS, 4), commitment.into()];
    let terms = Terms { inputs, nonce: Nonce(*b"settles."), payee, refund: refund_to(funder) };
    Contract::new(committed().vk.inner(), terms, Target::policy(profile)).expect("a usable key")
}

/// Payouts for a seven, others for an eight, none for the rest.
pub(crate) fn seven_or_eight() -> Vec<Option<Vec<Payout>>> {
    let mut by_class = vec![None; 10];
    by_class[SEVEN] = Some(vec![payout(1, 60_000), payout(2, 30_000)]);
    by_class[8] = Some(vec![payout(3, 90_000)]);
    by_class
}

/// A chain with a coin of `funder`'s.
pub(crate) fn chain(funder: &SigningKey, profile: Profile) -> (EmbeddedLedger, Coin) {
    let mut chain = EmbeddedLedger::new(RATE).with_profile(profile);
    let coin = mature_coin(&mut chain, funder.pubkey_hash()).expect("a ledger mines");
    (chain, coin)
}

/// A chain on which `funder` has locked [`AMOUNT`] under the contract.
pub(crate) fn deploy<'a>(contract: &'a Contract, funder: &SigningKey) -> (EmbeddedLedger, Locked<'a>) {
    let (mut chain, coin) = chain(funder, contract.profile());
    let deployment = lock(contract, AMOUNT, &Purse { key: funder, coins: &[coin] }, RATE).expect("the coin pays");
    chain.broadcast(&deployment.transaction).expect("a payment");
    chain.mine(1, funder.pubkey_hash()).expect("a ledger mines");
    (chain, Locked::of(contract, &deployment.transaction).expect("output 0"))
}

/// Blocks up to and with the one at `height`.
pub(crate) fn mine_to(chain: &mut EmbeddedLedger, height: u32) {
    let now = chain.info().expect("a ledger answers").height;
    chain.mine(height - now, key().pubkey_hash()).expect("a ledger mines");
}

/// Hands in what must be taken.
pub(crate) fn take(chain: &mut EmbeddedLedger, signed: &Signed) {
    let txid = chain.broadcast(&signed.transaction).expect("a good spend");
    chain.mine(1, key().pubkey_hash()).expect("a ledger mines");
    let status = chain.status(txid).expect("a ledger answers").expect("known");
    assert_eq!(status.confirmations, 1);
    let fee = RATE.fee(signed.transaction.total_size());
    assert!(signed.fee >= fee, "{} for {} bytes", signed.fee, signed.transaction.total_size());
}

/// Hands in what must be refused, and gives the reason.
pub(crate) fn refuse(chain: &mut EmbeddedLedger, transaction: &Transaction) -> String {
    match chain.broadcast(transaction).expect_err("a bad spend") {
        BroadcastError::Rejected(Rejection { reason, .. }) => reason,
        error => panic!("{error}"),
    }
}

pub(crate) const SIGNATURE: &str = "Signature must be zero for failed CHECK(MULTI)SIG operation";
pub(crate) const FALSE: &str = "Script evaluated without error but finished with a false/empty top stack element";

/// The head of the transaction's preimage, after `vary` has found a variant for which what the script makes of it has the
/// form of a signature hash. So a spend that is not as the script demands fails for that, and not by chance for the form.
pub(crate) fn forged_head(
    funded: &mut Funded,
    expected: &ExpectedPreimage,
    vary: impl Fn(&mut Funded, u32),
) -> Vec<u8> {
    let sighash_type = SighashType::from_byte(expected.sighash_type).expect("a defined type");
    let found = (0..1_000).find_map(|n| {
        vary(funded, n);
        let preimage = funded.preimage_of_code(0, &expected.script_code, sighash_type).expect("input 0").to_bytes();
        let (head, tail) = preimage.split_at(preimage.len() - expected.required.len() - expected.n_free);
        let seen = [head, &expected.required, &tail[expected.required.len()..]].concat();
        is_signable(&sha256d::Hash::hash(&seen).to_byte_array()).then(|| head.to_vec())
    });
    found.expect("one in four will do")
}

/// A settlement as somebody would make it who does not care for the contract's payouts. `expected` is what the script
/// demands.
pub(crate) fn forged_settlement(
    locked: &Locked<'_>,
    evidence: &Evidence,
    expected: &ExpectedPreimage,
    mut funded: Funded,
) -> Transaction {
    let lock_time = tx_builder::LockTime::from_consensus;
    let preimage_head = forged_head(&mut funded, expected, |funded, n| funded.set_lock_time(lock_time(n)));
    let lock_time = funded.transaction().lock_time.to_consensus_u32().to_le_bytes();
    let witness = ClaimWitness::ByClass { preimage_head, lock_time };
    let unlocking = locked.contract().claim_script(&evidence.data, &witness);
    funded.unlock(0, unlocking).expect("as long as an honest one");
    funded.finish().expect("unlocked")
}
