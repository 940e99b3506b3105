//! A contract's coin, the keys around it, and transactions that spend it.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, hashes::Hash as _,
    transaction::Version,
};
use chain_types::{LockingScript, Profile, Satoshis, UnlockingScript};
use ledger::TxSignatureChecker;
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{
    Attestation, ClaimWitness, Contract, FixedInput, InputTerm, LockTime, OpenTerm, Payee, Payout, Payouts, Refund,
    RefundWitness, Signer, SpendData, Target, Terms,
    introspection::{ExpectedPreimage, REFUND_SEQUENCE_TOP, is_signable},
};
use script_vm::{Failure, Metrics, ScriptError};
use statement::Nonce;
use tx_builder::{SighashPreimage, SighashType, SigningKey};

use crate::common::{InsecureKey, fragment_map, machine, packed};

/// What the contract's coin holds.
pub(crate) const VALUE: Satoshis = Satoshis(100_000);
pub(crate) const LOCK_TIME: u32 = 900_000;
pub(crate) const NONCE: Nonce = Nonce([5; 8]);

/// Everybody there is.
pub(crate) struct People {
    pub(crate) prover: SigningKey,
    pub(crate) funder: SigningKey,
    pub(crate) signer: SigningKey,
    pub(crate) stranger: SigningKey,
}

pub(crate) fn people() -> People {
    let rng = &mut StdRng::seed_from_u64(0x5ce0e);
    let mut key = || SigningKey::random(rng);
    People { prover: key(), funder: key(), signer: key(), stranger: key() }
}

/// A contract and who is around it.
pub(crate) struct Scene {
    pub(crate) people: People,
    pub(crate) key: InsecureKey,
    pub(crate) contract: Contract,
}

/// The commitment that a signer signs.
pub(crate) fn commitment() -> Fr {
    -Fr::from(0x00c0_ffee_u64)
}

pub(crate) fn payout(value: u64, to: &SigningKey) -> Payout {
    Payout { value: Satoshis(value), locking_script: LockingScript::p2pkh(&to.pubkey_hash().0) }
}

impl Scene {
    pub(crate) fn new(profile: Profile, inputs: Vec<InputTerm>, payee: Payee) -> Self {
        Self::of_nonce(profile, inputs, payee, NONCE)
    }

    fn of_nonce(profile: Profile, inputs: Vec<InputTerm>, payee: Payee, nonce: Nonce) -> Self {
        let people = people();
        let key = InsecureKey::new(77, 1 + inputs.len());
        let lock_time = LockTime::new(LOCK_TIME).expect("not 0");
        let refund = Refund { recipient: people.funder.pubkey_hash(), lock_time };
        let terms = Terms { inputs, nonce, payee, refund };
        let contract = Contract::new(&key.vk, terms, Target::policy(profile)).expect("a good key");
        Self { people, key, contract }
    }

    /// Pays the prover; its class is fixed at 7.
    pub(crate) fn payment(profile: Profile) -> Self {
        let class = FixedInput::new("class", 4, Fr::from(7u8)).expect("below 16");
        Self::new(profile, vec![class.into()], Payee::Prover { signer: None })
    }

    /// Pays by class, given at spending: class 2 to two, class 9 to one, class 3 and classes from 11 on to nobody.
    pub(crate) fn settlement(profile: Profile) -> Self {
        Self::settlement_of(profile, NONCE)
    }

    pub(crate) fn settlement_of(profile: Profile, nonce: Nonce) -> Self {
        let people = people();
        let mut by_class = vec![Some(vec![payout(90_000, &people.prover)]); 11];
        by_class[2] = Some(vec![payout(40_000, &people.prover), payout(50_000, &people.stranger)]);
        by_class[3] = None;
        by_class[9] = Some(vec![payout(77_000, &people.signer)]);
        let payouts = Payouts::new("class", by_class).expect("good payouts");
        let class = OpenTerm::new("class", 4).expect("a name");
        Self::of_nonce(profile, vec![class.into()], Payee::ByClass(payouts), nonce)
    }

    /// Pays the prover if the signer has signed the commitment, given at spending.
    pub(crate) fn attested(profile: Profile) -> Self {
        let signer = Signer { public_key: people().signer.public_key_bytes(), input: "input_commitment".to_owned() };
        let inputs =
            ["input_commitment", "model_commitment"].map(|name| OpenTerm::new(name, 254).expect("a name").into());
        Self::new(profile, inputs.to_vec(), Payee::Prover { signer: Some(signer) })
    }

