//! `sale prove`: the ciphertext that the buyer has is a network that is right on so many images.

use super::read;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::SaleProveArgs;
use crate::commands::accuracy::prove::Task;
use crate::output::Output;
use crate::sale_key::KeyFile;
use anyhow::anyhow;
use prover::circuit::{SaleClaim, WeightTie};
use prover::sale::Ciphertext;

pub(super) fn run(args: &SaleProveArgs, output: &Output) -> anyhow::Result<Verdict> {
    let task = Task::read(&args.certificate, WeightTie::Ciphertext, output)?;
    let (binding, model) = (task.binding(), &task.model);
    let KeyFile { ciphertext: named, key } = KeyFile::read(&args.sale_key)?;
    let digest = read(&args.ciphertext)?.digest();
    // Before minutes of proving something that the buyer's contract does not ask for.
    if digest != named {
        let (ciphertext, key) = (args.ciphertext.display(), args.sale_key.display());
        return Err(anyhow!("{ciphertext} has the digest {digest}, {key} is the key of {named}"))
            .advise("give the ciphertext and the key file that `provelock sale encrypt` wrote together");
    }
    let found = Ciphertext::encrypt(model, &key)?.digest();
    if digest != found {
        let (name, ciphertext) = (model.name(), args.ciphertext.display());
        return Err(anyhow!("the network {name} is encrypted to {found}, {ciphertext} has the digest {digest}"))
            .advise("give the --model that was encrypted, with its weights");
    }
    let key = &key;
    task.prove(|circuit, min_correct| circuit.assign_sale(&SaleClaim { binding, model, key, min_correct }), output)
}
