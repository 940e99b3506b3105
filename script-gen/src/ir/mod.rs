//! A script as a list of statements over typed values, each made once and used by name.
//!
//! Nobody counts stack depths: a [`Builder`] records *what* is computed; [`schedule`] decides where each value lies,
//! copies it for every use but the last and moves it for the last. The same statements are evaluated over
//! polynomials by [`meaning`], which is how hints are found: the relations are written down once.

mod builder;
pub(crate) mod meaning;
pub(crate) mod order;
mod plan;
pub(crate) mod schedule;
#[cfg(feature = "search")]
pub(crate) mod search;

use std::ops::Range;

use chain_types::{Opcode, Profile};
use num_bigint::BigInt;

pub(crate) use builder::Builder;

/// Names a value of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u32);

impl Id {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value that is a minimally encoded script number with a proven bound on its magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Num {
    pub(crate) id: Id,
    /// The magnitude is below `2^bits`.
    pub(crate) bits: u64,
}

/// A value that is a byte string of known length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bytes {
    pub(crate) id: Id,
    /// Length in bytes.
    pub(crate) len: usize,
}

/// A value that lies on the alternative stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stashed<T>(T);

/// A row of values that stay where they are on the stack, read by a computed index.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Entry 0 lies nearest the top.
    entries: Vec<Id>,
    bits: u64,
}

/// How a value comes about without a statement of its own.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Result of a statement, or on the stack at the start.
    Stack,
    /// A short constant: pushed afresh at each use, never kept.
    Inline(Vec<u8>),
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Puts a constant on the stack.
    Push(Vec<u8>),
    /// Runs one opcode on the arguments.
    Op(Opcode),
    /// Reduces modulo q: argument 1 is q.
    Reduce,
    /// Runs one opcode whose two arguments may stand in either order.
    Commutative(Opcode),
    /// `a - b`.
    Subtract,
    /// Fails unless the argument has this length; it stays.
    VerifyLen(usize),
    /// Fails unless the argument's last byte is this one; it stays.
    VerifyLastByte(u8),
    /// Copies the entry of a table whose index is the argument.
    Lookup(Vec<Id>),
    /// Moves the argument to the top, where constants used from now on are cheap to reach.
    Raise,
    /// Moves the argument to the alternative stack.
    Stash,
    /// Moves the argument back from the top of the alternative stack.
    Unstash,
}

/// How a program ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its result is left on the stack, for the node to judge.
    #[default]
    Result,
    /// The script fails unless its result is true, and goes on.
    Verified,
}

/// One step of a program.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) action: Action,
    pub(crate) args: Vec<Id>,
    pub(crate) results: Vec<Id>,
    pub(crate) fragment: usize,
}

/// A value the spender supplies (or a hash of what it supplies), by the name under which hint computation knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Leaf {
    /// The evaluation point: stands for w.
    Z,
    /// The challenge that combines odd relations.
    Rho,
    /// The challenge that combines even relations.
    Sigma,
    /// Slope of line `.0` of B.
    SlopeB(usize),
    /// Slope of line `.0` of delta.
    SlopeDelta(usize),
    /// Representative `.0`, in order of use.
    Representative(usize),
    /// Digit `.0` of the residue witness d.
    ResidueDigit(usize),
    /// Entry of the table of an open public input that one of its digits selects.
    TableEntry {
        /// Which of the open inputs.
        input: usize,
        /// Which of its digits.
        digit: usize,
    },
    /// Number `.0` of the proof part: coordinates of A, B, C, then the scales.
    Proof(usize),
    /// The combination of all relations, before the quotient is taken off.
    Total,
}

/// A finished list of statements.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) statements: Vec<Statement>,
    pub(crate) origins: Vec<Origin>,
    /// The number each constant stands for, where it is one.
    pub(crate) constants: Vec<Option<BigInt>>,
    /// Values on the stack at the start, bottom first.
    pub(crate) initial: Vec<Id>,
    /// Values that are never moved: entries of tables.
    pub(crate) pinned: Vec<bool>,
    pub(crate) leaves: Vec<(Leaf, Id)>,
    /// The value left on the stack at the end.
    pub(crate) result: Id,
    /// What becomes of it.
    pub(crate) ending: Ending,
    /// Values left on the alternative stack, in the order in which they were put there.
    pub(crate) put_aside: Vec<Id>,
    /// Path names of fragments, by index.
    pub(crate) fragments: Vec<String>,
    /// Runs of statements that may be laid out in another order, each a whole fragment's.
    pub(crate) units: Vec<Range<usize>>,
    /// Bound on the length of the widest number, in bytes.
    pub(crate) widest_number: u64,
    /// The rules it is laid out for.
    pub(crate) profile: Profile,
}
