//! The same transactions to a real node and to the embedded ledger: same verdicts, same reasons.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic, as tests do")]

use bitcoin::{Amount, ScriptBuf, Sequence, absolute::LockTime};
use chain_types::{FeeRate, LockingScript, Opcode, Satoshis, UnlockingScript};
use ledger::{BroadcastError, Chain, EmbeddedLedger, Rejection, TestChain, mature_coin};
use node_tests::start_node;
use rand::{SeedableRng as _, rngs::StdRng};
use tx_builder::{
    Coin, Draft, OutPoint, SighashPreimage, SighashType, SigningKey, Transaction, Txid, p2pkh_unlocking, spend,
};

const RATE: FeeRate = FeeRate::DEFAULT;
const COIN: Satoshis = Satoshis(100_000);

/// A chain with one transaction's outputs to spend: what each test starts from.
struct Funds {
    key: SigningKey,
    reward: Coin,
    fan_out: Transaction,
}

/// Outputs of [`Funds::fan_out`].
const OWN: u32 = 0;
const OWN_TOO: u32 = 1;
/// Asks for two numbers whose product is 35.
const PRODUCT: u32 = 2;
const OVERSIZED: u32 = 3;
/// The change: enough for any fee.
const RICH: u32 = 4;

fn product_is_35() -> LockingScript {
    let mut script = LockingScript::default();
    script.push_opcode(Opcode::OP_MUL);
    script.push_slice(&[35]);
    script.push_opcode(Opcode::OP_NUMEQUAL);
    script
}

impl Funds {
    fn on(chain: &mut dyn TestChain) -> Self {
        let key = SigningKey::random(&mut StdRng::seed_from_u64(2));
        let own = LockingScript::p2pkh(&key.pubkey_hash().0);
        let oversized = LockingScript::from_bytes([vec![Opcode::OP_NOP.0; 500_000], vec![Opcode::OP_1.0]].concat());
        let reward = mature_coin(chain, key.pubkey_hash()).unwrap();
        let mut draft = Draft::new(RATE, key.pubkey_hash()).add_p2pkh(reward.clone());
        for locking_script in [own.clone(), own, product_is_35(), oversized] {
            draft = draft.pay(locking_script, COIN);
        }
        let mut funded = draft.fund().unwrap();
        funded.sign_all(&key).unwrap();
        let fan_out = funded.finish().unwrap();
        chain.broadcast(&fan_out).unwrap();
        chain.mine(1, key.pubkey_hash()).unwrap();
        Self { key, reward, fan_out }
    }

    fn coin(&self, vout: u32) -> Coin {
        Coin::of(&self.fan_out, vout).unwrap()
    }

    fn draft(&self, coin: Coin) -> Draft {
        Draft::new(RATE, self.key.pubkey_hash()).add_p2pkh(coin)
    }

    fn sign(&self, draft: Draft) -> Transaction {
        let mut funded = draft.fund().unwrap();
        funded.sign_all(&self.key).unwrap();
        funded.finish().unwrap()
    }

    /// A good spend of the first coin, altered after signing.
    fn altered(&self, alter: impl FnOnce(&mut Transaction)) -> Transaction {
        let mut transaction = self.sign(self.draft(self.coin(OWN)));
        alter(&mut transaction);
        transaction
    }

    /// A good spend of the first coin, altered, then signed again.
    fn altered_and_signed(&self, alter: impl FnOnce(&mut Transaction)) -> Transaction {
        let mut transaction = self.altered(alter);
        let coin = self.coin(OWN);
        let script_code = coin.locking_script.as_bytes();
        let preimage = SighashPreimage::new(&transaction, 0, script_code, coin.value, SighashType::ALL_FORKID);
        let signature = self.key.sign(&preimage.unwrap().sighash(), SighashType::ALL_FORKID);
        let unlocking = p2pkh_unlocking(&signature, &self.key.public_key_bytes());
        transaction.input[0].script_sig = ScriptBuf::from_bytes(unlocking.into_bytes());
        transaction
    }

    fn unlocked_with(&self, vout: u32, unlocking: &[u8]) -> Transaction {
        let mut funded = spend(self.coin(vout), unlocking.len(), self.key.pubkey_hash(), RATE).unwrap();
        funded.unlock(0, UnlockingScript::from_bytes(unlocking.to_vec())).unwrap();
        funded.finish().unwrap()
    }
}

fn set_value(transaction: &mut Transaction, satoshis: u64) {
    transaction.output[0].value = Amount::from_sat(satoshis);
}

