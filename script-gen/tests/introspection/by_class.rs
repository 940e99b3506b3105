//! Payouts by class: anybody may bring the proof, nobody can redirect what it pays.

use ark_bn254::Fr;
use bitcoin::{Amount, Transaction, TxOut};
use chain_types::{LockingScript, Profile, Satoshis, UnlockingScript};
use script_gen::{
    ClaimWitness, OpenTerm, Payee, Payout, Payouts, SpendData,
    introspection::{ExpectedPreimage, is_signable},
};
use script_vm::ScriptError;
use statement::Nonce;

use crate::scene::{Scene, assert_accepted, assert_refused, bad_signature, input, output, sighash};

fn outputs(scene: &Scene, class: usize) -> Vec<TxOut> {
    scene.contract.terms().claim_outputs(class).expect("it pays").iter().map(output).collect()
}

fn expected(scene: &Scene, data: &SpendData) -> ExpectedPreimage {
    scene.contract.claim_preimage(data).expect("the class pays somebody")
}

/// What is demanded where nobody is paid: everything but the outputs is as for any class.
fn expected_of_any(scene: &Scene) -> ExpectedPreimage {
    ExpectedPreimage { required: vec![0; 32], ..expected(scene, &scene.data(&[Fr::from(9u8)])) }
}

fn unlocking(scene: &Scene, data: &SpendData, transaction: &Transaction, input_idx: usize) -> UnlockingScript {
    let witness = ClaimWitness::ByClass {
        preimage_head: scene.head(transaction, input_idx, &expected_of_any(scene)),
        lock_time: transaction.lock_time.to_consensus_u32().to_le_bytes(),
    };
    scene.contract.claim_script(data, &witness)
}

#[test]
fn claim__with_the_outputs_of_its_class__is_accepted() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        for class in [0usize, 2, 9, 10] {
            let data = scene.data(&[Fr::from(class as u64)]);
            assert_eq!(scene.contract.class(&data), Some(class));
            assert_eq!(data.inputs, [vec![(class << 4) as u8]]);
            let expected = expected(&scene, &data);
            let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, class)), 0, &expected);
            let unlocking_script = unlocking(&scene, &data, &transaction, 0);
            assert_accepted(scene.run(&transaction, 0, &unlocking_script), &format!("{profile}: class {class}"));
            assert!(unlocking_script.len() <= scene.contract.max_claim_len());
            assert!(unlocking_script.len() + 4 > scene.contract.max_claim_len());
            let read = scene.contract.read_claim(&unlocking_script).expect("a claim");
            assert_eq!(
                read.iter().map(|(term, value)| (term.name(), *value)).collect::<Vec<_>>(),
                [("class", Fr::from(class as u64))]
            );

            // A further coin for the fee, in front: the contract's input has another index.
            let mut transaction = scene.transaction(outputs(&scene, class));
            transaction.input.insert(0, input(9));
            let transaction = scene.ground_by_lock_time(transaction, 1, &expected);
            let unlocking = unlocking(&scene, &data, &transaction, 1);
            assert_accepted(scene.run(&transaction, 1, &unlocking), "with a further coin");
        }
    }
}

#[test]
fn claim__with_other_outputs__is_refused() {
    type Edit = fn(&mut Vec<TxOut>);
    let edits: [(&str, Edit); 9] = [
        ("one satoshi less", |o| o[0].value -= Amount::ONE_SAT),
        ("one satoshi more", |o| o[1].value += Amount::ONE_SAT),
        ("another's script", |o| o[1].script_pubkey = o[0].script_pubkey.clone()),
        ("another contract's mark", |o| o[2].script_pubkey.as_mut_bytes()[10] ^= 1),
        ("no mark", |o| drop(o.pop())),
        ("in another order", |o| o.swap(0, 1)),
        ("one output less", |o| drop(o.remove(0))),
        ("one output more", |o| o.push(o[0].clone())),
        ("one more without value", |o| {
            o.push(TxOut { value: Amount::ZERO, script_pubkey: bitcoin::ScriptBuf::from_bytes(vec![0, 0x6a]) });
        }),
    ];
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(2u8)]);
        let expected = expected(&scene, &data);
        for (what, edit) in edits {
            let mut outputs = outputs(&scene, 2);
            edit(&mut outputs);
            let transaction = scene.ground_by_lock_time(scene.transaction(outputs), 0, &expected);
            let unlocking = unlocking(&scene, &data, &transaction, 0);
            // The preimage the script puts together has the listed outputs: its digest is another, signable or not.
            let failure = scene.run(&transaction, 0, &unlocking).expect_err(what);
            let reasons = [ScriptError::NullFail, ScriptError::SignatureDer, ScriptError::EvalFalse];
            assert!(reasons.contains(&failure.reason), "{what}: {failure}");
        }
        // By name: with a lock time for which the digest of the script's own preimage can be signed.
        let mut redirected = scene.transaction(vec![output(&Payout {
            value: Satoshis(90_000),
            locking_script: LockingScript::p2pkh(&scene.people.signer.pubkey_hash().0),
        })]);
        let mut honest = scene.transaction(outputs(&scene, 2));
        honest = scene.ground_by_lock_time(honest, 0, &expected);
        redirected.lock_time = honest.lock_time;
        let stolen = unlocking(&scene, &data, &honest, 0);
        assert_accepted(scene.run(&honest, 0, &stolen), "the honest claim");
        assert_refused(
            scene.run(&redirected, 0, &stolen),
            bad_signature(profile),
            "the same unlocking script, redirected",
        );
    }
}

