//! Tests through the public interface, in one binary so that arkworks is linked once.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod circuit;
mod common;
mod groth16;
mod model;
mod oracle;
mod shape;
