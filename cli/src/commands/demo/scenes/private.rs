//! `private-model-inference`: pays for what a hidden network says of a public image.

use super::bounty::{commitment, hidden_line};
use super::{Chosen, accuracy_line, facts, image_facts, image_step, model_facts, nothing_to_read};
use crate::commands::demo::scene::{Lie, Scene, ScenePayee, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{Seen, World};
use crate::output::Output;
use crate::proving;
use prover::model::InputVisibility;
use prover::{CircuitSpec, Salt};
use serde_json::json;

pub(super) fn scene<'a>(chosen: Chosen, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let (model, salts) = (&world.private, &world.salts);
    let seen = chosen.of(world, model)?;
    let evaluation = world.evaluate(model, output)?;
    let Seen { index, label, class, .. } = &seen;
    let commitment = commitment(model, &salts.model)?;
    let says = |seen: &Seen<'_>, model_salt: &'a Salt| Statement::Inference {
        model,
        model_salt: Some(model_salt),
        input: seen.tensor.clone(),
        input_salt: None,
        class: seen.class,
    };
    let another = world.first_of(model, *class, index + 1)?;
    let mut all = model_facts(model, &evaluation);
    all.append(&mut image_facts(&seen));
    all.append(&mut facts(json!({ "model_commitment": commitment })));
    let spec = CircuitSpec { input: InputVisibility::Public, ..CircuitSpec::of(model) };
    Ok(Scene {
        contract: "private-model-inference",
        variant: None,
        opening: vec![
            Step::new(
                format!("Alice has a network, {}, and shows it to nobody.", model.name()),
                [accuracy_line(&evaluation), hidden_line(model)?, format!("commitment {commitment}")],
            ),
            image_step(format!("Bob asks what it says of MNIST test image {index}, labelled {label}."), &seen),
        ],
        terms: format!("pays whoever proves that the network committed to says {class} of it"),
        claim: format!("the network I committed to calls Bob's image {class}"),
        open: &[],
        payee: ScenePayee::Prover,
        circuit: proving::circuit(model, &spec, output)?,
        statement: says(&seen, &salts.model),
        lies: vec![
            Lie::Other {
                what: "a true proof about another image of that class",
                statement: says(&another, &salts.model),
            },
            Lie::Other { what: "a true proof about another commitment", statement: says(&seen, &salts.other_model) },
        ],
        facts: all,
        reading: nothing_to_read(),
    })
}
