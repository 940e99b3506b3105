#![doc = include_str!("../../../docs/math/sale.md")]

mod ciphertext;
mod error;
mod key;

pub use ciphertext::{Ciphertext, CiphertextDigest};
pub use error::{CiphertextError, CiphertextFault, DecryptError, EncryptError, ParseKeyError};
pub use key::{SALE_KEY_BITS, SaleKey};
