//! Public inputs: what a circuit calls them, how wide they are, and the value that stands for a binding.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, One, PrimeField};
use serde::{Deserialize, Serialize};
use statement::{BINDING, BINDING_BITS, Binding, FIELD_BITS, MAX_INPUT_NAME, is_input_name};

/// Most public inputs of a circuit whose keys and proofs have files.
pub const MAX_PUBLIC_INPUTS: usize = 1_000;

/// A public input as a circuit declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicInput {
    /// Its name within the circuit, in the form of [`is_input_name`].
    pub name: String,
    /// Values are below `2^bits`, 1 to 254; 254 admits every element of the scalar field. A verifier checks the bound:
    /// the circuit need not.
    pub bits: u32,
}

/// Why a list of public inputs describes no circuit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// More than [`MAX_PUBLIC_INPUTS`].
    #[error("{found} public inputs, expected at most {MAX_PUBLIC_INPUTS}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// The first one is not `binding`, 224 bits.
    #[error("the first public input is {found}, expected {BINDING} of {BINDING_BITS} bits")]
    Binding {
        /// What stands there.
        found: String,
    },
    /// A name that is none.
    #[error(
        "public input {index}: {found:?} is no name (lower-case letters, digits, underscores, an index such as [0]; \
             at most {MAX_INPUT_NAME} characters)"
    )]
    Name {
        /// Its place, from 0.
        index: usize,
        /// The text found.
        found: String,
    },
    /// A name that an earlier one has.
    #[error("public input {index}: the name {name} stands twice")]
    Twice {
        /// Its place, from 0.
        index: usize,
        /// The name.
        name: String,
    },
    /// A width that none can have.
    #[error("public input {name}: {found} bits, expected 1 to {FIELD_BITS}")]
    Bits {
        /// Its name.
        name: String,
        /// The width found.
        found: u32,
    },
}

impl PublicInput {
    /// The first public input of every circuit.
    pub fn binding() -> Self {
        Self { name: BINDING.to_owned(), bits: BINDING_BITS }
    }

    /// A public input of this name and width; [`check_layout`] judges both.
    pub fn new(name: impl Into<String>, bits: u32) -> Self {
        Self { name: name.into(), bits }
    }

    /// Whether `value < 2^bits`.
    pub fn admits(&self, value: Fr) -> bool {
        value.into_bigint().num_bits() <= self.bits
    }
}

impl core::fmt::Display for PublicInput {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} of {} bits", self.name, self.bits)
    }
}

/// Checks that `inputs` begin with the binding, and that names are names, no two alike, of possible widths.
///
/// # Errors
/// [`LayoutError`] for the first fault.
pub fn check_layout(inputs: &[PublicInput]) -> Result<(), LayoutError> {
    if inputs.len() > MAX_PUBLIC_INPUTS {
        return Err(LayoutError::TooMany { found: inputs.len() });
    }
    if inputs.first() != Some(&PublicInput::binding()) {
        let found = inputs.first().map_or_else(|| "missing".to_owned(), ToString::to_string);
        return Err(LayoutError::Binding { found });
    }
    let mut names = std::collections::HashSet::new();
    for (index, PublicInput { name, bits }) in inputs.iter().enumerate() {
        if !is_input_name(name) {
            return Err(LayoutError::Name { index, found: name.clone() });
        }
        if !names.insert(name) {
            return Err(LayoutError::Twice { index, name: name.clone() });
        }
        if !(1..=FIELD_BITS).contains(bits) {
            return Err(LayoutError::Bits { name: name.clone(), found: *bits });
        }
    }
    Ok(())
}

/// The field element that stands for `binding`, below `2^224`.
pub fn binding_value(binding: &Binding) -> Fr {
    let bits = statement::public_input_bits(&binding.to_bytes());
    bits.iter().rev().fold(Fr::ZERO, |value, bit| value.double() + if *bit { Fr::one() } else { Fr::ZERO })
}

/// 32 bytes, most significant first.
pub(crate) fn big_endian(value: Fr) -> [u8; 32] {
    let bytes = value.into_bigint().to_bytes_be();
    bytes.try_into().expect("an element of Fr has four 64-bit limbs")
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use statement::{Nonce, PubkeyHash};

    #[test]
    fn binding_value__corner_bindings__match_integers_by_the_documented_weights() {
        let pack = |recipient, nonce| {
            BigUint::from(binding_value(&Binding { recipient: PubkeyHash(recipient), nonce: Nonce(nonce) }))
        };
        // 56 digits: bit j of digit i weighs 2^(55 - i + 56 j).
        assert_eq!(pack([0; 20], [0; 8]), BigUint::ZERO);
        let mut first = [0; 20];
        first[0] = 0x10;
        assert_eq!(pack(first, [0; 8]), BigUint::from(1u8) << 55, "the low bit of digit 0");
        first[0] = 0x09;
        assert_eq!(pack(first, [0; 8]), (BigUint::from(1u8) << 54) + (BigUint::from(1u8) << (54 + 3 * 56)));
        // Low bits of every byte's low digit: the nonce's digits 41, 43 .. 55 weigh 2^14, 2^12 .. 2^0.
        assert_eq!(pack([0; 20], [1; 8]), BigUint::from(0b101_0101_0101_0101u32));
        assert_eq!(pack([0xff; 20], [0xff; 8]), (BigUint::from(1u8) << 224) - 1u8);
    }

    #[test]
    fn admits__values_around_the_bound__are_told_apart() {
        let class = PublicInput::new("class", 4);
        assert!(class.admits(Fr::from(0)) && class.admits(Fr::from(15)) && !class.admits(Fr::from(16)));
        assert!(!class.admits(-Fr::one()));
        assert!(PublicInput::new("commitment", FIELD_BITS).admits(-Fr::one()));
    }

    #[test]
    fn layout__each_fault__is_named() {
        let class = || PublicInput::new("class", 4);
        let with = |inputs: &[PublicInput]| check_layout(&[&[PublicInput::binding()], inputs].concat());
        assert_eq!(with(&[class()]), Ok(()));
        assert_eq!(with(&[]), Ok(()));
        assert_eq!(check_layout(&[]), Err(LayoutError::Binding { found: "missing".to_owned() }));
        assert_eq!(check_layout(&[class()]), Err(LayoutError::Binding { found: "class of 4 bits".to_owned() }));
        let short = PublicInput::new(BINDING, 223);
        assert_eq!(check_layout(&[short]), Err(LayoutError::Binding { found: "binding of 223 bits".to_owned() }));
        assert_eq!(with(&[class(), class()]), Err(LayoutError::Twice { index: 2, name: "class".to_owned() }));
        let bad = with(&[PublicInput::new("class\n", 4)]);
        assert_eq!(bad, Err(LayoutError::Name { index: 1, found: "class\n".to_owned() }));
        for found in [0, 255] {
            let error = LayoutError::Bits { name: "class".to_owned(), found };
            assert_eq!(with(&[PublicInput::new("class", found)]), Err(error));
        }
        let many: Vec<_> = (0..MAX_PUBLIC_INPUTS).map(|k| PublicInput::new(format!("classes[{k}]"), 4)).collect();
        assert_eq!(with(&many), Err(LayoutError::TooMany { found: MAX_PUBLIC_INPUTS + 1 }));
        assert_eq!(with(&many[1..]), Ok(()));
    }
}
