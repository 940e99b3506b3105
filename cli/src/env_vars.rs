//! Every environment variable this program reads, its libraries' included.

/// User name for the node given with `--rpc`.
pub(crate) const RPC_USER: &str = "PROVELOCK_RPC_USER";
/// Password for the node given with `--rpc`; a flag would show it to every user of the machine.
pub(crate) const RPC_PASSWORD: &str = "PROVELOCK_RPC_PASSWORD";
/// Passphrase of an encrypted key; a flag would show it to every user of the machine.
pub(crate) const PASSPHRASE: &str = "PROVELOCK_PASSPHRASE";
/// The configuration file, unless `--config` is given.
pub(crate) const CONFIG: &str = "PROVELOCK_CONFIG";
/// Key of the ARC service, unless the configuration names another variable.
pub(crate) const ARC_KEY: &str = "PROVELOCK_ARC_KEY";
/// Key of the block explorer, unless the configuration names another variable.
pub(crate) const EXPLORER_KEY: &str = "PROVELOCK_EXPLORER_KEY";
/// Folder below which wallets are kept.
pub(crate) const XDG_DATA_HOME: &str = "XDG_DATA_HOME";
/// A Bitcoin SV node program to use.
pub(crate) use node_client::env_vars::BITCOIND;

/// The list in `provelock --help`.
pub(crate) const HELP: &str = "\
Environment:
  BITCOIND                the Bitcoin SV node program that --chain regtest starts
  PROVELOCK_CACHE         folder for a node fetched by this program
                          (otherwise $XDG_CACHE_HOME/provelock or $HOME/.cache/provelock)
  PROVELOCK_CONFIG        configuration file, unless --config is given
  PROVELOCK_ARC_KEY       key of the ARC service, if it wants one
  PROVELOCK_EXPLORER_KEY  key of the block explorer, if it wants one
  XDG_DATA_HOME           folder for provelock/NETWORK.wallet, unless --wallet is given
                          (otherwise $HOME/.local/share)
  PROVELOCK_PASSPHRASE    passphrase of an encrypted key, unless --passphrase-file is given
  PROVELOCK_RPC_USER      user for the node given with --rpc, unless --rpc-cookie is given
  PROVELOCK_RPC_PASSWORD  its password";

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use node_client::env_vars::{HOME, PROVELOCK_CACHE, XDG_CACHE_HOME};

    #[test]
    fn help__every_variable__is_listed() {
        let of_the_cache = [PROVELOCK_CACHE, XDG_CACHE_HOME, HOME];
        for name in [
            super::RPC_USER,
            super::RPC_PASSWORD,
            super::PASSPHRASE,
            super::BITCOIND,
            super::CONFIG,
            super::ARC_KEY,
            super::EXPLORER_KEY,
            super::XDG_DATA_HOME,
        ]
        .into_iter()
        .chain(of_the_cache)
        {
            assert!(super::HELP.contains(name), "{name}");
        }
    }
}
