//! Transactions that somebody changes on their way to the miners: another id, the same coins, the same outputs.

use core::slice;

use bitcoin::{Amount, ScriptBuf, Sequence, TxIn, absolute::LockTime};
use chain_types::{LockingScript, UnlockingScript};
use contracts::{Locked, Purse};
use ledger::{BroadcastError, Chain, ChainError, ChainInfo, EmbeddedLedger, Retry, TestChain as _, TxStatus};
use tx_builder::{Coin, Draft, OutPoint, Transaction, TxOut, Txid};
use wallet::{Pending, Purpose, RecordError, State, StateName, Wallet};

use crate::{
    common::{AMOUNT, RATE, Scene, coins, deployment, depth, is_answer, key, passed, pay, payment},
    shop::Shop,
};

use StateName::{Conflicted, Recorded, Rejected, Sent, Settled, Waiting};

/// A script that any one element opens, told apart by `nonce`: as a contract's, many unlocking scripts open it.
fn open(nonce: u8) -> LockingScript {
    // <nonce> OP_DROP OP_DROP OP_1
    LockingScript::from_bytes(vec![0x02, nonce, 0x80, 0x75, 0x75, 0x51])
}

/// A transaction with a coin under [`open`] as output 0.
fn opened(nonce: u8, coin: &Coin) -> Transaction {
    deployment(&open(nonce), coin, &key(1))
}

/// All of the coin less the fee, to the key of that seed.
fn spend(coin: &Coin, to: u64) -> Transaction {
    let mut funded = Draft::new(RATE, key(to).pubkey_hash()).add_contract(coin.clone(), 1).fund().unwrap();
    funded.unlock(0, UnlockingScript::from_bytes(vec![0x51])).unwrap();
    funded.finish().unwrap()
}

/// The same with another unlocking script, as anybody can make it who has no key.
fn changed(transaction: &Transaction) -> Transaction {
    let mut changed = transaction.clone();
    changed.input[0].script_sig = ScriptBuf::from_bytes(vec![0x52]);
    changed
}

/// A mined coin under [`open`] on the scene's node.
fn open_coin(scene: &mut Scene) -> Coin {
    let deployed = opened(1, &scene.coins[0]);
    scene.send_foreign(&deployed);
    scene.mine(1);
    Coin::of(&deployed, 0).unwrap()
}

#[test]
fn fault__claim_changed_on_its_way__what_pays_the_same_is_followed() {
    let mut scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    Shop::set_up(folder.path());
    let shop = Shop::open(folder.path());
    let (artifact, contract) = shop.new_contract(&scene.owner);
    let id = scene.wallet.add_contract("inference-payment", contract.locking_script(), &artifact).unwrap();
    let purse = Purse { key: &scene.owner, coins: slice::from_ref(&scene.coins[0]) };
    let deployed = contracts::lock(&contract, AMOUNT, &purse, RATE).unwrap().transaction;
    scene.wallet.record(&deployed, Purpose::Deployment { contract: id, vout: 0 }).unwrap();
    scene.resume();
    scene.mine(1);

    let (locked, prover) = (Locked::of(&contract, &deployed).unwrap(), key(2));
    let proof = shop.new_proof(&contract, &prover);
    let ours = locked.claim(&prover, &Shop::evidence(&contract, &proof), RATE).unwrap().transaction;
    let theirs = locked.claim(&prover, &Shop::respelt_evidence(&contract, &proof), RATE).unwrap().transaction;
    // Signature and key, the last 100 bytes and more, are the same: nobody has signed anew.
    let end = |claim: &Transaction| claim.input[0].script_sig.as_bytes().last_chunk::<100>().copied();
    assert_eq!(end(&ours), end(&theirs));
    assert_ne!(ours.compute_txid(), theirs.compute_txid());

    let proof = scene.wallet.add_proof(id, &proof).unwrap();
    let coin = locked.coin().outpoint;
    let purpose = Purpose::Claim { contract: id, coin, proof: Some(proof) };
    let txid = scene.wallet.record(&ours, purpose.clone()).unwrap().txid();
    let rival = scene.send_foreign(&theirs);
    let report = scene.resume();
    assert_eq!(report.of(txid).unwrap().after, State::Conflicted { coin, rival: Some(rival) });
    assert_eq!(report.of(rival).unwrap().after.name(), Waiting);
    assert!(!report.is_finished(), "the money is not where it should be yet");

    let mut scene = scene.reopen();
    let substitute = scene.wallet.substitute_of(txid).unwrap();
    assert_eq!((substitute.txid(), substitute.purpose()), (rival, &purpose));
    let rows = scene.wallet.list().transactions;
    let substitutes: Vec<_> = rows.iter().map(|row| row.substitute).collect();
    assert_eq!(substitutes, [None, Some(rival), None]);
    scene.mine(3);
    assert!(scene.resume().is_finished());
    assert_eq!((scene.state(txid).name(), scene.state(rival).name()), (Conflicted, Settled));
    assert_eq!(scene.wallet.coins_of(id)[0].spends, [txid, rival]);
    let paid = scene.node.unspent(OutPoint::new(rival, 0)).unwrap().unwrap();
    assert_eq!(paid.script_pubkey.as_bytes(), LockingScript::p2pkh(&prover.pubkey_hash().0).as_bytes());
}

