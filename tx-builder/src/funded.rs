//! From a transaction with fee and change fixed to one with every input unlocked.

use bitcoin::{ScriptBuf, Sequence, Transaction, TxOut, absolute::LockTime};
use chain_types::{LockingScript, Satoshis, UnlockingScript};

use crate::{
    Coin, Sighash, SighashError, SighashPreimage, SighashType, Signature, SigningKey, coin::transaction_output,
};

#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) coin: Coin,
    /// The longest `unlocking` may be, in bytes: the fee is for that.
    pub(crate) unlocking_len: usize,
    pub(crate) unlocking: Option<UnlockingScript>,
}

/// A transaction whose inputs, outputs and fee are fixed; inputs are still to be unlocked.
#[derive(Clone, Debug)]
pub struct Funded {
    inputs: Vec<Input>,
    transaction: Transaction,
    fee: Satoshis,
    size_bound: usize,
}

/// Why an input cannot be unlocked, or the transaction not finished.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// The transaction has fewer inputs.
    #[error(transparent)]
    Sighash(#[from] SighashError),
    /// The fee was computed for a shorter script.
    #[error("the unlocking script of input {input_idx} has {got} bytes, the fee is for at most {limit}")]
    TooLong {
        /// Which input.
        input_idx: usize,
        /// Its script's length.
        got: usize,
        /// The announced length.
        limit: usize,
    },
    /// The coin is not under this key alone.
    #[error("the coin of input {input_idx} is not a pay-to-public-key-hash of this key")]
    NotOfThisKey {
        /// Which input.
        input_idx: usize,
    },
    /// An input without unlocking script.
    #[error("input {input_idx} is not unlocked")]
    Locked {
        /// Which input.
        input_idx: usize,
    },
}

impl Funded {
    pub(crate) const fn new(inputs: Vec<Input>, transaction: Transaction, fee: Satoshis, size_bound: usize) -> Self {
        Self { inputs, transaction, fee, size_bound }
    }

    /// The fee: at least the rate times the final size, at most the rate times [`Self::size_bound`], plus what would
    /// have been a dust remainder.
    pub const fn fee(&self) -> Satoshis {
        self.fee
    }

    /// The longest the finished transaction can get, in bytes.
    pub const fn size_bound(&self) -> usize {
        self.size_bound
    }

