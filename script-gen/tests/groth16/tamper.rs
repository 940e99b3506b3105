//! Spends with one thing changed, each refused by the check that is there for it.

use ark_bn254::Fr;
use ark_ff::Field;
use chain_types::{Profile, ScriptLimits, UnlockingScript};
use script_gen::{HintError, Hints, PublicInput, SpendData};
use script_vm::{Machine, NoSignatures, Rules, ScriptError, ScriptRole};

use crate::common::{
    B_X, InsecureKey, KAPPA_A, KAPPA_C, ONE_232, SCALE_A, SCALE_C, Spend, Trapdoor, assert_refused, assert_refused_at,
    pushes,
    readings::{Check, Q},
    run_on, spend, spend_under, verifier,
};

const NUMBER: usize = 32;
/// The fragment in which the bytes of public inputs are checked.
const INPUTS: &str = "verifier/public_inputs";

/// Exchanges a point of a key.
type Change = fn(&mut Trapdoor);

#[test]
fn tamper__each_number_of_the_proof__is_refused() {
    let spend = spend();
    let checks = [
        ("kappa of A", Check::G1),
        ("B.x.c0", Check::Identity),
        ("B.x.c1", Check::Identity),
        ("B.y.c0", Check::Identity),
        ("B.y.c1", Check::Identity),
        ("kappa of C", Check::G1),
        ("scale of A", Check::G1),
        ("scale of C", Check::G1),
    ];
    for (k, (name, check)) in checks.into_iter().enumerate() {
        for byte in [0, 29] {
            let mut hints = spend.hints.clone();
            hints.proof[NUMBER * k + byte] ^= 1;
            spend.assert_no_quotient_helps(&hints, check, &format!("{name}, byte {byte}"));
        }
    }
}

#[test]
fn tamper__scales_of_zero__are_refused() {
    let spend = spend();
    for (name, kappa, scale) in [("A", KAPPA_A, SCALE_A), ("C", KAPPA_C, SCALE_C)] {
        for zero in [[0; NUMBER], Q] {
            let mut hints = spend.hints.clone();
            hints.proof[NUMBER * scale..][..NUMBER].copy_from_slice(&zero);
            assert_refused(spend.run(&hints), Check::G1, name);
            // With kappa a cube root of one it is the point at infinity, whose lines are one: then the equation tells.
            hints.proof[NUMBER * kappa..][..NUMBER].copy_from_slice(&[[1].as_slice(), &[0; NUMBER - 1]].concat());
            spend.assert_no_quotient_helps(&hints, Check::Identity, &format!("{name} at infinity"));
        }
    }
}

#[test]
fn tamper__each_class_of_hint__is_refused() {
    let spend = spend();
    let n_slopes = spend.hints.slopes.len() / NUMBER;
    for k in [0, 1, n_slopes / 2, n_slopes / 2 + 1, n_slopes - 2, n_slopes - 1] {
        let mut hints = spend.hints.clone();
        hints.slopes[NUMBER * k] ^= 1;
        spend.assert_no_quotient_helps(&hints, Check::Identity, &format!("slope number {k}"));
    }
    // Six numbers a representative; the residue witness comes last.
    let n_representatives = spend.hints.representatives.len() / NUMBER / 6 - 1;
    for k in 0..=n_representatives {
        // One coefficient of each, and all six of the witness.
        let coefficients = if k == n_representatives { 0..6 } else { k % 6..k % 6 + 1 };
        for c in coefficients {
            let mut hints = spend.hints.clone();
            hints.representatives[NUMBER * (6 * k + c) + 3] ^= 0x10;
            let label = format!("representative {k}.c{c}");
            if k % 4 == 0 {
                spend.assert_no_quotient_helps(&hints, Check::Identity, &label);
            } else {
                assert_refused(spend.run(&hints), Check::Identity, &label);
            }
        }
    }
    let n_quotient = spend.hints.quotient.len() / NUMBER;
    for k in [0, 1, n_quotient / 2, n_quotient - 2, n_quotient - 1] {
        let mut hints = spend.hints.clone();
        hints.quotient[NUMBER * k + 5] ^= 0x40;
        assert_refused(spend.run(&hints), Check::Identity, &format!("quotient number {k}"));
    }
}

