//! From coins and outputs to a transaction with fee and change fixed.

mod selection;

use std::collections::HashSet;

use bitcoin::{
    OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute::LockTime, transaction::Version,
};
use chain_types::{AmountError, FeeRate, LockingScript, Satoshis};
use statement::PubkeyHash;

use crate::{
    Coin, Funded, Signature,
    coin::transaction_output,
    funded::{Input, p2pkh_unlocking},
};

/// The smallest output the node relays (node v1.2.2, `src/primitives/transaction.h:203-213`).
pub const DUST_LIMIT: Satoshis = Satoshis(1);

/// Coins to spend and outputs to make; fee and remainder are still open.
#[derive(Clone, Debug)]
pub struct Draft {
    inputs: Vec<Input>,
    outputs: Vec<TxOut>,
    remainder: Remainder,
    fee_rate: FeeRate,
    version: Version,
}

/// Who gets what is left over.
#[derive(Clone, Copy, Debug)]
enum Remainder {
    /// The owner of a key, in a last output.
    To(PubkeyHash),
    /// Whoever mines the transaction: its outputs are what they are.
    Fee,
}

/// Why coins do not make a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Outputs and fee exceed the coins.
    #[error("{need} needed for outputs and fee, {have} at hand")]
    InsufficientFunds {
        /// The coins' sum.
        have: Satoshis,
        /// Outputs and fee.
        need: Satoshis,
    },
    /// An output that no node relays.
    #[error("output {vout} of {value} is dust: the least is {DUST_LIMIT}")]
    Dust {
        /// Which output.
        vout: usize,
        /// Its value.
        value: Satoshis,
    },
    /// The same coin twice.
    #[error("coin {outpoint} is used twice")]
    DuplicateCoin {
        /// The coin.
        outpoint: OutPoint,
    },
    /// A sum beyond all coins there are.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl Draft {
    /// Starts a transaction that pays `fee_rate` and gives what is left over to `remainder_to`. Its version is 1, for
    /// which the node enforces every rule against malleability.
    pub const fn new(fee_rate: FeeRate, remainder_to: PubkeyHash) -> Self {
        Self::with_remainder(fee_rate, Remainder::To(remainder_to))
    }

    /// Starts a transaction whose outputs are exactly those it is told to make, as a contract may ask: what is left over
    /// is the fee, at least `fee_rate`. [`Funded::fee`] says how much that is.
    pub const fn exact(fee_rate: FeeRate) -> Self {
        Self::with_remainder(fee_rate, Remainder::Fee)
    }

    const fn with_remainder(fee_rate: FeeRate, remainder: Remainder) -> Self {
        Self { inputs: Vec::new(), outputs: Vec::new(), remainder, fee_rate, version: Version::ONE }
    }

    /// Sets the version. From 2 up, a chain since Chronicle waives its rules against malleability.
    #[must_use]
    pub const fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Spends a coin that is under one public key ([`Funded::sign_p2pkh`] unlocks it).
    #[must_use]
    pub fn add_p2pkh(self, coin: Coin) -> Self {
        let longest = p2pkh_unlocking(&Signature::placeholder(), &[0; 33]);
        self.add_contract(coin, longest.len())
    }

    /// Spends a coin under any condition. `unlocking_len` is the longest its unlocking script can get, in bytes:
    /// make one with [`Signature::placeholder`] and take its length.
    #[must_use]
    pub fn add_contract(mut self, coin: Coin, unlocking_len: usize) -> Self {
        self.inputs.push(Input { coin, unlocking_len, unlocking: None });
        self
    }

    /// Adds an output. One that holds data alone ([`LockingScript::data`]) needs no value.
    #[must_use]
    pub fn pay(mut self, locking_script: LockingScript, value: Satoshis) -> Self {
        self.outputs.push(transaction_output(locking_script, value));
        self
    }

    /// Fixes the fee from the longest the transaction can get, and gives the remainder to its owner as last output.
    ///
    /// If the remainder would be dust and there are other outputs that pay somebody, it goes to the fee instead.
    ///
    /// # Errors
    /// [`BuildError`], one variant per defect.
    pub fn fund(self) -> Result<Funded, BuildError> {
        self.check_coins_differ()?;
        self.check_no_dust()?;
        let have = sum(self.inputs.iter().map(|input| input.coin.value))?;
        let paid = sum(self.outputs.iter().map(|output| Satoshis(output.value.to_sat())))?;

        if let Remainder::To(owner) = self.remainder {
            let remainder_lock = LockingScript::p2pkh(&owner.0);
            let mut with_remainder = self.outputs.clone();
            with_remainder.push(transaction_output(remainder_lock.clone(), DUST_LIMIT));
            let mut transaction = self.transaction(with_remainder);
            let size_bound = self.longest(&transaction);
            let fee = self.fee_rate.fee(size_bound);
            let remainder = have.0.checked_sub(paid.0).and_then(|rest| rest.checked_sub(fee.0)).map(Satoshis);
            if let Some(remainder) = remainder
                && remainder >= DUST_LIMIT
            {
                transaction.output.pop();
                transaction.output.push(transaction_output(remainder_lock, remainder));
                return Ok(Funded::new(self.inputs, transaction, fee, size_bound));
            }
            if self.outputs.iter().all(is_data_output) {
                let need = Satoshis(paid.0.saturating_add(fee.0).saturating_add(DUST_LIMIT.0));
                return Err(BuildError::InsufficientFunds { have, need });
            }
        }

        let transaction = self.transaction(self.outputs.clone());
        let size_bound = self.longest(&transaction);
        let need = Satoshis(paid.0.saturating_add(self.fee_rate.fee(size_bound).0));
        if have < need {
            return Err(BuildError::InsufficientFunds { have, need });
        }
        let fee = have.checked_sub(paid)?;
        Ok(Funded::new(self.inputs, transaction, fee, size_bound))
    }

    /// The same with as many of `coins` more, each under one public key, in their order, as it takes.
    ///
    /// # Errors
    /// [`BuildError`]; [`BuildError::InsufficientFunds`] if all coins together do not suffice.
    pub fn fund_with(mut self, coins: impl IntoIterator<Item = Coin>) -> Result<Funded, BuildError> {
        let mut funded = self.clone().fund();
        for coin in coins {
            if !matches!(funded, Err(BuildError::InsufficientFunds { .. })) {
                break;
            }
            self = self.add_p2pkh(coin);
            funded = self.clone().fund();
        }
        funded
    }

    fn check_coins_differ(&self) -> Result<(), BuildError> {
        let mut seen = HashSet::new();
        match self.inputs.iter().map(|input| input.coin.outpoint).find(|outpoint| !seen.insert(*outpoint)) {
            Some(outpoint) => Err(BuildError::DuplicateCoin { outpoint }),
            None => Ok(()),
        }
    }

    fn check_no_dust(&self) -> Result<(), BuildError> {
        let dust = |output: &TxOut| output.value.to_sat() < DUST_LIMIT.0 && !is_data_output(output);
        match self.outputs.iter().enumerate().find(|(_, output)| dust(output)) {
            Some((vout, output)) => Err(BuildError::Dust { vout, value: Satoshis(output.value.to_sat()) }),
            None => Ok(()),
        }
    }

    /// The transaction with empty unlocking scripts: they are not part of what is signed.
    fn transaction(&self, output: Vec<TxOut>) -> Transaction {
        let input = |input: &Input| TxIn {
            previous_output: input.coin.outpoint,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let input = self.inputs.iter().map(input).collect();
        Transaction { version: self.version, lock_time: LockTime::ZERO, input, output }
    }

    /// Size in bytes once every unlocking script is as long as it can get.
    fn longest(&self, unsigned: &Transaction) -> usize {
        let mut unlocked = unsigned.clone();
        for (unlocked, input) in unlocked.input.iter_mut().zip(&self.inputs) {
            unlocked.script_sig = ScriptBuf::from_bytes(vec![0; input.unlocking_len]);
        }
        unlocked.total_size()
    }
}

