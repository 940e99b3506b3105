//! One module per command.

mod accuracy;
mod bench;
pub(crate) mod contract;
mod demo;
mod doctor;
mod input;
mod key;
mod model;
mod prove;
mod regtest;
mod sale;
mod setup;
mod verifier;
mod verify;
mod wallet;

use crate::Verdict;
use crate::args::{
    BatchCommand, BenchCommand, Command, ContractCommand, InputCommand, KeyCommand, ModelCommand, VerifierCommand,
    WalletCommand,
};
use crate::output::Output;

/// Carries a command out.
pub(crate) fn run(command: Command, output: &Output) -> anyhow::Result<Verdict> {
    match command {
        Command::Demo(args) => demo::run(&args, output),
        Command::Model(ModelCommand::Eval(args)) => model::eval::run(&args, output),
        Command::Model(ModelCommand::Inspect(args)) => model::inspect::run(&args, output),
        Command::Model(ModelCommand::Import(args)) => model::import::run(&args, output),
        Command::Model(ModelCommand::Commit(args)) => model::commit::run(&args, output),
        Command::Model(ModelCommand::Blank(args)) => model::blank::run(&args, output),
        Command::Setup(args) => setup::run(&args, output),
        Command::Key(KeyCommand::New(args)) => key::new(&args, output),
        Command::Key(KeyCommand::Show(args)) => key::show(&args, output),
        Command::Key(KeyCommand::Import(args)) => key::import(&args, output),
        Command::Key(KeyCommand::Export(args)) => key::export(&args, output),
        Command::Key(KeyCommand::Passwd(args)) => key::passwd(&args, output),
        Command::Input(InputCommand::Commit(args)) => input::commit(&args, output),
        Command::Prove(args) => prove::run(&args.claim, output),
        Command::Batch(BatchCommand::Prove(args)) => prove::run(&args.claim, output),
        Command::Accuracy(command) => accuracy::run(command, output),
        Command::Sale(command) => sale::run(command, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Contract(ContractCommand::List(_)) => contract::list::run(output),
        Command::Contract(ContractCommand::Build(args)) => contract::build::run(&args, output),
        Command::Contract(ContractCommand::Inspect(args)) => contract::inspect::run(&args, output),
        Command::Contract(ContractCommand::Export(args)) => contract::export::run(&args, output),
        Command::Contract(ContractCommand::Hints(args)) => contract::hints::run(&args, output),
        Command::Contract(ContractCommand::Read(args)) => contract::read::run(&args, output),
        Command::Contract(ContractCommand::Deploy(args)) => contract::deploy::run(&args, output),
        Command::Contract(ContractCommand::Spend(args)) => contract::spend::run(&args, output),
        Command::Contract(ContractCommand::Refund(args)) => contract::refund::run(&args, output),
        Command::Contract(ContractCommand::Attest(args)) => contract::attest::run(&args, output),
        Command::Wallet(WalletCommand::List(args)) => wallet::list(&args, output),
        Command::Wallet(WalletCommand::Show(args)) => wallet::show(&args, output),
        Command::Wallet(WalletCommand::Resume(args)) => wallet::resume(&args, output),
        Command::Wallet(WalletCommand::Retry(args)) => wallet::retry(&args, output),
        Command::Wallet(WalletCommand::Abandon(args)) => wallet::abandon(&args, output),
        Command::Wallet(WalletCommand::Export(args)) => wallet::export::run(&args, output),
        Command::Verifier(VerifierCommand::Build(args)) => verifier::build::run(&args, output),
        Command::Verifier(VerifierCommand::Unlock(args)) => verifier::unlock::run(&args, output),
        Command::Verifier(VerifierCommand::Cost(args)) => verifier::cost::run(&args, output),
        Command::Verifier(VerifierCommand::Map(args)) => verifier::map::run(&args, output),
        Command::Bench(BenchCommand::Prove(args)) => bench::run(&args, output),
        Command::Regtest(args) => regtest::run(&args, output),
        Command::Doctor(args) => doctor::run(&args, output),
    }
}
