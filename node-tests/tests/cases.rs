//! Every kind of statement spends a coin: on a real node and on the embedded ledger, whose script machine is ours. The
//! contract fixes all public inputs but the binding; its twins that fix one of them otherwise refuse the same proof.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not reach their helpers")]

use ark_bn254::Fr;
use ark_ff::One;
use chain_types::{FeeRate, LockingScript};
use core::num::NonZeroUsize;
use ledger::{EmbeddedLedger, Rejection, TestChain};
use model_import::zkml::read_zkml_input;
use node_tests::case::{Case, Truth};
use node_tests::contract::{draft, lock_all, mnist, refuse, repository, signed};
use node_tests::networks::{inputs, labelled, little};
use node_tests::start_node;
use num_bigint::BigInt;
use prover::accuracy::LabelledSet;
use prover::circuit::{Answer, MIN_CORRECT, MIN_SCORE, MODEL_COMMITMENT, Unsatisfied};
use prover::model::{InputVisibility, OutputKind, WeightVisibility};
use prover::{CircuitSpec, Model, infer};
use rand::rngs::OsRng;
use script_gen::{Contract, HintError, Hints, SpendData};
use statement::{Binding, Nonce, PubkeyHash};
use tx_builder::{Coin, OutPoint, SigningKey, Transaction};

const FALSE: &str = "Script evaluated without error but finished with a false/empty top stack element";
const NOT_EQUAL: &str = "Script failed an OP_NUMEQUALVERIFY operation";
/// The logits that zkml publishes for its example.
const PUBLISHED_LOGITS: [i64; 10] = [-5312, -8056, -8186, -1669, -4260, 6614, -5131, -6862, -3047, -805];

fn inference(weights: WeightVisibility, input: InputVisibility, output: OutputKind, batch: usize) -> Truth {
    let model = little(weights);
    let inputs = inputs(&model, batch);
    Truth::inference(model, CircuitSpec { input, output, batch: NonZeroUsize::new(batch).unwrap() }, inputs)
}

fn small() -> Vec<(&'static str, Truth)> {
    use InputVisibility::{Committed as Hidden, Private, Public as Open};
    use OutputKind::{Class, Logits, Score, TopK};
    use WeightVisibility::{Committed, Public};
    let [certificate, sale] = [Truth::accuracy, Truth::sale].map(|truth| {
        let (model, set) = labelled();
        truth(model, set)
    });
    vec![
        ("private input, public model", inference(Public, Private, Class, 1)),
        ("committed input, public model", inference(Public, Hidden, Class, 1)),
        ("public input, committed model", inference(Committed, Open, Class, 1)),
        ("private input, committed model", inference(Committed, Private, Class, 1)),
        ("committed input, committed model", inference(Committed, Hidden, Class, 1)),
        ("public input, public model", inference(Public, Open, Class, 1)),
        ("batch of three", inference(Public, Private, Class, 3)),
        ("batch of two, all committed", inference(Committed, Hidden, Logits, 2)),
        ("logits", inference(Public, Private, Logits, 1)),
        ("score", inference(Public, Private, Score, 1)),
        ("best two", inference(Public, Private, TopK { k: 2 }, 1)),
        ("accuracy certificate", certificate),
        ("model sale", sale),
    ]
}

/// An untrue claim like the true one, and what the name of the first constraint that it breaks contains.
fn untrue(case: &Case, binding: &Binding) -> (Result<(), Unsatisfied>, &'static str) {
    let (assignment, constraint) = match &case.truth {
        Truth::Accuracy(truth) => {
            (case.circuit.assign_accuracy(&truth.claim(binding, truth.n_correct + 1)), "min_correct in range")
        }
        Truth::Sale(truth) => {
            (case.circuit.assign_sale(&truth.claim(binding, truth.n_correct + 1)), "min_correct in range")
        }
        Truth::Inference(truth) => {
            let (answer, constraint) = match &truth.answer {
                Answer::Class(classes) => {
                    let n_classes = truth.model.classes().len();
                    let mut classes = classes.clone();
                    classes[0] = (classes[0] + 1) % n_classes;
                    (Answer::Class(classes), "argmax.lead[")
                }
                Answer::Logits(logits) => {
                    let mut logits = logits.clone();
                    logits[0][0] += 1;
                    (Answer::Logits(logits), "logits[0] equal")
                }
                Answer::Score { classes, min_score } => {
                    (Answer::Score { classes: classes.clone(), min_score: min_score + 1 }, "argmax.score in range")
                }
                Answer::TopK(_) => {
                    let order = infer(&truth.model, &truth.inputs[0]).unwrap().top_k(truth.model.classes().len());
                    (Answer::TopK(order.last().copied().into_iter().collect()), "argmax.lead[")
                }
            };
            (case.circuit.assign(&truth.claim(binding, &answer)), constraint)
        }
    };
    (case.circuit.check(&assignment.expect("a claim of the circuit's kind")), constraint)
}

