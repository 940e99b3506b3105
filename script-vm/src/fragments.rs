//! Names for the pieces of a script.

use std::ops::Range;

/// Says which piece of a script a byte belongs to. Pieces may nest; the innermost one names the byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FragmentMap(Vec<(Range<usize>, String)>);

impl FragmentMap {
    /// Adds a piece: its bytes' offsets and its path, such as `groth16/miller_loop/step 12/line_eval`.
    pub fn add(&mut self, bytes: Range<usize>, path: impl Into<String>) {
        self.0.push((bytes, path.into()));
    }

    /// The path of the smallest piece that holds the byte at `offset`; of equal ones, the last added.
    pub fn path_at(&self, offset: usize) -> Option<&str> {
        let holding = self.0.iter().rev().filter(|(bytes, _)| bytes.contains(&offset));
        holding.min_by_key(|(bytes, _)| bytes.len()).map(|(_, path)| path.as_str())
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn path_at__nested_pieces__names_the_innermost() {
        let mut map = FragmentMap::default();
        map.add(0..100, "all");
        map.add(10..20, "all/a");
        map.add(20..90, "all/b");
        map.add(30..31, "all/b/inner");
        for (offset, path) in [
            (0, Some("all")),
            (10, Some("all/a")),
            (19, Some("all/a")),
            (20, Some("all/b")),
            (30, Some("all/b/inner")),
            (99, Some("all")),
            (100, None),
        ] {
            assert_eq!(map.path_at(offset), path, "{offset}");
        }
    }
}
