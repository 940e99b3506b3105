//! zkml's networks.

mod example;
mod hostile;
mod layers;
mod network;

use model_import::zkml::ZkmlDescription;
use prover::model::Provenance;

/// Values of `min..=max`, and `n_logits` classes.
fn description(min: i64, max: i64, n_logits: usize) -> ZkmlDescription {
    ZkmlDescription {
        name: "test".to_owned(),
        task: "a test".to_owned(),
        min,
        max,
        image: None,
        classes: (0..n_logits).map(|class| class.to_string()).collect(),
        provenance: Provenance {
            recipe: "made by the test".to_owned(),
            data: "none".to_owned(),
            licence: "MIT OR Apache-2.0".to_owned(),
        },
    }
}
