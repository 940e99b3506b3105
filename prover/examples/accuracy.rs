//! Times an accuracy certificate: `cargo run --release -p prover --example accuracy -- MODEL_DIR N`.
//!
//! The set is the first N MNIST test images, in `models/data/mnist` as in the repository. The proving key is written to
//! a temporary folder and read again.
#![allow(clippy::print_stdout, reason = "an example that reports to its reader")]

use prover::accuracy::LabelledSet;
use prover::circuit::{AccuracyClaim, AccuracyFormula, WeightTie};
use prover::commitment::Salt;
use prover::groth16::{Progress, ProvingKey, prove_with_progress, setup_with_progress, verify};
use prover::{Circuit, Dataset, Model};
use rand::rngs::OsRng;
use statement::{Binding, Nonce, PubkeyHash};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// A line of `/proc/self/status` in MiB.
fn status_mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn timed<T>(what: &str, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = step();
    let (now, peak) = (status_mib("VmRSS:"), status_mib("VmHWM:"));
    println!("{what}: {:.2} s; resident {now} MiB, at most {peak} MiB so far", start.elapsed().as_secs_f64());
    result
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (dir, n) = (args.next().ok_or("no model folder")?, args.next().ok_or("no number of images")?.parse()?);
    let data = Path::new("models/data/mnist");
    let (images, labels) = (data.join("t10k-images-idx3-ubyte.gz"), data.join("t10k-labels-idx1-ubyte.gz"));
    let images = timed("read test set", || Dataset::load(&images, &labels))?;
    let model = timed("load model", || Model::load(Path::new(&dir)))?;
    let set = timed("make tensors", || LabelledSet::of_images(model.input(), images.iter().take(n)))?;
    let circuit = timed("build circuit and its id", || Circuit::accuracy(&model, &set))?;
    println!("  {:?}, {} terms", circuit.shape(), circuit.n_terms());
    println!("  {:?}", AccuracyFormula::of(&model, set.n_inputs(), WeightTie::Commitment)?);
    let report = |_: Progress| ();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("proving-key");
    let vk = {
        let (key, vk) = timed("setup", || setup_with_progress(&circuit, &mut OsRng, &report))?;
        timed("write proving key", || key.write(&path))?;
        println!("  {} bytes", path.metadata()?.len());
        vk
    };
    let key = timed("read proving key", || ProvingKey::read(&path))?;
    let binding = Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([1; 8]) };
    let salt = Salt::random(&mut OsRng);
    let claim = |min_correct| AccuracyClaim { binding: &binding, model: &model, model_salt: &salt, min_correct };
    let assignment = timed("assign", || circuit.assign_accuracy(&claim(0)))?;
    let correct = circuit.n_counted(&assignment)?;
    println!("  {correct} of {} correct", set.n_inputs());
    drop(assignment);
    let assignment = timed("assign", || circuit.assign_accuracy(&claim(correct as u64)))?;
    let proof = timed("prove", || prove_with_progress(&key, &circuit, &assignment, &mut OsRng, &report))?;
    timed("verify", || verify(&vk, assignment.public_inputs(), &proof))?;
    Ok(())
}
