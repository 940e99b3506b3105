//! What the demo's stories are about: networks, images and people.

use crate::bundled;
use crate::evaluation::Evaluation;
use crate::output::Output;
use anyhow::Context as _;
use core::num::NonZeroUsize;
use prover::accuracy::LabelledSet;
use prover::sale::SaleKey;
use prover::{Dataset, Image, Model, Salt, Tensor, infer};
use rand::rngs::OsRng;
use tx_builder::SigningKey;

/// The network whose weights everybody knows.
const PUBLIC: &str = bundled::DEFAULT;
/// The network whose weights Alice keeps to herself.
const PRIVATE: &str = "mnist-private";
/// How many images a certificate of the demo is about.
pub(super) const CERTIFIED: usize = 20;

/// Everything that exists before the first contract.
pub(super) struct World {
    pub(super) public: Model,
    pub(super) private: Model,
    pub(super) set: Dataset,
    pub(super) people: People,
    pub(super) salts: Salts,
    pub(super) keys: SaleKeys,
}

/// Who takes part. Their keys are drawn anew in every run.
pub(super) struct People {
    /// Proves.
    pub(super) alice: SigningKey,
    /// Pays.
    pub(super) bob: SigningKey,
    /// Bets against Bob.
    pub(super) carol: SigningKey,
    /// Signs for what she has seen.
    pub(super) dora: SigningKey,
    /// Has a right to nothing.
    pub(super) mallory: SigningKey,
}

/// What Alice's commitments are opened with: one each.
pub(super) struct Salts {
    pub(super) model: Salt,
    pub(super) other_model: Salt,
    pub(super) image: Salt,
    pub(super) other_image: Salt,
}

/// What Alice encrypts with: one key for each ciphertext.
pub(super) struct SaleKeys {
    pub(super) sale: SaleKey,
    pub(super) other_sale: SaleKey,
}

/// A test image and what is said of it.
#[derive(Clone)]
pub(super) struct Seen<'a> {
    pub(super) index: usize,
    pub(super) image: &'a Image,
    /// What MNIST says it is.
    pub(super) label: usize,
    /// What the network says it is.
    pub(super) class: usize,
    /// As the network reads it.
    pub(super) tensor: Tensor,
}

impl World {
    pub(super) fn new() -> anyhow::Result<Self> {
        let [alice, bob, carol, dora, mallory] = core::array::from_fn(|_| SigningKey::random(&mut OsRng));
        let [model, other_model, image, other_image] = core::array::from_fn(|_| Salt::random(&mut OsRng));
        Ok(Self {
            public: bundled::model_or(Some(PUBLIC))?,
            private: bundled::model_or(Some(PRIVATE))?,
            set: bundled::test_set()?,
            people: People { alice, bob, carol, dora, mallory },
            salts: Salts { model, other_model, image, other_image },
            keys: SaleKeys { sale: SaleKey::random(&mut OsRng), other_sale: SaleKey::random(&mut OsRng) },
        })
    }

    /// What `model` says of a test image.
    pub(super) fn look(&self, model: &Model, index: usize) -> anyhow::Result<Seen<'_>> {
        let missing = || format!("there is no test image {index}");
        let (image, label) = self.set.get(index).with_context(missing)?;
        let tensor = model.input().tensor(image)?;
        let class = infer(model, &tensor)?.class;
        Ok(Seen { index, image, label, class, tensor })
    }

    /// The first image from `start` on that `model` reads right as `class`.
    pub(super) fn first_of(&self, model: &Model, class: usize, start: usize) -> anyhow::Result<Seen<'_>> {
        let labelled = self.set.iter().enumerate().skip(start).filter(|(_, (_, label))| *label == class);
        for (index, _) in labelled {
            let seen = self.look(model, index)?;
            if seen.class == class {
                return Ok(seen);
            }
        }
        anyhow::bail!("{} reads no test image from {start} on as {class}", model.name())
    }

    /// What `model` makes of all test images.
    pub(super) fn evaluate(&self, model: &Model, output: &Output) -> anyhow::Result<Evaluation> {
        let stage = output.steps("evaluating the network", self.set.len());
        Ok(Evaluation::of(model, &self.set, NonZeroUsize::MIN, |done| stage.done(done))?)
    }

    /// The images that certificates are about, as `model` reads them.
    pub(super) fn certified(&self, model: &Model) -> anyhow::Result<LabelledSet> {
        Ok(LabelledSet::of_images(model.input(), self.set.iter().take(CERTIFIED))?)
    }
}
