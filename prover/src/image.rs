//! A raw digit image and the pixels a network reads from it.

/// Side of a raw image in pixels.
pub const SIDE: usize = 28;
/// Bytes of a raw image.
pub const IMAGE_LEN: usize = SIDE * SIDE;

/// A raw 28x28 grey image, row by row, 0 = background, 255 = full ink.
#[derive(Clone, PartialEq, Eq)]
pub struct Image([u8; IMAGE_LEN]);

/// A byte string of another length than an image's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an image is {IMAGE_LEN} bytes, found {found}")]
pub struct ImageLenError {
    /// The length found.
    pub found: usize,
}

impl Image {
    /// Reads 784 bytes, row by row.
    ///
    /// # Errors
    /// [`ImageLenError`] for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ImageLenError> {
        bytes.try_into().map(Self).map_err(|_| ImageLenError { found: bytes.len() })
    }

    /// The bytes, row by row.
    pub const fn as_bytes(&self) -> &[u8; IMAGE_LEN] {
        &self.0
    }
}

/// Shows the length only: an image may be the prover's secret.
impl core::fmt::Debug for Image {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Image({IMAGE_LEN} bytes)")
    }
}

/// How a raw image becomes a network's input: a central square, then a map from bytes to integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preprocessing {
    crop: usize,
    table: Box<[i64; 256]>,
}

impl Preprocessing {
    /// `crop` is the side of the central square; a byte `x` becomes `x >> (8 - bits)`. `None` unless `crop` is in
    /// `1..=28` with an even margin and `bits` in `1..=8`.
    pub fn from_bits(crop: usize, bits: u32) -> Option<Self> {
        let fits = (1..=8).contains(&bits);
        fits.then(|| core::array::from_fn(|byte| (byte >> (8 - bits)) as i64))
            .and_then(|table: [i64; 256]| Self::from_table(crop, &table))
    }

    /// `crop` is the side of the central square; a byte `x` becomes `table[x]`. `None` unless `crop` is in `1..=28`
    /// with an even margin and the table has 256 entries.
    pub fn from_table(crop: usize, table: &[i64]) -> Option<Self> {
        let fits = (1..=SIDE).contains(&crop) && (SIDE - crop).is_multiple_of(2);
        let table: [i64; 256] = table.try_into().ok()?;
        fits.then(|| Self { crop, table: Box::new(table) })
    }

    /// Side of the central square in pixels.
    pub const fn crop(&self) -> usize {
        self.crop
    }

    /// What each byte becomes.
    pub const fn table(&self) -> &[i64; 256] {
        &self.table
    }

    /// The values, row by row, `crop * crop` of them.
    pub fn pixels(&self, image: &Image) -> Vec<i64> {
        let margin = (SIDE - self.crop) / 2;
        let rows = image.0.chunks_exact(SIDE).skip(margin).take(self.crop);
        rows.flat_map(|row| &row[margin..margin + self.crop]).map(|byte| self.table[usize::from(*byte)]).collect()
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn pixels__crop_and_shift__keep_the_centre_and_the_upper_bits() {
        let mut raw = [0; IMAGE_LEN];
        raw[13 * SIDE + 13] = 0x80;
        raw[13 * SIDE + 14] = 0x7f;
        raw[14 * SIDE + 13] = 0xff;
        raw[0] = 0xff;
        let image = Image::from_bytes(&raw).unwrap();
        assert_eq!(Preprocessing::from_bits(2, 1).unwrap().pixels(&image), [1, 0, 1, 0]);
        assert_eq!(Preprocessing::from_bits(2, 4).unwrap().pixels(&image), [8, 7, 15, 0]);
        assert_eq!(Preprocessing::from_bits(28, 8).unwrap().pixels(&image), raw.map(i64::from));
        let table: Vec<i64> = (0..256).map(|byte| 3 - 2 * byte).collect();
        assert_eq!(Preprocessing::from_table(2, &table).unwrap().pixels(&image), [-253, -251, -507, 3]);
    }

    #[test]
    fn preprocessing__odd_margin_no_bits_or_short_table__is_refused() {
        for (crop, bits) in [(0, 1), (27, 1), (30, 1), (28, 0), (28, 9)] {
            assert_eq!(Preprocessing::from_bits(crop, bits), None, "{crop} {bits}");
        }
        assert_eq!(Preprocessing::from_table(28, &[0; 255]), None);
        assert_eq!(Preprocessing::from_table(27, &[0; 256]), None);
    }

    #[test]
    fn image__wrong_length__is_refused() {
        assert_eq!(Image::from_bytes(&[0; 783]).unwrap_err(), ImageLenError { found: 783 });
    }
}
