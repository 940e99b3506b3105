#![doc = include_str!("../../../docs/math/accuracy.md")]

mod set;
mod spec;

pub use set::{LabelledSet, SetError};
pub use spec::{AccuracySpec, AccuracySpecError};
