//! Script numbers: little-endian sign-magnitude bytes, the sign in the top bit of the last byte, zero empty.
//!
//! Source: Bitcoin SV node v1.2.2, `src/script/script_num.cpp` and `src/script/int_serialization.h`.

use num_bigint::{BigInt, BigUint, Sign};

/// The minimal encoding of `value`.
pub fn encode(value: &BigInt) -> Vec<u8> {
    if value.sign() == Sign::NoSign {
        return Vec::new();
    }
    let mut bytes = value.magnitude().to_bytes_le();
    if bytes.last().is_some_and(|top| top & 0x80 != 0) {
        bytes.push(0);
    }
    if value.sign() == Sign::Minus
        && let Some(top) = bytes.last_mut()
    {
        *top |= 0x80;
    }
    bytes
}

/// The number that `bytes` stand for, minimal or not. Negative zero is zero.
pub fn decode(bytes: &[u8]) -> BigInt {
    let Some((top, low)) = bytes.split_last() else { return BigInt::default() };
    let mut magnitude = low.to_vec();
    magnitude.push(top & 0x7f);
    let sign = if top & 0x80 != 0 { Sign::Minus } else { Sign::Plus };
    BigInt::from_biguint(sign, BigUint::from_bytes_le(&magnitude))
}

/// Whether `bytes` are the shortest encoding of their number.
pub fn is_minimal(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [only] => only & 0x7f != 0,
        [.., below, top] => top & 0x7f != 0 || below & 0x80 != 0,
    }
}

/// The shortest encoding of the number that `bytes` stand for, without going through a big integer.
pub fn minimize(bytes: &[u8]) -> Vec<u8> {
    let Some((top, low)) = bytes.split_last() else { return Vec::new() };
    let mut out = low.to_vec();
    out.push(top & 0x7f);
    while out.last() == Some(&0) {
        out.pop();
    }
    if out.is_empty() {
        return out;
    }
    if out.last().is_some_and(|b| b & 0x80 != 0) {
        out.push(0);
    }
    if top & 0x80 != 0
        && let Some(last) = out.last_mut()
    {
        *last |= 0x80;
    }
    out
}

/// The length in bytes of the minimal encoding of the largest number below `2^bits`.
pub const fn len_for_bits(bits: u64) -> u64 {
    if bits == 0 { 0 } else { bits / 8 + 1 }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn encode__boundaries__match_the_node() {
        // (number, bytes) as the node's CScriptNum tests give them.
        for (value, bytes) in [
            (0, vec![]),
            (1, vec![0x01]),
            (-1, vec![0x81]),
            (127, vec![0x7f]),
            (-127, vec![0xff]),
            (128, vec![0x80, 0x00]),
            (-128, vec![0x80, 0x80]),
            (255, vec![0xff, 0x00]),
            (256, vec![0x00, 0x01]),
            (-32768, vec![0x00, 0x80, 0x80]),
        ] {
            assert_eq!(encode(&BigInt::from(value)), bytes, "{value}");
            assert_eq!(decode(&bytes), BigInt::from(value), "{value}");
        }
    }

    #[test]
    fn minimize__every_short_string__agrees_with_decode_then_encode() {
        let mut strings = vec![vec![]];
        for a in [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff] {
            strings.push(vec![a]);
            for b in [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff] {
                strings.push(vec![a, b]);
                for c in [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff] {
                    strings.push(vec![a, b, c]);
                }
            }
        }
        for bytes in strings {
            let through_number = encode(&decode(&bytes));
            assert_eq!(minimize(&bytes), through_number, "{bytes:02x?}");
            assert_eq!(is_minimal(&bytes), through_number == bytes, "{bytes:02x?}");
        }
    }

    #[test]
    fn len_for_bits__largest_number__has_that_length() {
        for bits in 0..70u64 {
            let largest = (BigInt::from(1) << bits) - 1;
            assert_eq!(encode(&largest).len() as u64, len_for_bits(bits), "{bits} bits");
        }
    }
}
