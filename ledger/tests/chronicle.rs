//! Spends under the rules since Chronicle: signatures, versions, and whole stories on the embedded ledger.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use bitcoin::secp256k1::{SecretKey, ecdsa};
use chain_types::{FeeRate, LockingScript, Opcode, Profile, Satoshis, UnlockingScript};
use ledger::{Chain as _, EmbeddedLedger, InputError, TestChain as _, check_input, mature_coin, policy_machine};
use rand::{SeedableRng as _, rngs::StdRng};
use script_vm::{Machine, ScriptError, TxVersion};
use tx_builder::{
    Coin, Draft, Funded, OutPoint, Sighash, SighashPreimage, SighashType, Signature, SigningKey, Transaction, TxOut,
    Version, p2pkh_unlocking, transaction_output,
};

const VALUE: Satoshis = Satoshis(10_000);

fn key() -> SigningKey {
    SigningKey::random(&mut StdRng::seed_from_u64(1))
}

fn p2pkh_coin() -> Coin {
    let locking_script = LockingScript::p2pkh(&key().pubkey_hash().0);
    Coin { outpoint: OutPoint::default(), value: VALUE, locking_script }
}

fn output(coin: &Coin) -> TxOut {
    transaction_output(coin.locking_script.clone(), coin.value)
}

fn funded(coin: Coin, version: i32) -> Funded {
    let draft = Draft::new(FeeRate::DEFAULT, key().pubkey_hash()).with_version(Version(version));
    draft.add_contract(coin, 1_000).fund().expect("enough")
}

fn digest(funded: &Funded, code: &LockingScript, sighash_type: SighashType) -> Sighash {
    let preimage = SighashPreimage::new(funded.transaction(), 0, code.as_bytes(), VALUE, sighash_type);
    preimage.expect("input 0 exists").sighash()
}

fn unlocked(funded: &Funded, unlocking: UnlockingScript) -> Transaction {
    let mut funded = funded.clone();
    funded.unlock(0, unlocking).expect("short enough");
    funded.finish().expect("unlocked")
}

/// A spend of [`p2pkh_coin`] with a signature of the type.
fn p2pkh_spend(version: i32, sighash_type: SighashType) -> Transaction {
    let funded = funded(p2pkh_coin(), version);
    let signature = key().sign(&digest(&funded, &p2pkh_coin().locking_script, sighash_type), sighash_type);
    unlocked(&funded, p2pkh_unlocking(&signature, &key().public_key_bytes()))
}

fn verdict(profile: Profile, transaction: &Transaction, spent: &TxOut) -> Option<ScriptError> {
    match check_input(transaction, 0, spent, &policy_machine(profile, transaction)) {
        Ok(_) => None,
        Err(InputError::Script(failure)) => Some(failure.reason),
        Err(error) => panic!("{error}"),
    }
}

fn with_high_s(signature: &Signature) -> Signature {
    let (hash_type, der) = signature.as_bytes().split_last().expect("not empty");
    let mut compact = ecdsa::Signature::from_der(der).expect("own signature").serialize_compact();
    let s = SecretKey::from_slice(&compact[32..]).expect("s is in range").negate();
    compact[32..].copy_from_slice(&s.secret_bytes());
    let mut bytes = ecdsa::Signature::from_compact(&compact).expect("in range").serialize_der().to_vec();
    bytes.push(*hash_type);
    Signature::from_bytes(bytes)
}

#[test]
fn signature__original_form__is_taken_since_chronicle_whatever_the_version() {
    let spent = output(&p2pkh_coin());
    for byte in [0x61, 0x62, 0x63, 0xe1, 0xe2, 0xe3] {
        let sighash_type = SighashType::from_byte(byte).expect("defined");
        for version in [1, 2] {
            let spend = p2pkh_spend(version, sighash_type);
            assert_eq!(verdict(Profile::Chronicle, &spend, &spent), None, "{byte:#x}");
            let undefined = ScriptError::HashType { got: byte };
            assert_eq!(verdict(Profile::Genesis, &spend, &spent), Some(undefined), "{byte:#x}");
        }
    }
}

#[test]
fn signature__each_form__covers_its_fields() {
    let spent = output(&p2pkh_coin());
    let dearer = TxOut { value: spent.value + bitcoin::Amount::ONE_SAT, ..spent.clone() };
    let null_fail = Some(ScriptError::NullFail);
    let original = p2pkh_spend(1, SighashType::ALL_CHRONICLE);
    let forkid = p2pkh_spend(1, SighashType::ALL_FORKID);
    // The original form does not sign the value spent.
    assert_eq!(verdict(Profile::Chronicle, &original, &dearer), None);
    assert_eq!(verdict(Profile::Chronicle, &forkid, &dearer), null_fail);
    for spend in [&original, &forkid] {
        assert_eq!(verdict(Profile::Chronicle, spend, &spent), None);
        let altered = |alter: &dyn Fn(&mut Transaction)| {
            let mut altered = spend.clone();
            alter(&mut altered);
            verdict(Profile::Chronicle, &altered, &spent)
        };
        assert_eq!(altered(&|t| t.output[0].value += bitcoin::Amount::ONE_SAT), null_fail);
        assert_eq!(altered(&|t| t.input[0].previous_output.vout ^= 1), null_fail);
        assert_eq!(altered(&|t| t.input[0].sequence = bitcoin::Sequence::ZERO), null_fail);
        assert_eq!(altered(&|t| t.version.0 = 0), null_fail);
    }
    // A signature is good for the form its type names alone.
    let funded = funded(p2pkh_coin(), 1);
    let code = p2pkh_coin().locking_script;
    let crossed = key().sign(&digest(&funded, &code, SighashType::ALL_FORKID), SighashType::ALL_CHRONICLE);
    let crossed = unlocked(&funded, p2pkh_unlocking(&crossed, &key().public_key_bytes()));
    assert_eq!(verdict(Profile::Chronicle, &crossed, &spent), null_fail);
}

