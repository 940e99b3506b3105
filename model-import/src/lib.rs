//! Networks from other tools, made into models of this project's format.
//!
//! * [`onnx`]: float networks, quantised after training.
//! * [`zkml`]: fixed-point networks, reproduced exactly.
//!
//! A file is somebody else's: whatever it holds, an importer answers with a model or with an [`ImportError`] that says where
//! the fault is, and takes memory in proportion to the file, not to the numbers written in it.

mod error;
pub mod onnx;
pub mod zkml;

pub use error::ImportError;
