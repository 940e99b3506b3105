//! The command line as it is typed.

mod accuracy;
mod coin;
mod contract;
mod key;
mod model;
mod prove;
mod regtest;
mod sale;
mod send;
mod verifier;
mod wallet;

pub(crate) use self::wallet::{
    LocalWalletArgs, WalletChangeArgs, WalletCommand, WalletExportArgs, WalletListArgs, WalletResumeArgs,
    WalletShowArgs,
};
pub(crate) use accuracy::{
    AccuracyCommand, AccuracyHashArgs, AccuracyProveArgs, BenchCommand, BenchProveArgs, CertificateProveArgs,
    CertificateSetupArgs, CertificateVerifyArgs, FirstArgs,
};
pub(crate) use coin::{CoinArgs, ContractArg, PlaceArgs, ToArg};
pub(crate) use contract::{
    AttestArgs, BuildArgs, ContractCommand, ContractName, DeployArgs, ExportArgs, ExportFormat, HintsArgs, InspectArgs,
    ReadArgs, RefundArgs, SpendArgs, SpendTxArgs,
};
pub(crate) use key::{
    KeyArg, KeyCommand, KeyExportArgs, KeyImportArgs, KeyNewArgs, KeyPasswdArgs, KeyShowArgs, NewKeyArgs,
    PassphraseArgs,
};
pub(crate) use model::{
    EvalArgs, ImportArgs, KeyModelArg, ModelArg, ModelBlankArgs, ModelCommand, ModelCommitArgs, ModelInspectArgs,
    SetArgs,
};
pub(crate) use prove::ProveArgs;
pub(crate) use prove::{
    AboutArgs, BatchCommand, BindingArgs, ClaimArgs, InputArgs, InputCommand, InputCommitArgs, KeysOutArgs, ProofArgs,
    RecipientArgs, SetupArgs, SpecArgs, VerifyArgs, VisibilityChoice, WeightsChoice,
};
pub(crate) use regtest::RegtestArgs;
pub(crate) use sale::{SaleCommand, SaleDecryptArgs, SaleDigestArgs, SaleEncryptArgs, SaleKeyArgs, SaleProveArgs};
pub(crate) use send::{ChainArgs, SendArgs};
pub(crate) use verifier::{
    InputArg, KindArgs, SourceArgs, VerifierBuildArgs, VerifierCommand, VerifierCostArgs, VerifierMapArgs,
    VerifierUnlockArgs, WARNING,
};

