//! Coins into a contract and out of it, for the demo and for the single steps alike.

use anyhow::{Context as _, anyhow};
use chain_types::{FeeRate, LockingScript, Profile, Satoshis};
use ledger::{check_input, policy_machine};
use script_gen::{Hints, ProofContract};
use script_vm::FragmentMap;
use statement::PubkeyHash;
use std::ops::Range;
use tx_builder::{BuildError, Coin, Draft, Funded, Signature, SigningKey, Transaction, TxOut, Version};

use crate::advice::Advise as _;

/// A signed transaction and its fee.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) transaction: Transaction,
    pub(crate) fee: Satoshis,
}

/// Locks `amount` under `contract` with a coin of `key`'s; output 0 is the contract, output 1 the change.
pub(crate) fn deploy(
    contract: &LockingScript,
    amount: Satoshis,
    coin: Coin,
    key: &SigningKey,
    fee_rate: FeeRate,
) -> anyhow::Result<Signed> {
    let mut funded = tx_builder::deploy(contract.clone(), amount, [coin], key.pubkey_hash(), fee_rate)
        .context("cannot fund the contract")
        .advise("lower --amount or --fee-rate, or bring a larger coin")?;
    funded.sign_all(key).context("cannot sign for the coin").advise("use the key that the coin is locked to")?;
    let fee = funded.fee();
    Ok(Signed { transaction: funded.finish()?, fee })
}

/// Refuses a deployment whose coin could not pay the fee of its own spend: it would be locked for good.
pub(crate) fn check_spendable(deployed: &Signed, contract: &ProofContract, fee_rate: FeeRate) -> anyhow::Result<()> {
    let coin = Coin::of(&deployed.transaction, 0).context("the contract is no output of its deployment")?;
    let anyone = PubkeyHash([0; 20]);
    match tx_builder::spend(coin, contract.max_unlocking_len(), anyone, fee_rate) {
        Ok(_) => Ok(()),
        Err(BuildError::InsufficientFunds { have, need }) => {
            Err(anyhow!("--amount {have} does not pay the fee of spending it: {need} at this fee rate"))
                .advise("lock more than that, or lower --fee-rate")
        }
        Err(error) => Err(error.into()),
    }
}

/// A spend of a contract's coin whose fee and outputs are fixed; hints and signature are open.
#[derive(Debug)]
pub(crate) struct SpendDraft<'a> {
    contract: &'a ProofContract,
    key: &'a SigningKey,
    fee_rate: FeeRate,
    funded: Funded,
}

impl<'a> SpendDraft<'a> {
    /// Sends the coin to `key`'s own address.
    pub(crate) fn new(
        contract: &'a ProofContract,
        coin: Coin,
        key: &'a SigningKey,
        fee_rate: FeeRate,
    ) -> anyhow::Result<Self> {
        let unlocking_len = contract.max_unlocking_len();
        let funded = Draft::new(fee_rate, key.pubkey_hash())
            .with_version(spend_version(contract.profile()))
            .add_contract(coin, unlocking_len)
            .fund()
            .context("the contract's coin does not pay the fee of spending it")
            .advise("lower --fee-rate; a contract should hold more than its spending costs")?;
        Ok(Self { contract, key, fee_rate, funded })
    }

    /// The same at the same fee rate with another key, coin or contract.
    pub(crate) fn by<'b>(
        &self,
        key: &'b SigningKey,
        coin: Coin,
        contract: &'b ProofContract,
    ) -> anyhow::Result<SpendDraft<'b>> {
        SpendDraft::new(contract, coin, key, self.fee_rate)
    }

    pub(crate) fn contract(&self) -> &'a ProofContract {
        self.contract
    }

    pub(crate) fn key(&self) -> &'a SigningKey {
        self.key
    }

    pub(crate) fn signature(&self) -> anyhow::Result<Signature> {
        Ok(self.funded.sign(0, self.key)?)
    }

    /// The transaction with these hints and this signature, right or wrong.
    pub(crate) fn with(&self, hints: &Hints, signature: &Signature) -> anyhow::Result<Transaction> {
        let unlocking = self.contract.unlocking_script(hints, signature.as_bytes(), &self.key.public_key_bytes());
        let mut funded = self.funded.clone();
        funded.unlock(0, unlocking)?;
        Ok(funded.finish()?)
    }

    /// The transaction with these hints, signed.
    pub(crate) fn signed(&self, hints: &Hints) -> anyhow::Result<Signed> {
        Ok(Signed { transaction: self.with(hints, &self.signature()?)?, fee: self.funded.fee() })
    }
}

/// The version of transactions that spend what is locked under a profile's rules: the lowest with all of them.
const fn spend_version(profile: Profile) -> Version {
    match profile {
        Profile::Genesis => Version::ONE,
        Profile::Chronicle => Version::TWO,
    }
}

/// What a spend must keep under a profile, beside the scripts.
pub(crate) const fn spend_rule(profile: Profile) -> Option<&'static str> {
    match profile {
        Profile::Genesis => None,
        Profile::Chronicle => {
            Some("mine the output after the Chronicle upgrade, and spend it with a transaction of version 2")
        }
    }
}

/// Runs the scripts of a transaction's first input as a node would; the failing piece is named after `contract`.
pub(crate) fn check_spend(
    transaction: &Transaction,
    spent: &TxOut,
    contract: &ProofContract,
) -> Result<(), ledger::InputError> {
    let names = fragment_names(contract.fragments());
    let machine = policy_machine(contract.profile(), transaction).with_fragments(names);
    check_input(transaction, 0, spent, &machine).map(|_| ())
}

/// The names of a whole locking script's pieces, for reports of the script machine.
pub(crate) fn fragment_names(fragments: Vec<(Range<usize>, &str)>) -> FragmentMap {
    let mut names = FragmentMap::default();
    // A script that ends with "false" fails behind its last byte: that is the answer of its last piece with a name.
    if let Some((_, path)) = fragments.iter().rev().find(|(_, path)| !path.is_empty()) {
        let end = fragments.last().map_or(0, |(bytes, _)| bytes.end);
        names.add(end..end + 1, *path);
    }
    for (bytes, path) in fragments {
        names.add(bytes, fragment_name(path));
    }
    names
}

/// The name of a piece of the locking script; what is outside of all pieces only clears the stack.
pub(crate) fn fragment_name(path: &str) -> &str {
    if path.is_empty() { "clean-up" } else { path }
}