fn set_unlocking(transaction: &mut Transaction, unlocking: Vec<u8>) {
    transaction.input[0].script_sig = ScriptBuf::from_bytes(unlocking);
}

fn unlocking(transaction: &Transaction) -> Vec<u8> {
    transaction.input[0].script_sig.to_bytes()
}

type Case = (&'static str, Transaction, &'static str);

/// Broken by form, before any coin is looked at.
fn broken_forms(funds: &Funds) -> Vec<Case> {
    let all_coins = Satoshis::MAX.0;
    vec![
        ("no outputs", funds.altered(|t| t.output.clear()), "16: bad-txns-vout-empty"),
        ("negative value", funds.altered(|t| set_value(t, u64::MAX)), "16: bad-txns-vout-negative"),
        ("impossible value", funds.altered(|t| set_value(t, all_coins + 1)), "16: bad-txns-vout-toolarge"),
        (
            "impossible sum",
            funds.altered(|t| {
                set_value(t, all_coins);
                t.output.push(t.output[0].clone());
            }),
            "16: bad-txns-txouttotal-toolarge",
        ),
        ("same coin twice", funds.altered(|t| t.input.push(t.input[0].clone())), "16: bad-txns-inputs-duplicate"),
        ("a reward", funds.altered(|t| t.input[0].previous_output = OutPoint::null()), "16: bad-tx-coinbase"),
        (
            "half a reward",
            funds.altered(|t| {
                t.input.push(t.input[0].clone());
                t.input[1].previous_output = OutPoint::null();
            }),
            "16: bad-txns-prevout-null",
        ),
        (
            "script-hash output",
            funds.altered(|t| {
                t.output[0].script_pubkey = ScriptBuf::from_bytes([&[0xa9, 20][..], &[7; 20], &[0x87]].concat());
            }),
            "16: bad-txns-vout-p2sh",
        ),
    ]
}

/// Broken by policy or by the coins it names.
fn broken_by_policy_or_coins(funds: &Funds) -> Vec<Case> {
    let elsewhere = OutPoint::new(funds.fan_out.compute_txid(), 99);
    let ten_megabytes = LockingScript::from_bytes(vec![Opcode::OP_1.0; 10_000_000]);
    vec![
        ("version", funds.altered_and_signed(|t| t.version.0 = 3), "64: version"),
        ("size", funds.sign(funds.draft(funds.coin(RICH)).pay(ten_megabytes, COIN)), "64: tx-size"),
        ("dust", funds.altered_and_signed(|t| set_value(t, 0)), "64: dust"),
        ("not only pushes", funds.altered(|t| set_unlocking(t, vec![0x51, 0x61])), "64: scriptsig-not-pushonly"),
        ("unknown coin", funds.altered_and_signed(|t| t.input[0].previous_output = elsewhere), "Missing inputs"),
        ("coin spent in a block", funds.sign(funds.draft(funds.reward.clone())), "Missing inputs"),
        ("more out than in", funds.altered_and_signed(|t| set_value(t, COIN.0 + 1)), "16: bad-txns-in-belowout"),
        ("fee by mistake", funds.sign_rich_fee(), "256: absurdly-high-fee"),
    ]
}

impl Funds {
    /// Gives almost everything to the fee.
    fn sign_rich_fee(&self) -> Transaction {
        let mut transaction = self.sign(self.draft(self.coin(RICH)));
        set_value(&mut transaction, 1);
        transaction
    }
}

/// Broken by its scripts: refused by the relay's rules alone, or by every rule set.
fn broken_scripts(funds: &Funds) -> Vec<Case> {
    vec![
        (
            "value altered after signing",
            funds.altered(|t| set_value(t, 5)),
            "16: mandatory-script-verify-flag-failed (Signature must be zero for failed CHECK(MULTI)SIG operation)",
        ),
        (
            "no signature",
            funds.altered(|t| set_unlocking(t, Vec::new())),
            "16: mandatory-script-verify-flag-failed (Operation not valid with the current stack size)",
        ),
        (
            "hash type without FORKID",
            funds.altered(|t| {
                let mut bytes = unlocking(t);
                let hash_type = usize::from(bytes[0]);
                bytes[hash_type] = 0x01;
                set_unlocking(t, bytes);
            }),
            "16: mandatory-script-verify-flag-failed (Signature must use SIGHASH_FORKID)",
        ),
        (
            "an element too many",
            funds.altered(|t| set_unlocking(t, [vec![0x51], unlocking(t)].concat())),
            "64: non-mandatory-script-verify-flag (Script did not clean its stack)",
        ),
        (
            "push by a longer opcode",
            funds.altered(|t| set_unlocking(t, [vec![0x4c], unlocking(t)].concat())),
            "64: non-mandatory-script-verify-flag (Data push larger than necessary)",
        ),
        (
            "wrong product",
            funds.unlocked_with(PRODUCT, &[0x55, 0x56]),
            "16: mandatory-script-verify-flag-failed \
             (Script evaluated without error but finished with a false/empty top stack element)",
        ),
        (
            "factor with needless bytes",
            funds.unlocked_with(PRODUCT, &[0x02, 5, 0, 0x57]),
            "64: non-mandatory-script-verify-flag (Non-minimally encoded script number)",
        ),
        (
            "locking script over the limit",
            funds.unlocked_with(OVERSIZED, &[]),
            "64: non-mandatory-script-verify-flag (Script is too big)",
        ),
    ]
}

