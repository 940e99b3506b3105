//! Importers from outside: what they read, what they refuse, and that nothing makes them panic.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod onnx;
