//! `model-bounty`: pays the first who proves that a hidden network is good enough.

use super::{accuracy_line, facts, model_facts};
use crate::commands::accuracy;
use crate::commands::demo::scene::{Facts, Lie, Scene, ScenePayee, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{CERTIFIED, World};
use crate::output::Output;
use crate::values::grouped;
use ark_bn254::Fr;
use prover::circuit::{MODEL_COMMITMENT, committed_values, model_layout};
use prover::{Model, ModelCommitment, Salt};
use serde_json::json;

/// How many of the images a network must read right.
pub(super) const WANTED: u64 = 19;

pub(super) fn scene<'a>(world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let (model, salt) = (&world.private, &world.salts.model);
    let evaluation = world.evaluate(model, output)?;
    let set = world.certified(model)?;
    let commitment = commitment(model, salt)?;
    let mut all = model_facts(model, &evaluation);
    all.append(&mut certificate_facts());
    Ok(Scene {
        contract: "model-bounty",
        variant: None,
        opening: vec![
            Step::new(
                format!("Bob wants a network that reads at least {WANTED} of {CERTIFIED} public test images."),
                [format!("Images and labels are public: SHA-256 {}", set.digest())],
            ),
            Step::new(
                format!("Alice has one, {}, and shows it to nobody.", model.name()),
                [accuracy_line(&evaluation), hidden_line(model)?, format!("commitment {commitment}")],
            ),
        ],
        terms: format!("pays the first who proves such a network, {WANTED} of {CERTIFIED}, whichever it is"),
        claim: format!("the network I committed to is right on at least {WANTED} of these images"),
        open: &[MODEL_COMMITMENT],
        payee: ScenePayee::Prover,
        circuit: accuracy::circuit(model, &set, output)?,
        statement: Statement::Accuracy { model, model_salt: salt, min_correct: WANTED },
        lies: vec![
            Lie::Other {
                what: "a true proof of fewer right answers",
                statement: Statement::Accuracy { model, model_salt: salt, min_correct: WANTED / 2 },
            },
            Lie::Value { what: "another commitment beside the proof", input: MODEL_COMMITMENT },
        ],
        facts: all,
        reading: Box::new(move |shown| read(shown.value(MODEL_COMMITMENT)?, commitment)),
    })
}

/// Who won, as the chain shows it.
fn read(found: Fr, expected: ModelCommitment) -> anyhow::Result<(Vec<String>, Facts)> {
    let winner = ModelCommitment::from_element(found);
    let line = match winner == expected {
        true => format!("The chain shows which network won: {winner}, Alice's commitment."),
        false => format!("The chain shows another commitment than Alice's: {winner}."),
    };
    let facts = json!({ "winning_commitment": winner, "winner_is_alice": winner == expected });
    Ok((vec![line], super::facts(facts)))
}

/// How many numbers nobody sees.
pub(super) fn hidden_line(model: &Model) -> anyhow::Result<String> {
    Ok(format!("Its {} weights and biases stay hidden.", grouped(model_layout(model)?.n_values())))
}

/// What a certificate of the demo is about.
pub(super) fn certificate_facts() -> Facts {
    facts(json!({ "min_correct": WANTED, "certified_images": CERTIFIED }))
}

pub(super) fn commitment(model: &Model, salt: &Salt) -> anyhow::Result<ModelCommitment> {
    Ok(ModelCommitment::new(&model_layout(model)?, committed_values(model), salt)?)
}