#[test]
fn signature__single_without_its_output__is_over_one() {
    let spent = output(&p2pkh_coin());
    let single = SighashType::from_byte(0x63).expect("defined");
    let signature = key().sign(&Sighash::ONE, single);
    let mut spend = p2pkh_spend(1, SighashType::ALL_FORKID);
    let input = spend.input[0].clone();
    let script_sig = p2pkh_unlocking(&signature, &key().public_key_bytes()).into_bytes();
    let mut second = input.clone();
    second.previous_output.vout ^= 1;
    second.script_sig = bitcoin::ScriptBuf::from_bytes(script_sig);
    spend.input.push(second);
    let run = |spend: &Transaction| {
        check_input(spend, 1, &spent, &policy_machine(Profile::Chronicle, spend)).map(|_| ()).map_err(|error| {
            match error {
                InputError::Script(failure) => failure.reason,
                error => panic!("{error}"),
            }
        })
    };
    assert_eq!(run(&spend), Ok(()));
    spend.output.push(spend.output[0].clone());
    assert_eq!(run(&spend), Err(ScriptError::NullFail), "now there is an output to sign");
}

#[test]
fn signature__high_s__is_taken_for_version_2_alone() {
    let spent = output(&p2pkh_coin());
    for sighash_type in [SighashType::ALL_FORKID, SighashType::ALL_CHRONICLE] {
        for (version, refused) in [(1, Some(ScriptError::HighS)), (2, None)] {
            let funded = funded(p2pkh_coin(), version);
            let low = key().sign(&digest(&funded, &p2pkh_coin().locking_script, sighash_type), sighash_type);
            let spend = unlocked(&funded, p2pkh_unlocking(&with_high_s(&low), &key().public_key_bytes()));
            assert_eq!(verdict(Profile::Chronicle, &spend, &spent), refused, "version {version}");
            let low = unlocked(&funded, p2pkh_unlocking(&low, &key().public_key_bytes()));
            assert_eq!(verdict(Profile::Chronicle, &low, &spent), None, "version {version}");
        }
    }
}

#[test]
fn signature__checked_while_unlocking__covers_both_scripts() {
    // The locking script wants a true element and says nothing of keys.
    let mut locking_script = LockingScript::default();
    locking_script.push_opcode(Opcode::OP_VERIFY);
    locking_script.push_opcode(Opcode::OP_1);
    let coin = Coin { locking_script: locking_script.clone(), ..p2pkh_coin() };
    let code = LockingScript::from_bytes([&[Opcode::OP_CHECKSIG.0], locking_script.as_bytes()].concat());
    let spend = |version, code: &LockingScript| {
        let funded = funded(coin.clone(), version);
        let signature = key().sign(&digest(&funded, code, SighashType::ALL_FORKID), SighashType::ALL_FORKID);
        let pushes = p2pkh_unlocking(&signature, &key().public_key_bytes());
        let opcodes = [Opcode::OP_CODESEPARATOR.0, Opcode::OP_CHECKSIG.0];
        unlocked(&funded, unlocking(&[pushes.as_bytes(), &opcodes].concat()))
    };
    let judge = |transaction: &Transaction| verdict(Profile::Chronicle, transaction, &output(&coin));
    assert_eq!(judge(&spend(2, &code)), None);
    assert_eq!(judge(&spend(2, &locking_script)), Some(ScriptError::Verify));
    assert_eq!(judge(&spend(1, &code)), Some(ScriptError::NotPushOnly));
}

#[test]
fn check_input__machine_for_another_version__is_refused_by_name() {
    let spend = p2pkh_spend(1, SighashType::ALL_FORKID);
    let spent = output(&p2pkh_coin());
    let error = check_input(&spend, 0, &spent, &Machine::chronicle_policy(TxVersion::RELAXED)).expect_err("version 1");
    let InputError::OtherVersion { machine, transaction } = error else { panic!("{error}") };
    assert_eq!((machine, transaction), (TxVersion(2), TxVersion(1)));
    assert!(check_input(&spend, 0, &spent, &Machine::chronicle_policy(TxVersion::STRICT)).is_ok());
}

