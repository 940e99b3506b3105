//! Public inputs, by name.

use crate::digest::Digest;

/// Bits of a public input that may be any field element.
pub const FIELD_BITS: u32 = 254;
/// Name of the input that no constraint touches: recipient and nonce, packed.
pub const BINDING: &str = "binding";
/// Bits of the binding: a 20-byte hash and an 8-byte nonce.
pub const BINDING_BITS: u32 = 224;

/// A public input of a circuit.
///
/// `bits` says how large it can be in a true statement; the circuit does not check it for the binding, and whoever
/// verifies passes a canonical field element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicInput {
    /// Its name, unique in the circuit.
    pub name: String,
    /// The value is below 2^bits; [`FIELD_BITS`] for any field element.
    pub bits: u32,
}

impl PublicInput {
    /// An input by its name and width.
    pub fn new(name: impl Into<String>, bits: u32) -> Self {
        Self { name: name.into(), bits }
    }

    /// The input that every circuit has first.
    pub fn binding() -> Self {
        Self::new(BINDING, BINDING_BITS)
    }
}

/// The digest of a layout: per input its name's length (8 bytes, little-endian), the name, and the bits (4 bytes).
pub(super) fn layout_digest(public: &[PublicInput]) -> Digest {
    let mut bytes = Vec::new();
    for PublicInput { name, bits } in public {
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend(bits.to_le_bytes());
    }
    Digest::of(&bytes)
}