use crate::env_vars;
use chain_types::FeeRate;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Locks coins to a proof about a neural network; the Bitcoin script itself checks the proof.
#[derive(Debug, Parser)]
#[command(
    name = "provelock",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = concat!(
        "Examples:\n",
        "  provelock demo                     the whole story, on a chain in memory\n",
        "  provelock demo --chain regtest     the same on a real Bitcoin SV node\n",
        "  provelock doctor                   whether this machine has what it takes\n\n",
        "Exit codes: 0 yes, 1 the verdict is no, 2 the question could not be answered."
    ),
    after_long_help = format!("{EXAMPLES}\n\n{}", env_vars::HELP),
)]
pub(crate) struct Args {
    /// How the result is printed; progress and errors go to standard error as text.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Shows no progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  provelock demo                     the whole story, on a chain in memory
  provelock demo --chain regtest     the same on a real Bitcoin SV node
  provelock doctor                   whether this machine has what it takes

Step by step, with files in between:
  provelock key new --no-passphrase --out alice.key
  provelock setup --out keys
  provelock contract build --verifying-key keys/mnist-square.vk.json --class 7 --refund-to alice.key \\
      --refund-lock-time 900000 --out lock.json
  provelock contract deploy --contract lock.json --amount 100000 --key alice.key \\
      --coin-tx coin.hex --coin-vout 0 --dry-run --out deploy.hex
  provelock prove --proving-key keys/mnist-square.proving-key --image-index 0 --contract lock.json \\
      --key alice.key --out proof.json
  provelock contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json \\
      --key alice.key --dry-run --out spend.hex

Networks from elsewhere, hidden weights, certificates:
  provelock model import net.onnx --out my-network --weights committed
  provelock model commit --model my-network --out my-network.secret
  provelock accuracy setup --model my-network --first 100 --out keys
  provelock sale encrypt --model my-network --out ciphertext.json --key-out sale.key

Proofs of other tools:
  provelock verifier build --vk verification_key.json --input bits=232 --out verifier.json
  provelock verifier unlock --verifier verifier.json --proof proof.json --public public.json --out unlock.hex
  provelock verifier cost            what the script takes, and where its bytes go

Exit codes: 0 yes, 1 the verdict is no, 2 the question could not be answered.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole story: a hidden digit, a proof, a contract, refused thefts, one spend, one refund.
    Demo(DemoArgs),
    /// Evaluates, inspects and imports networks, and commits to their weights.
    #[command(subcommand, arg_required_else_help = true)]
    Model(ModelCommand),
    /// Makes the proving key and the verifying key of a network.
    Setup(SetupArgs),
    /// Makes, encrypts and shows the keys that own coins.
    #[command(subcommand, arg_required_else_help = true)]
    Key(KeyCommand),
    /// Commits to inputs that stay hidden.
    #[command(subcommand, arg_required_else_help = true)]
    Input(InputCommand),
    /// Proves what a network says about an input, without showing what is to stay hidden.
    Prove(ProveArgs),
    /// One proof about several inputs.
    #[command(subcommand, arg_required_else_help = true)]
    Batch(BatchCommand),
    /// Certificates of a hidden network's accuracy on public images.
    #[command(subcommand, arg_required_else_help = true)]
    Accuracy(AccuracyCommand),
    /// Sells hidden weights: encrypted ones, a proof of what they are worth, and the key for the coins.
    #[command(subcommand, arg_required_else_help = true)]
    Sale(SaleCommand),
    /// Checks a proof.
    Verify(VerifyArgs),
    /// Builds, funds, spends and inspects contracts.
    #[command(subcommand, arg_required_else_help = true)]
    Contract(ContractCommand),
    /// What was sent, where it stands, and going on with it after whatever went wrong.
    #[command(subcommand, arg_required_else_help = true)]
    Wallet(WalletCommand),
    /// Puts any Groth16 key on BN254 into a script, whoever made it: snarkjs, ZoKrates, arkworks, this program.
    #[command(subcommand, arg_required_else_help = true)]
    Verifier(VerifierCommand),
    /// Measures what proofs take on this machine.
    #[command(subcommand, arg_required_else_help = true)]
    Bench(BenchCommand),
    /// Runs a Bitcoin SV node on a private chain, with a coin to try things with.
    Regtest(RegtestArgs),
    /// Checks whether this machine has what the program needs.
    Doctor(DoctorArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChainChoice {
    /// A chain in memory with a node's rules.
    Embedded,
    /// A Bitcoin SV node, started for the demo on a private chain and stopped again.
    Regtest,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock demo
  provelock demo --image 8
  provelock demo --contract settlement --chain regtest
  provelock demo --contract model-sale --chain regtest --format json

Exits with 0 if the honest spend and the late refund are accepted and every cheat is refused, else with 1.")]
pub(crate) struct DemoArgs {
    /// Which contract's story; the first one's, and only how it is mostly used, if not given.
    #[arg(long, value_enum)]
    pub(crate) contract: Option<ContractName>,
    /// Who keeps the chain.
    #[arg(long, value_enum, default_value_t = ChainChoice::Embedded)]
    pub(crate) chain: ChainChoice,
    /// Which of the 10,000 MNIST test images the story is about, 0 to 9999; the first well-read seven if not given.
    /// Bounty and sale are about the first ones.
    #[arg(long, value_name = "INDEX")]
    pub(crate) image: Option<usize>,
    #[command(flatten)]
    pub(crate) fee: FeeArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FeeArgs {
    /// Fee in satoshis per 1,000 bytes of transaction.
    #[arg(long, value_name = "SAT_PER_1000B", default_value_t = FeeRate::DEFAULT.0,
        value_parser = clap::value_parser!(u64).range(1..=10_000))]
    fee_rate: u64,
}

impl FeeArgs {
    pub(crate) fn rate(&self) -> FeeRate {
        FeeRate(self.fee_rate)
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OutArgs {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replaces the file if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OutFolderArgs {
    /// The folder to write the network to; must not exist, unless with --force.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replaces the network in the folder.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock doctor
  provelock doctor --node

Exits with 0 if `provelock demo` can run here, else with 1.")]
pub(crate) struct DoctorArgs {
    /// Looks for a Bitcoin SV node, too, and fetches one if there is none.
    #[arg(long)]
    pub(crate) node: bool,
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory as _};

    #[test]
    fn args__definition__passes_claps_own_checks() {
        Args::command().debug_assert();
    }

    /// Calls `check` for every command that does something itself.
    fn for_each_leaf(command: &Command, check: &mut dyn FnMut(&Command)) {
        if !command.has_subcommands() {
            return check(command);
        }
        command.get_subcommands().for_each(|sub| for_each_leaf(sub, check));
    }

    #[test]
    fn help__every_command__has_an_example_that_starts_with_its_name() {
        let mut seen = Vec::new();
        for_each_leaf(&Args::command(), &mut |command| {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("  provelock "), "{} has no example", command.get_name());
            assert!(help.contains(command.get_name()), "{}", command.get_name());
            assert!(command.get_about().is_some(), "{}", command.get_name());
            seen.push(command.get_name().to_owned());
        });
        let all = "demo eval inspect import commit blank setup new show import export passwd commit prove prove setup prove verify hash encrypt digest setup prove verify decrypt verify list build inspect export hints read deploy spend refund attest list show resume retry abandon export build unlock cost map prove doctor";
        assert_eq!(seen, all.split(' ').collect::<Vec<_>>());
    }

    #[test]
    fn help__every_option__is_explained() {
        for_each_leaf(&Args::command(), &mut |command| {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        });
    }
}
