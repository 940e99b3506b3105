//! SHA-256 digests that name models, circuits, keys and payloads.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several digests under a name that separates this use from every other.
    pub(crate) fn combine(domain: &str, parts: &[Self]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(domain.as_bytes());
        for part in parts {
            hasher.update(part.0);
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Display for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl core::fmt::Debug for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lower_hex::<32, _>(deserializer).map(Self)
    }
}

/// Reads exactly `N` bytes of lower-case hex; one value has one spelling.
pub(crate) fn lower_hex<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; N];
    let wrong =
        || D::Error::custom(format_args!("expected {} lower-case hex digits, found {} bytes", 2 * N, text.len()));
    hex::decode_to_slice(&text, &mut bytes).map_err(|_| wrong())?;
    if hex::encode(bytes) == text { Ok(bytes) } else { Err(wrong()) }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn digest__empty_input__is_the_published_value() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), text);
        assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), Digest::of(b""));
    }

    #[test]
    fn digest__upper_case_or_short_hex__is_refused() {
        for text in [&Digest::of(b"").to_string().to_uppercase(), "e3b0"] {
            let error = serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap_err().to_string();
            assert!(error.contains("expected 64 lower-case hex digits"), "{error}");
        }
    }
}
