//! Names of wires and constraints, so that an unsatisfied assignment says what is wrong with it.
//!
//! A circuit may have millions of both, so a name is twelve bytes: an interned text, an index, and a part.

use std::collections::HashMap;
use std::sync::Arc;

/// An interned text such as `u1.product`, which names a family of wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label(u32);

/// Index of a wire that is the only one of its label.
const ONLY: u32 = u32::MAX;

impl Label {
    /// Member `index` of the family: `u1.product[index]`.
    pub(crate) fn at(self, index: usize) -> Wire {
        let index = u32::try_from(index).ok().filter(|index| *index < ONLY);
        Wire { label: self, index: index.expect("a family has fewer wires than a circuit"), part: Part::Whole }
    }

    /// The only member: `class`.
    pub(crate) const fn only(self) -> Wire {
        Wire { label: self, index: ONLY, part: Part::Whole }
    }
}

/// What of a value a wire carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Whole,
    Bit(u8),
    Prefix(u8),
}

/// Name of a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wire {
    label: Label,
    index: u32,
    part: Part,
}

impl Wire {
    /// The constant one.
    pub(crate) const ONE: Self = Label(0).only();

    /// Bit `k` of the value, 0 the least significant.
    pub(crate) fn bit(self, k: usize) -> Self {
        Self { part: Part::Bit(u8::try_from(k).expect("values have at most 253 bits")), ..self }
    }

    /// Whether the bits from `k` up equal those of the bound they are compared with.
    pub(crate) fn prefix(self, k: usize) -> Self {
        Self { part: Part::Prefix(u8::try_from(k).expect("values have at most 253 bits")), ..self }
    }
}

/// Name of a constraint: what it says of a wire (or of a sum that has the name of a wire).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ConstraintName {
    /// It is 0 or 1.
    Boolean(Wire),
    /// It is the product that defines it.
    Product(Wire),
    /// It is within its range.
    InRange(Wire),
    /// It equals the sum that defines it.
    Equal(Wire),
}

/// The interned texts of a circuit.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    texts: Vec<Arc<str>>,
    labels: HashMap<Arc<str>, Label>,
}

impl Names {
    pub(super) fn new() -> Self {
        let mut names = Self { texts: Vec::new(), labels: HashMap::new() };
        // `Wire::ONE` has the first label.
        names.label("one");
        names
    }

    /// The label of `text`, the same for the same text.
    pub(super) fn label(&mut self, text: &str) -> Label {
        if let Some(label) = self.labels.get(text) {
            return *label;
        }
        let label = Label(u32::try_from(self.texts.len()).expect("fewer labels than wires"));
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.labels.insert(text, label);
        label
    }

    /// `u1.product[3].bit[2]`.
    pub(super) fn wire(&self, wire: Wire) -> String {
        let text = &self.texts[wire.label.0 as usize];
        let index = if wire.index == ONLY { String::new() } else { format!("[{}]", wire.index) };
        match wire.part {
            Part::Whole => format!("{text}{index}"),
            Part::Bit(k) => format!("{text}{index}.bit[{k}]"),
            Part::Prefix(k) => format!("{text}{index}.prefix[{k}]"),
        }
    }

    /// The inverse of [`Names::wire`], `None` for a text that names nothing here.
    pub(super) fn parse(&self, name: &str) -> Option<Wire> {
        if let Some(label) = self.labels.get(name) {
            return Some(label.only());
        }
        let (head, last) = name.strip_suffix(']')?.rsplit_once('[')?;
        let last: u32 = last.parse().ok()?;
        if let Some(label) = self.labels.get(head) {
            return (last < ONLY).then(|| label.at(last as usize));
        }
        let part = u8::try_from(last).ok()?;
        let part_of = |suffix: &str, part: Part| {
            let whole = self.parse(head.strip_suffix(suffix)?)?;
            (whole.part == Part::Whole).then_some(Wire { part, ..whole })
        };
        part_of(".bit", Part::Bit(part)).or_else(|| part_of(".prefix", Part::Prefix(part)))
    }

    /// `u1.product[3].bit[2] boolean`.
    pub(super) fn constraint(&self, name: ConstraintName) -> String {
        let (wire, rule) = match name {
            ConstraintName::Boolean(wire) => (wire, "boolean"),
            ConstraintName::Product(wire) => (wire, "product"),
            ConstraintName::InRange(wire) => (wire, "in range"),
            ConstraintName::Equal(wire) => (wire, "equal"),
        };
        format!("{} {rule}", self.wire(wire))
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn names__every_form__is_written_and_read_back() {
        let mut names = Names::new();
        let product = names.label("u1.product");
        let logits = names.label("logits[1]");
        assert_eq!(names.label("u1.product"), product);
        let wires = [
            (Wire::ONE, "one"),
            (product.at(3), "u1.product[3]"),
            (product.at(3).bit(7), "u1.product[3].bit[7]"),
            (product.only().prefix(2), "u1.product.prefix[2]"),
            (logits.only(), "logits[1]"),
            (logits.at(4), "logits[1][4]"),
        ];
        for (wire, text) in wires {
            assert_eq!(names.wire(wire), text);
            assert_eq!(names.parse(text), Some(wire), "{text}");
        }
        for unknown in
            ["", "two", "u1.product[", "u1.product[-1]", "u1.product[3].bit[256]", "u1.product[3].bit[1].bit[1]"]
        {
            assert_eq!(names.parse(unknown), None, "{unknown}");
        }
        assert_eq!(names.constraint(ConstraintName::InRange(product.at(0))), "u1.product[0] in range");
        assert!(size_of::<ConstraintName>() <= 16);
    }
}
