//! Lists of public inputs that are not part of another file.

use crate::content::decode_hex;
use crate::fault::Fault;
use crate::{Format, arkworks, number};
use ark_bn254::Fr;
use serde_json::value::RawValue;

/// Shortest hex text of arkworks: the eight bytes before an empty list.
const MIN_HEX_LEN: usize = 16;

/// The values of a JSON list.
pub(crate) fn from_json(field: &str, values: &[&RawValue]) -> Result<Vec<Fr>, Fault> {
    values.iter().enumerate().map(|(k, value)| number::from_json(&format!("{field}[{k}]"), value)).collect()
}

/// A list that stands alone: snarkjs' if its items are strings of digits.
pub(crate) fn from_list(values: &[&RawValue]) -> Result<(Vec<Fr>, Format), Fault> {
    let is_decimal = |text: &str| text.starts_with('"') && !text.starts_with("\"0x");
    let is_snarkjs = values.iter().all(|value| is_decimal(value.get()));
    let format = if is_snarkjs { Format::Snarkjs } else { Format::Numbers };
    Ok((from_json("", values)?, format))
}

/// Numbers between white space and commas; or hex of arkworks' bytes, which is too long for a number, or has leading
/// zeros and no 0x.
pub(crate) fn from_text(text: &str) -> Result<(Vec<Fr>, Format), Fault> {
    let words = || text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    if !words().all(number::is_number)
        && let Some(bytes) = decode_hex(text).filter(|_| text.len() >= MIN_HEX_LEN)
    {
        let is_long_number = !text.starts_with('0') && text.bytes().all(|digit| digit.is_ascii_digit());
        if arkworks::has_scalars_len(&bytes) || !is_long_number {
            return Ok((arkworks::scalars(&bytes)?, Format::ArkworksScalars));
        }
    }
    let values = words().enumerate().map(|(k, word)| number::from_text(&format!("[{k}]"), word));
    Ok((values.collect::<Result<_, _>>()?, Format::Numbers))
}
