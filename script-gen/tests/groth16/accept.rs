//! Valid spends.

use chain_types::ScriptLimits;
use script_vm::{Machine, NoSignatures, Rules};

use crate::common::{InsecureKey, Spend, input_bytes, packed, verifier};

/// Lengths of the public input: none, the shortest, a public-key hash, the digit contract's, the longest.
const INPUT_LENS: [usize; 5] = [0, 1, 20, 29, 31];

#[test]
fn verifier__valid_proofs__are_accepted() {
    for len in INPUT_LENS {
        for seed in [1, 2] {
            let spend = Spend::new(seed, len, 10 + seed);
            let label = format!("input of {len} bytes, seed {seed}");
            // Policy includes the clean-stack rule: exactly one element is left.
            let metrics = spend.run(&spend.hints).unwrap_or_else(|failure| panic!("{label}: {failure}"));
            assert!(metrics.widest_number <= ScriptLimits::GENESIS_POLICY.max_script_num_len, "{label}");
            // The verifier reserves nothing for rules that only the mempool has.
            let consensus = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
            let unlocking = spend.verifier.unlocking_script(&spend.hints, &spend.input);
            consensus
                .run(&unlocking, spend.verifier.locking_script(), &NoSignatures)
                .unwrap_or_else(|failure| panic!("{label}: {failure}"));
        }
    }
}

#[test]
fn verifier__many_blindings_and_inputs__are_accepted() {
    let key = InsecureKey::new(3, 1);
    let verifier = verifier(&key, 29);
    for seed in 0..12 {
        let input = input_bytes(29, seed);
        let hints = verifier.hints(&key.prove(&[packed(&input)], seed), &input).expect("a valid proof");
        let unlocking = verifier.unlocking_script(&hints, &input);
        Machine::policy()
            .run(&unlocking, verifier.locking_script(), &NoSignatures)
            .unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
    }
}

#[test]
fn verifier__inputs_at_the_ends_of_the_range__are_accepted() {
    let key = InsecureKey::new(4, 1);
    for len in [1, 29, 31] {
        let verifier = verifier(&key, len);
        for byte in [0x00, 0x0f, 0xf0, 0xff] {
            let input = vec![byte; len];
            let hints = verifier.hints(&key.prove(&[packed(&input)], 5), &input).expect("a valid proof");
            let unlocking = verifier.unlocking_script(&hints, &input);
            Machine::policy()
                .run(&unlocking, verifier.locking_script(), &NoSignatures)
                .unwrap_or_else(|failure| panic!("{len} bytes of {byte:#04x}: {failure}"));
        }
    }
}