/// Whether an output holds data alone: the node relays it without value.
fn is_data_output(output: &TxOut) -> bool {
    output.script_pubkey.as_bytes().starts_with(&LockingScript::DATA_PREFIX)
}

fn sum(values: impl Iterator<Item = Satoshis>) -> Result<Satoshis, AmountError> {
    values.into_iter().try_fold(Satoshis(0), Satoshis::checked_add)
}

/// Locks `amount` under a contract: output 0 is the contract, output 1 the change, if any. Takes as many `coins`, in
/// their order, as it needs.
///
/// # Errors
/// As [`Draft::fund_with`].
pub fn deploy(
    contract: LockingScript,
    amount: Satoshis,
    coins: impl IntoIterator<Item = Coin>,
    change: PubkeyHash,
    fee_rate: FeeRate,
) -> Result<Funded, BuildError> {
    Draft::new(fee_rate, change).pay(contract, amount).fund_with(coins)
}

/// Spends a contract's coin: input 0 is the contract, output 0 pays its value less the fee to `recipient`.
///
/// # Errors
/// [`BuildError::InsufficientFunds`] if the fee leaves nothing.
pub fn spend(
    contract: Coin,
    unlocking_len: usize,
    recipient: PubkeyHash,
    fee_rate: FeeRate,
) -> Result<Funded, BuildError> {
    Draft::new(fee_rate, recipient).add_contract(contract, unlocking_len).fund()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use chain_types::UnlockingScript;
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;
    use crate::{SigningKey, UnlockError};

    const RATE: FeeRate = FeeRate(100);

    fn key(seed: u64) -> SigningKey {
        SigningKey::random(&mut StdRng::seed_from_u64(seed))
    }

    fn coin(n: u8, value: u64, owner: &SigningKey) -> Coin {
        let outpoint = OutPoint::new(hex::encode([n; 32]).parse().expect("64 digits"), u32::from(n));
        Coin { outpoint, value: Satoshis(value), locking_script: LockingScript::p2pkh(&owner.pubkey_hash().0) }
    }

    fn contract() -> LockingScript {
        LockingScript::from_bytes(vec![0x51; 30_000])
    }

    /// Fee covers the size, and is at most that of two bytes more for each input's signature.
    fn assert_fee_is_tight(transaction: &Transaction, fee: Satoshis, rate: FeeRate) {
        let size = transaction.total_size();
        assert!(fee >= rate.fee(size), "{fee} for {size} bytes");
        let loose = rate.fee(size + 2 * transaction.input.len());
        assert!(fee <= loose, "{fee} for {size} bytes, at most {loose} expected");
    }

    #[test]
    fn deploy__enough_coins__pays_contract_change_and_exact_fee() {
        let owner = key(1);
        for seed in 0..20u8 {
            // Rate 1000 sat per 1000 bytes makes every byte visible in the fee.
            let rate = FeeRate(1_000);
            let coins = [coin(seed, 20_000, &owner), coin(100, 30_000, &owner), coin(101, 1, &owner)];
            let funded = deploy(contract(), Satoshis(5_000), coins, owner.pubkey_hash(), rate);
            let mut funded = funded.expect("enough coins");
            funded.sign_all(&owner).expect("own coins");
            let fee = funded.fee();
            let transaction = funded.finish().expect("signed");
            assert_eq!(transaction.input.len(), 2, "the third coin is not needed");
            let values: Vec<_> = transaction.output.iter().map(|output| output.value.to_sat()).collect();
            assert_eq!(values, [5_000, 45_000 - fee.0]);
            assert_eq!(transaction.output[0].script_pubkey.as_bytes(), contract().as_bytes());
            assert_fee_is_tight(&transaction, fee, rate);
        }
    }

    #[test]
    fn deploy__too_few_coins__says_have_and_need() {
        let owner = key(2);
        let funded = |value| deploy(contract(), Satoshis(5_000), [coin(1, value, &owner)], owner.pubkey_hash(), RATE);
        let Err(BuildError::InsufficientFunds { have, need }) = funded(5_500) else { panic!("5,500 is too little") };
        assert_eq!(have, Satoshis(5_500));
        assert!(funded(need.0).is_ok(), "exactly what is needed suffices");
        assert_eq!(
            funded(need.0 - 1).expect_err("one satoshi short"),
            BuildError::InsufficientFunds { have: Satoshis(need.0 - 1), need }
        );
        let none = deploy(contract(), Satoshis(5_000), [], owner.pubkey_hash(), RATE);
        assert!(matches!(none, Err(BuildError::InsufficientFunds { have: Satoshis(0), .. })));
    }

    #[test]
    fn fund__remainder_below_dust__goes_to_the_fee() {
        let owner = key(3);
        let with = |value| {
            let draft = Draft::new(RATE, owner.pubkey_hash()).pay(contract(), Satoshis(5_000));
            draft.add_p2pkh(coin(1, value, &owner)).fund().expect("enough")
        };
        let roomy = with(100_000);
        let exact = 5_000 + roomy.fee().0;
        assert_eq!(with(exact).transaction().output.len(), 1, "no satoshi left for an output");
        assert_eq!(with(exact).fee(), roomy.fee());
        let one_left = with(exact + 1);
        assert_eq!(one_left.transaction().output[1].value.to_sat(), 1);
    }

    #[test]
    fn spend__whole_value__goes_to_the_recipient_less_the_fee() {
        let owner = key(4);
        let contract = Coin { locking_script: contract(), ..coin(7, 50_000, &owner) };
        let unlocking = |signature: &Signature| {
            let mut script = UnlockingScript::from_bytes(vec![0x51; 16_000]);
            script.push_slice(signature.as_bytes());
            script
        };
        let unlocking_len = unlocking(&Signature::placeholder()).len();
        let rate = FeeRate(1_000);
        let mut funded = spend(contract, unlocking_len, owner.pubkey_hash(), rate).expect("enough");
        let signature = funded.sign(0, &owner).expect("input 0");
        funded.unlock(0, unlocking(&signature)).expect("as long as announced");
        let fee = funded.fee();
        let transaction = funded.finish().expect("unlocked");
        assert_eq!(transaction.output.len(), 1);
        assert_eq!(transaction.output[0].value.to_sat(), 50_000 - fee.0);
        assert_fee_is_tight(&transaction, fee, rate);
    }

    #[test]
    fn exact__coins_above_outputs_and_fee__leave_the_rest_to_the_fee() {
        let owner = key(11);
        let with = |value| Draft::exact(RATE).pay(contract(), Satoshis(5_000)).add_p2pkh(coin(1, value, &owner)).fund();
        let rich = with(100_000).expect("enough");
        assert_eq!((rich.transaction().output.len(), rich.fee()), (1, Satoshis(95_000)));
        let need = 5_000 + RATE.fee(rich.size_bound()).0;
        assert_eq!(with(need).expect("just enough").fee(), Satoshis(need - 5_000));
        let poor = BuildError::InsufficientFunds { have: Satoshis(need - 1), need: Satoshis(need) };
        assert_eq!(with(need - 1).expect_err("one satoshi short"), poor);
    }

    #[test]
    fn fund__data_output__needs_no_value_but_does_not_take_the_remainder() {
        let owner = key(12);
        let with = |value| {
            let draft = Draft::new(RATE, owner.pubkey_hash()).pay(LockingScript::data(&[7; 32]), Satoshis(0));
            draft.add_p2pkh(coin(1, value, &owner)).fund()
        };
        let rich = with(10_000).expect("enough");
        let values: Vec<_> = rich.transaction().output.iter().map(|output| output.value.to_sat()).collect();
        assert_eq!(values, [0, 10_000 - rich.fee().0]);
        let need = Satoshis(rich.fee().0 + 1);
        let poor = with(rich.fee().0).expect_err("nothing left for the owner");
        assert_eq!(poor, BuildError::InsufficientFunds { have: rich.fee(), need });
        // The prefix alone is what tells data from a payment.
        let pay = Draft::new(RATE, owner.pubkey_hash()).pay(LockingScript::p2pkh(&[7; 20]), Satoshis(0));
        let dust = pay.add_p2pkh(coin(1, 10_000, &owner)).fund();
        assert_eq!(dust.expect_err("dust"), BuildError::Dust { vout: 0, value: Satoshis(0) });
    }

    #[test]
    fn with_version__none_or_2__is_that_of_the_transaction_and_signed() {
        let owner = key(9);
        let draft = Draft::new(RATE, owner.pubkey_hash()).add_p2pkh(coin(1, 10_000, &owner));
        let version_1 = draft.clone().fund().expect("enough");
        let version_2 = draft.with_version(Version::TWO).fund().expect("enough");
        assert_eq!(version_1.transaction().version, Version::ONE);
        assert_eq!(version_2.transaction().version, Version::TWO);
        assert_ne!(version_1.sighash(0), version_2.sighash(0));
        assert_eq!(version_1.fee(), version_2.fee());
    }

    #[test]
    fn spend__value_eaten_by_the_fee__is_refused() {
        let owner = key(5);
        let fee = spend(coin(1, 9_999, &owner), 1_000, owner.pubkey_hash(), RATE).expect("enough").fee();
        let poor = spend(coin(1, fee.0, &owner), 1_000, owner.pubkey_hash(), RATE);
        let need = Satoshis(fee.0 + 1);
        assert_eq!(poor.expect_err("nothing left"), BuildError::InsufficientFunds { have: fee, need });
        assert!(spend(coin(1, need.0, &owner), 1_000, owner.pubkey_hash(), RATE).is_ok());
    }

    #[test]
    fn fund__dust_duplicate_or_absurd_sum__is_refused_by_name() {
        let owner = key(6);
        let draft = Draft::new(RATE, owner.pubkey_hash()).add_p2pkh(coin(1, 10_000, &owner));
        let dust = draft.clone().pay(contract(), Satoshis(0)).fund();
        assert_eq!(dust.expect_err("dust"), BuildError::Dust { vout: 0, value: Satoshis(0) });
        let outpoint = coin(1, 0, &owner).outpoint;
        let twice = draft.clone().add_p2pkh(coin(1, 10_000, &owner)).fund();
        assert_eq!(twice.expect_err("twice"), BuildError::DuplicateCoin { outpoint });
        let absurd = draft.add_p2pkh(coin(2, u64::MAX, &owner)).fund();
        assert_eq!(absurd.expect_err("absurd"), BuildError::Amount(AmountError::TooLarge));
    }

    #[test]
    fn funded__wrong_key_long_script_or_locked_input__is_refused_by_name() {
        let owner = key(7);
        let mut funded =
            Draft::new(RATE, owner.pubkey_hash()).add_p2pkh(coin(1, 10_000, &owner)).fund().expect("enough");
        assert_eq!(funded.sign_all(&key(8)), Err(UnlockError::NotOfThisKey { input_idx: 0 }));
        let long = UnlockingScript::from_bytes(vec![0x51; 108]);
        assert_eq!(funded.unlock(0, long), Err(UnlockError::TooLong { input_idx: 0, got: 108, limit: 107 }));
        assert!(matches!(funded.unlock(1, UnlockingScript::default()), Err(UnlockError::Sighash(_))));
        assert_eq!(funded.clone().finish(), Err(UnlockError::Locked { input_idx: 0 }));
        assert_eq!(funded.sign_all(&owner), Ok(()));
        assert!(funded.finish().is_ok());
    }
}
