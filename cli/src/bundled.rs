//! The networks and the test images that travel inside the program, so that it runs from any folder.

use crate::advice::Advise as _;
use anyhow::{Context as _, anyhow};
use prover::groth16::CircuitInfo;
use prover::{Dataset, Model};
use std::path::Path;

/// A network inside the program.
struct Bundled {
    name: &'static str,
    manifest: &'static [u8],
    weights: &'static [u8],
}

macro_rules! networks {
    ($($name:literal),* $(,)?) => {
        &[$(Bundled {
            name: $name,
            manifest: include_bytes!(concat!("../../models/", $name, "/manifest.json")),
            weights: include_bytes!(concat!("../../models/", $name, "/weights.json")),
        }),*]
    };
}

/// Each is a folder of `models/`.
const NETWORKS: &[Bundled] = networks!["mnist-tiny", "mnist-best", "mnist-private", "mnist-square", "zkml-mnist"];
/// The network that is meant if none is named.
pub(crate) const DEFAULT: &str = "mnist-square";

const IMAGES: &[u8] = include_bytes!("../../models/data/mnist/t10k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../models/data/mnist/t10k-labels-idx1-ubyte.gz");

/// The bundled network of this name, or the one in this folder, or the default one.
pub(crate) fn model_or(named: Option<&str>) -> anyhow::Result<Model> {
    let named = named.unwrap_or(DEFAULT);
    if let Some(Bundled { manifest, weights, .. }) = find(named) {
        let damaged = || format!("the bundled network {named} is damaged: build the program again");
        return Model::from_parts(manifest, weights).with_context(damaged);
    }
    let folder = Path::new(named);
    if !folder.is_dir() {
        return Err(anyhow!("{named} is neither a bundled network nor a folder"))
            .advise(format_args!("give a folder in the format of models/FORMAT.md, or one of {}", names()));
    }
    Model::load(folder).with_context(|| format!("{named} is not a usable model"))
}

/// The network that a key is for: the named one, or else the bundled one that has the key's name.
pub(crate) fn model_of_key(named: Option<&str>, key: &CircuitInfo) -> anyhow::Result<Model> {
    match named {
        Some(_) => model_or(named),
        None if find(&key.model).is_some() => model_or(Some(&key.model)),
        None => Err(anyhow!("the key is for the network {}, which is not bundled", key.model))
            .advise("give the network's folder with --model"),
    }
}

fn find(name: &str) -> Option<&'static Bundled> {
    NETWORKS.iter().find(|network| network.name == name)
}

/// The bundled networks, for people.
pub(crate) fn names() -> String {
    NETWORKS.iter().map(|network| network.name).collect::<Vec<_>>().join(", ")
}

/// Whether a network of this name is bundled.
pub(crate) fn has(name: &str) -> bool {
    find(name).is_some()
}

/// The 10,000 MNIST test images with their labels.
pub(crate) fn test_set() -> anyhow::Result<Dataset> {
    Dataset::from_bytes(IMAGES, LABELS).context("the bundled test images are damaged: build the program again")
}

/// The set in these two files, or the bundled test images.
pub(crate) fn set_or(files: Option<(&Path, &Path)>) -> anyhow::Result<Dataset> {
    match files {
        Some((images, labels)) => {
            Dataset::load(images, labels).advise("give the images and labels files of MNIST, plain or gzipped")
        }
        None => test_set(),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn networks__every_one__is_usable_and_calls_itself_by_its_name() {
        for Bundled { name, .. } in NETWORKS {
            assert_eq!(model_or(Some(name)).unwrap().name(), *name);
        }
        assert!(has(DEFAULT));
    }
}