/// A contract, twins that fix one public input otherwise, an owner, and hints made for the contract and the owner.
struct Story {
    name: &'static str,
    contract: Contract,
    twins: Vec<(String, Contract)>,
    owner: SigningKey,
    hints: Hints,
}

impl Story {
    /// Makes a key, contracts and a proof. Also sees to it that an untrue claim has no assignment, and that the proof has
    /// hints for no other contract and no other owner.
    fn new(name: &'static str, truth: Truth) -> Self {
        let case = Case::new(truth, &mut OsRng);
        let nobody = Binding { recipient: PubkeyHash([1; 20]), nonce: Nonce([2; 8]) };
        match untrue(&case, &nobody) {
            (Err(Unsatisfied::Constraints { first, .. }), constraint) => {
                assert!(first.contains(constraint), "{name}: expected {constraint}, found {first}");
            }
            (other, _) => panic!("{name}: an untrue claim is checked as {other:?}"),
        }
        let nonce = Nonce(*b"coinbase");
        let contract = case.contract(case.fixed(), nonce);
        let otherwise = |input: &script_gen::FixedInput| {
            // Of what is a lower bound, the weaker claim: true as well, and not what was proved.
            let weaker = [MIN_CORRECT, MIN_SCORE].contains(&input.name());
            let change = if weaker { -Fr::one() } else { Fr::one() };
            (format!("another {}", input.name()), case.contract(case.fixed_otherwise(input.name(), change), nonce))
        };
        let mut twins: Vec<_> = contract.terms().fixed().map(otherwise).collect();
        assert!(!twins.is_empty(), "{name}");
        twins.push(("another nonce".to_owned(), case.contract(case.fixed(), Nonce(*b"Coinbase"))));
        let owner = SigningKey::random(&mut OsRng);
        let recipient = owner.pubkey_hash();
        let proof = case.prove(&contract.binding(recipient));
        let data = |contract: &Contract, recipient| {
            let mut public_inputs = case.public_inputs(&contract.binding(recipient));
            // What the contract fixes, true or not: it is the proof that has to be refused.
            let fixed = contract.terms().fixed().map(script_gen::FixedInput::value);
            public_inputs.splice(1.., fixed);
            contract.spend_data(proof.inner(), &public_inputs)
        };
        for (what, twin) in &twins {
            assert_eq!(data(twin, recipient), Err(HintError::ProofInvalid), "{name}, {what}");
        }
        assert_eq!(data(&contract, PubkeyHash([1; 20])), Err(HintError::ProofInvalid), "{name}");
        let SpendData { hints, inputs } = data(&contract, recipient).expect("an honest proof has hints");
        assert!(inputs.is_empty(), "{name}: all public inputs are fixed");
        Self { name, contract, twins, owner, hints }
    }

