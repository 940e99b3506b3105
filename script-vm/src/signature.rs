//! Signatures: their encoding is judged here, their validity by the caller.

use crate::{Rules, ScriptError};

/// Answers whether a signature is valid. The machine knows no transaction and no curve.
pub trait SignatureChecker {
    /// Judges `signature` (strict DER, then the hash-type byte) by `public_key` over `script_code`: the script from
    /// after the last OP_CODESEPARATOR executed to its end, and if that is the unlocking script, then all of the
    /// locking script.
    ///
    /// Called only with encodings the machine has found well formed under its rules, and never with an empty
    /// signature: an S in the upper half, or the bit SIGHASH_CHRONICLE, that get here are allowed.
    fn check(&self, signature: &[u8], public_key: &[u8], script_code: &[u8]) -> SignatureVerdict;
}

/// A signature's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// The key signed this.
    Valid,
    /// It did not.
    Invalid,
}

/// For scripts without signatures: finds every one invalid.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSignatures;

impl SignatureChecker for NoSignatures {
    fn check(&self, _signature: &[u8], _public_key: &[u8], _script_code: &[u8]) -> SignatureVerdict {
        SignatureVerdict::Invalid
    }
}

const SIGHASH_CHRONICLE: u8 = 0x20;
const SIGHASH_FORKID: u8 = 0x40;
const SIGHASH_ANYONECANPAY: u8 = 0x80;
const SIGHASH_ALL: u8 = 1;
const SIGHASH_SINGLE: u8 = 3;

/// The order of secp256k1's group, big-endian (SEC 2, section 2.4.1).
const GROUP_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
    0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// Half of [`GROUP_ORDER`], rounded down: the largest S allowed.
const HALF_GROUP_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
    0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Judges the encoding of a signature element, in the node's order: DER, low S, hash type, FORKID.
///
/// An empty signature passes: it is the proper form of no signature. Before Chronicle its bit is like any undefined one
/// (nodes since 1.2 give it a reason of its own).
pub(crate) fn check_signature_encoding(element: &[u8], rules: Rules) -> Result<(), ScriptError> {
    let Some((&hash_type, der)) = element.split_last() else { return Ok(()) };
    let (r, s) = parse_der(der).ok_or(ScriptError::SignatureDer)?;
    // The node parses an R or S that is out of range as zero, which is low.
    if rules.low_s()
        && let (Some(_), Some(s)) = (scalar(r), scalar(s))
        && s > HALF_GROUP_ORDER
    {
        return Err(ScriptError::HighS);
    }
    let modifiers = SIGHASH_FORKID | SIGHASH_ANYONECANPAY | if rules.original_digest() { SIGHASH_CHRONICLE } else { 0 };
    let base = hash_type & !modifiers;
    if !(SIGHASH_ALL..=SIGHASH_SINGLE).contains(&base) {
        return Err(ScriptError::HashType { got: hash_type });
    }
    if hash_type & SIGHASH_FORKID == 0 {
        return Err(ScriptError::MustUseForkId { got: hash_type });
    }
    Ok(())
}

/// Judges the encoding of a public key: 33 bytes after 02 or 03, or 65 after 04.
pub(crate) fn check_public_key_encoding(element: &[u8]) -> Result<(), ScriptError> {
    match (element.first(), element.len()) {
        (Some(0x02 | 0x03), 33) | (Some(0x04), 65) => Ok(()),
        _ => Err(ScriptError::PublicKeyType),
    }
}

/// `30 <len> 02 <len> R 02 <len> S`, all of it, 8 to 72 bytes (BIP 66).
fn parse_der(der: &[u8]) -> Option<(&[u8], &[u8])> {
    if !(8..=72).contains(&der.len()) {
        return None;
    }
    let (header, body) = der.split_at(2);
    if header[0] != 0x30 || usize::from(header[1]) != body.len() {
        return None;
    }
    let (r, rest) = parse_integer(body)?;
    let (s, rest) = parse_integer(rest)?;
    rest.is_empty().then_some((r, s))
}

/// A positive integer in its shortest form, and what follows.
fn parse_integer(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x02, len, rest @ ..] = bytes else { return None };
    let (value, rest) = rest.split_at_checked(usize::from(*len))?;
    match value {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
        _ => Some((value, rest)),
    }
}

