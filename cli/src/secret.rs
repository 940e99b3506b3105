//! The file that opens a commitment: its salt. Who reads it and knows the values can prove about them.

use crate::advice::Advise as _;
use crate::files::{self, Existing, Readers};
use anyhow::{Context as _, anyhow};
use prover::circuit::{committed_values, input_layout, model_layout};
use prover::{InputCommitment, Model, ModelCommitment, Salt, Tensor};
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

const FORMAT: &str = "provelock-secret";
const VERSION: u64 = 1;
/// Far above any such file.
const MAX_LEN: u64 = 10_000;

/// What is committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Model,
    Input,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Model => "a model",
            Self::Input => "an input",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u64,
    of: Kind,
    /// Name of the model, for people.
    model: String,
    commitment: String,
    salt: String,
}

/// A commitment and the salt that opens it.
#[derive(Debug)]
pub(crate) struct Secret {
    kind: Kind,
    model: String,
    commitment: String,
    salt: Salt,
}

impl Secret {
    /// What becomes of a file in the way of a new one.
    pub(crate) const EXISTING: Existing =
        Existing::Never("choose another name: nothing can be proved about a commitment whose file is gone");

    /// Commits to a model's weights under a new salt.
    pub(crate) fn of_model(model: &Model) -> anyhow::Result<Self> {
        let salt = Salt::random(&mut OsRng);
        let commitment = commit_model(model, &salt)?;
        Ok(Self { kind: Kind::Model, model: model.name().to_owned(), commitment, salt })
    }

    /// Commits to an input of a model under a new salt.
    pub(crate) fn of_input(model: &Model, input: &Tensor) -> anyhow::Result<Self> {
        let salt = Salt::random(&mut OsRng);
        let commitment = commit_input(model, input, &salt)?;
        Ok(Self { kind: Kind::Input, model: model.name().to_owned(), commitment, salt })
    }

    /// Reads a model's file, which has to be about this model's weights.
    pub(crate) fn read_model(path: &Path, model: &Model) -> anyhow::Result<Self> {
        Self::read(path, Kind::Model, |salt| commit_model(model, salt))
            .advise("give the file that `provelock model commit` wrote for this network's weights")
    }

    /// Reads an input's file, which has to be about this input.
    pub(crate) fn read_input(path: &Path, model: &Model, input: &Tensor) -> anyhow::Result<Self> {
        Self::read(path, Kind::Input, |salt| commit_input(model, input, salt))
            .advise("give the file that `provelock input commit` wrote for this input")
    }

    fn read(path: &Path, kind: Kind, commit: impl Fn(&Salt) -> anyhow::Result<String>) -> anyhow::Result<Self> {
        let named = || format!("{} is not the commitment that is needed", path.display());
        // Wiped when dropped, like the salt itself.
        let text = Zeroizing::new(files::read_text(path, MAX_LEN)?);
        let File { format, version, of, model, commitment, salt } = serde_json::from_str(&text).with_context(named)?;
        let salt_text = Zeroizing::new(salt);
        if (format.as_str(), version) != (FORMAT, VERSION) {
            let found = anyhow!("it is {format} version {version}, expected {FORMAT} version {VERSION}");
            return Err(found).with_context(named);
        }
        if of != kind {
            let other = anyhow!("it is a commitment to {}, expected one to {}", of.name(), kind.name());
            return Err(other).with_context(named);
        }
        let salt = Salt::from_hex(&salt_text).with_context(named)?;
        let found = commit(&salt)?;
        if found != commitment {
            let other = anyhow!("it holds commitment {commitment}, with its salt these values have {found}");
            return Err(other).with_context(named);
        }
        Ok(Self { kind, model, commitment, salt })
    }

    /// Writes the file, which only its owner can read.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let salt = self.salt.to_hex();
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            of: self.kind,
            model: self.model.clone(),
            commitment: self.commitment.clone(),
            salt: salt.to_string(),
        };
        let text = Zeroizing::new(serde_json::to_string_pretty(&file)? + "\n");
        drop(Zeroizing::new(file.salt));
        files::write(path, text.as_bytes(), Self::EXISTING, Readers::Owner)
    }

    /// 64 hex digits.
    pub(crate) fn commitment(&self) -> &str {
        &self.commitment
    }

    pub(crate) const fn salt(&self) -> &Salt {
        &self.salt
    }

    pub(crate) fn into_salt(self) -> Salt {
        self.salt
    }
}

/// Whether a model has layers to commit to.
pub(crate) fn is_committed(model: &Model) -> anyhow::Result<bool> {
    Ok(model_layout(model)?.n_values() > 0)
}

fn commit_model(model: &Model, salt: &Salt) -> anyhow::Result<String> {
    if !is_committed(model)? {
        return Err(anyhow!("the network {} has no committed layer: its weights are public", model.name()))
            .advise("set \"visibility\": \"committed\" in its layers, or import it with --weights committed");
    }
    Ok(ModelCommitment::new(&model_layout(model)?, committed_values(model), salt)?.to_string())
}

fn commit_input(model: &Model, input: &Tensor, salt: &Salt) -> anyhow::Result<String> {
    let values = input.values().iter().map(|value| (*value).into());
    Ok(InputCommitment::new(&input_layout(model)?, values, salt)?.to_string())
}
