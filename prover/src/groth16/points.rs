//! Curve points as compressed hex.

use super::fault::ArtifactFault;
use crate::digest::lower_hex;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A compressed point of `N` bytes as lower-case hex: x in little-endian bytes, in the last byte two flags
/// (0x80: y is the larger of the two roots, 0x40: identity).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PointHex<const N: usize>([u8; N]);

/// A point of G1.
pub(super) type G1Hex = PointHex<32>;
/// A point of G2.
pub(super) type G2Hex = PointHex<64>;

impl<const N: usize> PointHex<N> {
    pub(super) fn encode(point: &impl CanonicalSerialize) -> Self {
        let mut bytes = [0; N];
        point.serialize_compressed(&mut bytes[..]).expect("N is the compressed length of the curve's points");
        Self(bytes)
    }

    /// The point, on its curve and in the group of order r. One point has one spelling.
    pub(super) fn decode<P>(&self, field: &str) -> Result<P, ArtifactFault>
    where
        P: CanonicalSerialize + CanonicalDeserialize,
    {
        // `deserialize_compressed` validates curve and subgroup.
        let point = P::deserialize_compressed(&self.0[..]).ok().filter(|point| Self::encode(point) == *self);
        point.ok_or_else(|| ArtifactFault::Point { field: field.to_owned() })
    }

    pub(super) const fn bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Serialize for PointHex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for PointHex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lower_hex::<N, _>(deserializer).map(Self)
    }
}