#[test]
fn fault__parent_changed_on_its_way__child_is_refused_and_built_anew() {
    let mut scene = Scene::new();
    let coin = open_coin(&mut scene);
    let ours = spend(&coin, 1);
    let child = pay(&Coin::of(&ours, 0).unwrap(), &scene.owner, &key(2), RATE);
    let (txid, child) = (scene.record(&ours), scene.record(&child));
    let theirs = changed(&ours);
    let rival = scene.send_foreign(&theirs);
    let report = scene.resume();
    assert_eq!(report.of(txid).unwrap().after.name(), Conflicted);
    let State::Rejected { code: -25, reason } = &report.of(child).unwrap().after else { panic!("{report:?}") };
    let words = format!("is conflicted; {rival} pays the same in its place: spend its output of the same number");
    assert!(reason.ends_with(&words), "{reason}");
    // What spends the coin that will never be is not recorded any more, and the error says which is there instead.
    let late = pay(&Coin::of(&ours, 0).unwrap(), &scene.owner, &key(3), RATE);
    let error = scene.wallet.record(&late, payment()).map(drop).unwrap_err();
    assert!(matches!(error, RecordError::DeadParent { substitute: Some(s), .. } if s == rival), "{error:?}");
    assert!(error.to_string().ends_with(&words), "{error}");

    let again = pay(&Coin::of(&theirs, 0).unwrap(), &scene.owner, &key(2), RATE);
    let again = scene.record(&again);
    assert_eq!(scene.resumed(again), (Waiting, passed(0)));
    scene.mine(3);
    assert!(scene.resume().is_finished());
    let names = [txid, child, rival, again].map(|txid| scene.state(txid).name());
    assert_eq!(names, [Conflicted, Rejected, Settled, Settled]);
}