fn assert_refused(chain: &mut dyn TestChain, case: &Case) {
    assert_refused_for(chain, case, None);
}

fn assert_refused_for(chain: &mut dyn TestChain, (name, transaction, reason): &Case, rival: Option<Txid>) {
    let code = if *reason == "Missing inputs" { -25 } else { -26 };
    let expected = Rejection { code, reason: (*reason).to_owned(), rival };
    match chain.broadcast(transaction) {
        Err(BroadcastError::Rejected(rejection)) => assert_eq!(rejection, expected, "{name}"),
        other => panic!("{name}: {other:?}, expected {expected:?}"),
    }
}

fn check_verdicts(chain: &mut dyn TestChain) {
    let funds = Funds::on(chain);
    for case in [broken_forms(&funds), broken_by_policy_or_coins(&funds), broken_scripts(&funds)].concat() {
        assert_refused(chain, &case);
    }
    // The twins: the same coins, nothing broken.
    chain.broadcast(&funds.altered(|_| ())).unwrap();
    chain.broadcast(&funds.unlocked_with(PRODUCT, &[0x55, 0x57])).unwrap();

    let second = |fee_rate| {
        let draft = Draft::new(FeeRate(fee_rate), funds.key.pubkey_hash()).add_p2pkh(funds.coin(OWN_TOO));
        funds.sign(draft)
    };
    let first = chain.broadcast(&second(100)).unwrap();
    let in_the_mempool = ("double spend in the mempool", second(200), "258: txn-mempool-conflict");
    assert_refused_for(chain, &in_the_mempool, Some(first));
    let blocks = chain.mine(1, funds.key.pubkey_hash()).unwrap();
    assert_refused(chain, &("double spend of a block", second(200), "Missing inputs"));
    assert_eq!(chain.status(second(100).compute_txid()).unwrap().unwrap().confirmations, 1);

    let reward = chain.coinbase(blocks[0]).unwrap().unwrap();
    let early = funds.sign(funds.draft(reward));
    chain.mine(98, funds.key.pubkey_hash()).unwrap();
    assert_refused(chain, &("reward one block early", early.clone(), "16: bad-txns-premature-spend-of-coinbase"));
    chain.mine(1, funds.key.pubkey_hash()).unwrap();
    chain.broadcast(&early).unwrap();
}

#[test]
fn verdicts__real_node__are_those_listed() {
    check_verdicts(&mut start_node());
}

#[test]
fn verdicts__embedded_ledger__are_those_listed() {
    check_verdicts(&mut EmbeddedLedger::new(RATE));
}

/// Where the embedded ledger says no at once, a node keeps a transaction without mining it.
#[test]
fn verdicts__too_cheap_or_not_final__differ_as_documented() {
    let too_cheap = |funds: &Funds| funds.altered_and_signed(|t| set_value(t, COIN.0));
    let not_final = |funds: &Funds| {
        funds.altered_and_signed(|t| {
            t.lock_time = LockTime::from_consensus(5_000);
            t.input[0].sequence = Sequence::ZERO;
        })
    };
    let mut ledger = EmbeddedLedger::new(RATE);
    let funds = Funds::on(&mut ledger);
    assert_refused(&mut ledger, &("too cheap", too_cheap(&funds), "66: mempool min fee not met"));
    assert_refused(&mut ledger, &("not final", not_final(&funds), "64: bad-txns-nonfinal"));

    let mut node = start_node();
    let funds = Funds::on(&mut node);
    for transaction in [not_final(&funds), too_cheap(&funds)] {
        let txid = node.broadcast(&transaction).unwrap();
        node.mine(1, funds.key.pubkey_hash()).unwrap();
        assert_eq!(node.status(txid).unwrap().map_or(0, |status| status.confirmations), 0);
    }
}
