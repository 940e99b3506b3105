//! Constant tensors: weights, and the small integer tensors that say shapes and axes.

use super::place::Place;
use super::proto::{DataType, TensorProto};
use crate::error::ImportError;
use std::rc::Rc;

/// Most elements of a tensor, constant or not.
pub(super) const MAX_ELEMENTS: usize = 1 << 23;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    /// Its dimensions; none for a scalar.
    pub(super) dims: Vec<usize>,
    /// Its elements, the last dimension running fastest.
    /// Shared, so that a tensor passed on by many nodes is held once.
    pub(super) elements: Rc<Elements>,
}

/// Elements of a constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    /// Weights; every one is finite.
    Floats(Vec<f64>),
    /// Shapes and axes.
    Ints(Vec<i64>),
}

impl Tensor {
    /// Reads a stored tensor.
    pub(super) fn read(place: &Place<'_>, proto: &TensorProto) -> Result<Self, ImportError> {
        let is_here = proto.data_location == 0 && proto.external_data.is_empty();
        let advice = "save the model with its weights inside (onnx.save without external data)";
        place.check(is_here, "stored in another file", "data inside the ONNX file", advice)?;
        let dims = dimensions(&place.at("dims"), &proto.dims)?;
        let n_elements = dims.iter().product();
        let raw = proto.raw_data.as_deref();
        let elements = match DataType::try_from(proto.data_type) {
            Ok(DataType::Float) => match raw {
                Some(raw) => Elements::Floats(little_endian(place, raw, n_elements, |b| f64::from(f32::from_le_bytes(b)))?),
                None => Elements::Floats(proto.float_data.iter().copied().map(f64::from).collect()),
            },
            Ok(DataType::Double) => match raw {
                Some(raw) => Elements::Floats(little_endian(place, raw, n_elements, f64::from_le_bytes)?),
                None => Elements::Floats(proto.double_data.clone()),
            },
            Ok(DataType::Int64) => match raw {
                Some(raw) => Elements::Ints(little_endian(place, raw, n_elements, i64::from_le_bytes)?),
                None => Elements::Ints(proto.int64_data.clone()),
            },
            Ok(DataType::Int32) => match raw {
                Some(raw) => Elements::Ints(little_endian(place, raw, n_elements, |b| i64::from(i32::from_le_bytes(b)))?),
                None => Elements::Ints(proto.int32_data.iter().copied().map(i64::from).collect()),
            },
            Ok(DataType::Undefined) | Err(_) => {
                let (found, expected) = (proto.data_type, "1 (float32), 11 (float64), 7 (int64) or 6 (int32)");
                return Err(place.at("data_type").refused(found, expected, "export the model in float32"));
            }
        };
        let tensor = Self { dims, elements: Rc::new(elements) };
        let found = tensor.len();
        let expected = format!("{n_elements}, the product of its dimensions {:?}", tensor.dims);
        place.check(found == n_elements, format_args!("{found} elements"), expected, "export the model again")?;
        tensor.check_finite(place)?;
        Ok(tensor)
    }

    /// Numbers that must be finite.
    pub(super) fn floats(place: &Place<'_>, dims: Vec<usize>, values: Vec<f64>) -> Result<Self, ImportError> {
        let tensor = Self { dims, elements: Rc::new(Elements::Floats(values)) };
        tensor.check_finite(place)?;
        Ok(tensor)
    }

    /// Integers.
    pub(super) fn ints(dims: Vec<usize>, values: Vec<i64>) -> Self {
        Self { dims, elements: Rc::new(Elements::Ints(values)) }
    }

    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        match &*self.elements {
            Elements::Floats(values) => values.len(),
            Elements::Ints(values) => values.len(),
        }
    }

    /// The elements as numbers.
    pub(super) fn to_floats(&self) -> Vec<f64> {
        match &*self.elements {
            Elements::Floats(values) => values.clone(),
            // Shapes and factors such as 255: far below 2^53; a larger one is merely rounded.
            Elements::Ints(values) => values.iter().map(|v| *v as f64).collect(),
        }
    }

    fn check_finite(&self, place: &Place<'_>) -> Result<(), ImportError> {
        let Elements::Floats(values) = &*self.elements else { return Ok(()) };
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(idx) => Err(place.at(format_args!("element {idx}")).refused(
                values[idx],
                "a finite number",
                "the training has diverged or the file is damaged",
            )),
        }
    }
}

/// Dimensions that are fixed, and whose product is small enough to be held.
pub(super) fn dimensions(place: &Place<'_>, dims: &[i64]) -> Result<Vec<usize>, ImportError> {
    let expected = format!("at most 8 dimensions of 1 or more with a product of at most {MAX_ELEMENTS}");
    let refused = || place.refused(format_args!("{dims:?}"), &expected, "export a smaller network with fixed shapes");
    if dims.len() > 8 {
        return Err(place.refused(format_args!("{} dimensions", dims.len()), &expected, "export a smaller network"));
    }
    let mut product = 1_usize;
    let mut read = Vec::with_capacity(dims.len());
    for dim in dims {
        let dim = usize::try_from(*dim).ok().filter(|dim| *dim > 0).ok_or_else(refused)?;
        product = product.checked_mul(dim).filter(|product| *product <= MAX_ELEMENTS).ok_or_else(refused)?;
        read.push(dim);
    }
    Ok(read)
}

fn little_endian<const N: usize, T>(
    place: &Place<'_>,
    raw: &[u8],
    n_elements: usize,
    element: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, ImportError> {
    let (chunks, rest) = raw.as_chunks::<N>();
    let expected = format!("{n_elements} elements of {N} bytes");
    let fits = chunks.len() == n_elements && rest.is_empty();
    place.at("raw_data").check(fits, format_args!("{} bytes", raw.len()), expected, "export the model again")?;
    Ok(chunks.iter().copied().map(element).collect())
}
