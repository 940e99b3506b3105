//! What a proof tells of the logits.

use serde::{Deserialize, Serialize};

/// Which part of the network's answer is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// The class: the index of the largest logit, the lowest of several.
    Class,
    /// All logits.
    Logits,
    /// A class and a least value of its logit.
    Score,
    /// A class that is among the `k` best; of equal logits the lower index is better.
    TopK {
        /// 1 up to one less than the number of classes.
        k: usize,
    },
}

/// The output of a model, unless a circuit says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// What is told.
    pub kind: OutputKind,
    /// Bits K of the range checks on leads `L_c - L_i`: a statement whose leads reach `2^K` cannot be proved.
    /// At most [`crate::model::Ranges::lead_bits`], with which every true statement can.
    pub lead_bits: u32,
}
