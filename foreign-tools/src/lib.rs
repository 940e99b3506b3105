//! Runs tools that others wrote, for tests: proofs of snarkjs, ZoKrates and arkworks, and any script for Node.js with
//! pinned packages ([`Packages`]).
//!
//! Two circuits ([`Circuit`]) are compiled, set up, proved and verified in every tool ([`Tool`]); what the tools write
//! is returned as [`ProofFiles`]. [`made`] does so once a process, [`fixtures`] reads what the repository keeps of an
//! earlier run. The program of this crate, `cargo run --release -p foreign-tools`, makes the fixtures anew.
//!
//! Needs Node.js with npm on `PATH`, or python3 with pip to fetch one; see `fixtures/foreign-proofs/PROVENANCE.md`.

mod arkworks;
mod node;
mod packages;

pub use packages::{Packages, Workplace};

use ark_bn254::Fr;
use ark_ff::{Field as _, PrimeField as _};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Why a tool could not be run, or no proofs could be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// There is no folder to install tools in.
    #[error("no folder to install tools in")]
    CacheFolder(#[source] node_client::regtest::ProvisionError),
    /// A file or folder cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// There is no Node.js, and none could be fetched.
    #[error(
        "no Node.js {} or later with npm on PATH, and fetching one failed: {said}; install nodejs and npm, \
         or python3 with pip and go online once",
        node::MIN_MAJOR
    )]
    NoNode {
        /// What pip said.
        said: String,
    },
    /// The tools could not be installed.
    #[error("npm could not install the tools of package-lock.json, go online once: {said}")]
    Install {
        /// What npm said.
        said: String,
    },
    /// A tool failed.
    #[error("{tool:?} made no proofs: {said}")]
    Failed {
        /// Which.
        tool: Tool,
        /// The end of what it said.
        said: String,
    },
    /// A script did not end with success.
    #[error("{script}: {said}")]
    Script {
        /// Its file name.
        script: String,
        /// The end of what it said.
        said: String,
    },
    /// arkworks' library failed.
    #[error("arkworks made no proof")]
    Arkworks(#[from] ark_relations::gr1cs::SynthesisError),
}

/// Who makes a proof, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// circom and snarkjs.
    Snarkjs,
    /// ZoKrates with its arkworks backend.
    ZoKrates,
    /// arkworks, points compressed.
    ArkworksCompressed,
    /// arkworks, points uncompressed.
    ArkworksUncompressed,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Snarkjs, Self::ZoKrates, Self::ArkworksCompressed, Self::ArkworksUncompressed];

    /// The folder of its files among the fixtures.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Snarkjs => "snarkjs",
            Self::ZoKrates => "zokrates",
            Self::ArkworksCompressed => "arkworks-compressed",
            Self::ArkworksUncompressed => "arkworks-uncompressed",
        }
    }

    /// Names of the files with verifying key, proof and public inputs. ZoKrates keeps the inputs with the proof.
    const fn file_names(self) -> [&'static str; 3] {
        match self {
            Self::Snarkjs => ["verification_key.json", "proof.json", "public.json"],
            Self::ZoKrates => ["verification.key", "proof.json", "proof.json"],
            Self::ArkworksCompressed | Self::ArkworksUncompressed => {
                ["verifying_key.bin", "proof.bin", "public_inputs.bin"]
            }
        }
    }
}

/// What is proved; the same in every tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// y = x^7 for a hidden x: one public input, of full length.
    One,
    /// full = small * k + near_r for a hidden k: three public inputs, the second r - 1.
    Three,
}

impl Circuit {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Three];

    /// The folder of its files below a tool's.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Three => "three",
        }
    }

    /// The public inputs that every tool proves it for.
    pub fn public_inputs(self) -> Vec<Fr> {
        let secret = secret();
        match self {
            Self::One => vec![secret.pow([7])],
            Self::Three => vec![Fr::from(7), -Fr::from(1), Fr::from(7) * secret - Fr::from(1)],
        }
    }
}

/// The hidden value in every circuit; `make.mjs` has the same.
fn secret() -> Fr {
    Fr::from_be_bytes_mod_order(&[0x12, 0x34, 0x56, 0x78, 0x90, 0xab, 0xcd, 0xef].repeat(4))
}

/// A file as a tool wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its usual name.
    pub name: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Everything a tool writes about one proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFiles {
    /// Who made it.
    pub tool: Tool,
    /// What it proves.
    pub circuit: Circuit,
    /// The verifying key.
    pub verifying_key: NamedFile,
    /// The proof.
    pub proof: NamedFile,
    /// The public inputs; the same file as the proof for ZoKrates.
    pub public_inputs: NamedFile,
}

impl ProofFiles {
    /// The files in `root/<tool>/<circuit>`.
    fn read(root: &Path, tool: Tool, circuit: Circuit) -> Result<Self, ToolError> {
        let folder = root.join(tool.folder()).join(circuit.folder());
        let read = |name| Ok::<_, ToolError>(NamedFile { name, bytes: at(&folder.join(name), |path| fs::read(path))? });
        let [verifying_key, proof, public_inputs] = tool.file_names().map(read);
        Ok(Self { tool, circuit, verifying_key: verifying_key?, proof: proof?, public_inputs: public_inputs? })
    }

    /// Writes the files to `root/<tool>/<circuit>`.
    ///
    /// # Errors
    /// [`ToolError::File`].
    pub fn write(&self, root: &Path) -> Result<(), ToolError> {
        let folder = root.join(self.tool.folder()).join(self.circuit.folder());
        at(&folder, |path| fs::create_dir_all(path))?;
        let mut files = [&self.verifying_key, &self.proof, &self.public_inputs].into_iter();
        files.try_for_each(|file| at(&folder.join(file.name), |path| fs::write(path, &file.bytes)))
    }
}

/// Runs one tool now, for both circuits: compiles, sets up, proves, verifies. The first run installs what is missing
/// in the user's cache folder.
///
/// # Errors
/// [`ToolError`]; each says what the user can do.
pub fn make(tool: Tool) -> Result<Vec<ProofFiles>, ToolError> {
    match tool {
        Tool::Snarkjs | Tool::ZoKrates => node::make(tool),
        Tool::ArkworksCompressed | Tool::ArkworksUncompressed => {
            Circuit::ALL.map(|circuit| arkworks::make(tool, circuit)).into_iter().collect()
        }
    }
}

/// Proofs of every tool for every circuit, made once in this process.
///
/// # Errors
/// As [`make`].
pub fn made() -> Result<&'static [ProofFiles], &'static ToolError> {
    static MADE: OnceLock<Result<Vec<ProofFiles>, ToolError>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let made: Vec<_> = Tool::ALL.into_iter().map(make).collect::<Result<_, _>>()?;
        Ok(made.concat())
    });
    made.as_deref()
}

/// The proofs that the repository keeps.
///
/// # Errors
/// [`ToolError::File`].
pub fn fixtures() -> Result<Vec<ProofFiles>, ToolError> {
    let both = |tool| Circuit::ALL.map(|circuit| ProofFiles::read(&fixtures_folder(), tool, circuit));
    Tool::ALL.into_iter().flat_map(both).collect()
}

/// Where the repository keeps them.
pub fn fixtures_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/foreign-proofs")
}

fn at<T>(path: &Path, action: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, ToolError> {
    action(path).map_err(|source| ToolError::File { path: path.to_owned(), source })
}
