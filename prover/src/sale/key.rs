//! The key of a sale.

use super::error::ParseKeyError;
use ark_bn254::Fr;
use ark_ff::PrimeField;
use rand::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bits of a sale's key.
pub const SALE_KEY_BITS: u32 = 128;

const LEN: usize = SALE_KEY_BITS as usize / 8;

/// 128 random bits that decrypt a ciphertext. Wiped when dropped; never shown except by [`SaleKey::to_hex`].
///
/// Take a new key for every sale: spending the contract reveals it, and two ciphertexts under one key tell the
/// difference of their models even before.
#[derive(Clone, PartialEq, Eq)]
pub struct SaleKey([u8; LEN]);

impl SaleKey {
    /// Draws a key from the caller's generator.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut key = Self([0; LEN]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Reads what [`SaleKey::to_hex`] wrote.
    ///
    /// # Errors
    /// Anything but 32 lower-case hex digits.
    pub fn from_hex(text: &str) -> Result<Self, ParseKeyError> {
        let wrong = || ParseKeyError::Digits { found: text.len() };
        if text.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return Err(wrong());
        }
        let mut key = Self([0; LEN]);
        hex::decode_to_slice(text, &mut key.0).map_err(|_| wrong())?;
        Ok(key)
    }

    /// 32 lower-case hex digits, most significant first.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0))
    }

    /// The key that the public input `sale_key` says.
    ///
    /// # Errors
    /// [`ParseKeyError::TooLarge`] for an element of more than 128 bits.
    pub fn from_element(element: Fr) -> Result<Self, ParseKeyError> {
        let bytes = Zeroizing::new(crate::public::big_endian(element));
        let (above, low) = bytes.split_at(bytes.len() - LEN);
        if above.iter().any(|byte| *byte != 0) {
            return Err(ParseKeyError::TooLarge);
        }
        let mut key = Self([0; LEN]);
        key.0.copy_from_slice(low);
        Ok(key)
    }

    /// The public input `sale_key`. A copy: whoever takes it has to keep it secret until the sale.
    pub fn element(&self) -> Fr {
        Fr::from_be_bytes_mod_order(&self.0)
    }
}

impl Drop for SaleKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for SaleKey {}

impl core::fmt::Debug for SaleKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SaleKey(..)")
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn sale_key__hex_and_element__are_read_back() {
        let key = SaleKey::random(&mut StdRng::seed_from_u64(1));
        assert_eq!(SaleKey::from_hex(&key.to_hex()), Ok(key.clone()));
        assert_eq!(SaleKey::from_element(key.element()), Ok(key.clone()));
        assert_ne!(SaleKey::random(&mut StdRng::seed_from_u64(2)), key);
        let one = SaleKey::from_hex("00000000000000000000000000000001").unwrap();
        assert_eq!(one.element(), Fr::from(1));
        let largest = SaleKey::from_hex(&"f".repeat(32)).unwrap();
        assert_eq!(largest.element(), Fr::from(u128::MAX));
    }

    #[test]
    fn sale_key__other_texts_and_elements__are_refused() {
        for text in ["", "00", &"0".repeat(31), &"0".repeat(33), &"F".repeat(32), &"g".repeat(32)] {
            assert_eq!(SaleKey::from_hex(text), Err(ParseKeyError::Digits { found: text.len() }), "{text}");
        }
        for element in [Fr::from(u128::MAX) + Fr::from(1), -Fr::from(1)] {
            assert_eq!(SaleKey::from_element(element), Err(ParseKeyError::TooLarge));
        }
    }

    #[test]
    fn sale_key__debug__does_not_show_it() {
        let key = SaleKey::from_hex("00112233445566778899aabbccddeeff").unwrap();
        assert_eq!(format!("{key:?}"), "SaleKey(..)");
    }
}