    /// What a claim with these values of the public inputs after the binding supplies; the proof is the prover's.
    pub(crate) fn data(&self, values: &[Fr]) -> SpendData {
        let binding = self.contract.binding(self.people.prover.pubkey_hash());
        let inputs = [&[packed(&binding.to_bytes())], values].concat();
        self.contract.spend_data(&self.key.prove(&inputs, 8), &inputs).expect("a valid proof")
    }

    /// A transaction that spends the contract's coin into `outputs`, final and without a lock time.
    pub(crate) fn transaction(&self, outputs: Vec<TxOut>) -> Transaction {
        let version = match self.contract.profile() {
            Profile::Genesis => Version::ONE,
            _ => Version::TWO,
        };
        Transaction { version, lock_time: absolute::LockTime::ZERO, input: vec![input(0xcc)], output: outputs }
    }

    /// The transaction of a refund, to the funder.
    pub(crate) fn refunding(&self) -> Transaction {
        let mut transaction = self.transaction(vec![output(&payout(99_000, &self.people.funder))]);
        transaction.lock_time = absolute::LockTime::from_consensus(LOCK_TIME);
        transaction.input[0].sequence = Sequence(u32::from(REFUND_SEQUENCE_TOP) << 24);
        transaction
    }

    /// Changes the lower bytes of the sequence number until the digest can be signed.
    pub(crate) fn ground_by_sequence(&self, mut transaction: Transaction) -> Transaction {
        let expected = self.contract.refund_preimage();
        while !is_signable(&sighash(&transaction, 0, &expected.script_code, expected.sighash_type)) {
            transaction.input[0].sequence.0 += 1;
        }
        transaction
    }

    /// Changes the lock time until the digest for the contract's input can be signed.
    pub(crate) fn ground_by_lock_time(
        &self,
        mut transaction: Transaction,
        input_idx: usize,
        expected: &ExpectedPreimage,
    ) -> Transaction {
        while !is_signable(&sighash(&transaction, input_idx, &expected.script_code, expected.sighash_type)) {
            let next = transaction.lock_time.to_consensus_u32() + 1;
            transaction.lock_time = absolute::LockTime::from_consensus(next);
        }
        transaction
    }

    /// The preimage that the trick is about, and its head, cut off where the contract cuts it whatever follows.
    pub(crate) fn head(&self, transaction: &Transaction, input_idx: usize, expected: &ExpectedPreimage) -> Vec<u8> {
        let whole = preimage(transaction, input_idx, &expected.script_code, expected.sighash_type);
        whole[..whole.len() - expected.required.len() - expected.n_free].to_vec()
    }

    /// The unlocking script of a refund signed by `funder`, with the head of this very transaction.
    pub(crate) fn refund_witness(&self, transaction: &Transaction, funder: &SigningKey) -> RefundWitness {
        RefundWitness {
            preimage_head: self.head(transaction, 0, &self.contract.refund_preimage()),
            signature: self.sign(transaction, 0, funder, 0x41),
            public_key: funder.public_key_bytes(),
        }
    }

    /// The unlocking script of a refund signed by `funder` over this script, in place of the contract's.
    pub(crate) fn refund_under(
        &self,
        locking: &LockingScript,
        transaction: &Transaction,
        funder: &SigningKey,
        preimage_head: Vec<u8>,
    ) -> UnlockingScript {
        let signature = signed(locking.as_bytes(), transaction, 0, funder, 0x41);
        self.contract.refund_script(&RefundWitness { preimage_head, signature, public_key: funder.public_key_bytes() })
    }

    /// A signature over the whole locking script, with its type byte.
    pub(crate) fn sign(&self, transaction: &Transaction, input_idx: usize, key: &SigningKey, by_type: u8) -> Vec<u8> {
        signed(self.contract.locking_script().as_bytes(), transaction, input_idx, key, by_type)
    }

    /// The signer's word for the output beside the contract's input.
    pub(crate) fn attest(
        &self,
        transaction: &Transaction,
        input_idx: usize,
        expected: &ExpectedPreimage,
    ) -> Attestation {
        let mut signature = self.sign(transaction, input_idx, &self.people.signer, 0xc3);
        signature.pop();
        let lock_time = transaction.lock_time.to_consensus_u32().to_le_bytes();
        Attestation { preimage_head: self.head(transaction, input_idx, expected), lock_time, signature }
    }

