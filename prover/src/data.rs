//! Labelled digit images in the IDX format of the MNIST files, plain or gzipped.

use crate::files::{FileError, read_limited};
use crate::image::{IMAGE_LEN, Image, SIDE};
use flate2::read::GzDecoder;
use std::io::{Read, Take};
use std::path::Path;

/// Most images a file may announce; MNIST's larger half has 60,000.
const MAX_ITEMS: u32 = 100_000;
/// Largest file on disk: [`MAX_ITEMS`] images that do not compress.
const MAX_FILE_LEN: u64 = 16 + MAX_ITEMS as u64 * IMAGE_LEN as u64;
/// IDX magic: unsigned bytes, three dimensions.
const IMAGES_MAGIC: u32 = 0x0803;
/// IDX magic: unsigned bytes, one dimension.
const LABELS_MAGIC: u32 = 0x0801;

/// Images with their labels.
#[derive(Clone, Debug)]
pub struct Dataset {
    images: Vec<Image>,
    labels: Vec<usize>,
}

/// Why bytes are not a data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The gzip stream is damaged or ends early, or the file is shorter than its header says.
    #[error("the {part} file is damaged or cut short; fetch it again")]
    Damaged {
        /// `images` or `labels`.
        part: &'static str,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// The first four bytes name another kind of file.
    #[error("the {part} file starts with {found:#010x}, expected {expected:#010x}: not an IDX file of {part}")]
    Magic {
        /// `images` or `labels`.
        part: &'static str,
        /// The magic found.
        found: u32,
        /// The magic of this part.
        expected: u32,
    },
    /// More items than the reader accepts.
    #[error("the {part} file announces {found} items, at most {limit} are read")]
    TooMany {
        /// `images` or `labels`.
        part: &'static str,
        /// The count announced.
        found: u32,
        /// The largest count.
        limit: u32,
    },
    /// The images have other sides.
    #[error("the images are {rows} x {columns} pixels, expected {SIDE} x {SIDE}")]
    Sides {
        /// Rows announced.
        rows: u32,
        /// Columns announced.
        columns: u32,
    },
    /// Bytes follow the last item.
    #[error("the {part} file goes on after its {items} items; fetch it again")]
    Trailing {
        /// `images` or `labels`.
        part: &'static str,
        /// Items announced and read.
        items: u32,
    },
    /// The two files do not belong together.
    #[error("{images} images but {labels} labels: the files do not belong together")]
    Counts {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
}

impl Dataset {
    /// Reads an images file and its labels file.
    ///
    /// # Errors
    /// [`DataError`] says which file and what is wrong with it.
    pub fn load(images: &Path, labels: &Path) -> Result<Self, DataError> {
        Self::from_bytes(&read_limited(images, MAX_FILE_LEN)?, &read_limited(labels, MAX_FILE_LEN)?)
    }

    /// Reads both files from memory.
    ///
    /// # Errors
    /// As [`Dataset::load`].
    pub fn from_bytes(images: &[u8], labels: &[u8]) -> Result<Self, DataError> {
        let (images, labels) = (read_images(images)?, read_labels(labels)?);
        if images.len() == labels.len() {
            Ok(Self { images, labels })
        } else {
            Err(DataError::Counts { images: images.len(), labels: labels.len() })
        }
    }

    /// Those in `range`, as far as there are any.
    pub fn slice(&self, range: core::ops::Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        Self { images: self.images[range.clone()].to_vec(), labels: self.labels[range].to_vec() }
    }

    /// Number of labelled images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Image `index` with its label, if there is one.
    ///
    /// A label is a byte; whether it names a class is for the model to say.
    pub fn get(&self, index: usize) -> Option<(&Image, usize)> {
        Some((self.images.get(index)?, *self.labels.get(index)?))
    }

    /// The images with their labels, in file order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Image, usize)> {
        self.images.iter().zip(self.labels.iter().copied())
    }
}

fn read_images(file: &[u8]) -> Result<Vec<Image>, DataError> {
    let mut idx = Idx::open("images", file, IMAGES_MAGIC)?;
    let (rows, columns) = (idx.u32()?, idx.u32()?);
    if (rows as usize, columns as usize) != (SIDE, SIDE) {
        return Err(DataError::Sides { rows, columns });
    }
    let body = idx.body(IMAGE_LEN)?;
    // `chunks_exact` yields chunks of exactly an image's length.
    Ok(body.chunks_exact(IMAGE_LEN).filter_map(|chunk| Image::from_bytes(chunk).ok()).collect())
}

fn read_labels(file: &[u8]) -> Result<Vec<usize>, DataError> {
    let body = Idx::open("labels", file, LABELS_MAGIC)?.body(1)?;
    Ok(body.into_iter().map(usize::from).collect())
}

