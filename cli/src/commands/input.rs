//! `input commit`: a commitment to an input that stays hidden.

use super::model::commit::Answer;
use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::InputCommitArgs;
use crate::output::Output;
use crate::secret::Secret;
use crate::{bundled, inputs};
use anyhow::anyhow;

pub(crate) fn commit(args: &InputCommitArgs, output: &Output) -> anyhow::Result<Verdict> {
    Secret::EXISTING.check(&args.out)?;
    let model = bundled::model_or(args.model.model.as_deref())?;
    let inputs = inputs::read(&args.input, &model)?;
    let [input] = inputs.as_slice() else {
        return Err(anyhow!("{} inputs are given, a commitment is to one", inputs.len())).advise("give one input");
    };
    let secret = Secret::of_input(&model, &input.tensor)?;
    secret.write(&args.out)?;
    output.answer(&Answer::new("an input", &model, &secret, &args.out))?;
    Ok(Verdict::Yes)
}
