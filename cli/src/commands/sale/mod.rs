//! `sale ..`: hidden weights are encrypted, proved to be worth the price, and the spend gives the key away.

mod decrypt;
mod digest;
mod encrypt;
mod prove;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SaleCommand;
use crate::commands::accuracy::{setup, verify};
use crate::output::Output;
use prover::circuit::WeightTie;
use prover::sale::Ciphertext;
use std::path::Path;

pub(crate) fn run(command: SaleCommand, output: &Output) -> anyhow::Result<Verdict> {
    match command {
        SaleCommand::Encrypt(args) => encrypt::run(&args, output),
        SaleCommand::Digest(args) => digest::run(&args, output),
        SaleCommand::Setup(args) => setup::run(&args.certificate, WeightTie::Ciphertext, output),
        SaleCommand::Prove(args) => prove::run(&args, output),
        SaleCommand::Verify(args) => {
            let expected = args.ciphertext.as_deref().map(read).transpose()?.map(|ciphertext| ciphertext.digest());
            verify::run(&args.certificate, WeightTie::Ciphertext, expected, output)
        }
        SaleCommand::Decrypt(args) => decrypt::run(&args, output),
    }
}

fn read(path: &Path) -> anyhow::Result<Ciphertext> {
    Ciphertext::read(path).advise("give the file that `provelock sale encrypt` wrote, unchanged")
}
