//! Texts that are sent in a header and shown nowhere.

use core::fmt;

use zeroize::Zeroizing;

/// A secret that can stand in a header.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// A text that cannot stand in a header, or is empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is empty, or has other than printable ASCII characters")]
pub struct SecretError;

impl Secret {
    pub(crate) fn new(text: String) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text);
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain { Ok(Self(text)) } else { Err(SecretError) }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
