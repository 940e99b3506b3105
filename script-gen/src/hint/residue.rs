//! The residue witness: d with `F d^lambda` in Fq6, where `lambda = 6u+2 + q - q^2 + q^3`.

use std::sync::LazyLock;

use ark_bn254::Fq12;
use ark_ff::Field;
use num_bigint::{BigInt, BigUint};

use crate::{
    bn254::{U, base_modulus},
    torus::{COFACTOR, Representative, has_trivial_pairing_value},
};

/// `-(lambda^-1)` modulo the cofactor: F to this power is the witness.
static EXPONENT: LazyLock<BigUint> = LazyLock::new(|| {
    let q = BigInt::from(base_modulus());
    let lambda: BigInt = BigInt::from(6 * u128::from(U) + 2) + &q - q.pow(2) + q.pow(3);
    let cofactor = BigInt::from(COFACTOR.clone());
    // lambda = m r with m prime to the cofactor, and r^2 does not divide q^6 + 1.
    let inverse = lambda.modinv(&cofactor).expect("lambda is invertible modulo the cofactor");
    (cofactor - inverse).magnitude().clone()
});

/// The witness for `f`; `None` unless `f` is an r-th residue modulo Fq6, that is, unless the proof holds.
pub(super) fn residue_witness(f: &Fq12) -> Option<Representative> {
    if !has_trivial_pairing_value(f) {
        return None;
    }
    Representative::of(&f.pow(EXPONENT.to_u64_digits()))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use crate::torus::is_identity;
    use ark_bn254::Fr;
    use ark_ff::PrimeField;
    use ark_std::{UniformRand, test_rng};

    #[test]
    fn residue_witness__residue__closes_lambda() {
        let f = Fq12::rand(&mut test_rng()).pow(Fr::MODULUS.0);
        let d = residue_witness(&f).expect("an r-th power is a residue").to_fq12();
        let q = base_modulus();
        // lambda mod the group's order, to keep the exponent positive.
        let order = q.pow(6) + 1u8;
        let lambda = (BigUint::from(6 * u128::from(U) + 2) + &q + q.pow(3) + &order - q.pow(2)) % &order;
        assert!(is_identity(&(f * d.pow(lambda.to_u64_digits()))));
    }

    #[test]
    fn residue_witness__random_element__has_none() {
        assert_eq!(residue_witness(&Fq12::rand(&mut test_rng())), None);
    }
}