#[test]
fn tamper__zero_slopes_representatives_or_witness__are_refused() {
    let spend = spend();
    let witness = spend.hints.representatives.len() - 6 * NUMBER;
    for (label, clear) in [
        ("slopes", (|h, _| h.slopes.fill(0)) as fn(&mut Hints, usize)),
        ("representatives", |h, witness| h.representatives[..witness].fill(0)),
        ("witness", |h, witness| h.representatives[witness..].fill(0)),
    ] {
        let mut hints = spend.hints.clone();
        clear(&mut hints, witness);
        spend.assert_no_quotient_helps(&hints, Check::Identity, label);
    }
    let mut hints = spend.hints.clone();
    hints.quotient.fill(0);
    assert_refused(spend.run(&hints), Check::Identity, "quotient");
}

#[test]
fn tamper__parts_of_two_valid_spends__are_refused() {
    let spend = spend();
    let other = spend.other_hints();
    spend.run(&other).expect("the other proof is valid for the same input");
    // A with its scale; B with its slopes; C with its scale: each passes the checks of its own.
    for (label, numbers, with_slopes) in
        [("A", &[KAPPA_A, SCALE_A][..], false), ("B", &[1, 2, 3, 4], true), ("C", &[KAPPA_C, SCALE_C], false)]
    {
        let mut hints = spend.hints.clone();
        for k in numbers {
            let range = NUMBER * k..NUMBER * (k + 1);
            hints.proof[range.clone()].copy_from_slice(&other.proof[range]);
        }
        if with_slopes {
            hints.slopes.clone_from(&other.slopes);
        }
        spend.assert_no_quotient_helps(&hints, Check::Identity, label);
    }
    let quotient_of_other = Hints { quotient: other.quotient, ..spend.hints.clone() };
    assert_refused(spend.run(&quotient_of_other), Check::Identity, "quotient of another valid spend");

    let values = [spend.values[0] + Fr::ONE];
    let hints = spend.verifier.spend(&spend.key.prove(&values, 7), &values).expect("a valid proof").hints;
    spend.assert_no_quotient_helps(&hints, Check::Identity, "hints for another input");
}

#[test]
fn tamper__proof_under_another_key__is_refused() {
    // Each point of the key in turn: alpha and beta enter by K, gamma and the inputs' points by K and the table,
    // delta by its slopes. The spender's own script takes the proof, ours does not.
    for inputs in [vec![], vec![ONE_232, PublicInput::Fixed(Fr::from(7u8))]] {
        let spend = Spend::new(33, &inputs, 34);
        let mut changes: Vec<(&str, Change)> = vec![
            ("alpha", |t| t.alpha += t.beta),
            ("beta", |t| t.beta += t.alpha),
            ("gamma", |t| t.gamma += t.alpha),
            ("delta", |t| t.delta += t.alpha),
            ("gamma_abc[0]", |t| t.gamma_abc[0] += t.alpha),
        ];
        if !inputs.is_empty() {
            changes.push(("an open input's point", |t| t.gamma_abc[1] += t.alpha));
            changes.push(("a fixed input's point", |t| t.gamma_abc[2] += t.alpha));
        }
        for (point, change) in changes {
            let label = format!("{} inputs, other {point}", inputs.len());
            let mut trapdoor = spend.key.trapdoor.clone();
            change(&mut trapdoor);
            let key = InsecureKey::of(trapdoor);
            let other = verifier(&key, &inputs);
            let found = other.spend(&key.prove(&spend.values, 8), &spend.values).expect("a valid proof");
            run_on(&other, other.locking_script(), &found.unlocking_script()).expect("valid under its own key");
            spend.assert_no_quotient_helps(&found.hints, Check::Identity, &label);
        }
    }
}

#[test]
fn tamper__proof_for_another_fixed_value__is_refused() {
    let fixed = |x: u64| [ONE_232, PublicInput::Fixed(Fr::from(x))];
    let spend = Spend::new(35, &fixed(7), 36);
    let other = verifier(&spend.key, &fixed(8));
    let values = [spend.values[0], Fr::from(8u8)];
    let found = other.spend(&spend.key.prove(&values, 37), &values).expect("a valid proof");
    run_on(&other, other.locking_script(), &found.unlocking_script()).expect("valid for its own value");
    // Nothing but K differs between the two scripts.
    spend.assert_no_quotient_helps(&found.hints, Check::Identity, "8 for 7");
}

