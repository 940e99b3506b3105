//! What a file's bytes are, before any format: JSON, other text, or binary.

use crate::fault::{Fault, Kind, excerpt};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longest file that is read, in bytes.
///
/// Room for over 5,000 public inputs in the longest format (snarkjs' indented keys take 184 bytes for each). A script
/// that takes them all in full at spending has room for about a hundred: each costs thousands of bytes, and nodes take
/// 500,000 by default.
pub const MAX_FILE_LEN: usize = 1 << 20;

/// How the names of this project's own formats begin.
const OWN_FORMATS: &str = "provelock-";

/// Who wrote a file.
pub(crate) enum Source<'a> {
    Snarkjs(&'a Object<'a>),
    ZoKrates(&'a Object<'a>),
    Arkworks(Cow<'a, [u8]>),
}

/// A file's content.
pub(crate) enum Content<'a> {
    Object(Object<'a>),
    List(Vec<&'a RawValue>),
    /// Text that is not JSON, trimmed and not empty.
    Text(&'a str),
    Binary(&'a [u8]),
}

impl<'a> Content<'a> {
    pub(crate) fn of(bytes: &'a [u8], expected: Kind) -> Result<Self, Fault> {
        if bytes.len() > MAX_FILE_LEN {
            return Err(Fault::TooLarge { found: bytes.len(), limit: MAX_FILE_LEN });
        }
        let Some(text) = as_text(bytes) else { return Ok(Self::Binary(bytes)) };
        match text.as_bytes().first() {
            None => Err(Fault::Empty { expected }),
            Some(b'{') => Ok(Self::Object(serde_json::from_str(text).map_err(Fault::Syntax)?)),
            Some(b'[') => Ok(Self::List(serde_json::from_str(text).map_err(Fault::Syntax)?)),
            Some(_) => Ok(Self::Text(text)),
        }
    }

    /// Whose file this is, if it may hold what is expected.
    pub(crate) fn source(&self, expected: Kind) -> Result<Source<'_>, Fault> {
        match self {
            Self::Object(object) => object.source(expected)?.ok_or_else(|| self.unrecognised(expected)),
            Self::List(_) => Err(self.unrecognised(expected)),
            Self::Text(text) => {
                let bytes = decode_hex(text).ok_or_else(|| self.unrecognised(expected))?;
                Ok(Source::Arkworks(Cow::Owned(bytes)))
            }
            Self::Binary(bytes) => Ok(Source::Arkworks(Cow::Borrowed(bytes))),
        }
    }

    /// Says what was found instead of `expected`.
    pub(crate) fn unrecognised(&self, expected: Kind) -> Fault {
        let found = match self {
            Self::Object(Object(fields)) => {
                let names: Vec<_> = fields.keys().take(8).map(|name| excerpt(name)).collect();
                format!("found a JSON object with the fields [{}]", names.join(", "))
            }
            Self::List(items) => format!("found a JSON list of {} items", items.len()),
            Self::Text(text) => format!("found text that begins with {:?}", excerpt(text)),
            Self::Binary(bytes) => format!("found {} bytes", bytes.len()),
        };
        Fault::Unrecognised { found, expected }
    }
}

/// Bytes that encode points or numbers are never mistaken for text: they would have to be UTF-8 without control
/// characters over their whole length, of which at least half are evenly distributed or zero.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let foreign = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    // Some editors begin a text with a byte order mark.
    (!text.contains(foreign)).then(|| text.trim_start_matches('\u{feff}').trim())
}

/// A JSON object whose values are read when asked for, so that a fault has a field's name. Fields that nobody asks for
/// are ignored: tools add redundant ones. Of equal names the last counts, as for the tools.
pub(crate) struct Object<'a>(BTreeMap<String, &'a RawValue>);

// Deserialised as the map it is.
impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }
}

impl<'a> Object<'a> {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(crate) fn raw(&self, field: &str) -> Result<&'a RawValue, Fault> {
        self.0.get(field).copied().ok_or_else(|| Fault::MissingField { field: field.to_owned() })
    }

    pub(crate) fn get<T: Deserialize<'a>>(&self, field: &str) -> Result<T, Fault> {
        decode(field, self.raw(field)?)
    }
}

impl Object<'_> {
    /// Whose object this is, if anybody's.
    fn source(&self, expected: Kind) -> Result<Option<Source<'_>>, Fault> {
        if let Ok(format) = self.get::<String>("format")
            && format.starts_with(OWN_FORMATS)
        {
            return Err(Fault::OwnFormat { format: excerpt(&format) });
        }
        let (source, key_field, proof_field) = match (self.has("protocol"), self.has("scheme")) {
            (true, false) => (Source::Snarkjs(self), "IC", "pi_a"),
            (false, true) => (Source::ZoKrates(self), "gamma_abc", "proof"),
            _ => return Ok(None),
        };
        // ZoKrates keeps public inputs in the proof's file.
        let is_carrier = expected == Kind::PublicInputs && matches!(source, Source::ZoKrates(_));
        let wanted = if is_carrier { Kind::Proof } else { expected };
        let found = match (self.has(key_field), self.has(proof_field)) {
            (true, false) => Kind::VerifyingKey,
            (false, true) => Kind::Proof,
            _ => wanted,
        };
        if found == wanted { Ok(Some(source)) } else { Err(Fault::WrongKind { found, expected }) }
    }
}

/// The bytes that `text` spells in hex digits, with or without 0x before and line breaks between.
pub(crate) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    hex::decode(digits.strip_prefix("0x").unwrap_or(&digits)).ok()
}

/// Reads the value at `field` as a `T`.
pub(crate) fn decode<'a, T: Deserialize<'a>>(field: &str, value: &'a RawValue) -> Result<T, Fault> {
    serde_json::from_str(value.get()).map_err(|source| Fault::Type { field: field.to_owned(), source })
}
