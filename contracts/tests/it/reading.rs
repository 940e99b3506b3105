//! What a claim shows, however its unlocking script writes it.

use chain_types::{Instruction, Opcode, Profile, UnlockingScript};
use contracts::{CheckError, SpendError, check};
use ledger::Chain as _;
use script_gen::ReadError;
use tx_builder::Transaction;

use crate::support::*;

/// The data of a script of pushes.
fn pushes(transaction: &Transaction) -> Vec<Vec<u8>> {
    let script = UnlockingScript::from_bytes(transaction.input[0].script_sig.to_bytes());
    let push = |item: Result<(usize, Instruction), _>| match item {
        Ok((_, Instruction::Push { data, .. })) => data,
        other => panic!("a claim of ours only pushes: {other:?}"),
    };
    script.instructions().map(push).collect()
}

/// The same transaction with an unlocking script that has its first push in two pieces, and puts them together. No signature
/// covers unlocking scripts.
fn computing(transaction: &Transaction) -> Transaction {
    let pushes = pushes(transaction);
    let (left, right) = pushes[0].split_at(pushes[0].len() / 2);
    let mut script = UnlockingScript::default();
    script.push_slice(left);
    script.push_slice(right);
    let mut bytes = script.into_bytes();
    bytes.push(Opcode::OP_CAT.0);
    let mut rest = UnlockingScript::default();
    pushes[1..].iter().for_each(|push| rest.push_slice(push));
    bytes.extend(rest.into_bytes());
    let mut computing = transaction.clone();
    computing.input[0].script_sig = bytes.into();
    computing
}

#[test]
fn read__spend_that_computes_its_pushes__is_run_and_read() {
    let funder = key();
    let contract = settlement(&funder, seven_or_eight(), Profile::Chronicle);
    let (mut chain, locked) = deploy(&contract, &funder);
    let settled = locked.settle(&committed().evidence(&contract, &key()), RATE).expect("a good proof");
    let spend = computing(&settled.transaction);
    check(&spend, &settled.spent, &contract).expect("a node takes it");
    chain.broadcast(&spend).expect("and so does a chain");

    let script = UnlockingScript::from_bytes(spend.input[0].script_sig.to_bytes());
    assert_eq!(contract.read_claim(&script).err(), Some(ReadError::NotPushes), "its pushes alone do not say it");
    for transaction in [&settled.transaction, &spend] {
        let read = locked.read(transaction).expect("a claim");
        let read: Vec<_> = read.iter().map(|(open, value)| (open.name(), *value)).collect();
        assert_eq!(read, [("class", 7.into())]);
    }
}

#[test]
fn read__script_that_computes_and_does_not_unlock__is_refused_by_name() {
    let funder = key();
    let contract = settlement(&funder, seven_or_eight(), Profile::Chronicle);
    let (_, locked) = deploy(&contract, &funder);
    let settled = locked.settle(&committed().evidence(&contract, &key()), RATE).expect("a good proof");
    let refused = |spend: &Transaction| match locked.read(spend).expect_err("it does not unlock the coin") {
        SpendError::Check(CheckError::Input { input_idx: 0, source }) => source.to_string(),
        error => panic!("{error}"),
    };
    // What it leaves looks like a claim of a three: no proof says so.
    let mut lie = settled.transaction.clone();
    let mut claimed = pushes(&lie);
    let class = claimed.iter_mut().find(|push| push.len() == 1).expect("the class");
    class[0] = 3 << 4;
    let mut script = UnlockingScript::default();
    claimed.iter().for_each(|push| script.push_slice(push));
    lie.input[0].script_sig = script.into_bytes().into();
    assert!(refused(&computing(&lie)).contains("identity"), "{}", refused(&computing(&lie)));
    // In a transaction of version 1 an unlocking script may only push.
    let mut strict = computing(&settled.transaction);
    strict.version = tx_builder::Version::ONE;
    assert!(refused(&strict).contains("push"), "{}", refused(&strict));
    assert!(locked.read(&computing(&settled.transaction)).is_ok(), "the twin");
}
