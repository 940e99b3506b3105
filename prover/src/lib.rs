//! Quantised networks, their exact inference, and Groth16 proofs about what they say.
//!
//! * [`model`]: the stored format (`models/FORMAT.md`), its validation, and the proof that nothing wraps modulo r.
//! * [`infer`](mod@infer): plain integer inference, the oracle.
//! * [`circuit`]: the constraints, each with a name; inputs public, private or committed, weights public or committed.
//! * [`public`]: what public inputs are called, and what a proof is bound to.
//! * [`sale`]: encrypted weights, and the key that decrypts them.
//! * [`groth16`]: setup, prove, verify, and the key and proof files.
//! * [`Dataset`], [`Image`]: labelled images in the format of the MNIST files.
//!
//! ```
//! use prover::groth16::{ProofDocument, prove, setup};
//! use prover::circuit::{Answer, Claim};
//! use prover::{Circuit, CircuitSpec, Dataset, Model, infer};
//! use statement::{Binding, Nonce, PubkeyHash};
//! use std::path::Path;
//!
//! let data = Path::new("../models/data/mnist");
//! let set = Dataset::load(&data.join("t10k-images-idx3-ubyte.gz"), &data.join("t10k-labels-idx1-ubyte.gz"))?;
//! let model = Model::load(Path::new("../models/mnist-square"))?;
//! let (image, _label) = set.get(0).ok_or("no image")?;
//! let input = model.input().tensor(image)?;
//! let class = infer(&model, &input)?.class;
//!
//! let circuit = Circuit::inference(&model, &CircuitSpec::of(&model))?;
//! let mut rng = rand::rngs::OsRng;
//! let (proving_key, vk) = setup(&circuit, &mut rng)?;
//!
//! let binding = Binding { recipient: PubkeyHash([0xab; 20]), nonce: Nonce([1; 8]) };
//! let assignment = circuit.assign(&Claim {
//!     binding: &binding,
//!     model: &model,
//!     model_salt: None,
//!     inputs: &[input],
//!     input_salts: &[],
//!     answer: &Answer::Class(vec![class]),
//! })?;
//! let proof = prove(&proving_key, &circuit, &assignment, &mut rng)?;
//! // All public inputs but the binding.
//! let said = &assignment.public_inputs()[1..];
//! assert_eq!(ProofDocument::new(&vk, binding, said, proof.clone())?.verify(&vk), Ok(()));
//!
//! let thief = Binding { recipient: PubkeyHash([0xcd; 20]), ..binding };
//! assert!(ProofDocument::new(&vk, thief, said, proof)?.verify(&vk).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod accuracy;
pub mod circuit;
pub mod commitment;
mod data;
mod digest;
mod files;
pub mod groth16;
mod image;
pub mod infer;
pub mod model;
pub mod public;
pub mod sale;

pub use circuit::{Circuit, CircuitSpec};
pub use commitment::{InputCommitment, ModelCommitment, Salt};
pub use data::{DataError, Dataset};
pub use digest::Digest;
pub use files::{FileError, HeaderError};
pub use image::{IMAGE_LEN, Image, ImageLenError, Preprocessing, SIDE};
pub use infer::{Accuracy, EvalError, Inference, Oracle, eval, eval_top_k, infer};
pub use model::{Model, ModelError, Tensor, TensorError};
