//! A digit image in a file of the user's.

use crate::files;
use anyhow::{Context as _, bail};
use prover::{IMAGE_LEN, Image, SIDE};
use std::path::Path;

/// Room for comments in the header.
const MAX_LEN: u64 = 64 << 10;

/// Reads a 28x28 grey image: 784 raw bytes, or a binary PGM (P5) with values to 255; 0 is background, 255 full ink.
pub(crate) fn read(path: &Path) -> anyhow::Result<Image> {
    parse(&files::read(path, MAX_LEN)?).with_context(|| format!("{} is not a digit image", path.display()))
}

fn parse(bytes: &[u8]) -> anyhow::Result<Image> {
    if bytes.len() == IMAGE_LEN && !bytes.starts_with(b"P5") {
        return Ok(Image::from_bytes(bytes)?);
    }
    let Some(rest) = bytes.strip_prefix(b"P5") else {
        bail!("found {} bytes that do not start with P5, expected {IMAGE_LEN} raw bytes or a binary PGM", bytes.len());
    };
    let mut rest = rest;
    let mut field = |name: &str, expected: usize| -> anyhow::Result<()> {
        let found = number(&mut rest).with_context(|| format!("PGM header: no {name}"))?;
        if found == expected { Ok(()) } else { bail!("PGM header: {name} is {found}, expected {expected}") }
    };
    field("width", SIDE)?;
    field("height", SIDE)?;
    field("largest value", 255)?;
    // Exactly one white space separates the header from the pixels.
    let pixels = rest.get(1..).unwrap_or_default();
    Ok(Image::from_bytes(pixels)?)
}

/// The next number of a PGM header; white space and comments before it are skipped.
fn number(rest: &mut &[u8]) -> Option<usize> {
    loop {
        match rest.first()? {
            b'#' => *rest = &rest[rest.iter().position(|byte| *byte == b'\n')?..],
            byte if byte.is_ascii_whitespace() => *rest = &rest[1..],
            _ => break,
        }
    }
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = rest.split_at(end);
    *rest = after;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    fn pgm(header: &str, n_pixels: usize) -> Vec<u8> {
        [header.as_bytes(), &vec![9; n_pixels]].concat()
    }

    #[test]
    fn image__raw_or_pgm__reads_alike() {
        let raw = parse(&[9; IMAGE_LEN]).unwrap();
        assert_eq!(parse(&pgm("P5\n28 28\n255\n", IMAGE_LEN)).unwrap(), raw);
        assert_eq!(parse(&pgm("P5 # by hand\n28 # wide\n28\n255 ", IMAGE_LEN)).unwrap(), raw);
    }

    #[test]
    fn image__each_damage__is_named() {
        for (bytes, named) in [
            (vec![9; IMAGE_LEN - 1], "found 783 bytes"),
            (pgm("P5\n32 28\n255\n", IMAGE_LEN), "width is 32, expected 28"),
            (pgm("P5\n28 27\n255\n", IMAGE_LEN), "height is 27, expected 28"),
            (pgm("P5\n28 28\n15\n", IMAGE_LEN), "largest value is 15, expected 255"),
            (pgm("P5\n28 28\n255\n", IMAGE_LEN - 1), "found 783"),
            (pgm("P5\n28 28\n255\n", IMAGE_LEN + 1), "found 785"),
            (b"P5\n28".to_vec(), "no width"),
            (b"P5 # endless".to_vec(), "no width"),
            (b"P5".to_vec(), "no width"),
            (b"P5\n28 99999999999999999999999 255\n".to_vec(), "no height"),
        ] {
            let error = parse(&bytes).unwrap_err();
            assert!(format!("{error:#}").contains(named), "{error:#}");
        }
    }
}
