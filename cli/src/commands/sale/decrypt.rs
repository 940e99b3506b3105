//! `sale decrypt`: the network that was bought.

use super::read;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{SaleDecryptArgs, SaleKeyArgs};
use crate::bundled;
use crate::commands::model::blank::{check_folder, save};
use crate::output::Output;
use crate::sale_key::KeyFile;
use anyhow::bail;
use core::fmt;
use prover::sale::{DecryptError, SaleKey};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Serialize)]
struct Answer {
    decrypted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    ciphertext_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
}

#[derive(Serialize)]
struct Network {
    model: String,
    model_sha256: String,
    folder: PathBuf,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.reason {
            writeln!(f, "Not decrypted: {reason}.")?;
        }
        if let Some(Network { model, model_sha256, folder }) = &self.network {
            writeln!(f, "Decrypted the network {model}")?;
            writeln!(f, "  SHA-256   {model_sha256}")?;
            writeln!(f, "  folder    {}  (`model eval --model` measures it)", folder.display())?;
        }
        write!(f, "  digest    {}  (of the ciphertext; the contract must say the same)", self.ciphertext_digest)
    }
}

pub(super) fn run(args: &SaleDecryptArgs, output: &Output) -> anyhow::Result<Verdict> {
    check_folder(&args.out)?;
    let key = key_of(&args.key)?;
    let architecture = bundled::model_or(args.model.model.as_deref())?;
    let ciphertext = read(&args.ciphertext)?;
    let mut answer =
        Answer { decrypted: false, reason: None, ciphertext_digest: ciphertext.digest().to_string(), network: None };
    let model = match ciphertext.decrypt(&key, &architecture) {
        Err(error @ DecryptError::NoWeights(_)) => {
            answer.reason = Some(error.to_string());
            output.answer(&answer)?;
            return Ok(Verdict::No);
        }
        decrypted => decrypted.advise("give the --model that the seller published with the ciphertext")?,
    };
    save(&model, &args.out)?;
    answer.decrypted = true;
    answer.network = Some(Network {
        model: model.name().to_owned(),
        model_sha256: model.sha256().to_string(),
        folder: args.out.out.clone(),
    });
    output.answer(&answer)?;
    Ok(Verdict::Yes)
}

fn key_of(args: &SaleKeyArgs) -> anyhow::Result<SaleKey> {
    match (&args.key, &args.sale_key) {
        (Some(key), _) => Ok(key.clone()),
        (None, Some(path)) => Ok(KeyFile::read(path)?.key),
        // The argument group asks for exactly one.
        (None, None) => bail!("no key given: add --key or --sale-key"),
    }
}
