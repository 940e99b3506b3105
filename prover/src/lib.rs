//! Quantised networks, their exact inference, and Groth16 proofs about what they say of a hidden image.
//!
//! * [`model`]: the stored format (`models/FORMAT.md`), its validation, and the proof that nothing wraps modulo r.
//! * [`infer`](mod@infer): plain integer inference, the oracle.
//! * [`circuit`]: the constraints, each with a name; private pixels, public weights, one public input.
//! * [`groth16`]: setup, prove, verify, and the key and proof files.
//! * [`Dataset`], [`Image`]: labelled images in the format of the MNIST files.
//!
//! ```
//! use prover::groth16::{ProofDocument, prove, setup};
//! use prover::{Circuit, Dataset, Model, infer};
//! use statement::{Class, Nonce, PubkeyHash, Statement};
//! use std::path::Path;
//!
//! let data = Path::new("../models/data/mnist");
//! let set = Dataset::load(&data.join("t10k-images-idx3-ubyte.gz"), &data.join("t10k-labels-idx1-ubyte.gz"))?;
//! let model = Model::load(Path::new("../models/mnist-square"))?;
//! let (image, _label) = set.get(0).ok_or("no image")?;
//! let input = model.input().tensor(image)?;
//! let class = Class::new(infer(&model, &input)?.class as u8)?;
//!
//! let circuit = Circuit::new(&model);
//! let mut rng = rand::rngs::OsRng;
//! let (proving_key, vk) = setup(&circuit, &mut rng)?;
//!
//! let statement = Statement { class, recipient: PubkeyHash([0xab; 20]), nonce: Nonce([1; 8]) };
//! let assignment = circuit.assign(&input, &statement);
//! let proof = prove(&proving_key, &circuit, &assignment, &mut rng)?;
//! assert_eq!(ProofDocument::new(&vk, statement, proof.clone()).verify(&vk), Ok(()));
//!
//! let thief = Statement { recipient: PubkeyHash([0xcd; 20]), ..statement };
//! assert!(ProofDocument::new(&vk, thief, proof).verify(&vk).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub use infer::{Accuracy, EvalError, Inference, Oracle, eval, eval_top_k, infer};
pub use model::{Model, ModelError, Tensor, TensorError};
