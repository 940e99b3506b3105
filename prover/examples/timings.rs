//! Times every step for one model on the first test image:
//! `cargo run --release -p prover --example timings -- models/mnist-square`, with a specification as second argument
//! if it is not to be the manifest's, e.g. `"inference input=committed output=logits batch=1"`.
//!
//! Expects the MNIST test set in `models/data/mnist`, as in the repository.
#![allow(clippy::print_stdout, reason = "an example that reports to its reader")]

use prover::circuit::{Answer, Claim, ShapeFormula};
use prover::groth16::{ProvingKey, prove, setup, verify};
use prover::model::InputVisibility;
use prover::{Circuit, CircuitSpec, Dataset, Model, Salt, infer};
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
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().map_or_else(|| PathBuf::from("models/mnist-square"), PathBuf::from);
    let data = Path::new("models/data/mnist");
    let (images, labels) = (data.join("t10k-images-idx3-ubyte.gz"), data.join("t10k-labels-idx1-ubyte.gz"));
    let model = timed("load and range analysis", || Model::load(&dir))?;
    let spec = arguments.next().map_or_else(|| Ok(CircuitSpec::of(&model)), |spec| spec.parse())?;
    let set = timed("read test set", || Dataset::load(&images, &labels))?;
    let circuit = timed("build circuit", || Circuit::inference(&model, &spec))?;
    println!("  {spec}: {:?}, {} matrix entries", circuit.shape(), circuit.n_terms());
    let formula = ShapeFormula::of(&model, &spec)?;
    formula.layers.iter().for_each(|(layer, constraints)| println!("  {layer}: {constraints} constraints"));
    println!("  weights {}, input {}, answer {}", formula.weights, formula.input, formula.answer);
    let (key, vk) = timed("setup", || setup(&circuit, &mut OsRng))?;
    let bytes = timed("write proving key", || key.to_bytes());
    println!("  {} bytes", bytes.len());
    let key = timed("read proving key", || ProvingKey::from_bytes(&bytes))?;
    let images = set.iter().take(spec.batch.get());
    let inputs = images.map(|(image, _)| model.input().tensor(image)).collect::<Result<Vec<_>, _>>()?;
    let inferences = inputs.iter().map(|input| infer(&model, input)).collect::<Result<Vec<_>, _>>()?;
    let committed = spec.input == InputVisibility::Committed;
    let input_salts: Vec<_> = inputs.iter().filter(|_| committed).map(|_| Salt::random(&mut OsRng)).collect();
    let model_salt = Salt::random(&mut OsRng);
    let claim = Claim {
        binding: &Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([1; 8]) },
        model: &model,
        model_salt: (formula.weights > 0).then_some(&model_salt),
        inputs: &inputs,
        input_salts: &input_salts,
        answer: &Answer::of(spec.output, &inferences),
    };
    for _ in 0..3 {
        let assignment = timed("assign", || circuit.assign(&claim))?;
        let proof =
            timed("prove (with check and self-verification)", || prove(&key, &circuit, &assignment, &mut OsRng))?;
        timed("verify", || verify(&vk, assignment.public_inputs(), &proof))?;
    }
    Ok(())
}
