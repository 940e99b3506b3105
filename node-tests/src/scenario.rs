//! Every contract of the library, in every way it pays: a contract, a proof that opens it, and whom it is about.

use core::num::NonZeroUsize;

use ark_bn254::Fr;
use chain_types::{FeeRate, LockingScript, Satoshis};
use contracts::{Evidence, Locked, Signed, Way};
use prover::circuit::{CLASS, MODEL_COMMITMENT, SALE_KEY};
use prover::model::{InputVisibility, OutputKind, WeightVisibility};
use prover::{CircuitSpec, Model, Tensor};
use rand::rngs::OsRng;
use script_gen::{
    Contract, ContractArtifact, ContractDefinition, FixedInput, InputTerm, LockTime, OpenTerm, Payee, Payout, Payouts,
    Refund, Signer, SpendData, Terms,
};
use statement::Nonce;
use tx_builder::{Coin, SigningKey, Transaction};

use crate::case::{Case, Truth};
use crate::contract::AMOUNT;
use crate::networks::{inputs, labelled, little};

/// Name of the public input that is the commitment to one input.
const INPUT_COMMITMENT: &str = "input_commitment";
/// Rate of all transactions.
const RATE: FeeRate = FeeRate::DEFAULT;
/// What a settlement leaves to the miner of the coin's [`AMOUNT`].
const SETTLEMENT_FEE: u64 = 10_000;
/// The height from which coins go back: far above what a test mines before it asks for one, cheap to reach.
pub const REFUND_HEIGHT: u32 = 400;

/// A contract of the library and all that spends it.
pub struct Scenario {
    /// Name of its definition.
    pub definition: &'static str,
    /// What is special in it; empty if nothing is.
    pub variant: &'static str,
    /// The contract.
    pub contract: Contract,
    /// Its file.
    pub artifact: ContractArtifact,
    /// A proof of what it pays for, by [`Self::prover`].
    pub evidence: Evidence,
    /// What is proved, and another proof of it if one is wanted.
    pub case: Case,
    /// Whom the proof is for; of no meaning in a settlement.
    pub prover: SigningKey,
    /// Who gets refunds.
    pub funder: SigningKey,
    /// Who signs the input's commitment, where the contract asks for it.
    pub signer: SigningKey,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scenario({})", self.name())
    }
}

/// How a scenario's contract differs from one that fixes all public inputs and pays the prover.
struct Plan {
    definition: &'static str,
    variant: &'static str,
    truth: Truth,
    /// Public inputs that are given at spending: those whose name starts so.
    open: &'static [&'static str],
    is_signed: bool,
    pays_by_class: bool,
}

impl Plan {
    fn new(definition: &'static str, variant: &'static str, truth: Truth, open: &'static [&'static str]) -> Self {
        Self { definition, variant, truth, open, is_signed: false, pays_by_class: false }
    }

    fn make(self) -> Scenario {
        let Self { definition, variant, truth, open, is_signed, pays_by_class } = self;
        let case = Case::new(truth, &mut OsRng);
        let [prover, funder, signer] = [(); 3].map(|()| SigningKey::random(&mut OsRng));
        let term = |input: FixedInput| {
            if open.iter().any(|prefix| input.name().starts_with(prefix)) {
                InputTerm::Open(OpenTerm::new(input.name(), input.bits()).expect("the circuit's own name"))
            } else {
                InputTerm::Fixed(input)
            }
        };
        let payee = if pays_by_class {
            Payee::ByClass(payouts())
        } else if ContractDefinition::named(definition).expect("a contract of the library").pays_named() {
            Payee::Named { recipient: prover.pubkey_hash() }
        } else {
            let signer = Signer { public_key: signer.public_key_bytes(), input: INPUT_COMMITMENT.to_owned() };
            Payee::Prover { signer: is_signed.then_some(signer) }
        };
        let lock_time = LockTime::new(REFUND_HEIGHT).expect("a height");
        let refund = Refund { recipient: funder.pubkey_hash(), lock_time };
        let inputs = case.fixed().into_iter().map(term).collect();
        let terms = Terms { inputs, nonce: Nonce(*b"scenario"), payee, refund };
        let definition_file = ContractDefinition::named(definition).expect("a contract of the library");
        let (artifact, contract) = ContractArtifact::build(&definition_file, case.verifying_key.inner(), terms)
            .expect("a contract of its kind");
        let evidence = case.evidence(&contract, prover.pubkey_hash());
        Scenario { definition, variant, contract, artifact, evidence, case, prover, funder, signer }
    }
}

/// Whom a class pays in a settlement: class 0 one payee, class 1 two, class 2 nobody.
pub fn payees() -> [LockingScript; 3] {
    [1, 2, 3].map(|byte| LockingScript::p2pkh(&[byte; 20]))
}

fn payouts() -> Payouts {
    let [a, b, c] = payees();
    let all = AMOUNT.0 - SETTLEMENT_FEE;
    let pay = |locking_script: LockingScript, value| Payout { value: Satoshis(value), locking_script };
    let by_class = vec![Some(vec![pay(a, all)]), Some(vec![pay(b, all / 2), pay(c, all - all / 2)]), None];
    Payouts::new(CLASS, by_class).expect("two classes pay")
}

/// Every contract of the library in every way it pays, each with a key pair and a proof of its own.
///
/// # Panics
/// If one of them cannot be made.
pub fn scenarios() -> Vec<Scenario> {
    plans().into_iter().map(Plan::make).collect()
}

/// The first scenario of a contract.
///
/// # Panics
/// If there is none of this name, or it cannot be made.
pub fn scenario(definition: &str) -> Scenario {
    let plan = plans().into_iter().find(|plan| plan.definition == definition);
    plan.expect("a contract of the library").make()
}

