//! Importers from outside: what they read, what they refuse, and that nothing makes them panic.

#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not reach their helpers")]

mod onnx;
