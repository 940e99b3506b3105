//! Which coins to add to a transaction that gives nothing back.

use super::{BuildError, Draft};
use crate::{Coin, Funded, Signature, funded::p2pkh_unlocking};

/// Bytes of an input beside its unlocking script: outpoint, the script's length, sequence.
const INPUT_LEN: usize = 36 + 1 + 4;

impl Draft {
    /// Fixes the fee with as little of `coins`, each under one public key, as it takes: for [`Draft::exact`], where all that
    /// they hold beyond outputs and fee is lost. Coins that are not worth the bytes of their input are left out.
    ///
    /// Tried are the smallest coin that suffices alone, and the smallest coins together less those that are not needed; the
    /// cheaper is taken.
    ///
    /// # Errors
    /// [`BuildError`]; [`BuildError::InsufficientFunds`] if all coins worth their bytes together do not suffice.
    pub fn fund_closest(self, coins: impl IntoIterator<Item = Coin>) -> Result<Funded, BuildError> {
        let alone = self.clone().fund();
        if !is_short(&alone) {
            return alone;
        }
        let own_fee = self.fee_rate.fee(INPUT_LEN + p2pkh_unlocking(&Signature::placeholder(), &[0; 33]).len());
        let mut coins: Vec<Coin> = coins.into_iter().filter(|coin| coin.value > own_fee).collect();
        coins.sort_by_key(|coin| (coin.value, coin.outpoint));
        let together = self.fewest_of_the_smallest(&coins);
        let at = coins.partition_point(|coin| is_short(&self.with([coin]).fund()));
        match (coins.get(at).map(|coin| self.with([coin]).fund()), together) {
            (Some(Ok(single)), Ok(several)) => Ok(if single.fee() <= several.fee() { single } else { several }),
            (_, together) => together,
        }
    }

    /// The smallest coins up to where they suffice, less those that can be spared, the largest of them first.
    fn fewest_of_the_smallest(&self, ascending: &[Coin]) -> Result<Funded, BuildError> {
        let mut taken: Vec<&Coin> = Vec::new();
        for coin in ascending {
            taken.push(coin);
            if !is_short(&self.with(taken.iter().copied()).fund()) {
                break;
            }
        }
        for k in (0..taken.len()).rev() {
            let others: Vec<&Coin> = [&taken[..k], &taken[k + 1..]].concat();
            if self.with(others.iter().copied()).fund().is_ok() {
                taken = others;
            }
        }
        self.with(taken).fund()
    }

    fn with<'c>(&self, coins: impl IntoIterator<Item = &'c Coin>) -> Self {
        coins.into_iter().cloned().fold(self.clone(), Self::add_p2pkh)
    }
}

const fn is_short(funded: &Result<Funded, BuildError>) -> bool {
    matches!(funded, Err(BuildError::InsufficientFunds { .. }))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use bitcoin::OutPoint;
    use chain_types::{FeeRate, LockingScript, Satoshis};

    use super::*;

    /// One satoshi a byte.
    const RATE: FeeRate = FeeRate(1_000);
    /// What each coin's input costs at this rate: 36 + 1 + 107 + 4 bytes.
    const INPUT_FEE: u64 = 148;

    fn coin(n: u32, value: u64) -> Coin {
        let outpoint = OutPoint::new("11".repeat(32).parse().expect("64 digits"), n);
        Coin { outpoint, value: Satoshis(value), locking_script: LockingScript::p2pkh(&[7; 20]) }
    }

    /// Lacks `missing` satoshis and the fees of further inputs.
    fn short_by(missing: u64) -> Draft {
        let draft = |value| {
            Draft::exact(RATE).pay(LockingScript::from_bytes(vec![0x51; 30]), Satoshis(1)).add_p2pkh(coin(99, value))
        };
        let Err(BuildError::InsufficientFunds { need, .. }) = draft(0).fund() else { panic!("nothing is there") };
        draft(need.0 - missing)
    }

    /// Values of the coins that were added, and what is lost beyond the fee.
    fn chosen(missing: u64, values: &[u64]) -> Result<(Vec<u64>, u64), BuildError> {
        let funded = short_by(missing).fund_closest((0..).zip(values).map(|(n, value)| coin(n, *value)))?;
        let inputs = &funded.transaction().input[1..];
        let value = |input: &bitcoin::TxIn| values[usize::try_from(input.previous_output.vout).expect("few")];
        let excess = funded.fee().0 - RATE.fee(funded.size_bound()).0;
        Ok((inputs.iter().map(value).collect(), excess))
    }

    #[test]
    fn fund_closest__coins_in_any_order__loses_as_little_as_it_can() {
        let fits = 500 + INPUT_FEE;
        for (values, expected, excess) in [
            (vec![90_000, fits + 3, 2_000, fits - 1], vec![fits + 3], 3),
            (vec![90_000, fits - 1, fits], vec![fits], 0),
            // No coin alone but the large one: two small ones are nearer.
            (vec![90_000, 400, 500], vec![400, 500], 400 + 500 - 500 - 2 * INPUT_FEE),
            // The smallest can be spared once the third is there.
            (vec![150, 400, 500], vec![400, 500], 104),
            // A coin that is not worth its own input never comes along.
            (vec![INPUT_FEE, 90_000], vec![90_000], 90_000 - fits),
        ] {
            assert_eq!(chosen(500, &values), Ok((expected, excess)), "{values:?}");
        }
        assert_eq!(chosen(0, &[90_000]), Ok((vec![], 0)), "none is needed");
    }

    #[test]
    fn fund_closest__too_little__says_what_is_there_and_what_is_needed() {
        let Err(BuildError::InsufficientFunds { have, need }) = chosen(500, &[INPUT_FEE, 300, 300]) else {
            panic!("600 less two inputs' fees are too little");
        };
        assert_eq!(need.0 - have.0, 500 + 2 * INPUT_FEE - 600);
        assert!(chosen(500, &[INPUT_FEE, 300, 300 + need.0 - have.0]).is_ok(), "the twin");
        assert!(matches!(chosen(500, &[]), Err(BuildError::InsufficientFunds { .. })));
        let twice = short_by(500).fund_closest([coin(99, 90_000)]);
        assert_eq!(twice.map(drop), Err(BuildError::DuplicateCoin { outpoint: coin(99, 0).outpoint }));
    }
}
