//! Measures zkml's public example: `cargo run --release -p model-import --example zkml_mnist -- shape|eval|prove [private|public]`.
//!
//! Runs at the repository's root. `shape` counts constraints, `eval` runs the oracle over the MNIST test set, `prove` makes
//! keys and proofs of the ten published logits; the input is private unless told otherwise.
#![allow(clippy::print_stdout, reason = "an example that reports to its reader")]

use core::num::NonZeroUsize;
use model_import::zkml::read_zkml_input;
use prover::circuit::{Answer, Circuit, CircuitSpec, Claim, ShapeFormula};
use prover::groth16::{ProvingKey, prove, setup, verify};
use prover::model::{InputVisibility, OutputKind};
use prover::{Dataset, Model, eval, infer};
use rand::rngs::OsRng;
use statement::{Binding, Nonce, PubkeyHash};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

fn timed<T>(what: &str, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = step();
    println!("{what}: {:.1} ms, peak memory so far {}", start.elapsed().as_secs_f64() * 1e3, peak_memory());
    result
}

/// As Linux reports it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}

fn shape(model: &Model, spec: &CircuitSpec) -> Result<(), Box<dyn Error>> {
    let formula = ShapeFormula::of(model, spec)?;
    println!("{spec}: {} constraints", formula.constraints());
    println!("  input {}", formula.input);
    formula.layers.iter().filter(|(_, n)| *n > 0).for_each(|(layer, n)| println!("  {layer} {n}"));
    println!("  answer {}, packing {}", formula.answer, formula.packing);
    Ok(())
}

fn evaluate(model: &Model) -> Result<(), Box<dyn Error>> {
    let data = Path::new("models/data/mnist");
    let set = Dataset::load(&data.join("t10k-images-idx3-ubyte.gz"), &data.join("t10k-labels-idx1-ubyte.gz"))?;
    let accuracy = timed("evaluate test set", || eval(model, &set, |_| ()))?;
    println!("  {} of {} correct", accuracy.correct, accuracy.total);
    Ok(())
}

fn prove_example(model: &Model, spec: &CircuitSpec) -> Result<(), Box<dyn Error>> {
    let circuit = timed("build circuit", || Circuit::inference(model, spec))?;
    println!("  {:?}, {} matrix entries", circuit.shape(), circuit.n_terms());
    let input = read_zkml_input(model.input(), &std::fs::read("fixtures/zkml/inp.msgpack")?)?;
    let inference = infer(model, &input)?;
    println!("  logits {:?}", inference.logits.iter().map(ToString::to_string).collect::<Vec<_>>());
    let answer = Answer::of(spec.output, &[inference]);
    let binding = Binding { recipient: PubkeyHash([7; 20]), nonce: Nonce([1; 8]) };
    let inputs = [input];
    let claim =
        Claim { binding: &binding, model, model_salt: None, inputs: &inputs, input_salts: &[], answer: &answer };
    let assignment = timed("assign", || circuit.assign(&claim))?;
    timed("check", || circuit.check(&assignment))?;
    let (key, vk) = timed("setup", || setup(&circuit, &mut OsRng))?;
    let bytes = timed("write proving key", || key.to_bytes());
    println!("  {} bytes", bytes.len());
    let key = timed("read proving key", || ProvingKey::from_bytes(&bytes))?;
    for _ in 0..3 {
        let assignment = timed("assign", || circuit.assign(&claim))?;
        let proof = timed("prove", || prove(&key, &circuit, &assignment, &mut OsRng))?;
        timed("verify", || verify(&vk, assignment.public_inputs(), &proof))?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let model = Model::load(Path::new("models/zkml-mnist"))?;
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let input = match arguments.next().as_deref() {
        None | Some("private") => InputVisibility::Private,
        Some("public") => InputVisibility::Public,
        Some(other) => return Err(format!("the input is {other:?}, expected private or public").into()),
    };
    let spec = CircuitSpec { input, output: OutputKind::Logits, batch: NonZeroUsize::MIN };
    match what.as_str() {
        "shape" => shape(&model, &spec),
        "eval" => evaluate(&model),
        "prove" => prove_example(&model, &spec),
        other => Err(format!("{other:?}, expected shape, eval or prove").into()),
    }
}