/// One transaction that spends two coins and pays what is listed once would leave the rest to its miner.
#[test]
fn claim__of_two_contracts_at_once__is_refused_where_their_nonces_differ() {
    for profile in Profile::ALL {
        let (scene, other) = (Scene::settlement(profile), Scene::settlement_of(profile, Nonce([6; 8])));
        let listed =
            |scene: &Scene| scene.contract.terms().payouts().and_then(|p| p.outputs(9)).map(<[Payout]>::to_vec);
        assert_eq!(listed(&scene), listed(&other));
        let data = scene.data(&[Fr::from(9u8)]);
        let mut transaction = scene.transaction(outputs(&scene, 9));
        transaction.input.push(input(0xdd));
        let expected = expected(&scene, &data);
        let signable = |transaction: &Transaction| {
            is_signable(&sighash(transaction, 1, &expected.script_code, expected.sighash_type))
        };
        let mut transaction = scene.ground_by_lock_time(transaction, 0, &expected);
        while !signable(&transaction) {
            let next = transaction.lock_time.to_consensus_u32() + 1;
            transaction.lock_time = bitcoin::absolute::LockTime::from_consensus(next);
            transaction = scene.ground_by_lock_time(transaction, 0, &expected);
        }
        assert_accepted(scene.run(&transaction, 0, &unlocking(&scene, &data, &transaction, 0)), "the first");
        let others = other.data(&[Fr::from(9u8)]);
        let failure = other.run(&transaction, 1, &unlocking(&other, &others, &transaction, 1)).expect_err("the second");
        assert!(matches!(failure.fragment.as_deref(), Some("introspect") | None), "{failure}");
        // Coins under one and the same script have one nonce: a contract is for one coin.
        assert_accepted(
            scene.run(&transaction, 1, &unlocking(&scene, &data, &transaction, 1)),
            "the same script again",
        );
    }
}

#[test]
fn claim__with_outputs_of_another_class__is_refused() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let honest = scene.ground_by_lock_time(scene.transaction(outputs(&scene, 9)), 0, &expected(&scene, &data));
        let mut other = honest.clone();
        other.output = outputs(&scene, 2);
        let unlocking = unlocking(&scene, &data, &honest, 0);
        assert_refused(scene.run(&other, 0, &unlocking), bad_signature(profile), "class 9 proved, class 2 paid");

        // A byte that says another class, with that class's outputs: no proof is for it.
        let two = expected(&scene, &scene.data(&[Fr::from(2u8)]));
        let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, 2)), 0, &two);
        let claimed = SpendData { inputs: vec![vec![2 << 4]], ..data };
        let unlocking = self::unlocking(&scene, &claimed, &transaction, 0);
        let refused = scene.run(&transaction, 0, &unlocking).expect_err("class 9 proved, class 2 claimed");
        assert_eq!((refused.fragment.as_deref(), &refused.reason), (Some(""), &ScriptError::Verify), "{refused}");
    }
}

#[test]
fn claim__class_that_pays_nobody_or_is_not_listed__is_refused_by_name() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let run = |class: u8| {
            let data = scene.data(&[Fr::from(class)]);
            assert_eq!(scene.contract.claim_preimage(&data), None);
            let listed = expected(&scene, &scene.data(&[Fr::from(9u8)]));
            let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, 9)), 0, &listed);
            scene.run(&transaction, 0, &unlocking(&scene, &data, &transaction, 0))
        };
        let failure = run(3).expect_err("class 3 pays nobody");
        assert!(matches!(failure.fragment.as_deref(), Some("introspect") | None), "{failure}");
        for class in [11, 15] {
            let failure = run(class).expect_err("not listed");
            let is_out_of_range = match profile {
                Profile::Genesis => matches!(failure.reason, ScriptError::SplitOutOfRange { .. }),
                _ => matches!(failure.reason, ScriptError::SubstringOutOfRange { .. }),
            };
            assert!(is_out_of_range && failure.fragment.as_deref() == Some("payout"), "class {class}: {failure}");
        }
    }
}

