//! Values as users write them and read them.

use anyhow::Context as _;
use chain_types::{Profile, UnknownProfile};
use core::ops::RangeInclusive;
use prover::model::OutputKind;
use script_gen::LockTime;
use secp256k1::PublicKey;
use statement::{Class, Nonce, PubkeyHash};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tx_builder::{Address, OutPoint, Transaction, Txid};

use crate::args::PassphraseArgs;
use crate::{advice::Advise as _, files, keys};

/// Far above any raw transaction that a node relays (10 MB), as text in hexadecimal: whoever mines can make a claim that is longer.
const MAX_TRANSACTION_TEXT: u64 = 2 * 100_000_000 + 64;

/// Reads a class, 0 to 9.
pub(crate) fn parse_class(text: &str) -> Result<Class, String> {
    let index = text.parse().map_err(|_| format!("found {text:?}, expected a class from 0 to 9"))?;
    Class::new(index).map_err(|error| error.to_string())
}

/// Some of a set's images, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indexes(RangeInclusive<usize>);

impl Indexes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + use<> {
        self.0.clone()
    }
}

/// Reads a number, or the first and the last of several: `5`, `0-7`.
pub(crate) fn parse_indexes(text: &str) -> Result<Indexes, String> {
    let wrong = || format!("found {text:?}, expected a number such as 5, or a range such as 0-7");
    let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    if first <= last { Ok(Indexes(first..=last)) } else { Err(wrong()) }
}

/// Reads what is to be proved of the logits: `class`, `logits`, `score` or `top-k=3`.
pub(crate) fn parse_claim(text: &str) -> Result<OutputKind, String> {
    let wrong = || format!("found {text:?}, expected class, logits, score, or top-k=K such as top-k=3");
    match text {
        "class" => Ok(OutputKind::Class),
        "logits" => Ok(OutputKind::Logits),
        "score" => Ok(OutputKind::Score),
        other => {
            let k = other.strip_prefix("top-k=").ok_or_else(wrong)?;
            Ok(OutputKind::TopK { k: k.parse().map_err(|_| wrong())? })
        }
    }
}

/// Reads a nonce: 16 hex digits.
pub(crate) fn parse_nonce(text: &str) -> Result<Nonce, String> {
    parse_hex(text).map(Nonce)
}

/// Reads the HASH160 of a public key: 40 hex digits.
pub(crate) fn parse_pubkey_hash(text: &str) -> Result<PubkeyHash, String> {
    parse_hex(text).map(PubkeyHash)
}

/// Reads a commitment as `input commit` prints it: 64 hex digits, perhaps with 0x before them. Fewer are no small number
/// here, but a part of another commitment.
pub(crate) fn parse_commitment(text: &str) -> Result<[u8; 32], String> {
    parse_hex(text.strip_prefix("0x").unwrap_or(text))
}

/// Reads a compressed public key: 66 hex digits.
pub(crate) fn parse_public_key(text: &str) -> Result<[u8; 33], String> {
    let key: [u8; 33] = parse_hex(text)?;
    match (key[0], PublicKey::from_slice(&key)) {
        (2 | 3, Ok(_)) => Ok(key),
        (2 | 3, Err(_)) => Err("no point of secp256k1 has this x: nobody can sign for it".to_owned()),
        (first, _) => Err(format!("it starts with {first:02x}, a compressed public key with 02 or 03")),
    }
}

/// Reads a lock time.
pub(crate) fn parse_lock_time(text: &str) -> Result<LockTime, String> {
    let wrong = || format!("found {text:?}, expected a block height, or seconds since 1970");
    LockTime::new(text.parse().map_err(|_| wrong())?).map_err(|error| error.to_string())
}

/// Seconds since 1970, by this machine: what lock times by clock are compared with where no chain tells its own time.
pub(crate) fn machines_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Reads whose coins something will be: an address, or the file of a key. `option` names the argument in errors.
pub(crate) fn read_recipient(option: &str, address_or_file: &str) -> anyhow::Result<PubkeyHash> {
    let path = Path::new(address_or_file);
    if path.exists() {
        return Ok(keys::read(path, &PassphraseArgs { passphrase_file: None })?.address().pubkey_hash);
    }
    let address =
        parse_address(address_or_file).map_err(|problem| anyhow::anyhow!("{option} {address_or_file}: {problem}"));
    Ok(address.advise("give an address, as `provelock key show` prints it, or the file of a key")?.pubkey_hash)
}

/// Reads the id of a transaction: 64 hex digits, as `wallet list` and every chain print it.
pub(crate) fn parse_txid(text: &str) -> Result<Txid, String> {
    let wrong = |_| format!("found {text:?}, expected the whole id of a transaction: 64 hex digits");
    text.parse().map_err(wrong)
}

/// Reads a coin: the id of the transaction that makes it, a colon, and which of its outputs it is.
pub(crate) fn parse_outpoint(text: &str) -> Result<OutPoint, String> {
    text.parse().map_err(|_| format!("found {text:?}, expected TXID:VOUT: 64 hex digits, a colon and a number"))
}

