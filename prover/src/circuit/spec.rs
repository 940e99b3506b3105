//! Which circuit is made of a model.

use crate::model::{InputVisibility, Model, OutputKind};
use core::fmt;
use core::num::NonZeroUsize;
use core::str::FromStr;

/// What an inference circuit proves of its model. Written as `inference input=private output=class batch=1`, in which
/// the output is `class`, `logits`, `score` or `top_k:3`; that is the only spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CircuitSpec {
    /// Who knows the inputs.
    pub input: InputVisibility,
    /// What is told of the logits.
    pub output: OutputKind,
    /// Inputs that one proof is about.
    pub batch: NonZeroUsize,
}

/// A text that specifies no inference circuit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no circuit specification, expected the form \"inference input=private output=class batch=1\"")]
pub struct SpecError {
    /// The text.
    pub found: String,
}

impl CircuitSpec {
    /// One inference with the model's own defaults.
    pub fn of(model: &Model) -> Self {
        Self { input: model.input().visibility, output: model.output().kind, batch: NonZeroUsize::MIN }
    }
}

impl fmt::Display for CircuitSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input = match self.input {
            InputVisibility::Public => "public",
            InputVisibility::Private => "private",
            InputVisibility::Committed => "committed",
        };
        write!(f, "inference input={input} output={} batch={}", OutputName(self.output), self.batch)
    }
}

/// `class`, `logits`, `score` or `top_k:3`.
pub(super) struct OutputName(pub(super) OutputKind);

impl fmt::Display for OutputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            OutputKind::Class => f.write_str("class"),
            OutputKind::Logits => f.write_str("logits"),
            OutputKind::Score => f.write_str("score"),
            OutputKind::TopK { k } => write!(f, "top_k:{k}"),
        }
    }
}

impl FromStr for CircuitSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = || SpecError { found: text.to_owned() };
        let parse = || {
            let rest = text.strip_prefix("inference input=")?;
            let (input, rest) = rest.split_once(" output=")?;
            let (output, batch) = rest.split_once(" batch=")?;
            let input = match input {
                "public" => InputVisibility::Public,
                "private" => InputVisibility::Private,
                "committed" => InputVisibility::Committed,
                _ => return None,
            };
            let output = match (output, output.strip_prefix("top_k:")) {
                ("class", _) => OutputKind::Class,
                ("logits", _) => OutputKind::Logits,
                ("score", _) => OutputKind::Score,
                (_, Some(k)) => OutputKind::TopK { k: k.parse().ok()? },
                _ => return None,
            };
            Some(Self { input, output, batch: batch.parse().ok()? })
        };
        // Numbers have several spellings that parse; only the one that is written counts.
        parse().filter(|spec| spec.to_string() == text).ok_or_else(error)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn spec__each_spelling__is_read_back_and_others_refused() {
        for text in [
            "inference input=private output=class batch=1",
            "inference input=public output=logits batch=12",
            "inference input=committed output=score batch=1",
            "inference input=private output=top_k:3 batch=2",
        ] {
            assert_eq!(text.parse::<CircuitSpec>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "inference input=private output=class batch=0",
            "inference input=private output=class batch=01",
            "inference input=private output=class batch=1 ",
            "inference input=secret output=class batch=1",
            "inference input=private output=top_k: batch=1",
            "inference input=private output=top_k:+3 batch=1",
            "accuracy n=10",
        ] {
            assert_eq!(text.parse::<CircuitSpec>(), Err(SpecError { found: text.to_owned() }));
        }
    }
}
