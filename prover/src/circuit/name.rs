//! Names of wires and constraints, so that an unsatisfied assignment says what is wrong with it.

use crate::commitment::SpongeWire;
use core::fmt;
use std::sync::Arc;

/// A wire of the circuit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wire {
    /// The constant one.
    One,
    /// The packed statement, the only public input.
    PublicInput,
    /// Bit `bit` of the pixel at `row`, `column` of the cropped image.
    PixelBit {
        /// Row in the cropped image.
        row: usize,
        /// Column in the cropped image.
        column: usize,
        /// 0 is the least significant bit.
        bit: usize,
    },
    /// The square of accumulator `output` of a hidden layer.
    Square {
        /// The layer's name.
        layer: Arc<str>,
        /// Index of the accumulator.
        output: usize,
    },
    /// 1 for the claimed class, 0 for the others.
    Selector {
        /// The class.
        class: usize,
    },
    /// The class's logit if it is selected, else 0.
    Selected {
        /// The class.
        class: usize,
    },
    /// Bit of the claimed logit's lead over `class`.
    LeadBit {
        /// The class that is beaten.
        class: usize,
        /// 0 is the least significant bit.
        bit: usize,
    },
    /// Bit `8 k + j` is bit `j` (0 least significant) of the recipient's byte `k`.
    RecipientBit {
        /// The index `8 k + j`.
        bit: usize,
    },
    /// Bit `8 k + j` is bit `j` (0 least significant) of the nonce's byte `k`.
    NonceBit {
        /// The index `8 k + j`.
        bit: usize,
    },
    /// A product of a commitment's sponge.
    Sponge(SpongeWire),
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.write_str("one"),
            Self::PublicInput => f.write_str("statement.x"),
            Self::PixelBit { row, column, bit } => write!(f, "pixel[{row}][{column}].bit[{bit}]"),
            Self::Square { layer, output } => write!(f, "{layer}.square[{output}]"),
            Self::Selector { class } => write!(f, "argmax.selector[{class}]"),
            Self::Selected { class } => write!(f, "argmax.selected[{class}]"),
            Self::LeadBit { class, bit } => write!(f, "argmax.lead[{class}].bit[{bit}]"),
            Self::RecipientBit { bit } => write!(f, "statement.recipient.bit[{bit}]"),
            Self::NonceBit { bit } => write!(f, "statement.nonce.bit[{bit}]"),
            Self::Sponge(wire) => write!(f, "{wire}"),
        }
    }
}

/// A constraint of the circuit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintName {
    /// The wire is 0 or 1.
    Boolean(Wire),
    /// The wire is the product that defines it.
    Product(Wire),
    /// The selectors add up to one.
    OneHot,
    /// The claimed logit's lead over `class` is what its bits say, hence in range, hence not negative.
    LeadInRange {
        /// The class that is beaten.
        class: usize,
    },
    /// The public input is the packed statement.
    Packed,
}

impl fmt::Display for ConstraintName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(wire) => write!(f, "{wire} boolean"),
            Self::Product(wire) => write!(f, "{wire} product"),
            Self::OneHot => f.write_str("argmax.selector one-hot"),
            Self::LeadInRange { class } => write!(f, "argmax.lead[{class}] in range"),
            Self::Packed => f.write_str("statement.x packed"),
        }
    }
}
