//! Makes Bitcoin SV scripts that check Groth16 proofs over BN254.
#![allow(dead_code, reason = "work in progress")]
mod bn254;
mod compiled;
mod error;
mod groth16;
mod hint;
mod ir;
mod poly;
mod torus;
mod verifier;
pub use error::*;
pub use groth16::Groth16Verifier;
pub use hint::Hints;
