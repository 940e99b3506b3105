//! Coins: unspent outputs with what is needed to spend them.

use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxOut};
use chain_types::{LockingScript, Satoshis};

/// An unspent output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Where it stands.
    pub outpoint: OutPoint,
    /// What it is worth.
    pub value: Satoshis,
    /// The condition it is under.
    pub locking_script: LockingScript,
}

/// Why a transaction has no such coin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoinError {
    /// The transaction has fewer outputs.
    #[error("output {vout} of a transaction with {n_outputs}")]
    NoSuchOutput {
        /// The index asked for.
        vout: u32,
        /// Outputs there are.
        n_outputs: usize,
    },
}

impl Coin {
    /// The coin that stands at `outpoint`.
    pub fn new(outpoint: OutPoint, output: &TxOut) -> Self {
        Self {
            outpoint,
            value: Satoshis(output.value.to_sat()),
            locking_script: LockingScript::from_bytes(output.script_pubkey.to_bytes()),
        }
    }

    /// An output of `transaction`, as the coin it becomes.
    ///
    /// # Errors
    /// [`CoinError::NoSuchOutput`].
    pub fn of(transaction: &Transaction, vout: u32) -> Result<Self, CoinError> {
        let no_such = CoinError::NoSuchOutput { vout, n_outputs: transaction.output.len() };
        let output = usize::try_from(vout).ok().and_then(|vout| transaction.output.get(vout)).ok_or(no_such)?;
        Ok(Self::new(OutPoint::new(transaction.compute_txid(), vout), output))
    }
}

/// A transaction output that pays `value` under `locking_script`.
pub fn transaction_output(locking_script: LockingScript, value: Satoshis) -> TxOut {
    TxOut { value: Amount::from_sat(value.0), script_pubkey: ScriptBuf::from_bytes(locking_script.into_bytes()) }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use bitcoin::{absolute::LockTime, transaction::Version};

    use super::*;

    #[test]
    fn coin__of_an_output__keeps_value_and_script() {
        let lock = LockingScript::p2pkh(&[4; 20]);
        let output = vec![transaction_output(lock.clone(), Satoshis(5))];
        let transaction = Transaction { version: Version(1), lock_time: LockTime::ZERO, input: vec![], output };
        let coin = Coin::of(&transaction, 0).expect("it has one output");
        assert_eq!((coin.value, &coin.locking_script), (Satoshis(5), &lock));
        assert_eq!(coin.outpoint, OutPoint::new(transaction.compute_txid(), 0));
        assert_eq!(Coin::of(&transaction, 1), Err(CoinError::NoSuchOutput { vout: 1, n_outputs: 1 }));
    }
}