    /// The transaction as it is signed, with empty unlocking scripts.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    fn input(&self, input_idx: usize) -> Result<&Input, SighashError> {
        let n_inputs = self.inputs.len();
        self.inputs.get(input_idx).ok_or(SighashError::NoSuchInput { input_idx, n_inputs })
    }

    /// What a signature for an input signs: the whole locking script is the script code.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn preimage(&self, input_idx: usize) -> Result<SighashPreimage<'_>, SighashError> {
        let script_code = self.input(input_idx)?.coin.locking_script.as_bytes();
        self.preimage_of_code(input_idx, script_code, SighashType::ALL_FORKID)
    }

    /// What a signature of another type signs, or one that is checked after an OP_CODESEPARATOR of the locking script:
    /// `script_code` is what stands behind that.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn preimage_of_code<'a>(
        &'a self,
        input_idx: usize,
        script_code: &'a [u8],
        sighash_type: SighashType,
    ) -> Result<SighashPreimage<'a>, SighashError> {
        let value = self.input(input_idx)?.coin.value;
        SighashPreimage::new(&self.transaction, input_idx, script_code, value, sighash_type)
    }

    /// The outputs that the inputs spend, in the inputs' order.
    pub fn spent(&self) -> Vec<TxOut> {
        let spent = |input: &Input| transaction_output(input.coin.locking_script.clone(), input.coin.value);
        self.inputs.iter().map(spent).collect()
    }

    /// Sets an input's sequence; it is the highest, which means final, unless set. Fee and size stay; every unlocking
    /// script is dropped, as signatures cover sequences.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn set_sequence(&mut self, input_idx: usize, sequence: Sequence) -> Result<(), SighashError> {
        self.input(input_idx)?;
        self.transaction.input[input_idx].sequence = sequence;
        self.drop_unlocking();
        Ok(())
    }

    /// Sets the lock time; it is 0 unless set. While an input's sequence is not the highest, no block may hold the
    /// transaction whose height or time is not above it; if all are the highest, any lock time will do. Fee and size
    /// stay; every unlocking script is dropped, as signatures cover the lock time.
    ///
    /// A spender who needs a signature hash of a certain form tries one lock time, or one sequence, after the other.
    pub fn set_lock_time(&mut self, lock_time: LockTime) {
        self.transaction.lock_time = lock_time;
        self.drop_unlocking();
    }

    fn drop_unlocking(&mut self) {
        self.inputs.iter_mut().for_each(|input| input.unlocking = None);
    }

    /// The digest of [`Self::preimage`].
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn sighash(&self, input_idx: usize) -> Result<Sighash, SighashError> {
        Ok(self.preimage(input_idx)?.sighash())
    }

    /// Signs an input, whatever its locking script; the caller puts the signature into an unlocking script.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn sign(&self, input_idx: usize, key: &SigningKey) -> Result<Signature, SighashError> {
        Ok(key.sign(&self.sighash(input_idx)?, SighashType::ALL_FORKID))
    }

    /// Sets an input's unlocking script. Whether it unlocks is for the script machine to say.
    ///
    /// # Errors
    /// [`UnlockError::TooLong`], [`UnlockError::Sighash`].
    pub fn unlock(&mut self, input_idx: usize, unlocking: UnlockingScript) -> Result<(), UnlockError> {
        let limit = self.input(input_idx)?.unlocking_len;
        let got = unlocking.len();
        if got > limit {
            return Err(UnlockError::TooLong { input_idx, got, limit });
        }
        self.inputs[input_idx].unlocking = Some(unlocking);
        Ok(())
    }

    /// Unlocks an input that is under this key alone.
    ///
    /// # Errors
    /// [`UnlockError::NotOfThisKey`], [`UnlockError::Sighash`].
    pub fn sign_p2pkh(&mut self, input_idx: usize, key: &SigningKey) -> Result<(), UnlockError> {
        if self.input(input_idx)?.coin.locking_script != LockingScript::p2pkh(&key.pubkey_hash().0) {
            return Err(UnlockError::NotOfThisKey { input_idx });
        }
        let signature = self.sign(input_idx, key)?;
        self.unlock(input_idx, p2pkh_unlocking(&signature, &key.public_key_bytes()))
    }

    /// Unlocks every input; all must be under this key alone.
    ///
    /// # Errors
    /// As [`Self::sign_p2pkh`].
    pub fn sign_all(&mut self, key: &SigningKey) -> Result<(), UnlockError> {
        (0..self.inputs.len()).try_for_each(|input_idx| self.sign_p2pkh(input_idx, key))
    }

    /// The finished transaction.
    ///
    /// # Errors
    /// [`UnlockError::Locked`] if an input has no unlocking script.
    pub fn finish(self) -> Result<Transaction, UnlockError> {
        let mut transaction = self.transaction;
        for (input_idx, (txin, input)) in transaction.input.iter_mut().zip(self.inputs).enumerate() {
            let unlocking = input.unlocking.ok_or(UnlockError::Locked { input_idx })?;
            txin.script_sig = ScriptBuf::from_bytes(unlocking.into_bytes());
        }
        Ok(transaction)
    }
}

