//! The secret that keeps a commitment from being found by trying values.

use super::error::ParseSaltError;
use super::lower_hex;
use super::poseidon::ELEMENT_BITS;
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use rand::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 253 random bits. Wiped when dropped; never shown except by [`Salt::to_hex`].
///
/// Who knows salt and values can open the commitment; who lost the salt can prove nothing about it any more. Use a salt
/// for one commitment: two commitments under one salt tell whether their values are equal.
pub struct Salt(Fr);

/// Bits of the first byte, big-endian, that lie above the 253 bits of a salt.
const ABOVE: u8 = !(0xff >> (256 - ELEMENT_BITS));

impl Salt {
    /// Draws a salt from the caller's generator.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        bytes[0] &= !ABOVE;
        Self(Fr::from_be_bytes_mod_order(bytes.as_slice()))
    }

    /// Reads what [`Salt::to_hex`] wrote.
    ///
    /// # Errors
    /// Anything but 64 lower-case hex digits of a number below `2^253`.
    pub fn from_hex(text: &str) -> Result<Self, ParseSaltError> {
        let bytes = Zeroizing::new(lower_hex(text).ok_or(ParseSaltError::Digits { found: text.len() })?);
        if bytes[0] & ABOVE != 0 {
            return Err(ParseSaltError::TooLarge);
        }
        Ok(Self(Fr::from_be_bytes_mod_order(bytes.as_slice())))
    }

    /// 64 lower-case hex digits, most significant first.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.0.into_bigint().to_bytes_be());
        Zeroizing::new(hex::encode(bytes.as_slice()))
    }

    /// The field element that the sponge absorbs. A copy: whoever takes it has to keep it secret.
    pub const fn element(&self) -> Fr {
        self.0
    }
}

impl Drop for Salt {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Salt {}

impl core::fmt::Debug for Salt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Salt(..)")
    }
}
