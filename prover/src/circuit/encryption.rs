//! Hidden weights as the plaintext of a ciphertext that the verifier knows: `docs/math/sale.md`.

use super::build::Builder;
use super::error::CircuitError;
use super::gadgets::sponge::{constrain_sponge, constrain_squeeze, packed};
use super::r1cs::Linear;
use super::value::Value;
use crate::commitment::poseidon::{RATE, n_constraints};
use crate::commitment::{Domain, Layout};
use crate::sale::SALE_KEY_BITS;
use ark_bn254::Fr;
use ark_ff::One;
use num_bigint::BigInt;

/// Name of the digest of the ciphertext.
pub const CIPHERTEXT_DIGEST: &str = "ciphertext_digest";
/// Name of the key that decrypts it.
pub const SALE_KEY: &str = "sale_key";

/// Enforces that the public input `ciphertext_digest` is the digest of `values`, which the caller has range-checked,
/// encrypted under the public input `sale_key`, and that the key has its 128 bits. [`n_encryption_constraints`].
///
/// # Errors
/// Never: no residue passes the range check of a public input as another one.
pub(super) fn enforce_ciphertext(
    builder: &mut Builder,
    layout: &Layout,
    values: &[Linear],
) -> Result<(), CircuitError> {
    let (key, digest) = (builder.public(SALE_KEY), builder.public(CIPHERTEXT_DIGEST));
    let name = builder.label(SALE_KEY).only();
    let largest: BigInt = (BigInt::from(1) << SALE_KEY_BITS) - 1;
    // Whatever residue the public input is, it is the sum of its bits.
    builder.enforce_range(name, &Value::wire(key, BigInt::default(), largest.clone()), &largest)?;
    let mut words = packed(layout, values);
    let tag = layout.tag(Domain::Keystream);
    for (block, words) in words.chunks_mut(RATE).enumerate() {
        let scope = format!("keystream[{block}]").into();
        let absorbed = [Linear::wire(key), Linear::constant(Fr::from(block as u64))];
        let stream: [Linear; RATE] = constrain_squeeze(builder, &scope, tag, &absorbed);
        words.iter_mut().zip(&stream).for_each(|(word, stream)| word.add_scaled(Fr::one(), stream));
    }
    let sum = constrain_sponge(builder, &CIPHERTEXT_DIGEST.into(), layout.tag(Domain::Ciphertext), &words);
    let name = builder.label(CIPHERTEXT_DIGEST).only();
    builder.solve(name, digest, sum);
    Ok(())
}

/// Constraints of [`enforce_ciphertext`]: with n words, `128 + 564 ⌈n/16⌉` for key and stream, and
/// `612 ⌈n/16⌉ - 3 (1 + max(0, 16 - n)) + 1` for the digest. A block's counter is a constant: its sponge costs what one
/// over the key alone does.
pub(super) fn n_encryption_constraints(layout: &Layout) -> usize {
    let n_words = layout.n_elements();
    SALE_KEY_BITS as usize + n_words.div_ceil(RATE) * n_constraints(1) + n_constraints(n_words) + 1
}
