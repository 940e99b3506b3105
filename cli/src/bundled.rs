//! The network and the test images that travel inside the program, so that it runs from any folder.

use anyhow::Context as _;
use prover::{Dataset, Model};
use std::path::Path;

const MANIFEST: &[u8] = include_bytes!("../../models/mnist-square/manifest.json");
const WEIGHTS: &[u8] = include_bytes!("../../models/mnist-square/weights.json");
const IMAGES: &[u8] = include_bytes!("../../models/data/mnist/t10k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../models/data/mnist/t10k-labels-idx1-ubyte.gz");

/// The model in `folder`, or the bundled one.
pub(crate) fn model_or(folder: Option<&Path>) -> anyhow::Result<Model> {
    match folder {
        Some(folder) => Model::load(folder).with_context(|| format!("{} is not a usable model", folder.display())),
        None => Model::from_parts(MANIFEST, WEIGHTS).context("the bundled model is damaged: build the program again"),
    }
}

/// The 10,000 MNIST test images with their labels.
pub(crate) fn test_set() -> anyhow::Result<Dataset> {
    Dataset::from_bytes(IMAGES, LABELS).context("the bundled test images are damaged: build the program again")
}
