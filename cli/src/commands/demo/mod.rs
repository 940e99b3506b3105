//! The whole story in one command, for every contract of the library.

mod attempts;
mod chain;
mod forge;
mod play;
mod report;
mod scene;
mod scenes;
mod statement;
mod story;
mod world;

use crate::Verdict;
use crate::advice::Advise as _;
use crate::args::{ContractName, DemoArgs};
use crate::output::Output;
use anyhow::{Context as _, anyhow};
use chain_types::FeeRate;
use play::Stage;
use report::Report;
use scenes::Chosen;
use story::Story;
use world::World;

pub(crate) fn run(args: &DemoArgs, output: &Output) -> anyhow::Result<Verdict> {
    let fee_rate = args.fee.rate();
    if fee_rate < FeeRate::DEFAULT {
        return Err(anyhow!("--fee-rate is {}, nothing below {} is mined here", fee_rate.0, FeeRate::DEFAULT.0))
            .advise("give a higher --fee-rate, or none");
    }
    let world = World::new()?;
    if let Some(index) = args.image.filter(|index| *index >= world.set.len()) {
        return Err(anyhow!("--image is {index}, expected 0 to {}", world.set.len().saturating_sub(1)))
            .advise("give the number of a bundled test image, or none");
    }
    let mut story = Story::new(output);
    let mut chain = chain::open(args.chain, output)?;
    let name = args.contract.unwrap_or(ContractName::InferencePayment);
    story.opening(name.name(), &chain.info()?)?;
    let mut scenes = scenes::of(name, Chosen(args.image), &world, output)?;
    if args.contract.is_none() {
        // The first way to use the first contract: what a newcomer should see.
        scenes.truncate(1);
    }
    let mut stage = Stage::new(chain.as_mut(), &world.people, fee_rate, story, output)?;
    let played = scenes.iter().map(|scene| stage.play(scene)).collect::<anyhow::Result<Vec<_>>>()?;
    let holds = played.iter().all(report::Played::holds);
    stage.story.ending(holds)?;
    let (total, info) = (stage.story.elapsed(), stage.chain.info()?);
    let mut played = played.into_iter();
    let main = played.next().context("every contract has a story")?;
    output.json(&Report::new(name.name(), info, total, main, played.collect()))?;
    Ok(Verdict::of(holds))
}
