//! How keys and proofs spell what an accuracy certificate is about.

use super::LabelledSet;
use crate::digest::Digest;
use core::fmt;
use core::num::NonZeroUsize;
use core::str::FromStr;

/// What the circuit of an accuracy certificate is made for. Written as `accuracy n=1000 set=` and 64 lower-case hex
/// digits; that is the only spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccuracySpec {
    /// Inputs in the set.
    pub n: NonZeroUsize,
    /// [`LabelledSet::digest`].
    pub set: Digest,
}

/// A text that specifies no accuracy certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no specification of an accuracy certificate, expected the form \"accuracy n=1000 set=<sha256>\"")]
pub struct AccuracySpecError {
    /// The text.
    pub found: String,
}

impl AccuracySpec {
    /// The specification of certificates about `set`.
    pub fn of(set: &LabelledSet) -> Self {
        Self { n: NonZeroUsize::new(set.n_inputs()).unwrap_or(NonZeroUsize::MIN), set: set.digest() }
    }
}

impl fmt::Display for AccuracySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accuracy n={} set={}", self.n, self.set)
    }
}

impl FromStr for AccuracySpec {
    type Err = AccuracySpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || -> Option<Self> {
            let (n, set) = text.strip_prefix("accuracy n=")?.split_once(" set=")?;
            let set = serde_json::from_value(serde_json::Value::String(set.to_owned())).ok()?;
            Some(Self { n: n.parse().ok()?, set })
        };
        // Printing again refuses other spellings of the same number, such as `+1` and `01`.
        let spec = parse().filter(|spec| spec.to_string() == text);
        spec.ok_or_else(|| AccuracySpecError { found: text.to_owned() })
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn accuracy_spec__its_own_text__is_read_and_no_other() {
        let spec = AccuracySpec { n: NonZeroUsize::new(12).unwrap(), set: Digest::of(b"") };
        let text = spec.to_string();
        assert_eq!(text.parse(), Ok(spec));
        for other in [
            text.to_uppercase(),
            text.replace("12", "012"),
            text.replace("12", "+12"),
            text.replace("12", "0"),
            text[..text.len() - 1].to_owned(),
            format!("{text} "),
            String::new(),
        ] {
            assert_eq!(other.parse::<AccuracySpec>(), Err(AccuracySpecError { found: other }));
        }
    }
}
