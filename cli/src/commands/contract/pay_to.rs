//! Whom a spend pays: the key that signs it, or the address that the user names.

use crate::advice::Advise as _;
use crate::args::ToArg;
use crate::values::parse_address;
use anyhow::anyhow;
use contracts::Spender;
use wallet::keys::{KeyNetwork, StoredKey};

/// The spender, who pays the address of `--to`, if given, and else the key's own. An address of another network than the
/// transaction's is refused: who wrote it down meant other coins.
pub(super) fn spender<'k>(to: &ToArg, key: &'k StoredKey, network: KeyNetwork) -> anyhow::Result<Spender<'k>> {
    let own = Spender::from(key.signing_key());
    let Some(text) = &to.to else { return Ok(own) };
    let advice = format!("give the address of a key of {network}, as `provelock key show` prints it");
    let address = parse_address(text).map_err(|problem| anyhow!("--to {text}: {problem}")).advise(&advice)?;
    if address.network != network.prefix() {
        let whose = match network {
            KeyNetwork::Mainnet => "regtest or testnet",
            KeyNetwork::Regtest | KeyNetwork::Testnet => "mainnet",
        };
        return Err(anyhow!("--to {text} is an address of {whose}, the coins are of {network}")).advise(advice);
    }
    Ok(Spender { pay_to: address.pubkey_hash, ..own })
}

/// Refuses `--to` where the contract says itself who is paid.
pub(super) fn refuse_to(to: &ToArg) -> anyhow::Result<()> {
    match &to.to {
        None => Ok(()),
        Some(text) => Err(anyhow!("--to {text}: this contract pays by class, and fixes every output itself"))
            .advise("leave --to out; `provelock contract inspect` shows who is paid for which class"),
    }
}
