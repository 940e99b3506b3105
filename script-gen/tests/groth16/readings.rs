//! One reading for each hint digit: `common/readings.rs` says which spelling means what.

use ark_bn254::Fq;
use ark_ff::{BigInteger, PrimeField};
use chain_types::Profile;

use crate::common::{
    assert_verdict,
    readings::{Q, Verdict, readings},
    spend_under,
};

#[test]
fn readings__modulus__is_arkworks_modulus() {
    assert_eq!(Q.to_vec(), Fq::MODULUS.to_bytes_le());
}

#[test]
fn readings__every_class_of_hint__has_one_reading() {
    for profile in Profile::ALL {
        let spend = spend_under(profile);
        let all = readings(&spend.verifier, &spend.data(&spend.hints));
        let accepted = all.iter().filter(|reading| reading.verdict == Verdict::Accepted).count();
        assert!(accepted > 40 && all.len() - accepted > 30, "{accepted} of {}", all.len());
        for reading in all {
            let label = format!("{profile}: {}", reading.label);
            assert_verdict(spend.run_script(&reading.unlocking), reading.verdict, &label);
        }
    }
}