/// Reads the name of a profile.
pub(crate) fn parse_profile(text: &str) -> Result<Profile, String> {
    text.parse().map_err(|error: UnknownProfile| error.to_string())
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let wrong = |_| format!("expected {} hex digits ({N} bytes), found {} characters", 2 * N, text.chars().count());
    hex::decode_to_slice(text, &mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// Reads an address, of whatever network.
pub(crate) fn parse_address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|error: tx_builder::AddressError| error.to_string())
}

/// Reads a raw transaction in hex: from the file of that name, or from the text itself.
pub(crate) fn read_transaction(file_or_hex: &str) -> anyhow::Result<Transaction> {
    let is_hex = file_or_hex.len() > 32 && file_or_hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (text, name) = if is_hex {
        (file_or_hex.to_owned(), "the transaction on the command line")
    } else {
        (files::read_text(Path::new(file_or_hex), MAX_TRANSACTION_TEXT)?, file_or_hex)
    };
    tx_builder::decode_hex(&text)
        .with_context(|| format!("{name} is not a raw transaction"))
        .advise("give the transaction as hex, as `getrawtransaction` prints it, or a file that holds it")
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share for people.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "none".to_owned(), |share| format!("{:.2} %", 100.0 * share))
}

/// A duration for people.
pub(crate) fn spent(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..1_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// Milliseconds for machines, to a microsecond.
pub(crate) fn exact_millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Whole milliseconds for machines.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn grouped__numbers__have_commas_every_three_digits() {
        let all = [0u64, 999, 1_000, 25_300, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "25,300", "1,234,567"]);
    }

    #[test]
    fn parse__good_values__are_read() {
        assert_eq!(parse_class("9").unwrap().index(), 9);
        assert_eq!(parse_nonce("00112233445566ff").unwrap().0, [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0xff]);
        assert!(parse_address("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r").is_ok());
        assert!(parse_address("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH").is_ok());
    }

    #[test]
    fn parse__claims_and_indexes__are_read_or_named() {
        assert_eq!(parse_claim("top-k=3"), Ok(OutputKind::TopK { k: 3 }));
        assert_eq!(parse_claim("logits"), Ok(OutputKind::Logits));
        for wrong in ["", "top-k", "top-k=", "top-k=-1", "probabilities"] {
            assert!(parse_claim(wrong).unwrap_err().contains("expected class, logits, score"), "{wrong}");
        }
        assert_eq!(parse_indexes("7").unwrap().iter().collect::<Vec<_>>(), [7]);
        assert_eq!(parse_indexes("2-4").unwrap().iter().collect::<Vec<_>>(), [2, 3, 4]);
        for wrong in ["", "-1", "4-2", "1-", "one"] {
            assert!(parse_indexes(wrong).unwrap_err().contains("such as 0-7"), "{wrong}");
        }
    }

    #[test]
    fn parse_commitment__whole__is_read_and_a_part_is_named() {
        let whole = "12".repeat(32);
        assert_eq!(parse_commitment(&whole), Ok([0x12; 32]));
        assert_eq!(parse_commitment(&format!("0x{whole}")), Ok([0x12; 32]));
        for wrong in ["", "12", "0x12", &whole[2..], &format!("{whole}00"), &whole.replace('2', "g")] {
            assert!(parse_commitment(wrong).unwrap_err().contains("expected 64 hex digits"), "{wrong}");
        }
    }

    #[test]
    fn parse_txid__whole_id__is_read_and_part_of_one_is_named() {
        let whole = "5725a120".repeat(8);
        assert_eq!(parse_txid(&whole).unwrap().to_string(), whole);
        for wrong in ["", "5725a120", &whole[1..], &format!("{whole}0"), &whole.replace('a', "g")] {
            let message = parse_txid(wrong).unwrap_err();
            assert!(message.contains("expected the whole id of a transaction: 64 hex digits"), "{message}");
        }
        assert_eq!(parse_outpoint(&format!("{whole}:7")).unwrap().vout, 7);
        for wrong in [&whole, &format!("{whole}:"), &format!("{whole}:-1"), ":0"] {
            assert!(parse_outpoint(wrong).unwrap_err().contains("expected TXID:VOUT"), "{wrong}");
        }
    }

    #[test]
    fn parse__bad_values__are_named() {
        assert!(parse_class("10").unwrap_err().contains("expected 0 to 9"));
        assert!(parse_class("seven").unwrap_err().contains("from 0 to 9"));
        assert!(parse_nonce("00").unwrap_err().contains("expected 16 hex digits"));
        assert!(parse_nonce("zz112233445566ff").unwrap_err().contains("expected 16 hex digits"));
        assert!(parse_pubkey_hash("00").unwrap_err().contains("expected 40 hex digits"));
        assert!(parse_address("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMh").unwrap_err().contains("base58check"));
    }
}
