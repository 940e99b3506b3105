//! The bare verifier on the script machine.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use chain_types::ScriptLimits;
use common::{InsecureKey, packed};
use script_gen::Groth16Verifier;
use script_vm::{Machine, NoSignatures};

fn input(len: usize) -> Vec<u8> {
    (100..).take(len).collect()
}

#[test]
fn verifier__valid_proof__is_accepted() {
    for len in [0, 1, 29, 31] {
        let key = InsecureKey::new(7, usize::from(len > 0));
        let input = input(len);
        let inputs: Vec<_> = if len > 0 { vec![packed(&input)] } else { vec![] };
        let proof = key.prove(&inputs, 3);
        let t0 = std::time::Instant::now();
        let verifier = Groth16Verifier::new(&key.vk, len, ScriptLimits::GENESIS_POLICY).expect("a good key");
        let t1 = std::time::Instant::now();
        let hints = verifier.hints(&proof, &input).expect("a valid proof");
        let t2 = std::time::Instant::now();
        let unlocking = verifier.unlocking_script(&hints, &input);
        let metrics = Machine::policy().run(&unlocking, verifier.locking_script(), &NoSignatures);
        println!("{:?}", t2.elapsed());
        println!("{len}: lock {} unlock {} total {} build {:?} hints {:?}", verifier.locking_script().len(), unlocking.len(), verifier.locking_script().len()+unlocking.len(), t1-t0, t2-t1);
        match metrics { Ok(m) => println!("{m:?}"), Err(e) => panic!("{e}") }
        let mut by: std::collections::BTreeMap<&str, usize> = Default::default();
        for (r, p) in verifier.fragments() { *by.entry(p).or_default() += r.len(); }
        println!("{by:#?}");
    }
}