    /// The prover's signed claim with the signer's word.
    pub(crate) fn attested_claim(
        &self,
        data: &SpendData,
        transaction: &Transaction,
        input_idx: usize,
        attestation: Attestation,
    ) -> UnlockingScript {
        let signature = self.sign(transaction, input_idx, &self.people.prover, 0x41);
        let public_key = self.people.prover.public_key_bytes();
        self.contract.claim_script(data, &ClaimWitness::Attested { signature, public_key, attestation })
    }

    /// Runs the contract's script on this unlocking script, as input `input_idx` of the transaction.
    pub(crate) fn run(
        &self,
        transaction: &Transaction,
        input_idx: usize,
        unlocking: &UnlockingScript,
    ) -> Result<Metrics, Box<Failure>> {
        self.run_script(self.contract.locking_script(), transaction, input_idx, unlocking)
    }

    /// The same with another script in the contract's place.
    pub(crate) fn run_script(
        &self,
        locking: &LockingScript,
        transaction: &Transaction,
        input_idx: usize,
        unlocking: &UnlockingScript,
    ) -> Result<Metrics, Box<Failure>> {
        let checker = TxSignatureChecker::new(transaction, input_idx, VALUE).expect("an input");
        let machine = machine(self.contract.profile()).with_fragments(fragment_map(&self.contract.fragments()));
        machine.run(unlocking, locking, &checker)
    }
}

/// A signature over this script, with its type byte.
pub(crate) fn signed(
    code: &[u8],
    transaction: &Transaction,
    input_idx: usize,
    key: &SigningKey,
    by_type: u8,
) -> Vec<u8> {
    let sighash_type = SighashType::from_byte(by_type).expect("a type");
    let preimage = SighashPreimage::new(transaction, input_idx, code, VALUE, sighash_type).expect("an input");
    key.sign(&preimage.sighash(), sighash_type).as_bytes().to_vec()
}

/// What a signature that does not fit is called: only Genesis rules tell it from a script that ends with false.
pub(crate) fn bad_signature(profile: Profile) -> (Option<&'static str>, ScriptError) {
    match profile {
        Profile::Genesis => (Some("introspect"), ScriptError::NullFail),
        _ => (None, ScriptError::EvalFalse),
    }
}

/// An input that spends output 0 of a transaction named `name`.
pub(crate) fn input(name: u8) -> TxIn {
    TxIn {
        previous_output: OutPoint { txid: bitcoin::Txid::from_byte_array([name; 32]), vout: 0 },
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    }
}

pub(crate) fn output(payout: &Payout) -> TxOut {
    let script_pubkey = ScriptBuf::from_bytes(payout.locking_script.as_bytes().to_vec());
    TxOut { value: Amount::from_sat(payout.value.0), script_pubkey }
}

/// The output that carries a signed public input.
pub(crate) fn signed_output(value: Fr) -> TxOut {
    let mut script = vec![0, 0x6a, 32];
    script.extend(ark_ff::BigInteger::to_bytes_le(&value.into_bigint()));
    TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(script) }
}

pub(crate) fn preimage(transaction: &Transaction, input_idx: usize, code: &[u8], sighash_type: u8) -> Vec<u8> {
    let sighash_type = SighashType::from_byte(sighash_type).expect("a type");
    SighashPreimage::new(transaction, input_idx, code, VALUE, sighash_type).expect("an input").to_bytes()
}

pub(crate) fn sighash(transaction: &Transaction, input_idx: usize, code: &[u8], sighash_type: u8) -> [u8; 32] {
    let sighash_type = SighashType::from_byte(sighash_type).expect("a type");
    SighashPreimage::new(transaction, input_idx, code, VALUE, sighash_type).expect("an input").sighash().0
}

/// Fails unless the run was refused for this reason in this fragment.
#[track_caller]
pub(crate) fn assert_refused(
    run: Result<Metrics, Box<Failure>>,
    (fragment, reason): (Option<&str>, ScriptError),
    label: &str,
) {
    crate::common::assert_refused_at(run, fragment, &reason, label);
}

#[track_caller]
pub(crate) fn assert_accepted(run: Result<Metrics, Box<Failure>>, label: &str) {
    run.unwrap_or_else(|failure| panic!("{label}: {failure}"));
}
