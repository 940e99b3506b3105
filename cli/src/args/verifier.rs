//! The arguments of `verifier ..`.

use super::OutArgs;
use crate::values;
use chain_types::Profile;
use clap::{Args as ClapArgs, Subcommand};
use script_gen::PublicInput;
use std::path::PathBuf;

/// What everybody must know who locks coins to a proof alone.
pub(crate) const WARNING: &str = "a bare verifier binds no transaction: whoever sees the unlocking script can take \
                                  the coins in its place. Put nothing of value under it alone.";

const SPECS: &str = "\
SPEC says how a public input enters the locking script:
  fixed=VALUE  set at deployment, decimal or 0x hex, below r; costs no byte
  bits=N       given at spending, below 2^N, N from 1 to 253
  full         given at spending, any element of the scalar field; the script checks that it is below r
One --input for each public input in the key's order, or some by their number from 0, such as 2=bits=64. What is not
named is full.";

const FORMATS: &str = "\
Formats are detected: snarkjs (verification_key.json, proof.json, public.json), ZoKrates (verification.key, proof.json),
arkworks (bytes or hex, compressed or not), this program's own files; public inputs also as a list of numbers.";

#[derive(Debug, Subcommand)]
pub(crate) enum VerifierCommand {
    /// Writes the locking script that opens for any valid proof under a key.
    Build(VerifierBuildArgs),
    /// Writes the unlocking script for a proof, after running both scripts here.
    Unlock(VerifierUnlockArgs),
    /// Shows what the scripts take and where their bytes go.
    Cost(VerifierCostArgs),
    /// Draws the scripts as a map by fragment.
    Map(VerifierMapArgs),
}

/// How public inputs enter the script, and which rules it is made for.
#[derive(Debug, ClapArgs)]
#[group(skip)]
pub(crate) struct KindArgs {
    /// How a public input enters the script: fixed=VALUE, bits=N or full, with K= before it for input K alone.
    #[arg(long, value_name = "[K=]SPEC", value_parser = parse_input, requires = "vk")]
    pub(crate) input: Vec<InputArg>,
    /// Rules and default limits of the nodes that will run the script: genesis (any node since 2020) or chronicle
    /// (outputs mined since the upgrade of 2026, spent by transactions of version 2). If not given: genesis; `cost`
    /// shows both.
    #[arg(long, value_name = "PROFILE", value_parser = values::parse_profile)]
    pub(crate) profile: Option<Profile>,
}

/// A verifier, or the key of one.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct SourceArgs {
    /// A verifying key; --input and --profile say what script is made of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) vk: Option<PathBuf>,
    /// A file made by `verifier build`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "profile"])]
    pub(crate) verifier: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = format!("\
Examples:
  provelock verifier build --vk verification_key.json --out verifier.json
  provelock verifier build --vk verification.key --input bits=232 --profile chronicle --out verifier.json
  provelock verifier build --vk vk.bin --input 0=fixed=35 --input 2=bits=64 --out verifier.json

{SPECS}

{FORMATS}

WARNING: {WARNING}"))]
pub(crate) struct VerifierBuildArgs {
    /// The verifying key.
    #[arg(long, value_name = "FILE")]
    pub(crate) vk: PathBuf,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = format!("\
Examples:
  provelock verifier unlock --verifier verifier.json --proof proof.json --public public.json --out unlock.hex
  provelock verifier unlock --vk verification.key --input bits=232 --proof proof.json

Both scripts are run on the script machine first, under the profile's default limits. Exits with 1, and writes nothing,
if the proof does not open the locking script: it does not verify, or a public input is not the one fixed, too large,
missing or too many. All public inputs are given, the fixed ones too.

{SPECS}

{FORMATS}

WARNING: {WARNING}"))]
pub(crate) struct VerifierUnlockArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
    /// The proof.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: PathBuf,
    /// The public inputs; not needed if the proof's file holds them.
    #[arg(long, value_name = "FILE")]
    pub(crate) public: Option<PathBuf>,
    /// File for the unlocking script in hex; it is printed if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces the file if it exists.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = format!("\
Examples:
  provelock verifier cost
  provelock verifier cost --format json
  provelock verifier cost --profile genesis --svg map.svg
  provelock verifier cost --vk verification_key.json --input bits=232

Without --vk, four verifiers of a sample key are measured, under both profiles: all public inputs fixed (fixed), one of
232 bits (one_232), one of full range (one_254), two of full range (two_254). The sample key is always the same, and its
trapdoor is known, so that a proof can be made without a circuit. Sizes are the scripts' own; a constant of the key can
be a byte shorter, so another key's script can differ by a few bytes. The widest number and the peak of the stacks, in
bytes, are metered by running both scripts; with --vk they are those of the sample key's script for the same inputs.

{SPECS}"))]
pub(crate) struct VerifierCostArgs {
    /// The verifying key to measure instead of the sample key.
    #[arg(long, value_name = "FILE")]
    pub(crate) vk: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
    /// Draws the script as a map, too: with --vk its own, else one_232; of genesis unless --profile says otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Replaces the picture if it exists.
    #[arg(long, requires = "svg")]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = format!("\
Examples:
  provelock verifier map --verifier verifier.json --out map.svg
  provelock verifier map --vk verification_key.json --input bits=232 --out map.svg

The picture is an SVG for browsers and documents, in light and dark. Areas are bytes: a row is a fixed number of them, a
colour one fragment of the locking script or one blob of the unlocking script.

{SPECS}"))]
pub(crate) struct VerifierMapArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) kinds: KindArgs,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// One `--input`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputArg {
    /// Which public input it is about, from 0; the next one if it says none.
    pub(crate) index: Option<usize>,
    pub(crate) kind: PublicInput,
}

fn parse_input(text: &str) -> Result<InputArg, String> {
    let is_index = |index: &str| !index.is_empty() && index.bytes().all(|digit| digit.is_ascii_digit());
    let (index, spec) = match text.split_once('=').filter(|(index, _)| is_index(index)) {
        Some((index, spec)) => (Some(index.parse().map_err(|_| format!("{index} is no public input"))?), spec),
        None => (None, text),
    };
    let kind = spec.parse().map_err(|error: script_gen::InputTextError| error.to_string())?;
    Ok(InputArg { index, kind })
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn parse_input__with_and_without_a_number__are_told_apart() {
        let read = |text: &str| parse_input(text).map(|input| (input.index, input.kind));
        assert_eq!(read("full"), Ok((None, PublicInput::Full)));
        assert_eq!(read("fixed=7"), Ok((None, PublicInput::Fixed(7.into()))));
        assert_eq!(read("12=bits=7"), Ok((Some(12), PublicInput::Bits(7))));
        assert_eq!(read("0=fixed=0x10"), Ok((Some(0), PublicInput::Fixed(16.into()))));
        for text in ["", "=full", "12=", "99999999999999999999=full", "1=2=full", "x=full"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