/// An IDX file being read, behind a limit so that a small gzip cannot unpack without end.
struct Idx<'a> {
    part: &'static str,
    items: u32,
    reader: Take<Box<dyn Read + 'a>>,
}

impl<'a> Idx<'a> {
    fn open(part: &'static str, file: &'a [u8], magic: u32) -> Result<Self, DataError> {
        let reader: Box<dyn Read> =
            if file.starts_with(&[0x1f, 0x8b]) { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
        let mut idx = Self { part, items: 0, reader: reader.take(MAX_FILE_LEN + 1) };
        let found = idx.u32()?;
        if found != magic {
            return Err(DataError::Magic { part, found, expected: magic });
        }
        idx.items = idx.u32()?;
        if idx.items > MAX_ITEMS {
            return Err(DataError::TooMany { part, found: idx.items, limit: MAX_ITEMS });
        }
        Ok(idx)
    }

    fn u32(&mut self) -> Result<u32, DataError> {
        let mut bytes = [0; 4];
        let part = self.part;
        self.reader.read_exact(&mut bytes).map_err(|source| DataError::Damaged { part, source })?;
        Ok(u32::from_be_bytes(bytes))
    }

    /// Exactly `items` items of `item_len` bytes, then the end of the file.
    fn body(mut self, item_len: usize) -> Result<Vec<u8>, DataError> {
        let (part, items) = (self.part, self.items);
        let len = items as usize * item_len;
        let mut body = Vec::new();
        let damaged = |source| DataError::Damaged { part, source };
        self.reader.read_to_end(&mut body).map_err(damaged)?;
        match body.len().cmp(&len) {
            core::cmp::Ordering::Less => Err(damaged(std::io::ErrorKind::UnexpectedEof.into())),
            core::cmp::Ordering::Equal => Ok(body),
            core::cmp::Ordering::Greater => Err(DataError::Trailing { part, items }),
        }
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn images(n: u32) -> Vec<u8> {
        let header = [IMAGES_MAGIC, n, 28, 28].map(u32::to_be_bytes).concat();
        [header, vec![7; n as usize * IMAGE_LEN]].concat()
    }

    fn labels(values: &[u8]) -> Vec<u8> {
        [&[LABELS_MAGIC, values.len() as u32].map(u32::to_be_bytes).concat(), values].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn dataset__plain_and_gzipped__read_alike() {
        for (images, labels) in [(images(2), labels(&[3, 9])), (gzip(&images(2)), gzip(&labels(&[3, 9])))] {
            let set = Dataset::from_bytes(&images, &labels).unwrap();
            assert_eq!(set.iter().map(|(_, label)| label).collect::<Vec<_>>(), [3, 9]);
            assert_eq!(set.get(1).unwrap().0.as_bytes(), &[7; IMAGE_LEN]);
            assert!(set.get(2).is_none());
            assert_eq!(set.slice(1..2).iter().map(|(_, label)| label).collect::<Vec<_>>(), [9]);
            assert_eq!((set.slice(1..9).len(), set.slice(5..9).len()), (1, 0));
        }
    }

    #[test]
    fn dataset__each_damage__has_its_own_name() {
        let good = labels(&[3, 9]);
        let check = |images: &[u8], labels: &[u8]| Dataset::from_bytes(images, labels).unwrap_err();
        assert!(matches!(check(&good, &good), DataError::Magic { part: "images", found: LABELS_MAGIC, .. }));
        assert!(matches!(check(&images(2), &images(2)), DataError::Magic { part: "labels", .. }));
        assert!(matches!(check(&images(2)[..900], &good), DataError::Damaged { part: "images", .. }));
        assert!(matches!(check(&images(2)[..9], &good), DataError::Damaged { part: "images", .. }));
        assert!(matches!(check(&gzip(&images(2))[..20], &good), DataError::Damaged { part: "images", .. }));
        assert!(matches!(check(&[images(2), vec![0]].concat(), &good), DataError::Trailing { items: 2, .. }));
        assert!(matches!(check(&images(3), &good), DataError::Counts { images: 3, labels: 2 }));
        let mut huge = images(1);
        huge[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(check(&huge, &good), DataError::TooMany { found: u32::MAX, .. }));
        let mut narrow = images(1);
        narrow[15] = 27;
        assert!(matches!(check(&narrow, &good), DataError::Sides { rows: 28, columns: 27 }));
    }

    #[test]
    fn dataset__missing_file__is_named() {
        let error = Dataset::load(Path::new("/none/images.gz"), Path::new("/none/labels.gz")).unwrap_err();
        assert!(error.to_string().contains("/none/images.gz"), "{error}");
    }
}
