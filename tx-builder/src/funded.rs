//! From a transaction with fee and change fixed to one with every input unlocked.

use bitcoin::{ScriptBuf, Transaction};
use chain_types::{LockingScript, Satoshis, UnlockingScript};

use crate::{Coin, Sighash, SighashError, SighashPreimage, SighashType, Signature, SigningKey};

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
        let coin = &self.input(input_idx)?.coin;
        let script_code = coin.locking_script.as_bytes();
        SighashPreimage::new(&self.transaction, input_idx, script_code, coin.value, SighashType::ALL_FORKID)
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
