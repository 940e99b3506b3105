//! Layer names made of node names.

use std::collections::HashSet;

/// Longest part taken from the file, so that a suffix fits into the 64 characters of a layer's name.
const MAX_BASE: usize = 40;

/// The names given so far.
#[derive(Debug)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn new() -> Self {
        // The model's input has this name.
        Self(HashSet::from(["input".to_owned()]))
    }

    /// A new name like `text`: its letters and digits, `_` for all between, and a number if it is taken.
    pub(super) fn give(&mut self, text: &str, suffix: &str) -> String {
        let plain: String =
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let words: Vec<_> = plain.split('_').filter(|word| !word.is_empty()).collect();
        let mut base: String = words.join("_").chars().take(MAX_BASE).collect();
        if base.is_empty() {
            base.push_str("layer");
        }
        base.push_str(suffix);
        let mut name = base.clone();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{base}_{number}");
            number += 1;
        }
        name
    }
}
