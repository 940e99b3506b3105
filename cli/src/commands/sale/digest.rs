//! `sale digest`: what a buyer fixes.

use super::read;
use crate::Verdict;
use crate::args::SaleDigestArgs;
use crate::output::Output;
use core::fmt;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    ciphertext_digest: String,
    /// Names the tensors that are encrypted, their lengths and widths.
    layout: String,
    words: usize,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.ciphertext_digest)?;
        write!(f, "Digest of {} words of layout {}; fix it with", self.words, self.layout)?;
        write!(f, " --public ciphertext_digest=0x{}", self.ciphertext_digest)
    }
}

pub(super) fn run(args: &SaleDigestArgs, output: &Output) -> anyhow::Result<Verdict> {
    let ciphertext = read(&args.file)?;
    output.answer(&Answer {
        ciphertext_digest: ciphertext.digest().to_string(),
        layout: ciphertext.layout().to_string(),
        words: ciphertext.n_words(),
    })?;
    Ok(Verdict::Yes)
}