#[test]
fn tamper__blobs_of_other_lengths__are_refused() {
    for profile in Profile::ALL {
        assert_lengths_are_checked(spend_under(profile));
    }
}

fn assert_lengths_are_checked(spend: &Spend) {
    let Hints { quotient, representatives, slopes, proof } = &spend.hints;
    let blobs: [&[u8]; 5] = [quotient, representatives, slopes, proof, &spend.inputs[0]];
    let refuse = |blobs: [&[u8]; 5], fragment: &str, label: &str| {
        assert_refused_at(spend.run_script(&pushes(&blobs)), Some(fragment), &ScriptError::NumEqualVerify, label);
    };
    // Masks of the right lengths are laid over these two, and OP_AND takes equal lengths only.
    let refuse_masked = |blobs: [&[u8]; 5], label: &str| {
        let failure = spend.run_script(&pushes(&blobs)).err().unwrap_or_else(|| panic!("{label}: was accepted"));
        assert_eq!(failure.fragment.as_deref(), Some("verifier/hints"), "{label}: {failure}");
        let is_named = matches!(
            failure.reason,
            ScriptError::OperandLengths { .. }
                | ScriptError::SplitOutOfRange { .. }
                | ScriptError::SubstringOutOfRange { .. }
        );
        assert!(is_named, "{label}: {failure}");
    };
    for (k, name) in ["quotient", "representatives", "slopes", "proof", "input"].into_iter().enumerate() {
        let blob = blobs[k];
        let longer = [blob, &[0; NUMBER]].concat();
        let (cut, long) = (blob.len().saturating_sub(NUMBER), blob.len() + 1);
        for other in [&blob[..blob.len() - 1], &blob[1..], &blob[..cut], &longer[..long], &longer[..], &[]] {
            let mut changed = blobs;
            changed[k] = other;
            let label = format!("{name} of {} bytes for {}", other.len(), blob.len());
            match name {
                "quotient" | "slopes" => refuse_masked(changed, &label),
                // The input's length is checked before the verifier starts.
                "input" => refuse(changed, INPUTS, &label),
                _ => refuse(changed, "verifier/lengths", &label),
            }
        }
    }
    // The same bytes, cut elsewhere: the digest of the transcript would be the same.
    for k in [1, 2] {
        for shift in [NUMBER, 2 * NUMBER] {
            let joined = [blobs[k + 1], blobs[k]].concat();
            let mut changed = blobs;
            (changed[k + 1], changed[k]) = joined.split_at(blobs[k + 1].len() + shift);
            refuse(changed, "verifier/lengths", &format!("blobs {k} and {} cut elsewhere", k + 1));
        }
    }
    let joined = [&representatives[..], &spend.inputs[0]].concat();
    let (longer, shorter) = joined.split_at(representatives.len() + 1);
    refuse([quotient, longer, slopes, proof, shorter], INPUTS, "input and representatives cut elsewhere");
}

#[test]
fn tamper__all_zero_blobs__are_refused() {
    let spend = spend();
    let zeros = Hints {
        quotient: vec![0; spend.hints.quotient.len()],
        representatives: vec![0; spend.hints.representatives.len()],
        slopes: vec![0; spend.hints.slopes.len()],
        proof: vec![0; spend.hints.proof.len()],
    };
    // 0 + 0 is not 1.
    assert_refused(spend.run(&zeros), Check::G1, "all zero");
    let zeros = SpendData { hints: zeros, inputs: vec![vec![0; spend.inputs[0].len()]] };
    assert_refused(spend.run_data(&zeros), Check::G1, "all zero, input too");
    assert_eq!(spend.verifier.complete(zeros).err(), Some(HintError::ProofInvalid));
}

/// Numbers as large as digits can make them stay within the limits: the script runs to its end and says no.
#[test]
fn tamper__largest_digits__are_refused_without_a_fault() {
    let spend = spend();
    for byte in [0xff, 0x7f, 0x80] {
        let all = |blob: &[u8]| vec![byte; blob.len()];
        let Hints { quotient, representatives, slopes, proof } = &spend.hints;
        // A and C stay, to pass the direct checks; B is as large as it can be.
        let mut large_b = proof.clone();
        large_b[B_X * NUMBER..KAPPA_C * NUMBER].fill(byte);
        let hints = Hints {
            quotient: all(quotient),
            representatives: all(representatives),
            slopes: all(slopes),
            proof: large_b,
        };
        spend.assert_no_quotient_helps(&hints, Check::Identity, &format!("digits of {byte:#04x}"));
        let hints = Hints { proof: all(proof), ..hints };
        spend.assert_no_quotient_helps(&hints, Check::G1, &format!("digits of {byte:#04x}, A and C too"));
    }
}

