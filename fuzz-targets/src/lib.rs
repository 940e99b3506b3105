//! One fuzz target for every parser of this project, in stable Rust.
//!
//! A target reads any bytes, must not panic, and where the value can be written again checks that it reads back the same.
//! The tests of this crate run every target over its seeds and thousands of mutations of them; the crate in `fuzz/` hands
//! the same functions to cargo-fuzz.

mod exchange;
mod imports;
mod own;
mod proof_formats;
mod scripts;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a parser says of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is one of the things the parser reads.
    Read,
    /// The parser answers with an error.
    Refused,
}

impl<T, E> From<Result<T, E>> for Outcome {
    fn from(outcome: Result<T, E>) -> Self {
        if outcome.is_ok() { Self::Read } else { Self::Refused }
    }
}

/// What a whole input may cost, which bounds how many mutations a test can afford.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Microseconds.
    Low,
    /// Up to a second: a script is built.
    High,
}

/// A parser under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also that of its cargo-fuzz target.
    pub name: &'static str,
    /// Reads any bytes.
    ///
    /// # Panics
    /// If what was read is not the same once written and read again; nothing else may panic.
    pub run: fn(&[u8]) -> Outcome,
    /// Files, or folders of files, below the repository's root, to start from.
    pub seeds: &'static [&'static str],
    /// What an input may cost.
    pub cost: Cost,
}

const fn target(name: &'static str, run: fn(&[u8]) -> Outcome, seeds: &'static [&'static str]) -> Target {
    Target { name, run, seeds, cost: Cost::Low }
}

const FOREIGN: &[&str] = &[
    "fixtures/foreign-proofs/snarkjs",
    "fixtures/foreign-proofs/zokrates",
    "fixtures/foreign-proofs/arkworks-compressed",
    "fixtures/foreign-proofs/arkworks-uncompressed",
    "fuzz-targets/seeds/numbers.txt",
];

/// Every parser.
pub const TARGETS: &[Target] = &[
    target("verifying_key", proof_formats::verifying_key, FOREIGN),
    target("proof", proof_formats::proof, FOREIGN),
    target("public_inputs", proof_formats::public_inputs, FOREIGN),
    target("script_instructions", scripts::instructions, &["fuzz-targets/seeds/scripts"]),
    target("script_text", scripts::text, &["fuzz-targets/seeds/script.asm"]),
    target("contract_definition", scripts::contract_definition, &["contracts/inference-payment/contract.toml"]),
    Target {
        cost: Cost::High,
        ..target("contract_artifact", scripts::contract_artifact, &["fuzz-targets/seeds/contract.json"])
    },
    target("raw_transaction", own::raw_transaction, &["fuzz-targets/seeds/transaction.hex"]),
    target("extended_transaction", exchange::extended_transaction, &["fuzz-targets/seeds/extended_transaction.bin"]),
    target("merkle_path", exchange::merkle_path, &["fuzz-targets/seeds/merkle_path.bin"]),
    target("beef", exchange::beef, &["fuzz-targets/seeds/beef.bin"]),
    target("arc_callback", exchange::arc_callback, &["services/tests/replies/arc"]),
    target("address", own::address, &["fuzz-targets/seeds/address.txt"]),
    target("secret_key", own::secret_key, &["fuzz-targets/seeds/secret_key.txt"]),
    target("binding", own::binding, &["fuzz-targets/seeds/binding.bin"]),
    target("model_manifest", own::model_manifest, &["models/mnist-square/manifest.json"]),
    target("own_proof", own::proof, &["fuzz-targets/seeds/own_proof.json"]),
    target("own_verifying_key", own::verifying_key, &["fuzz-targets/seeds/own_verifying_key.json"]),
    target("own_proving_key", own::proving_key, &["fuzz-targets/seeds/own_proving_key.bin"]),
    target("ciphertext", own::ciphertext, &["fuzz-targets/seeds/ciphertext.json"]),
    target("zkml_network", own::zkml_network, &["fuzz-targets/seeds/zkml_network.msgpack"]),
    target("zkml_input", own::zkml_input, &["fuzz-targets/seeds/zkml_input.msgpack"]),
    target("digit_images", own::digit_images, &["fuzz-targets/seeds/digit_images.idx"]),
    target("onnx", imports::onnx, &["fuzz-targets/seeds/network.onnx"]),
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// The content of the seed files, in order of their paths.
    ///
    /// # Errors
    /// If a file or folder cannot be read.
    pub fn read_seeds(&self) -> io::Result<Vec<Vec<u8>>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        self.seeds.iter().try_for_each(|seed| collect(&root.join(seed), &mut files))?;
        files.iter().map(fs::read).collect()
    }
}

/// Appends `path`, or the files below it.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, files))
}

/// Runs `parse` if the bytes are text.
fn as_text<T, E>(bytes: &[u8], parse: impl FnOnce(&str) -> Result<T, E>) -> Outcome {
    std::str::from_utf8(bytes).map_or(Outcome::Refused, |text| parse(text).into())
}
