//! A digit image in a terminal.

use prover::{Image, SIDE};

/// Ink from which a pixel is drawn.
const INK: u8 = 96;

/// Draws the image in half blocks, two pixel rows to a line, without the empty lines above and below.
pub(crate) fn draw(image: &Image) -> Vec<String> {
    let rows: Vec<&[u8]> = image.as_bytes().chunks_exact(SIDE).collect();
    let lines: Vec<String> = rows.chunks_exact(2).map(|pair| line(pair[0], pair[1])).collect();
    let is_inked = |line: &String| !line.is_empty();
    let first = lines.iter().position(is_inked).unwrap_or(0);
    let end = lines.iter().rposition(is_inked).map_or(0, |last| last + 1);
    lines.get(first..end).unwrap_or_default().to_vec()
}

fn line(upper: &[u8], lower: &[u8]) -> String {
    let block = |(upper, lower): (&u8, &u8)| match (*upper >= INK, *lower >= INK) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    upper.iter().zip(lower).map(block).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use prover::IMAGE_LEN;

    #[test]
    fn draw__a_few_pixels__are_where_they_belong() {
        let mut bytes = [0; IMAGE_LEN];
        for (row, column) in [(4, 1), (5, 1), (4, 2), (5, 3), (9, 0)] {
            bytes[row * SIDE + column] = 255;
        }
        bytes[6 * SIDE] = INK - 1;
        let lines = draw(&Image::from_bytes(&bytes).unwrap());
        assert_eq!(lines, [" █▀▄", "", "▄"]);
    }

    #[test]
    fn draw__no_ink__is_empty() {
        assert!(draw(&Image::from_bytes(&[0; IMAGE_LEN]).unwrap()).is_empty());
    }
}