#[test]
fn tamper__too_few_items__are_refused() {
    let spend = spend();
    let Hints { quotient, representatives, slopes, proof } = &spend.hints;
    let blobs: [&[u8]; 5] = [quotient, representatives, slopes, proof, &spend.inputs[0]];
    for missing in 0..4 {
        let left: Vec<&[u8]> = (0..5).filter(|k| *k != missing).map(|k| blobs[k]).collect();
        let failure = spend.run_script(&pushes(&left)).expect_err("an item is missing");
        // Another lies where representatives or the proof should; the others are missed where they are hashed.
        let fragment = if missing == 0 { "verifier/challenges" } else { "verifier/lengths" };
        assert_eq!(failure.fragment.as_deref(), Some(fragment), "{missing}: {failure}");
        let is_named = matches!(
            failure.reason,
            ScriptError::DepthOutOfRange { .. } | ScriptError::StackTooShort { .. } | ScriptError::NumEqualVerify
        );
        assert!(is_named, "{missing}: {failure}");
    }
    let without_input = pushes(&blobs[..4]);
    assert_refused_at(spend.run_script(&without_input), Some(INPUTS), &ScriptError::NumEqualVerify, "no input");
    let nothing = ScriptError::StackTooShort { have: 0, need: 1 };
    assert_refused_at(spend.run_script(&pushes(&[])), Some(INPUTS), &nothing, "nothing at all");
}

#[test]
fn tamper__items_underneath__break_policy_but_not_consensus() {
    let spend = spend();
    let mut bytes = pushes(&[&[1, 2, 3]]).into_bytes();
    bytes.extend(spend.data(&spend.hints).unlocking_script().into_bytes());
    let unlocking = UnlockingScript::from_bytes(bytes);
    assert_refused_at(spend.run_script(&unlocking), None, &ScriptError::CleanStack { items: 2 }, "one more item");
    // A miner can therefore add items: neither the txid nor the script may serve as a nullifier.
    let consensus = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
    consensus.run(&unlocking, spend.verifier.locking_script(), &NoSignatures).expect("consensus takes it");
}

#[test]
fn tamper__items_on_top__are_refused() {
    let spend = spend();
    let mut unlocking = spend.data(&spend.hints).unlocking_script();
    unlocking.push_slice(&[1]);
    assert_refused_at(spend.run_script(&unlocking), Some(INPUTS), &ScriptError::NumEqualVerify, "one more item");
}

#[test]
fn tamper__encodings_of_the_unlocking_script__break_policy() {
    let spend = spend();
    let Hints { quotient, representatives, slopes, proof } = &spend.hints;
    let wide = |blobs: &[&[u8]]| {
        let mut bytes = Vec::new();
        for blob in blobs {
            bytes.push(0x4e);
            bytes.extend(u32::try_from(blob.len()).expect("a short blob").to_le_bytes());
            bytes.extend_from_slice(blob);
        }
        UnlockingScript::from_bytes(bytes)
    };
    let unlocking = wide(&[quotient, representatives, slopes, proof, &spend.inputs[0]]);
    let failure = spend.run_script(&unlocking).expect_err("longer pushes than needed");
    assert_eq!((failure.role, &failure.reason), (ScriptRole::Unlocking, &ScriptError::NonMinimalPush));
    let consensus = Machine::new(ScriptLimits::GENESIS_CONSENSUS, Rules::GenesisConsensus);
    consensus.run(&unlocking, spend.verifier.locking_script(), &NoSignatures).expect("consensus takes it");

    let mut bytes = spend.data(&spend.hints).unlocking_script().into_bytes();
    bytes.extend([0x76, 0x75]);
    let failure = spend.run_script(&UnlockingScript::from_bytes(bytes)).expect_err("DUP DROP is no push");
    assert_eq!((failure.role, &failure.reason), (ScriptRole::Unlocking, &ScriptError::NotPushOnly));
}
