//! Base58check addresses of public-key hashes.

use core::{fmt, str::FromStr};

use bitcoin::base58;
use statement::PubkeyHash;

/// The networks that addresses and exported keys tell apart. Testnet and regtest share their version bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Real money.
    Main,
    /// Testnet and regtest.
    Test,
}

impl Network {
    /// Version bytes (address, exported key); node v1.2.2, `src/chainparams.cpp`, `base58Prefixes`.
    pub(crate) const fn prefixes(self) -> (u8, u8) {
        match self {
            Self::Main => (0x00, 0x80),
            Self::Test => (0x6f, 0xef),
        }
    }

    pub(crate) const ALL: [Self; 2] = [Self::Main, Self::Test];
}

/// A public-key hash with the network it is meant for; `Display` and `FromStr` are its base58check text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whose coins.
    pub pubkey_hash: PubkeyHash,
    /// Where.
    pub network: Network,
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Wrong alphabet or checksum.
    #[error("the address is not base58check")]
    Base58(#[from] base58::Error),
    /// Another length than version byte and 20-byte hash.
    #[error("an address holds 21 bytes, not {got}")]
    Length {
        /// Bytes decoded.
        got: usize,
    },
    /// A version byte of something else (a script hash, another chain).
    #[error("version byte {got:#04x} is not that of a public-key hash")]
    Version {
        /// The byte found.
        got: u8,
    },
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut payload = [0; 21];
        payload[0] = self.network.prefixes().0;
        payload[1..].copy_from_slice(&self.pubkey_hash.0);
        f.write_str(&base58::encode_check(&payload))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let payload = base58::decode_check(text)?;
        let &[version, ref hash @ ..] = payload.as_slice() else { return Err(AddressError::Length { got: 0 }) };
        let hash = hash.try_into().map_err(|_| AddressError::Length { got: payload.len() })?;
        let network = Network::ALL.into_iter().find(|network| network.prefixes().0 == version);
        match network {
            Some(network) => Ok(Self { pubkey_hash: PubkeyHash(hash), network }),
            None => Err(AddressError::Version { got: version }),
        }
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    // The hash of the public key of secret 1, which every wallet shows under these two addresses.
    const HASH: [u8; 20] = [
        0x75, 0x1e, 0x76, 0xe8, 0x19, 0x91, 0x96, 0xd4, 0x54, 0x94, 0x1c, 0x45, 0xd1, 0xb3, 0xa3, 0x23, 0xf1, 0x43,
        0x3b, 0xd6,
    ];
    const MAIN: &str = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH";
    const TEST: &str = "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r";

    #[test]
    fn address__known_key__round_trips() {
        for (network, text) in [(Network::Main, MAIN), (Network::Test, TEST)] {
            let address = Address { pubkey_hash: PubkeyHash(HASH), network };
            assert_eq!(address.to_string(), text);
            assert_eq!(text.parse(), Ok(address));
        }
    }

    #[test]
    fn address__damaged__is_refused_by_name() {
        let mistyped = MAIN.replace("9tc", "9tb");
        assert!(matches!(mistyped.parse::<Address>(), Err(AddressError::Base58(_))));
        assert!(matches!("0OIl".parse::<Address>(), Err(AddressError::Base58(_))));
        let script_hash = base58::encode_check(&[&[0x05], HASH.as_slice()].concat());
        assert_eq!(script_hash.parse::<Address>(), Err(AddressError::Version { got: 5 }));
        let short = base58::encode_check(&HASH);
        assert_eq!(short.parse::<Address>(), Err(AddressError::Length { got: 20 }));
        assert_eq!(base58::encode_check(&[]).parse::<Address>(), Err(AddressError::Length { got: 0 }));
    }
}
