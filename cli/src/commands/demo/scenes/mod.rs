//! The contracts' stories, one file for each.

mod bounty;
mod inference;
mod private;
mod sale;
mod settlement;

use super::scene::{Facts, Scene, Step};
use super::world::{Seen, World};
use crate::args::ContractName;
use crate::digit;
use crate::evaluation::Evaluation;
use crate::output::Output;
use crate::values::{grouped, percent, spent};
use prover::Model;
use serde_json::json;

/// Which image is in the story: the user's choice, or one of this class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen(pub(super) Option<usize>);

/// The class of the image that the user does not choose.
const USUAL_CLASS: usize = 7;

impl Chosen {
    fn of<'a>(self, world: &'a World, model: &Model) -> anyhow::Result<Seen<'a>> {
        match self.0 {
            Some(index) => world.look(model, index),
            None => world.first_of(model, USUAL_CLASS, 0),
        }
    }
}

/// The stories of a contract, the main one first.
pub(super) fn of<'a>(
    contract: ContractName,
    chosen: Chosen,
    world: &'a World,
    output: &'a Output,
) -> anyhow::Result<Vec<Scene<'a>>> {
    match contract {
        ContractName::InferencePayment => inference::scenes(chosen, world, output),
        ContractName::ModelBounty => Ok(vec![bounty::scene(world, output)?]),
        ContractName::PrivateModelInference => Ok(vec![private::scene(chosen, world, output)?]),
        ContractName::Settlement => Ok(vec![settlement::scene(chosen, world, output)?]),
        ContractName::ModelSale => Ok(vec![sale::scene(world, output)?]),
    }
}

/// Somebody shows or hides an image.
fn image_step(title: String, seen: &Seen<'_>) -> Step {
    Step::new(title, digit::draw(seen.image).into_iter().map(|line| format!("    {line}")))
}

/// "It is right on 9,919 of 10,000 test images (99.19 %), in exact integers. 180 ms"
fn accuracy_line(evaluation: &Evaluation) -> String {
    format!(
        "It is right on {} of {} test images ({}), in exact integers. {}",
        grouped(evaluation.correct()),
        grouped(evaluation.images()),
        percent(evaluation.accuracy()),
        spent(evaluation.elapsed)
    )
}

/// The network and how good it is.
fn model_facts(model: &Model, evaluation: &Evaluation) -> Facts {
    facts(json!({
        "model": model.name(),
        "model_accuracy": evaluation.accuracy(),
        "model_correct": evaluation.correct(),
        "model_images": evaluation.images(),
    }))
}

/// The image and what is said of it.
fn image_facts(seen: &Seen<'_>) -> Facts {
    facts(json!({ "class": seen.class, "label": seen.label, "image_index": seen.index }))
}

/// The keys of a JSON object; nothing of any other value.
fn facts(object: serde_json::Value) -> Facts {
    match object {
        serde_json::Value::Object(facts) => facts,
        _ => Facts::new(),
    }
}

/// A spend that shows nothing beyond the proof.
fn nothing_to_read<'a>() -> super::scene::Reading<'a> {
    Box::new(|_| Ok((Vec::new(), Facts::new())))
}
