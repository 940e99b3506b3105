//! One element of a stack.

use std::borrow::Cow;

use chain_types::script_num;
use num_bigint::{BigInt, Sign};

/// A stack element: a byte string, kept as a big integer for as long as nothing asks for its bytes.
///
/// Chains of arithmetic opcodes thus never encode and decode their intermediate results.
#[derive(Clone, Debug)]
pub struct Element(Form);

#[derive(Clone, Debug)]
enum Form {
    Bytes(Vec<u8>),
    /// A number; its bytes are the minimal encoding, `len` of them.
    Number {
        value: BigInt,
        len: usize,
    },
}

impl Element {
    /// The element that holds a number, minimally encoded.
    pub fn from_number(value: BigInt) -> Self {
        let len = script_num::len_for_bits(value.bits()) as usize;
        Self(Form::Number { value, len })
    }

    /// What the opcodes that answer yes or no push: 1, or nothing.
    pub(crate) fn from_truth(truth: bool) -> Self {
        Self(Form::Bytes(if truth { vec![1] } else { Vec::new() }))
    }

    /// Length in bytes.
    pub const fn len(&self) -> usize {
        match &self.0 {
            Form::Bytes(bytes) => bytes.len(),
            Form::Number { len, .. } => *len,
        }
    }

    /// Whether the element is the empty string, which is also the number 0.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element's bytes.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.0 {
            Form::Bytes(bytes) => Cow::Borrowed(bytes),
            Form::Number { value, .. } => Cow::Owned(script_num::encode(value)),
        }
    }

    /// The element's bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.0 {
            Form::Bytes(bytes) => bytes,
            Form::Number { value, .. } => script_num::encode(&value),
        }
    }

    /// The number the bytes stand for, minimal or not, whatever its length.
    pub fn number(&self) -> Cow<'_, BigInt> {
        match &self.0 {
            Form::Bytes(bytes) => Cow::Owned(script_num::decode(bytes)),
            Form::Number { value, .. } => Cow::Borrowed(value),
        }
    }

    /// Whether the bytes are the shortest encoding of their number.
    pub fn is_minimal_number(&self) -> bool {
        match &self.0 {
            Form::Bytes(bytes) => script_num::is_minimal(bytes),
            Form::Number { .. } => true,
        }
    }

    /// Truth in the sense of OP_IF: anything but zeros, and but zeros closed by a sign bit.
    pub fn is_true(&self) -> bool {
        match &self.0 {
            Form::Bytes(bytes) => match bytes.split_last() {
                Some((top, low)) => top & 0x7f != 0 || low.iter().any(|byte| *byte != 0),
                None => false,
            },
            Form::Number { value, .. } => value.sign() != Sign::NoSign,
        }
    }
}

impl From<Vec<u8>> for Element {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Form::Bytes(bytes))
    }
}

/// Equal as bytes, whatever the form.
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Number { value: a, .. }, Form::Number { value: b, .. }) => a == b,
            _ => self.len() == other.len() && self.bytes() == other.bytes(),
        }
    }
}

impl Eq for Element {}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn element__number_form__looks_like_its_bytes() {
        for n in [0i64, 1, -1, 127, 128, -128, 255, 256, 32_767, 32_768, -8_388_608, i64::MAX, i64::MIN] {
            let number = Element::from_number(n.into());
            let bytes = Element::from(script_num::encode(&n.into()));
            assert_eq!(number.len(), bytes.len(), "{n}");
            assert_eq!(number, bytes, "{n}");
            assert_eq!(number.is_true(), bytes.is_true(), "{n}");
            assert_eq!(*bytes.number(), BigInt::from(n));
            assert_eq!(number.into_bytes(), bytes.into_bytes());
        }
    }

    #[test]
    fn is_true__zeros_of_either_sign__are_false() {
        for (bytes, truth) in [
            (vec![], false),
            (vec![0], false),
            (vec![0x80], false),
            (vec![0, 0, 0x80], false),
            (vec![0x80, 0], true),
            (vec![0, 1, 0], true),
            (vec![0x81], true),
        ] {
            assert_eq!(Element::from(bytes.clone()).is_true(), truth, "{bytes:02x?}");
        }
    }

    #[test]
    fn eq__same_number_other_bytes__differs() {
        assert_ne!(Element::from(vec![5, 0]), Element::from_number(5.into()));
        assert_eq!(Element::from(vec![5]), Element::from_number(5.into()));
    }
}
