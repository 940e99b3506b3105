//! Small networks, for statements whose proofs take milliseconds.

#[path = "../../prover/tests/it/nets.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "networks of the prover's own tests, not all of which are needed here"
)]
mod nets;

use nets::Net;
use num_bigint::BigInt;
use prover::accuracy::LabelledSet;
use prover::model::WeightVisibility;
use prover::model::manifest::LayerEntry;
use prover::{Model, Tensor, infer};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::contract::mnist;

/// 3x3 inputs in -3..=4, four products of two linear forms each, three logits.
///
/// # Panics
/// Never: the network is a valid one.
pub fn little(weights: WeightVisibility) -> Model {
    let mut rng = StdRng::seed_from_u64(4);
    let mut params = |n_rows: usize, row_len: usize| {
        let rows = (0..n_rows).map(|_| (0..row_len).map(|_| rng.gen_range(-8..8)).collect()).collect();
        (rows, (0..n_rows).map(|_| rng.gen_range(-8..8).into()).collect::<Vec<BigInt>>())
    };
    let (hidden, last) = (params(4, 9), params(3, 4));
    let net = Net::new([1, 3, 3], -3, 4).dense_of(hidden.0, hidden.1, 5, 9, weights).square();
    net.dense_of(last.0, last.1, 5, 9, weights).model(3)
}

/// Inputs to which the model gives one class after the other.
///
/// # Panics
/// If it gives some class to nothing.
pub fn inputs(model: &Model, n: usize) -> Vec<Tensor> {
    let mut rng = StdRng::seed_from_u64(5);
    let mut random = || {
        let (spec, range) = (model.input(), model.input().min..=model.input().max);
        spec.tensor_of((0..spec.shape.n_values()).map(|_| rng.gen_range(range.clone())).collect())
            .expect("within range")
    };
    let n_classes = model.classes().len();
    let mut of_class = |class| loop {
        let input = random();
        if infer(model, &input).expect("its own tensor").class == class {
            break input;
        }
    };
    (0..n).map(|k| of_class(k % n_classes)).collect()
}

/// Ten MNIST images and a committed network of sums, one layer of squares and a public head, which gets seven of its
/// labels right because we label so.
///
/// # Panics
/// Never: the network is a valid one that reads images.
pub fn labelled() -> (Model, LabelledSet) {
    let mut rng = StdRng::seed_from_u64(6);
    let mut rows = |n: usize, len: usize| (0..n).map(|_| (0..len).map(|_| rng.gen_range(-4..4)).collect()).collect();
    let zeros = |n: usize| vec![BigInt::from(0); n];
    // Crop, bits of a pixel and so the public inputs of an image are those of the bundled `mnist-private`.
    let net = Net::of_images(20, 3).pool(LayerEntry::SumPool, [4, 4], [4, 4]);
    let net = net.dense_of(rows(12, 25), zeros(12), 3, 8, WeightVisibility::Committed).square();
    let model = net.dense(rows(10, 12), zeros(10)).model(10);
    let class =
        |image: &_| infer(&model, &model.input().tensor(image).expect("an image")).expect("its own tensor").class;
    let images = mnist().iter().take(10).map(|(image, _)| image).enumerate();
    let labelled = images.map(|(k, image)| (image, if k < 7 { class(image) } else { (class(image) + 1) % 10 }));
    let set = LabelledSet::of_images(model.input(), labelled).expect("images");
    (model, set)
}
