//! Reading the binary formats that wrap transactions: never past the end, never more memory than there are bytes.

use bitcoin::{
    VarInt,
    consensus::{Decodable, Encodable, encode},
};

/// Appends a value as it stands in a transaction.
pub(crate) fn put(bytes: &mut Vec<u8>, value: &impl Encodable) {
    value.consensus_encode(bytes).expect("writing to memory cannot fail");
}

/// What is left of the bytes that are read.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value. Lengths inside it are compared with what is there while it is read; what is allocated ahead is
    /// bounded by the library (4 MB).
    pub(crate) fn next<T: Decodable>(&mut self) -> Result<T, encode::Error> {
        T::consensus_decode_from_finite_reader(&mut self.rest)
    }

    /// The next variable-length number, in its shortest form.
    pub(crate) fn number(&mut self) -> Result<u64, encode::Error> {
        Ok(self.next::<VarInt>()?.0)
    }

    /// Bytes that have not been read.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }
}