/// What unlocks a pay-to-public-key-hash: `<signature> <public key>`.
pub fn p2pkh_unlocking(signature: &Signature, public_key: &[u8; 33]) -> UnlockingScript {
    let mut script = UnlockingScript::default();
    script.push_slice(signature.as_bytes());
    script.push_slice(public_key);
    script
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use bitcoin::OutPoint;
    use chain_types::FeeRate;
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;
    use crate::Draft;

    fn two_inputs(key: &SigningKey) -> Funded {
        let locking_script = LockingScript::p2pkh(&key.pubkey_hash().0);
        let coin = |vout| Coin {
            outpoint: OutPoint::new("11".repeat(32).parse().expect("64 digits"), vout),
            value: Satoshis(1_000 + u64::from(vout)),
            locking_script: locking_script.clone(),
        };
        let draft = Draft::new(FeeRate::DEFAULT, key.pubkey_hash());
        draft.add_p2pkh(coin(0)).add_p2pkh(coin(1)).fund().expect("enough")
    }

    fn key() -> SigningKey {
        SigningKey::random(&mut StdRng::seed_from_u64(1))
    }

    #[test]
    fn set_sequence__one_input__is_signed_by_all_and_drops_what_was_signed() {
        let key = key();
        let mut funded = two_inputs(&key);
        funded.sign_all(&key).expect("own coins");
        let before = [funded.sighash(0), funded.sighash(1)];
        let fee = funded.fee();
        funded.set_sequence(1, Sequence(5)).expect("input 1");
        assert_eq!(funded.transaction().input.iter().map(|i| i.sequence.0).collect::<Vec<_>>(), [u32::MAX, 5]);
        assert!(funded.sighash(0) != before[0] && funded.sighash(1) != before[1]);
        assert_eq!(funded.fee(), fee);
        assert_eq!(funded.clone().finish(), Err(UnlockError::Locked { input_idx: 0 }));
        let no_such = SighashError::NoSuchInput { input_idx: 2, n_inputs: 2 };
        assert_eq!(funded.set_sequence(2, Sequence(5)), Err(no_such));
    }

    #[test]
    fn set_lock_time__any__is_signed_by_all_and_drops_what_was_signed() {
        let key = key();
        let mut funded = two_inputs(&key);
        funded.sign_all(&key).expect("own coins");
        let before = [funded.sighash(0), funded.sighash(1)];
        assert_eq!(funded.transaction().lock_time, LockTime::ZERO);
        funded.set_lock_time(LockTime::from_consensus(120));
        assert_eq!(funded.transaction().lock_time.to_consensus_u32(), 120);
        assert!(funded.sighash(0) != before[0] && funded.sighash(1) != before[1]);
        assert_eq!(funded.clone().finish(), Err(UnlockError::Locked { input_idx: 0 }));
        funded.sign_all(&key).expect("own coins");
        assert_eq!(funded.finish().map(|transaction| transaction.lock_time.to_consensus_u32()), Ok(120));
    }

    #[test]
    fn preimage_of_code__whole_script__is_the_preimage_and_other_code_or_type_is_not() {
        let funded = two_inputs(&key());
        let whole = funded.spent()[1].script_pubkey.to_bytes();
        let bytes =
            |code: &[u8], sighash_type| funded.preimage_of_code(1, code, sighash_type).expect("input 1").to_bytes();
        let signed = funded.preimage(1).expect("input 1").to_bytes();
        assert_eq!(bytes(&whole, SighashType::ALL_FORKID), signed);
        assert_ne!(bytes(&whole[1..], SighashType::ALL_FORKID), signed);
        assert_ne!(bytes(&whole, SighashType::SINGLE_ANYONE_CAN_PAY_FORKID), signed);
        let no_such = SighashError::NoSuchInput { input_idx: 2, n_inputs: 2 };
        assert_eq!(funded.preimage_of_code(2, &[], SighashType::ALL_FORKID).map(drop), Err(no_such));
    }

    #[test]
    fn spent__two_inputs__are_their_coins_in_order() {
        let values: Vec<_> = two_inputs(&key()).spent().iter().map(|output| output.value.to_sat()).collect();
        assert_eq!(values, [1_000, 1_001]);
    }
}
