//! The coin of a contract that is to be spent.

use crate::advice::Advise as _;
use crate::args::CoinArgs;
use crate::chain::{ChainDestination, Destination, deployment_in};
use crate::values::read_transaction;
use anyhow::{Context as _, anyhow};
use contracts::Locked;
use script_gen::Contract;
use tx_builder::{Coin, Transaction};

const ADVICE: &str = "give the contract file that the coins were deployed with, and the right --deploy-tx and --vout";

/// The coin that the arguments name, or else the one that the wallet has deployed.
pub(super) fn locked<'a>(
    args: &CoinArgs,
    contract: &'a Contract,
    destination: &Destination,
) -> anyhow::Result<Locked<'a>> {
    let deployment = match (&args.deploy_tx, destination) {
        (Some(file_or_hex), _) => read_transaction(file_or_hex)?,
        (None, Destination::Chain(chain)) => of_wallet(chain, contract)?,
        (None, Destination::File(_)) => {
            return Err(anyhow!("no deployment is given")).advise("add --deploy-tx FILE_OR_HEX");
        }
    };
    under(contract, &deployment, args.place.vout)
}

/// The contract's coin in a deployment: of the output named, or the first that there is.
pub(super) fn under<'a>(
    contract: &'a Contract,
    deployment: &Transaction,
    vout: Option<u32>,
) -> anyhow::Result<Locked<'a>> {
    let Some(vout) = vout else {
        return Locked::of(contract, deployment).context("--deploy-tx does not deploy this contract").advise(ADVICE);
    };
    let coin = Coin::of(deployment, vout)
        .context("--deploy-tx has no such output")
        .advise("`contract deploy` makes the contract output 0")?;
    Locked::new(contract, coin)
        .with_context(|| format!("output {vout} of --deploy-tx is not the contract's coin"))
        .advise(ADVICE)
}

fn of_wallet(chain: &ChainDestination, contract: &Contract) -> anyhow::Result<Transaction> {
    let deployment = chain.wallet()?.and_then(|wallet| deployment_in(&wallet, contract));
    deployment
        .ok_or_else(|| anyhow!("the wallet has no deployment of this contract"))
        .advise("add --deploy-tx FILE_OR_HEX, or --wallet FILE with the wallet that has it")
}
