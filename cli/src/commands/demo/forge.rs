//! Spends of a contract's coin as somebody without a right to it would make them.
//!
//! Each is as good as its maker could get it: signed with the keys at hand, and where the script reads the transaction,
//! with the preimage that the script wants to see in place of the true one, of a form that it can check.

use anyhow::{Context as _, anyhow};
use chain_types::{FeeRate, Instruction, LockingScript, Satoshis, UnlockingScript};
use contracts::{Locked, spend_version};
use script_gen::introspection::{ExpectedPreimage, REFUND_SEQUENCE_TOP, is_signable};
use script_gen::{ClaimWitness, Contract, Payout, RefundWitness, SpendData};
use sha2::{Digest as _, Sha256};
use tx_builder::{
    Coin, Draft, Funded, LockTime, Sequence, SighashPreimage, SighashType, SigningKey, Transaction, transaction_output,
};

/// The contract's input of every spend.
const INPUT: usize = 0;
/// Values of a free field that are tried at most; one in four will do.
const MAX_TRIES: u32 = 1 << 12;

/// What a claim's unlocking script pushes, deepest first: four blobs of hints, the open inputs, what the spender adds.
#[derive(Clone)]
pub(super) struct Pushes(Vec<Vec<u8>>);

/// The blobs of hints, in the order in which they are pushed.
#[derive(Clone, Copy)]
pub(super) enum Blob {
    Quotient,
    Representatives,
    Slopes,
    Proof,
}

const N_BLOBS: usize = 4;

impl Pushes {
    pub(super) fn of(transaction: &Transaction) -> anyhow::Result<Self> {
        let script = transaction.input.first().context("a spend has an input")?.script_sig.as_bytes().to_vec();
        let script = UnlockingScript::from_bytes(script);
        let push = |item: Result<(usize, Instruction), _>| match item {
            Ok((_, Instruction::Push { data, .. })) => Ok(data),
            Ok(_) | Err(_) => Err(anyhow!("an unlocking script of ours holds pushes alone")),
        };
        Ok(Self(script.instructions().map(push).collect::<Result<_, _>>()?))
    }

    /// Puts other hints and open inputs in place.
    pub(super) fn set_data(&mut self, data: &SpendData) {
        let hints = &data.hints;
        let blobs = [&hints.quotient, &hints.representatives, &hints.slopes, &hints.proof];
        for (place, bytes) in self.0.iter_mut().zip(blobs.into_iter().chain(&data.inputs)) {
            place.clone_from(bytes);
        }
    }

    /// What the spender adds: the pushes above hints and open inputs.
    fn added(&mut self, contract: &Contract) -> &mut [Vec<u8>] {
        let below = (N_BLOBS + contract.terms().open().count()).min(self.0.len());
        &mut self.0[below..]
    }

    /// Flips the lowest bit of a byte, counted from the end of the blob if `at` is negative.
    pub(super) fn flip_hint(&mut self, blob: Blob, at: isize) {
        if let Some(bytes) = self.0.get_mut(blob as usize) {
            flip(bytes, at);
        }
    }

    /// Flips a bit of the first thing the spender adds: a signature, or the head of a preimage.
    pub(super) fn flip_added(&mut self, contract: &Contract, at: isize) {
        if let Some(bytes) = self.added(contract).first_mut() {
            flip(bytes, at);
        }
    }

    /// Replaces the signer's word by one that `signature` gives.
    pub(super) fn set_attestation(&mut self, contract: &Contract, signature: Vec<u8>) {
        if let [_, _, attestation, ..] = self.added(contract) {
            *attestation = signature;
        }
    }

    pub(super) fn put_into(&self, transaction: &mut Transaction) {
        let mut script = UnlockingScript::default();
        self.0.iter().for_each(|push| script.push_slice(push));
        if let Some(input) = transaction.input.get_mut(INPUT) {
            input.script_sig = script.into_bytes().into();
        }
    }
}

fn flip(bytes: &mut [u8], at: isize) {
    let at = if at < 0 { bytes.len().checked_add_signed(at) } else { at.try_into().ok() };
    if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
        *byte ^= 1;
    }
}

/// `transaction` with other unlocking data.
pub(super) fn with_pushes(
    transaction: &Transaction,
    change: impl FnOnce(&mut Pushes),
) -> anyhow::Result<Transaction> {
    let (mut changed, mut pushes) = (transaction.clone(), Pushes::of(transaction)?);
    change(&mut pushes);
    pushes.put_into(&mut changed);
    Ok(changed)
}

/// The claim of `transaction` as `key` would make it: on `coin`, paid to `key`, with its own signature and the hints,
/// open inputs and attestation of the original.
pub(super) fn claim_by(transaction: &Transaction, key: &SigningKey, coin: &Coin, contract: &Contract) -> anyhow::Result<Transaction> {
    let mut claim = transaction.clone();
    let input = claim.input.get_mut(INPUT).context("a spend has an input")?;
    input.previous_output = coin.outpoint;
    if let Some(paid) = claim.output.last_mut() {
        *paid = transaction_output(LockingScript::p2pkh(&key.pubkey_hash().0), Satoshis(paid.value.to_sat()));
    }
    let code = coin.locking_script.as_bytes();
    let sighash = SighashPreimage::new(&claim, INPUT, code, coin.value, SighashType::ALL_FORKID)?.sighash();
    let signature = key.sign(&sighash, SighashType::ALL_FORKID);
    with_pushes(&claim, |pushes| {
        if let [old_signature, old_key, ..] = pushes.added(contract) {
            *old_signature = signature.as_bytes().to_vec();
            *old_key = key.public_key_bytes().to_vec();
        }
    })
}

