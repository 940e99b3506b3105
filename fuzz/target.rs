//! The fuzz target that is named like the program being built.

#![no_main]

use fuzz_targets::Target;
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> =
    LazyLock::new(|| Target::named(env!("CARGO_BIN_NAME")).expect("fuzz-targets tests that every program has a target"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});
