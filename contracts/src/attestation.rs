//! A signer's word for a public input, given ahead of the claim that needs it.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use chain_types::FeeRate;
use script_gen::{
    Attestation, Hints, SpendData,
    introspection::{ExpectedPreimage, is_signable},
};
use statement::PubkeyHash;
use tx_builder::{Funded, LockTime, OutPoint, SighashType, Signature, SignatureError, SigningKey};

use crate::{
    Locked, SpendError, Way,
    grind::{CONTRACT_INPUT, grind_lock_time},
};

const SINGLE: SighashType = SighashType::SINGLE_ANYONE_CAN_PAY_FORKID;

/// A signer's word that a public input, a commitment, is what a contract's coin is about.
///
/// The signature covers the coin, the output that carries the commitment, and the claim's version, sequence and lock time:
/// who is paid in other outputs, and how much, is not the signer's business. It opens nothing without a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCommitment {
    /// The contract's coin.
    pub coin: OutPoint,
    /// The public input that is signed.
    pub commitment: Fr,
    /// The lock time that the claim must have. Its sequences are the highest, so that it counts for nothing else.
    pub lock_time: u32,
    /// The signature in DER, without a type byte: the script adds it.
    pub signature: Vec<u8>,
}

/// Why a signer's word does not fit a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationFault {
    /// It is about another coin.
    #[error("it is about the coin at {found}, the claim spends {expected}")]
    OtherCoin {
        /// The coin that was signed for.
        found: OutPoint,
        /// The coin that is spent.
        expected: OutPoint,
    },
    /// It is about another commitment than the proof.
    #[error("it is about the commitment {found}, the proof about {expected}")]
    OtherCommitment {
        /// The commitment that was signed, as a number.
        found: String,
        /// The proof's.
        expected: String,
    },
    /// The key is not the one that the contract names.
    #[error("the contract's signer has the public key {}, this key {}", hex::encode(expected), hex::encode(found))]
    OtherSigner {
        /// The key at hand.
        found: [u8; 33],
        /// The contract's.
        expected: [u8; 33],
    },
    /// The signature is not the signer's over this.
    #[error("it is not signed by the contract's signer")]
    Signature(#[source] SignatureError),
    /// With its lock time the script cannot check the transaction: the signer did not look for one that will do.
    #[error("with lock time {lock_time} the script cannot check the transaction: ask the signer to sign again")]
    NotSignable {
        /// The lock time that was signed.
        lock_time: u32,
    },
}

impl Locked<'_> {
    /// Signs, as the contract's signer, that `commitment` is what the coin is about.
    ///
    /// # Errors
    /// [`SpendError::OtherWay`] unless the contract has a signer; [`AttestationFault::OtherSigner`].
    pub fn attest(&self, signer: &SigningKey, commitment: Fr) -> Result<SignedCommitment, SpendError> {
        // Other outputs and the fee are not signed: any will do.
        let mut funded = self.draft_attested(PubkeyHash([0; 20]), commitment, FeeRate(0))?;
        let (found, expected) = (signer.public_key_bytes(), self.signer_key()?);
        if found != expected {
            return Err(AttestationFault::OtherSigner { found, expected }.into());
        }
        grind_lock_time(&mut funded, &self.expected(commitment)?)?;
        let preimage = funded.preimage_of_code(CONTRACT_INPUT, self.contract().locking_script().as_bytes(), SINGLE)?;
        let mut signature = signer.sign(&preimage.sighash(), SINGLE).as_bytes().to_vec();
        signature.pop();
        let lock_time = funded.transaction().lock_time.to_consensus_u32();
        Ok(SignedCommitment { coin: self.coin().outpoint, commitment, lock_time, signature })
    }

    fn signer_key(&self) -> Result<[u8; 33], SpendError> {
        let signer = self.contract().terms().signer();
        signer
            .map(|signer| signer.public_key)
            .ok_or(SpendError::OtherWay { asked: Way::AttestedClaim, expected: self.way() })
    }

    /// Gives a drafted claim the lock time that the signer has signed; answers what the script takes of the word.
    ///
    /// # Errors
    /// [`AttestationFault`], one variant per misfit.
    pub(crate) fn apply(
        &self,
        attested: &SignedCommitment,
        commitment: Fr,
        funded: &mut Funded,
    ) -> Result<Attestation, SpendError> {
        let &SignedCommitment { coin, commitment: signed, lock_time, ref signature } = attested;
        if coin != self.coin().outpoint {
            return Err(AttestationFault::OtherCoin { found: coin, expected: self.coin().outpoint }.into());
        }
        if signed != commitment {
            let (found, expected) = (signed.to_string(), commitment.to_string());
            return Err(AttestationFault::OtherCommitment { found, expected }.into());
        }
        funded.set_lock_time(LockTime::from_consensus(lock_time));
        let script = self.contract().locking_script().as_bytes();
        let sighash = funded.preimage_of_code(CONTRACT_INPUT, script, SINGLE)?.sighash();
        let element = Signature::from_bytes([&signature[..], &[SINGLE.to_byte()]].concat());
        element.verify(&sighash, &self.signer_key()?).map_err(AttestationFault::Signature)?;
        let expected = self.expected(commitment)?;
        let preimage = funded.preimage_of_code(CONTRACT_INPUT, &expected.script_code, SINGLE)?;
        if !is_signable(&preimage.sighash().0) {
            return Err(AttestationFault::NotSignable { lock_time }.into());
        }
        let preimage_head = expected.head(&preimage.to_bytes())?;
        Ok(Attestation { preimage_head, lock_time: lock_time.to_le_bytes(), signature: signature.clone() })
    }

    /// What a claim that says this must look like to the script.
    fn expected(&self, commitment: Fr) -> Result<ExpectedPreimage, SpendError> {
        let expected = self.contract().claim_preimage(&self.saying(commitment));
        expected.ok_or(SpendError::OtherWay { asked: Way::AttestedClaim, expected: self.way() })
    }

    /// Data of a claim that says this, without a proof: what is signed does not depend on one.
    fn saying(&self, commitment: Fr) -> SpendData {
        let terms = self.contract().terms();
        let signed = terms.signer().map(|signer| signer.input.as_str());
        let input = |open: &script_gen::OpenTerm| {
            if Some(open.name()) == signed { commitment_bytes(commitment).to_vec() } else { Vec::new() }
        };
        SpendData { hints: Hints::default(), inputs: terms.open().map(input).collect() }
    }

    /// The public input that the contract's signer must have signed.
    pub(crate) fn signed_input(&self, data: &SpendData) -> Result<Fr, SpendError> {
        let terms = self.contract().terms();
        let way = SpendError::OtherWay { asked: Way::AttestedClaim, expected: self.way() };
        let signer = terms.signer().ok_or(way)?;
        let position = terms.open().position(|open| open.name() == signer.input);
        let bytes = position.and_then(|position| data.inputs.get(position)).map_or(&[][..], Vec::as_slice);
        Ok(Fr::from_le_bytes_mod_order(bytes))
    }
}

/// A public input of the field's full width, as a claim gives it and its output carries it.
pub(crate) fn commitment_bytes(commitment: Fr) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&commitment.into_bigint().to_bytes_le());
    bytes
}
