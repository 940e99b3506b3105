//! `sale encrypt`: hidden weights under a new key.

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SaleEncryptArgs;
use crate::bundled;
use crate::files::{self, Existing, Readers};
use crate::output::Output;
use crate::sale_key::KeyFile;
use core::fmt;
use prover::sale::{Ciphertext, SaleKey};
use rand::rngs::OsRng;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    model: String,
    ciphertext: PathBuf,
    ciphertext_digest: String,
    words: usize,
    /// Holds the key.
    key_file: PathBuf,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The hidden weights of the network {}, encrypted under a new key", self.model)?;
        writeln!(f, "  ciphertext  {}  ({} words; for the buyer)", self.ciphertext.display(), self.words)?;
        writeln!(f, "  digest      {}", self.ciphertext_digest)?;
        writeln!(f, "  key         {}  (readable by you alone)", self.key_file.display())?;
        write!(f, "Use the key for this sale only: spending the contract reveals it.")
    }
}

pub(super) fn run(args: &SaleEncryptArgs, output: &Output) -> anyhow::Result<Verdict> {
    let existing = Existing::with_force(args.out.force);
    files::check_distinct(&[&args.out.out, &args.key_out])?;
    existing.check(&args.out.out)?;
    // What it may be needed for cannot be seen here.
    Existing::Never("choose another name: key files are never replaced").check(&args.key_out)?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    let key = SaleKey::random(&mut OsRng);
    let ciphertext = {
        let _stage = output.stage("encrypting");
        Ciphertext::encrypt(&model, &key).advise("take a network with hidden weights, such as mnist-private")?
    };
    let digest = ciphertext.digest();
    // First, so that no ciphertext is left without its key.
    KeyFile { ciphertext: digest, key }.write(&args.key_out, model.name())?;
    files::write(&args.out.out, ciphertext.to_json().as_bytes(), existing, Readers::Default)?;
    output.answer(&Answer {
        model: model.name().to_owned(),
        ciphertext: args.out.out.clone(),
        ciphertext_digest: digest.to_string(),
        words: ciphertext.n_words(),
        key_file: args.key_out.clone(),
    })?;
    Ok(Verdict::Yes)
}
