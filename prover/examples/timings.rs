//! Times every step for one model: `cargo run --release -p prover --example timings -- models/mnist-square`.
//!
//! Expects the MNIST test set in `models/data/mnist`, as in the repository.
#![allow(clippy::print_stdout, reason = "an example that reports to its reader")]

use prover::groth16::{ProvingKey, prove, setup, verify};
use prover::{Circuit, Dataset, Model, eval, infer};
use rand::rngs::OsRng;
use statement::{Binding, Nonce, PubkeyHash};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn timed<T>(what: &str, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = step();
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("models/mnist-square"), PathBuf::from);
    let data = Path::new("models/data/mnist");
    let (images, labels) = (data.join("t10k-images-idx3-ubyte.gz"), data.join("t10k-labels-idx1-ubyte.gz"));
    let model = timed("load and range analysis", || Model::load(&dir))?;
    for layer in model.ranges().layers() {
        println!("  {}: accumulator {} bits, output {} bits", layer.layer, layer.acc_bits, layer.output_bits);
    }
    println!("  logit differences: {} bits", model.ranges().difference_bits());
    let set = timed("read test set", || Dataset::load(&images, &labels))?;
    let accuracy = timed("evaluate test set", || eval(&model, &set, |_| ()));
    println!("  {} of {} correct", accuracy.correct, accuracy.total);
    let circuit = timed("build circuit", || Circuit::new(&model));
    println!("  {:?}", circuit.shape());
    println!("  {} matrix entries", circuit.n_terms());
    let (key, vk) = timed("setup", || setup(&circuit, &mut OsRng))?;
    let bytes = timed("write proving key", || key.to_bytes());
    println!("  {} bytes", bytes.len());
    let key = timed("read proving key", || ProvingKey::from_bytes(&bytes))?;
    let (image, _) = set.get(0).ok_or("the test set is empty")?;
    let class = infer(&model, image).class;
    let binding = Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([1; 8]) };
    for _ in 0..3 {
        let assignment = timed("assign", || circuit.assign(image, class, &binding));
        let proof =
            timed("prove (with check and self-verification)", || prove(&key, &circuit, &assignment, &mut OsRng))?;
        timed("verify", || verify(&vk, assignment.public_inputs(), &proof))?;
    }
    Ok(())
}
