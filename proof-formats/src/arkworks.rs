//! `CanonicalSerialize`'s bytes of keys, proofs and lists of scalars. Which encoding a file has follows from its length
//! alone, and nothing is allocated before the length is known to be right.

use crate::fault::Fault;
use crate::point::{Coordinate, encoded_len, from_bytes};
use crate::{Format, Key, Points, number};
use ark_bn254::{Fq, Fq2, Fr};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_serialize::Compress;

/// Lists begin with their length in eight bytes, least significant first.
const PREFIX_LEN: usize = 8;
const SCALAR_LEN: usize = 32;
const ENCODINGS: [(Compress, Format); 2] =
    [(Compress::Yes, Format::ArkworksCompressed), (Compress::No, Format::ArkworksUncompressed)];

/// Bytes of `g1` points of G1 and `g2` points of G2.
const fn points_len(compress: Compress, g1: usize, g2: usize) -> usize {
    g1 * encoded_len(Fq::PARTS, compress) + g2 * encoded_len(Fq2::PARTS, compress)
}

/// The length that the list prefix at `at` announces, if `bytes` reach so far.
fn announced_len(bytes: &[u8], at: usize, item_len: usize) -> Option<u64> {
    let prefix = bytes.get(at..)?.first_chunk::<PREFIX_LEN>()?;
    let items = u64::from_le_bytes(*prefix).saturating_mul(item_len as u64);
    Some(items.saturating_add((at + PREFIX_LEN) as u64))
}

/// The one encoding whose length fits.
fn encoding(bytes: &[u8], len: impl Fn(Compress) -> Option<u64>) -> Result<(Compress, Format), Fault> {
    let found = bytes.len();
    let fits = |compress| len(compress) == Some(found as u64);
    match ENCODINGS.map(|(compress, _)| fits(compress)) {
        [true, false] => Ok(ENCODINGS[0]),
        [false, true] => Ok(ENCODINGS[1]),
        [true, true] => Err(Fault::Ambiguous { found }),
        [false, false] => {
            let expected = ENCODINGS.map(|(compress, format)| match len(compress) {
                Some(len) => format!("{len} ({format})"),
                None => format!("more ({format})"),
            });
            Err(Fault::ByteLen { found, expected: expected.join(" or ") })
        }
    }
}

/// Takes points off the front of bytes whose length is known to be right.
struct Reader<'a> {
    bytes: &'a [u8],
    compress: Compress,
}

impl Reader<'_> {
    fn point<C: SWCurveConfig<BaseField: Coordinate>>(&mut self, field: &str) -> Result<Affine<C>, Fault> {
        let (point, rest) = self.bytes.split_at(encoded_len(C::BaseField::PARTS, self.compress));
        self.bytes = rest;
        from_bytes(field, point, self.compress)
    }
}

pub(crate) fn key(bytes: &[u8]) -> Result<(Key, Format), Fault> {
    let list_at = |compress| points_len(compress, 1, 3);
    let len = |compress| announced_len(bytes, list_at(compress), encoded_len(Fq::PARTS, compress));
    let (compress, format) = encoding(bytes, len)?;
    let (points, list) = bytes.split_at(list_at(compress));
    let mut points = Reader { bytes: points, compress };
    let list = list[PREFIX_LEN..].chunks(encoded_len(Fq::PARTS, compress)).enumerate();
    let key = Key {
        alpha_g1: points.point("alpha_g1")?,
        beta_g2: points.point("beta_g2")?,
        gamma_g2: points.point("gamma_g2")?,
        delta_g2: points.point("delta_g2")?,
        gamma_abc_g1: list
            .map(|(k, point)| from_bytes(&format!("gamma_abc_g1[{k}]"), point, compress))
            .collect::<Result<_, _>>()?,
    };
    Ok((key, format))
}

pub(crate) fn proof(bytes: &[u8]) -> Result<(Points, Format), Fault> {
    let (compress, format) = encoding(bytes, |compress| Some(points_len(compress, 2, 1) as u64))?;
    let mut points = Reader { bytes, compress };
    let proof = Points { a: points.point("a")?, b: points.point("b")?, c: points.point("c")? };
    Ok((proof, format))
}

/// Whether `bytes` have the length of the list of scalars they announce.
pub(crate) fn has_scalars_len(bytes: &[u8]) -> bool {
    announced_len(bytes, 0, SCALAR_LEN) == Some(bytes.len() as u64)
}

/// A list of scalars, which has one encoding.
pub(crate) fn scalars(bytes: &[u8]) -> Result<Vec<Fr>, Fault> {
    if !has_scalars_len(bytes) {
        let expected = announced_len(bytes, 0, SCALAR_LEN).map(|len| format!("{len}, as the first eight announce"));
        let expected = expected.unwrap_or_else(|| "8 and 32 for each value".to_owned());
        return Err(Fault::ByteLen { found: bytes.len(), expected });
    }
    let (scalars, _) = bytes[PREFIX_LEN..].as_chunks();
    scalars.iter().enumerate().map(|(k, bytes)| number::from_bytes(&format!("[{k}]"), bytes)).collect()
}
