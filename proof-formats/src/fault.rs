//! Why a file is refused.

use core::fmt;

/// A file that could not be read as what it should be: its name, and what is wrong with it as [`source`].
///
/// [`source`]: std::error::Error::source
#[derive(Debug, thiserror::Error)]
#[error("{file} is refused")]
pub struct FormatError {
    /// The name the caller gave.
    pub file: String,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A verifying key.
    VerifyingKey,
    /// A proof.
    Proof,
    /// A list of public inputs.
    PublicInputs,
}

impl Kind {
    /// The formats in which this kind is read, for messages.
    pub(crate) const fn formats(self) -> &'static str {
        match self {
            Self::VerifyingKey => {
                "snarkjs' verification_key.json, ZoKrates' verification.key, \
                 or arkworks' VerifyingKey<Bn254> as bytes or hex, compressed or not"
            }
            Self::Proof => {
                "snarkjs' proof.json, ZoKrates' proof.json, \
                 or arkworks' Proof<Bn254> as bytes or hex, compressed or not"
            }
            Self::PublicInputs => {
                "snarkjs' public.json, ZoKrates' proof.json, arkworks' Vec<Fr> as bytes or hex, \
                 or a list of decimal or 0x-hex numbers"
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VerifyingKey => "a verifying key",
            Self::Proof => "a proof",
            Self::PublicInputs => "public inputs",
        })
    }
}

/// What is wrong with a file's content. `field` is the place as the format names it: `IC[2]`, `pi_b`, `beta_g2`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Longer than [`MAX_FILE_LEN`](crate::MAX_FILE_LEN).
    #[error("{found} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// No content but white space.
    #[error("it is empty, expected {}", expected.formats())]
    Empty {
        /// What was expected.
        expected: Kind,
    },
    /// Begins like JSON but is none.
    #[error("not valid JSON")]
    Syntax(#[source] serde_json::Error),
    /// No known format.
    #[error("{found}; {expected} can be {}", expected.formats())]
    Unrecognised {
        /// What was found.
        found: String,
        /// What was expected.
        expected: Kind,
    },
    /// A known format, but of something else.
    #[error("it holds {found}, expected {expected}")]
    WrongKind {
        /// What was found.
        found: Kind,
        /// What was expected.
        expected: Kind,
    },
    /// A file of this project: the crate `prover` reads it.
    #[error("it is a file of format {format}, which the crate prover reads")]
    OwnFormat {
        /// The format's name.
        format: String,
    },
    /// The bytes have the lengths of two encodings at once.
    #[error("{found} bytes that can be arkworks' compressed or uncompressed encoding")]
    Ambiguous {
        /// Bytes found.
        found: usize,
    },
    /// A key of the JSON object is missing.
    #[error("the field {field} is missing")]
    MissingField {
        /// Its name.
        field: String,
    },
    /// Another JSON type or list length than the format has there.
    #[error("{field} has another type or length than the format gives it")]
    Type {
        /// The place.
        field: String,
        /// What serde expected.
        source: serde_json::Error,
    },
    /// Another proof system.
    #[error("{field} is {found:?}, expected {expected:?}")]
    Scheme {
        /// `protocol` or `scheme`.
        field: &'static str,
        /// What the file says.
        found: String,
        /// The one that is read.
        expected: &'static str,
    },
    /// Another curve.
    #[error("curve is {found:?}, expected {expected:?}, which is BN254")]
    Curve {
        /// What the file says.
        found: String,
        /// The one that is read.
        expected: &'static str,
    },
    /// Neither a decimal number without leading zeros nor up to 64 hex digits after `0x`.
    #[error("{field} is {found}, expected a decimal number or 0x and up to 64 hex digits")]
    NotANumber {
        /// The place.
        field: String,
        /// The beginning of what was found.
        found: String,
    },
    /// A number that is no element of its field. Numbers are never reduced.
    #[error("{field} is {found}, which is not below the modulus {modulus}")]
    NotBelow {
        /// The place.
        field: String,
        /// The beginning of what was found.
        found: String,
        /// q for coordinates, r for public inputs.
        modulus: String,
    },
    /// The third coordinate of a point is neither one nor the identity's.
    #[error("{field} has the third coordinate {found}, expected one, or 0, 1, 0 for the point at infinity")]
    ProjectiveZ {
        /// The place.
        field: String,
        /// The coordinate.
        found: String,
    },
    /// Both flag bits of a point are set.
    #[error("{field} has flag bits that arkworks does not write")]
    Flags {
        /// The place.
        field: String,
    },
    /// A point off its curve.
    #[error("{field} is not on its curve")]
    OffCurve {
        /// The place.
        field: String,
    },
    /// A point of G2 off its curve, but on it once the parts of its coordinates change places.
    #[error(
        "{field} has the parts of its coordinates in the order (c1, c0), as Ethereum takes them, expected (c0, c1)"
    )]
    SwappedParts {
        /// The place.
        field: String,
    },
    /// A point of the curve outside the group of order r.
    #[error("{field} is not in the group of order r")]
    OutsideSubgroup {
        /// The place.
        field: String,
    },
    /// A key's point is the identity.
    #[error("{field} is the point at infinity, which no key may hold")]
    Identity {
        /// The place.
        field: String,
    },
    /// The list of points for the public inputs lacks even the constant one.
    #[error("{field} is empty, expected one point more than public inputs")]
    NoPoints {
        /// The list.
        field: &'static str,
    },
    /// The number of public inputs and the list of their points disagree.
    #[error("{field} has {found} points, nPublic announces {announced}")]
    PointCount {
        /// The list.
        field: &'static str,
        /// Points found.
        found: usize,
        /// One more than the announced public inputs.
        announced: u64,
    },
    /// Cut short or too long: the length is none of the encoding's.
    #[error("{found} bytes, expected {expected}")]
    ByteLen {
        /// Bytes found.
        found: usize,
        /// The lengths that would fit, with what they would be.
        expected: String,
    },
    /// Another number of public inputs than the key takes.
    #[error("{found} public inputs, the key takes {expected}")]
    InputCount {
        /// Values found.
        found: usize,
        /// Values the key takes.
        expected: usize,
    },
}

/// The beginning of a text from a file, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    const LEN: usize = 90;
    match text.char_indices().nth(LEN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}
