//! Extended Format: a transaction with the outputs it spends, so that a service can check it without looking them up.
//!
//! Source: BRC-30, <https://bsv.brc.dev/transactions/0030>. Its table gives four bytes for the value of a spent output; every
//! implementation, and the vectors here, write the eight that an output has.

use bitcoin::{Transaction, TxIn, TxOut, VarInt, absolute::LockTime, consensus::encode, transaction::Version};
use chain_types::{AmountError, Satoshis};

use crate::wire::{Reader, put};

/// Stands where the number of inputs would: read as an ordinary transaction, it has neither inputs nor outputs.
const MARKER: [u8; 6] = [0, 0, 0, 0, 0, 0xef];

/// A transaction together with the outputs it spends.
///
/// Nothing here proves that those outputs exist or are the right ones: a value or script that is not that of the
/// outpoint makes signatures fail where the service checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedTransaction {
    transaction: Transaction,
    spent: Vec<TxOut>,
}

/// Why there is no extended transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtendedError {
    /// Not one spent output for every input.
    #[error("{n_spent} spent outputs for {n_inputs} inputs")]
    SpentCount {
        /// Inputs of the transaction.
        n_inputs: usize,
        /// Outputs given.
        n_spent: usize,
    },
    /// No inputs, as only a transaction cut in pieces has.
    #[error("the transaction has no inputs")]
    NoInputs,
    /// Odd length or other characters.
    #[error("the extended transaction is not hexadecimal")]
    Hex(#[from] hex::FromHexError),
    /// An ordinary transaction, or something else.
    #[error("no marker of the Extended Format after the version: found {}, expected {}", hex::encode(.found), hex::encode(MARKER))]
    Marker {
        /// The six bytes that stand there.
        found: [u8; 6],
    },
    /// Cut short, absurd lengths.
    #[error("the bytes are not an extended transaction")]
    Encoding(#[from] encode::Error),
    /// Something follows.
    #[error("{n_bytes} bytes follow the extended transaction")]
    TrailingBytes {
        /// How many.
        n_bytes: usize,
    },
}

impl ExtendedTransaction {
    /// Puts a transaction and the outputs it spends together, one for each input in their order.
    ///
    /// # Errors
    /// [`ExtendedError::NoInputs`], [`ExtendedError::SpentCount`].
    pub fn new(transaction: Transaction, spent: Vec<TxOut>) -> Result<Self, ExtendedError> {
        let (n_inputs, n_spent) = (transaction.input.len(), spent.len());
        if n_inputs == 0 {
            return Err(ExtendedError::NoInputs);
        }
        if n_inputs != n_spent {
            return Err(ExtendedError::SpentCount { n_inputs, n_spent });
        }
        Ok(Self { transaction, spent })
    }

    /// The transaction itself.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The outputs it spends, in order of its inputs.
    pub fn spent(&self) -> &[TxOut] {
        &self.spent
    }

    /// What the inputs exceed the outputs by.
    ///
    /// # Errors
    /// [`AmountError`] if the outputs exceed the inputs, or either exceeds all coins there are.
    pub fn fee(&self) -> Result<Satoshis, AmountError> {
        let sum = |outputs: &[TxOut]| {
            outputs.iter().try_fold(Satoshis(0), |sum, output| sum.checked_add(Satoshis(output.value.to_sat())))
        };
        sum(&self.spent)?.checked_sub(sum(&self.transaction.output)?)
    }

    /// The Extended Format.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, &self.transaction.version);
        bytes.extend(MARKER);
        put(&mut bytes, &VarInt::from(self.transaction.input.len()));
        for (input, spent) in self.transaction.input.iter().zip(&self.spent) {
            put(&mut bytes, input);
            put(&mut bytes, spent);
        }
        put(&mut bytes, &self.transaction.output);
        put(&mut bytes, &self.transaction.lock_time);
        bytes
    }

    /// The Extended Format in hexadecimal.
    pub fn to_hex(&self) -> String {
        hex::encode(self.to_bytes())
    }

    /// Reads the Extended Format.
    ///
    /// # Errors
    /// [`ExtendedError`], one variant per defect.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ExtendedError> {
        let mut reader = Reader::new(bytes);
        let version: Version = reader.next()?;
        let found: [u8; 6] = reader.next()?;
        if found != MARKER {
            return Err(ExtendedError::Marker { found });
        }
        let (mut input, mut spent) = (Vec::new(), Vec::new());
        // Each round reads 50 bytes at least, so a false count ends at the end of the bytes.
        for _ in 0..reader.number()? {
            input.push(reader.next::<TxIn>()?);
            spent.push(reader.next::<TxOut>()?);
        }
        let mut output = Vec::new();
        for _ in 0..reader.number()? {
            output.push(reader.next::<TxOut>()?);
        }
        let lock_time: LockTime = reader.next()?;
        match reader.left() {
            0 => Self::new(Transaction { version, lock_time, input, output }, spent),
            n_bytes => Err(ExtendedError::TrailingBytes { n_bytes }),
        }
    }

    /// Reads the Extended Format in hexadecimal; white space around it is ignored.
    ///
    /// # Errors
    /// [`ExtendedError`], one variant per defect.
    pub fn from_hex(text: &str) -> Result<Self, ExtendedError> {
        Self::from_bytes(&hex::decode(text.trim())?)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use crate::encode_hex;

    // A payment of the main chain of 2009: bsv-blockchain/teranode, stores/utxo/sql/sql_test.go.
    const PAYMENT: &str = concat!(
        "010000000000000000ef01032e38e9c0a84c6046d687d10556dcacc41d275ec55fc00779ac88fdf357a187000000008c49304602210",
        "0c352d3dd993a981beba4a63ad15c209275ca9470abfcd57da93b58e4eb5dce82022100840792bc1f456062819f15d33ee7055cf7b5",
        "ee1af1ebcc6028d9cdb1c3af7748014104f46db5e9d61a9dc27b8d64ad23e7383a4e6ca164593c2527c038c0857eb67ee8e825dca65",
        "046b82c9331586c82e0fd1f633f25f87c161bc6f8a630121df2b3d3ffffffff00f2052a010000001976a91471d7dd96d9edda09180f",
        "e9d57a477b5acc9cad1188ac0200e32321000000001976a914c398efa9c392ba6013c5e04ee729755ef7f58b3288ac000fe20801000",
        "0001976a914948c765a6914d43f2a7ac177da2c2f6b52de3d7c88ac00000000",
    );

    #[test]
    fn extended__published_vector__reads_and_writes_the_same() {
        let extended = ExtendedTransaction::from_hex(&format!(" {PAYMENT}\n")).expect("well-formed");
        // The txid is the main chain's: what was cut out of the wrapping is the transaction itself.
        let txid = extended.transaction().compute_txid().to_string();
        assert_eq!(txid, "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4");
        assert_eq!(extended.spent()[0].value.to_sat(), 50 * 100_000_000);
        assert_eq!(extended.fee(), Ok(Satoshis(0)));
        assert_eq!(extended.to_hex(), PAYMENT);
        let parts = ExtendedTransaction::new(extended.transaction().clone(), extended.spent().to_vec());
        assert_eq!(parts.expect("one output for one input"), extended);
    }

    #[test]
    fn extended__other_implementation__reads_what_is_written_here() {
        let theirs = bsv_rs::transaction::Transaction::from_hex_ef(PAYMENT).expect("the published vector");
        assert_eq!(theirs.to_hex_ef().expect("complete"), PAYMENT);
        let plain = ExtendedTransaction::from_hex(PAYMENT).expect("well-formed");
        assert_eq!(theirs.to_hex(), encode_hex(plain.transaction()));
    }

    #[test]
    fn extended__damaged__is_refused_by_name() {
        type Error = ExtendedError;
        let bytes = hex::decode(PAYMENT).expect("hexadecimal");
        for len in 0..bytes.len() {
            let cut = ExtendedTransaction::from_bytes(&bytes[..len]);
            assert!(matches!(cut, Err(Error::Encoding(_))), "{len}: {cut:?}");
        }
        let trailing = ExtendedTransaction::from_bytes(&[&bytes, [0; 2].as_slice()].concat());
        assert!(matches!(trailing, Err(Error::TrailingBytes { n_bytes: 2 })), "{trailing:?}");
        assert!(matches!(ExtendedTransaction::from_hex("0g"), Err(Error::Hex(_))));

        let plain = ExtendedTransaction::from_hex(PAYMENT).expect("well-formed");
        let ordinary = ExtendedTransaction::from_hex(&encode_hex(plain.transaction()));
        assert!(matches!(ordinary, Err(Error::Marker { found: [1, 3, ..] })), "{ordinary:?}");
        let none = ExtendedTransaction::from_hex("010000000000000000ef000000000000");
        assert!(matches!(none, Err(Error::NoInputs)), "{none:?}");
        let unpaired = ExtendedTransaction::new(plain.transaction().clone(), vec![]);
        assert!(matches!(unpaired, Err(Error::SpentCount { n_inputs: 1, n_spent: 0 })), "{unpaired:?}");
    }

    #[test]
    fn extended__absurd_lengths__end_with_the_bytes() {
        // 2^64 - 1 inputs; a script of 2^32 - 1 bytes; a number not in its shortest form.
        let head = "010000000000000000ef";
        let outpoint = "11".repeat(36);
        for body in [
            "ffffffffffffffffff".to_owned(),
            format!("01{outpoint}feffffffff"),
            format!("01{outpoint}ffffffffffffffffff51"),
            format!("fd0100{outpoint}"),
        ] {
            let refused = ExtendedTransaction::from_hex(&format!("{head}{body}"));
            assert!(matches!(refused, Err(ExtendedError::Encoding(_))), "{body}: {refused:?}");
        }
    }

    #[test]
    fn extended__outputs_beyond_inputs__have_no_fee() {
        let extended = ExtendedTransaction::from_hex(PAYMENT).expect("well-formed");
        let mut poorer = extended.spent().to_vec();
        poorer[0].value -= bitcoin::Amount::ONE_SAT;
        let poorer = ExtendedTransaction::new(extended.transaction().clone(), poorer).expect("one for one");
        assert!(matches!(poorer.fee(), Err(AmountError::Negative { .. })));
    }
}
