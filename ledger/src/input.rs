//! One input of a transaction against the output it spends.

use chain_types::{LockingScript, Profile, Satoshis, UnlockingScript};
use script_vm::{Failure, Machine, Metrics, SignatureChecker, SignatureVerdict, TxVersion};
use tx_builder::{SighashError, SighashPreimage, SighashType, Signature, Transaction, TxOut};

/// Judges signatures over one input of a transaction, each by the digest its hash type asks for. Which hash types and
/// which S are allowed is for the script machine to say.
#[derive(Clone, Copy, Debug)]
pub struct TxSignatureChecker<'a> {
    transaction: &'a Transaction,
    input_idx: usize,
    value: Satoshis,
}

impl<'a> TxSignatureChecker<'a> {
    /// For the input at `input_idx`, which spends an output of `value`.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn new(transaction: &'a Transaction, input_idx: usize, value: Satoshis) -> Result<Self, SighashError> {
        let checker = Self { transaction, input_idx, value };
        checker.preimage(&[], SighashType::ALL_FORKID)?;
        Ok(checker)
    }

    fn preimage<'b>(
        &'b self,
        script_code: &'b [u8],
        sighash_type: SighashType,
    ) -> Result<SighashPreimage<'b>, SighashError> {
        SighashPreimage::new(self.transaction, self.input_idx, script_code, self.value, sighash_type)
    }

    fn is_valid(&self, signature: &[u8], public_key: &[u8], script_code: &[u8]) -> bool {
        let signature = Signature::from_bytes(signature.to_vec());
        let Ok(sighash_type) = signature.sighash_type() else { return false };
        let Ok(preimage) = self.preimage(script_code, sighash_type) else { return false };
        signature.to_low_s().and_then(|low| low.verify(&preimage.sighash(), public_key)).is_ok()
    }
}

impl SignatureChecker for TxSignatureChecker<'_> {
    fn check(&self, signature: &[u8], public_key: &[u8], script_code: &[u8]) -> SignatureVerdict {
        if self.is_valid(signature, public_key, script_code) {
            SignatureVerdict::Valid
        } else {
            SignatureVerdict::Invalid
        }
    }
}

/// Why an input does not spend its output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The transaction has fewer inputs.
    #[error(transparent)]
    Sighash(#[from] SighashError),
    /// The scripts fail.
    #[error(transparent)]
    Script(#[from] Box<Failure>),
    /// The machine's rules are those for transactions of another version.
    #[error("the machine judges transactions of version {machine}, this one has version {transaction}")]
    OtherVersion {
        /// The version the rules are for.
        machine: TxVersion,
        /// The transaction's.
        transaction: TxVersion,
    },
}

/// What a node asks by default of `transaction` before it relays it, all the outputs it spends having been mined under
/// `profile`.
pub fn policy_machine(profile: Profile, transaction: &Transaction) -> Machine {
    match profile {
        Profile::Genesis => Machine::policy(),
        Profile::Chronicle => Machine::chronicle_policy(version_of(transaction)),
    }
}

pub(crate) const fn version_of(transaction: &Transaction) -> TxVersion {
    TxVersion(transaction.version.0)
}

/// Runs the scripts of one input without asking any chain. `machine` ([`policy_machine`] makes one) brings limits,
/// rules and, for a readable [`Failure`], the names of the locking script's pieces.
///
/// Not checked: that `spent` is what the input's outpoint names, that it is unspent, fees and sizes.
///
/// # Errors
/// [`InputError`].
pub fn check_input(
    transaction: &Transaction,
    input_idx: usize,
    spent: &TxOut,
    machine: &Machine,
) -> Result<Metrics, InputError> {
    let transaction_version = version_of(transaction);
    if let Some(machine) = machine.rules().version().filter(|version| *version != transaction_version) {
        return Err(InputError::OtherVersion { machine, transaction: transaction_version });
    }
    let checker = TxSignatureChecker::new(transaction, input_idx, Satoshis(spent.value.to_sat()))?;
    let unlocking = UnlockingScript::from_bytes(transaction.input[input_idx].script_sig.to_bytes());
    let locking = LockingScript::from_bytes(spent.script_pubkey.to_bytes());
    Ok(machine.run(&unlocking, &locking, &checker)?)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use chain_types::FeeRate;
    use rand::{SeedableRng as _, rngs::StdRng};
    use script_vm::ScriptError;
    use tx_builder::{Coin, Draft, OutPoint, SigningKey, transaction_output};

    use super::*;

    fn spend(key: &SigningKey) -> (Transaction, TxOut) {
        let locking_script = LockingScript::p2pkh(&key.pubkey_hash().0);
        let coin = Coin { outpoint: OutPoint::default(), value: Satoshis(1_000), locking_script };
        let spent = transaction_output(coin.locking_script.clone(), coin.value);
        let mut funded = Draft::new(FeeRate::DEFAULT, key.pubkey_hash()).add_p2pkh(coin).fund().expect("enough");
        funded.sign_all(key).expect("own coin");
        (funded.finish().expect("signed"), spent)
    }

    #[test]
    fn check_input__own_coin__unlocks_and_every_field_signed_counts() {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(1));
        let (transaction, spent) = spend(&key);
        let verdict =
            |transaction: &Transaction, spent: &TxOut| match check_input(transaction, 0, spent, &Machine::policy()) {
                Ok(_) => None,
                Err(InputError::Script(failure)) => Some(failure.reason),
                Err(error) => panic!("{error}"),
            };
        assert_eq!(verdict(&transaction, &spent), None);
        let altered = |alter: &dyn Fn(&mut Transaction)| {
            let mut altered = transaction.clone();
            alter(&mut altered);
            verdict(&altered, &spent)
        };
        let null_fail = Some(ScriptError::NullFail);
        assert_eq!(altered(&|t| t.output[0].value += bitcoin::Amount::ONE_SAT), null_fail);
        assert_eq!(altered(&|t| t.input[0].previous_output.vout ^= 1), null_fail);
        assert_eq!(altered(&|t| t.input[0].sequence = bitcoin::Sequence::ZERO), null_fail);
        assert_eq!(altered(&|t| t.version.0 = 2), null_fail);
        let dearer = TxOut { value: spent.value + bitcoin::Amount::ONE_SAT, ..spent.clone() };
        assert_eq!(verdict(&transaction, &dearer), null_fail, "the value spent is signed too");
        let other = SigningKey::random(&mut StdRng::seed_from_u64(2));
        let of_other = transaction_output(LockingScript::p2pkh(&other.pubkey_hash().0), Satoshis(1_000));
        assert_eq!(verdict(&transaction, &of_other), Some(ScriptError::EqualVerify));
    }

    #[test]
    fn check_input__missing_input__is_refused_by_name() {
        let (transaction, spent) = spend(&SigningKey::random(&mut StdRng::seed_from_u64(3)));
        let error = check_input(&transaction, 1, &spent, &Machine::policy()).expect_err("one input");
        let no_such = SighashError::NoSuchInput { input_idx: 1, n_inputs: 1 };
        assert!(matches!(error, InputError::Sighash(e) if e == no_such));
    }
}
