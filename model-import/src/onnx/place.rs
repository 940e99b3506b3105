//! Where in an ONNX file a fault is, for error messages.

use crate::error::{ImportError, require};
use core::fmt::Display;
use prost::Message;
use prost::bytes::Bytes;

/// A place in a file: a node with its operator, a weight, or the graph.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    /// The file's name.
    pub(super) file: &'a str,
    /// What is there.
    pub(super) part: String,
}

impl<'a> Place<'a> {
    pub(super) fn new(file: &'a str, part: impl Display) -> Self {
        Self { file, part: part.to_string() }
    }

    /// A part of this place, such as an attribute.
    pub(super) fn at(&self, part: impl Display) -> Self {
        Self::new(self.file, format_args!("{}, {part}", self.part))
    }

    /// The error that something here is not as it must be.
    pub(super) fn refused(&self, found: impl Display, expected: impl Display, advice: impl Display) -> ImportError {
        ImportError::Field {
            file: self.file.to_owned(),
            field: self.part.clone(),
            found: found.to_string(),
            expected: expected.to_string(),
            advice: advice.to_string(),
        }
    }

    /// [`Self::refused`] unless `holds`.
    pub(super) fn check(
        &self,
        holds: bool,
        found: impl Display,
        expected: impl Display,
        advice: impl Display,
    ) -> Result<(), ImportError> {
        require(holds, self.file, || self.part.clone(), found, expected, advice)
    }

    /// Decodes the message that is here.
    pub(super) fn decode<M: Message + Default>(
        &self,
        bytes: &Bytes,
        expected: &'static str,
    ) -> Result<M, ImportError> {
        M::decode(bytes.clone()).map_err(|source| ImportError::Encoding {
            file: self.file.to_owned(),
            field: self.part.clone(),
            expected,
            source: source.into(),
        })
    }
}

/// The beginning of a text from the file, so that a message stays readable whatever the file holds.
pub(super) fn clip(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
