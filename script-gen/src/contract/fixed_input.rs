//! A public input whose value is fixed at deployment, with the name and width that its circuit gives it.

use core::fmt;

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use statement::{BINDING, FIELD_BITS, is_input_name};

use super::input_text::{ScalarFault, read_scalar};

/// Largest values that are shown as decimal numbers, in bits.
const MAX_DECIMAL_BITS: u32 = 64;

/// A public input of a contract's key, fixed by name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedInput {
    name: String,
    bits: u32,
    value: Fr,
}

/// Why a name, a width and a value make no fixed input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FixedInputError {
    /// The name is none, or that of the input that is built in the script.
    #[error(
        "{found:?} names no public input that could be fixed: expected lower-case letters, digits, underscores and \
             perhaps an index, and not {BINDING:?}"
    )]
    Name {
        /// The text found.
        found: String,
    },
    /// A width that no public input has.
    #[error("public input {name}: {found} bits, expected 1 to {FIELD_BITS}")]
    Bits {
        /// Its name.
        name: String,
        /// The width found.
        found: u32,
    },
    /// The value is no number.
    #[error("public input {name} is {found:?}, expected a decimal number, or 0x and hex digits")]
    NotANumber {
        /// Its name.
        name: String,
        /// The text found.
        found: String,
    },
    /// The value is no element of the scalar field. It is never reduced.
    #[error("public input {name} is {found}, expected a number below r = {}", Fr::MODULUS)]
    NotBelow {
        /// Its name.
        name: String,
        /// The text found.
        found: String,
    },
    /// The value has more bits than the circuit gives the input.
    #[error("public input {name} is {found}, expected a number below 2^{bits}")]
    TooLarge {
        /// Its name.
        name: String,
        /// The value.
        found: String,
        /// Its width.
        bits: u32,
    },
}

impl FixedInput {
    /// Fixes the input `name`, of `bits` bits by its circuit, at `value`.
    ///
    /// # Errors
    /// [`FixedInputError`], but for its variants about text.
    pub fn new(name: &str, bits: u32, value: Fr) -> Result<Self, FixedInputError> {
        let name = checked(name, bits)?;
        if value.into_bigint().num_bits() > bits {
            return Err(FixedInputError::TooLarge { name, found: value.into_bigint().to_string(), bits });
        }
        Ok(Self { name, bits, value })
    }

    /// Reads the value: a decimal number, or `0x` and hex digits; negative where the input has the field's full width.
    ///
    /// # Errors
    /// [`FixedInputError`].
    pub fn parse(name: &str, bits: u32, text: &str) -> Result<Self, FixedInputError> {
        let name = checked(name, bits)?;
        let found = text.to_owned();
        // A negative number, such as a score, is r less its magnitude; only the full width has room for it.
        let magnitude = text.strip_prefix('-').filter(|_| bits == FIELD_BITS);
        match read_scalar(magnitude.unwrap_or(text)) {
            Ok(value) => Self::new(&name, bits, if magnitude.is_some() { -value } else { value }),
            Err(ScalarFault::NotANumber) => Err(FixedInputError::NotANumber { name, found }),
            Err(ScalarFault::NotBelow) => Err(FixedInputError::NotBelow { name, found }),
        }
    }

    /// Its name in the circuit.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its width in the circuit: the value is below `2^bits`.
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The value.
    pub const fn value(&self) -> Fr {
        self.value
    }

    /// The value for people: decimal if its magnitude is below 2^64, else `0x` and hex digits.
    pub fn value_text(&self) -> String {
        let (value, negated) = (self.value.into_bigint(), (-self.value).into_bigint());
        if value.num_bits() <= MAX_DECIMAL_BITS {
            value.to_string()
        } else if negated.num_bits() <= MAX_DECIMAL_BITS {
            format!("-{negated}")
        } else {
            format!("0x{}", hex::encode(value.to_bytes_be()))
        }
    }

    /// The value as files hold it: 64 hex digits, most significant first.
    pub(super) fn to_hex(&self) -> String {
        hex::encode(self.value.into_bigint().to_bytes_be())
    }

