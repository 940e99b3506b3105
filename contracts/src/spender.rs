//! Who spends a coin, and whom it pays.

use statement::PubkeyHash;
use tx_builder::SigningKey;

/// The key that signs a spend, and whose the coins are after it. A key by itself pays itself.
///
/// The signature covers every output, so whoever sees the spend can pay nobody else. Where a contract says itself who is
/// paid ([`Locked::settle`](crate::Locked::settle)), there is no spender.
///
/// ```
/// # use contracts::Spender;
/// # use rand::rngs::OsRng;
/// # use tx_builder::{Address, SigningKey};
/// let key = SigningKey::random(&mut OsRng);
/// assert_eq!(Spender::from(&key).pay_to, key.pubkey_hash());
/// let elsewhere: Address = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r".parse()?;
/// let spender = Spender { key: &key, pay_to: elsewhere.pubkey_hash };
/// # assert_ne!(spender.pay_to, key.pubkey_hash());
/// # Ok::<(), tx_builder::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Spender<'k> {
    /// The key that a proof is bound to, or the funder's.
    pub key: &'k SigningKey,
    /// Who gets the coin's value less the fee.
    pub pay_to: PubkeyHash,
}

impl<'k> From<&'k SigningKey> for Spender<'k> {
    fn from(key: &'k SigningKey) -> Self {
        Self { key, pay_to: key.pubkey_hash() }
    }
}
