//! Quantised networks, their exact inference, and Groth16 proofs about what they say of a hidden image.

pub mod circuit;
mod data;
mod digest;
mod files;
pub mod groth16;
mod image;
pub mod infer;
pub mod model;

pub use circuit::Circuit;
pub use data::{DataError, Dataset};
pub use digest::Digest;
pub use files::{FileError, HeaderError};
pub use image::{IMAGE_LEN, Image, ImageLenError, Preprocessing, SIDE};
pub use infer::{Accuracy, Inference, Oracle, eval, infer};
pub use model::{Model, ModelError};