/// The integer in 32 bytes, if it is below the group order.
fn scalar(value: &[u8]) -> Option<[u8; 32]> {
    let value = value.strip_prefix(&[0]).unwrap_or(value);
    let mut out = [0; 32];
    out[32usize.checked_sub(value.len())?..].copy_from_slice(value);
    (out < GROUP_ORDER).then_some(out)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    fn encoding(element: &[u8]) -> Result<(), ScriptError> {
        check_signature_encoding(element, Rules::GenesisConsensus)
    }

    fn signature(r: &[u8], s: &[u8], hash_type: u8) -> Vec<u8> {
        let mut body = vec![0x02, r.len() as u8];
        body.extend(r);
        body.extend([0x02, s.len() as u8]);
        body.extend(s);
        let mut out = vec![0x30, body.len() as u8];
        out.extend(body);
        out.push(hash_type);
        out
    }

    #[test]
    fn constants__half_order__is_the_order_halved() {
        let order = BigUint::from_bytes_be(&GROUP_ORDER);
        assert_eq!(BigUint::from_bytes_be(&HALF_GROUP_ORDER), order >> 1);
    }

    #[test]
    fn signature__well_formed__passes() {
        for hash_type in [0x41, 0x42, 0x43, 0xc1, 0xc2, 0xc3] {
            assert_eq!(encoding(&signature(&[1], &[1], hash_type)), Ok(()));
        }
        assert_eq!(encoding(&[]), Ok(()));
        assert_eq!(encoding(&signature(&[1], &HALF_GROUP_ORDER, 0x41)), Ok(()));
        assert_eq!(encoding(&signature(&[0, 0x80], &[0, 0xff], 0x41)), Ok(()));
    }

    #[test]
    fn signature__upper_half__is_high() {
        let mut s = HALF_GROUP_ORDER;
        s[31] += 1;
        assert_eq!(encoding(&signature(&[1], &s, 0x41)), Err(ScriptError::HighS));
        // Judged before the hash type.
        assert_eq!(encoding(&signature(&[1], &s, 0)), Err(ScriptError::HighS));
    }

    #[test]
    fn signature__hash_type__must_be_defined_and_forkid() {
        for got in [0x00, 0x40, 0x44, 0x61, 0x5f, 0xff] {
            assert_eq!(encoding(&signature(&[1], &[1], got)), Err(ScriptError::HashType { got }));
        }
        for got in [0x01, 0x02, 0x03, 0x81] {
            assert_eq!(encoding(&signature(&[1], &[1], got)), Err(ScriptError::MustUseForkId { got }));
        }
    }

    #[test]
    fn signature__not_strict_der__is_refused() {
        let good = signature(&[1, 2], &[3, 4], 0x41);
        for (at, byte) in [(0, 0x31), (1, 9), (2, 0x03), (3, 3), (4, 0x81), (6, 0x03), (7, 1), (8, 0x80)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(encoding(&bad), Err(ScriptError::SignatureDer), "byte {at}");
        }
        for bad in [
            signature(&[], &[1, 1], 0x41),
            signature(&[1, 1], &[], 0x41),
            signature(&[0, 1], &[1], 0x41),
            signature(&[1], &[0, 0x7f], 0x41),
            signature(&[1; 33], &[1; 34], 0x41),
            vec![0x41],
            vec![0x30; 9],
        ] {
            assert_eq!(encoding(&bad), Err(ScriptError::SignatureDer), "{bad:02x?}");
        }
    }

    #[test]
    fn public_key__other_prefix_or_length__is_refused() {
        for (prefix, len) in [(2, 33), (3, 33), (4, 65)] {
            let mut key = vec![prefix; len];
            assert_eq!(check_public_key_encoding(&key), Ok(()));
            key.push(0);
            assert_eq!(check_public_key_encoding(&key), Err(ScriptError::PublicKeyType));
        }
        for (prefix, len) in [(6, 65), (7, 65), (4, 33), (2, 65), (0, 33)] {
            assert_eq!(check_public_key_encoding(&vec![prefix; len]), Err(ScriptError::PublicKeyType));
        }
        assert_eq!(check_public_key_encoding(&[]), Err(ScriptError::PublicKeyType));
    }
}
