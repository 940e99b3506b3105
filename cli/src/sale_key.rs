//! The file of a sale's key: who has it and the ciphertext has the network.

use crate::advice::Advise as _;
use crate::files::{self, Existing, Readers};
use anyhow::{Context as _, anyhow};
use prover::sale::{CiphertextDigest, SaleKey};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

const FORMAT: &str = "provelock-sale-key";
const VERSION: u64 = 1;
/// Far above any such file.
const MAX_LEN: u64 = 10_000;
/// Hex digits of a key.
const DIGITS: usize = 32;
/// Of a number below 2^64, which public inputs are printed in decimal up to.
const MAX_DECIMAL_DIGITS: usize = 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u64,
    /// Name of the model, for people.
    model: String,
    ciphertext_digest: CiphertextDigest,
    key: String,
}

/// A sale's key, and the ciphertext that it was drawn for.
#[derive(Debug)]
pub(crate) struct KeyFile {
    pub(crate) ciphertext: CiphertextDigest,
    pub(crate) key: SaleKey,
}

impl KeyFile {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("{} is not a sale's key", path.display());
        // Wiped when dropped, like the key itself.
        let text = Zeroizing::new(files::read_text(path, MAX_LEN)?);
        let advice = "give the key file that `provelock sale encrypt` wrote";
        let File { format, version, ciphertext_digest, key, .. } =
            serde_json::from_str(&text).with_context(named).advise(advice)?;
        let key = Zeroizing::new(key);
        if (format.as_str(), version) != (FORMAT, VERSION) {
            let found = anyhow!("it is {format} version {version}, expected {FORMAT} version {VERSION}");
            return Err(found).with_context(named).advise(advice);
        }
        let key = SaleKey::from_hex(&key).with_context(named).advise(advice)?;
        Ok(Self { ciphertext: ciphertext_digest, key })
    }

    /// Writes the file, which only its owner can read, and which replaces none: another sale may need the old key.
    pub(crate) fn write(&self, path: &Path, model: &str) -> anyhow::Result<()> {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            model: model.to_owned(),
            ciphertext_digest: self.ciphertext,
            key: self.key.to_hex().to_string(),
        };
        let text = Zeroizing::new(serde_json::to_string_pretty(&file)? + "\n");
        drop(Zeroizing::new(file.key));
        files::write(path, text.as_bytes(), Existing::Keep, Readers::Owner)
    }
}

/// Reads a key as key files spell it, or as public inputs are printed: small numbers in decimal, others as 0x and hex digits.
pub(crate) fn parse(text: &str) -> Result<SaleKey, String> {
    let wrong = || {
        format!(
            "expected {DIGITS} lower-case hex digits, or a number below 2^128: 0x and hex digits, or at most 20 decimal ones"
        )
    };
    // Far below as many digits as a key in hex has: no text has two readings.
    if (1..=MAX_DECIMAL_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u128 = text.parse().map_err(|_| wrong())?;
        return SaleKey::from_hex(&format!("{number:0>DIGITS$x}")).map_err(|_| wrong());
    }
    let Some(number) = text.strip_prefix("0x") else {
        return SaleKey::from_hex(text).map_err(|_| wrong());
    };
    let significant = number.trim_start_matches('0');
    if number.is_empty() || significant.len() > DIGITS {
        return Err(wrong());
    }
    SaleKey::from_hex(&format!("{significant:0>DIGITS$}")).map_err(|_| wrong())
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn parse__both_spellings__are_one_key_and_others_are_refused() {
        let key = SaleKey::from_hex("000000000000000000000000000abcde").unwrap();
        for text in ["000000000000000000000000000abcde", "0xabcde", &format!("0x{:064x}", 0xabcde)] {
            assert_eq!(parse(text), Ok(key.clone()), "{text}");
        }
        // As `contract read` prints numbers below 2^64.
        let small = SaleKey::from_hex("0000000000000000112210f47de98115").unwrap();
        assert_eq!(parse("1234567890123456789"), Ok(small.clone()));
        assert_eq!(
            parse("00000000000000001234567890123456").unwrap().to_hex().as_str(),
            "00000000000000001234567890123456"
        );
        let printed = script_gen::FixedInput::new("sale_key", 128, small.element()).unwrap().value_text();
        assert_eq!(parse(&printed), Ok(small), "{printed}");
        let largest = "f".repeat(32);
        assert_eq!(parse(&format!("0x{largest}")), parse(&largest));
        for text in [
            "",
            "0x",
            "abcde",
            "0xABCDE",
            "0xg",
            &"f".repeat(33),
            &format!("0x1{}", "0".repeat(32)),
            "-1",
            "+1",
            "123456789012345678901",
        ] {
            assert!(parse(text).unwrap_err().contains("32 lower-case hex digits"), "{text}");
        }
    }
}
