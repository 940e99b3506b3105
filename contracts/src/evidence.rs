//! A proof as a contract's script takes it, and whom it is for.

use ark_bn254::{Bn254, Fr};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::Proof;
use script_gen::{Contract, HintError, SpendData};
use statement::{BINDING_LEN, PubkeyHash, bit_weight};

/// What a spender brings to a contract beside a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Hints, and the public inputs that are given at spending.
    pub data: SpendData,
    /// Whom the proof is bound to; 20 zero bytes where payouts go by class.
    pub recipient: PubkeyHash,
}

impl Evidence {
    /// Makes evidence of a proof with these public inputs: all of the key's, the binding first.
    ///
    /// # Errors
    /// [`HintError`]: the proof is bound to another nonce, a public input is not the one that the contract fixes, or the
    /// proof does not verify.
    pub fn new(contract: &Contract, proof: &Proof<Bn254>, public_inputs: &[Fr]) -> Result<Self, HintError> {
        let data = contract.spend_data(proof, public_inputs)?;
        // A contract has a binding, so it has refused a list without.
        let recipient = public_inputs.first().map_or(PubkeyHash([0; 20]), |binding| recipient(*binding));
        Ok(Self { data, recipient })
    }
}

/// The first 20 bytes of a packed binding.
fn recipient(binding: Fr) -> PubkeyHash {
    let packed = binding.into_bigint();
    let byte = |k: usize| {
        let set = (0..8).filter(|bit| packed.get_bit(bit_weight(BINDING_LEN, k, *bit)));
        set.map(|bit| 1 << bit).sum()
    };
    PubkeyHash(core::array::from_fn(byte))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use statement::{Binding, Nonce};

    use super::*;

    #[test]
    fn recipient__packed_binding__is_the_one_that_was_packed() {
        for seed in 0..=u8::MAX {
            let recipient_in = PubkeyHash(core::array::from_fn(|k| (k as u8).wrapping_mul(37) ^ seed));
            let binding = Binding { recipient: recipient_in, nonce: Nonce([!seed; 8]) };
            let bits = statement::public_input_bits(&binding.to_bytes());
            let packed = Fr::from_bigint(BigInteger::from_bits_le(&bits)).expect("224 bits are below r");
            assert_eq!(recipient(packed), recipient_in);
        }
    }
}