    fn scripts(&self) -> impl Iterator<Item = LockingScript> + '_ {
        let twins = self.twins.iter().map(|(_, contract)| contract);
        core::iter::once(&self.contract).chain(twins).map(|contract| contract.locking_script().clone())
    }

    /// A spend of a contract's coin by `owner` with these hints.
    fn spend(contract: &Contract, coin: &Coin, owner: &SigningKey, hints: &Hints) -> Transaction {
        let data = SpendData { hints: hints.clone(), inputs: Vec::new() };
        signed(&draft(contract, coin, owner), owner, |witness| contract.claim_script(&data, &witness))
    }

    /// Tries what must be refused on the coins of [`Self::scripts`], then spends the contract's own; answers the refusals.
    fn play(&self, chain: &mut dyn TestChain, coins: &[Coin]) -> Vec<(String, Rejection)> {
        let Self { name, contract, twins, owner, hints } = self;
        let flipped = |at: usize| {
            let mut proof = hints.proof.clone();
            proof[at] ^= 1;
            Hints { proof, ..hints.clone() }
        };
        let thief = SigningKey::random(&mut OsRng);
        let own = &coins[0];
        let mut attempts = vec![
            ("a tampered A".to_owned(), Self::spend(contract, own, owner, &flipped(0)), NOT_EQUAL),
            ("a tampered B".to_owned(), Self::spend(contract, own, owner, &flipped(32)), FALSE),
            ("a thief's key".to_owned(), Self::spend(contract, own, &thief, hints), FALSE),
        ];
        for ((what, twin), coin) in twins.iter().zip(&coins[1..]) {
            attempts.push((what.clone(), Self::spend(twin, coin, owner, hints), FALSE));
        }
        let refusals = attempts.into_iter().map(|(what, transaction, reason)| {
            let what = format!("{name}: {what}");
            let rejection = refuse(chain, &what, &transaction, reason);
            (what, rejection)
        });
        let refusals = refusals.collect();
        let honest = Self::spend(contract, own, owner, hints);
        let txid = chain.broadcast(&honest).unwrap_or_else(|error| panic!("{name}: {error}"));
        chain.mine(1, owner.pubkey_hash()).expect("a chain that mines");
        let status = chain.status(txid).expect("a chain that answers").map(|status| status.confirmations);
        assert_eq!(status, Some(1), "{name}");
        let paid = chain.unspent(OutPoint::new(txid, 0)).expect("a chain that answers").expect("the owner's coin");
        assert_eq!(paid.script_pubkey.as_bytes(), LockingScript::p2pkh(&owner.pubkey_hash().0).as_bytes(), "{name}");
        for (coin, is_left) in coins.iter().zip(core::iter::once(false).chain(core::iter::repeat(true))) {
            let unspent = chain.unspent(coin.outpoint).expect("a chain that answers");
            assert_eq!(unspent.is_some(), is_left, "{name}: only the proof's own contract has paid");
        }
        refusals
    }
}

/// Plays all stories on a node and on the embedded ledger, which have to agree.
fn play(stories: &[Story]) {
    let mut node = start_node();
    let mut embedded = EmbeddedLedger::new(FeeRate::DEFAULT);
    let chains: [&mut dyn TestChain; 2] = [&mut node, &mut embedded];
    let verdicts = chains.map(|chain| {
        let play = |story: &Story| {
            let coins = lock_all(chain, &story.scripts().collect::<Vec<_>>());
            story.play(chain, &coins)
        };
        stories.iter().flat_map(play).collect::<Vec<_>>()
    });
    assert_eq!(verdicts[0], verdicts[1]);
    assert!(verdicts[0].len() >= 5 * stories.len());
}

#[test]
fn cases__every_visibility_and_answer__is_paid_and_its_twins_are_refused() {
    let stories: Vec<_> = small().into_iter().map(|(name, truth)| Story::new(name, truth)).collect();
    play(&stories);
}

#[test]
fn cases__zkml_example__is_paid_for_its_ten_published_logits() {
    let model = Model::load(&repository("models/zkml-mnist")).expect("the bundled model loads");
    let input = std::fs::read(repository("fixtures/zkml/inp.msgpack")).expect("the published input");
    let input = read_zkml_input(model.input(), &input).expect("an input of the network");
    let spec = CircuitSpec { input: InputVisibility::Private, output: OutputKind::Logits, batch: NonZeroUsize::MIN };
    let truth = Truth::inference(model, spec, vec![input]);
    let Truth::Inference(inference) = &truth else { panic!("an inference was asked for") };
    assert_eq!(inference.answer, Answer::Logits(vec![PUBLISHED_LOGITS.map(BigInt::from).to_vec()]));
    play(&[Story::new("zkml's example", truth)]);
}

#[test]
fn cases__mnist_private__is_paid_for_a_digit_and_for_its_accuracy_under_one_commitment() {
    let model = Model::load(&repository("models/mnist-private")).expect("the bundled model loads");
    let set = LabelledSet::of_images(model.input(), mnist().iter().take(20)).expect("the model reads images");
    let (image, _) = mnist().get(0).expect("the test images");
    let input = model.input().tensor(image).expect("the model reads images");
    let spec = CircuitSpec { input: InputVisibility::Private, output: OutputKind::Class, batch: NonZeroUsize::MIN };
    let inference = Truth::inference(model, spec, vec![input]);
    let accuracy = Truth::accuracy_of(&inference, set);
    let stories = [Story::new("mnist-private", inference), Story::new("accuracy of mnist-private", accuracy)];
    let commitment = |story: &Story| {
        let fixed = story.contract.terms().fixed().find(|input| input.name() == MODEL_COMMITMENT);
        fixed.expect("a committed model").value()
    };
    assert_eq!(commitment(&stories[0]), commitment(&stories[1]));
    play(&stories);
}
