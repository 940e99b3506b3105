//! Numbers as text, and the field elements they are.

use crate::content::decode;
use crate::fault::{Fault, excerpt};
use ark_ff::{BigInt, PrimeField};
use num_bigint::BigUint;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Decimal digits of the largest number of 256 bits, and its hex digits.
const MAX_DECIMAL_DIGITS: usize = 78;
const MAX_HEX_DIGITS: usize = 64;

/// A spelled number. Longer decimals are numbers too, but need not be computed to be refused.
enum Number {
    Value(BigUint),
    TooLong,
}

fn parse(text: &str) -> Option<Number> {
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    let (text, radix) = match text.strip_prefix("0x") {
        Some(hex) if hex.len() <= MAX_HEX_DIGITS => (hex, 16),
        // One number has one decimal spelling.
        None if text == "0" || !text.starts_with('0') => (text, 10),
        _ => return None,
    };
    match digits(text, radix) {
        true if text.len() > MAX_DECIMAL_DIGITS => Some(Number::TooLong),
        true => BigUint::parse_bytes(text.as_bytes(), radix).map(Number::Value),
        false => None,
    }
}

/// Whether `text` is a number of at most 256 bits or so.
pub(crate) fn is_number(text: &str) -> bool {
    matches!(parse(text), Some(Number::Value(_)))
}

/// The field element that `text` spells; never reduced.
pub(crate) fn from_text<F: PrimeField<BigInt = BigInt<4>>>(field: &str, text: &str) -> Result<F, Fault> {
    let (field, found) = (|| field.to_owned(), || excerpt(text));
    let value = match parse(text) {
        None => return Err(Fault::NotANumber { field: field(), found: found() }),
        Some(Number::TooLong) => None,
        Some(Number::Value(value)) => BigInt::try_from(value).ok().and_then(F::from_bigint),
    };
    value.ok_or_else(|| Fault::NotBelow { field: field(), found: found(), modulus: F::MODULUS.to_string() })
}

/// The field element that a JSON string or number spells.
pub(crate) fn from_json<F: PrimeField<BigInt = BigInt<4>>>(field: &str, value: &RawValue) -> Result<F, Fault> {
    let text = match value.get() {
        string if string.starts_with('"') => Cow::Owned(decode(field, value)?),
        other => Cow::Borrowed(other),
    };
    from_text(field, &text)
}

/// The field element of 32 bytes, least significant first.
pub(crate) fn from_bytes<F: PrimeField<BigInt = BigInt<4>>>(field: &str, bytes: &[u8; 32]) -> Result<F, Fault> {
    let value = BigUint::from_bytes_le(bytes);
    let element = BigInt::try_from(value.clone()).ok().and_then(F::from_bigint);
    element.ok_or_else(|| Fault::NotBelow {
        field: field.to_owned(),
        found: value.to_string(),
        modulus: F::MODULUS.to_string(),
    })
}