fn plans() -> Vec<Plan> {
    use InputVisibility::{Committed as Hidden, Private, Public as Open};
    use WeightVisibility::{Committed, Public};
    let of_little = |weights, input| inference(little(weights), input);
    let ((bounty_model, bounty_set), (sale_model, sale_set)) = (labelled(), labelled());
    let signed = of_little(Public, Hidden);
    vec![
        Plan::new("inference-payment", "", of_little(Public, Private), &[]),
        Plan::new("inference-payment", "committed input", of_little(Public, Hidden), &[]),
        Plan { is_signed: true, ..Plan::new("inference-payment", "signed commitment", signed, &[INPUT_COMMITMENT]) },
        Plan::new("model-bounty", "", Truth::accuracy(bounty_model, bounty_set), &[MODEL_COMMITMENT]),
        Plan::new("private-model-inference", "", of_little(Committed, Open), &[]),
        Plan::new("private-model-inference", "image given at spending", image_inference(), &["input["]),
        Plan { pays_by_class: true, ..Plan::new("settlement", "", of_little(Public, Hidden), &[CLASS]) },
        Plan::new("model-sale", "", Truth::sale(sale_model, sale_set), &[SALE_KEY]),
    ]
}

fn inference(model: Model, input: InputVisibility) -> Truth {
    let tensors = inputs(&model, 1);
    class_of(model, input, tensors)
}

/// The class that a model gives to one input.
fn class_of(model: Model, input: InputVisibility, tensors: Vec<Tensor>) -> Truth {
    let spec = CircuitSpec { input, output: OutputKind::Class, batch: NonZeroUsize::MIN };
    Truth::inference(model, spec, tensors)
}

/// What a committed network says of a public image, as large as the bundled networks' images.
fn image_inference() -> Truth {
    let (model, set) = labelled();
    let (image, _) = set.iter().next().expect("ten images");
    class_of(model, InputVisibility::Public, vec![image.clone()])
}

impl Scenario {
    /// `model-bounty`, `inference-payment (committed input)`.
    pub fn name(&self) -> String {
        if self.variant.is_empty() {
            self.definition.to_owned()
        } else {
            format!("{} ({})", self.definition, self.variant)
        }
    }

    /// The coin, as one of this contract.
    ///
    /// # Panics
    /// If it is another's.
    pub fn locked(&self, coin: &Coin) -> Locked<'_> {
        Locked::new(&self.contract, coin.clone()).expect("a coin under the contract")
    }

    /// The honest claim of a coin, in the way in which the contract pays.
    ///
    /// # Panics
    /// If there is none.
    pub fn claim(&self, coin: &Coin) -> Signed {
        let (locked, evidence) = (self.locked(coin), &self.evidence);
        let signed = match locked.way() {
            Way::AttestedClaim => {
                let word = locked.attest(&self.signer, self.commitment()).expect("the contract's signer");
                locked.claim_attested(&self.prover, evidence, &word, RATE)
            }
            Way::Settlement => locked.settle(evidence, RATE),
            Way::Claim | Way::Refund => locked.claim(&self.prover, evidence, RATE),
        };
        signed.unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// The honest claim with other evidence in front: no signature covers it.
    ///
    /// # Panics
    /// As [`Self::claim`].
    pub fn claim_with(&self, data: &SpendData, coin: &Coin) -> Transaction {
        let mut claim = self.claim(coin).transaction;
        let honest = self.evidence.data.unlocking_script();
        let rest = claim.input[0].script_sig.as_bytes().strip_prefix(honest.as_bytes()).expect("evidence comes first");
        claim.input[0].script_sig = [data.unlocking_script().as_bytes(), rest].concat().into();
        claim
    }

    /// Its evidence with a bit of the proof's number `number` flipped: 0 is of A, 1 of B.
    pub fn tampered(&self, number: usize) -> SpendData {
        let mut data = self.evidence.data.clone();
        data.hints.proof[32 * number] ^= 1;
        data
    }

    /// The funder's refund of a coin.
    ///
    /// # Panics
    /// If there is none.
    pub fn refund(&self, coin: &Coin) -> Signed {
        self.locked(coin).refund(&self.funder, RATE).unwrap_or_else(|error| panic!("{}: {error}", self.name()))
    }

    /// The commitment to the input that the proof is about.
    ///
    /// # Panics
    /// If its input is not committed to.
    pub fn commitment(&self) -> Fr {
        self.public_input(INPUT_COMMITMENT)
    }

    /// A public input of the proof.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn public_input(&self, name: &str) -> Fr {
        let named = self.case.fixed().into_iter().find(|input| input.name() == name);
        named.expect("a public input of the circuit").value()
    }

    /// The scripts that the honest claim pays to, data outputs left out.
    pub fn paid(&self) -> Vec<LockingScript> {
        match self.contract.terms().payouts() {
            None => vec![LockingScript::p2pkh(&self.prover.pubkey_hash().0)],
            Some(payouts) => {
                let class = self.contract.class(&self.evidence.data).and_then(|class| payouts.outputs(class));
                class.unwrap_or_default().iter().map(|payout| payout.locking_script.clone()).collect()
            }
        }
    }
}

/// A spend whose first output of some value goes to `script` instead.
///
/// # Panics
/// If nobody is paid.
pub fn redirected(spend: &Transaction, script: &LockingScript) -> Transaction {
    let mut spend = spend.clone();
    let payment = spend.output.iter_mut().find(|output| output.value.to_sat() > 0).expect("somebody is paid");
    payment.script_pubkey = script.as_bytes().to_vec().into();
    spend
}
