//! The spender's secp256k1 key.

use core::fmt;

use bitcoin::{
    base58,
    hashes::{Hash as _, hash160},
};
use rand::{CryptoRng, RngCore};
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use statement::PubkeyHash;
use zeroize::Zeroizing;

use crate::{Network, Sighash, SighashType, Signature};

/// A secret key. Wiped when dropped; never shown except by [`SigningKey::to_wif`].
pub struct SigningKey(SecretKey);

/// Why a text is not an exported key. No variant repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Wrong alphabet or checksum.
    #[error("the exported key is not base58check")]
    Base58,
    /// Another length than version byte, 32 bytes, compression mark.
    #[error("an exported key of a compressed public key holds 34 bytes, not {got}")]
    Length {
        /// Bytes decoded.
        got: usize,
    },
    /// A version byte of something else.
    #[error("version byte {got:#04x} is not that of a secret key")]
    Version {
        /// The byte found.
        got: u8,
    },
    /// The byte after the key is not 1.
    #[error("the compression mark is {got:#04x}, not 0x01")]
    CompressionMark {
        /// The byte found.
        got: u8,
    },
    /// Zero, or not below the order of secp256k1.
    #[error("the secret is not between 1 and the order of secp256k1")]
    OutOfRange,
}

impl SigningKey {
    /// Draws a key from the caller's generator.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        loop {
            rng.fill_bytes(secret.as_mut_slice());
            // All but about one in 2^128 of the 32-byte strings are keys.
            if let Ok(key) = SecretKey::from_slice(secret.as_slice()) {
                return Self(key);
            }
        }
    }

    /// Reads the wallet import format, of a compressed public key.
    ///
    /// # Errors
    /// [`KeyError`], one variant per defect.
    pub fn from_wif(text: &str) -> Result<(Self, Network), KeyError> {
        let payload = Zeroizing::new(base58::decode_check(text.trim()).map_err(|_| KeyError::Base58)?);
        let &[version, ref secret @ .., mark] = payload.as_slice() else {
            return Err(KeyError::Length { got: payload.len() });
        };
        if secret.len() != 32 {
            return Err(KeyError::Length { got: payload.len() });
        }
        let network = Network::ALL.into_iter().find(|network| network.prefixes().1 == version);
        let network = network.ok_or(KeyError::Version { got: version })?;
        if mark != 1 {
            return Err(KeyError::CompressionMark { got: mark });
        }
        let key = SecretKey::from_slice(secret).map_err(|_| KeyError::OutOfRange)?;
        Ok((Self(key), network))
    }

    /// Exports the key in the wallet import format.
    ///
    /// # Security
    /// Whoever reads the text owns the coins. It is wiped when dropped.
    pub fn to_wif(&self, network: Network) -> Zeroizing<String> {
        let mut payload = Zeroizing::new([1; 34]);
        payload[0] = network.prefixes().1;
        payload[1..33].copy_from_slice(Zeroizing::new(self.0.secret_bytes()).as_slice());
        Zeroizing::new(base58::encode_check(payload.as_slice()))
    }

    /// The compressed public key.
    pub fn public_key_bytes(&self) -> [u8; 33] {
        PublicKey::from_secret_key(SECP256K1, &self.0).serialize()
    }

    /// HASH160 of the compressed public key.
    pub fn pubkey_hash(&self) -> PubkeyHash {
        PubkeyHash(hash160::Hash::hash(&self.public_key_bytes()).to_byte_array())
    }

    /// Signs with the deterministic nonce of RFC 6979; the signature's `s` is in the lower half, as the node demands.
    pub fn sign(&self, sighash: &Sighash, sighash_type: SighashType) -> Signature {
        let signature = SECP256K1.sign_ecdsa(&Message::from_digest(sighash.0), &self.0);
        Signature::new(&signature, sighash_type)
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        // Volatile writes; the library calls it non-secure since copies the compiler made escape it.
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    // Secret 1, as every wallet exports it.
    const ONE_MAIN: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
    const ONE_TEST: &str = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";

    fn wif_of(payload: &[u8]) -> String {
        base58::encode_check(payload)
    }

    #[test]
    fn wif__secret_one__round_trips_with_its_generator_point() {
        for (network, text) in [(Network::Main, ONE_MAIN), (Network::Test, ONE_TEST)] {
            let (key, read_network) = SigningKey::from_wif(text).expect("a well-formed key");
            assert_eq!(read_network, network);
            assert_eq!(key.to_wif(network).as_str(), text);
            assert_eq!(
                hex::encode(key.public_key_bytes()),
                "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
            );
            assert_eq!(hex::encode(key.pubkey_hash().0), "751e76e8199196d454941c45d1b3a323f1433bd6");
        }
    }

    #[test]
    fn wif__damaged__is_refused_by_name() {
        let secret = |version: u8, byte: u8, len: usize, mark: u8| {
            let mut payload = vec![version];
            payload.extend(vec![byte; len]);
            payload.push(mark);
            wif_of(&payload)
        };
        let refused = |text: &str| SigningKey::from_wif(text).expect_err("damaged");
        assert_eq!(refused("x"), KeyError::Base58);
        assert_eq!(refused(&ONE_MAIN.replace("Kw", "Kx")), KeyError::Base58);
        assert_eq!(refused(&secret(0x80, 1, 31, 1)), KeyError::Length { got: 33 });
        assert_eq!(refused(&wif_of(&[])), KeyError::Length { got: 0 });
        assert_eq!(refused(&secret(0x81, 1, 32, 1)), KeyError::Version { got: 0x81 });
        assert_eq!(refused(&secret(0x80, 1, 32, 2)), KeyError::CompressionMark { got: 2 });
        assert_eq!(refused(&secret(0x80, 0, 32, 1)), KeyError::OutOfRange);
        assert_eq!(refused(&secret(0x80, 0xff, 32, 1)), KeyError::OutOfRange);
    }

    #[test]
    fn signing_key__random__is_fresh_and_redacted() {
        let mut rng = StdRng::seed_from_u64(5);
        let (a, b) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
        assert_ne!(a.public_key_bytes(), b.public_key_bytes());
        assert_eq!(format!("{a:?}"), "SigningKey(redacted)");
    }

    #[test]
    fn sign__same_digest__is_deterministic_and_verifies_for_that_key_only() {
        let mut rng = StdRng::seed_from_u64(6);
        let (key, other) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
        let sighash = Sighash([3; 32]);
        let signature = key.sign(&sighash, SighashType::ALL_FORKID);
        assert_eq!(signature, key.sign(&sighash, SighashType::ALL_FORKID));
        assert_eq!(signature.verify(&sighash, &key.public_key_bytes()), Ok(()));
        assert!(signature.verify(&sighash, &other.public_key_bytes()).is_err());
        assert!(signature.verify(&Sighash([4; 32]), &key.public_key_bytes()).is_err());
    }
}