/// What the contract's signer would have to sign for `transaction`, signed by `key`; without the type byte.
pub(super) fn attestation_by(transaction: &Transaction, key: &SigningKey, coin: &Coin) -> anyhow::Result<Vec<u8>> {
    let sighash_type = SighashType::SINGLE_ANYONE_CAN_PAY_FORKID;
    let code = coin.locking_script.as_bytes();
    let sighash = SighashPreimage::new(transaction, INPUT, code, coin.value, sighash_type)?.sighash();
    let mut signature = key.sign(&sighash, sighash_type).as_bytes().to_vec();
    signature.pop();
    Ok(signature)
}

/// A settlement with these outputs and data, whatever the contract has for the class in `data`.
pub(super) fn settlement(
    locked: &Locked<'_>,
    data: &SpendData,
    outputs: &[Payout],
    fee_rate: FeeRate,
) -> anyhow::Result<Transaction> {
    let (contract, coin) = (locked.contract(), locked.coin().clone());
    let expected = contract.claim_preimage(data).context("the contract pays nobody for this class")?;
    let draft = Draft::exact(fee_rate).with_version(spend_version(contract.profile()));
    let draft = draft.add_contract(coin, contract.max_claim_len());
    let pay = |draft: Draft, output: &Payout| draft.pay(output.locking_script.clone(), output.value);
    let mut funded = outputs.iter().fold(draft, pay).fund()?;
    let preimage_head = forged_head(&mut funded, &expected, |funded, n| {
        funded.set_lock_time(LockTime::from_consensus(n));
        Ok(())
    })?;
    let lock_time = funded.transaction().lock_time.to_consensus_u32().to_le_bytes();
    funded.unlock(INPUT, contract.claim_script(data, &ClaimWitness::ByClass { preimage_head, lock_time }))?;
    Ok(funded.finish()?)
}

/// How a refund's transaction differs from the contract's.
#[derive(Clone, Copy)]
pub(super) enum Refunding {
    /// As it should be.
    AsAgreed,
    /// It may be mined at once.
    WithoutLockTime,
    /// Its sequence says that the lock time does not count.
    WithFinalSequence,
}

/// A refund by `key`, with the preimage that the script wants to see.
pub(super) fn refund(
    locked: &Locked<'_>,
    key: &SigningKey,
    how: Refunding,
    fee_rate: FeeRate,
) -> anyhow::Result<Transaction> {
    let contract = locked.contract();
    let draft = Draft::new(fee_rate, key.pubkey_hash()).with_version(spend_version(contract.profile()));
    let mut funded = draft.add_contract(locked.coin().clone(), contract.max_refund_len()).fund()?;
    let agreed = contract.terms().refund.lock_time.get();
    let preimage_head = forged_head(&mut funded, &contract.refund_preimage(), |funded, n| {
        let top = u32::from(REFUND_SEQUENCE_TOP) << 24;
        let (sequence, lock_time) = match how {
            Refunding::AsAgreed => (Sequence(top | n), agreed),
            Refunding::WithoutLockTime => (Sequence(top | n), 0),
            Refunding::WithFinalSequence => (Sequence::MAX, agreed),
        };
        funded.set_lock_time(LockTime::from_consensus(lock_time));
        Ok(funded.set_sequence(INPUT, sequence)?)
    })?;
    let signature = funded.sign(INPUT, key)?.as_bytes().to_vec();
    let witness = RefundWitness { preimage_head, signature, public_key: key.public_key_bytes() };
    funded.unlock(INPUT, contract.refund_script(&witness))?;
    Ok(funded.finish()?)
}

/// The head of a preimage that ends as the script demands, true or not: the first whose digest the script can sign, or the
/// last that is tried, where nothing that is free enters the digest.
fn forged_head(
    funded: &mut Funded,
    expected: &ExpectedPreimage,
    set: impl Fn(&mut Funded, u32) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<u8>> {
    let sighash_type = SighashType::from_byte(expected.sighash_type)?;
    let mut head = Vec::new();
    for n in 0..MAX_TRIES {
        set(funded, n)?;
        let mut preimage = funded.preimage_of_code(INPUT, &expected.script_code, sighash_type)?.to_bytes();
        let end = preimage.len().saturating_sub(expected.n_free);
        let start = end.saturating_sub(expected.required.len());
        if let Some(demanded) = preimage.get_mut(start..end) {
            demanded.copy_from_slice(&expected.required);
        }
        head = expected.head(&preimage)?;
        if is_signable(&Sha256::digest(Sha256::digest(&preimage)).into()) {
            break;
        }
    }
    Ok(head)
}
