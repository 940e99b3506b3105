//! Raw transactions as hexadecimal text, the form nodes take and give.

use bitcoin::{Transaction, consensus::encode};

/// Why a text is not a raw transaction of Bitcoin SV.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RawTransactionError {
    /// Odd length or other characters.
    #[error("the raw transaction is not hexadecimal")]
    Hex(#[from] hex::FromHexError),
    /// Cut short, trailing bytes, absurd lengths.
    #[error("the bytes are not a transaction")]
    Encoding(#[from] encode::Error),
    /// The segregated-witness form, which Bitcoin SV does not know.
    #[error("the transaction carries a segregated witness")]
    Witness,
}

/// The transaction's bytes in hexadecimal.
pub fn encode_hex(transaction: &Transaction) -> String {
    encode::serialize_hex(transaction)
}

/// Reads a raw transaction; white space around it is ignored.
///
/// # Errors
/// [`RawTransactionError`], one variant per defect.
pub fn decode_hex(text: &str) -> Result<Transaction, RawTransactionError> {
    check_form(encode::deserialize(&hex::decode(text.trim())?)?)
}

/// The library takes the witness form too; only without one do its bytes and ours agree.
pub(crate) fn check_form(transaction: Transaction) -> Result<Transaction, RawTransactionError> {
    if transaction.input.is_empty() || transaction.input.iter().any(|input| !input.witness.is_empty()) {
        return Err(RawTransactionError::Witness);
    }
    Ok(transaction)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    // One input, one output of 1 satoshi with script OP_1.
    const PLAIN: &str = concat!(
        "01000000",
        "01",
        "1111111111111111111111111111111111111111111111111111111111111111",
        "00000000",
        "0151",
        "ffffffff",
        "01",
        "0100000000000000",
        "0151",
        "00000000"
    );

    #[test]
    fn raw__plain_transaction__round_trips() {
        let transaction = decode_hex(&format!("  {PLAIN}\n")).expect("well-formed");
        assert_eq!(encode_hex(&transaction), PLAIN);
        assert_eq!(transaction.total_size(), PLAIN.len() / 2);
    }

    #[test]
    fn raw__five_megabyte_script__round_trips() {
        let mut transaction = decode_hex(PLAIN).expect("well-formed");
        transaction.output[0].script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x51; 5_000_000]);
        assert_eq!(decode_hex(&encode_hex(&transaction)).expect("well-formed"), transaction);
    }

    #[test]
    fn raw__damaged__is_refused_by_name() {
        assert!(matches!(decode_hex("0g"), Err(RawTransactionError::Hex(_))));
        assert!(matches!(decode_hex("012"), Err(RawTransactionError::Hex(_))));
        for text in ["", &PLAIN[..PLAIN.len() - 2], &format!("{PLAIN}00")] {
            assert!(matches!(decode_hex(text), Err(RawTransactionError::Encoding(_))), "{text}");
        }
        let mut transaction = decode_hex(PLAIN).expect("well-formed");
        transaction.input[0].witness.push([1]);
        assert!(matches!(decode_hex(&encode_hex(&transaction)), Err(RawTransactionError::Witness)));
    }
}
