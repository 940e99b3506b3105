//! The arguments of `contract ..`.

use super::{ChainArgs, CoinArgs, ContractArg, FeeArgs, KeyArg, OutArgs, PassphraseArgs, PlaceArgs, SendArgs, ToArg};
use crate::public::{self, NamedText};
use crate::values;
use chain_types::{Profile, Satoshis};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use script_gen::LockTime;
use statement::{Class, Nonce};
use std::path::PathBuf;
use tx_builder::{OutPoint, Txid};

#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Lists the contracts of the library.
    List(ListArgs),
    /// Writes the locking script that pays for a proof with these public inputs.
    Build(BuildArgs),
    /// Shows what a contract is and where its bytes go.
    Inspect(InspectArgs),
    /// Writes a contract in the format of another tool.
    Export(ExportArgs),
    /// Writes what a claim supplies for a proof, for other programs that build transactions.
    Hints(HintsArgs),
    /// Reads from a spend what it shows: the winning commitment, the class, the key of a sale.
    Read(ReadArgs),
    /// Locks coins under a contract.
    Deploy(DeployArgs),
    /// Spends a contract's coins with a proof.
    Spend(SpendArgs),
    /// Takes a contract's coins back after its lock time.
    Refund(RefundArgs),
    /// Signs a commitment, as the signer that a contract asks for.
    Attest(AttestArgs),
}

/// The contracts of the library, by the names of their folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContractName {
    /// Pays whoever proves that a public network gives a class to a hidden input.
    InferencePayment,
    /// Pays whoever proves that a hidden network is good enough on public images.
    ModelBounty,
    /// Pays whoever proves what one hidden network says of an input.
    PrivateModelInference,
    /// The class that is proved decides who is paid.
    Settlement,
    /// Pays for the key that decrypts a network that is good enough.
    ModelSale,
}

impl ContractName {
    /// The name of its definition.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InferencePayment => "inference-payment",
            Self::ModelBounty => "model-bounty",
            Self::PrivateModelInference => "private-model-inference",
            Self::Settlement => "settlement",
            Self::ModelSale => "model-sale",
        }
    }
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract list
  provelock contract list --format json

`provelock demo --contract NAME` tells each one's story.")]
pub(crate) struct ListArgs {}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "\
Examples:
  provelock contract build --verifying-key keys/mnist-square.vk.json --class 7 \\
      --refund-to bob.key --refund-lock-time LOCK_TIME --out lock.json

`provelock contract build --help` has one for each contract, and a payouts file.",
    after_long_help = "\
Examples, each with --refund-to ADDRESS --refund-lock-time LOCK_TIME --out lock.json:
  provelock contract build --verifying-key keys/mnist-square.vk.json --class 7
      pays for a proof that some hidden image is a seven
  provelock contract build --verifying-key keys/mnist-square-committed-input.vk.json --class 7 \\
      --public input_commitment=0x1234
      that this image is one: the commitment of `input commit`
  provelock contract build --verifying-key keys/mnist-square-committed-input.vk.json --class 7 \\
      --open input_commitment --signer 02..
      that an image is one whose commitment this key signs
  provelock contract build --contract model-bounty --verifying-key keys/mnist-private-accuracy-100.vk.json \\
      --public min_correct=97
  provelock contract build --contract private-model-inference \\
      --verifying-key keys/mnist-private-public-input.vk.json --proof trial.json
      all values, input words and commitment of the model among them, from a proof
  provelock contract build --contract settlement --verifying-key keys/mnist-square-committed-input.vk.json \\
      --public input_commitment=0x1234 --payouts payouts.toml
  provelock contract build --contract model-sale --verifying-key keys/mnist-private-sale-100.vk.json \\
      --public min_correct=97 --public ciphertext_digest=0x1234 --pay-to seller.key

Every public input of the key but the binding is fixed here or given by the spend. `contract list` says which contract has
which; --open leaves one to the spend where both are possible.

