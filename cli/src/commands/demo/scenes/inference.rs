//! `inference-payment`: a hidden image, a public network; then about one image only; then one that was signed for.

use super::{Chosen, accuracy_line, image_facts, image_step, model_facts, nothing_to_read};
use crate::commands::demo::scene::{Facts, Lie, Scene, ScenePayee, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{Seen, World};
use crate::output::Output;
use crate::proving;
use prover::model::InputVisibility;
use prover::{CircuitSpec, Salt};

/// Name of the public input that a committed input gives a circuit.
const INPUT_COMMITMENT: &str = "input_commitment";

pub(super) fn scenes<'a>(chosen: Chosen, world: &'a World, output: &Output) -> anyhow::Result<Vec<Scene<'a>>> {
    let seen = chosen.of(world, &world.public)?;
    Ok(vec![plain(&seen, world, output)?, sealed(&seen, world, output)?, attested(&seen, world, output)?])
}

/// The public network says this of an image that is hidden, and committed to if there is a salt.
fn says<'a>(seen: &Seen<'_>, world: &'a World, input_salt: Option<&'a Salt>) -> Statement<'a> {
    let (input, class) = (seen.tensor.clone(), seen.class);
    Statement::Inference { model: &world.public, model_salt: None, input, input_salt, class }
}

/// Any image of the class will do.
fn plain<'a>(seen: &Seen<'a>, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let model = &world.public;
    let evaluation = world.evaluate(model, output)?;
    let Seen { index, label, class, .. } = seen;
    let title = format!("Alice holds MNIST test image {index}, labelled {label}. Nobody else will see it.");
    let network = format!("The public network {} says {class}.", model.name());
    let mut facts = model_facts(model, &evaluation);
    facts.append(&mut image_facts(seen));
    let other = world.first_of(model, (class + 1) % model.classes().len(), 0)?;
    Ok(Scene {
        contract: "inference-payment",
        variant: None,
        opening: vec![image_step(title, seen), Step::new(network, [accuracy_line(&evaluation)])],
        terms: format!("pays whoever shows a proof of class {class}"),
        claim: format!("I know an image that this network calls {class}"),
        open: &[],
        payee: ScenePayee::Prover,
        circuit: proving::circuit(model, &CircuitSpec::of(model), output)?,
        statement: says(seen, world, None),
        lies: vec![Lie::Other { what: "a true proof of another class", statement: says(&other, world, None) }],
        facts,
        reading: nothing_to_read(),
    })
}

/// The image is fixed by its commitment.
fn sealed<'a>(seen: &Seen<'a>, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let opening = Step::new(
        "The same about one image only: Alice seals hers before Bob locks a coin.",
        ["Her commitment hides the image and is fixed in the contract: no other image will do.".to_owned()],
    );
    Ok(Scene {
        variant: Some("committed input"),
        terms: format!("pays whoever proves that the sealed image is of class {}", seen.class),
        claim: format!("the sealed image is one that this network calls {}", seen.class),
        ..committed(seen, opening, world, output)?
    })
}

/// The commitment is given by the spend, and signed by somebody who has seen the image.
fn attested<'a>(seen: &Seen<'a>, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let opening = Step::new(
        "The same with a witness: Dora has seen the image and signs its commitment for this coin alone.",
        ["Bob need not know the commitment, only whom he trusts: her key is in the contract.".to_owned()],
    );
    Ok(Scene {
        variant: Some("required signer"),
        terms: format!("pays for class {} of an image that Dora has signed for", seen.class),
        claim: format!("the image that Dora has signed for is one that this network calls {}", seen.class),
        open: &[INPUT_COMMITMENT],
        payee: ScenePayee::Attested { signer: &world.people.dora, input: INPUT_COMMITMENT },
        ..committed(seen, opening, world, output)?
    })
}

/// What both have in common whose image is committed to.
fn committed<'a>(seen: &Seen<'a>, opening: Step, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let model = &world.public;
    let spec = CircuitSpec { input: InputVisibility::Committed, ..CircuitSpec::of(model) };
    let another = world.first_of(model, seen.class, seen.index + 1)?;
    Ok(Scene {
        contract: "inference-payment",
        variant: None,
        opening: vec![opening],
        terms: String::new(),
        claim: String::new(),
        open: &[],
        payee: ScenePayee::Prover,
        circuit: proving::circuit(model, &spec, output)?,
        statement: says(seen, world, Some(&world.salts.image)),
        lies: vec![Lie::Other {
            what: "a true proof about another image of that class",
            statement: says(&another, world, Some(&world.salts.other_image)),
        }],
        facts: Facts::new(),
        reading: nothing_to_read(),
    })
}
