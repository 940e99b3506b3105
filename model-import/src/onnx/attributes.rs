//! The attributes of a node: each is taken by its operator with the type it must have, and none may be left over.

use super::place::Place;
use super::proto::{AttributeProto, AttributeType, NodeProto, TensorProto};
use crate::error::ImportError;
use std::collections::BTreeMap;

/// Most attributes of a node; no standard operator has more than a dozen.
const MAX_ATTRIBUTES: usize = 64;

/// Attributes that nobody has taken yet.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    place: &'a Place<'a>,
    left: BTreeMap<String, AttributeProto>,
}

impl<'a> Attributes<'a> {
    pub(super) fn read(place: &'a Place<'a>, node: &NodeProto) -> Result<Self, ImportError> {
        let found = node.attribute.len();
        let expected = format!("at most {MAX_ATTRIBUTES}");
        place.at("number of attributes").check(found <= MAX_ATTRIBUTES, found, expected, "export the model again")?;
        let mut left = BTreeMap::new();
        for (idx, bytes) in node.attribute.iter().enumerate() {
            let attribute: AttributeProto = place.at(format_args!("attribute[{idx}]")).decode(bytes, "an attribute")?;
            let at = place.at(format_args!("attribute {:?}", attribute.name));
            let name = attribute.name.clone();
            at.check(left.insert(name, attribute).is_none(), "given twice", "one value", "export the model again")?;
        }
        Ok(Self { place, left })
    }

    /// Where the attribute `name` is.
    pub(super) fn at(&self, name: &str) -> Place<'a> {
        self.place.at(format_args!("attribute {name:?}"))
    }

    fn take(&mut self, name: &str, expected: AttributeType) -> Result<Option<AttributeProto>, ImportError> {
        let Some(attribute) = self.left.remove(name) else { return Ok(None) };
        let expected_name = format!("{expected:?}").to_lowercase();
        let found = match AttributeType::try_from(attribute.r#type) {
            Ok(found) if found == expected => return Ok(Some(attribute)),
            Ok(found) => format!("of type {}", format!("{found:?}").to_lowercase()),
            Err(_) => format!("of type {}", attribute.r#type),
        };
        Err(self.at(name).refused(found, format_args!("type {expected_name}"), "export the model again"))
    }

    pub(super) fn int(&mut self, name: &str) -> Result<Option<i64>, ImportError> {
        Ok(self.take(name, AttributeType::Int)?.map(|attribute| attribute.i))
    }

    pub(super) fn float(&mut self, name: &str) -> Result<Option<f64>, ImportError> {
        Ok(self.take(name, AttributeType::Float)?.map(|attribute| f64::from(attribute.f)))
    }

    pub(super) fn ints(&mut self, name: &str) -> Result<Option<Vec<i64>>, ImportError> {
        Ok(self.take(name, AttributeType::Ints)?.map(|attribute| attribute.ints))
    }

    pub(super) fn floats(&mut self, name: &str) -> Result<Option<Vec<f64>>, ImportError> {
        let floats = self.take(name, AttributeType::Floats)?;
        Ok(floats.map(|attribute| attribute.floats.into_iter().map(f64::from).collect()))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ImportError> {
        let text = self.take(name, AttributeType::String)?;
        Ok(text.map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned()))
    }

    pub(super) fn tensor(&mut self, name: &str) -> Result<Option<TensorProto>, ImportError> {
        let Some(attribute) = self.take(name, AttributeType::Tensor)? else { return Ok(None) };
        let at = self.at(name);
        let bytes = attribute.t.ok_or_else(|| at.refused("empty", "a tensor", "export the model again"))?;
        at.decode(&bytes, "a tensor").map(Some)
    }

    /// Takes an attribute that does not matter here, whatever it is.
    pub(super) fn ignore(&mut self, name: &str) {
        self.left.remove(name);
    }

    /// A number that the operator must have if it has it at all.
    pub(super) fn expect_int(&mut self, name: &str, expected: i64, advice: &str) -> Result<(), ImportError> {
        match self.int(name)? {
            Some(found) => self.at(name).check(found == expected, found, expected, advice),
            None => Ok(()),
        }
    }

    /// Refuses what no one has taken: an attribute that is not understood may change what the operator means.
    pub(super) fn finish(self) -> Result<(), ImportError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.at(name).refused(
                "given",
                "none of this name",
                "export with operator set 11 to 21, without options that this operator does not have there",
            )),
        }
    }
}
