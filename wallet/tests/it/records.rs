//! What a wallet takes in, and what it refuses to.

use tx_builder::{Coin, OutPoint, Transaction};
use wallet::{ChangeError, ContractId, FindError, Purpose, RecordError, StateName, Wallet};

use crate::common::{RATE, deployment, key, lock, pay, payment};

fn empty() -> (tempfile::TempDir, Wallet) {
    let folder = tempfile::tempdir().unwrap();
    let wallet = Wallet::create(&folder.path().join("wallet"), "regtest").unwrap();
    (folder, wallet)
}

fn coin(n: u32) -> Coin {
    let locking_script = chain_types::LockingScript::p2pkh(&key(1).pubkey_hash().0);
    let outpoint = OutPoint::new("11".repeat(32).parse().unwrap(), n);
    Coin { outpoint, value: chain_types::Satoshis(1_000_000), locking_script }
}

#[test]
fn add__same_again__changes_nothing_and_another_under_its_id_is_refused() {
    let (folder, mut wallet) = empty();
    let id = wallet.add_contract("one", &lock(1), "artifact").unwrap();
    assert_eq!(wallet.add_contract("one", &lock(1), "artifact").unwrap(), id);
    for (name, artifact) in [("two", "artifact"), ("one", "another")] {
        let refused = wallet.add_contract(name, &lock(1), artifact);
        assert!(matches!(&refused, Err(RecordError::OtherContract { known, .. }) if known == "one"), "{refused:?}");
    }
    let other = wallet.add_contract("two", &lock(2), "artifact").unwrap();
    assert_ne!(id, other);
    let proof = wallet.add_proof(id, "proof").unwrap();
    assert_eq!(wallet.add_proof(id, "proof").unwrap(), proof);
    drop(wallet);
    let wallet = Wallet::open(&folder.path().join("wallet")).unwrap();
    assert_eq!(wallet.contract(id).unwrap().artifact, "artifact");
    assert_eq!(wallet.proof(proof).unwrap().text, "proof");
    assert_eq!((wallet.list().contracts.len(), wallet.list().proofs.len()), (2, 1));
}

#[test]
fn find_contract__id_its_beginning_or_name__is_the_one_meant_or_an_error_that_lists() {
    let (_folder, mut wallet) = empty();
    let unknown = wallet.find_contract("one").unwrap_err();
    assert!(unknown.to_string().ends_with("it has none"), "{unknown}");
    let ids: Vec<_> = (0..20u8).map(|nonce| wallet.add_contract("many", &lock(nonce), "artifact").unwrap()).collect();
    let one = wallet.add_contract("one", &lock(99), "the artifact, byte for byte\n").unwrap();
    assert_eq!(one, wallet::ContractId::of(&lock(99)));
    let text = one.to_string();
    for named in ["one", &text, &text[..8], &text.to_uppercase()] {
        assert_eq!(wallet.find_contract(named), Ok(one), "{named}");
    }
    // What it gives back is what it was given.
    assert_eq!(wallet.contract(one).unwrap().artifact, "the artifact, byte for byte\n");
    for named in ["", "ONE", &text[..7], &text[1..], "00000000"] {
        let error = wallet.find_contract(named).unwrap_err();
        assert!(matches!(&error, FindError::Unknown { known, .. } if known.len() == 21), "{named}: {error:?}");
        assert!(error.to_string().contains("and 13 more"), "{error}");
    }
    let FindError::Several { mut found, .. } = wallet.find_contract("many").unwrap_err() else { panic!("it is one") };
    let mut ids = ids;
    ids.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, ids);
}