/// Locks a coin on a new ledger, spends it and says why not, or mines the spend.
fn story(profile: Profile, lock: LockingScript, version: i32, unlocking: &UnlockingScript) -> Result<(), String> {
    let key = key();
    let mut ledger = EmbeddedLedger::new(FeeRate::DEFAULT).with_profile(profile);
    let reward = mature_coin(&mut ledger, key.pubkey_hash()).expect("a ledger can mine");
    let draft = Draft::new(FeeRate::DEFAULT, key.pubkey_hash()).pay(lock, VALUE).add_p2pkh(reward);
    let mut deploy = draft.fund().expect("enough");
    deploy.sign_all(&key).expect("own coin");
    let deploy = deploy.finish().expect("signed");
    ledger.broadcast(&deploy).expect("any locking script may be funded");
    ledger.mine(1, key.pubkey_hash()).expect("a ledger can mine");
    let coin = Coin::of(&deploy, 0).expect("it has outputs");
    let spend = unlocked(&funded(coin, version), unlocking.clone());
    let txid = match ledger.broadcast(&spend) {
        Ok(txid) => txid,
        Err(error) => return Err(error.rejection().expect("a verdict").reason.clone()),
    };
    ledger.mine(1, key.pubkey_hash()).expect("a ledger can mine");
    assert_eq!(ledger.status(txid).expect("it answers").map(|status| status.confirmations), Some(1));
    Ok(())
}

fn unlocking(bytes: &[u8]) -> UnlockingScript {
    UnlockingScript::from_bytes(bytes.to_vec())
}

#[test]
fn ledger__opcodes_of_chronicle__are_mined_since_and_refused_before() {
    // [bytes] -> their first 2^1 are 11 22, in a transaction of version 2.
    let mut lock = LockingScript::default();
    for opcode in [Opcode::OP_1, Opcode::OP_1, Opcode::OP_LSHIFTNUM, Opcode::OP_LEFT] {
        lock.push_opcode(opcode);
    }
    lock.push_slice(&[0x11, 0x22]);
    for opcode in [Opcode::OP_EQUALVERIFY, Opcode::OP_VER] {
        lock.push_opcode(opcode);
    }
    lock.push_slice(&[2, 0, 0, 0]);
    lock.push_opcode(Opcode::OP_EQUAL);
    let mut three_bytes = UnlockingScript::default();
    three_bytes.push_slice(&[0x11, 0x22, 0x33]);
    assert_eq!(story(Profile::Chronicle, lock.clone(), 2, &three_bytes), Ok(()));
    let refused = |message| Err(format!("16: mandatory-script-verify-flag-failed ({message})"));
    let eval_false = "Script evaluated without error but finished with a false/empty top stack element";
    assert_eq!(story(Profile::Chronicle, lock.clone(), 1, &three_bytes), refused(eval_false));
    let mut other = UnlockingScript::default();
    other.push_slice(&[0x11, 0x23, 0x33]);
    let unequal = "Script failed an OP_EQUALVERIFY operation";
    assert_eq!(story(Profile::Chronicle, lock.clone(), 2, &other), refused(unequal));
    let nop = "NOPx reserved for soft-fork upgrades";
    assert_eq!(story(Profile::Genesis, lock, 2, &three_bytes), refused(nop));
}

#[test]
fn ledger__what_version_2_waives__is_refused_for_version_1() {
    let one = LockingScript::from_bytes(vec![Opcode::OP_1.0]);
    let is_five = LockingScript::from_bytes(vec![Opcode::OP_5.0, Opcode::OP_NUMEQUAL.0]);
    let computes = unlocking(&[Opcode::OP_2.0, Opcode::OP_3.0, Opcode::OP_ADD.0]);
    let long_push = unlocking(&[1, 5]);
    for (lock, unlocking, reason) in [
        (
            &is_five,
            &computes,
            "16: mandatory-script-verify-flag-failed (Only non-push operators allowed in signatures)",
        ),
        (&is_five, &long_push, "64: non-mandatory-script-verify-flag (Data push larger than necessary)"),
        (&one, &unlocking(&[Opcode::OP_1.0]), "64: non-mandatory-script-verify-flag (Script did not clean its stack)"),
    ] {
        assert_eq!(story(Profile::Chronicle, lock.clone(), 2, unlocking), Ok(()), "{reason}");
        assert_eq!(story(Profile::Chronicle, lock.clone(), 1, unlocking), Err(reason.to_owned()));
    }
    let before = story(Profile::Genesis, is_five, 2, &computes);
    assert_eq!(before, Err("64: scriptsig-not-pushonly".to_owned()));
}

#[test]
fn ledger__any_version__is_standard_since_chronicle() {
    let lock = LockingScript::from_bytes(vec![Opcode::OP_1.0]);
    for version in [1, 2] {
        assert_eq!(story(Profile::Genesis, lock.clone(), version, &unlocking(&[])), Ok(()));
    }
    for version in [i32::MIN, -1, 0, 77, i32::MAX] {
        assert_eq!(story(Profile::Chronicle, lock.clone(), version, &unlocking(&[])), Ok(()), "{version}");
        let refused = story(Profile::Genesis, lock.clone(), version, &unlocking(&[]));
        assert_eq!(refused, Err("64: version".to_owned()), "{version}");
    }
}
