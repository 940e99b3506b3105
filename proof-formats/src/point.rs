//! Points from JSON and from arkworks' bytes, checked to be in the group of order r.

use crate::content::decode;
use crate::fault::Fault;
use crate::number;
use ark_bn254::{Fq, Fq2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{Field, One as _, Zero as _};
use ark_serialize::{CanonicalDeserialize as _, Compress, SerializationError, Validate};
use serde_json::value::RawValue;

/// How JSON spells a point.
#[derive(Clone, Copy)]
pub(crate) enum Spelling {
    /// `[x, y]`.
    Affine,
    /// `[x, y, z]` with z = 1, or `[0, 1, 0]`.
    Projective,
}

/// A coordinate: an element of Fq for G1, of Fq2 for G2.
pub(crate) trait Coordinate: Field {
    /// Numbers it consists of.
    const PARTS: usize;

    fn from_json(field: &str, value: &RawValue) -> Result<Self, Fault>;

    /// The same parts in the other order.
    fn swapped(self) -> Self;
}

impl Coordinate for Fq {
    const PARTS: usize = 1;

    fn from_json(field: &str, value: &RawValue) -> Result<Self, Fault> {
        number::from_json(field, value)
    }

    fn swapped(self) -> Self {
        self
    }
}

/// `[c0, c1]` for `c0 + c1 i`.
impl Coordinate for Fq2 {
    const PARTS: usize = 2;

    fn from_json(field: &str, value: &RawValue) -> Result<Self, Fault> {
        let [c0, c1]: [&RawValue; 2] = decode(field, value)?;
        Ok(Self::new(item(field, 0, c0)?, item(field, 1, c1)?))
    }

    fn swapped(self) -> Self {
        Self::new(self.c1, self.c0)
    }
}

fn item<T: Coordinate>(field: &str, index: usize, value: &RawValue) -> Result<T, Fault> {
    T::from_json(&format!("{field}[{index}]"), value)
}

/// The point that a JSON list of coordinates spells.
pub(crate) fn from_json<C>(field: &str, value: &RawValue, spelling: Spelling) -> Result<Affine<C>, Fault>
where
    C: SWCurveConfig<BaseField: Coordinate>,
{
    let [x, y, z]: [&RawValue; 3] = match spelling {
        Spelling::Projective => decode(field, value)?,
        Spelling::Affine => {
            let [x, y]: [&RawValue; 2] = decode(field, value)?;
            return in_group(field, item(field, 0, x)?, item(field, 1, y)?);
        }
    };
    let [x, y, z]: [C::BaseField; 3] = [item(field, 0, x)?, item(field, 1, y)?, item(field, 2, z)?];
    match z {
        z if z.is_one() => in_group(field, x, y),
        z if z.is_zero() && x.is_zero() && y.is_one() => Ok(Affine::identity()),
        z => Err(Fault::ProjectiveZ { field: field.to_owned(), found: z.to_string() }),
    }
}

/// The points of a JSON list.
pub(crate) fn list_from_json<C>(field: &str, values: &[&RawValue], spelling: Spelling) -> Result<Vec<Affine<C>>, Fault>
where
    C: SWCurveConfig<BaseField: Coordinate>,
{
    let points = values.iter().enumerate();
    points.map(|(k, value)| from_json(&format!("{field}[{k}]"), value, spelling)).collect()
}

/// Length of a point's encoding in bytes, if its coordinates have that many parts.
pub(crate) const fn encoded_len(parts: usize, compress: Compress) -> usize {
    match compress {
        Compress::Yes => 32 * parts,
        Compress::No => 64 * parts,
    }
}

/// The point that arkworks' bytes encode: coordinates of 32 bytes each, least significant first; the last byte's two
/// highest bits say which root y is, or that this is the identity. `bytes` has the encoding's length.
pub(crate) fn from_bytes<C>(field: &str, bytes: &[u8], compress: Compress) -> Result<Affine<C>, Fault>
where
    C: SWCurveConfig<BaseField: Coordinate>,
{
    const FLAGS: u8 = 0xc0;
    let (numbers, _) = bytes.as_chunks::<32>();
    for (k, number) in numbers.iter().enumerate() {
        let mut number = *number;
        if k + 1 == numbers.len() {
            number[31] &= !FLAGS;
        }
        number::from_bytes::<Fq>(field, &number)?;
    }
    match Affine::<C>::deserialize_with_mode(bytes, compress, Validate::No) {
        Ok(point) if point == Affine::identity() => Ok(point),
        Ok(point) => in_group(field, point.x, point.y),
        Err(SerializationError::UnexpectedFlags) => Err(Fault::Flags { field: field.to_owned() }),
        // The numbers are in range, so no y fits this x.
        Err(_) => Err(Fault::OffCurve { field: field.to_owned() }),
    }
}

/// The point (x, y) if it is on its curve and in the group of order r; never the identity.
fn in_group<C>(field: &str, x: C::BaseField, y: C::BaseField) -> Result<Affine<C>, Fault>
where
    C: SWCurveConfig<BaseField: Coordinate>,
{
    // (0, 0) is on neither curve, but arkworks writes the identity so.
    let on_curve = |point: &Affine<C>| *point != Affine::identity() && point.is_on_curve();
    let (point, swapped) = (Affine::new_unchecked(x, y), Affine::new_unchecked(x.swapped(), y.swapped()));
    let field = field.to_owned();
    match point {
        _ if on_curve(&point) && point.is_in_correct_subgroup_assuming_on_curve() => Ok(point),
        _ if on_curve(&point) => Err(Fault::OutsideSubgroup { field }),
        _ if on_curve(&swapped) => Err(Fault::SwappedParts { field }),
        _ => Err(Fault::OffCurve { field }),
    }
}

/// The point, unless it is the identity.
pub(crate) fn not_identity<C: SWCurveConfig>(field: &str, point: &Affine<C>) -> Result<(), Fault> {
    if *point == Affine::identity() { Err(Fault::Identity { field: field.to_owned() }) } else { Ok(()) }
}