#[test]
fn claim__class_bytes_that_are_none__are_refused_by_name() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, 9)), 0, &expected(&scene, &data));
        // Another bit set, another length: what the payout would read is what the verifier has checked.
        for bytes in [vec![0x91], vec![0x98], vec![0x90, 0], vec![], vec![0, 0x90]] {
            let changed = SpendData { inputs: vec![bytes.clone()], ..data.clone() };
            let refused = scene.run(&transaction, 0, &unlocking(&scene, &changed, &transaction, 0));
            let reason = (Some("verifier/public_inputs"), ScriptError::NumEqualVerify);
            assert_refused(refused, reason, &format!("{profile}: class {bytes:x?}"));
        }
    }
}

#[test]
fn claim__pieces_of_another_length__are_refused() {
    for profile in Profile::ALL {
        let scene = Scene::settlement(profile);
        let data = scene.data(&[Fr::from(9u8)]);
        let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, 9)), 0, &expected(&scene, &data));
        let head = scene.head(&transaction, 0, &expected_of_any(&scene));
        let lock_time = transaction.lock_time.to_consensus_u32().to_le_bytes();
        let end = [&lock_time[..], &[0x41]].concat();
        let run = |head: &[u8], end: &[u8]| {
            let mut script = data.unlocking_script();
            script.push_slice(head);
            script.push_slice(end);
            scene.run(&transaction, 0, &script)
        };
        assert_accepted(run(&head, &end), "the right pieces");
        assert_accepted(run(&head, &[&end[..], &[0, 0, 0]].concat()), "the same eight bytes");
        for wrong in
            [&head[1..], &head[..head.len() - 1], &[&head[..], &[0]].concat(), &[&[0], &head[..]].concat(), &[]]
        {
            assert!(run(wrong, &end).is_err(), "a head of {} bytes", wrong.len());
        }
        for k in (0..head.len()).step_by(9) {
            let mut changed = head.clone();
            changed[k] ^= 0x80;
            assert!(run(&changed, &end).is_err(), "byte {k} of the head");
        }
        let refused = run(&head, &[&end[..], &[0, 0, 0, 1]].concat()).expect_err("nine bytes");
        let too_long = ScriptError::Num2BinTooShort { got: 9, wanted: 8 };
        assert_eq!((refused.fragment.as_deref(), &refused.reason), (Some("payout"), &too_long), "{refused}");
        // Another lock time, another type: whether signable or not, not this transaction's.
        for k in 0..5 {
            for bit in [0, 6] {
                let mut changed = end.clone();
                changed[k] ^= 1 << bit;
                assert!(run(&head, &changed).is_err(), "bit {bit} of byte {k} of the end");
            }
        }
        // Empty, the end asks for a refund; what a refund needs is not there.
        assert_refused(run(&head, &[]), (Some("refund"), ScriptError::EqualVerify), "no end");
    }
}

/// Widths other than four bits, and every listed class of each.
#[test]
fn payout__every_width__reads_its_class() {
    for profile in Profile::ALL {
        for bits in [1u32, 2, 3, 5, 7] {
            let n = 1usize << bits;
            let people = crate::scene::people();
            let by_class = (0..n).map(|k| Some(vec![crate::scene::payout(1_000 + k as u64, &people.prover)])).collect();
            let payee = Payee::ByClass(Payouts::new("class", by_class).expect("good payouts"));
            let class = OpenTerm::new("class", bits).expect("a name");
            let scene = Scene::new(profile, vec![class.into()], payee);
            for class in [0, 1, n / 2, n - 1] {
                let data = scene.data(&[Fr::from(class as u64)]);
                assert_eq!(scene.contract.class(&data), Some(class));
                let expected = expected(&scene, &data);
                let transaction = scene.ground_by_lock_time(scene.transaction(outputs(&scene, class)), 0, &expected);
                let head = scene.head(&transaction, 0, &expected);
                let lock_time = transaction.lock_time.to_consensus_u32().to_le_bytes();
                let witness = ClaimWitness::ByClass { preimage_head: head, lock_time };
                let unlocking = scene.contract.claim_script(&data, &witness);
                assert_accepted(scene.run(&transaction, 0, &unlocking), &format!("{profile}: {class} of {bits} bits"));
            }
        }
    }
}
