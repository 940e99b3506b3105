//! Which circuits are measured.

use prover::circuit::WeightTie;
use prover::model::InputVisibility;

/// A circuit to measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// A bundled network.
    pub(super) model: &'static str,
    pub(super) work: Work,
    /// Whether it takes minutes and gigabytes.
    pub(super) is_large: bool,
}

/// What is proved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// What the network says of the first test images, as many as the batch; the input is as the manifest says if not
    /// given.
    Inference { input: Option<InputVisibility>, batch: usize },
    /// How often it is right on so many test images, of weights pinned in this way.
    Certificate { tie: WeightTie, images: usize },
}

const fn inference(name: &'static str, model: &'static str) -> Row {
    Row { name, model, work: Work::Inference { input: None, batch: 1 }, is_large: false }
}

impl Row {
    const fn input(self, input: InputVisibility) -> Self {
        Self { work: Work::Inference { input: Some(input), batch: 1 }, ..self }
    }

    const fn batch(self, batch: usize) -> Self {
        Self { work: Work::Inference { input: None, batch }, ..self }
    }

    const fn accuracy(self, images: usize) -> Self {
        Self { work: Work::Certificate { tie: WeightTie::Commitment, images }, ..self }
    }

    const fn sale(self, images: usize) -> Self {
        Self { work: Work::Certificate { tie: WeightTie::Ciphertext, images }, ..self }
    }

    const fn large(self) -> Self {
        Self { is_large: true, ..self }
    }
}

/// All of them, in the order of the table.
pub(super) const ROWS: &[Row] = &[
    inference("mnist-tiny", "mnist-tiny"),
    inference("mnist-best", "mnist-best"),
    inference("mnist-square", "mnist-square"),
    inference("mnist-private", "mnist-private").input(InputVisibility::Private),
    inference("mnist-private-public-input", "mnist-private").input(InputVisibility::Public),
    inference("mnist-tiny-committed-input", "mnist-tiny").input(InputVisibility::Committed),
    inference("mnist-tiny-batch-8", "mnist-tiny").batch(8),
    inference("zkml-mnist", "zkml-mnist"),
    inference("accuracy-100", "mnist-private").accuracy(100),
    inference("accuracy-1000", "mnist-private").accuracy(1_000),
    inference("sale-100", "mnist-private").sale(100),
    inference("sale-1000", "mnist-private").sale(1_000),
    inference("accuracy-10000", "mnist-private").accuracy(10_000).large(),
];

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use crate::bundled;

    #[test]
    fn rows__every_one__has_its_name_to_itself_and_a_bundled_network() {
        for (idx, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..idx].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(bundled::has(row.model), "{}", row.model);
        }
    }
}
