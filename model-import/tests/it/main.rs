//! Importers from outside: what they read computes what the other tool computes, what they refuse is refused for its
//! reason, and nothing makes them panic.

#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not reach their helpers")]

mod onnx;
mod zkml;