    /// Reads what [`Self::to_hex`] writes.
    ///
    /// # Errors
    /// [`FixedInputError`].
    pub(super) fn from_hex(name: &str, bits: u32, value: &str) -> Result<Self, FixedInputError> {
        let input = Self::parse(name, bits, &format!("0x{value}"))?;
        // One value has one spelling.
        if input.to_hex() != value {
            return Err(FixedInputError::NotANumber { name: input.name, found: value.to_owned() });
        }
        Ok(input)
    }
}

/// `class = 7`.
impl fmt::Display for FixedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value_text())
    }
}

fn checked(name: &str, bits: u32) -> Result<String, FixedInputError> {
    if !is_input_name(name) || name == BINDING {
        return Err(FixedInputError::Name { found: name.to_owned() });
    }
    if !(1..=FIELD_BITS).contains(&bits) {
        return Err(FixedInputError::Bits { name: name.to_owned(), found: bits });
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use ark_ff::{AdditiveGroup, Field};

    use super::*;

    #[test]
    fn fixed_input__good_values__are_read_and_shown() {
        for (bits, text, shown) in
            [(4, "7", "7"), (4, "0xf", "15"), (64, "0018446744073709551615", "18446744073709551615")]
        {
            let input = FixedInput::parse("class", bits, text).expect(text);
            assert_eq!(input.to_string(), format!("class = {shown}"));
            assert_eq!(FixedInput::from_hex("class", bits, &input.to_hex()), Ok(input));
        }
        let largest = FixedInput::new("model_commitment", 254, -Fr::ONE).expect("any element fits 254 bits");
        assert_eq!(largest.value_text(), "-1");
        assert_eq!(FixedInput::parse("model_commitment", 254, "-1"), Ok(largest));
        let middle = FixedInput::new("model_commitment", 254, Fr::from(2u8).inverse().expect("2 is not 0"));
        let middle = middle.expect("any element fits 254 bits");
        assert_eq!(middle.value_text(), format!("0x{}", middle.to_hex()));
        assert_eq!(FixedInput::parse("model_commitment", 254, &middle.value_text()), Ok(middle));
        assert_eq!(FixedInput::parse("class", 4, "0").map(|input| input.value()), Ok(Fr::ZERO));
    }

    #[test]
    fn fixed_input__anything_else__is_refused_by_name() {
        let name = "class".to_owned();
        let class = |bits: u32, text: &str| FixedInput::parse("class", bits, text);
        let too_large =
            |found: &str, bits| FixedInputError::TooLarge { name: "class".to_owned(), found: found.to_owned(), bits };
        assert_eq!(class(4, "16"), Err(too_large("16", 4)));
        assert_eq!(class(4, "0x10"), Err(too_large("16", 4)));
        assert_eq!(FixedInput::new("class", 1, Fr::from(2u8)), Err(too_large("2", 1)));
        for bits in [0, 255] {
            assert_eq!(class(bits, "1"), Err(FixedInputError::Bits { name: name.clone(), found: bits }));
        }
        for found in ["", "seven", "-1", "7 ", "0x", "0xg"] {
            let found = found.to_owned();
            assert_eq!(class(4, &found), Err(FixedInputError::NotANumber { name: name.clone(), found }));
        }
        for found in [Fr::MODULUS.to_string(), "9".repeat(90)] {
            assert_eq!(class(254, &found), Err(FixedInputError::NotBelow { name: name.clone(), found }));
        }
        for found in ["binding", "Class", "", "class\nOP_1"] {
            let expected = FixedInputError::Name { found: found.to_owned() };
            assert_eq!(FixedInput::parse(found, 4, "1"), Err(expected));
        }
        let text = |value: &str| FixedInput::from_hex("class", 4, value);
        for value in ["7".to_owned(), "F".repeat(64), format!("{:0>65}", 7), format!("{:0>64}", "A")] {
            assert!(text(&value).is_err(), "{value}");
        }
        assert!(text(&format!("{:0>64}", "a")).is_ok());
    }
}