A payouts file lists the outputs of a settlement's spend by class, in their order; a class without an entry pays nobody.
What is locked should be more than is paid: the rest is the fee.

  format = \"provelock-payouts\"
  version = 1

  [[class]]
  is = [1, 3, 5, 7, 9]
  pay = [{ address = \"mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r\", satoshis = 90000 }]

  [[class]]
  is = 0
  pay = [{ script = \"76a9..88ac\", satoshis = 45000 }, { address = \"m..\", satoshis = 45000 }]

A contract for chronicle takes outputs mined after that upgrade of 2026; `contract spend` makes transactions of version
2 for it."
)]
pub(crate) struct BuildArgs {
    /// Which contract of the library.
    #[arg(long, value_enum, default_value_t = ContractName::InferencePayment)]
    pub(crate) contract: ContractName,
    /// The verifying key that `setup`, `accuracy setup` or `sale setup` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) verifying_key: PathBuf,
    /// The class that is paid for, 0 to 9: short for --public class=CLASS.
    #[arg(long, value_name = "CLASS", value_parser = values::parse_class)]
    pub(crate) class: Option<Class>,
    /// The value of a public input that a proof must have, decimal or 0x and hex digits; once for each.
    #[arg(long, value_name = "NAME=VALUE", value_parser = public::parse_public)]
    pub(crate) public: Vec<NamedText>,
    /// Takes the values of all public inputs that are fixed from this proof.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["class", "public"])]
    pub(crate) proof: Option<PathBuf>,
    /// A public input whose value the spend gives; once for each.
    #[arg(long, value_name = "NAME")]
    pub(crate) open: Vec<String>,
    /// The compressed public key, 66 hex digits, that must have signed the open public input.
    #[arg(long, value_name = "HEX", value_parser = values::parse_public_key)]
    pub(crate) signer: Option<[u8; 33]>,
    /// Who is paid for which class, for a settlement.
    #[arg(long, value_name = "FILE")]
    pub(crate) payouts: Option<PathBuf>,
    /// The one key that is paid, where the contract names it: an address, or the file of a key.
    #[arg(long, value_name = "ADDRESS_OR_FILE")]
    pub(crate) pay_to: Option<String>,
    /// Who gets the coins back that nobody claims: an address, or the file of a key.
    #[arg(long, value_name = "ADDRESS_OR_FILE")]
    pub(crate) refund_to: String,
    /// After which block the refund can be mined, below 500000000; or after which time, in seconds since 1970.
    #[arg(long, value_name = "N", value_parser = values::parse_lock_time)]
    pub(crate) refund_lock_time: LockTime,
    /// 16 hex digits that tell this contract from every other; drawn at random if not given.
    #[arg(long, value_name = "HEX", value_parser = values::parse_nonce)]
    pub(crate) nonce: Option<Nonce>,
    /// Rules that the script is made for, genesis or chronicle; those of the contract's definition if not given.
    #[arg(long, value_name = "PROFILE", value_parser = values::parse_profile)]
    pub(crate) profile: Option<Profile>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
    /// Writes the script as annotated assembly, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) asm: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract inspect lock.json
  provelock contract inspect lock.json --verifying-key keys/mnist-square.vk.json
  provelock contract inspect lock.json --asm | less

With a verifying key it answers no unless the contract is made of that key, and calls its public inputs what the key calls
them: a file that somebody else made may call `class` what is something else.")]
pub(crate) struct InspectArgs {
    /// A file made by `contract build`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Your own verifying key, which the contract must be made of.
    #[arg(long, value_name = "FILE", conflicts_with = "asm")]
    pub(crate) verifying_key: Option<PathBuf>,
    /// Prints the script as annotated assembly instead.
    #[arg(long)]
    pub(crate) asm: bool,
}

/// Whose format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// An artifact of sCrypt, which npm's scryptlib reads.
    Scrypt,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract export --contract lock.json --to scrypt --out artifact.json

`docs/ecosystem.md` says what scryptlib does with the file.")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArg,
    /// Whose format.
    #[arg(long, value_enum)]
    pub(crate) to: ExportFormat,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract hints --contract lock.json --proof proof.json --out hints.json

`examples/javascript` makes a transaction of the file.")]
pub(crate) struct HintsArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArg,
    /// The proof that `prove` wrote for this contract's nonce.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: PathBuf,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract read --contract bounty.json --deploy-tx deploy.hex --spend-tx spend.hex
  provelock contract read --contract sale.json --deploy-tx deploy.hex --spend-tx spend.hex --format json
  provelock contract read --contract sale.json --spend-tx spend.hex
  provelock contract read --contract sale.json --network testnet --explorer default \\
      --coin 8ab4f1df9d2f6c3b8a2fd4e16ba4f8c1cb2e6b9e5a3b1d50c2c9be5d3b0d7a4c:0

Everybody who has the contract's file can read this. With --deploy-tx it is read from the input that spends the contract's
coin, after both scripts have accepted it here; without, whatever looks like a claim is read, and a script that computes what
it shows, as those of version 2 may since Chronicle, is not. That the transaction is mined is for a node to say. The sale_key
of a model-sale goes into `provelock sale decrypt --key` as it is printed.")]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArg,
    #[command(flatten)]
    pub(crate) spend: SpendTxArgs,
    /// The transaction that locked the coins, in hex or as a file that holds it: the input that spends them is run and read.
    #[arg(long, value_name = "FILE_OR_HEX", conflicts_with = "coin")]
    pub(crate) deploy_tx: Option<String>,
    /// Which of its inputs is read; the one that looks like a claim if not given.
    #[arg(long, value_name = "N", conflicts_with_all = ["deploy_tx", "coin"])]
    pub(crate) input: Option<usize>,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
}

// The transaction that spent a contract's coin.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct SpendTxArgs {
    /// The transaction that spent the contract's coin, in hex or as a file that holds it.
    #[arg(long, value_name = "FILE_OR_HEX", conflicts_with_all = ["rpc", "arc", "explorer"])]
    pub(crate) spend_tx: Option<String>,
    /// Its id: the node or the explorer is asked for it. A node knows what waits and, with -txindex, what is in blocks.
    #[arg(long, value_name = "TXID", value_parser = values::parse_txid)]
    pub(crate) spend_txid: Option<Txid>,
    /// The contract's coin: the explorer is asked what made and what spent it. Nodes keep no such record.
    #[arg(long, value_name = "TXID:VOUT", value_parser = values::parse_outpoint)]
    pub(crate) coin: Option<OutPoint>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract deploy --contract lock.json --amount 100000 --key alice.key \\
      --coin-tx coin.hex --coin-vout 0 --dry-run --out deploy.hex
  provelock contract deploy --contract lock.json --amount 100000 --key alice.key \\
      --coin-tx coin.hex --coin-vout 0 --rpc http://127.0.0.1:18332 --rpc-cookie ~/.bitcoin/regtest/.cookie
  provelock contract deploy --contract lock.json --amount 100000 --key alice.key --arc default

The contract becomes output 0, the change output 1. Scripts are checked here before anything is sent.
Without --coin-tx the coins at the key's address are asked for: of the explorer, or of the node's own wallet.")]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) contract: ContractArg,
    /// Satoshis to lock.
    #[arg(long, value_name = "SATS", value_parser = parse_amount)]
    pub(crate) amount: Satoshis,
    #[command(flatten)]
    pub(crate) key: KeyArg,
    /// The transaction that made the coin, in hex or as a file that holds it.
    #[arg(long, value_name = "FILE_OR_HEX", requires = "coin_vout")]
    pub(crate) coin_tx: Option<String>,
    /// Which of its outputs the coin is.
    #[arg(long, value_name = "N", requires = "coin_tx")]
    pub(crate) coin_vout: Option<u32>,
    /// Locks the coins though the contract's refund goes to another address than the key's.
    #[arg(long)]
    pub(crate) refund_is_not_mine: bool,
    #[command(flatten)]
    pub(crate) fee: FeeArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json --key alice.key \\
      --dry-run --out spend.hex
  provelock contract spend --contract lock.json --proof proof.json --key alice.key \\
      --rpc http://127.0.0.1:18332 --rpc-cookie ~/.bitcoin/regtest/.cookie --wait
  provelock contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json --attestation signed.json \\
      --key alice.key --dry-run --out spend.hex
  provelock contract spend --contract lock.json --deploy-tx deploy.hex --proof proof.json --key alice.key \\
      --to mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r --dry-run --out spend.hex
  provelock contract spend --contract settlement.json --deploy-tx deploy.hex --proof proof.json --dry-run --out spend.hex

The coins go to the key's address, or to that of --to. A contract that pays by class needs no key and takes no --to: its
outputs are fixed, and anybody may bring the proof. The script is run here first; a spend that would
fail is not sent. Exits with 1 if the proof does not open the contract, or the transaction is refused.

The claim of a model-sale shows its key to everybody once it is sent, mined or not. So it is sent only if the deployment is as
deep in the chain as the configuration's `confirmations`, 6 if not given, its coin unspent, and the refund's lock time 6 blocks or
two hours off.")]
pub(crate) struct SpendArgs {
    #[command(flatten)]
    pub(crate) coin: CoinArgs,
    /// The proof that `prove` wrote for this contract's nonce and this key.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: PathBuf,
    /// The key's file: the proof is for it, and the coins go to its address. None if the contract pays by class.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    #[command(flatten)]
    pub(crate) to: ToArg,
    /// What the contract's signer has signed: the file of `contract attest`.
    #[arg(long, value_name = "FILE")]
    pub(crate) attestation: Option<PathBuf>,
    /// Sends the claim of a model-sale though its coin is not deep in the chain, or its refund near.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) disclose_anyway: bool,
    #[command(flatten)]
    pub(crate) fee: FeeArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  provelock contract refund --contract lock.json --deploy-tx deploy.hex --key funder.key --dry-run --out refund.hex
  provelock contract refund --contract lock.json --deploy-tx deploy.hex --key funder.key \\
      --to mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r --dry-run --out refund.hex
  provelock contract refund --contract lock.json --key funder.key \\
      --rpc http://127.0.0.1:18332 --rpc-cookie ~/.bitcoin/regtest/.cookie

Before the contract's lock time nothing is sent, and the answer is no.")]
pub(crate) struct RefundArgs {
    #[command(flatten)]
    pub(crate) coin: CoinArgs,
    #[command(flatten)]
    pub(crate) key: KeyArg,
    #[command(flatten)]
    pub(crate) to: ToArg,
    #[command(flatten)]
    pub(crate) fee: FeeArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  provelock contract attest --contract lock.json --deploy-tx deploy.hex --key signer.key \\
      --commitment 1212eb62ed74aacfe189e33653fc0754a9228acb980d2b3828891dfe97c4b6c8 --out signed.json

Signs, as the contract's signer, that this commitment is what the coin is about. It is good for this coin alone.
--deploy-tx is always needed: a signer has no wallet of the contract.")]
pub(crate) struct AttestArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The transaction that locked the coins, in hex or as a file that holds it.
    #[arg(long, value_name = "FILE_OR_HEX")]
    pub(crate) deploy_tx: String,
    #[command(flatten)]
    pub(crate) key: KeyArg,
    /// What is signed: the commitment that `input commit` printed, all 64 hex digits of it.
    #[arg(long, value_name = "HEX", value_parser = values::parse_commitment)]
    pub(crate) commitment: [u8; 32],
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

fn parse_amount(text: &str) -> Result<Satoshis, String> {
    match text.parse().map(Satoshis) {
        Ok(amount) if amount > Satoshis(0) && amount <= Satoshis::MAX => Ok(amount),
        _ => Err(format!("expected whole satoshis from 1 to {}", Satoshis::MAX.0)),
    }
}
