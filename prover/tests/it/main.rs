//! Tests through the public interface, in one binary so that arkworks is linked once.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not reach their helpers")]

mod accuracy;
mod attacks;
mod bundled;
mod case;
mod ciphertext;
mod circuit;
mod commitment;
mod common;
mod groth16;
mod model;
mod naive;
mod nets;
mod oracle;
mod sale;
mod shape;
