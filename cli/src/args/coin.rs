//! Which contract, which coin of it, and whom the coin goes to.

use clap::Args as ClapArgs;
use std::path::PathBuf;

// A contract's file.
#[derive(Debug, ClapArgs)]
pub(crate) struct ContractArg {
    /// A file made by `contract build`.
    #[arg(id = "contract", long = "contract", value_name = "FILE")]
    pub(crate) file: PathBuf,
}

// A contract, and which output of its deployment is its coin.
#[derive(Debug, ClapArgs)]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArg,
    /// Which output of --deploy-tx is the contract; the first that is under it if not given.
    #[arg(long, value_name = "N", requires = "deploy_tx")]
    pub(crate) vout: Option<u32>,
}

// A contract's coin, which the wallet may know.
#[derive(Debug, ClapArgs)]
pub(crate) struct CoinArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The transaction that locked the coins, in hex or as a file that holds it; the wallet's if not given.
    #[arg(long, value_name = "FILE_OR_HEX")]
    pub(crate) deploy_tx: Option<String>,
}

// Whom a spend pays.
#[derive(Debug, ClapArgs)]
pub(crate) struct ToArg {
    /// The address that the coins go to, on the key's network; the key's own if not given.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
}
