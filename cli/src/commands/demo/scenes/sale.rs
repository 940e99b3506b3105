//! `model-sale`: the buyer's coins open for the key that decrypts a good network, and for nothing else.

use super::bounty::{WANTED, certificate_facts, hidden_line};
use super::{accuracy_line, model_facts};
use crate::commands::demo::scene::{Facts, Lie, Scene, ScenePayee, Shown, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{CERTIFIED, World};
use crate::output::Output;
use crate::values::{grouped, percent};
use prover::Circuit;
use prover::circuit::SALE_KEY;
use prover::sale::{Ciphertext, SaleKey};
use serde_json::json;

pub(super) fn scene<'a>(world: &'a World, output: &'a Output) -> anyhow::Result<Scene<'a>> {
    let (model, key, other_key) = (&world.private, &world.keys.sale, &world.keys.other_sale);
    let evaluation = world.evaluate(model, output)?;
    let set = world.certified(model)?;
    let circuit = {
        let _stage = output.stage("building the circuit");
        Circuit::sale(model, &set)?
    };
    let ciphertext = Ciphertext::encrypt(model, key)?;
    let mut all = model_facts(model, &evaluation);
    all.append(&mut certificate_facts());
    let size = grouped(ciphertext.to_json().len());
    Ok(Scene {
        contract: "model-sale",
        variant: None,
        opening: vec![
            Step::new(
                format!("Alice sells a network, {}. Bob may not see it before he has paid.", model.name()),
                [accuracy_line(&evaluation), hidden_line(model)?],
            ),
            Step::new(
                format!("She encrypts the weights under a key of 128 bits and sends Bob the ciphertext, {size} bytes."),
                [format!("digest {}", ciphertext.digest())],
            ),
        ],
        terms: format!(
            "pays for the key, if what it decrypts reads at least {WANTED} of {CERTIFIED} public test images right"
        ),
        claim: format!("what this key decrypts is a network that is right on at least {WANTED} of these images"),
        open: &[SALE_KEY],
        payee: ScenePayee::Prover,
        circuit,
        statement: Statement::Sale { model, key, min_correct: WANTED },
        lies: vec![
            Lie::Value { what: "another key beside the proof", input: SALE_KEY },
            Lie::Other {
                what: "a true proof about another ciphertext",
                statement: Statement::Sale { model, key: other_key, min_correct: WANTED },
            },
        ],
        facts: all,
        reading: Box::new(move |shown| decrypt(shown, &ciphertext, world, output)),
    })
}

/// What Bob does with the spend: he has the ciphertext and the network's public part.
fn decrypt(
    shown: &Shown<'_>,
    ciphertext: &Ciphertext,
    world: &World,
    output: &Output,
) -> anyhow::Result<(Vec<String>, Facts)> {
    let key = SaleKey::from_element(shown.value(SALE_KEY)?)?;
    let model = ciphertext.decrypt(&key, &world.private.architecture())?;
    let evaluation = world.evaluate(&model, output)?;
    let lines = vec![
        format!("Bob reads the key from the chain: {}.", key.to_hex().as_str()),
        format!(
            "It decrypts a network that is right on {} of {} test images ({}): what he has paid for.",
            grouped(evaluation.correct()),
            grouped(evaluation.images()),
            percent(evaluation.accuracy()),
        ),
    ];
    let facts = json!({
        "revealed_key": key.to_hex().as_str(),
        "recovered_accuracy": evaluation.accuracy(),
        "recovered_correct": evaluation.correct(),
    });
    Ok((lines, super::facts(facts)))
}
