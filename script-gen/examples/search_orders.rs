//! Looks for shorter orders of the verifier's statements and prints them as rows of `src/ir/order.rs`.
//!
//! `cargo run --release -p script-gen --features search --example search_orders -- genesis 500000 1 60`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for maintainers")]

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_groth16::VerifyingKey;
use chain_types::Profile;
use script_gen::{Options, PublicInput, Target, shortest_orders};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [profile, iterations, seed, temperature] = &args[..] else {
        return Err("usage: search_orders genesis|chronicle ITERATIONS SEED TEMPERATURE".into());
    };
    let g1 = |k: u64| (G1Affine::generator() * Fr::from(k)).into_affine();
    let g2 = |k: u64| (G2Affine::generator() * Fr::from(k)).into_affine();
    let vk = VerifyingKey {
        alpha_g1: g1(2),
        beta_g2: g2(3),
        gamma_g2: g2(5),
        delta_g2: g2(7),
        gamma_abc_g1: vec![g1(11), g1(13)],
    };
    let target = Target::policy(profile.parse::<Profile>()?);
    let options = Options { iterations: iterations.parse()?, seed: seed.parse()?, temperature: temperature.parse()? };
    let mut best = usize::MAX;
    let found = shortest_orders(&vk, &[PublicInput::Bits(232)], target, options, |progress| {
        if progress.best < best {
            best = progress.best;
            eprintln!("{:>9} tried: {best} B", progress.tried);
        }
    })?;
    for order in found {
        println!("    UnitOrder {{ fragment: {:?}, statements: &{:?} }},", order.fragment, order.statements);
    }
    Ok(())
}