#[test]
fn fault__changed_transaction_forgotten__own_is_sent_again() {
    let mut scene = Scene::new();
    let coin = open_coin(&mut scene);
    let ours = spend(&coin, 2);
    let txid = scene.record(&ours);
    let rival = scene.send_foreign(&changed(&ours));
    assert_eq!(scene.resumed(txid), (Conflicted, None));
    assert_eq!(scene.mempool(), [rival]);
    scene.restart_forgetful();
    let report = scene.resume();
    assert_eq!(report.of(txid).unwrap().after, State::Waiting { since_height: report.height, rivals: vec![] });
    let lost = State::Conflicted { coin: coin.outpoint, rival: Some(txid) };
    assert_eq!(report.of(rival).unwrap().after, lost);
    assert_eq!(scene.mempool(), [txid]);
    // What has gone out is followed as any other, and nothing goes back and forth.
    scene.restart_forgetful();
    assert_eq!(scene.resumed(txid), (Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
    scene.mine(3);
    assert!(scene.resume().is_finished());
    let history = [Recorded, Sent, Conflicted, Recorded, Sent, Waiting, StateName::Mined, Settled];
    assert_eq!(scene.history(txid), history);
    assert_eq!(scene.state(rival), lost);
}

/// An embedded ledger with two coins under [`open`].
fn embedded() -> (EmbeddedLedger, [Coin; 2]) {
    let mut chain = EmbeddedLedger::new(RATE);
    let funding = coins(&mut chain, &key(1), 2);
    let opened = [opened(1, &funding[0]), opened(2, &funding[1])];
    for deployed in &opened {
        chain.broadcast(deployed).unwrap();
    }
    chain.mine(1, key(9).pubkey_hash()).unwrap();
    (chain, opened.map(|deployed| Coin::of(&deployed, 0).unwrap()))
}

fn empty_wallet() -> (tempfile::TempDir, Wallet) {
    let folder = tempfile::tempdir().unwrap();
    let wallet = Wallet::create(&folder.path().join("wallet"), "embedded").unwrap();
    (folder, wallet)
}

#[test]
fn substitute__other_outputs_or_coins__is_not_taken_in() {
    let (chain, [coin, other]) = embedded();
    let ours = spend(&coin, 2);
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut rival = changed(&ours);
        change(&mut rival);
        rival
    };
    let input = TxIn {
        previous_output: other.outpoint,
        script_sig: ScriptBuf::from_bytes(vec![0x51]),
        sequence: Sequence::MAX,
        ..TxIn::default()
    };
    for (what, rival, is_taken_in) in [
        ("the same", with(&|_| {}), true),
        // All inputs are final: a settlement can be sent anew so.
        ("another lock time", with(&|rival| rival.lock_time = LockTime::from_consensus(7)), true),
        ("one satoshi less", with(&|rival| rival.output[0].value -= Amount::ONE_SAT), false),
        ("another payee", spend(&coin, 3), false),
        ("one coin more", with(&|rival| rival.input.push(input.clone())), false),
    ] {
        let (mut chain, (_folder, mut wallet)) = (chain.clone(), empty_wallet());
        let txid = wallet.record(&ours, payment()).unwrap().txid();
        let rival = chain.broadcast(&rival).unwrap();
        let report = wallet.resume(&mut chain, depth(2)).unwrap();
        let lost = State::Conflicted { coin: coin.outpoint, rival: Some(rival) };
        assert_eq!(report.of(txid).unwrap().after, lost, "{what}");
        assert_eq!(wallet.substitute_of(txid).map(wallet::Recorded::txid), is_taken_in.then_some(rival), "{what}");
        assert_eq!(wallet.transactions().len(), if is_taken_in { 2 } else { 1 }, "{what}");
        assert_eq!(report.is_finished(), !is_taken_in, "{what}");
        // Mined, it stays what it is; a chain with a record of spenders would name it now as well.
        chain.mine(2, key(9).pubkey_hash()).unwrap();
        assert!(wallet.resume(&mut chain, depth(2)).unwrap().is_finished(), "{what}");
        assert_eq!(wallet.transaction(txid).unwrap().state(), &lost, "{what}");
    }
}

/// What is said of a rival's transaction.
enum Says {
    Nothing,
    Another(Transaction),
    Truth,
}

/// A chain that is asked for a transaction and may not have an answer.
struct Asked(EmbeddedLedger, Says);

impl Chain for Asked {
    fn info(&self) -> Result<ChainInfo, ChainError> {
        self.0.info()
    }

    fn broadcast(&mut self, transaction: &Transaction) -> Result<Txid, BroadcastError> {
        self.0.broadcast(transaction)
    }

    fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        self.0.unspent(outpoint)
    }

    fn status(&self, txid: Txid) -> Result<Option<TxStatus>, ChainError> {
        self.0.status(txid)
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        match &self.1 {
            Says::Nothing => Err(ChainError { retry: Retry::Safe, source: "no answer".into() }),
            Says::Another(transaction) => Ok(Some(transaction.clone())),
            Says::Truth => self.0.transaction(txid),
        }
    }
}

#[test]
fn fault__no_answer_about_what_changed__is_asked_again() {
    let ((chain, [coin, _]), (folder, mut wallet)) = (embedded(), empty_wallet());
    let ours = spend(&coin, 2);
    let txid = wallet.record(&ours, payment()).unwrap().txid();
    let mut third = changed(&ours);
    third.input[0].script_sig = ScriptBuf::from_bytes(vec![0x53]);
    let mut chain = Asked(chain, Says::Nothing);
    let rival = chain.0.broadcast(&changed(&ours)).unwrap();
    for _ in 0..2 {
        let report = wallet.resume(&mut chain, depth(2)).unwrap();
        let progress = report.of(txid).unwrap();
        assert!(progress.after.name() == Conflicted && is_answer(progress.pending.as_ref()), "{progress:?}");
        assert_eq!(wallet.transactions().len(), 1);
    }
    // Something that pays the same and is not what was asked for.
    chain.1 = Says::Another(third);
    wallet.resume(&mut chain, depth(2)).unwrap();
    assert_eq!(wallet.transactions().len(), 1);
    // The process ends here; the next one learns it.
    drop(wallet);
    let mut wallet = Wallet::open(&folder.path().join("wallet")).unwrap();
    chain.1 = Says::Truth;
    let report = wallet.resume(&mut chain, depth(2)).unwrap();
    assert_eq!(wallet.substitute_of(txid).map(wallet::Recorded::txid), Some(rival));
    assert_eq!(report.of(rival).unwrap().pending, Some(Pending::Block { passed: 0 }));
}
