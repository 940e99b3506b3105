//! How keys and proofs spell what an accuracy certificate is about.

use super::LabelledSet;
use crate::circuit::WeightTie;
use crate::digest::Digest;
use core::fmt;
use core::num::NonZeroUsize;
use core::str::FromStr;

/// What the circuit of an accuracy certificate or of a model sale is made for. Written as `accuracy n=1000 set=` or
/// `sale n=1000 set=` and 64 lower-case hex digits; that is the only spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccuracySpec {
    /// What pins the weights.
    pub tie: WeightTie,
    /// Inputs in the set.
    pub n: NonZeroUsize,
    /// [`LabelledSet::digest`].
    pub set: Digest,
}

/// A text that specifies neither an accuracy certificate nor a sale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} specifies no accuracy certificate and no sale, \
     expected the form \"accuracy n=1000 set=<sha256>\" or \"sale n=1000 set=<sha256>\""
)]
pub struct AccuracySpecError {
    /// The text.
    pub found: String,
}

impl AccuracySpec {
    /// The specification of certificates about `set` for weights that `tie` pins.
    pub fn of(set: &LabelledSet, tie: WeightTie) -> Self {
        Self { tie, n: NonZeroUsize::new(set.n_inputs()).unwrap_or(NonZeroUsize::MIN), set: set.digest() }
    }

    /// The first word of a specification.
    pub const fn kind(tie: WeightTie) -> &'static str {
        match tie {
            WeightTie::Commitment => "accuracy",
            WeightTie::Ciphertext => "sale",
        }
    }
}

impl fmt::Display for AccuracySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} n={} set={}", Self::kind(self.tie), self.n, self.set)
    }
}

impl FromStr for AccuracySpec {
    type Err = AccuracySpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || -> Option<Self> {
            let (kind, rest) = text.split_once(" n=")?;
            let (n, set) = rest.split_once(" set=")?;
            let tie =
                [WeightTie::Commitment, WeightTie::Ciphertext].into_iter().find(|tie| Self::kind(*tie) == kind)?;
            let set = serde_json::from_value(serde_json::Value::String(set.to_owned())).ok()?;
            Some(Self { tie, n: n.parse().ok()?, set })
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
        let spec = AccuracySpec { tie: WeightTie::Commitment, n: NonZeroUsize::new(12).unwrap(), set: Digest::of(b"") };
        let text = spec.to_string();
        assert_eq!(text.parse(), Ok(spec));
        let sale = AccuracySpec { tie: WeightTie::Ciphertext, ..spec };
        assert_eq!(sale.to_string(), text.replace("accuracy", "sale"));
        assert_eq!(sale.to_string().parse(), Ok(sale));
        for other in [
            text.to_uppercase(),
            text.replace("accuracy", "sales"),
            text.replace("accuracy", ""),
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
