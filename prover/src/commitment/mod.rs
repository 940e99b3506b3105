#![doc = include_str!("../../../docs/math/commitments.md")]

mod error;
pub(crate) mod layout;
pub(crate) mod poseidon;
mod salt;

pub use error::{CommitmentError, ParseCommitmentError, ParseSaltError};
pub use layout::{Domain, Layout, TensorLayout};
pub use salt::Salt;

use ark_bn254::Fr;
use ark_ff::PrimeField;
use num_bigint::{BigInt, BigUint};

/// Defines a type of field elements that are digests, with its spelling; types keep the kinds apart.
macro_rules! digest_element {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Written as 64 lower-case hex digits, most significant first; below r, so that one value has one spelling.
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(ark_bn254::Fr);

        impl $name {
            /// The field element, the public input of a circuit.
            pub const fn element(&self) -> ark_bn254::Fr {
                self.0
            }

            /// The one that a public input says.
            pub const fn from_element(element: ark_bn254::Fr) -> Self {
                Self(element)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(&hex::encode($crate::public::big_endian(self.0)))
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::commitment::ParseCommitmentError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::commitment::parse(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use digest_element;

/// Defines one kind of commitment; the kinds differ in their domain.
macro_rules! commitment {
    ($name:ident, $domain:expr, $doc:literal) => {
        digest_element!($name, $doc);

        impl $name {
            /// Commits to `values`, all tensors of `layout` one after the other, under `salt`.
            ///
            /// # Errors
            /// Another number of values than `layout` says, or a value outside its tensor's range.
            pub fn new(
                layout: &Layout,
                values: impl IntoIterator<Item = BigInt>,
                salt: &Salt,
            ) -> Result<Self, CommitmentError> {
                let packed = layout.pack(values)?;
                Ok(Self(poseidon::sponge(layout.tag($domain), core::iter::once(salt.element()).chain(packed))))
            }
        }
    };
}

commitment!(ModelCommitment, Domain::Model, "A commitment to the weights and biases of a model.");
commitment!(InputCommitment, Domain::Input, "A commitment to what a network reads.");

pub(crate) fn parse(text: &str) -> Result<Fr, ParseCommitmentError> {
    let bytes = lower_hex(text).ok_or(ParseCommitmentError::Digits { found: text.len() })?;
    let value = BigUint::from_bytes_be(&bytes);
    if value < Fr::MODULUS.into() { Ok(Fr::from(value)) } else { Err(ParseCommitmentError::NotReduced) }
}

/// The 32 bytes that `text` spells in 64 lower-case hex digits.
fn lower_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    text.bytes().all(|digit| !digit.is_ascii_uppercase()).then_some(bytes)
}
