//! The signature element of an unlocking script: strict DER and one byte of hash type.

use secp256k1::{Message, PublicKey, SECP256K1, ecdsa};

use crate::{Sighash, SighashType, SighashTypeError};

/// A signature as it stands in an unlocking script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

/// Why a signature element does not verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No bytes at all.
    #[error("the signature is empty")]
    Empty,
    /// The last byte is no hash type the node takes.
    #[error(transparent)]
    Type(#[from] SighashTypeError),
    /// The rest is not a DER signature.
    #[error("the signature is not DER")]
    Der,
    /// `s` is in the upper half: the same signature could be written two ways.
    #[error("the signature's s is in the upper half")]
    HighS,
    /// The public key is not a point.
    #[error("the public key is not a point of secp256k1")]
    PublicKey,
    /// Well-formed, but not made by this key over this digest.
    #[error("the signature is not by this key over this transaction")]
    Mismatch,
}

impl Signature {
    /// The longest a signature made by [`crate::SigningKey::sign`] gets: 2 bytes of sequence header, 2 + 33 for
    /// `r`, 2 + 32 for the low `s`, 1 of hash type. About half are one byte shorter, one in 256 two or more.
    pub const MAX_LEN: usize = 72;

    pub(crate) fn new(signature: &ecdsa::Signature, sighash_type: SighashType) -> Self {
        let mut bytes = signature.serialize_der().to_vec();
        bytes.push(sighash_type.to_byte());
        Self(bytes)
    }

    /// A stand-in of [`Self::MAX_LEN`] bytes, to measure an unlocking script before there is a signature.
    pub fn placeholder() -> Self {
        Self(vec![0; Self::MAX_LEN])
    }

    /// Takes the bytes as they are; [`Self::verify`] reads them.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// DER and hash type.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The hash type, which says what the digest covers.
    ///
    /// # Errors
    /// [`SignatureError::Empty`], [`SignatureError::Type`].
    pub fn sighash_type(&self) -> Result<SighashType, SignatureError> {
        let last = self.0.last().ok_or(SignatureError::Empty)?;
        Ok(SighashType::from_byte(*last)?)
    }

    /// The same signature with `s` in the lower half, for judging one where the chain's rules allow for either.
    ///
    /// # Errors
    /// [`SignatureError::Empty`], [`SignatureError::Type`], [`SignatureError::Der`].
    pub fn to_low_s(&self) -> Result<Self, SignatureError> {
        let sighash_type = self.sighash_type()?;
        let mut signature = self.ecdsa()?;
        signature.normalize_s();
        Ok(Self::new(&signature, sighash_type))
    }

    fn ecdsa(&self) -> Result<ecdsa::Signature, SignatureError> {
        let (_, der) = self.0.split_last().ok_or(SignatureError::Empty)?;
        ecdsa::Signature::from_der(der).map_err(|_| SignatureError::Der)
    }

    /// Checks the signature against a digest and a serialized public key (compressed or not).
    ///
    /// # Errors
    /// [`SignatureError`], one variant per defect.
    pub fn verify(&self, sighash: &Sighash, public_key: &[u8]) -> Result<(), SignatureError> {
        self.sighash_type()?;
        let signature = self.ecdsa()?;
        let mut low_s = signature;
        low_s.normalize_s();
        if low_s != signature {
            return Err(SignatureError::HighS);
        }
        let public_key = PublicKey::from_slice(public_key).map_err(|_| SignatureError::PublicKey)?;
        let message = Message::from_digest(sighash.0);
        SECP256K1.verify_ecdsa(&message, &signature, &public_key).map_err(|_| SignatureError::Mismatch)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;
    use crate::SigningKey;

    #[test]
    fn signature__five_hundred_digests__never_exceed_the_bound_and_reach_it() {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(7));
        let lengths = (0..500u16).map(|i| {
            let mut digest = [9; 32];
            digest[..2].copy_from_slice(&i.to_le_bytes());
            key.sign(&Sighash(digest), SighashType::ALL_FORKID).as_bytes().len()
        });
        assert_eq!(lengths.max(), Some(Signature::MAX_LEN));
        assert_eq!(Signature::placeholder().as_bytes().len(), Signature::MAX_LEN);
    }

    #[test]
    fn verify__each_defect__is_named() {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(8));
        let public_key = key.public_key_bytes();
        let sighash = Sighash([1; 32]);
        let good = key.sign(&sighash, SighashType::ALL_FORKID);
        let verify = |bytes: Vec<u8>, public_key: &[u8]| Signature::from_bytes(bytes).verify(&sighash, public_key);
        let altered = |at: usize| {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] ^= 1;
            bytes
        };
        assert_eq!(verify(good.as_bytes().to_vec(), &public_key), Ok(()));
        assert_eq!(verify(vec![], &public_key), Err(SignatureError::Empty));
        assert_eq!(verify(vec![0x30, 0x41], &public_key), Err(SignatureError::Der));
        assert_eq!(verify(altered(0), &public_key), Err(SignatureError::Der));
        assert_eq!(verify(altered(20), &public_key), Err(SignatureError::Mismatch));
        assert_eq!(verify(good.as_bytes().to_vec(), &[2; 20]), Err(SignatureError::PublicKey));
        let mut without_forkid = good.as_bytes().to_vec();
        *without_forkid.last_mut().expect("not empty") = 0x01;
        let missing = SighashTypeError::MissingForkId { got: 0x01 };
        assert_eq!(verify(without_forkid, &public_key), Err(SignatureError::Type(missing)));
    }

    #[test]
    fn verify__upper_half_s__is_refused() {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(9));
        let sighash = Sighash([2; 32]);
        let good = key.sign(&sighash, SighashType::ALL_FORKID);
        let der = &good.as_bytes()[..good.as_bytes().len() - 1];
        let mut compact = ecdsa::Signature::from_der(der).expect("own signature").serialize_compact();
        let s = secp256k1::SecretKey::from_slice(&compact[32..]).expect("s is in range").negate();
        compact[32..].copy_from_slice(&s.secret_bytes());
        let high = ecdsa::Signature::from_compact(&compact).expect("in range");
        let high = Signature::new(&high, SighashType::ALL_FORKID);
        assert_eq!(high.verify(&sighash, &key.public_key_bytes()), Err(SignatureError::HighS));
        assert_eq!(high.to_low_s(), Ok(good.clone()));
        assert_eq!(good.to_low_s(), Ok(good));
        assert_eq!(Signature::from_bytes(vec![0x30, 0x41]).to_low_s(), Err(SignatureError::Der));
    }
}
