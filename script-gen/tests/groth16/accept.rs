//! Valid spends.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use chain_types::{Profile, ScriptLimits};
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{Groth16Verifier, PublicInput, Target};
use script_vm::{Machine, NoSignatures, Rules};

use crate::common::{InsecureKey, ONE_232, Spend, machine, mixes, values, verifier};

#[test]
fn verifier__valid_proofs__are_accepted() {
    for (seed, (name, inputs)) in (1..).zip(mixes()) {
        let spend = Spend::new(seed, &inputs, 10 + seed);
        // Policy includes the clean-stack rule: exactly one element is left.
        let metrics = spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert!(metrics.widest_number <= ScriptLimits::GENESIS_POLICY.max_script_num_len, "{name}");
        // The verifier reserves nothing for rules that only the mempool has.
        let consensus = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
        let unlocking = spend.data(&spend.hints).unlocking_script();
        consensus
            .run(&unlocking, spend.verifier.locking_script(), &NoSignatures)
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(unlocking.len(), spend.verifier.unlocking_len(), "{name}: known before there is a proof");
    }
}

#[test]
fn verifier__under_each_profile__accepts_valid_proofs() {
    for (name, inputs) in mixes() {
        for profile in [Profile::Genesis, Profile::Chronicle] {
            let key = InsecureKey::new(6, inputs.len());
            let verifier = Groth16Verifier::new(&key.vk, &inputs, Target::policy(profile)).expect("a good key");
            let values = values(&inputs, &mut StdRng::seed_from_u64(7));
            let spend = verifier.spend(&key.prove(&values, 8), &values).expect("a valid proof");
            machine(profile)
                .run(&spend.unlocking_script(), verifier.locking_script(), &NoSignatures)
                .unwrap_or_else(|failure| panic!("{name}, {profile:?}: {failure}"));
        }
    }
}

#[test]
fn verifier__many_blindings_and_inputs__are_accepted() {
    let key = InsecureKey::new(3, 1);
    let verifier = verifier(&key, &[ONE_232]);
    for seed in 0..12 {
        let values = values(&[ONE_232], &mut StdRng::seed_from_u64(seed));
        assert_accepted(&key, &verifier, &values, seed);
    }
}

#[track_caller]
fn assert_accepted(key: &InsecureKey, verifier: &Groth16Verifier, values: &[Fr], seed: u64) {
    let spend = verifier.spend(&key.prove(values, seed), values).expect("a valid proof");
    machine(Profile::Genesis)
        .run(&spend.unlocking_script(), verifier.locking_script(), &NoSignatures)
        .unwrap_or_else(|failure| panic!("{values:?}, seed {seed}: {failure}"));
}

#[test]
fn verifier__inputs_at_the_ends_of_the_range__are_accepted() {
    let key = InsecureKey::new(4, 1);
    for bits in [1u32, 2, 5, 64, 65, 130, 193, 232, 248, 253] {
        let verifier = verifier(&key, &[PublicInput::Bits(bits)]);
        let top = Fr::from(2u8).pow([u64::from(bits) - 1]);
        for value in [Fr::ZERO, Fr::ONE, top, top.double() - Fr::ONE] {
            assert_accepted(&key, &verifier, &[value], 5);
        }
    }
}

#[test]
fn verifier__full_inputs_from_0_to_r_minus_1__are_accepted() {
    let key = InsecureKey::new(4, 1);
    let verifier = verifier(&key, &[PublicInput::Full]);
    let power = |k: u64| Fr::from(2u8).pow([k]);
    for value in [Fr::ZERO, Fr::ONE, -Fr::ONE, power(64), power(128) - Fr::ONE, power(253), -power(252)] {
        assert_accepted(&key, &verifier, &[value], 5);
    }
}
