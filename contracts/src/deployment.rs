//! Coins into a contract.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use chain_types::{FeeRate, Satoshis};
use ledger::MAX_FEE;
use script_gen::{Contract, Payee, Payout};
use statement::PubkeyHash;
use tx_builder::{BuildError, Coin, Funded, OutPoint, SigningKey};

use crate::{LockError, Locked, Signed, Way};

/// Coins under one key, taken in their order, as many as are needed.
#[derive(Clone, Copy, Debug)]
pub struct Purse<'a> {
    /// Whose the coins are.
    pub key: &'a SigningKey,
    /// The coins, each a pay-to-public-key-hash of the key.
    pub coins: &'a [Coin],
}

/// Locks `amount` under `contract`: output 0 is the contract's coin, output 1 the change, if any, which is the purse's.
///
/// # Errors
/// As [`check_amount`]; [`LockError::Build`] if the purse does not hold `amount` and the fee, [`LockError::Unlock`] if a coin is not its key's.
pub fn lock(contract: &Contract, amount: Satoshis, purse: &Purse<'_>, fee_rate: FeeRate) -> Result<Signed, LockError> {
    check_amount(contract, amount, fee_rate)?;
    let (script, coins) = (contract.locking_script().clone(), purse.coins.iter().cloned());
    let mut funded = tx_builder::deploy(script, amount, coins, purse.key.pubkey_hash(), fee_rate)?;
    funded.sign_all(purse.key)?;
    Ok(Signed::of(funded)?)
}

/// Checks that a coin of `amount` would pay at `fee_rate` for every way in which it can be spent: claim or settlement of
/// every class that pays somebody, and refund.
///
/// # Errors
/// [`LockError::TooSmall`] for the first that it would not pay for; [`LockError::Wasted`] for a settlement that would leave
/// so much to its fee that no node relays it; [`LockError::Build`] for an absurd amount.
pub fn check_amount(contract: &Contract, amount: Satoshis, fee_rate: FeeRate) -> Result<(), LockError> {
    let coin = coin_to_come(contract, amount);
    let anyone = PubkeyHash([0; 20]);
    match &contract.terms().payee {
        Payee::Prover { signer: None } | Payee::Named { .. } => {
            affords(Way::Claim, None, coin.fund_claim(anyone, fee_rate))?;
        }
        Payee::Prover { signer: Some(_) } => {
            affords(Way::AttestedClaim, None, coin.fund_attested(anyone, Fr::ZERO, fee_rate))?;
        }
        Payee::ByClass(_) => {
            let wasted = settlement_fees(contract, amount, fee_rate)?.into_iter().find(|left| left.fee > MAX_FEE);
            if let Some(SettlementFee { class, fee, .. }) = wasted {
                return Err(LockError::Wasted { class, fee });
            }
        }
    }
    affords(Way::Refund, None, coin.fund_refund(anyone, fee_rate))?;
    Ok(())
}

/// What a settlement of a coin leaves to the fee: all that the class's outputs do not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementFee {
    /// The class that is proved.
    pub class: usize,
    /// What is left.
    pub fee: Satoshis,
    /// What would do at the rate that was asked for.
    pub due: Satoshis,
}

/// The fees of the settlements of a coin of `amount`, of each class that pays somebody; none if the contract does not pay by
/// class.
///
/// # Errors
/// [`LockError::TooSmall`] for the first class that the coin does not pay for; [`LockError::Build`] for an absurd amount.
pub fn settlement_fees(
    contract: &Contract,
    amount: Satoshis,
    fee_rate: FeeRate,
) -> Result<Vec<SettlementFee>, LockError> {
    let Payee::ByClass(payouts) = &contract.terms().payee else { return Ok(Vec::new()) };
    let coin = coin_to_come(contract, amount);
    let paying = (0..payouts.by_class().len())
        .filter_map(|class| contract.terms().claim_outputs(class).map(|outputs| (class, outputs)));
    let fee = |(class, outputs): (usize, Vec<Payout>)| {
        let funded = affords(Way::Settlement, Some(class), coin.fund_settlement(&outputs, &[], fee_rate))?;
        Ok(SettlementFee { class, fee: funded.fee(), due: fee_rate.fee(funded.size_bound()) })
    };
    paying.map(fee).collect()
}

/// A coin that is not locked yet: sizes and sums of its spends do not depend on where it lies, nor on whom a key pays.
fn coin_to_come(contract: &Contract, amount: Satoshis) -> Locked<'_> {
    let coin = Coin { outpoint: OutPoint::null(), value: amount, locking_script: contract.locking_script().clone() };
    Locked::unchecked(contract, coin)
}

/// The draft of a spend, if the coin pays for it.
fn affords(way: Way, class: Option<usize>, funded: Result<Funded, BuildError>) -> Result<Funded, LockError> {
    match funded {
        Ok(funded) => Ok(funded),
        Err(BuildError::InsufficientFunds { have, need }) => {
            Err(LockError::TooSmall { way, class, amount: have, need })
        }
        Err(error) => Err(error.into()),
    }
}
