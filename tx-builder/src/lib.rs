//! Builds and signs Bitcoin SV transactions: keys, signature hashes, fees, change. No I/O.
//!
//! A transaction goes through three types: a [`Draft`] lists coins and outputs, [`Draft::fund`] fixes fee and
//! change and gives a [`Funded`], whose inputs are unlocked one by one until [`Funded::finish`] gives the
//! [`Transaction`].
//!
//! ```
//! use chain_types::{FeeRate, LockingScript, Satoshis};
//! use rand::SeedableRng;
//! use tx_builder::{Coin, Draft, OutPoint, SigningKey};
//!
//! let key = SigningKey::random(&mut rand::rngs::StdRng::seed_from_u64(1));
//! let coin = Coin {
//!     outpoint: OutPoint::new("11".repeat(32).parse()?, 0),
//!     value: Satoshis(10_000),
//!     locking_script: LockingScript::p2pkh(&key.pubkey_hash().0),
//! };
//! let mut funded = Draft::new(FeeRate::DEFAULT, key.pubkey_hash())
//!     .pay(LockingScript::p2pkh(&[7; 20]), Satoshis(6_000))
//!     .add_p2pkh(coin)
//!     .fund()?;
//! funded.sign_all(&key)?;
//! let fee = funded.fee();
//! let transaction = funded.finish()?;
//! assert_eq!(transaction.output[1].value.to_sat(), 10_000 - 6_000 - fee.0);
//! assert!(fee >= FeeRate::DEFAULT.fee(transaction.total_size()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is not here: whether a script accepts (crate `script-vm`), whether a coin exists (crate `ledger`).

mod address;
mod beef;
mod bump;
mod coin;
mod draft;
mod ef;
mod funded;
mod keys;
mod raw;
mod sighash;
mod signature;
mod wire;

pub use address::{Address, AddressError, Network};
pub use beef::{Beef, BeefError, ExtendedOfBeefError, StructureError, VerifyError};
pub use bitcoin::{BlockHash, OutPoint, Sequence, Transaction, TxOut, Txid, absolute::LockTime, transaction::Version};
pub use bump::{MerklePath, MerklePathError, MerkleRoot};
pub use coin::{Coin, CoinError, transaction_output};
pub use draft::{BuildError, DUST_LIMIT, Draft, deploy, spend};
pub use ef::{ExtendedError, ExtendedTransaction};
pub use funded::{Funded, UnlockError, p2pkh_unlocking};
pub use keys::{KeyError, SigningKey};
pub use raw::{RawTransactionError, decode_hex, encode_hex};
pub use sighash::{Sighash, SighashError, SighashPreimage, SighashType, SighashTypeError};
pub use signature::{Signature, SignatureError};