#[test]
fn record__what_does_not_fit_its_purpose__is_refused_by_name_and_not_stored() {
    let (_folder, mut wallet) = empty();
    let contract = wallet.add_contract("one", &lock(1), "artifact").unwrap();
    let stranger = Purpose::Deployment { contract: "00".repeat(32).parse().unwrap(), vout: 0 };
    let good = deployment(&lock(1), &coin(0), &key(1));
    let mut try_as = |transaction: &Transaction, purpose| wallet.record(transaction, purpose).map(drop).unwrap_err();
    assert!(matches!(try_as(&good, stranger), RecordError::UnknownContract { .. }));
    for vout in [1, 2, u32::MAX] {
        let refused = try_as(&good, Purpose::Deployment { contract, vout });
        assert!(matches!(refused, RecordError::OtherScript { vout: v, .. } if v == vout), "{refused:?}");
    }
    let other_script = deployment(&lock(2), &coin(0), &key(1));
    let refused = try_as(&other_script, Purpose::Deployment { contract, vout: 0 });
    assert!(matches!(refused, RecordError::OtherScript { vout: 0, .. }), "{refused:?}");
    let elsewhere = coin(1).outpoint;
    let refused = try_as(&good, Purpose::Refund { contract, coin: elsewhere });
    assert!(matches!(refused, RecordError::CoinNotSpent { coin, .. } if coin == elsewhere), "{refused:?}");
    let no_proof = Some("00".repeat(32).parse().unwrap());
    let refused = try_as(&good, Purpose::Claim { contract, coin: coin(0).outpoint, proof: no_proof });
    assert!(matches!(refused, RecordError::UnknownProof { .. }), "{refused:?}");
    let mut nothing = good.clone();
    nothing.input.clear();
    assert!(matches!(try_as(&nothing, payment()), RecordError::NoInputs { .. }));
    assert!(wallet.transactions().is_empty() && wallet.reserved().is_empty());
    // The twin.
    wallet.record(&good, Purpose::Deployment { contract, vout: 0 }).unwrap();
    wallet.record(&good, Purpose::Deployment { contract, vout: 0 }).unwrap();
    let refused = wallet.record(&good, payment()).unwrap_err();
    assert!(matches!(refused, RecordError::OtherPurpose { .. }), "{refused:?}");
    assert_eq!(wallet.transactions().len(), 1);
}

#[test]
fn change__unknown_or_illegal__is_refused_by_name() {
    let (_folder, mut wallet) = empty();
    let transaction = pay(&coin(0), &key(1), &key(2), RATE);
    let txid = transaction.compute_txid();
    assert!(matches!(wallet.retry(txid), Err(ChangeError::Unknown { .. })));
    assert!(matches!(wallet.abandon(txid), Err(ChangeError::Unknown { .. })));
    wallet.record(&transaction, payment()).unwrap();
    let refused = wallet.retry(txid);
    assert!(matches!(refused, Err(ChangeError::Illegal { from: StateName::Recorded, .. })), "{refused:?}");
    wallet.abandon(txid).unwrap();
    let refused = wallet.abandon(txid);
    assert!(matches!(refused, Err(ChangeError::Illegal { from: StateName::Abandoned, .. })), "{refused:?}");
}

#[test]
fn list__every_row__is_json_with_plain_names() {
    let (_folder, mut wallet) = empty();
    let contract = wallet.add_contract("one", &lock(1), "artifact").unwrap();
    let deploy = deployment(&lock(1), &coin(0), &key(1));
    let txid = wallet.record(&deploy, Purpose::Deployment { contract, vout: 0 }).unwrap().txid();
    let json = serde_json::to_value(wallet.list()).unwrap();
    assert_eq!(json["network"], "regtest");
    assert_eq!(json["contracts"][0]["coins"][0]["coin"], format!("{txid}:0"));
    let row = &json["transactions"][0];
    assert_eq!(row["txid"], txid.to_string());
    assert_eq!(row["state"]["name"], "recorded");
    assert_eq!((row["purpose"]["kind"].as_str(), row["unfinished"].as_bool()), (Some("deployment"), Some(true)));
    assert_eq!(row["spends"][0], coin(0).outpoint.to_string());
    let paid: u64 = deploy.output.iter().map(|output| output.value.to_sat()).sum();
    assert_eq!(row["outputs_sats"], paid);
    assert_eq!(json["contracts"][0]["coins"][0]["value_sats"], deploy.output[0].value.to_sat());
    assert_eq!(json["contracts"][0]["id"], ContractId::of(&lock(1)).to_string());
}
