//! How a public input enters a script, as text: `fixed=VALUE`, `bits=N`, `full`. Commands and files spell it alike.

use core::{fmt, str::FromStr};

use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use num_bigint::BigUint;

use crate::verifier::public_input::{MAX_INPUT_BITS, PublicInput};

/// Digits of the longest number that is read; those of r are 77.
const MAX_DIGITS: usize = 78;

/// Text that says no way for a public input to enter a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputTextError {
    /// None of the three forms.
    #[error("found {found:?}, expected fixed=VALUE, bits=N or full")]
    Form {
        /// The text found.
        found: String,
    },
    /// After `bits=`, no number that the script can take.
    #[error("bits={found}: expected a number from 1 to {MAX_INPUT_BITS}; say full for any element")]
    Bits {
        /// The text found.
        found: String,
    },
    /// After `fixed=`, no number.
    #[error("fixed={found}: expected a decimal number, or 0x and hex digits")]
    NotANumber {
        /// The text found.
        found: String,
    },
    /// After `fixed=`, a number that is no element of the scalar field. It is never reduced.
    #[error("fixed={found}: not below r = {}", Fr::MODULUS)]
    NotBelow {
        /// The text found.
        found: String,
    },
}

impl fmt::Display for PublicInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(value) => write!(f, "fixed={}", value.into_bigint()),
            Self::Bits(bits) => write!(f, "bits={bits}"),
            Self::Full => f.write_str("full"),
        }
    }
}

impl FromStr for PublicInput {
    type Err = InputTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "full" => Ok(Self::Full),
            Some(("fixed", value)) => scalar(value).map(Self::Fixed),
            Some(("bits", found)) => {
                let bits = found.parse().ok().filter(|bits| (1..=MAX_INPUT_BITS).contains(bits));
                bits.map(Self::Bits).ok_or_else(|| InputTextError::Bits { found: found.to_owned() })
            }
            _ => Err(InputTextError::Form { found: text.to_owned() }),
        }
    }
}

/// Why text is no element of the scalar field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarFault {
    NotANumber,
    NotBelow,
}

fn scalar(text: &str) -> Result<Fr, InputTextError> {
    let found = text.to_owned();
    read_scalar(text).map_err(|fault| match fault {
        ScalarFault::NotANumber => InputTextError::NotANumber { found },
        ScalarFault::NotBelow => InputTextError::NotBelow { found },
    })
}

/// Reads a decimal number, or `0x` and hex digits, below r.
pub(super) fn read_scalar(found: &str) -> Result<Fr, ScalarFault> {
    let (digits, radix) = found.strip_prefix("0x").map_or((found, 10), |hex| (hex, 16));
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if !is_number {
        return Err(ScalarFault::NotANumber);
    }
    let value = Some(digits).filter(|digits| digits.len() <= MAX_DIGITS);
    let value = value.and_then(|digits| BigUint::parse_bytes(digits.as_bytes(), radix));
    let element = value.and_then(|value| BigInt::try_from(value).ok()).and_then(Fr::from_bigint);
    element.ok_or(ScalarFault::NotBelow)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use ark_ff::{AdditiveGroup, Field};

    use super::*;

    #[test]
    fn input_text__every_kind__round_trips() {
        for input in [
            PublicInput::Fixed(Fr::ZERO),
            PublicInput::Fixed(-Fr::ONE),
            PublicInput::Bits(1),
            PublicInput::Bits(MAX_INPUT_BITS),
            PublicInput::Full,
        ] {
            assert_eq!(input.to_string().parse(), Ok(input));
        }
        assert_eq!("fixed=0xff".parse(), Ok(PublicInput::Fixed(Fr::from(255))));
        assert_eq!("fixed=007".parse(), Ok(PublicInput::Fixed(Fr::from(7))));
    }

    #[test]
    fn input_text__anything_else__is_refused_by_name() {
        let refused = |text: &str| text.parse::<PublicInput>().expect_err(text);
        for text in ["", "ful", "full=1", "fixed", "bits", "Fixed=1", " full"] {
            assert_eq!(refused(text), InputTextError::Form { found: text.to_owned() });
        }
        for found in ["0", "254", "-1", "", "x", "99999999999"] {
            assert_eq!(refused(&format!("bits={found}")), InputTextError::Bits { found: found.to_owned() });
        }
        for found in ["", "0x", "-1", "+1", "1.0", "0xfg", "ff", "1=2"] {
            assert_eq!(refused(&format!("fixed={found}")), InputTextError::NotANumber { found: found.to_owned() });
        }
        for found in [Fr::MODULUS.to_string(), "9".repeat(78), "9".repeat(79), format!("0x{}", "f".repeat(65))] {
            assert_eq!(refused(&format!("fixed={found}")), InputTextError::NotBelow { found });
        }
        assert!(matches!(format!("fixed={}", (-Fr::ONE).into_bigint()).parse(), Ok(PublicInput::Fixed(_))));
    }
}
