//! `settlement`: the class of a sealed image decides a bet.

use super::{Chosen, accuracy_line, facts, image_facts, image_step, model_facts};
use crate::commands::demo::play::AMOUNT;
use crate::commands::demo::scene::{Lie, Scene, ScenePayee, Step};
use crate::commands::demo::statement::Statement;
use crate::commands::demo::world::{People, World};
use crate::output::Output;
use crate::proving;
use crate::values::grouped;
use chain_types::{LockingScript, Satoshis};
use prover::CircuitSpec;
use prover::circuit::CLASS;
use prover::model::InputVisibility;
use script_gen::Payout;
use serde_json::json;
use tx_builder::SigningKey;

/// What is paid: less than what is locked, as the fee is fixed with it.
const STAKE: Satoshis = Satoshis(AMOUNT.0 - 20_000);

pub(super) fn scene<'a>(chosen: Chosen, world: &'a World, output: &Output) -> anyhow::Result<Scene<'a>> {
    let model = &world.public;
    let (seen, n_classes) = (chosen.of(world, model)?, model.classes().len());
    let evaluation = world.evaluate(model, output)?;
    let (index, class) = (seen.index, seen.class);
    let payouts: Vec<_> = (0..n_classes).map(|class| Some(shares(class, &world.people))).collect();
    let mut all = model_facts(model, &evaluation);
    all.append(&mut image_facts(&seen));
    let spec = CircuitSpec { input: InputVisibility::Committed, ..CircuitSpec::of(model) };
    Ok(Scene {
        contract: "settlement",
        variant: None,
        opening: vec![
            image_step(format!("Alice seals MNIST test image {index} in an envelope: a commitment to it."), &seen),
            Step::new(
                "Bob and Carol bet on what the network makes of it: odd pays Bob, even pays Carol, 0 pays both.",
                [format!("The public network is {}.", model.name()), accuracy_line(&evaluation)],
            ),
        ],
        terms: format!("pays {} sat as the class says, whoever sends the proof", grouped(STAKE.0)),
        claim: format!("the image in the envelope is one that this network calls {class}"),
        open: &[CLASS],
        payee: ScenePayee::ByClass(payouts),
        circuit: proving::circuit(model, &spec, output)?,
        statement: Statement::Inference {
            model,
            model_salt: None,
            input: seen.tensor,
            input_salt: Some(&world.salts.image),
            class,
        },
        lies: vec![Lie::Value {
            what: "another class beside the proof, with its outputs",
            input: CLASS,
        }],
        facts: all,
        reading: Box::new(|shown| {
            let class = shown.value(CLASS)?;
            let paid: Vec<u64> = shown.transaction.output.iter().map(|output| output.value.to_sat()).collect();
            let total = grouped(paid.iter().sum::<u64>());
            let line = format!("The chain shows class {class}, and {total} sat paid for it. The envelope stays shut.");
            Ok((vec![line], facts(json!({ "settled_class": class.to_string(), "paid_sats": paid }))))
        }),
    })
}

/// Who gets what for a class.
fn shares(class: usize, people: &People) -> Vec<Payout> {
    let pay = |key: &SigningKey, value| Payout { value, locking_script: LockingScript::p2pkh(&key.pubkey_hash().0) };
    let half = Satoshis(STAKE.0 / 2);
    match class {
        0 => vec![pay(&people.bob, half), pay(&people.carol, half)],
        odd if odd % 2 == 1 => vec![pay(&people.bob, STAKE)],
        _ => vec![pay(&people.carol, STAKE)],
    }
}
